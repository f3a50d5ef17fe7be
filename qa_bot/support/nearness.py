"""Knows how near two texts are in meaning, by the embedding model of the package: texts -> cosine similarities.

Leaves the model to `embedding`. It is always the embedded one, whatever the collection is searched with, because the weights that read
its similarities were fitted on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qa_bot.embedding import embedded_model

if TYPE_CHECKING:
    import numpy as np

MOST_KEPT = 2_000  # vectors, 1.5 kB each

_kept: dict[str, np.ndarray] = {}


def vectors(texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the vector of each text; those of late are kept, since an answer's sentences meet the same abstracts again and again."""
    wanted = list(dict.fromkeys(texts))
    found = {text: vector for text in wanted if (vector := _kept.get(text)) is not None}
    new = [text for text in wanted if text not in found]
    found.update(zip(new, embedded_model().embed(new), strict=True))
    if len(_kept) + len(new) > MOST_KEPT:
        _kept.clear()
    _kept.update({text: found[text] for text in new[:MOST_KEPT]})
    return found
