"""Knows which papers of an open collection a question asks for, and answers it from the catalogue.

Leaves reading the question and the words of the answer to `collection`, and what the papers say to `extractive` and the LLM.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qa_bot import collection, retrieval, topics, versions
from qa_bot.chunking import split_sentences
from qa_bot.collection import CollectionQuestion, telling
from qa_bot.embedding import EmbeddingModel
from qa_bot.listing.choosing import candidates, choose, choose_told, is_wide, papers_about
from qa_bot.naming import is_coined
from qa_bot.schema import Answer, Filters, Hit, Paper, names_person, plain_name
from qa_bot.sides import described_sides
from qa_bot.store import PaperStore

# A title with this share (by idf) of the words that describe a paper is the one meant.
TITLE_MEANT = 0.6
SEVERAL_MEANT = 5
DESCRIPTION = 8  # words from which on a topic that no paper says describes what is looked for: it is answered from the texts
_FIRST_DEPTH = 200  # of thousands of papers that fit, so many are ranked at first
GUESSED = 100_000  # papers up to which misspelled authors are guessed: all names are held for it
_TALLIES = ("prolific", "all_authors", "per_year", "year_most", "time_span", "per_category", "organisations")
_LISTS = ("list", "count", "newest", "oldest", "longest", "shortest")
_OF_NAMED = re.compile(r"^(?P<asks>(?:(?:on|in|at|for) )?(?:which|what|how many)) of\b(?: the)?", re.I)
_IN_OTHER_WORDS = re.compile(r"\b(?:i\.e\.|that is|namely|aka|a\.k\.a\.),? (?P<x>[^?]{3,})", re.I)
_ONE_PART = "only the catalogue's part of the question is answered; ask the rest by itself"


@dataclass(frozen=True)
class Facets:
    """What the records of a collection name, for reading questions; `authors` are looked up as they are named."""

    authors: collection.AuthorNames
    categories: tuple[str, ...]
    organisations: tuple[str, ...]

    @classmethod
    def of(cls, store: PaperStore) -> Facets:
        truth = store.truth
        authors = collection.AuthorNames(
            called=lambda words: store.truth.authors_called(words),
            everyone=lambda: store.truth.distinct("authors") if store.truth.count("papers") <= GUESSED else (),
        )
        return cls(authors, tuple(truth.distinct("categories")), tuple(truth.distinct("organisations")))


def read(question: str, facets: Facets, store: PaperStore) -> CollectionQuestion | None:
    """Read a question about this collection; None when it asks for what the papers say."""
    return _read_among(question, facets, store) or _read(question, facets)


def _read(question: str, facets: Facets) -> CollectionQuestion | None:
    return collection.understand(
        question, authors=facets.authors, categories=facets.categories, organisations=facets.organisations
    )


def _read_among(question: str, facets: Facets, store: PaperStore) -> CollectionQuestion | None:
    """Read "Which of TAPNext, TAPVid-3D and BootsTAP are from 2024?": a list of which only the papers named are candidates."""
    found = _OF_NAMED.match(question)
    named = retrieval.named_places(question, store, counts_use=False) if found else []
    if len({paper_id for paper_id, _ in named}) < 2 or question[found.end() : named[0][1][0]].strip():
        return None
    asked = _read(f"{found['asks']} papers {question[named[-1][1][1] :].strip()}", facets)
    is_list = asked is not None and asked.kind in ("list", "count") and not asked.topic and bool(collection.describe(asked))
    return replace(asked, among=tuple(dict.fromkeys(paper_id for paper_id, _ in named))) if is_list else None


def answer(
    question: str, asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None,
    declined: Callable[[str, str], Answer],
) -> Answer | None:  # fmt: skip
    """Answer a question that the catalogue answers, at least in part; None where it turns out that it does not.

    `declined` makes the answer that names the nearest papers, of (what to look for, reason).
    """
    told = _answer(question, asked, store=store, embedding=embedding, filters=filters, declined=declined)
    return (
        replace(told, status="partial", reason=_ONE_PART) if told and told.status == "answered" and asked.wants_content else told
    )


def _answer(
    question: str, asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None,
    declined: Callable[[str, str], Answer],
) -> Answer | None:  # fmt: skip
    if asked.kind in ("authors", "date"):
        return _describe(question, asked, store=store, embedding=embedding, filters=filters, declined=declined)
    if asked.kind == "introduced":
        return _introduced(question, asked, store=store, filters=filters)
    if asked.kind in ("order", "shared"):
        in_order = asked.kind == "order"
        compared = _compared(question, store=store, embedding=embedding)
        if len(compared) < 2 and not in_order and asked.topic:  # "both remote sensing papers"
            compared = _surely_about(asked.topic, store, embedding)
        if not 1 < len(compared) <= SEVERAL_MEANT:
            return None
        return collection.order_papers(question, compared, newest_first=asked.newest_first) if in_order else collection.name_shared(question, compared)
    if asked.kind in _TALLIES:
        return _tallied(question, asked, store=store, embedding=embedding, filters=filters)
    asked, selected = choose_told(question, asked, store=store, embedding=embedding, filters=filters)
    chosen = selected.papers
    what = collection.describe(asked)
    if asked.kind == "writers" and chosen:
        return telling.name_writers(question, chosen, what=what)
    if asked.kind == "coauthors":
        return telling.name_coauthors(question, asked, chosen)
    if asked.kind == "tally":
        return telling.tally_authors(question, asked, chosen)
    total = len(asked.among) or store.truth.count("papers")
    if not selected.is_sure and len(asked.topic.split()) >= DESCRIPTION:
        return None
    if not selected.is_sure and chosen:
        return telling.say_nearest(question, asked, chosen, total=total)
    told = telling.list_papers(question, asked, chosen, total=total, found=selected.count, notes=_notes(asked, chosen, store))
    if not selected.is_complete and told.status == "answered":
        return replace(told, status="partial", reason="so many papers are about this that not all were looked at")
    if asked.organisation and told.status == "answered":
        return replace(told, status="partial", reason="the records of most papers do not name an organisation")
    return told


def _compared(question: str, *, store: PaperStore, embedding: EmbeddingModel) -> list[Paper]:
    """Return the papers that a question names, and those that it describes beside them where only one can be meant."""
    places = retrieval.named_places(question, store)
    found = store.truth.papers_by_id([paper_id for paper_id, _ in places])
    for start, end in described_sides(question, [span for _, span in places]):
        meant = meant_papers(question[start:end], store=store, embedding=embedding)
        found |= {paper.paper_id: paper for paper in meant} if len(meant) == 1 else {}
    return list(found.values())


def _tallied(
    question: str, asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None
) -> Answer:
    """Answer by counts over papers: of the store where filters say all, else of the papers chosen."""
    kind = {"per_category": "categories", "organisations": "organisations"}.get(asked.kind, "authors")
    of_years = asked.kind in ("per_year", "year_most", "time_span")
    if is_wide(asked) and not filters:
        number = store.truth.count_matching(asked.wide)
        counts, without = store.truth.counted(kind, asked.wide) if not of_years else ({}, 0)
        years = store.truth.years(asked.wide) if of_years else {}
        ends = (
            [
                next((p.date for p in store.truth.each_paper(asked.wide, newest_first=newest) if p.date), "")
                for newest in (False, True)
            ]
            if asked.kind == "time_span"
            else []
        )
    else:
        papers = choose(asked, store=store, embedding=embedding, filters=filters).papers
        number, years = len(papers), Counter(paper.year for paper in papers)
        counts, without = (
            Counter(value for paper in papers for value in set(getattr(paper, kind))),
            sum(1 for paper in papers if not getattr(paper, kind)),
        )
        ends = [paper.date for paper in collection.by_date(papers, newest_first=False)]
        ends = ends[:1] + ends[-1:]
    what = collection.describe(asked)
    if of_years:
        return telling.count_years(question, asked, years, ends=ends, number=number)
    if asked.kind == "prolific":
        return telling.rank_authors(question, telling.merged(counts), number=number, most=asked.limit, what=what)
    if asked.kind == "all_authors":
        return telling.list_authors(question, telling.merged(counts), number=number)
    return telling.count_values(question, kind, Counter(counts), without=without, number=number)


def answer_on_versions(question: str, *, store: PaperStore, embedding: EmbeddingModel) -> Answer | None:
    """Answer what the versions of an abstract say; None where the question is not about the versions of one paper."""
    if not versions.asks_about_versions(question):
        return None
    is_of_text = versions.asks_about_text(question)
    asked = versions.without_version_words(question)
    named = retrieval.named_papers(question, store, counts_use=False)
    meant = list(store.truth.papers_by_id(named).values()) or (
        meant_papers(asked, store=store, embedding=embedding) if is_of_text else []
    )
    if len(meant) != 1 or (len(meant[0].versions) == 1 and not is_of_text):
        return None
    (paper,) = meant
    differing = versions.disagreements(paper, split_sentences(paper.abstract))
    words = set(store.terms.stems(" ".join(retrieval.query_words(asked)))) - set(store.terms.stems(paper.title))
    asked_for = [one for one in differing if words & set(store.terms.stems(one.newest))]
    return telling.tell_versions(
        question, paper, asked_for or differing, versions.rewordings(paper), versions.new_sentences(paper)
    )


def narrow(
    query: str, k: int, *, facets: Facets, store: PaperStore, rank: Callable[[str, int, Filters | None], list[Hit]]
) -> list[Hit] | None:
    """Return the hits of a search whose words name authors, years, a category or the like: only papers that fit.

    `rank` ranks papers for (query, how many, filters). None where the words narrow nothing, or to nothing.
    """
    asked = _read(query, facets)
    if asked is None:
        filters = filters_in(query, facets)
        return (rank(query, k, filters) or None) if filters else None
    bare = replace(asked, said=(), said_any=False, in_title=False, topic="", alternatives=())
    if asked.kind not in _LISTS or not collection.describe(bare):
        return None
    fitting = {paper.paper_id: paper for paper in candidates(bare, store, None) if collection.passes(bare, paper)}
    if asked.topic or asked.said:
        words = " ".join(filter(None, [asked.topic, *asked.said]))
        for depth in (min(len(fitting), _FIRST_DEPTH + 10 * k), len(fitting)):
            hits = [hit for hit in rank(words, depth, asked.wide) if hit.paper.paper_id in fitting][:k]
            if len(hits) == k:
                break
        return hits or None
    dated = collection.by_date(list(fitting.values()), newest_first=asked.kind != "oldest")
    return [retrieval.hit_of(paper) for paper in [*dated, *(p for p in fitting.values() if not p.date)][:k]] or None


def filters_in(question: str, facets: Facets) -> Filters:
    """Return what a question about content narrows itself to."""
    return collection.filters_in(question, authors=facets.authors, categories=facets.categories)


def facts(
    asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None
) -> tuple[str, list[Paper]]:
    """Return (what the catalogue says of the papers that a question is about, a line each, for a prompt; those papers)."""
    if asked.kind in ("authors", "date"):
        meant = meant_papers(asked.topic, store=store, embedding=embedding, filters=filters)[:SEVERAL_MEANT]
        return "\n".join(telling.fact_of(paper) for paper in meant), meant
    chosen = choose(asked, store=store, embedding=embedding, filters=filters)
    return telling.facts_of(asked, chosen.papers, total=store.truth.count("papers"), found=chosen.count), list(chosen.papers)


def _surely_about(topic: str, store: PaperStore, embedding: EmbeddingModel) -> list[Paper]:
    about, is_sure, _ = papers_about([topic], store=store, embedding=embedding)
    return list(about.values()) if is_sure else []


def _notes(asked: CollectionQuestion, chosen: Sequence[Paper], store: PaperStore) -> tuple[str, ...]:
    """Say how the question was read and where the records leave something out."""
    notes = [*asked.notes]
    surname = asked.filters.author
    if surname and " " not in surname:
        named = sorted({name for paper in chosen for name in paper.authors if names_person(surname, name)})
        notes += [f"{surname} is {', '.join(named)} here."] if len({plain_name(name) for name in named}) > 1 else []
    if asked.organisation or asked.unknown.startswith("recorded as from"):
        known = store.truth.distinct("organisations")
        notes.append(
            f"The records of most papers do not say where the authors work; they name only {', '.join(known)}."
            if known
            else "The records of this collection do not say where the authors work."
        )
    if asked.unknown.startswith("in a category"):
        notes.append(f"The categories are {', '.join(store.truth.distinct('categories'))}.")
    if asked.place in ("last", "only") or asked.most_authors is not None or asked.kind == "shortest":
        notes.append("Papers whose records name only the first authors are left out.")
    if asked.bound:
        notes.append("Figures are taken as the abstracts give them, whatever they were measured on.")
    if asked.kind == "longest" or asked.fewest_authors is not None and asked.most_authors is None:
        notes.append("Some records name only the first authors; those count as they stand.")
    return tuple(notes)


def _introduced(question: str, asked: CollectionQuestion, *, store: PaperStore, filters: Filters | None) -> Answer | None:
    """Say which paper introduced something: the one that goes by that name; else the earliest that says it, as a guess."""
    named = retrieval.named_papers(asked.topic, store, counts_use=False)
    papers = list(store.truth.papers_by_id(named).values())
    if len(papers) == 1:
        return collection.describe_paper(question, papers[0])
    if not is_coined(asked.topic.split()[0]) or len(asked.topic.split()) > 3:
        return None
    saying = [paper for paper in candidates(replace(asked, kind="list"), store, filters) if collection.says(paper, asked.topic)]
    return telling.say_earliest(question, asked.topic, saying) if any(paper.date for paper in saying) else None


def _describe(
    question: str, asked: CollectionQuestion, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None,
    declined: Callable[[str, str], Answer],
) -> Answer | None:  # fmt: skip
    """Say who wrote the paper that a question means, and when; decline where no paper is clearly meant.

    None where it only asks where to get something, which need not be a paper.
    """
    topic = asked.topic or question
    meant = meant_papers(topic, store=store, embedding=embedding, filters=filters)
    if not meant and (said := _IN_OTHER_WORDS.search(question)):  # "OWL-ViT, i.e. the open-vocabulary detection paper"
        meant = meant_papers(said["x"], store=store, embedding=embedding, filters=filters)
    if len(meant) == 1:
        return collection.describe_paper(question, meant[0], asked=asked)
    if 1 < len(meant) <= SEVERAL_MEANT:
        return collection.describe_several(question, meant)
    if asked.kind == "date" and re.match(r"where\b", question, re.I):
        return None
    return declined(topic, "no paper of the collection is clearly the one asked about")


def meant_papers(topic: str, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None) -> list[Paper]:
    """Return the papers that words can mean: by name, else by most of a title's words, else all that are about it."""
    named = list(store.truth.papers_by_id(retrieval.named_papers(topic, store, counts_use=False)).values())
    if len(named) == 1:
        return named
    hits = retrieval.search_papers(topic, store=store, embedding=embedding, limit=6, filters=filters)
    by_title = [hit.paper for hit in hits if retrieval.title_coverage(topic, hit.paper, store) >= TITLE_MEANT]
    # A paper that only mentions "BERT" is not the BERT paper.
    is_described = not topics.is_name(topic)
    return named or by_title[:1] or (_surely_about(topic, store, embedding) if is_described else [])
