"""Knows how a command gets at the settings and the open collection.

Leaves what to do with them to the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qa_bot.cli.output import progress


def settings_for(*, no_llm: bool):  # noqa: ANN202 - config.Settings, imported late
    from qa_bot.config import load_settings

    settings = load_settings()
    return settings.model_copy(update={"llm_base_url": None, "llm_model": None}) if no_llm else settings


@contextmanager
def open_engine(*, no_llm: bool) -> Iterator:
    from qa_bot.answering import AnswerEngine

    with progress() as show:
        engine = AnswerEngine.from_settings(settings_for(no_llm=no_llm), on_progress=show)
    try:
        yield engine
    finally:
        engine.close()
