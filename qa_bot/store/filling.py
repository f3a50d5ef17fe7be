"""Knows how an index takes in what the truth has for it: batch by batch, each struck off only when the index has it.

Leaves how texts become vectors to its caller, and what is there to take in to `truth`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from qa_bot.store.rows import PaperRows
from qa_bot.store.terms import TermIndex
from qa_bot.store.truth import IndexedChunk, Truth
from qa_bot.store.vectors import VectorIndex

if TYPE_CHECKING:
    import numpy as np

SOON_SECONDS = 0.1  # what took longer to embed goes into the index at once


class Intake:
    """An index that takes batches in on a thread of its own, one while the next is made ready.

    A kill at any moment leaves a list that is completed by the next run; taking a batch in twice does no harm.
    """

    def __init__(self, truth: Truth, index: str, *, on_progress: Callable[[int], None] = lambda n: None) -> None:
        self._truth, self._index, self._on_progress = truth, index, on_progress
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=index)
        self._under_way: tuple[Future, Sequence[str]] | None = None

    def __enter__(self) -> Intake:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._strike_off()
        finally:
            self._pool.shutdown()

    @property
    def waiting(self) -> int:
        """How many chunks are under way and not struck off yet."""
        return len(self._under_way[1]) if self._under_way else 0

    def put(self, work: Callable[[], None], chunk_ids: Sequence[str]) -> None:
        """Begin a batch when the one before is done, and strike that off."""
        self._strike_off()
        self._under_way = self._pool.submit(work), chunk_ids

    def _strike_off(self) -> None:
        if self._under_way:
            taken, chunk_ids = self._under_way
            taken.result()
            self._truth.clear_pending(self._index, chunk_ids)
            self._under_way = None
            self._on_progress(len(chunk_ids))


def fill(
    truth: Truth,
    index: str,
    prepare: Callable[[Sequence[IndexedChunk]], Iterable[tuple[Callable[[], None], Sequence[str]]]],
    *,
    batch: int,
    on_progress: Callable[[int], None] = lambda n: None,
) -> None:
    """Prepare each batch that an index waits for, as one or more of (work, ids of the chunks), and let the index take them in."""
    with Intake(truth, index, on_progress=on_progress) as intake:
        while todo := truth.pending(index, batch, skip=intake.waiting):
            for work, chunk_ids in prepare(todo):
                intake.put(work, chunk_ids)


def bring_up_to(truth: Truth, terms: TermIndex) -> None:
    """Let the term index take in all that waits for it."""

    def prepare(todo: Sequence[IndexedChunk]) -> Iterator[tuple[Callable[[], None], Sequence[str]]]:
        kept = [(chunk.chunk_id, chunk.title, chunk.text) for chunk in todo if chunk.text is not None]
        gone = [chunk.chunk_id for chunk in todo if chunk.text is None]
        yield lambda: terms.update(kept, gone), [chunk.chunk_id for chunk in todo]

    fill(truth, "terms", prepare, batch=10_000)


def bring_vectors_up_to(
    truth: Truth,
    vectors: VectorIndex,
    embed: Callable[[Sequence[str]], object],
    vectors_of: Callable[..., tuple[Sequence[np.ndarray], int]],
    *,
    batch: int,
    together: int,
    on_progress: Callable[[int], None],
) -> int:
    """Let the index of the vectors take in all that waits for it; return how many texts were embedded.

    `vectors_of` gives the vectors of texts, of those that are not known by `embed`, `batch` texts at once. They go into the
    index `together`, which takes less time, or sooner where that many take long to embed.
    """
    embedded, spent = 0, 0.0

    def timed(texts: Sequence[str]) -> object:
        nonlocal spent
        began = time.monotonic()
        try:
            return embed(texts)
        finally:
            spent += time.monotonic() - began

    def prepare(todo: Sequence[IndexedChunk]) -> Iterator[tuple[Callable[[], None], Sequence[str]]]:
        nonlocal embedded, spent
        gone = [chunk.chunk_id for chunk in todo if chunk.text is None]
        kept = [chunk for chunk in todo if chunk.text is not None]
        if gone:
            yield lambda: vectors.remove(gone), gone
        ready: list[tuple[str, np.ndarray]] = []
        for start in range(0, len(kept), batch):
            part = kept[start : start + batch]
            made, fresh = vectors_of([chunk.text for chunk in part], timed)
            embedded += fresh
            ready += zip((chunk.chunk_id for chunk in part), made)
            if start + batch >= len(kept) or spent > SOON_SECONDS:
                yield partial(_take_in, vectors, ready), [chunk_id for chunk_id, _ in ready]
                ready, spent = [], 0.0

    fill(truth, "vectors", prepare, batch=max(batch, together), on_progress=on_progress)
    return embedded


def _take_in(vectors: VectorIndex, ready: Sequence[tuple[str, np.ndarray]]) -> None:
    import numpy as np

    vectors.upsert([chunk_id for chunk_id, _ in ready], np.stack([vector for _, vector in ready]))


def put_terms(intake: Intake, terms: TermIndex, papers: Sequence[PaperRows]) -> None:
    """Let the term index take in papers that were just written, while their texts are at hand."""
    chunks = [(chunk.chunk_id, chunk.title, chunk.text) for paper in papers for chunk in paper.chunks]
    if chunks:
        intake.put(lambda: terms.update(chunks, ()), [chunk_id for chunk_id, _, _ in chunks])
