"""Knows how a question becomes a ranking of papers: dense and BM25 candidates, fused by score, narrowed by filters.

Leaves the LLM, and what is done with the ranking, to others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qa_bot.embedding import EmbeddingModel
from qa_bot.schema import Filters, Hit
from qa_bot.store import PaperStore

# Tuned on SciFact's training claims and the development half of the question set (benchmarks/retrieval.py --tune).
LEXICAL_WEIGHT = 0.4
TITLE_WEIGHT = 1.5
DEPTH = 100

# Words that carry a question and not its subject; rare in abstracts, so BM25 would take them for telling ones.
STOP_WORDS = frozenset(
    """a about all also am an and any anyone are as at be because been being both but by can could did do does doing done for from
    get gets give given had has have having here how i if in into is it its itself just kind kinds let many me might more most much must my
    no nor not of on one only or other our out over own paper papers please s same say says shall she should show shows so some such
    t tell tells than that the their them then there these they this those through to too under up us use used uses using very was we were
    what whats when where whether which while who whom whose why will with within would you your abstract abstracts article authors
    describe described explain according mention mentioned mentions d ll re ve""".split()
)


def query_words(query: str) -> list[str]:
    """Return the words of a query that say what it is about, in order; all of its words when none would be left."""
    words = re.findall(r"\w+", query)
    return [word for word in words if word.lower() not in STOP_WORDS] or words


def fuse(dense: Mapping[str, float], lexical: Mapping[str, float], *, lexical_weight: float) -> dict[str, float]:
    """Return the convex combination of both scores, each min-max normalised over its candidates; a missing one counts 0.

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023): better than reciprocal rank
    fusion and with one parameter. BM25's minimum is 0 by definition, so only its maximum is taken from the candidates.
    """
    low, high = (min(dense.values()), max(dense.values())) if dense else (0.0, 0.0)
    top = max(lexical.values(), default=0.0)
    fused = {}
    for key in dense.keys() | lexical.keys():
        near = (dense[key] - low) / (high - low) if key in dense and high > low else float(key in dense)
        said = lexical[key] / top if key in lexical and top > 0 else 0.0
        fused[key] = (1 - lexical_weight) * near + lexical_weight * said
    return fused


def search_papers(
    query: str,
    *,
    store: PaperStore,
    embedding: EmbeddingModel,
    limit: int = 10,
    filters: Filters | None = None,
    lexical_weight: float = LEXICAL_WEIGHT,
    title_weight: float = TITLE_WEIGHT,
    query_vector: object | None = None,
) -> list[Hit]:
    """Return up to `limit` papers, best first, one hit a paper; ties go by paper id.

    `lexical_weight` 0 searches by vectors alone, 1 by words alone. A blank query finds nothing.
    """
    if not query.strip():
        return []
    among = None
    if filters:
        among = store.truth.chunk_ids_of(store.truth.paper_ids_matching(filters))
        if not among:
            return []
    depth = max(DEPTH, 3 * limit)
    dense: dict[str, float] = {}
    lexical: dict[str, float] = {}
    if lexical_weight < 1:
        vector = query_vector if query_vector is not None else store.vectors_of([query], embedding.embed, keeps=False)[0][0]
        dense = dict(store.vectors.search(vector, depth, among=among))
    if lexical_weight > 0:
        lexical = dict(store.terms.search(query_words(query), depth, title_weight=title_weight, among=among))
    return _best_chunks(fuse(dense, lexical, lexical_weight=lexical_weight), dense, lexical, store, limit)


def _best_chunks(
    fused: Mapping[str, float], dense: Mapping[str, float], lexical: Mapping[str, float], store: PaperStore, limit: int
) -> list[Hit]:
    best: dict[str, str] = {}
    for chunk_id in sorted(fused, key=lambda key: (-fused[key], key)):
        best.setdefault(chunk_id.rpartition("#")[0], chunk_id)
        if len(best) == limit:
            break
    papers = store.truth.papers_by_id(list(best))
    chunks = store.truth.chunks_by_id(list(best.values()))
    return [
        Hit(papers[paper_id], chunks[chunk_id], fused[chunk_id], dense.get(chunk_id), lexical.get(chunk_id))
        for paper_id, chunk_id in best.items()
        if paper_id in papers and chunk_id in chunks  # an index may be a batch behind the truth after a kill
    ]


def idf_weights(stems: Sequence[str], store: PaperStore) -> dict[str, float]:
    """Return how telling each stem is in this collection (BM25's idf)."""
    return {stem: store.terms.inverse_frequency(stem) for stem in dict.fromkeys(stems)}


# A paper is about a topic when its words cover this much of the topic's, by idf, or the vectors are this close; set on
# the development half of the question set.
ABOUT_COVERAGE = 0.75
ABOUT_COSINE = 0.42


def papers_about(topic: str, *, store: PaperStore, embedding: EmbeddingModel, filters: Filters | None = None, limit: int = 100) -> list[Hit]:
    """Return all papers that are about a topic, best first: a decision for each paper, not the nearest k."""
    hits = search_papers(topic, store=store, embedding=embedding, limit=limit, filters=filters)
    weights = idf_weights(store.terms.stems(" ".join(query_words(topic))), store)
    total = sum(weights.values()) or 1.0
    chosen = []
    for hit in hits:
        said = set(store.terms.stems(f"{hit.paper.title} {hit.paper.abstract}"))
        coverage = sum(weight for stem, weight in weights.items() if stem in said) / total
        if coverage >= ABOUT_COVERAGE or (hit.dense or 0.0) >= ABOUT_COSINE + 0.15 * (1 - coverage):
            chosen.append(hit)
    return chosen
