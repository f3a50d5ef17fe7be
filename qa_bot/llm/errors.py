"""Knows how to say what an endpoint failed at: one readable line, with the setting to change, and a kind.

Leaves finding that out of an error to `failures`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from qa_bot.llm.failures import MODEL, QUOTA, concerns_context, concerns_model, retry_after_seconds, root_of, server_words, status_of
from qa_bot.schema import QABotError

Kind = Literal["key", "model", "connection", "timeout", "rate_limit", "context", "server", "reply"]

_LIMIT = re.compile(
    r"(?:maximum context (?:length|size)(?: is| of)?|context (?:length|window|size)(?: is| of| only)?|n_ctx\D{0,4}|size "
    r"\()\D{0,12}(\d{3,7})",
    re.IGNORECASE,
)


class LLMError(QABotError):
    """The endpoint gave no usable answer; the message is one line with the next step.

    `context_limit` is the context window that the server named when it refused a prompt as too long, else None.
    """

    def __init__(self, message: str, *, kind: Kind, context_limit: int | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.context_limit = context_limit


def explain(
    error: BaseException,
    *,
    url: str,
    model: str,
    timeout_seconds: float,
    secret: str | None = None,
    models: Sequence[str] | None = None,
    received: int = 0,
    prefix: str = "QA_BOT_LLM",
) -> LLMError:
    """Return the LLMError that says in one line what went wrong and what to do.

    `models` are the names that the server lists, None when it was not asked; `received` counts the characters that had
    arrived when the stream failed; `prefix` is how the settings of this endpoint begin.
    """
    if isinstance(error, LLMError):
        return error
    status, said = status_of(error), server_words(error, secret=secret)
    quoted = f' (it says: "{said}")' if said else ""
    if concerns_context(error):
        return _context_error(said, quoted, model=model)
    if status == 401 and not secret:
        return LLMError(
            f"The endpoint {url} wants an API key and none is set. Set {prefix}_API_KEY (or OPENAI_API_KEY).", kind="key"
        )
    if status is not None:
        return _status_error(status, quoted, error, url=url, model=model, models=models, prefix=prefix)
    return _transport_error(
        error, quoted, url=url, model=model, timeout_seconds=timeout_seconds, received=received, prefix=prefix
    )


def why_unusable(
    text: str, finish: str | None, *, model: str, where: str, received: int, prefix: str = "QA_BOT_LLM"
) -> LLMError | None:
    """Return the LLMError that says why a reply that arrived is no answer, None when it is one.

    `finish` is the finish reason as sent; `received` counts all characters, thinking included; `where` begins a sentence.
    """
    again = "Ask again; if it stays, look at that server's log."
    if finish is None and received:
        return LLMError(
            f'{where} stopped in the middle: "{model}" had written {len(text)} characters and gave no finish reason. {again}',
            kind="reply",
        )
    if finish == "content_filter":
        return LLMError(
            f'{where} held back the answer of "{model}" by its content filter. Rephrase the question, or use another model.',
            kind="reply",
        )
    if finish == "error":
        return LLMError(f'{where} failed while "{model}" was writing. {again}', kind="server")
    if text:
        return None
    if finish in ("length", "max_tokens"):
        step = "Raise QA_BOT_LLM_MAX_TOKENS, or switch its thinking off."
        return LLMError(f'"{model}" used up all its tokens before it wrote an answer. {step}', kind="reply")
    if received:
        return LLMError(f'{where}: "{model}" only thought and wrote no answer. Ask again, or use another model.', kind="reply")
    return LLMError(f'{where} sent an empty answer. Check {prefix}_BASE_URL and {prefix}_MODEL ("{model}").', kind="reply")


def listed(models: Sequence[str]) -> str:
    """Return the names for a message: at most eight, and how many more there are."""
    shown = ", ".join(models[:8])
    return shown + (f" and {len(models) - 8} more" if len(models) > 8 else "")


def _context_error(said: str, quoted: str, *, model: str) -> LLMError:
    limit = _LIMIT.search(said)
    value = int(limit[1]) if limit else None
    step = f"Set QA_BOT_LLM_CONTEXT_WINDOW to {value or 'what the server allows'}"
    message = f'The prompt is too long for the model "{model}"{quoted}. {step}, or load the model with a larger context.'
    return LLMError(message, kind="context", context_limit=value)


def _status_error(
    status: int, quoted: str, error: BaseException, *, url: str, model: str, models: Sequence[str] | None, prefix: str
) -> LLMError:
    if status == 401:
        return LLMError(
            f"The endpoint {url} refused the API key{quoted}. Correct {prefix}_API_KEY (or OPENAI_API_KEY).", kind="key"
        )
    if status == 402 or (status == 429 and QUOTA.search(quoted)):
        return LLMError(
            f"The account behind the API key has no credit left at {url}{quoted}. Top it up, or change {prefix}_API_KEY.",
            kind="rate_limit",
        )
    if concerns_model(error) and (MODEL.search(quoted) or (models and model not in models)):
        if models is None:
            step = f"Correct {prefix}_MODEL."
        elif models:
            step = f"It lists: {listed(models)}. Set {prefix}_MODEL to one of them."
        else:
            step = f"It lists no model at all: load or pull one there, then set {prefix}_MODEL."
        return LLMError(f'The endpoint {url} does not serve the model "{model}"{quoted}. {step}', kind="model")
    if status == 403:
        return LLMError(
            f'The API key may not use "{model}" at {url}{quoted}. Correct {prefix}_API_KEY or {prefix}_MODEL.', kind="key"
        )
    if status in (404, 405):
        return LLMError(
            f"There is no OpenAI-compatible API at {url} (HTTP {status}){quoted}. Correct {prefix}_BASE_URL; "
            "it usually ends with /v1, as in http://localhost:11434/v1.",
            kind="connection",
        )
    if status == 429:
        pause = retry_after_seconds(error)
        step = f"Ask again in {pause:.0f} seconds" if pause else "Ask again in a moment"
        return LLMError(
            f"The endpoint {url} receives too many requests{quoted}. {step}, or use another endpoint.", kind="rate_limit"
        )
    if status in (408, 504, 524):
        return LLMError(
            f"The endpoint {url} ran out of time (HTTP {status}){quoted}. Ask again, or choose a faster model.", kind="timeout"
        )
    if status >= 500:
        return LLMError(
            f"The endpoint {url} failed (HTTP {status}){quoted}. Ask again; if it stays, look at that server's log.",
            kind="server",
        )
    return LLMError(
        f'The endpoint {url} refused the request for "{model}" (HTTP {status}){quoted}. Check {prefix}_MODEL '
        f"and {prefix}_BASE_URL.",
        kind="server",
    )


def _transport_error(
    error: BaseException, quoted: str, *, url: str, model: str, timeout_seconds: float, received: int, prefix: str
) -> LLMError:
    import httpx

    root = root_of(error)
    so_far = f" after {received} characters of the answer" if received else ""
    if isinstance(root, httpx.ConnectTimeout):
        return LLMError(f"The endpoint {url} does not answer. Check {prefix}_BASE_URL and the network.", kind="connection")
    if isinstance(root, httpx.TimeoutException):
        return LLMError(
            f'"{model}" at {url} was silent for {timeout_seconds:g} seconds{so_far}. Raise {prefix}_TIMEOUT_SECONDS '
            "(a model that is being loaded takes long), or choose a faster model.",
            kind="timeout",
        )
    if isinstance(root, httpx.ConnectError):
        why = (
            "its name is unknown"
            if re.search(r"name or service|getaddrinfo|nodename|name resolution", str(root), re.I)
            else str(root)
        )
        why = "the connection was refused" if re.search(r"refused", why, re.I) else (why or "no connection")
        return LLMError(
            f"The endpoint {url} cannot be reached: {why}. Start that server, or correct {prefix}_BASE_URL.", kind="connection"
        )
    if isinstance(root, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
        return LLMError(
            f"{prefix}_BASE_URL is not a web address: {url}. Write it like http://localhost:11434/v1.", kind="connection"
        )
    if isinstance(root, httpx.HTTPError):
        return LLMError(
            f"The connection to {url} broke{so_far or ' before the answer began'}. Ask again; if it stays, look at that "
            f"server's log.",
            kind="connection",
        )
    if isinstance(root, (ValueError, AttributeError, KeyError, IndexError, TypeError)):
        return LLMError(
            f"What {url} sent{so_far} is not an OpenAI-compatible reply. Check that {prefix}_BASE_URL is the address of the API.",
            kind="reply",
        )
    return LLMError(
        f'The endpoint {url} failed while "{model}" was writing{so_far}{quoted}. Ask again; if it stays, look at that server\'s '
        f"log.",
        kind="server",
    )
