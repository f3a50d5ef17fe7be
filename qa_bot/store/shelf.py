"""Knows the papers with their versions, chunks and names.

Leaves how papers are made of records to `catalogue`, and who wrote them and what filters let through to `facets`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa_bot.chunking import index_text
from qa_bot.schema import Chunk, Filters, Paper
from qa_bot.store.facets import Facets
from qa_bot.store.packing import digest_of, key_of, pack, paper_digest, unpack_paper, unpack_text, without_texts

def chunk_id_of(paper_id: str, version: int, place: int) -> str:
    return f"{paper_id}#{version}.{place}"


def parts_of(chunk_id: str) -> tuple[str, int, int]:
    paper_id, _, numbers = chunk_id.rpartition("#")
    version, _, place = numbers.partition(".")
    return paper_id, int(version), int(place)




class Shelf(Facets):
    """The tables of papers."""

    def paper_states(self) -> dict[str, tuple[bytes, bytes]]:
        """Return paper id -> (digest, signature) of every paper."""
        rows = self._db.execute("SELECT paper_id, digest, signature FROM papers")
        return {paper_id: (digest, signature) for paper_id, digest, signature in rows}

    def sign_paper(self, paper_id: str, signature: bytes) -> None:
        """Note that a paper as it stands is what the records of this signature make."""
        self._db.execute("UPDATE papers SET signature = ? WHERE paper_id = ?", (signature, paper_id))

    def write_paper(
        self, paper: Paper, chunks: Sequence[Chunk], *, names: Sequence[tuple[str, str]] = (), signature: bytes = b""
    ) -> None:
        """Store one paper with its chunks and (key, ground) names; note what the indexes must do."""
        row = self._db.execute("SELECT number FROM papers WHERE paper_id = ?", (paper.paper_id,)).fetchone()
        before = self._clear(row[0], paper.paper_id) if row else {}
        values = (paper.paper_id, paper_digest(paper), signature, paper.date, pack(without_texts(paper)))
        if row:
            self._db.execute("UPDATE papers SET digest = ?2, signature = ?3, date = ?4, body = ?5 WHERE paper_id = ?1", values)
        number = row[0] if row else self._db.execute("INSERT INTO papers (paper_id, digest, signature, date, body) VALUES (?, ?, ?, ?, ?)", values).lastrowid
        rows = self._add_chunks(number, paper, chunks)
        self._db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?)", [(key_of(key), number, ground) for key, ground in names])
        texts = [(number, place, self.text_number(v.abstract), self.text_number(v.raw)) for place, v in enumerate(paper.versions)]
        self._db.executemany("INSERT INTO versions VALUES (?, ?, ?, ?)", texts)
        self._add_facets(number, paper)
        after = {chunk_id_of(paper.paper_id, *row[1:3]): row[-1] for row in rows}
        self._mark_pending(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))

    def _add_chunks(self, number: int, paper: Paper, chunks: Sequence[Chunk]) -> list[tuple]:
        title = "" if paper.title_is_stand_in else paper.title
        rows = [(number, *parts_of(c.chunk_id)[1:], c.start, c.end, digest_of(index_text(title, c.text))) for c in chunks]
        self._db.executemany(f"INSERT INTO {self.chunks} VALUES (?, ?, ?, ?, ?, ?)", rows)
        return rows

    def chunk_anew(self, paper: Paper, chunks: Sequence[Chunk]) -> None:
        """Store the chunks of a paper that is known but has none in this generation."""
        (number,) = self._db.execute("SELECT number FROM papers WHERE paper_id = ?", (paper.paper_id,)).fetchone()
        self._add_chunks(number, paper, chunks)
        self._mark_pending(chunk.chunk_id for chunk in chunks)

    def _clear(self, number: int, paper_id: str) -> dict[str, bytes]:
        """Take away all that hangs on a paper; return its chunks' ids and digests."""
        rows = self._db.execute(f"SELECT version, place, text_digest FROM {self.chunks} WHERE paper = ?", (number,))
        chunks = {chunk_id_of(paper_id, version, place): digest for version, place, digest in rows}
        self._remove_facets(number, self.papers_by_id([paper_id])[paper_id])
        for table in (self.chunks, "names", "versions"):
            self._db.execute(f"DELETE FROM {table} WHERE paper = ?", (number,))
        return chunks

    def remove_paper(self, paper_id: str) -> None:
        row = self._db.execute("SELECT number FROM papers WHERE paper_id = ?", (paper_id,)).fetchone()
        if row:
            gone = self._clear(row[0], paper_id)
            self._db.execute("DELETE FROM papers WHERE number = ?", row)
            self._mark_pending(gone)

    def papers(self, filters: Filters | None = None) -> tuple[Paper, ...]:
        """Return every paper that a filter lets through, newest first, papers without a date last."""
        return tuple(self.each_paper(filters))

    def each_paper(self, filters: Filters | None = None, *, newest_first: bool = True) -> Iterator[Paper]:
        """Yield the papers in the order of `papers`, or the oldest first, a few at a time in memory."""
        where, values = self._where(filters)
        query = f"SELECT p.paper_id FROM papers p WHERE {where} ORDER BY p.date {'DESC' if newest_first else 'ASC'} NULLS LAST, p.paper_id"
        ids = [row[0] for row in self._db.execute(query, values)]
        for start in range(0, len(ids), 500):
            found = self.papers_by_id(ids[start : start + 500])
            yield from (found[paper_id] for paper_id in ids[start : start + 500] if paper_id in found)

    def papers_by_id(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        query = (
            "SELECT p.paper_id, p.body, t.body, r.body FROM papers p JOIN versions v ON v.paper = p.number JOIN texts t ON t.number = v.text "
            "LEFT JOIN texts r ON r.number = v.raw AND v.raw <> v.text WHERE p.paper_id IN ({}) ORDER BY p.number, v.version"
        )
        bodies: dict[str, bytes] = {}
        texts: dict[str, list[tuple[str, str]]] = {}
        for paper_id, body, text, raw in self._rows_for(query, paper_ids):
            bodies[paper_id] = body
            abstract = unpack_text(text)
            texts.setdefault(paper_id, []).append((abstract, unpack_text(raw) if raw is not None else abstract))
        return {paper_id: unpack_paper(body, texts[paper_id]) for paper_id, body in bodies.items()}

    def chunks_by_id(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        wanted = set(chunk_ids)
        papers = self.papers_by_id(list({parts_of(key)[0] for key in wanted}))
        query = f'SELECT p.paper_id, c.version, c.place, c.start, c."end" FROM papers p JOIN {self.chunks} c ON c.paper = p.number WHERE p.paper_id IN ({{}})'
        found = {}
        for paper_id, version, place, start, end in self._rows_for(query, list(papers)):
            chunk_id = chunk_id_of(paper_id, version, place)
            if chunk_id in wanted and version < len(papers[paper_id].versions):  # a writer may have been between the two queries
                found[chunk_id] = Chunk(chunk_id, paper_id, version, papers[paper_id].versions[version].abstract[start:end], start, end)
        return found

    def papers_named(self, keys: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return name key -> [(paper id, ground)] for the keys that some paper goes by."""
        found: dict[str, list[tuple[str, str]]] = {}
        query = "SELECT n.key, p.paper_id, n.ground FROM names n JOIN papers p ON p.number = n.paper WHERE n.key IN ({}) ORDER BY p.paper_id"
        asked = {key_of(key): key for key in keys}
        for key, paper_id, ground in self._rows_for(query, list(asked)):
            found.setdefault(asked[key], []).append((paper_id, ground))
        return found

    def chunk_ids_of(self, paper_ids: Sequence[str]) -> list[str]:
        query = f"SELECT p.paper_id, c.version, c.place FROM papers p JOIN {self.chunks} c ON c.paper = p.number WHERE p.paper_id IN ({{}})"
        return [chunk_id_of(*row) for row in self._rows_for(query, list(paper_ids))]
