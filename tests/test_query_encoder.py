"""The query encoder: what it changes, what it leaves alone, and whose questions it reads."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import numpy as np
import pytest
from conftest import REPOSITORY
from model_card import check_card

from qa_bot import query_encoder
from qa_bot.embedding import EmbeddingError, embedded_model
from qa_bot.query_encoder import ENCODER, read_question, vector_of
from qa_bot.reranking import WIDTH, tokens_of, tokens_of_question
from qa_bot.retrieval import search_papers

QUESTION = "How do I get one program that copes however I chop up the photo?"


def plain_vector(text: str) -> np.ndarray:
    return embedded_model().embed([text])[0]


def test_a_question_moves_a_little_and_keeps_its_length():
    plain = plain_vector(QUESTION)
    read = vector_of(QUESTION, embedded_model().name)
    assert np.linalg.norm(read) == pytest.approx(1, abs=1e-4)
    assert 0.6 < float(plain @ read) < 0.999


def test_papers_embedded_with_another_model_are_searched_with_its_own_vector():
    assert vector_of(QUESTION, "text-embedding-3-small") is None


def test_everyday_words_come_nearer_to_what_papers_say():
    pairs = {
        "Can a computer tell what is going on in a home movie?": "We study action recognition in video.",
        "Do bigger programs trained on more photos get better?": "We examine how scaling model and dataset size affects image classification accuracy.",
        "Can it follow a spot on something that moves through a clip?": "We present a method for tracking any point in video.",
    }
    gains = [float(plain_vector(said) @ (read_question(asked).vector - plain_vector(asked))) for asked, said in pairs.items()]
    assert np.mean(gains) > 0


def test_tokens_of_a_question_lie_where_those_of_papers_do_and_are_their_own():
    asked, (as_paper,) = tokens_of_question(QUESTION), tokens_of([QUESTION])
    assert np.array_equal(asked.spans, as_paper.spans) and asked.vectors.shape == as_paper.vectors.shape
    assert asked.vectors.shape[1] == WIDTH
    own = (asked.vectors.astype(float) * as_paper.vectors).sum(1) / 127**2
    assert own.mean() > 0.4 and own.min() > 0 and not np.array_equal(asked.vectors, as_paper.vectors)


def test_hits_tell_how_near_they_are_to_the_question_itself(seed_engine):
    hits = search_papers(QUESTION, store=seed_engine.store, embedding=seed_engine.embedding, limit=5)
    for hit in hits:
        _, vectors = seed_engine.store.truth.chunk_vectors([hit.chunk.chunk_id], seed_engine.store.fingerprint.model)
        assert hit.dense == pytest.approx(float(vectors[0] @ plain_vector(QUESTION)), abs=2e-3)


@pytest.mark.parametrize("question", ["?", "a", "  wide   gaps  ", "Grüße: 你好 \U0001f600?", "why " * 600])
def test_any_question_can_be_read(question):
    read = read_question(question)
    assert read.vector.shape == (384,) and np.isfinite(read.vector).all()
    assert len(read.spans) == len(read.tokens) <= embedded_model().window_tokens
    assert all(question[start:end].strip() for start, end in read.spans.tolist())


def test_a_damaged_file_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    monkeypatch.setattr(query_encoder, "ENCODER", tmp_path / "model.onnx")
    query_encoder._session.cache_clear()
    try:
        with pytest.raises(EmbeddingError, match="Install qa-bot again, or run scripts/build_query_encoder.py"):
            read_question("A question that nobody asked before?")
    finally:
        query_encoder._session.cache_clear()


def test_the_questions_that_it_learnt_from_are_apart_from_those_it_is_measured_with():
    rows = [json.loads(line) for line in gzip.decompress((REPOSITORY / "benchmarks" / "everyday.jsonl.gz").read_bytes()).decode().splitlines()]
    parts = {split: {row["id"] for row in rows if row["split"] == split} for split in ("train", "test")}
    assert not parts["train"] & parts["test"] and len(rows) == 44_150
    assert max(Counter(row["question"].lower() for row in rows).values()) == 1
    assert all(row["sentences"] and row["style"] in ("everyday", "plain") for row in rows)


def test_the_questions_are_about_none_of_the_sample_papers(seed_engine):
    learnt = {json.loads(line)["id"] for line in gzip.decompress((REPOSITORY / "benchmarks" / "everyday.jsonl.gz").read_bytes()).splitlines()}
    assert not learnt & {paper.arxiv_id for paper in seed_engine.papers()}


def test_the_card_tells_which_file_it_is():
    check_card(ENCODER)
