"""Knows the order of the offline run: read files, find out which papers they hold, store them, fill both indexes.

Leaves the LLM out, and every stage's own work to its module.
"""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from qa_bot import reranking
from qa_bot.catalogue import Plan, find_papers, unpacked
from qa_bot.chunking import TEXT_RECIPE, chunk_paper, sentence_text, split_sentences, titled
from qa_bot.config import Settings, resource_dir
from qa_bot.embedding import EmbeddingModel, is_portable, open_embedding
from qa_bot.making import Making, make_papers, make_records
from qa_bot.markup import plain_text
from qa_bot.readers import find_files, read_batches
from qa_bot.schema import Chunk, Paper, Record, Skipped
from qa_bot.store import MERGE_DUE, CopyIsOlder, Fingerprint, PaperRows, PaperStore, StoreBusy, Truth, VectorsUnavailable, open_store
from qa_bot.workers import Workers

# Sentences and words of a collection up to this size are embedded ahead, so that answers need not wait for it.
READ_AHEAD_PAPERS = 2000

WRITE_BATCH = 4000  # papers that go into the truth together
MADE_TOGETHER = 250  # records or papers that are made at once, by another process where there are many

T = TypeVar("T")

Progress = Callable[[str, int, int], None]  # (what is done, how many, of how many; 0 where that is not known)


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
        changed_files = _read_changed(store, files, columns or {}, workers, on_progress)
        pruned = _prune(store, files, prunes)
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
    if 0 < store.truth.count("papers") <= READ_AHEAD_PAPERS and store.truth.meta("sentences_ahead") != _ahead_state(store):
        _read_ahead(store, embedding, on_progress)
    return embedded


def _read_changed(
    store: PaperStore, files: Sequence[Path], columns: Mapping[str, str], workers: Workers, on_progress: Progress
) -> int:
    """Read the files that changed, each in a transaction of its own; return how many those were."""
    truth = store.truth
    known = truth.files()
    by_content = {(label, digest) for label, digest in known.values()}
    labels = {label for label, _ in known.values()}
    changed = records = 0
    for path in files:
        key = str(path.resolve())
        digest = _file_digest(path) + (repr(sorted(columns.items())) if columns else "")
        label = known[key][0] if key in known else path.name
        if known.get(key, ("", ""))[1] == digest or (path.name, digest) in by_content:
            continue
        if key not in known and label in labels:
            label = f"{path.resolve().parent.name}/{path.name}"
        with truth.transaction():
            number = truth.begin_file(key, label, digest)
            for rows in workers.map(partial(make_records, file=label), _records(truth, number, path, columns)):
                truth.add_records(number, rows)
                records += len(rows)
                on_progress("reading records", records, 0)
            truth.set_meta(MERGE_DUE, "1")
        labels.add(label)
        changed += 1
    return changed


def _records(truth: Truth, number: int, path: Path, columns: Mapping[str, str]) -> Iterator[Sequence[Record]]:
    """Yield the records of a file, those that are made together; note its facts and what was skipped."""
    for result in read_batches(path, columns=columns or None):
        truth.add_facts(number, result.facts)
        truth.add_skipped(number, result.skipped)
        yield from _parts(result.records)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield items in parts of the size that is made at once."""
    for start in range(0, len(items), MADE_TOGETHER):
        yield items[start : start + MADE_TOGETHER]


def _prune(store: PaperStore, files: Sequence[Path], folders: Sequence[Path]) -> int:
    """Forget the files below these folders, and of these names, that are there no more; return how many those were."""
    present = {str(path.resolve()) for path in files}
    roots = [folder.resolve() for folder in folders]
    gone = [
        path for path in store.truth.files() if path not in present and any(root == Path(path) or root in Path(path).parents for root in roots)
    ]
    if gone:
        with store.truth.transaction():
            for path in gone:
                store.truth.remove_file(path)
            store.truth.set_meta(MERGE_DUE, "1")
    return len(gone)


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "blake2b").hexdigest()
    except OSError:
        return f"unreadable since {time.time_ns()}"  # never equal: the reader says what is wrong, every time


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
        for part in _parts(plans):
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


def _ahead_state(store: PaperStore) -> str:
    digests = sorted(digest for digest, _ in store.truth.paper_states().values())
    return store.fingerprint.model + reranking.name() + hashlib.blake2b(b"".join(digests), digest_size=8).hexdigest()


def _read_ahead(store: PaperStore, embedding: EmbeddingModel, on_progress: Progress) -> None:
    papers = store.truth.papers()
    texts = [sentence_text(paper, span) for paper in papers for span in split_sentences(paper.abstract)]
    for start in range(0, len(texts), 256):
        store.vectors_of(texts[start : start + 256], embedding.embed)
        on_progress("embedding sentences", min(start + 256, len(texts)), len(texts))
    read = [(paper, text) for paper in papers for text in (paper.abstract, *(chunk.text for chunk in chunks_of(paper, embedding)))]
    texts = list(dict.fromkeys(titled(paper, text) for paper, text in read))
    for start in range(0, len(texts), 64):
        reranking.keep_tokens(texts[start : start + 64], store)
        on_progress("embedding words", min(start + 64, len(texts)), len(texts))
    store.truth.set_meta("sentences_ahead", _ahead_state(store))
