"""Intervals cover, tests keep their level, corrections are Holm's."""

from __future__ import annotations

import numpy as np
import pytest

from qa_bot.evaluation.statistics import holm, mean_interval, paired_permutation, ranking_power, stratified_interval


def test_the_interval_is_the_same_each_time_and_near_the_textbook_one():
    values = np.random.default_rng(1).normal(0.6, 0.2, 150).clip(0, 1)
    mean, low, high = mean_interval(values)
    assert (mean, low, high) == mean_interval(values)
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert low == pytest.approx(mean - 1.96 * error, abs=0.004) and high == pytest.approx(mean + 1.96 * error, abs=0.004)


def test_intervals_cover_the_truth_about_nineteen_times_in_twenty():
    dice = np.random.default_rng(2)
    covered = 0
    for _ in range(200):
        _, low, high = mean_interval(dice.random(60), resamples=1000)
        covered += low <= 0.5 <= high
    assert 180 <= covered <= 198


def test_one_value_has_no_width_and_no_value_is_refused():
    assert mean_interval([0.7]) == (0.7, 0.7, 0.7)
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])


def test_groups_are_resampled_by_themselves():
    mean, low, high = stratified_interval([[1, 1, 1, 1], [0, 1] * 10])
    assert mean == pytest.approx(0.75) and 0.5 < low < mean < high < 1.0


def test_a_clear_difference_is_significant_and_none_is_not():
    assert paired_permutation([0.3] * 12 + [0.0] * 20) < 0.001
    assert paired_permutation([0.0] * 30) == 1.0
    assert paired_permutation([1, -1] * 15) > 0.9
    assert paired_permutation([1.0, 1.0, 1.0]) == pytest.approx(0.25, abs=0.02), "three of three: 2 of 8 sign patterns"


def test_the_permutation_test_keeps_its_level():
    dice = np.random.default_rng(4)
    rejected = sum(paired_permutation(dice.normal(0, 1, 25), resamples=1000) < 0.05 for _ in range(300))
    assert rejected / 300 < 0.09


def test_holm():
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert adjusted == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.9, "b": 0.8})["a"] == 1.0 and holm({}) == {}


def test_ranking_power_counts_ties_half():
    assert ranking_power([2, 3], [0, 1]) == 1.0
    assert ranking_power([1], [1]) == 0.5
    assert ranking_power([], [1]) is None
