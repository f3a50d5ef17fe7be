"""Knows how an index takes in what the truth has for it: batch by batch, each struck off only when the index has it.

Leaves what a batch is turned into to its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from qa_bot.store.terms import TermIndex
from qa_bot.store.truth import IndexedChunk, Truth


def fill(
    truth: Truth,
    index: str,
    prepare: Callable[[Sequence[IndexedChunk]], Callable[[], None]],
    *,
    batch: int,
    on_progress: Callable[[int], None] = lambda n: None,
) -> None:
    """Prepare each batch that an index waits for, let the index take it in on a thread of its own, then strike it off.

    A kill at any moment leaves a list that is completed by the next run; taking a batch in twice does no harm.
    """
    with ThreadPoolExecutor(1, thread_name_prefix=index) as pool:
        under_way: tuple[Future, list[str]] | None = None
        skip = 0
        while (todo := truth.pending(index, batch, skip=skip)) or under_way:
            work = prepare(todo) if todo else None
            if under_way:
                taken, chunk_ids = under_way
                taken.result()
                truth.clear_pending(index, chunk_ids)
                on_progress(len(chunk_ids))
            under_way = (pool.submit(work), [chunk.chunk_id for chunk in todo]) if work else None
            skip = len(todo)


def bring_up_to(truth: Truth, terms: TermIndex) -> None:
    """Let the term index take in all that waits for it."""

    def prepare(todo: Sequence[IndexedChunk]) -> Callable[[], None]:
        kept = [(chunk.chunk_id, chunk.title, chunk.text) for chunk in todo if chunk.text is not None]
        return lambda: terms.update(kept, [chunk.chunk_id for chunk in todo if chunk.text is None])

    fill(truth, "terms", prepare, batch=10_000)
