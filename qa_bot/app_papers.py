"""Knows the widgets of the Papers tab: looking through the collection, its plots, taking papers in and out.

Leaves how they look to `window` and reading files to the engine.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from qa_bot.chunking import titled
from qa_bot.pace import Pace
from qa_bot.schema import Paper, QABotError
from qa_bot.window import page
from qa_bot.window.papers_html import (
    Intake,
    Wish,
    choose,
    intake_report,
    paper_detail,
    paper_list,
    search_form,
    timeline,
    wish_from,
)
from qa_bot.window.papers_map import make_map, map_svg
from qa_bot.window.shared import Shared

# What the page's script asks of the collection, each kind as an event of its own.
_WISHES = "window.qaWish = (kind, wish) => trigger(kind, wish);"
_POLL_SECONDS = 0.15
_QUIET = {"show_progress": "hidden", "api_visibility": "private"}


class AddingError(QABotError):
    """What was given cannot be taken in."""


def papers_tab(tab: gr.Tab, shared: Shared, *, refreshed: Callable[[], tuple[Any, ...]], refreshes: list[Any]) -> None:
    """Place and connect the Papers tab. `refreshes` are outputs elsewhere that `refreshed` brings up to a changed collection."""
    with gr.Row(elem_id="qa-papers", equal_height=True):
        with gr.Column(scale=3, min_width=300, elem_id="qa-papers-left"):
            form = _html("", "qa-form")
            listed = _html('<p class="qa-panel-empty">The papers are being opened.</p>', "qa-list")
        with gr.Column(scale=2, min_width=300, elem_id="qa-papers-right"):
            detail = _html("", "qa-detail")
            overview = _html("", "qa-overview")
            with gr.Accordion("Add papers", open=False, elem_id="qa-add"):
                files = gr.File(label="Files: text, BibTeX, RIS, CSV, JSON and others", file_count="multiple", type="filepath", height=120)
                pasted = gr.Textbox(label="Or paste abstracts, BibTeX or RIS", lines=4, max_lines=12)
                add = gr.Button("Add to the collection", variant="primary", size="sm")
                report = _html("", "qa-added")
    wishes = gr.HTML("", html_template="", elem_id="qa-wishes", js_on_load=_WISHES, apply_default_css=False)

    def show() -> tuple[Any, ...]:
        if shared.engine is None:
            return (gr.skip(),) * 3
        papers = shared.papers()
        return search_form(papers), paper_list(choose(papers, Wish()), total=len(papers)), gr.skip()

    def draw() -> Any:
        if shared.engine is None:
            return gr.skip()
        papers = shared.papers()
        return timeline(papers) + _drawn_map(shared.engine, papers) + intake_report(_intake(shared.engine), len(papers))

    def show_list(event: gr.EventData) -> Any:
        said = _said(event).get("wish")
        if said is None or shared.engine is None:
            return gr.skip()
        return paper_list(choose(shared.papers(), wish_from(said)), total=len(shared.papers()))

    def show_paper(event: gr.EventData) -> Any:
        wanted = _said(event).get("paper")
        if wanted is None or shared.engine is None:
            return gr.skip()
        paper = next((p for p in shared.papers() if p.paper_id == wanted), None)
        return paper_detail(paper, can_remove=hasattr(shared.engine, "remove_papers")) if paper else ""

    async def remove(event: gr.EventData) -> tuple[Any, ...]:
        paper_id, unchanged = _said(event).get("remove"), (gr.skip(),) * (3 + len(refreshes))
        if not isinstance(paper_id, str) or shared.engine is None:
            return gr.skip(), *unchanged
        try:
            async with shared.change("A paper is being removed"):
                await asyncio.to_thread(shared.engine.remove_papers, [paper_id])
        except QABotError as error:
            return page.message(str(error), is_error=True), *unchanged
        return page.message("Removed from the collection."), *await asyncio.to_thread(show), *refreshed()

    async def take_in(paths: list[str] | None, text: str) -> AsyncIterator[tuple[Any, ...]]:
        unchanged = (gr.skip(),) * (5 + len(refreshes))
        try:
            chosen = _put_aside(paths or [], text or "", shared.settings.data_dir / "added")
            async with shared.change("New papers are being taken in"):
                doing = asyncio.create_task(asyncio.to_thread(_ingest, shared, chosen))
                while not doing.done():
                    yield page.message(shared.changing or "", is_busy=True), *unchanged
                    await asyncio.wait([doing], timeout=_POLL_SECONDS)
                done = await doing
        except QABotError as error:
            yield page.message(str(error), is_error=True), *unchanged
            return
        yield page.message(str(done)), gr.update(value=None), gr.update(value=""), *await asyncio.to_thread(show), *refreshed()

    tab.select(show, outputs=[form, listed, overview], **_QUIET)
    tab.select(draw, outputs=overview, **_QUIET)
    wishes.submit(show_list, outputs=listed, trigger_mode="always_last", **_QUIET)
    wishes.click(show_paper, outputs=detail, trigger_mode="always_last", **_QUIET)
    wishes.delete(remove, outputs=[detail, form, listed, overview, *refreshes], **_QUIET).then(draw, outputs=overview, **_QUIET)
    taking = add.click(take_in, [files, pasted], [report, files, pasted, form, listed, overview, *refreshes], **_QUIET)
    taking.then(draw, outputs=overview, **_QUIET)


def _said(event: gr.EventData) -> dict[str, Any]:
    return event._data if isinstance(event._data, dict) else {}


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)


@lru_cache(maxsize=2)
def _map_of(engine: Any, papers: tuple[Paper, ...]) -> str:
    texts = [titled(p, p.abstract) for p in papers]
    vectors, _ = engine.store.vectors_of(texts, engine.embedding.embed, keeps=False)
    return map_svg(make_map(papers, vectors), papers)


def _drawn_map(engine: Any, papers: tuple[Paper, ...]) -> str:
    return _map_of(engine, papers) if papers and hasattr(engine, "store") else ""


def _intake(engine: Any) -> Intake:
    if not hasattr(engine, "store"):
        return Intake(0)
    return Intake(engine.store.truth.count("records"), tuple(engine.store.truth.skipped()))


def _ingest(shared: Shared, paths: list[Path]) -> Any:
    pace = Pace()

    def say(what: str, n: int, of: int) -> None:
        shared.changing = f"New papers are being taken in: {pace.line(what, n, of)}"

    return shared.engine.ingest(paths, on_progress=say)


def _put_aside(paths: list[str], text: str, folder: Path) -> list[Path]:
    """Copy what was given into the data folder, which outlives gradio's own copies; return where it is now."""
    if not paths and not text.strip():
        raise AddingError("Nothing was given yet. Drop files here or paste text, then press the button.")
    kept = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in map(Path, paths):
            kept.append(folder / path.name)
            shutil.copyfile(path, kept[-1])
        if text.strip():
            stamp = re.sub(r"\D", "", datetime.now(UTC).isoformat(timespec="milliseconds"))[:17]
            kept.append(folder / f"pasted-{stamp}.txt")
            kept[-1].write_text(text, encoding="utf-8")
    except OSError as error:
        raise AddingError(f"What you gave cannot be kept in {folder}: {error}. Make room there, or set QA_BOT_DATA_DIR to another folder.") from error
    return kept
