"""Knows which papers a question is about, named or described, and which sentences are read for it.

Leaves ranking papers to its caller and ranking sentences to `extractive`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qa_bot import retrieval, sides
from qa_bot.embedding import EmbeddingModel
from qa_bot.evidence import Assessment, assess
from qa_bot.extractive import PAPERS_READ, PAPERS_READ_AHEAD, Passage, likeliest_first, rank_sentences
from qa_bot.naming import key_of, mentions, names_of
from qa_bot.schema import Filters, Hit, Paper
from qa_bot.store import PaperStore

if TYPE_CHECKING:
    import numpy as np

# A paper that a question only describes is meant where its best chunk is this near to the description.
DESCRIBED_FROM = 0.35
DESCRIBED_READ = 3
# Siblings that fit a description as well, nearly, are meant as well: "the paper on captioners".
DESCRIBED_ALIKE = 0.95
_ARXIV_NUMBER = re.compile(r"(?<![\d.])(?P<id>\d{4}\.\d{4,5})(?:v\d{1,2})?(?![\d.]\d)")
FEW = 5  # papers that an answer without an LLM can speak of one by one

# question, how many papers, filters, vector=the question's own -> papers, best first
Rank = Callable[..., list[Hit]]


def read(
    question: str, *, store: PaperStore, embedding: EmbeddingModel, rank: Rank, top_k: int, filters: Filters | None = None
) -> tuple[list[Hit], list[Passage], int]:
    """Return the hits for a question, their sentences, best answer first, and how many papers the question names.

    The papers named come first, else those that likeliest hold the answer.
    """
    depth = PAPERS_READ_AHEAD if store.truth.meta("sentences_ahead") else PAPERS_READ
    vector = store.vectors_of([question], embedding.embed, keeps=False)[0][0]
    asked = _asked_of_each(question, filters, store=store, rank=rank)
    hits, subjects = find(question, store=store, rank=rank, limit=max(depth, top_k), filters=filters, vector=vector, asked=asked)
    passages = rank_sentences(
        question, hits, store=store, embedding=embedding, papers_read=max(depth, subjects), question_vector=vector,
        asked_of=list(asked.values()) if len(asked) > 1 else (), clauses=sides.clauses_of(question),
    )  # fmt: skip
    keep = max(top_k, subjects)
    if not subjects:
        return *likeliest_first(hits, passages, keep=keep), subjects
    return hits[:keep], [passage for passage in passages if passage.place < keep], subjects


def read_those(
    question: str, papers: Sequence[Paper], *, store: PaperStore, embedding: EmbeddingModel, rank: Rank, top_k: int
) -> tuple[list[Hit], list[Passage], int]:
    """Return what `read` does, of these papers alone; all of them are asked about where they are few."""
    ranked = {hit.paper.paper_id: hit for hit in rank(question, retrieval.DEPTH)}
    found = [ranked[paper.paper_id] for paper in papers if paper.paper_id in ranked]
    found = sorted(found, key=lambda hit: -hit.score) + [retrieval.hit_of(paper) for paper in papers if paper.paper_id not in ranked]
    hits = found[:top_k]
    passages = rank_sentences(question, hits, store=store, embedding=embedding, papers_read=len(hits))
    return hits, passages, len(hits) if len(hits) <= FEW else 0


def with_who_tells(
    question: str, hits: Sequence[Hit], passages: Sequence[Passage], assessment: Assessment, *, store: PaperStore
) -> tuple[Sequence[Hit], Sequence[Passage], int, Assessment]:
    """Return (hits, passages, how many are asked about, assessment) with the paper beside the first that tells what that one does not.

    It calls the first by the name that the question gives it: what DROW does for people stands in the paper that extends DROW.
    """
    names = {mention.key for mention in mentions(question)} & {name.key for name in names_of(hits[0].paper)}
    for place, hit in enumerate(hits):
        if not place or not names & {key_of(word) for word in re.findall(r"\w[\w.+-]*", hit.paper.abstract)}:
            continue
        alone = [replace(passage, place=0) for passage in passages if passage.place == place]
        found = assess(question, [hit], alone, subjects=1, store=store)
        if found.status == "answered":
            order = [0, place, *(other for other in range(1, len(hits)) if other != place)]
            moved = [replace(passage, place=order.index(passage.place)) for passage in passages]
            return [hits[other] for other in order], moved, 2, found
    return hits, passages, 1, assessment


def with_titles(question: str, store: PaperStore) -> str:
    """Return a question with the arXiv numbers and addresses of the collection's papers replaced by their titles."""
    numbers = {f"arxiv:{found['id']}" for found in _ARXIV_NUMBER.finditer(question)}
    for paper_id, paper in store.truth.papers_by_id(sorted(numbers)).items() if numbers else ():
        number = re.escape(paper_id.removeprefix("arxiv:"))
        said = rf"(?:https?://)?(?:\w+\.)?(?:\barxiv(?:\.org/\w+/|:\s?))?(?<![\d.]){number}(?:v\d+)?(?:\.pdf)?"
        question = re.sub(said, lambda _: paper.title, question, flags=re.IGNORECASE)
    return question


def _asked_of_each(question: str, filters: Filters | None, *, store: PaperStore, rank: Rank) -> dict[str, str]:
    """Return paper id -> what is asked of it alone, of the papers that a question names, or describes beside another, in their order."""
    named = retrieval.named_places(question, store)
    if filters:
        allowed = store.truth.passing([paper_id for paper_id, _ in named], filters)
        named = [(paper_id, span) for paper_id, span in named if paper_id in allowed]
    taken = {paper_id for paper_id, _ in named}
    meant = []
    described = sides.described_sides(question, [span for _, span in named])
    for start, end in described:
        hits = [hit for hit in rank(question[start:end], DESCRIBED_READ, filters) if hit.paper.paper_id not in taken]
        if hits and (hits[0].dense or 0.0) >= DESCRIBED_FROM:
            alike = [hit.paper.paper_id for hit in hits if hit.score >= DESCRIBED_ALIKE * hits[0].score]
            meant += [(paper_id, (start, end)) for paper_id in alike]
            taken.update(alike)
    if not named and len({span for _, span in meant}) < len(described):
        meant = []
    places = sorted([*named, *meant], key=lambda place: place[1])
    spans: dict[str, list[sides.Span]] = {}
    for paper_id, span in places:
        spans.setdefault(paper_id, []).append(span)
    return {
        paper_id: sides.asked_of(question, own[0], [span for other, span in places if other != paper_id]) for paper_id, own in spans.items()
    }


def find(
    question: str,
    *,
    store: PaperStore,
    rank: Rank,
    limit: int,
    filters: Filters | None = None,
    vector: np.ndarray | None = None,
    asked: Mapping[str, str] | None = None,
) -> tuple[list[Hit], int]:
    """Return up to `limit` hits for a question, the papers that it names or describes first, and how many those are."""
    asked = _asked_of_each(question, filters, store=store, rank=rank) if asked is None else asked
    hits = rank(question, retrieval.DEPTH if asked else limit, filters, vector=vector)
    if not asked:
        return hits, 0
    found = {hit.paper.paper_id: hit for hit in hits}
    papers = store.truth.papers_by_id([paper_id for paper_id in asked if paper_id not in found])
    first = [found.get(paper_id) or retrieval.hit_of(papers[paper_id]) for paper_id in asked]
    first = [replace(hit, score=max(hit.score, hits[0].score if hits else 1.0)) for hit in first]
    others = [hit for hit in hits if hit.paper.paper_id not in asked]
    return [*first, *others][: max(limit, len(first))], len(first)
