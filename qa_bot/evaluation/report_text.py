"""Knows how a run reads: what each figure means, the figures as Markdown tables, what became of each question.

Leaves the page with plots to `report_html`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa_bot.evaluation.summary import SECTIONS

MEANINGS = {
    "hit@1": "an expected paper is ranked first",
    "hit@5": "an expected paper is among the first 5",
    "hit@10": "an expected paper is among the first 10",
    "recall@5": "share of the expected papers among the first 5",
    "recall@10": "share of the expected papers among the first 10",
    "mrr@10": "1 / rank of the first expected paper within 10",
    "ndcg@10": "nDCG, linear gain, ideal order cut at 10",
    "citation_validity": "citations that resolve to a retrieved paper",
    "paper_citation_precision": "cited papers that are expected ones",
    "paper_citation_recall": "expected papers that are cited",
    "expected_papers_cited": "questions with every expected paper cited",
    "statement_citation_recall": "sentences carried by what they cite (ALCE; judge: qa_bot's support check)",
    "statement_citation_precision": "citations that their sentence needs (ALCE; judge: qa_bot's support check)",
    "supported_sentences": "sentences that the engine itself marks as supported",
    "point_recall": "gold points stated",
    "all_points_stated": "questions with every gold point stated",
    "token_f1": "F1 of content words against the gold points; falls with length",
    "nugget_f3": "gold points stated against length (TREC nugget F, beta 3)",
    "words": "words in an answer",
    "answerable_answered": "answerable questions that were not declined",
    "unanswerable_abstained": "unanswerable questions declined, or partial with no other paper cited",
    "selective_precision": "answered questions that were answered rightly",
    "truthfulness": "CRAG: +1 right, 0 not answered or partly right, -1 wrong",
    "balanced_accuracy": "mean of the answerable answered and the unanswerable not answered",
    "false_declines": "answerable questions that were declined (less is better)",
    "evidence_auc": "how well the evidence score tells answerable from unanswerable (area under the ROC curve)",
}
BY_KIND = (
    "hit@5",
    "ndcg@10",
    "paper_citation_precision",
    "expected_papers_cited",
    "point_recall",
    "all_points_stated",
    "nugget_f3",
    "truthfulness",
)


def report_markdown(result: Mapping[str, Any]) -> str:
    """Return the figures, overall and by kind, and the questions that went wrong."""
    lines = [
        "# Evaluation",
        "",
        describe(result),
        "",
        figures_table(result),
        "",
        "## By kind of question",
        "",
        kinds_table(result),
    ]
    if "judge" in result:
        lines += [
            "",
            "## LLM judge (not part of the figures above)",
            "",
            *(f"- {name}: {value}" for name, value in result["judge"].items() if name != "verdicts"),
        ]
    wrong = [row for row in result["questions"] if outcome(row) not in ("right", "rightly declined")]
    lines += ["", f"## {len(wrong)} questions to look at", ""]
    for row in wrong:
        lines.append(f"- `{row['id']}` {outcome(row)}: {row['question']} — {' '.join(row['text'].split())[:200]}")
    return "\n".join(lines) + "\n"


def figures_table(result: Mapping[str, Any]) -> str:
    """Return every figure with its interval and meaning as a Markdown table."""
    lines = ["| figure | value | 95 % interval | questions | meaning |", "|---|--:|--:|--:|---|"]
    for section in SECTIONS:
        for name, value in result[section].items():
            interval = result["intervals"][section].get(name)
            shown = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
            lines.append(
                f"| {name} | {value:.3f} | {shown} | {result['questions_counted'].get(name, result['n'])} "
                f"| {MEANINGS.get(name, '')} |"
            )
    speed = result["speed"]
    if speed:
        lines.append(
            f"| seconds per question | {speed['seconds_mean']:.3f} | | {result['n']} "
            f"| median {speed['seconds_p50']:.3f}, 95th percentile {speed['seconds_p95']:.3f} |"
        )
    for name in ("prompt_tokens", "completion_tokens", "cost"):
        if name in speed:
            lines.append(f"| {name} | {speed[name]:g} | | {result['n']} | as reported by the server, all questions together |")
    return "\n".join(lines)


def kinds_table(result: Mapping[str, Any]) -> str:
    """Return the main figures for each kind of question as a Markdown table."""
    lines = ["| kind | n | " + " | ".join(BY_KIND) + " | declined |", "|---|--:|" + "--:|" * (len(BY_KIND) + 1)]
    for kind, figures in result["by_kind"].items():
        found = {name: value for section in SECTIONS for name, value in figures[section].items()}
        cells = [f"{found[name]:.3f}" if name in found else "" for name in BY_KIND]
        declined = found.get("false_declines", found.get("unanswerable_abstained"))
        lines.append(
            f"| {kind} | {figures['n']} | " + " | ".join(cells) + f" | {'' if declined is None else f'{declined:.3f}'} |"
        )
    return "\n".join(lines)


def describe(result: Mapping[str, Any]) -> str:
    """Return one line on what was evaluated."""
    run = result["run"]
    model = run.get("models", {}).get("llm") or ", ".join(
        sorted({row["model"] for row in result["questions"] if row.get("model")})
    )
    how = f"LLM {model}" if run["mode"] == "llm" else "extractive answers, no LLM"
    return (
        f"{result['n']} questions ({run['split']}) over {run['corpus']['papers']} papers; {how}; {run.get('started', '')}".rstrip(
            "; "
        )
    )


def outcome(row: Mapping[str, Any]) -> str:
    """Return in words what became of a question."""
    scores = row["scores"]
    if not row["answerable"]:
        return "rightly declined" if scores["unanswerable_abstained"] else "answered, but unanswerable"
    if row["status"] == "declined":
        return "wrongly declined"
    if row["correct"]:
        return "right"
    if scores["truthfulness"] == 0:
        return "partial" if row["status"] == "partial" else "partly right"
    return "wrong"
