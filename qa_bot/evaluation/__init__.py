"""Knows how good the answers are: question sets, metrics, runs, comparison and report; asks through the query engine only.

Leaves any way of answering to the engine. `run_eval` is what the command line calls; `evaluate` takes any engine.
"""

from __future__ import annotations

from qa_bot.evaluation.command import compare_folders, judge_run, run_eval
from qa_bot.evaluation.compare import compare_runs, comparison_text
from qa_bot.evaluation.evaluate import Engine, engine_support, evaluate
from qa_bot.evaluation.questions import Question, QuestionError, load_questions, shipped_questions
from qa_bot.evaluation.report import write_report
from qa_bot.evaluation.report_text import report_markdown
from qa_bot.evaluation.runs import EvalResult, RunError, load_run
from qa_bot.evaluation.summary import GateError, failed_gates, figure, parse_gates

__all__ = [
    "Engine",
    "EvalResult",
    "GateError",
    "Question",
    "QuestionError",
    "RunError",
    "compare_folders",
    "compare_runs",
    "comparison_text",
    "engine_support",
    "evaluate",
    "failed_gates",
    "figure",
    "judge_run",
    "load_questions",
    "load_run",
    "parse_gates",
    "report_markdown",
    "run_eval",
    "shipped_questions",
    "write_report",
]
