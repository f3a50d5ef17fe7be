"""Knows the papers with their chunks, names and facets (authors, categories, files, organisations), and what filters let through.

Leaves how papers are made of records to `catalogue`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa_bot.chunking import index_text
from qa_bot.schema import Chunk, Filters, Paper, plain_name
from qa_bot.store.packing import digest_of, pack_paper, paper_digest, unpack_paper
from qa_bot.store.tables import Tables

_KINDS = ("authors", "categories", "organisations")


def chunk_id_of(paper_id: str, version: int, place: int) -> str:
    return f"{paper_id}#{version}.{place}"


def parts_of(chunk_id: str) -> tuple[str, int, int]:
    paper_id, _, numbers = chunk_id.rpartition("#")
    version, _, place = numbers.partition(".")
    return paper_id, int(version), int(place)


def indexed_text(paper: Paper, version: int, start: int, end: int) -> str:
    """Return what is embedded and searched for a piece of an abstract."""
    return index_text(title_of(paper), paper.versions[version].abstract[start:end])


def title_of(paper: Paper) -> str:
    return "" if paper.title_is_stand_in else paper.title


class Shelf(Tables):
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
        before = self._clear(row[0]) if row else {}
        values = (paper.paper_id, paper_digest(paper), signature, paper.date, pack_paper(paper))
        if row:
            self._db.execute("UPDATE papers SET digest = ?2, signature = ?3, date = ?4, body = ?5 WHERE paper_id = ?1", values)
        number = row[0] if row else self._db.execute("INSERT INTO papers (paper_id, digest, signature, date, body) VALUES (?, ?, ?, ?, ?)", values).lastrowid
        rows = [
            (number, *parts_of(c.chunk_id)[1:], c.start, c.end, digest_of(indexed_text(paper, c.version, c.start, c.end))) for c in chunks
        ]
        self._db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._db.executemany("INSERT INTO names VALUES (?, ?, ?)", [(key, number, ground) for key, ground in names])
        facets = {self._facet(kind, value) for kind in _KINDS for value in getattr(paper, kind)}
        facets |= {self._facet("files", origin.file) for origin in paper.origins}
        self._db.executemany("INSERT INTO facets_of_paper VALUES (?, ?)", [(number, facet) for facet in facets])
        after = {chunk_id_of(paper.paper_id, *row[1:3]): row[-1] for row in rows}
        self._mark_pending(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))

    def _clear(self, number: int) -> dict[str, bytes]:
        """Take away all that hangs on a paper; return its chunks' ids and digests."""
        query = "SELECT p.paper_id, c.version, c.place, c.text_digest FROM chunks c JOIN papers p ON p.number = c.paper WHERE c.paper = ?"
        chunks = {chunk_id_of(*row[:3]): row[3] for row in self._db.execute(query, (number,))}
        for table in ("chunks", "names", "facets_of_paper"):
            self._db.execute(f"DELETE FROM {table} WHERE paper = ?", (number,))
        return chunks

    def _facet(self, kind: str, value: str) -> int:
        known = self._facets.get((kind, value))
        if known is None:
            row = self._db.execute("SELECT number FROM facets WHERE kind = ? AND value = ?", (kind, value)).fetchone()
            if row is None:
                row = (self._db.execute("INSERT INTO facets (kind, value) VALUES (?, ?)", (kind, value)).lastrowid,)
                words = set(plain_name(value).split()) if kind == "authors" else ()
                self._db.executemany("INSERT INTO facet_words VALUES (?, ?)", [(word, row[0]) for word in words])
            known = row[0]
            if len(self._facets) < 50_000:
                self._facets[kind, value] = known
        return known

    def remove_paper(self, paper_id: str) -> None:
        row = self._db.execute("SELECT number FROM papers WHERE paper_id = ?", (paper_id,)).fetchone()
        if row:
            gone = self._clear(row[0])
            self._db.execute("DELETE FROM papers WHERE number = ?", row)
            self._mark_pending(gone)

    def papers(self, filters: Filters | None = None) -> tuple[Paper, ...]:
        """Return every paper that a filter lets through, newest first, papers without a date last."""
        return tuple(self.each_paper(filters))

    def each_paper(self, filters: Filters | None = None) -> Iterator[Paper]:
        """Yield the papers in the order of `papers`, one at a time."""
        where, values = self._where(filters)
        for (body,) in self._db.execute(f"SELECT p.body FROM papers p WHERE {where} ORDER BY p.date DESC NULLS LAST, p.paper_id", values):
            yield unpack_paper(body)

    def papers_by_id(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        rows = self._rows_for("SELECT paper_id, body FROM papers WHERE paper_id IN ({})", paper_ids)
        return {paper_id: unpack_paper(body) for paper_id, body in rows}

    def chunks_by_id(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        wanted = set(chunk_ids)
        papers = self.papers_by_id(list({parts_of(key)[0] for key in wanted}))
        query = 'SELECT p.paper_id, c.version, c.place, c.start, c."end" FROM papers p JOIN chunks c ON c.paper = p.number WHERE p.paper_id IN ({})'
        found = {}
        for paper_id, version, place, start, end in self._rows_for(query, list(papers)):
            chunk_id = chunk_id_of(paper_id, version, place)
            if chunk_id in wanted:
                found[chunk_id] = Chunk(chunk_id, paper_id, version, papers[paper_id].versions[version].abstract[start:end], start, end)
        return found

    def papers_named(self, keys: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return name key -> [(paper id, ground)] for the keys that some paper goes by."""
        found: dict[str, list[tuple[str, str]]] = {}
        query = "SELECT n.key, p.paper_id, n.ground FROM names n JOIN papers p ON p.number = n.paper WHERE n.key IN ({}) ORDER BY p.paper_id"
        for key, paper_id, ground in self._rows_for(query, keys):
            found.setdefault(key, []).append((paper_id, ground))
        return found

    # Facets and filters.

    def distinct(self, kind: str) -> list[str]:
        """Return every one of "authors", "categories", "organisations" or "files" that some paper has, each once, in order."""
        query = "SELECT value FROM facets f WHERE kind = ? AND EXISTS (SELECT 1 FROM facets_of_paper WHERE facet = f.number) ORDER BY value"
        return [row[0] for row in self._db.execute(query, (kind,))]

    def authors_called(self, words: Sequence[str]) -> list[str]:
        """Return the authors of whose names one of these words is a part (without case and accents), in order."""
        query = (
            "SELECT DISTINCT f.value FROM facet_words w JOIN facets f ON f.number = w.facet WHERE w.word IN ({}) "
            "AND EXISTS (SELECT 1 FROM facets_of_paper WHERE facet = f.number)"
        )
        return sorted(value for (value,) in self._rows_for(query, sorted({part for word in words for part in plain_name(word).split()})))

    def count_matching(self, filters: Filters) -> int:
        """Return how many papers a filter lets through."""
        where, values = self._where(filters)
        return self._db.execute(f"SELECT count(*) FROM papers p WHERE {where}", values).fetchone()[0]

    def paper_ids_matching(self, filters: Filters) -> list[str]:
        """Return the ids of the papers that a filter lets through."""
        where, values = self._where(filters)
        return [row[0] for row in self._db.execute(f"SELECT p.paper_id FROM papers p WHERE {where}", values)]

    def passing(self, paper_ids: Sequence[str], filters: Filters) -> set[str]:
        """Return which of these papers a filter lets through."""
        where, values = self._where(filters)
        return {row[0] for row in self._rows_for(f"SELECT p.paper_id FROM papers p WHERE {where} AND p.paper_id IN ({{}})", list(paper_ids), *values)}

    def _where(self, filters: Filters | None) -> tuple[str, list]:
        """Return a condition on papers p, and its values."""
        filters = filters or Filters()
        conditions, values = ["1"], []
        if filters.year_from is not None:
            conditions.append("p.date >= ?")
            values.append(f"{filters.year_from:04d}")
        if filters.year_to is not None:
            conditions.append("p.date < ?")
            values.append(f"{filters.year_to + 1:04d}")
        facets = [
            ("authors", filters.author, self._people),
            ("categories", filters.category, lambda wanted: self._values_where("categories", lambda value: value.lower() == wanted.lower())),
            ("files", filters.file, lambda wanted: self._values_where("files", lambda value: wanted in (value, Path(value).stem))),
        ]
        for _, wanted, numbers_of in facets:
            if wanted:
                numbers = ",".join(map(str, numbers_of(wanted)))
                conditions.append(f"p.number IN (SELECT paper FROM facets_of_paper WHERE facet IN ({numbers}))")
        return " AND ".join(conditions), values

    def _people(self, wanted: str) -> list[int]:
        words = [word for word in plain_name(wanted).split() if not word.endswith(".")]
        if not words:
            return self._values_where("authors", lambda value: names_person(wanted, value))
        query = "SELECT f.number, f.value FROM facet_words w JOIN facets f ON f.number = w.facet WHERE w.word = ?"
        return [number for number, value in self._db.execute(query, (max(words, key=len),)) if names_person(wanted, value)]

    def _values_where(self, kind: str, is_wanted) -> list[int]:  # noqa: ANN001 - (str) -> bool
        return [number for number, value in self._db.execute("SELECT number, value FROM facets WHERE kind = ?", (kind,)) if is_wanted(value)]

    def chunk_ids_of(self, paper_ids: Sequence[str]) -> list[str]:
        query = "SELECT p.paper_id, c.version, c.place FROM papers p JOIN chunks c ON c.paper = p.number WHERE p.paper_id IN ({})"
        return [chunk_id_of(*row) for row in self._rows_for(query, list(paper_ids))]


def names_person(wanted: str, author: str) -> bool:
    """Say whether a name, or a part of one ("Beyer", "L. Beyer"), means an author; case and accents do not count."""
    words = plain_name(author).split()
    return all(
        part in words or (part.endswith(".") and any(word.startswith(part[:-1]) for word in words[:1]))
        for part in re.findall(r"\S+", plain_name(wanted))
    )


def matches(paper: Paper, filters: Filters) -> bool:
    """Say whether a paper passes a filter; names compare without regard to case, a surname alone is enough."""
    if filters.year_from is not None and (paper.year is None or paper.year < filters.year_from):
        return False
    if filters.year_to is not None and (paper.year is None or paper.year > filters.year_to):
        return False
    if filters.author and not any(names_person(filters.author, author) for author in paper.authors):
        return False
    if filters.category and filters.category.lower() not in {c.lower() for c in paper.categories}:
        return False
    return not filters.file or any(filters.file in (o.file, Path(o.file).stem) for o in paper.origins)
