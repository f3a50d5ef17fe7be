"""Opens the window in a real browser for tests, and the few things that every such test does."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qa_bot.config import Settings

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser found: apt-get install chromium")

ASK = "#qa-question textarea"
SIZES = {"desk": (1280, 800), "phone": (360, 740), "zoomed": (640, 400)}
_SERIOUS = (
    "async () => (await axe.run()).violations.filter(v => ['serious', 'critical'].includes(v.impact))"
    ".map(v => [v.id, ...v.nodes.map(n => n.html + ' ' + n.failureSummary)])"
)


@pytest.fixture(scope="module")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'qa-bot[test]'")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


def serve(data_dir: Path, factory: Callable | None = None):
    """Open a window on a free port; without a factory the engine is the real one over `data_dir`."""
    from qa_bot.app import launch

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return launch(Settings(_env_file=None, data_dir=data_dir), port=port, opens_browser=False, engine_factory=factory, blocks=False)


@pytest.fixture
def visit(browser, window) -> Iterator:
    """Open a page; afterwards nothing may have been fetched from elsewhere, and no script may have failed."""
    contexts, outside, faults = [], [], []

    def start(size: str = "desk", *, context: object = None, **options: object):
        width, height = SIZES[size]
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.on("request", lambda request: None if request.url.startswith((window.local_url, "data:", "blob:")) else outside.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(window.local_url)
        page.wait_for_selector(".qa-count")
        return page

    yield start
    for context in contexts:
        context.close()
    assert outside == []
    assert faults == []


def ask(page, question: str, *, waits: bool = True) -> None:
    """Ask and, unless told otherwise, wait for the finished answer."""
    answers = page.locator(".qa-answer").count()
    page.fill(ASK, question)
    page.press(ASK, "Enter")
    if waits:
        page.wait_for_function("n => document.querySelectorAll('.qa-answer:not(.qa-streaming)').length > n", arg=answers)


def open_tab(page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def luminance(page, selector: str) -> float:
    colour = page.eval_on_selector(selector, "node => getComputedStyle(node).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3


def serious_faults(page) -> list:
    """Run axe-core on the page and return its serious and critical findings."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed: pip install axe-playwright-python")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    return page.evaluate(_SERIOUS)
