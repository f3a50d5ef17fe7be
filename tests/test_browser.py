"""What a person does in a conversation, done in a real browser; skipped where none is found."""

# ruff: noqa: F401, F811 - fixtures are imported by name
from __future__ import annotations

from collections.abc import Iterator

import pytest
from window_browser import ASK, SIZES, ask, browser, luminance, needs_browser, serious_faults, serve, visit
from window_engine import HOSTILE, PALIGEMMA, ScriptedEngine

pytestmark = needs_browser


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    engine = ScriptedEngine(pause_seconds=0.03)
    shown = serve(tmp_path_factory.mktemp("window"), lambda: engine)
    shown.scripted = engine
    yield shown
    shown.close(verbose=False)


def test_the_answer_grows_and_then_lists_its_sources(visit):
    page = visit()
    page.evaluate(
        """() => { window.grown = []; new MutationObserver(() => {
            const text = document.querySelector('.qa-answer .qa-text'); if (text) window.grown.push(text.textContent.length);
        }).observe(document.querySelector('#qa-log'), {childList: true, subtree: true, characterData: true}); }"""
    )
    ask(page, "Which encoder does PaliGemma use?")
    grown = page.evaluate("window.grown")
    assert len(set(grown)) > 3
    assert grown == sorted(grown)
    assert page.inner_text(".qa-cited").startswith("[1]")
    assert page.input_value(ASK) == ""


def test_the_text_does_not_jump_when_the_answer_is_finished(visit):
    page = visit()
    ask(page, "Which encoder, said slowly?", waits=False)
    top = "() => document.querySelector('.qa-answer .qa-text')?.getBoundingClientRect().top"
    page.wait_for_selector(".qa-streaming .qa-text")
    before = page.evaluate(top)
    page.wait_for_selector(".qa-titles")
    assert abs(page.evaluate(top) - before) <= 2


def test_pointing_at_a_citation_shows_what_it_rests_on(visit):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    page.hover(".qa-cite.qa-of-0")
    card = page.locator("#qa-pop")
    card.wait_for(state="visible")
    text = card.inner_text()
    assert "PaliGemma: A versatile 3B VLM for transfer" in text
    assert "Lucas Beyer, Andreas Steiner, 2024" in text
    assert "“based on the SigLIP-So400m vision encoder and the Gemma-2B language model”" in text
    side = page.locator("#qa-side").bounding_box()
    assert card.bounding_box()["x"] + card.bounding_box()["width"] <= side["x"]
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")


def test_clicking_a_citation_opens_the_paper_with_the_carrying_words_lit(visit):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    page.click(".qa-cite.qa-of-0")
    card = page.locator("#qa-panel .qa-card-shown")
    assert card.locator("mark.qa-lit").all_inner_texts() == ["based on the SigLIP-So400m vision encoder and the Gemma-2B language model"]
    assert card.locator(".qa-abstract").inner_text() == PALIGEMMA
    assert card.locator("a.qa-link").get_attribute("href") == "https://arxiv.org/abs/2407.07726"
    page.click(".qa-cite.qa-of-1")
    assert card.locator("mark.qa-lit").all_inner_texts() == ["effective to transfer"]


def test_a_cited_title_opens_its_paper_and_the_versions_stand_together(visit):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    page.click(".qa-titles .qa-open.qa-src-2")
    card = page.locator("#qa-panel .qa-card-shown")
    card.locator("summary").click()
    assert card.locator("ins").all_inner_texts()[0] == "67.4%"
    assert card.locator("del").all_inner_texts() == ["66.4%"]


def test_bibtex_is_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "Which encoder does PaliGemma use?")
    page.click("#qa-panel .qa-card-1 .qa-copy-bibtex")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("@misc{beyer2024paligemma,")


def test_the_keyboard_alone_is_enough(visit):
    page = visit()
    page.locator(ASK).blur()
    page.keyboard.press("/")
    page.keyboard.type("Which encoder")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("does PaliGemma use?")
    assert page.input_value(ASK) == "Which encoder\ndoes PaliGemma use?"
    page.keyboard.press("Enter")
    page.wait_for_selector(".qa-titles")
    page.locator(".qa-cite").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.locator("#qa-pop").wait_for(state="visible")
    page.keyboard.press("Enter")
    assert page.locator("#qa-panel mark.qa-lit").count() == 1
    page.keyboard.press("Escape")
    page.locator("#qa-pop").wait_for(state="hidden")


def test_escape_stops_and_the_box_works_again(visit, window):
    page = visit()
    closed = window.scripted.closed_streams
    ask(page, "endless", waits=False)
    page.wait_for_selector(".qa-streaming .qa-text")
    page.keyboard.press("Escape")
    page.wait_for_selector(".qa-stopped")
    assert page.inner_text(".qa-stopped .qa-text").startswith("word word")
    ask(page, "Which encoder does PaliGemma use?")
    assert page.locator(".qa-answered .qa-cited").count() == 1
    assert window.scripted.closed_streams >= closed + 2


def test_leaving_the_page_stops_the_answer(visit, window):
    page = visit()
    closed = window.scripted.closed_streams
    ask(page, "endless", waits=False)
    page.wait_for_selector(".qa-streaming .qa-text")
    other = visit()
    page.close()
    for _ in range(100):
        if window.scripted.closed_streams > closed:
            break
        other.wait_for_timeout(100)
    assert window.scripted.closed_streams == closed + 1


def test_a_failed_answer_says_why_and_leaves_the_box_alive(visit):
    page = visit()
    for question, said in (("break please", "Start it, then ask again."), ("a bug please", "ZeroDivisionError")):
        ask(page, question)
        assert said in page.locator(".qa-failed").last.inner_text()
    ask(page, "Which encoder does PaliGemma use?")
    assert page.locator(".qa-answered .qa-cited").count() == 1


def test_declined_and_partial_answers_look_different(visit):
    page = visit()
    for question in ("What is the capital of Peru?", "What figures?", "Which encoder?"):
        ask(page, question)
    looks = [
        page.eval_on_selector(f".qa-answer.qa-{status} .qa-state", "node => [node.textContent, getComputedStyle(node).color].join()")
        for status in ("declined", "partial", "answered")
    ]
    assert len(set(looks)) == 3
    assert "Nearest papers" in page.inner_text(".qa-declined")


def test_an_answer_without_papers_empties_the_panel_until_an_earlier_one_is_looked_at(visit):
    page = visit()
    ask(page, "Which encoder does PaliGemma use?")
    page.locator("#qa-panel .qa-card-1").wait_for()
    ask(page, "What did nobody write about?")
    page.locator("#qa-panel .qa-panel-empty").wait_for()
    assert page.locator("#qa-panel .qa-card").count() == 0
    page.locator(".qa-answered .qa-cite").first.click()
    page.locator("#qa-panel .qa-card-shown").wait_for()
    page.wait_for_timeout(300)  # nothing empties it again
    assert page.locator("#qa-panel .qa-card-shown").count() == 1


def test_an_example_is_asked_by_one_click(visit):
    page = visit()
    page.click(".example")
    page.wait_for_selector(".qa-titles")
    assert "PaliGemma based on?" in page.inner_text(".qa-question")


def test_hostile_text_stays_text(visit):
    page = visit()
    ask(page, "hostile")
    ask(page, HOSTILE)
    page.click(".qa-cite.qa-src-3")
    page.hover(".qa-cite.qa-src-3")
    assert HOSTILE in page.locator("#qa-panel .qa-card-shown .qa-abstract").inner_text()
    assert HOSTILE in page.locator(".qa-question").last.inner_text()
    assert page.evaluate("window.pwned") is None
    assert page.locator("#qa-log img, #qa-panel img, #qa-pop img").count() == 0


def test_mathematics_is_typeset_and_money_is_not(visit):
    page = visit()
    ask(page, "Some maths")
    page.wait_for_selector(".qa-text .katex")
    assert page.locator(".qa-text .katex").count() == 2
    assert "It costs $5 and $10" in page.inner_text(".qa-text")


def test_dark_follows_the_system(visit):
    assert luminance(visit(color_scheme="light"), "body") > 200
    page = visit(color_scheme="dark")
    assert luminance(page, "body") < 60
    ask(page, "Which encoder does PaliGemma use?")
    assert luminance(page, ".qa-card") < 80


@pytest.mark.parametrize("size", ["phone", "zoomed"])
def test_a_narrow_window_fits_and_the_evidence_slides_over_it(visit, size):
    page = visit(size)
    ask(page, "Which encoder does PaliGemma use?")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.locator("#qa-panel").is_hidden()
    page.click(".qa-cite.qa-of-0")
    page.locator("#qa-panel mark.qa-lit").wait_for(state="visible")
    box = page.locator(ASK).bounding_box()
    assert box["y"] + box["height"] <= SIZES[size][1]
    page.keyboard.press("Escape")
    page.locator("#qa-panel").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className").startswith("qa-cite")


def test_the_first_tap_shows_the_words_and_the_second_the_abstract(visit):
    page = visit("phone", has_touch=True)
    ask(page, "Which encoder does PaliGemma use?")
    page.tap(".qa-cite.qa-of-0")
    page.locator("#qa-pop").wait_for(state="visible")
    assert page.locator("#qa-panel").is_hidden()
    page.tap(".qa-cite.qa-of-0")
    page.locator("#qa-panel mark.qa-lit").wait_for(state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_axe_finds_nothing_serious(visit, scheme, size):
    page = visit(size, color_scheme=scheme)
    assert serious_faults(page) == []
    for question in ("Which encoder does PaliGemma use?", "What is the capital of Peru?", "break please"):
        ask(page, question)
    page.locator(".qa-cite.qa-of-0").first.click()
    page.wait_for_timeout(400)  # the panel slides
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.click(".qa-show[value=qa-drawer]")
    assert serious_faults(page) == []
