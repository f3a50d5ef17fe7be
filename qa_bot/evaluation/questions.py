"""Knows what a question set is: its form in JSON lines or CSV, its dev and test halves, and what can be wrong with one.

Leaves asking to `evaluate`, scoring to the metrics, and finding the papers that a question names to `names`.
"""

from __future__ import annotations

import csv
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa_bot.schema import QABotError

KINDS = ("fact", "paraphrase", "multi", "list", "metadata", "follow_up", "false_premise", "unanswerable")
SPLITS = ("dev", "test", "all")
_FIELDS = ("id", "question", "history", "papers", "answer", "answerable", "kind", "split")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


class QuestionError(QABotError):
    """A question set cannot be read; the message lists each fault with its line."""


@dataclass(frozen=True)
class Question:
    """One question with what a right answer cites and says.

    `papers` are titles or ids, `points` the gold points: short pieces of text that a right answer holds.
    `line` is where it stood in its file.
    """

    id: str
    question: str
    papers: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    answerable: bool = True
    kind: str = "fact"
    history: tuple[tuple[str, str], ...] = ()
    split: str = "dev"
    line: int = 0


def shipped_questions() -> Path:
    """Return the question set that came with the package, installed or in a checkout."""
    inside = Path(__file__).with_name("questions.jsonl")
    return inside if inside.is_file() else Path(__file__).parents[2] / "tests" / "questions.jsonl"


def split_of(question_id: str) -> str:
    """Assign an id to dev or test by the parity of its CRC-32, so that adding questions moves no other."""
    return "test" if zlib.crc32(question_id.encode()) % 2 else "dev"


def load_questions(path: str | Path | None = None, *, split: str = "all") -> list[Question]:
    """Read a question set, the shipped one by default, and keep one split of it.

    A file named *.csv is read as CSV with a header row (papers, answer points and turns of history separated by ` | `
    or written as JSON), anything else as JSON lines. Raise QuestionError that lists every faulty line at once.
    """
    if split not in SPLITS:
        raise QuestionError(f"There is no split {split!r}; choose one of {', '.join(SPLITS)}.")
    path = Path(path) if path else shipped_questions()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise QuestionError(f"There is no question set at {path}. Give the path of a JSON lines or CSV file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"The question set {path} cannot be read: {error}. Save it as UTF-8 text and check its permissions."
        ) from error
    rows = _csv_rows(text) if path.suffix.lower() == ".csv" else _json_rows(text)
    questions, faults, lines_by_id = [], [], {}
    for line, row in rows:
        if isinstance(row, str):
            faults.append(f"line {line}: {row}")
            continue
        try:
            question = _question(row, line)
        except ValueError as error:
            faults.append(f"line {line}: {error}")
            continue
        if question.id in lines_by_id:
            faults.append(f"line {line}: the id {question.id!r} was used before, on line {lines_by_id[question.id]}")
        lines_by_id.setdefault(question.id, line)
        questions.append(question)
    if faults:
        shown = "; ".join(faults[:10]) + (f"; and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise QuestionError(
            f"{path.name} has {len(faults)} faulty line{'s' if len(faults) > 1 else ''}: {shown}. Correct them and run again."
        )
    if not questions:
        raise QuestionError(
            f'{path.name} holds no questions. Write one JSON object a line, with at least "question" and "papers" or "answer".'
        )
    kept = [q for q in questions if split in ("all", q.split)]
    if not kept:
        raise QuestionError(f"{path.name} has no question in the split {split!r}; use --split all.")
    return kept


def questions_digest(questions: Iterable[Question]) -> str:
    """Return a SHA-256 over what is asked and expected; line numbers and order do not count."""
    rows = sorted(
        json.dumps({k: v for k, v in vars(q).items() if k != "line"}, ensure_ascii=False, sort_keys=True) for q in questions
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            yield number, f"not valid JSON ({error.msg} at column {error.colno})"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    reader = csv.DictReader(text.splitlines(keepends=True), skipinitialspace=True)
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if "question" not in names:
        yield 1, f'the header row names no column "question" (it has: {", ".join(names) or "nothing"})'
        return
    reader.fieldnames = names
    try:
        for row in reader:
            if None in row:
                yield reader.line_num, f"has more cells than the header ({len(names)}); put cells with commas in double quotes"
                continue
            try:
                yield (
                    reader.line_num,
                    {name: _csv_cell(name, cell.strip()) for name, cell in row.items() if cell and cell.strip()},
                )
            except ValueError as error:
                yield reader.line_num, str(error)
    except csv.Error as error:
        yield reader.line_num, f"not valid CSV ({error})"


def _csv_cell(name: str, cell: str) -> Any:
    if name not in ("papers", "answer", "history"):
        return cell
    if cell.startswith("["):
        try:
            return json.loads(cell)
        except json.JSONDecodeError as error:
            raise ValueError(f'the cell "{name}" starts like JSON but is not ({error.msg})') from error
    parts = [part.strip() for part in cell.split(" | ")]
    return [[("user", "assistant")[i % 2], part] for i, part in enumerate(parts)] if name == "history" else parts


def _question(row: Mapping[str, Any], line: int) -> Question:
    unknown = sorted(str(name) for name in row if name not in _FIELDS)
    if unknown:
        raise ValueError(f"unknown field{'s' if len(unknown) > 1 else ''} {', '.join(unknown)} (known: {', '.join(_FIELDS)})")
    text = row.get("question")
    if not isinstance(text, str) or not text.strip():
        raise ValueError('"question" is missing or empty')
    identity = row.get("id")
    identity = (
        str(identity).strip()
        if isinstance(identity, (str, int)) and not isinstance(identity, bool) and str(identity).strip()
        else f"line-{line}"
    )
    papers, points = _strings(row, "papers"), _strings(row, "answer")
    kind = row.get("kind")
    if kind is not None and (not isinstance(kind, str) or not kind.strip()):
        raise ValueError('"kind" must be a word, for example fact')
    answerable = _truth(row.get("answerable"), default=kind != "unanswerable")
    if answerable and not papers and not points:
        raise ValueError('an answerable question needs "papers", "answer" points or both (or "answerable": false)')
    if not answerable and points:
        raise ValueError('an unanswerable question cannot have "answer" points')
    split = row.get("split") or split_of(identity)
    if split not in ("dev", "test"):
        raise ValueError(f'"split" must be dev or test, not {split!r}')
    kind = kind.strip() if kind else ("fact" if answerable else "unanswerable")
    return Question(identity, text.strip(), papers, points, answerable, kind, _history(row.get("history")), split, line)


def _strings(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    if value is None:
        return ()
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, Sequence) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError(f'"{name}" must be a list of non-empty texts')
    return tuple(item.strip() for item in value)


def _truth(value: Any, *, default: bool) -> bool:
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(f'"answerable" must be true or false, not {value!r}')


def _history(value: Any) -> tuple[tuple[str, str], ...]:
    if not value:
        return ()
    turns = []
    for turn in value if isinstance(value, list) else [value]:
        pair = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else turn
        if (
            not isinstance(pair, (list, tuple))
            or len(pair) != 2
            or pair[0] not in ("user", "assistant")
            or not isinstance(pair[1], str)
        ):
            raise ValueError('"history" must be a list of ["user" or "assistant", text]')
        turns.append((pair[0], pair[1]))
    return tuple(turns)
