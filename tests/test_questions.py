"""The shipped question set is what it says: gold points stand in the abstracts, titles exist, kinds and halves are balanced."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from qa_bot.evaluation.names import resolve_papers
from qa_bot.evaluation.questions import (
    KINDS,
    Question,
    QuestionError,
    load_questions,
    questions_digest,
    shipped_questions,
    split_of,
)
from qa_bot.evaluation.wording import contains_phrase, content_tokens

# Points of these kinds are names, years and counts, which stand in the bibliography and not in an abstract.
BIBLIOGRAPHIC = {"metadata", "list"}


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return load_questions()


@pytest.fixture(scope="module")
def papers(seed_data_dir):
    from qa_bot.config import Settings
    from qa_bot.embedding import open_embedding
    from qa_bot.ingest import fingerprint_of
    from qa_bot.store import PaperStore

    store = PaperStore(seed_data_dir, fingerprint_of(open_embedding(Settings(_env_file=None))))
    yield store.truth.papers()
    store.close()


@pytest.fixture(scope="module")
def named(questions, papers) -> dict[str, list]:
    by_id = {paper.paper_id: paper for paper in papers}
    return {key: [by_id[paper_id] for paper_id in ids] for key, ids in resolve_papers(questions, papers).items()}


def test_it_is_large_and_diverse_enough(questions):
    counts = Counter(question.kind for question in questions)
    assert len(questions) >= 170
    assert set(counts) == set(KINDS)
    least = {
        "fact": 55,
        "paraphrase": 30,
        "multi": 15,
        "list": 15,
        "metadata": 15,
        "unanswerable": 30,
        "false_premise": 8,
        "follow_up": 15,
    }
    assert all(counts[kind] >= number for kind, number in least.items()), counts
    assert len({q.question for q in questions if not q.history}) == sum(not q.history for q in questions)


def test_it_asks_about_every_paper(questions, papers, named):
    asked = {paper.paper_id for group in named.values() for paper in group}
    assert [paper.title for paper in papers if paper.paper_id not in asked] == []


def test_every_gold_point_of_an_answerable_question_stands_in_an_abstract_that_it_names(questions, named):
    missing = []
    for question in questions:
        if not question.answerable or question.kind in BIBLIOGRAPHIC:
            continue
        for point in question.points:
            bibliography = [fact for paper in named[question.id] for fact in (*paper.authors, str(paper.year))]
            texts = [version.abstract for paper in named[question.id] for version in paper.versions]
            if not any(contains_phrase(text, point) for text in texts + (bibliography if question.kind == "follow_up" else [])):
                missing.append((question.id, point))
    assert missing == []


def test_every_point_of_a_metadata_question_is_in_the_bibliography(questions, named, papers):
    for question in questions:
        if question.kind == "metadata":
            known = {name for paper in named[question.id] for name in paper.authors}
            known |= {str(paper.year) for paper in named[question.id]} | {str(len(named[question.id])), str(len(papers))}
            assert set(question.points) <= known, question.id


def test_half_of_the_unanswerable_are_near_misses_and_the_rest_name_no_paper(questions):
    unanswerable = [question for question in questions if not question.answerable]
    near = [question for question in unanswerable if question.papers]
    assert len(near) == len(unanswerable) - len(near) >= 15
    assert not any(question.points for question in unanswerable)


def test_paraphrases_share_few_words_with_the_abstract(questions, named):
    def overlap(question: Question) -> float:
        asked = set(content_tokens(question.question))
        return max(len(asked & set(content_tokens(f"{p.title} {p.abstract}"))) / len(asked) for p in named[question.id])

    mean = {kind: [overlap(q) for q in questions if q.kind == kind] for kind in ("fact", "paraphrase")}
    assert max(mean["paraphrase"]) <= 0.7 and sum(mean["paraphrase"]) / len(mean["paraphrase"]) < 0.3
    assert sum(mean["fact"]) / len(mean["fact"]) > 0.6


def test_all_seed_files_and_both_versions_of_an_abstract_are_asked_about(questions, named):
    files = {origin.file for group in named.values() for paper in group for origin in paper.origins}
    assert len(files) == 5
    points = {point for question in questions for point in question.points}
    assert {"66.4%", "67.4%", "46.2%"} <= points, "BootsTAP and the Perception Test report other figures in other versions"


def test_the_split_is_the_rule_and_halves_every_kind(questions):
    assert all(question.split == split_of(question.id) for question in questions)
    for kind in KINDS:
        dev = sum(q.split == "dev" for q in questions if q.kind == kind)
        assert 0.35 <= dev / sum(q.kind == kind for q in questions) <= 0.65, kind
    assert len(load_questions(split="dev")) + len(load_questions(split="test")) == len(questions)


def test_follow_ups_have_a_history_that_ends_with_an_answer(questions):
    for question in questions:
        assert bool(question.history) is (question.kind == "follow_up"), question.id
        if question.history:
            assert [role for role, _ in question.history] == ["user", "assistant"] * (len(question.history) // 2)


def test_the_file_is_the_contract_s_form():
    for line in shipped_questions().read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert {"id", "question", "papers", "answer", "answerable", "kind"} <= set(row)


def write(tmp_path, text, name="mine.jsonl"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_minimal_question_gets_defaults(tmp_path):
    path = write(
        tmp_path, '\n{"question": "What is SigLIP?", "papers": ["Sigmoid Loss"]}\n\n{"question": "Moon?", "answerable": false}\n'
    )
    first, second = load_questions(path)
    assert (first.id, first.kind, first.answerable, first.line) == ("line-2", "fact", True, 2)
    assert (second.kind, second.answerable, second.papers) == ("unanswerable", False, ())


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes('\ufeff{"question": "Q?", "papers": ["A"]}\r\n'.encode())
    assert load_questions(path)[0].question == "Q?"


def test_csv_is_read_with_quotes_lists_and_history(tmp_path):
    path = write(
        tmp_path,
        "id,question,papers,answer,answerable,kind,history\n"
        'a,"Which, and how?",Paper One | Paper Two,"[""x, y"", ""z""]",yes,multi,\n'
        'b,"And\nthen?",Paper One,z,true,follow_up,What is it? | It is z [1].\n'
        "c,Moon?,,,no,,\n",
        "mine.csv",
    )
    a, b, c = load_questions(path)
    assert (a.papers, a.points, a.question) == (("Paper One", "Paper Two"), ("x, y", "z"), "Which, and how?")
    assert b.history == (("user", "What is it?"), ("assistant", "It is z [1].")) and b.question == "And\nthen?"
    assert (c.answerable, c.kind) == (False, "unanswerable")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ('{"question": "Q?", "papers": ["A"]}\n{"question": \n', "q.jsonl", "line 2: not valid JSON"),
        ("[1, 2]\n", "q.jsonl", "line 1: not a JSON object"),
        ('{"papers": ["A"]}\n', "q.jsonl", 'line 1: "question" is missing'),
        ('{"question": "Q?"}\n', "q.jsonl", "an answerable question needs"),
        ('{"question": "Q?", "papers": "A", "answers": ["x"]}\n', "q.jsonl", "unknown field answers"),
        ('{"question": "Q?", "papers": [3]}\n', "q.jsonl", '"papers" must be a list of non-empty texts'),
        ('{"question": "Q?", "papers": ["A"], "answerable": "maybe"}\n', "q.jsonl", '"answerable" must be true or false'),
        ('{"question": "Q?", "answer": ["x"], "answerable": false}\n', "q.jsonl", "cannot have"),
        ('{"question": "Q?", "papers": ["A"], "history": [["bot", "hi"]]}\n', "q.jsonl", '"history" must be'),
        ('{"question": "Q?", "papers": ["A"], "split": "train"}\n', "q.jsonl", '"split" must be dev or test'),
        (
            '{"id": "a", "question": "Q?", "papers": ["A"]}\n{"id": "a", "question": "R?", "papers": ["A"]}\n',
            "q.jsonl",
            "line 2: the id 'a' was used before, on line 1",
        ),
        ("", "q.jsonl", "holds no questions"),
        ("frage,antwort\nx,y\n", "q.csv", 'line 1: the header row names no column "question"'),
        ("question,papers\nQ?,A,B\n", "q.csv", "line 2: has more cells than the header"),
        ('question,answer\nQ?,"[x"\n', "q.csv", 'line 2: the cell "answer" starts like JSON'),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, name, said):
    with pytest.raises(QuestionError) as caught:
        load_questions(write(tmp_path, text, name))
    assert said in str(caught.value)


def test_all_faulty_lines_are_reported_at_once(tmp_path):
    with pytest.raises(QuestionError, match=r"2 faulty lines: line 1: .*line 3: "):
        load_questions(write(tmp_path, '{"question": ""}\n{"question": "Q?", "papers": ["A"]}\n{\n'))


def test_a_missing_file_and_a_binary_file(tmp_path):
    with pytest.raises(QuestionError, match="There is no question set"):
        load_questions(tmp_path / "none.jsonl")
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(QuestionError, match="UTF-8"):
        load_questions(tmp_path / "b.jsonl")


def test_an_empty_split_is_refused(tmp_path):
    path = write(tmp_path, '{"question": "Q?", "papers": ["A"], "split": "dev"}\n')
    with pytest.raises(QuestionError, match="no question in the split"):
        load_questions(path, split="test")


def test_the_digest_ignores_order_and_layout_and_sees_content(tmp_path):
    a = '{"id": "a", "question": "Q?", "papers": ["A"]}'
    b = '{"id": "b", "question": "R?", "papers": ["A"]}'
    one, two = (
        load_questions(write(tmp_path, f"{a}\n{b}\n", "1.jsonl")),
        load_questions(write(tmp_path, f"\n{b}\n{a}\n", "2.jsonl")),
    )
    assert questions_digest(one) == questions_digest(two)
    assert questions_digest(one) != questions_digest(one[:1])


def test_papers_are_found_by_title_alias_and_id_and_a_slip_of_the_pen():
    from scripted_engine import make_paper

    bit = make_paper(
        "p1",
        "Big Transfer (BiT): General Visual Representation Learning",
        "...",
        aliases=("Large Scale Learning",),
        arxiv_id="1912.11370",
    )
    vit = make_paper("p2", "Scaling Vision Transformers", "...", doi="10.1/x")

    def resolve(*names: str):
        return resolve_papers([Question("q", "Q?", papers=names, line=7)], [bit, vit])["q"]

    assert resolve("big transfer BiT general visual representation learning") == {"p1"}
    assert resolve("Large-Scale Learning", "p2") == {"p1", "p2"}
    assert resolve("1912.11370") == resolve("arXiv:1912.11370") == {"p1"} and resolve("10.1/X") == {"p2"}
    assert resolve("Scaling Vision Transfomers") == {"p2"}
    with pytest.raises(
        QuestionError, match=r"line 7: no paper of the collection is called 'Scaling Language Models' \(the nearest title is"
    ):
        resolve("Scaling Language Models")
