"""Knows how a question becomes a ranking of papers: dense and BM25 candidates, fused by score, narrowed by filters.

Leaves the LLM, all papers about a topic, and what is done with the ranking, to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, TypeVar

from qa_bot import query_encoder
from qa_bot.chunking import titled
from qa_bot.embedding import EmbeddingModel
from qa_bot.naming import is_coined, mentions
from qa_bot.reranking import Tokens, likeness, matches, tokens_of, tokens_of_question
from qa_bot.schema import Chunk, Filters, Hit, Paper
from qa_bot.store import PaperStore
from qa_bot.synonyms import alike

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")

# Tuned on SciFact's training claims and the development half of the question set (benchmarks/retrieval.py --tune).
LEXICAL_WEIGHT = 0.5
TITLE_WEIGHT = 0.2
DEPTH = 100
# Chunks up to which words of like meaning are searched too: among a million that takes three times as long as the words alone.
MOST_FOR_SYNONYMS = 50_000
# Chunks up to which the best papers are read word by word, and how many are: 10 ms and more for each that was not read
# ahead (`ingest.reading_ahead`) or of late.
MOST_FOR_RERANKING = 20_000
RERANKED = 30
# What reading word by word counts beside the fused score.
RERANK_WEIGHT = 0.75
# So many words of like meaning stand in for a word of the query.
MOST_ALIKE = 4
# The best BM25 score is believed fully from this many times the query's idf on: about one good match of every word.
FULL_TRUST = 1.5

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
    return content_words(query) or re.findall(r"\w+", query)


def content_words(query: str) -> list[str]:
    """Return the words of a query that say what it is about, in order."""
    return [word for word in re.findall(r"\w+", query) if word.lower() not in STOP_WORDS]


def fuse(dense: Mapping[str, float], lexical: Mapping[str, float], *, lexical_weight: float, trust: float = 1.0) -> dict[str, float]:
    """Return the convex combination of both scores in [0, 1], each divided by its best; a missing or negative one counts 0.

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023): better than reciprocal rank
    fusion and with one parameter; as there, the least possible score is taken for the minimum and not the least one found.
    `trust` in [0, 1] is how far the best lexical score is to be believed: dividing by the maximum makes the best of
    poor matches look as good as a perfect one, which is what drags a paraphrase to the wrong paper.
    """
    nearest = max(dense.values(), default=0.0)
    top = max(lexical.values(), default=0.0)
    fused = {}
    for key in dense.keys() | lexical.keys():
        near = max(dense.get(key, 0.0), 0.0) / nearest if nearest > 0 else 0.0
        said = lexical.get(key, 0.0) / top if top > 0 else 0.0
        fused[key] = (1 - lexical_weight) * near + lexical_weight * trust * said
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
    closely: bool = True,
) -> list[Hit]:
    """Return up to `limit` papers, best first, one hit a paper; ties go by paper id.

    `lexical_weight` 0 searches by vectors alone, 1 by words alone. A blank query finds nothing. `closely` reads the question
    anew for its vector (`query_encoder`), takes words of like meaning in and reads the best papers word by word, the
    latter two unless the collection is too large for it.
    """
    if not query.strip():
        return []
    size = store.terms.count() if closely else 0
    depth = max(DEPTH, 3 * limit)
    dense: dict[str, float] = {}
    lexical: dict[str, float] = {}
    trust = 1.0
    by_words = partial(_by_words, query, store, depth, title_weight=title_weight, filters=filters, takes_alike=closely and size <= MOST_FOR_SYNONYMS)
    with _beside_the_rest() as begin:
        worded = begin(by_words) if 0 < lexical_weight < 1 else None  # a tenth of the time, where another core is idle
        plain = vector = None
        if lexical_weight < 1:
            read = query_encoder.vector_of(query, store.fingerprint.model) if closely else None
            its_own = partial(_own_vector, query, query_vector, store, embedding)
            # Where the question is read anew its own vector is only wanted in the end: it is made while the index is searched.
            plain = begin(its_own) if read is not None else None
            vector = its_own() if read is None else read
            dense = dict(store.nearest(vector, depth, filters=filters))
            if store.vectors_are_away:
                lexical_weight = max(lexical_weight, LEXICAL_WEIGHT)
        if lexical_weight > 0:
            lexical, share = worded.result() if worded else by_words()
            trust = share if lexical_weight < 1 else 1.0
        weigh = partial(fuse, lexical_weight=lexical_weight, trust=trust)
        reads = closely and size <= MOST_FOR_RERANKING and 0 < lexical_weight < 1
        kept = max(limit, RERANKED) if reads else limit
        if 0 < lexical_weight < 1:  # candidates of the words alone get their true cosine: counting it 0 costs two points of nDCG
            unseen = _hopeful(dense, lexical, weigh, kept, floor=min(dense.values()) if len(dense) >= depth else 1.0)
            unseen, others = store.truth.chunk_vectors(unseen, store.fingerprint.model)
            dense |= zip(unseen, (others @ vector).tolist()) if unseen else {}
        hits = _best_chunks(weigh(dense, lexical), dense, lexical, store, kept)
        hits = rerank(query, hits, store)[:limit] if reads else hits
        return _with_cosines(hits, plain.result(), store) if dense and plain else hits


def _own_vector(query: str, known: object | None, store: PaperStore, embedding: EmbeddingModel) -> np.ndarray:
    return known if known is not None else store.vectors_of([query], embedding.embed, keeps=False)[0][0]


@contextmanager
def _beside_the_rest() -> Iterator[Callable[[Callable[[], T]], Future[T]]]:
    """Yield what begins a piece of work in another thread. In the end all of it is done, used or not: nobody may close the store under it."""
    begun: list[Future] = []

    def begin(work: Callable[[], T]) -> Future[T]:
        begun.append(_beside().submit(work))
        return begun[-1]

    try:
        yield begin
    finally:
        wait(begun)


def _with_cosines(hits: Sequence[Hit], vector: np.ndarray, store: PaperStore) -> list[Hit]:
    """Return the hits with how near they are to the question's own vector: what else is concluded from that knows no other."""
    chunk_ids, vectors = store.truth.chunk_vectors([hit.chunk.chunk_id for hit in hits if hit.dense is not None], store.fingerprint.model)
    cosines = dict(zip(chunk_ids, (vectors @ vector).tolist())) if chunk_ids else {}
    return [replace(hit, dense=cosines.get(hit.chunk.chunk_id, hit.dense)) for hit in hits]


@lru_cache(maxsize=1)
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix="beside")


def _by_words(
    query: str, store: PaperStore, depth: int, *, title_weight: float, filters: Filters | None, takes_alike: bool
) -> tuple[dict[str, float], float]:
    """Return (chunk id -> BM25 score of the best ones, how far the best of them is to be believed)."""
    words = query_words(query)
    others = alike_stems(words, store) if takes_alike else None
    found = dict(store.best_worded(words, depth, title_weight=title_weight, filters=filters, alike=others))
    reachable = FULL_TRUST * sum(idf_weights(store.terms.stems(" ".join(words)), store).values())
    return found, min(1.0, max(found.values(), default=0.0) / reachable) if reachable > 0 else 1.0


def _hopeful(
    dense: Mapping[str, float], lexical: Mapping[str, float], weigh: Callable[[Mapping, Mapping], Mapping[str, float]], limit: int, *, floor: float
) -> list[str]:
    """Return the candidates of the words alone that may be among the best `limit` papers if their cosine is `floor` at most.

    Fagin, Lotem and Naor, "Optimal Aggregation Algorithms for Middleware" (2003): what cannot reach the best need not be looked up.
    """
    unseen = [key for key in lexical if key not in dense]
    most = weigh({**dense, **dict.fromkeys(unseen, floor)}, lexical)
    best: dict[str, float] = {}
    for key in dense:
        paper_id = key.rpartition("#")[0]
        best[paper_id] = max(best.get(paper_id, 0.0), most[key])
    least = sorted(best.values(), reverse=True)[limit - 1] if len(best) >= limit else 0.0
    return [key for key in unseen if most[key] >= least]


def _best_chunks(
    fused: Mapping[str, float], dense: Mapping[str, float], lexical: Mapping[str, float], store: PaperStore, limit: int
) -> list[Hit]:
    best: dict[str, str] = {}
    for chunk_id in sorted(fused, key=lambda key: (-fused[key], key)):
        best.setdefault(chunk_id.rpartition("#")[0], chunk_id)
        if len(best) == limit:
            break
    papers = store.truth.papers_by_id(list(best))
    chunks = store.truth.chunks_by_id(list(best.values()), papers)
    return [
        Hit(papers[paper_id], chunks[chunk_id], fused[chunk_id], dense.get(chunk_id), lexical.get(chunk_id))
        for paper_id, chunk_id in best.items()
        if paper_id in papers and chunk_id in chunks  # an index may be a batch behind the truth after a kill
    ]


def rerank(query: str, hits: Sequence[Hit], store: PaperStore) -> list[Hit]:
    """Return the hits in the order of their scores joined with how near the query is to them word by word; the first few
    are read so, and no other comes before these.
    """
    read = hits[:RERANKED]
    asked, papers = tokens_of_question(query), tokens_of([titled(hit.paper, hit.chunk.text) for hit in read], store)
    weights = token_weights(query, asked, store)
    near = [likeness(cosines, weights) for cosines in matches(asked, papers)]
    near += [min(near, default=0.0)] * (len(hits) - len(read))
    joined = [replace(hit, score=(1 - RERANK_WEIGHT) * hit.score + RERANK_WEIGHT * max(0.0, value)) for hit, value in zip(hits, near)]
    return sorted(joined[: len(read)], key=lambda hit: (-hit.score, hit.paper.paper_id)) + joined[len(read) :]


def token_weights(query: str, tokens: Tokens, store: PaperStore) -> np.ndarray:
    """Return how telling each token of a query is, float32 [tokens]: how rare its word is in this collection."""
    import numpy as np

    rarity = np.zeros(len(tokens.spans), dtype=np.float32)
    for word in re.finditer(r"\w+", query):
        stems = store.terms.stems(word[0])
        rarity[tokens.between(word.start(), word.end())] = sum(store.terms.inverse_frequency(stem) for stem in stems) / max(1, len(stems))
    return rarity


def title_coverage(topic: str, paper: Paper, store: PaperStore) -> float:
    """Return the share (by idf) of a topic's words that a title or alias holds; "NAS" is said by "Neural Architecture Search"."""
    words = query_words(topic)
    weights = idf_weights(store.terms.stems(" ".join(words)), store)
    said = set(store.terms.stems(" ".join((paper.title, *paper.aliases))))
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]\w*", paper.title)).upper()
    said |= {stem for word in words if word.isupper() and len(word) > 2 and word in initials for stem in store.terms.stems(word)}
    return sum(weight for stem, weight in weights.items() if stem in said) / (sum(weights.values()) or 1.0)


def alike_stems(words: Sequence[str], store: PaperStore) -> dict[str, list[tuple[str, float]]]:
    """Return for the stem of each word the stems of this collection that mean nearly the same, with their likeness."""
    found: dict[str, list[tuple[str, float]]] = {}
    for word in words:
        stems = store.terms.stems(word)
        if len(stems) != 1 or is_coined(word):
            continue
        others: dict[str, float] = {}
        for other, cosine in alike(word):
            stem = store.terms.stems(other)[0]
            if stem not in stems and stem not in others and store.terms.frequency(stem):
                others[stem] = cosine
                if len(others) == MOST_ALIKE:
                    break
        found[stems[0]] = list(others.items())
    return found


def hit_of(paper: Paper) -> Hit:
    """Return a paper that was named, not found, as a hit: its whole newest version."""
    return Hit(paper, Chunk(f"{paper.paper_id}#0.0", paper.paper_id, 0, paper.abstract, 0, len(paper.abstract)), 1.0)


def idf_weights(stems: Sequence[str], store: PaperStore) -> dict[str, float]:
    """Return how telling each stem is in this collection (BM25's idf)."""
    return {stem: store.terms.inverse_frequency(stem) for stem in dict.fromkeys(stems)}


def named_papers(question: str, store: PaperStore, *, counts_use: bool = True) -> list[str]:
    """Return the ids of the papers that a question names, in the order of mention."""
    return list(dict.fromkeys(paper_id for paper_id, _ in named_places(question, store, counts_use=counts_use)))


def _stands_for_paper(question: str, start: int, end: int) -> bool:
    """Say whether a name of several papers stands for a paper at a place of a question: "the ViT paper", or what another is compared with."""
    if re.match(r"\s+paper\b", question[end:], re.I) or re.search(r"\boriginal\s+$", question[:start], re.I):
        return True
    beside = re.search(r"\b(?:between|and|or|versus|vs\.?|with|to|from|than)\s+(?:the\s+)?$", question[:start], re.I)
    ends = re.match(r"\s*(?:$|[?,.;:]|(?:and|or|versus|vs|with|to|from|than|in|on|by|at|when|for|differ\w*|compare\w*)\b)", question[end:], re.I)
    return bool(COMPARES.search(question) and beside and ends)


def named_places(question: str, store: PaperStore, *, counts_use: bool = True) -> list[tuple[str, tuple[int, int]]]:
    """Return (paper id, where the question names it) in the order of mention; the longest name wins a place.

    A coined word of a title counts only while hardly another abstract says it, and a name that several papers go by
    only for the one whose title opens with it, or the first of them where it stands for a paper ("the ViT paper", "ViT versus MLP-Mixer"). Where nothing is named so, a coined word that one abstract alone says
    points to that paper (`counts_use`).
    """
    candidates = list(mentions(question))
    known = store.truth.papers_named([mention.key for mention in candidates])
    taken: list[tuple[str, tuple[int, int]]] = []
    used = [False] * len(question)
    for mention in candidates:
        owners = known.get(mention.key, [])
        strong = [paper_id for paper_id, ground in owners if ground == "leading"] or [p for p, ground in owners if ground == "defined"]
        if not strong and len(owners) == 1:
            stems = store.terms.stems(question[mention.start : mention.end])
            strong = [owners[0][0]] if min((store.terms.frequency(stem) for stem in stems), default=9) <= 2 else []
        if len(strong) > 1 and _stands_for_paper(question, mention.start, mention.end):
            strong = [min(store.truth.papers_by_id(strong).values(), key=lambda paper: (paper.date or "9999", paper.paper_id)).paper_id]
        if len(strong) == 1 and not any(used[mention.start : mention.end]):
            taken.append((strong[0], (mention.start, mention.end)))
            used[mention.start : mention.end] = [True] * (mention.end - mention.start)
    if counts_use and (not taken or COMPARES.search(question)):
        taken += [(owner, found.span()) for found, owner in _sole_users(question, store) if not used[found.start()]]
    return sorted(taken, key=lambda named: (named[1][0], named[0]))


_COMPARING = re.compile(
    r"\b(?:compare\w*|comparison|versus|vs|differ\w*|both|respectively|whereas|agree|disagree)\b|\bwhich (?:of|one)\b|\b(?:higher|lower|larger|smaller|better|faster"
    r"|cheaper|newer|older|more \w+)\b.*(?:\bor\b|\bthan\b)", re.I
)  # fmt: skip
_SEVERAL_WORKS = re.compile(r"\b(?:which|what)(?: [\w-]+){0,3} (?:papers|methods|models|approaches|works|studies|systems|techniques)\b", re.I)


def asks_several(question: str, *, subjects: int) -> bool:
    """Say whether to answer from more papers than the `subjects` that a question names: it compares, or asks which papers do."""
    return subjects < 2 and bool(_COMPARING.search(question) or (not subjects and _SEVERAL_WORKS.search(question)))


COMPARES = re.compile(
    r"\b(?:compar\w+|versus|vs|differ\w*|than|both|between|respectively|each|either|or|similar\w*|contrast|common|whereas)\b|\b(?:how|what|which)\b.* and ", re.I
)


def _sole_users(question: str, store: PaperStore) -> Iterator[tuple[re.Match[str], str]]:
    """Yield (coined word of a question, the one paper whose abstract says it)."""
    for found in re.finditer(r"\w+", question):
        if is_coined(found[0]) and not re.fullmatch(r"[A-Z]+s?", found[0]):  # "GPUs" names no paper
            users = {chunk_id.rpartition("#")[0] for chunk_id, _ in store.terms.search([found[0]], 5)}
            if len(users) == 1:
                yield found, users.pop()
