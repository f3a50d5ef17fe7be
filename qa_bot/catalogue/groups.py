"""Knows records and facts as nodes, and which of them belong together so far.

Leaves the grounds for joining them to `grounds`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qa_bot.catalogue.keys import arxiv_id_of, doi_of, key_of_plain, surnames_of, title_key
from qa_bot.markup import plain_text
from qa_bot.schema import Fact, Record


@dataclass(frozen=True)
class Node:
    """A record or a fact with what identity is judged by; a fact has no text of its own."""

    record: Record | None
    fact: Fact | None
    text: str = ""
    key: str = ""
    titles: frozenset[str] = frozenset()
    date: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None

    @cached_property
    def surnames(self) -> frozenset[str]:
        source = self.record or self.fact
        return surnames_of(source.authors) if source else frozenset()

    @property
    def year(self) -> int | None:
        return int(self.date[:4]) if self.date else None


@dataclass
class Group:
    """What the members of a group say together."""

    members: list[int]
    titles: set[str]
    dates: set[str]
    arxiv_ids: set[str]

    def absorb(self, other: Group) -> None:
        """Take in the members of another group."""
        self.members += other.members
        self.titles |= other.titles
        self.dates |= other.dates
        self.arxiv_ids |= other.arxiv_ids


@dataclass
class Groups:
    """The nodes, the groups they form so far by the place of one member, and the joins that made it so."""

    nodes: list[Node]
    by_root: dict[int, Group] = field(default_factory=dict)
    joins: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    _parents: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._parents = list(range(len(self.nodes)))
        for place, node in enumerate(self.nodes):
            dates, ids = {node.date} - {None}, {node.arxiv_id} - {None}
            self.by_root[place] = Group([place], set(node.titles), dates, ids)

    def root(self, place: int) -> int:
        """Return the member that stands for the group of a node."""
        while self._parents[place] != place:
            self._parents[place] = self._parents[self._parents[place]]
            place = self._parents[place]
        return place

    def of(self, place: int) -> Group:
        """Return the group of a node."""
        return self.by_root[self.root(place)]

    def surnames(self, place: int) -> set[str]:
        """Return the surnames of all authors that a node's group knows."""
        return {surname for member in self.of(place).members for surname in self.nodes[member].surnames}

    def are_joined(self, i: int, j: int) -> bool:
        """Return whether two nodes are in one group."""
        return self.root(i) == self.root(j)

    def join(self, i: int, j: int, reason: str) -> None:
        """Make one group of two, unless they are one or their arXiv ids differ."""
        first, second = sorted((self.root(i), self.root(j)))
        if first == second or ids_differ(self.by_root[first], self.by_root[second]):
            return
        self.by_root[first].absorb(self.by_root.pop(second))
        self._parents[second] = first
        self.joins[i].append((j, reason))
        self.joins[j].append((i, reason))


def ids_differ(a: Group, b: Group) -> bool:
    """Return whether both groups have arXiv ids and none in common."""
    return bool(a.arxiv_ids and b.arxiv_ids and not a.arxiv_ids & b.arxiv_ids)


def nodes_of(records: Sequence[Record], facts: Sequence[Fact]) -> list[Node]:
    """Return records in the order of their origins, each once, then facts in the order of their titles."""
    once = {(*_order(record), record.title or ""): record for record in records}
    ordered_facts = sorted(dict.fromkeys(facts), key=lambda fact: (fact.title, fact.arxiv_id or "", fact.abstracts))
    return [_record_node(once[key]) for key in sorted(once)] + [_fact_node(fact) for fact in ordered_facts]


def _order(record: Record) -> tuple[str, int, str, str]:
    return record.origin.file, record.origin.ordinal, record.origin.record_id or "", record.abstract


def _record_node(record: Record) -> Node:
    text = plain_text(record.abstract)
    titles = frozenset((title_key(record.title),)) - {""}
    return Node(
        record, None, text, key_of_plain(text), titles, record.date, doi_of(record.doi), arxiv_id_of(record.arxiv_id, record.doi)
    )


def _fact_node(fact: Fact) -> Node:
    titles = frozenset(map(title_key, (fact.title, *fact.aliases))) - {""}
    return Node(None, fact, "", "", titles, fact.date, doi_of(fact.doi), arxiv_id_of(fact.arxiv_id, fact.doi))
