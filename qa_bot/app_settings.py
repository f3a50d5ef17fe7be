"""Knows the widgets of the Settings tab and what happens when a visitor uses, tests or resets them.

Leaves their look to `window.settings_html` and their meaning to `window.choices`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import gradio as gr

from qa_bot.schema import QABotError
from qa_bot.window import page
from qa_bot.window.choices import Choices, Visitor, choices_from, engine_for, try_endpoint, visitor_of
from qa_bot.window.settings_html import model_list, settings_form
from qa_bot.window.shared import Shared

_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_WISHES = "window.qaSet = (kind, wish) => trigger(kind, wish);"


def settings_channel() -> gr.HTML:
    """Place what brings the script's wishes; outside the tab, which is not on the page until it is opened."""
    return gr.HTML("", html_template="", elem_id="qa-sets", js_on_load=_WISHES, apply_default_css=False)


def settings_tab(tab: gr.Tab, shared: Shared, *, wishes: gr.HTML, visitor: gr.State, header: gr.HTML) -> None:
    """Place and connect the Settings tab; `visitor` takes what was chosen and `header` says it."""
    with gr.Column(elem_id="qa-set"):
        said = gr.HTML("", elem_id="qa-set-said", js_on_load=None, apply_default_css=False)
        form = gr.HTML(_form(shared), elem_id="qa-set-form", js_on_load=None, apply_default_css=False)
        models = gr.HTML(model_list([]), elem_id="qa-set-models", js_on_load=None, apply_default_css=False)

    def use(current: Visitor, event: gr.EventData) -> tuple[Any, ...]:
        try:
            chosen = visitor_of(_chosen(event, shared, current), shared.settings)
        except QABotError as error:
            return gr.skip(), gr.skip(), page.message(str(error), is_error=True)
        note = "These are the defaults." if chosen.choices == Choices() else "In use for the next question."
        return chosen, header_for(shared, chosen), page.message(note)

    async def test(current: Visitor, event: gr.EventData) -> tuple[Any, ...]:
        try:
            found, names = await asyncio.to_thread(try_endpoint, _chosen(event, shared, current), shared.settings)
        except QABotError as error:
            return page.message(str(error), is_error=True), gr.skip()
        more = f" It lists {len(names)} models; the model field offers them." if len(names) > 1 else ""
        return page.message(found + more), model_list(names)

    tab.select(lambda: _form(shared), outputs=form, **_QUIET)
    wishes.submit(use, visitor, outputs=[visitor, header, said], **_QUIET)
    wishes.click(lambda: page.message("Asking the endpoint", is_busy=True), outputs=said, queue=False, **_QUIET)
    wishes.click(test, visitor, outputs=[said, models], concurrency_limit=8, **_QUIET)


def header_for(shared: Shared, visitor: Visitor | None = None) -> str:
    """Render the header for one visitor: which mode and model answers, and what narrows it."""
    engine = engine_for(shared.engine, visitor or Visitor(), shared.settings)
    narrowed = [f"{name.replace('_', ' ')} {value}" for name, value in vars((visitor or Visitor()).choices.filters).items() if value is not None]
    hint = " Or see Settings." if getattr(engine, "llm", True) is None and shared.may_name_endpoint else ""
    line = engine.mode_line() + hint + (f" Only papers with {', '.join(narrowed)}." if narrowed else "")
    return page.header(line, papers=len(shared.papers()))


def _form(shared: Shared) -> str:
    papers = shared.papers() if shared.engine is not None else ()
    return settings_form(shared.settings, papers, may_name_endpoint=shared.may_name_endpoint)


def _chosen(event: gr.EventData, shared: Shared, current: Visitor) -> Choices:
    """Read the form. The box of the key is emptied once it was used, so an empty one means the key in use for that endpoint."""
    said = event._data if isinstance(event._data, dict) else {}
    chosen = choices_from(said.get("settings"), may_name_endpoint=shared.may_name_endpoint)
    before = current.choices
    if chosen.key is None and before.key is not None and chosen.base_url == before.base_url and not said.get("forgets"):
        return replace(chosen, key=before.key)
    return chosen
