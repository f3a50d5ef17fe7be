"""Knows the grounds on which records are one paper, and what forbids it.

Leaves the measuring of texts to `likeness`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from qa_bot.catalogue.groups import Groups, ids_differ, told_apart
from qa_bot.catalogue.identity import Identity
from qa_bot.catalogue.likeness import Texts, shared_runs

# A shorter text is a notice ("This paper has been withdrawn"), not evidence of identity.
_SHORTEST_TELLING_TEXT = 80
_SHORTEST_TELLING_TITLE = 16
# Rewordings of one paper share at least .3 of their words in runs of three, texts under one empty title ("Summary") .03.
_FEWEST_SHARED_RUNS = 0.15


def join_by_identifier(groups: Groups) -> None:
    """Join what bears one DOI, then what bears one arXiv id."""
    for name, what in (("doi", "DOI"), ("arxiv_id", "arXiv id")):
        for value, places in _shared((getattr(node, name),) for node in groups.nodes):
            kept = places[:1]
            for place in places[1:]:
                same = next((other for other in kept if not _is_misprint(groups, place, other)), None)
                if same is None:
                    kept.append(place)
                else:
                    groups.join(same, place, f"same {what} {value}")


def _shared(values: Iterable[Iterable[str | None]]) -> Iterator[tuple[str, list[int]]]:
    """Yield (value, places) of each value that several nodes have, in the order of their first places."""
    first: dict[str, int] = {}
    more: dict[str, list[int]] = {}
    for place, offered in enumerate(values):
        for value in offered:
            if value and first.setdefault(value, place) != place:
                more.setdefault(value, [first[value]]).append(place)
    yield from sorted(more.items(), key=lambda entry: (entry[1][0], entry[0]))


def _is_misprint(groups: Groups, i: int, j: int) -> bool:
    """Return whether an identifier that two records share must be wrong: neither titles nor texts have anything in common."""
    a, b = groups.nodes[i], groups.nodes[j]
    if not (a.titles and b.titles and a.length and b.length) or set(a.titles) & set(b.titles):
        return False
    return not _titles_alike(a.titles, b.titles, at_least=50) and shared_runs(groups.text_of(i), groups.text_of(j)) < 0.1


def join_by_title(groups: Groups) -> None:
    """Join what bears one title: with an author in common, else in about the same year, else where the texts agree."""
    for title, places in sorted(_shared(node.titles for node in groups.nodes)):
        _join_same_title_and_author(groups, places)
        _join_same_title_and_year(groups, places)
        if len(title) >= _SHORTEST_TELLING_TITLE:
            _join_same_title_alone(groups, places)


def _join_same_title_and_author(groups: Groups, places: list[int]) -> None:
    by_surname: dict[str, int] = {}
    for place in places:
        for surname in groups.nodes[place].surnames:
            other = by_surname.setdefault(surname, place)
            if other != place and not _is_yearly_report(groups, place, other):
                groups.join(other, place, "same title and an author in common")


def _is_yearly_report(groups: Groups, i: int, j: int) -> bool:
    """Return whether two records of one title lie years apart and share no text, so that neither is a version of the other."""
    a, b = groups.nodes[i], groups.nodes[j]
    if not (a.year and b.year and abs(a.year - b.year) > 2 and a.length and b.length):
        return False
    return shared_runs(groups.text_of(i), groups.text_of(j)) < _FEWEST_SHARED_RUNS


def _join_same_title_and_year(groups: Groups, places: list[int]) -> None:
    by_year: dict[int, list[int]] = defaultdict(list)
    for place in places:
        if groups.nodes[place].year:
            by_year[groups.nodes[place].year].append(place)
    for place in places:
        node = groups.nodes[place]
        if node.surnames or not node.year:
            continue
        near = (other for apart in (0, -1, 1) for other in by_year[node.year + apart] if other != place)
        if (other := next(near, None)) is not None:
            groups.join(
                other, place, "same title and year" if groups.nodes[other].year == node.year else "same title, one year apart"
            )


def _join_same_title_alone(groups: Groups, places: list[int]) -> None:
    for place in places:
        node = groups.nodes[place]
        if node.surnames and node.date:
            continue
        for other in places:
            known = groups.nodes[other]
            has_none = not (node.surnames and known.surnames) and not (node.date and known.date)
            if not has_none or groups.are_joined(place, other):
                continue
            if shared_runs(groups.text_of(place), groups.text_of(other)) >= _FEWEST_SHARED_RUNS:
                groups.join(other, place, "same title, and the texts agree in part")


def join_by_facts(groups: Groups) -> None:
    """Join each record whose wording a fact names to that fact."""
    by_key: dict[str, int] = {}
    for place, node in enumerate(groups.nodes):
        for key in node.abstracts:
            by_key.setdefault(key, place)
    for place, node in enumerate(groups.nodes):
        if node.key in by_key:
            groups.join(place, by_key[node.key], "its wording is named by the facts of the catalogue")


def join_by_wording(groups: Groups) -> None:
    """Join records of the same wording unless their titles forbid it."""
    for _, places in _shared((node.key,) if node.length >= _SHORTEST_TELLING_TEXT else () for node in groups.nodes):
        kept = places[:1]
        for place in places[1:]:
            for other in kept:
                if groups.are_joined(other, place) or not _titles_forbid(groups, other, place):
                    groups.join(other, place, "same abstract")
                    break
            if not any(groups.are_joined(other, place) for other in kept):
                kept.append(place)


def join_by_likeness(groups: Groups) -> None:
    """Join wordings that are alike, the likest first; texts of papers with arXiv ids are compared with open ones only."""
    chosen: dict[tuple[int, str], int] = {}
    for place, node in enumerate(groups.nodes):
        if node.length >= _SHORTEST_TELLING_TEXT:
            chosen.setdefault((groups.root(place), node.key), place)
    places = list(chosen.values())
    open_texts = [at for at, place in enumerate(places) if not groups.of(place).arxiv_ids]
    if not open_texts:
        return
    texts = Texts(len(places), lambda at: groups.text_of(places[at]))
    alike = []
    for i, j in texts.likely_pairs(open_texts):
        a, b = places[i], places[j]
        if groups.are_joined(a, b) or _titles_forbid(groups, a, b):
            continue
        likeness = texts.likeness(i, j)
        if likeness.is_near_copy or (
            likeness.is_same_abstract and not _stand_beside_each_other(groups.nodes[a], groups.nodes[b])
        ):
            alike.append((-likeness.covered, -likeness.informative, groups.nodes[a].key, groups.nodes[b].key, a, b))
    for covered, _, _, _, a, b in sorted(alike):
        if not _titles_forbid(groups, a, b):
            groups.join(a, b, f"abstracts alike: {-covered:.0%} of the shorter one's words stand in common runs")


def _stand_beside_each_other(a: Identity, b: Identity) -> bool:
    """Return whether two records are untitled entries of one list, which names a paper once."""
    return a.file == b.file and not a.titles and not b.titles


def _titles_forbid(groups: Groups, i: int, j: int) -> bool:
    """Return whether likeness of text cannot make one paper of two groups: ids differ, or titles with dates or authors."""
    a, b = groups.of(i), groups.of(j)
    if ids_differ(a, b) or told_apart(a, b):
        return True
    if not a.titles or not b.titles or a.titles & b.titles:
        return False
    dates_differ = bool(a.dates and b.dates) and not any(x.startswith(y) or y.startswith(x) for x in a.dates for y in b.dates)
    if dates_differ or not _titles_alike(a.titles, b.titles, at_least=80):
        return True
    names, others = groups.surnames(i), groups.surnames(j)
    return bool(names and others and not names & others)


def _titles_alike(a: Iterable[str], b: Iterable[str], *, at_least: float) -> bool:
    """Compare titles by their letters: one may stand in the other, but numbers must agree (PaliGemma, PaliGemma 2)."""
    from rapidfuzz import fuzz

    def alike(x: str, y: str) -> bool:
        part = fuzz.partial_ratio(x, y) if min(len(x), len(y)) >= _SHORTEST_TELLING_TITLE else 0
        return re.findall(r"\d+", x) == re.findall(r"\d+", y) and max(fuzz.ratio(x, y), part) >= at_least

    return any(alike(x, y) for x in a for y in b)
