"""Comparing the figures of two texts: what comparing each with each would find, in steps that grow with the figures alone."""

from __future__ import annotations

import random

import pytest

from qa_bot.figures import Figure, Mismatch, figures, given, mismatches
from qa_bot.figures.given import Given, Row, is_equal, is_same_unit

NUMBERS = """5 66.4 66.41 66.45 0.664 .664 7 3 three twelve four 1,000 1000 400 400M 0.4B 1.5k 1500 0 0.5 2.4 2.45 1 10 100 12 99.5 105 95 95.2 GPT-4
So400m 1000000000000 1000000001000 100000000000000000000 66.5 66.35 3.14159 3.1416 $5 5.0 5.00""".split()
UNITS = ["", "%", " percent", " points", "x", " times", " days", " hours", " ms", "s", " GB", " million", "M", " chips", " tasks", " new tasks", "-fold", "$", " of it"]
HEDGES = ["", "", "", "about ", "over ", "~", "nearly ", "up to ", "with "]


def each_with_each(claim: str, text: str) -> list[Mismatch]:
    """The comparison in its plain form: every figure of the claim beside every figure of the text."""
    there, loose = figures(text), Given(text).loose
    return [wrong for figure in figures(claim) if (wrong := plain_mismatch(figure, there, loose))]


def plain_mismatch(figure: Figure, there: list[Figure], loose: frozenset[str]) -> Mismatch | None:
    same_value = [other for other in there if is_equal(other.value, figure.value)]
    if any(is_same_unit(figure.unit, other.unit) for other in same_value):
        own_unit = [other for other in there if other.unit == figure.unit]
        if figure.unit in ("", "%", "points", "x") or not own_unit or any(other.unit == figure.unit for other in same_value):
            return None
        return Mismatch(figure, own_unit[0], "value")
    if any(figure.unit == "%" and not o.unit and is_equal(o.value * 100, figure.value) for o in there):
        return None
    if any(o.unit == "%" and not figure.unit and is_equal(figure.value * 100, o.value) for o in there):
        return None
    if same_value:
        return Mismatch(figure, same_value[0], "unit")
    if not figure.unit and f"{figure.value:.0f}" in loose and not figure.decimals:
        return None
    is_round = figure.is_hedged and figure.value >= 10 and int(figure.value) % 10 == 0
    for other in [other for other in there if is_same_unit(figure.unit, other.unit)]:
        if figure.is_hedged and abs(other.value - figure.value) <= 0.05 * abs(other.value):
            return None
        if figure.decimals < other.decimals and is_equal(round(other.value, figure.decimals), figure.value) and not is_round:
            return Mismatch(figure, other, "rounded")
    instead = plain_alternative(figure, there)
    is_count = figure.value <= 10 and not figure.unit and not figure.decimals
    return Mismatch(figure, instead, "count" if is_count and instead is None else "value")


def plain_alternative(figure: Figure, there: list[Figure]) -> Figure | None:
    if figure.unit:
        alike = [other for other in there if other.unit == figure.unit]
    else:
        alike = [other for other in there if figure.noun and other.noun == figure.noun and not other.unit]
        if not alike and figure.decimals:
            alike = [other for other in there if other.decimals and not other.unit]
    return min(alike, key=lambda other: (other.noun != figure.noun, abs(other.value - figure.value)), default=None)


def sample(chance: random.Random, most: int) -> str:
    def number() -> str:
        return chance.choice(NUMBERS) if chance.random() < 0.7 else str(chance.randrange(200) / chance.choice([1, 2, 10, 100]))

    written = [chance.choice(HEDGES) + number() + chance.choice(UNITS) for _ in range(chance.randrange(most))]
    return chance.choice([". ", ", ", " "]).join(written)


@pytest.mark.parametrize("seed", range(4))
def test_looking_figures_up_finds_what_comparing_each_with_each_finds(seed):
    chance = random.Random(seed)
    kinds = set()
    for _ in range(700):
        claim, text = sample(chance, 6), sample(chance, chance.choice([3, 12, 40]))
        found = mismatches(claim, text)
        assert found == each_with_each(claim, text), (claim, text)
        kinds |= {wrong.kind for wrong in found}
    assert kinds == {"value", "unit", "rounded", "count"}


MANY = 10_000
FLOODS = {
    "one number again and again": ("7 " * MANY, "8 GB " * MANY, MANY),
    "each another": (" ".join(f"{i + 7}.{i % 10}" for i in range(MANY)), " ".join(f"{i * 3 + 1}.{i % 7}%" for i in range(MANY)), 9_654),
    "all hedged": (" ".join(f"about {i + 3}.{i % 97}" for i in range(MANY)), " ".join(f"{i}.{i % 89}" for i in range(MANY)), 3),
    "more than a float can tell apart": (" ".join(str(10**20 + i * 10**6) for i in range(MANY)), " ".join(f"{i}.5" for i in range(MANY)), MANY),
    "against an abstract": (" ".join(f"{i}" for i in range(100, MANY)), "We evaluate on almost 40 tasks and reach 66.4% in 3 days.", 9_900),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_ten_thousand_numbers_take_steps_by_their_number_and_not_by_its_square(flood, monkeypatch):
    steps = 0

    def counted(one: float, other: float) -> bool:
        nonlocal steps
        steps += 1
        return is_equal(one, other)

    class CountedRow(Row):
        def around(self, value, is_meant, *, within):
            def asked(one: float) -> bool:
                nonlocal steps
                steps += 1
                return is_meant(one)

            return super().around(value, asked, within=within)

    monkeypatch.setattr(given, "is_equal", counted)
    monkeypatch.setattr(given, "Row", CountedRow)
    given.given_by.cache_clear()
    claim, text, wrong = FLOODS[flood]
    found = mismatches(claim, text)
    given.given_by.cache_clear()
    assert len(found) == wrong
    assert steps < 60 * MANY


def test_a_number_of_hundreds_of_digits_is_no_figure():
    assert figures("about " + "9" * 400) == [] and mismatches("about " + "9" * 400 + " and 5 GB", "5 GB") == []
    assert [figure.value for figure in figures("9" * 200)] == [float("9" * 200)]


def test_a_long_rule_of_dashes_is_read_as_fast_as_words():
    assert [figure.noun for figure in figures("5" + "-" * 100_000 + " chips, 6 -- chips")] == ["chip", "chip"]
