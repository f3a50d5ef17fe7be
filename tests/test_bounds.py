"""Bounds that a list question sets to a figure, and the texts that give one within them."""

from __future__ import annotations

import pytest

from qa_bot.collection.bounds import find_bound, given


@pytest.mark.parametrize(
    ("question", "words", "text", "is_given"),
    [
        ("papers with more than 10 billion parameters", "more than 10 billion parameters", "We train a 15B parameter model.", True),
        ("papers with more than 10 billion parameters", "more than 10 billion parameters", "We train a 9B parameter model on 10B images.", False),
        ("papers with more than 10 billion parameters", "more than 10 billion parameters", "A 27B VLM is released.", True),
        ("papers with 2 billion parameters or more", "2 billion parameters or more", "A ViT with two billion parameters.", True),
        ("papers with over two billion parameters", "over two billion parameters", "A ViT with two billion parameters.", False),
        ("Which claim at least 90% accuracy?", "at least 90% accuracy", "It reaches 90.35% on ImageNet.", True),
        ("Which claim at least 90% accuracy?", "at least 90% accuracy", "It reaches 89.9% in 95 days.", False),
        ("Which report more than 90% top-1 accuracy on ImageNet?", "more than 90% top-1 accuracy", "It attains 90.45% there.", True),
        ("papers that use fewer than 100 images", "fewer than 100 images", "Trained on 64 images of 2,000 cars.", True),
        ("papers that use fewer than 100 images", "fewer than 100 images", "Trained on 640 images of 20 cars.", False),
        ("encoders beyond 16 frames", "beyond 16 frames", "It takes more than 16 frames.", True),
    ],
)
def test_a_figure_is_held_against_the_bound_of_a_question(question, words, text, is_given):
    bound, start, end = find_bound(question)
    assert (bound.words, question[start:end]) == (words, words)
    assert bool(given(bound, text)) is is_given


@pytest.mark.parametrize("question", ["papers with 22B parameters", "papers with more than 30 authors", "authors of more than 5 papers", "the top 5 papers", "papers over race cars"])
def test_without_a_bound_on_a_figure_there_is_none(question):
    assert find_bound(question) is None
