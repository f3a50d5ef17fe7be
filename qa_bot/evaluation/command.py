"""Knows what `qa-bot eval` does, in order: open the engine, ask and score, judge if wanted, save, report.

Leaves options, printing and exit codes to `cli`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from qa_bot.config import Settings
from qa_bot.evaluation.compare import Comparison, compare_runs
from qa_bot.evaluation.evaluate import evaluate
from qa_bot.evaluation.provenance import describe_run
from qa_bot.evaluation.questions import load_questions
from qa_bot.evaluation.runs import FIGURES, EvalResult, RunError, default_folder, load_run
from qa_bot.pace import Progress

LLM_CONCURRENCY = 4
VERDICTS = "judge.jsonl"


def run_eval(
    settings: Settings,
    *,
    questions: Path | None = None,
    split: str = "all",
    run_dir: Path | None = None,
    report_dir: Path | None = None,
    with_judge: bool = False,
    with_llama_index: bool = False,
    concurrency: int | None = None,
    on_progress: Progress = lambda what, n, of: None,
) -> EvalResult:
    """Evaluate the engine of these settings and return the result, saved in `result.folder`.

    The folder defaults to a new one under `data_dir/runs`, or to that of an interrupted run of the same make, which is
    then finished. `concurrency` defaults to 4 requests at once with an LLM and 1 question at a time without.
    """
    from qa_bot.answering import AnswerEngine
    from qa_bot.evaluation.report import check_folder, write_report

    asked = load_questions(questions, split=split)
    if report_dir:
        check_folder(report_dir)
    # Figures that a judge had a hand in would not be comparable with those of another day.
    engine = AnswerEngine.from_settings(settings.model_copy(update={"judge_max_sentences": 0}), on_progress=on_progress)
    try:
        folder = run_dir or default_folder(settings.data_dir / "runs", describe_run(engine, asked, split=split))
        concurrency = concurrency or (LLM_CONCURRENCY if engine.llm is not None else 1)
        result = evaluate(engine, asked, run_dir=folder, split=split, concurrency=concurrency, on_progress=on_progress)
        if with_judge or with_llama_index:
            result = judge_run(
                result,
                engine,
                with_judge=with_judge,
                with_llama_index=with_llama_index,
                concurrency=concurrency,
                on_progress=on_progress,
            )
    finally:
        engine.close()
    if report_dir:
        write_report(result, report_dir)
    return result


def judge_run(
    result: EvalResult,
    engine: Any,
    *,
    with_judge: bool = True,
    with_llama_index: bool = False,
    llm: object | None = None,
    concurrency: int = 1,
    on_progress: Progress = lambda what, n, of: None,
) -> EvalResult:
    """Have an LLM judge a finished run and return the run with `judged` filled; verdicts are saved as they come.

    `llm` judges in place of the configured endpoint. Raise JudgeError where there is none, LLMError where it fails.
    """
    from qa_bot.evaluation import judge as judging

    model = judging.open_judge(engine.settings, llm=llm)
    prompts = judging.judge_prompts(engine.settings.prompts_dir)
    papers = engine.papers()
    figures: dict[str, Any] = {}
    verdicts: dict[str, list[judging.Verdict]] = {}
    if with_judge:
        stamp = judging.prompts_digest(prompts)
        saved = result.folder / VERDICTS if result.folder else None
        verdicts = _saved_verdicts(saved, stamp, engine.settings) if saved else {}

        def keep(identity: str, found: list[judging.Verdict]) -> None:
            if saved:
                with saved.open("a", encoding="utf-8") as stream:
                    stream.write(
                        json.dumps(
                            {"id": identity, "stamp": _stamp(stamp, engine.settings), "verdicts": [asdict(v) for v in found]},
                            ensure_ascii=False,
                        )
                        + "\n"
                    )
            on_progress("judging", len(verdicts), len(result.rows))

        def count(identity: str, found: list[judging.Verdict]) -> None:
            verdicts[identity] = found
            keep(identity, found)

        verdicts |= judging.judge_rows(
            result.rows, papers, judge=model, prompts=prompts, concurrency=concurrency, done=dict(verdicts), on_row=count
        )
        figures = judging.judge_figures(verdicts, model=model.model) | {"prompts": stamp}
    if with_llama_index:
        from qa_bot.evaluation.llama_evaluators import llama_index_figures, llama_index_scores

        on_progress("asking llama-index's evaluators", 0, len(result.rows))
        figures |= {"model": model.model} | llama_index_figures(llama_index_scores(result.rows, papers, judge=model))
    judged = figures | {"verdicts": {identity: [asdict(v) for v in found] for identity, found in verdicts.items()}}
    result = replace(result, judged=judged)
    if result.folder:
        path = result.folder / FIGURES
        path.write_text(json.dumps(result.figures() | {"judge": judged}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return result


def compare_folders(first: str | Path, second: str | Path, *, runs_dir: Path | None = None) -> Comparison:
    """Compare two saved runs, each given as a folder or by its name under `runs_dir`."""
    return compare_runs(load_run(_find(first, runs_dir)), load_run(_find(second, runs_dir)))


def _find(name: str | Path, runs_dir: Path | None) -> Path:
    path = Path(name)
    if path.is_dir() or runs_dir is None:
        return path
    if (runs_dir / path).is_dir():
        return runs_dir / path
    known = ", ".join(sorted(p.name for p in runs_dir.glob("*") if p.is_dir())[-5:]) if runs_dir.is_dir() else ""
    raise RunError(
        f"There is no run {name}. " + (f"The latest under {runs_dir} are: {known}." if known else "Run `qa-bot eval` first.")
    )


def _stamp(prompts: str, settings: Settings) -> str:
    return "|".join([prompts, str(getattr(settings, "judge_model", None) or settings.llm_model)])


def _saved_verdicts(path: Path, prompts: str, settings: Settings) -> dict[str, list]:
    """Return verdicts of an interrupted judging by the same prompts and model."""
    from qa_bot.evaluation.judge import Verdict

    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            entry: Mapping[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            continue
        if entry.get("stamp") == _stamp(prompts, settings):
            found[entry["id"]] = [Verdict(**verdict) for verdict in entry["verdicts"]]
    return found
