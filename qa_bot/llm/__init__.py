"""Knows the LLM: an OpenAI-compatible chat endpoint, or any llama-index LLM, behind one small interface.

Leaves papers, prompts and citations to others. The one user of `openai` for chat; that package takes a second to import,
so it is imported at the first request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import cached_property
from itertools import chain
from random import random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from qa_bot.config import Settings
from qa_bot.llm.errors import LLMError, concerns_model, explain, may_pass, retry_after_seconds, server_words, why_unusable
from qa_bot.llm.wire import (
    Messages,
    Piece,
    Reply,
    answer_tokens,
    chat_request,
    concession_for,
    field_of,
    pieces_of_chunk,
    pieces_of_document,
    refusal_in,
    token_counts,
)
from qa_bot.llm.thinking import Visible

if TYPE_CHECKING:
    import openai

__all__ = ["ChatModel", "EndpointModel", "LLMError", "LlamaIndexModel", "Reply", "open_llm"]

T = TypeVar("T")

OPENAI_URL = "https://api.openai.com/v1"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")
# What a server lists beside its chat models; never chosen when no model is named.
_NOT_FOR_CHAT = ("embed", "rerank", "whisper", "tts", "bge-", "e5-", "clip", "dall-e", "moderation")


class ChatModel(Protocol):
    """What writes answers. `model` is "" until a name left to the server has been asked for."""

    context_window: int

    @property
    def model(self) -> str: ...

    def stream(self, messages: Messages) -> Iterator[Reply]:
        """Yield growing replies, the last one final; while the model thinks, `text` stays as it is. Raise LLMError.

        Closing the generator closes the HTTP stream, which stops most servers.
        """
        ...

    def complete(self, messages: Messages, *, max_tokens: int | None = None) -> Reply:
        """Return the final reply. Raise LLMError."""
        ...

    def list_models(self) -> list[str]:
        """Return the names that the endpoint offers. Raise LLMError."""
        ...


def open_llm(settings: Settings, *, llm: Any = None, prefix: str = "QA_BOT_LLM") -> ChatModel | None:
    """Return the model that `llm` (a llama-index LLM, or a ChatModel) or else the settings describe; None when neither does.

    Nothing is sent or imported yet: a wrong address or key shows at the first request. `prefix` is how the variables begin
    that messages name.
    """
    if llm is not None:
        if hasattr(llm, "stream_chat") and hasattr(llm, "metadata"):
            return LlamaIndexModel(llm, settings)
        if hasattr(llm, "stream") and hasattr(llm, "complete") and hasattr(llm, "context_window"):
            return llm
        raise LLMError(f"llm= takes a llama-index LLM, not {type(llm).__name__}.", kind="model")
    return EndpointModel(settings, prefix=prefix) if settings.llm_is_configured else None


def api_roots(base_url: str | None, *, prefix: str = "QA_BOT_LLM") -> tuple[str, ...]:
    """Return the addresses under which the API may live, the likeliest first, without query or slash at the end.

    A full URL of one call is cut back to its root, a missing scheme is added, and an address without any path is tried
    with /v1 first, as every server named in the README has it there.
    """
    if not base_url or not base_url.strip():
        return (OPENAI_URL,)
    url = base_url.strip().strip("'\"")
    if "://" not in url:
        host = url.split("/")[0].rsplit("@")[-1]
        is_near = host.startswith(_LOOPBACK) or host.replace(".", "").replace(":", "").isdigit() or "." not in host
        url = ("http://" if is_near else "https://") + url
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise LLMError(
            f"{prefix}_BASE_URL is not a web address: {url}. Write it like http://localhost:11434/v1.", kind="connection"
        ) from error
    path = parts.path.rstrip("/")
    for call in ("/chat/completions", "/completions", "/embeddings", "/models"):
        path = path.removesuffix(call).rstrip("/")
    paths = (path,) if path else ("/v1", "")
    return tuple(urlunsplit((parts.scheme, parts.netloc, each, "", "")) for each in paths)


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
        yield _final(visible, finish, usage, model=name, where=where, received=received, prefix=self._prefix)

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


class LlamaIndexModel:
    """Any llama-index LLM instance as a ChatModel; its own settings rule, so `max_tokens` of `complete` is not passed on."""

    def __init__(self, llm: Any, settings: Settings) -> None:
        self._llm = llm
        try:
            metadata = llm.metadata
            self.model = str(metadata.model_name or llm.class_name())
            self.context_window = int(metadata.context_window)
        except ValueError:  # llama-index's OpenAI class does not know newer models' names
            self.model = str(getattr(llm, "model", "") or llm.class_name())
            self.context_window = settings.llm_context_window

    def stream(self, messages: Messages) -> Iterator[Reply]:
        from llama_index.core.llms import ChatMessage

        chat = [ChatMessage(role=message["role"], content=message["content"]) for message in messages]
        visible, seen, raw = Visible(), "", None
        try:
            try:
                responses = self._llm.stream_chat(chat)
            except NotImplementedError:
                responses = iter([self._llm.chat(chat)])
            for response in responses:
                raw = getattr(response, "raw", None) or raw
                whole = response.message.content or ""
                # Most give the whole text each time, some only the delta.
                grew = len(whole) > len(seen) and whole.startswith(seen)
                piece = whole[len(seen) :] if grew else (response.delta or "")
                seen += piece
                visible.feed(piece)
                yield Reply(visible.text, model=self.model, is_thinking=visible.is_thinking)
        except LLMError:
            raise
        except Exception as error:  # any library may sit behind it: every failure of it becomes the one kind we have
            words = " ".join(str(error).split())[:240] or type(error).__name__
            message = f'The model "{self.model}" given as llm= failed: {words} ({type(error).__name__}). Check how it was made.'
            raise LLMError(message, kind="server") from error
        choices = field_of(raw, "choices") or []
        finish = field_of(choices[0], "finish_reason") if choices else None
        usage = token_counts(field_of(raw, "usage"))
        yield _final(visible, finish or "stop", usage, model=self.model, where="The model given as llm=", received=len(seen))

    def complete(self, messages: Messages, *, max_tokens: int | None = None) -> Reply:
        *_, last = self.stream(messages)
        return last

    def list_models(self) -> list[str]:
        return [self.model]


def _final(
    visible: Visible, finish: str | None, usage: Mapping[str, Any], *, model: str, where: str, received: int, prefix: str = "QA_BOT_LLM"
) -> Reply:
    text = visible.finish().strip()
    error = why_unusable(text, finish, model=model, where=where, received=received, prefix=prefix)
    if error:
        raise error
    return Reply(text, True, dict(usage) | ({"truncated": True} if finish in ("length", "max_tokens") else {}), model)
