"""Knows the HTML page of a report: one file that works from disk with no network, light and dark, filterable.

Leaves plots to `report_plots` and the wording of figures to `report`. Every text of a paper, a question or a model is
escaped; the page's own policy forbids it to load anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from qa_bot.evaluation.report_plots import kinds_plot, latency_plot, reliability_plot
from qa_bot.evaluation.report_text import MEANINGS, describe, outcome
from qa_bot.evaluation.summary import SECTIONS
from qa_bot.evaluation.wording import covers

HEADLINE = (
    ("retrieval", "hit@5", "Gold paper in the first 5"),
    ("answers", "expected_papers_cited", "Expected papers all cited"),
    ("answers", "point_recall", "Gold points stated"),
    ("answers", "statement_citation_precision", "Citation precision (ALCE)"),
    ("abstention", "unanswerable_abstained", "Unanswerable not answered"),
    ("abstention", "false_declines", "Answerable declined"),
    ("abstention", "truthfulness", "Truthfulness (−1 to 1)"),
)
_TONE = {"right": "good", "rightly declined": "good", "partial": "fair", "partly right": "fair", "wrongly declined": "fair"}
_SUPPORT = {"supported": ("good", "✓"), "weak": ("fair", "~"), "unsupported": ("bad", "✗")}


def report_html(result: Mapping[str, Any]) -> str:
    """Return the page. `result` is `EvalResult.to_dict()`."""
    parts = Path(__file__).with_name("report_page.html").read_text(encoding="utf-8")
    verdicts = result.get("judge", {}).get("verdicts", {})
    fields = {
        "description": escape(describe(result)),
        "cards": "".join(_card(result, *entry) for entry in HEADLINE) + _speed_card(result),
        "kinds_plot": kinds_plot(result["by_kind"]),
        "reliability_plot": reliability_plot(result["questions"]) or "<p>Too few questions with an evidence score.</p>",
        "latency_plot": latency_plot(result["questions"]),
        "figures": _figures(result),
        "judge": _judge(result),
        "options_kind": _options(result["by_kind"]),
        "options_outcome": _options(dict.fromkeys(map(outcome, result["questions"]))),
        "options_status": _options(dict.fromkeys(row["status"] for row in result["questions"])),
        "questions": "".join(_question(row, verdicts.get(row["id"], ())) for row in result["questions"]),
        "provenance": _provenance(result["run"]),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: fields[match.group(1)], parts)


def _card(result: Mapping[str, Any], section: str, name: str, caption: str) -> str:
    value = result[section].get(name)
    if value is None:
        return ""
    low, high = result["intervals"][section][name]
    as_share = name != "truthfulness"
    shown, bounds = (
        (f"{100 * value:.1f} %", f"{100 * low:.0f} to {100 * high:.0f} %")
        if as_share
        else (f"{value:.2f}", f"{low:.2f} to {high:.2f}")
    )
    return (
        f'<div class="card" title="{escape(MEANINGS[name])}"><b>{shown}</b><span>{escape(caption)}</span>'
        f"<small>95 %: {bounds}</small></div>"
    )


def _speed_card(result: Mapping[str, Any]) -> str:
    speed = result["speed"]
    if not speed:
        return ""
    shown = f"{1000 * speed['seconds_p50']:.0f} ms" if speed["seconds_p50"] < 1 else f"{speed['seconds_p50']:.1f} s"
    slow = f"95th percentile {speed['seconds_p95']:.2f} s"
    return f'<div class="card"><b>{shown}</b><span>Median time to answer</span><small>{slow}</small></div>'


def _figures(result: Mapping[str, Any]) -> str:
    rows = []
    for section in SECTIONS:
        rows.append(f'<tr class="section"><th colspan="5">{section}</th></tr>')
        for name, value in result[section].items():
            interval = result["intervals"][section].get(name)
            bounds = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
            counted = result["questions_counted"].get(name, result["n"])
            rows.append(
                f"<tr><td><code>{name}</code></td><td class=num>{value:.3f}</td><td class=num>{bounds}</td>"
                f"<td class=num>{counted}</td>"
                f"<td>{escape(MEANINGS.get(name, ''))}</td></tr>"
            )
    return "".join(rows)


def _judge(result: Mapping[str, Any]) -> str:
    if "judge" not in result:
        return ""
    rows = []
    for name, value in result["judge"].items():
        if name == "verdicts":
            continue
        is_mean = isinstance(value, Mapping)
        shown = (
            f"{value['mean']:.3f} ({value['interval'][0]:.3f} to {value['interval'][1]:.3f}, {value['questions']} questions)"
            if is_mean
            else value
        )
        rows.append(f"<tr><td>{escape(name)}</td><td>{escape(str(shown))}</td></tr>")
    said = "Kept apart: none of this enters the figures above."
    return f"<h2>LLM judge</h2><p>{said}</p><div class=wide><table>{''.join(rows)}</table></div>"


def _verdicts(found: Sequence[Mapping[str, Any]]) -> str:
    items = "".join(
        f"<li><b>{escape(v['verdict'])}</b> {escape(v['item'])} <small>{escape(v['reason'])}</small></li>" for v in found
    )
    return f"<h4>LLM judge</h4><ul class=plain>{items}</ul>" if items else ""


def _options(names: Mapping[str, Any]) -> str:
    return "".join(f'<option value="{escape(name)}">{escape(name.replace("_", " "))}</option>' for name in names)


def _question(row: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> str:
    result = outcome(row)
    words = escape(" ".join([row["id"], row["question"], row["text"], *row["papers"]]).lower())
    history = "".join(f"<p class=turn><b>{escape(role)}</b> {escape(text)}</p>" for role, text in row["history"])
    understood = (
        f"<p class=note>Understood as: {escape(row['standalone_question'])}</p>"
        if row["standalone_question"] != row["question"]
        else ""
    )
    problems = "".join(f"<li>{escape(p['kind'])}: {escape(p['message'])}</li>" for p in row["problems"])
    reason = f" · {escape(row['reason'])}" if row["reason"] else ""
    how = escape(row["model"] or row["mode"])
    return (
        f'<details class=question data-kind="{escape(row["kind"])}" data-outcome="{result}" data-status="{row["status"]}" '
        f'data-words="{words}"><summary><span class="badge {_TONE.get(result, "bad")}">{result}</span>'
        f"<span class=asked>{escape(row['question'])}</span>"
        f"<span class=id>{escape(row['id'])} · {escape(row['kind'].replace('_', ' '))}</span></summary>"
        f"<div class=body>{history}{understood}<h4>Answer "
        f"<small>{row['status']}{reason} · {how} · {row['seconds']:.2f} s</small></h4>{_answer(row)}"
        + (f"<h4>Problems</h4><ul>{problems}</ul>" if problems else "")
        + f"<div class=columns><div>{_gold(row)}</div><div>{_cited(row)}</div><div>{_retrieved(row)}</div></div>"
        f"{_verdicts(verdicts)}{_scores(row)}</div></details>"
    )


def _answer(row: Mapping[str, Any]) -> str:
    if not row["sentences"] or row["status"] == "declined":
        return f"<p class=answer>{escape(row['text'])}</p>"
    lines = []
    for sentence in row["sentences"]:
        tone, sign = _SUPPORT[sentence["support"]]
        # A sentence taken over word for word needs no quote below it.
        quotes = "".join(
            f"<q>{escape(quote)} [{number}]</q>" for number, quote in sentence["quotes"] if quote not in sentence["text"]
        )
        title = escape(sentence["support"] + (f": {sentence['reason']}" if sentence["reason"] else ""))
        text = re.sub(r"~~(.*?)~~", r"<s>\1</s>", escape(sentence["text"]))
        lines.append(
            f'<p class="answer sentence {tone}"><span class=sign title="{title}" aria-label="{sentence["support"]}">{sign}</span>'
            f" {text}{quotes}</p>"
        )
    return "".join(lines)


def _gold(row: Mapping[str, Any]) -> str:
    if not row["answerable"]:
        return "<h4>Gold</h4><p>The papers do not answer this.</p>"
    sentences = [] if row["status"] == "declined" else [s["text"] for s in row["sentences"]] or [row["text"]]
    points = "".join(f"<li>{_tick(covers(point, sentences))} {escape(point)}</li>" for point in row["points"])
    return f"<h4>Gold points</h4><ul class=plain>{points or '<li>none: the papers are the answer</li>'}</ul>"


def _cited(row: Mapping[str, Any]) -> str:
    expected, cited = set(row["expected"]), [source for source in row["sources"] if source["cited"]]
    items = "".join(f"<li>{_tick(s['paper_id'] in expected)} [{s['number']}] {escape(s['title'])}</li>" for s in cited)
    found = {source["paper_id"] for source in cited}
    titles = dict(zip((h["paper_id"] for h in row["retrieved"]), (h["title"] for h in row["retrieved"]), strict=True))
    missing = "".join(
        f"<li>missing: {escape(titles.get(paper, paper))}</li>"
        for paper in row["expected"]
        if paper not in found and row["answerable"]
    )
    return (
        f"<h4>Cited papers</h4><ul class=plain>{items}{missing}</ul>" if items or missing else "<h4>Cited papers</h4><p>none</p>"
    )


def _retrieved(row: Mapping[str, Any]) -> str:
    expected = set(row["expected"])
    items = "".join(
        f'<li class="{"gold" if h["paper_id"] in expected else ""}">{escape(h["title"])} <small>{h["score"]:.3f}</small></li>'
        for h in row["retrieved"]
    )
    return f"<h4>Retrieved papers</h4><ol>{items}</ol>"


def _scores(row: Mapping[str, Any]) -> str:
    cells = "".join(f"<span><code>{name}</code> {value:g}</span>" for name, value in row["scores"].items())
    return f"<h4>Scores</h4><p class=scores>{cells}</p>"


def _tick(is_true: bool) -> str:
    tone, word, sign = ("good", "yes", "✓") if is_true else ("bad", "no", "✗")
    return f'<span class="sign {tone}" aria-label="{word}">{sign}</span>'


def _provenance(run: Mapping[str, Any]) -> str:
    rows = []
    for name, value in run.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items() if v is not None) if isinstance(value, Mapping) else str(value)
        rows.append(f"<tr><td>{escape(name)}</td><td>{escape(shown)}</td></tr>")
    return "".join(rows)
