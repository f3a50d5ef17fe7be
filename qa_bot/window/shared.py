"""Knows what all visitors of a window share: the engine, the places in the queue, whether the papers are being changed.

Leaves each visitor's own things to `conversation` and `choices`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from qa_bot.config import Settings
from qa_bot.schema import Paper
from qa_bot.window.opening import Opening
from qa_bot.window.running import RunningAnswer
from qa_bot.window.turnstile import Turnstile

ANSWERS_AT_ONCE = 32
_POLL_SECONDS = 0.1


class Shared:
    """One window's shared things."""

    def __init__(self, engine_or_factory: Any, settings: Settings) -> None:
        self.settings = settings
        self.opening = Opening(engine_or_factory)
        self.turnstile = Turnstile(ANSWERS_AT_ONCE)
        self.running: dict[str, RunningAnswer] = {}
        self.changing: str | None = None
        self.may_name_endpoint = True
        self._papers: tuple[Paper, ...] | None = None

    @property
    def engine(self) -> Any:
        """The engine once it is open, else None."""
        return self.opening.engine

    def papers(self) -> tuple[Paper, ...]:
        """Return the open collection, read once until it changes."""
        if self._papers is None:
            self._papers = tuple(self.engine.papers())
        return self._papers

    @contextlib.asynccontextmanager
    async def change(self, line: str) -> AsyncIterator[None]:
        """Have the papers to oneself: wait until nobody is being answered; questions asked meanwhile wait in turn."""
        while self.changing is not None:
            await asyncio.sleep(_POLL_SECONDS)
        self.changing = line
        try:
            while self.running:
                await asyncio.sleep(_POLL_SECONDS)
            yield
        finally:
            self._papers = None
            self.changing = None

    async def unchanging(self) -> AsyncIterator[str]:
        """Yield what is being done to the papers again and again until they can be asked again."""
        while self.changing is not None:
            yield self.changing
            await asyncio.sleep(_POLL_SECONDS)

    def leave(self, session: str) -> None:
        """Stop what a visitor who closed the page was being answered."""
        running = self.running.pop(session, None)
        if running is not None:
            running.stop()
