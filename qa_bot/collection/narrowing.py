"""Knows what a question about content narrows itself to by its words: by whom, from when, in which category.

Leaves questions about the collection itself to `reading`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from qa_bot.collection.dates import find_span
from qa_bot.collection.parts import LONGEST, find_category
from qa_bot.collection.people import AuthorNames
from qa_bot.collection.wording import PAPERS
from qa_bot.schema import Filters

_CITED = r",? (?:et al\b\.?|and (?:others|co-?workers|colleagues)),?(?: \(?(?P<year>(?:19|20)\d\d)\b\)?)?"


def filters_in(question: str, *, authors: AuthorNames, categories: Collection[str] = ()) -> Filters:
    """Return what a question about content narrows itself to: "What do the papers by Beyer from 2021 say about ...?"

    Only where it speaks of papers, or cites ("Hermans et al. (2017)"): a year or a name in "ImageNet 2012" or "the Hénaff
    loss" narrows nothing.
    """
    text = " ".join(question.split())
    cites, speaks_of_papers = re.search(rf"\w{_CITED}", text), re.search(rf"\b{PAPERS}\b", text, re.I)
    if len(text) > LONGEST or not (cites or speaks_of_papers):
        return Filters()
    for name, words in authors.find(text) if cites else ():
        if found := re.search(rf"{re.escape(words)}{_CITED}", text):
            year = int(found["year"]) if found["year"] else None
            return Filters(author=name, year_from=year, year_to=year)
    if not speaks_of_papers:
        return Filters()
    author = next(
        (
            name
            for name, words in authors.find(text)
            if re.search(rf"\b(?:by|of|from)\s+{re.escape(words)}|{re.escape(words)}['’]s?\b", text)
        ),
        None,
    )
    span = find_span(text)
    near = rf"\b{PAPERS}\b\W+(?:\w+\W+){{0,6}}?"
    if span and not (
        re.search(near + re.escape(span.words), text, re.I)
        or re.search(rf"{re.escape(span.words)}(?:['’]s)?\W+(?:\w+\W+)?{PAPERS}\b", text, re.I)
    ):
        span = None
    category, _ = find_category(text, categories)
    return Filters(
        author=author, year_from=span.year_from if span else None, year_to=span.year_to if span else None, category=category
    )


def without_filters(question: str, filters: Filters, *, authors: AuthorNames) -> str:
    """Return a question about content without the words that narrow it, which no abstract says: "the papers by Beyer from 2021"."""
    text = " ".join(question.split())
    for name, words in authors.find(text):
        if name == filters.author:
            text = re.sub(rf"\b(?:by\s+|of\s+|from\s+)?{re.escape(words)}(?:{_CITED}|(?:['’]s?)?(?!\w))", " ", text, count=1)
    if (filters.year_from or filters.year_to) and (span := find_span(text)):
        text = text.replace(span.words, " ", 1)
    return " ".join(text.split())
