"""Knows the elements of an XML document: each whole one as it comes, and the text of mixed content.

Leaves what they mean to the module of each format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree


def elements(text: str, names: frozenset[str]) -> Iterator[ElementTree.Element | str]:
    """Yield each whole element of these names, freed after use; last a str with the reason where the document breaks off."""
    parser = ElementTree.XMLPullParser(events=("start", "end"))
    # A declared encoding no longer holds: the text was decoded.
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    open_elements: list[ElementTree.Element] = []
    try:
        for start in range(0, len(text), 1 << 16):
            parser.feed(text[start : start + (1 << 16)])
            yield from _finished(parser, names, open_elements)
        parser.close()
        yield from _finished(parser, names, open_elements)
    except ElementTree.ParseError as error:
        yield f"the XML breaks off at line {error.position[0]}: {error.msg.split(':')[0]}"


def _finished(
    parser: ElementTree.XMLPullParser, names: frozenset[str], open_elements: list[ElementTree.Element]
) -> Iterator[ElementTree.Element]:
    for event, element in parser.read_events():
        if event == "start":
            open_elements.append(element)
            continue
        open_elements.pop()
        if local_name(element) in names:
            yield element
            element.clear()
            if open_elements and not any(local_name(parent) in names for parent in open_elements):
                open_elements[-1].remove(element)


def local_name(element: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def text_of(element: ElementTree.Element | None) -> str:
    """Return the text of an element with all inside it; raised and lowered letters keep their tags for `markup`."""
    if element is None:
        return ""
    parts = [element.text or ""]
    for child in element:
        inner, name = text_of(child), local_name(child)
        parts += [f"<{name}>{inner}</{name}>" if name in ("sub", "sup") and inner else inner, child.tail or ""]
    return "".join(parts)
