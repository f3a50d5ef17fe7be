"""Knows what the terminal is shown: answers, papers, JSON, and how far the work is.

Leaves the work to the commands.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from qa_bot.schema import Answer, QABotError

SECONDS_BETWEEN_LINES = 10.0  # of progress, where stderr is no terminal


class OutputError(QABotError):
    """Standard output takes nothing more."""


class Output(io.TextIOWrapper):
    """Standard output that raises OutputError where it cannot be written, but for a reader who has gone."""

    def write(self, text: str) -> int:
        with self._telling():
            return super().write(text)

    def flush(self) -> None:
        with self._telling():
            super().flush()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # what is left need not fail once more as Python ends
            if isinstance(error, BrokenPipeError):
                raise
            step = "Send it to a place with room that may be written to."
            raise OutputError(f"The output cannot be written ({error.strerror}). {step}") from error


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows a bar on stderr; where stderr is no terminal, one line a stage."""
    from qa_bot.pace import Pace

    pace = Pace()
    if not sys.stderr.isatty():
        stage, told = "", 0.0

        def say(what: str, done: int, total: int) -> None:
            nonlocal stage, told
            now = time.monotonic()
            if what != stage or now - told > SECONDS_BETWEEN_LINES:
                stage, told = what, now
                print(pace.line(what, done, total), file=sys.stderr, flush=True)

        with _stopping_well():
            yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(TextColumn("{task.description}"), BarColumn(bar_width=24), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)
                tasks.clear()
                tasks[what] = bar.add_task(what, total=total or None)
            bar.update(tasks[what], completed=done, total=total or None, description=pace.line(what, done, total))

        with _stopping_well():
            yield show


@contextmanager
def _stopping_well() -> Iterator[None]:
    """Say at Ctrl-C what has become of the work; the exit status is left to `main`."""
    try:
        yield
    except KeyboardInterrupt:
        print("qa-bot: stopped. What was done is kept; the same command goes on from there.", file=sys.stderr)
        raise


def as_json_text(value: object) -> str:
    speaks_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(value, ensure_ascii=not speaks_utf8, indent=2)


def paper_row(paper) -> dict:  # noqa: ANN001 - schema.Paper
    versions = [
        {"abstract": v.abstract, "date": v.date, "origins": [asdict(o) for o in v.origins]} for v in paper.versions
    ]
    return {
        "paper_id": paper.paper_id, "title": paper.title, "title_is_stand_in": paper.title_is_stand_in, "authors": list(paper.authors),
        "authors_complete": paper.authors_complete, "year": paper.year, "date": paper.date, "url": paper.url,
        "arxiv_id": paper.arxiv_id, "doi": paper.doi, "categories": list(paper.categories), "versions": versions,
        "origins": [asdict(origin) for origin in paper.origins],
    }  # fmt: skip


def as_text(answer: Answer) -> str:
    """Return an answer for a terminal: text, reference list, what the reader should know."""
    lines = [answer.text, ""]
    if answer.standalone_question != answer.question:
        lines = [f"(understood as: {answer.standalone_question})", "", *lines]
    for source in answer.sources:
        if source.cited:
            authors = (source.authors[0] + (" et al." if len(source.authors) > 1 else "") + ", ") if source.authors else ""
            lines.append(f"[{source.number}] {source.title}. {authors}{source.year or 'n.d.'}. {source.url or ''}".rstrip())
    doubtful = [s for s in answer.sentences if s.support != "supported" or s.judged_by]
    lines += [
        f"{'!' if s.support != 'supported' else '*'} {s.verdict}: “{s.text}”" + (f" ({s.reason})" if s.reason or not s.judged_by else "")
        for s in doubtful if answer.status != "declined"
    ]  # fmt: skip
    lines += [f"! {problem.message}" for problem in answer.problems]
    how = f"LLM {answer.model}" if answer.mode == "llm" else "extractive: sentences of the abstracts, no LLM"
    lines.append(f"({answer.status}{': ' + answer.reason if answer.reason else ''}; {how}; {answer.timings.get('total_seconds', 0):.2f} s)")
    return "\n".join(lines)
