"""Knows which format a file is in, by its suffix and by how its text begins.

Leaves each format to its own module, imported when a file needs it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from qa_bot.readers.decoding import Unreadable
from qa_bot.readers.result import ReadResult

Reader = Callable[[str, str], ReadResult]

_BY_SUFFIX = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".jl"), ("json_records", "read_json")),
    **dict.fromkeys((".bib", ".bibtex"), ("bibtex", "read_bibtex")),
    ".ris": ("ris", "read_ris"),
    ".pdf": ("pdf", "read_pdf"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), ("table", "read_table")),
    **dict.fromkeys((".xml", ".atom", ".rss"), ("xml", "read_xml")),
    **dict.fromkeys((".txt", ".text", ".md", ".markdown", ".rst", ""), None),
}


def is_pdf(path: Path, data: bytes) -> bool:
    """Return whether a file is one of bytes, not of text: a PDF by its name or by its first bytes."""
    return path.name.lower().removesuffix(".gz").endswith(".pdf") or data[:1024].lstrip().startswith(b"%PDF-")


def reader_for(path: Path, text: str, *, columns: Mapping[str, str] | None = None) -> Reader:
    """Return the reader of a file's format; raise Unreadable where none fits. `columns` names those of a table."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in _BY_SUFFIX and not re.fullmatch(r"\.\d+", suffix):
        known = ", ".join(sorted(filter(None, _BY_SUFFIX)))
        raise Unreadable(f"files of the kind {suffix} are not read; known are {known}, each also as .gz")
    module, function = _BY_SUFFIX.get(suffix) or _by_content(text, is_markdown=suffix in (".md", ".markdown"))
    reader: Reader = getattr(importlib.import_module(f"qa_bot.readers.{module}"), function)
    return partial(reader, columns=columns) if columns and module == "table" else reader


def _by_content(text: str, *, is_markdown: bool) -> tuple[str, str]:
    """Name the reader of a text: a format that its first lines give away, else a profile page, else plain text."""
    from qa_bot.readers.json_records import looks_like_json
    from qa_bot.readers.markdown import has_markdown_marks
    from qa_bot.readers.profile_pages import has_records
    from qa_bot.readers.ris import looks_like_ris
    from qa_bot.readers.xml import looks_like_xml

    if looks_like_json(text):
        return "json_records", "read_json"
    if looks_like_xml(text):
        return "xml", "read_xml"
    if re.match(r"\s*(?:%[^\n]*\n\s*)*@[A-Za-z]+\s*\{", text):
        return "bibtex", "read_bibtex"
    if looks_like_ris(text):
        return "ris", "read_ris"
    if (is_markdown or text.startswith("---\n")) and has_markdown_marks(text):
        return "markdown", "read_markdown"
    return ("profile_pages", "read_profile_page") if has_records(text) else ("plain_text", "read_plain_text")
