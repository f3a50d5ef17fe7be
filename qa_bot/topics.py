"""Knows which papers are about a topic: a decision for each paper, not the nearest k.

Leaves ranking to `retrieval` and what is done with the papers to `listing`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa_bot.chunking import split_sentences
from qa_bot.collection import says
from qa_bot.embedding import EmbeddingModel
from qa_bot.naming import is_coined
from qa_bot.retrieval import MOST_FOR_RERANKING, RERANKED, STOP_WORDS, idf_weights, query_words, search_papers
from qa_bot.schema import Filters, Hit, Paper
from qa_bot.store import PaperStore

CANDIDATES = 100
MOST_CANDIDATES = 1_600
# Set on 49 topics over the sample papers, judged by hand (recall .77 to .82 and precision .69 to .84 against the plain
# rule `_is_loosely_about` alone). Cosines of the embedded model; "near" is relative to the nearest paper.
_COVERED = 0.75
_CLOSE_WORDS = 3
_NEAR = 0.5
_NEAR_WHEN_SAID_ONCE = 0.75
_NEARLY_NEAREST = 0.85
_COSINE = 0.40
_LOOSE_COSINE = 0.42
_LEAST_COSINE = 0.2
_NEAR_AT_ALL = 0.28  # of the nearest paper to a topic that none says: "astronomy" .30 to one on galaxies, "quantum computing" .21
# A topic of so many words describes papers in words that they need not use: then those are about it that score nearly as well as the
# best, read word by word, and say some of its words or are nearly as near as the nearest. Chosen on 13 such lists (recall .94, precision .83;
# on 28 others .98 and .85).
_DESCRIBED_WORDS = 4
_NEARLY_BEST = 0.75
_PARTLY_SAID = 0.3
_NEARLY_AS_NEAR = 0.8


@dataclass(frozen=True)
class About:
    """The papers about a topic, best first; `is_sure` is False where none says it and these are only near in meaning.

    `is_complete` is False where there are so many that not all of the collection was looked at.
    """

    papers: tuple[Paper, ...]
    is_sure: bool = True
    is_complete: bool = True


@dataclass(frozen=True)
class _Signs:
    """How a paper speaks of a topic: share of its words (by idf) in the title and in the best sentence, sentences that
    hold most of them, words between them where all stand in one sentence, cosine, cosine by the nearest paper's; `is_long`: many words need not stand
    together; `is_figure`: one of them is a number ("22B parameters"), which is said or not."""

    in_title: float
    coverage: float
    sentences: int
    between: int
    cosine: float
    near: float
    is_long: bool
    is_figure: bool


def papers_about(topic: str, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None) -> About:
    """Return the papers about a topic.

    A topic that is a name ("Perceiver", "SI-Score") is what its papers say; any other must stand together in the title
    or more than once in the abstract, or the paper must be near in meaning.
    """
    limit = CANDIDATES
    while True:
        about = _among(topic, search_papers(topic, store=store, embedding=embedding, limit=limit, filters=filters), store)
        if len(about.papers) < limit // 3 or limit >= MOST_CANDIDATES or store.truth.count("papers") <= limit:
            is_complete = len(about.papers) < limit // 3 or store.truth.count("papers") <= limit
            return replace(about, is_complete=is_complete)
        limit *= 4


def _among(topic: str, hits: Sequence[Hit], store: PaperStore) -> About:
    """Return the papers about a topic among the papers found for it."""
    if not hits:
        return About(())
    if is_name(topic) and (saying := [hit.paper for hit in hits if says(hit.paper, topic)]):
        return About(tuple(saying))
    stems = list(dict.fromkeys(store.terms.stems(" ".join(query_words(_in_words(topic))))))
    weights = idf_weights(stems, store)
    unsaid = _names(topic, store)
    signs = [
        (hit, _signs(hit, stems, weights, unsaid, nearest=max(other.dense or 0.0 for other in hits), store=store)) for hit in hits
    ]
    chosen = [hit.paper for hit, sign in signs if _is_about(sign)] or [
        hit.paper for hit, sign in signs if _is_loosely_about(sign)
    ]
    is_said = any(sign.in_title > 0.99 for _, sign in signs)
    if chosen and not is_said and len(stems) >= _DESCRIBED_WORDS and store.terms.count() <= MOST_FOR_RERANKING:
        best = max(hit.score for hit in hits)
        chosen = [hit.paper for hit, sign in signs[:RERANKED] if hit.score >= _NEARLY_BEST * best and (sign.coverage >= _PARTLY_SAID or sign.near >= _NEARLY_AS_NEAR)]
    words = re.findall(r"\w+", topic)
    if len(words) > 2:  # "AttentionNAS" is about neural architecture search
        chosen += [hit.paper for hit in hits if hit.paper not in chosen and says(hit.paper, topic, in_title=True)]
    elif len(words) == 2:  # "Deep RL" is about reinforcement learning, "SI-Score" not about satellite images
        initials = re.compile(rf"(?<![\w-]){(words[0][0] + words[1][0]).upper()}(?![\w-])")
        chosen += [hit.paper for hit in hits if hit.paper not in chosen and initials.search(hit.paper.title)]
    if chosen:
        return About(tuple(chosen))
    return About(tuple(hit.paper for hit, sign in signs if sign.near >= _NEARLY_NEAREST and sign.cosine >= _NEAR_AT_ALL), is_sure=False)


def _is_about(sign: _Signs) -> bool:
    stands_together = sign.between <= _CLOSE_WORDS
    return (
        sign.in_title > 0.99
        or (sign.in_title >= _COVERED and sign.near >= _NEAR)
        or (stands_together and sign.near >= (_NEAR if sign.sentences > 1 else _NEAR_WHEN_SAID_ONCE))
        or (sign.is_figure and not sign.between)
        or (sign.is_long and sign.coverage >= _COVERED and sign.near >= _NEAR_WHEN_SAID_ONCE)
        or (sign.near >= _NEARLY_NEAREST and sign.cosine >= _COSINE + 0.1 * (1 - sign.coverage) and sign.coverage >= 0.25)
    )


def _is_loosely_about(sign: _Signs) -> bool:
    return (sign.coverage >= _COVERED and sign.cosine >= _LEAST_COSINE) or sign.cosine >= _LOOSE_COSINE + 0.15 * (
        1 - sign.coverage
    )


def is_name(topic: str) -> bool:
    """Say whether a topic is one name: "GPT-4", "Perceiver", "SI-Score"."""
    words = [word.strip(".,") for word in re.findall(r"\w[\w.-]*", topic) if word.lower() not in STOP_WORDS]
    return (
        0 < len(words) <= 2
        and all(is_coined(word) or (word[0].isupper() and not word.isupper()) or word.isdigit() for word in words)
        and not words[0].isdigit()
    )


def _names(topic: str, store: PaperStore) -> dict[str, str]:
    """Return stem -> word of the capitalised words of a topic: "Perceiver" is not said by "perceive", though their stem is one."""
    return {stem: word for word in query_words(topic) if word[0].isupper() for stem in store.terms.stems(word)}


def _signs(
    hit: Hit, stems: Sequence[str], weights: Mapping[str, float], names: Mapping[str, str], *, nearest: float, store: PaperStore
) -> _Signs:
    total = sum(weights.values()) or 1.0
    whole = f"{hit.paper.title} {hit.paper.abstract}"
    unsaid = {stem for stem, word in names.items() if not re.search(rf"(?<!\w){re.escape(word)}s?(?!\w)", whole, re.I)}

    def share(said: set[str]) -> float:
        return sum(weight for stem, weight in weights.items() if stem in said - unsaid) / total

    title = _stems_of(hit.paper.title, stems, store)
    coverage, sentences, between = share(set(title)), 0, _between(stems, title)
    for span in split_sentences(hit.paper.abstract):
        said = _stems_of(span.text, stems, store)
        covered = share(set(said) | set(title))  # the title's words go for every sentence
        coverage, sentences = max(coverage, covered), sentences + (share(set(said)) >= _COVERED)
        between = min(between, _between(stems, said))
    sentences += share(set(title)) >= _COVERED
    if unsaid:
        between = len(whole)
    cosine = hit.dense or 0.0
    return _Signs(
        share(set(title)), coverage, sentences, between, cosine, cosine / nearest if nearest > 0 else 0.0, len(stems) > 3,
        len(stems) > 1 and any(stem.isdigit() for stem in stems),
    )


def _in_words(text: str) -> str:
    """Return a text with "22B" as "22 billion"."""
    return re.sub(r"(?<![\w.])(\d+(?:\.\d+)?) ?(?:B|bn)\b", r"\1 billion", text)


def _stems_of(text: str, stems: Sequence[str], store: PaperStore) -> list[str]:
    """Return the stems of a text; two words of a topic are also said by one that joins them: "race cars" by "racecar"."""
    said = store.terms.stems(_in_words(text))
    squeezed = re.sub(r"[\W_]", "", text).casefold()
    for pair in zip(stems, stems[1:]):
        said += pair if "".join(pair) in squeezed and not set(pair) <= set(said) else ()
    return said


def _between(stems: Sequence[str], said: Sequence[str]) -> int:
    """Return how many other words stand in the shortest run of words that holds all stems; many where there is none."""
    last: dict[str, int] = {}
    shortest = len(said) + 100
    for place, stem in enumerate(said):
        if stem in stems:
            last[stem] = place
            if len(last) == len(stems):
                shortest = min(shortest, place - min(last.values()) + 1)
    return shortest - len(stems)
