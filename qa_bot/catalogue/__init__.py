"""Knows which records are one paper: by DOI, arXiv id, title, known facts and likeness of text, and says on which ground.

Leaves reading to `readers` and storage to `store`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa_bot.catalogue.grounds import join_by_facts, join_by_identifier, join_by_likeness, join_by_title, join_by_wording
from qa_bot.catalogue.groups import Groups
from qa_bot.catalogue.identity import Identity, identify, identify_fact, packed, unpacked
from qa_bot.catalogue.keys import text_key, title_key
from qa_bot.catalogue.papers import Plan, build_paper, plan_papers, stand_in_title
from qa_bot.markup import plain_text
from qa_bot.schema import Fact, Origin, Paper, Record

__all__ = [
    "Findings", "Ground", "Identity", "Merged", "Plan", "build_paper", "find_papers", "identify", "merge_records", "packed", "stand_in_title", "text_key",
    "title_key", "unpacked",
]  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Why the record at `origin` was put into a paper together with others."""

    paper_id: str
    origin: Origin
    reason: str


@dataclass(frozen=True)
class Findings:
    """The papers that are there, planned and not made yet, in the order of their first records, and the ground of every merge.

    The numbers in a plan are places in `nodes`; facts stand behind the records, in the order of `facts`.
    """

    nodes: Sequence[Identity]
    facts: Sequence[Fact]
    plans: tuple[Plan, ...]
    grounds: tuple[Ground, ...]

    def facts_of(self, plan: Plan) -> list[Fact]:
        """Return the facts that speak for a paper."""
        first = len(self.nodes) - len(self.facts)
        return [self.facts[place - first] for place in plan.facts]


@dataclass(frozen=True)
class Merged:
    """All papers, in the order of their first records, and the ground of every merge."""

    papers: tuple[Paper, ...]
    grounds: tuple[Ground, ...]


def merge_records(records: Iterable[Record], facts: Sequence[Fact] = (), *, splits: Sequence[Sequence[Sequence[str]]] = ()) -> Merged:
    """Merge records of the same paper. The result does not depend on the order of records or facts.

    Grounds in order: DOI, arXiv id, title with author or year, a wording named by a fact, the same wording, likeness of
    text. Two records with different arXiv ids are never one paper; nor are two with unlike titles, whatever their texts;
    nor any that the user told apart (`splits`, see `find_papers`).
    """
    once = {identity.order: (identity, record) for record in records for identity in (identify(record),)}
    ordered = [once[order] for order in sorted(once)]
    texts = [plain_text(record.abstract) for _, record in ordered]
    found = find_papers([identity for identity, _ in ordered], facts, text_of=texts.__getitem__, splits=splits)
    by_place = {place: record for place, (_, record) in enumerate(ordered)}
    return Merged(tuple(build_paper(plan, by_place, found.facts_of(plan)) for plan in found.plans), found.grounds)


def find_papers(
    identities: Sequence[Identity],
    facts: Sequence[Fact] = (),
    *,
    text_of: Callable[[int], str],
    splits: Sequence[Sequence[Sequence[str]]] = (),
) -> Findings:
    """Find out which records are one paper, without making the papers; as `merge_records`, for any number of records.

    `identities` are sorted by `Identity.order`, each once; `text_of` gives the plain text of the record at a place there.
    `splits` are the user's: each a list of sides, lists of lasting keys of records that are not one paper with another side's.
    """
    ordered_facts = sorted(dict.fromkeys(facts), key=lambda fact: (fact.title, fact.arxiv_id or "", fact.abstracts))
    nodes = [*identities, *map(identify_fact, ordered_facts)]
    groups = Groups(nodes, lambda place: text_of(place) if place < len(identities) else "", splits)
    join_by_identifier(groups)
    join_by_title(groups)
    join_by_facts(groups)
    join_by_wording(groups)
    join_by_likeness(groups)
    plans = plan_papers(nodes, groups.members())
    grounds = tuple(ground for plan in plans if len(plan.places) > 1 for ground in _grounds(groups, plan))
    return Findings(nodes, ordered_facts, tuple(plans), grounds)


def _grounds(groups: Groups, plan: Plan) -> Iterator[Ground]:
    """Walk the joins from the first record; each record reached gets the reason of the join that leads to it."""
    first, *others = sorted(plan.places)
    reasons: dict[int, str] = {first: ""}
    waiting = [first]
    while waiting:
        for other, reason in groups.joins.get(waiting.pop(), ()):
            if other not in reasons:
                reasons[other] = reason
                waiting.append(other)
    for place in others:
        node = groups.nodes[place]
        yield Ground(plan.paper_id, Origin(node.file, node.ordinal, node.record_id), reasons[place])
