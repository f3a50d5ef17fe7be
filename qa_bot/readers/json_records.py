"""Knows JSON and JSON lines: records with title, abstract or text and bibliography, arXiv's own dump, and facts.

Leaves the meaning of the fields to `fields`.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from qa_bot.readers.decoding import Unreadable, open_unzipped
from qa_bot.readers.fields import as_rfc_date, is_arxiv_id, record_fields
from qa_bot.readers.result import Reading, ReadResult
from qa_bot.schema import Fact

RECORDS_PER_PART = 10_000
_ABSTRACT_KEYS = (
    "abstract",
    "text",
    "summary",
    "paperAbstract",
    "abstractText",
    "abstract_inverted_index",
    "description",
    "content",
    "body",
)
_ID_KEYS = ("id", "_id", "record_id", "paper_id", "paperId", "corpus_id", "corpusid", "doc_id", "docid", "key", "pmid", "uid")
_NAMES = {
    "title": ("title", "paper_title", "name", "display_name"),
    "authors": ("authors_parsed", "authors", "author", "authors_full", "creators", "authorships"),
    "date": ("date", "published", "publication_date", "publicationDate", "issued", "created", "update_date", "updated"),
    "year": ("year", "publication_year", "pub_year"),
    "doi": ("doi", "DOI"),
    "arxiv_id": ("arxiv_id", "arxiv", "arxivId", "eprint"),
    "url": ("url", "URL", "link", "pdf_url", "landing_page_url"),
    "categories": ("categories", "category", "subjects", "fieldsOfStudy", "keywords"),
    "venue": ("venue", "journal", "journal-ref", "container-title", "booktitle"),
}
_LISTS = ("papers", "records", "items", "documents", "data", "results", "entries", "articles", "message")


def looks_like_json(text: str) -> bool:
    """Return whether a text of no telling name begins as JSON does."""
    return re.match(r'\s*(?:\{\s*"|\[\s*\{\s*")', text) is not None


def read_json(text: str, file: str) -> ReadResult:
    """Read a JSON document or JSON lines; each object is one record or one fact, a broken line is skipped."""
    reading = Reading(file)
    for place, value in _values(text, file):
        _add(place, value, reading)
    return reading.result()


def is_json_lines(path: Path) -> bool:
    """Return whether a file can be read line by line: UTF-8, gzipped or not, the first two lines each an object."""
    try:
        with open_unzipped(path) as stream:
            lines = [line for line in islice(stream, 4) if line.strip()][:2]
    except (OSError, EOFError, zlib.error):
        return False
    return len(lines) == 2 and all(isinstance(_parse(line)[0], Mapping) for line in lines)


def read_json_lines(path: Path) -> Iterator[ReadResult]:
    """Read JSON lines, which may be larger than memory, a batch of records at a time.

    Where the file breaks off or cannot be unpacked further, the last part says so; raise Unreadable before the first part.
    """
    reading = Reading(path.name)
    has_parts = False
    try:
        with open_unzipped(path) as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    value, error = _parse(line)
                    _add(f"line {number}", error if error else value if isinstance(value, Mapping) else None, reading)
                if len(reading.records) >= RECORDS_PER_PART:
                    yield reading.take()
                    has_parts = True
    except (OSError, EOFError, zlib.error) as error:
        if not has_parts:
            raise Unreadable(f"cannot be read to its end ({error})") from error
        reading.note(f"cannot be read to its end ({error}); what stands before that went in")
    yield reading.take()


def _add(place: str, value: Any, reading: Reading) -> None:
    if isinstance(value, str):
        reading.skip(f"{place} is not JSON: {value}")
    elif value is None:
        reading.skip(f"{place} is not an object with fields")
    elif isinstance(value.get("abstracts"), list) and not isinstance(value.get("abstract"), str):
        _add_fact(value, place, reading)
    else:
        _add_record(value, reading)


def _values(text: str, file: str) -> Iterator[tuple[str, Any]]:
    """Yield (place, object); a str in place of the object says why that line cannot be parsed."""
    if _is_lines(text, file):
        for number, line in _lines(text):
            value, error = _parse(line)
            yield f"line {number}", error if error else value if isinstance(value, Mapping) else None
        return
    whole, error = _parse(text)
    if error:
        raise Unreadable(f"not JSON: {error}")
    if isinstance(whole, Mapping):
        inside = next((whole[name] for name in _LISTS if isinstance(whole.get(name), list)), None)
        whole = inside if inside is not None and not any(whole.get(name) for name in _ABSTRACT_KEYS) else [whole]
    values = whole if isinstance(whole, list) else [whole]
    yield from ((f"entry {number}", value if isinstance(value, Mapping) else None) for number, value in enumerate(values, 1))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank with its number, one at a time: a dump can be as large as memory."""
    start, number = 0, 1
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line.strip():
            yield number, line
        start, number = end + 1, number + 1


def _is_lines(text: str, file: str) -> bool:
    """Return whether each line is a document of its own, even where the first one is broken."""
    named_so = re.search(r"\.(?:jsonl|ndjson|jl)(?:\.gz)?\Z", file.lower()) is not None
    first, *more = (line for _, line in islice(_lines(text), 4))
    if isinstance(_parse(first)[0], Mapping):
        return bool(more) or named_so
    if _parse(text)[1] is None:
        return False
    return named_so or any(isinstance(_parse(line)[0], Mapping) for line in more)


def _parse(line: str | bytes) -> tuple[Any, str | None]:
    try:
        return orjson.loads(line), None
    except orjson.JSONDecodeError:  # the standard parser takes NaN and lone surrogates too, and says where it stopped
        pass
    if isinstance(line, bytes):
        try:
            line = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            line = line.decode("cp1252", errors="replace")
    try:
        return json.loads(line), None
    except (ValueError, RecursionError) as error:
        message = getattr(error, "msg", str(error))
        return None, f"{message} at character {getattr(error, 'pos', 0) + 1}"


def _add_record(entry: Mapping[str, Any], reading: Reading) -> None:
    found = {field: next((entry[name] for name in names if entry.get(name)), None) for field, names in _NAMES.items()}
    abstract = next((_joined(entry[name]) for name in _ABSTRACT_KEYS if entry.get(name)), "")
    record_id = next((str(entry[name]) for name in _ID_KEYS if entry.get(name) not in (None, "")), None)
    match entry.get("versions"):
        case [{"created": created}, *_]:  # arXiv's dump: the day of the first version
            found["date"] = as_rfc_date(created)
    if isinstance(found["categories"], list):
        found["categories"] = [part for whole in found["categories"] for part in _categories(whole)]
    if not found["arxiv_id"] and record_id and is_arxiv_id(record_id):
        found["arxiv_id"] = record_id
    reading.add(abstract, record_fields(found), record_id=record_id)


def _categories(whole: Any) -> list[Any]:
    """Part `cs.CV cs.LG`, as arXiv writes several in one text; leave a category of several words whole."""
    is_several = (
        isinstance(whole, str) and re.fullmatch(r"[a-z-]+(?:\.[\w-]+)?(?: [a-z-]+(?:\.[\w-]+)?)+", whole) and "." in whole
    )
    return whole.split() if is_several else [whole]


def _joined(value: Any) -> str:
    if isinstance(value, Mapping):  # OpenAlex: each word with its places
        placed = [
            (at, word) for word, places in value.items() if isinstance(places, list) for at in places if isinstance(at, int)
        ]
        return " ".join(word for _, word in sorted(placed))
    if isinstance(value, list):  # SciFact keeps an abstract as its sentences
        return " ".join(str(part).strip() for part in value)
    return str(value) if isinstance(value, str | int | float) else ""


def _add_fact(entry: Mapping[str, Any], place: str, reading: Reading) -> None:
    fields = record_fields({name: entry.get(name) for name in ("title", "authors", "date", "arxiv_id", "doi")})
    if "title" not in fields:
        reading.skip(f"{place} gives facts without a title")
        return
    reading.ordinal += 1
    reading.facts.append(
        Fact(
            title=fields["title"],
            authors=fields.get("authors", ()),
            authors_complete=bool(entry.get("authors_complete", True)),
            arxiv_id=fields.get("arxiv_id"),
            doi=fields.get("doi"),
            date=fields.get("date"),
            aliases=tuple(str(alias) for alias in entry.get("aliases") or ()),
            abstracts=tuple(str(key) for key in entry["abstracts"]),
        )
    )
