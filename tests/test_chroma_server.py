"""A Chroma server: whose vectors are whose, who is let in, what happens when it fails, and many processes and machines at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from chroma_server import free_port, gateway, running
from test_ingest import Collection, Letters, changes, record, write

from qa_bot.answering import AnswerEngine
from qa_bot.config import ConfigError, Settings
from qa_bot.diagnosis import diagnose
from qa_bot.ingest import ingest
from qa_bot.reindex import reindex
from qa_bot.schema import QABotError
from qa_bot.store import CopyIsOlder, StoreBusy, VectorsUnavailable, adopt_snapshot, write_snapshot
from qa_bot.store.states import next_state, relation
from qa_bot.store.server import server_of

SECRET = "sesame-4711-open"


def engine_of(collection: Collection) -> AnswerEngine:
    return AnswerEngine.from_settings(collection.settings, embed_model=collection.embedding)


def with_settings(collection: Collection, **changed: object) -> Collection:
    collection.settings = Settings(_env_file=None, **(collection.settings.model_dump(exclude_unset=True) | changed))
    return collection


@pytest.fixture
def doctor(monkeypatch):
    """What `qa-bot doctor` says about a collection, by name of the check."""
    monkeypatch.setattr("qa_bot.diagnosis.open_embedding", lambda settings: Letters())
    return lambda collection: {check.name: check for check in diagnose(collection.settings)}


def kinds(answer) -> list[str]:
    return [problem.kind for problem in answer.problems]


# Whose is what


def test_two_collections_on_one_server_do_not_touch(chroma_url, tmp_path):
    first, second = Collection(tmp_path / "first", chroma_url), Collection(tmp_path / "second", chroma_url)
    a, b = write(tmp_path / "a.jsonl", *map(record, range(6))), write(tmp_path / "b.jsonl", *map(record, range(6, 10)))
    first.ingest(a)
    second.ingest(b)
    assert (first.counts(), second.counts()) == ((6, 6, 6, 6, 0), (4, 4, 4, 4, 0))
    assert changes(second.ingest(b)) == changes(first.ingest(a)) == (0, 0, 0, 0)
    other = Letters("more letters")
    assert reindex(settings=second.settings, embedding=other).embedded == 4
    assert first.counts() == (6, 6, 6, 6, 0), "and a reindex of one leaves the other alone"
    with first.open() as store:
        assert {chunk_id.rpartition("#")[0] for chunk_id, _ in store.vectors.search(Letters().embed_query("otters"), 10)} == {
            paper.paper_id for paper in first.papers()
        }
    assert not (tmp_path / "first" / "chroma").exists()


def test_vectors_move_to_a_server_and_back_without_embedding(chroma_url, tmp_path):
    own = Collection(tmp_path / "own")
    own.ingest(write(tmp_path / "a.jsonl", *map(record, range(6))))
    for url in (chroma_url, None):
        own.embedding.texts.clear()
        with_settings(own, chroma_url=url)
        engine = engine_of(own)
        engine.close()
        assert own.embedding.texts == [] and own.counts() == (6, 6, 6, 6, 0)


def test_the_samples_are_asked_through_llama_index(chroma_url, seed_data_dir, tmp_path):
    from qa_bot import PaperQueryEngine

    shutil.copytree(seed_data_dir, tmp_path / "data")
    engine = PaperQueryEngine.from_settings(Settings(_env_file=None, data_dir=tmp_path / "data", chroma_url=chroma_url))
    answer = engine.ask("Which encoder does PaliGemma use?")
    assert (answer.status, kinds(answer)) == ("answered", []) and "SigLIP" in answer.text
    assert engine.query("What is Kubric?").source_nodes[0].metadata["title"].startswith("Kubric")
    assert any("race" in node.metadata["title"].lower() for node in engine.retriever.retrieve("race cars"))
    engine.close()


# Who is let in


@pytest.mark.parametrize(
    ("url", "expected", "headers"),
    [
        ("localhost", "http://localhost:8000", {}),
        ("http://chroma", "http://chroma:8000", {}),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9", {}),
        ("https://chroma.example", "https://chroma.example", {}),
        ("https://api.trychroma.com:443", "https://api.trychroma.com:443", {}),
        ("http://host/under/here/", "http://host/under/here", {}),
        ("https://host/api/v2", "https://host", {}),
        ("http://[::1]:8000", "http://[::1]:8000", {}),
        ("http://ada:l%40ve@host:1", "http://host:1", {"Authorization": "Basic YWRhOmxAdmU="}),
    ],
)
def test_addresses(url, expected, headers):
    server = server_of(Settings(_env_file=None, chroma_url=url))
    assert (server.url, dict(server.headers)) == (expected, headers)


@pytest.mark.parametrize("url", ["ftp://host", "http://", "http://host:port", "http://[::1", "http://host:99999"])
def test_addresses_of_no_use_are_refused(url):
    with pytest.raises(ConfigError, match="QA_BOT_CHROMA_URL"):
        server_of(Settings(_env_file=None, chroma_url=url))


@pytest.mark.parametrize("headers", ["X-One: 1\nX-Two:  a b ", '{"X-One": "1", "X-Two": "a b"}'])
def test_headers_are_lines_or_json(headers):
    server = server_of(Settings(_env_file=None, chroma_url="http://h", chroma_headers=headers))
    assert dict(server.headers) == {"X-One": "1", "X-Two": "a b"}


@pytest.mark.parametrize("setting", [{"chroma_headers": SECRET}, {"chroma_headers": "{" + SECRET}, {"chroma_headers": f"a b: {SECRET}"}, {"chroma_api_key": f"{SECRET}\né"}])
def test_headers_that_cannot_be_sent_are_refused_and_not_shown(setting):
    with pytest.raises(ConfigError, match="QA_BOT_CHROMA_") as caught:
        server_of(Settings(_env_file=None, chroma_url="http://h", **setting))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "setting"),
    [
        ({"Authorization": f"Bearer {SECRET}"}, {"chroma_api_key": SECRET}),
        ({"X-Chroma-Token": SECRET}, {"chroma_api_key": SECRET}),
        ({"X-Gate": SECRET, "Authorization": "Basic b3BlbjpzZXNhbWU="}, {"chroma_headers": f"X-Gate: {SECRET}\nAuthorization: Basic b3BlbjpzZXNhbWU="}),
    ],
)
def test_a_gateway_that_asks_for_a_token_behind_a_path(chroma_url, tmp_path, wanted, setting, doctor):
    source = write(tmp_path / "a.jsonl", *map(record, range(3)))
    with gateway(int(chroma_url.rpartition(":")[2]), wanted=wanted, prefix="/for/us") as gate:
        own = with_settings(Collection(tmp_path / "own", gate.url), **setting)
        assert own.ingest(source).papers == 3 and own.counts() == (3, 3, 3, 3, 0)
        engine = engine_of(own)
        assert kinds(engine.ask("How many zebras were counted?")) == []
        engine.close()
        shown = [*(check.finding for check in doctor(own).values()), repr(own.settings), repr(server_of(own.settings))]
        assert not any(SECRET in text or "b3Blbj" in text for text in shown)
        stranger = with_settings(Collection(tmp_path / "other", gate.url), chroma_api_key=f"wrong-{SECRET}")
        with pytest.raises(QABotError, match="QA_BOT_CHROMA_API_KEY") as caught:
            stranger.ingest(source)
        assert SECRET not in str(caught.value) and not any(command == "POST" and "collections" in path for command, path in gate.requests[-1:])
        assert stranger.titles() == set(), "nothing was taken in that could not be searched"


def test_tenant_and_database_are_named_or_those_of_the_key(chroma_url, tmp_path):
    import chromadb

    port = int(chroma_url.rpartition(":")[2])
    admin = chromadb.AdminClient(chromadb.Settings(chroma_api_impl="chromadb.api.fastapi.FastAPI", chroma_server_host="127.0.0.1", chroma_server_http_port=port))
    admin.create_tenant("lab")
    admin.create_database("papers", "lab")
    source = write(tmp_path / "a.jsonl", *map(record, range(3)))
    named = with_settings(Collection(tmp_path / "named", chroma_url), chroma_tenant="lab", chroma_database="papers")
    named.ingest(source)
    assert named.counts() == (3, 3, 3, 3, 0)
    with gateway(port) as gate:
        identity = json.dumps({"user_id": "u", "tenant": "lab", "databases": ["papers"]}).encode()
        gate.answer = lambda method, path, body: (200, "application/json", identity) if path.endswith("/auth/identity") else None
        of_key = with_settings(Collection(tmp_path / "of_key", gate.url), chroma_api_key=SECRET)
        of_key.ingest(source)
        assert any("/tenants/lab/databases/papers/collections" in path for _, path in gate.requests)
    unknown = with_settings(Collection(tmp_path / "unknown", chroma_url), chroma_tenant="lab", chroma_database="nowhere")
    with pytest.raises(QABotError, match="QA_BOT_CHROMA_DATABASE"):
        unknown.ingest(source)


# A server that fails


def test_passing_failures_are_tried_again(chroma_url, tmp_path):
    with gateway(int(chroma_url.rpartition(":")[2])) as gate:
        failures = [(503, "text/plain", b"starting"), "hang up", (429, "application/json", b'{"error": "RateLimitError", "message": "slow down"}')]
        gate.answer = lambda method, path, body: failures.pop() if failures and path.endswith("/upsert") else None
        own = Collection(tmp_path / "own", gate.url)
        own.ingest(write(tmp_path / "a.jsonl", *map(record, range(5))))
        assert failures == [] and own.counts() == (5, 5, 5, 5, 0)


def test_a_server_that_takes_fewer_records_at_once(chroma_url, tmp_path):
    """Chroma Cloud says 1,000 and takes 300; the message is its own."""
    with gateway(int(chroma_url.rpartition(":")[2])) as gate:

        def answer(method: str, path: str, body: bytes) -> object:
            if path.endswith("/upsert") and len(json.loads(body)["ids"]) > 3:
                text = "Quota exceeded: 'Number of records' exceeded quota limit for action 'Upsert': current usage of 9 exceeds limit of 3"
                return (422, "application/json", json.dumps({"error": "ChromaError", "message": text}).encode())
            return None

        gate.answer = answer
        own = Collection(tmp_path / "own", gate.url)
        own.ingest(write(tmp_path / "a.jsonl", *map(record, range(10))))
        assert own.counts() == (10, 10, 10, 10, 0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, "text/html", b"<html>Log in</html>"), "does not speak as Chroma"),
        ((302, "text/html", b""), "status 302.*QA_BOT_CHROMA_URL"),
        ((404, "text/html", b"<h1>not found</h1>"), "status 404.*QA_BOT_CHROMA_URL"),
        ((502, "text/html", b"bad gateway"), "status 502.*Try again later"),
        ((403, "application/json", b'{"error": "AuthorizationError", "message": "no"}'), "does not let us in"),
        ("hang up", "cannot be reached.*Start it"),
    ],
)
def test_what_else_may_answer_is_named(tmp_path, answer, message):
    with gateway(free_port()) as gate:
        gate.answer = lambda *_: answer
        own = with_settings(Collection(tmp_path / "own", gate.url), chroma_max_retries=0)
        with pytest.raises(VectorsUnavailable, match=message):
            own.ingest(write(tmp_path / "a.jsonl", record(1)))


def test_a_server_that_is_silent(chroma_url, tmp_path):
    with gateway(int(chroma_url.rpartition(":")[2])) as gate:
        own = with_settings(Collection(tmp_path / "own", gate.url), chroma_max_retries=0, chroma_timeout_seconds=0.3)
        gate.answer = lambda method, path, body: time.sleep(1) if path.endswith("/upsert") else None
        with pytest.raises(VectorsUnavailable, match="QA_BOT_CHROMA_TIMEOUT_SECONDS"):
            own.ingest(write(tmp_path / "a.jsonl", record(1)))


class Slow(Letters):
    def embed(self, texts, *, on_progress=None):
        time.sleep(0.15)
        return super().embed(texts)


def test_a_server_that_goes_away_in_the_middle_of_an_ingest(chroma_url, tmp_path):
    source = write(tmp_path / "a.jsonl", *map(record, range(600)))
    with gateway(int(chroma_url.rpartition(":")[2])) as gate:
        own = with_settings(Collection(tmp_path / "own", gate.url), chroma_max_retries=0)
        own.embedding = Slow()  # what is embedded quickly goes to the server together
        upserts = []
        gate.answer = lambda method, path, body: "hang up" if path.endswith("/upsert") and not upserts.append(1) and len(upserts) > 1 else None
        with pytest.raises(VectorsUnavailable, match="cannot be reached"):
            own.ingest(source)
        gate.answer = lambda *_: None
        with own.open() as store:
            assert store.truth.count("papers") == 600 and 0 < store.truth.pending_count("vectors") < 600
            assert [problem.kind for problem in store.notices()] == ["taking_in"]
        report = own.ingest(source)
        assert report.unchanged_files == 1 and report.embedded < 300 and own.counts() == (600, 600, 600, 600, 0)


def test_questions_go_on_by_words_while_the_server_is_away(tmp_path, monkeypatch, doctor):
    monkeypatch.setattr("qa_bot.store.ASK_AGAIN_SECONDS", 0.0)
    source = write(tmp_path / "a.jsonl", *map(record, range(12)))
    with running(tmp_path) as server:
        own = with_settings(Collection(tmp_path / "own", server.url), chroma_max_retries=0)
        own.ingest(source)
        engine = engine_of(own)
        question = "How many zebras were counted in plot 0?"
        whole = engine.ask(question)
        assert kinds(whole) == [] and whole.status == "answered"
        server.stop()
        without = engine.ask(question)
        assert kinds(without) == ["words_only"] and "QA_BOT_CHROMA_URL" in without.problems[0].message
        assert without.status == "answered" and without.sources[0].title == whole.sources[0].title
        assert engine.search("otters", 1)[0].paper.title == record(2)["title"]
        engine.settings = engine.settings.model_copy(update={"lexical_weight": 0.0})
        assert engine.search("otters", 1)[0].paper.title == record(2)["title"], "also where ranking is by meaning alone"
        with pytest.raises(VectorsUnavailable, match="Start it"):
            own.ingest(write(tmp_path / "b.jsonl", record(20)))
        assert len(engine.papers()) == 12, "an ingest that cannot finish does not begin"
        engine_of(own).close()  # and a new window opens
        checks = doctor(own)
        assert checks["collection"].is_fine and not checks["chroma"].is_fine and "cannot be reached" in checks["chroma"].finding
        server.start()
        engine.settings = own.settings  # by words and meaning, as at first
        assert kinds(engine.ask(question)) == []
        assert doctor(own)["chroma"].is_fine and f"{server.url} answers" in doctor(own)["chroma"].finding and "12 vectors" in doctor(own)["chroma"].finding
        engine.close()


def test_a_server_that_lost_its_disk_is_filled_again(tmp_path, monkeypatch):
    monkeypatch.setattr("qa_bot.store.ASK_AGAIN_SECONDS", 0.0)
    source = write(tmp_path / "a.jsonl", *map(record, range(5)))
    disk = tmp_path / "disk"
    disk.mkdir()
    with running(disk) as server:
        own = Collection(tmp_path / "own", server.url)
        own.ingest(source)
        engine = engine_of(own)
        server.stop()
        shutil.rmtree(disk)
        disk.mkdir()
        server.start()
        (problem,) = engine.ask("How many zebras were counted?").problems
        assert problem.kind == "words_only" and "qa-bot ingest" in problem.message
        assert own.ingest(source).embedded == 0 and own.counts() == (5, 5, 5, 5, 0)
        assert kinds(engine.ask("How many zebras were counted?")) == [], "the window that was open finds them again"
        engine.close()


def test_filters_while_papers_are_still_being_taken_in(chroma_url, tmp_path):
    """Chroma fails over ids that it does not hold."""
    own = Collection(tmp_path / "own", chroma_url)
    own.ingest(write(tmp_path / "a.jsonl", *(record(n, year="2020") for n in range(4))))
    with own.open() as store:
        known = store.truth.chunk_ids_of([paper.paper_id for paper in own.papers()])
        vector = Letters().embed_query("zebras")
        assert len(store.vectors.search(vector, 9, among=[*known, "not:there#0.0"])) == 4
        assert store.vectors.search(vector, 9, among=["not:there#0.0"]) == []


# Many processes


CHILD = """
    import json, sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from qa_bot.config import Settings
    from qa_bot.answering import AnswerEngine
    from qa_bot.ingest import ingest
    from qa_bot.schema import QABotError
    from test_ingest import Letters

    class Slow(Letters):
        def embed(self, texts, *, on_progress=None):
            time.sleep({pause} if len(texts) > 1 else 0)
            return super().embed(texts)

    settings = Settings(_env_file=None, data_dir=Path({data_dir!r}), chroma_url={url!r})
    def say(*what):
        print(json.dumps(what), flush=True)
"""


def child(collection: Collection, program: str, *arguments: object, pause: float = 0.0) -> subprocess.Popen:
    head = CHILD.format(tests=str(Path(__file__).parent), data_dir=str(collection.settings.data_dir), url=collection.settings.chroma_url, pause=pause)
    whole = textwrap.dedent(head) + textwrap.dedent(program)
    return subprocess.Popen([sys.executable, "-c", whole, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


INGEST = "print('begun', flush=True); say(str(ingest([Path(sys.argv[1])], settings=settings, embedding=Slow(), on_progress=lambda what, n, of: say(what, n))))"


def test_one_process_takes_papers_in_while_others_answer(chroma_url, tmp_path, monkeypatch):
    monkeypatch.setattr("qa_bot.store.LOCK_TIMEOUT_SECONDS", 0.2)
    own = Collection(tmp_path / "own", chroma_url)
    first = write(tmp_path / "first.jsonl", *map(record, range(12)))
    more = write(tmp_path / "more.jsonl", *(record(n, authors=["Ada Lovelace"]) for n in range(12, 700)))
    own.ingest(first)
    engine = engine_of(own)
    window = child(own, """
        engine = AnswerEngine.from_settings(settings, embed_model=Letters())
        say("open")
        for line in sys.stdin:
            answer = engine.ask(line)
            say(answer.sources[0].title, [p.kind for p in answer.problems], len(engine.papers()))
    """)  # fmt: skip
    writer = child(own, """
        class Waiting(Letters):
            def embed(self, texts, *, on_progress=None):
                if len(texts) > 1:
                    say("embedding")
                    sys.stdin.readline()  # until the others have asked
                return super().embed(texts)

        ingest([Path(sys.argv[1])], settings=settings, embedding=Waiting())
    """, more)  # fmt: skip
    try:
        assert json.loads(window.stdout.readline()) == ["open"]

        def ask_window(question: str) -> list:
            print(question, file=window.stdin, flush=True)
            return json.loads(window.stdout.readline())

        assert ask_window("How many zebras were counted in plot 0?")[0] == record(0)["title"]
        seen, busy = set(), 0
        for line in writer.stdout:
            if "embedding" in line:
                title, problems, papers = ask_window("How many otters were counted in plot 2?")
                assert title == record(2)["title"] and papers == 700
                seen.update(problems)
                assert engine.ask("How many quokkas were counted in plot 1?").sources[0].title == record(1)["title"]
                if not busy:
                    busy = 1
                    with pytest.raises(StoreBusy, match="writing"):
                        own.ingest(first)
                    engine_of(own).close()  # a new window need not wait
                print(file=writer.stdin, flush=True)
        assert writer.wait(60) == 0 and busy
        assert seen - {"no_clear_paper"} == {"taking_in"}  # seven hundred papers alike: none need stand out
        title, problems, papers = ask_window("Which papers did Ada Lovelace write about plot 650?")
        assert problems == [] and papers == 700 and "Lovelace" not in title
        assert own.counts() == (700, 700, 700, 700, 0)
        for number in range(12, 700, 45):
            own_words = f"{record(number)['title']}\n{record(number)['abstract']}"
            with own.open() as store:
                ((_, cosine),) = store.vectors.search(Letters().embed([own_words])[0], 1)
                assert cosine == pytest.approx(1, abs=2e-3)
        assert engine.search("plot 650", 1)[0].paper.title == record(650)["title"], "an open window finds what came in"
        assert "Ada Lovelace" in str(engine.ask("Which authors wrote the most papers?").text)
        engine.close()
    finally:
        for process in (window, writer):
            process.kill()
            process.communicate()


def test_a_writer_killed_beside_a_reader_is_completed(chroma_url, tmp_path):
    own = Collection(tmp_path / "own", chroma_url)
    own.ingest(write(tmp_path / "first.jsonl", *map(record, range(6))))
    engine = engine_of(own)
    source = write(tmp_path / "more.jsonl", *map(record, range(6, 700)))
    writer = child(own, INGEST, source, pause=0.2)
    for line in writer.stdout:
        if "embedding papers" in line:
            writer.kill()
            break
    writer.communicate()
    assert kinds(engine.ask("How many zebras were counted in plot 0?")) == ["taking_in"]
    again = engine_of(own)  # opening it for a question completes it, beside the reader
    assert kinds(again.ask("How many zebras were counted in plot 0?")) == kinds(engine.ask("How many zebras were counted in plot 0?")) == []
    assert own.counts() == (700, 700, 700, 700, 0)
    again.close()
    engine.close()


def test_the_first_question_of_two_processes_takes_the_samples_in_once(chroma_url, tmp_path):
    own = Collection(tmp_path / "own", chroma_url)
    program = "engine = AnswerEngine.from_settings(settings, embed_model=Letters()); say(len(engine.papers())); engine.close()"
    other = child(own, program)
    engine = engine_of(own)
    assert len(engine.papers()) == 82 and json.loads(other.communicate(timeout=60)[0]) == [82]
    engine.close()
    assert own.counts()[0] == 82 and own.counts()[-1] == 0


# Many machines


def test_states_are_compared():
    first = next_state(None)
    second, other = next_state(first), next_state(first)
    assert relation(first, first) == relation(first, None) == "same"
    assert relation(first, second) == relation(None, first) == "older"
    assert relation(second, first) == "newer" and relation(second, other) == "apart"


def test_a_snapshot_is_taken_over_and_told_when_it_grows_old(chroma_url, tmp_path, monkeypatch, doctor):
    monkeypatch.setattr("qa_bot.store.ASK_AGAIN_SECONDS", 0.0)
    home, away = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "away", chroma_url)
    source = write(tmp_path / "a.jsonl", *map(record, range(6)))
    home.ingest(source)
    write_snapshot(home.settings.data_dir, tmp_path / "papers.snapshot")
    adopt_snapshot(away.settings.data_dir, tmp_path / "papers.snapshot", shares_index=True)
    assert away.counts() == home.counts() == (6, 6, 6, 6, 0) and away.embedding.texts == []
    window = engine_of(away)
    assert kinds(window.ask("How many zebras were counted in plot 0?")) == []
    with pytest.raises(QABotError, match="are a copy.*--own"):
        away.ingest(source)

    write(source, *map(record, range(2, 9)))  # two go, three come
    home.ingest(source)
    answer = window.ask("How many otters were counted in plot 2?")
    assert kinds(answer) == ["older_copy"] and "qa-bot snapshot" in answer.problems[0].message
    assert answer.sources[0].title == record(2)["title"]
    assert home.counts() == (7, 7, 7, 7, 0), "the copy changed nothing on the server"
    assert not doctor(away)["chroma"].is_fine

    write_snapshot(home.settings.data_dir, tmp_path / "papers.snapshot")
    adopt_snapshot(away.settings.data_dir, tmp_path / "papers.snapshot", shares_index=True)
    answer = window.ask("How many herons were counted in plot 6?")
    assert kinds(answer) == [] and answer.sources[0].title == record(6)["title"], "the window that was open goes on with the new papers"
    assert window.search("zebras census plot 0", 9) and record(0)["title"] not in [hit.paper.title for hit in window.search("zebras", 9)]
    window.close()
    assert away.counts() == (7, 7, 7, 7, 0)
    adopt_snapshot(away.settings.data_dir, tmp_path / "papers.snapshot", shares_index=True)
    assert [path.name[:5] for path in away.settings.data_dir.iterdir() if path.is_dir()] == ["terms"], "earlier copies leave nothing behind"


def test_an_older_copy_of_the_folder_neither_writes_nor_clears(chroma_url, tmp_path, monkeypatch):
    home, away = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "away", chroma_url)
    source = write(tmp_path / "a.jsonl", *map(record, range(6)))
    home.ingest(source)
    shutil.copytree(tmp_path / "home", tmp_path / "away")  # copied by hand: it does not know that it is a copy
    write(source, *map(record, range(9)))
    home.ingest(source)
    with pytest.raises(CopyIsOlder, match="newer than the papers"):
        away.ingest(source)
    assert home.counts() == (9, 9, 9, 9, 0) and away.titles() == {record(n)["title"] for n in range(6)}
    shutil.rmtree(tmp_path / "away")
    shutil.copytree(tmp_path / "home", tmp_path / "away")
    assert away.ingest(write(tmp_path / "b.jsonl", record(9))).papers == 10, "a copy that is as new may go on"
    with pytest.raises(CopyIsOlder):
        home.ingest(source)


def test_two_machines_that_write_at_once_are_told(chroma_url, tmp_path):
    home, away = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "away", chroma_url)
    home.ingest(write(tmp_path / "a.jsonl", *map(record, range(6))))
    shutil.copytree(tmp_path / "home", tmp_path / "away")
    more, others = write(tmp_path / "b.jsonl", record(7)), write(tmp_path / "c.jsonl", record(8), record(9))

    def ingest_at_home(what: str, done: int, total: int) -> None:
        if what.startswith("reading"):
            home.ingest(more)

    with pytest.raises(CopyIsOlder, match="newer than the papers"):
        ingest([others], settings=away.settings, embedding=away.embedding, on_progress=ingest_at_home)
    assert home.counts() == (7, 7, 7, 7, 0)

    class Overtaken(Letters):
        def embed(self, texts, *, on_progress=None):
            with home.open() as store:
                store.vectors.set_state("99:others")
            return super().embed(texts)

    with pytest.raises(CopyIsOlder, match="at the same time"):
        ingest([others], settings=home.settings, embedding=Overtaken())


def test_a_copy_without_a_server_fills_its_own_index(chroma_url, tmp_path):
    home, away = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "away")
    home.ingest(write(tmp_path / "a.jsonl", *map(record, range(6))))
    write_snapshot(home.settings.data_dir, tmp_path / "papers.snapshot")
    adopt_snapshot(away.settings.data_dir, tmp_path / "papers.snapshot", shares_index=False)
    engine = engine_of(away)
    assert away.embedding.texts == [] and kinds(engine.ask("How many zebras were counted in plot 0?")) == []
    engine.close()
    assert away.counts() == (6, 6, 6, 6, 0)


def test_a_snapshot_takes_the_place_of_a_lost_machine(chroma_url, tmp_path):
    home, new = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "new", chroma_url)
    source = write(tmp_path / "a.jsonl", *map(record, range(6)))
    home.ingest(source)
    write_snapshot(home.settings.data_dir, tmp_path / "papers.snapshot")
    shutil.rmtree(home.settings.data_dir)
    adopt_snapshot(new.settings.data_dir, tmp_path / "papers.snapshot", shares_index=True, owns=True)
    write(source, *map(record, range(8)))
    assert changes(new.ingest(source)) == (2, 0, 0, 2) and new.counts() == (8, 8, 8, 8, 0)


def test_what_is_no_snapshot_or_no_place_for_one_is_refused(chroma_url, tmp_path):
    home, other = Collection(tmp_path / "home", chroma_url), Collection(tmp_path / "other", chroma_url)
    home.ingest(write(tmp_path / "a.jsonl", record(1)))
    other.ingest(write(tmp_path / "b.jsonl", record(2)))
    snapshot = tmp_path / "papers.snapshot"
    write_snapshot(home.settings.data_dir, snapshot)
    home.ingest(write(tmp_path / "c.jsonl", record(3)))

    def refused(data_dir: Path, file: Path, message: str) -> None:
        with pytest.raises(QABotError, match=message):
            adopt_snapshot(data_dir, file, shares_index=True)

    refused(other.settings.data_dir, snapshot, "holds another collection")
    refused(home.settings.data_dir, snapshot, "newer than the snapshot")
    refused(tmp_path / "new", tmp_path / "nowhere", "There is no file")
    refused(tmp_path / "new", tmp_path / "a.jsonl", "is no snapshot")
    refused(tmp_path / "new", home.settings.data_dir / "papers.sqlite3", "of a folder in use")
    with pytest.raises(QABotError, match="There are no papers"):
        write_snapshot(tmp_path / "new", snapshot)
    with pytest.raises(QABotError, match="Cannot write the snapshot"):
        write_snapshot(home.settings.data_dir, tmp_path / "nowhere" / "papers.snapshot")
    assert home.titles() == {record(1)["title"], record(3)["title"]} and other.titles() == {record(2)["title"]}


def test_snapshot_and_adopt_from_the_command_line(tmp_path, monkeypatch, capsys):
    from typer.testing import CliRunner

    from qa_bot.cli import app

    def run(folder: str, *words: str) -> str:
        monkeypatch.setenv("QA_BOT_DATA_DIR", str(tmp_path / folder))
        return CliRunner().invoke(app, words, catch_exceptions=False).output

    run("home", "ingest", str(write(tmp_path / "a.jsonl", *map(record, range(3)))))
    assert "written" in run("home", "snapshot", str(tmp_path / "papers.snapshot"))
    assert "3 papers taken over" in run("away", "adopt", str(tmp_path / "papers.snapshot"))
    assert len(json.loads(run("away", "papers", "--json"))) == 3
