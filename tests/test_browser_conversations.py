"""Conversations as a person keeps them in the browser: picked up again, renamed, deleted, edited, saved, judged."""

# ruff: noqa: F401, F811 - fixtures are imported by name
from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from window_browser import ASK, ask, browser, needs_browser, open_tab, serve, visit
from window_engine import ScriptedEngine

pytestmark = needs_browser


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def window(data_dir) -> Iterator:
    shown = serve(data_dir, lambda: ScriptedEngine(pause_seconds=0.02))
    yield shown
    shown.close(verbose=False)


def shelf(page) -> list:
    return page.evaluate("JSON.parse(localStorage.getItem('qa_bot.conversations') ?? '[]')")


def wait_kept(page, turns: int) -> None:
    page.wait_for_function("n => JSON.parse(localStorage.getItem('qa_bot.conversations') ?? '[]')[0]?.turns.length === n", arg=turns)


def test_a_reload_brings_the_conversation_back_and_it_goes_on(visit):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    wait_kept(page, 1)
    page.reload()
    page.wait_for_selector(".qa-cited")
    assert page.inner_text(".qa-question") == "Which encoder does PaliGemma use?"
    page.click(".qa-cite.qa-of-0")
    assert page.locator("#qa-panel mark.qa-lit").count() == 1
    ask(page, "What does it reach?")
    assert "Understood as: What does BootsTAP reach?" in page.locator(".qa-answer").last.inner_text()
    wait_kept(page, 2)


def test_several_are_kept_renamed_and_deleted(visit):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    wait_kept(page, 1)
    page.click(".qa-tools .qa-new")
    page.wait_for_selector(".example")
    ask(page, "What is the capital of Peru?")
    page.wait_for_function("JSON.parse(localStorage.getItem('qa_bot.conversations')).length === 2")
    page.click(".qa-show[value=qa-drawer]")
    names = page.locator(".qa-kept-name")
    assert names.all_inner_texts() == ["What is the capital of Peru?", "Which encoder does PaliGemma use?"]
    page.locator(".qa-kept-do", has_text="Rename").nth(1).click()
    page.fill(".qa-kept input", "Encoders <b>")
    page.press(".qa-kept input", "Enter")
    assert names.all_inner_texts()[1] == "Encoders <b>"
    names.nth(1).click()
    page.wait_for_selector(".qa-answered .qa-cited")
    assert page.locator(".qa-question").all_inner_texts() == ["Which encoder does PaliGemma use?"]
    page.click(".qa-show[value=qa-drawer]")
    remove = page.locator(".qa-kept li", has_text="Peru").locator(".qa-kept-do", has_text="elete")
    remove.click()
    assert len(shelf(page)) == 2
    remove.click()
    assert [kept["title"] for kept in shelf(page)] == ["Encoders <b>"]


def test_a_damaged_shelf_is_no_trouble(visit):
    page = visit()
    page.evaluate("localStorage.setItem('qa_bot.conversations', '[{\"id\": \"x\", \"title\": \"T\", \"turns\": [{\"question\": 5}]}, 7, null]')")
    page.evaluate("sessionStorage.setItem('qa_bot.open', 'x')")
    page.reload()
    page.wait_for_selector(".qa-count")
    ask(page, "Which encoder does PaliGemma use?")
    assert page.locator(".qa-cited").count() == 1


def test_a_question_is_reworded_and_what_came_after_goes(visit):
    page = visit()
    ask(page, "What is the capital of Peru?")
    ask(page, "What figures?")
    page.locator(".message-row").first.hover()
    page.locator(".qa-edit").first.click()
    page.fill(".qa-editing textarea", "Which encoder does PaliGemma use?")
    page.press(".qa-editing textarea", "Enter")
    page.wait_for_selector(".qa-answered .qa-cited")
    assert page.locator(".qa-question").all_inner_texts() == ["Which encoder does PaliGemma use?"]


def test_the_last_question_is_asked_again(visit):
    page = visit()
    ask(page, "What is the capital of Peru?")
    ask(page, "Which encoder does PaliGemma use?")
    assert page.locator(".qa-again:visible").count() == 1
    page.click(".qa-again:visible")
    page.wait_for_selector(".qa-streaming")
    page.wait_for_selector(".qa-answered .qa-cited")
    assert page.locator(".qa-question").count() == 2


def test_one_answer_is_copied_with_its_references(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "Which encoder does PaliGemma use?")
    page.click("#qa-log .qa-copy")
    page.wait_for_selector("text=Copied")
    assert "[1] Lucas Beyer, Andreas Steiner, 2024. PaliGemma" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(("form", "suffix", "holds"), [("markdown", ".md", "## Which encoder"), ("html", ".html", "<!doctype html>"), ("bibtex", ".bib", "@misc{"), ("ris", ".ris", "TY  - GEN")])
def test_a_conversation_is_saved(visit, form, suffix, holds):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    page.click(".qa-show[value=qa-export]")
    with page.expect_download() as saving:
        page.click(f".qa-export[value={form}]")
    assert saving.value.suggested_filename == f"which-encoder-does-paligemma-use{suffix}"
    assert holds in saving.value.path().read_text(encoding="utf-8")


def test_a_judgement_lands_in_the_data_folder(visit, data_dir):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    page.click(".qa-unhelpful")
    page.fill(".qa-comment input", "It forgot the year.")
    page.click(".qa-comment .qa-send")
    page.wait_for_selector("text=Thank you")
    kept = data_dir / "feedback.jsonl"
    for _ in range(50):
        if kept.exists() and "forgot" in kept.read_text(encoding="utf-8"):
            break
        page.wait_for_timeout(100)
    line = json.loads(kept.read_text(encoding="utf-8").splitlines()[-1])
    assert (line["helpful"], line["comment"], line["question"]) == (False, "It forgot the year.", "Which encoder does PaliGemma use?")
    assert page.input_value(ASK) == ""


def test_a_judgement_that_cannot_be_kept_is_said_and_the_conversation_goes_on(visit, data_dir):
    (data_dir / "feedback.new").mkdir()
    page = visit()
    try:
        ask(page, "Which encoder does PaliGemma use?")
        page.click(".qa-unhelpful")
        page.locator(".toast-body", has_text="What you said cannot be kept in").wait_for()
    finally:
        (data_dir / "feedback.new").rmdir()
    ask(page, "What is the capital of Peru?")
    assert page.locator(".qa-question").count() == 2


def test_a_paper_is_removed_after_being_asked_twice(visit):
    page = visit()
    open_tab(page, "Papers")
    page.locator(".qa-row", has_text="window.pwned").click()
    page.locator(".qa-remove").click()
    page.locator(".qa-remove", has_text="Really").click()
    page.wait_for_selector("text=Removed from the collection.")
    page.locator(".qa-list-count", has_text="2 papers").wait_for()
    assert "2 papers" in page.inner_text(".qa-header")
