"""The command line as a person runs it: every command and option, exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest
from answer_contract import check_dict
from command_line import check_refused, json_of, run
from conftest import REPOSITORY, SEEDS
from fake_llm_server import FakeLLMServer, answer

from qa_bot import __version__

PALIGEMMA = "PaliGemma: A versatile 3B VLM for transfer"
QUESTION = "Which encoder does PaliGemma use?"
COMMANDS = {"chat", "ingest", "ask", "search", "papers", "eval", "reindex", "doctor"}


# ask


def test_ask_answers_with_a_list_of_what_is_cited(seed_data_dir, tmp_path):
    done = run("ask", QUESTION, folder=tmp_path, QA_BOT_DATA_DIR=str(seed_data_dir))
    assert done.returncode == 0 and done.stderr == ""
    assert (
        "SigLIP-So400m" in done.stdout and f"[1] {PALIGEMMA}" in done.stdout and "https://arxiv.org/abs/2407.07726" in done.stdout
    )
    assert "extractive" in done.stdout and "answered" in done.stdout


def test_ask_json_is_one_object_of_the_contract(call):
    found = json_of(call("ask", QUESTION, "--json"))
    check_dict(found)
    assert (found["question"], found["status"], found["mode"]) == (QUESTION, "answered", "extractive")
    assert [source["title"] for source in found["sources"] if source["cited"]] == [PALIGEMMA]


def test_declining_is_a_success_and_says_what_is_nearest(call):
    done = call("ask", "What is the boiling point of mercury?")
    assert done.returncode == 0 and "declined" in done.stdout and "nearest" in done.stdout
    assert json_of(call("ask", "What is the boiling point of mercury?", "--json"))["status"] == "declined"
    assert json_of(call("ask", "", "--json"))["status"] == "declined"


@pytest.mark.parametrize(
    "turns",
    [
        [["user", QUESTION], ["assistant", "PaliGemma uses SigLIP-So400m [1]."]],
        [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "PaliGemma uses SigLIP-So400m [1]."}],
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": "x"}}]},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "assistant", "content": "PaliGemma uses SigLIP-So400m [1]."},
        ],
    ],
)
def test_history_is_read_from_a_file(call, tmp_path, turns):
    (tmp_path / "turns.json").write_text(json.dumps(turns), encoding="utf-8")
    found = json_of(call("ask", "And which language model does it use?", "--history", "turns.json", "--json"))
    assert "PaliGemma" in found["standalone_question"] and "Gemma-2B" in found["text"]
    shown = call("ask", "And which language model does it use?", "--history", "turns.json")
    assert "understood as" in shown.stdout and shown.returncode == 0


@pytest.mark.parametrize(
    "content", ["{not json", '{"a": 1}', "[[1]]", '"text"', "[5]", "null", '[["user"]]', '[{"role": "user"}]', '[["user", 3]]', '[["narrator", "a"]]', '[{"role": "user", "content": [1]}]']
)
def test_a_bad_history_is_refused_with_what_it_should_be(call, tmp_path, content):
    (tmp_path / "turns.json").write_text(content, encoding="utf-8")
    check_refused(call("ask", QUESTION, "--history", "turns.json"), "turns.json", '["user"')


def test_a_history_that_is_not_there_is_named(call):
    check_refused(call("ask", QUESTION, "--history", "nowhere.json"), "nowhere.json")


def test_ask_with_and_without_the_llm(call):
    with FakeLLMServer(answer("STATUS: answered\nPaliGemma is based on the SigLIP-So400m vision encoder [1].")) as server:
        llm = {"QA_BOT_LLM_BASE_URL": server.url, "QA_BOT_LLM_MODEL": "test-model", "QA_BOT_LLM_API_KEY": "sk-secret-1"}
        written = json_of(call("ask", QUESTION, "--json", **llm))
        assert (written["mode"], written["model"]) == ("llm", "test-model") and len(server.chats) == 1
        extracted = json_of(call("ask", QUESTION, "--json", "--no-llm", **llm))
        assert extracted["mode"] == "extractive" and extracted["problems"] == [] and len(server.chats) == 1
        shown = call("ask", QUESTION, **llm)
        assert "LLM test-model" in shown.stdout and "sk-secret-1" not in shown.stdout + shown.stderr


def test_a_failing_llm_is_told_on_stdout_and_still_a_success(call):
    with FakeLLMServer(key="sk-right") as server:
        done = call("ask", QUESTION, QA_BOT_LLM_BASE_URL=server.url, QA_BOT_LLM_MODEL="m", QA_BOT_LLM_API_KEY="sk-wrong-9")
    assert done.returncode == 0 and PALIGEMMA in done.stdout
    assert "QA_BOT_LLM_API_KEY" in done.stdout and "sk-wrong-9" not in done.stdout + done.stderr


def test_settings_come_from_a_dotenv_file_too(call, tmp_path):
    with FakeLLMServer(answer("STATUS: answered\nPaliGemma is based on the SigLIP-So400m vision encoder [1].")) as server:
        (tmp_path / ".env").write_text(f"QA_BOT_LLM_BASE_URL={server.url}\nQA_BOT_LLM_MODEL=\n", encoding="utf-8")
        assert json_of(call("ask", QUESTION, "--json"))["model"] == "test-model"


def test_a_question_of_bytes_that_are_no_text_is_answered(seed_data_dir, tmp_path):
    done = subprocess.run(
        [sys.executable.encode(), b"-m", b"qa_bot", b"ask", b"Which encoder \xff\xfe does PaliGemma use?", b"--json"],
        cwd=tmp_path,
        env=os.environ | {"QA_BOT_DATA_DIR": str(seed_data_dir)},
        capture_output=True,
    )
    assert done.returncode == 0 and PALIGEMMA in done.stdout.decode(), done.stderr.decode()


def test_a_terminal_without_unicode_gets_an_answer_too(seed_data_dir, tmp_path):
    ascii_only = {"QA_BOT_DATA_DIR": str(seed_data_dir), "PYTHONIOENCODING": "ascii"}
    done = run("papers", folder=tmp_path, **ascii_only)
    assert done.returncode == 0 and len(done.stdout.strip().splitlines()) == 82 and done.stderr == ""
    assert len(json_of(run("papers", "--json", folder=tmp_path, **ascii_only))) == 82


# search and papers


def test_search_json_ranks_papers(call):
    rows = json_of(call("search", "race cars", "--json", "-k", "4"))
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert all(row.keys() >= {"rank", "paper_id", "record_ids", "title", "score", "text"} for row in rows)
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert all(isinstance(row["record_ids"], list) and len(row["text"]) > 100 for row in rows)
    assert len({row["paper_id"] for row in rows}) == 4 and "race" in rows[0]["text"].lower()


def test_search_prints_a_line_a_paper(call):
    done = call("search", "race cars", "--limit", "3")
    assert done.returncode == 0 and len(done.stdout.strip().splitlines()) == 3
    assert json_of(call("search", "", "--json")) == []
    assert len(json_of(call("search", "vision", "--json"))) == 10
    assert len(json_of(call("search", "vision", "--json", "-k", "1000"))) == 82


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        (["--author", "Hénaff"], lambda row: any("naff" in name for name in row["authors"])),
        (["--author", "henaff"], lambda row: any("naff" in name for name in row["authors"])),
        (["--year-from", "2024"], lambda row: row["year"] >= 2024),
        (["--year-from", "2018", "--year-to", "2019"], lambda row: 2018 <= row["year"] <= 2019),
        (["--category", "RO"], lambda row: "RO" in row["categories"]),
        (["--file", "003_79c0db7fce49acfe.txt"], lambda row: any(origin["file"].startswith("003") for origin in row["origins"])),
        (["--file", "003_79c0db7fce49acfe"], lambda row: any(origin["file"].startswith("003") for origin in row["origins"])),
        (["--author", "Beyer", "--year-to", "2016"], lambda row: row["year"] <= 2016 and "Lucas Beyer" in row["authors"]),
    ],
)
def test_filters_narrow_a_search_to_all_that_match_and_no_others(call, listed, options, holds):
    rows = json_of(call("search", "vision", "--json", "-k", "1000", *options))
    expected = {row["paper_id"] for row in listed if holds(row)}
    assert {row["paper_id"] for row in rows} == expected and expected


def test_filters_narrow_an_answer(call):
    found = json_of(call("ask", "How are people detected?", "--json", "--year-to", "2018"))
    assert found["sources"] and all(source["year"] <= 2018 for source in found["sources"])
    nothing = json_of(call("ask", QUESTION, "--json", "--author", "Nobody Atall"))
    assert nothing["status"] == "declined" and nothing["sources"] == [] and nothing["reason"]
    assert json_of(call("search", "vision", "--json", "--year-from", "2030")) == []


@pytest.fixture(scope="module")
def listed(seed_data_dir):
    return json_of(run("papers", "--json", QA_BOT_DATA_DIR=str(seed_data_dir)))


def test_papers_are_the_82_of_the_catalogue(listed):
    titles = [json.loads(line)["title"] for line in (SEEDS / "catalogue.jsonl").read_text("utf-8").splitlines()]
    assert len(listed) == len(titles) == 82 and sorted(row["title"] for row in listed) == sorted(titles)
    assert not any(row["title_is_stand_in"] for row in listed)
    assert all(row.keys() >= {"paper_id", "title", "authors", "year", "url", "versions", "origins"} for row in listed)
    assert len({row["paper_id"] for row in listed}) == 82


def test_each_of_the_96_records_is_in_exactly_one_paper(listed):
    origins = [(origin["file"], origin["ordinal"]) for row in listed for origin in row["origins"]]
    assert all(origin.keys() == {"file", "ordinal", "record_id"} for row in listed for origin in row["origins"])
    assert len(origins) == len(set(origins)) == 96
    counts = dict.fromkeys(sorted(path.name for path in SEEDS.glob("*.txt")), 0)
    for file, _ in origins:
        counts[file] += 1
    assert list(counts.values()) == [22, 10, 45, 9, 10]
    assert all(sorted(o for f, o in origins if f == file) == list(range(1, count + 1)) for file, count in counts.items())


def test_versions_are_kept_the_newest_first(listed):
    by_title = {row["title"].split(":")[0]: row for row in listed}
    newest, earlier = (version["abstract"] for version in by_title["BootsTAP"]["versions"])
    assert "67.4%" in newest and "66.4%" in earlier
    assert len(by_title["Perception Test"]["versions"]) == 2
    assert sum(len(row["versions"]) for row in listed) < 96 <= sum(len(v["origins"]) for row in listed for v in row["versions"])


def test_papers_that_look_alike_stay_apart(listed):
    titles = [row["title"] for row in listed]
    for names in (
        ["PaliGemma:", "PaliGemma 2:"],
        ["PaLI:", "PaLI-X:", "PaLI-3"],
        ["Sideways:", "Gradient Forward-Propagation"],
        ["Sigmoid Loss", "SigLIP 2"],
    ):
        assert all(sum(title.startswith(name) for title in titles) == 1 for name in names), names


def test_papers_prints_a_line_a_paper(call):
    done = call("papers")
    lines = done.stdout.strip().splitlines()
    assert done.returncode == 0 and len(lines) == 82 and any(PALIGEMMA in line and "Lucas Beyer" in line for line in lines)
    dates = [line.split()[0] for line in lines]
    assert dates == sorted(dates, reverse=True), "newest first"


# ingest and reindex


RECORDS = [
    {
        "id": "a1",
        "title": "Tea leaves in water",
        "abstract": "We study how tea leaves steep in hot water. Black tea needs 4.5 minutes.",
    },
    {
        "id": "a2",
        "title": "Cups of clay",
        "abstract": "Clay cups keep their heat for 31 minutes in our tests. Glass cups lose it in nine.",
    },
]


def write_records(path: Path, *extra: str) -> Path:
    path.write_text("\n".join([*(json.dumps(record) for record in RECORDS), *extra]) + "\n", encoding="utf-8")
    return path


def test_one_s_own_papers_are_ingested_asked_and_searched(call, tmp_path):
    write_records(tmp_path / "mine.jsonl")
    here = {"QA_BOT_DATA_DIR": str(tmp_path / "own")}
    report = json_of(call("ingest", "mine.jsonl", "--json", **here))
    assert (report["papers"], report["records"], report["added"], report["skipped"]) == (2, 2, 2, [])
    again = call("ingest", "mine.jsonl", **here)
    assert again.returncode == 0 and "2 papers" in again.stdout and "1 of 1 files unchanged" in again.stdout
    rows = json_of(call("search", "how long does tea steep", "--json", **here))
    assert rows[0]["record_ids"] == ["a1"] and rows[0]["title"] == "Tea leaves in water"
    found = json_of(call("ask", "How long does black tea need?", "--json", **here))
    assert "4.5 minutes" in found["text"] and found["sources"][0]["title"] == "Tea leaves in water"
    assert [row["origins"][0]["record_id"] for row in json_of(call("papers", "--json", **here))] == ["a1", "a2"]
    reindexed = call("reindex", **here)
    assert reindexed.returncode == 0 and "2 papers" in reindexed.stdout
    assert json_of(call("search", "clay cups", "--json", **here))[0]["record_ids"] == ["a2"]


def test_columns_of_a_table_can_be_named(call, tmp_path):
    table = "Kennung;Titel;Zusammenfassung\nz1;Tee im Wasser;Schwarzer Tee zieht 4,5 Minuten in heißem Wasser.\n"
    (tmp_path / "tee.csv").write_text(table, encoding="utf-8")
    own = {"QA_BOT_DATA_DIR": str(tmp_path / "own")}
    columns = ["--column", "abstract=Zusammenfassung", "--column", "title=Titel"]
    assert json_of(call("ingest", "tee.csv", *columns, "--json", **own))["papers"] == 1
    assert json_of(call("papers", "--json", **own))[0]["title"] == "Tee im Wasser"
    wrong = call("ingest", "tee.csv", "--column", "Zusammenfassung", **own)
    assert wrong.returncode == 2 and "FIELD=NAME" in wrong.stderr


def test_progress_goes_to_stderr_and_the_report_to_stdout(call, tmp_path):
    write_records(tmp_path / "mine.jsonl", '{"id": "a3", "title": "Nothing in it", "abstract": ""}', "{broken")
    done = call("ingest", tmp_path / "mine.jsonl", QA_BOT_DATA_DIR=str(tmp_path / "own"))
    assert done.returncode == 0 and "reading records" in done.stderr and "embedding papers, 2 of 2" in done.stderr
    assert "embedding papers (" not in done.stdout and "2 records skipped" in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("skipped: mine.jsonl, record ")] != []


def test_searching_an_empty_collection_takes_in_the_samples_first(call, tmp_path):
    done = call("search", "PaliGemma", "--json", QA_BOT_DATA_DIR=str(tmp_path / "new"))
    assert "embedding" in done.stderr and json_of(done)[0]["title"].startswith("PaliGemma")


# eval


QUESTIONS = [
    {"id": "q1", "question": QUESTION, "papers": [PALIGEMMA], "answer": ["SigLIP-So400m"], "answerable": True, "kind": "fact"},
    {
        "id": "q2",
        "question": "What is the boiling point of mercury?",
        "papers": [],
        "answer": [],
        "answerable": False,
        "kind": "unanswerable",
    },
    {
        "id": "q3",
        "question": "And which language model does it use?",
        "papers": [PALIGEMMA],
        "answer": ["Gemma-2B"],
        "answerable": True,
        "kind": "follow_up",
        "history": [["user", QUESTION], ["assistant", "It uses SigLIP-So400m [1]."]],
    },
]


def test_eval_json_measures_one_s_own_questions(call, tmp_path):
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(question) for question in QUESTIONS), encoding="utf-8")
    done = call("eval", "--questions", "q.jsonl", "--json", "--run", tmp_path / "run", "--report", tmp_path / "report")
    whole = json_of(done)
    assert whole.keys() >= {"n", "retrieval", "answers", "abstention", "questions"} and whole["n"] == 3
    assert whole["answers"]["point_recall"] == 1.0 and whole["retrieval"]["hit@5"] == 1.0
    assert [row["id"] for row in whole["questions"]] == ["q1", "q2", "q3"]
    assert (tmp_path / "report" / "report.html").is_file() and str(tmp_path / "run") in done.stderr


def test_eval_exits_with_1_when_a_figure_is_too_low(call, tmp_path):
    (tmp_path / "q.jsonl").write_text(json.dumps(QUESTIONS[0] | {"answer": ["a ResNet of the year 1850"]}), encoding="utf-8")
    gates = ["--fail-under", "retrieval.hit@5=0.9", "--fail-under", "answers.point_recall=0.9"]
    done = call("eval", "--questions", "q.jsonl", "--run", tmp_path / "run", *gates)
    assert done.returncode == 1 and "point_recall" in done.stderr and "hit@5" not in done.stderr and "hit@5" in done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{broken", "q.jsonl"),
        ('{"id": "a"}', "q.jsonl"),
        ("", "q.jsonl"),
        ('{"question": "What?", "papers": ["No such paper"]}', "No such paper"),
    ],
)
def test_eval_refuses_a_bad_question_set(call, tmp_path, content, words):
    (tmp_path / "q.jsonl").write_text(content, encoding="utf-8")
    check_refused(call("eval", "--questions", "q.jsonl", "--run", tmp_path / "run"), words)


# doctor, help, version


def test_doctor_finds_nothing_wrong_and_says_that_nothing_is_contacted(call):
    checks = {check["name"]: check for check in json_of(call("doctor", "--json"))}
    assert all(check["is_fine"] for check in checks.values())
    assert "82 papers" in checks["collection"]["finding"] and "nothing is contacted" in checks["network"]["finding"]
    done = call("doctor")
    assert done.returncode == 0 and "FAIL" not in done.stdout and "82 papers" in done.stdout


def test_doctor_tries_the_llm_and_fails_with_the_reason(call):
    with FakeLLMServer(answer("ready"), key="sk-right-1") as server:
        llm = {"QA_BOT_LLM_BASE_URL": server.url}
        good = call("doctor", **llm, QA_BOT_LLM_API_KEY="sk-right-1")
        assert good.returncode == 0 and "test-model" in good.stdout and f"127.0.0.1:{server.port}" in good.stdout
        bad = call("doctor", **llm, QA_BOT_LLM_API_KEY="sk-wrong-1")
    assert bad.returncode == 1 and "FAIL  llm" in bad.stdout and "QA_BOT_LLM_API_KEY" in bad.stdout
    assert "sk-right-1" not in good.stdout + good.stderr and "sk-wrong-1" not in bad.stdout + bad.stderr


def test_doctor_on_an_empty_collection_takes_nothing_in(call, tmp_path):
    done = call("doctor", QA_BOT_DATA_DIR=str(tmp_path / "new"))
    assert done.returncode == 0 and "empty" in done.stdout
    assert "empty" in call("doctor", QA_BOT_DATA_DIR=str(tmp_path / "new")).stdout


def test_help_lists_every_command_and_stays_light():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert COMMANDS <= set(re.findall(r"^\s+(\w+)  ", done.stdout, re.MULTILINE))
    program = """
        import sys
        from qa_bot.cli import main
        sys.argv = ["qa-bot", "--help"]
        try:
            main()
        finally:
            heavy = "chromadb gradio llama_index openai onnxruntime tantivy numpy".split()
            print("heavy:", [name for name in heavy if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert done.returncode == 0 and "heavy: []" in done.stdout


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("chat", ["--host", "--port", "--no-browser"]),
        ("ingest", ["--json", "--column", "PATH"]),
        ("ask", ["--json", "--no-llm", "--history", "--author", "--year-from", "--year-to", "--category", "--file", "QUESTION"]),
        ("search", ["--json", "-k", "--author", "--year-from", "QUERY"]),
        ("papers", ["--json"]),
        ("eval", ["--questions", "--json", "--report"]),
        ("reindex", []),
        ("doctor", ["--json"]),
    ],
)
def test_each_command_explains_its_options(call, command, options):
    done = call(command, "--help")
    assert done.returncode == 0 and all(option.lower() in done.stdout.lower() for option in options)


def test_version_is_the_package_s():
    done = run("--version")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, __version__, "")
    assert f'version = "{__version__}"' in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")


# Wrong usage and errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["search"],
        ["nonsense"],
        ["ask", "a", "b"],
        ["ask", "a", "--colour"],
        ["search", "a", "-k", "0"],
        ["search", "a", "-k", "x"],
        ["chat", "--port", "99999"],
        ["--port", "x"],
        ["papers", "--history", "x"],
        ["ask", "a", "--history"],
    ],
)
def test_wrong_usage_is_2_and_goes_to_stderr(call, arguments, tmp_path):
    done = call(*arguments, QA_BOT_DATA_DIR=str(tmp_path / "own"))
    assert done.returncode == 2 and done.stdout == "" and done.stderr.strip() and "Traceback" not in done.stderr
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("command", [["ask", QUESTION], ["papers"], ["ingest"], ["search", "x"], ["reindex"]])
def test_a_data_folder_that_cannot_be_written_is_told(call, tmp_path, command):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    check_refused(call(*command, QA_BOT_DATA_DIR=str(tmp_path / "file" / "data")), "QA_BOT_DATA_DIR")


def test_a_path_that_is_not_there_is_told(call, tmp_path):
    done = call("ingest", "nowhere.jsonl", QA_BOT_DATA_DIR=str(tmp_path / "own"))
    check_refused(done, "nowhere.jsonl", "Check the spelling")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QA_BOT_TOP_K", "many"),
        ("QA_BOT_TOP_K", "0"),
        ("QA_BOT_LEXICAL_WEIGHT", "2"),
        ("QA_BOT_LLM_CONTEXT_WINDOW", "12"),
        ("QA_BOT_LLM_TEMPERATURE", "warm"),
        ("QA_BOT_PROMPTS_DIR", "nowhere"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(call, name, value):
    check_refused(call("ask", QUESTION, **{name: value}), name)


def test_a_prompt_file_with_a_wrong_slot_is_named(call, tmp_path):
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "answer_user.md").write_text("{question} {sauces}", encoding="utf-8")
    check_refused(call("ask", QUESTION, QA_BOT_PROMPTS_DIR="prompts"), "answer_user.md", "{sauces}", "{sources}")


def test_a_broken_database_is_named(call, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "papers.sqlite3").write_bytes(b"not a database" * 100)
    check_refused(call("papers", QA_BOT_DATA_DIR=str(tmp_path / "own")), "papers.sqlite3", "qa-bot ingest")


def test_a_chroma_server_that_is_not_there_is_told(call, tmp_path):
    here = {"QA_BOT_DATA_DIR": str(tmp_path / "own"), "QA_BOT_CHROMA_URL": "http://127.0.0.1:9"}
    check_refused(call("ingest", write_records(tmp_path / "mine.jsonl"), **here), "QA_BOT_CHROMA_URL")


def test_an_embedding_endpoint_that_is_not_there_is_told(call, tmp_path):
    here = {"QA_BOT_DATA_DIR": str(tmp_path / "own")}
    embed = {"QA_BOT_EMBED_BASE_URL": "http://127.0.0.1:9/v1", "QA_BOT_EMBED_MODEL": "m"}
    check_refused(call("ingest", write_records(tmp_path / "mine.jsonl"), **here, **embed), "QA_BOT_EMBED_BASE_URL")


def test_an_index_of_another_model_is_refused_with_reindex(call):
    done = call("ask", QUESTION, QA_BOT_EMBED_BASE_URL="http://127.0.0.1:9/v1", QA_BOT_EMBED_MODEL="m")
    check_refused(done, "qa-bot reindex")


# The window


@pytest.mark.parametrize("command", [["chat"], []])
def test_a_taken_port_is_told(call, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        check_refused(call(*command, "--port", port, "--no-browser"), str(port), "--port")


def test_the_window_opens_and_stops_on_ctrl_c(seed_data_dir, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QA_BOT_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "--port", str(port), "--no-browser"],
        cwd=tmp_path,
        env=kept | {"QA_BOT_DATA_DIR": str(seed_data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline()
        assert f"http://127.0.0.1:{port}" in line, line + process.stderr.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
            assert "gradio" in page.read().decode().lower()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode in (0, 130) and out == "" and "Traceback" not in err
    finally:
        process.kill()
        process.communicate()


def test_papers_are_removed_merged_split_and_exported_from_the_command_line(call, tmp_path):
    same = '"title": "Proceedings of the Harbour Workshop", "authors": ["Ann Hill"]'
    (tmp_path / "one.jsonl").write_text(f'{{"id": "a", {same}, "abstract": "Harbours silt up when tides are weak and rivers carry much sand down."}}')
    (tmp_path / "two.jsonl").write_text(f'{{"id": "b", {same}, "abstract": "Cranes are scheduled by a solver that learns from the queue of ships."}}')
    own = {"QA_BOT_DATA_DIR": str(tmp_path / "own")}
    call("ingest", tmp_path / "one.jsonl", tmp_path / "two.jsonl", **own)
    rows = json.loads(call("merges", "--json", **own).stdout)
    assert [(row["file"], row["ordinal"], row["record_id"]) for row in rows] == [("two.jsonl", 1, "b")]
    assert "two.jsonl:1  same title" in call("merges", **own).stdout
    wrong = call("split", rows[0]["paper_id"], "two.jsonl", **own)
    assert wrong.returncode == 2 and "FILE:NUMBER" in wrong.stderr
    assert "is now 2 papers" in call("split", rows[0]["paper_id"], "two.jsonl:1", **own).stdout
    for name in ("all.jsonl", "all.bib", "all.ris"):
        done = call("export", tmp_path / name, **own)
        assert "2 papers written" in done.stderr and "solver that learns" in (tmp_path / name).read_text(), done.stderr
    assert len(call("export", "--format", "jsonl", **own).stdout.splitlines()) == 2
    assert call("export", "--format", "xlsx", **own).returncode == 2
    assert "1 split of" in call("split", rows[0]["paper_id"], "--undo", **own).stdout
    gone = call("remove", "--file", "two.jsonl", **own)
    assert "0 papers removed with 1 file, 1 left" in gone.stdout
    assert call("remove", "no-such-paper", **own).returncode == 1 and call("remove", **own).returncode == 2
    (tmp_path / "one.jsonl").unlink()
    assert "forgotten" in call("ingest", "--prune", tmp_path, **own).stdout


def test_ctrl_c_stops_an_ingest_cleanly_and_the_next_run_goes_on(call, tmp_path):
    records = [{"id": f"r{n}", "title": f"Census of harbour {n}", "abstract": f"We count the ships of harbour {n} at low tide. " * 12} for n in range(800)]
    (tmp_path / "many.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    environment = os.environ | {"QA_BOT_DATA_DIR": str(tmp_path / "own")}
    running = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "ingest", tmp_path / "many.jsonl"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    said = ""
    while "embedding papers" not in said:
        line = running.stderr.readline()
        assert line, said
        said += line
    running.send_signal(signal.SIGINT)
    out, rest = running.communicate(timeout=60)
    assert running.returncode == 130 and "goes on from there" in rest and "Traceback" not in said + rest and not out
    done = json.loads(call("ingest", tmp_path / "many.jsonl", "--json", QA_BOT_DATA_DIR=str(tmp_path / "own")).stdout)
    assert (done["papers"], done["unchanged_files"]) == (800, 1) and 0 < done["embedded"] < 800, "the first batch is kept"
