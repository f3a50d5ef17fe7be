"""Knows how the indexes are searched for papers that a filter lets through.

Leaves what passes a filter to `facets`. Of few papers every chunk is compared; among many the index is asked for so many
more that enough pass.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from qa_bot.schema import Filters
from qa_bot.store.truth import Truth

if TYPE_CHECKING:
    import numpy as np

FEW_PAPERS = 1500  # that many vectors are compared one by one faster than an index is searched around a filter,
FEW_OF = 40  # and of n chunks the square root of this many times n
MOST_WITHOUT = 5  # where at most one of so many papers passes a filter, a third of the results is enough

Found = list[tuple[str, float]]  # (chunk id, score), best first


def nearest(truth: Truth, search: Callable[[int], Found], filters: Filters, *, vector: np.ndarray, model: str, limit: int, total: int) -> Found:
    """Return what lies nearest to a vector; `search` finds so many in the index, which holds `total` chunks."""
    count = truth.count_matching(filters)
    if not _are_few(count, total):
        return _passing(truth, search, filters, limit=limit, count=count, total=total)
    chunk_ids, vectors = truth.vectors_of_papers(truth.numbers_matching(filters).tolist(), model)
    cosines = zip(chunk_ids, (vectors @ vector).tolist() if chunk_ids else ())
    return heapq.nsmallest(limit, cosines, key=lambda entry: (-entry[1], entry[0]))


def best_worded(truth: Truth, search: Callable[..., Found], filters: Filters, *, limit: int, total: int) -> Found:
    """Return what is worded best; `search` finds so many in the index of `total` chunks, or those `among` chunk ids."""
    count = truth.count_matching(filters)
    if not _are_few(count, total):
        return _passing(truth, search, filters, limit=limit, count=count, total=total)
    return search(limit, among=truth.chunk_ids_of(truth.paper_ids_matching(filters)))


def _are_few(count: int, total: int) -> bool:
    """Say whether so many papers are compared one by one: with more around them, searching the index around a filter takes longer."""
    return count <= max(FEW_PAPERS, int(math.sqrt(FEW_OF * total)))


def _passing(truth: Truth, search: Callable[[int], Found], filters: Filters, *, limit: int, count: int, total: int) -> Found:
    """Search deeper until enough results pass a filter that lets `count` papers through: `limit`, or a third where that is deep."""
    total = max(total, count)
    enough = limit if count * MOST_WITHOUT >= total else -(-limit // 3)
    depth = min(total, max(limit, int(1.2 * enough * total / count) + 20))
    while True:
        found = search(depth)
        passing = truth.passing(list({chunk_id.rpartition("#")[0] for chunk_id, _ in found}), filters)
        kept = [entry for entry in found if entry[0].rpartition("#")[0] in passing]
        if len(kept) >= enough or len(found) < depth or depth >= total:
            return kept[:limit]
        depth = min(total, 3 * depth)
