"""Knows which figures of one text another does not give, and what it gives in their place.

Leaves looking figures up to `given`, and what follows from a wrong one to `support`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa_bot.figures.given import Given, given_by, is_equal
from qa_bot.figures.reading import Figure, figures

Kind = Literal["value", "unit", "rounded", "count"]
# What is wrong with a figure: the place of the figure that the text gives instead, and how they differ; None where nothing is wrong.
_Finding = tuple[int | None, Kind] | None
_LOOSE_UNITS = ("", "%", "points", "x")


@dataclass(frozen=True)
class Mismatch:
    """A figure of a claim that a text does not give so; `instead` is the figure that it gives in its place, if any."""

    figure: Figure
    instead: Figure | None
    kind: Kind


def mismatches(claim: str, text: str) -> list[Mismatch]:
    """Return the figures of `claim` that `text` does not give, each with what it gives instead."""
    claimed = figures(claim)
    if not claimed:
        return []
    given = given_by(text)
    known: dict[tuple, _Finding] = {}
    wrong = []
    for figure in claimed:
        key = (figure.value, figure.unit, figure.noun, figure.decimals, figure.is_hedged)
        if key not in known:
            known[key] = _finding(figure, given)
        if found := known[key]:
            place, kind = found
            wrong.append(Mismatch(figure, None if place is None else given.figures[place], kind))
    return wrong


def _finding(figure: Figure, given: Given) -> _Finding:
    value, unit = figure.value, figure.unit
    own_unit = given.row("unit", unit)

    if given.comparable(unit).equal(value):
        # "four days" is not carried by "four chips" where the text gives the days themselves; "61.3 to 66.4%" shares its unit.
        if unit in _LOOSE_UNITS or not own_unit.values or own_unit.equal(value):
            return None
        return own_unit.first_place(range(len(own_unit.values))), "value"
    # 66.4 % is also written .664.
    if unit == "%" and given.row("unit", "").around(value / 100, lambda one: is_equal(one * 100, value), within=1e-8 * value + 1e-17):
        return None
    if not unit and given.row("unit", "%").equal(value * 100):
        return None
    if same_value := (every := given.comparable("")).equal(value):
        return every.first_place(same_value), "unit"
    # "400" may stand in a name ("So400m"); "400B" may not lean on that.
    if not unit and f"{value:.0f}" in given.loose and not figure.decimals:
        return None
    is_near, rounded = _as_hedged(figure, given), _as_rounded(figure, given)
    if is_near is not None and (rounded is None or is_near <= rounded):
        return None
    if rounded is not None:
        return rounded, "rounded"
    # A list of three things makes "three" true without the word.
    is_count = value <= 10 and not unit and not figure.decimals
    instead = _alternative(figure, given)
    return instead, "count" if is_count and instead is None else "value"


def _as_hedged(figure: Figure, given: Given) -> int | None:
    """Return the first place of a figure that "about" this one may mean."""
    if not figure.is_hedged:
        return None
    row = given.comparable(figure.unit)
    run = row.around(figure.value, lambda one: abs(one - figure.value) <= 0.05 * abs(one), within=0.06 * figure.value)
    return row.first_place(run) if run else None


def _as_rounded(figure: Figure, given: Given) -> int | None:
    """Return the first place of a figure that this one is rounded from; "about 400" is hedged enough for any."""
    if figure.is_hedged and figure.value >= 10 and str(int(figure.value)).endswith("0"):
        return None
    row = given.finer(figure.unit, figure.decimals)
    within = 10.0**-figure.decimals + 1e-8 * figure.value
    run = row.around(figure.value, lambda one: is_equal(round(one, figure.decimals), figure.value), within=within)
    return row.first_place(run) if run else None


def _alternative(figure: Figure, given: Given) -> int | None:
    """Return the place of the figure that most likely stands where `figure` should: same noun or unit, nearest value."""
    if figure.unit:
        rows = [given.row("noun", figure.unit, figure.noun), given.row("unit", figure.unit)]
    else:
        rows = [given.row("noun", "", figure.noun)] if figure.noun else []
        rows += [given.row("broken noun", figure.noun), given.row("broken", "")] if figure.decimals else []
    return next((row.nearest_place(figure.value) for row in rows if row.values), None)


def explain(wrong: Mismatch) -> str:
    """Say in a few words what is wrong with the figure."""
    if wrong.instead is None:
        return f"the abstract gives no figure {wrong.figure.text}"
    if wrong.kind == "rounded":
        return f"the abstract says {wrong.instead.text}, here rounded to {wrong.figure.text}"
    return f"the abstract says {wrong.instead.text}, not {wrong.figure.text}"
