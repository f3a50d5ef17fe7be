"""Knows the order of the offline run: read files, find out which papers they hold, store them, fill both indexes.

Leaves the LLM out, and every stage's own work to its module.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qa_bot.catalogue import merge_records
from qa_bot.chunking import TEXT_RECIPE, chunk_paper, index_text, sentence_text, split_sentences
from qa_bot.config import Settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.naming import names_of
from qa_bot.readers import find_files, read_file
from qa_bot.schema import Paper, Skipped
from qa_bot.store import Fingerprint, PaperStore, paper_digest

# Sentences of a collection up to this size are embedded ahead, so that the first answers need not wait for it.
SENTENCES_AHEAD_PAPERS = 2000

Progress = Callable[[str, int, int], None]  # (what is done, how many, of how many)


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

    @property
    def merged(self) -> int:
        """How many records turned out to be another record's paper."""
        return self.records - self.papers

    def __str__(self) -> str:
        text = (
            f"{self.papers} papers from {self.records} records ({self.merged} merged); {self.added} new, {self.changed} changed, "
            f"{self.removed} gone, {self.unchanged_files} of {self.files} files unchanged, {len(self.skipped)} records skipped, {self.seconds:.1f} s"
        )
        return "\n".join([text, *(f"skipped: {s.file}, record {s.ordinal}: {s.reason}" for s in self.skipped)])


def fingerprint_of(embedding: EmbeddingModel) -> Fingerprint:
    """Return what an index made with this embedding model says of itself."""
    return Fingerprint(embedding.name, TEXT_RECIPE)


def ingest(
    paths: Sequence[Path],
    *,
    settings: Settings,
    embedding: EmbeddingModel | None = None,
    columns: Mapping[str, str] | None = None,
    on_progress: Progress = lambda what, n, of: None,
) -> IngestReport:
    """Read `paths` (files or folders) into the store of `settings.data_dir`; a run that was killed is completed too.

    `columns` maps fields to the columns of tables. Files that did not change are not read again, and texts that were embedded before are not embedded again.
    Raise a QABotError for a path that does not exist, a store in use, or an index made by another model.
    """
    embedding = embedding or open_embedding(settings)
    files = find_files(paths)
    store = PaperStore(settings.data_dir, fingerprint_of(embedding), writable=True, chroma_url=settings.chroma_url)
    try:
        return ingest_into(store, files, embedding=embedding, columns=columns, on_progress=on_progress)
    finally:
        store.close()


def ingest_into(
    store: PaperStore,
    files: Sequence[Path],
    *,
    embedding: EmbeddingModel,
    columns: Mapping[str, str] | None = None,
    on_progress: Progress = lambda what, n, of: None,
) -> IngestReport:
    """Do the work of `ingest` on an open, writable store."""
    began = time.perf_counter()
    truth = store.truth
    with truth.transaction():
        changed_files = _read_changed(store, files, columns or {}, on_progress)
        counts = (0, 0, 0)
        if changed_files:
            merged = merge_records(truth.records(), truth.facts())
            counts = _write_papers(store, merged.papers, embedding)
    store.find_damage()
    total = truth.pending_count("vectors")
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        on_progress("embedding papers", done, total)

    embedded = store.complete(embedding.embed, on_progress=advance) if store.pending else 0
    if 0 < truth.count("papers") <= SENTENCES_AHEAD_PAPERS and truth.meta("sentences_ahead") != _sentence_state(store):
        _embed_sentences(store, embedding, on_progress)
    return IngestReport(
        files=len(files), unchanged_files=len(files) - changed_files, records=truth.count("records"), papers=truth.count("papers"),
        added=counts[0], changed=counts[1], removed=counts[2], embedded=embedded, skipped=tuple(truth.skipped()),
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def remove(paper_ids: Sequence[str], *, settings: Settings, embedding: EmbeddingModel | None = None) -> int:
    """Take papers with all their records out of the collection; return how many papers went.

    A file that did not change does not bring them back. Raise as `ingest` does.
    """
    embedding = embedding or open_embedding(settings)
    store = PaperStore(settings.data_dir, fingerprint_of(embedding), writable=True, chroma_url=settings.chroma_url)
    try:
        with store.truth.transaction():
            papers = store.truth.papers_by_id(list(paper_ids))
            store.truth.remove_records([origin for paper in papers.values() for origin in paper.origins])
            _write_papers(store, merge_records(store.truth.records(), store.truth.facts()).papers, embedding)
        store.complete(embedding.embed)
        return len(papers)
    finally:
        store.close()


def _read_changed(store: PaperStore, files: Sequence[Path], columns: Mapping[str, str], on_progress: Progress) -> int:
    known = store.truth.files()
    by_content = {(label, digest) for label, digest in known.values()}
    labels = {label for label, _ in known.values()}
    changed = 0
    for number, path in enumerate(files, 1):
        key = str(path.resolve())
        digest = _file_digest(path) + (repr(sorted(columns.items())) if columns else "")
        label = known[key][0] if key in known else path.name
        if known.get(key, ("", ""))[1] == digest or (path.name, digest) in by_content:
            continue
        if key not in known and label in labels:
            label = f"{path.resolve().parent.name}/{path.name}"
        result = read_file(path, columns=columns or None)
        records = [replace(r, origin=replace(r.origin, file=label)) for r in result.records]
        skipped = [replace(s, file=label) for s in result.skipped]
        store.truth.replace_file(key, label, digest, records=records, facts=result.facts, skipped=skipped)
        labels.add(label)
        changed += 1
        on_progress("reading files", number, len(files))
    return changed


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "blake2b").hexdigest()
    except OSError:
        return f"unreadable since {time.time_ns()}"  # never equal: the reader says what is wrong, every time


def _write_papers(store: PaperStore, papers: Sequence[Paper], embedding: EmbeddingModel) -> tuple[int, int, int]:
    before = store.truth.paper_digests()
    added = changed = 0
    for paper in papers:
        old = before.pop(paper.paper_id, None)
        if old == paper_digest(paper):
            continue
        added, changed = (added + 1, changed) if old is None else (added, changed + 1)
        write_paper(store, paper, embedding)
    for paper_id in before:
        store.truth.remove_paper(paper_id)
    return added, changed, len(before)


def write_paper(store: PaperStore, paper: Paper, embedding: EmbeddingModel) -> None:
    """Store one paper with its chunks, cut for this embedding model."""
    chunks = chunk_paper(paper, count_tokens=embedding.count_tokens, window_tokens=embedding.window_tokens)
    title = "" if paper.title_is_stand_in else paper.title
    names = [(name.key, name.ground) for name in names_of(paper)]
    store.truth.write_paper(paper, chunks, [index_text(title, chunk.text) for chunk in chunks], names=names)


def _sentence_state(store: PaperStore) -> str:
    digests = store.truth.paper_digests()
    return store.fingerprint.model + hashlib.blake2b("".join(sorted(digests.values())).encode(), digest_size=8).hexdigest()


def _embed_sentences(store: PaperStore, embedding: EmbeddingModel, on_progress: Progress) -> None:
    texts = [sentence_text(paper, span) for paper in store.truth.papers() for span in split_sentences(paper.abstract)]
    for start in range(0, len(texts), 256):
        store.vectors_of(texts[start : start + 256], embedding.embed)
        on_progress("embedding sentences", min(start + 256, len(texts)), len(texts))
    store.truth.set_meta("sentences_ahead", _sentence_state(store))


def reindex(*, settings: Settings, embedding: EmbeddingModel | None = None, on_progress: Progress = lambda what, n, of: None) -> IngestReport:
    """Make the index anew with the embedding model that the settings name; vectors that model made before are reused."""
    embedding = embedding or open_embedding(settings)
    store = PaperStore(
        settings.data_dir, fingerprint_of(embedding), writable=True, chroma_url=settings.chroma_url, accept_mismatch=True
    )
    try:
        with store.truth.transaction():
            store.adopt_fingerprint()
            for paper in store.truth.papers():
                write_paper(store, paper, embedding)
            store.truth.mark_all_pending("terms")
        store.vectors.clear()
        store.terms.clear()
        report = ingest_into(store, [], embedding=embedding, on_progress=on_progress)
        store.vectors.drop_others()
        return report
    finally:
        store.close()
