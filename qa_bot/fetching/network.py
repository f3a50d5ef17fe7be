"""Knows how to ask a service over HTTP with manners: its pace, Retry-After, waiting and trying again, readable errors.

Leaves what is asked and what the answer means to the services.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import random
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from qa_bot import __version__
from qa_bot.fetching.service import FetchError, NotUnderstood, Page, Request, Service, Unfinished

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 5
_SILENCE_SECONDS = 60.0
_CONNECT_SECONDS = 15.0
# A service that wants a longer pause is left alone; the pages so far are kept.
_LONGEST_PAUSE_SECONDS = 120.0
_MOST_BYTES = 64 << 20


class _Passing(Exception):
    """A failure that may pass. `pause_seconds` is what the service asked for; `attempts` how often such a failure is worth a try."""

    def __init__(self, words: str, *, pause_seconds: float | None = None, attempts: int = ATTEMPTS) -> None:
        super().__init__(words)
        self.pause_seconds, self.attempts = pause_seconds, attempts


class Connection:
    """An open line to one service. `requests` counts what was sent, tries included.

    `stamp` is a file whose time says when the service was last asked, so that several runs keep its pace together.
    """

    def __init__(self, service: Service, *, stamp: Path, pause_seconds: float | None = None) -> None:
        import httpx

        host = urlsplit(service.url).hostname or ""
        agent = f"qa_bot/{__version__}" + (f" (mailto:{service.contact})" if service.contact else "")
        self.service = service
        self.requests = 0
        self._stamp = stamp
        self._pause = service.pause_seconds if pause_seconds is None else pause_seconds
        self._first_wait = max(1.0, self._pause) if pause_seconds is None else max(0.01, pause_seconds)
        self._client = httpx.Client(
            timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS), follow_redirects=True, headers={"User-Agent": agent},
            # A proxy from the environment is no way to reach this very machine.
            trust_env=host not in ("localhost", "127.0.0.1", "::1"),
        )  # fmt: skip

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def ask(self, request: Request) -> tuple[Page, bytes]:
        """Return the page that a request gives, and its bytes. Raise FetchError when the service cannot be had."""
        return self._retrying(lambda: self._attempt(request))

    def _attempt(self, request: Request) -> tuple[Page, bytes]:
        body = self._body(request)
        if body is None:
            return Page(), b""
        try:
            return self.service.read(body), body
        except Unfinished as error:
            raise _Passing(f"its answer cannot be used ({error})") from error

    def _retrying(self, attempt: Callable[[], tuple[Page, bytes]]) -> tuple[Page, bytes]:
        from tenacity import RetryCallState, Retrying, retry_if_exception_type

        def failure(state: RetryCallState) -> _Passing:
            error = state.outcome.exception() if state.outcome else None
            assert isinstance(error, _Passing)
            return error

        def pause(state: RetryCallState) -> float:
            asked = failure(state).pause_seconds
            return (
                asked
                if asked is not None
                else min(60.0, self._first_wait * 2 ** (state.attempt_number - 1)) * (0.75 + 0.25 * random())
            )

        def stops(state: RetryCallState) -> bool:
            error = failure(state)
            return state.attempt_number >= error.attempts or (error.pause_seconds or 0) > _LONGEST_PAUSE_SECONDS

        try:
            return Retrying(stop=stops, wait=pause, retry=retry_if_exception_type(_Passing), reraise=True)(attempt)
        except _Passing as error:
            when = (
                f" It asks to wait {_duration(error.pause_seconds)}."
                if (error.pause_seconds or 0) > _LONGEST_PAUSE_SECONDS
                else ""
            )
            raise FetchError(
                f"{self.service.title} ({self._host}) could not be asked: {error}.{when} {self.service.next_step}".rstrip()
            ) from error

    @property
    def _host(self) -> str:
        return urlsplit(self.service.url).netloc.rsplit("@")[-1]

    def _body(self, request: Request) -> bytes | None:
        """Return an answer's bytes; None for what may be missing and is. Raise _Passing or FetchError."""
        import httpx

        self._keep_pace()
        try:
            with self._client.stream("GET", request.url, params=dict(request.params) or None) as response:
                body = _bounded(response)
        except httpx.ConnectTimeout as error:
            raise _Passing(
                "it does not answer; look whether this machine has a network, or needs a proxy (HTTPS_PROXY)", attempts=2
            ) from error
        except httpx.ConnectError as error:
            raise _Passing(
                f"there is no way to it ({str(error) or 'no connection'}); look whether this machine has a network, or needs a proxy (HTTPS_PROXY)",
                attempts=2,
            ) from error
        except httpx.TimeoutException as error:
            raise _Passing(f"it was silent for {_SILENCE_SECONDS:.0f} seconds") from error
        except httpx.TransportError as error:
            raise _Passing(f"the connection broke ({str(error) or type(error).__name__})") from error
        except (httpx.InvalidURL, httpx.TooManyRedirects) as error:
            raise FetchError(
                f"{self.service.title} cannot be asked at {self.service.url} ({error}). Check QA_BOT_FETCH_{self.service.name.upper()}_URL."
            ) from error
        return self._judged(response, body, request)

    def _judged(self, response: httpx.Response, body: bytes, request: Request) -> bytes | None:
        status = response.status_code
        if status in (408, 425, 429, 500, 502, 503, 504):
            raise _Passing(_words(status, body), pause_seconds=_retry_after(response.headers.get("retry-after")))
        if status in (404, 410) and request.may_be_missing:
            return None
        if _is_web_page(response.headers.get("content-type", ""), body):
            raise FetchError(
                f"{self._host} answered with a web page instead of data (HTTP {status}). Look whether this network wants you to sign in, and "
                f"whether QA_BOT_FETCH_{self.service.name.upper()}_URL is right."
            )
        if status in (401, 402, 403):
            raise FetchError(
                f"{self.service.title} refuses this request: {_words(status, body)}. {self.service.next_step}".rstrip()
            )
        if status >= 400:
            raise NotUnderstood(
                f"{self.service.title} does not understand this request: {_words(status, body)}. Ask in other words."
            )
        return body

    def _keep_pace(self) -> None:
        """Wait until the service may be asked again, counting from the last request of any run of this data folder."""
        try:
            last = self._stamp.stat().st_mtime
        except OSError:
            last = 0.0
        wait = last + self._pause - time.time()
        if 0 < wait <= self._pause:
            time.sleep(wait)
        self._stamp.parent.mkdir(parents=True, exist_ok=True)
        self._stamp.touch()
        os.utime(self._stamp)
        self.requests += 1


def _bounded(response: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise FetchError(
                f"An answer of {urlsplit(str(response.url)).netloc} is larger than {_MOST_BYTES >> 20} MB. Ask for fewer papers at once."
            )
    return b"".join(parts)


def _is_web_page(kind: str, body: bytes) -> bool:
    return "text/html" in kind or body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _words(status: int, body: bytes) -> str:
    """Return a refusal in the service's own words, one short line."""
    import json

    said = ""
    try:
        document = json.loads(body)
        if isinstance(document, dict):
            said = str(document.get("message") or document.get("error") or "")
    except ValueError:
        text = body[:4000].decode("utf-8", "replace")
        summary = re.search(r"<summary[^>]*>([^<]*)<", text)  # arXiv's errors are feeds
        said = summary[1] if summary else "" if "<" in text else text
    said = " ".join(said.split())[:200].rstrip(". ")
    return f"HTTP {status}" + (f", {said!r}" if said else "")


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After, which may be a number or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _duration(seconds: float | None) -> str:
    minutes = round((seconds or 0) / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
