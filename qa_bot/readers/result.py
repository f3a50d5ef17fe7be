"""Knows what a reader hands back, and collects it record by record.

Leaves reading to the modules of the formats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qa_bot.schema import Fact, Origin, Record, Skipped

# What stands where an abstract should, in exports and on web pages.
_PLACEHOLDERS = frozenset(
    (
        "na",
        "none",
        "null",
        "nil",
        "tbd",
        "tba",
        "nan",
        "undefined",
        "noabstract",
        "noabstractavailable",
        "abstractnotavailable",
        "noabstractprovided",
        "notavailable",
        "abstract",
        "loading",
    )
)
_LONGEST_PLACEHOLDER = 100  # characters; a longer text is none of these, so only its beginning is looked at
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class ReadResult:
    """What one file held: records, bibliographic facts, and the records that could not be used with the reason."""

    records: tuple[Record, ...] = ()
    facts: tuple[Fact, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass
class Reading:
    """Collects what one file holds; `ordinal` is the place of the last record, skipped ones counted."""

    file: str
    records: list[Record] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ordinal: int = 0

    def skip(self, reason: str) -> None:
        """Count a record that cannot be used."""
        self.ordinal += 1
        self.skipped.append(Skipped(self.file, self.ordinal, reason))

    def note(self, reason: str) -> None:
        """Name something left out that is no record of its own."""
        self.skipped.append(Skipped(self.file, 0, reason))

    def add(self, abstract: str, fields: Mapping[str, Any] | None = None, *, record_id: str | None = None) -> None:
        """Count a record and keep it, or skip it where it has no abstract."""
        fields = {name: _clean(value) for name, value in (fields or {}).items()}
        abstract, record_id = _clean(abstract), _clean(record_id)
        reason = why_empty(abstract)
        if reason:
            name = fields.get("title") or record_id
            self.skip(f"{reason}: {shorten(str(name))!r}" if name else reason)
            return
        self.ordinal += 1
        self.records.append(Record(Origin(self.file, self.ordinal, record_id), abstract.strip(), **fields))

    def take(self) -> ReadResult:
        """Return what was collected since the last time, and go on from there."""
        part = self.result()
        self.records, self.facts, self.skipped = [], [], []
        return part

    def result(self) -> ReadResult:
        """Return what was collected."""
        return ReadResult(tuple(self.records), tuple(self.facts), tuple(self.skipped))


def _clean(value: Any) -> Any:
    """Take out what no text holds and no store takes: lone surrogates and control characters."""
    if isinstance(value, str):
        return _UNPRINTABLE.sub("", value)
    return tuple(map(_clean, value)) if isinstance(value, tuple) else value


def why_empty(abstract: str) -> str | None:
    """Return why a text is no abstract: it is empty, a placeholder or has no words; None where it is one."""
    if not abstract.strip():
        return "no abstract"
    letters = re.sub(r"[\W_]+", "", abstract[:_LONGEST_PLACEHOLDER]).lower()
    if letters in _PLACEHOLDERS or not re.search(r"[^\W\d_]{2}", abstract):
        return f"the abstract is only {shorten(abstract.strip())!r}"
    return None


def shorten(text: str, limit: int = 60) -> str:
    """Return the beginning of a text on one line, for a message."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + " …"
