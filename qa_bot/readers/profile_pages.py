"""Knows profile pages of a researcher as text: cards, bare lists of `Abstract:` records, and both joined in one file.

Leaves the inside of a card to `cards`, and text without either form to `plain_text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from qa_bot.readers.cards import GLUED_HEAD, HEAD, Head, find_headless, read_card, read_head
from qa_bot.readers.labels import labels_before
from qa_bot.readers.names import Evidence, certain_names, is_name, met_words, parse_authors
from qa_bot.readers.result import Reading, ReadResult, shorten

# At the start of a line any case will do; inside a line only after a sentence, or glued, and before a capital.
_ABSTRACT = re.compile(
    r"^[ \t>*#_]*(?P<line>abstract)[*_]*[ \t]*[:：][*_]*"
    r"|(?<=[.!?:;)\]}\"”’'])[ \t]{0,3}(?-i:Abstract|ABSTRACT)[ \t]*:(?=\s*[A-Z0-9\"“'‘(\[$\\]|\s*\Z)"
    r"|(?<=[^\s\"“'‘(\[{<*#_-])(?-i:Abstract|ABSTRACT)[ \t]*:(?=\s*[A-Z])",
    re.IGNORECASE | re.MULTILINE,
)
_STATISTIC = re.compile(
    r"\A(?:h-?index\s*[\d,]+|i10-?index\s*[\d,]+|[\d,.]+[kKM]?\s*(?:papers?|publications?|citations?|followers?|results?|abstracts?)|novelty\s*\d+\s*%|AI\s*score\s*\d+)\Z",
    re.IGNORECASE,
)
_CATEGORY_LINE = re.compile(r"\A[A-Za-z][A-Za-z.\-]{0,19}\Z")
_GLUED_NAME = re.compile(r"(?<=[.!?)\"”])(?=[^\W\d_][^.!?]{3,40}\Z)")
_LONG_PREAMBLE = 200


@dataclass(frozen=True)
class _Piece:
    """The text of one record and what announced it; `head` is None for a bare abstract or for what precedes all."""

    text: str
    head: Head | None = None
    is_abstract: bool = False
    labels: dict[str, Any] | None = None


def has_records(text: str) -> bool:
    """Return whether a text holds cards or `Abstract:` records."""
    return HEAD.search(text) is not None or any(True for _ in _abstract_marks(text))


def read_profile_page(text: str, file: str) -> ReadResult:
    """Read every card and every bare abstract of a text, in order."""
    reading = Reading(file)
    text, owners = _without_headers(text)
    pieces = _pieces(text)
    evidence = _evidence(pieces, owners)
    for place, piece in enumerate(pieces):
        if place + 1 < len(pieces):
            piece = replace(piece, text=_without_next_header(piece.text))
        if piece.is_abstract:
            reading.add(piece.text, piece.labels)
        elif piece.head is not None or place == 0:
            _read_cards(piece, evidence, reading)
    return reading.result()


def _read_cards(piece: _Piece, evidence: Evidence, reading: Reading) -> None:
    starts = find_headless(piece.text, evidence)
    bodies = [piece.text[start:end] for start, end in zip([0, *starts], [*starts, len(piece.text)], strict=True)]
    if piece.head is not None:
        abstract, fields = read_card(piece.head, bodies[0], evidence)
        if not bodies[0].strip():
            reading.skip(f"nothing but a category and a date ({piece.head.date})")
        else:
            reading.add(abstract, fields)
    elif len(bodies[0].strip()) >= _LONG_PREAMBLE:
        reading.note(f"text before the first record was left out: {shorten(bodies[0])!r}")
    for body in bodies[1:]:
        reading.add(*read_card(Head(), body, evidence))


def _abstract_marks(text: str) -> list[re.Match[str]]:
    return [
        match
        for match in _ABSTRACT.finditer(text)
        if not (match["line"] and match["line"].islower() and _is_wrapped(text, match.start()))
    ]


def _is_wrapped(text: str, start: int) -> bool:
    """Return whether the line before ends in the middle of a sentence, so that this one goes on with it."""
    before = text[max(0, start - 500) : start].rstrip(" \t").removesuffix("\n").rstrip(" \t")
    return bool(before) and (before[-1].isalnum() or before[-1] in ",-")


def _pieces(text: str) -> list[_Piece]:
    """Cut the text at every mark; the first piece is what stands before the first."""
    heads = [match for pattern in (HEAD, GLUED_HEAD) for match in pattern.finditer(text)]
    marks = sorted([*heads, *_abstract_marks(text)], key=lambda match: (match.start(), -match.end()))
    marks = [mark for place, mark in enumerate(marks) if not place or mark.start() >= marks[place - 1].end()]
    marks = [mark for place, mark in enumerate(marks) if not _labels_abstract_of_card(marks, place, text)]
    pieces: list[_Piece] = []
    head, is_abstract, labels, start = None, False, None, 0
    for mark in marks:
        becomes_abstract = mark.re is _ABSTRACT
        end, next_labels = labels_before(text, start, mark.start()) if becomes_abstract else (mark.start(), None)
        pieces.append(_Piece(text[start:end], head, is_abstract, labels))
        head, is_abstract, labels, start = (
            (None, True, next_labels, mark.end()) if becomes_abstract else (read_head(mark), False, None, mark.end())
        )
    return [*pieces, _Piece(text[start:], head, is_abstract, labels)]


def _labels_abstract_of_card(marks: list[re.Match[str]], place: int, text: str) -> bool:
    """Return whether `Abstract:` stands inside a card, before its text: one mark between two heads, after short lines."""
    if marks[place].re is not _ABSTRACT or place == 0 or marks[place - 1].re is _ABSTRACT:
        return False
    if place + 1 < len(marks) and marks[place + 1].re is _ABSTRACT:
        return False
    lines = [line for line in text[marks[place - 1].end() : marks[place].start()].split("\n") if line.strip()]
    return 1 <= len(lines) <= 2 and all(len(line) < 300 for line in lines)


def _evidence(pieces: list[_Piece], owners: list[str]) -> Evidence:
    """Collect whole names and ordinary words from all cards of a page."""
    names = set(owners)
    for piece in pieces:
        for line in piece.text.split("\n") if piece.head is not None else ():
            if len(line) < 400:
                listed = parse_authors(line) if "," in line or " et al" in line else None
                names.update(listed.names if listed else certain_names(line))
    return Evidence(frozenset(names), met_words(line for piece in pieces for line in piece.text.split("\n") if len(line) > 200))


def _without_headers(text: str) -> tuple[str, list[str]]:
    """Cut the header of every profile out of a text: name, field, counts. Return the rest and the names."""
    lines = text.split("\n")
    dropped: set[int] = set()
    owners: list[str] = []
    for place, line in enumerate(lines):
        if not _STATISTIC.match(line.strip()):
            continue
        dropped.add(place)
        above = _line_above(lines, place)
        if above is None or above in dropped:
            continue
        if _CATEGORY_LINE.match(lines[above].strip()) and not lines[above].strip().islower():
            dropped.add(above)
            above = _line_above(lines, above)
        if above is not None and is_name(lines[above].strip()):
            owners.append(lines[above].strip())
            dropped.add(above)
        elif above is not None and (glued := _GLUED_NAME.search(lines[above])) and is_name(lines[above][glued.start() :]):
            owners.append(lines[above][glued.start() :].strip())
            lines[above] = lines[above][: glued.start()]
    return "\n".join("" if place in dropped else line for place, line in enumerate(lines)), owners


def _line_above(lines: list[str], place: int) -> int | None:
    return next((above for above in range(place - 1, -1, -1) if lines[above].strip()), None)


def _without_next_header(text: str) -> str:
    """Cut the name that heads the next list, alone on the last line after a whole sentence."""
    body, newline, last = text.rstrip().rpartition("\n")
    ends = body.rstrip().endswith((".", "!", "?")) and not last.endswith((".", "!", "?"))
    return body if newline and ends and 1 < len(last.split()) < 5 and is_name(last.strip()) else text
