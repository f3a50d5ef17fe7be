"""Knows how texts become vectors: the embedded ONNX model, or any llama-index embedding behind the same interface.

Leaves the OpenAI-compatible endpoint to `embedding_endpoint`, the recipe of the embedded text to `chunking`, and storing
and searching vectors to `store`.
"""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from qa_bot.config import Settings
from qa_bot.schema import QABotError

if TYPE_CHECKING:
    import numpy as np

MODEL_DIR = Path(__file__).parent / "models" / "all-MiniLM-L6-v2"
# What we trust a model to read when it does not tell: the window of nearly all BERT-sized models; no abstract needs more.
UNKNOWN_WINDOW_TOKENS = 512
TEXTS_PER_TASK = 8
TEXTS_PER_CALL = 32

Progress = Callable[[int], None]


class EmbeddingError(QABotError):
    """Texts could not be turned into vectors that can be trusted."""


class EmbeddingModel(Protocol):
    """Texts -> vectors. Safe to share between threads.

    `name` is the identity that the index remembers; vectors of two names are never compared. A text is read whole when
    `count_tokens(text) <= window_tokens`.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def window_tokens(self) -> int: ...

    def count_tokens(self, text: str) -> int: ...

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        """Return float32 (n, dimension), rows of length one in the order of `texts`; `on_progress` gets the number done so far."""
        ...

    def embed_query(self, text: str) -> np.ndarray:
        """Return (dimension,) for a query; some models read queries differently from passages."""
        ...


def open_embedding(settings: Settings, *, embed_model: Any = None) -> EmbeddingModel:
    """Return the model to embed with: `embed_model` (a llama-index BaseEmbedding), else the endpoint, else the embedded one.

    Nothing is loaded or asked yet, except that an endpoint without a model name is asked which models it serves.
    """
    if embed_model is not None:
        return _adapt(embed_model)
    if settings.embed_base_url or settings.embed_model:
        from qa_bot.embedding_endpoint import open_endpoint

        return open_endpoint(base_url=settings.embed_base_url, model=settings.embed_model, api_key=settings.api_key_for("embed"))
    return embedded_model()


@functools.cache
def embedded_model() -> OnnxEmbedding:
    """Return the model that is in the package, one for the whole process."""
    return OnnxEmbedding(MODEL_DIR)


class OnnxEmbedding:
    """A folder with model.onnx, tokenizer.json and config.json; the first use loads it (0.1 s).

    Every text is a batch of its own: there is no padding, and a text's vector never depends on its neighbours, which the
    dynamic quantisation of a shared batch would cause. Speed comes from one single-threaded run on each core instead.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = folder
        self.threads = threads or _usable_cores()
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _damaged(folder, error) from error
        self.name: str = f"{config['name']}:{config['model_sha256'][:12]}"
        self.dimension: int = config["dimension"]
        self.window_tokens: int = config["window_tokens"]
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._session: Any = None

    def count_tokens(self, text: str) -> int:
        """Count the tokens of `text`, the two that frame every text included."""
        return len(self._load_tokenizer().encode(_encodable(text)).ids)

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        if not len(texts):
            return vectors
        self._load_session()

        def embed_slice(start: int) -> int:
            stop = min(start + TEXTS_PER_TASK, len(texts))
            for row in range(start, stop):
                vectors[row] = self.embed_query(texts[row])
            return stop - start

        done = 0
        for count in _each(embed_slice, range(0, len(texts), TEXTS_PER_TASK), threads=self.threads):
            done += count
            if on_progress:
                on_progress(done)
        return vectors

    def embed_query(self, text: str) -> np.ndarray:
        import numpy as np

        ids = self._load_tokenizer().encode(_encodable(text)).ids
        if len(ids) > self.window_tokens:
            ids = [*ids[: self.window_tokens - 1], ids[-1]]
        return self._load_session().run(None, {"input_ids": np.array(ids, dtype=np.int64)})[0]

    def _load_tokenizer(self) -> Any:
        if self._tokenizer is None:
            with self._lock:
                if self._tokenizer is None:
                    from tokenizers import Tokenizer

                    try:
                        self._tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
                    except Exception as error:  # tokenizers raises bare Exception
                        raise _damaged(self.folder, error) from error
        return self._tokenizer

    def _load_session(self) -> Any:
        if self._session is None:
            with self._lock:
                if self._session is None:
                    import onnxruntime

                    options = onnxruntime.SessionOptions()
                    options.intra_op_num_threads = options.inter_op_num_threads = 1
                    options.log_severity_level = 3
                    path = str(self.folder / "model.onnx")
                    try:
                        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
                    except Exception as error:  # onnxruntime's errors share no public parent
                        raise _damaged(self.folder, error) from error
        return self._session


class LlamaIndexEmbedding:
    """A llama-index BaseEmbedding; its own exceptions pass through. Tokens are counted with the embedded model's tokenizer."""

    def __init__(self, model: Any) -> None:
        self.model = model
        model_name = getattr(model, "model_name", None)
        self.name = f"{type(model).__name__}:{model_name}" if model_name and model_name != "unknown" else type(model).__name__
        window = getattr(model, "max_length", None)
        self.window_tokens = window if isinstance(window, int) and window > 0 else UNKNOWN_WINDOW_TOKENS
        self._dimension: int | None = None

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            self.embed_query("dimension")
        assert self._dimension is not None
        return self._dimension

    def count_tokens(self, text: str) -> int:
        return embedded_model().count_tokens(text)

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        import numpy as np

        parts = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), TEXTS_PER_CALL):
            batch = list(texts[start : start + TEXTS_PER_CALL])
            parts.append(self._check(self.model.get_text_embedding_batch(batch), len(batch)))
            if on_progress:
                on_progress(start + len(batch))
        return np.concatenate(parts)

    def embed_query(self, text: str) -> np.ndarray:
        return self._check([self.model.get_query_embedding(text)], 1)[0]

    def _check(self, vectors: Sequence[Any], expected: int) -> np.ndarray:
        result = checked_vectors(vectors, expected=expected, dimension=self._dimension, origin=self.name)
        self._dimension = result.shape[1]
        return result


def checked_vectors(vectors: Sequence[Any], *, expected: int, dimension: int | None, origin: str) -> np.ndarray:
    """Return `vectors` as float32 rows of length one; raise EmbeddingError for a wrong count, dimension or number.

    A vector of zeros stays one: it is like nothing. `origin` names the sender in the messages.
    """
    import numpy as np

    if len(vectors) != expected:
        raise EmbeddingError(f"{origin} returned {len(vectors)} vectors for {expected} texts. {_TRY_ANOTHER}")
    try:
        rows = np.asarray(vectors, dtype=np.float64)  # None, a server's spelling of NaN, becomes NaN here
    except (TypeError, ValueError) as error:
        raise EmbeddingError(f"{origin} returned vectors of different lengths or with parts that are not numbers. {_TRY_ANOTHER}") from error
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise EmbeddingError(f"{origin} returned no plain vector for each text (shape {rows.shape}). {_TRY_ANOTHER}")
    if dimension is not None and rows.shape[1] != dimension:
        raise EmbeddingError(f"{origin} returned vectors of {rows.shape[1]} numbers, before they had {dimension}. {_TRY_ANOTHER}")
    if not np.isfinite(rows).all():
        raise EmbeddingError(f"{origin} returned vectors with NaN or infinite numbers. {_TRY_ANOTHER}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


_TRY_ANOTHER = "Name another embedding model, or unset QA_BOT_EMBED_BASE_URL and QA_BOT_EMBED_MODEL to use the embedded one."


def _adapt(embed_model: Any) -> EmbeddingModel:
    if hasattr(embed_model, "get_text_embedding_batch") and hasattr(embed_model, "get_query_embedding"):
        return LlamaIndexEmbedding(embed_model)
    if hasattr(embed_model, "embed") and hasattr(embed_model, "window_tokens"):
        return embed_model
    raise EmbeddingError(f"embed_model is a {type(embed_model).__name__}; pass an instance of a llama-index BaseEmbedding.")


def _each(work: Callable[[int], int], items: Sequence[int], *, threads: int) -> Iterator[int]:
    """Yield `work(item)` for each item in order, on several threads; on an error or Ctrl-C what has not begun is dropped."""
    if threads == 1 or len(items) == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(min(threads, len(items)), thread_name_prefix="embed")
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _usable_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # macOS and Windows have none
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _damaged(folder: Path, error: Exception) -> EmbeddingError:
    return EmbeddingError(f"The embedded model in {folder} cannot be read ({error}). Install qa-bot again, or run scripts/build_embedding_model.py.")
