"""The README is true: its Python runs, its commands, options, settings, files and servers exist."""

from __future__ import annotations

import re
import shlex
import tomllib

import click
import pytest
import typer
from conftest import REPOSITORY, SEEDS
from test_first_run import PALIGEMMA, Machine

from qa_bot import cli
from qa_bot.config import Settings, load_settings
from qa_bot.llm.addresses import OPENAI_URL, api_roots

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
SPANS = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE))
COMMANDS: click.Group = typer.main.get_command(cli.app)


def command_after(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```bash\n(.+)\n```\n", README)
    assert found, f"no block behind <!-- {marker} -->"
    return found[1]


def test_the_python_blocks_run_offline(seed_data_dir, tmp_path):
    machine = Machine(tmp_path)
    source = "\n".join(code for language, code in BLOCKS if language == "python")
    shown = machine.program(source, QA_BOT_DATA_DIR=str(seed_data_dir))
    assert "answered" in shown and "SigLIP-So400m" in shown and PALIGEMMA in shown and machine.attempted() == ""


def test_one_command_installs_and_opens_the_window():
    command = command_after("main command")
    *installing, opening = command.split(" && ")
    assert any(shlex.split(step)[1:] == ["install", "."] for step in installing) and opening.endswith("/qa-bot")
    assert PROJECT["scripts"] == {"qa-bot": "qa_bot.cli:main"} and callable(cli.main)


def test_another_command_passes_the_tests():
    command = command_after("test command")
    extra = re.search(r'install -e "\.\[(\w+)\]"', command)
    assert extra and extra[1] in PROJECT["optional-dependencies"] and command.endswith("-m pytest")
    assert any(requirement.startswith("pytest") for requirement in PROJECT["optional-dependencies"][extra[1]])
    assert "<!-- test command -->" in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_the_python_version_is_the_package_s():
    least = PROJECT["requires-python"].removeprefix(">=")
    assert f"Python {least} or newer" in README and f"python{least} -m venv" in README


def test_links_lead_somewhere():
    targets = re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", README)
    assert ".env.example" in targets
    for target in targets:
        if not re.match(r"https?://", target):
            assert (REPOSITORY / target.partition("#")[0]).exists(), target


def test_pictures_are_there_and_are_described():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", README)
    assert pictures and all(words and (REPOSITORY / target).stat().st_size > 10_000 for words, target in pictures)


def test_folders_it_names_exist():
    own = {"my_papers/", ".venv/bin/"}
    folders = {span for span in SPANS if re.fullmatch(r"[\w.]+/(?:[\w.]+/)*", span)} - own
    assert {"seeds/", "prompts/"} <= folders
    assert all((REPOSITORY / folder).is_dir() for folder in folders), folders
    assert len(list(SEEDS.glob("*.txt"))) == 5 and "five sample documents" in README


def mentioned() -> list[tuple[str, list[str]]]:
    """Every qa-bot command line of the README, as (command or "", its arguments)."""
    lines = [line for language, code in BLOCKS if language == "bash" for line in code.splitlines() if line.startswith("qa-bot")]
    found = []
    for text in [*lines, *(span for span in SPANS if span.split()[0] == "qa-bot")]:
        _, *words = shlex.split(text)
        found.append((words[0], words[1:]) if words and not words[0].startswith("-") else ("", words))
    return found


def test_commands_and_options_it_names_exist():
    assert {"", "chat", "ingest", "ask", "search", "papers", "eval", "doctor"} <= {command for command, _ in mentioned()}
    for name, arguments in mentioned():
        command = COMMANDS.commands[name] if name else COMMANDS
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in arguments if word.startswith("-")} <= known, (name, arguments)


def test_every_option_in_passing_belongs_to_some_command():
    known = {
        option for command in [COMMANDS, *COMMANDS.commands.values()] for parameter in command.params for option in parameter.opts
    }
    options = {word for span in SPANS if span.startswith("--") for word in span.split() if word.startswith("--")}
    assert {"--json", "--port"} <= options and options <= known | {"--help"}


def test_scripts_it_names_exist_and_take_their_options():
    named = re.findall(r"((?:benchmarks|scripts)/\w+\.py)((?: +--?[\w-]+(?: [^\s`-]\S*)?)*)", README)
    for script, options in named:
        source = (REPOSITORY / script).read_text(encoding="utf-8")
        assert all(f'"{option}"' in source for option in re.findall(r"--[\w-]+", options)), (script, options)


def test_settings_it_names_exist():
    names = set(re.findall(r"\bQA_BOT_[A-Z_]*[A-Z]\b", README))
    assert names <= {f"QA_BOT_{name.upper()}" for name in Settings.model_fields}
    assert {"QA_BOT_LLM_BASE_URL", "QA_BOT_DATA_DIR", "QA_BOT_PROMPTS_DIR"} <= names


def test_the_example_as_a_dotenv_file_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("QA_BOT_DATA_DIR")
    before = load_settings()
    (tmp_path / ".env").write_text((REPOSITORY / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    assert load_settings() == before and not before.llm_is_configured


SERVERS = dict(re.findall(r"^\| (Ollama|llama\.cpp|LM Studio|vLLM|OpenAI)\b[^|]*\| (.+) \|$", README, re.MULTILINE))


@pytest.mark.parametrize(("server", "port"), [("Ollama", 11434), ("llama.cpp", 8080), ("LM Studio", 1234), ("vLLM", 8000)])
def test_each_local_server_has_its_line(server, port, monkeypatch):
    name, _, value = re.search(r"`([^`]+)`", SERVERS[server])[1].partition("=")
    monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.llm_is_configured and api_roots(settings.llm_base_url) == (f"http://localhost:{port}/v1",)


def test_openai_needs_a_model_and_a_key(monkeypatch):
    for name, value in re.findall(r"`([A-Z_]+)=([^`]+)`", SERVERS["OpenAI"]):
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.llm_is_configured and settings.llm_model and settings.api_key_for("llm")
    assert api_roots(settings.llm_base_url) == (OPENAI_URL,)
