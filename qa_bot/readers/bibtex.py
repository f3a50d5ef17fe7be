"""Knows BibTeX and BibLaTeX files, as Zotero, JabRef and arXiv export them.

Leaves parsing to bibtexparser and LaTeX in the text to `markup`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from qa_bot.readers.fields import record_fields
from qa_bot.readers.result import Reading, ReadResult, shorten

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry

# The parser logs what it could not parse; the reading names it, and nothing more goes to stderr.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_bibtex(text: str, file: str) -> ReadResult:
    """Read every entry; an entry that cannot be parsed is skipped with its line, one that repeats a key is read too."""
    import bibtexparser
    from bibtexparser.model import Entry

    reading = Reading(file)
    # Values stay as written: with `#` in them the parser's own middleware leaves half of the quotes.
    library = bibtexparser.parse_string(text, parse_stack=[])
    strings = {string.key.lower(): _value(string.value, {}) for string in library.strings}
    for block in library.blocks:
        entry = _entry_of(block)
        if isinstance(entry, Entry):
            _add(entry, strings, reading)
        elif entry is not None:
            reading.skip(entry)
    return reading.result()


def _entry_of(block: Block) -> Entry | str | None:
    """Return the entry that a block holds, or why it holds none; None for comments and strings."""
    from bibtexparser.model import Entry, ParsingFailedBlock

    if isinstance(block, Entry):
        return block
    if isinstance(block, ParsingFailedBlock):
        inside = block.ignore_error_block
        if isinstance(inside, Entry):  # a key or a field stands there twice
            return inside
        if inside is None:
            reason = " ".join(str(block.error).split())
            return f"line {block.start_line + 1} cannot be parsed: {shorten(reason, 120) or shorten(block.raw)!r}"
    return None


def _add(entry: Entry, strings: Mapping[str, str], reading: Reading) -> None:
    found: dict[str, str] = {}
    for field in entry.fields:
        found.setdefault(field.key.lower(), _value(field.value, strings))
    date = found.get("date") or "-".join(part for part in (found.get("year", ""), _month(found.get("month", ""))) if part)
    is_arxiv = "arxiv" in (found.get("archiveprefix") or found.get("eprinttype") or "arxiv").lower()
    fields = record_fields(
        {
            "title": _unbraced(found.get("title", "")),
            "authors": _authors(found.get("author") or found.get("editor") or ""),
            "date": date,
            "doi": found.get("doi"),
            "arxiv_id": found.get("eprint") if is_arxiv else None,
            "url": found.get("url"),
            "categories": found.get("primaryclass") or found.get("keywords"),
            "venue": _unbraced(found.get("journal") or found.get("journaltitle") or found.get("booktitle") or ""),
        }
    )
    reading.add(_unbraced(found.get("abstract", "")), fields, record_id=entry.key)


def _value(raw: object, strings: Mapping[str, str]) -> str:
    """Return what a field says: pieces joined by `#`, each in braces or quotes, a number or the name of a string."""
    pieces, piece, depth, quoted = [], "", 0, False
    for character in f"{raw}":
        if character == '"' and depth == 0 and not piece.endswith("\\"):
            quoted = not quoted
        depth += (character == "{") - (character == "}") if not piece.endswith("\\") else 0
        if character == "#" and depth == 0 and not quoted:
            pieces.append(piece)
            piece = ""
        else:
            piece += character
    pieces.append(piece)
    return "".join(_plain_piece(piece.strip(), strings) for piece in pieces).strip()


def _plain_piece(piece: str, strings: Mapping[str, str]) -> str:
    if len(piece) > 1 and (piece[0], piece[-1]) in (("{", "}"), ('"', '"')):
        return piece[1:-1]
    return strings.get(piece.lower(), piece)


def _unbraced(text: str) -> str:
    """Take away braces that only protect capitals, `{BERT}`; those of a command, a formula or an accent stay."""
    parts = re.split(r"(\$[^$]*\$)", text)
    before = None
    while before != parts:
        before = parts
        parts = [
            part
            if part.startswith("$")
            else re.sub(r"(?<![\\A-Za-z}^_*\]])\{([^{}\\$][^{}$]*|)\}|(?<=[a-z])\{([A-Z][^{}\\$]*)\}", _inside, part)
            for part in parts
        ]
    return " ".join("".join(parts).split())


def _inside(match: re.Match[str]) -> str:
    return match[1] if match[1] is not None else match[2]


def _authors(text: str) -> list[str]:
    """Part names at each ` and ` outside braces; a name in braces is one name, a comma in it is no turn of order."""
    names, name, depth = [], "", 0
    for word in re.split(r"(\s+)", text):
        depth += word.count("{") - word.count("}")
        if word == "and" and depth == 0:
            names.append(name)
            name = ""
        else:
            name += word
    return [_name(name.strip()) for name in [*names, name] if name.strip()]


def _name(name: str) -> str:
    from qa_bot.readers.fields import natural_order

    if name.startswith("{") and name.endswith("}") and name.count("{") == 1:
        return name[1:-1]
    return _unbraced(natural_order(name))


def _month(month: str) -> str:
    name = month.strip().lower()[:3]
    return f"{_MONTHS.index(name) + 1:02}" if name in _MONTHS else month.strip().zfill(2) if month.strip().isdigit() else ""
