"""Knows the figures of a text: numbers with magnitudes and units, and which figures of one text another does not give.

Leaves what follows from a wrong figure to `support`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_WORDS = {word: value for value, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())} | {
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12,
}  # fmt: skip
_MAGNITUDES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "bn": 1e9, "hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_UNITS = {
    "%": "% percent per-cent",
    "points": "points point pp percentage-points percentage-point pts",
    "x": "x × times fold -fold \\times",
    "ms": "ms millisecond milliseconds",
    "s": "s sec second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "days": "day days",
    "weeks": "week weeks",
    "months": "month months",
    "years": "year years",
    "KB": "kb kilobytes",
    "MB": "mb megabytes",
    "GB": "gb gigabytes gib",
    "TB": "tb terabytes",
    "Hz": "hz hertz",
    "fps": "fps",
    "dB": "db",
    "mm": "mm",
    "cm": "cm",
    "m": "metre metres meter meters",
    "km": "km kilometres kilometers",
    "g": "g gram grams",
    "mg": "mg",
    "kg": "kg",
    "°C": "°c",
    "$": "dollars usd",
}
_UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in names.split()}
_WORD_NUMBER = "|".join(sorted(_WORDS, key=len, reverse=True))
_FIGURE = re.compile(
    # "GPT-4", "top-5", "v2.1" and "F1" bear names and not figures; "60-74%" and "(5" do.
    rf"""(?<![A-Za-z0-9_][.,])(?<![A-Za-z_][-‐–])(?<![\w.])
    (?:(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d*\.\d+|\d+)|(?P<word>\b(?:{_WORD_NUMBER})(?:-(?:{_WORD_NUMBER}))?(?![\w])))
    (?:[\s~-]?(?P<magnitude>thousand|million|billion|trillion|hundred|(?<=\d)\s?(?:bn|[kKMBT]))(?![A-Za-z0-9]))?
    (?:\\?\s?[\s~-]?(?P<unit>%|×|\\times|percentage[ -]points?|per[ -]cent|°C|[A-Za-z]+))?""",
    re.VERBOSE | re.IGNORECASE,
)
_HEDGE = re.compile(
    r"(?:about|around|roughly|nearly|almost|approximately|approx\.|over|more than|some|up to|at least|under|less than|close to|above|below|~|≈|>|<|exceeding)\s*$", re.I
)


@dataclass(frozen=True)
class Figure:
    """A number as the text writes it, its value in units (magnitude applied), and the noun that it counts."""

    text: str
    value: float
    unit: str
    noun: str
    start: int
    end: int
    decimals: int = 0
    is_hedged: bool = False
    is_word: bool = False


@dataclass(frozen=True)
class Mismatch:
    """A figure of a claim that a text does not give so; `instead` is the figure that it gives in its place, if any."""

    figure: Figure
    instead: Figure | None
    kind: Literal["value", "unit", "rounded", "count"]


def figures(text: str) -> list[Figure]:
    """Return the figures of `text` in order; "one" is left out, being a pronoun more often than a number."""
    found = []
    for match in _FIGURE.finditer(text):
        end = match.end()
        unit_text = (match["unit"] or "").lower().replace(" ", "-")
        unit = _UNIT_OF.get(unit_text, "")
        if match["unit"] and not unit:
            end = match.start("unit")
            glued = not re.search(r"[\s~-]", text[max(match.end("digits") if match["digits"] else 0, 0) : end]) if match["digits"] else False
            if glued and not match["magnitude"] and end == match.end("digits"):
                continue  # "3D", "2nd", "8b8"
        if match["word"]:
            value = float(sum(_WORDS[part] for part in match["word"].lower().split("-")))
            if value == 1 and not unit and not match["magnitude"]:
                continue
        else:
            value = float(match["digits"].replace(",", ""))
        decimals = len(match["digits"].partition(".")[2]) if match["digits"] else 0
        value *= _MAGNITUDES.get((match["magnitude"] or "").strip().lower(), 1)
        written = text[match.start() : end].rstrip(" -~\\\n")
        if text[match.start() - 1 : match.start()] == "$" and not unit and "$" not in text[end : end + 3]:
            unit, written = "$", "$" + written
        rest = re.match(r"[\s~-]*(?:[a-z-]+ )??([A-Za-z]{3,})", text[end:])
        # "a 4x", "10 times": the noun behind a unit says little.
        noun = re.sub(r"(?<!s)s$", "", rest[1].lower()) if rest else ""
        found.append(
            Figure(
                text=written.replace("\\", ""),
                value=value,
                unit=unit,
                noun=noun,
                start=match.start(),
                end=match.start() + len(written),
                decimals=decimals,
                is_hedged=bool(_HEDGE.search(text[max(0, match.start() - 20) : match.start()])),
                is_word=bool(match["word"]),
            )
        )
    return found


def _same_unit(one: str, other: str) -> bool:
    return not one or not other or one == other or {one, other} == {"%", "points"}


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1e-9)


def _alternative(figure: Figure, given: list[Figure]) -> Figure | None:
    """Return the figure of the text that most likely stands where `figure` should: same noun or unit, nearest value."""
    if figure.unit:
        alike = [other for other in given if other.unit == figure.unit]
    else:
        alike = [other for other in given if figure.noun and other.noun == figure.noun and not other.unit]
        if not alike and figure.decimals:
            alike = [other for other in given if other.decimals and not other.unit]
    return min(alike, key=lambda other: (other.noun != figure.noun, abs(other.value - figure.value)), default=None)


def _mismatch(figure: Figure, given: list[Figure], loose: set[str]) -> Mismatch | None:
    same_value = [other for other in given if _equal(other.value, figure.value)]
    if any(_same_unit(figure.unit, other.unit) for other in same_value):
        # "four days" is not carried by "four chips" where the text gives the days themselves; "61.3 to 66.4%" shares its unit.
        own_unit = [other for other in given if other.unit == figure.unit]
        if figure.unit in ("", "%", "points", "x") or not own_unit or any(other.unit == figure.unit for other in same_value):
            return None
        return Mismatch(figure, own_unit[0], "value")
    # 66.4 % is also written .664.
    if any(figure.unit == "%" and not o.unit and _equal(o.value * 100, figure.value) or o.unit == "%" and not figure.unit and _equal(figure.value * 100, o.value) for o in given):
        return None
    if same_value:
        return Mismatch(figure, same_value[0], "unit")
    # "400" may stand in a name ("So400m"); "400B" may not lean on that.
    if not figure.unit and f"{figure.value:.0f}" in loose and not figure.decimals:
        return None
    alike = [other for other in given if _same_unit(figure.unit, other.unit)]
    scale = 10.0 ** (len(str(int(figure.value))) - len(str(int(figure.value)).rstrip("0"))) if figure.value >= 10 and figure.is_hedged else 1.0
    for other in alike:
        if figure.is_hedged and abs(other.value - figure.value) <= 0.05 * abs(other.value):
            return None
        if other.value != figure.value and figure.decimals < other.decimals and _equal(round(other.value, figure.decimals), figure.value) and scale == 1.0:
            return Mismatch(figure, other, "rounded")
    # A list of three things makes "three" true without the word.
    is_count = figure.value <= 10 and not figure.unit and not figure.decimals
    instead = _alternative(figure, given)
    return Mismatch(figure, instead, "count" if is_count and instead is None else "value")


def mismatches(claim: str, text: str) -> list[Mismatch]:
    """Return the figures of `claim` that `text` does not give, each with what it gives instead."""
    given = figures(text)
    loose = set(re.findall(r"\d+", text))
    return [wrong for figure in figures(claim) if (wrong := _mismatch(figure, given, loose))]


_SEGMENT = re.compile(r"[,;:]\s|\s\(|\)|\s(?:and|while|whereas|but|versus|vs\.?)\s|[.!?]\s")


def _segments(text: str) -> list[tuple[int, int]]:
    """Cut a text into pieces that each say one thing; words in brackets stay with what stands before them."""
    edges = [0, *(match.start() for match in _SEGMENT.finditer(text) if not text[match.start() : match.end()].startswith((" (", ")"))), len(text)]
    return list(zip(edges, edges[1:]))


def _said_of(figure: Figure, text: str, segments: list[tuple[int, int]]) -> set[str]:
    """Return the content words of the piece in which a figure stands, word endings cut."""
    start, end = next(((a, b) for a, b in segments if a <= figure.start < b), (0, len(text)))
    return {re.sub(r"(?<=\w{4})(?:es|s|ed|ing)$", "", word) for word in re.findall(r"[a-z][\w-]{2,}", text[start:end].lower())} - {figure.unit.lower()}


_EMPTY_WORDS = frozenset("the and for with from that than only over about accuracy top-1 top-5 reach achiev attain get gain score result model perform performance".split())


def misattributed(claim: str, text: str) -> tuple[Figure, str] | None:
    """Return a figure that `text` gives of something else, with the words around it there; None where nothing speaks for that.

    It takes another figure of the same unit whose words are in the claim, while the words of the right figure are not.
    """
    given, claimed = figures(text), figures(claim)
    if len(given) < 2 or not claimed:
        return None
    there, here = _segments(text), _segments(claim)
    for figure in claimed:
        if figure.is_word:
            continue
        ours = _said_of(figure, claim, here) - _EMPTY_WORDS
        same = [other for other in given if _equal(other.value, figure.value)]
        rivals = [other for other in given if not _equal(other.value, figure.value) and other.unit == figure.unit and other.decimals > 0]
        if not same or not rivals or not figure.decimals:
            continue
        own = [_said_of(other, text, there) & ours for other in same]
        for rival in rivals:
            foreign = _said_of(rival, text, there) & ours
            if foreign and all(foreign - words and not words - foreign for words in own):
                a, b = next((a, b) for a, b in there if a <= same[0].start < b)
                return figure, text[a:b].strip(" ,;:")
    return None


def explain(wrong: Mismatch) -> str:
    """Say in a few words what is wrong with the figure."""
    if wrong.instead is None:
        return f"the abstract gives no figure {wrong.figure.text}"
    if wrong.kind == "rounded":
        return f"the abstract says {wrong.instead.text}, here rounded to {wrong.figure.text}"
    return f"the abstract says {wrong.instead.text}, not {wrong.figure.text}"
