"""Knows where papers live: the truth in one SQLite file and the two indexes derived from it, behind one lock.

Leaves how a text is embedded to its caller: vectors come in as arrays.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.config import Settings
from qa_bot.schema import Filters, Problem, QABotError
from qa_bot.store import generations, lacking, narrowed
from qa_bot.store.connection import StoreError, cannot_write
from qa_bot.store.copies import adopt_snapshot, write_snapshot
from qa_bot.store.facets import matches
from qa_bot.store.filling import Intake, bring_up_to, bring_vectors_up_to, put_terms
from qa_bot.store.fingerprint import Fingerprint, IndexMismatch, check_dimension, check_made_by
from qa_bot.store.generations import collection_of, in_use, terms_folder
from qa_bot.store.locks import FolderLock, StoreBusy, writing_lock
from qa_bot.store.packing import digest_of, paper_digest
from qa_bot.store.rows import PackedRecord, PaperRows, RecordRows, rows_of_chunks, rows_of_paper, rows_of_record
from qa_bot.store.server import ChromaServer, VectorsUnavailable, server_of
from qa_bot.store.states import CopyIsOlder, begin_writing, check_is_newest, check_may_write, check_wrote_alone, next_state, older_message, relation_of
from qa_bot.store.tables import MERGE_DUE
from qa_bot.store.terms import AlikeStems, TermIndex
from qa_bot.store.truth import Truth
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
# While a server is away, and for the state of the index on it, it is asked this often at most.
ASK_AGAIN_SECONDS = 5.0

_log = logging.getLogger(__name__)


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
            raise cannot_write(data_dir, error) from error
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
            check_made_by(self.truth, self.fingerprint, self.data_dir)
            self._open_indexes()
        except QABotError:
            self.close()
            raise

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
                self._relation = relation_of(self.truth, self.vectors)
            except VectorsUnavailable:
                pass  # the next search says so
        return self._relation

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
        return self._lacks_terms or (
            may_fill and (self.merge_is_due or self.truth.pending_count("vectors") > 0 or lacking.lost_vectors(self.truth, self._place, self._folder))
        )

    @property
    def _lacks_terms(self) -> bool:
        try:
            return lacking.lacks_terms(self.truth, self.terms)
        except StoreError:  # the index of the terms cannot be opened
            return True

    @property
    def _place(self) -> lacking.Place:
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
        lacking.find_damage(self.truth, self.vectors, self.terms, self._place)

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
        writes = self.server is not None and not self._aside and self.truth.pending_count("vectors") > 0
        if writes:
            begin_writing(self.truth, self.vectors, self.data_dir, self.server)
        embedded = bring_vectors_up_to(self.truth, self.vectors, embed, self.vectors_of, batch=batch, together=together, on_progress=on_progress)
        if writes:
            check_wrote_alone(self.truth, self.vectors, self.server)
        lacking.note_place(self.truth, self._place)
        return embedded

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
        """Return up to `limit` (chunk id, cosine similarity), best first, of papers that a filter lets through."""
        if not filters:
            return self._search_vectors(vector, limit)
        search, total = partial(self._search_vectors, vector), self.terms.count()
        return narrowed.nearest(self.truth, search, filters, vector=vector, model=self.fingerprint.model, limit=limit, total=total)

    def best_worded(
        self, words: Sequence[str], limit: int, *, title_weight: float = 0.2, filters: Filters | None = None, alike: AlikeStems | None = None
    ) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, BM25 score), best first, of papers that a filter lets through and that hold any of `words`."""
        search = partial(self.terms.search, words, title_weight=title_weight, alike=alike)
        return narrowed.best_worded(self.truth, search, filters, limit=limit, total=self.terms.count()) if filters else search(limit)

    def vectors_of(self, texts: Sequence[str], embed: Callable[[Sequence[str]], object], *, keeps: bool = True) -> tuple[np.ndarray, int]:
        """Return (vectors (n, dimension) float32 in order, number embedded now); known texts are not embedded again."""
        import numpy as np

        def checked(missing: Sequence[str]) -> np.ndarray:
            fresh = np.asarray(embed(missing))
            check_dimension(self.truth, self.fingerprint, self.data_dir, dimension=fresh.shape[1], writable=self.writable)
            return fresh

        return self.truth.vectors_of(texts, checked, self.fingerprint.model, keeps=keeps)
