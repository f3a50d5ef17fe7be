"""Knows the table of figures that the README shows, and how to tell whether a saved run was made by the code at hand.

Leaves making that run to `benchmarks/evaluation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa_bot.evaluation.provenance import IDENTITY
from qa_bot.evaluation.summary import SECTIONS
from qa_bot.schema import QABotError

BEGIN, END = "<!-- evaluation figures -->", "<!-- end of evaluation figures -->"
COLUMNS = {
    "hit@5": "expected paper in the first 5",
    "ndcg@10": "nDCG@10",
    "expected_papers_cited": "all expected papers cited",
    "paper_citation_precision": "cited papers that are expected",
    "all_points_stated": "all gold points stated",
    "nugget_f3": "nugget F",
    "declined": "declined",
}
NAMES = {
    "fact": "facts",
    "paraphrase": "paraphrases",
    "multi": "several papers",
    "list": "lists",
    "metadata": "authors, dates, counts",
    "follow_up": "follow-ups",
    "false_premise": "false premises",
    "unanswerable": "unanswerable",
}


class ReadmeError(QABotError):
    """The README has no place for the figures."""


def readme_block(figures: Mapping[str, Any]) -> str:
    """Return the Markdown between the README's two marks, marks included; `figures` is `EvalResult.figures()`."""
    lines = [BEGIN, "", f"| questions | n | {' | '.join(COLUMNS.values())} |", "|---|--:|" + "--:|" * len(COLUMNS)]
    for kind, found in figures["by_kind"].items():
        lines.append(_row(NAMES.get(kind, kind), found))
    lines += [_row("**all**", figures, with_intervals=True), ""]
    abstention = figures["abstention"]
    low, high = figures["intervals"]["abstention"]["truthfulness"]
    lines.append(
        f"Unanswerable questions not answered: {_percent(abstention['unanswerable_abstained'])}. Answerable questions declined: "
        f"{_percent(abstention['false_declines'])}. Answers given that are right: {_percent(abstention['selective_precision'])}. "
        f"Truthfulness (CRAG: right 1, not answered 0, wrong -1): {abstention['truthfulness']:.2f} ({low:.2f} to {high:.2f})."
    )
    return "\n".join([*lines, "", END])


def replace_block(readme: str, block: str) -> str:
    """Return the README with the text between its marks replaced. Raise ReadmeError where the marks are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ReadmeError(f"The README has no {BEGIN} and {END}. Put both lines where the figures belong.")
    return before + block + after


def staleness(saved: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Return which parts of a saved run's header are not those of the code, questions, papers and settings at hand."""
    return [name for name in IDENTITY if saved.get(name) != current.get(name)]


def _row(name: str, found: Mapping[str, Any], *, with_intervals: bool = False) -> str:
    values = {metric: (section, value) for section in SECTIONS for metric, value in found[section].items()}
    cells = []
    for column in COLUMNS:
        if column == "declined":
            cells.append("" if with_intervals else _percent(found["statuses"].get("declined", 0) / found["n"]))
            continue
        if column not in values:
            cells.append("")
            continue
        section, value = values[column]
        low, high = found["intervals"][section][column]
        cells.append(_percent(value) + (f" ({100 * low:.0f}–{100 * high:.0f})" if with_intervals else ""))
    return f"| {name} | {found['n']} | {' | '.join(cells)} |"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
