"""Knows how one answer is streamed from a thread of its own into an event loop, and how it is stopped.

Leaves what a snapshot looks like to `answer_html`. A slow language model occupies its own thread only, and
snapshots that come faster than they can be shown are passed over, never queued.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator

from qa_bot.schema import Answer, QABotError

_LOG = logging.getLogger(__name__)
_SETTLE_SECONDS = 0.12


class AnswerFailedError(QABotError):
    """An answer ended for a reason that nobody foresaw."""


class RunningAnswer:
    """One answer on its way: `latest` is the newest snapshot, `error` what ended it."""

    def __init__(self, question: str, stream: Callable[[], Iterator[Answer]]) -> None:
        self.question = question
        self.latest: Answer | None = None
        self.error: QABotError | None = None
        self._stream = stream
        self._is_stopped = threading.Event()
        self._is_done = False
        self._wake: Callable[[], None] = lambda: None

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped.is_set()

    def stop(self) -> None:
        """Ask the thread to end with the next snapshot; what is on its way from a server is dropped. Unneeded once it is done."""
        self._is_stopped.set()
        self._wake()

    async def snapshots(self, *, seconds_between: float = 0.08) -> AsyncIterator[Answer]:
        """Yield the newest snapshot whenever there is one, the last one always; see `error` afterwards."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: _tell(loop, news)
        if not self.is_stopped:
            threading.Thread(target=self._work, name="answer", daemon=True).start()
        try:
            await self._settle(news)
            shown: Answer | None = None
            while not self.is_stopped:
                await news.wait()
                news.clear()
                is_done, snapshot = self._is_done, self.latest
                if snapshot is not None and snapshot is not shown:
                    shown = snapshot
                    yield snapshot
                if is_done:
                    return
                await asyncio.sleep(seconds_between)
        finally:
            if not self._is_done:
                self.stop()

    async def _settle(self, news: asyncio.Event) -> None:
        """Give an answer without a language model the moment it needs, so that it is shown once and whole."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_SECONDS):
                while not (self._is_done or self.is_stopped):
                    await news.wait()
                    news.clear()
        news.set()

    def _work(self) -> None:
        try:
            with contextlib.closing(_as_generator(self._stream())) as stream:
                for snapshot in stream:
                    if self.is_stopped:
                        return
                    self.latest = snapshot
                    self._wake()
        except QABotError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001
            # The end of a thread, and an exception in a chat function leaves Gradio's box dead until a reload.
            if self.is_stopped:
                return
            _LOG.exception("an answer failed")
            self.error = AnswerFailedError(f"The answer failed ({type(error).__name__}: {error}). Ask again; if it stays so, run qa-bot doctor.")
        finally:
            self._is_done = True
            self._wake()


def _as_generator(stream: Iterator[Answer]) -> Iterator[Answer]:
    yield from stream


def _tell(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed once the server has gone
        loop.call_soon_threadsafe(news.set)
