"""Knows the order of the offline run: read files, find out which papers they hold, store them, fill both indexes.

Leaves the LLM out, and every stage's own work to its module.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qa_bot.chunking import TEXT_RECIPE
from qa_bot.config import Settings, resource_dir
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.ingest import reading_ahead
from qa_bot.ingest.changed_files import forget_gone, read_changed
from qa_bot.ingest.deriving import chunks_of, derive_papers
from qa_bot.pace import Progress
from qa_bot.readers import find_files
from qa_bot.schema import Skipped
from qa_bot.store import CopyIsOlder, Fingerprint, PaperStore, StoreBusy, VectorsUnavailable, open_store
from qa_bot.workers import Workers

__all__ = ["IngestReport", "Progress", "chunks_of", "derive_papers", "fill_indexes", "fingerprint_of", "ingest", "ingest_into", "open_ready"]


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did. Counts of papers are against what the store held before."""

    files: int
    unchanged_files: int
    records: int
    papers: int
    added: int
    changed: int
    removed: int
    embedded: int
    skipped: tuple[Skipped, ...]
    seconds: float
    pruned_files: int = 0

    @property
    def merged(self) -> int:
        """How many records turned out to be another record's paper."""
        return self.records - self.papers

    def __str__(self) -> str:
        text = (
            f"{self.papers} papers from {self.records} records ({self.merged} merged); {self.added} new, {self.changed} changed, "
            f"{self.removed} gone, {self.unchanged_files} of {self.files} files unchanged, {len(self.skipped)} records skipped, {self.seconds:.1f} s"
        ) + (f"\n{self.pruned_files} files that are no longer there were forgotten" if self.pruned_files else "")
        return "\n".join([text, *(f"skipped: {s.file}, record {s.ordinal}: {s.reason}" for s in self.skipped)])


def fingerprint_of(embedding: EmbeddingModel) -> Fingerprint:
    """Return what an index made with this embedding model says of itself."""
    return Fingerprint(embedding.name, TEXT_RECIPE)


def open_ready(settings: Settings, embedding: EmbeddingModel, *, on_progress: Progress = lambda what, n, of: None) -> PaperStore:
    """Open the collection for questions: an empty one takes in the sample papers first, and what a killed run left is completed.

    Where another process is writing, or the Chroma server is away, it is opened as it is: `PaperStore.notices` says what is missing.
    """
    store = open_store(settings, fingerprint_of(embedding))
    is_empty = store.is_empty
    if not (is_empty or store.is_incomplete):
        return store
    if not is_empty and store.server and store.is_copy:
        store.complete_terms_alone()
        return store
    if not is_empty and store.is_being_written:
        return store
    store.close()
    try:
        ingest([resource_dir("seeds")] if is_empty else [], settings=settings, embedding=embedding, on_progress=on_progress, only_if_empty=is_empty)
    except (StoreBusy, VectorsUnavailable, CopyIsOlder):
        if is_empty:
            raise
    return open_store(settings, fingerprint_of(embedding))


def ingest(
    paths: Sequence[Path],
    *,
    settings: Settings,
    embedding: EmbeddingModel | None = None,
    columns: Mapping[str, str] | None = None,
    prunes: bool = False,
    only_if_empty: bool = False,
    on_progress: Progress = lambda what, n, of: None,
) -> IngestReport:
    """Read `paths` (files or folders) into the store of `settings.data_dir`; a run that was killed is completed too.

    `columns` maps fields to the columns of tables. `prunes` forgets files below `paths` that were ingested and are there no
    more. `only_if_empty` reads nothing where another process was faster. Files that did not change are not read again, and
    texts that were embedded before are not embedded again. Raise a QABotError for a path that does not exist, a store in
    use, or an index made by another model.
    """
    embedding = embedding or open_embedding(settings)
    files = find_files(paths, allows_missing=prunes)
    store = open_store(settings, fingerprint_of(embedding), writable=True)
    try:
        files = files if not only_if_empty or store.is_empty else []
        return ingest_into(
            store, files, embedding=embedding, columns=columns, prunes=paths if prunes else (), on_progress=on_progress
        )
    finally:
        store.close()


def ingest_into(
    store: PaperStore,
    files: Sequence[Path],
    *,
    embedding: EmbeddingModel,
    columns: Mapping[str, str] | None = None,
    prunes: Sequence[Path] = (),
    on_progress: Progress = lambda what, n, of: None,
) -> IngestReport:
    """Do the work of `ingest` on an open, writable store."""
    began = time.perf_counter()
    truth = store.truth
    with Workers() as workers, _no_search_for_cycles():
        changed_files = read_changed(store, files, columns or {}, workers, on_progress)
        pruned = forget_gone(store, files, prunes)
        counts = derive_papers(store, embedding, on_progress, workers=workers) if store.merge_is_due else (0, 0, 0)
    store.find_damage()
    embedded = fill_indexes(store, embedding, on_progress)
    return IngestReport(
        files=len(files), unchanged_files=len(files) - changed_files, records=truth.count("records"), papers=truth.count("papers"),
        added=counts[0], changed=counts[1], removed=counts[2], embedded=embedded, skipped=tuple(truth.skipped()),
        seconds=time.perf_counter() - began, pruned_files=pruned,
    )  # fmt: skip


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Hold Python's search for garbage in cycles: millions of rows pass through, none in a cycle, and it takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def fill_indexes(store: PaperStore, embedding: EmbeddingModel, on_progress: Progress) -> int:
    """Bring both indexes up to the truth, and embed the sentences and words of a small collection ahead; return how many chunks were embedded."""
    store.tune()
    total = store.truth.pending_count("vectors")
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        on_progress("embedding papers", done, total)

    embedded = store.complete(embedding.embed, on_progress=advance) if store.pending else 0
    if reading_ahead.is_due(store):
        reading_ahead.read_ahead(store, embedding, on_progress)
    return embedded
