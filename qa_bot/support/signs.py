"""Knows the signs by which an abstract is judged to carry a claim: words, names, figures, directions, nearness, the model's verdicts.

Leaves weighing them, and everything that overrules them, to `judging`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.figures import figures, mismatches
from qa_bot.schema import Span
from qa_bot.support.directions import direction_signs
from qa_bot.support.model import support_model
from qa_bot.support.nearness import vectors
from qa_bot.support.words import bigram_overlap, letter_overlap, missing_names, opposite_words, overlap

# How many sentences of an abstract the model reads per claim; the pair of the first two is read as one more premise.
CANDIDATES = 4
# How fast a premise counts for less the less it is like the claim; at 0.4 the fourth likeliest still counts for about half of the first.
EVENNESS = 0.4

# Which signs speak for "the abstract speaks of this at all", and which for "it says the same and not the opposite".
EVIDENCE_SIGNS = (
    "overlap_sentence", "overlap_abstract", "bigrams", "missing_names", "missing_figures", "alone", "letters", "rare_letters", "letters_sentence",
    "near_sentence", "near_three", "near_abstract", "model_support_most", "model_neutral_least",
)  # fmt: skip
AGREEMENT_SIGNS = (
    "model_support", "model_contradict", "model_neutral", "overlap", "bigrams_here", "near", "turns_differ", "same_object", "opposites", "negation_near",
    "directions", "denied_only_here", "has_direction",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One claim against one abstract: the stretches of the abstract that may carry it, the likeliest first."""

    claim: str
    abstract: str
    about: str
    spans: tuple[Span, ...]
    premises: tuple[Span, ...]


@dataclass(frozen=True)
class Reading:
    """What the models made of a case: (support, contradiction, neither) and the nearness of each premise, of each sentence, of the whole."""

    verdicts: tuple[tuple[float, float, float], ...]
    premises_near: tuple[float, ...]
    sentences_near: tuple[float, ...]
    abstract_near: float


def case_of(claim: str, abstract: str, spans: Sequence[Span], about: str) -> Case:
    wanted = [figure.value for figure in figures(claim)]

    def likeness(span: Span) -> float:
        given = {figure.value for figure in figures(span.text)} if wanted else set()
        return overlap(claim, span.text) + 0.15 * bigram_overlap(claim, span.text) + 0.2 * sum(value in given for value in wanted)

    ranked = sorted(spans, key=likeness, reverse=True)[:CANDIDATES]
    premises = list(ranked)
    if len(ranked) > 1:
        first, second = sorted(ranked[:2], key=lambda span: span.start)
        premises.append(Span(f"{first.text} {second.text}", first.start, second.end))
    return Case(claim, abstract, about, tuple(spans), tuple(premises))


def read_cases(cases: Sequence[Case], *, verdicts: Sequence[Sequence[Sequence[float]]] | None = None) -> list[Reading]:
    """Let the models read every case; `verdicts` are those of each premise of each case where they are known already."""
    if verdicts is None:
        pairs = [(premise.text, case.claim) for case in cases for premise in case.premises]
        rows = iter(support_model().probabilities(pairs).tolist())
        verdicts = [[next(rows) for _ in case.premises] for case in cases]
    found = vectors([text for case in cases for text in (case.claim, case.abstract, *(span.text for span in case.spans))])
    return [_reading(case, own, found) for case, own in zip(cases, verdicts, strict=True)]


def _reading(case: Case, verdicts: Sequence[Sequence[float]], found: dict) -> Reading:
    claim = found[case.claim]
    by_start = [(span, float(claim @ found[span.text])) for span in case.spans]
    # A premise of two sentences, which may lie apart, is as near as the nearer of the two.
    premises = tuple(max(near for span, near in by_start if span.text in premise.text) for premise in case.premises)
    return Reading(tuple(map(tuple, verdicts)), premises, tuple(near for _, near in by_start), float(claim @ found[case.abstract]))


def _log_odds(probability: float) -> float:
    clipped = min(max(float(probability), 0.003), 0.997)
    return math.log(clipped / (1 - clipped))


def best_premise(case: Case, reading: Reading) -> int:
    """Return the place of the premise that speaks most to the claim: the least neutral by the model, helped by the overlap."""
    return max(range(len(case.premises)), key=lambda i: 1 - reading.verdicts[i][2] + 0.5 * overlap(case.claim, case.premises[i].text))


def evidence_signs(case: Case, reading: Reading) -> dict[str, float]:
    claim, known = case.claim, f"{case.about} {case.abstract}"
    best = case.premises[best_premise(case, reading)].text
    letters, rare_letters = letter_overlap(claim, known)
    nearest = sorted(reading.sentences_near, reverse=True)[:3]
    return {
        "overlap_sentence": max(overlap(claim, premise.text) for premise in case.premises),
        "overlap_abstract": overlap(claim, known),
        "bigrams": bigram_overlap(claim, best),
        "missing_names": min(len(missing_names(claim, known)), 3),
        "missing_figures": min(len(mismatches(claim, known)), 2),
        "alone": float(len(case.spans) == 1),
        "letters": letters,
        "rare_letters": rare_letters,
        "letters_sentence": max(letter_overlap(claim, span.text)[0] for span in case.spans),
        "near_sentence": nearest[0],
        "near_three": sum(nearest) / len(nearest),
        "near_abstract": reading.abstract_near,
        "model_support_most": _log_odds(max(v[0] for v in reading.verdicts)),
        "model_neutral_least": _log_odds(min(v[2] for v in reading.verdicts)),
    }


def agreement_signs(case: Case, reading: Reading) -> dict[str, float]:
    """Return the signs of each premise, averaged; the likelier a premise, the more it counts.

    One sentence is a poor witness: over the likeliest few, what a word or the model gets wrong in one evens out.
    """
    rows = [_agreement_of(case.claim, premise.text, verdict, near) for premise, verdict, near in zip(case.premises, reading.verdicts, reading.premises_near, strict=True)]
    weights = [math.exp((row["near"] + 0.5 * row["overlap"]) / EVENNESS) for row in rows]
    return {name: sum(weight * row[name] for weight, row in zip(weights, rows, strict=True)) / sum(weights) for name in rows[0]}


def _agreement_of(claim: str, premise: str, verdict: Sequence[float], near: float) -> dict[str, float]:
    return {
        "model_support": _log_odds(verdict[0]),
        "model_contradict": _log_odds(verdict[1]),
        "model_neutral": _log_odds(verdict[2]),
        "overlap": overlap(claim, premise),
        "bigrams_here": bigram_overlap(claim, premise),
        "near": near,
        "opposites": opposite_words(claim, premise),
        **direction_signs(claim, premise),
    }


def all_signs(case: Case, reading: Reading) -> dict[str, float]:
    """Return every sign by name."""
    return evidence_signs(case, reading) | agreement_signs(case, reading)
