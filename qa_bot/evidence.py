"""Knows whether what was found is enough to answer a question: answered, partial or declined, with the reason.

Leaves finding and writing to others; the same decision is taken with and without an LLM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.extractive import Passage
from qa_bot.schema import Hit, Status

ENOUGH_COSINE = 0.35
ENOUGH_COVERAGE = 0.30


@dataclass(frozen=True)
class Assessment:
    """What the evidence allows. `score` is the evidence in [0, 1]."""

    status: Status
    reason: str
    score: float


def assess(question: str, hits: Sequence[Hit], passages: Sequence[Passage]) -> Assessment:
    """Judge the best passages found for a question."""
    if not hits or not passages:
        return Assessment("declined", "No paper in the collection matches the question.", 0.0)
    best = passages[:3]
    cosine = max(p.cosine for p in best)
    coverage = max(p.coverage for p in best)
    score = min(1.0, 0.5 * cosine + 0.5 * coverage)
    if cosine < ENOUGH_COSINE and coverage < ENOUGH_COVERAGE:
        return Assessment("declined", "The papers do not hold an answer: nothing in them is close to the question.", score)
    return Assessment("answered", "", score)
