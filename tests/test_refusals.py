"""What is wrong around the program (settings, folders, disks, words of a command) is said in one line with the next step, and no traceback."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from command_line import check_refused, run
from conftest import SEEDS

from qa_bot.amending import AmendError, rejoin
from qa_bot.cli import app, asking, keeping
from qa_bot.config import ConfigError, Settings, load_settings
from qa_bot.store.connection import Connection, StoreError
from qa_bot.store.tables import Tables
from qa_bot.store.terms import TermIndex

COMMANDS = [["ask", "What is PaliGemma?"], ["papers"], ["search", "vision"], ["export"], ["ingest"], ["reindex"], ["remove", "a"], ["split", "a", "b:1"]]


def folder_with(path: Path, name: str) -> Path:
    """A data folder in which a folder stands where a file must be made: nobody, root included, can write that file."""
    (path / name).mkdir(parents=True)
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("name", ["lock", "papers.sqlite3"])
def test_a_data_folder_that_cannot_be_written_to(call, tmp_path, command, name):
    folder = folder_with(tmp_path / "own", name)
    check_refused(call(*command, QA_BOT_DATA_DIR=str(folder)), str(folder), "Set QA_BOT_DATA_DIR to a folder that you can write to")


@pytest.mark.parametrize("command", [["ingest"], ["reindex"], ["remove", "a"]], ids=lambda command: command[0])
def test_a_data_folder_that_no_writer_can_lock(call, tmp_path, command):
    folder = folder_with(tmp_path / "own", "writing")
    check_refused(call(*command, QA_BOT_DATA_DIR=str(folder)), str(folder), "Set QA_BOT_DATA_DIR")


@pytest.mark.parametrize("command", [*COMMANDS, ["eval"]], ids=lambda command: command[0])
def test_a_data_folder_that_is_a_file(call, tmp_path, command):
    (tmp_path / "own").write_text("no folder")
    check_refused(call(*command, QA_BOT_DATA_DIR=str(tmp_path / "own")), "Set QA_BOT_DATA_DIR")


def test_standard_input_that_cannot_be_kept(tmp_path):
    (tmp_path / "own").write_text("no folder")
    check_refused(run("ingest", "-", folder=tmp_path, QA_BOT_DATA_DIR=str(tmp_path / "own")), "Set QA_BOT_DATA_DIR")


@pytest.mark.parametrize("name", ["lock", "papers.sqlite3"])
def test_the_doctor_says_so_too(call, tmp_path, name):
    done = call("doctor", QA_BOT_DATA_DIR=str(folder_with(tmp_path / "own", name)))
    assert done.returncode == 1 and "FAIL  collection: Cannot write to" in done.stdout and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["ask", "What?"], ["ingest"], ["reindex"], ["snapshot", "copy"]], ids=lambda command: command[0])
def test_data_of_an_earlier_version(call, tmp_path, command):
    (tmp_path / "own").mkdir()
    with closing(sqlite3.connect(tmp_path / "own" / "papers.sqlite3")) as db:
        db.executescript("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL); INSERT INTO meta VALUES ('schema', '1');")
    done = call(*command, QA_BOT_DATA_DIR=str(tmp_path / "own"))
    check_refused(done, "written by another version of qa_bot (schema 1,", "Set QA_BOT_DATA_DIR to a new folder and run `qa-bot ingest` again")


def test_a_damaged_file(call, seed_data_dir, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(seed_data_dir, folder)
    file = folder / "papers.sqlite3"
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    file.write_bytes(whole[:16384] + b"\xa5" * 200_000 + whole[216_384:])
    check_refused(call("ask", "What is PaliGemma?", QA_BOT_DATA_DIR=str(folder)), str(file), "Move it away and run `qa-bot ingest` again")
    done = call("doctor", QA_BOT_DATA_DIR=str(folder))
    assert done.returncode == 1 and "FAIL  collection" in done.stdout and "Traceback" not in done.stderr


def test_a_file_that_fails_on_a_later_row(tmp_path):
    file = tmp_path / "a.sqlite3"
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE many (words TEXT)")
        db.executemany("INSERT INTO many VALUES (?)", [("x" * 1000,)] * 1000)
        db.commit()
    whole = file.read_bytes()
    file.write_bytes(whole[:500_000] + b"\xa5" * 100_000 + whole[600_000:])
    with closing(Connection.to(file)) as db:
        rows = iter(db.execute("SELECT words FROM many"))
        assert next(rows) == ("x" * 1000,)
        for read in (lambda: list(rows), db.execute("SELECT words FROM many").fetchall):
            with pytest.raises(StoreError, match="Move it away and run `qa-bot ingest` again"):
                read()


def test_a_full_disk_takes_nothing_back_and_leaves_nothing_half_done(tmp_path):
    with closing(Tables(tmp_path / "papers.sqlite3")) as tables:
        tables.set_meta("kept", "yes")
        with closing(Connection.to(tables.path)) as other:
            (pages,) = other.execute("PRAGMA page_count").fetchone()
        tables._db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="disk is full.*goes on from there"), tables.transaction():
            for number in range(1000):
                tables.set_meta(f"key {number}", "x" * 5000)
        tables._db.execute("PRAGMA max_page_count = 100000")
        assert tables.meta("kept") == "yes" and tables.meta("key 0") is None
        with tables.transaction():
            tables.set_meta("after", "yes")
        assert tables.meta("after") == "yes"


def test_a_mistake_of_the_program_is_not_taken_for_the_disk_s(tmp_path):
    with closing(Connection.to(tmp_path / "a.sqlite3")) as db:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            db.execute("SELECT * FROM nowhere")
        db.execute("CREATE TABLE one (number INTEGER PRIMARY KEY)")
        with pytest.raises(sqlite3.IntegrityError):
            db.executemany("INSERT INTO one VALUES (?)", [(1,), (1,)])


def test_a_term_index_that_cannot_be_written(tmp_path):
    index = TermIndex(tmp_path / "terms")
    with index._writing():  # a second writer is refused by tantivy as a full disk is
        with pytest.raises(StoreError, match="Cannot write to .*terms.*`qa-bot ingest` goes on from there"):
            index.update([("a#0.0", "A", "text")], [])
    index.update([("a#0.0", "A", "text")], [])
    assert index.count() == 1


@pytest.mark.parametrize("content", [b"\xff\xfeQ\x00A\x00", b"QA_BOT_TOP_K=3\nQA_BOT_LLM_MODEL=caf\xe9\n"], ids=["utf-16", "latin-1"])
def test_a_settings_file_that_is_no_utf8(call, tmp_path, content):
    (tmp_path / ".env").write_bytes(content)
    check_refused(call("papers"), str(tmp_path / ".env"), "UTF-8")
    with pytest.raises(ConfigError):
        load_settings()


def test_a_line_of_the_settings_file_that_says_nothing(tmp_path, seed_data_dir):
    (tmp_path / ".env").write_text("QA_BOT_TOP_K=3\n=what is this\n", encoding="utf-8")
    done = run("papers", folder=tmp_path, QA_BOT_DATA_DIR=str(seed_data_dir))
    assert done.returncode == 0 and "line 2 of .env" in done.stderr and len(done.stdout.splitlines()) == 82


def test_the_doctor_finds_a_misspelt_setting(call, tmp_path):
    (tmp_path / ".env").write_text("QA_BOT_LLM_MODELL=gemma\n", encoding="utf-8")
    checks = {check["name"]: check for check in json.loads(call("doctor", "--json", QA_BOT_TOPK="3").stdout)}
    finding = checks["settings"]["finding"]
    assert not checks["settings"]["is_fine"] and "QA_BOT_LLM_MODELL (is QA_BOT_LLM_MODEL meant?)" in finding and "QA_BOT_TOP_K" in finding


@pytest.mark.parametrize("which", ["LLM", "EMBED", "JUDGE", "CHROMA"])
def test_the_doctor_bears_an_address_that_is_none(call, which):
    variable = "QA_BOT_CHROMA_URL" if which == "CHROMA" else f"QA_BOT_{which}_BASE_URL"
    done = call("doctor", **{variable: "http://[::1"})
    assert done.returncode == 1 and "FAIL" in done.stdout and variable in done.stdout and "Traceback" not in done.stderr


def test_a_report_that_cannot_be_written_is_refused_before_the_questions_are_asked(call, tmp_path):
    (tmp_path / "report").write_text("no folder")
    done = call("eval", "--report", "report", "--run", tmp_path / "run")
    check_refused(done, "Cannot write the report to report", "--report")
    assert "asking" not in done.stderr and not (tmp_path / "run").exists()


def test_a_folder_without_files(call, tmp_path):
    (tmp_path / "nothing").mkdir()
    done = call("ingest", "nothing", QA_BOT_DATA_DIR=str(tmp_path / "own"))
    assert done.returncode == 0 and "No file was found in nothing" in done.stderr and "0 papers" in done.stdout


def test_a_column_for_a_field_that_there_is_not(call):
    done = call("ingest", SEEDS, "--column", "abstrakt=Text")
    assert done.returncode == 2 and "'abstrakt' is no field" in done.stderr and "abstract, title, authors" in " ".join(done.stderr.split())


def test_a_split_that_was_never_made(call, tmp_path):
    check_refused(call("split", "no-such-paper", "--undo", QA_BOT_DATA_DIR=str(tmp_path / "own")), "Nothing was split from no-such-paper")
    with pytest.raises(AmendError):
        rejoin("no-such-paper", settings=Settings(_env_file=None, data_dir=tmp_path / "own"))


def test_output_that_nobody_reads(call, seed_data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert call("ask", "What is PaliGemma?", "--json").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device without room")
@pytest.mark.parametrize("arguments", [("--version",), ("papers",), ("papers", "--json"), ("ask", "What is PaliGemma?"), ("export",)])
def test_output_that_has_no_room(seed_data_dir, arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "qa_bot", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, env={**os.environ, "QA_BOT_DATA_DIR": str(seed_data_dir)},
        )  # fmt: skip
    assert done.returncode == 1 and done.stderr.splitlines() == [
        "qa-bot: The output cannot be written (No space left on device). Send it to a place with room that may be written to."
    ]


def test_output_whose_reader_has_gone(seed_data_dir):
    shown = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "export"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "QA_BOT_DATA_DIR": str(seed_data_dir)},
    )  # fmt: skip
    shown.stdout.close()
    assert shown.stderr.read() == b"" and shown.wait() == 1


@pytest.mark.parametrize("command", [command.name or command.callback.__name__ for group in (app, keeping.app, asking.app) for command in group.registered_commands])
def test_every_command_has_a_help_and_refuses_what_it_does_not_know(call, command):
    done = call(command, "--help")
    assert done.returncode == 0 and f"qa-bot {command} " in done.stdout.splitlines()[0] and not done.stderr
    wrong = call(command, "--no-such-option")
    assert wrong.returncode == 2 and "No such option: --no-such-option" in wrong.stderr and not wrong.stdout
