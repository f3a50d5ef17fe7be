"""Knows how the papers are found anew in all the records, and written so that a kill leaves some missing and none twice.

Leaves which records are one paper to `catalogue`, and making the rows to `making`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from qa_bot.catalogue import Plan, find_papers, unpacked
from qa_bot.chunking import chunk_paper
from qa_bot.embedding import EmbeddingModel, is_portable
from qa_bot.making import MADE_TOGETHER, Making, in_parts, make_papers
from qa_bot.markup import plain_text
from qa_bot.pace import Progress
from qa_bot.schema import Chunk, Paper
from qa_bot.store import MERGE_DUE, PaperRows, PaperStore
from qa_bot.workers import Workers

WRITE_BATCH = 4000  # papers that go into the truth together


def derive_papers(
    store: PaperStore, embedding: EmbeddingModel, on_progress: Progress = lambda what, n, of: None, *, workers: Workers | None = None
) -> tuple[int, int, int]:
    """Find out which papers the records are, and write down what is (added, changed, removed).

    Removals and changes happen in one transaction and additions after it in batches, so that a kill in between leaves
    papers missing for the next run, never one paper twice.
    """
    truth = store.truth
    on_progress("finding out which papers they are", 0, 0)
    entries = sorted(((unpacked(data), key) for key, data in truth.identities()), key=lambda entry: entry[0].order)
    entries = [entry for place, entry in enumerate(entries) if not place or entries[place - 1][0].order != entry[0].order]
    keys = [key for _, key in entries]

    def text_of(place: int) -> str:
        return plain_text(truth.record_text(keys[place]))

    found = find_papers([identity for identity, _ in entries], truth.facts(), text_of=text_of, splits=truth.splits())
    before = truth.paper_states()
    due = [plan for plan in found.plans if before.get(plan.paper_id, (b"", b""))[1] != plan.signature]
    changes = [plan for plan in due if plan.paper_id in before]
    additions = [plan for plan in due if plan.paper_id not in before]
    removed = before.keys() - {plan.paper_id for plan in found.plans}
    make = partial(make_papers, count_tokens=embedding.count_tokens, window_tokens=embedding.window_tokens)
    written = changed = 0

    def making(plans: Sequence[Plan]) -> Iterator[list[Making]]:
        for part in in_parts(plans):
            records = truth.packed_records([keys[place] for plan in part for place in plan.places])
            yield [Making(plan, {place: records[keys[place]] for place in plan.places}, found.facts_of(plan)) for plan in part]

    def write(papers: Sequence[PaperRows]) -> list[PaperRows]:
        nonlocal written, changed
        new = [paper for paper in papers if before.get(paper.paper_id, (b"", b""))[0] != paper.digest]
        truth.write_papers(new)
        kept = {paper.paper_id for paper in papers} - {paper.paper_id for paper in new}
        for paper in papers:
            if paper.paper_id in kept:
                truth.sign_paper(paper.paper_id, paper.signature)
        written += len(papers)
        changed += sum(paper.paper_id in before for paper in new)
        on_progress("storing papers", written, len(due))
        return new

    do = workers.map if workers and is_portable(embedding.count_tokens) else map
    with store.taking_in_terms() as take_in:
        with truth.transaction():
            for paper_id in removed:
                truth.remove_paper(paper_id)
            for papers in do(make, making(changes)):
                write(papers)
            truth.set_merges([(ground.paper_id, ground.origin, ground.reason) for ground in found.grounds])
        made = do(make, making(additions))
        while parts := list(islice(made, WRITE_BATCH // MADE_TOGETHER)):
            with truth.transaction():
                new = write([paper for part in parts for paper in part])
            take_in(new)
    if changes or removed:
        truth.remove_unused_texts()
    truth.remove_meta(MERGE_DUE)
    return len(additions), changed, len(removed)


def chunks_of(paper: Paper, embedding: EmbeddingModel) -> tuple[Chunk, ...]:
    """Cut a paper for this embedding model."""
    return chunk_paper(paper, count_tokens=embedding.count_tokens, window_tokens=embedding.window_tokens)
