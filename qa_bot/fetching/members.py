"""Knows the papers that the collection holds already, by identifier and title, and what each of them lacks.

Leaves whether a found paper is one of them to `same_paper`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from qa_bot.catalogue import text_key, title_key
from qa_bot.catalogue.keys import arxiv_id_of, doi_of
from qa_bot.config import Settings
from qa_bot.embedding import EmbeddingModel
from qa_bot.fetching.same_paper import is_same_paper
from qa_bot.fetching.service import Found, name_of
from qa_bot.ingest import fingerprint_of
from qa_bot.schema import Fact, Paper, Record
from qa_bot.store import open_store


def papers_of(settings: Settings, embedding: EmbeddingModel) -> tuple[Paper, ...]:
    """Return every paper of the collection. Raise as opening the store does."""
    store = open_store(settings, fingerprint_of(embedding))
    try:
        return tuple(store.truth.papers())
    finally:
        store.close()


def names_of_paper(paper: Paper) -> frozenset[str]:
    """Return the identifiers of a paper as `Found.names` holds them."""
    both = (("arxiv", paper.arxiv_id), ("doi", paper.doi))
    return frozenset(name_of(kind, value) for kind, value in both if value)


class Members:
    """The papers of the collection, to be looked up."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self._by_name: dict[str, list[Paper]] = defaultdict(list)
        self._record_ids: set[str] = set()
        for paper in papers:
            self._record_ids.update(paper.record_ids)
            for name in (*names_of_paper(paper), f"title:{title_key(paper.title)}"):
                self._by_name[name].append(paper)

    def has(self, found: Found) -> bool:
        """Say whether a paper of the collection bears an identifier of a found one."""
        return found.key in self._record_ids or any(name in self._by_name for name in found.names)

    def match(self, found: Found) -> Paper | None:
        """Return the paper that a found one truly is, by identifier or title."""
        for name in (*sorted(found.names), f"title:{title_key(found.record.title)}"):
            by_id = not name.startswith("title:")
            for paper in self._by_name.get(name, ()):
                if is_same_paper(paper, found.record, asked_by_id=by_id):
                    return paper
        return None


@dataclass(frozen=True)
class Gaps:
    """What a paper lacks."""

    title: bool
    authors: bool
    date: bool
    ids: bool

    def __bool__(self) -> bool:
        return self.title or self.authors or self.date or self.ids


def gaps_of(paper: Paper) -> Gaps:
    """Return what a paper lacks: its own title, all authors, a date, a DOI or arXiv id."""
    return Gaps(
        paper.title_is_stand_in,
        not paper.authors or not paper.authors_complete,
        paper.date is None,
        not (paper.doi or paper.arxiv_id),
    )


def filling_fact(paper: Paper, found: Record) -> tuple[Fact | None, tuple[str, ...]]:
    """Return the fact that gives a paper what it lacks and a record of the same paper knows, and the names of those things.

    What the paper says itself stays: the fact holds nothing else. None where the record knows nothing that is missing.
    """
    gaps = gaps_of(paper)
    doi, arxiv_id = doi_of(found.doi), arxiv_id_of(found.arxiv_id, found.doi)
    filled = {
        "title": found.title if gaps.title else None,
        "authors": found.authors if gaps.authors and len(found.authors) >= len(paper.authors) else None,
        "date": found.date if gaps.date else None,
        "doi": doi if not paper.doi else None,
        "arxiv_id": arxiv_id if not paper.arxiv_id else None,
    }
    given = tuple(
        name.replace("_", " ").replace("arxiv", "arXiv").replace("doi", "DOI") for name, value in filled.items() if value
    )
    if not given or not (filled["title"] or not gaps.title):
        return None, ()
    fact = Fact(
        title=filled["title"] or paper.title, authors=filled["authors"] or (), authors_complete=found.authors_complete if filled["authors"] else True,
        arxiv_id=filled["arxiv_id"] or paper.arxiv_id, doi=filled["doi"] or paper.doi, date=filled["date"],
        abstracts=tuple(dict.fromkeys(text_key(version.raw) for version in paper.versions)),
    )  # fmt: skip
    return fact, given
