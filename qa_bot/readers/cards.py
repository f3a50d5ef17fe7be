"""Knows one card of a profile page: category and date glued as `CVMar 7, 2022Code`, title, authors, abstract.

Leaves finding the cards in a page to `profile_pages`, and names to `names`.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from qa_bot.readers.names import Authors, Evidence, hides_title, looks_like_authors, parse_authors, parse_loosely, split_title

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
_BADGES = "(?P<badges>(?:(?:Code|Data|Dataset|Demo|Video|Models?|Project|Survey)[ \\t]*)*)"
_WHEN = rf"(?P<month>{_MONTH})\.?[ \t]+(?:(?P<day>\d{{1,2}}),?[ \t]+)?(?P<year>(?:19|20)\d\d)[ \t]*{_BADGES}$"
# A line of its own: CVMar 7, 2022Code. Categories may be several, and long: cond-mat.mtrl-sci.
HEAD = re.compile(
    rf"^[ \t]*(?P<category>(?:[A-Za-z][A-Za-z.\-]{{0,19}}(?:[ \t]*[,;/][ \t]*|[ \t]*(?:·[ \t]*)?(?={_MONTH})))*){_WHEN}",
    re.MULTILINE,
)
# The same glued to the end of an abstract, where two files were joined: ...were annotated.CVMar 7, 2022.
GLUED_HEAD = re.compile(
    rf"(?<=[^\s\-(])(?P<category>(?:(?:cs|math|stat|eess|econ|physics|astro-ph|cond-mat|q-bio|q-fin|nlin)\.)?[A-Z]{{2}}|(?<=[.!?)])[a-z]{{2,6}}-[a-z]{{2,4}}){_WHEN}",
    re.MULTILINE,
)
_LAST_OF_TITLE = re.compile(r"\bet\.? al\.?(?: · .{1,150})?$|^[^.]{0,200} · [a-z][\w ,.&-]{1,100}$")
_SENTENCE_END = re.compile(r"[^\W\d_A-Z]{2}[)\"”]?[.!?][)\"”]?\s+[A-Z]")


@dataclass(frozen=True)
class Head:
    """What the first line of a card says."""

    categories: tuple[str, ...] = ()
    date: str | None = None
    has_code: bool = False


def read_head(match: re.Match[str]) -> Head:
    """Return what a match of HEAD or GLUED_HEAD says; a day that does not exist leaves the month."""
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    year = int(match["year"])
    date = f"{year}-{month:02}"
    if match["day"]:
        try:
            date = datetime.date(year, month, int(match["day"])).isoformat()
        except ValueError:
            pass
    categories = tuple(part.strip(" \t·") for part in re.split(r"[,;/]", match["category"]) if part.strip(" \t·"))
    return Head(categories, date, "Code" in match["badges"])


def read_card(head: Head, body: str, evidence: Evidence) -> tuple[str, dict[str, Any]]:
    """Return the abstract and the fields of the record that the lines under a head hold; either may be empty."""
    lines = [line.strip() for line in body.strip().split("\n")]
    places = [place for place, line in enumerate(lines) if line]
    title, authors, used = _title_and_authors(lines, places, evidence)
    abstract = "\n".join(lines[places[used] :]) if used < len(places) else ""
    abstract = re.sub(r"\A(?:abstract|ABSTRACT|Abstract)\s*[:：.—–-]\s*", "", abstract)
    fields: dict[str, Any] = {"title": title, "date": head.date, "categories": head.categories, "has_code": head.has_code}
    if authors:
        fields |= {"authors": authors.names, "authors_complete": authors.complete, "organisations": authors.organisations}
    return abstract, fields


def _title_and_authors(lines: list[str], places: list[int], evidence: Evidence) -> tuple[str | None, Authors | None, int]:
    """Return title, authors and how many of the non-blank lines they took."""
    if not places or reads_like_abstract(lines[places[0]]):
        return None, None, 0
    first = lines[places[0]]
    second = lines[places[1]] if len(places) > 1 else ""
    spaced = len(places) > 1 and places[1] > places[0] + 1
    apart = spaced and len(places) > 2 and places[2] > places[1] + 1 and not reads_like_abstract(second)
    listed = parse_authors(second) or (parse_loosely(second) if apart else None)
    if listed and (apart or looks_like_authors(second, evidence)):
        return first, listed, 2
    if looks_like_authors(first, evidence) and reads_like_abstract(second) and _is_surely_listing(first, evidence):
        return None, parse_authors(first), 1
    title, authors = (first, None) if spaced and not _LAST_OF_TITLE.search(first) else split_title(first, evidence)
    return title or None, authors, 1


def _is_surely_listing(line: str, evidence: Evidence) -> bool:
    authors = parse_authors(line)
    if authors is None or (hides_title(authors) and split_title(line, evidence)[1]):
        return False
    return not authors.complete or len(authors.names) > 1 or authors.names[0] in evidence.names


def reads_like_abstract(line: str) -> bool:
    """Return whether a line is running text rather than a title or authors."""
    if _LAST_OF_TITLE.search(line):
        return False
    sentences = len(_SENTENCE_END.findall(line)) + 1
    ends = line.rstrip(")\"”' ").endswith((".", "!"))
    words = re.findall(r"[^\W\d_]+", line)
    in_small_letters = sum(word.islower() for word in words) > 0.65 * len(words)
    return (
        len(line) >= 400
        or (len(line) >= 200 and sentences >= 3)
        or (len(line) >= 80 and ends and (sentences >= 2 or in_small_letters))
    )


def find_headless(body: str, evidence: Evidence) -> list[int]:
    """Return where cards without category and date begin in the text under a head: at the title of each.

    They give themselves away by a short line that ends in `et al.` or in ` · organisations`, after an abstract.
    """
    starts: list[int] = []
    offset, before = 0, (0, "")
    met_text = False
    for line in body.split("\n"):
        text = line.strip()
        if text and met_text and len(text) < 400 and _LAST_OF_TITLE.search(text):
            alone = _is_surely_listing(text, evidence)
            if not alone and split_title(text, evidence)[1]:
                starts.append(offset)
                met_text = False
            elif alone and before[1] and not reads_like_abstract(before[1]):
                starts.append(before[0])
                met_text = False
        elif text and reads_like_abstract(text):
            met_text = True
        if text:
            before = (offset, text)
        offset += len(line) + 1
    return starts
