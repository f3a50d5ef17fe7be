"""Knows the bounds that a list question sets to a figure ("more than 10 billion parameters") and whether a paper gives such a figure.

Leaves finding figures in a text to `figures`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa_bot.collection.wording import PAPERS, PEOPLE, regex
from qa_bot.figures import Figure, figures
from qa_bot.figures.given import is_equal

_ABOVE = r"(?:more than|over|above|at least|greater than|larger than|higher than|bigger than|exceed(?:s|ing)?|beyond|upwards of|no (?:fewer|less) than|>=?|≥)"
_BELOW = r"(?:fewer than|less than|under|below|at most|smaller than|lower than|no more than|up to|<=?|≤)"
_BEFORE = regex(rf"(?P<above>{_ABOVE})\s*$|(?P<below>{_BELOW})\s*$")
_AFTER = regex(r"^(?:\s+(?!or\b)[a-z-]+){0,2}\s+or (?:(?P<above>more|above|larger|bigger|higher|over|greater)|(?P<below>less|fewer|below|smaller|lower|under))\b")
_INCLUSIVE = regex(r"at least|at most|no (?:more|fewer|less) than|up to|[≥≤=]")
# "a 22B ViT" speaks of parameters without the word, "10B images" does not.
_SIZE = re.compile(r"\d[\d.]*\s?(?:[BM]|billion|million)$", re.I)
_MEASURED = regex(r"(?:\s+(?:top-\d|zero-shot|few-shot|linear|mean|average|classification|test|validation))*\s+(?:accurac(?:y|ies)|precision|recall|m?ap|auc|errors?|performance)\b")
_COUNTED = frozenset(
    """image token example pair text video sample word hour step language dataset data annotation frame item instance point people paper scan replay operation flop
    flops class classe label record query question document page""".split()
)


@dataclass(frozen=True)
class Bound:
    """What a figure must be: its unit or what it counts, and one bound, which may itself be reached where it is inclusive."""

    value: float
    unit: str
    noun: str
    is_least: bool
    is_inclusive: bool
    words: str

    def described(self) -> str:
        return f"giving {self.words}"

    def fits(self, figure: Figure) -> bool:
        """Say whether a figure is of the kind asked for and within the bound."""
        if figure.unit != self.unit or not self._is_of_kind(figure):
            return False
        if is_equal(figure.value, self.value):
            return self.is_inclusive or figure.is_hedged  # "beyond 16 frames" asked for and said
        return figure.value > self.value if self.is_least else figure.value < self.value

    def _is_of_kind(self, figure: Figure) -> bool:
        if self.unit or not self.noun:
            return True
        return figure.noun == self.noun or (self.noun == "parameter" and bool(_SIZE.search(figure.text)) and figure.noun not in _COUNTED)


def find_bound(question: str) -> tuple[Bound, int, int] | None:
    """Return (the bound that a question sets to a figure, start and end of the words that say it)."""
    for figure in figures(question):
        before, after = _BEFORE.search(question[: figure.start]), _AFTER.match(question[figure.end :])
        found = before or after
        if found is None or re.fullmatch(rf"{PAPERS}|{PEOPLE}|author", figure.noun, re.I):
            continue
        is_inclusive = bool(after and not before) or bool(before and _INCLUSIVE.search(before[0]))
        start = before.start() if before else figure.start
        end = figure.end + (after.end() if after else 0)
        counted = re.match(rf"[\s-]*(?:[a-z-]+ )??{re.escape(figure.noun)}s?\b(?![-\w])", question[end:], re.I) if figure.noun and not after else None
        measured = _MEASURED.match(question[end:]) if figure.unit == "%" and not after else None
        end += max(counted.end() if counted else 0, measured.end() if measured else 0)
        return Bound(figure.value, figure.unit, figure.noun, bool(found["above"]), is_inclusive, " ".join(question[start:end].split())), start, end
    return None


def given(bound: Bound, text: str) -> list[Figure]:
    """Return the figures of a text that are within a bound, in order."""
    return [figure for figure in figures(text) if bound.fits(figure)]
