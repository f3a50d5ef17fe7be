"""What the window keeps of a conversation: turns a browser stored, files to save, judgements, places in the queue."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from window_engine import ANSWERED, DECLINED, HOSTILE, HOSTILE_ANSWER, PAPERS, PARTIAL, ScriptedEngine

from qa_bot.evaluation.questions import load_questions
from qa_bot.window.conversation import Conversation, Turn, answer_from, restored
from qa_bot.window.export import export
from qa_bot.window.feedback import as_questions, judgement, keep
from qa_bot.window.turnstile import Turnstile

BY_ID = {p.paper_id: p for p in PAPERS}


@pytest.mark.parametrize("answer", [ANSWERED, PARTIAL, DECLINED, HOSTILE_ANSWER])
def test_an_answer_survives_the_browsers_shelf(answer):
    assert answer_from(json.loads(json.dumps(answer.to_dict()))) == replace(answer, is_final=True)


def test_what_the_browser_kept_is_shown_again_and_asked_on(pytestconfig):
    talk = Conversation([Turn("One?", "<p>", ANSWERED), Turn("Two?", "<p>", None), Turn("Three?", "<p>", PARTIAL, is_stopped=True)])
    again = Conversation(restored(json.loads(json.dumps(talk.kept())), ScriptedEngine()))
    assert [turn.question for turn in again.turns] == ["One?", "Three?"]
    assert again.history() == [("user", "One?"), ("assistant", ANSWERED.text), ("user", "Three?"), ("assistant", PARTIAL.text)]
    assert again.history(before=1) == again.history()[:2]
    assert "qa-stopped" in again.turns[1].html


@pytest.mark.parametrize(
    "kept",
    [
        None, "text", 5, [None], [{"question": "q"}], [{"question": "q", "answer": {}}],
        [{"question": "q", "answer": ANSWERED.to_dict() | {"status": "<script>"}}],
        [{"question": "q", "answer": ANSWERED.to_dict() | {"text": 5}}],
        [{"question": "q", "answer": ANSWERED.to_dict() | {"sources": [{"number": "<b>"}]}}],
        [{"question": "q", "answer": ANSWERED.to_dict() | {"sentences": [{"text": "x", "support": "good"}]}}],
    ],
)  # fmt: skip
def test_a_damaged_shelf_restores_nothing(kept):
    assert restored(kept, ScriptedEngine()) == []


def test_saved_markdown_holds_the_references_by_number():
    file = export([("Which?\nReally?", ANSWERED), ("Peru?", DECLINED)], "markdown", BY_ID)
    assert file.name == "which-really.md"
    assert "## Which? Really?\n\nPaliGemma builds on SigLIP-So400m" in file.text
    assert "[1] Lucas Beyer, Andreas Steiner, 2024. PaliGemma: A versatile 3B VLM for transfer. https://arxiv.org/abs/2407.07726" in file.text
    assert "*Not answered by these papers. No abstract speaks of this.*" in file.text
    assert "[3]" not in file.text


def test_a_saved_page_is_inert():
    page = export([(HOSTILE, HOSTILE_ANSWER)], "html", BY_ID).text
    assert "<script" not in page
    assert "<img" not in page
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize(("form", "start", "count"), [("bibtex", "@misc{beyer2024paligemma,", 2), ("ris", "TY  - GEN", 2)])
def test_saved_references_are_the_cited_papers_once_each(form, start, count):
    file = export([("a", ANSWERED), ("b", ANSWERED)], form, BY_ID)
    assert file.text.startswith(start)
    assert file.text.count(start.split("{", maxsplit=1)[0]) == count


def test_judgements_are_kept_and_become_questions(tmp_path):
    answer = replace(ANSWERED, question="Which encoder?")
    for line in (
        judgement(answer, is_helpful=False, comment="  wrong  "),
        judgement(answer, is_helpful=True, history=[("user", "Before?"), ("assistant", "Yes.")]),
        judgement(replace(DECLINED, question="Peru?"), is_helpful=True),
        judgement(replace(PARTIAL, question="Figures?"), is_helpful=False, comment="too short"),
    ):
        keep(tmp_path, line)
    lines = [json.loads(text) for text in (tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["question"], line["helpful"], line["comment"]) for line in lines] == [
        ("Which encoder?", True, ""), ("Peru?", True, ""), ("Figures?", False, "too short"),
    ]  # fmt: skip
    questions = load_questions(tmp_path / "feedback_questions.jsonl")
    assert [(q.question, q.papers, q.answerable, q.history) for q in questions] == [
        ("Which encoder?", (PAPERS[0].title, PAPERS[1].title), True, (("user", "Before?"), ("assistant", "Yes."))),
        ("Peru?", (), False, ()),
    ]
    assert as_questions([]) == []


def test_the_turnstile_lets_in_in_order_and_says_each_place():
    async def visit():
        turnstile = Turnstile(1)
        first, second, third = (turnstile.ticket() for _ in range(3))
        assert (first.is_in, second.is_in, third.is_in) == (True, False, False)
        seen: list[int] = []

        async def wait_third():
            async for place in third.places():
                seen.append(place)

        waiting = asyncio.create_task(wait_third())
        await asyncio.sleep(0.01)
        second.leave()  # gave up while waiting
        await asyncio.sleep(0.01)
        first.leave()
        await asyncio.wait_for(waiting, 1)
        third.leave()
        assert turnstile.ticket().is_in
        return seen

    assert asyncio.run(visit()) == [2, 1]
