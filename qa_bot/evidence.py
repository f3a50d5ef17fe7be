"""Knows whether what was found is enough to answer a question: answered, partial or declined, with the reason.

Leaves finding and writing to others; the same decision is taken with and without an LLM.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa_bot.extractive import ASKS_NUMBER, Passage
from qa_bot.naming import is_coined
from qa_bot.retrieval import STOP_WORDS, idf_weights, query_words
from qa_bot.schema import Hit, Status
from qa_bot.store import PaperStore

# Logistic regressions over the signs below, made by scripts/calibrate_evidence.py (which prints how well they do under
# cross-validation). "on_topic": do the papers speak of what is asked at all; "holds": do they say it.
ON_TOPIC = {"bias": -3.143, "cosine": 6.168, "coverage": 0.246}
ON_TOPIC_FROM = 0.270
HOLDS = {
    "bias": 0.852, "cosine": 4.446, "paper_cosine": 2.668, "coverage": -3.59, "coverage_beyond_title": 1.61, "unknown": -3.731,
    "missing_names": -4.853, "missing_thing": -2.703, "missing_quantity": -2.709, "is_named": -0.859,
}  # fmt: skip
HOLDS_FROM = 0.499

_THING_ASKED = re.compile(
    r"\b(?:what|which|how many|how much|whose)\s+(?P<thing>(?:[\w-]+\s+){0,3}?[\w-]+)\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|should|"
    r"will|would|of|to|in|on|for|at|from|with|about|that|when|behind|\w+s\b|\w+ed\b)",
    re.I,
)
_QUANTITY = re.compile(
    r"(?<![\w.-])\d[\d,.]*(?:[-\s]?(?:%|\w+))?|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|double|hundreds?|thousands?|millions?|billions?)\b", re.I
)


@dataclass(frozen=True)
class Signs:
    """What the evidence looks like. Shares and cosines are in [0, 1]; `missing` are words for the reason."""

    values: Mapping[str, float]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """What the evidence allows. `score` in [0, 1] is the probability that the papers hold the answer."""

    status: Status
    reason: str
    score: float


def signs_of(question: str, hits: Sequence[Hit], passages: Sequence[Passage], *, subjects: int, store: PaperStore) -> Signs:
    """Measure how far the papers asked about (or else the best one) cover a question.

    `missing_names` counts names in the question that their abstracts do not say ("MMLU"), `missing_thing` the share of
    the thing asked for ("learning rate") that they do not say, `missing_quantity` a number asked for where the best
    sentences hold none.
    """
    best = [p for p in passages if not subjects or p.place < subjects][:3] or list(passages[:1])
    places = list(range(subjects)) if subjects else [best[0].place]
    papers = [hits[place].paper for place in places]
    text = " ".join(f"{' '.join((p.title, *p.aliases))} {p.abstract}" for p in papers)
    said = set(store.terms.stems(text))
    in_titles = set(store.terms.stems(" ".join(f"{p.title} {' '.join(p.aliases)}" for p in papers)))
    weights = idf_weights(store.terms.stems(" ".join(query_words(question))), store)
    beyond = {stem: weight for stem, weight in weights.items() if stem not in in_titles}
    squeezed = re.sub(r"[\W_]", "", text).casefold()
    words = re.findall(r"\w[\w.+-]*", question)
    names = [w for w in words[1:] if (is_coined(w) or w[0].isupper()) and w.casefold() not in STOP_WORDS]
    missing_names = [w for w in names if re.sub(r"[\W_]", "", w).casefold().rstrip("s") not in squeezed]
    asked = _THING_ASKED.search(question)
    thing = query_words(asked["thing"]) if asked else []
    thing = [w for w in thing if w.casefold() not in STOP_WORDS]
    missing_thing = [w for w in thing if not set(store.terms.stems(w)) <= said]
    lacks_quantity = bool(ASKS_NUMBER.search(question)) and not any(_QUANTITY.search(p.span.text) for p in best[:2])
    values = {
        "cosine": max(p.cosine for p in best),
        "paper_cosine": max(hits[place].dense or 0.0 for place in places),
        "coverage": _share(weights, said),
        "coverage_beyond_title": _share(beyond, said) if beyond else 1.0,
        "unknown": sum(weight for stem, weight in weights.items() if store.terms.frequency(stem) == 0) / (sum(weights.values()) or 1.0),
        "missing_names": min(2, len(missing_names)) / 2,
        "missing_thing": len(missing_thing) / len(thing) if thing else 0.0,
        "missing_quantity": float(lacks_quantity),
        "is_named": float(subjects > 0),
    }
    missing = [*missing_names, *(["“" + " ".join(thing) + "”"] if missing_thing else []), *(["such a figure"] if lacks_quantity else [])]
    return Signs(values, tuple(dict.fromkeys(missing)))


def _share(weights: Mapping[str, float], said: set[str]) -> float:
    return sum(weight for stem, weight in weights.items() if stem in said) / (sum(weights.values()) or 1.0)


def probability(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the logistic model's probability for these signs."""
    return 1 / (1 + math.exp(-weights["bias"] - sum(weight * values[name] for name, weight in weights.items() if name != "bias")))


def assess(question: str, hits: Sequence[Hit], passages: Sequence[Passage], *, subjects: int, store: PaperStore) -> Assessment:
    """Decide by the evidence. `subjects`: the first so many hits are papers that the question names."""
    if not hits or not passages:
        return Assessment("declined", "no paper in the collection matches the question", 0.0)
    signs = signs_of(question, hits, passages, subjects=subjects, store=store)
    holds = probability(signs.values, HOLDS)
    if probability(signs.values, ON_TOPIC) < ON_TOPIC_FROM and not subjects:
        return Assessment("declined", "nothing in the papers is close enough to what is asked", holds)
    if not subjects and signs.values["missing_names"] == 1 and holds < HOLDS_FROM:
        return Assessment("declined", f"none of the papers near the question mentions {' or '.join(signs.missing)}", holds)
    if holds < HOLDS_FROM:
        about = " and ".join(f"“{hit.paper.title}”" for hit in hits[: max(1, subjects)])
        lacking = f"but the abstract does not mention {' or '.join(signs.missing)}" if signs.missing else "but not clearly of what is asked"
        return Assessment("partial", f"the papers speak of {about}, {lacking}" if subjects else f"the nearest paper is {about}, {lacking}", holds)
    return Assessment("answered", "", holds)
