"""Knows a run's folder: its header, one line a question as they come, its figures; a killed run goes on where it stopped.

Leaves asking and scoring to `evaluate`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa_bot.evaluation.provenance import IDENTITY, identity_of
from qa_bot.evaluation.summary import SECTIONS, summarise, summarise_by_kind
from qa_bot.schema import QABotError

HEADER, ROWS, FIGURES = "run.json", "questions.jsonl", "figures.json"

# What figures and comparisons need of a row.
COMPACT = (
    "id",
    "kind",
    "split",
    "question",
    "answerable",
    "status",
    "mode",
    "seconds",
    "evidence_score",
    "correct",
    "usage",
    "scores",
)


class RunError(QABotError):
    """A folder holds no run, another run, or one in use."""


@dataclass(frozen=True)
class EvalResult:
    """A finished evaluation: what it was made with, and a scored row for each question in the order of the set.

    `judged` holds the figures of an LLM judge, kept apart from the others; None where none was asked.
    """

    header: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    judged: Mapping[str, Any] | None = None
    folder: Path | None = None

    def figures(self) -> dict[str, Any]:
        """Return the figures without the questions: n, sections, intervals, by_kind."""
        return summarise(self.rows) | {"by_kind": summarise_by_kind(self.rows)}

    def to_dict(self) -> dict[str, Any]:
        """Return what `qa-bot eval --json` prints."""
        figures = self.figures()
        shown = {"n": figures["n"], **{section: figures[section] for section in SECTIONS}}
        shown |= {name: figures[name] for name in ("statuses", "speed", "intervals", "questions_counted", "by_kind")}
        if self.judged is not None:
            shown["judge"] = dict(self.judged)
        return shown | {"run": dict(self.header), "questions": list(self.rows)}


def default_folder(parent: Path, header: Mapping[str, Any]) -> Path:
    """Return the folder for a run: that of an unfinished run with the same header, else a new name by date and digest."""
    identity = identity_of(header)[:8]
    for folder in sorted(parent.glob(f"*-{identity}*"), reverse=True):
        if (folder / HEADER).is_file() and not (folder / FIGURES).is_file():
            return folder
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{header['mode']}-{identity}"
    taken = sum(1 for folder in parent.glob(f"{name}*"))
    return parent / (f"{name}-{taken + 1}" if taken else name)


@contextmanager
def open_run(folder: Path, header: Mapping[str, Any]):
    """Hold a run's folder for writing and yield a RunWriter that knows which questions are done.

    Raise RunError where the folder holds a run of other settings, code, questions or papers, or is being written to.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"Cannot write the run to {folder}: {error}. Choose another folder with --run.") from error
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(f"Another evaluation is writing to {folder}. Wait for it, or choose another folder with --run.") from error
    try:
        saved = _read_json(folder / HEADER) if (folder / HEADER).exists() else None
        if saved is not None and identity_of(saved) != identity_of(header):
            differing = ", ".join(name for name in IDENTITY if saved.get(name) != header.get(name))
            raise RunError(
                f"{folder} holds a run of another make (it differs in: {differing}). "
                "Choose another folder with --run, or delete that one."
            )
        if saved is None:
            saved = {**header, "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            _write_json(folder / HEADER, saved)
        yield RunWriter(folder, saved)
    finally:
        lock.release()
        (folder / ".lock").unlink(missing_ok=True)


class RunWriter:
    """An open run: add rows as they come; `done` holds the rows of an earlier, interrupted start by question id."""

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        self.folder, self.header = folder, header
        path = folder / ROWS
        kept = list(_whole_rows(path)) if path.exists() else []
        # The last line may be cut: write back what is whole before appending to it.
        path.write_text("".join(_line(row) for row in kept), encoding="utf-8")
        self.done = {row["id"]: row for row in kept}

    def add(self, row: Mapping[str, Any]) -> None:
        with (self.folder / ROWS).open("a", encoding="utf-8") as stream:
            stream.write(_line(row))
        self.done[row["id"]] = row

    def finish(self, result: EvalResult) -> None:
        """Write the rows in the order of the question set, and the figures, whose presence says that the run is whole."""
        (self.folder / ROWS).write_text("".join(_line(row) for row in result.rows), encoding="utf-8")
        _write_json(
            self.folder / FIGURES, result.figures() | ({"judge": dict(result.judged)} if result.judged is not None else {})
        )


def load_run(folder: str | Path) -> EvalResult:
    """Read a finished run. Raise RunError where the folder holds none, or one that was interrupted."""
    folder = Path(folder)
    if not (folder / HEADER).is_file():
        raise RunError(f"{folder} holds no evaluation run. Give the folder that `qa-bot eval` named when it finished.")
    if not (folder / FIGURES).is_file():
        raise RunError(
            f"The run in {folder} was interrupted. "
            f"Finish it with `qa-bot eval --run {folder}` and the settings it was started with."
        )
    judged = _read_json(folder / FIGURES).get("judge")
    return EvalResult(_read_json(folder / HEADER), list(_whole_rows(folder / ROWS)), judged, folder)


def save_compact(result: EvalResult, folder: Path) -> None:
    """Write a finished run without texts, small enough for a repository; it can be loaded and compared like any other."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / HEADER, result.header)
    rows = [{name: row[name] for name in COMPACT if name in row} for row in result.rows]
    (folder / ROWS).write_text("".join(_line(row) for row in rows), encoding="utf-8")
    _write_json(folder / FIGURES, result.figures())


def _whole_rows(path: Path):
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and "id" in row and "scores" in row:
            yield row


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read ({error}). Delete its folder and run the evaluation again.") from error


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
