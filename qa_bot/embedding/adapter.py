"""Knows how to use a llama-index embedding as an embedding model; its own exceptions pass through.

Leaves making such a model to the caller: llama-index is not imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qa_bot.embedding.embedded import embedded_model
from qa_bot.embedding.vectors import (
    TEXTS_PER_REQUEST,
    UNKNOWN_WINDOW_TOKENS,
    EmbeddingError,
    EmbeddingModel,
    Progress,
    checked_vectors,
)

if TYPE_CHECKING:
    import numpy as np


def adapt(embed_model: Any) -> EmbeddingModel:
    """Return `embed_model` as an EmbeddingModel; one that already is passes through."""
    if hasattr(embed_model, "get_text_embedding_batch") and hasattr(embed_model, "get_query_embedding"):
        return LlamaIndexEmbedding(embed_model)
    if all(hasattr(embed_model, name) for name in ("embed", "count_tokens", "window_tokens")):
        return embed_model
    raise EmbeddingError(f"embed_model= takes an instance of a llama-index BaseEmbedding, not {type(embed_model).__name__}.")


class LlamaIndexEmbedding:
    """A llama-index BaseEmbedding. Tokens are counted with the embedded model's tokenizer."""

    def __init__(self, model: Any) -> None:
        self.model = model
        model_name = getattr(model, "model_name", None)
        self.name = f"{type(model).__name__}:{model_name}" if model_name and model_name != "unknown" else type(model).__name__
        window = getattr(model, "max_length", None)
        self.window_tokens = window if isinstance(window, int) and window > 0 else UNKNOWN_WINDOW_TOKENS
        self._dimension: int | None = None

    @property
    def dimension(self) -> int:
        """Found by the first vector; each later one must have it too."""
        return self._dimension or len(self.embed_query("dimension"))

    @property
    def count_tokens(self) -> Callable[[str], int]:
        return embedded_model().count_tokens

    def embed(self, texts: Sequence[str], *, on_progress: Progress | None = None) -> np.ndarray:
        import numpy as np

        parts = []
        for start in range(0, len(texts), TEXTS_PER_REQUEST):
            batch = list(texts[start : start + TEXTS_PER_REQUEST])
            parts.append(self._checked(self.model.get_text_embedding_batch(batch), len(batch)))
            if on_progress:
                on_progress(start + len(batch))
        return np.concatenate(parts) if parts else np.empty((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> np.ndarray:
        return self._checked([self.model.get_query_embedding(text)], 1)[0]

    def _checked(self, vectors: Sequence[Any], expected: int) -> np.ndarray:
        result = checked_vectors(vectors, expected=expected, dimension=self._dimension, origin=self.name)
        self._dimension = result.shape[1]
        return result
