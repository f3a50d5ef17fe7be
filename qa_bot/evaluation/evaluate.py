"""Knows the order of an evaluation: find the gold papers, ask every question, score each answer, save as they come.

Leaves answering to the engine alone; there is no second way of answering here.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol

from qa_bot.evaluation.abstention_metrics import abstention_scores, is_correct
from qa_bot.evaluation.answer_metrics import SupportCheck, answer_scores
from qa_bot.evaluation.names import resolve_papers
from qa_bot.evaluation.provenance import describe_run
from qa_bot.evaluation.questions import Question
from qa_bot.evaluation.retrieval_metrics import retrieval_scores
from qa_bot.evaluation.runs import EvalResult, RunWriter, open_run
from qa_bot.pace import Progress
from qa_bot.schema import Answer, Hit, Paper

RETRIEVED = 10


class Engine(Protocol):
    """What an evaluation needs of an engine; `PaperQueryEngine` and `AnswerEngine` are such.

    Where it also has `settings`, `llm`, `embedding` and `templates`, the run records them.
    """

    def papers(self) -> Sequence[Paper]: ...
    def search(self, query: str, k: int) -> Sequence[Hit]: ...
    def ask(self, question: str, *, history: Sequence[tuple[str, str]] = ()) -> Answer: ...


def evaluate(
    engine: Engine,
    questions: Sequence[Question],
    *,
    run_dir: Path | None = None,
    split: str = "all",
    concurrency: int = 1,
    supports: SupportCheck | None = None,
    on_progress: Progress = lambda what, n, of: None,
) -> EvalResult:
    """Ask the engine every question and score what it says; with `run_dir` the run is saved and can be resumed.

    `concurrency` bounds how many questions are under way at once, hence how many requests an endpoint sees.
    `supports` judges statements for the citation scores; by default the engine's own support check does.
    Raise QuestionError for papers that the collection lacks, RunError for a folder of another run, and whatever
    QABotError the engine raises; questions answered until then are kept.
    """
    expected = resolve_papers(questions, engine.papers())
    supports = supports or engine_support
    header = describe_run(engine, questions, split=split)
    if run_dir is None:
        rows = _ask_all(engine, questions, expected, supports, concurrency, on_progress, writer=None)
        return EvalResult(header, rows)
    with open_run(Path(run_dir), header) as writer:
        rows = _ask_all(engine, questions, expected, supports, concurrency, on_progress, writer=writer)
        result = EvalResult(writer.header, rows, folder=Path(run_dir))
        writer.finish(result)
        return result


def engine_support(pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """Judge (sentence, text) pairs with qa_bot's own support check; only `supported` counts."""
    from qa_bot.support import judge_many

    return [judgement.support == "supported" for judgement in judge_many(list(pairs))]


def score(
    question: Question, answer: Answer, ranking: Sequence[str], *, expected: Collection[str], supports: SupportCheck
) -> dict[str, float]:
    """Return every score that applies to one answered question, by metric name."""
    scores = retrieval_scores(ranking, expected) if question.answerable else {}
    scores |= answer_scores(answer, expected=expected, points=question.points, answerable=question.answerable, supports=supports)
    return scores | abstention_scores(answer, answerable=question.answerable, expected=expected, scores=scores)


def _ask_all(
    engine: Engine,
    questions: Sequence[Question],
    expected: dict[str, frozenset[str]],
    supports: SupportCheck,
    concurrency: int,
    on_progress: Progress,
    *,
    writer: RunWriter | None,
) -> list[dict[str, Any]]:
    done = dict(writer.done) if writer else {}
    todo = [q for q in questions if q.id not in done]
    on_progress("asking", len(questions) - len(todo), len(questions))

    def ask(question: Question) -> dict[str, Any]:
        return _row(engine, question, expected[question.id], supports)

    with ThreadPoolExecutor(max_workers=max(1, concurrency), thread_name_prefix="evaluate") as pool:
        waiting: set[Future] = {pool.submit(ask, question) for question in todo}
        fault: BaseException | None = None
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    if future.cancelled():
                        continue
                    if future.exception() is not None:
                        fault = fault or future.exception()
                        pool.shutdown(wait=False, cancel_futures=True)  # what is under way still ends and is kept
                        # wait() would wait for ever for the cancelled ones: no thread is left to say that they are.
                        waiting = {other for other in waiting if not other.cancelled()}
                        continue
                    row = future.result()
                    done[row["id"]] = row
                    if writer:
                        writer.add(row)
                    on_progress("asking", len(done), len(questions))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    if fault:
        raise fault
    return [done[question.id] for question in questions]


def _row(engine: Engine, question: Question, expected: frozenset[str], supports: SupportCheck) -> dict[str, Any]:
    began = time.perf_counter()
    answer = engine.ask(question.question, history=question.history)
    seconds = time.perf_counter() - began
    hits = engine.search(answer.standalone_question, RETRIEVED)
    ranking = [hit.paper.paper_id for hit in hits]
    scores = score(question, answer, ranking, expected=expected, supports=supports)
    return {
        "id": question.id,
        "kind": question.kind,
        "split": question.split,
        "question": question.question,
        "history": [list(turn) for turn in question.history],
        "answerable": question.answerable,
        "papers": list(question.papers),
        "expected": sorted(expected),
        "points": list(question.points),
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "reason": answer.reason,
        "mode": answer.mode,
        "model": answer.model,
        "text": answer.text,
        "sentences": [
            {
                "text": s.text,
                "citations": list(s.citations),
                "support": s.support,
                "reason": s.reason,
                "quotes": [[e.source, e.quote] for e in s.evidence],
            }
            for s in answer.sentences
        ],
        "sources": [
            {"number": s.number, "paper_id": s.paper_id, "title": s.title, "year": s.year, "cited": s.cited}
            for s in answer.sources
        ],
        "problems": [{"kind": p.kind, "message": p.message} for p in answer.problems],
        "usage": _plain_usage(answer),
        "seconds": round(seconds, 4),
        "evidence_score": evidence_score(answer),
        "retrieved": [{"paper_id": hit.paper.paper_id, "title": hit.paper.title, "score": round(hit.score, 4)} for hit in hits],
        "scores": {name: round(value, 6) for name, value in scores.items()},
        "correct": is_correct(scores) and answer.status != "declined" if question.answerable else None,
    }


def evidence_score(answer: Answer) -> float:
    """Return how sure the engine was that the papers hold an answer: its evidence score, else the best source's score."""
    value = getattr(answer, "evidence_score", None)
    if value is None:
        value = max((source.score for source in answer.sources), default=0.0)
    return round(float(value), 4)


def _plain_usage(answer: Answer) -> dict[str, float]:
    return {
        name: value for name, value in answer.usage.items() if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
