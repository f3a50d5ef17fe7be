"""Extractive answers: which papers and which of their sentences are shown."""

from __future__ import annotations

import pytest

from qa_bot.extractive import MOST_CITED, SENTENCES_SHOWN, Passage, choose, likeliest_first, paper_chances, rank_sentences
from qa_bot.retrieval import asks_several, hit_of
from qa_bot.schema import Hit, Origin, Paper, Span, Version


def found(name: str, score: float, *, text: str = "One. Two.") -> Hit:
    hit = hit_of(Paper(name, name, (Version(text, text, None, (Origin("f", 1),)),)))
    return Hit(hit.paper, hit.chunk, score)


def said(place: int, near: float, *, fit: float = 0.5, start: int = 0) -> Passage:
    return Passage(place, Span("One.", start, start + 4), near, near, 0.5, fit, fit)


CLEAR = [found("a", 0.9), found("b", 0.4), found("c", 0.3)]
CLOSE = [found(name, 0.5 - 0.01 * n) for n, name in enumerate("abcdefgh")]


def test_the_chances_of_the_papers_read_add_up_and_follow_ranking_and_sentences():
    chances = paper_chances(CLEAR, [said(0, 0.6), said(1, 0.6), said(2, 0.2), said(0, 0.1)])
    assert sum(chances.values()) == pytest.approx(1) and list(chances) == [0, 1, 2] and chances[0] > 0.9
    assert list(paper_chances(CLOSE[:2], [said(0, 0.2), said(1, 0.7)])) == [1, 0], "a near sentence wins a close race"
    assert paper_chances(CLEAR, []) == {}


def test_a_clear_winner_is_shown_alone_and_a_close_race_as_one():
    alone = choose([said(0, 0.6, start=n) for n in range(5)] + [said(1, 0.3)], CLEAR)
    assert {p.place for p in alone} == {0} and len(alone) == SENTENCES_SHOWN + 1, "with nobody named, one more"
    race = choose([said(place, 0.5, start=n) for place in range(8) for n in range(2)], CLOSE)
    assert [p.place for p in race] == [0, 0, 1, 1, *range(2, MOST_CITED)], "one sentence of each, more of the likeliest two"


def test_papers_that_are_named_are_shown_and_no_others():
    passages = [said(place, 0.5, fit=0.5 - 0.01 * n, start=n) for place in range(4) for n in range(4)]
    assert [p.place for p in choose(passages, CLOSE, subjects=2)] == [0] * 4 + [1] * 4, "papers that are compared have more to say"
    assert [p.place for p in choose(passages, CLOSE, subjects=1)] == [0] * SENTENCES_SHOWN
    assert {p.place for p in choose(passages, CLOSE, subjects=1)} == {0}
    assert {p.place for p in choose(passages, CLOSE, subjects=1, asks_several=True)} > {0}, "a comparison needs another"


def test_the_likeliest_papers_come_first_and_their_sentences_with_them():
    hits, passages = likeliest_first([found(name, 0.5) for name in "abc"], [said(0, 0.1), said(1, 0.7), said(2, 0.9)], keep=2)
    assert [hit.paper.paper_id for hit in hits] == ["c", "b"]
    assert sorted((p.place, p.cosine) for p in passages) == [(0, 0.9), (1, 0.7)]


def test_what_a_paper_does_answers_better_than_what_others_did(seed_engine):
    text = "Recent methods need labels to find objects. We propose a method that finds objects without labels. Code is at https://example.org."
    paper = Paper("x", "Finding objects", (Version(text, text, None, (Origin("f", 1),)),))
    ranked = rank_sentences("How are objects found without labels?", [hit_of(paper)], store=seed_engine.store, embedding=seed_engine.embedding)
    assert ranked[0].span.text.startswith("We propose") and ranked[-1].span.text.startswith("Code")


@pytest.mark.parametrize(
    ("question", "subjects", "expected"),
    [
        ("Compare LiT with its rivals.", 1, True),
        ("Compare LiT and SigLIP.", 2, False),
        ("Which methods mask video?", 0, True),
        ("How is video masked?", 0, False),
    ],
)
def test_whether_a_question_asks_for_several_papers(question, subjects, expected):
    assert asks_several(question, subjects=subjects) is expected


def test_a_question_in_other_words_cites_the_paper_that_answers(seed_engine):
    answer = seed_engine.ask("Can a robot recognise people with walking aids from its range sensor?")
    assert answer.status != "declined" and any("DROW" in source.title for source in answer.sources if source.cited)
