"""Knows which records are one paper: by DOI, arXiv id, title, known facts and likeness of text, and says on which ground.

Leaves reading to `readers`, the measuring of texts to `likeness`, and storage to `store`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from qa_bot.likeness import Texts, shared_runs
from qa_bot.markup import plain_text
from qa_bot.schema import Fact, Origin, Paper, Record, Version

# A shorter text is a notice ("This paper has been withdrawn"), not evidence of identity.
_SHORTEST_TELLING_TEXT = 80
_SHORTEST_TELLING_TITLE = 16
_STAND_IN_CHARACTERS = 60


@dataclass(frozen=True)
class Ground:
    """Why the record at `origin` was put into a paper together with others."""

    paper_id: str
    origin: Origin
    reason: str


@dataclass(frozen=True)
class Merged:
    """All papers, in the order of their first records, and the ground of every merge."""

    papers: tuple[Paper, ...]
    grounds: tuple[Ground, ...]


def text_key(abstract: str) -> str:
    """Return the key of one wording of an abstract; markup, spaces, case, accents, dashes and punctuation do not count."""
    return _key(plain_text(abstract))


def merge_records(records: Sequence[Record], facts: Sequence[Fact] = ()) -> Merged:
    """Merge records of the same paper. The result does not depend on the order of records or facts.

    Grounds in order: DOI, arXiv id, title with author or year, a wording named by a fact, the same wording, likeness of
    text. Two records with different arXiv ids are never one paper; nor are two with unlike titles, whatever their texts.
    """
    nodes = _nodes(records, facts)
    groups = _Groups(nodes)
    _join_by_identifier(groups)
    _join_by_title(groups)
    _join_by_facts(groups)
    _join_by_wording(groups)
    _join_by_likeness(groups)
    return _merged(groups)


@dataclass(frozen=True)
class _Node:
    """A record or a fact with what identity is judged by; a fact has no text of its own."""

    record: Record | None
    fact: Fact | None
    text: str = ""
    key: str = ""
    titles: frozenset[str] = frozenset()
    surnames: frozenset[str] = frozenset()
    date: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None


@dataclass
class _Group:
    """What the members of a group say together."""

    members: list[int]
    titles: set[str]
    surnames: set[str]
    dates: set[str]
    arxiv_ids: set[str]


@dataclass
class _Groups:
    """The nodes and which of them belong together so far; `edges` are the joins that made it so."""

    nodes: list[_Node]
    parents: list[int] = field(default_factory=list)
    groups: dict[int, _Group] = field(default_factory=dict)
    edges: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.parents = list(range(len(self.nodes)))
        for place, node in enumerate(self.nodes):
            dates, ids = {node.date} - {None}, {node.arxiv_id} - {None}
            self.groups[place] = _Group([place], set(node.titles), set(node.surnames), dates, ids)

    def root(self, place: int) -> int:
        while self.parents[place] != place:
            self.parents[place] = self.parents[self.parents[place]]
            place = self.parents[place]
        return place

    def of(self, place: int) -> _Group:
        return self.groups[self.root(place)]

    def join(self, i: int, j: int, reason: str) -> None:
        """Make one group of two unless their arXiv ids forbid it."""
        a, b = sorted((self.root(i), self.root(j)))
        if a == b or _ids_differ(self.groups[a], self.groups[b]):
            return
        into, other = self.groups[a], self.groups.pop(b)
        into.members += other.members
        for mine, theirs in zip((into.titles, into.surnames, into.dates, into.arxiv_ids), (other.titles, other.surnames, other.dates, other.arxiv_ids), strict=True):
            mine |= theirs
        self.parents[b] = a
        self.edges[i].append((j, reason))
        self.edges[j].append((i, reason))


def _nodes(records: Sequence[Record], facts: Sequence[Fact]) -> list[_Node]:
    """Return records in the order of their origins, each once, then facts in the order of their titles."""
    fresh = sorted(set(records), key=_record_order)
    return [_record_node(record) for record in fresh] + [_fact_node(fact) for fact in sorted(set(facts), key=lambda fact: (fact.title, fact.arxiv_id or "", fact.abstracts))]


def _record_order(record: Record) -> tuple[object, ...]:
    return record.origin.file, record.origin.ordinal, record.origin.record_id or "", record.abstract, repr(record)


def _record_node(record: Record) -> _Node:
    text = plain_text(record.abstract)
    titles = frozenset(filter(None, [title_key(record.title or "")]))
    doi, arxiv_id = _doi(record.doi), _arxiv_id(record.arxiv_id) or _arxiv_id_of_doi(record.doi)
    return _Node(record, None, text, _key(text), titles, _surnames(record.authors), record.date, doi, arxiv_id)


def _fact_node(fact: Fact) -> _Node:
    titles = frozenset(filter(None, map(title_key, (fact.title, *fact.aliases))))
    return _Node(None, fact, "", "", titles, _surnames(fact.authors), fact.date, _doi(fact.doi), _arxiv_id(fact.arxiv_id) or _arxiv_id_of_doi(fact.doi))


def title_key(title: str) -> str:
    """Return a title without markup, case, accents, spaces and punctuation; empty for one that says nothing."""
    return _letters(plain_text(title)) if title else ""


def _key(plain: str) -> str:
    return hashlib.sha256(_letters(plain).encode()).hexdigest()[:24]


def _letters(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", text.casefold())


def _surnames(authors: Iterable[str]) -> frozenset[str]:
    kept = (re.sub(r"(?i)[\s,]+(?:jr|sr|ii|iii|iv)\.?$", "", author).split() for author in authors)
    return frozenset(filter(None, (_letters(words[-1]) for words in kept if words)))


def _doi(doi: str | None) -> str | None:
    bare = re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", (doi or "").strip()).lower()
    return bare if bare and not bare.startswith("10.48550/arxiv.") else None


def _arxiv_id(arxiv_id: str | None) -> str | None:
    return re.sub(r"(?i)^(?:https?://arxiv\.org/(?:abs|pdf)/|arxiv:\s*)|v\d+(?:\.pdf)?$", "", (arxiv_id or "").strip()) or None


def _arxiv_id_of_doi(doi: str | None) -> str | None:
    match = re.search(r"(?i)10\.48550/arxiv\.(\S+)", doi or "")
    return _arxiv_id(match[1]) if match else None


def _ids_differ(a: _Group, b: _Group) -> bool:
    return bool(a.arxiv_ids and b.arxiv_ids and not a.arxiv_ids & b.arxiv_ids)


def _join_by_identifier(groups: _Groups) -> None:
    for name, what in (("doi", "DOI"), ("arxiv_id", "arXiv id")):
        first: dict[str, list[int]] = defaultdict(list)
        for place, node in enumerate(groups.nodes):
            value = getattr(node, name)
            if not value:
                continue
            for other in first[value]:
                if not _is_misprint(node, groups.nodes[other]):
                    groups.join(other, place, f"same {what} {value}")
                    break
            else:
                first[value].append(place)


def _is_misprint(a: _Node, b: _Node) -> bool:
    """Return whether an identifier that two records share must be wrong: neither titles nor texts have anything in common."""
    if not (a.titles and b.titles and a.text and b.text) or a.titles & b.titles:
        return False
    return not _titles_alike(a.titles, b.titles, at_least=50) and shared_runs(a.text, b.text) < 0.1


def _join_by_title(groups: _Groups) -> None:
    by_title: dict[str, list[int]] = defaultdict(list)
    for place, node in enumerate(groups.nodes):
        for title in node.titles:
            by_title[title].append(place)
    for title in sorted(by_title):
        places = by_title[title]
        if len(places) > 1:
            _join_same_title(groups, places, is_telling=len(title) >= _SHORTEST_TELLING_TITLE)


def _join_same_title(groups: _Groups, places: list[int], *, is_telling: bool) -> None:
    by_surname: dict[str, int] = {}
    for place in places:
        for surname in sorted(groups.nodes[place].surnames):
            other = by_surname.setdefault(surname, place)
            if other != place and not _years_forbid(groups.nodes[place], groups.nodes[other]):
                groups.join(other, place, "same title and an author in common")
    by_year: dict[int, list[int]] = defaultdict(list)
    for place in places:
        if groups.nodes[place].date:
            by_year[_year(groups.nodes[place])].append(place)
    for place in places:
        if groups.nodes[place].date and not groups.nodes[place].surnames:
            for year in (0, -1, 1):
                if near := [other for other in by_year[_year(groups.nodes[place]) + year] if other != place]:
                    groups.join(near[0], place, "same title and year" if year == 0 else "same title, one year apart")
                    break
    roots = sorted({groups.root(place) for place in places})
    for place in places:  # neither authors nor year on one side: the title decides where it means one paper only
        node = groups.nodes[place]
        lone = not node.surnames and not node.date
        others = [root for root in roots if root != groups.root(place) and groups.root(root) == root]
        if lone and is_telling and len({groups.root(root) for root in others}) == 1:
            groups.join(others[0], place, "same title")


def _year(node: _Node) -> int:
    return int((node.date or "0")[:4])


def _years_forbid(a: _Node, b: _Node) -> bool:
    """Return whether two records of one title lie years apart and share no text: a yearly report, not a version."""
    return bool(a.date and b.date and abs(_year(a) - _year(b)) > 2 and a.text and b.text and shared_runs(a.text, b.text) < 0.15)


def _join_by_facts(groups: _Groups) -> None:
    by_key: dict[str, int] = {}
    for place, node in enumerate(groups.nodes):
        for key in node.fact.abstracts if node.fact else ():
            by_key.setdefault(key, place)
    for place, node in enumerate(groups.nodes):
        if node.record and node.key in by_key:
            groups.join(place, by_key[node.key], "its wording is named by the facts of the catalogue")


def _join_by_wording(groups: _Groups) -> None:
    by_key: dict[str, list[int]] = defaultdict(list)
    for place, node in enumerate(groups.nodes):
        if len(node.text) >= _SHORTEST_TELLING_TEXT:
            by_key[node.key].append(place)
    for places in by_key.values():
        kept = places[:1]
        for place in places[1:]:
            for other in kept:
                if groups.root(other) == groups.root(place) or not _titles_forbid(groups.of(other), groups.of(place)):
                    groups.join(other, place, "same abstract")
                    break
            if all(groups.root(other) != groups.root(place) for other in kept):
                kept.append(place)


def _join_by_likeness(groups: _Groups) -> None:
    """Join wordings that are alike, the likest first; texts of papers with arXiv ids are compared with open ones only."""
    chosen: dict[tuple[int, str], int] = {}
    for place, node in enumerate(groups.nodes):
        if len(node.text) >= _SHORTEST_TELLING_TEXT:
            chosen.setdefault((groups.root(place), node.key), place)
    places = list(chosen.values())
    open_texts = [at for at, place in enumerate(places) if not groups.of(place).arxiv_ids]
    if not open_texts:
        return
    texts = Texts([groups.nodes[place].text for place in places])
    alike = []
    for i, j in texts.likely_pairs(open_texts):
        a, b = places[i], places[j]
        if groups.root(a) == groups.root(b) or _titles_forbid(groups.of(a), groups.of(b)):
            continue
        likeness = texts.likeness(i, j)
        if likeness.is_near_copy or (likeness.is_same_abstract and not _stand_beside_each_other(groups.nodes[a], groups.nodes[b])):
            alike.append((-likeness.covered, -likeness.informative, groups.nodes[a].key, groups.nodes[b].key, a, b))
    for covered, _, _, _, a, b in sorted(alike):
        if not _titles_forbid(groups.of(a), groups.of(b)):
            groups.join(a, b, f"abstracts alike: {-covered:.0%} of the shorter one's words stand in common runs")


def _stand_beside_each_other(a: _Node, b: _Node) -> bool:
    """Return whether two records are untitled entries of one list, which names a paper once."""
    return bool(a.record and b.record and a.record.origin.file == b.record.origin.file and not a.titles and not b.titles)


def _titles_forbid(a: _Group, b: _Group) -> bool:
    """Return whether likeness of text cannot make one paper of two groups: ids differ, or titles with dates or authors."""
    if _ids_differ(a, b):
        return True
    if not a.titles or not b.titles or a.titles & b.titles:
        return False
    dates_differ = bool(a.dates and b.dates) and not any(x.startswith(y) or y.startswith(x) for x in a.dates for y in b.dates)
    authors_differ = bool(a.surnames and b.surnames and not a.surnames & b.surnames)
    return dates_differ or authors_differ or not _titles_alike(a.titles, b.titles, at_least=80)


def _titles_alike(a: Iterable[str], b: Iterable[str], *, at_least: float) -> bool:
    """Compare titles by their letters: one may stand in the other, but numbers must agree (PaliGemma, PaliGemma 2)."""
    from rapidfuzz import fuzz

    return any(re.findall(r"\d+", x) == re.findall(r"\d+", y) and max(fuzz.ratio(x, y), fuzz.partial_ratio(x, y) if min(len(x), len(y)) >= _SHORTEST_TELLING_TITLE else 0) >= at_least for x in a for y in b)


def _merged(groups: _Groups) -> Merged:
    papers: list[tuple[Paper, list[int]]] = []
    for group in groups.groups.values():
        members = sorted(place for place in group.members if groups.nodes[place].record)
        if members:
            papers.append((_paper([groups.nodes[place] for place in sorted(group.members)]), members))
    papers.sort(key=lambda entry: entry[1][0])
    named = _with_unique_ids([paper for paper, _ in papers])
    grounds = tuple(ground for paper, (_, members) in zip(named, papers, strict=True) for ground in _grounds(groups, paper.paper_id, members))
    return Merged(tuple(named), grounds)


def _grounds(groups: _Groups, paper_id: str, members: list[int]) -> list[Ground]:
    """Walk the joins from the first record; each record reached gets the reason of the join that leads to it."""
    reasons: dict[int, str] = {members[0]: ""}
    waiting = [members[0]]
    while waiting:
        for other, reason in groups.edges.get(waiting.pop(), ()):
            if other not in reasons:
                reasons[other] = reason
                waiting.append(other)
    return [Ground(paper_id, record.origin, reasons[place]) for place in members[1:] if (record := groups.nodes[place].record)]


def _paper(nodes: list[_Node]) -> Paper:
    facts = [node.fact for node in nodes if node.fact]
    versions, records = _versions(nodes, facts)
    titles = [plain_text(title) for title in dict.fromkeys([*(fact.title for fact in facts), *(record.title for record in records if record.title)])]
    aliases = dict.fromkeys([*(alias for fact in facts for alias in fact.aliases), *titles[1:]])
    arxiv_id = min((node.arxiv_id for node in nodes if node.arxiv_id), default=None)
    doi = next((node.doi for node in nodes if node.fact and node.doi), None) or next((found for record in records if (found := _doi(record.doi))), None)
    authors, complete = _authors([*((fact.authors, fact.authors_complete) for fact in facts), *((record.authors, record.authors_complete) for record in records)])
    paper_id = f"arxiv:{arxiv_id}" if arxiv_id else f"doi:{doi}" if doi else f"title:{_short_hash(title_key(titles[0]))}" if titles else f"text:{_key(versions[0].abstract)[:12]}"
    return Paper(
        paper_id=paper_id,
        title=titles[0] if titles else stand_in_title(versions[0].abstract),
        versions=versions,
        title_is_stand_in=not titles,
        aliases=tuple(alias for alias in aliases if not titles or alias != titles[0]),
        authors=authors,
        authors_complete=complete,
        organisations=tuple(dict.fromkeys(name for record in records for name in record.organisations)),
        date=_date([fact.date for fact in facts]) or _date([record.date for record in records]) or _date_of_arxiv_id(arxiv_id),
        categories=tuple(dict.fromkeys(name for record in records for name in record.categories)),
        doi=doi,
        arxiv_id=arxiv_id,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else f"https://doi.org/{doi}" if doi else next((record.url for record in records if record.url), None),
    )


def _versions(nodes: list[_Node], facts: list[Fact]) -> tuple[tuple[Version, ...], list[Record]]:
    """Return the wordings, newest first, and the records in that order.

    What a fact lists keeps its order; then the dated, latest first, since a dated card shows the current abstract; then the
    rest, whose age is unknown.
    """
    ranks: dict[str, int] = {}
    for fact in facts:
        for key in fact.abstracts:
            ranks.setdefault(key, len(ranks))
    by_key: dict[str, list[_Node]] = defaultdict(list)
    for node in nodes:
        if node.record:
            by_key[node.key].append(node)

    def order(key: str) -> tuple[object, ...]:
        latest = _latest(by_key[key])
        return ranks.get(key, len(ranks)), latest is None, [-ord(c) for c in latest or ""], -len(by_key[key]), key

    versions, records = [], []
    for key in sorted(by_key, key=order):
        same = sorted(by_key[key], key=lambda node: (node.record.title is None, node.record.date is None))
        versions.append(Version(same[0].text, same[0].record.abstract, _latest(same), tuple(node.record.origin for node in by_key[key])))
        records += [node.record for node in same]
    return tuple(versions), records


def _latest(nodes: list[_Node]) -> str | None:
    return max((node.record.date for node in nodes if node.record and node.record.date), default=None)


def _authors(offers: list[tuple[tuple[str, ...], bool]]) -> tuple[tuple[str, ...], bool]:
    """Return the fullest list: complete before incomplete, then the longest, then the first."""
    best = max((offer for offer in offers if offer[0]), key=lambda offer: (offer[1], len(offer[0])), default=((), True))
    return tuple(map(plain_text, best[0])), best[1]


def _date(dates: Iterable[str | None]) -> str | None:
    """Return the earliest year's most exact date."""
    return min((date for date in dates if date), key=lambda date: (date[:4], -len(date), date), default=None)


def _date_of_arxiv_id(arxiv_id: str | None) -> str | None:
    match = re.match(r"(?:[a-z-]+(?:\.[A-Z]{2})?/)?(\d\d)(0[1-9]|1[0-2])", arxiv_id or "")
    return f"{'19' if match[1] > '90' else '20'}{match[1]}-{match[2]}" if match else None


def stand_in_title(abstract: str) -> str:
    """Return the beginning of an abstract as a title that says it is none."""
    sentence = re.split(r"(?<=[^\W\d_A-Z]{2}[.?!])\s", abstract, maxsplit=1)[0]
    if len(sentence) <= _STAND_IN_CHARACTERS:
        return f"[untitled] {sentence.rstrip('.')}"
    return f"[untitled] {sentence[: _STAND_IN_CHARACTERS].rsplit(' ', 1)[0].rstrip(' ,;:')} …"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _with_unique_ids(papers: list[Paper]) -> list[Paper]:
    """Tell papers of one id apart (two works of one title) by a hash of their text."""
    count: dict[str, int] = defaultdict(int)
    for paper in papers:
        count[paper.paper_id] += 1
    told = [replace(p, paper_id=f"{p.paper_id}-{_key(p.versions[-1].abstract)[:8]}") if count[p.paper_id] > 1 else p for p in papers]
    seen: dict[str, int] = defaultdict(int)
    for place, paper in enumerate(told):
        seen[paper.paper_id] += 1
        if seen[paper.paper_id] > 1:
            told[place] = replace(paper, paper_id=f"{paper.paper_id}-{seen[paper.paper_id]}")
    return told
