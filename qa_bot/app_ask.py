"""Knows the widgets of a conversation and what happens when one asks, stops, asks again or picks up an old one.

Leaves how an answer looks to `window` and the rest of the page to `app`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from qa_bot.schema import Answer
from qa_bot.window import page
from qa_bot.window.answer_html import render_answer, render_question, render_waiting
from qa_bot.window.choices import Visitor, engine_for
from qa_bot.window.conversation import Conversation, finished, papers_of, restored
from qa_bot.window.examples import example_questions
from qa_bot.window.export import FORMATS, export
from qa_bot.window.feedback import FeedbackError, judgement, keep
from qa_bot.window.running import RunningAnswer
from qa_bot.window.shared import Shared

# Escaped text reaches KaTeX only between these: "$5 and $10" stays money.
_MATHS = [{"left": "\\(", "right": "\\)", "display": False}, {"left": "\\[", "right": "\\]", "display": True}]
_BUSY, _IDLE = {"submit_btn": False, "stop_btn": True}, {"submit_btn": True, "stop_btn": False}
_QUIET = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass(frozen=True)
class Ask:
    """The widgets of a conversation that other parts of the page speak to."""

    conversation: gr.State
    chat: gr.Chatbot
    question: gr.Textbox
    visitor: gr.State

    def greeting(self, shared: Shared) -> dict[str, Any]:
        """Return the update that fits the empty conversation to the collection."""
        papers = shared.papers()
        questions = [{"text": text} for text in example_questions(papers)]
        return gr.update(placeholder=page.welcome(papers=len(papers)), examples=questions)


def ask_widgets() -> Ask:
    """Place the widgets of a conversation."""
    conversation = gr.State(Conversation())
    with gr.Row(elem_id="qa-main", equal_height=True):
        with gr.Column(scale=3, min_width=300, elem_id="qa-chat"):
            chat = gr.Chatbot(
                elem_id="qa-log", show_label=False, label="Conversation", container=False, layout="bubble", buttons=[],
                latex_delimiters=_MATHS, placeholder=page.welcome(), height="100%", feedback_options=None,
                group_consecutive_messages=False, autoscroll=False,
            )  # fmt: skip
            question = gr.Textbox(
                elem_id="qa-question", label="Question", show_label=False, container=False, lines=1, max_lines=8, autofocus=True,
                placeholder="Ask about the papers", submit_btn=True, max_length=8000,
            )  # fmt: skip
        with gr.Column(scale=2, min_width=300, elem_id="qa-side"):
            gr.HTML(page.panel(), elem_id="qa-evidence", js_on_load=None, apply_default_css=False)
    gr.HTML(page.dialogs(), elem_id="qa-dialogs", js_on_load=None, apply_default_css=False)
    return Ask(conversation, chat, question, gr.State(Visitor()))


def connect(ask: Ask, channel: gr.HTML, shared: Shared) -> None:
    """Say what happens in a conversation. `channel` brings what the page's script asks for and takes it what to keep."""

    async def answered(asked: str, talk: Conversation, visitor: Visitor, session: str) -> AsyncIterator[tuple[Any, ...]]:
        """Answer one question: yield what goes to the box, the chat, the state and the page's script."""
        began, opening, asked_html = time.perf_counter(), shared.opening, render_question(asked)

        def stream() -> Iterator[Answer]:
            engine = engine_for(shared.engine, visitor, shared.settings)
            return engine.stream(asked, history=talk.history(), filters=visitor.choices.filters)

        running = RunningAnswer(asked, stream)
        talk.running = running
        ticket = shared.turnstile.ticket()

        def waiting(line: str) -> tuple[Any, ...]:
            return gr.skip(), talk.messages(asked_html, render_waiting(line)), gr.skip(), gr.skip()

        try:
            yield gr.update(value="", **_BUSY), talk.messages(asked_html, render_waiting("Searching the papers")), talk, gr.skip()
            opening.start()
            async for line in _until(running, opening.lines(), ticket.places(), shared.unchanging()):
                yield waiting(line if isinstance(line, str) else f"Others are being answered; your place in the queue is {line}")
            shared.running[session] = running
            if opening.engine is None:
                running.error = opening.error
            else:
                async with aclosing(running.snapshots()) as snapshots:
                    async for snapshot in snapshots:
                        if not snapshot.is_final:
                            yield gr.skip(), talk.messages(asked_html, render_answer(snapshot)), gr.skip(), gr.skip()
            talk.running = None
            talk.turns.append(finished(running, shared.engine, is_stopped=running.is_stopped, seconds=time.perf_counter() - began))
            yield gr.update(**_IDLE), talk.messages(), talk, page.to_script("keep", turns=talk.kept())
        finally:
            running.stop()
            ticket.leave()
            if talk.running is running:
                talk.running = None
            if shared.running.get(session) is running:
                del shared.running[session]

    async def on_question(asked: str, talk: Conversation, visitor: Visitor, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        asked = (asked or "").strip()
        if not asked or talk.running is not None:
            yield (gr.skip(),) * 4
            return
        async with aclosing(answered(asked, talk, visitor, request.session_hash or "")) as updates:
            async for update in updates:
                yield update

    async def on_script(talk: Conversation, visitor: Visitor, request: gr.Request, event: gr.EventData) -> AsyncIterator[tuple[Any, ...]]:
        wish = event._data if isinstance(event._data, dict) else {}
        kind, index = wish.get("kind"), wish.get("turn")
        if kind != "ask":
            async for _ in shared.unchanging():
                await asyncio.sleep(0)
        if talk.running is not None:
            yield (gr.skip(),) * 4
        elif kind == "ask" and isinstance(wish.get("text"), str) and wish["text"].strip():
            # Asked again or reworded: what came after that question goes with its answer.
            if isinstance(index, int) and 0 <= index < len(talk.turns):
                del talk.turns[index:]
            async with aclosing(answered(wish["text"].strip()[:8000], talk, visitor, request.session_hash or "")) as updates:
                async for update in updates:
                    yield update
        elif kind == "restore":
            talk.turns[:] = restored(wish.get("turns"), shared.engine) if shared.engine else []
            yield gr.skip(), talk.messages(), talk, gr.skip()
        elif kind == "save" and wish.get("form") in FORMATS:
            pairs = [(turn.question, turn.answer) for turn in talk.turns if turn.answer]
            if isinstance(index, int):
                pairs = pairs[index : index + 1]
            papers = {} if shared.engine is None else {k: v for _, answer in pairs for k, v in papers_of(answer, shared.engine).items()}
            file = export(pairs, wish["form"], papers)
            yield gr.skip(), gr.skip(), gr.skip(), page.to_script(wish.get("to") or "download", **vars(file))
        elif kind == "judge" and isinstance(index, int) and 0 <= index < len(talk.turns) and talk.turns[index].answer:
            line = judgement(
                talk.turns[index].answer, is_helpful=bool(wish.get("helpful")), comment=str(wish.get("comment") or ""),
                history=talk.history(before=index),
            )  # fmt: skip
            try:
                await asyncio.to_thread(keep, shared.settings.data_dir, line)
            except FeedbackError as error:
                gr.Warning(escape(str(error)))
            yield (gr.skip(),) * 4

    async def stop(talk: Conversation) -> None:
        # `answered` then puts down what there is. Gradio's `cancels` would leave its last snapshots to arrive behind that.
        if talk.running is not None:
            talk.running.stop()

    outputs = [ask.question, ask.chat, ask.conversation, channel]
    # The turnstile says each visitor's place, so gradio's own queue lets everybody through; `talk.running` lets each visitor ask
    # one thing at a time.
    queued = {"outputs": outputs, "concurrency_limit": None, "trigger_mode": "multiple"}
    ask.question.submit(on_question, [ask.question, ask.conversation, ask.visitor], **queued, show_progress="hidden", api_name="ask")
    channel.submit(on_script, [ask.conversation, ask.visitor], **queued, **_QUIET)
    chosen = ask.chat.example_select(_example_text, outputs=ask.question, queue=False, **_QUIET)
    chosen.then(on_question, [ask.question, ask.conversation, ask.visitor], **queued, **_QUIET)
    ask.question.stop(stop, ask.conversation, queue=False, **_QUIET)


async def _until(running: RunningAnswer, *waits: AsyncIterator[str | int]) -> AsyncIterator[str | int]:
    """Yield what each wait says anew, one after the other, until they are over or the answer is no longer wanted."""
    shown: str | int | None = None
    for wait in waits:
        async with aclosing(wait) as said:
            async for line in said:
                if running.is_stopped:
                    return
                if line != shown:
                    shown = line
                    yield line


def _example_text(chosen: gr.SelectData) -> str:
    return chosen.value["text"]
