"""Knows how to read the failure of an endpoint: its status, the server's own words, whether it may pass, what it is about.

Leaves saying so to `errors`, and trying again to its callers. It reads errors by their status, body and cause, so that it
serves any client library built on httpx.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

# A reader waits in front of a chat window: a longer pause asked for by the server is reported, not slept.
LONGEST_PAUSE_SECONDS = 20.0
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_CONTEXT = re.compile(
    r"context[ _](?:length|window|size)|maximum context|n_ctx|num_ctx|exceed_context|too many (?:input )?tokens|prompt is too "
    r"long"
    r"|input is too long|larger than the max|(?:prompt|input) (?:tokens? )?(?:exceeds|is longer)|greater than the context",
    re.IGNORECASE,
)
QUOTA = re.compile(r"quota|billing|insufficient (?:balance|credit|funds)|credit balance|payment|out of credits", re.IGNORECASE)
MODEL = re.compile(
    r"\bmodel\b.{0,120}(?:not found|does ?n[o']t exist|not exist|unknown|not supported|not available|not loaded|no such|is not a "
    r"valid|not a valid)"
    r"|(?:unknown|invalid|no such|unsupported|not a valid) model|model_not_found|no models? (?:is |are )?loaded|try pulling",
    re.IGNORECASE | re.DOTALL,
)


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an error; an error sent inside a stream bears it as its code."""
    for value in (getattr(error, "status_code", None), getattr(error, "code", None), _body(error).get("code")):
        if str(value or "").isdigit() and 400 <= int(value) < 600:
            return int(value)
    return None


def server_words(error: BaseException, *, secret: str | None = None) -> str:
    """Return what the server itself said, on one line, shortened, without the key; "" when it said nothing readable."""
    body = getattr(error, "body", None)
    found: Any = _body(error)
    if isinstance(body, str) and not found:
        title = re.search(r"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
        found = title[1] if title else ("" if "<" in body else body)
    elif isinstance(found, Mapping):
        found = next((found[name] for name in ("message", "detail", "error", "msg") if found.get(name)), "")
    if not isinstance(found, str):
        found = json.dumps(found, ensure_ascii=False) if found else ""
    words = " ".join(found.split())
    if secret:
        words = words.replace(secret, "***")
    return words if len(words) <= 240 else words[:239].rstrip() + "…"


def retry_after_seconds(error: BaseException) -> float | None:
    """Return how long the server asks to wait: Retry-After in seconds or as a date, or retry-after-ms."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if not value:
            continue
        try:
            return max(0.0, float(value) / unit)
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time())
        except ValueError:
            continue
    return None


def may_pass(error: BaseException) -> bool:
    """Say whether the same request may well succeed in a moment.

    Not a refused connection or a timeout: a person would wait for each of them, and the answer can be made without.
    """
    status = status_of(error)
    if status is not None:
        pause = retry_after_seconds(error)
        spent = status == 429 and QUOTA.search(server_words(error))
        return status in _PASSING and not spent and (pause is None or pause <= LONGEST_PAUSE_SECONDS)
    import httpx

    root = root_of(error)
    return isinstance(root, (httpx.NetworkError, httpx.RemoteProtocolError)) and not isinstance(root, httpx.ConnectError)


def concerns_model(error: BaseException) -> bool:
    """Say whether the server may have refused the model's name, so that naming the models it has would help."""
    return status_of(error) == 404 or (status_of(error) in (400, 403, 422) and bool(MODEL.search(server_words(error))))


def concerns_context(error: BaseException) -> bool:
    """Say whether the server refused the prompt as too long."""
    words = f"{getattr(error, 'code', '')} {server_words(error)}"
    return status_of(error) == 413 or (status_of(error) in (None, 400, 422, 500) and bool(_CONTEXT.search(words)))


def _body(error: BaseException) -> Mapping[str, Any]:
    """Return the error object of a reply in any of its usual wrappings, {} when there is none."""
    body = getattr(error, "body", None)
    for _ in range(2):  # {"error": {"message": ...}} and {"error": "..."} both occur; the client may have unwrapped one
        if isinstance(body, Mapping) and isinstance(body.get("error"), Mapping):
            body = body["error"]
    if isinstance(body, Sequence) and not isinstance(body, (str, bytes)) and body and isinstance(body[0], Mapping):
        body = body[0].get("error", body[0])  # Google's endpoint wraps its error in a list
    return body if isinstance(body, Mapping) else {}


def root_of(error: BaseException) -> BaseException:
    """Return the httpx error that a client library wrapped, or the error itself."""
    import httpx

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (httpx.HTTPError, httpx.InvalidURL)):
            return seen
        seen = seen.__cause__
    return error
