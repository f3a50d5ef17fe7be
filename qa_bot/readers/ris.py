"""Knows RIS files, as Scopus, EndNote, Zotero and publishers export them.

Leaves the tags to rispy.
"""

from __future__ import annotations

import re

from qa_bot.readers.fields import record_fields
from qa_bot.readers.result import Reading, ReadResult, shorten

_START = re.compile(r"^TY {0,2}- ?", re.MULTILINE)
_TAG = re.compile(r"^([A-Z][A-Z0-9]) {1,2}- ?", re.MULTILINE)


def looks_like_ris(text: str) -> bool:
    """Return whether a text of no telling name holds RIS."""
    return re.search(r"^TY  ?- [A-Z]{3,7}\s*$", text, re.MULTILINE) is not None


def read_ris(text: str, file: str) -> ReadResult:
    """Read every entry from its TY to the next; rispy alone would drop one that lacks its ER, without a word."""
    reading = Reading(file)
    starts = [match.start() for match in _START.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        _add(text[start:end], reading)
    if not starts:
        reading.note(f"no entry: none of its lines begins with TY ({shorten(text)!r})")
    return reading.result()


def _add(block: str, reading: Reading) -> None:
    import rispy

    lines = _TAG.sub(r"\1  - ", re.split(r"^ER {0,2}-", block, maxsplit=1, flags=re.MULTILINE)[0])
    # A line without a tag goes on with the one before, which rispy can only do after a tag that it knows.
    whole = re.sub(r"\n+(?![A-Z][A-Z0-9]  - )(?=\S|[ \t]+\S)[ \t]*", " ", lines.strip())
    (entry,) = rispy.loads(whole + "\nER  - \n", skip_unknown_tags=True, enforce_list_tags=False)

    def first(*names: str) -> object:
        return next((entry[name] for name in names if entry.get(name)), None)

    fields = record_fields(
        {
            "title": first("title", "primary_title", "translated_title", "short_title"),
            "authors": [_name(name) for name in _listed(first("authors", "first_authors", "secondary_authors"))],
            "date": _date(first("date")) if _year(first("date")) == _year(first("publication_year", "year")) else None,
            "year": _date(first("publication_year", "year", "date")),
            "doi": first("doi"),
            "url": first("urls"),
            "categories": _listed(first("keywords")),
            "venue": first("secondary_title", "journal_name", "alternate_title3", "alternate_title2"),
        }
    )
    abstract = " ".join(_listed(first("abstract", "notes_abstract")))
    reading.add(abstract, fields, record_id=str(first("id", "accession_number") or "") or None)


def _listed(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else [str(value)] if value else []


def _name(name: str) -> str:
    return name.rstrip(" ,")


def _date(value: object) -> str | None:
    """Return 2014/03/07/spring and 2014/// as dates."""
    return "-".join(part for part in str(value).split("/")[:3] if part.strip().isdigit()) if value else None


def _year(value: object) -> str:
    return str(value)[:4] if value else ""
