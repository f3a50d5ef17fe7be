"""Knows the vectors of the chunks in Chroma, embedded in a folder or on a server; with `server` the only owner of chromadb.

Leaves texts and bibliography to `truth`: documents in Chroma take six times their size and slow it down.
"""

from __future__ import annotations

import heapq
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qa_bot.store.connection import StoreError
from qa_bot.store.server import CLOUD_LIMIT, ChromaServer, VectorsUnavailable, TooMany, limit_named

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")

# How many candidates a search keeps, by the size of the collection. With Chroma's own 100 only 87 % of the ten nearest of 75,000 are
# found; with these 98.7 % of 75,000 and 99 % of a million, for three milliseconds and fifteen.
_CANDIDATES = ((150_000, 1250), (500_000, 3000), (sys.maxsize, 4500))
# A graph built with 64 candidates instead of Chroma's 100 is made in three quarters of the time; the search above makes up for it.
# Syncing less often than every 1,000 records is no gain: what is not synced is put in anew at each opening.
_CONFIGURATION = {"hnsw": {"space": "cosine", "ef_construction": 64, "ef_search": _CANDIDATES[0][1]}}

BATCH = 2000  # Chroma's own limit is 5,461; larger upserts only take longer to come back
STATE = "state"  # the key in a collection's metadata that says which writing it was last part of
_REFILL = "Run `qa-bot ingest` where the papers are taken in: it fills them in again, and nothing is embedded twice."


class NoVectors(VectorsUnavailable):
    """The folder or the server can be used, but holds no vectors of this collection."""


class VectorIndex:
    """An open Chroma collection with cosine distance, filled by upsert."""

    def __init__(self, place: Path | ChromaServer, *, name: str, writable: bool = False, tries: int | None = None) -> None:
        """Take the collection `name` of a folder or a server; a writer opens it now and creates it where it is missing.

        Every method raises StoreError when the collection cannot be used, VectorsUnavailable when it is not here to mend.
        """
        self._place, self._name, self._writable = place, name, writable
        self._server = place if isinstance(place, ChromaServer) else None
        most = self._server.max_retries if self._server else 0
        self._tries = tries or 1 + (most if writable else min(1, most))
        self._client: ClientAPI | None = None
        self._collection: Collection | None = None
        self._is_closed, self._opening = False, threading.Lock()
        if writable:
            self._do(lambda: None)

    def _connect(self, *, creates: bool) -> None:
        """Open what is not open yet."""
        with self._opening:
            if self._is_closed:
                raise StoreError("The collection was closed while it was being asked. Open it again.")
            if self._client is None:
                self._client = self._server.connect() if self._server else self._embedded()
            if self._collection is None:
                self._collection = self._opened(creates=creates)

    def _embedded(self) -> ClientAPI:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        if not self._writable and not self._place.is_dir():  # a reader makes nothing: others may have the folder open
            raise NoVectors(f"{self._place} is not there. {_REFILL}")
        self._place.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(str(self._place), settings=ChromaSettings(anonymized_telemetry=False))

    def _opened(self, *, creates: bool) -> Collection:
        if not creates:
            return self._client.get_collection(self._name, embedding_function=None)
        # get_or_create_collection ignores a new configuration for a known name, so a name goes with one model.
        return self._client.get_or_create_collection(self._name, embedding_function=None, configuration=_CONFIGURATION)

    def _do(self, work: Callable[[], T]) -> T:
        """Do work with the open collection; whatever fails is raised as a StoreError with the next step."""
        from chromadb.errors import ChromaError

        try:
            return self._server.attempt(lambda: self._found(work), tries=self._tries, waits=self._writable) if self._server else self._found(work)
        except (ChromaError, ValueError, OSError) as error:
            raise StoreError(
                f"Cannot use {self._place}: {error}. Delete that folder and run `qa-bot ingest`: it is rebuilt from the papers."
            ) from error

    def _found(self, work: Callable[[], T]) -> T:
        """Do work; where the collection is gone, look for it once by name: a writer may have made it anew."""
        from chromadb.errors import NotFoundError

        try:
            self._connect(creates=self._writable)
            return work()
        except NotFoundError as error:
            if not str(error).startswith("Collection"):
                raise
            self._collection = None
        try:
            self._connect(creates=False)
            return work()
        except NotFoundError as error:
            where = f"The Chroma server at {self._server.url}" if self._server else str(self._place)
            raise NoVectors(f"{where} holds no vectors of these papers. {_REFILL}") from error

    def close(self) -> None:
        """Let go of the folder or the server. The last user of a folder in this process closes it."""
        with self._opening:
            self._is_closed = True
            if self._client is not None:
                self._client.close()
                self._client = self._collection = None

    def describe(self) -> str:
        """Say in a few words which Chroma this is."""
        if self._server is None:
            import chromadb

            return f"embedded, version {chromadb.__version__}"

        def ask() -> str:
            return self._client.get_version()

        try:
            version = self._do(ask)
        except NoVectors:
            version = ask()
        return f"{self._server.url} answers, interface {version}, collection {self._name}"

    def count(self) -> int:
        try:
            return self._do(lambda: self._collection.count())
        except NoVectors:
            return 0

    def state(self) -> str | None:
        """Ask the server which writing the collection was last part of; None for one that nobody wrote to."""

        def ask() -> str | None:
            self._collection = self._client.get_collection(self._name, embedding_function=None)
            return (self._collection.metadata or {}).get(STATE)

        try:
            return self._do(ask)
        except NoVectors:
            return None

    def set_state(self, state: str) -> None:
        self._do(lambda: self._collection.modify(metadata={STATE: state}))

    def tune(self, count: int) -> None:
        """Let searches keep as many candidates as `count` chunks ask for; it holds from the next opening on."""
        wanted = next(candidates for most, candidates in _CANDIDATES if count <= most)

        def set_candidates() -> None:
            graph = (self._collection.configuration_json or {}).get("hnsw")  # Chroma Cloud has another kind of index
            if graph and graph.get("ef_search") != wanted:
                self._collection.modify(configuration={"hnsw": {"ef_search": wanted}})

        self._do(set_candidates)

    def _batches(self, items: Sequence[str], work: Callable[[slice], object]) -> None:
        """Do `work` slice by slice, in smaller ones where the server takes less at once than it said."""
        if not items:
            return
        most = BATCH
        if self._server:
            said = self._do(lambda: self._client.get_max_batch_size())
            most = min(BATCH, said if said > 0 else BATCH, CLOUD_LIMIT if self._server.is_cloud else BATCH)
        start = 0
        while start < len(items):
            size = min(most, len(items) - start)
            try:
                self._do(lambda: self._smaller_if_told(work, slice(start, start + size)))
                start += size
            except TooMany as error:
                most = max(1, min(size // 2, error.limit or size))

    def _smaller_if_told(self, work: Callable[[slice], object], part: slice) -> None:
        try:
            work(part)
        except Exception as error:  # chromadb raises bare Exceptions for HTTP errors
            limit = limit_named(error) if self._server and part.stop - part.start > 1 else None
            if limit is None:
                raise
            raise TooMany(limit) from error

    def upsert(self, chunk_ids: Sequence[str], vectors: np.ndarray) -> None:
        self._batches(chunk_ids, lambda part: self._collection.upsert(ids=list(chunk_ids[part]), embeddings=vectors[part]))

    def remove(self, chunk_ids: Sequence[str]) -> None:
        self._batches(chunk_ids, lambda part: self._collection.delete(ids=list(chunk_ids[part])))

    def clear(self) -> None:
        """Take everything out, keeping the state."""

        def renew() -> None:
            metadata = self._collection.metadata
            self._client.delete_collection(self._name)
            self._collection = self._opened(creates=True)
            if metadata:
                self._collection.modify(metadata=metadata)

        self._do(renew)

    def drop(self, name: str) -> None:
        """Delete another collection of the same papers; one that is not there is no error."""
        other = VectorIndex(self._place, name=name)
        try:
            other._do(lambda: other._client.delete_collection(name))
        except NoVectors:
            pass
        finally:
            other.close()

    def search(self, vector: np.ndarray, limit: int, *, among: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, cosine similarity), best first; `among` narrows to these chunks."""
        if among is None:
            return self._query(vector, min(limit, CLOUD_LIMIT) if self._server and self._server.is_cloud else limit, None)
        parts = [among[n : n + CLOUD_LIMIT] for n in range(0, len(among), CLOUD_LIMIT)] if self._server and self._server.is_cloud else [among]
        found = [hit for part in parts if part for hit in self._query(vector, min(limit, len(part)), part)]
        return heapq.nlargest(limit, found, key=lambda hit: hit[1]) if len(parts) > 1 else found

    def _query(self, vector: np.ndarray, limit: int, among: Sequence[str] | None) -> list[tuple[str, float]]:
        def ask(ids: list[str] | None) -> dict:
            return self._collection.query(query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"], ids=ids)

        def ask_known() -> dict:
            from chromadb.errors import InternalError

            try:
                return ask(None if among is None else list(among))
            except InternalError as error:  # chromadb 1.5 fails over an id that it does not hold, as while papers are still being taken in
                if among is None or "finding id" not in str(error):
                    raise
                known = self._collection.get(ids=list(among), include=[])["ids"]
                return ask(known) if known else {"ids": [[]], "distances": [[]]}

        found = self._do(ask_known)
        return [(chunk_id, 1.0 - distance) for chunk_id, distance in zip(found["ids"][0], found["distances"][0])]

