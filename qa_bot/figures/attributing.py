"""Knows where a claim gives a figure that the text gives of something else.

Leaves figures that the text does not give to `comparing`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from qa_bot.figures.given import is_equal
from qa_bot.figures.reading import Figure, figures

_SEGMENT = re.compile(r"[,;:]\s|\s\(|\)|\s(?:and|while|whereas|but|versus|vs\.?)\s|[.!?]\s")
_EMPTY_WORDS = frozenset("the and for with from that than only over about accuracy top-1 top-5 reach achiev attain get gain score result model perform performance".split())


class _Pieces:
    """A text cut into pieces that each say one thing; words in brackets stay with what stands before them."""

    def __init__(self, text: str) -> None:
        self.text = text
        edges = [0, *(match.start() for match in _SEGMENT.finditer(text) if not text[match.start() : match.end()].startswith((" (", ")"))), len(text)]
        self.edges = list(dict.fromkeys(edges))
        self._words: dict[int, frozenset[str]] = {}

    def at(self, offset: int) -> int:
        return bisect_right(self.edges, offset) - 1

    def stretch(self, piece: int) -> str:
        return self.text[self.edges[piece] : self.edges[piece + 1]]

    def said_of(self, figure: Figure) -> frozenset[str]:
        """Return the content words of the piece in which a figure stands, word endings cut."""
        return self.words(self.at(figure.start)) - {figure.unit.lower()}

    def words(self, piece: int) -> frozenset[str]:
        if piece not in self._words:
            found = re.findall(r"[a-z][\w-]{2,}", self.stretch(piece).lower())
            self._words[piece] = frozenset(re.sub(r"(?<=\w{4})(?:es|s|ed|ing)$", "", word) for word in found)
        return self._words[piece]


def misattributed(claim: str, text: str) -> tuple[Figure, str] | None:
    """Return a figure that `text` gives of something else, with the words around it there; None where nothing speaks for that.

    It takes another figure of the same unit whose words are in the claim, while the words of the right figure are not.
    """
    claimed = [figure for figure in figures(claim) if figure.decimals and not figure.is_word]
    given = figures(text) if claimed else []
    if len(given) < 2:
        return None
    there, here = _Pieces(text), _Pieces(claim)
    by_unit: defaultdict[str, dict[tuple[int, float], None]] = defaultdict(dict)
    for figure in given:
        if figure.decimals:
            by_unit[figure.unit][there.at(figure.start), figure.value] = None
    asked: dict[tuple[float, str, int], Figure] = {}
    for figure in claimed:
        asked.setdefault((figure.value, figure.unit, here.at(figure.start)), figure)
    for figure in asked.values():
        ours = here.said_of(figure) - _EMPTY_WORDS
        same = [other for other in given if is_equal(other.value, figure.value)]
        own = {there.said_of(other) & ours for other in same}
        if own and _is_of_another(figure, ours, own, list(by_unit[figure.unit]), there):
            return figure, there.stretch(there.at(same[0].start)).strip(" ,;:")
    return None


def _is_of_another(figure: Figure, ours: frozenset[str], own: set[frozenset[str]], rivals: Sequence[tuple[int, float]], there: _Pieces) -> bool:
    """Tell whether a rival's words cover all that the figure's own do, and more of the claim."""
    for piece, value in rivals:
        foreign = (there.words(piece) - {figure.unit.lower()}) & ours
        if foreign and all(words < foreign for words in own) and not is_equal(value, figure.value):
            return True
    return False
