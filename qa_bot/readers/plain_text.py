"""Knows text without marks: a title and its abstract, several of them, or abstracts alone, parted by blank lines.

Leaves profile pages to `profile_pages`.
"""

from __future__ import annotations

import re

from qa_bot.readers.names import Authors, looks_like_authors, parse_authors
from qa_bot.readers.result import Reading, ReadResult, shorten

_SHORTEST_ABSTRACT = 120


def read_plain_text(text: str, file: str) -> ReadResult:
    """Read paragraphs: a short one is the title of the long one after it, a long one without a title is an abstract.

    Where titles are used, further long paragraphs belong to the abstract above them. What is neither is skipped.
    """
    reading = Reading(file)
    paragraphs = [part for part in _paragraphs(text) if part]
    titled = any(not _is_abstract(a) and _is_abstract(b) for a, b in zip(paragraphs, paragraphs[1:], strict=False))
    title: str | None = None
    authors: Authors | None = None
    body: list[str] = []
    for paragraph in [*paragraphs, ""]:
        if paragraph and _is_abstract(paragraph):
            if body and not titled:
                _add(reading, title, authors, body)
                title, authors = None, None
                body = []
            body.append(paragraph)
            continue
        if body:
            _add(reading, title, authors, body)
            title, authors, body = None, None, []
        if not paragraph:
            break
        if title and authors is None and looks_like_authors(paragraph):
            authors = parse_authors(paragraph)
            continue
        if title:
            reading.skip(f"neither a title with an abstract nor an abstract: {shorten(title)!r}")
        title, authors = paragraph, None
    if title:
        reading.skip(f"neither a title with an abstract nor an abstract: {shorten(title)!r}")
    return reading.result()


def _add(reading: Reading, title: str | None, authors: Authors | None, body: list[str]) -> None:
    fields = {"title": title} if title else {}
    if authors:
        fields |= {"authors": authors.names, "authors_complete": authors.complete, "organisations": authors.organisations}
    reading.add("\n\n".join(body), fields)


def _paragraphs(text: str) -> list[str]:
    """Part the text at blank lines; a first line that stands for a title is a paragraph of its own."""
    found: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.strip()):
        lines = [re.sub(r"\A\s*#{1,6}\s+", "", line).strip() for line in block.split("\n")]
        is_heading = block.lstrip().startswith("#")
        if len(lines) > 1 and not _is_abstract(lines[0]) and (is_heading or _is_abstract(lines[1])):
            found += [lines[0], "\n".join(lines[1:]).strip()]
        else:
            found.append("\n".join(lines).strip())
    return found


def _is_abstract(paragraph: str) -> bool:
    sentences = len(re.findall(r"[^\W\d_A-Z]{2}[)\"”]?[.!?](?=\s|\Z)", paragraph))
    return len(paragraph) >= 400 or (len(paragraph) >= _SHORTEST_ABSTRACT and sentences >= 1)
