"""Knows how to write a run down for people and programs: one HTML file, Markdown, JSON.

Leaves the page to `report_html`, the plots to `report_plots` and the words to `report_text`.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryFile

from qa_bot.evaluation.report_html import report_html
from qa_bot.evaluation.report_text import report_markdown
from qa_bot.evaluation.runs import EvalResult
from qa_bot.schema import QABotError


class ReportError(QABotError):
    """A report cannot be written."""


def write_report(result: EvalResult, folder: str | Path) -> Path:
    """Write report.html, report.md and report.json into a folder and return the path of the HTML file."""
    folder = Path(folder)
    whole = result.to_dict()
    check_folder(folder)
    try:
        (folder / "report.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (folder / "report.md").write_text(report_markdown(whole), encoding="utf-8")
        (folder / "report.html").write_text(report_html(whole), encoding="utf-8")
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return folder / "report.html"


def check_folder(folder: str | Path) -> None:
    """Make the folder of a report. Raise ReportError where nothing can be written to it: better before a long run than after it."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cannot_write(folder: Path, error: OSError) -> ReportError:
    return ReportError(f"Cannot write the report to {folder}: {error}. Choose another folder with --report.")
