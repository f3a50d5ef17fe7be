"""Knows how to ask an OpenAI-compatible endpoint for vectors, and not to trust the order, count or size of what it returns.

Leaves what its errors mean to `llm.failures` and `llm.errors`. All retries happen here: the client's own are off.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qa_bot.config import address_parts, without_password
from qa_bot.embedding.embedded import embedded_model
from qa_bot.embedding.vectors import (
    TEXTS_PER_REQUEST,
    UNKNOWN_WINDOW_TOKENS,
    EmbeddingError,
    Progress,
    checked_vectors,
    encodable,
)
from qa_bot.llm.addresses import OPENAI_URL
from qa_bot.llm.errors import explain, listed
from qa_bot.llm.failures import concerns_context, concerns_model, may_pass, retry_after_seconds, server_words

if TYPE_CHECKING:
    import numpy as np

LOCAL_KEY = "none-needed"  # the client refuses to start without one; local servers ignore it
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
_LOOPBACK = ("localhost", "::1", "0.0.0.0")
_USE_EMBEDDED = "or unset QA_BOT_EMBED_BASE_URL and QA_BOT_EMBED_MODEL to use the embedded model."


def open_endpoint(*, base_url: str | None, model: str | None, api_key: str | None) -> EndpointEmbedding:
    """Return the endpoint's model. A model alone means OpenAI itself; a base URL alone the only model that the server lists."""
    if base_url is None and not api_key:
        raise EmbeddingError(
            f"QA_BOT_EMBED_MODEL={model} without QA_BOT_EMBED_BASE_URL means OpenAI, which needs a key. Set "
            "QA_BOT_EMBED_API_KEY, name your own server in QA_BOT_EMBED_BASE_URL, or unset QA_BOT_EMBED_MODEL to use the "
            "embedded model."
        )
    url = _api_root(base_url) if base_url else OPENAI_URL
    return EndpointEmbedding(url, model or _only_model(EndpointEmbedding(url, "", api_key=api_key)), api_key=api_key)


class EndpointEmbedding:
    """One model of one endpoint. The dimension is found by the first reply; each later reply must have it too."""

    window_tokens = UNKNOWN_WINDOW_TOKENS

    def __init__(
        self, base_url: str, model: str, *, api_key: str | None = None, timeout_seconds: float = 60.0, max_retries: int = 4
    ) -> None:
        self.base_url, self.model = base_url, model
        self.url = without_password(base_url)
        self.name = f"{model}@{self.url}"
        self.timeout_seconds, self.max_retries = timeout_seconds, max_retries
        self._api_key = (api_key or "").strip()
        self._client: Any = None
        self._dimension: int | None = None
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        return self._dimension or len(self.embed_query("dimension"))

    @property
    def count_tokens(self) -> Callable[[str], int]:
        """Count with the embedded model's tokenizer: the endpoint's own is not known, and word pieces run about as many."""
        return embedded_model().count_tokens

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        import numpy as np

        parts = []
        for start in range(0, len(texts), TEXTS_PER_REQUEST):
            parts.append(self._vectors(texts[start : start + TEXTS_PER_REQUEST]))
            if on_progress:
                on_progress(min(start + TEXTS_PER_REQUEST, len(texts)))
        return np.concatenate(parts) if parts else np.empty((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> np.ndarray:
        return self._vectors([text])[0]

    def list_models(self) -> list[str]:
        """Return the names that the endpoint offers. Raise EmbeddingError."""
        reply = self._send(lambda client: client.models.with_raw_response.list(), asks_for_vectors=False)
        try:
            return sorted(str(model["id"]) for model in json.loads(reply.http_response.text)["data"])
        except (ValueError, KeyError, TypeError) as error:
            step = "Name the model in QA_BOT_EMBED_MODEL."
            raise EmbeddingError(f"{self.url} does not list its models as OpenAI does. {step}") from error

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        sent = [encodable(text) if text.strip() else "." for text in texts]  # OpenAI refuses an empty text
        # The raw reply: the client neither checks a reply's fields nor notices a web page in its place.
        reply = self._send(
            lambda client: client.embeddings.with_raw_response.create(model=self.model, input=sent, encoding_format="float")
        )
        vectors = _in_order(reply.http_response.text, expected=len(sent), origin=self.name)
        with self._lock:
            result = checked_vectors(vectors, expected=len(sent), dimension=self._dimension, origin=self.name)
            self._dimension = result.shape[1]
        return result

    def _send(self, request: Callable[[Any], Any], *, asks_for_vectors: bool = True) -> Any:
        import openai
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        attempts = stop_after_attempt(self.max_retries + 1)
        retrying = Retrying(stop=attempts, retry=retry_if_exception(may_pass), wait=_pause_seconds, reraise=True)
        try:
            return retrying(request, self._open())
        except (openai.OpenAIError, ValueError) as error:
            raise self._explained(error, asks_for_vectors=asks_for_vectors) from error

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                import openai

                host = urlsplit(self.base_url).hostname or ""
                # A proxy named in the environment cannot reach this machine's own servers.
                is_here = host in _LOOPBACK or host.startswith("127.")
                http_client = openai.DefaultHttpxClient(trust_env=False) if is_here else None
                self._client = openai.OpenAI(
                    base_url=self.base_url,
                    api_key=self._api_key or LOCAL_KEY,
                    timeout=self.timeout_seconds,
                    max_retries=0,
                    http_client=http_client,
                )
        return self._client

    def _explained(self, error: Exception, *, asks_for_vectors: bool) -> EmbeddingError:
        import openai

        if concerns_context(error):
            said = server_words(error, secret=self._api_key)
            return EmbeddingError(
                f"{self.name} refused a text as too long ({said}). Start the server with a larger context, or name another "
                f"model in QA_BOT_EMBED_MODEL, {_USE_EMBEDDED}"
            )
        if isinstance(error, openai.APITimeoutError):
            return EmbeddingError(
                f"{self.url} did not answer within {self.timeout_seconds:g} seconds. Look whether that server is busy, or still "
                f"loading {self.model or 'its model'}, and try again, {_USE_EMBEDDED}"
            )
        models = self._models_if_listed() if asks_for_vectors and concerns_model(error) else None
        line = explain(
            error,
            url=self.url,
            model=self.model,
            timeout_seconds=self.timeout_seconds,
            secret=self._api_key,
            models=models,
            prefix="QA_BOT_EMBED",
        )
        return EmbeddingError(str(line))

    def _models_if_listed(self) -> list[str] | None:
        try:
            return self.list_models()
        except EmbeddingError:
            return None


def _only_model(endpoint: EndpointEmbedding) -> str:
    models = endpoint.list_models()
    for candidates in (models, [name for name in models if "embed" in name.lower()]):
        if len(candidates) == 1:
            return candidates[0]
    found = f"{endpoint.url} lists {listed(models) or 'none'}"
    step = "Name the embedding model in QA_BOT_EMBED_MODEL."
    raise EmbeddingError(f"QA_BOT_EMBED_BASE_URL is set without a model, and {found}. {step}")


def _in_order(body: str, *, expected: int, origin: str) -> list[Any]:
    """Return the reply's vectors in the order of the texts, by the `index` of each."""
    try:
        items = json.loads(body)["data"]
        vectors = {item["index"]: item["embedding"] for item in items}
    except (ValueError, KeyError, TypeError) as error:
        said = " ".join(body.split())[:120]
        raise EmbeddingError(
            f"{origin} did not answer with embeddings but with: {said!r}. Check QA_BOT_EMBED_BASE_URL, {_USE_EMBEDDED}"
        ) from error
    usable = vectors.keys() & set(range(expected))
    if len(items) != expected or len(usable) != expected:
        raise EmbeddingError(
            f"{origin} returned {len(items)} vectors for {expected} texts, and {len(usable)} of the texts have one by its index. "
            f"Use another server or embedding model, {_USE_EMBEDDED}"
        )
    return [_numbers(vectors[index]) for index in range(expected)]


def _numbers(embedding: Any) -> Any:
    """Decode base64, which some servers send though floats were asked for."""
    if not isinstance(embedding, str):
        return embedding
    import numpy as np

    try:
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    except ValueError:
        return [None]


def _pause_seconds(state: Any) -> float:
    asked = retry_after_seconds(state.outcome.exception())
    return min(asked if asked is not None else FIRST_PAUSE_SECONDS * 2 ** (state.attempt_number - 1), LONGEST_PAUSE_SECONDS)


def _api_root(base_url: str) -> str:
    """Return the address under which /embeddings is found: a scheme and /v1 are added where they were left out."""
    parts = address_parts(base_url)
    if not parts:
        raise EmbeddingError(f"QA_BOT_EMBED_BASE_URL is not a web address: {base_url}. Write it like http://localhost:11434/v1.")
    path = parts.path.rstrip("/").removesuffix("/embeddings").rstrip("/")
    return parts._replace(path=path or "/v1").geturl()
