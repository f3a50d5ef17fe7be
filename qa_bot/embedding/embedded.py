"""Knows the embedding model that is in the package: one ONNX file, run with onnxruntime, its tokenizer and config.

Leaves making those files to `scripts/build_embedding_model.py`.
"""

from __future__ import annotations

import functools
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from qa_bot.embedding.vectors import EmbeddingError, Progress, encodable

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
R = TypeVar("R")
MODEL_DIR = Path(__file__).parent.parent / "models" / "all-MiniLM-L6-v2"
TEXTS_PER_TASK = 8
# The words of so many short texts that were embedded last are kept.
SHORT_TOKENS, TEXTS_REMEMBERED = 64, 32


@functools.cache
def embedded_model() -> OnnxEmbedding:
    """Return the model that is in the package, one for the whole process."""
    return OnnxEmbedding(MODEL_DIR)


def is_portable(count_tokens: Callable[[str], int]) -> bool:
    """Say whether tokens are counted by a model that another process can load as well."""
    return isinstance(getattr(count_tokens, "__self__", None), OnnxEmbedding)


def onnx_session(path: Path, made_by: str) -> Any:
    """Open a model of the package, to be run on the calling thread alone; raise EmbeddingError when it cannot be read."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no public parent
        raise _damaged(path.parent, error, made_by) from error


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
        self.name: str = f"{config['name']}:{config['vectors_sha256'][:12]}"
        self.dimension: int = config["dimension"]
        self.window_tokens: int = config["window_tokens"]
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._session: Any = None
        self._counter: Callable[[str], int] | None = None
        self._words: OrderedDict[str, tuple[np.ndarray, np.ndarray]] = OrderedDict()

    def __reduce__(self) -> tuple:
        """Let another process load the model from its folder."""
        return (embedded_model, ()) if self.folder == MODEL_DIR else (OnnxEmbedding, (self.folder,))

    def count_tokens(self, text: str) -> int:
        """Count the tokens of `text`, the two that frame every text included."""
        if self._counter is None:
            from qa_bot.embedding.token_counts import counter_of

            self._counter = counter_of(self._load_tokenizer())
        return self._counter(encodable(text))

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
            return stop

        for done in _each(embed_slice, range(0, len(texts), TEXTS_PER_TASK), threads=self.threads):
            if on_progress:
                on_progress(done)
        return vectors

    def embed_query(self, text: str) -> np.ndarray:
        ids, spans = self._framed(text)
        if len(ids) > SHORT_TOKENS:
            return self._load_session().run(["vector"], {"input_ids": ids})[0]
        vector, words = self._load_session().run(["vector", "words"], {"input_ids": ids})
        with self._lock:  # a question's words are asked for next (`query_encoder`): running the model once more takes 2 ms
            self._words[text] = spans, words
            if len(self._words) > TEXTS_REMEMBERED:
                self._words.popitem(last=False)
        return vector

    def embed_tokens(self, texts: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return for each text (spans, vectors) of its tokens within the window: start and end of each in the text, int32
        [tokens, 2], and float32 [tokens, 768]: what the fourth and the last layer make of it, each half of length one.
        """
        import numpy as np

        session = self._load_session()

        def states(text: str) -> tuple[np.ndarray, np.ndarray]:
            ids, spans = self._framed(text)
            halves = session.run(["tokens_4", "tokens_6"], {"input_ids": ids})
            halves = [half[1:-1] / np.linalg.norm(half[1:-1], axis=1, keepdims=True) for half in halves]
            return spans, np.concatenate(halves, axis=1)

        return list(_each(states, texts, threads=self.threads))

    def embed_words(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (spans, vectors) of the words of a text within the window before any layer has read them: spans of its tokens,
        int32 [tokens, 2], and float32 [tokens + 2, 384] with the two that frame it, which `query_encoder` reads on.
        """
        with self._lock:
            known = self._words.get(text)
        if known:
            return known
        ids, spans = self._framed(text)
        return spans, self._load_session().run(["words"], {"input_ids": ids})[0]

    def _framed(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (ids of what is read of a text, framed, int64 [tokens + 2]; spans of its tokens, int32 [tokens, 2])."""
        import numpy as np

        encoding = self._encode(text)
        last = min(len(encoding.ids), self.window_tokens) - 1
        ids = np.array([*encoding.ids[:last], encoding.ids[-1]], dtype=np.int64)
        return ids, np.array(encoding.offsets[1:last], dtype=np.int32).reshape(-1, 2)

    def _encode(self, text: str) -> Any:
        return self._load_tokenizer().encode(encodable(text))

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
                    self._session = onnx_session(self.folder / "model.onnx", "scripts/build_embedding_model.py")
        return self._session


def _each(work: Callable[[T], R], items: Sequence[T], *, threads: int) -> Iterator[R]:
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


def _damaged(folder: Path, error: Exception, made_by: str = "scripts/build_embedding_model.py") -> EmbeddingError:
    return EmbeddingError(f"The embedded model in {folder} cannot be read ({error}). Install qa-bot again, or run {made_by}.")
