"""Knows which words mean nearly the same ("footage" and "video"), from a table that came with the package.

Leaves what follows from it to `retrieval`, and how the table was made to `scripts/build_word_table.py`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TABLE = Path(__file__).parent / "models" / "words" / "words.npz"


@lru_cache(maxsize=1)
def _table() -> tuple[list[str], dict[str, int], np.ndarray, np.ndarray]:
    import numpy as np

    with np.load(TABLE) as table:
        words = str(table["words"]).split("\n")
        return words, {word: row for row, word in enumerate(words)}, table["near"], table["cosine"]


def alike(word: str) -> list[tuple[str, float]]:
    """Return (word, likeness in [0, 1]) of the words nearest in meaning, nearest first; empty for a word not in the table."""
    words, rows, near, cosine = _table()
    row = rows.get(word.casefold())
    if row is None:
        return []
    return [(words[other], value / 255) for other, value in zip(near[row].tolist(), cosine[row].tolist()) if value]
