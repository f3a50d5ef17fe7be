"""Knows which format a file is in, by its suffix and by how its text begins.

Leaves each format to its own module, imported when a file needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qa_bot.readers.decoding import Unreadable
from qa_bot.readers.result import ReadResult

Reader = Callable[[str, str], ReadResult]

_TEXT_SUFFIXES = frozenset(("", ".txt", ".text", ".md", ".markdown", ".rst"))
_JSON_SUFFIXES = frozenset((".json", ".jsonl", ".ndjson", ".jl"))


def reader_for(path: Path, text: str) -> Reader:
    """Return the reader of a file's format; raise Unreadable where none fits."""
    suffix = _suffix(path)
    if suffix in _JSON_SUFFIXES:
        from qa_bot.readers.json_records import read_json

        return read_json
    if suffix in _TEXT_SUFFIXES:
        return _text_reader(text)
    raise Unreadable(
        f"files of the kind {suffix} are not read; known are "
        + ", ".join(sorted((_TEXT_SUFFIXES | _JSON_SUFFIXES) - {""}))
        + ", each also as .gz"
    )


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _text_reader(text: str) -> Reader:
    from qa_bot.readers.json_records import looks_like_json, read_json
    from qa_bot.readers.plain_text import read_plain_text
    from qa_bot.readers.profile_pages import has_records, read_profile_page

    if looks_like_json(text):
        return read_json
    return read_profile_page if has_records(text) else read_plain_text
