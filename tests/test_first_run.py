"""The first run on a bare machine: an empty home, no settings, no network; in processes whose sockets end at loopback."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from fake_llm_server import FakeLLMServer, answer

PALIGEMMA = "PaliGemma: A versatile 3B VLM for transfer"
QUESTION = "Which encoder does PaliGemma use?"

# Python imports a sitecustomize from PYTHONPATH before anything else: the command runs as it is, only with its network gone.
GUARD = """
import os, socket

NEAR = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None, b"localhost", b"127.0.0.1")


def check(what, host):
    if host not in NEAR:
        with open(os.environ["ATTEMPTS"], "a") as log:
            print(what, host, file=log)
        raise OSError(101, f"the network is closed ({what} {host})")


def close_method(name):
    original = getattr(socket.socket, name)

    def guarded(self, *arguments):
        address = arguments[-1]
        if isinstance(address, tuple):
            check(name, address[0])
        return original(self, *arguments)

    setattr(socket.socket, name, guarded)


def close_function(name):
    original = getattr(socket, name)

    def guarded(host, *arguments, **options):
        check(name, host)
        return original(host, *arguments, **options)

    setattr(socket, name, guarded)


for name in ("connect", "connect_ex", "sendto"):
    close_method(name)
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    close_function(name)
"""


class Machine:
    """A home folder, an empty folder to work in, and processes that see nothing else."""

    def __init__(self, folder: Path) -> None:
        self.home, self.work, self.attempts = folder / "home", folder / "work", folder / "attempts.txt"
        self.guard = folder / "guard"
        for each in (self.home, self.work, self.guard):
            each.mkdir()
        (self.guard / "sitecustomize.py").write_text(GUARD, encoding="utf-8")

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        surroundings = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(self.guard),
            "ATTEMPTS": str(self.attempts),
            "LANG": "C.UTF-8",
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.work,
            env=surroundings | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
            stdin=subprocess.DEVNULL,
        )

    def program(self, source: str, **environment: str) -> str:
        done = self.run("-c", textwrap.dedent(source), **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attempted(self) -> str:
        return self.attempts.read_text() if self.attempts.exists() else ""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A machine on which `ask` was the first command; `first` is how that went."""
    bare = Machine(tmp_path_factory.mktemp("machine"))
    bare.first = bare.run("-m", "qa_bot", "ask", QUESTION)
    return bare


def test_the_guard_does_close_the_network(tmp_path):
    bare = Machine(tmp_path)
    shown = bare.program("""
        import socket
        for call in (lambda: socket.create_connection(("192.0.2.1", 80)), lambda: socket.getaddrinfo("example.org", 80)):
            try:
                call()
            except OSError as error:
                print(error)
    """)
    assert shown.count("the network is closed") == 2
    assert "192.0.2.1" in bare.attempted() and "example.org" in bare.attempted()


def test_the_first_question_is_answered_with_a_cited_title(machine):
    done = machine.first
    assert done.returncode == 0, done.stderr
    assert "SigLIP-So400m" in done.stdout and f"[1] {PALIGEMMA}" in done.stdout and "extractive" in done.stdout
    assert "embedding papers" in done.stderr and "Traceback" not in done.stderr
    assert machine.attempted() == "", "nothing was even tried"


def test_all_state_is_in_the_user_s_data_folder(machine):
    assert list(machine.work.iterdir()) == []
    if sys.platform == "linux":
        assert (machine.home / ".local" / "share" / "qa_bot" / "papers.sqlite3").is_file()
        outside = [
            path for path in machine.home.rglob("*") if path.is_file() and "qa_bot" not in path.relative_to(machine.home).parts
        ]
        assert outside == []


def test_the_query_engine_works_there(machine):
    shown = machine.program(f"""
        from qa_bot import PaperQueryEngine
        engine = PaperQueryEngine.from_settings()
        response = engine.query({QUESTION!r})
        print(response.source_nodes[0].metadata["title"])
        print(len(engine.papers()), engine.retriever.retrieve("race cars")[0].metadata["title"])
        engine.close()
    """)
    assert shown.startswith(f"{PALIGEMMA}\n82 ")
    assert machine.attempted() == ""


def test_an_llm_on_this_machine_writes_within_a_counted_budget(machine):
    source = f"""
        import json, sys
        from qa_bot.answering import AnswerEngine
        from qa_bot.prompts.tokens import count_tokens
        engine = AnswerEngine.from_settings()
        written = engine.ask({QUESTION!r})
        print(json.dumps([written.to_dict(), count_tokens("tokenisation budgets"), "tiktoken" in sys.modules]))
    """
    with FakeLLMServer(answer("STATUS: answered\nPaliGemma is based on the SigLIP-So400m vision encoder [1].")) as server:
        llm = {"QA_BOT_LLM_BASE_URL": server.url, "QA_BOT_LLM_CONTEXT_WINDOW": "1500", "QA_BOT_LLM_MAX_TOKENS": "100"}
        written, tokens, counts_by_vocabulary = json.loads(machine.program(source, **llm))
    assert (written["mode"], written["model"]) == ("llm", "test-model") and written["sources"][0]["title"] == PALIGEMMA
    assert "evidence_left_out" in [problem["kind"] for problem in written["problems"]] and len(server.chats) == 1
    assert counts_by_vocabulary and tokens == 3, "cl100k is there without the network"
    assert machine.attempted() == ""


def test_the_window_is_built_and_served_there(machine):
    shown = machine.program("""
        import socket, urllib.request
        from qa_bot.app import launch
        from qa_bot.config import load_settings

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        window = launch(load_settings(), port=port, opens_browser=False, blocks=False)
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read().decode()
        print("gradio" in page.lower())
        window.close(verbose=False)
    """)
    assert shown.strip().endswith("True")
    assert machine.attempted() == ""


def test_the_doctor_is_content_there(machine):
    done = machine.run("-m", "qa_bot", "doctor")
    assert done.returncode == 0 and "82 papers" in done.stdout and "nothing is contacted" in done.stdout
    assert machine.attempted() == ""
