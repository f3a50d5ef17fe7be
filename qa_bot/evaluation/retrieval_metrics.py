"""Knows how to score a ranked list of distinct papers against the expected ones, as the field does.

Leaves resolving titles to ids and averaging to others. Relevance is binary; an empty ranking scores 0 and is never
skipped; a question without expected papers is not scored at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log2


def hit_at(ranking: Sequence[str], expected: Collection[str], k: int) -> float:
    """1 if any expected paper is among the first k (success@k of trec_eval)."""
    return float(any(paper in expected for paper in ranking[:k]))


def recall_at(ranking: Sequence[str], expected: Collection[str], k: int) -> float:
    """Share of the expected papers among the first k (recall.k of trec_eval)."""
    return len(set(ranking[:k]) & set(expected)) / len(expected)


def reciprocal_rank(ranking: Sequence[str], expected: Collection[str], k: int = 10) -> float:
    """1 / rank of the first expected paper within the first k, else 0 (MRR@k, as MS MARCO reports it)."""
    return next((1 / rank for rank, paper in enumerate(ranking[:k], 1) if paper in expected), 0.0)


def ndcg_at(ranking: Sequence[str], expected: Collection[str], k: int = 10) -> float:
    """nDCG@k with linear gain, log2(rank + 1) discount and the ideal order cut at k, as trec_eval and BEIR compute it.

    Jarvelin and Kekalainen, ACM TOIS 20(4), 2002. llama-index's NDCG differs: its ideal is not cut at k.
    """
    gained = sum(1 / log2(rank + 1) for rank, paper in enumerate(ranking[:k], 1) if paper in expected)
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(len(expected), k) + 1))
    return gained / ideal


def retrieval_scores(ranking: Sequence[str], expected: Collection[str]) -> dict[str, float]:
    """Score one ranking; ids that repeat count once, at their best rank. Empty when no paper is expected."""
    if not expected:
        return {}
    ranking = list(dict.fromkeys(ranking))
    return {
        "hit@1": hit_at(ranking, expected, 1),
        "hit@5": hit_at(ranking, expected, 5),
        "hit@10": hit_at(ranking, expected, 10),
        "recall@5": recall_at(ranking, expected, 5),
        "recall@10": recall_at(ranking, expected, 10),
        "mrr@10": reciprocal_rank(ranking, expected, 10),
        "ndcg@10": ndcg_at(ranking, expected, 10),
    }
