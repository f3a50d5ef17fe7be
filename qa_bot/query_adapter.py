"""Knows how a question is turned before papers are searched with it, so that everyday words come near to the papers that answer them.

Two small linear maps that belong to the embedding model of the package, learnt from questions that people ask who do not know the
papers' terms (`scripts/build_query_adapter.py`): one for the vector of a question, one for what the model makes of each of its tokens.
Papers stay as they are embedded. Leaves ranking to `retrieval` and comparing tokens to `reranking`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.embedding import embedded_model

if TYPE_CHECKING:
    import numpy as np

ADAPTER = Path(__file__).parent / "models" / "query_adapter" / "adapter.npz"


@lru_cache(maxsize=1)
def _maps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    with np.load(ADAPTER) as maps:
        return tuple(maps[name].astype(np.float32) for name in ("down", "up", "projection"))


def adapted(vector: np.ndarray, model: str) -> np.ndarray:
    """Return the vector of a question, length one, to search papers with; that of another embedding model as it is."""
    import numpy as np

    if model != embedded_model().name:
        return vector
    down, up, _ = _maps()
    turned = vector + (vector @ down) @ up
    return turned / (np.linalg.norm(turned) + 1e-9)


def projection() -> np.ndarray:
    """Return what projects the tokens of a question, float32 [768, 128], to where `reranking` compares them with a paper's."""
    return _maps()[2]
