"""Knows which XML format a document is in, by its root.

Leaves each format to its own module.
"""

from __future__ import annotations

import re

from qa_bot.readers.arxiv_atom import read_arxiv_feed
from qa_bot.readers.decoding import Unreadable
from qa_bot.readers.pubmed import read_pubmed
from qa_bot.readers.result import ReadResult


def read_xml(text: str, file: str) -> ReadResult:
    """Read PubMed's XML or an Atom feed of arXiv; raise Unreadable for any other root."""
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
