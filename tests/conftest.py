"""Every test runs in an empty folder with no settings in the environment and no socket beyond this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

REPOSITORY = Path(__file__).parent.parent
SEEDS = REPOSITORY / "seeds"


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def clean_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("QA_BOT_") or name == "OPENAI_API_KEY"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QA_BOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def seed_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the sample papers; tests read it and do not write to it."""
    from qa_bot.config import Settings
    from qa_bot.ingest import ingest

    data_dir = tmp_path_factory.mktemp("seeds") / "data"
    ingest([SEEDS], settings=Settings(_env_file=None, data_dir=data_dir))
    return data_dir


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Chroma server of our own; tests share it, as people would."""
    from chroma_server import running

    with running(tmp_path_factory.mktemp("server")) as server:
        yield server.url


@pytest.fixture(params=["embedded", "server"])
def either_chroma(request: pytest.FixtureRequest) -> str | None:
    """None, then the address of a server: a test that uses this runs on both."""
    return request.getfixturevalue("chroma_url") if request.param == "server" else None


@pytest.fixture
def seed_settings(seed_data_dir: Path):
    from qa_bot.config import Settings

    return Settings(_env_file=None, data_dir=seed_data_dir)


@pytest.fixture
def seed_engine(seed_settings):
    """An engine over the sample papers with no LLM."""
    from qa_bot.answering import AnswerEngine

    engine = AnswerEngine.from_settings(seed_settings)
    yield engine
    engine.close()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, seed_data_dir: Path):
    """Call the same entry point in this process, which spares the imports; over the sample papers unless told otherwise."""

    from command_line import Done

    from qa_bot import cli

    def main(*arguments: object, **environment: str) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as left:
            patch.setattr(sys, "argv", ["qa-bot", *map(str, arguments)])
            for name, value in ({"QA_BOT_DATA_DIR": str(seed_data_dir)} | environment).items():
                patch.setenv(name, value)
            cli.main()
        written = capsys.readouterr()
        return Done(arguments, left.value.code or 0, written.out, written.err)

    return main
