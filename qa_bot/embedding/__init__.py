"""Knows how texts become vectors: the embedded ONNX model, an OpenAI-compatible endpoint, or any llama-index embedding.

Leaves the recipe of the embedded text to `chunking`, and storing and searching vectors to `store`.
"""

from __future__ import annotations

from typing import Any

from qa_bot.config import Settings
from qa_bot.embedding.embedded import OnnxEmbedding, embedded_model, is_portable, onnx_session
from qa_bot.embedding.vectors import EmbeddingError, EmbeddingModel

__all__ = ["EmbeddingError", "EmbeddingModel", "OnnxEmbedding", "embedded_model", "is_portable", "onnx_session", "open_embedding"]


def open_embedding(settings: Settings, *, embed_model: Any = None) -> EmbeddingModel:
    """Return the model to embed with: `embed_model` (a llama-index BaseEmbedding), else the endpoint, else the embedded one.

    Nothing is loaded or asked yet, except that an endpoint without a model name is asked which models it serves.
    """
    if embed_model is not None:
        from qa_bot.embedding.adapter import adapt

        return adapt(embed_model)
    if settings.embed_base_url or settings.embed_model:
        from qa_bot.embedding.endpoint import open_endpoint

        return open_endpoint(base_url=settings.embed_base_url, model=settings.embed_model, api_key=settings.api_key_for("embed"))
    return embedded_model()
