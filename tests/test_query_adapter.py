"""The query adapter: what it changes, what it leaves alone, and whose questions it turns."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from conftest import REPOSITORY
from model_card import check_card

from qa_bot.embedding import embedded_model
from qa_bot.query_adapter import ADAPTER, adapted, projection
from qa_bot.reranking import WIDTH, tokens_of, tokens_of_question
from qa_bot.retrieval import search_papers

QUESTION = "How do I get one program that copes however I chop up the photo?"


def vector_of(text: str) -> np.ndarray:
    return embedded_model().embed([text])[0]


def test_a_question_moves_a_little_and_keeps_its_length():
    plain = vector_of(QUESTION)
    turned = adapted(plain, embedded_model().name)
    assert np.linalg.norm(turned) == pytest.approx(1, abs=1e-4)
    assert 0.7 < float(plain @ turned) < 0.999


def test_vectors_of_another_model_are_left_alone():
    vector = np.ones(1536, dtype=np.float32)
    assert adapted(vector, "text-embedding-3-small") is vector


def test_everyday_words_come_nearer_to_what_papers_say():
    pairs = {
        "Can a computer tell what is going on in a home movie?": "We study action recognition in video.",
        "Do bigger programs trained on more photos get better?": "We examine how scaling model and dataset size affects image classification accuracy.",
        "Can it follow a spot on something that moves through a clip?": "We present a method for tracking any point in video.",
    }
    gains = [float(vector_of(said) @ adapted(vector_of(asked), embedded_model().name) - vector_of(said) @ vector_of(asked)) for asked, said in pairs.items()]
    assert np.mean(gains) > 0


def test_tokens_of_a_question_lie_where_those_of_papers_do_and_are_their_own():
    asked, (as_paper,) = tokens_of_question(QUESTION), tokens_of([QUESTION])
    assert np.array_equal(asked.spans, as_paper.spans) and asked.vectors.shape == as_paper.vectors.shape
    assert projection().shape == (768, WIDTH)
    own = (asked.vectors.astype(float) * as_paper.vectors).sum(1) / 127**2
    assert own.min() > 0.3 and not np.array_equal(asked.vectors, as_paper.vectors)


def test_hits_tell_how_near_they_are_to_the_question_itself(seed_engine):
    hits = search_papers(QUESTION, store=seed_engine.store, embedding=seed_engine.embedding, limit=5)
    for hit in hits:
        _, vectors = seed_engine.store.truth.chunk_vectors([hit.chunk.chunk_id], seed_engine.store.fingerprint.model)
        assert hit.dense == pytest.approx(float(vectors[0] @ vector_of(QUESTION)), abs=2e-3)


def test_the_questions_that_it_learnt_from_are_apart_from_those_it_is_measured_with():
    rows = [json.loads(line) for line in (REPOSITORY / "benchmarks" / "everyday.jsonl").read_text(encoding="utf-8").splitlines()]
    parts = {split: {row["id"] for row in rows if row["split"] == split} for split in ("train", "test")}
    assert not parts["train"] & parts["test"] and len(rows) == 3200
    assert max(Counter(row["question"] for row in rows).values()) == 1
    assert all(row["sentences"] and row["style"] in ("everyday", "plain") for row in rows)


def test_the_card_tells_which_file_it_is():
    check_card(ADAPTER)
