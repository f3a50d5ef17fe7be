"""Knows which papers of the store a question about the collection asks for, read as it is.

Leaves reading the question to `collection`, and what is said of the papers to the package.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from qa_bot import collection, topics
from qa_bot.collection import CollectionQuestion, telling
from qa_bot.embedding import EmbeddingModel
from qa_bot.retrieval import named_papers
from qa_bot.schema import Filters, Paper
from qa_bot.store import PaperStore, matches

_QUOTED = re.compile(r"[“”\"‘]|(?<!\w)'")
_SHORT_TOPIC = 3  # words up to which each part of "satellite imagery or remote sensing" is a topic of its own
MANY = 5_000  # papers from which on words are looked up in the index before abstracts are read


@dataclass(frozen=True)
class Chosen:
    """The papers that a question asks for; `is_sure` is False where they are only near its topic in meaning.

    `number` is how many there are where these are only those that are shown.
    """

    papers: tuple[Paper, ...]
    is_sure: bool = True
    number: int | None = None
    is_complete: bool = True

    @property
    def count(self) -> int:
        return len(self.papers) if self.number is None else self.number


def choose(asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None) -> Chosen:
    """Return the papers that a question asks for: newest first, or best first where it names a topic."""
    if asked.unknown:
        return Chosen(())
    if is_wide(asked) and not filters and asked.kind in ("list", "count", "newest", "oldest"):
        ordered = store.truth.each_paper(asked.wide, newest_first=asked.kind != "oldest")
        most = telling.LISTED if asked.kind in ("list", "count") else asked.limit or 1
        return Chosen(tuple(islice(ordered, most)), number=store.truth.count_matching(asked.wide))
    passing = [paper for paper in candidates(asked, store, filters) if collection.passes(asked, paper)]
    for name in asked.without:
        meant = set(named_papers(name, store, counts_use=False))
        passing = [paper for paper in passing if (paper.paper_id not in meant if meant else not collection.says(paper, name))]
    if not asked.topic or asked.kind in ("coauthors", "tally", "all_authors"):
        return Chosen(tuple(passing))
    allowed = {paper.paper_id for paper in passing}
    each = asked.alternatives if all(len(topic.split()) <= _SHORT_TOPIC for topic in asked.alternatives) else ()
    about, is_sure, is_complete = papers_about([asked.topic, *each], store=store, embedding=embedding, allowed=allowed)
    if not is_sure and asked.alternatives:
        about, is_sure, is_complete = papers_about(asked.alternatives, store=store, embedding=embedding, allowed=allowed)
    said = (asked.topic, *asked.acronyms) if asked.uses_topic else asked.acronyms
    if saying := {paper.paper_id: paper for paper in passing if any(collection.says(paper, phrase) for phrase in said)}:
        about, is_sure = (about | saying if is_sure else saying), True
    if asked.bound and not about:  # the figure tells more than "a vision model" does
        return Chosen(tuple(passing))
    return Chosen(tuple(about.values()), is_sure, is_complete=is_complete)


def choose_told(
    question: str, asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None
) -> tuple[CollectionQuestion, Chosen]:
    """Return how a question is best read, and the papers it asks for so.

    Where no paper says a phrase that stands in no quotation marks ("Which papers mention multilingual models?"), or gives such a
    figure, it is a topic.
    """
    chosen = choose(asked, store=store, embedding=embedding, filters=filters)
    if asked.bound and not chosen.papers:  # "beyond 16 frames" may be said, and no figure compared
        asked = replace(asked, bound=None, topic=" ".join(filter(None, [asked.topic, asked.bound.words])))
        chosen = choose(asked, store=store, embedding=embedding, filters=filters)
    if chosen.papers or asked.in_title or asked.unknown or _QUOTED.search(question) or not any(" " in phrase for phrase in asked.said):
        return asked, chosen
    joined = " or ".join(asked.said) if asked.said_any else " ".join(asked.said)
    as_topic = replace(asked, said=(), said_any=False, topic=" ".join(filter(None, [asked.topic, joined])))
    about = choose(as_topic, store=store, embedding=embedding, filters=filters)
    return (as_topic, about) if about.papers else (asked, chosen)


def papers_about(
    sought: Sequence[str], *, store: PaperStore, embedding: EmbeddingModel, allowed: set[str] | None = None
) -> tuple[dict[str, Paper], bool, bool]:
    """Return (the papers about any of these topics, by id, best first; whether that is sure; whether these are all)."""
    found, near, is_complete = {}, {}, True
    for topic in sought:
        about = topics.papers_about(topic, store=store, embedding=embedding)
        is_complete &= about.is_complete
        (found if about.is_sure else near).update(
            {paper.paper_id: paper for paper in about.papers if allowed is None or paper.paper_id in allowed}
        )
    return (found, True, is_complete) if found else (near, False, is_complete)


def candidates(asked: CollectionQuestion, store: PaperStore, filters: Filters | None) -> list[Paper]:
    wanted = asked.wide if asked.kind != "tally" else replace(asked.wide, author=None)
    if asked.said and store.truth.count_matching(wanted) > MANY:
        return [
            paper for paper in _holding_words(asked, store) if matches(paper, wanted) and matches(paper, filters or Filters())
        ]
    return [paper for paper in store.truth.papers(wanted) if matches(paper, filters or Filters())]


def _holding_words(asked: CollectionQuestion, store: PaperStore) -> list[Paper]:
    """Return the papers that may say what must be said, by the index of words, newest first: reading all of many takes too long."""
    holding = [
        {chunk_id.rpartition("#")[0] for chunk_id in store.terms.holding([phrase], store.truth.count("chunks"))}
        for phrase in asked.said
    ]
    paper_ids = set.union(*holding) if asked.said_any else set.intersection(*holding)
    papers = store.truth.papers_by_id(sorted(paper_ids)).values()
    return [*collection.by_date(list(papers), newest_first=True), *(paper for paper in papers if not paper.date)]


def is_wide(asked: CollectionQuestion) -> bool:
    """Say whether the filters of a store say all that a question asks for."""
    plain = CollectionQuestion(
        asked.kind,
        asked.filters,
        limit=asked.limit,
        span=asked.span,
        notes=asked.notes,
        newest_first=asked.newest_first,
        wants_content=asked.wants_content,
    )
    is_of_years = asked.span is None or (
        not asked.span.years and all(bound is None or len(bound) == 4 for bound in (asked.span.first, asked.span.last))
    )
    return asked == plain and is_of_years
