"""Knows how to ask an OpenAI-compatible endpoint for a chat reply: stream, give way, try again; with `embedding` the only owner of openai.

Leaves the format to `wire`, and what a failure means to `failures` and `errors`. That package takes a second to import, so it
is imported at the first request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cached_property
from itertools import chain
from random import random
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from qa_bot.config import Settings
from qa_bot.llm.addresses import api_roots
from qa_bot.llm.errors import LLMError, explain
from qa_bot.llm.failures import concerns_model, may_pass, retry_after_seconds, server_words
from qa_bot.llm.thinking import Visible
from qa_bot.llm.wire import (
    Messages, Piece, Reply, answer_tokens, chat_request, concession_for, final_reply, pieces_of_chunk, pieces_of_document, refusal_in,
)  # fmt: skip

if TYPE_CHECKING:
    import openai

T = TypeVar("T")

# What a server lists beside its chat models; never chosen when no model is named.
_NOT_FOR_CHAT = ("embed", "rerank", "whisper", "tts", "bge-", "e5-", "clip", "dall-e", "moderation")


class EndpointModel:
    """A chat model behind an OpenAI-compatible HTTP endpoint; safe to share between threads."""

    def __init__(self, settings: Settings, *, prefix: str = "QA_BOT_LLM") -> None:
        self.context_window = settings.llm_context_window
        self._prefix = prefix
        self._settings = settings
        self._named = settings.llm_model
        self._max_tokens = answer_tokens(settings.llm_context_window, settings.llm_max_tokens)
        self._roots = api_roots(settings.llm_base_url, prefix=prefix)
        self._key = (settings.api_key_for("llm") or "").strip()
        self._concessions: frozenset[str] = frozenset()
        self._naming = threading.Lock()

    @property
    def model(self) -> str:
        return self._named or ""

    @property
    def url(self) -> str:
        """The API's address, as messages show it: without a password in it."""
        parts = urlsplit(self._roots[0])
        return urlunsplit((parts.scheme, parts.netloc.rsplit("@")[-1], parts.path, "", ""))

    def stream(self, messages: Messages) -> Iterator[Reply]:
        return self._replies(messages, self._max_tokens)

    def complete(self, messages: Messages, *, max_tokens: int | None = None) -> Reply:
        # Streamed as well: a server that is slow but alive then never runs into the timeout for silence.
        *_, last = self._replies(messages, max_tokens or self._max_tokens)
        return last

    def list_models(self) -> list[str]:
        try:
            return self._retrying(self._names)
        except self._failures as error:
            raise self._readable(error) from error

    def _names(self) -> list[str]:
        page = self._send(lambda client: client.models.list())
        return [str(entry.id) for entry in page.data or []]

    def _replies(self, messages: Messages, max_tokens: int) -> Iterator[Reply]:
        name = self._resolve_name()
        visible, usage, finish, received = Visible(), {}, None, 0
        try:
            with closing(self._begin(messages, max_tokens)) as pieces:
                for piece in pieces:
                    usage = piece.usage or usage
                    finish = piece.finish or finish
                    received += len(piece.text)
                    if not piece.is_thinking:
                        visible.feed(piece.text)
                    if piece.text:
                        yield Reply(visible.text, model=name, is_thinking=piece.is_thinking or visible.is_thinking)
                    if received > 40 * max_tokens + 2000:  # a server that pays no heed to the limit would go on for ever
                        finish = "length"
                        break
        except self._failures as error:
            raise self._readable(error, received=len(visible.text)) from error
        where = f"The endpoint {self.url}"
        yield final_reply(visible, finish, usage, model=name, where=where, received=received, prefix=self._prefix)

    def _begin(self, messages: Messages, max_tokens: int) -> Iterator[Piece]:
        """Open a stream and wait for its first piece: up to there, and only up to there, a failure is tried again."""

        def attempt() -> tuple[Iterator[Piece], Piece | None]:
            pieces = self._pieces(messages, max_tokens)
            return pieces, next(pieces, None)

        pieces, first = self._retrying(attempt)
        with closing(pieces):
            yield from chain([first] if first else [], pieces)

    def _pieces(self, messages: Messages, max_tokens: int) -> Iterator[Piece]:
        stream = self._open(messages, max_tokens)
        with closing(stream):
            kind = stream.response.headers.get("content-type", "")
            if "text/html" in kind:
                raise LLMError(
                    f"{self.url} answered with a web page instead of an LLM's reply. Check {self._prefix}_BASE_URL, "
                    "and whether this network wants you to sign in first.",
                    kind="reply",
                )
            if "application/json" in kind:  # some gateways ignore stream=true
                document = json.loads(stream.response.read())
                if said := refusal_in(document):
                    raise LLMError(
                        f'The endpoint {self.url} refused the request (it says: "{said}"). Look at its log.', kind="server"
                    )
                yield from pieces_of_document(document)
                return
            for chunk in stream:
                yield from pieces_of_chunk(chunk)

    def _open(self, messages: Messages, max_tokens: int) -> openai.Stream[Any]:
        """Send the request, giving way to servers that refuse a parameter; what was given way to is remembered."""
        import openai

        while True:
            request = chat_request(messages, self.model, max_tokens, self._settings.llm_temperature, self._concessions)
            try:
                return self._send(lambda client: client.chat.completions.create(**request))
            except (openai.BadRequestError, openai.UnprocessableEntityError, openai.InternalServerError) as error:
                concession = concession_for(server_words(error), getattr(error, "param", None), self._concessions)
                if concession is None:
                    raise
                self._concessions |= {concession}

    def _send(self, call: Callable[[openai.OpenAI], T]) -> T:
        """Make one call; where the address had no path, find out which one the API lives under."""
        import openai

        if self._settings.llm_base_url is None and not self._key:
            raise LLMError(
                f"OpenAI needs a key: set {self._prefix}_API_KEY or OPENAI_API_KEY, or {self._prefix}_BASE_URL for another server.",
                kind="key",
            )
        if not (self._key.isascii() and self._key.isprintable()):
            raise LLMError(f"{self._prefix}_API_KEY holds characters that no key has. Copy it again.", kind="key")
        refusal: openai.APIStatusError | None = None
        for root in self._roots:
            try:
                result = call(self._client.with_options(base_url=root))
            except openai.APIStatusError as error:
                if error.status_code in (404, 405):
                    refusal = refusal or error
                    continue
                self._roots = (root,)  # an API is there; what it refused is something else
                raise
            self._roots = (root,)
            return result
        assert refusal is not None
        raise refusal

    @cached_property
    def _client(self) -> openai.OpenAI:
        import httpx
        import openai

        seconds = self._settings.llm_timeout_seconds
        # A proxy from the environment is no way to reach a server on this very machine.
        is_near = (urlsplit(self._roots[0]).hostname or "") in ("localhost", "127.0.0.1", "::1", "0.0.0.0")
        http = openai.DefaultHttpxClient(timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0)), trust_env=not is_near)
        # Retries are here (see _retrying), not in the SDK as well. Local servers want no key, the SDK wants some.
        query = dict(parse_qsl(urlsplit(self._settings.llm_base_url or "").query))
        return openai.OpenAI(
            api_key=self._key or "none", base_url=self._roots[0], max_retries=0, http_client=http, default_query=query
        )

    @property
    def _failures(self) -> tuple[type[Exception], ...]:
        import httpx
        import openai

        # A reply of another shape surfaces in the SDK as one of the last five (openai 2.54).
        odd_shape = (json.JSONDecodeError, AttributeError, KeyError, IndexError, TypeError)
        return (openai.OpenAIError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, *odd_shape)

    def _retrying(self, attempt: Callable[[], T]) -> T:
        from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = retry_after_seconds(error) if error else None
            return asked if asked is not None else min(8.0, 0.5 * 2 ** (state.attempt_number - 1)) * (0.75 + 0.25 * random())

        tries = stop_after_attempt(self._settings.llm_max_retries + 1)
        return Retrying(stop=tries, wait=pause, retry=retry_if_exception(may_pass), reraise=True)(attempt)

    def _resolve_name(self) -> str:
        """Return the model's name; one that was left open becomes the first chat model that the server lists."""
        with self._naming:
            if self._named:
                return self._named
            names = self.list_models()
            if urlsplit(self.url).hostname == "api.openai.com":
                raise LLMError(f"OpenAI serves many models at many prices: choose one with {self._prefix}_MODEL.", kind="model")
            if not names:
                raise LLMError(
                    f"The endpoint {self.url} lists no model. Load or pull one there, or set {self._prefix}_MODEL.", kind="model"
                )
            self._named = next((name for name in names if not any(word in name.lower() for word in _NOT_FOR_CHAT)), names[0])
            return self._named

    def _readable(self, error: Exception, *, received: int = 0) -> LLMError:
        models = None
        if concerns_model(error):
            try:
                models = self._names()
            except (LLMError, *self._failures):
                models = None  # the message then does without them
        seconds = self._settings.llm_timeout_seconds
        return explain(
            error, url=self.url, model=self.model, timeout_seconds=seconds, secret=self._key, models=models, received=received,
            prefix=self._prefix,
        )
