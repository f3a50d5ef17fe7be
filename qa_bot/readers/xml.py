"""Knows which XML format a document is in, by its root, and the text of mixed content.

Leaves each format to its own module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from qa_bot.readers.decoding import Unreadable
from qa_bot.readers.result import ReadResult


def read_xml(text: str, file: str) -> ReadResult:
    """Read PubMed's XML or an Atom feed of arXiv; raise Unreadable for any other root."""
    from qa_bot.readers.arxiv_atom import read_arxiv_feed
    from qa_bot.readers.pubmed import read_pubmed

    root = root_name(text)
    if root in ("PubmedArticleSet", "PubmedArticle", "MedlineCitationSet", "MedlineCitation", "PubmedBookArticleSet"):
        return read_pubmed(text, file)
    if root in ("feed", "entry"):
        return read_arxiv_feed(text, file)
    raise Unreadable(f"XML of the kind <{root}> is not read; known are PubMed's <PubmedArticleSet> and Atom's <feed>")


def looks_like_xml(text: str) -> bool:
    """Return whether a text of no telling name is XML of a known kind."""
    return text.lstrip()[:1] == "<" and root_name(text) in ("PubmedArticleSet", "feed", "MedlineCitationSet")


def root_name(text: str) -> str:
    """Return the name of the first element, without its namespace; empty where there is none."""
    match = re.search(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)", re.sub(r"<!--.*?-->", "", text[:20_000], flags=re.DOTALL))
    return match[1] if match else ""


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
