"""The house of docs/architecture.md: imports point one way, heavy libraries have one owner and come late."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest
from conftest import REPOSITORY

PACKAGE = REPOSITORY / "qa_bot"
ROOMS = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
OWNERS = {
    "chromadb": {"store"}, "tantivy": {"store"}, "sqlite3": {"store"}, "llama_index": {"query_engine", "evaluation", "llm"},
    "gradio": {"app", *(room for room in ROOMS if room.startswith("app_")), "window"}, "onnxruntime": {"embedding", "support"}, "openai": {"llm", "embedding"}, "tiktoken": {"prompts"},
    "rapidfuzz": {"catalogue", "collection", "evaluation"}, "typer": {"cli", "fetching"}, "httpx": {"fetching", "judges", "llm", "store"}, "bibtexparser": {"readers"}, "rispy": {"readers"}, "pypdfium2": {"readers"}, "pylatexenc": {"markup"}, "torch": set(), "sentence_transformers": set(), "transformers": set(),
}  # fmt: skip
# A room may import rooms of the rows above its own, and of its own row only itself.
FLOORS = [
    {"schema"},
    {"config", "markup", "chunking", "naming", "figures", "question_words", "pace", "synonyms", "workers"},
    {"sides", "versions"},
    {"readers", "catalogue", "store", "llm", "citations"},
    {"embedding", "making", "prompts"},
    {"query_encoder"},
    {"reranking"},
    {"retrieval", "ingest", "collection", "support"},
    {"asked"},
    {"amending", "extractive", "fetching", "follow_up", "judges", "reindex", "topics"},
    {"listing"},
    {"evidence"},
    {"answering", "diagnosis"},
    {"query_engine", "evaluation"},
    {"window"},
    {"app_"},  # one module a tab: app_ask, app_papers, ...
    {"app"},
    {"cli"},
]


def rooms() -> dict[str, list]:
    found: dict[str, list] = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if name not in ("__init__", "__main__"):
            found.setdefault(name, []).append(path)
    return found


def imports(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_heavy_libraries_are_imported_by_their_owner_only(library):
    users = {room for room, paths in rooms().items() for path in paths if any(i.split(".")[0] == library for i in imports(path))}
    assert users <= OWNERS[library]


def floor_of(room: str) -> int:
    room = "app_" if room.startswith("app_") else room
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


@pytest.mark.parametrize("room", sorted(rooms()))
def test_imports_point_one_way(room):
    for path in rooms()[room]:
        for name in imports(path):
            if not name.startswith("qa_bot.") or name.startswith(f"qa_bot.{room}"):
                continue
            other = name.split(".")[1]
            if other in rooms():
                assert floor_of(other) < floor_of(room), f"{path.name} imports {other}"


def test_every_room_is_on_the_page():
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)/?`", page))
    assert {room for room in rooms() if not room.startswith("app_")} - named == set()


def test_every_module_says_what_it_knows_and_leaves():
    for path in PACKAGE.rglob("*.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path


@pytest.mark.parametrize("what", ["import qa_bot", "from qa_bot.config import load_settings; load_settings()", "import qa_bot.cli"])
def test_light_imports_stay_light(what):
    heavy = "chromadb gradio llama_index openai onnxruntime tantivy tiktoken".split()
    program = f"{what}\nimport sys\nprint([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_asking_does_not_wait_for_llama_index_or_gradio():
    program = "import qa_bot.answering, sys; print([m for m in ('llama_index', 'gradio', 'openai') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_embedded_model_leaves_nothing_in_the_home_folder(tmp_path):
    """onnxruntime keeps a device id and a queue of events there unless it is told not to."""
    program = "from qa_bot.config import Settings\nfrom qa_bot.embedding import open_embedding\nopen_embedding(Settings(_env_file=None)).embed(['x'])"
    home = tmp_path / "home"
    home.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert [path for path in home.rglob("*") if path.is_file()] == []
