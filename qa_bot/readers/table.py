"""Knows tables, CSV and TSV: columns recognised by name, as Zotero, Scopus, Web of Science and people name them.

Leaves the meaning of the cells to `fields`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from qa_bot.readers.decoding import Unreadable
from qa_bot.readers.fields import is_arxiv_id, record_fields
from qa_bot.readers.result import Reading, ReadResult

# Letters of a column's name, in small; the first that is there and filled counts.
_COLUMNS = {
    "abstract": ("abstract", "abstractnote", "abstracttext", "paperabstract", "summary", "text", "ab", "description"),
    "title": ("title", "articletitle", "documenttitle", "papertitle", "primarytitle", "ti", "name"),
    "authors": (
        "authorfullnames",
        "authors",
        "author",
        "authornames",
        "authorsnames",
        "creators",
        "creator",
        "au",
        "firstauthor",
    ),
    "date": (
        "date",
        "publicationdate",
        "published",
        "publisheddate",
        "datepublished",
        "coverdate",
        "issued",
        "created",
        "updatedate",
    ),
    "year": ("year", "publicationyear", "pubyear", "publishedyear", "yearofpublication", "py"),
    "doi": ("doi", "doiurl", "di"),
    "arxiv_id": ("arxivid", "arxiv", "eprint"),
    "url": ("url", "link", "paperurl", "pdfurl", "articleurl", "uri"),
    "categories": ("categories", "category", "subjects", "subject", "keywords", "authorkeywords", "manualtags", "fieldsofstudy"),
    "venue": ("journal", "venue", "publicationtitle", "sourcetitle", "journaltitle", "booktitle", "conference", "so"),
    "id": ("id", "paperid", "recordid", "key", "pmid", "eid", "ut", "corpusid", "uid", "docid"),
}
FIELDS = tuple(_COLUMNS)


def read_table(text: str, file: str, *, columns: Mapping[str, str] | None = None) -> ReadResult:
    """Read one record a row. `columns` maps fields (abstract, title, authors, ...) to the names of this table's columns.

    Raise Unreadable where no column holds abstracts; the message names the columns that there are.
    """
    reading = Reading(file)
    csv.field_size_limit(2**31 - 1)
    rows = csv.reader(io.StringIO(text), dialect=_dialect(text), strict=False)
    header = [name.strip() for name in next(rows, [])]
    places = _places(header, columns or {})
    if "abstract" not in places:
        raise Unreadable(
            f"no column holds abstracts; there are: {', '.join(header) or 'none'}. Name one of them abstract, or map it"
        )
    for row in rows:
        if any(cell.strip() for cell in row):
            _add(row, places, len(header), reading)
    return reading.result()


def _dialect(text: str) -> type[csv.Dialect]:
    """Choose the separator that is most frequent in the first line outside quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().split("\n", 1)[0])
    separator = max("\t,;|", key=first.count)

    class Found(csv.excel):
        delimiter = separator
        quoting = csv.QUOTE_MINIMAL if separator != "\t" or '"' in text.split("\n", 2)[-1][:100_000] else csv.QUOTE_NONE

    return Found


def _places(header: list[str], columns: Mapping[str, str]) -> dict[str, list[int]]:
    """Return which columns hold each field, the likeliest first."""
    letters = [re.sub(r"[\W_]+", "", name.lower()) for name in header]
    found = {field: [letters.index(name) for name in names if name in letters] for field, names in _COLUMNS.items()}
    for field, name in columns.items():
        if name not in header:
            raise Unreadable(f"there is no column {name!r} for {field}; there are: {', '.join(header)}")
        found[field] = [header.index(name)]
    return {field: places for field, places in found.items() if places}


def _add(row: list[str], places: Mapping[str, list[int]], width: int, reading: Reading) -> None:
    cells = {
        field: next((row[at].strip() for at in wanted if at < len(row) and row[at].strip()), "")
        for field, wanted in places.items()
    }
    if len(row) > width and any(cell.strip() for cell in row[width:]):
        reading.skip(f"the row has {len(row)} cells and the header {width}: a separator stands outside quotes")
        return
    cells["authors"] = _authors(cells.get("authors", ""))
    record_id = cells.pop("id", "") or None
    if not cells.get("arxiv_id") and record_id and is_arxiv_id(record_id):
        cells["arxiv_id"] = record_id
    reading.add(cells.pop("abstract", ""), record_fields(cells), record_id=record_id)


def _authors(cell: str) -> str:
    """Take away what Scopus adds to full names, `Beyer, Lucas (57194)`, and the brackets of a list in Python's writing."""
    cell = re.sub(r"\s*\(\d+\)", "", cell)
    listed = re.fullmatch(r"\[\s*(['\"].*['\"])\s*\]", cell, re.DOTALL)
    return "; ".join(re.findall(r"['\"]((?:[^'\"\\]|\\.|(?<=\w)'(?=\w))+)['\"]", listed[1])) if listed else cell.replace("|", ";")
