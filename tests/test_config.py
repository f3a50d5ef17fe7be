"""Settings: where they are read from, what is refused, and that .env.example names them all."""

from __future__ import annotations

import runpy

import pytest
from conftest import REPOSITORY

from qa_bot.config import ConfigError, Settings, load_settings, resource_dir


def test_env_example_and_readme_name_every_setting():
    written = runpy.run_path(str(REPOSITORY / "scripts" / "write_settings.py"))
    assert (REPOSITORY / ".env.example").read_text(encoding="utf-8") == written["example"]()
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert written["table"]() in readme
    assert all(f"QA_BOT_{name.upper()}=" in written["example"]() for name in Settings.model_fields)


def test_arguments_beat_environment_beats_file_beats_default(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("QA_BOT_TOP_K=3\nQA_BOT_LLM_MODEL=from-file\nQA_BOT_LLM_BASE_URL=\n")
    assert load_settings().top_k == 3
    monkeypatch.setenv("QA_BOT_TOP_K", "4")
    assert load_settings().top_k == 4
    assert load_settings(top_k=5).top_k == 5
    assert load_settings().llm_model == "from-file"
    assert load_settings().llm_base_url is None


def test_wrong_value_is_named(monkeypatch):
    monkeypatch.setenv("QA_BOT_TOP_K", "many")
    with pytest.raises(ConfigError, match="QA_BOT_TOP_K"):
        load_settings()


def test_key_falls_back_to_openai_and_is_never_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    assert load_settings().api_key_for("llm") == "sk-secret-1"
    settings = load_settings(llm_api_key="sk-secret-2")
    assert settings.api_key_for("llm") == "sk-secret-2"
    assert "sk-secret" not in repr(settings)


def test_key_alone_configures_no_llm(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert not load_settings().llm_is_configured


@pytest.mark.parametrize("name", ["seeds", "prompts"])
def test_resources_are_found(name):
    assert any(resource_dir(name).iterdir())


def test_the_home_folder_may_be_written_short(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("QA_BOT_DATA_DIR", "~/papers")
    monkeypatch.setenv("QA_BOT_PROMPTS_DIR", "~/prompts")
    assert load_settings().data_dir == tmp_path / "papers" and load_settings().prompts_dir == tmp_path / "prompts"
