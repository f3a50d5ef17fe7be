"""Knows which records are one paper: by DOI, arXiv id, title, known facts and likeness of text, and says on which ground.

Leaves reading to `readers` and storage to `store`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.catalogue.grounds import join_by_facts, join_by_identifier, join_by_likeness, join_by_title, join_by_wording
from qa_bot.catalogue.groups import Groups, nodes_of
from qa_bot.catalogue.keys import text_key, title_key
from qa_bot.catalogue.papers import build_paper, stand_in_title, with_unique_ids
from qa_bot.schema import Fact, Origin, Paper, Record

__all__ = ["Ground", "Merged", "merge_records", "stand_in_title", "text_key", "title_key"]


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


def merge_records(records: Sequence[Record], facts: Sequence[Fact] = ()) -> Merged:
    """Merge records of the same paper. The result does not depend on the order of records or facts.

    Grounds in order: DOI, arXiv id, title with author or year, a wording named by a fact, the same wording, likeness of
    text. Two records with different arXiv ids are never one paper; nor are two with unlike titles, whatever their texts.
    """
    nodes = nodes_of(records, facts)
    groups = Groups(nodes)
    join_by_identifier(groups)
    join_by_title(groups)
    join_by_facts(groups)
    join_by_wording(groups)
    join_by_likeness(groups)
    return _merged(groups)


def _merged(groups: Groups) -> Merged:
    papers: list[tuple[Paper, list[int]]] = []
    for group in groups.by_root.values():
        members = sorted(place for place in group.members if groups.nodes[place].record)
        if members:
            papers.append((build_paper([groups.nodes[place] for place in sorted(group.members)]), members))
    papers.sort(key=lambda entry: entry[1][0])
    named = with_unique_ids([paper for paper, _ in papers])
    grounds = tuple(
        ground for paper, (_, members) in zip(named, papers, strict=True) for ground in _grounds(groups, paper.paper_id, members)
    )
    return Merged(tuple(named), grounds)


def _grounds(groups: Groups, paper_id: str, members: list[int]) -> list[Ground]:
    """Walk the joins from the first record; each record reached gets the reason of the join that leads to it."""
    reasons: dict[int, str] = {members[0]: ""}
    waiting = [members[0]]
    while waiting:
        for other, reason in groups.joins.get(waiting.pop(), ()):
            if other not in reasons:
                reasons[other] = reason
                waiting.append(other)
    return [Ground(paper_id, record.origin, reasons[place]) for place in members[1:] if (record := groups.nodes[place].record)]
