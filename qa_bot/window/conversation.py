"""Knows the turns of one conversation: what the engine reads of them, what the page shows, what a browser keeps.

Leaves HTML to `answer_html` and running an answer to `running`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from qa_bot.schema import Answer, Evidence, Problem, Sentence, Source
from qa_bot.window.answer_html import render_answer, render_failure, render_question
from qa_bot.window.running import RunningAnswer

Message = dict[str, str]


@dataclass(frozen=True)
class Turn:
    """One question with what came of it; `html` is kept so that earlier turns are never rendered again."""

    question: str
    html: str
    answer: Answer | None = None
    is_stopped: bool = False


@dataclass
class Conversation:
    """What one open page holds: its turns, and the answer on its way."""

    turns: list[Turn] = field(default_factory=list)
    running: RunningAnswer | None = None

    def history(self, *, before: int | None = None) -> list[tuple[str, str]]:
        """Return the turns that came to an answer, as the engine reads them; `before` stops at a turn."""
        return [pair for t in self.turns[:before] if t.answer for pair in (("user", t.question), ("assistant", t.answer.text))]

    def messages(self, *more: str) -> list[Message]:
        """Return the chat widget's value; `more` is the HTML of a question and its unfinished answer."""
        pieces = [piece for turn in self.turns for piece in (render_question(turn.question), turn.html)] + list(more)
        return [{"role": "assistant" if i % 2 else "user", "content": piece} for i, piece in enumerate(pieces)]

    def kept(self) -> list[dict[str, Any]]:
        """Return the answered turns as plain data, for the browser to keep."""
        return [{"question": t.question, "answer": t.answer.to_dict(), "stopped": t.is_stopped} for t in self.turns if t.answer]


def finished(running: RunningAnswer, engine: Any, *, is_stopped: bool = False, seconds: float | None = None) -> Turn:
    """Return the turn that an answer has become: whole, stopped, or failed."""
    answer = running.latest
    if running.error is not None:
        partly = render_answer(answer, stopped=True) if answer is not None and answer.text.strip() else ""
        return Turn(running.question, render_failure(str(running.error), partly=partly))
    if answer is None:
        return Turn(running.question, render_failure("Stopped before an answer began."))
    html = render_answer(answer, papers=papers_of(answer, engine), stopped=is_stopped, seconds=seconds)
    return Turn(running.question, html, answer, is_stopped)


def papers_of(answer: Answer, engine: Any) -> dict[str, Any]:
    """Return the papers of an answer's sources by id, those that are still in the collection."""
    papers = {source.paper_id: engine.paper(source.paper_id) for source in answer.sources}
    return {paper_id: paper for paper_id, paper in papers.items() if paper is not None}


def restored(kept: Any, engine: Any) -> list[Turn]:
    """Return the turns that a browser kept; what is not of the expected form is left out."""
    turns = []
    for item in kept if isinstance(kept, Sequence) else ():
        try:
            question, answer, is_stopped = str(item["question"]), answer_from(item["answer"]), bool(item.get("stopped"))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        turns.append(Turn(question, render_answer(answer, papers=papers_of(answer, engine), stopped=is_stopped), answer, is_stopped))
    return turns


def answer_from(data: Mapping[str, Any]) -> Answer:
    """Build an Answer from what `Answer.to_dict` made. Raise KeyError, TypeError or ValueError for anything else."""
    if data["status"] not in ("answered", "partial", "declined") or data["mode"] not in ("llm", "extractive"):
        raise ValueError("not an answer")
    sentences = [
        _built(Sentence, s, citations=tuple(map(int, s["citations"])), evidence=tuple(_built(Evidence, e) for e in s["evidence"]))
        for s in data["sentences"]
    ]
    marks = ("supported", "weak", "unsupported")
    if any(s.support not in marks or s.local_support not in (None, *marks) for s in sentences):
        raise ValueError("not an answer")
    lists = [f.name for f in fields(Source) if f.type == "tuple[str, ...]"]
    sources = [_built(Source, s, **{name: tuple(map(str, s[name])) for name in lists if name in s}) for s in data["sources"]]
    problems = [_built(Problem, p) for p in data["problems"]]
    return _built(Answer, data, sentences=tuple(sentences), sources=tuple(sources), problems=tuple(problems), is_final=True)


_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "int | None": (int, type(None)), "str | None": (str, type(None)),
    "Mapping[str, Any]": (dict,), "Mapping[str, float]": (dict,),
}  # fmt: skip


def _built(kind: type, data: Mapping[str, Any], **given: Any) -> Any:
    """Build a dataclass of the schema from plain data, each plain field of the type that the schema says."""
    values = {f.name: data[f.name] for f in fields(kind) if f.name in data} | given
    for f in fields(kind):
        if f.name in values and f.name not in given and f.type in _KINDS and not isinstance(values[f.name], _KINDS[f.type]):
            raise TypeError(f"{f.name} is not {f.type}")
    return kind(**values)
