"""The Papers and Settings tabs in a real browser, over the sample papers and the real engine."""

# ruff: noqa: F401, F811 - fixtures are imported by name
from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from fake_llm_server import FakeLLMServer, answer
from window_browser import ask, browser, needs_browser, open_tab, serious_faults, serve, visit

pytestmark = needs_browser

NEW_PAPER = (
    "@article{quokka2031, title={Quokka Attention for Burrow Mapping}, author={Quill, Mara and Okoro, Ben}, year={2031}, "
    "abstract={We present quokka attention, a method that maps burrows from infrared drone footage at 91.3 percent accuracy.}}"
)


@pytest.fixture(scope="module")
def data_dir(seed_data_dir, tmp_path_factory: pytest.TempPathFactory):
    return shutil.copytree(seed_data_dir, tmp_path_factory.mktemp("tabs") / "data")


@pytest.fixture(scope="module")
def window(data_dir) -> Iterator:
    shown = serve(data_dir)
    yield shown
    shown.close(verbose=False)
    shown.shared.engine.close()


def papers_tab(visit, **options):
    page = visit(**options)
    open_tab(page, "Papers")
    page.wait_for_selector(".qa-dot")
    return page


def count(page, text: str) -> None:
    page.locator(".qa-list-count", has_text=text).wait_for()


def test_an_example_is_answered_by_the_real_engine(visit):
    page = visit()
    page.locator(".example").first.click()
    page.wait_for_selector(".qa-answered .qa-cited")
    assert "SigLIP-So400m" in page.inner_text(".qa-text")
    page.locator(".qa-cite").first.click()
    assert "SigLIP-So400m" in page.locator("#qa-panel mark.qa-lit").first.inner_text()


def test_the_collection_is_narrowed_and_put_in_order(visit):
    page = papers_tab(visit)
    count(page, "82 papers")
    page.fill(".qa-wish [name=words]", "paligemma")
    count(page, "of 82 papers")
    assert all("PaliGemma" in title for title in page.locator(".qa-row-title").all_inner_texts())
    page.click(".qa-wish [type=reset]")
    count(page, "82 papers")
    page.select_option(".qa-wish [name=sort]", "Title")
    page.wait_for_function("document.querySelector('.qa-row-title').textContent.startsWith('A ')")
    page.locator('.qa-bar[data-year="2024"]').click()
    count(page, "8 of 82 papers")
    assert page.input_value(".qa-wish [name=year_from]") == "2024"


def test_a_dot_of_the_map_opens_its_paper_and_asks_about_it(visit):
    page = papers_tab(visit)
    dot = page.locator('.qa-dot[aria-label^="PaliGemma: A versatile"]')
    dot.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".qa-detail")
    assert page.inner_text(".qa-detail-title") == "PaliGemma: A versatile 3B VLM for transfer"
    page.click(".qa-colour[value=qa-by-year]")
    assert page.locator(".qa-map.qa-by-year").count() == 1
    page.click(".qa-ask-paper")
    page.wait_for_selector(".qa-cited")
    assert "PaliGemma: A versatile 3B VLM for transfer" in page.inner_text(".qa-cited")


def test_versions_of_a_paper_stand_together(visit):
    page = papers_tab(visit)
    page.fill(".qa-wish [name=words]", "bootstap")
    count(page, "of 82")
    page.click(".qa-row")
    page.locator(".qa-detail summary").click()
    assert {"66.4%", "67.4%"} <= {text.strip("., ") for text in page.locator(".qa-detail del, .qa-detail ins").all_inner_texts()}


def test_pasted_papers_are_taken_in_and_answer(visit):
    page = papers_tab(visit)
    page.click("text=Add papers")
    page.get_by_role("button", name="Add to the collection").click()
    page.wait_for_selector("text=Nothing was given yet")
    page.get_by_label("Or paste abstracts, BibTeX or RIS").fill(NEW_PAPER)
    page.get_by_role("button", name="Add to the collection").click()
    page.locator("#qa-added", has_text="1 new").wait_for(timeout=60_000)
    count(page, "83 papers")
    assert "83 papers" in page.inner_text(".qa-header")
    open_tab(page, "Ask")
    ask(page, "How accurate is quokka attention at mapping burrows?")
    assert "91.3 percent" in page.inner_text(".qa-text")


def test_a_dropped_file_is_taken_in_and_says_what_it_could_not_use(visit, tmp_path):
    records = tmp_path / "mine.bib"
    records.write_text("@misc{a, title={Wombat Routing}, year={2030}, abstract={Wombats route parcels in 12 seconds on average.}}\n@misc{b, title={Empty}}\n")
    page = papers_tab(visit)
    page.click("text=Add papers")
    page.set_input_files("#qa-add input[type=file]", records)
    page.locator("#qa-add", has_text="mine.bib").wait_for()
    page.get_by_role("button", name="Add to the collection").click()
    page.locator("#qa-added", has_text="mine.bib, record 2").wait_for(timeout=60_000)
    page.fill(".qa-wish [name=words]", "wombat")
    count(page, "1 of 8")
    page.click(".qa-row")
    page.locator(".qa-detail", has_text="Read from mine.bib, record 1").wait_for()


def test_settings_say_what_is_wrong_and_a_key_is_not_kept(visit):
    page = visit()
    open_tab(page, "Settings")
    page.fill("[name=base_url]", "http://127.0.0.1:9/v1")
    page.fill("[name=key]", "sk-typed-key")
    page.click(".qa-try")
    page.wait_for_selector(".qa-said-error", timeout=60_000)
    assert "127.0.0.1:9" in page.inner_text(".qa-said-error")
    page.click(".qa-use")
    page.wait_for_selector("text=In use for the next question.")
    assert page.input_value("[name=key]") == ""
    assert "sk-typed-key" not in page.evaluate("JSON.stringify([localStorage, sessionStorage]) + document.documentElement.outerHTML")
    assert "LLM mode" in page.inner_text(".qa-mode")
    page.click(".qa-settings [type=reset]")
    page.wait_for_selector("text=These are the defaults.")
    assert "Extractive mode" in page.inner_text(".qa-mode")


def test_a_chosen_endpoint_writes_the_answer_and_survives_a_reload(visit):
    text = "STATUS: answered\nPaliGemma is based on the SigLIP-So400m vision encoder. [1]"
    with FakeLLMServer(answer(text, piece_seconds=0.01), models=["tiny", "large"]) as server:
        page = visit()
        open_tab(page, "Settings")
        page.fill("[name=base_url]", server.url)
        page.fill("[name=model]", "tiny")
        page.click(".qa-try")
        page.locator("#qa-set-said", has_text="It works").wait_for()
        assert page.locator("#qa-models option").count() == 2
        page.click(".qa-use")
        page.wait_for_selector("text=In use for the next question.")
        page.reload()
        page.wait_for_selector(".qa-count")
        page.locator(".qa-mode", has_text="LLM mode").wait_for()
        ask(page, "Which vision encoder is PaliGemma based on?")
        assert "Written by tiny" in page.inner_text(".qa-meta")
    ask(page, "Which vision encoder is PaliGemma based on?")
    assert "Extractive" in page.locator(".qa-meta").last.inner_text()
    assert "did not answer" in page.locator(".qa-problems").last.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_axe_finds_nothing_serious(visit, scheme, size):
    page = papers_tab(visit, size=size, color_scheme=scheme)
    assert serious_faults(page) == []
    page.locator(".qa-row").first.click()
    page.wait_for_selector(".qa-detail")
    page.click("text=Add papers")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    open_tab(page, "Settings")
    page.wait_for_selector(".qa-settings")
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
