"""Knows who wrote papers, their categories, organisations and files, and which papers a filter lets through.

Leaves the papers themselves to `shelf`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.schema import Filters, Paper, names_person, plain_name
from qa_bot.store.packing import key_of
from qa_bot.store.rows import facets_of
from qa_bot.store.tables import REMEMBERED, Tables

if TYPE_CHECKING:
    import numpy as np

_REMEMBERED_FILTERS = 8
_REMEMBERED_VALUES = 20_000

_key_of_word = lru_cache(maxsize=1 << 16)(key_of)  # names share their words


class Facets(Tables):
    """The tables of facets: what several papers share and are filtered by."""

    _facets: dict[tuple[str, str], int]
    _matching: dict[tuple, np.ndarray]
    _of_kind: dict[tuple, list[tuple[int, str]]]

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._facets, self._matching, self._of_kind = {}, {}, {}

    def _add_facets(self, papers: Mapping[int, Set[tuple[str, str]]]) -> None:
        """Note the (kind, value) facets of papers, by number."""
        numbers = self._facet_numbers({facet for facets in papers.values() for facet in facets})
        rows = sorted((numbers[facet], number) for number, facets in papers.items() for facet in facets)
        self._db.executemany("INSERT INTO facet_papers VALUES (?, ?)", rows)

    def _remove_facets(self, number: int, paper: Paper) -> None:
        rows = [(facet, number) for facet in self._facet_numbers(facets_of(paper)).values()]
        self._db.executemany("DELETE FROM facet_papers WHERE facet = ? AND paper = ?", rows)

    def _facet_numbers(self, facets: Set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the numbers of (kind, value) facets; new ones are given one."""
        if not self._facets:
            rows = self._db.execute("SELECT kind, value, number FROM facets LIMIT ?", (REMEMBERED,))
            self._facets.update(((kind, value), number) for kind, value, number in rows)
        keys = {key_of(f"{kind} {value}"): (kind, value) for kind, value in facets if (kind, value) not in self._facets}
        known: dict[tuple[str, str], int] = {}
        if len(self._facets) >= REMEMBERED:
            query = "SELECT kind, value, number FROM facets WHERE key IN ({})"
            known = {(kind, value): number for kind, value, number in self._rows_for(query, sorted(keys))}
        new = sorted((key, facet) for key, facet in keys.items() if facet not in known)
        added = [(number, *facet, key) for number, (key, facet) in enumerate(new, self._next_number("facets"))]
        self._db.executemany("INSERT INTO facets VALUES (?, ?, ?, ?)", added)
        words = {(_key_of_word(word), number) for number, kind, value, _ in added if kind == "authors" for word in plain_name(value).split()}
        self._db.executemany("INSERT INTO facet_words VALUES (?, ?)", sorted(words))
        known |= {(kind, value): number for number, kind, value, _ in added}
        found = {facet: known[facet] if facet in known else self._facets[facet] for facet in facets}
        self._facets.update(itertools.islice(known.items(), max(0, REMEMBERED - len(self._facets))))
        return found

    def distinct(self, kind: str) -> list[str]:
        """Return every one of "authors", "categories", "organisations" or "files" that some paper has, each once, in order."""
        query = "SELECT value FROM facets f WHERE kind = ? AND EXISTS (SELECT 1 FROM facet_papers WHERE facet = f.number) ORDER BY value"
        return [row[0] for row in self._db.execute(query, (kind,))]

    def authors_called(self, words: Sequence[str]) -> list[str]:
        """Return the authors of whose names one of these words is a part (without case and accents), in order."""
        query = (
            "SELECT DISTINCT f.value FROM facet_words w JOIN facets f ON f.number = w.facet WHERE w.word IN ({}) "
            "AND EXISTS (SELECT 1 FROM facet_papers WHERE facet = f.number)"
        )
        keys = sorted({key_of(part) for word in words for part in plain_name(word).split()})
        return sorted({value for (value,) in self._rows_for(query, keys)})

    def counted(self, kind: str, filters: Filters | None = None) -> tuple[dict[str, int], int]:
        """Return (value -> papers that have it, how many papers have none) of a kind, over what a filter lets through."""
        where, values = self._where(filters)
        joined = f"FROM facets f JOIN facet_papers fp ON fp.facet = f.number JOIN papers p ON p.number = fp.paper WHERE f.kind = ? AND {where}"
        counts = dict(self._db.execute(f"SELECT f.value, count(*) {joined} GROUP BY f.number", (kind, *values)))
        having = self._db.execute(f"SELECT count(DISTINCT fp.paper) {joined}", (kind, *values)).fetchone()[0]
        return counts, self.count_matching(filters or Filters()) - having

    def years(self, filters: Filters | None = None) -> dict[int | None, int]:
        """Return year -> papers that a filter lets through; None counts those without a date."""
        where, values = self._where(filters)
        rows = self._db.execute(f"SELECT substr(p.date, 1, 4), count(*) FROM papers p WHERE {where} GROUP BY 1", values)
        return {int(year) if year else None: number for year, number in rows}

    def count_matching(self, filters: Filters) -> int:
        """Return how many papers a filter lets through."""
        if self._has_facets(filters):
            return len(self.numbers_matching(filters))
        where, values = self._where(filters)
        return self._db.execute(f"SELECT count(*) FROM papers p WHERE {where}", values).fetchone()[0]

    def numbers_matching(self, filters: Filters) -> np.ndarray:
        """Return the numbers of the papers that a filter lets through, in order. The last ones are remembered: of a common name they are many."""
        import numpy as np

        key = (filters, self.changes(), self._db.total_changes)
        if key not in self._matching:
            where, values = self._where(filters)
            found = np.fromiter((row[0] for row in self._db.execute(f"SELECT p.number FROM papers p WHERE {where}", values)), dtype=np.int64)
            while len(self._matching) >= _REMEMBERED_FILTERS:
                self._matching.pop(next(iter(self._matching)), None)
            self._matching[key] = np.sort(found)
        return self._matching[key]

    def paper_ids_matching(self, filters: Filters) -> list[str]:
        """Return the ids of the papers that a filter lets through."""
        numbers = self.numbers_matching(filters).tolist()
        return [row[0] for row in self._rows_for("SELECT p.paper_id FROM papers p WHERE p.number IN ({})", numbers)]

    def passing(self, paper_ids: Sequence[str], filters: Filters) -> set[str]:
        """Return which of these papers a filter lets through."""
        import numpy as np

        where, values = self._where(replace(filters, author=None, category=None, file=None))
        query = f"SELECT p.paper_id, p.number FROM papers p WHERE {where} AND p.paper_id IN ({{}})"
        found = dict(self._rows_for(query, list(paper_ids), *values))
        if not found or not self._has_facets(filters):
            return set(found)
        passes = np.isin(list(found.values()), self.numbers_matching(filters), assume_unique=True)
        return {paper_id for paper_id, is_in in zip(found, passes) if is_in}

    @staticmethod
    def _has_facets(filters: Filters) -> bool:
        return bool(filters.author or filters.category or filters.file)

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
        facets = (
            (filters.author, self._people),
            (filters.category, lambda wanted: self._values_where("categories", lambda value: value.lower() == wanted.lower())),
            (filters.file, lambda wanted: self._values_where("files", lambda value: wanted in (value, Path(value).stem))),
        )
        for wanted, numbers_of in facets:
            if wanted:
                numbers = ",".join(map(str, numbers_of(wanted)))
                conditions.append(f"p.number IN (SELECT paper FROM facet_papers WHERE facet IN ({numbers}))")
        return " AND ".join(conditions), values

    def _people(self, wanted: str) -> list[int]:
        words = [word for word in plain_name(wanted).split() if not word.endswith(".")]
        if not words:
            return self._values_where("authors", lambda value: names_person(wanted, value))
        query = "SELECT f.number, f.value FROM facet_words w JOIN facets f ON f.number = w.facet WHERE w.word = ?"
        key = key_of(max(words, key=len))
        if wanted.split() == [wanted]:  # one word means everybody of whose name it is a part, and that is what the words are kept by
            return [number for (number,) in self._db.execute("SELECT facet FROM facet_words WHERE word = ?", (key,))]
        return [number for number, value in self._db.execute(query, (key,)) if names_person(wanted, value)]

    def _values_where(self, kind: str, is_wanted: Callable[[str], bool]) -> list[int]:
        key = (kind, self.changes(), self._db.total_changes)
        if key not in self._of_kind:  # looking through all facets for the few categories takes half a second among a million papers
            rows = self._db.execute("SELECT number, value FROM facets WHERE kind = ?", (kind,)).fetchall()
            if len(rows) > _REMEMBERED_VALUES:
                return [number for number, value in rows if is_wanted(value)]
            self._of_kind = {known: values for known, values in self._of_kind.items() if known[1:] == key[1:]} | {key: rows}
        return [number for number, value in self._of_kind[key] if is_wanted(value)]


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
