"""Knows what a question about the collection asks for, which papers pass it, and how to say that in words.

Leaves understanding the question to `reading` and what a paper is about to `retrieval`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qa_bot.chunking import split_sentences
from qa_bot.collection.bounds import Bound, given
from qa_bot.collection.dates import Span as TimeSpan
from qa_bot.figures.given import is_equal
from qa_bot.schema import Filters, Paper, Span, names_person

Kind = Literal[
    "list", "count", "newest", "oldest", "authors", "date", "order", "prolific", "per_year", "year_most", "time_span", "per_category",
    "organisations", "coauthors", "writers", "all_authors", "longest", "shortest", "introduced", "tally", "shared",
]  # fmt: skip
Place = Literal["", "first", "last", "first or last", "only"]


@dataclass(frozen=True)
class CollectionQuestion:
    """A question that the catalogue answers. `topic` holds the words that remain when all else is understood.

    `alternatives` are the topic's parts where the question says "or", each a topic of its own where they are short, else to
    try one by one where no paper is about the whole; who uses a topic (`uses_topic`) need only say it, or one of the
    `acronyms` or examples that the question gives of it. `without` names papers, or what they say, that are not to be listed, `among` the
    ids of those that alone may be. `said` are words that a title or abstract must say (`said_any`: one of them is enough;
    `in_title`: the title), `bound` what one of its figures must be.
    `unknown` is a name, category or organisation asked for that no record bears: nothing can pass it. `notes` tell how
    the question was read where that is not plain; `wants_content` says that it also asks what the papers say.
    """

    kind: Kind
    filters: Filters
    topic: str = ""
    also_by: tuple[str, ...] = ()
    is_first_author: bool = False
    limit: int | None = None
    alternatives: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    place: Place = ""
    by_any: bool = False
    not_by: tuple[str, ...] = ()
    span: TimeSpan | None = None
    said: tuple[str, ...] = ()
    said_any: bool = False
    in_title: bool = False
    organisation: str | None = None
    fewest_authors: int | None = None
    most_authors: int | None = None
    with_code: bool = False
    with_versions: bool = False
    unknown: str = ""
    notes: tuple[str, ...] = ()
    wants_content: bool = False
    uses_topic: bool = False
    acronyms: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    bound: Bound | None = None
    newest_first: bool | None = None

    @property
    def people(self) -> tuple[str, ...]:
        return (self.filters.author, *self.also_by) if self.filters.author else ()

    @property
    def wide(self) -> Filters:
        """The filters that a store can apply; `passes` decides the rest for each paper."""
        return Filters(
            None if self.by_any else self.filters.author,
            self.filters.year_from,
            self.filters.year_to,
            self.filters.category,
            self.filters.file,
        )


def bears(paper: Paper, name: str, place: Place = "") -> bool:
    """Say whether an author of a paper goes by this name or surname, at this place of the list.

    The last place is known only where the records name all authors.
    """
    if (
        not paper.authors
        or (place in ("last", "only") and not paper.authors_complete)  # "first or last" is known as far as the first goes
        or (place == "only" and len(paper.authors) > 1)
    ):
        return False
    ends = paper.authors[:1] + (paper.authors[-1:] if paper.authors_complete else ())
    among = {"first": paper.authors[:1], "last": paper.authors[-1:], "first or last": ends}.get(place, paper.authors)
    return any(names_person(name, author) for author in among)


def is_first_author(paper: Paper, name: str) -> bool:
    """Say whether the first author of a paper goes by this name or surname."""
    return bears(paper, name, "first")


def says(paper: Paper, phrase: str, *, in_title: bool = False) -> bool:
    """Say whether a paper's title or newest abstract says a phrase, in singular or plural, however it is joined or cased.

    Several words are also said by the acronym of their initials in capitals ("RL"), "AttentionNAS" included.
    """
    titles = " ".join((paper.title, *paper.aliases)) if not paper.title_is_stand_in else ""
    text = titles if in_title else f"{titles}\n{paper.abstract}"
    words = re.findall(r"\w+", phrase)
    if not words:
        return False
    joined = r"[\W_]*".join(map(re.escape, words))
    if words[-1].endswith("s") and len(words[-1]) > 3 and not words[-1].isupper():
        joined = joined[:-1] + "s?"
    goes_on = r"(?!\w)" if words[-1][-1].isdigit() else r"(?![^\W\d_])"  # "TPUv4" says "TPU", "CIFAR-100" not "CIFAR-10"
    if re.search(rf"(?<![^\W_]){joined}(?:e?s)?(?:v\d+)?{goes_on}", text, re.IGNORECASE):
        return True
    acronym = "".join(word[0] for word in words).upper() if len(words) > 1 else phrase if phrase.isupper() and len(phrase) > 2 else ""
    return bool(acronym) and bool(re.search(rf"(?<![A-Z]){acronym}s?(?![A-Za-z])", text))


def passes(asked: CollectionQuestion, paper: Paper) -> bool:
    """Say whether a paper is what is asked for, all but its topic."""
    people = asked.people
    if people:
        borne = [bears(paper, name, asked.place) for name in people]
        if not (any(borne) if asked.by_any else all(borne)):
            return False
    return (
        not asked.unknown
        and (not asked.among or paper.paper_id in asked.among)
        and not any(bears(paper, name) for name in asked.not_by)
        and (asked.span is None or asked.span.holds(paper.date))
        and (asked.organisation is None or asked.organisation.casefold() in {name.casefold() for name in paper.organisations})
        and _has_authors(asked, paper)
        and (not asked.with_code or has_code(paper))
        and (not asked.with_versions or len(paper.versions) > 1)
        and (asked.bound is None or bool(given(asked.bound, paper.title) or given(asked.bound, paper.abstract)))
        and _says_all(asked, paper)
    )


def _has_authors(asked: CollectionQuestion, paper: Paper) -> bool:
    if asked.fewest_authors is None and asked.most_authors is None:
        return True
    number = len(paper.authors)
    if not number or (asked.most_authors is not None and (number > asked.most_authors or not paper.authors_complete)):
        return False
    return asked.fewest_authors is None or number >= asked.fewest_authors


def figure_given(asked: CollectionQuestion, paper: Paper) -> tuple[str, Span | None] | None:
    """Return (a figure within the bound asked for as the paper writes it, the sentence of the abstract that gives it), None for no such figure.

    The title's comes first, then one in a sentence on what the authors do: others' figures open many abstracts. There is no
    sentence where the title alone gives it.
    """
    if asked.bound is None:
        return None
    in_title = given(asked.bound, paper.title)
    sentences = [(span, figure) for span in split_sentences(paper.abstract) for figure in given(asked.bound, span.text)]
    if in_title:
        return in_title[0].text, next((span for span, figure in sentences if is_equal(figure.value, in_title[0].value)), None)
    own = [one for one in sentences if re.search(r"\b(?:we|our|us|this)\b", one[0].text, re.I)]
    span, figure = next(iter(own or sentences), (None, None))
    return (figure.text, span) if figure else None


def has_code(paper: Paper) -> bool:
    """Say whether a record carries the sign of code, or the abstract says that code is there."""
    told = re.search(
        (
            r"\b(?:code|implementation|library|models?)\b[^.]{0,60}\b(?:available|released?|open[- ]?source\w*|public\w*"
            r"|github)\b|github\.com|\brelease\b[^.]{0,40}\bcode\b|\bopen[- ]sourc\w+"
        ),
        paper.abstract,
        re.I,
    )
    return paper.has_code or bool(told)


def _says_all(asked: CollectionQuestion, paper: Paper) -> bool:
    if not asked.said:
        return True
    said = [says(paper, phrase, in_title=asked.in_title) for phrase in asked.said]
    return any(said) if asked.said_any else all(said)


def describe(asked: CollectionQuestion) -> str:
    """Say in words what passes: "about race cars and by Lucas Beyer and from 2021"; "" where everything does."""
    parts = [f"about {' or '.join(asked.alternatives) or asked.topic}"] if asked.topic else []
    if asked.said:
        where = "whose title says" if asked.in_title else "whose title or abstract says"
        parts.append(f"{where} " + (" or " if asked.said_any else " and ").join(f"“{phrase}”" for phrase in asked.said))
    parts.append(_by(asked))
    parts.append(describe_filters(Filters(category=asked.filters.category, file=asked.filters.file)))
    parts.append(asked.span.described() if asked.span else "")
    parts.append(f"recorded as from {asked.organisation}" if asked.organisation else "")
    parts.append(_number_of_authors(asked))
    parts.append("with code" if asked.with_code else "")
    parts.append(asked.bound.described() if asked.bound else "")
    parts.append("known in more than one version" if asked.with_versions else "")
    parts += [f"not {name}" for name in asked.without]
    parts.append(asked.unknown)
    return " and ".join(filter(None, parts))


def _by(asked: CollectionQuestion) -> str:
    by = f"by {(' or ' if asked.by_any else ' and ').join(asked.people)}" if asked.people else ""
    by += f" as {asked.place} author" if by and asked.place else ""
    return " and ".join(filter(None, [by, *(f"not by {name}" for name in asked.not_by)]))


def _number_of_authors(asked: CollectionQuestion) -> str:
    least, most = asked.fewest_authors, asked.most_authors
    if least is None and most is None:
        return ""
    if least == most:
        return f"with {least} author{'s' * (least != 1)}"
    return f"with at least {least} authors" if most is None else f"with at most {most} authors"


def describe_filters(filters: Filters, *, also_by: Sequence[str] = (), is_first_author: bool = False) -> str:
    """Say in words what passes: "by Lucas Beyer and from 2021"."""
    parts = []
    if filters.author:
        parts.append(f"by {' and '.join([filters.author, *also_by])}" + (" as first author" if is_first_author else ""))
    if filters.year_from and filters.year_from == filters.year_to:
        parts.append(f"from {filters.year_from}")
    elif filters.year_from or filters.year_to:
        parts.append(f"from {filters.year_from or 'the beginning'} to {filters.year_to or 'today'}")
    if filters.category:
        parts.append(f"in category {filters.category}")
    if filters.file:
        parts.append(f"from the file {filters.file}")
    return " and ".join(parts)
