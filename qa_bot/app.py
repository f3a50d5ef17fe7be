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
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from qa_bot import config  # before gradio, which reads GRADIO_ANALYTICS_ENABLED when it is imported
from qa_bot.schema import Answer, Filters, QABotError
from qa_bot.window import page
from qa_bot.window.answer_html import render_answer, render_failure, render_question, render_waiting
from qa_bot.window.examples import example_questions
from qa_bot.window.opening import Opening
from qa_bot.window.running import RunningAnswer

import gradio as gr  # isort: skip

PEOPLE_AT_ONCE = 64
# Escaped text reaches KaTeX only between these: "$5 and $10" stays money.
_MATHS = [{"left": "\\(", "right": "\\)", "display": False}, {"left": "\\[", "right": "\\]", "display": True}]


class WindowError(QABotError):
    """The window cannot be opened where it was asked to be."""


@dataclass(frozen=True)
class Turn:
    """One question with what came of it; `html` is kept so that earlier turns are never rendered again."""

    question: str
    html: str
    answer: Answer | None = None


@dataclass
class Conversation:
    """What one open page holds: its turns, and the answer on its way."""

    turns: list[Turn] = field(default_factory=list)
    running: RunningAnswer | None = None

    def history(self) -> list[tuple[str, str]]:
        """Return the turns that came to an answer, as the engine reads them."""
        return [pair for t in self.turns if t.answer for pair in (("user", t.question), ("assistant", t.answer.text))]

    def messages(self, *more: str) -> list[dict[str, str]]:
        """Return the chat widget's value; `more` is the HTML of a question and its unfinished answer."""
        pieces = [piece for turn in self.turns for piece in (render_question(turn.question), turn.html)] + list(more)
        return [{"role": "assistant" if i % 2 else "user", "content": piece} for i, piece in enumerate(pieces)]


def build_app(engine_or_factory: Any, *, settings: config.Settings) -> gr.Blocks:
    """Build the window for an engine, or for a factory that is called in a thread once a page is there.

    A factory may take one argument, a function to which it says a line of progress. Every QABotError it raises is
    shown with its next step and a button to try again.
    """
    opening = Opening(engine_or_factory)
    running_by_session: dict[str, RunningAnswer] = {}

    with gr.Blocks(title="qa_bot", fill_height=True, fill_width=True, analytics_enabled=False) as window:
        conversation = gr.State(Conversation())
        gr.HTML(page.style(), elem_id="qa-style", js_on_load=None, apply_default_css=False)
        header = gr.HTML(page.header(opening.line, is_opening=True), elem_id="qa-header", js_on_load=None, apply_default_css=False)
        with gr.Row(elem_id="qa-main", equal_height=True):
            with gr.Column(scale=3, min_width=300, elem_id="qa-chat"):
                chat = gr.Chatbot(
                    elem_id="qa-log", show_label=False, label="Conversation", container=False, layout="bubble", buttons=[],
                    latex_delimiters=_MATHS, placeholder=page.welcome(), height="100%", feedback_options=None,
                    group_consecutive_messages=False,
                )  # fmt: skip
                question = gr.Textbox(
                    elem_id="qa-question", label="Question", show_label=False, container=False, lines=1, max_lines=8, autofocus=True,
                    placeholder="Ask about the papers", submit_btn=True, max_length=8000,
                )  # fmt: skip
                again = gr.Button("Try again", visible=False, elem_id="qa-again", size="sm")
            with gr.Column(scale=2, min_width=300, elem_id="qa-side"):
                gr.HTML(page.panel(), elem_id="qa-evidence", js_on_load=None, apply_default_css=False)
        channel = gr.HTML("", elem_id="qa-channel", js_on_load=page.script(), apply_default_css=False)

        async def follow_opening() -> AsyncIterator[tuple[Any, ...]]:
            opening.start()
            async for line in opening.lines():
                yield page.header(line, is_opening=True), gr.skip(), gr.skip()
            if opening.engine is None:
                yield page.header("", error=str(opening.error)), gr.skip(), gr.update(visible=True)
                return
            papers = opening.engine.papers()
            questions = [{"text": text} for text in example_questions(papers)]
            greeting = gr.update(placeholder=page.welcome(papers=len(papers)), examples=questions)
            yield page.header(opening.engine.mode_line(), papers=len(papers)), greeting, gr.update(visible=False)

        async def answer(asked: str, talk: Conversation, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
            asked = (asked or "").strip()
            if not asked or talk.running is not None:
                yield gr.skip(), gr.skip(), gr.skip()
                return
            began, asked_html, shown = time.perf_counter(), render_question(asked), ""
            running = RunningAnswer(asked, lambda: opening.engine.stream(asked, history=talk.history(), filters=Filters()))
            talk.running = running_by_session[request.session_hash or ""] = running
            try:
                yield (
                    gr.update(value="", submit_btn=False, stop_btn=True),
                    talk.messages(asked_html, render_waiting("Searching the papers")),
                    talk,
                )
                opening.start()
                async for line in opening.lines():
                    yield gr.skip(), talk.messages(asked_html, render_waiting(line)), gr.skip()
                if opening.engine is None:
                    running.error = opening.error
                else:
                    async for snapshot in running.snapshots():
                        if not snapshot.is_final:
                            shown = render_answer(snapshot)
                            yield gr.skip(), talk.messages(asked_html, shown), gr.skip()
                talk.turns.append(_finished(running, opening.engine, seconds=time.perf_counter() - began))
                yield gr.update(submit_btn=True, stop_btn=False), talk.messages(), talk
            finally:
                running.stop()
                if talk.running is running:
                    talk.running = None
                running_by_session.pop(request.session_hash or "", None)

        def stop(talk: Conversation) -> tuple[Any, ...]:
            running = talk.running
            if running is not None:
                running.stop()
                talk.running = None
                talk.turns.append(_finished(running, opening.engine, stopped=True))
            return gr.update(submit_btn=True, stop_btn=False), talk.messages(), talk

        def leave(request: gr.Request) -> None:
            running = running_by_session.pop(request.session_hash or "", None)
            if running is not None:
                running.stop()

        turn_outputs = [question, chat, conversation]
        opened = {"fn": follow_opening, "outputs": [header, chat, again], "show_progress": "hidden", "concurrency_limit": None}
        window.load(**opened, api_visibility="private")
        again.click(**opened, api_visibility="private")
        asking = question.submit(
            answer, [question, conversation], turn_outputs, show_progress="hidden", concurrency_limit=PEOPLE_AT_ONCE, api_name="ask"
        )
        chosen = chat.example_select(_example_text, outputs=question, show_progress="hidden", queue=False, api_visibility="private").then(
            answer, [question, conversation], turn_outputs, show_progress="hidden", concurrency_limit=PEOPLE_AT_ONCE,
            concurrency_id="ask", api_visibility="private",
        )  # fmt: skip
        question.stop(stop, conversation, turn_outputs, cancels=[asking, chosen], queue=False, show_progress="hidden", api_visibility="private")
        window.unload(leave)
        del channel
    window.queue(default_concurrency_limit=PEOPLE_AT_ONCE)
    return window


def _example_text(chosen: gr.SelectData) -> str:
    return chosen.value["text"]


def _finished(running: RunningAnswer, engine: Any, *, stopped: bool = False, seconds: float | None = None) -> Turn:
    answer = running.latest
    if running.error is not None:
        partly = render_answer(answer, stopped=True) if answer is not None and answer.text.strip() else ""
        return Turn(running.question, render_failure(str(running.error), partly=partly))
    if answer is None:
        return Turn(running.question, render_failure("Stopped before an answer began."))
    papers = {source.paper_id: engine.paper(source.paper_id) for source in answer.sources}
    known = {paper_id: paper for paper_id, paper in papers.items() if paper is not None}
    return Turn(running.question, render_answer(answer, papers=known, stopped=stopped, seconds=seconds), answer)


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
    window.launch(
        server_name=host, server_port=port, inbrowser=opens_browser, prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False,
        run_history=False, footer_links=[], show_error=True, max_threads=PEOPLE_AT_ONCE,
    )  # fmt: skip
    print(f"qa_bot is open at {window.local_url} (Ctrl+C ends it)", file=sys.stderr)
    if blocks:
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        window.close(verbose=False)
    return window


def _factory(settings: config.Settings) -> Callable[[Callable[[str], None]], Any]:
    def open_papers(say: Callable[[str], None]) -> Any:
        from qa_bot.answering import AnswerEngine

        return AnswerEngine.from_settings(settings, on_progress=lambda what, n, of: say(f"First run: {what}, {n} of {of}"))

    return open_papers


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
