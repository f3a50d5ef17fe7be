"""The README's figures are those of the saved run, and the saved run is of the code, questions, papers and settings at hand."""

from __future__ import annotations

import pytest
from conftest import REPOSITORY

from qa_bot.evaluation import load_questions, load_run
from qa_bot.evaluation.provenance import describe_run
from qa_bot.evaluation.questions import questions_digest
from qa_bot.evaluation.readme import BEGIN, END, ReadmeError, readme_block, replace_block, staleness

AGAIN = "Run `python benchmarks/evaluation.py` and commit what it writes."


@pytest.fixture(scope="module")
def saved():
    return load_run(REPOSITORY / "benchmarks" / "evaluation_run")


def test_the_saved_run_was_made_by_what_is_here(saved, seed_engine):
    stale = staleness(saved.header, describe_run(seed_engine, load_questions()))
    assert stale == [], f"The saved evaluation differs in: {', '.join(stale)}. {AGAIN}"


def test_the_saved_rows_are_the_shipped_questions(saved):
    assert [row["id"] for row in saved.rows] == [question.id for question in load_questions()]
    assert saved.header["questions"]["digest"] == questions_digest(load_questions()), AGAIN


def test_the_readme_shows_the_figures_of_the_saved_run(saved):
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert readme_block(saved.figures()) in readme, AGAIN


def test_a_saved_run_is_small_and_holds_no_path():
    folder = REPOSITORY / "benchmarks" / "evaluation_run"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 400_000
    assert not any(
        word in path.read_text(encoding="utf-8") for path in folder.iterdir() for word in ("/tmp", "/home", "/root", "/work")
    )


def test_only_the_text_between_the_marks_changes(saved):
    block = readme_block(saved.figures())
    readme = f"# Title\n\n{BEGIN}\nold | 3\n{END}\n\nThe end.\n"
    assert replace_block(readme, block) == f"# Title\n\n{block}\n\nThe end.\n"
    assert replace_block(replace_block(readme, block), block) == replace_block(readme, block)
    with pytest.raises(ReadmeError, match="Put both lines"):
        replace_block("# Title\n", block)
