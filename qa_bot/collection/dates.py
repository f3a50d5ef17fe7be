"""Knows how a question names years, months and spans of them.

Leaves what is asked of that time to `reading`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from qa_bot.collection.wording import NUMBERS, PAPERS, number_of

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?:" + "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + r"|sept)\.?"
_YEAR = r"(?:19|20)\d\d"
_DATE = rf"(?:(?:early |mid-?|late )?(?:{_MONTH}\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?(?:of\s+)?)?{_YEAR}(?:-\d\d(?:-\d\d)?)?(?![\w%]))"
_THE = r"(?:the\s+)?(?:years?\s+|start of\s+|end of\s+|beginning of\s+)?"


@dataclass(frozen=True)
class Span:
    """A time that a question names: inclusive ISO dates, as coarse as they were named; `words` say so in the question.

    `years` holds the years where they are not in a row: "in 2015 or 2019".
    """

    first: str | None
    last: str | None
    words: str
    years: frozenset[int] = frozenset()

    @property
    def year_from(self) -> int | None:
        return int(self.first[:4]) if self.first else None

    @property
    def year_to(self) -> int | None:
        return int(self.last[:4]) if self.last else None

    def holds(self, day: str | None) -> bool:
        """Say whether an ISO date lies in the span; one that is too coarse to tell does not."""
        if day is None or (self.years and int(day[:4]) not in self.years):
            return False
        for bound, is_first in ((self.first, True), (self.last, False)):
            if bound and (len(day) < len(bound) and day != bound[: len(day)] or len(day) >= len(bound)):
                known = day[: len(bound)]
                if known < bound if is_first else known > bound:
                    return False
            elif bound:
                return False
        return True

    def described(self) -> str:
        if self.years:
            ordered = [str(year) for year in sorted(self.years)]
            return f"from {', '.join(ordered[:-1])} or {ordered[-1]}"
        if self.first and self.first == self.last:
            return f"from {self.first}"
        return f"from {self.first or 'the beginning'} to {self.last or 'today'}"


def find_span(question: str, *, anywhere: bool = False, today: date | None = None) -> Span | None:
    """Return the time that a question names; a bare year only with `anywhere` or where it must be one ("2020 papers")."""
    today = today or date.today()
    for pattern, build in _PATTERNS:
        if found := re.search(pattern, question, re.I):
            if span := build(found, today):
                return span
    if anywhere and (found := re.search(rf"(?<![\w-]){_DATE}", question, re.I)):
        return _within(found, found[0])
    return None


def _iso(text: str) -> str | None:
    text = text.strip().lower()
    if found := re.fullmatch(rf"({_YEAR})(?:-(\d\d))?(?:-(\d\d))?", text):
        return "-".join(part for part in found.groups() if part)
    year = re.search(_YEAR, text)
    month = next((number for number, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", text)), None)
    if year is None or month is None:
        return year[0] if year else None
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?,?\s+\d{4}", text)
    return f"{year[0]}-{month:02d}" + (f"-{int(day[1]):02d}" if day else "")


def _within(found: re.Match[str], text: str) -> Span:
    when = _iso(text)
    return Span(when, when, found[0])


def _between(found: re.Match[str], today: date) -> Span:
    first, last = _iso(found["first"]), _iso(found["last"])
    if last and first is None:  # "between January and March 2022"
        first = _iso(f"{found['first']} {last[:4]}")
    return Span(first, last, found[0]) if first and last and first[:4] <= last[:4] else Span(last, first, found[0])


def _listed(found: re.Match[str], today: date) -> Span:
    years = sorted({int(year) for year in re.findall(_YEAR, found[0])})
    in_a_row = years == list(range(years[0], years[-1] + 1))
    return Span(str(years[0]), str(years[-1]), found[0], frozenset() if in_a_row else frozenset(years))


def _after(found: re.Match[str], today: date) -> Span:
    when = _iso(found["day"]) or ""
    return Span(_next(when), None, found[0])


def _before(found: re.Match[str], today: date) -> Span:
    when = _iso(found["day"]) or ""
    return Span(None, _previous(when), found[0])


def _next(when: str) -> str:
    if len(when) == 4:
        return str(int(when) + 1)
    year, month = int(when[:4]), int(when[5:7])
    return f"{year + month // 12}-{month % 12 + 1:02d}"


def _previous(when: str) -> str:
    if len(when) == 4:
        return str(int(when) - 1)
    year, month = int(when[:4]), int(when[5:7])
    return f"{year - (month == 1)}-{(month - 2) % 12 + 1:02d}"


def _last_years(found: re.Match[str], today: date) -> Span:
    if found["n"] is None and re.search(r"decade", found[0], re.I):
        return Span(str(today.year - 9), None, found[0])
    number = number_of(found["n"]) if found["n"] else 1
    return Span(
        str(today.year - number + 1) if number > 1 else str(today.year - 1), None if number > 1 else str(today.year - 1), found[0]
    )


def _this_year(found: re.Match[str], today: date) -> Span:
    return Span(str(today.year), str(today.year), found[0])


def _decade(found: re.Match[str], today: date) -> Span:
    return Span(found["d"], str(int(found["d"]) + 9), found[0])


_N = rf"(?P<n>\d{{1,2}}|{'|'.join(NUMBERS)})"
_AND_YEARS = rf"(?:{_YEAR}(?:\s*,\s*|\s*,?\s*(?:and|or|&|/)\s*(?:in |from )?))+{_YEAR}"
_PATTERNS = (
    ((rf"\b(?:between|from|in|during|over)\s+{_THE}(?P<first>{_DATE}|{_MONTH})\s*(?:and|to|until|till|through|[-–])\s*{_THE}"
rf"(?P<last>{_DATE})(?!\s*,?\s*(?:and|or)\s+{_YEAR})"),
     lambda m, t: _listed(m, t) if re.match(r"(?:in|during|from|over)\b.*\band\b", m[0], re.I) and not re.search(_MONTH, m[0], re.I) else _between(m, t)),
    (rf"\b(?P<first>{_YEAR})\s*(?:[-–]|to)\s*(?P<last>{_YEAR})\b", _between),
    (rf"\b(?:(?:in|from|of|during|published|dated|years?)\s+(?:the )?(?:either )?)?{_AND_YEARS}(?!\w)", _listed),
    (rf"\b(?:since|starting (?:in|from)|as of)\s+{_THE}(?P<day>{_DATE})", lambda m, t: Span(_iso(m["day"]), None, m[0])),
    (rf"\b(?:from|in)\s+{_THE}(?P<day>{_DATE})\s+(?:on(?:wards?)?\b(?! \w)|or (?:later|newer)|and (?:later|after|newer))", lambda m, t: Span(_iso(m["day"]), None, m[0])),
    (rf"\b(?P<day>{_DATE})\s+(?:onwards?|or (?:later|newer)|and later)", lambda m, t: Span(_iso(m["day"]), None, m[0])),
    (rf"\b(?P<day>{_DATE})\s+(?:or (?:earlier|before|older)|and earlier)", lambda m, t: Span(None, _iso(m["day"]), m[0])),
    (rf"\b(?:after|later than|newer than|more recent(?:ly)? than|past)\s+{_THE}(?P<day>{_DATE})", _after),
    (rf"\b(?:before|earlier than|older than|prior to|pre-?)\s*{_THE}(?P<day>{_DATE})", _before),
    (rf"\b(?:until|up to|till|through|by the end of|no later than|at the latest in)\s+{_THE}(?P<day>{_DATE})", lambda m, t: Span(None, _iso(m["day"]), m[0])),
    ((rf"\b(?:in|of|from|on|during|within|year|dated|published|the|for|only)\s+(?:the\s+)?(?:year\s+)?(?P<day>{_DATE})"
rf"(?:['’]s\b)?"), lambda m, t: _within(m, m["day"])),
    ((rf"\b(?:in|from|of|during|over|within)?\s*the\s+(?:last|past|previous|recent)\s+(?:{_N}\s+)?(?:years?|decade)\b"
rf"|\b(?:last|past)\s+(?:(?P<k>\d{{1,2}})\s+)?years?\b"),
     lambda m, t: _last_years(m, t) if m["k"] is None else Span(str(t.year - int(m["k"]) + 1), None, m[0])),
    (r"\b(?:in |from |of )?(?:this|the current) year\b", _this_year),
    (r"\b(?:in |from |of |during )?the (?P<d>(?:19|20)\d0)['’]?s\b", _decade),
    (rf"\b(?P<day>{_YEAR})(?=['’]s\b|\s+(?:\w+\s+)?{PAPERS})", lambda m, t: _within(m, m["day"])),
    (rf"(?<=[\w.])\s*\(?(?P<day>{_YEAR})\)?(?=\s*[?.!]?$)(?<!-)", lambda m, t: None),
)  # fmt: skip
