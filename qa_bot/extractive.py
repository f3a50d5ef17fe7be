"""Knows which sentences of the retrieved abstracts answer a question, and writes them down as an answer without an LLM.

Leaves the LLM out; whether the evidence is enough is for `evidence` to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa_bot.chunking import sentence_text, split_sentences
from qa_bot.citations.harmless import as_quoted
from qa_bot.embedding import EmbeddingModel
from qa_bot.retrieval import idf_weights, query_words
from qa_bot.schema import Evidence, Hit, Sentence, Source, Span
from qa_bot.store import PaperStore

PAPERS_READ = 5
SENTENCES_SHOWN = 3
# Set on the development half of the question set.
PAPER_WEIGHT = 1.0
NEAR_SHARE = 0.8
FIT_SHARE = 0.6
SEVERAL_SHARE = 0.7

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
    sentence or its paper's title holds; `fit` how well the sentence answers, `score` that with its paper's score: what
    passages are ranked by, higher is better.
    """

    place: int
    span: Span
    cosine: float
    coverage: float
    fit: float
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
        passages.append(Passage(place, span, float(cosine), inside + only_in_title, fit, fit + PAPER_WEIGHT * read[place].score))
    return sorted(passages, key=lambda p: -p.score)


def choose(passages: Sequence[Passage], *, subjects: int = 0, asks_several: bool = False, limit: int = SENTENCES_SHOWN) -> list[Passage]:
    """Return the passages that an answer shows, in reading order.

    With `subjects` (the first so many hits are the papers asked about) each of them gets its best sentences and no other
    paper any, unless the question asks about several papers and names fewer than two. Otherwise the best sentences, one
    at most of a paper that is not the best one's.
    """
    if not passages:
        return []
    if subjects > 1:
        each = max(1, (limit + 1) // subjects)
        chosen = [p for place in range(subjects) for p in [q for q in passages if q.place == place][:each]]
        return sorted(chosen, key=lambda p: (p.place, p.span.start))
    kept = [p for p in passages if p.place == 0] if subjects and not asks_several else list(passages)
    share = SEVERAL_SHARE if asks_several else NEAR_SHARE
    room = {kept[0].place: 2 if asks_several else limit}
    chosen = []
    for passage in kept:
        left = room.setdefault(passage.place, 1)
        if chosen and passage.fit < FIT_SHARE * kept[0].fit:
            continue
        if left and (passage.place == kept[0].place or passage.score >= share * kept[0].score) and len(chosen) < limit + asks_several:
            room[passage.place] = left - 1
            chosen.append(passage)
    return sorted(chosen, key=lambda p: (p.place != kept[0].place, p.place, p.span.start))


def compose(chosen: Sequence[Passage], sources: Sequence[Source]) -> tuple[str, list[Sentence], list[Source]]:
    """Return (text, its sentences, the sources renumbered): the chosen sentences word for word, each with its [n].

    Sources are numbered in the order of first use, uncited ones after them.
    """
    order = list(dict.fromkeys(p.place for p in chosen))
    rest = [place for place in range(len(sources)) if place not in order]
    number = {place: n for n, place in enumerate([*order, *rest], 1)}
    text, sentences = "", []
    for passage in chosen:
        n = number[passage.place]
        start = len(text) + bool(text)
        piece = f"{as_quoted(passage.span.text)} [{n}]"
        text += " " * bool(text) + piece
        evidence = Evidence(n, passage.span.text, passage.span.start, passage.span.end)
        sentences.append(Sentence(piece, start, start + len(piece), (n,), "supported", (evidence,)))
    renumbered = [replace(sources[place], number=number[place], cited=place in order) for place in [*order, *rest]]
    return text, sentences, renumbered
