"""Knows where papers live: the truth in one SQLite file and the two indexes derived from it, behind one lock.

Leaves how a text is embedded to its caller: vectors come in as arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.schema import Filters, QABotError
from qa_bot.store.packing import digest_of, paper_digest
from qa_bot.store.facets import matches
from qa_bot.store.tables import SCHEMA_VERSION, StoreError
from qa_bot.store.terms import TermIndex
from qa_bot.store.truth import IndexedChunk, Truth
from qa_bot.store.vectors import VectorIndex

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MERGE_DUE", "Fingerprint", "IndexMismatch", "PaperStore", "StoreBusy", "StoreError", "digest_of", "matches", "paper_digest"]

LOCK_TIMEOUT_SECONDS = 20.0
FEW_PAPERS = 1500  # that many vectors are compared one by one faster than an index is searched around a filter
MERGE_DUE = "merge_due"  # noted in the truth while records were read whose papers have not been found yet


class StoreBusy(QABotError):
    """Another process holds the store."""


class IndexMismatch(QABotError):
    """The index was made by another embedding model or text recipe than the settings name."""


@dataclass(frozen=True)
class Fingerprint:
    """What made an index. Two indexes with the same fingerprint hold comparable vectors."""

    model: str
    text_recipe: str
    schema: int = SCHEMA_VERSION

    def __str__(self) -> str:
        return "|".join(str(value) for value in asdict(self).values())

    @property
    def collection(self) -> str:
        return "papers-" + blake2b(str(self).encode(), digest_size=6).hexdigest()


class PaperStore:
    """An open data folder. Hold one per process: embedded Chroma breaks silently when two processes use it at once.

    Readers share the folder with other readers; a writer has it alone. The lock ends with `close` or the process.
    """

    def __init__(
        self, data_dir: Path, fingerprint: Fingerprint, *, writable: bool = False, chroma_url: str | None = None, accept_mismatch: bool = False
    ) -> None:
        """Open or create. Raise StoreBusy, IndexMismatch or StoreError, each saying what to do next."""
        self.data_dir, self.fingerprint, self.writable, self.chroma_url = data_dir, fingerprint, writable, chroma_url
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"Cannot write to {data_dir}: {error}. Set QA_BOT_DATA_DIR to a folder that you can write to.") from error
        self._lock = self._acquire()
        try:
            self.truth = Truth(data_dir / "papers.sqlite3")
            self._check(accept_mismatch)
        except QABotError:
            self._lock.close()
            raise

    def _acquire(self):  # noqa: ANN202 - filelock's own type, imported late
        from filelock import ReadWriteLock, Timeout

        lock = ReadWriteLock(self.data_dir / "lock", is_singleton=False)
        try:
            (lock.acquire_write if self.writable else lock.acquire_read)(timeout=LOCK_TIMEOUT_SECONDS)
        except Timeout as error:
            lock.close()
            doing = "using" if self.writable else "writing to"
            raise StoreBusy(
                f"Another qa-bot is {doing} the papers in {self.data_dir}. Wait for it or close it (an open chat window counts), "
                "or set QA_BOT_DATA_DIR to another folder."
            ) from error
        return lock

    def _check(self, accept_mismatch: bool) -> None:
        made_by = self.truth.meta("fingerprint")
        if made_by is None:
            self.truth.set_meta("fingerprint", str(self.fingerprint))
        elif made_by != str(self.fingerprint) and not accept_mismatch:
            raise IndexMismatch(
                f"The index in {self.data_dir} was made with {made_by.split('|')[0]}, the settings now ask for {self.fingerprint.model} "
                f"(recipe {self.fingerprint.text_recipe}). Run `qa-bot reindex`, or restore the QA_BOT_EMBED_* settings."
            )

    def _check_dimension(self, dimension: int) -> None:
        stored = self.truth.meta("dimension")
        if stored is None and self.writable:
            self.truth.set_meta("dimension", str(dimension))
        elif stored is not None and stored != str(dimension):
            raise IndexMismatch(
                f"{self.fingerprint.model} now gives vectors of {dimension} numbers, the index in {self.data_dir} holds {stored}. "
                "Run `qa-bot reindex`, or restore the QA_BOT_EMBED_* settings."
            )

    def close(self) -> None:
        """Close the files and let other processes in."""
        self.truth.close()
        self._lock.close()

    @cached_property
    def vectors(self) -> VectorIndex:
        return VectorIndex(self.data_dir / "chroma", name=self.fingerprint.collection, server_url=self.chroma_url)

    @cached_property
    def terms(self) -> TermIndex:
        return TermIndex(self.data_dir / "terms")

    @property
    def is_empty(self) -> bool:
        return self.truth.count("papers") == 0 and not self.merge_is_due

    @property
    def merge_is_due(self) -> bool:
        """True where records were read and a kill kept them from becoming papers."""
        return self.truth.meta(MERGE_DUE) is not None

    def adopt_fingerprint(self) -> None:
        """Say that the index is now made by this store's fingerprint; the vectors are pending until they are put in."""
        with self.truth.transaction():
            self.truth.set_meta("fingerprint", str(self.fingerprint))
            self.truth.remove_meta("dimension")
            self.truth.mark_all_pending("vectors")

    def find_damage(self) -> None:
        """Compare both indexes with the truth; one that lost chunks is emptied and marked to be filled again."""
        for name, index in (("vectors", self.vectors), ("terms", self.terms)):
            pending = self.truth.pending_count(name)
            expected = self.truth.count("chunks")
            if index.count() != expected and not pending:
                index.clear()
                self.truth.mark_all_pending(name)

    @property
    def pending(self) -> int:
        """The number of chunk updates that the indexes have not taken in yet."""
        return self.truth.pending_count("vectors") + self.truth.pending_count("terms")

    def complete(self, embed: Callable[[Sequence[str]], object], *, batch: int = 256, on_progress: Callable[[int], None] = lambda n: None) -> int:
        """Bring both indexes up to the truth, in batches that each survive a kill; return how many texts were embedded.

        An index takes a batch in while the next one is embedded; it is struck off the list only when the index has it.
        """
        self._fill("terms", self._take_terms, batch=10_000)
        embedded = 0

        def prepare(todo: Sequence[IndexedChunk]) -> Callable[[], None]:
            nonlocal embedded
            kept = [chunk for chunk in todo if chunk.text is not None]
            vectors, fresh = self.vectors_of([chunk.text for chunk in kept], embed)
            embedded += fresh
            return lambda: self._take_vectors(kept, vectors, [chunk.chunk_id for chunk in todo if chunk.text is None])

        self._fill("vectors", prepare, batch=batch, on_progress=on_progress)
        return embedded

    def _fill(
        self,
        index: str,
        prepare: Callable[[Sequence[IndexedChunk]], Callable[[], None]],
        *,
        batch: int,
        on_progress: Callable[[int], None] = lambda n: None,
    ) -> None:
        """Prepare each batch that an index waits for, let the index take it in on a thread of its own, then strike it off."""
        with ThreadPoolExecutor(1, thread_name_prefix=index) as pool:
            under_way: tuple[Future, list[str]] | None = None
            skip = 0
            while (todo := self.truth.pending(index, batch, skip=skip)) or under_way:
                work = prepare(todo) if todo else None
                if under_way:
                    taken, chunk_ids = under_way
                    taken.result()
                    self.truth.clear_pending(index, chunk_ids)
                    on_progress(len(chunk_ids))
                under_way = (pool.submit(work), [chunk.chunk_id for chunk in todo]) if work else None
                skip = len(todo)

    def _take_terms(self, todo: Sequence[IndexedChunk]) -> Callable[[], None]:
        kept = [(chunk.chunk_id, chunk.title, chunk.text) for chunk in todo if chunk.text is not None]
        return lambda: self.terms.update(kept, [chunk.chunk_id for chunk in todo if chunk.text is None])

    def _take_vectors(self, kept: Sequence[IndexedChunk], vectors: object, gone: Sequence[str]) -> None:
        if gone:
            self.vectors.remove(gone)
        if kept:
            self.vectors.upsert([chunk.chunk_id for chunk in kept], vectors)

    def nearest(self, vector: np.ndarray, limit: int, *, filters: Filters | None = None) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, cosine similarity), best first, of papers that a filter lets through.

        Of few papers every vector is compared; among many the index is asked for so many more that enough pass.
        """
        if not filters:
            return self.vectors.search(vector, limit)
        count = self.truth.count_matching(filters)
        if count <= FEW_PAPERS:
            known = self.truth.paper_vectors(self.truth.paper_ids_matching(filters), self.fingerprint.model)
            cosines = {chunk_id: float(other @ vector) for chunk_id, other in known.items()}
            return sorted(cosines.items(), key=lambda entry: (-entry[1], entry[0]))[:limit]
        return self._passing(lambda depth: self.vectors.search(vector, depth), limit, filters, count)

    def best_worded(
        self, words: Sequence[str], limit: int, *, title_weight: float = 0.2, filters: Filters | None = None
    ) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, BM25 score), best first, of papers that a filter lets through and that hold any of `words`."""
        if not filters:
            return self.terms.search(words, limit, title_weight=title_weight)
        count = self.truth.count_matching(filters)
        if count <= FEW_PAPERS:
            among = self.truth.chunk_ids_of(self.truth.paper_ids_matching(filters))
            return self.terms.search(words, limit, title_weight=title_weight, among=among)
        return self._passing(lambda depth: self.terms.search(words, depth, title_weight=title_weight), limit, filters, count)

    def _passing(self, search: Callable[[int], list[tuple[str, float]]], limit: int, filters: Filters, count: int) -> list[tuple[str, float]]:
        """Search deeper until `limit` results pass a filter that lets `count` papers through."""
        total = self.truth.count("chunks")
        depth = min(total, int(1.1 * limit * total / count) + 20)
        while True:
            found = search(depth)
            passing = self.truth.passing(list({chunk_id.rpartition("#")[0] for chunk_id, _ in found}), filters)
            kept = [entry for entry in found if entry[0].rpartition("#")[0] in passing]
            if len(kept) >= limit or len(found) < depth or depth >= total:
                return kept[:limit]
            depth = min(total, 3 * depth)

    def vectors_of(self, texts: Sequence[str], embed: Callable[[Sequence[str]], object], *, keeps: bool = True):  # noqa: ANN201
        """Return (vectors (n, dimension) float32 in order, number embedded now); known texts are not embedded again."""
        import numpy as np

        model = self.fingerprint.model
        digests = [digest_of(text) for text in texts]
        known = self.truth.vectors(list(dict.fromkeys(digests)), model)
        missing = {digest: text for digest, text in zip(digests, texts) if digest not in known}
        if missing:
            fresh = np.asarray(embed(list(missing.values())), dtype=np.float16).astype(np.float32)
            self._check_dimension(fresh.shape[1])
            if keeps:
                self.truth.add_vectors(list(missing), fresh, model)
            known.update(zip(missing, fresh))
        return np.stack([known[digest] for digest in digests]) if texts else np.zeros((0, 0), np.float32), len(missing)
