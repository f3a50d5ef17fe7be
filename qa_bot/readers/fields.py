"""Knows how the fields of bibliographic data become the fields of a Record: names, dates, identifiers, categories.

Leaves finding the fields in a file to the reader of its format.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_ARXIV = re.compile(
    r"(?<![\d.])(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?:v\d+)?(?![\d.]\d)|\b([a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\b"
)
_BARE_ARXIV = re.compile(
    r"\A(?:arxiv:)?(?:\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?\Z", re.IGNORECASE
)
# 2022, 2022-03, 2022/3/7, 20220307, 2022-03-07T10:00:00Z
_DIGITS = re.compile(r"(?P<year>(?:1[5-9]|20)\d\d)(?:[-/.]?(?P<month>\d\d?)(?:[-/.]?(?P<day>\d\d?))?)?(?!\d)")
_OTHERS = re.compile(r"(?:,?\s+|\A)(?:et\.? al\.?|(?:and )?others|…|\.{3})\Z", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def record_fields(found: Mapping[str, Any]) -> dict[str, Any]:
    """Turn raw fields (title, authors, date, year, doi, arxiv_id, url, categories, venue) into those of a Record."""
    url = _text(found.get("url"))
    doi = as_doi(found.get("doi")) or (as_doi(url) if "doi.org/" in url else None)
    arxiv_id = as_arxiv_id(found.get("arxiv_id")) or (as_arxiv_id(url) if "arxiv.org/" in url else None)
    if doi and doi.startswith("10.48550/arxiv."):
        arxiv_id, doi = arxiv_id or as_arxiv_id(doi.removeprefix("10.48550/arxiv.")), None
    names, complete = as_authors(found.get("authors"))
    fields = {
        "title": " ".join(_text(found.get("title")).split()) or None,
        "authors": names,
        "authors_complete": complete,
        "date": as_date(found.get("date")) or as_date(found.get("year")),
        "categories": as_list(found.get("categories")),
        "doi": doi,
        "arxiv_id": arxiv_id,
        "url": url if re.fullmatch(r"https?://[^\s<>\"']+", url or "") else None,
        "venue": _text(found.get("venue")) or None,
    }
    return {name: value for name, value in fields.items() if value not in (None, ())}


def is_arxiv_id(text: str) -> bool:
    """Return whether a text is an arXiv id and nothing else."""
    return _BARE_ARXIV.match(text.strip()) is not None


def as_arxiv_id(value: Any) -> str | None:
    """Return the arXiv id in a value, an address or `arXiv:...`, without its version."""
    match = _ARXIV.search(_text(value))
    return (match[1] or match[2]) if match else None


def as_doi(value: Any) -> str | None:
    """Return the DOI in a value or an address, in small letters."""
    match = _DOI.search(_text(value))
    return match[0].rstrip(".,;)").lower() if match else None


def as_date(value: Any) -> str | None:
    """Return a date as ISO 8601, as exact as the value is: 2022-03-07, 2022-03 or 2022."""
    if isinstance(value, Mapping) and isinstance(value.get("date-parts"), Sequence) and value["date-parts"]:
        value = "-".join(str(part) for part in value["date-parts"][0])
    text = _text(value)
    month = _month_named(text) if re.search("[A-Za-z]{3}", text) else 0
    if not month and (match := _DIGITS.match(text)):
        return _iso(int(match["year"]), int(match["month"] or 0), int(match["day"] or 0))
    year = re.search(r"\b((?:1[5-9]|20)\d\d)\b", text)
    if not year:
        return None
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", text) if month else None
    return _iso(int(year[1]), month, int(day[1]) if day else 0)


def _month_named(text: str) -> int:
    return next((place for place, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name}[a-z]*\b", text.lower())), 0)


def as_rfc_date(value: Any) -> str | None:
    """Return the day of a date as mail writes it: Mon, 2 Apr 2007 19:18:42 GMT."""
    try:
        return parsedate_to_datetime(_text(value)).date().isoformat()
    except ValueError:
        return as_date(value)


def _iso(year: int, month: int, day: int) -> str:
    if not 1 <= month <= 12:
        return f"{year}"
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return f"{year}-{month:02}"


def as_list(value: Any) -> tuple[str, ...]:
    """Return a list of names from a list, or from a text that separates them by semicolons, commas or spaces."""
    if isinstance(value, str):
        value = re.split(r"\s*;\s*|\s*,\s*", value) if re.search("[;,]", value) else value.split()
    return tuple(dict.fromkeys(_text(part) for part in value if _text(part))) if isinstance(value, Sequence) else ()


def as_authors(value: Any) -> tuple[tuple[str, ...], bool]:
    """Return the names, each as `Given Family`, and whether nobody was left out (`et al.`, `and others`)."""
    if isinstance(value, Mapping) or not isinstance(value, Sequence):
        value = [value]
    names = _split_authors(value) if isinstance(value, str) else [_one_author(author) for author in value]
    named = [name for name in names if name]
    kept = [trimmed for name in named if (trimmed := _OTHERS.sub("", name))]
    return tuple(kept), kept == named


def _one_author(author: Any) -> str:
    if type(author) is str:
        return natural_order(author)
    if isinstance(author, Mapping):
        if isinstance(author.get("author"), Mapping):  # OpenAlex: authorships
            return _one_author(author["author"])
        given = author.get("given") or author.get("first") or author.get("firstName") or author.get("forenames") or ""
        family = author.get("family") or author.get("last") or author.get("lastName") or author.get("surname") or ""
        particle = author.get("non-dropping-particle") or author.get("dropping-particle") or ""
        whole = author.get("name") or author.get("literal") or author.get("full_name") or author.get("display_name") or ""
        return " ".join(part for part in (given, particle, family, author.get("suffix") or "") if part) or _text(whole)
    if isinstance(author, Sequence) and not isinstance(author, str):  # arXiv's authors_parsed: family, given, suffix
        parts = [_text(part) for part in author]
        return " ".join(part for part in (parts[1] if len(parts) > 1 else "", parts[0] if parts else "", *parts[2:3]) if part)
    return natural_order(_text(author))


def natural_order(name: str) -> str:
    """Return `Beyer, Lucas` as `Lucas Beyer`; a name without a comma as it is."""
    if "," not in name:
        return " ".join(name.split())
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 2 and all(parts):
        return (
            f"{parts[1]} {parts[0]}"
            if not re.fullmatch(r"(?i)jr\.?|sr\.?|i{2,3}|iv|ph\.?d\.?", parts[1])
            else f"{parts[0]} {parts[1]}"
        )
    if len(parts) == 3 and all(parts):  # BibTeX: family, suffix, given
        return f"{parts[2]} {parts[0]} {parts[1]}"
    return " ".join(name.split())


def _split_authors(text: str) -> list[str]:
    text = re.sub(r"\s*\([^()]*\)", "", " ".join(text.split()))  # arXiv: A. One (1), B. Two (2)
    if ";" in text:
        return [natural_order(part.strip()) for part in text.split(";")]
    if " and " in text and all(
        part.count(",") <= 1 and re.match(r"[^\s,]+(?: [^\s,]+)?,", part.strip()) for part in text.split(" and ")
    ):
        return [natural_order(part.strip()) for part in text.split(" and ")]
    parts = [part.strip() for part in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+&\s+", text)]
    if len(parts) == 2 and text.count(",") == 1 and " " not in parts[0]:
        return [natural_order(text)]
    return parts


def _text(value: Any) -> str:
    if type(value) is str:
        return value.strip()
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = next((part for part in value if part), "")
    return str(value).strip() if value is not None and not isinstance(value, bool | Mapping) else ""
