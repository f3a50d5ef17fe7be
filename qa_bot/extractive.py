"""Knows which sentences of the retrieved abstracts answer a question, and writes them down as an answer without an LLM.

Leaves the LLM out; whether the evidence is enough is for `evidence` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.chunking import split_sentences
from qa_bot.embedding import EmbeddingModel
from qa_bot.retrieval import idf_weights, query_words
from qa_bot.schema import Hit, Source, Span
from qa_bot.store import PaperStore

PAPERS_READ = 5
SENTENCES_SHOWN = 3


@dataclass(frozen=True)
class Passage:
    """A sentence of a retrieved paper, judged as an answer. `place` is the paper's place among the hits, from 0.

    `cosine` is the similarity of question and sentence; `coverage` the share (by idf) of the question's words that the
    sentence or its paper's title holds; `score` what passages are ranked by, higher is better.
    """

    place: int
    span: Span
    cosine: float
    coverage: float
    score: float


def rank_sentences(question: str, hits: Sequence[Hit], *, store: PaperStore, embedding: EmbeddingModel) -> list[Passage]:
    """Return the sentences of the newest version of the first few hits, best answer first."""
    spans = [(place, span) for place, hit in enumerate(hits[:PAPERS_READ]) for span in split_sentences(hit.paper.abstract)]
    if not spans:
        return []
    vectors, _ = store.vectors_of([question, *(span.text for _, span in spans)], embedding.embed, keeps=False)
    cosines = vectors[1:] @ vectors[0]
    weights = idf_weights(store.terms.stems(" ".join(query_words(question))), store)
    total = sum(weights.values()) or 1.0
    titles = [set(store.terms.stems(hit.paper.title)) for hit in hits[:PAPERS_READ]]
    passages = []
    for (place, span), cosine in zip(spans, cosines):
        said = set(store.terms.stems(span.text))
        inside = sum(weight for stem, weight in weights.items() if stem in said)
        in_title = sum(weight for stem, weight in weights.items() if stem not in said and stem in titles[place])
        coverage = (inside + in_title) / total
        score = 0.45 * float(cosine) + 0.35 * inside / total + 0.1 * in_title / total + 0.4 * hits[place].score
        passages.append(Passage(place, span, float(cosine), coverage, score))
    return sorted(passages, key=lambda p: -p.score)


def choose(passages: Sequence[Passage], *, limit: int = SENTENCES_SHOWN) -> list[Passage]:
    """Return the passages that an answer shows: the best ones that are not far behind, in reading order by paper."""
    if not passages:
        return []
    best = passages[0].score
    chosen = [p for p in passages[: 2 * limit] if p.score >= 0.72 * best][:limit]
    return sorted(chosen, key=lambda p: (min(q.place != passages[0].place for q in [p]), p.place, p.span.start))


def compose(chosen: Sequence[Passage], sources: Sequence[Source]) -> str:
    """Return the chosen sentences as text, each followed by the number of its source as [n]."""
    return " ".join(f"{p.span.text} [{sources[p.place].number}]" for p in chosen)
