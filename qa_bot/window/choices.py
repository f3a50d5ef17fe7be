"""Knows what one visitor chose for their own answers: who writes them, from how many papers, narrowed to which.

Leaves the defaults to `config` and speaking to an endpoint to `llm`. A key lives in the server's memory while the page
is open: it is never written, shown again or logged, and the server's own key never goes to an address that a visitor typed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from qa_bot.config import Settings
from qa_bot.schema import Filters, QABotError
from qa_bot.window.papers_html import wish_from

MODES = {"": "As set up", "llm": "A language model", "extractive": "Sentences of the abstracts, no language model"}
LENGTHS = {"": "Normal", "300": "Short", "2500": "Long"}
MOST_SOURCES = 20
# Local servers ask for no key; anything but the server's own key must go there.
_NO_KEY = "none"


class ChoiceError(QABotError):
    """A setting of the window has a value that cannot be used."""


@dataclass(frozen=True)
class Choices:
    """What a visitor chose; the defaults change nothing."""

    mode: str = ""
    base_url: str = ""
    model: str = ""
    key: SecretStr | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    filters: Filters = field(default_factory=Filters)

    @property
    def names_endpoint(self) -> bool:
        return bool(self.base_url or self.model)


@dataclass
class Visitor:
    """A visitor's choices with the language model that they mean, opened once."""

    choices: Choices = field(default_factory=Choices)
    llm: Any = None


def choices_from(said: object, *, may_name_endpoint: bool = True) -> Choices:
    """Read what the settings form said. Raise ChoiceError naming the field that cannot be used."""
    fields = {str(k): v.strip() for k, v in said.items() if isinstance(v, str)} if isinstance(said, Mapping) else {}
    if not may_name_endpoint and any(fields.get(name) for name in ("base_url", "model", "key")):
        raise ChoiceError("This window is open to other machines, so who runs it sets the endpoint: QA_BOT_LLM_BASE_URL.")
    base_url = fields.get("base_url", "")
    if base_url and "://" in base_url and not base_url.startswith(("http://", "https://")):
        raise ChoiceError("The endpoint must be a web address such as http://localhost:11434/v1.")
    if fields.get("mode", "") not in MODES:
        raise ChoiceError("Choose who writes the answers from the list.")
    choices = Choices(
        mode=fields.get("mode", ""), base_url=base_url, model=fields.get("model", ""), key=SecretStr(fields["key"]) if fields.get("key") else None,
        top_k=_number(fields, "top_k", "Papers an answer may draw on", 1, MOST_SOURCES),
        max_tokens=_number(fields, "length", "Answer length", 64, 8000), filters=wish_from(said).filters,
    )  # fmt: skip
    years = choices.filters.year_from, choices.filters.year_to
    if None not in years and years[0] > years[1]:
        raise ChoiceError(f"No year lies from {years[0]} to {years[1]}: exchange them.")
    return choices


def _number(fields: Mapping[str, str], name: str, label: str, least: int, most: int) -> int | None:
    text = fields.get(name, "")
    if not text:
        return None
    if not text.isdigit() or not least <= int(text) <= most:
        raise ChoiceError(f"{label} must be a whole number from {least} to {most}.")
    return int(text)


def settings_of(choices: Choices, settings: Settings) -> Settings:
    """Return the settings with a visitor's choices over them."""
    changes: dict[str, Any] = {}
    if choices.names_endpoint:
        is_elsewhere = bool(choices.base_url) and choices.base_url != (settings.llm_base_url or "")
        changes |= {"llm_model": choices.model or (None if is_elsewhere else settings.llm_model)}
        if is_elsewhere:
            changes |= {"llm_base_url": choices.base_url, "llm_api_key": SecretStr(_NO_KEY)}
    if choices.key:
        changes["llm_api_key"] = choices.key
    if choices.top_k:
        changes["top_k"] = choices.top_k
    if choices.max_tokens:
        changes["llm_max_tokens"] = choices.max_tokens
    return settings.model_copy(update=changes)


def visitor_of(choices: Choices, settings: Settings) -> Visitor:
    """Open what a visitor chose. Raise a QABotError that says what is wrong with it."""
    from qa_bot.llm import open_llm

    if choices.mode == "extractive":
        return Visitor(choices, None)
    own = settings_of(choices, settings)
    if choices.mode == "llm" and not own.llm_is_configured:
        raise ChoiceError("A language model needs an endpoint: write its address, for example http://localhost:11434/v1.")
    return Visitor(choices, open_llm(own))


def engine_for(engine: Any, visitor: Visitor, settings: Settings) -> Any:
    """Return the engine that answers this visitor, on the same open collection."""
    choices = visitor.choices
    if replace(choices, filters=Filters()) == Choices() or not hasattr(engine, "store"):
        return engine
    keeps_llm = choices.mode == "" and not choices.names_endpoint and not choices.key and not choices.max_tokens
    # The judge stays the one that was set up, with its key: it is never opened for an address that a visitor typed.
    llm = engine.llm if keeps_llm else visitor.llm
    return type(engine)(settings_of(choices, settings), engine.store, engine.embedding, llm, judge=engine.judge)


def try_endpoint(choices: Choices, settings: Settings) -> tuple[str, list[str]]:
    """Ask the endpoint for its models and for one word; return what to tell the visitor and the models it lists.

    Raise a QABotError that says what is wrong.
    """
    visitor = visitor_of(replace(choices, mode="llm"), settings)
    try:
        names = visitor.llm.list_models()
    except QABotError:
        names = []  # some servers list none and answer all the same; the next request tells
    began = time.perf_counter()
    reply = visitor.llm.complete([{"role": "user", "content": "Answer with the one word: ready"}], max_tokens=200)
    seconds = time.perf_counter() - began
    return f"It works: {reply.model or choices.model or 'the model'} answered in {seconds:.1f} s.", names
