"""compose.yaml and the Dockerfile: what can be checked without Docker, the health checks by running them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import pytest
import yaml
from chroma_server import free_port
from conftest import REPOSITORY

from qa_bot.config import Settings

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


def filled_in(value: object) -> object:
    """Replace ${NAME:-default} by the default, as Compose does where nothing is set."""
    if isinstance(value, dict):
        return {key: filled_in(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item) for item in value]
    return re.sub(r"(?<!\$)\$\{\w+:-([^}]*)\}", r"\1", value).replace("$$", "$") if isinstance(value, str) else value


@pytest.fixture(scope="module")
def services():
    whole = filled_in(yaml.safe_load((REPOSITORY / "compose.yaml").read_text(encoding="utf-8")))
    assert set(whole) == {"services", "volumes"} and not re.search(r"\$\{[A-Z]", str(whole))
    named = {mount.partition(":")[0] for service in whole["services"].values() for mount in service.get("volumes", ())}
    assert {name for name in named if not name.startswith((".", "/"))} == set(whole["volumes"])
    return whole["services"]


def test_the_three_start_together_and_the_model_is_pulled_once(services):
    assert set(services) == {"window", "chroma", "ollama", "model"}
    assert services["window"]["depends_on"] == {"chroma": {"condition": "service_healthy"}}, "it answers before the model is there"
    assert services["model"]["depends_on"] == {"ollama": {"condition": "service_healthy"}} and services["model"]["restart"] == "no"
    assert services["model"]["entrypoint"][:2] == ["ollama", "pull"]
    assert services["model"]["entrypoint"][2] == services["window"]["environment"]["QA_BOT_LLM_MODEL"]
    assert services["model"]["environment"]["OLLAMA_HOST"] == services["window"]["environment"]["QA_BOT_LLM_BASE_URL"].removesuffix("/v1")
    assert all("healthcheck" in service for name, service in services.items() if name != "model")


def test_what_is_set_is_a_setting_and_nothing_is_open_to_other_machines(services):
    variables = {name: value for name, value in services["window"]["environment"].items()}
    fields = {f"QA_BOT_{name.upper()}" for name in Settings.model_fields}
    assert variables.keys() <= fields
    settings = Settings(_env_file=None, **{name.removeprefix("QA_BOT_").lower(): value for name, value in variables.items()})
    assert settings.chroma_url == "http://chroma:8000" and settings.llm_is_configured
    assert str(settings.llm_context_window) == services["ollama"]["environment"]["OLLAMA_CONTEXT_LENGTH"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:7860:7860"]


def test_images_are_pinned_and_chroma_is_the_version_that_the_tests_run_on(services):
    images = [service["image"] for service in services.values() if "build" not in service]
    assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", image) for image in images)
    assert services["chroma"]["image"] == f"chromadb/chroma:{version('chromadb')}"
    assert services["model"]["image"] == services["ollama"]["image"]


def run(check: dict, **replaced: str) -> int:
    command = [part for part in check["test"][1:]]
    for old, new in replaced.items():
        command = [part.replace(old.removeprefix("port_"), new) for part in command]
    command[0] = sys.executable if command[0] == "python" else command[0]
    return subprocess.run(command, capture_output=True, timeout=20).returncode


def test_the_health_check_of_chroma_tells_a_server_from_none(services, chroma_url):
    check = services["chroma"]["healthcheck"]
    assert run(check, port_8000=chroma_url.rpartition(":")[2]) == 0
    assert run(check, port_8000=str(free_port())) != 0


def test_the_health_check_of_the_window(services):
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    check = services["window"]["healthcheck"]
    assert run(check, port_7860=str(server.server_port)) == 0
    server.shutdown()
    server.server_close()
    assert run(check, port_7860=str(server.server_port)) != 0


def test_the_image_is_built_of_what_is_there_and_runs_as_nobody_special(services):
    lines = [shlex.split(line) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    copied = [source for line in lines if line[0] == "COPY" for source in line[1:-1]]
    assert all((REPOSITORY / source).exists() for source in copied)
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()
    assert {f"!{source}" for source in copied} <= set(ignored), "and the build may see it"
    users = [line[1] for line in lines if line[0] == "USER"]
    assert users == ["qa_bot"] and lines[0] == ["FROM", "python:3.11-slim"]
    assert ["ENV", "QA_BOT_DATA_DIR=/data"] in lines and any(mount.endswith(":/data") for mount in services["window"]["volumes"])
    assert ["ENTRYPOINT", "[qa-bot]"] in lines and "--host" in services["window"]["command"]
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    packaged = re.findall(r'^"?([\w./]+)"? = "qa_bot/', project, re.M)
    assert packaged and {source.partition("/")[0] if source.count("/") == 0 else source for source in packaged} <= set(copied)
