"""Word by word: tokens with their places, cosines in blocks, and what reading the best papers so changes in a ranking."""

from __future__ import annotations

import numpy as np
import pytest
from model_card import check_card

from qa_bot import reranking, retrieval
from qa_bot.chunking import index_text
from qa_bot.config import Settings
from qa_bot.embedding import embedded_model
from qa_bot.ingest import fingerprint_of
from qa_bot.reranking import PROJECTION, Tokens, keep_tokens, likeness, matches, tokens_of
from qa_bot.retrieval import rerank, search_papers, token_weights
from qa_bot.store import digest_of, open_store

DETECTOR = "Can a detector search for things that were never labelled, given just a word or a sample picture?"
OTHER_WORDS = {
    DETECTOR: "Simple Open-Vocabulary Object Detection with Vision Transformers",
    "How can self-supervised training of vision networks be made ten times cheaper?": "Efficient Visual Pretraining with Contrastive Detection",
    "Can a smaller but better proportioned network match one twice its size?": "Getting ViT in Shape: Scaling Laws for Compute-Optimal Model Design",
}


def titles(engine, query: str, **options) -> list[str]:
    return [hit.paper.title for hit in search_papers(query, store=engine.store, embedding=engine.embedding, **options)]


def test_tokens_know_their_places_in_the_text():
    text = "PaliGemma is an open Vision-Language Model (VLM) – naïve, 3B."
    (tokens,) = tokens_of([text])
    words = [text[start:end] for start, end in tokens.spans.tolist()]
    assert "is" in words and "Vision" in words and "3" in words
    assert "".join(words) == text.replace(" ", "")
    assert np.allclose(np.linalg.norm(tokens.vectors / 127, axis=1), 1, atol=0.02)
    assert tokens.between(text.index("Vision"), text.index(" Model")).sum() == 3


def test_a_text_beyond_the_window_is_cut_and_an_empty_one_has_no_tokens():
    long, empty = tokens_of(["learned optimizers " * 600, ""])
    assert len(long.spans) == len(long.vectors) <= 382
    assert empty.vectors.shape == (0, long.vectors.shape[1])


def test_texts_of_late_are_kept_and_no_more_than_so_many(monkeypatch):
    monkeypatch.setattr(reranking, "MOST_KEPT", 2)
    first = tokens_of(["one text"])[0]
    assert tokens_of(["one text", "another"])[0] is first
    tokens_of(["a third", "one text"])
    assert len(reranking._kept) == 2 and tokens_of(["one text"])[0] is first


@pytest.mark.parametrize("lengths", [[], [0], [1, 0, 300], [128], [127, 2, 128, 129]])
@pytest.mark.parametrize("asked", [0, 1, 16, 17, 40])
def test_blocks_give_the_plain_products(lengths, asked):
    chance = np.random.default_rng(0)

    def made(n: int) -> Tokens:
        return Tokens(np.zeros((n, 2), np.int32), chance.integers(-127, 128, size=(n, 128)).astype(np.int8))

    question, texts = made(asked), [made(n) for n in lengths]
    found = matches(question, texts)
    assert len(found) == len(texts)
    for cosines, text in zip(found, texts):
        assert np.allclose(cosines, question.vectors.astype(np.float32) @ text.vectors.astype(np.float32).T / 127**2, atol=1e-3)


def test_likeness_is_the_weighted_mean_of_the_best_matches():
    cosines = np.array([[0.2, 0.8], [0.5, 0.1]], np.float32)
    assert likeness(cosines, np.array([1.0, 1.0])) == pytest.approx(0.65)
    assert likeness(cosines, np.array([3.0, 1.0])) == pytest.approx(0.725)
    assert likeness(cosines, np.zeros(2)) == 0
    assert likeness(np.empty((2, 0)), np.ones(2)) == 0


def test_a_text_is_nearest_to_itself_and_nearer_to_its_paraphrase_than_to_another():
    asked, itself, other_words, other = tokens_of(
        ["Can footage teach a robot to grasp?", "Can footage teach a robot to grasp?", "Manipulation skills are learned from video.", "Bread is baked at night."]
    )
    near = [likeness(cosines, np.ones(len(asked.spans))) for cosines in matches(asked, [itself, other_words, other])]
    assert near[0] > 0.98 and near[0] > near[1] > near[2]


def test_rare_words_weigh_more_and_marks_nothing(seed_engine):
    query = "Which optimizer, PaliGemma?"
    (tokens,) = tokens_of([query])
    weights = token_weights(query, tokens, seed_engine.store)
    words = [query[start:end] for start, end in tokens.spans.tolist()]
    assert weights[words.index(",")] == 0
    assert weights[words.index("Which")] < weights[-2]


@pytest.mark.parametrize("query", OTHER_WORDS)
def test_papers_asked_for_in_other_words_are_found(seed_engine, query):
    assert OTHER_WORDS[query] in titles(seed_engine, query, limit=2)
    assert OTHER_WORDS[query] not in titles(seed_engine, query, limit=3, closely=False)


def test_only_the_first_few_are_read_and_none_of_the_rest_comes_before_them(seed_engine):
    hits = search_papers(DETECTOR, store=seed_engine.store, embedding=seed_engine.embedding, limit=60, closely=False)
    read = rerank(DETECTOR, hits, seed_engine.store)
    few = retrieval.RERANKED
    assert {hit.paper.paper_id for hit in read[:few]} == {hit.paper.paper_id for hit in hits[:few]}
    assert [hit.paper.paper_id for hit in read[few:]] == [hit.paper.paper_id for hit in hits[few:]]
    scores = [hit.score for hit in read]
    assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1
    assert rerank(DETECTOR, [], seed_engine.store) == []


def test_a_small_answer_is_the_beginning_of_a_large_one(seed_engine):
    assert titles(seed_engine, DETECTOR, limit=3) == titles(seed_engine, DETECTOR, limit=40)[:3]


def test_what_was_read_ahead_is_what_would_be_made_now(seed_engine, monkeypatch):
    papers = seed_engine.store.truth.papers()[:5]
    texts = [index_text(paper.title, paper.abstract) for paper in papers]
    reranking._kept.clear()
    made = tokens_of(texts)
    reranking._kept.clear()
    with monkeypatch.context() as only:
        only.setattr(reranking, "embedded_model", None)  # the store alone is asked
        only.setattr(reranking, "name", lambda name=reranking.name(): name)
        kept = tokens_of(texts, seed_engine.store)
    for one, other in zip(made, kept, strict=True):
        assert np.array_equal(one.spans, other.spans) and np.array_equal(one.vectors, other.vectors)
    reranking._kept.clear()


def test_the_store_keeps_tokens_once_and_those_of_an_empty_text(tmp_path):
    store = open_store(Settings(_env_file=None, data_dir=tmp_path), fingerprint_of(embedded_model()), writable=True)
    keep_tokens(["one text", "", "one text"], store)
    reranking._kept.clear()
    assert len(tokens_of([""], store)[0].spans) == 0
    assert len(store.truth.made_of([digest_of("one text"), digest_of("")], reranking.name())) == 2
    store.close()


def test_large_collections_and_single_indexes_are_ranked_as_they_are(seed_engine, monkeypatch):
    plain = titles(seed_engine, DETECTOR, closely=False)
    assert titles(seed_engine, DETECTOR) != plain
    monkeypatch.setattr(retrieval, "MOST_FOR_RERANKING", 10)
    monkeypatch.setattr(retrieval, "MOST_FOR_SYNONYMS", 10)
    monkeypatch.setattr(retrieval.query_encoder, "vector_of", lambda question, model: None)
    assert titles(seed_engine, DETECTOR) == plain
    monkeypatch.undo()
    by_vectors = search_papers(DETECTOR, store=seed_engine.store, embedding=seed_engine.embedding, lexical_weight=0.0, closely=False)
    assert [hit.score for hit in by_vectors] == pytest.approx([hit.dense / by_vectors[0].dense for hit in by_vectors])


def test_the_card_tells_which_file_it_is():
    check_card(PROJECTION)
