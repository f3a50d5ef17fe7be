"""Knows Markdown notes on papers: front matter, a heading as title, a section called Abstract.

Leaves Markdown without such marks to `plain_text`.
"""

from __future__ import annotations

import re
from typing import Any

from qa_bot.readers.fields import record_fields
from qa_bot.readers.names import looks_like_authors, parse_authors
from qa_bot.readers.plain_text import read_plain_text
from qa_bot.readers.result import Reading, ReadResult

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$|^([^\n#>*-].*)\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_ABSTRACT = re.compile(r"(?:\d+\.?\s*)?(?:abstract|summary)[:.]?", re.IGNORECASE)


def has_markdown_marks(text: str) -> bool:
    """Return whether a text has front matter with a title or an abstract, or a heading `Abstract`."""
    front = _FRONT.match(text)
    if front and re.search(r"(?mi)^(title|abstract)\s*:", front[1]):
        return True
    return any(_ABSTRACT.fullmatch(_name(match)) for match in _HEADING.finditer(text))


def read_markdown(text: str, file: str) -> ReadResult:
    """Read one record for each section `Abstract`, under the nearest higher heading, or the one that front matter tells."""
    if not has_markdown_marks(text):
        return read_plain_text(text, file)
    reading = Reading(file)
    front = _FRONT.match(text)
    known = _front_matter(front[1]) if front else {}
    body = text[front.end() :] if front else text
    headings = list(_HEADING.finditer(body))
    abstracts = [place for place, match in enumerate(headings) if _ABSTRACT.fullmatch(_name(match))]
    for place in abstracts:
        end = headings[place + 1].start() if place + 1 < len(headings) else len(body)
        above = next((match for match in reversed(headings[:place]) if _level(match) < _level(headings[place])), None)
        fields = dict(known) if len(abstracts) == 1 else {}
        if above:
            fields.setdefault("title", _name(above))
            fields = _between(body[above.end() : headings[place].start()]) | fields
        reading.add(_prose(body[headings[place].end() : end]), record_fields(fields))
    if not abstracts:
        abstract = str(known.pop("abstract", "") or body)
        known.setdefault("title", _name(headings[0]) if headings else None)
        reading.add(_prose(_HEADING.sub("", abstract)), record_fields(known))
    return reading.result()


def _name(match: re.Match[str]) -> str:
    return re.sub(r"[*_`]+", "", match[2] or match[3]).strip()


def _level(match: re.Match[str]) -> int:
    return len(match[1]) if match[1] else 1 if match[4].startswith("=") else 2


def _front_matter(text: str) -> dict[str, Any]:
    """Read `key: value`, lists in brackets or by dashes, and text that goes on in indented lines."""
    found: dict[str, Any] = {}
    key = ""
    for line in text.split("\n"):
        if match := re.match(r"([A-Za-z_][\w -]*?)\s*:(?:\s+(.*)|\s*)$", line):
            key, value = match[1].lower(), (match[2] or "").strip()
            listed = re.fullmatch(r"\[(.*)\]", value)
            found[key] = (
                [_unquoted(part) for part in listed[1].split(",")]
                if listed
                else ""
                if value in ("|", ">", "|-", ">-")
                else _unquoted(value)
            )
        elif key and (item := re.match(r"\s*-\s+(?:name\s*:\s*)?(.+)$", line)):
            found[key] = [*(found[key] if isinstance(found[key], list) else []), _unquoted(item[1])]
        elif key and line.startswith((" ", "\t")) and isinstance(found[key], str):
            found[key] = f"{found[key]} {line.strip()}".strip()
    renamed = {"author": "authors", "journal": "venue", "tags": "categories", "arxiv": "arxiv_id", "link": "url"}
    return {renamed.get(name, name): value for name, value in found.items() if value}


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _between(text: str) -> dict[str, Any]:
    """Find authors in the lines between a title and its abstract."""
    for line in text.split("\n"):
        plain = re.sub(r"[*_`]+|\A\s*(?:authors?|by)\s*:?\s+", "", line.strip(), flags=re.IGNORECASE)
        if plain and looks_like_authors(plain) and (listed := parse_authors(plain)):
            return {"authors": list(listed.names) + ([] if listed.complete else ["et al."])}
    return {}


def _prose(text: str) -> str:
    """Take away links, emphasis and quoting; words stay."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*>\s?", "", text, flags=re.MULTILINE)
    return re.sub(r"(?<![\w*])(\*{1,2})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])", r"\2", text).strip()
