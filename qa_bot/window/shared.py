"""Knows what all visitors of a window share: the engine, the places in the queue, whether the papers are being changed.

Leaves each visitor's own things to `conversation` and `choices`.
"""

from __future__ import annotations

from typing import Any

from qa_bot.config import Settings
from qa_bot.window.opening import Opening
from qa_bot.window.running import RunningAnswer
from qa_bot.window.turnstile import Turnstile

ANSWERS_AT_ONCE = 32


class Shared:
    """One window's shared things."""

    def __init__(self, engine_or_factory: Any, settings: Settings) -> None:
        self.settings = settings
        self.opening = Opening(engine_or_factory)
        self.turnstile = Turnstile(ANSWERS_AT_ONCE)
        self.running: dict[str, RunningAnswer] = {}

    @property
    def engine(self) -> Any:
        """The engine once it is open, else None."""
        return self.opening.engine

    def leave(self, session: str) -> None:
        """Stop what a visitor who closed the page was being answered."""
        running = self.running.pop(session, None)
        if running is not None:
            running.stop()
