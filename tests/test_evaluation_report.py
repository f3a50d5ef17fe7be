"""What a person does with a report: opens the file with the network closed, reads it in light and dark, filters, unfolds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from scripted_engine import OverlapEngine
from test_evaluation_runs import PAPERS, QUESTIONS, carries

from qa_bot.evaluation import evaluate, write_report

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'qa-bot[test]'")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser found: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return write_report(evaluate(OverlapEngine(PAPERS), QUESTIONS, supports=carries), tmp_path_factory.mktemp("report"))


@pytest.fixture(params=["light", "dark"])
def page(browser, report, request):
    context = browser.new_context(color_scheme=request.param, offline=True, viewport={"width": 1100, "height": 800})
    opened = context.new_page()
    faults, outside = [], []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("request", lambda asked: None if asked.url.startswith("file:") else outside.append(asked.url))
    opened.goto(report.as_uri())
    yield opened
    context.close()
    assert faults == [] and outside == []


def lightness(page, selector: str, name: str) -> float:
    color = page.eval_on_selector(selector, f"e => getComputedStyle(e).{name}")
    return sum(float(n) for n in re.findall(r"[\d.]+", color)[:3]) / 3


def test_filters_narrow_the_questions_and_say_how_many(page):
    assert page.inner_text("#shown") == "13 of 13"
    page.select_option("#kind", "unanswerable")
    assert page.inner_text("#shown") == "3 of 13"
    page.fill("#words", "mongolia")
    assert page.inner_text("#shown") == "1 of 13"
    assert page.locator(".question:visible").count() == 1
    page.select_option("#kind", "")
    page.select_option("#outcome", "right")
    assert page.inner_text("#shown") == "0 of 13"


def test_a_question_unfolds_to_answer_gold_and_papers(page):
    page.locator("summary").first.click()
    body = page.locator(".question").first.locator(".body")
    assert body.locator(".sentence").count() == 1 and "61.5%" in body.inner_text()
    assert "Retrieved papers" in body.inner_text() and body.locator("li.gold").count() == 1


def test_both_themes_contrast_and_the_button_switches(page):
    def is_dark() -> bool:
        return lightness(page, "body", "backgroundColor") < lightness(page, "body", "color")

    before = is_dark()
    assert abs(lightness(page, "body", "backgroundColor") - lightness(page, "body", "color")) > 120
    assert abs(lightness(page, "svg .label", "fill") - lightness(page, "figure", "backgroundColor")) > 120
    page.click("#theme")
    assert is_dark() is not before


def test_it_fits_a_phone(browser, report):
    context = browser.new_context(viewport={"width": 360, "height": 700}, offline=True)
    opened = context.new_page()
    opened.goto(report.as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
