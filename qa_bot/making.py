"""Knows how what was read becomes what is written: records and planned papers become rows, in any process.

Leaves reading, finding out which records are one paper, and writing to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from qa_bot.catalogue import Plan, build_paper, identify, packed
from qa_bot.chunking import chunk_paper
from qa_bot.naming import names_of
from qa_bot.schema import Fact, Record
from qa_bot.store import PackedRecord, PaperRows, RecordRows, rows_of_paper, rows_of_record

MADE_TOGETHER = 250  # records or papers that are made at once, by another process where there are many

T = TypeVar("T")


@dataclass(frozen=True)
class Making:
    """A planned paper with the records, by place, and the facts that it is made of."""

    plan: Plan
    records: Mapping[int, PackedRecord]
    facts: Sequence[Fact]


def in_parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield items in parts of the size that is made at once."""
    for start in range(0, len(items), MADE_TOGETHER):
        yield items[start : start + MADE_TOGETHER]


def make_records(records: Sequence[Record], *, file: str) -> list[RecordRows]:
    """Return the rows of records of a file; `file` is the name that they are kept under."""
    named = (record if record.origin.file == file else replace(record, origin=replace(record.origin, file=file)) for record in records)
    return [rows_of_record(record, packed(identify(record))) for record in named]


def make_papers(makings: Sequence[Making], *, count_tokens: Callable[[str], int], window_tokens: int) -> list[PaperRows]:
    """Make papers, and cut them for an embedding model; return their rows."""
    return [_make_paper(making, count_tokens, window_tokens) for making in makings]


def _make_paper(making: Making, count_tokens: Callable[[str], int], window_tokens: int) -> PaperRows:
    records = {place: kept.unpacked() for place, kept in making.records.items()}
    paper = build_paper(making.plan, records, making.facts)
    return rows_of_paper(
        paper,
        chunk_paper(paper, count_tokens=count_tokens, window_tokens=window_tokens),
        names=[(name.key, name.ground) for name in names_of(paper)],
        signature=making.plan.signature,
        kept={records[place].abstract: kept.text_number for place, kept in making.records.items()},
    )
