"""Knows the chat window: which widgets there are and what happens when they are used; the only owner of gradio.

Leaves how things look to `window` and answering to the engine. The page is served at once; the papers are opened
behind it, and whatever goes wrong is shown as a message in the place of an answer.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from qa_bot import config  # before gradio, which reads GRADIO_ANALYTICS_ENABLED when it is imported
from qa_bot.app_ask import Ask, ask_widgets, connect
from qa_bot.app_papers import papers_tab
from qa_bot.app_settings import header_for, settings_channel, settings_tab
from qa_bot.pace import Pace
from qa_bot.schema import QABotError
from qa_bot.window import page
from qa_bot.window.shared import Shared

import gradio as gr  # isort: skip

PEOPLE_AT_ONCE = 256
class WindowError(QABotError):
    """The window cannot be opened where it was asked to be."""


def build_app(engine_or_factory: Any, *, settings: config.Settings) -> gr.Blocks:
    """Build the window for an engine, or for a factory that is called in a thread once a page is there.

    A factory may take one argument, a function to which it says a line of progress. Every QABotError it raises is
    shown with its next step and a button to try again.
    """
    shared = Shared(engine_or_factory, settings)

    with gr.Blocks(title="qa_bot", fill_height=True, fill_width=True, analytics_enabled=False) as window:
        gr.HTML(page.style(), elem_id="qa-style", js_on_load=None, apply_default_css=False)
        header = gr.HTML(page.header(shared.opening.line, is_opening=True), elem_id="qa-header", js_on_load=None, apply_default_css=False)
        again = gr.Button("Try again", visible=False, elem_id="qa-again", size="sm")
        wishes = settings_channel()
        with gr.Tabs(elem_id="qa-tabs"):
            with gr.Tab("Ask", id="ask", elem_id="qa-tab-ask"):
                ask = ask_widgets()
            with gr.Tab("Papers", id="papers", elem_id="qa-tab-papers") as papers:
                papers_tab(papers, shared, refreshed=lambda: opened(shared, ask), refreshes=[header, ask.chat])
            with gr.Tab("Settings", id="settings", elem_id="qa-tab-settings") as settings_place:
                settings_tab(settings_place, shared, wishes=wishes, visitor=ask.visitor, header=header)
        channel = gr.HTML("", html_template="", elem_id="qa-channel", js_on_load=page.script(), apply_default_css=False)
        connect(ask, channel, shared)

        async def follow_opening() -> AsyncIterator[tuple[Any, ...]]:
            shared.opening.start()
            shown = ""
            async for line in shared.opening.lines():
                if line == shown:
                    continue
                shown = line
                yield page.header(line, is_opening=True), gr.skip(), gr.update(visible=False), gr.skip()
            if shared.engine is None:
                yield page.header("", error=str(shared.opening.error)), gr.skip(), gr.update(visible=True), gr.skip()
                return
            yield *opened(shared, ask), gr.update(visible=False), page.to_script("ready")

        for event in (window.load, again.click):
            event(
                follow_opening, outputs=[header, ask.chat, again, channel], show_progress="hidden", concurrency_limit=None, api_visibility="private"
            )


        def leave(request: gr.Request) -> None:
            shared.leave(request.session_hash or "")

        window.unload(leave)
    window.queue(default_concurrency_limit=PEOPLE_AT_ONCE)
    window.shared = shared
    return window


def opened(shared: Shared, ask: Ask) -> tuple[Any, ...]:
    """Return what the header and the empty conversation say of the open collection."""
    return header_for(shared), ask.greeting(shared)


def launch(
    settings: config.Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    opens_browser: bool = True,
    engine_factory: Callable[..., Any] | None = None,
    blocks: bool = True,
) -> gr.Blocks:
    """Serve the window until Ctrl+C, or return at once with `blocks=False`. Raise WindowError where the port is taken.

    The papers are opened when the page is already being served, so that their imports do not hold it up.
    """
    _check_free(host, port)
    _reach_loopback_without_proxy(host)
    window = build_app(engine_factory or _factory(settings), settings=settings)
    window.shared.may_name_endpoint = _is_loopback(host)
    window.launch(
        server_name=host, server_port=port, inbrowser=opens_browser, prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False,
        run_history=False, footer_links=[], show_error=True, max_threads=64,
    )  # fmt: skip
    # The page has gone out first: the imports behind the papers would hold it up.
    threading.Timer(0.5, window.shared.opening.start).start()
    print(f"qa_bot is open at {window.local_url} (Ctrl+C ends it)", file=sys.stderr)
    if blocks:
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        window.close(verbose=False)
    return window


def _factory(settings: config.Settings) -> Callable[[Callable[[str], None]], Any]:
    def open_papers(say: Callable[[str], None]) -> Any:
        from qa_bot.answering import AnswerEngine

        pace = Pace()
        return AnswerEngine.from_settings(settings, on_progress=lambda what, n, of: say(f"First run: {pace.line(what, n, of)}"))

    return open_papers


def _is_loopback(host: str) -> bool:
    """True where only this machine gets in; elsewhere visitors must not send requests through it to addresses of theirs."""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = f"Port {port} on {host} is taken, perhaps by another qa-bot window. Close that one, or choose another with --port {port + 1}."
            elif error.errno == errno.EACCES:
                reason = f"Port {port} on {host} is not allowed to this user. Choose one above 1023 with --port."
            else:
                reason = f"The window cannot listen on {host}:{port} ({error.strerror or error}). Use --host 127.0.0.1, or an address of this machine."
            raise WindowError(reason) from error


def _reach_loopback_without_proxy(host: str) -> None:
    """Keep gradio's own check of the page off a proxy set in the environment, which cannot see this machine."""
    listed = [name for name in (os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(",") if name]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(dict.fromkeys([*listed, "127.0.0.1", "localhost", "::1", host]))
