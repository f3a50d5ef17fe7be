"""Knows whether what was found is enough to answer a question: answered, partial or declined, with the reason.

Leaves finding and writing to others; the same decision is taken with and without an LLM.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa_bot.extractive import ASKS_NUMBER, Passage, paper_chances
from qa_bot.naming import is_coined
from qa_bot.retrieval import STOP_WORDS, content_words, idf_weights, query_words
from qa_bot.schema import Hit, Status
from qa_bot.store import PaperStore

# Logistic regressions over the signs below, made by scripts/calibrate_evidence.py (which prints how well they do under
# cross-validation). "on_topic": do the papers speak of what is asked at all; "holds": do they say it.
ON_TOPIC = {"bias": -2.696, "cosine": 3.363, "paper_cosine": 9.513, "missing_names": -4.507, "unknown": -2.916}
ON_TOPIC_FROM = 0.321
HOLDS = {
    "bias": -1.666, "cosine": 5.988, "paper_cosine": 3.658, "coverage": -1.445, "coverage_beyond_title": 2.397, "unknown": -3.185,
    "missing_names": -4.668, "missing_thing": -1.146, "missing_quantity": -1.187, "missing_count": -4.035, "is_named": -1.401,
}  # fmt: skip
HOLDS_FROM = 0.569

_THING_ASKED = re.compile(
    r"\b(?:what|which|how many|how much|whose)\s+(?P<thing>(?:[\w-]+\s+){0,3}?[\w-]+)\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|should|"
    r"will|would|of|to|in|on|for|at|from|with|about|that|when|behind|\w+s\b|\w+ed\b)",
    re.I,
)
# An abstract gives a score or names a benchmark without these words; a learning rate or a city it must name as such.
_GOES_UNSAID = frozenset(
    """dataset datasets data benchmark benchmarks task tasks problem problems score scores share percentage percent proportion value values number figure amount
    result results performance method methods approach approaches technique techniques idea principle kind type sort way name part role reason
    bring benefit advantage difference field domain area topic goal aim purpose""".split()
)
# Said by who compares, not by the abstracts that are compared.
_COMPARES = frozenset("differ differs differed difference differences compare compares compared comparison contrast versus vs similar similarities relate related relation".split())
_QUANTITY = re.compile(
    r"(?<![\w.-])\d[\d,.]*(?:[-\s]?(?:%|\w+))?|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|double|hundreds?|thousands?|millions?|billions?)\b", re.I
)
_AFTER_FIGURE = re.compile(
    r"(?:(?<![\w.-])\d[\d,.]*\+?[kKMB]?\b|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?)\b)"
    r"\W{1,3}((?:[\w-]+[ ,]+){0,4}[\w-]+)",
    re.I,
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
    sentences hold none, `missing_count` that of what is counted ("how many layers") no figure is given. With nobody
    named, nearness is that of all papers read.
    """
    places = list(range(subjects)) if subjects else list(paper_chances(hits, passages))[:1]
    best = sorted((p for p in passages if p.place in places), key=lambda p: -p.fit) or list(passages[:1])
    near = best if subjects else passages
    papers = [hits[place].paper for place in places]
    text = " ".join(f"{' '.join((p.title, *p.aliases))} {p.abstract}" for p in papers)
    said = set(store.terms.stems(text))
    in_titles = set(store.terms.stems(" ".join(f"{p.title} {' '.join(p.aliases)}" for p in papers)))
    asked_words = [word for word in query_words(question) if word.casefold() not in _COMPARES]
    weights = idf_weights(store.terms.stems(" ".join(asked_words)), store)
    beyond = {stem: weight for stem, weight in weights.items() if stem not in in_titles}
    squeezed = re.sub(r"[\W_]", "", text).casefold()
    words = re.findall(r"\w[\w.+-]*", question)
    # "CLIP-like" names what something is compared with, which its abstract need not say.
    names = [w for w in words[1:] if (is_coined(w) or w[0].isupper()) and w.casefold() not in STOP_WORDS and not re.search(r"-(?:like|style|type)$", w)]
    missing_names = [w for w in names if re.sub(r"[\W_]", "", w).casefold().rstrip("s") not in squeezed]
    asked = _THING_ASKED.search(question)
    thing = query_words(asked["thing"]) if asked else []
    thing = [w for w in thing if w.casefold() not in STOP_WORDS | _GOES_UNSAID]
    missing_thing = [w for w in thing if not set(store.terms.stems(w)) <= said]
    counted = set(store.terms.stems(" ".join(thing))) if asked and "many" in asked[0].lower().split() else set()
    lacks_quantity = bool(ASKS_NUMBER.search(question)) and not any(_QUANTITY.search(p.span.text) for p in best[:2])
    cosine = max(p.cosine for p in near)
    values = {
        "cosine": cosine,
        "paper_cosine": max((hits[place].dense for place in {p.place for p in near} if hits[place].dense is not None), default=cosine),
        "coverage": _share(weights, said),
        "coverage_beyond_title": _share(beyond, said) if beyond else 1.0,
        "unknown": sum(weight for stem, weight in weights.items() if store.terms.frequency(stem) == 0) / (sum(weights.values()) or 1.0),
        "missing_names": min(2, len(missing_names)) / 2,
        "missing_thing": len(missing_thing) / len(thing) if thing else 0.0,
        "missing_quantity": float(lacks_quantity),
        "missing_count": float(bool(counted) and not counted & _counted(text, store)),
        "is_named": float(subjects > 0),
    }
    missing = [*missing_names, *(["“" + " ".join(thing) + "”"] if missing_thing else []), *(["such a figure"] if lacks_quantity else [])]
    return Signs(values, tuple(dict.fromkeys(missing)))


def _counted(text: str, store: PaperStore) -> set[str]:
    """Return the stems of what a text gives a number of: the few words after each figure."""
    return set(store.terms.stems(" ".join(_AFTER_FIGURE.findall(text))))


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
    words = [word for word in content_words(question) if re.search(r"[^\W\d_]", word)]
    if not subjects and not any(store.terms.frequency(stem) for word in words for stem in store.terms.stems(word)):
        return Assessment("declined", "no paper says any word of the question", holds)
    if not subjects and probability(signs.values, ON_TOPIC) < ON_TOPIC_FROM:
        lacking = f"none of the papers near the question mentions {' or '.join(signs.missing)}"
        return Assessment("declined", lacking if signs.values["missing_names"] == 1 else "nothing in the papers is close enough to what is asked", holds)
    if holds < HOLDS_FROM:
        about = " and ".join(f"“{hit.paper.title}”" for hit in hits[: max(1, subjects)])
        lacking = f"but the abstract does not mention {' or '.join(signs.missing)}" if signs.missing else "but not clearly of what is asked"
        return Assessment("partial", f"the papers speak of {about}, {lacking}" if subjects else f"the nearest paper is {about}, {lacking}", holds)
    return Assessment("answered", "", holds)
