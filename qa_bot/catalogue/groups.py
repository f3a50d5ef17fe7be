"""Knows records and facts as nodes, and which of them belong together so far.

Leaves the grounds for joining them to `grounds`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from qa_bot.catalogue.identity import Identity


@dataclass
class Group:
    """What the members of a group say together; `sides` are (split, side) that the user told apart."""

    members: list[int]
    titles: set[str]
    dates: set[str]
    arxiv_ids: set[str]
    sides: dict[int, int]

    def absorb(self, other: Group) -> None:
        """Take in the members of another group."""
        self.members += other.members
        self.titles |= other.titles
        self.dates |= other.dates
        self.arxiv_ids |= other.arxiv_ids
        self.sides |= other.sides


@dataclass
class Groups:
    """The nodes, the groups of more than one by the place of a member, and the joins that made them.

    `text_of` gives the text of the record at a place; texts are asked for only where keys do not decide.
    `splits` holds sides of records (their lasting keys) that are never one paper with another side's.
    """

    nodes: Sequence[Identity]
    text_of: Callable[[int], str]
    splits: Sequence[Sequence[Sequence[str]]] = ()
    by_root: dict[int, Group] = field(default_factory=dict)
    joins: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._parents = list(range(len(self.nodes)))
        self._sides: dict[int, dict[int, int]] = defaultdict(dict)
        for number, sides in enumerate(self.splits):
            side_of = {key: side for side, keys in enumerate(sides) for key in keys}
            for place, node in enumerate(self.nodes):
                if node.key and node.lasting_key in side_of:
                    self._sides[place][number] = side_of[node.lasting_key]

    def root(self, place: int) -> int:
        """Return the member that stands for the group of a node."""
        while self._parents[place] != place:
            self._parents[place] = self._parents[self._parents[place]]
            place = self._parents[place]
        return place

    def of(self, place: int) -> Group:
        """Return the group of a node; one that was joined with nothing is made when it is asked for."""
        root = self.root(place)
        found = self.by_root.get(root)
        if found is None:
            node = self.nodes[root]
            ids = {node.arxiv_id} if node.arxiv_id else set()
            found = Group([root], set(node.titles), {node.date} if node.date else set(), ids, dict(self._sides.get(root, {})))
        return found

    def surnames(self, place: int) -> set[str]:
        """Return the surnames of all authors that a node's group knows."""
        return {surname for member in self.of(place).members for surname in self.nodes[member].surnames}

    def are_joined(self, i: int, j: int) -> bool:
        """Return whether two nodes are in one group."""
        return self.root(i) == self.root(j)

    def join(self, i: int, j: int, reason: str) -> None:
        """Make one group of two, unless they are one, their arXiv ids differ or the user told them apart."""
        first, second = sorted((self.root(i), self.root(j)))
        if first == second:
            return
        one, other = self.of(first), self.of(second)
        if ids_differ(one, other) or told_apart(one, other):
            return
        one.absorb(other)
        self.by_root[first] = one
        self.by_root.pop(second, None)
        self._parents[second] = first
        self.joins[i].append((j, reason))
        self.joins[j].append((i, reason))

    def members(self) -> Iterable[list[int]]:
        """Yield the places of every group in order, by its first place."""
        for place, parent in enumerate(self._parents):
            if parent == place:
                yield sorted(self.by_root[place].members) if place in self.by_root else [place]


def ids_differ(a: Group, b: Group) -> bool:
    """Return whether both groups have arXiv ids and none in common."""
    return bool(a.arxiv_ids and b.arxiv_ids and not a.arxiv_ids & b.arxiv_ids)


def told_apart(a: Group, b: Group) -> bool:
    """Return whether the user split records of one group from records of the other."""
    return any(b.sides.get(split, side) != side for split, side in a.sides.items())
