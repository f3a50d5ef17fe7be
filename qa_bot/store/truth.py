"""Knows the one SQLite file that holds the truth, and what the two search indexes have still to take in from it.

Leaves the indexes, which can be rebuilt from here, to `vectors` and `terms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa_bot.chunking import index_text
from qa_bot.store.inputs import Inputs
from qa_bot.store.kept_vectors import KeptVectors
from qa_bot.store.packing import fields_of, unpack_text
from qa_bot.store.rows import chunk_id_of, parts_of
from qa_bot.store.shelf import Shelf

INDEXES = ("vectors", "terms")


@dataclass(frozen=True)
class IndexedChunk:
    """A chunk as the indexes need it; `text` is None when the chunk is gone and must be removed."""

    chunk_id: str
    title: str
    text: str | None


class Truth(Inputs, Shelf, KeptVectors):
    """The whole file: input, papers, vectors, and the list of what is still to be indexed."""

    def _forget(self) -> None:
        super()._forget()
        self._facets.clear()

    def _mark_pending(self, chunk_ids: Iterable[str], indexes: Sequence[str] = INDEXES) -> None:
        rows = [(self.keyed(name), chunk_id) for chunk_id in chunk_ids for name in indexes]
        self._db.executemany("INSERT OR IGNORE INTO pending VALUES (?, ?)", rows)

    def mark_all_pending(self, index: str) -> None:
        chunk_id = "p.paper_id || '#' || c.version || '.' || c.place"
        query = f"INSERT OR IGNORE INTO pending SELECT ?, {chunk_id} FROM {self.chunks} c JOIN papers p ON p.number = c.paper"
        self._db.execute(query, (self.keyed(index),))

    def pending_count(self, index: str) -> int:
        return self._db.execute("SELECT count(*) FROM pending WHERE index_name = ?", (self.keyed(index),)).fetchone()[0]

    def pending(self, index: str, limit: int, *, skip: int = 0) -> list[IndexedChunk]:
        """Return up to `limit` chunks, after the first `skip`, that this index has to take in or remove, the shortest first."""
        rows = self._db.execute("SELECT chunk_id FROM pending WHERE index_name = ? LIMIT ? OFFSET ?", (self.keyed(index), limit, skip))
        wanted = [row[0] for row in rows]
        query = (
            f'SELECT p.paper_id, c.version, c.place, c.start, c."end", p.body, t.body FROM papers p JOIN {self.chunks} c ON c.paper = p.number '
            "JOIN versions v ON v.paper = p.number AND v.version = c.version JOIN texts t ON t.number = v.text WHERE p.paper_id IN ({})"
        )
        found: dict[str, tuple[str, str]] = {}
        for paper_id, version, place, start, end, body, text in self._rows_for(query, list({parts_of(key)[0] for key in wanted})):
            paper = fields_of(body)
            title = "" if paper["title_is_stand_in"] else paper["title"]
            found[chunk_id_of(paper_id, version, place)] = (title, index_text(title, unpack_text(text)[start:end]))
        chunks = [IndexedChunk(key, *found.get(key, ("", None))) for key in wanted]
        return sorted(chunks, key=lambda chunk: len(chunk.text or ""))

    def clear_pending(self, index: str, chunk_ids: Sequence[str]) -> None:
        with self.transaction():
            self._db.executemany("DELETE FROM pending WHERE index_name = ? AND chunk_id = ?", [(self.keyed(index), key) for key in chunk_ids])
