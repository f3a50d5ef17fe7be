"""Knows how to have an LLM grade answers: gold points stated, sentences carried by their citations; verdicts with reasons.

Leaves the deterministic figures alone: what a judge says stands beside them under its own name, never in them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from qa_bot.config import Settings, resource_dir
from qa_bot.evaluation.answer_metrics import premise
from qa_bot.evaluation.statistics import mean_interval
from qa_bot.judges import JudgeError, judge_settings
from qa_bot.llm import ChatModel, open_llm
from qa_bot.schema import Paper, Source

TASKS = {
    "judge_points": {"stated": 1.0, "partly": 0.5, "missing": 0.0, "contradicted": 0.0},
    "judge_support": {"supported": 1.0, "partly": 0.5, "unsupported": 0.0},
}
MAX_TOKENS = 1500


@dataclass(frozen=True)
class Verdict:
    """One judged point or sentence. `value` is what the verdict counts for; None where the judge's reply was unreadable."""

    task: str
    item: str
    verdict: str
    reason: str
    value: float | None


def open_judge(settings: Settings, *, llm: object | None = None) -> ChatModel:
    """Return the judging model: the LLM of QA_BOT_JUDGE_* where one is set, else the answering endpoint; at temperature 0.

    `llm` takes a ChatModel or a llama-index LLM (whose own temperature rules). Raise JudgeError where there is none.
    """
    judge = open_llm(judge_settings(settings) if llm is None else settings, llm=llm)
    if judge is None:
        raise JudgeError(
            "There is no LLM to judge with. Set QA_BOT_JUDGE_BASE_URL and QA_BOT_JUDGE_MODEL, or QA_BOT_LLM_BASE_URL, "
            "or leave --judge out."
        )
    return judge


def judge_prompts(folder: Path | None = None) -> dict[str, Template]:
    """Read the judge's prompts, from the user's folder where they are there. Raise JudgeError for one that lacks a field."""
    prompts = {}
    for task, fields in {"judge_points": ("question", "answer", "points"), "judge_support": ("sentences",)}.items():
        own = folder / f"{task}.md" if folder else None
        path = own if own and own.is_file() else resource_dir("prompts") / f"{task}.md"
        try:
            template = Template(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise JudgeError(
                f"The prompt {path.name} cannot be read: {error}. Restore it, or unset QA_BOT_PROMPTS_DIR."
            ) from error
        missing = sorted(set(fields) - set(template.get_identifiers()))
        if missing or not template.is_valid():
            raise JudgeError(
                f"The prompt {path.name} lacks ${', $'.join(missing)} or has a stray $ (write $$ for a dollar). Correct it."
            )
        prompts[task] = template
    return prompts


def prompts_digest(prompts: Mapping[str, Template]) -> str:
    return hashlib.sha256(json.dumps({k: v.template for k, v in sorted(prompts.items())}).encode()).hexdigest()


def judge_row(
    row: Mapping[str, Any], papers: Mapping[str, Paper], *, judge: ChatModel, prompts: Mapping[str, Template]
) -> list[Verdict]:
    """Judge one row of a run; `papers` by id supply what is cited. A declined answer is not judged.

    Raise LLMError where the endpoint fails.
    """
    if row["status"] == "declined":
        return []
    verdicts = []
    if row["points"]:
        points = "\n".join(f"{n}. {point}" for n, point in enumerate(row["points"], 1))
        text = prompts["judge_points"].substitute(question=row["question"], answer=_inside(row["text"]), points=points)
        verdicts += _ask("judge_points", text, row["points"], judge)
    sentences = [s for s in row["sentences"] if s["text"].strip()]
    if sentences:
        by_number = {source["number"]: source["paper_id"] for source in row["sources"]}
        blocks = []
        for number, sentence in enumerate(sentences, 1):
            cited = [papers[by_number[n]] for n in sentence["citations"] if by_number.get(n) in papers]
            texts = "\n".join(f"<paper>{_inside(_premise(paper))}</paper>" for paper in cited) or "<paper>none is cited</paper>"
            blocks.append(f'<sentence number="{number}">\n<text>{_inside(sentence["text"])}</text>\n{texts}\n</sentence>')
        verdicts += _ask(
            "judge_support",
            prompts["judge_support"].substitute(sentences="\n\n".join(blocks)),
            [s["text"] for s in sentences],
            judge,
        )
    return verdicts


def judge_rows(
    rows: Sequence[Mapping[str, Any]],
    papers: Iterable[Paper],
    *,
    judge: ChatModel,
    prompts: Mapping[str, Template],
    concurrency: int = 1,
    done: Mapping[str, list[Verdict]] | None = None,
    on_row: Callable[[str, list[Verdict]], None] = lambda identity, verdicts: None,
) -> dict[str, list[Verdict]]:
    """Judge every row that is not in `done`, calling `on_row` as each one comes; return the verdicts by question id."""
    by_id = {paper.paper_id: paper for paper in papers}
    found = dict(done or {})
    todo = [row for row in rows if row["id"] not in found]
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        futures = [(row["id"], pool.submit(judge_row, row, by_id, judge=judge, prompts=prompts)) for row in todo]
        try:
            for identity, future in futures:
                found[identity] = future.result()
                on_row(identity, found[identity])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return found


def judge_figures(verdicts: Mapping[str, Sequence[Verdict]], *, model: str) -> dict[str, Any]:
    """Return the judge's figures: means over questions (each the mean over its points or sentences) with intervals."""
    figures: dict[str, Any] = {"model": model, "temperature": 0}
    for task, name in (("judge_points", "judged_point_recall"), ("judge_support", "judged_support")):
        per_question = []
        for found in verdicts.values():
            values = [v.value for v in found if v.task == task and v.value is not None]
            if values:
                per_question.append(sum(values) / len(values))
        if per_question:
            mean, low, high = mean_interval(per_question)
            figures[name] = {"mean": round(mean, 4), "interval": [round(low, 4), round(high, 4)], "questions": len(per_question)}
    everything = [v for found in verdicts.values() for v in found]
    figures["contradicted_points"] = sum(v.verdict == "contradicted" for v in everything)
    figures["unreadable_verdicts"] = sum(v.value is None for v in everything)
    return figures


def parse_verdicts(task: str, reply: str, items: Sequence[str]) -> list[Verdict]:
    """Read a judge's JSON: one known verdict for each item. Raise ValueError that says what is wrong with it."""
    start, end = reply.find("{"), reply.rfind("}")
    if start < 0 or end < start:
        raise ValueError("there is no JSON object")
    entries = json.loads(reply[start : end + 1]).get("verdicts")
    if not isinstance(entries, list) or len(entries) != len(items):
        raise ValueError(f'"verdicts" must be a list of {len(items)} entries')
    verdicts = []
    for number, (item, entry) in enumerate(zip(items, entries, strict=True), 1):
        if not isinstance(entry, dict) or entry.get("number", number) not in (number, str(number)):
            raise ValueError(f'entry {number} must be an object with "number": {number}')
        verdict = str(entry.get("verdict", "")).strip().lower()
        if verdict not in TASKS[task]:
            raise ValueError(f"the verdict of entry {number} must be one of {', '.join(TASKS[task])}")
        verdicts.append(Verdict(task, item, verdict, str(entry.get("reason", "")), TASKS[task][verdict]))
    return verdicts


def _ask(task: str, prompt: str, items: Sequence[str], judge: ChatModel) -> list[Verdict]:
    messages = [{"role": "user", "content": prompt}]
    fault = ""
    for _ in range(2):
        reply = judge.complete(messages, max_tokens=MAX_TOKENS).text
        try:
            return parse_verdicts(task, reply, items)
        except (ValueError, AttributeError) as error:
            fault = str(error)
            messages = [
                *messages[:1],
                {"role": "assistant", "content": reply},
                {"role": "user", "content": f"That cannot be read: {fault}. Reply with the JSON object only."},
            ]
    return [Verdict(task, item, "unreadable", fault, None) for item in items]


def _premise(paper: Paper) -> str:
    return premise(Source(0, paper.paper_id, paper.title, paper.authors, paper.year, None, 0.0, True, paper.abstract))


def _inside(text: str) -> str:
    """Return a text that cannot close the tag it is put into."""
    return re.sub(r"<(/?\w)", r"‹\1", text)
