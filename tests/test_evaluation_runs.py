"""Runs are saved, resumed, compared and guarded; a report works from disk; an engine that copies abstracts does not win."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import replace

import pytest
from scripted_engine import CopyingEngine, OverlapEngine, make_paper

from qa_bot.evaluation import evaluate, failed_gates, load_run
from qa_bot.evaluation.compare import compare_runs, comparison_text
from qa_bot.evaluation.provenance import code_digest, essential_code, public_settings
from qa_bot.evaluation.questions import Question, QuestionError
from qa_bot.evaluation.report import write_report
from qa_bot.evaluation.report_text import report_markdown
from qa_bot.evaluation.runs import RunError, default_folder
from qa_bot.evaluation.summary import GateError
from qa_bot.evaluation.wording import content_tokens
from qa_bot.schema import QABotError

FILLER = "Many further experiments on other data sets are described at length in this work. " * 12
PAPERS = [
    make_paper(
        f"p{n}",
        f"The {name} study",
        f"We study {name} networks. {FILLER}Our {name} model reaches {60 + n}.5% accuracy on the {name} benchmark.",
    )
    for n, name in enumerate(("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"), 1)
]
QUESTIONS = [
    Question(
        f"fact-{n}",
        f"What accuracy does the {paper.title.split()[1]} model reach on its benchmark?",
        (paper.title,),
        (f"{60 + n}.5%",),
    )
    for n, paper in enumerate(PAPERS, 1)
] + [
    Question(f"none-{n}", text, answerable=False, kind="unanswerable")
    for n, text in enumerate(("What is the capital of Mongolia?", "How tall is Everest?", "Who invented <b>tea</b>?"), 1)
]


def carries(pairs):
    return [set(content_tokens(sentence)) <= set(content_tokens(text)) for sentence, text in pairs]


def run(engine, questions=QUESTIONS, **options):
    return evaluate(engine, questions, supports=carries, **options)


@pytest.fixture
def engine():
    return OverlapEngine(PAPERS)


def test_the_result_has_the_contract_s_shape_and_is_plain_data(engine):
    result = json.loads(json.dumps(run(engine).to_dict()))
    assert result["n"] == 13 and len(result["questions"]) == 13
    assert result["retrieval"]["hit@1"] == 1.0 and result["answers"]["point_recall"] == 1.0
    assert result["abstention"]["balanced_accuracy"] == 1.0 and result["abstention"]["false_declines"] == 0.0
    assert result["by_kind"]["fact"]["n"] == 10 and result["by_kind"]["unanswerable"]["retrieval"] == {}
    assert (
        result["intervals"]["answers"]["nugget_f3"][0]
        <= result["answers"]["nugget_f3"]
        <= result["intervals"]["answers"]["nugget_f3"][1]
    )
    assert result["abstention"]["evidence_auc"] == 1.0
    assert result["run"]["mode"] == "extractive" and result["run"]["questions"]["count"] == 13


def test_copying_the_first_abstract_does_not_win(engine):
    honest, copying = run(engine).to_dict(), run(CopyingEngine(engine)).to_dict()
    assert copying["answers"]["point_recall"] == honest["answers"]["point_recall"] == 1.0, "it holds every point"
    for metric in ("nugget_f3", "token_f1"):
        assert copying["answers"][metric] < 0.7 * honest["answers"][metric]
    for metric in ("balanced_accuracy", "truthfulness", "selective_precision"):
        assert copying["abstention"][metric] < honest["abstention"][metric]
    assert copying["answers"]["words"] > 2 * honest["answers"]["words"]


class Breaking(OverlapEngine):
    """Stops after a number of questions, as a kill or a dead endpoint would."""

    def __init__(self, papers, *, after: int) -> None:
        super().__init__(papers)
        self.asked, self._after = [], after

    def ask(self, question, *, history=()):
        if len(self.asked) == self._after:
            raise QABotError("The endpoint is gone.")
        self.asked.append(question)
        return super().ask(question, history=history)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_fault_ends_the_run_at_once_and_keeps_what_was_answered(tmp_path, concurrency):
    class Slow(Breaking):
        def ask(self, question, *, history=()):
            time.sleep(0.02)  # so that most questions still wait for their turn when the fault comes
            return super().ask(question, history=history)

    slow = Slow(PAPERS, after=3)
    with pytest.raises(QABotError, match="endpoint is gone"):
        run(slow, run_dir=tmp_path / "run", concurrency=concurrency)
    assert len(slow.asked) == 3
    assert len((tmp_path / "run" / "questions.jsonl").read_text().splitlines()) == 3


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, engine):
    folder = tmp_path / "run"
    with pytest.raises(QABotError, match="endpoint is gone"):
        run(Breaking(PAPERS, after=5), run_dir=folder)
    with pytest.raises(RunError, match="was interrupted"):
        load_run(folder)
    with (folder / "questions.jsonl").open("a") as stream:
        stream.write('{"id": "fact-9", "sco')  # what a kill in the middle of a line leaves
    again = Breaking(PAPERS, after=100)
    result = run(again, run_dir=folder)
    assert len(again.asked) == 8
    fresh = run(engine)
    assert [row["id"] for row in result.rows] == [q.id for q in QUESTIONS]
    assert [row["scores"] for row in load_run(folder).rows] == [row["scores"] for row in fresh.rows]
    assert not (folder / ".lock").exists()


def test_a_folder_of_another_run_is_refused_with_what_differs(tmp_path, engine):
    run(engine, run_dir=tmp_path / "run")
    with pytest.raises(RunError, match="differs in: questions"):
        run(engine, QUESTIONS[:5], run_dir=tmp_path / "run")
    with pytest.raises(RunError, match="differs in: questions, corpus"):
        run(OverlapEngine(PAPERS[:9]), QUESTIONS[:5], run_dir=tmp_path / "run")


def test_a_folder_in_use_is_refused(tmp_path, engine):
    class Nested(OverlapEngine):
        def ask(self, question, *, history=()):
            with pytest.raises(RunError, match="Another evaluation is writing"):
                run(engine, run_dir=tmp_path / "run")
            return super().ask(question, history=history)

    run(Nested(PAPERS), QUESTIONS[:1], run_dir=tmp_path / "run")


def test_default_folders_resume_the_unfinished_and_renew_the_finished(tmp_path, engine):
    header = run(engine).header
    first = default_folder(tmp_path, header)
    with pytest.raises(QABotError):
        run(Breaking(PAPERS, after=2), run_dir=first)
    assert default_folder(tmp_path, header) == first
    run(engine, run_dir=first)
    assert default_folder(tmp_path, header) != first


def test_concurrency_is_bounded_and_changes_nothing(engine):
    lock, state = threading.Lock(), {"now": 0, "most": 0}
    together = threading.Barrier(3, timeout=10)

    class Counting(OverlapEngine):
        def ask(self, question, *, history=()):
            with lock:
                state["now"] += 1
                state["most"] = max(state["most"], state["now"])
            together.wait()  # passes only when three are under way at once
            answer = super().ask(question, history=history)
            with lock:
                state["now"] -= 1
            return answer

    result = run(Counting(PAPERS), QUESTIONS[:12], concurrency=3)
    assert state["most"] == 3
    assert [row["scores"] for row in result.rows] == [row["scores"] for row in run(engine, QUESTIONS[:12]).rows]


def test_progress_counts_up(engine):
    seen = []
    run(engine, on_progress=lambda what, done, total: seen.append((what, done, total)))
    assert seen[0] == ("asking", 0, 13) and seen[-1] == ("asking", 13, 13)


def test_unknown_papers_stop_before_anything_is_asked(engine):
    breaking = Breaking(PAPERS, after=0)
    with pytest.raises(QuestionError, match="line 4: no paper"):
        run(breaking, [replace(QUESTIONS[0], papers=("A paper that is nowhere",), line=4)])


class Forgetful(OverlapEngine):
    """Finds nothing for half of the questions."""

    def search(self, query, k=10):
        return (
            []
            if any(name in query for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta"))
            else super().search(query, k)
        )


def test_comparison_finds_a_real_difference_and_lists_the_questions(engine):
    worse, better = run(Forgetful(PAPERS)), run(engine)
    comparison = compare_runs(worse, better)
    by_metric = {(d.group, d.metric): d for d in comparison.differences}
    hit = by_metric["all", "hit@5"]
    assert hit.difference == pytest.approx(0.6) and hit.low > 0.2 and hit.p < 0.05
    assert by_metric["unanswerable", "unanswerable_abstained"].p == 1.0
    assert {c.id for c in comparison.changes} == {f"fact-{n}" for n in range(1, 7)}
    assert all(c.direction == "better" for c in comparison.changes)
    assert all(d.p <= d.p_holm for d in comparison.differences)
    text = comparison_text(comparison)
    assert "hit@5" in text and "better: `fact-1`" in text
    json.dumps(comparison.to_dict())


def test_comparing_a_run_with_itself_finds_nothing(engine):
    comparison = compare_runs(run(engine), run(engine))
    assert comparison.changes == () and comparison.significant() == [] and all(d.p == 1.0 for d in comparison.differences)


def test_runs_that_share_no_question_cannot_be_compared(engine):
    with pytest.raises(RunError, match="share no question"):
        compare_runs(run(engine, QUESTIONS[:2]), run(engine, QUESTIONS[2:4]))


def test_gates(engine):
    result = run(engine).to_dict()
    assert failed_gates(result, ["hit@5=1", "answers.point_recall=0.9", "fact:hit@1=1", "balanced_accuracy = 0.5"]) == []
    assert failed_gates(result, ["nugget_f3=1.01"])[0].startswith("nugget_f3 is ")
    for gate, said in {
        "hit@7=1": "no figure 'hit@7'",
        "hit@5": "takes FIGURE=VALUE",
        "hit@5=high": "takes FIGURE=VALUE",
        "poem:hit@5=1": "no questions of the kind 'poem'",
        "false_declines=0.1": "not better",
    }.items():
        with pytest.raises(GateError, match=said):
            failed_gates(result, [gate])


def test_the_report_is_one_file_without_anything_to_load_and_without_live_markup(tmp_path, engine):
    result = run(engine)
    path = write_report(result, tmp_path / "report")
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)\s*=|@import|url\(", page), "nothing may be fetched"
    assert "default-src 'none'" in page and "<b>tea</b>" not in page and "&lt;b&gt;tea" in page
    assert page.count("<details") == 13 and page.count("<svg") == 3 and "{{" not in page
    assert json.loads((tmp_path / "report" / "report.json").read_text())["n"] == 13
    text = (tmp_path / "report" / "report.md").read_text()
    assert "| hit@5 | 1.000 |" in text and text == report_markdown(result.to_dict())


def test_a_report_of_few_questions_and_of_no_answerable_one(tmp_path, engine):
    write_report(run(engine, QUESTIONS[:1]), tmp_path / "one")
    write_report(run(engine, QUESTIONS[-2:]), tmp_path / "none")


def test_settings_in_a_run_hold_no_secret_and_no_path():
    shown = public_settings(
        {
            "llm_api_key": "sk-secret",
            "llm_base_url": "http://me:word@host:80/v1?token=abc",
            "data_dir": "/home/me/x",
            "top_k": 6,
            "llm_max_tokens": 1024,
            "llm_model": None,
        }
    )
    assert shown == {"llm_base_url": "http://host:80/v1", "top_k": 6, "llm_max_tokens": 1024, "llm_model": None}


def test_the_code_digest_sees_code_and_not_comments(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()

    def digest(text: str, name: str = "a.py") -> str:
        (package / name).write_text(text)
        return code_digest.__wrapped__(package)

    first = digest('"""Doc."""\nX = "# no comment"  # why\n\n\ndef f():\n    """Doc."""\n    return 1\n')
    assert digest('"""Other."""\n\nX = "# no comment"\ndef f():\n    # reason\n    """More."""\n    return 1\n') == first
    assert digest('"""Doc."""\nX = "# comment"\ndef f():\n    """Doc."""\n    return 1\n') != first
    digest('"""Doc."""\nX = "# no comment"  # why\n\n\ndef f():\n    """Doc."""\n    return 1\n')
    assert digest("print(1)\n", "cli.py") == first, "the command line answers nothing"
    (package / "models").mkdir()
    assert digest("What the model was taught.\n", "models/MODEL_CARD.md") == first, "a model card answers nothing"
    assert digest("You answer from the papers.\n", "models/model.onnx") != first
    (package / "models" / "model.onnx").unlink()
    assert essential_code('def f(): "doc"\n') == 'def f(): "doc"'


def test_patience_is_no_part_of_a_run_s_identity(tmp_path, engine):
    from types import SimpleNamespace

    from qa_bot.config import load_settings

    engine.settings = load_settings(llm_timeout_seconds=5)
    header = run(engine).header
    engine.settings = load_settings(llm_timeout_seconds=500, llm_max_retries=9)
    assert default_folder(tmp_path, header).name[16:] == default_folder(tmp_path, run(engine).header).name[16:]
    engine.settings = load_settings(top_k=3)
    assert default_folder(tmp_path, header).name[16:] != default_folder(tmp_path, run(engine).header).name[16:]
    engine.llm = SimpleNamespace(model="some-model")
    assert run(engine).header["mode"] == "llm" and run(engine).header["models"]["llm"] == "some-model"
