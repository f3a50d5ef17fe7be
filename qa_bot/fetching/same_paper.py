"""Knows whether a paper that a service found is truly one of the collection; a gap is better than a false merge.

Leaves the likeness of texts and titles to `catalogue`.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from qa_bot.catalogue import merge_records, title_key
from qa_bot.catalogue.keys import arxiv_id_of, doi_of, surnames_of
from qa_bot.catalogue.likeness import shared_runs
from qa_bot.markup import plain_text
from qa_bot.schema import Origin, Paper, Record

# Wordings of one abstract share at least .3 of their words in runs of three, different papers of one group .1 at most.
_FEWEST_SHARED_RUNS = 0.2
_SHORTEST_TELLING_TITLE = 16
_SHORTEST_TELLING_TEXT = 80


def is_same_paper(paper: Paper, found: Record, *, asked_by_id: bool) -> bool:
    """Say whether a record is that paper.

    Texts decide where both have one; then whole titles with an author, or the year, in common. `asked_by_id`: the record was
    found by an identifier of the paper, so that it is enough when nothing speaks against it.
    """
    if _ids_differ(paper, found):
        return False
    shared = _shared(paper, found)
    if asked_by_id:
        return (shared is None or shared >= _FEWEST_SHARED_RUNS or _titles_agree(paper, found)) and _no_other_title(
            paper, found, shared
        )
    if shared is not None:
        return shared >= _FEWEST_SHARED_RUNS and _are_merged(paper, found)
    return _titles_agree(paper, found) and _people_or_year_agree(paper, found)


def _ids_differ(paper: Paper, found: Record) -> bool:
    ours, theirs = paper.arxiv_id, arxiv_id_of(found.arxiv_id, found.doi)
    if ours and theirs and ours != theirs:
        return True
    doi = doi_of(found.doi)
    # A preprint and its publication have a DOI each; then the arXiv ids must say that they are one.
    return bool(paper.doi and doi and paper.doi != doi and not (ours and ours == theirs))


def _shared(paper: Paper, found: Record) -> float | None:
    """Return how much of the shorter text stands in both, None where one has no text to compare."""
    text = plain_text(found.abstract)
    texts = [version.abstract for version in paper.versions if len(version.abstract) >= _SHORTEST_TELLING_TEXT]
    if len(text) < _SHORTEST_TELLING_TEXT or not texts:
        return None
    return max(shared_runs(text, ours) for ours in texts)


def _are_merged(paper: Paper, found: Record) -> bool:
    """Return whether the catalogue would make one paper of both by title or text, whatever their identifiers say."""
    title = None if paper.title_is_stand_in else paper.title
    ours = [
        Record(
            Origin("collection", place, None),
            version.abstract,
            title=title,
            authors=paper.authors,
            date=version.date or paper.date,
        )
        for place, version in enumerate(paper.versions, 1)
    ]
    theirs = Record(Origin("found", 1, None), found.abstract, title=found.title, authors=found.authors, date=found.date)
    whole = merge_records([*ours, theirs]).papers
    return any({"collection", "found"} <= {origin.file for origin in one.origins} for one in whole)


def _titles_agree(paper: Paper, found: Record) -> bool:
    key = title_key(found.title)
    titles = () if paper.title_is_stand_in else (paper.title, *paper.aliases)
    return len(key) >= _SHORTEST_TELLING_TITLE and key in {title_key(title) for title in titles}


def _no_other_title(paper: Paper, found: Record, shared: float | None) -> bool:
    """Return whether nothing but the identifier would make one paper of two titles that have nothing in common."""
    if paper.title_is_stand_in or not found.title or (shared or 0) >= _FEWEST_SHARED_RUNS:
        return True
    return titles_alike(paper.title, found.title)


def titles_alike(one: str | None, other: str | None) -> bool:
    """Say whether two titles may be wordings of one: mostly the same letters, or one within the other."""
    ours, theirs = title_key(one), title_key(other)
    return ours in theirs or theirs in ours or SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= 0.7


def _people_or_year_agree(paper: Paper, found: Record) -> bool:
    ours, theirs = surnames_of(paper.authors), surnames_of(found.authors)
    if ours and theirs:
        return bool(ours & theirs)
    return bool(paper.year and found.date and abs(paper.year - int(found.date[:4])) <= 1)
