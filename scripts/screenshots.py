"""Takes the pictures of the window in docs/images, over the sample papers and without a language model.

    python scripts/screenshots.py [--out FOLDER] [--browser /usr/bin/chromium]

Needs the test extra (playwright) and a Chromium of the system. Each picture stays under 300 KB.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from qa_bot.app import launch
from qa_bot.config import Settings

ASK = "#qa-question textarea"
QUESTION = "How do SigLIP and SigLIP 2 differ?"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
MOST_BYTES = 300_000


def ask(page: Page, question: str) -> None:
    answers = page.locator(".qa-actions").count()
    page.fill(ASK, question)
    page.press(ASK, "Enter")
    page.wait_for_function("n => document.querySelectorAll('.qa-actions').length > n", arg=answers)


def first_run(page: Page) -> None:
    page.wait_for_selector(".example")


def answer_with_evidence(page: Page) -> None:
    ask(page, QUESTION)
    page.locator(".qa-cite").first.click()
    page.mouse.move(5, 5)
    page.locator(".qa-cite").last.hover()


def declined(page: Page) -> None:
    ask(page, "What is the boiling point of iron at sea level?")


def papers(page: Page) -> None:
    page.get_by_role("tab", name="Papers").click()
    page.wait_for_selector(".qa-dot")


def settings_error(page: Page) -> None:
    page.get_by_role("tab", name="Settings").click()
    page.fill("[name=base_url]", "http://localhost:9/v1")
    page.click(".qa-try")
    page.wait_for_selector(".qa-said-error")


def phone(page: Page) -> None:
    ask(page, QUESTION)
    page.locator(".qa-cite").first.click()


STATES: dict[str, tuple[Callable[[Page], None], dict[str, Any]]] = {
    "first-run": (first_run, {"viewport": DESK}),
    "answer": (answer_with_evidence, {"viewport": DESK}),
    "dark": (answer_with_evidence, {"viewport": DESK, "color_scheme": "dark"}),
    "declined": (declined, {"viewport": DESK}),
    "papers": (papers, {"viewport": DESK}),
    "settings-error": (settings_error, {"viewport": DESK}),
    "phone": (phone, {"viewport": PHONE}),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "images")
    options.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    chosen = options.parse_args()
    if not chosen.browser:
        sys.exit("No browser found: apt-get install chromium, or name one with --browser.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        window = launch(Settings(_env_file=None, data_dir=Path(folder)), port=port, opens_browser=False, blocks=False)
        browser = started.chromium.launch(executable_path=chosen.browser, args=["--no-sandbox"])
        for name, (show, view) in STATES.items():
            context = browser.new_context(**view)
            page = context.new_page()
            page.set_default_timeout(120_000)
            page.goto(window.local_url)
            page.wait_for_selector(".qa-count")
            show(page)
            page.wait_for_timeout(500)  # fonts and the sliding panel
            path = chosen.out / f"{name}.png"
            page.screenshot(path=path)
            context.close()
            size = path.stat().st_size
            print(f"{path.name}: {size / 1000:.0f} KB")
            if size > MOST_BYTES:
                sys.exit(f"{path.name} is larger than {MOST_BYTES / 1000:.0f} KB")
        browser.close()
        window.close(verbose=False)
        window.shared.engine.close()


if __name__ == "__main__":
    main()
