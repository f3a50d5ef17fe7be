"""Knows which sentences of the retrieved abstracts answer a question, and writes them down as an answer without an LLM.

Leaves the LLM out; whether the evidence is enough is for `evidence` to say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa_bot.asked import asked_thing
from qa_bot.asked.held import holds, said_share, text_of, wanted
from qa_bot.chunking import sentence_text, split_sentences, titled
from qa_bot.citations.harmless import as_quoted
from qa_bot.embedding import EmbeddingModel
from qa_bot.naming import is_coined, key_of, names_of
from qa_bot.reranking import likeness, matches, tokens_of, tokens_of_question
from qa_bot.retrieval import idf_weights, query_words, token_weights
from qa_bot.schema import Evidence, Hit, Paper, Sentence, Source, Span
from qa_bot.store import PaperStore

if TYPE_CHECKING:
    import numpy as np

# Papers whose sentences are read: more where the vectors of the sentences are known, so that it costs next to nothing.
PAPERS_READ = 5
PAPERS_READ_AHEAD = 14
SENTENCES_SHOWN = 3
# How much a sentence is worth as an answer, by its cosine, the question's words in it (or words of like meaning), whether it holds the
# thing asked for, and what it does in its abstract: openings and what others did are near many questions and answer few. Made by scripts/calibrate_ranking.py.
FIT = {
    "cosine": 0.42, "close": 1.413, "of_subject": -0.314, "beyond_subject": -0.02, "number": 0.093, "contribution": 0.112, "opening": -0.12,
    "background": -0.021, "link": -0.341, "words": -0.023, "thing": 0.184, "alike": 0.317,
}  # fmt: skip
MOST_WORDS = 60
PAPER_WEIGHT = 1.0
FIT_SHARE = 0.4
# The chance that a paper holds the answer: a softmax over the hits of their score and of how near the nearest of their sentences is word by
# word, fitted like the above. With nobody named, papers are cited until one of them holds it with CITED_CHANCE.
CHANCE = {"score": 30.555, "close": 18.294}
CITED_CHANCE = 0.95
MOST_CITED = 6

_CONTRIBUTION = re.compile(
    r"\b(?:we|this (?:paper|work|note|article|report)|our)\b[^.]{0,40}\b(?:propos\w*|introduc\w*|present\w*|show|demonstrat\w*|find|develop\w*"
    r"|describ\w*|releas\w*|adopt|study|examine|investigat\w*)\b|\bour (?:method|approach|model|framework|results|experiments|analysis)\b",
    re.I,
)
_LINK = re.compile(r"https?://|github|\bavailable (?:at|on)\b|project (?:web)?page", re.I)
_ASKS_FOR_LINK = re.compile(
    r"\b(?:where|links?|urls?|download\w*|available|github|repositor\w+|releas\w*|open[- ]?sourced?|public(?:ly)?)\b.*\b(?:code|weights|checkpoints?|models?|data ?sets?|data"
    r"|implementation|software|library|demo|videos?)\b|\b(?:code|weights|checkpoints?|models?|data ?sets?|data|implementation|software|library|demo)\b.*\b(?:available|released?|public(?:ly)?|online|open[- ]?sourced?)\b",
    re.I,
)
_BACKGROUND = re.compile(
    r"\b(?:however|unfortunately|while|although|existing|previous|prior|recent(?:ly)?|limitation|challeng\w*|lack\w*|remains?)\b", re.I
)
ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|large|big|fast|often|far|few|high|accurate|deep|small|well|old|wide)\b|\b(?:accurac\w+|scores?|percent\w*|numbers?|sizes?|rates?"
    r"|errors?|batch|parameters|speed\w*|latency|resolution|duration|share|fraction|amount|years?|epochs|figures?)\b",
    re.I,
)
HAS_NUMBER = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|double)\b", re.I)


@dataclass(frozen=True)
class Passage:
    """A sentence of a retrieved paper, judged as an answer. `place` is the paper's place among the hits, from 0.

    `cosine` is the similarity of question and sentence, `close` that word by word; `coverage` the share (by idf) of the question's words that the
    sentence or its paper's title holds; `fit` how well the sentence answers, `score` that with its paper's score: what
    passages are ranked by, higher is better; `clause_fits` how well it answers each of the questions asked at once.
    """

    place: int
    span: Span
    cosine: float
    close: float
    coverage: float
    fit: float
    score: float
    clause_fits: tuple[float, ...] = ()


def sentence_signs(
    question: str,
    hits: Sequence[Hit],
    *,
    store: PaperStore,
    embedding: EmbeddingModel,
    papers_read: int = PAPERS_READ,
    question_vector: np.ndarray | None = None,
) -> list[tuple[int, Span, dict[str, float]]]:
    """Return (place of its paper, sentence, what tells that it answers) for the newest version of the first few hits.

    A sentence is compared with the question under its paper's title, since abstracts name their subject once and go on
    with "it"; words of the title, and the paper's own names, tell less about a sentence than the others.
    """
    read = hits[:papers_read]
    spans = [(place, span) for place, hit in enumerate(read) for span in split_sentences(hit.paper.abstract)]
    if not spans:
        return []
    texts = [sentence_text(read[place].paper, span) for place, span in spans]
    if question_vector is None:
        question_vector = store.vectors_of([question], embedding.embed, keeps=False)[0][0]
    cosines = store.vectors_of(texts, embedding.embed, keeps=False)[0] @ question_vector
    weights = idf_weights(store.terms.stems(" ".join(query_words(question))), store)
    total = sum(weights.values()) or 1.0
    subjects = [_subject_stems(question, hit.paper, store) for hit in read]
    thing = asked_thing(question)
    words = [wanted(word, store.terms.stems) for word in query_words(question)]
    beyond = [[word for word in words if not word.stems & subject] for subject in subjects]
    asks_number = bool(ASKS_NUMBER.search(question))
    wants_link = -1.0 if _ASKS_FOR_LINK.search(question) else 1.0  # where code is to be had answers that question and no other
    closeness = _closeness(question, read, spans, store)
    found = []
    for (place, span), cosine, close in zip(spans, cosines, closeness):
        text = text_of(span.text, store.terms.stems)
        said = text.stems
        signs = {
            "cosine": float(cosine),
            "close": close,
            "of_subject": sum(weight for stem, weight in weights.items() if stem in said and stem in subjects[place]) / total,
            "beyond_subject": sum(weight for stem, weight in weights.items() if stem in said and stem not in subjects[place]) / total,
            "coverage": sum(weight for stem, weight in weights.items() if stem in said or stem in subjects[place]) / total,
            "number": float(asks_number and bool(HAS_NUMBER.search(span.text))),
            "contribution": float(bool(_CONTRIBUTION.search(span.text))),
            "opening": float(span.start == 0),
            "background": float(bool(_BACKGROUND.search(span.text))),
            "link": wants_link * float(bool(_LINK.search(span.text))),
            "thing": holds(thing, text, store.terms.stems) if thing else 0.0,
            "alike": said_share(beyond[place], text) if beyond[place] else 0.0,
            "words": min(len(span.text.split()), MOST_WORDS) / MOST_WORDS,
        }
        found.append((place, span, signs))
    return found


def _closeness(question: str, read: Sequence[Hit], spans: Sequence[tuple[int, Span]], store: PaperStore) -> list[float]:
    """Return how near the question is to each sentence word by word, each word read in its abstract; 0 beyond the model's window."""
    texts = [titled(hit.paper, hit.paper.abstract) for hit in read]
    asked, papers = tokens_of_question(question), tokens_of(texts, store)
    weights = token_weights(question, asked, store)
    cosines = matches(asked, papers)
    found = []
    for place, span in spans:
        before = len(texts[place]) - len(read[place].paper.abstract)  # characters of the title before the abstract
        inside = papers[place].between(before + span.start, before + span.end)
        found.append(likeness(cosines[place][:, inside], weights))
    return found


def _subject_stems(question: str, paper: Paper, store: PaperStore) -> set[str]:
    """Return the stems that say which paper is meant: its title's, and those of its coined names that the question uses."""
    stems = set(store.terms.stems(" ".join((paper.title, *paper.aliases))))
    coined = [word for word in re.findall(r"\w+(?:[.+-]\w+)*", question) if is_coined(word)]
    names = {name.key for name in names_of(paper)} if coined else set()
    for word in coined:
        stems.update(store.terms.stems(word) if key_of(word) in names else ())
    return stems


def rank_sentences(
    question: str,
    hits: Sequence[Hit],
    *,
    store: PaperStore,
    embedding: EmbeddingModel,
    papers_read: int = PAPERS_READ,
    question_vector: np.ndarray | None = None,
    asked_of: Sequence[str] = (),
    clauses: Sequence[str] = (),
) -> list[Passage]:
    """Return the sentences of the newest version of the first few hits, best answer first.

    `asked_of` is what the question asks of each of the first so many hits alone, `clauses` the questions that it asks at once.
    """
    open_to = {"store": store, "embedding": embedding}
    signs = sentence_signs(question, hits, papers_read=papers_read, question_vector=question_vector, **open_to)
    for place, own in enumerate(asked_of):
        if own != question:
            alone = {span: found for _, span, found in sentence_signs(own, [hits[place]], papers_read=1, **open_to)}
            signs = [(where, span, _mean(found, alone[span]) if where == place else found) for where, span, found in signs]
    by_clause = [[_fit(found) for _, _, found in sentence_signs(clause, hits, papers_read=papers_read, **open_to)] for clause in clauses]
    passages = []
    for n, (place, span, found) in enumerate(signs):
        fit = _fit(found)
        passages.append(
            Passage(place, span, found["cosine"], found["close"], found["coverage"], fit, fit + PAPER_WEIGHT * hits[place].score, tuple(fits[n] for fits in by_clause))
        )
    return sorted(passages, key=lambda p: -p.score)


def _mean(signs: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    return {name: (value + others[name]) / 2 for name, value in signs.items()}


def _fit(signs: Mapping[str, float]) -> float:
    return sum(weight * signs[name] for name, weight in FIT.items())


def paper_chances(hits: Sequence[Hit], passages: Sequence[Passage]) -> dict[int, float]:
    """Return place -> probability that its paper holds the answer, given that one of the papers read does; likeliest first."""
    nearest: dict[int, float] = {}
    for passage in passages:
        nearest[passage.place] = max(nearest.get(passage.place, 0.0), passage.close)
    worth = {place: CHANCE["score"] * hits[place].score + CHANCE["close"] * close for place, close in nearest.items()}
    most = max(worth.values(), default=0.0)
    powers = {place: math.exp(value - most) for place, value in worth.items()}
    total = sum(powers.values())
    return {place: powers[place] / total for place in sorted(powers, key=lambda place: (-powers[place], place))}


def likeliest_first(hits: Sequence[Hit], passages: Sequence[Passage], *, keep: int) -> tuple[list[Hit], list[Passage]]:
    """Return the `keep` hits that likeliest hold the answer, likeliest first, and the passages of these."""
    places = list(paper_chances(hits, passages))
    places = [*places, *(place for place in range(len(hits)) if place not in places)][:keep]
    moved = {place: n for n, place in enumerate(places)}
    return [hits[place] for place in places], [replace(p, place=moved[p.place]) for p in passages if p.place in moved]


def choose(
    passages: Sequence[Passage], hits: Sequence[Hit], *, subjects: int = 0, asks_several: bool = False, limit: int = SENTENCES_SHOWN
) -> list[Passage]:
    """Return the passages that an answer shows, in reading order.

    With `subjects` (the first so many hits are the papers asked about) each of them gets its best sentences and no other
    paper any, unless the question asks about several papers and names fewer than two. With nobody named, the likeliest
    papers are shown, fewer sentences of each the more there are: a close race is shown as one.
    """
    if not passages:
        return []
    chances = paper_chances(hits, passages)
    if subjects:
        places = list(range(subjects))
        places += _likeliest({place: chance for place, chance in chances.items() if place >= subjects}, least=1, most=1) if asks_several else []
    else:
        places = _likeliest(chances, least=2 if asks_several else 1, most=MOST_CITED)
    rooms = _rooms(len(places), subjects=subjects, limit=limit)
    return [passage for place, room in zip(places, rooms) for passage in _best_of(place, passages, room)]


def _likeliest(chances: Mapping[int, float], *, least: int, most: int) -> list[int]:
    chosen, covered = [], 0.0
    for place, chance in chances.items():
        if len(chosen) >= most or (len(chosen) >= least and covered >= CITED_CHANCE):
            break
        chosen.append(place)
        covered += chance
    return chosen


def _rooms(papers: int, *, subjects: int, limit: int) -> list[int]:
    """Return how many sentences each of so many papers gets, the likeliest paper first.

    Papers that are compared have more to say than one that is asked about; with nobody named, the question's words are
    often far from those of the sentence that answers, so that it is rarely the first alone that is worth showing.
    """
    if subjects > 1:
        return [max(limit - 1, limit + 3 - subjects, 1)] * papers
    if papers == 1:
        return [limit if subjects else limit + 1]
    return [limit, limit] if papers == 2 else [max(1, limit - 1)] * 2 + [1] * (papers - 2)


def _best_of(place: int, passages: Sequence[Passage], room: int) -> list[Passage]:
    """Return the best sentences of a paper in reading order; where several questions are asked at once, the best one for each is among them."""
    own = sorted((p for p in passages if p.place == place), key=lambda p: -p.fit)
    kept = [p for p in own[:room] if p.fit >= FIT_SHARE * own[0].fit]
    wanted = list(dict.fromkeys(max(own, key=lambda p: p.clause_fits[n]) for n in range(len(own[0].clause_fits))))[:room]
    kept = [*wanted, *(p for p in kept if p not in wanted)][: max(len(kept), len(wanted))]
    return sorted(kept, key=lambda p: p.span.start)


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
