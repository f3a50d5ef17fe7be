"""Knows how a question is read before papers are searched with it, so that everyday words come near to the papers that answer them.

The layers of the embedding model of the package, learnt anew to read questions (`scripts/build_query_encoder.py`) from those that people ask who
do not know the papers' terms; papers stay as they are embedded (as in Karpukhin et al., "Dense Passage Retrieval for Open-Domain
Question Answering", 2020, a question and a passage have an encoder each). Leaves ranking to `retrieval` and comparing tokens to `reranking`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa_bot.embedding import embedded_model, onnx_session

if TYPE_CHECKING:
    import numpy as np

ENCODER = Path(__file__).parent / "models" / "query_encoder" / "model.onnx"
MOST_KEPT = 100


@dataclass(frozen=True)
class ReadQuestion:
    """The vector of a question, float32 [384], and its tokens: their spans in it, int32 [n, 2], and vectors, float32 [n, 128]; all of length one."""

    vector: np.ndarray
    spans: np.ndarray
    tokens: np.ndarray


@lru_cache(maxsize=1)
def _session() -> Any:
    return onnx_session(ENCODER, "scripts/build_query_encoder.py")


@lru_cache(maxsize=MOST_KEPT)
def read_question(question: str) -> ReadQuestion:
    """Return what is made of a question, up to the window of the model."""
    spans, words = embedded_model().embed_words(question)
    vector, tokens = _session().run(["vector", "tokens"], {"words": words})
    return ReadQuestion(vector, spans, tokens[1:-1])


def vector_of(question: str, model: str) -> np.ndarray | None:
    """Return the vector to search papers with, length one; None where papers are embedded with another model."""
    return read_question(question).vector if model == embedded_model().name else None
