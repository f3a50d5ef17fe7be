"""Knows Atom feeds as the arXiv API answers with them.

Leaves the XML itself to `xml`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from qa_bot.readers.fields import record_fields
from qa_bot.readers.result import Reading, ReadResult
from qa_bot.readers.elements import elements, local_name, text_of


def read_arxiv_feed(text: str, file: str) -> ReadResult:
    """Read every entry of a feed; an answer of the API that is an error is skipped with its words."""
    reading = Reading(file)
    for entry in elements(text, frozenset(("entry",))):
        if isinstance(entry, str):
            reading.note(entry)
        else:
            _add(entry, reading)
    return reading.result()


def _add(entry: Element, reading: Reading) -> None:
    def all_of(name: str) -> list[Element]:
        return [child for child in entry if local_name(child) == name]

    def first(name: str) -> str:
        return next((text_of(child).strip() for child in all_of(name)), "")

    address = first("id")
    if first("title") == "Error" and "errors" in address:
        reading.skip(f"the feed is an error of the API: {first('summary')}")
        return
    links = {link.get("rel", "alternate"): link.get("href") for link in all_of("link")}
    fields = record_fields(
        {
            "title": first("title"),
            "authors": [text_of(name) for author in all_of("author") for name in author if local_name(name) == "name"],
            "date": first("published") or first("updated"),
            "doi": first("doi"),
            "arxiv_id": address.partition("/abs/")[2],
            "url": links.get("alternate") or address,
            "categories": [category.get("term", "") for category in all_of("category")],
            "venue": first("journal_ref"),
        }
    )
    reading.add(first("summary") or first("content"), fields, record_id=address.partition("/abs/")[2] or address or None)
