"""Reindex: questions are answered from the old index meanwhile, the swap is whole or not at all, nothing is embedded twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest
from test_ingest import Collection, Letters, record, write

from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.reindex import reindex
from qa_bot.schema import QABotError
from qa_bot.store import IndexMismatch, StoreBusy, adopt_snapshot, write_snapshot


class Pairs(Letters):
    """Another model: wider vectors, and a window so small that an abstract has several chunks."""

    window_tokens = 24
    dimension = 52

    def __init__(self, name: str = "pairs") -> None:
        super().__init__(name)

    def count_tokens(self, text: str) -> int:
        return len(text) // 3

    def embed(self, texts, *, on_progress=None):
        import numpy as np

        single = super().embed(texts)
        return np.concatenate([single, single], axis=1) / np.sqrt(2)


class Gated(Pairs):
    """Waits in its first batch until it is let on."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go_on = threading.Event(), threading.Event()

    def embed(self, texts, *, on_progress=None):
        if len(texts) > 1:
            self.reached.set()
            assert self.go_on.wait(60)
        return super().embed(texts)


def engine_of(collection: Collection, embedding: Letters | None = None) -> AnswerEngine:
    return AnswerEngine.from_settings(collection.settings, embed_model=embedding or collection.embedding)


def with_embedding(collection: Collection, embedding: Letters) -> Collection:
    other = Collection(collection.settings.data_dir, collection.settings.chroma_url)
    other.embedding = embedding
    return other


def kinds(answer) -> list[str]:
    return [problem.kind for problem in answer.problems]


QUESTION = "How many otters were counted in plot 2?"


def check_finds_all(engine: AnswerEngine, papers: int) -> None:
    assert len(engine.papers()) == papers
    for number in range(0, papers, 5):
        own = record(number)
        found = engine.search(f"{own['title']} {own['abstract']}", 1)[0]
        assert found.paper.title == own["title"] and found.dense > 0.5


@pytest.fixture
def filled(tmp_path, either_chroma):
    """A collection of twenty papers, made with the first model."""
    collection = Collection(tmp_path / "own", either_chroma)
    collection.ingest(write(tmp_path / "a.jsonl", *map(record, range(20))))
    return collection


def folders(collection: Collection) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in collection.settings.data_dir.iterdir() if path.is_dir())


def chunk_tables(collection: Collection) -> int:
    with closing(sqlite3.connect(collection.settings.data_dir / "papers.sqlite3")) as db:
        return db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'chunks%'").fetchone()[0]


def collections_on_server(collection: Collection) -> list[str]:
    import chromadb

    client = chromadb.HttpClient(host=collection.settings.chroma_url)
    with closing(sqlite3.connect(collection.settings.data_dir / "papers.sqlite3")) as db:
        (own,) = db.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()
    names = [found.name for found in client.list_collections() if own in found.name]
    client.close()
    return names


def check_no_leftovers(collection: Collection) -> None:
    assert chunk_tables(collection) == 1
    if collection.settings.chroma_url:
        assert folders(collection) == ["terms"] and len(collections_on_server(collection)) == 1
    else:
        assert folders(collection) == ["chroma", "terms"]


def test_questions_are_answered_from_the_old_index_meanwhile(filled, monkeypatch):
    monkeypatch.setattr("qa_bot.store.LOCK_TIMEOUT_SECONDS", 0.2)
    engine = engine_of(filled)
    before = engine.ask(QUESTION)
    gated, reports = Gated(), []
    thread = threading.Thread(target=lambda: reports.append(reindex(settings=filled.settings, embedding=gated)))
    thread.start()
    try:
        assert gated.reached.wait(60)
        for asked in (engine, engine_of(filled)):  # a window that was open, and one opened meanwhile
            answer = asked.ask(QUESTION)
            assert (answer.text, answer.status, kinds(answer)) == (before.text, "answered", [])
            check_finds_all(asked, 20)
            if asked is not engine:
                asked.close()
        with pytest.raises(IndexMismatch, match="qa-bot reindex"):
            engine_of(filled, Pairs())  # the new one is not there before it is complete
        with pytest.raises(StoreBusy, match="writing"):
            filled.ingest()
    finally:
        gated.go_on.set()
        thread.join(60)
    assert reports[0].papers == 20 and reports[0].embedded > 20
    answer = engine.ask(QUESTION)
    assert answer.text == before.text and kinds(answer) == ["old_index"] and "pairs" in answer.problems[0].message
    check_finds_all(engine, 20)
    with pytest.raises(IndexMismatch, match="made with pairs"):
        engine_of(filled)
    new = engine_of(filled, Pairs())
    assert kinds(new.ask(QUESTION)) == [] and new.ask(QUESTION).sources[0].title == record(2)["title"]
    check_finds_all(new, 20)
    assert chunk_tables(filled) == 2, "the old one is there while somebody has it open"
    engine.close()
    new.close()
    assert with_embedding(filled, Pairs()).ingest().papers == 20
    check_no_leftovers(filled)
    assert with_embedding(filled, Pairs()).counts() == (20, 40, 40, 40, 0)


def test_an_index_made_anew_the_same_way_is_taken_up_by_open_windows(filled):
    engine = engine_of(filled)
    assert reindex(settings=filled.settings, embedding=Letters()).embedded == 0
    assert kinds(engine.ask(QUESTION)) == []
    check_finds_all(engine, 20)
    engine.close()
    assert filled.ingest().papers == 20 and filled.counts() == (20, 20, 20, 20, 0)
    check_no_leftovers(filled)


def test_there_and_back_embeds_once(filled):
    assert reindex(settings=filled.settings, embedding=Pairs()).embedded == 40
    check_no_leftovers(filled)
    assert reindex(settings=filled.settings, embedding=Letters()).embedded == 0
    assert reindex(settings=filled.settings, embedding=Pairs()).embedded == 0
    check_no_leftovers(filled)
    check_finds_all(engine := engine_of(filled, Pairs()), 20)
    engine.close()


def test_papers_come_and_go_after_a_reindex(filled, tmp_path):
    reindex(settings=filled.settings, embedding=Pairs())
    other = with_embedding(filled, Pairs())
    write(tmp_path / "a.jsonl", *map(record, range(3, 25)))
    report = other.ingest(tmp_path / "a.jsonl")
    assert (report.added, report.removed) == (5, 3) and other.counts() == (22, 44, 44, 44, 0)
    engine = engine_of(filled, Pairs())
    assert engine.search("plot 24", 1)[0].paper.title == record(24)["title"]
    engine.close()


# Kills

CHILD = """
    import os, signal, sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    import chromadb, tantivy, filelock
    from qa_bot.config import Settings
    from qa_bot.reindex import reindex
    from qa_bot.store import PaperStore
    from qa_bot.store.vectors import VectorIndex
    from test_reindex import Pairs

    def killing(function, call):
        def counted(*arguments, **options):
            nonlocal_calls[0] += 1
            if nonlocal_calls[0] == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)
        nonlocal_calls = [0]
        return counted

    for argument in sys.argv[1:]:
        folder, url, moment = argument.split("@")
        child = os.fork()
        if child == 0:
            where, _, call = moment.partition("=")
            call = int(call)
            progress = lambda *_: None
            if where == "step":
                progress = killing(progress, call)
            if where == "embed":
                Pairs.embed = killing(Pairs.embed, call)
            if where == "upsert":
                VectorIndex.upsert = killing(VectorIndex.upsert, call)
            if where == "swap":
                PaperStore.take_over = killing(PaperStore.take_over, call)
            if where == "close":  # of the new index, the last thing before the swap
                VectorIndex.close = killing(VectorIndex.close, call)
            if where == "leftovers":
                PaperStore._remove_leftovers = killing(PaperStore._remove_leftovers, call)
            reindex(settings=Settings(_env_file=None, data_dir=Path(folder), chroma_url=url or None), embedding=Pairs(), on_progress=progress)
            os._exit(0)
        print(moment, os.WTERMSIG(os.waitpid(child, 0)[1]))
"""


def test_a_reindex_killed_anywhere_leaves_the_old_index_or_the_new_one(tmp_path, either_chroma):
    source = write(tmp_path / "a.jsonl", *map(record, range(20)))
    is_new = {"step=1": False, "upsert=1": False, "swap=1": False, "leftovers=2": True}
    if either_chroma is None:
        is_new = {"embed=1": False, "step=2": False, "close=1": False, "leftovers=2": True}
    made = {}
    for moment in is_new:
        made[moment] = Collection(tmp_path / moment, either_chroma)
        made[moment].ingest(source)
    program = textwrap.dedent(CHILD.format(tests=str(Path(__file__).parent)))
    arguments = [f"{made[moment].settings.data_dir}@{either_chroma or ''}@{moment}" for moment in is_new]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert all(line.endswith(f" {signal.SIGKILL.value}") for line in done.stdout.splitlines()), done.stdout
    for moment, new in is_new.items():
        collection = made[moment]
        engine = engine_of(collection, Pairs() if new else Letters())
        assert kinds(engine.ask(QUESTION)) == [], moment
        check_finds_all(engine, 20)
        engine.close()
        embedding = Pairs()
        report = reindex(settings=collection.settings, embedding=embedding)
        assert report.embedded == (40 if moment in ("step=1", "embed=1") else 0), moment
        assert with_embedding(collection, Pairs()).counts() == (20, 40, 40, 40, 0)
        check_no_leftovers(collection)


def test_an_ingest_after_a_killed_reindex_goes_on_with_the_old_index(filled, tmp_path):
    class Failing(Pairs):
        def embed(self, texts, *, on_progress=None):
            raise QABotError("the embedding endpoint went away")

    with pytest.raises(QABotError, match="went away"):
        reindex(settings=filled.settings, embedding=Failing())
    assert filled.counts() == (20, 20, 20, 20, 0)
    assert filled.ingest(write(tmp_path / "b.jsonl", record(30))).papers == 21
    assert filled.counts() == (21, 21, 21, 21, 0)
    check_no_leftovers(filled)


def test_another_process_asks_while_one_reindexes(filled):
    """Both ways: the reader and the writer are processes of their own."""
    program = textwrap.dedent(f"""
        import json, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from qa_bot.answering import AnswerEngine
        from qa_bot.config import Settings
        from test_ingest import Letters
        settings = Settings(_env_file=None, data_dir=Path({str(filled.settings.data_dir)!r}), chroma_url={filled.settings.chroma_url!r})
        engine = AnswerEngine.from_settings(settings, embed_model=Letters())
        for line in sys.stdin:
            answer = engine.ask(line)
            print(json.dumps([answer.sources[0].title, answer.status, [p.kind for p in answer.problems]]), flush=True)
    """)
    window = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(question: str) -> list:
        print(question, file=window.stdin, flush=True)
        return json.loads(window.stdout.readline())

    try:
        asked = []

        class Asking(Pairs):
            def embed(self, texts, *, on_progress=None):
                if len(texts) > 1:
                    asked.append(ask(QUESTION))
                return super().embed(texts)

        assert ask(QUESTION) == [record(2)["title"], "answered", []]
        reindex(settings=filled.settings, embedding=Asking(), on_progress=lambda *_: asked.append(ask(QUESTION)))
        assert len(asked) > 3 and all(answer == [record(2)["title"], "answered", []] for answer in asked)
        assert ask(QUESTION) == [record(2)["title"], "answered", ["old_index"]]
    finally:
        window.kill()
        window.communicate()


def test_a_copy_goes_on_until_it_takes_over_the_new_index(chroma_url, tmp_path, monkeypatch):
    monkeypatch.setattr("qa_bot.store.ASK_AGAIN_SECONDS", 0.0)
    home, away = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "away", chroma_url)
    home.ingest(write(tmp_path / "a.jsonl", *map(record, range(20))))
    write_snapshot(home.settings.data_dir, tmp_path / "papers.snapshot")
    adopt_snapshot(away.settings.data_dir, tmp_path / "papers.snapshot", shares_index=True)
    at_home, window = engine_of(home), engine_of(away)
    reindex(settings=home.settings, embedding=Pairs())
    assert kinds(window.ask(QUESTION)) == ["older_copy"] and window.ask(QUESTION).status == "answered"
    at_home.close()
    with_embedding(home, Pairs()).ingest()  # removes the old index, as nobody here has it open
    answer = window.ask(QUESTION)
    assert kinds(answer) == ["words_only"] and answer.sources[0].title == record(2)["title"]
    write_snapshot(home.settings.data_dir, tmp_path / "papers.snapshot")
    adopt_snapshot(away.settings.data_dir, tmp_path / "papers.snapshot", shares_index=True)
    with pytest.raises(IndexMismatch, match="made anew with pairs"):
        window.ask(QUESTION)
    window.close()
    check_finds_all(window := engine_of(away, Pairs()), 20)
    assert kinds(window.ask(QUESTION)) == []
    window.close()


def test_a_server_that_stops_in_a_reindex_leaves_the_old_index(tmp_path):
    from chroma_server import running

    with running(tmp_path) as server:
        collection = Collection(tmp_path / "own", server.url)
        collection.settings = Settings(_env_file=None, data_dir=tmp_path / "own", chroma_url=server.url, chroma_max_retries=0)
        collection.ingest(write(tmp_path / "a.jsonl", *map(record, range(20))))

        class Stopping(Pairs):
            def embed(self, texts, *, on_progress=None):
                server.stop()
                return super().embed(texts)

        with pytest.raises(QABotError, match="Start it"):
            reindex(settings=collection.settings, embedding=Stopping())
        server.start()
        check_finds_all(engine := engine_of(collection), 20)
        engine.close()
        assert reindex(settings=collection.settings, embedding=Pairs()).embedded == 0
        check_no_leftovers(collection)
