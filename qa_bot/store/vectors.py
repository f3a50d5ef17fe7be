"""Knows the vectors of the chunks in Chroma, embedded in the data folder or on a server; the only owner of chromadb.

Leaves texts and bibliography to `truth`: documents in Chroma take six times their size and slow it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qa_bot.store.tables import StoreError

if TYPE_CHECKING:
    import numpy as np

BATCH = 2000  # Chroma's own limit is 5,461; larger upserts only take longer to come back


class VectorIndex:
    """An open Chroma collection with cosine distance, filled by upsert."""

    def __init__(self, path: Path, *, name: str, server_url: str | None = None) -> None:
        """Open or create the collection `name`. Raise StoreError when it cannot be opened."""
        import chromadb
        from chromadb.config import Settings as ChromaSettings
        from chromadb.errors import ChromaError

        quiet = ChromaSettings(anonymized_telemetry=False)
        try:
            if server_url:
                url = urlsplit(server_url if "//" in server_url else f"http://{server_url}")
                secure = url.scheme == "https"
                self._client = chromadb.HttpClient(
                    host=url.hostname or "localhost", port=url.port or (443 if secure else 8000), ssl=secure, settings=quiet
                )
            else:
                path.mkdir(parents=True, exist_ok=True)
                self._client = chromadb.PersistentClient(str(path), settings=quiet)
            self._collection = self._open(name)
        except (ChromaError, ValueError, OSError) as error:
            where = f"the Chroma server at {server_url}" if server_url else str(path)
            step = "Start it, or correct QA_BOT_CHROMA_URL" if server_url else "Delete that folder and run `qa-bot ingest`: it is rebuilt from the papers"
            raise StoreError(f"Cannot open {where}: {error}. {step}.") from error

    def _open(self, name: str):  # noqa: ANN202 - chromadb's own type, imported late
        # get_or_create_collection ignores a new configuration for a known name, so the name carries the model.
        return self._client.get_or_create_collection(name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})

    def count(self) -> int:
        return self._collection.count()

    def upsert(self, chunk_ids: Sequence[str], vectors: np.ndarray) -> None:
        for start in range(0, len(chunk_ids), BATCH):
            self._collection.upsert(ids=list(chunk_ids[start : start + BATCH]), embeddings=vectors[start : start + BATCH])

    def remove(self, chunk_ids: Sequence[str]) -> None:
        for start in range(0, len(chunk_ids), BATCH):
            self._collection.delete(ids=list(chunk_ids[start : start + BATCH]))

    def clear(self) -> None:
        name = self._collection.name
        self._client.delete_collection(name)
        self._collection = self._open(name)

    def drop_others(self) -> None:
        """Delete the collections that other models left behind."""
        for collection in self._client.list_collections():
            if collection.name != self._collection.name and collection.name.startswith("papers-"):
                self._client.delete_collection(collection.name)

    def search(self, vector: np.ndarray, limit: int, *, among: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, cosine similarity), best first; `among` narrows to these chunks."""
        limit = min(limit, self.count() if among is None else len(among))
        if limit == 0:
            return []
        found = self._collection.query(
            query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"], ids=None if among is None else list(among)
        )
        return [(chunk_id, 1.0 - distance) for chunk_id, distance in zip(found["ids"][0], found["distances"][0])]
