"""Knows how the engine is opened behind a window that is already there: its progress, and how it failed.

Leaves building the engine to the factory that it is given.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from qa_bot.schema import QABotError

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.2


class NotOpenError(QABotError):
    """The papers could not be opened for a reason that nobody foresaw."""


class Opening:
    """An engine that is being opened in a thread, is open, or could not be opened."""

    def __init__(self, engine_or_factory: Any) -> None:
        is_engine = hasattr(engine_or_factory, "stream") and not isinstance(engine_or_factory, type)
        self._factory: Callable[..., Any] | None = None if is_engine else engine_or_factory
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.engine: Any | None = engine_or_factory if is_engine else None
        self.error: QABotError | None = None
        self.line = "Opening the papers"

    def start(self) -> None:
        """Begin, or begin again after a failure; does nothing while it is under way or done."""
        with self._lock:
            if self.engine is not None or self._factory is None or (self._thread and self._thread.is_alive()):
                return
            self.error = None
            self._thread = threading.Thread(target=self._open, name="open-papers", daemon=True)
            self._thread.start()

    def _open(self) -> None:
        assert self._factory is not None
        try:
            self.engine = self._factory(self._report) if _takes_one(self._factory) else self._factory()
        except QABotError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001
            # The end of a thread: unsaid, this would leave every visitor waiting for papers that never come.
            _LOG.exception("opening the papers failed")
            self.error = NotOpenError(f"The papers could not be opened ({type(error).__name__}: {error}). Run qa-bot doctor, then start again.")

    def _report(self, line: str) -> None:
        self.line = line

    async def lines(self) -> AsyncIterator[str]:
        """Yield the line of progress again and again until the engine is open or has failed; see `engine` and `error` then."""
        while self.engine is None and self.error is None:
            yield self.line
            await asyncio.sleep(_POLL_SECONDS)


def _takes_one(factory: Callable[..., Any]) -> bool:
    parameters = inspect.signature(factory).parameters.values()
    return any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
