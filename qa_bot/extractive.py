"""Knows which sentences of the retrieved abstracts answer a question, and writes them down as an answer without an LLM.

Leaves the LLM out; whether the evidence is enough is for `evidence` to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.chunking import sentence_text, split_sentences
from qa_bot.embedding import EmbeddingModel
from qa_bot.retrieval import idf_weights, query_words
from qa_bot.schema import Hit, Source, Span
from qa_bot.store import PaperStore

PAPERS_READ = 5
SENTENCES_SHOWN = 3
# Set on the development half of the question set.
PAPER_WEIGHT = 1.0
NEAR_SHARE = 0.8

ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|large|big|fast|often|far|few|high|accurate|deep|small|well|old|wide)\b|\b(?:accurac\w+|scores?|percent\w*|numbers?|sizes?|rates?"
    r"|errors?|batch|parameters|speed\w*|latency|resolution|duration|share|fraction|amount|years?|epochs|figures?)\b",
    re.I,
)
HAS_NUMBER = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|double)\b", re.I)


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


def rank_sentences(
    question: str, hits: Sequence[Hit], *, store: PaperStore, embedding: EmbeddingModel, papers_read: int = PAPERS_READ
) -> list[Passage]:
    """Return the sentences of the newest version of the first few hits, best answer first.

    A sentence is compared with the question under its paper's title, since abstracts name their subject once and go on
    with "it"; words that the title holds anyway tell less about a sentence than the others.
    """
    read = hits[:papers_read]
    spans = [(place, span) for place, hit in enumerate(read) for span in split_sentences(hit.paper.abstract)]
    if not spans:
        return []
    texts = [sentence_text(read[place].paper, span) for place, span in spans]
    vectors, _ = store.vectors_of([question, *texts], embedding.embed, keeps=False)
    cosines = vectors[1:] @ vectors[0]
    weights = idf_weights(store.terms.stems(" ".join(query_words(question))), store)
    total = sum(weights.values()) or 1.0
    titles = [set(store.terms.stems(hit.paper.title)) for hit in read]
    asks_number = bool(ASKS_NUMBER.search(question))
    passages = []
    for (place, span), cosine in zip(spans, cosines):
        said = set(store.terms.stems(span.text))
        inside = sum(weight for stem, weight in weights.items() if stem in said) / total
        beyond_title = sum(weight for stem, weight in weights.items() if stem in said and stem not in titles[place]) / total
        only_in_title = sum(weight for stem, weight in weights.items() if stem not in said and stem in titles[place]) / total
        has_number = asks_number and bool(HAS_NUMBER.search(span.text))
        position = span.start / max(1, len(read[place].paper.abstract))
        fit = float(cosine) + 0.5 * inside + 0.3 * beyond_title + 0.2 * has_number + 0.1 * position
        passages.append(Passage(place, span, float(cosine), inside + only_in_title, fit + PAPER_WEIGHT * read[place].score))
    return sorted(passages, key=lambda p: -p.score)


def choose(passages: Sequence[Passage], *, subjects: int = 0, limit: int = SENTENCES_SHOWN) -> list[Passage]:
    """Return the passages that an answer shows, in reading order.

    With `subjects` (the first so many hits are the papers asked about) each of them gets its best sentences and no other
    paper any. Otherwise the best sentences, one at most of a paper that is not the best one's.
    """
    if not passages:
        return []
    if subjects > 1:
        each = max(1, (limit + 1) // subjects)
        chosen = [p for place in range(subjects) for p in [q for q in passages if q.place == place][:each]]
    else:
        kept = [p for p in passages if p.place == 0] if subjects else list(passages)
        chosen, others = [], set()
        for passage in kept:
            if passage.place != kept[0].place:
                if passage.place in others or passage.score < NEAR_SHARE * kept[0].score:
                    continue
                others.add(passage.place)
            chosen.append(passage)
        chosen = chosen[:limit]
    first = chosen[0].place if subjects > 1 else passages[0].place
    return sorted(chosen, key=lambda p: (p.place != first, p.place, p.span.start))


def compose(chosen: Sequence[Passage], sources: Sequence[Source]) -> str:
    """Return the chosen sentences as text, each followed by the number of its source as [n]."""
    return " ".join(f"{p.span.text} [{sources[p.place].number}]" for p in chosen)
