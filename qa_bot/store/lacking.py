"""Knows what the two indexes lack of the truth: after a kill, a loss, or a change of place.

Leaves taking it in to `filling`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from qa_bot.store.terms import TermIndex
from qa_bot.store.truth import Truth
from qa_bot.store.vectors import VectorIndex

Place = Literal["folder", "server"]
_VECTORS_IN = "vectors_in"  # the key of `meta` that says where the vectors were put


def lacks_terms(truth: Truth, terms: TermIndex) -> bool:
    return truth.pending_count("terms") > 0 or terms.count() != truth.count("chunks")


def lost_vectors(truth: Truth, place: Place, folder: Path) -> bool:
    """Say whether the vectors were put into another place than the settings name, or the folder is gone."""
    filled_in = truth.meta(truth.keyed(_VECTORS_IN))
    return filled_in is not None and (filled_in != place or (place == "folder" and not folder.is_dir()))


def note_place(truth: Truth, place: Place) -> None:
    """Note where the vectors are, once they are there."""
    truth.settle(truth.keyed(_VECTORS_IN), place)


def find_damage(truth: Truth, vectors: VectorIndex, terms: TermIndex, place: Place) -> None:
    """Compare both indexes with the truth; one that lost chunks is marked to be filled again."""
    if truth.meta(truth.keyed(_VECTORS_IN)) not in (None, place):
        vectors.clear()
        with truth.transaction():
            truth.mark_all_pending("vectors")
            truth.set_meta(truth.keyed(_VECTORS_IN), place)
    for name, index in (("vectors", vectors), ("terms", terms)):
        expected, found, pending = truth.count("chunks"), index.count(), truth.pending_count(name)
        # Every chunk is in the index or waits for it; with nothing waiting there may be none too many either.
        if found + pending < expected or (found != expected and not pending):
            if found > expected:  # which ones are too many cannot be told
                index.clear()
            truth.mark_all_pending(name)
