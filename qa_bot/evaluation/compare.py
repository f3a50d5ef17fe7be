"""Knows whether two runs of the same questions differ by more than chance, and which questions changed.

Leaves the tests to `statistics`. Differences are second minus first: positive means that the second run is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qa_bot.evaluation.provenance import IDENTITY
from qa_bot.evaluation.runs import EvalResult, RunError
from qa_bot.evaluation.statistics import holm, mean_interval, paired_permutation

# Few, so that Holm's correction costs little; each run's own figures show the rest.
COMPARED = (
    "hit@5",
    "recall@5",
    "mrr@10",
    "ndcg@10",
    "paper_citation_recall",
    "paper_citation_precision",
    "statement_citation_recall",
    "point_recall",
    "nugget_f3",
    "answerable_answered",
    "unanswerable_abstained",
    "truthfulness",
)


@dataclass(frozen=True)
class Difference:
    """One metric over the questions that both runs scored. `p_holm` is corrected over the metrics of the same group."""

    group: str
    metric: str
    n: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float
    p_holm: float


@dataclass(frozen=True)
class Change:
    """One question whose answer changed state: right or wrong, answered or declined, gold paper found or not."""

    id: str
    kind: str
    question: str
    direction: str
    what: str


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side. `differs_in` names what the runs were made with that is not the same."""

    first: str
    second: str
    differs_in: tuple[str, ...]
    only_in_one: tuple[str, ...]
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def significant(self, *, level: float = 0.05) -> list[Difference]:
        """Return the differences whose corrected p-value is below the level."""
        return [d for d in self.differences if d.p_holm < level]


def compare_runs(first: EvalResult, second: EvalResult) -> Comparison:
    """Compare two runs question by question, over all of them and for each kind.

    Intervals: percentile bootstrap of the paired differences. p: paired sign-flip permutation; Holm over the metrics of
    a group ("all", or one kind). Raise RunError where the runs share no question.
    """
    before, after = {row["id"]: row for row in first.rows}, {row["id"]: row for row in second.rows}
    shared = [
        identity for identity in before if identity in after and before[identity]["question"] == after[identity]["question"]
    ]
    if not shared:
        raise RunError("The two runs share no question, so there is nothing to compare. Compare runs of the same question set.")
    pairs = [(before[identity], after[identity]) for identity in shared]
    groups = {"all": pairs} | {
        kind: [p for p in pairs if p[0]["kind"] == kind] for kind in dict.fromkeys(p[0]["kind"] for p in pairs)
    }
    return Comparison(
        first=_label(first),
        second=_label(second),
        differs_in=tuple(_header_differences(first.header, second.header)),
        only_in_one=tuple(sorted((before.keys() | after.keys()) - set(shared))),
        differences=tuple(d for name, group in groups.items() for d in _differences(name, group)),
        changes=tuple(change for pair in pairs if (change := _change(*pair))),
    )


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison as Markdown: what differs, the table, the questions that changed."""
    lines = [
        f"# {comparison.first} → {comparison.second}",
        "",
        "The runs differ in: " + ("; ".join(comparison.differs_in) or "nothing that is recorded"),
    ]
    if comparison.only_in_one:
        lines.append(f"Left out, being in one run only: {', '.join(comparison.only_in_one)}")
    lines += [
        "",
        "| questions | metric | n | first | second | difference | 95 % interval | p | p (Holm) |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for d in comparison.differences:
        mark = " *" if d.p_holm < 0.05 else ""
        lines.append(
            f"| {d.group} | {d.metric} | {d.n} | {d.first:.3f} | {d.second:.3f} | {d.difference:+.3f} | "
            f"{d.low:+.3f} to {d.high:+.3f} | {d.p:.4f} | {d.p_holm:.4f}{mark} |"
        )
    lines += ["", "\\* significant at 0.05 after Holm's correction over the metrics of the same group.", ""]
    lines.append(f"## {len(comparison.changes)} questions changed")
    lines += [f"- {c.direction}: `{c.id}` {c.question} ({c.what})" for c in comparison.changes]
    return "\n".join(lines)


def _differences(group: str, pairs: Sequence[tuple[Mapping, Mapping]]) -> list[Difference]:
    found = []
    for metric in COMPARED:
        # A metric may apply to one side only (nothing is cited in a declined answer): no pair, no difference.
        both = [(a["scores"][metric], b["scores"][metric]) for a, b in pairs if metric in a["scores"] and metric in b["scores"]]
        if both:
            deltas = [b - a for a, b in both]
            mean, low, high = mean_interval(deltas)
            first, second = (sum(values) / len(both) for values in zip(*both, strict=True))
            found.append(Difference(group, metric, len(both), first, second, mean, low, high, paired_permutation(deltas), 1.0))
    corrected = holm({d.metric: d.p for d in found})
    return [Difference(**{**vars(d), "p_holm": corrected[d.metric]}) for d in found]


def _change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change | None:
    notes, balance = [], 0.0
    for name, words in {
        "truthfulness": "truthfulness",
        "hit@5": "gold paper in the first 5",
        "point_recall": "gold points",
        "paper_citation_recall": "expected papers cited",
    }.items():
        a, b = before["scores"].get(name), after["scores"].get(name)
        if a is not None and b is not None and a != b:
            notes.append(f"{words} {a:g} → {b:g}")
            balance = balance or b - a
    if before["status"] != after["status"]:
        notes.append(f"{before['status']} → {after['status']}")
    if not notes:
        return None
    direction = "better" if balance > 0 else "worse" if balance < 0 else "other"
    return Change(before["id"], before["kind"], before["question"], direction, ", ".join(notes))


def _header_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    differing = []
    for name in IDENTITY:
        a, b = first.get(name), second.get(name)
        if a == b:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            differing += [
                f"{name}.{key} ({_short(a.get(key))} → {_short(b.get(key))})"
                for key in sorted(a.keys() | b.keys())
                if a.get(key) != b.get(key)
            ]
        else:
            differing.append(f"{name} ({_short(a)} → {_short(b)})")
    return differing


def _short(value: Any) -> str:
    text = str(value)
    return text[:12] if len(text) == 64 else text


def _label(result: EvalResult) -> str:
    return result.folder.name if result.folder else result.header.get("started", result.header["mode"])
