"""Knows how to ask an OpenAI-compatible endpoint for vectors, and not to trust the order, count or size of what it returns.

Leaves the choice between an endpoint and the embedded model to `embedding`. All retries happen here: the client's own are off.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qa_bot.embedding import TEXTS_PER_CALL, UNKNOWN_WINDOW_TOKENS, EmbeddingError, Progress, checked_vectors, embedded_model

if TYPE_CHECKING:
    import numpy as np

OPENAI_URL = "https://api.openai.com/v1"
LOCAL_KEY = "none-needed"  # the client refuses to start without one; local servers ignore it
LONGEST_WAIT_SECONDS = 60.0
_USE_EMBEDDED = "or unset QA_BOT_EMBED_BASE_URL and QA_BOT_EMBED_MODEL to use the embedded model."


def open_endpoint(*, base_url: str | None, model: str | None, api_key: str | None) -> EndpointEmbedding:
    """Return the endpoint's model. A model alone means OpenAI itself; a base URL alone the only model that the server lists."""
    if base_url is None and api_key is None:
        raise EmbeddingError(
            f"QA_BOT_EMBED_MODEL={model} without QA_BOT_EMBED_BASE_URL means OpenAI, which needs a key. Set QA_BOT_EMBED_API_KEY, "
            "name your own server in QA_BOT_EMBED_BASE_URL, or unset QA_BOT_EMBED_MODEL to use the embedded model."
        )
    url = (base_url or OPENAI_URL).rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise EmbeddingError(f"QA_BOT_EMBED_BASE_URL={base_url} is no URL. Write it as http://localhost:11434/v1.")
    return EndpointEmbedding(url, model or _only_model(url, api_key), api_key=api_key)


class EndpointEmbedding:
    """One model of one endpoint. The dimension is found by the first reply; each later reply must have it too."""

    window_tokens = UNKNOWN_WINDOW_TOKENS

    def __init__(
        self, base_url: str, model: str, *, api_key: str | None = None, timeout_seconds: float = 60.0, max_retries: int = 3
    ) -> None:
        self.base_url = base_url
        self.model = model
        self.name = f"{model}@{_without_password(base_url)}"
        self.max_retries = max_retries
        self._client_options = {"api_key": api_key, "timeout_seconds": timeout_seconds}
        self._client: Any = None
        self._dimension: int | None = None
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            self.embed_query("dimension")
        assert self._dimension is not None
        return self._dimension

    def count_tokens(self, text: str) -> int:
        """Count with the embedded model's tokenizer: the endpoint's own is not known, and word pieces run about as many."""
        return embedded_model().count_tokens(text)

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        import numpy as np

        parts = []
        for start in range(0, len(texts), TEXTS_PER_CALL):
            parts.append(self._request(texts[start : start + TEXTS_PER_CALL]))
            if on_progress:
                on_progress(min(start + TEXTS_PER_CALL, len(texts)))
        return np.concatenate(parts) if parts else np.empty((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> np.ndarray:
        return self._request([text])[0]

    def _request(self, texts: Sequence[str]) -> np.ndarray:
        import openai
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        # Endpoints refuse an empty text (OpenAI: 400), and no JSON carries a lone surrogate.
        sent = [text.encode("utf-8", "replace").decode("utf-8") if text.strip() else "." for text in texts]
        retrying = Retrying(
            stop=stop_after_attempt(self.max_retries + 1), retry=retry_if_exception(_is_passing), wait=_seconds_to_wait, reraise=True
        )
        try:
            # The raw reply: the client neither checks a reply's fields nor notices a web page in its place.
            reply = retrying(self._open().embeddings.with_raw_response.create, model=self.model, input=sent, encoding_format="float")
        except openai.OpenAIError as error:
            raise _explained(error, self) from error
        vectors = _in_order(reply.http_response.text, expected=len(sent), origin=self.name)
        with self._lock:
            result = checked_vectors(vectors, expected=len(sent), dimension=self._dimension, origin=self.name)
            self._dimension = result.shape[1]
        return result

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _client(self.base_url, **self._client_options)
        return self._client

    def listed_models(self) -> list[str]:
        """Return the models that the server lists, none when it does not tell."""
        import openai

        try:
            return [model.id for model in self._open().models.list().data]
        except (openai.OpenAIError, AttributeError, TypeError, ValueError):
            return []


def _client(base_url: str, *, api_key: str | None, timeout_seconds: float) -> Any:
    import openai

    # A proxy named in the environment cannot reach this machine's own servers.
    is_loopback = (urlsplit(base_url).hostname or "") in ("localhost", "::1") or (urlsplit(base_url).hostname or "").startswith("127.")
    http_client = openai.DefaultHttpxClient(trust_env=False) if is_loopback else None
    return openai.OpenAI(base_url=base_url, api_key=api_key or LOCAL_KEY, timeout=timeout_seconds, max_retries=0, http_client=http_client)


def _only_model(base_url: str, api_key: str | None) -> str:
    models = EndpointEmbedding(base_url, "", api_key=api_key, timeout_seconds=10).listed_models()
    if len(models) == 1:
        return models[0]
    found = f"the server lists {', '.join(sorted(models)[:20])}" if models else f"{base_url} lists no models"
    raise EmbeddingError(f"QA_BOT_EMBED_BASE_URL is set without a model, and {found}. Name the embedding model in QA_BOT_EMBED_MODEL.")


def _in_order(body: str, *, expected: int, origin: str) -> list[Any]:
    """Return the reply's vectors in the order of the texts, by the `index` of each."""
    try:
        items = json.loads(body)["data"]
        vectors = {item["index"]: item["embedding"] for item in items}
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddingError(
            f"{origin} did not answer with embeddings but with: {' '.join(body.split())[:120]!r}. Check QA_BOT_EMBED_BASE_URL, {_USE_EMBEDDED}"
        ) from error
    if len(items) != expected or set(vectors) != set(range(expected)):
        raise EmbeddingError(
            f"{origin} returned {len(items)} vectors, {len(set(vectors) & set(range(expected)))} of them for one of the {expected} texts sent. "
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


def _is_passing(error: BaseException) -> bool:
    import httpx
    import openai

    if isinstance(error, openai.RateLimitError):
        return error.code != "insufficient_quota" and (_retry_after_seconds(error) or 0) <= LONGEST_WAIT_SECONDS
    if isinstance(error, openai.APIConnectionError):  # a refused connection will be refused again; a slow or cut one may pass
        return not isinstance(error.__cause__, httpx.ConnectError)
    return isinstance(error, openai.APIStatusError) and (error.status_code >= 500 or error.status_code in (408, 409))


def _retry_after_seconds(error: BaseException | None) -> float | None:
    response = getattr(error, "response", None)
    try:
        return float(response.headers["retry-after"]) if response is not None else None
    except (KeyError, ValueError):
        return None


def _seconds_to_wait(state: Any) -> float:
    asked = _retry_after_seconds(state.outcome.exception())
    return min(asked if asked is not None else 0.5 * 2 ** (state.attempt_number - 1), LONGEST_WAIT_SECONDS)


def _explained(error: Exception, endpoint: EndpointEmbedding) -> EmbeddingError:
    import openai

    where = f"The embedding endpoint {_without_password(endpoint.base_url)}"
    said = " ".join(str(getattr(error, "message", error)).split())[:200]
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return EmbeddingError(f"{where} refuses the key ({error.status_code}). Set QA_BOT_EMBED_API_KEY to a valid one, {_USE_EMBEDDED}")
    if isinstance(error, openai.NotFoundError):
        models = endpoint.listed_models()
        step = (
            f"It lists: {', '.join(sorted(models)[:20])}. Name one of them in QA_BOT_EMBED_MODEL."
            if models
            else "Check QA_BOT_EMBED_MODEL, and that QA_BOT_EMBED_BASE_URL ends as the server's manual says (mostly /v1)."
        )
        return EmbeddingError(f"{where} does not know the model {endpoint.model} (404). {step}")
    if isinstance(error, openai.RateLimitError):
        if error.code == "insufficient_quota":
            return EmbeddingError(f"{where} says that the account's quota is used up (429). Add credit, {_USE_EMBEDDED}")
        wait = _retry_after_seconds(error)
        when = f"in {wait:.0f} seconds" if wait else "later"
        return EmbeddingError(f"{where} limits the rate of requests (429). Run the same command again {when}: what is done is kept.")
    if isinstance(error, openai.APITimeoutError):
        return EmbeddingError(f"{where} did not answer in time. Look whether the server is busy or still loading {endpoint.model}, {_USE_EMBEDDED}")
    if isinstance(error, openai.APIConnectionError):
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        return EmbeddingError(f"{where} cannot be reached{cause}. Start the server or correct QA_BOT_EMBED_BASE_URL, {_USE_EMBEDDED}")
    status = f" ({error.status_code})" if isinstance(error, openai.APIStatusError) else ""
    return EmbeddingError(f"{where} failed{status}: {said}. Check the model {endpoint.model} and the server's log, {_USE_EMBEDDED}")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
