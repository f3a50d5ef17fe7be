"""Knows the figures of a text: numbers with magnitudes, units and the nouns that they count.

Leaves comparing the figures of two texts to `comparing`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
# Possessive at the start: a long run of dashes is read once and not once for each of them.
_NOUN = re.compile(r"[\s~-]*+(?:[a-z-]+ )??([A-Za-z]{3,})")


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
        if value > 1e280:
            continue  # hundreds of digits are no figure, and what is computed from them is infinite
        value *= _MAGNITUDES.get((match["magnitude"] or "").strip().lower(), 1)
        written = text[match.start() : end].rstrip(" -~\\\n")
        if text[match.start() - 1 : match.start()] == "$" and not unit and "$" not in text[end : end + 3]:
            unit, written = "$", "$" + written
        rest = _NOUN.match(text, end)
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
