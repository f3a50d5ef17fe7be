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
from qa_bot.support.turning import turned
from qa_bot.support.words import bigram_overlap, letter_overlap, missing_names, opposite_words, overlap

# How many sentences of an abstract the model reads per claim; the pair of the first two is read as one more premise.
CANDIDATES = 4
# How many sentences are compared by meaning and by letters. No abstract has as many; of a longer text, those that share most words with the claim.
COMPARED = 64
# Against how many of the likeliest sentences the model reads the opposite claim too.
TURNED_AGAINST = 2
# How fast a premise counts for less the less it is like the claim; at 0.4 the fourth likeliest still counts for about half of the first.
EVENNESS = 0.4

# Which signs speak for "the abstract speaks of this at all", and which for "it says the same and not the opposite".
EVIDENCE_SIGNS = (
    "overlap_sentence", "overlap_abstract", "bigrams", "missing_names", "missing_figures", "alone", "letters", "rare_letters", "letters_sentence",
    "near_sentence", "near_three", "near_abstract",
)  # fmt: skip
AGREEMENT_SIGNS = (
    "model_support", "model_contradict", "model_neutral", "overlap", "bigrams_here", "near", "turns_differ", "same_object", "opposites", "negation_near",
    "directions", "denied_only_here", "has_direction", "model_turned_support", "model_turned_contradict",
)  # fmt: skip

# Of a claim that has no opposite: about the mean over those that have one, so that it speaks neither for nor against.
UNTURNED = {"model_turned_support": 0.7, "model_turned_contradict": 1.0}


@dataclass(frozen=True)
class Case:
    """One claim against one abstract: the stretches of the abstract that may carry it, the likeliest first, and the opposite claim."""

    claim: str
    abstract: str
    about: str
    spans: tuple[Span, ...]
    compared: tuple[Span, ...]
    premises: tuple[Span, ...]
    opposite: str | None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The (premise, claim) that the model reads: each premise with the claim, then the first few with the opposite claim."""
        against = self.premises[:TURNED_AGAINST] if self.opposite else ()
        return [*((premise.text, self.claim) for premise in self.premises), *((premise.text, self.opposite) for premise in against)]


@dataclass(frozen=True)
class Reading:
    """What the models made of a case: (support, contradiction, neither) and the nearness of each premise, of each sentence, of the whole.

    `turned` are the verdicts on the opposite claim, for the first premises.
    """

    verdicts: tuple[tuple[float, float, float], ...]
    turned: tuple[tuple[float, float, float], ...]
    premises_near: tuple[float, ...]
    sentences_near: tuple[float, ...]
    abstract_near: float


def case_of(claim: str, abstract: str, spans: Sequence[Span], about: str) -> Case:
    wanted = [figure.value for figure in figures(claim)]

    def likeness(span: Span) -> float:
        given = {figure.value for figure in figures(span.text)} if wanted else set()
        return overlap(claim, span.text) + 0.15 * bigram_overlap(claim, span.text) + 0.2 * sum(value in given for value in wanted)

    ranked = sorted(spans, key=likeness, reverse=True)
    premises = ranked[:CANDIDATES]
    if len(ranked) > 1:
        first, second = sorted(ranked[:2], key=lambda span: span.start)
        premises.append(Span(f"{first.text} {second.text}", first.start, second.end))
    return Case(claim, abstract, about, tuple(spans), tuple(ranked[:COMPARED]), tuple(premises), turned(claim))


def read_cases(cases: Sequence[Case], *, verdicts: Sequence[Sequence[Sequence[float]]] | None = None) -> list[Reading]:
    """Let the models read every case; `verdicts` are those of the pairs of each case where they are known already."""
    if verdicts is None:
        rows = iter(support_model().probabilities([pair for case in cases for pair in case.pairs]).tolist())
        verdicts = [[next(rows) for _ in case.pairs] for case in cases]
    found = vectors([text for case in cases for text in (case.claim, case.abstract, *(span.text for span in case.compared))])
    return [_reading(case, own, found) for case, own in zip(cases, verdicts, strict=True)]


def _reading(case: Case, verdicts: Sequence[Sequence[float]], found: dict) -> Reading:
    claim = found[case.claim]
    nearness = [(span, float(claim @ found[span.text])) for span in case.compared]
    # A premise of two sentences, which may lie apart, is as near as the nearer of the two.
    premises = tuple(max(near for span, near in nearness if span.text in premise.text) for premise in case.premises)
    rows = [tuple(row) for row in verdicts]
    number = len(case.premises)
    return Reading(tuple(rows[:number]), tuple(rows[number:]), premises, tuple(near for _, near in nearness), float(claim @ found[case.abstract]))


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
        "letters_sentence": max(letter_overlap(claim, span.text)[0] for span in case.compared),
        "near_sentence": nearest[0],
        "near_three": sum(nearest) / len(nearest),
        "near_abstract": reading.abstract_near,
    }


def agreement_signs(case: Case, reading: Reading) -> dict[str, float]:
    """Return the signs of each premise, averaged; the likelier a premise, the more it counts.

    One sentence is a poor witness: over the likeliest few, what a word or the model gets wrong in one evens out.
    """
    rows = [_agreement_of(case.claim, premise.text, verdict, near) for premise, verdict, near in zip(case.premises, reading.verdicts, reading.premises_near, strict=True)]
    weights = [math.exp((row["near"] + 0.5 * row["overlap"]) / EVENNESS) for row in rows]
    turned_rows = [_turned_of(*both) for both in zip(reading.verdicts, reading.turned)] or [UNTURNED]
    return _mean(rows, weights) | _mean(turned_rows, weights)


def _mean(rows: list[dict[str, float]], weights: list[float]) -> dict[str, float]:
    total = sum(weights[: len(rows)])
    return {name: sum(weight * row[name] for weight, row in zip(weights, rows)) / total for name in rows[0]}


def _turned_of(verdict: Sequence[float], turned: Sequence[float]) -> dict[str, float]:
    """Return how much more the model sees support in the claim than in its opposite, and how much less contradiction."""
    return {
        "model_turned_support": _log_odds(verdict[0]) - _log_odds(turned[0]),
        "model_turned_contradict": _log_odds(turned[1]) - _log_odds(verdict[1]),
    }


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
