"""Knows how the scores of single questions become the figures of a run: means with intervals, overall and by kind.

Leaves the definitions of the metrics to their modules and drawing to `report`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qa_bot.evaluation.abstention_metrics import balanced_accuracy
from qa_bot.evaluation.statistics import mean_interval, ranking_power, stratified_interval
from qa_bot.schema import QABotError

RETRIEVAL = ("hit@1", "hit@5", "hit@10", "recall@5", "recall@10", "mrr@10", "ndcg@10")
ANSWERS = (
    "citation_validity",
    "paper_citation_precision",
    "paper_citation_recall",
    "expected_papers_cited",
    "statement_citation_recall",
    "statement_citation_precision",
    "supported_sentences",
    "point_recall",
    "all_points_stated",
    "token_f1",
    "nugget_f3",
    "words",
)
ABSTENTION = ("answerable_answered", "unanswerable_abstained", "selective_precision", "truthfulness")
SECTIONS = {"retrieval": RETRIEVAL, "answers": ANSWERS, "abstention": ABSTENTION}
# Figures of which less is better, or neither; a gate on them would say the wrong thing.
NOT_HIGHER_IS_BETTER = frozenset({"words", "false_declines"})


class GateError(QABotError):
    """A gate of --fail-under cannot be understood."""


def summarise(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures of these rows: one dict of plain numbers a section, and the same shape of intervals.

    A figure that applies to no row is missing. `questions_counted` says over how many rows each mean runs.
    """
    figures: dict[str, Any] = {"n": len(rows), **{section: {} for section in SECTIONS}}
    intervals: dict[str, dict[str, list[float]]] = {section: {} for section in SECTIONS}
    counted: dict[str, int] = {}
    for section, names in SECTIONS.items():
        for name in names:
            values = _values(rows, name)
            if values:
                mean, low, high = mean_interval(values)
                figures[section][name], intervals[section][name], counted[name] = mean, [low, high], len(values)
    abstention = figures["abstention"]
    answered, abstained = _values(rows, "answerable_answered"), _values(rows, "unanswerable_abstained")
    balanced = balanced_accuracy(abstention.get("unanswerable_abstained"), abstention.get("answerable_answered"))
    if balanced is not None:
        abstention["balanced_accuracy"] = balanced
        intervals["abstention"]["balanced_accuracy"] = list(stratified_interval([answered, abstained])[1:])
    if answered:
        low, high = intervals["abstention"]["answerable_answered"]
        abstention["false_declines"] = 1 - abstention["answerable_answered"]
        intervals["abstention"]["false_declines"] = [1 - high, 1 - low]
    power = ranking_power(*(_confidences(rows, answerable=answerable) for answerable in (True, False)))
    if power is not None:
        abstention["evidence_auc"] = power
    statuses = dict(sorted(Counter(row["status"] for row in rows).items()))
    return figures | {"statuses": statuses, "speed": _speed(rows), "intervals": intervals, "questions_counted": counted}


def summarise_by_kind(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return `summarise` for every kind of question, kinds in the order of their first question."""
    kinds = dict.fromkeys(row["kind"] for row in rows)
    return {kind: summarise([row for row in rows if row["kind"] == kind]) for kind in kinds}


def figure(result: Mapping[str, Any], name: str) -> float:
    """Look up a figure by name: `hit@5`, `answers.point_recall`, or `fact:all_points_stated` for one kind.

    Raise GateError that lists the names that exist.
    """
    kind, _, rest = name.rpartition(":")
    if kind and kind not in result["by_kind"]:
        raise GateError(f"There are no questions of the kind {kind!r} in this run; it has {', '.join(result['by_kind'])}.")
    scope = result["by_kind"][kind] if kind else result
    section, _, metric = rest.rpartition(".")
    for candidate in [section] if section else SECTIONS:
        if metric in scope.get(candidate, {}):
            return scope[candidate][metric]
    names = sorted({metric for section in SECTIONS for metric in scope[section]})
    raise GateError(f"There is no figure {name!r} in this run; use one of {', '.join(names)}, or KIND:FIGURE.")


def parse_gates(gates: Iterable[str]) -> list[tuple[str, float]]:
    """Read gates of the form FIGURE=VALUE. Raise GateError for one that cannot be meant, before anything is asked."""
    parsed = []
    for gate in gates:
        name, sign, text = (part.strip() for part in gate.partition("="))
        try:
            least = float(text)
        except ValueError:
            sign = ""
        if not sign or not name:
            raise GateError(f"--fail-under takes FIGURE=VALUE, for example hit@5=0.95, not {gate!r}.")
        if name.rpartition(":")[2].rpartition(".")[2] in NOT_HIGHER_IS_BETTER:
            raise GateError(
                f"More of {name!r} is not better, so --fail-under cannot guard it; use answerable_answered or nugget_f3."
            )
        parsed.append((name, least))
    return parsed


def failed_gates(result: Mapping[str, Any], gates: Iterable[str]) -> list[str]:
    """Check gates of the form FIGURE=least value; return one line for each that the run does not reach."""
    failures = []
    for name, least in parse_gates(gates):
        value = figure(result, name)
        if value < least:
            failures.append(f"{name} is {value:.3f}, below {least:g}")
    return failures


def _values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [row["scores"][name] for row in rows if name in row["scores"]]


def _confidences(rows: Sequence[Mapping[str, Any]], *, answerable: bool) -> list[float]:
    return [row["evidence_score"] for row in rows if row["answerable"] is answerable and row.get("evidence_score") is not None]


def _speed(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return latency in seconds and, where the server reported them, tokens and cost (both summed over the questions)."""
    import numpy as np

    speed: dict[str, float] = {}
    seconds = [row["seconds"] for row in rows]
    if seconds:
        speed |= {"seconds_mean": float(np.mean(seconds)), "seconds_p50": float(np.quantile(seconds, 0.5))}
        speed |= {"seconds_p95": float(np.quantile(seconds, 0.95)), "seconds_max": max(seconds)}
    for name in ("prompt_tokens", "completion_tokens", "cost"):
        values = [row["usage"][name] for row in rows if isinstance(row.get("usage", {}).get(name), (int, float))]
        if values:
            speed[name] = sum(values)
    return speed
