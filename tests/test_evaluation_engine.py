"""The evaluation of the real engine: the contract's shape, a second run, a CSV of one's own, and no prize for copying."""

from __future__ import annotations

import json

import pytest
from scripted_engine import CopyingEngine

from qa_bot.evaluation import compare_folders, comparison_text, evaluate, load_questions, load_run, run_eval
from qa_bot.evaluation.questions import QuestionError
from qa_bot.schema import QABotError


@pytest.fixture(scope="module")
def some():
    """Some of every kind, so that the test stays short."""
    taken: dict[str, int] = {}
    chosen = []
    for question in load_questions(split="dev"):
        taken[question.kind] = taken.get(question.kind, 0) + 1
        if taken[question.kind] <= (15 if question.kind == "unanswerable" else 4):
            chosen.append(question)
    return chosen


def test_a_real_run_has_every_section_and_is_saved(seed_engine, some, tmp_path):
    result = evaluate(seed_engine, some, run_dir=tmp_path / "run")
    whole = json.loads(json.dumps(result.to_dict()))
    assert whole["n"] == len(some) and {row["kind"] for row in whole["questions"]} == set(whole["by_kind"])
    assert whole["answers"]["citation_validity"] == 1.0, "extractive answers cannot invent a citation"
    assert whole["by_kind"]["fact"]["retrieval"]["hit@5"] == 1.0
    assert (
        whole["run"]["models"]["embedding"] and whole["run"]["settings"]["top_k"] == 6 and whole["run"]["corpus"]["papers"] == 82
    )
    assert "data_dir" not in whole["run"]["settings"] and str(tmp_path) not in json.dumps(whole["run"])
    assert load_run(tmp_path / "run").figures()["retrieval"] == whole["retrieval"]


def test_copying_the_first_abstract_does_not_win(seed_engine, some):
    own, copied = evaluate(seed_engine, some).to_dict(), evaluate(CopyingEngine(seed_engine), some).to_dict()
    assert copied["answers"]["point_recall"] > 0.3, "it does hold facts"
    assert copied["abstention"]["unanswerable_abstained"] == 0.0
    for section, metric in (("answers", "nugget_f3"), ("abstention", "balanced_accuracy"), ("abstention", "truthfulness")):
        assert own[section][metric] > copied[section][metric], metric
    assert own["answers"]["words"] < copied["answers"]["words"]


def test_one_s_own_csv_by_the_command_s_function(seed_settings, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,question,papers,answer,answerable\n"
        "a,Which encoder does PaliGemma use?,PaliGemma: A versatile 3B VLM for transfer,SigLIP-So400m,yes\n"
        "b,What is the boiling point of mercury?,,,no\n",
        encoding="utf-8",
    )
    seen = []
    result = run_eval(
        seed_settings,
        questions=path,
        run_dir=tmp_path / "run",
        report_dir=tmp_path / "report",
        on_progress=lambda *a: seen.append(a),
    )
    assert [row["id"] for row in result.rows] == ["a", "b"] and result.rows[0]["scores"]["point_recall"] == 1.0
    assert {p.name for p in (tmp_path / "report").iterdir()} == {"report.html", "report.json", "report.md"}
    assert ("asking", 2, 2) in seen
    path.write_text("question,papers\nWhat?,Attention is all you need\n", encoding="utf-8")
    with pytest.raises(QuestionError, match="line 2: no paper of the collection is called 'Attention is all you need'"):
        run_eval(seed_settings, questions=path, run_dir=tmp_path / "other")


def test_two_settings_are_compared_by_folder_and_by_name(seed_settings, tmp_path):
    rows = [
        {"id": q.id, "question": q.question, "papers": list(q.papers), "answer": list(q.points), "kind": q.kind}
        for q in load_questions()
        if q.kind == "paraphrase"
    ]
    path = tmp_path / "paraphrases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name, weight in (("words", 1.0), ("fused", seed_settings.lexical_weight)):
        run_eval(seed_settings.model_copy(update={"lexical_weight": weight}), questions=path, run_dir=tmp_path / name)
    comparison = compare_folders("words", "fused", runs_dir=tmp_path)
    assert comparison.differs_in == (f"settings.lexical_weight (1.0 → {seed_settings.lexical_weight})",)
    found = {d.metric: d for d in comparison.significant() if d.group == "all"}
    assert found["ndcg@10"].difference > 0.1 and found["ndcg@10"].low > 0, "words alone do not find paraphrases"
    assert "| all | ndcg@10 |" in comparison_text(comparison)
    with pytest.raises(QABotError, match="There is no run nothing"):
        compare_folders("nothing", "fused", runs_dir=tmp_path)
