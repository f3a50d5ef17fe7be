"""Knows which texts are wordings of one abstract: finds likely pairs without comparing all, and measures a pair.

Leaves what follows from a likeness, and which papers may be one at all, to `catalogue`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# A shingle in more texts than this is a phrase of the field and says nothing about identity.
_MOST_TEXTS_OF_SHINGLE = 12
_SHINGLE_WORDS = 4
_FEWEST_SHARED_SHINGLES = 5
# Shingles are sorted in so many parts that memory stays small for large collections.
_SHINGLES_PER_PART = 2_000_000
_OPENING_WORDS = 20
# The name that a paper gives to its own work: "we introduce KeepLoRA", "Visual Task Adaptation Benchmark (VTAB)".
_NAMED = re.compile(
    r"(?:introduc|propos|present|call|nam|term|dubb|develop)\w*\s+(?:the\s+)?([\w+-]*[A-Z][\w+-]*)"
    r"|[a-z]\s\(([\w+-]*[A-Z][\w+-]*)\)|\b([A-Z][\w+-]{2,})(?=, (?:a|an|the|our)\b)"
)


@dataclass(frozen=True)
class Likeness:
    """How alike two texts are, the first three in [0, 1].

    `covered`: share of the shorter text's words that stand in runs of three common words. `informative`: the same of its
    distinct words, weighted by rarity in the collection. `opening`: likeness of the first twenty words.
    `names_differ`: each gives its own work a name, or a year, that the other never mentions.
    """

    covered: float
    informative: float
    opening: float
    names_differ: bool

    @property
    def is_near_copy(self) -> bool:
        """True where one text is the other with small changes."""
        return self.covered >= 0.8 and self.informative >= 0.75

    @property
    def is_same_abstract(self) -> bool:
        """True for two wordings of one abstract: mostly the same runs of words, or fewer of them after one opening.

        The bounds lie between rewordings of one paper and the closest pairs of 75,000 different arXiv papers, and not far
        from either: a successor by the same authors can share as much.
        """
        if self.is_near_copy:
            return True
        if self.names_differ:
            return False
        return (self.covered >= 0.6 and self.informative >= 0.65) or (
            self.covered >= 0.45 and self.informative >= 0.6 and self.opening >= 0.7
        )


class Texts:
    """A collection of texts whose likeness is asked for by index."""

    def __init__(self, count: int, text_of: Callable[[int], str]) -> None:
        """`text_of` gives the text of an index below `count`; the texts themselves are not held, only their words as numbers."""
        import numpy as np

        self._text_of = text_of
        self._number: dict[str, int] = {}
        number = self._number
        texts = [
            np.array([number.setdefault(word, len(number)) for word in re.findall(r"\w+", text.lower())], dtype=np.uint32)
            for text in map(text_of, range(count))
        ]
        texts_with = np.zeros(len(number), dtype=np.int64)
        for words in texts:
            texts_with[np.unique(words)] += 1
        self._starts = np.cumsum([0, *map(len, texts)])
        self._words = np.concatenate([np.empty(0, dtype=np.uint32), *texts])  # of all texts, end to end
        self._weights = np.log1p(count / np.maximum(texts_with, 1))

    def likely_pairs(self, open_texts: Collection[int]) -> Iterator[tuple[int, int]]:
        """Yield each pair (i < j), one of them open at least, that shares several rare runs of four words, in order."""
        import numpy as np

        if len(self._words) < _SHINGLE_WORDS or not open_texts:
            return
        lengths = np.diff(self._starts)
        owner = np.repeat(np.arange(len(lengths), dtype=np.uint32), lengths)
        hashes = _hashes(self._words)
        usable = owner[: len(hashes)] == owner[_SHINGLE_WORDS - 1 :]
        is_open = np.zeros(len(lengths), dtype=bool)
        is_open[list(open_texts)] = True
        part_of = (hashes >> np.uint64(56)).astype(np.uint8)
        parts = min(256, 1 + len(self._words) // _SHINGLES_PER_PART)
        bounds = [256 * part // parts for part in range(parts + 1)]
        chosen = (usable & (part_of >= low) & (part_of < high) for low, high in zip(bounds, bounds[1:], strict=False))
        pairs, counts = _counted(_pairs_of_part(hashes, owner, mask, is_open) for mask in chosen)
        for pair in pairs[counts >= _FEWEST_SHARED_SHINGLES]:
            yield int(pair) >> 32, int(pair) & 0xFFFFFFFF

    def likeness(self, i: int, j: int) -> Likeness:
        """Measure two texts."""
        from rapidfuzz import fuzz

        shorter, longer = sorted((self._words_of(i), self._words_of(j)), key=lambda words: (len(words), words))
        a, b = set(shorter), set(longer)
        informative = self._weight(a & b) / max(min(self._weight(a), self._weight(b)), 1e-9)
        opening = fuzz.ratio(shorter[:_OPENING_WORDS], longer[:_OPENING_WORDS]) / 100
        return Likeness(_covered(shorter, longer), informative, opening, _names_differ(self._text_of(i), self._text_of(j)))

    def _words_of(self, i: int) -> list[int]:
        return self._words[self._starts[i] : self._starts[i + 1]].tolist()

    def _weight(self, words: set[int]) -> float:
        return math.fsum(self._weights[word] for word in words)


def shared_runs(a: str, b: str) -> float:
    """Return the share of the shorter text's words that stand in runs of three common words."""
    first, second = re.findall(r"\w+", a.lower()), re.findall(r"\w+", b.lower())
    return _covered(*sorted((first, second), key=lambda words: (len(words), words)))


def _covered(shorter: Sequence[object], longer: Sequence[object]) -> float:
    runs = {tuple(longer[at : at + 3]) for at in range(len(longer) - 2)}
    covered = [False] * len(shorter)
    for at in range(len(shorter) - 2):
        if tuple(shorter[at : at + 3]) in runs:
            covered[at : at + 3] = [True] * 3
    return sum(covered) / max(1, len(shorter))


def _names_differ(a: str, b: str) -> bool:
    def own(text: str, other: str) -> bool:
        named = {next(name for name in groups if name) for groups in _NAMED.findall(text)} | set(
            re.findall(r"\b(?:19|20)\d\d\b", text)
        )
        return any(
            name.lower() not in other.lower() or re.search(rf"(?i)(?<![\w-]){re.escape(name)}(?![\w+-])", other) is None
            for name in named
        )

    return own(a, b) and own(b, a)


def _counted(parts: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct numbers of all parts, in order, and how often each is there; no more than a few parts are held at once."""
    import numpy as np

    found, times = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    waiting: list[np.ndarray] = []
    for part in chain(parts, [None]):
        waiting += [part] if part is not None else []
        if part is None or sum(map(len, waiting)) > _SHINGLES_PER_PART * 8:
            new, number = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *waiting]), return_counts=True)
            found, place = np.unique(np.concatenate([found, new]), return_inverse=True)
            times, waiting = np.bincount(place, weights=np.concatenate([times, number]), minlength=len(found)).astype(np.int64), []
    return found, times


def _hashes(words: np.ndarray) -> np.ndarray:
    """Return one 64-bit number for each run of four words."""
    import numpy as np

    total = np.empty(len(words) - _SHINGLE_WORDS + 1, dtype=np.uint64)
    for start in range(0, len(total), _SHINGLES_PER_PART):  # what is needed on the way would be thrice as long as the collection
        end = min(start + _SHINGLES_PER_PART, len(total))
        total[start:end] = _hashed(words[start : end + _SHINGLE_WORDS - 1])
    return total


def _hashed(words: np.ndarray) -> np.ndarray:
    import numpy as np

    factors = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
    count = len(words) - _SHINGLE_WORDS + 1
    total = np.zeros(count, dtype=np.uint64)
    for place, factor in enumerate(factors):
        mixed = (words[place : place + count].astype(np.uint64) + np.uint64(1)) * np.uint64(factor)
        total ^= mixed
        total ^= mixed >> np.uint64(29)
        total *= np.uint64(0xBF58476D1CE4E5B9)
    return total ^ (total >> np.uint64(32))


def _pairs_of_part(hashes: np.ndarray, owner: np.ndarray, chosen: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    """Return i << 32 | j once for each rare shingle that the texts i < j share."""
    import numpy as np

    hashes, owner = hashes[chosen], owner[: len(chosen)][chosen]
    order = np.argsort(hashes, kind="stable")  # owners rise already, so they rise within a shingle too
    hashes, owner = hashes[order], owner[order]
    fresh = np.ones(len(hashes), dtype=bool)
    fresh[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    hashes, owner = hashes[fresh], owner[fresh].astype(np.int64)
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    size = np.diff(np.r_[starts, len(hashes)])
    rare = np.repeat((size > 1) & (size <= _MOST_TEXTS_OF_SHINGLE), size)
    hashes, owner = hashes[rare], owner[rare]
    pairs = [np.empty(0, dtype=np.int64)]
    for apart in range(1, _MOST_TEXTS_OF_SHINGLE):
        first, second = owner[:-apart], owner[apart:]
        same = (hashes[:-apart] == hashes[apart:]) & (is_open[first] | is_open[second])
        pairs.append((first[same] << 32) | second[same])
    return np.concatenate(pairs)
