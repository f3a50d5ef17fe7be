"""Knows how the records and facts of one paper become a Paper: its title, versions, people, dates and id.

Leaves which records those are to `grounds`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from qa_bot.catalogue.identity import PAPER_RECIPE, Identity
from qa_bot.catalogue.keys import arxiv_id_of, doi_of, short_hash
from qa_bot.markup import plain_text
from qa_bot.schema import Fact, Paper, Record, Version

_STAND_IN_CHARACTERS = 60


@dataclass(frozen=True)
class Plan:
    """A paper that is found but not made yet: its wordings, newest first, each with the places of its records, and its facts.

    `signature` changes whenever anything that the paper is made of does.
    """

    paper_id: str
    wordings: tuple[tuple[int, ...], ...]
    facts: tuple[int, ...]
    signature: bytes

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the records in the order in which they speak."""
        return tuple(place for wording in self.wordings for place in wording)


def plan_papers(nodes: Sequence[Identity], groups: Iterable[list[int]]) -> list[Plan]:
    """Return the papers that groups of nodes are, each under an id of its own; groups of facts alone are none."""
    plans = []
    for places in groups:
        facts = tuple(place for place in places if not nodes[place].key)
        wordings = _wordings(nodes, [place for place in places if nodes[place].key], facts)
        if wordings:
            plans.append(Plan(_paper_id(nodes, wordings, facts), wordings, facts, _signature(nodes, wordings, facts)))
    return _with_unique_ids(plans, nodes)


def _wordings(nodes: Sequence[Identity], places: list[int], facts: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the places of each wording, newest first.

    What a fact lists keeps its order; then the dated, latest first, since a dated card shows the current abstract; then the
    rest, whose age is unknown. Of one wording the records with a title and a date come first.
    """
    if len(places) == 1:
        return (tuple(places),)
    ranks: dict[str, int] = {}
    for fact in facts:
        for key in nodes[fact].abstracts:
            ranks.setdefault(key, len(ranks))
    by_key: dict[str, list[int]] = defaultdict(list)
    for place in places:
        by_key[nodes[place].key].append(place)

    def order(key: str) -> tuple[object, ...]:
        latest = max((nodes[place].date or "" for place in by_key[key]), default="")
        return ranks.get(key, len(ranks)), not latest, [-ord(c) for c in latest], -len(by_key[key]), key

    return tuple(
        tuple(sorted(by_key[key], key=lambda place: (not nodes[place].titles, nodes[place].date is None))) for key in sorted(by_key, key=order)
    )


def _paper_id(nodes: Sequence[Identity], wordings: tuple[tuple[int, ...], ...], facts: tuple[int, ...]) -> str:
    speaking = [nodes[place] for place in (*facts, *(place for wording in wordings for place in wording))]
    arxiv_id = min((node.arxiv_id for node in speaking if node.arxiv_id), default=None)
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    doi = next((node.doi for node in speaking if node.doi), None)
    if doi:
        return f"doi:{doi}"
    title = next((node.titles[0] for node in speaking if node.titles), None)
    return f"title:{short_hash(title)}" if title else f"text:{nodes[wordings[0][0]].key[:12]}"


def _signature(nodes: Sequence[Identity], wordings: tuple[tuple[int, ...], ...], facts: tuple[int, ...]) -> bytes:
    parts = [PAPER_RECIPE, *(nodes[place].digest for place in facts), *(f"{nodes[p].order}" for wording in wordings for p in wording)]
    return blake2b("|".join(parts).encode(), digest_size=16).digest()


def _with_unique_ids(plans: list[Plan], nodes: Sequence[Identity]) -> list[Plan]:
    """Tell papers of one id apart (two works of one title) by a hash of their text."""
    count = Counter(plan.paper_id for plan in plans)
    told = [
        replace(plan, paper_id=f"{plan.paper_id}-{nodes[plan.wordings[-1][0]].key[:8]}") if count[plan.paper_id] > 1 else plan for plan in plans
    ]
    seen: Counter[str] = Counter()
    for place, plan in enumerate(told):
        seen[plan.paper_id] += 1
        if seen[plan.paper_id] > 1:
            told[place] = replace(plan, paper_id=f"{plan.paper_id}-{seen[plan.paper_id]}")
    return told


def build_paper(plan: Plan, records: Mapping[int, Record], facts: Sequence[Fact]) -> Paper:
    """Make a paper of its records, by place, and facts; facts speak before records, newer records before older."""
    speaking = [records[place] for place in plan.places]
    versions = tuple(_version([records[place] for place in wording]) for wording in plan.wordings)
    titles = list(
        dict.fromkeys(map(plain_text, [*(fact.title for fact in facts), *(record.title for record in speaking if record.title)]))
    )
    aliases = dict.fromkeys([*(alias for fact in facts for alias in fact.aliases), *titles[1:]])
    arxiv_id = min(filter(None, (arxiv_id_of(item.arxiv_id, item.doi) for item in (*facts, *speaking))), default=None)
    dois = list(filter(None, (doi_of(item.doi) for item in (*facts, *speaking))))
    urls = (
        [f"https://arxiv.org/abs/{arxiv_id}"]
        if arxiv_id
        else [*(f"https://doi.org/{doi}" for doi in dois), *(r.url for r in speaking if r.url)]
    )
    authors, complete = _authors([(item.authors, item.authors_complete) for item in (*facts, *speaking)])
    return Paper(
        paper_id=plan.paper_id,
        title=titles[0] if titles else stand_in_title(versions[0].abstract),
        versions=versions,
        title_is_stand_in=not titles,
        aliases=tuple(alias for alias in aliases if alias not in titles[:1]),
        authors=authors,
        authors_complete=complete,
        organisations=tuple(dict.fromkeys(name for record in speaking for name in record.organisations)),
        date=_earliest(fact.date for fact in facts)
        or _earliest(record.date for record in speaking)
        or _date_of_arxiv_id(arxiv_id),
        categories=tuple(dict.fromkeys(name for record in speaking for name in record.categories)),
        doi=dois[0] if dois else None,
        arxiv_id=arxiv_id,
        url=urls[0] if urls else None,
        venue=next((record.venue for record in speaking if record.venue), None),
        has_code=any(record.has_code for record in speaking),
    )


def _version(records: list[Record]) -> Version:
    """Return one wording as its records show it, the first of them speaking."""
    origins = sorted((record.origin for record in records), key=lambda o: (o.file, o.ordinal, o.record_id or ""))
    latest = max((record.date for record in records if record.date), default=None)
    return Version(plain_text(records[0].abstract), records[0].abstract, latest, tuple(origins))


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
