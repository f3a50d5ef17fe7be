"""Knows what people say of answers: one JSON line each in the data folder, and the question set that follows from it.

Leaves evaluating with that set to `evaluation`: `qa-bot eval --questions DATA_DIR/feedback_questions.jsonl`.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa_bot.schema import Answer, QABotError

FEEDBACK_FILE, QUESTIONS_FILE = "feedback.jsonl", "feedback_questions.jsonl"
_LOCK = threading.Lock()


class FeedbackError(QABotError):
    """A judgement cannot be kept."""


def judgement(answer: Answer, *, is_helpful: bool, comment: str = "", history: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return what is kept of one judgement; the same answer to the same question always bears the same id."""
    digest = hashlib.blake2b(f"{answer.question}\n{answer.text}".encode(), digest_size=6).hexdigest()
    return {
        "id": f"feedback-{digest}",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "helpful": is_helpful,
        "comment": comment.strip()[:4000],
        "question": answer.question,
        "history": [list(turn) for turn in history],
        "answer": {"text": answer.text, "status": answer.status, "mode": answer.mode, "model": answer.model},
        "cited": [source.title for source in answer.sources if source.cited],
    }


def keep(data_dir: Path, line: Mapping[str, Any]) -> None:
    """Add a judgement, in the place of an earlier one with its id, and write the question set anew. Raise FeedbackError where that cannot be written."""
    path = data_dir / FEEDBACK_FILE
    with _LOCK:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            earlier = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text] if path.exists() else []
            lines = [kept for kept in earlier if kept["id"] != line["id"]] + [line]
            _write(path, lines)
            _write(data_dir / QUESTIONS_FILE, as_questions(lines))
        except OSError as error:
            raise FeedbackError(f"What you said cannot be kept in {path}: {error}. Make room there, or set QA_BOT_DATA_DIR to another folder.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise FeedbackError(f"{path} holds a line that is no feedback ({error}). Correct that line, or move the file away.") from error


def as_questions(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of a question set: answers found helpful say what to cite, or that declining was right.

    What was found unhelpful says what is wrong and not what is right, so it waits in the feedback for a person.
    """
    rows = []
    for line in lines:
        is_declined = line["answer"]["status"] == "declined"
        if line["helpful"] and (is_declined or line["cited"]):
            row = {"id": line["id"], "question": line["question"], "papers": [] if is_declined else line["cited"], "answerable": not is_declined}
            rows.append(row | ({"history": line["history"], "kind": "follow_up"} if line["history"] and not is_declined else {}))
    return rows


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write in one step, so that a crash leaves the old file whole."""
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    os.replace(fresh, path)
