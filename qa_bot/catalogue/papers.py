"""Knows how the records and facts of one paper become a Paper: its title, versions, people, dates and id.

Leaves which records those are to `grounds`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from qa_bot.catalogue.groups import Node
from qa_bot.catalogue.keys import doi_of, key_of_plain, short_hash, title_key
from qa_bot.markup import plain_text
from qa_bot.schema import Fact, Paper, Record, Version

_STAND_IN_CHARACTERS = 60


def build_paper(nodes: list[Node]) -> Paper:
    """Make one paper of the nodes that were found to be it; facts speak before records, newer records before older."""
    facts = [node.fact for node in nodes if node.fact]
    versions, records = _versions(nodes, facts)
    titles = list(
        dict.fromkeys(map(plain_text, [*(fact.title for fact in facts), *(record.title for record in records if record.title)]))
    )
    aliases = dict.fromkeys([*(alias for fact in facts for alias in fact.aliases), *titles[1:]])
    arxiv_id = min((node.arxiv_id for node in nodes if node.arxiv_id), default=None)
    dois = [*(node.doi for node in nodes if node.fact and node.doi), *filter(None, (doi_of(record.doi) for record in records))]
    urls = (
        [f"https://arxiv.org/abs/{arxiv_id}"]
        if arxiv_id
        else [*(f"https://doi.org/{doi}" for doi in dois), *(r.url for r in records if r.url)]
    )
    authors, complete = _authors(
        [*((f.authors, f.authors_complete) for f in facts), *((r.authors, r.authors_complete) for r in records)]
    )
    return Paper(
        paper_id=_paper_id(arxiv_id, dois, titles, versions),
        title=titles[0] if titles else stand_in_title(versions[0].abstract),
        versions=versions,
        title_is_stand_in=not titles,
        aliases=tuple(alias for alias in aliases if alias not in titles[:1]),
        authors=authors,
        authors_complete=complete,
        organisations=tuple(dict.fromkeys(name for record in records for name in record.organisations)),
        date=_earliest(fact.date for fact in facts)
        or _earliest(record.date for record in records)
        or _date_of_arxiv_id(arxiv_id),
        categories=tuple(dict.fromkeys(name for record in records for name in record.categories)),
        doi=dois[0] if dois else None,
        arxiv_id=arxiv_id,
        url=urls[0] if urls else None,
        has_code=any(record.has_code for record in records),
    )


def _paper_id(arxiv_id: str | None, dois: list[str], titles: list[str], versions: tuple[Version, ...]) -> str:
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    if dois:
        return f"doi:{dois[0]}"
    return f"title:{short_hash(title_key(titles[0]))}" if titles else f"text:{key_of_plain(versions[0].abstract)[:12]}"


def _versions(nodes: list[Node], facts: list[Fact]) -> tuple[tuple[Version, ...], list[Record]]:
    """Return the wordings, newest first, and the records in that order.

    What a fact lists keeps its order; then the dated, latest first, since a dated card shows the current abstract; then the
    rest, whose age is unknown.
    """
    ranks: dict[str, int] = {}
    for fact in facts:
        for key in fact.abstracts:
            ranks.setdefault(key, len(ranks))
    by_key: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.record:
            by_key[node.key].append(node)

    def order(key: str) -> tuple[object, ...]:
        latest = _latest(by_key[key])
        return ranks.get(key, len(ranks)), latest is None, [-ord(c) for c in latest or ""], -len(by_key[key]), key

    versions: list[Version] = []
    records: list[Record] = []
    for key in sorted(by_key, key=order):
        same = sorted(by_key[key], key=lambda node: (node.record.title is None, node.record.date is None))
        versions.append(
            Version(same[0].text, same[0].record.abstract, _latest(same), tuple(node.record.origin for node in by_key[key]))
        )
        records += [node.record for node in same]
    return tuple(versions), records


def _latest(nodes: list[Node]) -> str | None:
    return max((node.record.date for node in nodes if node.record and node.record.date), default=None)


def _authors(offers: list[tuple[tuple[str, ...], bool]]) -> tuple[tuple[str, ...], bool]:
    """Return the fullest list: complete before incomplete, then the longest, then the first."""
    best = max((offer for offer in offers if offer[0]), key=lambda offer: (offer[1], len(offer[0])), default=((), True))
    return tuple(map(plain_text, best[0])), best[1]


def _earliest(dates: Iterable[str | None]) -> str | None:
    """Return the most exact date of the earliest year."""
    return min((date for date in dates if date), key=lambda date: (date[:4], -len(date), date), default=None)


def _date_of_arxiv_id(arxiv_id: str | None) -> str | None:
    match = re.match(r"(?:[a-z-]+(?:\.[A-Z]{2})?/)?(\d\d)(0[1-9]|1[0-2])", arxiv_id or "")
    return f"{'19' if match[1] > '90' else '20'}{match[1]}-{match[2]}" if match else None


def stand_in_title(abstract: str) -> str:
    """Return the beginning of an abstract as a title that says it is none."""
    sentence = re.split(r"(?<=[^\W\d_A-Z]{2}[.?!])(?<!\bal\.)(?<!\bvs\.)\s+(?=[A-Z])", abstract, maxsplit=1)[0]
    if len(sentence) <= _STAND_IN_CHARACTERS:
        return f"[untitled] {sentence.rstrip('.')}"
    return f"[untitled] {sentence[:_STAND_IN_CHARACTERS].rsplit(' ', 1)[0].rstrip(' ,;:')} …"


def with_unique_ids(papers: list[Paper]) -> list[Paper]:
    """Tell papers of one id apart (two works of one title) by a hash of their text."""
    count: dict[str, int] = defaultdict(int)
    for paper in papers:
        count[paper.paper_id] += 1
    told = [
        replace(p, paper_id=f"{p.paper_id}-{key_of_plain(p.versions[-1].abstract)[:8]}") if count[p.paper_id] > 1 else p
        for p in papers
    ]
    seen: dict[str, int] = defaultdict(int)
    for place, paper in enumerate(told):
        seen[paper.paper_id] += 1
        if seen[paper.paper_id] > 1:
            told[place] = replace(paper, paper_id=f"{paper.paper_id}-{seen[paper.paper_id]}")
    return told
