"""Knows what every embedding model offers, and which vectors can be trusted.

Leaves making vectors to `embedded`, `endpoint` and `adapter`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from qa_bot.schema import QABotError

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int], None]
# What a model is trusted to read when it does not tell: the window of nearly all BERT-sized models, enough for an abstract.
UNKNOWN_WINDOW_TOKENS = 512
# Texts of one request: what the strictest of the common servers takes by default (text-embeddings-inference).
TEXTS_PER_REQUEST = 32
TRY_ANOTHER = "Name another embedding model, or unset QA_BOT_EMBED_BASE_URL and QA_BOT_EMBED_MODEL to use the embedded one."


class EmbeddingError(QABotError):
    """Texts could not be turned into vectors that can be trusted."""


class EmbeddingModel(Protocol):
    """Texts -> vectors. Safe to share between threads.

    `name` is the identity that the index remembers; vectors of two names are never compared. A text is read whole when
    `count_tokens(text) <= window_tokens`; of a longer one the beginning is read.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def window_tokens(self) -> int: ...

    def count_tokens(self, text: str) -> int: ...

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        """Return float32 (n, dimension), rows of length one in the order of `texts`.

        `on_progress` gets the number done so far.
        """
        ...

    def embed_query(self, text: str) -> np.ndarray:
        """Return (dimension,) for a query; some models read queries differently from passages."""
        ...


def encodable(text: str) -> str:
    """Replace lone surrogates, which neither UTF-8 nor a tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def checked_vectors(vectors: Sequence[Any], *, expected: int, dimension: int | None, origin: str) -> np.ndarray:
    """Return `vectors` as float32 rows of length one; raise EmbeddingError for a wrong count, dimension or number.

    A vector of zeros stays one: it is like nothing. `dimension` None accepts any; `origin` begins the messages.
    """
    import numpy as np

    if len(vectors) != expected:
        raise EmbeddingError(f"{origin} returned {len(vectors)} vectors for {expected} texts. {TRY_ANOTHER}")
    try:
        rows = np.asarray(vectors, dtype=np.float64)  # None, a server's spelling of NaN, becomes NaN here
    except (TypeError, ValueError) as error:
        raise EmbeddingError(f"{origin} returned vectors of unequal length or with no numbers. {TRY_ANOTHER}") from error
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise EmbeddingError(f"{origin} returned no plain vector for each text (shape {rows.shape}). {TRY_ANOTHER}")
    if dimension is not None and rows.shape[1] != dimension:
        raise EmbeddingError(f"{origin} returned vectors of {rows.shape[1]} numbers; before, they had {dimension}. {TRY_ANOTHER}")
    if not np.isfinite(rows).all():
        raise EmbeddingError(f"{origin} returned vectors with NaN or infinite numbers. {TRY_ANOTHER}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
