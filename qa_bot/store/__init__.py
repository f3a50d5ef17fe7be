"""Knows where papers live: the truth in one SQLite file and the two indexes derived from it, behind one lock.

Leaves how a text is embedded to its caller: vectors come in as arrays.
"""

from __future__ import annotations

import heapq
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.config import Settings
from qa_bot.schema import Filters, Problem, QABotError
from qa_bot.store import generations
from qa_bot.store.copies import (
    CopyIsOlder, adopt_snapshot, check_is_newest, check_may_write, next_state, older_message, relation, write_snapshot,
)  # fmt: skip
from qa_bot.store.facets import matches
from qa_bot.store.filling import Intake, bring_up_to, fill, put_terms
from qa_bot.store.generations import collection_of, in_use, terms_folder
from qa_bot.store.locks import FolderLock, StoreBusy, writing_lock
from qa_bot.store.packing import digest_of, paper_digest
from qa_bot.store.rows import PackedRecord, PaperRows, RecordRows, rows_of_chunks, rows_of_paper, rows_of_record
from qa_bot.store.server import ChromaServer, VectorsUnavailable, server_of
from qa_bot.store.tables import MERGE_DUE, SCHEMA_VERSION, StoreError
from qa_bot.store.terms import AlikeStems, TermIndex
from qa_bot.store.truth import IndexedChunk, Truth
from qa_bot.store.vectors import BATCH as VECTOR_BATCH
from qa_bot.store.vectors import VectorIndex

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "MERGE_DUE", "ChromaServer", "CopyIsOlder", "Fingerprint", "IndexMismatch", "PackedRecord", "PaperRows", "PaperStore", "RecordRows", "StoreBusy",
    "StoreError", "Truth", "VectorsUnavailable", "adopt_snapshot", "digest_of", "matches", "open_store", "paper_digest", "rows_of_chunks", "rows_of_paper",
    "rows_of_record", "write_snapshot",
]  # fmt: skip

LOCK_TIMEOUT_SECONDS = 20.0
FEW_PAPERS = 1500  # that many vectors are compared one by one faster than an index is searched around a filter,
FEW_OF = 40  # and of n chunks the square root of this many times n
MOST_WITHOUT = 5  # where at most one of so many papers passes a filter, a third of the results is enough
SOON_SECONDS = 0.1  # what took longer to embed goes into the index at once
# While a server is away, and for the state of the index on it, it is asked this often at most.
ASK_AGAIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


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


def open_store(settings: Settings, fingerprint: Fingerprint, *, writable: bool = False, aside: bool = False) -> PaperStore:
    """Open the collection of the settings. Raise as PaperStore does, and ConfigError for a Chroma server that cannot be meant."""
    return PaperStore(settings.data_dir, fingerprint, writable=writable, server=server_of(settings), aside=aside)


class PaperStore:
    """An open data folder. Embedded Chroma breaks silently when one process writes while another has it open.

    So without a Chroma server a writer has the folder alone, and readers share it. With one, readers go on while a
    writer writes; writers wait for each other. The lock ends with `close` or the process.
    """

    def __init__(
        self, data_dir: Path, fingerprint: Fingerprint, *, writable: bool = False, server: ChromaServer | None = None, aside: bool = False
    ) -> None:
        """Open or create. Raise StoreBusy, IndexMismatch, CopyIsOlder or StoreError, each saying what to do next.

        `aside` opens a new, empty index over the same papers to write to; `take_over` puts it in the place of the one in use.
        """
        self.data_dir, self.fingerprint, self.writable, self.server = data_dir, fingerprint, writable, server
        self._trouble, self._quiet_until = "", 0.0
        self._relation, self._related_until = "same", 0.0
        self._is_outdated, self._retired = "", []
        self._aside, self._following = aside, threading.Lock()
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"Cannot write to {data_dir}: {error}. Set QA_BOT_DATA_DIR to a folder that you can write to.") from error
        shares = not writable or server is not None or aside
        self._lock = FolderLock(data_dir, writes=writable, alone=not shares, timeout_seconds=LOCK_TIMEOUT_SECONDS)
        self.truth: Truth | None = None
        self.vectors: VectorIndex | None = None
        try:
            self.truth = Truth(data_dir / "papers.sqlite3")
            self._seen = self.truth.changes()
            if writable and server:
                check_may_write(self.truth, self.data_dir, server)
                check_is_newest(self.truth, self.data_dir, server)
            if writable:
                self._remove_leftovers()
                if shares:
                    self._lock.share()
            if aside:
                generations.begin(self.truth, has_server=server is not None)
            self._check()
            self._open_indexes()
        except QABotError:
            self.close()
            raise

    def _check(self) -> None:
        made_by = self.truth.settle(self.truth.keyed("fingerprint"), str(self.fingerprint))
        if made_by != str(self.fingerprint):
            raise IndexMismatch(
                f"The index in {self.data_dir} was made with {made_by.split('|')[0]}, the settings now ask for {self.fingerprint.model} "
                f"(recipe {self.fingerprint.text_recipe}). Run `qa-bot reindex`, or restore the QA_BOT_EMBED_* settings."
            )

    def _check_dimension(self, dimension: int) -> None:
        key = self.truth.keyed("dimension")
        stored = self.truth.settle(key, str(dimension)) if self.writable else self.truth.meta(key)
        if stored is not None and stored != str(dimension):
            raise IndexMismatch(
                f"{self.fingerprint.model} now gives vectors of {dimension} numbers, the index in {self.data_dir} holds {stored}. "
                "Run `qa-bot reindex`, or restore the QA_BOT_EMBED_* settings."
            )

    def _open_indexes(self) -> None:
        name = collection_of(self.truth, self.truth.generation) if self.server else self.fingerprint.collection
        self.vectors = VectorIndex(self.server or self._folder, name=name, writable=self.writable)
        self._terms_path = self.data_dir / (self.truth.keyed("terms") if self._aside else terms_folder(self.truth))
        self.__dict__.pop("terms", None)

    @property
    def _folder(self) -> Path:
        return self.data_dir / self.truth.keyed("chroma")

    @cached_property
    def terms(self) -> TermIndex:
        return TermIndex(self._terms_path, writable=self.writable)

    def close(self) -> None:
        """Close the files and let other processes in."""
        for index in (*self._retired, self.vectors):
            if index:
                index.close()
        if self.truth:
            self.truth.close()
        self._lock.close()

    # What other processes and machines did.

    def refresh(self) -> bool:
        """Take in what other processes wrote since; say whether they wrote anything."""
        seen = self.truth.changes()
        if seen == self._seen:
            return False
        self._seen = seen
        with self._following:
            self._follow()
        if self._is_outdated and not self.truth.has_chunks:
            raise IndexMismatch(
                f"The index in {self.data_dir} was made anew with {self._is_outdated} and the one before is gone. Open it again with settings that name that model."
            )
        self.terms.reload()
        return True

    def _follow(self) -> None:
        """Go on with the index that another process put in the place of this one, if it was made the same way."""
        generation = in_use(self.truth)
        made_by = self.truth.meta(f"fingerprint-{generation}" if generation else "fingerprint")
        is_same = made_by in (None, str(self.fingerprint))
        self._is_outdated = "" if is_same else made_by.split("|")[0]
        if is_same and (generation != self.truth.generation or self._terms_path.name != terms_folder(self.truth)):
            self._retired.append(self.vectors)  # other threads may still be asking it
            self.truth.follow(generation)
            self._open_indexes()

    def notices(self) -> tuple[Problem, ...]:
        """Say what keeps answers from resting on all that the collection could give just now."""
        found = []
        if self._trouble:
            found.append(Problem("words_only", f"Searched by words alone, not by meaning. {self._trouble}"))
        elif self._is_outdated:
            text = f"The index was made anew with {self._is_outdated} since this was opened; answers come from the one before."
            found.append(Problem("old_index", f"{text} Open it again with settings that name that model."))
        elif self.server and self.relation_to_server() in ("older", "apart"):
            found.append(Problem("older_copy", older_message(self.data_dir, self.server)))
        if not self.writable and (waiting := self.pending):
            found.append(
                Problem("taking_in", f"{waiting} pieces of text are still being taken in and may not be found yet. Nobody at it? Run `qa-bot ingest`.")
            )
        return tuple(found)

    @property
    def is_copy(self) -> bool:
        return self.truth.meta("is_copy") is not None

    def relation_to_server(self) -> str:
        """Say whether the papers here are as new as the index on the server ("same", "newer"), "older" or "apart"."""
        if time.monotonic() >= self._related_until:
            self._related_until = time.monotonic() + ASK_AGAIN_SECONDS
            try:
                self._relation = self._ask_relation()
            except VectorsUnavailable:
                pass  # the next search says so
        return self._relation

    def _ask_relation(self) -> str:
        there = self.vectors.state()  # asked first: a writer counts up here first
        return relation(self.truth.meta("state"), there)

    def _begin_writing(self) -> None:
        """Count the state up, here first: an index with the higher one was written to by somebody else."""
        check_is_newest(self.truth, self.data_dir, self.server)
        self.truth.set_meta("state", next_state(self.truth.meta("state")))
        self.vectors.set_state(self.truth.meta("state"))

    def _check_wrote_alone(self) -> None:
        if self._ask_relation() != "same":
            self.truth.mark_all_pending("vectors")
            raise CopyIsOlder(
                f"Another machine wrote to the index on {self.server} at the same time. Take papers in from one machine at a time: run `qa-bot ingest` again."
            )

    # Searching and completeness.

    def _search_vectors(self, vector: np.ndarray, limit: int) -> list[tuple[str, float]]:
        """Search by meaning; nothing is found while the vectors are away, and `notices` says so."""
        if self._trouble and time.monotonic() < self._quiet_until:
            return []
        try:
            found = self.vectors.search(vector, limit)
        except VectorsUnavailable as error:
            if not self._trouble:
                _log.warning("Searching by words alone, not by meaning. %s", error)
            self._trouble, self._quiet_until = str(error), time.monotonic() + ASK_AGAIN_SECONDS
            return []
        self._trouble = ""
        return found

    @property
    def vectors_are_away(self) -> bool:
        """True while searches find nothing by meaning because Chroma cannot be asked."""
        return bool(self._trouble)

    @property
    def is_empty(self) -> bool:
        return self.truth.count("papers") == 0 and not self.merge_is_due

    @property
    def merge_is_due(self) -> bool:
        """True where records were read and a kill kept them from becoming papers."""
        return self.truth.meta(MERGE_DUE) is not None

    @property
    def is_incomplete(self) -> bool:
        """True where a killed run, a lost index or another place for the vectors left something that can be done here."""
        may_fill = not (self.is_copy and self.server)
        return self._lacks_terms or (may_fill and (self.merge_is_due or self.truth.pending_count("vectors") > 0 or self._lost_vectors))

    @property
    def _lacks_terms(self) -> bool:
        try:
            return self.truth.pending_count("terms") > 0 or self.terms.count() != self.truth.count("chunks")
        except StoreError:
            return True

    @property
    def _lost_vectors(self) -> bool:
        """True where the vectors were put into another place than the settings name, or the folder is gone."""
        filled_in = self.truth.meta(self.truth.keyed("vectors_in"))
        return filled_in is not None and (filled_in != self._place or not (self.server or self._folder.is_dir()))

    @property
    def _place(self) -> str:
        return "server" if self.server else "folder"

    def take_over(self) -> None:
        """Put this index, opened `aside` and filled, in the place of the one in use: all at once, for whoever opens it from now on."""
        state = next_state(self.truth.meta("state"))
        if self.server:
            check_is_newest(self.truth, self.data_dir, self.server)
            self.vectors.set_state(state)
        self.vectors.close()  # nobody may have a folder open for writing when the first reader comes
        generations.take_over(self.truth, state=state, server=self.server)
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        if self._lock.is_alone():
            generations.remove_leftovers(self.truth, self.data_dir, server=self.server)

    def find_damage(self) -> None:
        """Compare both indexes with the truth; one that lost chunks is marked to be filled again."""
        if self.truth.meta(self.truth.keyed("vectors_in")) not in (None, self._place):
            self.vectors.clear()
            with self.truth.transaction():
                self.truth.mark_all_pending("vectors")
                self.truth.set_meta(self.truth.keyed("vectors_in"), self._place)
        for name, index in (("vectors", self.vectors), ("terms", self.terms)):
            expected, found, pending = self.truth.count("chunks"), index.count(), self.truth.pending_count(name)
            # Every chunk is in the index or waits for it; with nothing waiting there may be none too many either.
            if found + pending < expected or (found != expected and not pending):
                if found > expected:  # which ones are too many cannot be told
                    index.clear()
                self.truth.mark_all_pending(name)

    @property
    def pending(self) -> int:
        """The number of chunk updates that the indexes have not taken in yet."""
        return self.truth.pending_count("vectors") + self.truth.pending_count("terms")

    def tune(self) -> None:
        """Set how hard the index of the vectors searches by how many chunks there are."""
        self.vectors.tune(self.truth.count("chunks"))

    def complete(
        self,
        embed: Callable[[Sequence[str]], object],
        *,
        batch: int = 256,
        together: int = VECTOR_BATCH,
        on_progress: Callable[[int], None] = lambda n: None,
    ) -> int:
        """Bring both indexes up to the truth, in batches that each survive a kill; return how many texts were embedded.

        `batch` texts are embedded at once; what is embedded goes into the index `together`, which takes less time, or sooner
        where that many take long to embed.
        """
        bring_up_to(self.truth, self.terms)
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
                yield lambda: self.vectors.remove(gone), gone
            ready: list[tuple[str, np.ndarray]] = []
            for start in range(0, len(kept), batch):
                part = kept[start : start + batch]
                vectors, fresh = self.vectors_of([chunk.text for chunk in part], timed)
                embedded += fresh
                ready += zip((chunk.chunk_id for chunk in part), vectors)
                if start + batch >= len(kept) or spent > SOON_SECONDS:
                    yield partial(self._take_vectors, ready), [chunk_id for chunk_id, _ in ready]
                    ready, spent = [], 0.0

        writes = self.server is not None and not self._aside and self.truth.pending_count("vectors") > 0
        if writes:
            self._begin_writing()
        fill(self.truth, "vectors", prepare, batch=max(batch, together), on_progress=on_progress)
        if writes:
            self._check_wrote_alone()
        self.truth.settle(self.truth.keyed("vectors_in"), self._place)
        return embedded

    def _take_vectors(self, ready: Sequence[tuple[str, np.ndarray]]) -> None:
        import numpy as np

        self.vectors.upsert([chunk_id for chunk_id, _ in ready], np.stack([vector for _, vector in ready]))

    @contextmanager
    def taking_in_terms(self) -> Iterator[Callable[[Sequence[PaperRows]], None]]:
        """Yield what lets the term index take in papers that were just written, on a thread while others are."""
        with Intake(self.truth, "terms") as intake:
            yield lambda papers: put_terms(intake, self.terms, papers)

    def complete_terms_alone(self) -> None:
        """Bring the term index of a reader up to the truth, unless another process is at it."""
        lock = writing_lock(self.data_dir)
        if lock is None:
            return
        try:
            TermIndex(self._terms_path, writable=True)  # a damaged one is begun afresh
            self.__dict__.pop("terms", None)
            if self.terms.count() != self.truth.count("chunks") and not self.truth.pending_count("terms"):
                self.terms.clear()
                self.truth.mark_all_pending("terms")
            bring_up_to(self.truth, self.terms)
        finally:
            lock.release()

    @property
    def is_being_written(self) -> bool:
        """True while another process takes papers in."""
        lock = writing_lock(self.data_dir)
        if lock is not None:
            lock.release()
        return lock is None

    def nearest(self, vector: np.ndarray, limit: int, *, filters: Filters | None = None) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, cosine similarity), best first, of papers that a filter lets through.

        Of few papers every vector is compared; among many the index is asked for so many more that enough pass.
        """
        if not filters:
            return self._search_vectors(vector, limit)
        count = self.truth.count_matching(filters)
        if count <= self._few:
            chunk_ids, vectors = self.truth.vectors_of_papers(self.truth.numbers_matching(filters).tolist(), self.fingerprint.model)
            cosines = zip(chunk_ids, (vectors @ vector).tolist() if chunk_ids else ())
            return heapq.nsmallest(limit, cosines, key=lambda entry: (-entry[1], entry[0]))
        return self._passing(lambda depth: self._search_vectors(vector, depth), limit, filters, count)

    def best_worded(
        self, words: Sequence[str], limit: int, *, title_weight: float = 0.2, filters: Filters | None = None, alike: AlikeStems | None = None
    ) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, BM25 score), best first, of papers that a filter lets through and that hold any of `words`."""

        def search(depth: int, among: Sequence[str] | None = None) -> list[tuple[str, float]]:
            return self.terms.search(words, depth, title_weight=title_weight, among=among, alike=alike)

        if not filters:
            return search(limit)
        count = self.truth.count_matching(filters)
        if count <= self._few:
            return search(limit, self.truth.chunk_ids_of(self.truth.paper_ids_matching(filters)))
        return self._passing(search, limit, filters, count)

    @property
    def _few(self) -> int:
        """How many papers are compared one by one: with more papers around them, searching the index around a filter takes longer."""
        return max(FEW_PAPERS, int(math.sqrt(FEW_OF * self.terms.count())))

    def _passing(self, search: Callable[[int], list[tuple[str, float]]], limit: int, filters: Filters, count: int) -> list[tuple[str, float]]:
        """Search deeper until enough results pass a filter that lets `count` papers through: `limit`, or a third where that is deep."""
        total = max(self.terms.count(), count)
        enough = limit if count * MOST_WITHOUT >= total else -(-limit // 3)
        depth = min(total, max(limit, int(1.2 * enough * total / count) + 20))
        while True:
            found = search(depth)
            passing = self.truth.passing(list({chunk_id.rpartition("#")[0] for chunk_id, _ in found}), filters)
            kept = [entry for entry in found if entry[0].rpartition("#")[0] in passing]
            if len(kept) >= enough or len(found) < depth or depth >= total:
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
