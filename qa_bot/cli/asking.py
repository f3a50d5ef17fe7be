"""Knows the commands that ask: ask, search, eval.

Leaves answering to `answering` and measuring to `evaluation`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from qa_bot.cli.options import AsJson, Author, Category, NoLLM, SourceFile, YearFrom, YearTo
from qa_bot.cli.output import as_json_text, as_text, progress
from qa_bot.cli.session import open_engine, settings_for
from qa_bot.schema import Filters, QABotError

app = typer.Typer()


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    as_json: AsJson = False,
    no_llm: NoLLM = False,
    history: Annotated[Optional[Path], typer.Option(help='Earlier turns: a JSON list of ["user" | "assistant", text].')] = None,  # noqa: UP045
    author: Author = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    category: Category = None,
    file: SourceFile = None,
) -> None:
    """Answer one question with its citations."""
    turns = _read_history(history) if history else []
    with open_engine(no_llm=no_llm) as engine:
        answer = engine.ask(question, history=turns, filters=Filters(author, year_from, year_to, category, file))
    print(as_json_text(answer.to_dict()) if as_json else as_text(answer))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option("-k", "--limit", help="How many papers.", min=1, max=1000)] = 10,
    author: Author = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    category: Category = None,
    file: SourceFile = None,
) -> None:
    """Rank the papers for a query, without writing an answer."""
    with open_engine(no_llm=True) as engine:
        hits = engine.search(query, limit, filters=Filters(author, year_from, year_to, category, file))
        for problem in engine.store.notices():
            print(f"! {problem.message}", file=sys.stderr)
    if as_json:
        rows = [
            {
                "rank": rank, "paper_id": hit.paper.paper_id, "record_ids": list(hit.paper.record_ids), "title": hit.paper.title,
                "score": round(hit.score, 6), "text": hit.paper.abstract,
            }
            for rank, hit in enumerate(hits, 1)
        ]  # fmt: skip
        print(as_json_text(rows))
    else:
        for rank, hit in enumerate(hits, 1):
            print(f"{rank:>3}  {hit.score:.3f}  {hit.paper.title} ({hit.paper.year or 'n.d.'})")


@app.command("eval")
def evaluate(
    questions: Annotated[Optional[Path], typer.Option(help="Question set, JSON lines or CSV. Default: the shipped one.")] = None,  # noqa: UP045
    split: Annotated[str, typer.Option(help="Which part of the set: dev, test or all.")] = "all",
    as_json: AsJson = False,
    report: Annotated[Optional[Path], typer.Option(help="Write a report (HTML, Markdown, JSON) into this folder.")] = None,  # noqa: UP045
    run: Annotated[Optional[Path], typer.Option(help="Folder to save the run in, or of an interrupted run to finish.")] = None,  # noqa: UP045
    compare: Annotated[Optional[tuple[Path, Path]], typer.Option(help="Compare two saved runs instead of asking.")] = None,  # noqa: UP045
    fail_under: Annotated[Optional[list[str]], typer.Option(help="METRIC=VALUE: exit 1 when a figure is lower.")] = None,  # noqa: UP045
    no_llm: NoLLM = False,
    judge: Annotated[bool, typer.Option("--judge", help="Have an LLM judge the answers beside the deterministic figures.")] = False,
    llama_index: Annotated[bool, typer.Option("--llama-index", help="Run llama-index's evaluators too, under their own names.")] = False,
    concurrency: Annotated[Optional[int], typer.Option(help="Questions asked at once.", min=1, max=64)] = None,  # noqa: UP045
) -> None:
    """Measure retrieval, citations, answers and abstention on a question set."""
    from qa_bot.evaluation import compare_folders, comparison_text, failed_gates, parse_gates, report_markdown, run_eval

    settings = settings_for(no_llm=no_llm)
    parse_gates(fail_under or [])  # a gate that cannot be read fails before a long run, not after
    if compare:
        comparison = compare_folders(*compare, runs_dir=settings.data_dir / "runs")
        print(as_json_text(comparison.to_dict()) if as_json else comparison_text(comparison))
        return
    with progress() as show:
        result = run_eval(
            settings, questions=questions, split=split, run_dir=run, report_dir=report, with_judge=judge, with_llama_index=llama_index,
            concurrency=concurrency, on_progress=show,
        )  # fmt: skip
    whole = result.to_dict()
    print(as_json_text(whole) if as_json else report_markdown(whole))
    print(f"saved in {result.folder}" + (f", report in {report}" if report else ""), file=sys.stderr)
    failures = failed_gates(whole, fail_under or [])
    for line in failures:
        print(f"qa-bot: {line}", file=sys.stderr)
    if failures:
        raise typer.Exit(1)


def _read_history(path: Path) -> list[tuple[str, str]]:
    step = 'It must be a JSON list such as [["user", "..."], ["assistant", "..."]].'
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
        pairs = [(turn["role"], turn["content"]) if isinstance(turn, dict) else (turn[0], turn[1]) for turn in turns]
        return [(role, _text_of(content)) for role, content in pairs if _is_said(role, content)]
    except OSError as error:
        raise QABotError(f"Cannot read the history {path}: {error}.") from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise QABotError(f"The history {path} cannot be used ({error}). {step}") from error


def _is_said(role: object, content: object) -> bool:
    """Say whether a turn is part of the conversation; what a system or a tool says, or a turn without words, is not."""
    if role not in ("user", "assistant", "system", "developer", "tool"):
        raise ValueError(f"{role!r} is neither user nor assistant")
    return role in ("user", "assistant") and content is not None


def _text_of(content: object) -> str:
    """Return what a turn says; chat APIs write it as a list of parts, too."""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part.get("type", "text") == "text")
