"""Knows the chat-completions format: what a request says, and what the chunks and documents of a reply mean.

Leaves sending, retrying and choosing a model to `endpoint`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qa_bot.llm.errors import why_unusable
from qa_bot.llm.thinking import Visible

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Reply:
    """The answer so far. `text` is all of it, without the model's thinking; `usage` is what the server counted.

    `usage["truncated"]` is True on the final reply of a model that ran into its token limit.
    """

    text: str
    is_final: bool = False
    usage: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    is_thinking: bool = False


@dataclass(frozen=True)
class Piece:
    """What one chunk of a stream brought."""

    text: str = ""
    is_thinking: bool = False
    finish: str | None = None
    usage: Mapping[str, Any] | None = None


def answer_tokens(context_window: int, max_tokens: int) -> int:
    """Return how long an answer may get: max_tokens, unless that would leave the prompt no room in a small window."""
    return min(max_tokens, max(context_window // 4, context_window - 3072))


def chat_request(
    messages: Messages, model: str, max_tokens: int, temperature: float, concessions: frozenset[str]
) -> dict[str, Any]:
    """Return the parameters of a streamed chat request, without what the server was found to refuse (`concession_for`)."""
    chat = [dict(message) for message in messages]
    if "system" in concessions and len(chat) > 1 and chat[0]["role"] == "system":
        first = chat.pop(0)
        chat[0] = {"role": "user", "content": f"{first['content']}\n\n{chat[0]['content']}"}
    limit = "max_completion_tokens" if "max_tokens" in concessions else "max_tokens"
    request: dict[str, Any] = {"model": model, "messages": chat, "stream": True, limit: max_tokens}
    if "temperature" not in concessions:
        request["temperature"] = temperature
    if "stream_options" not in concessions:
        request["stream_options"] = {"include_usage": True}
    return request


def concession_for(said: str, param: str | None, made: frozenset[str]) -> str | None:
    """Return which part of the request the server does not take, None when its refusal is about something else.

    OpenAI's reasoning models refuse max_tokens and any temperature but 1, older servers stream_options, and the chat
    templates of some models a system message.
    """
    words = said.lower()
    is_refusal = any(
        sign in words
        for sign in ("support", "unrecogni", "unknown", "unexpected", "not permitted", "extra", "not allowed", "invalid")
    )
    candidates = {
        "max_tokens": "max_completion_tokens" in words
        and (param == "max_tokens" or "unsupported" in words or "not supported" in words),
        "temperature": is_refusal and (param == "temperature" or "temperature" in words),
        "stream_options": is_refusal and "stream_options" in words,
        "system": is_refusal and "system" in words and "role" in words,
    }
    return next((name for name, applies in candidates.items() if applies and name not in made), None)


def pieces_of_chunk(chunk: Any) -> Iterator[Piece]:
    """Read one chunk of a stream; the SDK does not validate it, so any part may be missing."""
    usage = token_counts(field_of(chunk, "usage"))
    if usage:
        yield Piece(usage=usage)
    for choice in (field_of(chunk, "choices") or [])[:1]:
        yield from _pieces_of_message(field_of(choice, "delta"))
        if field_of(choice, "finish_reason"):
            yield Piece(finish=str(field_of(choice, "finish_reason")))


def pieces_of_document(document: Any) -> Iterator[Piece]:
    """Read a whole reply that was not streamed."""
    for choice in (field_of(document, "choices") or [])[:1]:
        yield from _pieces_of_message(field_of(choice, "message"))
        yield Piece(finish=field_of(choice, "finish_reason"), usage=token_counts(field_of(document, "usage")))


def _pieces_of_message(message: Any) -> Iterator[Piece]:
    for name in ("reasoning_content", "reasoning"):
        if isinstance(thought := field_of(message, name), str) and thought:
            yield Piece(thought, is_thinking=True)
    content = field_of(message, "content")
    parts = content if isinstance(content, list) else [content]
    for part in parts:  # Mistral's reasoning models send a list of typed parts
        text = part if isinstance(part, str) else field_of(part, "text")
        if isinstance(text, str) and text:
            yield Piece(text, is_thinking=not isinstance(part, str) and field_of(part, "type") == "thinking")


def field_of(thing: Any, name: str) -> Any:
    """Return a field of a mapping or an object, None where there is none."""
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def token_counts(usage: Any) -> dict[str, float]:
    """Return the token counts that a server reported, and the cost where it names one; {} when it did not."""
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {name: value for name in names if isinstance(value := field_of(usage, name), int)}
    reasoning = field_of(field_of(usage, "completion_tokens_details"), "reasoning_tokens")
    cost = field_of(usage, "cost")
    known = {"reasoning_tokens": reasoning} if isinstance(reasoning, int) and counts else {}
    return counts | known | ({"cost": cost} if isinstance(cost, int | float) and counts else {})


def refusal_in(document: Any) -> str:
    """Return the error that a document with status 200 carries, "" when it carries none."""
    error = field_of(document, "error")
    return " ".join(str(field_of(error, "message") or error).split())[:240] if error else ""


def final_reply(
    visible: Visible, finish: str | None, usage: Mapping[str, Any], *, model: str, where: str, received: int, prefix: str = "QA_BOT_LLM"
) -> Reply:
    """Return a reply that has ended; raise LLMError where what arrived is none (see `why_unusable`)."""
    text = visible.finish().strip()
    error = why_unusable(text, finish, model=model, where=where, received=received, prefix=prefix)
    if error:
        raise error
    return Reply(text, True, dict(usage) | ({"truncated": True} if finish in ("length", "max_tokens") else {}), model)
