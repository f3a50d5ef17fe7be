"""Knows the vectors that were ever made, by text and model, so that nothing is embedded twice.

Leaves searching them to the index of `vectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qa_bot.store.packing import digest_of
from qa_bot.store.rows import chunk_id_of
from qa_bot.store.tables import Tables

if TYPE_CHECKING:
    import numpy as np


class KeptVectors(Tables):
    """The tables of vectors."""

    def vectors(self, digests: Sequence[bytes], model: str) -> dict[bytes, np.ndarray]:
        """Return the stored vectors of these texts, float32, by digest; texts without one are missing."""
        return {digest: _unpacked(blob) for digest, blob in self.made_of(digests, model).items()}

    def made_of(self, digests: Sequence[bytes], model: str) -> dict[bytes, bytes]:
        """Return what a model made of these texts, as it was stored, by digest; texts of which nothing is stored are missing."""
        query = "SELECT v.text_digest, v.vector FROM vectors v JOIN models m ON m.number = v.model WHERE m.name = ? AND v.text_digest IN ({})"
        return dict(self._rows_for(query, digests, model))

    def chunk_vectors(self, chunk_ids: Sequence[str], model: str) -> tuple[list[str], np.ndarray]:
        """Return the ids of those of these chunks that have a vector, and the vectors as rows, float32."""
        wanted = set(chunk_ids)
        rows = self._vector_rows("p.paper_id", list({key.rpartition("#")[0] for key in wanted}), model)
        return _as_matrix([row for row in rows if row[0] in wanted])

    def vectors_of_papers(self, numbers: Sequence[int], model: str) -> tuple[list[str], np.ndarray]:
        """Return the ids of the chunks of papers, by number, and their vectors as rows, float32."""
        return _as_matrix(self._vector_rows("p.number", numbers, model))

    def _vector_rows(self, column: str, values: Sequence, model: str) -> list[tuple[str, bytes]]:
        query = (
            f"SELECT p.paper_id, c.version, c.place, v.vector FROM models m CROSS JOIN papers p JOIN {self.chunks} c ON c.paper = p.number "
            f"JOIN vectors v ON v.text_digest = c.text_digest AND v.model = m.number WHERE m.name = ? AND {column} IN ({{}})"
        )
        return [(chunk_id_of(*row[:3]), row[3]) for row in self._rows_for(query, values, model)]

    def vectors_of(self, texts: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray], model: str, *, keeps: bool = True) -> tuple[np.ndarray, int]:
        """Return (vectors (n, dimension) float32 in order, number embedded now); known texts are not embedded again."""
        import numpy as np

        digests = [digest_of(text) for text in texts]
        known = self.vectors(list(dict.fromkeys(digests)), model)
        missing = {digest: text for digest, text in zip(digests, texts) if digest not in known}
        if missing:
            fresh = np.asarray(embed(list(missing.values())), dtype=np.float16).astype(np.float32)
            if keeps:
                self.add_vectors(list(missing), fresh, model)
            known.update(zip(missing, fresh))
        return np.stack([known[digest] for digest in digests]) if texts else np.zeros((0, 0), np.float32), len(missing)

    def add_vectors(self, digests: Sequence[bytes], vectors: np.ndarray, model: str) -> None:
        """Store vectors as float16: half the size, and the cosine moves by less than 0.001."""
        import numpy as np

        halves = np.asarray(vectors, dtype=np.float16)
        self.keep_made(digests, [half.tobytes() for half in halves], model)

    def keep_made(self, digests: Sequence[bytes], made: Sequence[bytes], model: str) -> None:
        """Store what a model made of texts."""
        with self.transaction():
            self._db.execute("INSERT OR IGNORE INTO models (name) VALUES (?)", (model,))
            (number,) = self._db.execute("SELECT number FROM models WHERE name = ?", (model,)).fetchone()
            rows = ((digest, number, one) for digest, one in zip(digests, made, strict=True))
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)


def _unpacked(blob: bytes) -> np.ndarray:
    import numpy as np

    return np.frombuffer(blob, dtype=np.float16).astype(np.float32)


def _as_matrix(rows: Sequence[tuple[str, bytes]]) -> tuple[list[str], np.ndarray]:
    import numpy as np

    matrix = np.frombuffer(b"".join(blob for _, blob in rows), dtype=np.float16).astype(np.float32)
    return [key for key, _ in rows], matrix.reshape(len(rows), -1) if rows else np.zeros((0, 0), np.float32)
