"""Knows how a Chroma server is reached: address, headers, tenant, how often it is tried again, and what its errors mean.

Leaves what is kept there to `vectors`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from qa_bot.config import ConfigError, Settings, address_parts
from qa_bot.store.connection import StoreError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

T = TypeVar("T")

CLOUD_HOST = "trychroma.com"
# docs.trychroma.com/cloud/quotas-limits: records in a write, and results. get_max_batch_size says 1,000 there (chroma #5453).
CLOUD_LIMIT = 300
LONGEST_PAUSE_SECONDS = 8.0


class VectorsUnavailable(StoreError):
    """The vectors cannot be searched or written now; the papers and the term index are not touched by that."""


class TooMany(Exception):
    """A request held more records than the server takes; `limit` is what it takes, 0 where it does not say."""

    def __init__(self, limit: int) -> None:
        self.limit = limit


@dataclass(frozen=True)
class ChromaServer:
    """Where a Chroma server is and how to be let in. `url` carries no password; the headers are never shown."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str | None = None
    database: str | None = None
    timeout_seconds: float = 30.0
    max_retries: int = 4

    @property
    def is_cloud(self) -> bool:
        host = urlsplit(self.url).hostname or ""
        return host == CLOUD_HOST or host.endswith("." + CLOUD_HOST)

    def __str__(self) -> str:
        return f"the Chroma server at {self.url}"

    def connect(self) -> ClientAPI:
        """Return a client. It asks the server who we are, so it raises when that fails: see `explained`."""
        import chromadb
        from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT
        from chromadb.config import Settings as ChromaSettings

        # With a key, tenant and database that are not named are those that the server says the key belongs to.
        asks_for_tenant = bool(self.headers)
        settings = ChromaSettings(anonymized_telemetry=False, chroma_overwrite_singleton_tenant_database_access_from_auth=asks_for_tenant)
        client = chromadb.HttpClient(
            host=self.url, ssl=self.url.startswith("https:"), headers=dict(self.headers), settings=settings,
            tenant=self.tenant or DEFAULT_TENANT, database=self.database or DEFAULT_DATABASE,
        )  # fmt: skip
        client._server._session.timeout = self.timeout_seconds  # chromadb 1.5 waits for ever and has no setting for it
        return client

    def attempt(self, work: Callable[[], T], *, tries: int, waits: bool) -> T:
        """Return what `work` does, trying again after passing failures; after a long silence only where one `waits` for it.

        Raise VectorsUnavailable with the next step.
        """
        from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

        retrying = Retrying(
            stop=stop_after_attempt(tries), wait=wait_random_exponential(0.3, max=LONGEST_PAUSE_SECONDS), reraise=True,
            retry=retry_if_exception(lambda error: is_passing(error) and (waits or not is_silence(error))),
        )  # fmt: skip
        try:
            return retrying(work)
        except (StoreError, TooMany):
            raise
        except Exception as error:  # chromadb raises bare Exceptions for HTTP errors; what is none of the server's is raised as it is
            explained = self.explained(error)
            if explained is None:
                raise
            raise explained from None  # the chain would show the headers' values where a proxy repeats them

    def explained(self, error: BaseException) -> VectorsUnavailable | None:
        """Return an error of this server in the user's words, with the next step; None when it is not the server's."""
        import httpx
        from chromadb.errors import ChromaError

        status = _status(error)
        causes = list(_chain(error))
        named = [type(cause).__name__ for cause in causes]
        who = f"The Chroma server at {self.url}"
        said = self._without_secrets(str(error))
        if status in (401, 403) or {"AuthorizationError", "ChromaAuthError"} & set(named):
            return VectorsUnavailable(
                f"{who} does not let us in ({said or status}). Check QA_BOT_CHROMA_API_KEY or QA_BOT_CHROMA_HEADERS, and QA_BOT_CHROMA_TENANT."
            )
        if is_silence(error):
            return VectorsUnavailable(
                f"{who} did not answer within {self.timeout_seconds:g} seconds. Try again, or raise QA_BOT_CHROMA_TIMEOUT_SECONDS."
            )
        broken = [cause for cause in causes if isinstance(cause, httpx.TransportError)]
        if broken:
            return VectorsUnavailable(f"{who} cannot be reached ({self._without_secrets(str(broken[0]))}). Start it, or correct QA_BOT_CHROMA_URL.")
        if "NotFoundError" in named and re.search(r"\b(?:tenant|database)\b", said, re.I):
            return VectorsUnavailable(f"{who} says: {said}. Correct QA_BOT_CHROMA_TENANT or QA_BOT_CHROMA_DATABASE.")
        if status is not None and not any(isinstance(cause, ChromaError) for cause in causes):
            step = "Try again later" if is_passing(error) else "Correct QA_BOT_CHROMA_URL: it must lead to a Chroma server (version 1.0 or later)"
            return VectorsUnavailable(f"{who} answers with status {status}{f' ({said})' if said else ''}. {step}.")
        if any(isinstance(cause, ChromaError) for cause in causes):
            return VectorsUnavailable(f"{who} refuses: {said}. Run `qa-bot doctor`, then try again.")
        if any(isinstance(cause, (json.JSONDecodeError, httpx.HTTPError)) for cause in causes) or isinstance(error, ValueError):
            return VectorsUnavailable(f"{who} does not speak as Chroma does ({said}). Correct QA_BOT_CHROMA_URL.")
        return None

    def _without_secrets(self, text: str) -> str:
        for value in self.headers.values():
            for secret in (value, value.rpartition(" ")[2]):
                text = text.replace(secret, "***") if len(secret) > 3 else text
        text = " ".join(text.split())
        return text if len(text) <= 200 else text[:200] + "..."


def server_of(settings: Settings) -> ChromaServer | None:
    """Return the server that the settings name, None for embedded Chroma. Raise ConfigError for an address or headers of no use."""
    if not settings.chroma_url:
        return None
    url, headers = _address(settings.chroma_url)
    server = ChromaServer(url)
    if settings.chroma_api_key:
        key = settings.chroma_api_key.get_secret_value().strip()
        # Chroma Cloud reads the one, gateways the one or the other.
        headers |= {"X-Chroma-Token": key} if server.is_cloud else {"X-Chroma-Token": key, "Authorization": f"Bearer {key}"}
    if settings.chroma_headers:
        headers |= _parsed_headers(settings.chroma_headers.get_secret_value())
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^`|~\w-]+", name, re.A) or not value.isascii() or not value.isprintable():
            raise ConfigError(
                f"The header {name!r} for the Chroma server cannot be sent. Correct QA_BOT_CHROMA_API_KEY or QA_BOT_CHROMA_HEADERS: letters, digits and signs only."
            )
    return ChromaServer(
        url, headers, settings.chroma_tenant, settings.chroma_database, settings.chroma_timeout_seconds, settings.chroma_max_retries
    )


def _address(given: str) -> tuple[str, dict[str, str]]:
    """Return the address without a user's name and password, and the header that these become."""
    parts = address_parts(given)
    if not parts:
        raise ConfigError("QA_BOT_CHROMA_URL is no address of a server. Write it like http://localhost:8000.")
    where = parts.netloc.rpartition("@")[2].rstrip(":")
    path = parts.path.rstrip("/").removesuffix("/api/v2")
    if parts.port is None and parts.scheme == "http" and not path:
        where += ":8000"  # Chroma's own; behind a path there is a gateway, on the usual port
    headers = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return urlunsplit((parts.scheme, where, path, "", "")), headers


def _parsed_headers(text: str) -> dict[str, str]:
    """Read a JSON object, or lines of the form Name: value."""
    step = 'Write QA_BOT_CHROMA_HEADERS as lines "Name: value" or as a JSON object {"Name": "value"}.'
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            raise ConfigError(f"QA_BOT_CHROMA_HEADERS is no JSON. {step}") from None
        return {str(name): str(value) for name, value in found.items()}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(":" not in line for line in lines):
        raise ConfigError(f"QA_BOT_CHROMA_HEADERS has a line without a colon. {step}")
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def is_passing(error: BaseException) -> bool:
    """Say whether the same request may succeed a little later."""
    import httpx

    status = _status(error)
    if status is not None:
        return status in (408, 425, 429, 500, 502, 503, 504)
    return any(isinstance(cause, httpx.TransportError) or type(cause).__name__ == "RateLimitError" for cause in _chain(error))


def is_silence(error: BaseException) -> bool:
    """Say whether the server was waited for in vain."""
    import httpx

    return any(isinstance(cause, httpx.TimeoutException) for cause in _chain(error))


def limit_named(error: BaseException) -> int | None:
    """Return how many records the server takes at once, where that is what the error says; 0 where it only says too many."""
    text = str(error)
    if found := re.search(r"exceeds limit of (\d+)", text):
        return int(found[1])
    too_many = _status(error) == 413 or type(error).__name__ in ("BatchSizeExceededError", "QuotaError") or "max batch size" in text.lower()
    return 0 if too_many else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    return next((cause.response.status_code for cause in _chain(error) if hasattr(cause, "response")), None)
