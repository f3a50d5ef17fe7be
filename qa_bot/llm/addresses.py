"""Knows under which addresses an OpenAI-compatible API lives, given what a user wrote.

Leaves asking there to `endpoint`.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from qa_bot.llm.errors import LLMError

OPENAI_URL = "https://api.openai.com/v1"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")


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
