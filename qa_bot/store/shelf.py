"""Knows the papers with their versions, chunks and names.

Leaves how papers are made of records to `catalogue`, and who wrote them and what filters let through to `facets`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from qa_bot.schema import Chunk, Filters, Paper
from qa_bot.store.facets import Facets
from qa_bot.store.packing import key_of, unpack_paper, unpack_text
from qa_bot.store.rows import ChunkRow, PaperRows, chunk_id_of, parts_of


class Shelf(Facets):
    """The tables of papers."""

    def paper_states(self) -> dict[str, tuple[bytes, bytes]]:
        """Return paper id -> (digest, signature) of every paper."""
        rows = self._db.execute("SELECT paper_id, digest, signature FROM papers")
        return {paper_id: (digest, signature) for paper_id, digest, signature in rows}

    def sign_paper(self, paper_id: str, signature: bytes) -> None:
        """Note that a paper as it stands is what the records of this signature make."""
        self._db.execute("UPDATE papers SET signature = ? WHERE paper_id = ?", (signature, paper_id))

    def write_papers(self, papers: Sequence[PaperRows]) -> None:
        """Store papers, each once, in the place of those of the same id; note what the indexes must do."""
        ids = [paper.paper_id for paper in papers]
        known = dict(self._rows_for("SELECT paper_id, number FROM papers WHERE paper_id IN ({})", ids))
        before = {key: digest for paper_id, number in known.items() for key, digest in self._clear(number, paper_id).items()}
        new = [paper_id for paper_id in ids if paper_id not in known]
        numbered = known | dict(zip(new, itertools.count(self._next_number("papers"))))
        numbers = [numbered[paper_id] for paper_id in ids]
        self._db.executemany(
            "INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET digest = excluded.digest, signature = excluded.signature, "
            "date = excluded.date, body = excluded.body", ((number, *paper[:5]) for number, paper in zip(numbers, papers)),
        )  # fmt: skip
        self._add_chunks(zip(numbers, (paper.chunks for paper in papers)))
        # Sorted: an index takes in what lies together page by page, instead of each row on a page of its own.
        names = sorted((key, number, ground) for number, paper in zip(numbers, papers) for key, ground in paper.names)
        self._db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?)", names)
        versions = [(number, place) for number, paper in zip(numbers, papers) for place in range(len(paper.versions))]
        texts = iter(self.text_numbers([text for paper in papers for version in paper.versions for text in version]))
        self._db.executemany("INSERT INTO versions VALUES (?, ?, ?, ?)", ((*version, next(texts), next(texts)) for version in versions))
        self._add_facets({number: paper.facets for number, paper in zip(numbers, papers)})
        after = {chunk.chunk_id: chunk.digest for paper in papers for chunk in paper.chunks}
        self._mark_pending(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))

    def _add_chunks(self, chunks: Iterable[tuple[int, Sequence[ChunkRow]]]) -> None:
        """Add the chunks of papers, by number."""
        rows = ((number, *chunk[:5]) for number, of_paper in chunks for chunk in of_paper)
        self._db.executemany(f"INSERT INTO {self.chunks} VALUES (?, ?, ?, ?, ?, ?)", rows)

    def chunk_anew(self, papers: Sequence[tuple[str, Sequence[ChunkRow]]]) -> None:
        """Store the chunks of papers, by id, that are known but have none in this generation."""
        numbers = dict(self._rows_for("SELECT paper_id, number FROM papers WHERE paper_id IN ({})", [paper_id for paper_id, _ in papers]))
        self._add_chunks((numbers[paper_id], chunks) for paper_id, chunks in papers)
        self._mark_pending(sorted(chunk.chunk_id for _, chunks in papers for chunk in chunks))

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

    def chunks_by_id(self, chunk_ids: Sequence[str], papers: Mapping[str, Paper] | None = None) -> dict[str, Chunk]:
        """Return chunks by id; `papers` are those that they are of, where they are at hand."""
        wanted = set(chunk_ids)
        papers = self.papers_by_id(list({parts_of(key)[0] for key in wanted})) if papers is None else papers
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
