"""Knows the figures that a text gives, by value, unit and noun, so that each question about them takes few steps however many there are.

Leaves what a missing figure means to `comparing`. A text by a stranger, or by an LLM, may hold thousands of numbers; comparing each
with each takes seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache

from qa_bot.figures.reading import figures


def is_equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-9)


def is_same_unit(one: str, other: str) -> bool:
    return not one or not other or one == other or {one, other} == {"%", "points"}


class Row:
    """Values in order, each once, with the place in the text where it stands first."""

    def __init__(self, items: Iterable[tuple[float, int]]) -> None:
        first: dict[float, int] = {}
        for value, place in items:
            first[value] = min(place, first.get(value, place))
        self.values = sorted(first)
        # least[k][i] is the first place among the 2**k values from i on.
        self._least = [[first[value] for value in self.values]]

    def around(self, value: float, is_meant: Callable[[float], bool], *, within: float) -> range:
        """Return the run of values that are meant. They must lie next to each other, around `value`, and not farther than `within`.

        That distance may be generous; it spares asking about values where none is near.
        """
        low, high = bisect_left(self.values, value - within), bisect_right(self.values, value + within)
        middle = bisect_left(self.values, value, low, high)
        start = bisect_left(self.values, True, low, middle, key=is_meant) if low < middle else middle
        stop = bisect_left(self.values, True, middle, high, key=lambda one: not is_meant(one)) if middle < high else middle
        return range(start, stop)

    def equal(self, value: float) -> range:
        return self.around(value, lambda one: is_equal(one, value), within=2e-9 * value + 2e-18)

    def first_place(self, run: range) -> int:
        """Return where in the text the first of a run of values stands; the run is not empty."""
        level = len(run).bit_length() - 1
        while len(self._least) <= level:
            last, step = self._least[-1], 1 << (len(self._least) - 1)
            self._least.append([min(pair) for pair in zip(last, last[step:])])
        return min(self._least[level][run.start], self._least[level][run.stop - (1 << level)])

    def nearest_place(self, value: float) -> int:
        """Return where the nearest value stands, the first of them where several are as near; the row is not empty."""
        middle = bisect_left(self.values, value)
        least = min(abs(one - value) for one in self.values[max(0, middle - 1) : middle + 1])
        # Several may be as near: one on each side, and all that a float of that size cannot tell apart.
        return self.first_place(self.around(value, lambda one: abs(one - value) <= least, within=least + 1e-9 * (value + least)))


class Given:
    """The figures of one text, to be looked up."""

    def __init__(self, text: str) -> None:
        self.figures = figures(text)
        self.loose = frozenset(re.findall(r"\d+", text))
        groups: defaultdict[tuple, list[tuple[float, int]]] = defaultdict(list)
        for place, figure in enumerate(self.figures):
            item = (figure.value, place)
            groups["unit", figure.unit].append(item)
            groups["noun", figure.unit, figure.noun].append(item)
            if figure.decimals and not figure.unit:
                groups["broken", ""].append(item)
                groups["broken noun", figure.noun].append(item)
        self._groups = groups
        self._rows: dict[tuple, Row] = {}

    def row(self, *key: object) -> Row:
        """Return a group: ("unit", u); ("noun", u, n); ("broken", "") or ("broken noun", n), those with decimals and without a unit."""
        if key not in self._rows:
            self._rows[key] = Row(self._groups.get(key, ()))
        return self._rows[key]

    def comparable(self, unit: str) -> Row:
        """Return the figures whose unit may be meant by `unit`; "" may mean any."""
        key = ("comparable", unit)
        if key not in self._rows:
            self._rows[key] = Row((figure.value, place) for place, figure in enumerate(self.figures) if is_same_unit(unit, figure.unit))
        return self._rows[key]

    def finer(self, unit: str, decimals: int) -> Row:
        """Return the figures comparable with `unit` that are written with more decimals."""
        key = ("finer", unit, decimals)
        if key not in self._rows:
            meant = ((figure, place) for place, figure in enumerate(self.figures) if is_same_unit(unit, figure.unit))
            self._rows[key] = Row((figure.value, place) for figure, place in meant if figure.decimals > decimals)
        return self._rows[key]


@lru_cache(maxsize=16)
def given_by(text: str) -> Given:
    """Return the figures of a text; a text of late is remembered, since an answer's sentences meet the same abstracts again and again."""
    return Given(text)

