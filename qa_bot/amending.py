"""Knows how a collection is changed by hand: papers and files taken out, wrong merges split for good.

Leaves reading files, and finding out which papers the records are, to `ingest` and `catalogue`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_bot.catalogue import unpacked
from qa_bot.config import Settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.ingest import derive_papers, fingerprint_of
from qa_bot.schema import Origin, QABotError
from qa_bot.store import MERGE_DUE, PaperStore, open_store


class AmendError(QABotError):
    """What was asked of the collection does not fit what it holds."""


@dataclass(frozen=True)
class RemovalReport:
    """What was taken out of a collection, and what is left."""

    papers: int
    files: int
    papers_left: int

    def __str__(self) -> str:
        files = f" with {self.files} file{'s' * (self.files > 1)}" if self.files else ""
        return f"{self.papers} paper{'s' * (self.papers != 1)} removed{files}, {self.papers_left} left"


def remove(
    paper_ids: Sequence[str] = (), *, files: Sequence[str] = (), settings: Settings, embedding: EmbeddingModel | None = None
) -> RemovalReport:
    """Take papers with all their records, and files with all that was read in them, out of the collection.

    A removed paper comes back only when a file that holds it changes, a removed file when it is ingested again. `files`
    are labels, as origins show them, or paths. Raise AmendError for what is not there, before anything is changed.
    """

    def take_out(store: PaperStore) -> None:
        truth = store.truth
        papers = truth.papers_by_id(list(paper_ids))
        known = {path: label for path, (label, _) in truth.files().items()}
        paths = {file: [path for path, label in known.items() if file in (label, path) or str(Path(file).resolve()) == path] for file in files}
        unknown = [paper_id for paper_id in paper_ids if paper_id not in papers] + [file for file, found in paths.items() if not found]
        if unknown:
            raise AmendError(
                f"There is no {', '.join(unknown)} in the collection, so nothing was removed. `qa-bot papers --json` lists its papers and their files."
            )
        truth.remove_records([origin for paper in papers.values() for origin in paper.origins])
        for path in {path for found in paths.values() for path in found}:
            truth.remove_file(path)

    before, after = _change(take_out, settings=settings, embedding=embedding)
    return RemovalReport(before - after, len(files), after)


def split(
    paper_id: str, origins: Sequence[Origin], *, settings: Settings, embedding: EmbeddingModel | None = None
) -> int:
    """Tell these records of a paper apart from its others, for good; return how many papers there are then instead of the one.

    They stay apart when their files are read again. Raise AmendError where the paper or a record of it is not there.
    """

    def tell_apart(store: PaperStore) -> None:
        paper = store.truth.papers_by_id([paper_id]).get(paper_id)
        if paper is None:
            raise AmendError(f"There is no paper {paper_id}. `qa-bot merges` lists those that were merged of several records.")
        apart = {(origin.file, origin.ordinal) for origin in origins}
        known = {(origin.file, origin.ordinal) for origin in paper.origins}
        if not apart or not apart < known:
            there = ", ".join(f"{file}:{ordinal}" for file, ordinal in sorted(known))
            raise AmendError(f"{paper_id} has the records {there}; name some of them and not all, to tell them apart from the others.")
        keys: tuple[set[str], set[str]] = (set(), set())
        for _, data in store.truth.identities():
            identity = unpacked(data)
            if (identity.file, identity.ordinal) in known:
                keys[(identity.file, identity.ordinal) in apart].add(identity.lasting_key)
        if keys[0] & keys[1]:
            raise AmendError("Records of one file with one text and no ids of their own cannot be told apart. Give them ids in the file.")
        store.truth.add_split(paper_id, [sorted(side) for side in keys])

    before, after = _change(tell_apart, settings=settings, embedding=embedding)
    return 1 + after - before


def rejoin(paper_id: str, *, settings: Settings, embedding: EmbeddingModel | None = None) -> int:
    """Take back the splits made of a paper (its id at that time); return how many there were. Raise AmendError where there were none."""
    taken_back = 0

    def forget(store: PaperStore) -> None:
        nonlocal taken_back
        taken_back = store.truth.remove_splits(paper_id)
        if not taken_back:
            raise AmendError(f"Nothing was split from {paper_id}. Name the paper by the id that it had when it was split.")

    _change(forget, settings=settings, embedding=embedding)
    return taken_back


def _change(work: Callable[[PaperStore], None], *, settings: Settings, embedding: EmbeddingModel | None) -> tuple[int, int]:
    """Change what was read, find out anew which papers that makes, bring the indexes up to it; return papers (before, after)."""
    embedding = embedding or open_embedding(settings)
    store = open_store(settings, fingerprint_of(embedding), writable=True)
    try:
        before = store.truth.count("papers")
        with store.truth.transaction():
            work(store)
            store.truth.set_meta(MERGE_DUE, "1")
        derive_papers(store, embedding)
        store.complete(embedding.embed)
        return before, store.truth.count("papers")
    finally:
        store.close()
