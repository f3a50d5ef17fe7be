"""What a visitor chose: read from the form, put over the settings, never letting a key go where it does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_llm_server import FakeLLMServer, answer

from qa_bot.config import Settings
from qa_bot.schema import QABotError
from qa_bot.window.choices import Choices, Visitor, choices_from, engine_for, settings_of, try_endpoint, visitor_of
from qa_bot.window.settings_html import model_list, settings_form

SERVERS_OWN = "sk-the-servers-own-key"


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)


def test_an_untouched_form_changes_nothing(seed_engine):
    chosen = choices_from({"mode": "", "base_url": " ", "top_k": "", "author": ""})
    assert chosen == Choices()
    assert engine_for(seed_engine, visitor_of(chosen, seed_engine.settings), seed_engine.settings) is seed_engine


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"top_k": "0"}, "whole number from 1 to 20"),
        ({"top_k": "many"}, "whole number"),
        ({"base_url": "file:///etc/passwd"}, "web address"),
        ({"mode": "magic"}, "from the list"),
        ({"year_from": "2024", "year_to": "2019"}, "No year lies from 2024 to 2019"),
    ],
)
def test_what_cannot_be_used_is_named(said, message):
    with pytest.raises(QABotError, match=message):
        choices_from(said)


def test_a_language_model_needs_an_endpoint():
    with pytest.raises(QABotError, match="http://localhost:11434/v1"):
        visitor_of(choices_from({"mode": "llm"}), settings())


def test_visitors_from_other_machines_name_no_endpoint():
    with pytest.raises(QABotError, match="QA_BOT_LLM_BASE_URL"):
        choices_from({"base_url": "http://10.0.0.1/v1"}, may_name_endpoint=False)
    assert 'name="base_url"' not in settings_form(settings(), may_name_endpoint=False)


@pytest.mark.parametrize("name", ["QA_BOT_LLM_API_KEY", "OPENAI_API_KEY"])
def test_the_servers_own_key_never_goes_to_a_typed_address(monkeypatch, name):
    monkeypatch.setenv(name, SERVERS_OWN)
    own = settings(llm_base_url="http://127.0.0.1:9/v1", llm_model="set-up")
    with FakeLLMServer(answer("ready")) as server:
        try_endpoint(choices_from({"base_url": server.url, "model": "x"}), own)
        try_endpoint(choices_from({"base_url": server.url, "key": "typed"}), own)
        sent = [request.headers.get("Authorization", "") for request in server.requests]
    assert not [value for value in sent if SERVERS_OWN in value]
    assert "Bearer typed" in sent
    assert settings_of(choices_from({"model": "other"}), own).api_key_for("llm") == SERVERS_OWN


def test_the_test_button_says_what_works_and_what_does_not():
    with FakeLLMServer(answer("ready"), models=["small", "big"], key="right") as server:
        said, names = try_endpoint(choices_from({"base_url": server.url, "key": "right", "model": "big"}), settings())
        assert said.startswith("It works: ")
        assert names == ["small", "big"]
        with pytest.raises(QABotError) as wrong:
            try_endpoint(choices_from({"base_url": server.url, "key": "typo-key-123"}), settings())
    assert "typo-key-123" not in str(wrong.value)
    with pytest.raises(QABotError, match="127.0.0.1"):
        try_endpoint(choices_from({"base_url": "http://127.0.0.1:9/v1"}), settings(llm_max_retries=0))


def test_a_visitor_is_answered_as_chosen(seed_engine):
    own = seed_engine.settings
    with FakeLLMServer(answer("STATUS: answered\nPaliGemma uses SigLIP. [1]")) as server:
        visitor = visitor_of(choices_from({"base_url": server.url, "model": "test-model", "top_k": "2"}), own)
        written = engine_for(seed_engine, visitor, own).ask("Which vision encoder is PaliGemma based on?")
    assert (written.mode, len(written.sources)) == ("llm", 2)
    plain = engine_for(seed_engine, visitor_of(choices_from({"mode": "extractive"}), own), own)
    assert plain.ask("Which vision encoder is PaliGemma based on?").mode == "extractive"
    assert seed_engine.ask("Which vision encoder is PaliGemma based on?").mode == "extractive"
    assert len(engine_for(seed_engine, visitor_of(choices_from({"top_k": "3"}), own), own).ask("What is SigLIP?").sources) == 3


def test_filters_narrow_what_is_asked(seed_engine):
    visitor = Visitor(choices_from({"year_from": "2025", "year_to": "2025"}))
    answered = seed_engine.ask("What about vision-language models?", filters=visitor.choices.filters)
    assert {source.year for source in answered.sources} == {2025}


def test_a_key_is_neither_shown_nor_printed(tmp_path: Path):
    chosen = choices_from({"base_url": "http://127.0.0.1:9/v1", "key": "sk-secret-123"})
    visitor = visitor_of(chosen, settings())
    shown = "".join((repr(chosen), str(chosen), repr(visitor), settings_form(settings(llm_api_key="sk-secret-123"))))
    assert "sk-secret-123" not in shown


def test_model_names_are_escaped():
    assert model_list(['"><script>']) == '<datalist id="qa-models"><option value="&quot;&gt;&lt;script&gt;"></datalist>'
