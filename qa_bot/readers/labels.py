"""Knows labelled lines above an abstract: `Title: ...`, `Authors: ...`, `DOI: ...`.

Leaves the abstract itself to the reader that found it.
"""

from __future__ import annotations

import re
from typing import Any

from qa_bot.readers.fields import record_fields

_NAMES = "title|authors?|date|published|year|doi|url|link|arxiv(?:[ _-]?id)?|categories|category|subjects?|journal|venue"
_LABEL = re.compile(rf"^[ \t>*#_-]*({_NAMES})[*_]*[ \t]*[:：][*_]*[ \t]*(.*)$", re.IGNORECASE)
_KEYS = {
    "author": "authors",
    "published": "date",
    "link": "url",
    "arxiv": "arxiv_id",
    "arxivid": "arxiv_id",
    "category": "categories",
    "subjects": "categories",
    "subject": "categories",
    "journal": "venue",
}


def labels_before(text: str, start: int, end: int) -> tuple[int, dict[str, Any] | None]:
    """Return where the labelled lines that end at `end` begin, not before `start`, and the fields they name.

    Without a title among them they are no labels: the end is returned as it was.
    """
    found: dict[str, str] = {}
    begin, at = end, end
    while at > start:
        line_start = max(text.rfind("\n", start, at - 1) + 1, start) if at > start else start
        line = text[line_start:at].strip("\n")
        match = _LABEL.match(line)
        if match:
            name = re.sub(r"[ _-]", "", match[1].lower())
            found.setdefault(_KEYS.get(name, name), match[2].strip(" \t*_"))
            begin = line_start
        elif line.strip():
            break
        at = line_start
    return (begin, record_fields(found)) if found.get("title") else (end, None)
