"""Knows which parts of a question about the collection name people, times, categories and organisations, and masks them.

Leaves which kind of question it is to `reading`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from qa_bot.collection import wording
from qa_bot.collection.asked import CollectionQuestion
from qa_bot.collection.dates import Span, find_span
from qa_bot.collection.parts import INSTITUTION, find_category, find_organisation
from qa_bot.collection.people import AuthorNames, Person, unknown_name
from qa_bot.collection.wording import CATEGORY, ORGANISATION, OTHER, PAPERS, PERSON, TIME
from qa_bot.schema import Filters

_KEYWORDS = 8


@dataclass(frozen=True)
class Masked:
    """A question and what was understood of it; in `masked` one letter stands for each such part."""

    text: str
    masked: str
    people: tuple[Person, ...]
    base: CollectionQuestion
    is_keywords: bool


def mask(text: str, authors: AuthorNames, categories: Collection[str], organisations: Collection[str]) -> Masked:
    """Find whose, from when, in which category and of whom a question asks, and put a letter in the place of each."""
    is_keywords = (
        len(text.split()) <= _KEYWORDS
        and not text.endswith("?")
        and not wording.ASKS_OR_ORDERS.match(text)
    )
    people = authors.people(text, anywhere=is_keywords)
    span = find_span(
        text,
        anywhere=is_keywords
        and (bool(people) or bool(re.search(rf"\b{PAPERS}\b", text, re.I)) or bool(re.fullmatch(r"\W*\d{4}\W*", text))),
    )
    category, category_words = find_category(text, categories)
    organisation, organisation_words = find_organisation(text, organisations)
    masked = text
    out: list[Person] = []
    for person in people:
        place = masked.find(person.words)
        if place >= 0:
            without = wording.WITHOUT.search(masked[:place])
            is_out = bool(without)
            out += [person] if is_out else []
            before = masked[: without.start()] if without else masked[:place]
            masked = before + (OTHER if is_out else PERSON) + masked[place + len(person.words) :]
    wanted = [person for person in people if person not in out]
    masked = re.sub(rf"{PERSON},? (?:et al\b\.?|and (?:others|co-?workers|colleagues))", PERSON, masked)
    if span is None and (beside := re.search(rf"{PERSON},? \(?(?P<year>(?:19|20)\d\d)\b\)?", masked)):  # "Beyer (2021)"
        span = Span(beside["year"], beside["year"], beside["year"])
    for words, mask in ((span.words if span else "", TIME), (category_words, CATEGORY), (organisation_words, ORGANISATION)):
        masked = masked.replace(words, mask, 1) if words else masked
    place = (
        "only"
        if wanted and wording.ONLY_AUTHOR.search(masked)
        else "first or last"
        if wording.FIRST_AUTHOR.search(masked) and wording.LAST_AUTHOR.search(masked)
        else "first"
        if wording.FIRST_AUTHOR.search(masked)
        else "last"
        if wording.LAST_AUTHOR.search(masked)
        else ""
    )
    by_any = len(wanted) > 1 and bool(re.search(rf"{PERSON}\s*,?\s*or\s+{PERSON}|\beither\b.*{PERSON}", masked, re.I))
    filters = Filters(
        author=wanted[0].name if wanted else None,
        category=category,
        year_from=span.year_from if span else None,
        year_to=span.year_to if span else None,
    )
    unknown = "" if people else _unknown(masked, text, organisation, category, categories)
    base = CollectionQuestion(
        "list",
        filters,
        also_by=tuple(person.name for person in wanted[1:]),
        by_any=by_any,
        not_by=tuple(person.name for person in out),
        span=span,
        place=place,
        is_first_author=place == "first",
        organisation=organisation,
        unknown=unknown,
        notes=tuple(f"“{person.words}” was read as {person.name}." for person in people if person.is_guess),
    )
    return Masked(text, masked, tuple(people), base, is_keywords)


def _unknown(masked: str, text: str, organisation: str | None, category: str | None, categories: Collection[str]) -> str:
    """Return in words what a question asks for that no record bears: an author, an organisation, a category."""
    if not re.search(rf"\b{PAPERS}\b|^(?:anything|something|everything|what|who)\b", text, re.I):
        return ""
    if organisation is None and (
        found := re.search(
            (
                rf"\b(?:from|by|at|of)\s+(?:the )?(?:(?:people|researchers|authors) (?:at|from) )?(?P<x>{INSTITUTION})(?=\W"
                rf"|$)|\b(?P<y>{INSTITUTION})(?:['’]s)? (?={PAPERS})"
            ),
            text,
        )
    ):
        return f"recorded as from {(found['x'] or found['y']).strip()}"
    if (
        categories
        and category is None
        and (
            found := re.search(
                r"\bcategory\s+(?P<x>[\w.-]+)|\bin the (?P<y>[\w-]+(?: [\w-]+)?) (?:category|section)\b", text, re.I
            )
        )
    ):
        return f"in a category called {found['x'] or found['y']}"
    if organisation:
        return ""
    name = unknown_name(text) or (
        unknown_name(text, by_only=False)
        if re.match(r"(?:what|which|did|has|have)\b.*\b(?:write|written|publish|published|author|co-?author\w*)\b", text, re.I)
        else ""
    )
    return f"by {name}" if name and not re.search(r"\d", name) else ""
