"""Knows how sure a mean is: bootstrap intervals, paired permutation tests, Holm's correction, ranking power of a score.

Leaves what is averaged to the metrics. Every random draw has a fixed seed, so that two reports of one run agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

RESAMPLES = 10_000
SEED = 20_260_101


def mean_interval(
    values: Sequence[float], *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float, float]:
    """Return (mean, low, high): the percentile bootstrap over questions (Efron and Tibshirani 1993, section 13.3).

    One value gives an interval of no width; none at all raises ValueError.
    """
    data = np.asarray(values, dtype=float)
    if not data.size:
        raise ValueError("no values to average")
    means = np.concatenate([data[draw].mean(axis=1) for draw in _draws(data.size, resamples, seed)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(data.mean()), float(low), float(high)


def paired_permutation(differences: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> float:
    """Return the two-sided p-value of the sign-flip test that paired differences have mean zero (Fisher's randomisation).

    (1 + flips at least as extreme) / (1 + flips), so never 0; 1.0 when nothing differs (Phipson and Smyth 2010).
    """
    data = np.asarray(differences, dtype=float)
    data = data[data != 0]
    if not data.size:
        return 1.0
    generator = np.random.default_rng(seed)
    observed, extreme = abs(data.sum()), 0
    for start in range(0, resamples, 1000):
        flips = generator.integers(0, 2, size=(min(1000, resamples - start), data.size)) * 2 - 1
        # A tolerance, or float noise would count an equal sum as smaller.
        extreme += int((np.abs(flips @ data) >= observed - 1e-9).sum())
    return (1 + extreme) / (1 + resamples)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust a family of p-values for being several (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    adjusted, running = {}, 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        running = max(running, min(1.0, p * (len(p_values) - rank)))
        adjusted[name] = running
    return adjusted


def ranking_power(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the area under the ROC curve: how often a positive's score beats a negative's, ties counted half.

    None where one side is empty.
    """
    if not len(positive) or not len(negative):
        return None
    above = np.asarray(positive, dtype=float)[:, None] - np.asarray(negative, dtype=float)[None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def _draws(size: int, resamples: int, seed: int):
    """Yield index matrices of together `resamples` rows, in pieces that keep memory small."""
    generator = np.random.default_rng(seed)
    piece = max(1, min(resamples, 2_000_000 // max(size, 1)))
    for start in range(0, resamples, piece):
        yield generator.integers(0, size, size=(min(piece, resamples - start), size))


def stratified_interval(
    groups: Sequence[Sequence[float]], *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float, float]:
    """Return (mean of the groups' means, low, high), each group resampled by itself."""
    means = np.mean(
        [
            np.concatenate(
                [np.asarray(group, dtype=float)[draw].mean(axis=1) for draw in _draws(len(group), resamples, seed + number)]
            )
            for number, group in enumerate(groups)
        ],
        axis=0,
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(np.mean([np.mean(group) for group in groups])), float(low), float(high)
