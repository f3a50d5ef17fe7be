"""Knows how near a question is to a paper word by word, each word read in its context, and orders papers by that.

Late interaction, as in Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late
Interaction over BERT" (2020): each token of the question is compared with all tokens of a text and counts by its best match. The
tokens' vectors come from the embedding model of the package, whatever the collection is searched with, through a
projection made by `scripts/build_reranker.py`; those of a question from `query_encoder`. Leaves finding papers, and how telling a word is, to `retrieval`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from qa_bot.embedding import embedded_model
from qa_bot.query_encoder import read_question
from qa_bot.store import PaperStore, digest_of

if TYPE_CHECKING:
    import numpy as np

PROJECTION = Path(__file__).parent / "models" / "reranker" / "projection.npy"
WIDTH = 128
MOST_KEPT = 1_000  # texts, some 30 kB each
BLOCK, BLOCK_ROWS = 128, 16
_ONE = 127  # what 1.0 is as int8

_kept: OrderedDict[str, Tokens] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text: their spans in it, int32 [n, 2], and vectors of length one in 127ths, int8 [n, 128]."""

    spans: np.ndarray
    vectors: np.ndarray

    def between(self, start: int, end: int) -> np.ndarray:
        """Return which tokens begin between two places of the text, bool [n]."""
        return (self.spans[:, 0] >= start) & (self.spans[:, 0] < end)


@lru_cache(maxsize=1)
def _projection() -> np.ndarray:
    import numpy as np

    return np.load(PROJECTION).astype(np.float32)


@lru_cache(maxsize=1)
def name() -> str:
    """Return the name of what makes the tokens' vectors, as it stands beside them in the store."""
    return f"tokens:{hashlib.sha256(PROJECTION.read_bytes()).hexdigest()[:12]}:{embedded_model().name}"


def tokens_of_question(question: str) -> Tokens:
    """Return the tokens of a question, up to the window of the model."""
    read = read_question(question)
    return Tokens(read.spans, _as_bytes(read.tokens))


def tokens_of(texts: Sequence[str], store: PaperStore | None = None) -> list[Tokens]:
    """Return the tokens of each text, up to the window of the model: those used of late, those in the store, or made now."""
    wanted = list(dict.fromkeys(texts))
    with _lock:
        found = {text: _kept[text] for text in wanted if text in _kept}
    if store is not None and (rest := {digest_of(text): text for text in wanted if text not in found}):
        found |= {rest[digest]: _unpacked(made) for digest, made in store.truth.made_of(list(rest), name()).items()}
    new = [text for text in wanted if text not in found]
    made = embedded_model().embed_tokens(new) if new else ()
    found.update(zip(new, (_projected(states) for states in made), strict=True))
    with _lock:
        for text in wanted:
            _kept[text] = found[text]
            _kept.move_to_end(text)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return [found[text] for text in texts]


def keep_tokens(texts: Sequence[str], store: PaperStore) -> None:
    """Make the tokens of texts and put those into the store that it does not have."""
    rest = {digest_of(text): text for text in texts}
    known = store.truth.made_of(list(rest), name())
    new = {digest: text for digest, text in rest.items() if digest not in known}
    if new:
        store.truth.keep_made(list(new), [_packed(tokens) for tokens in tokens_of(list(new.values()))], name())


def _projected(states: tuple[np.ndarray, np.ndarray]) -> Tokens:
    import numpy as np

    spans, vectors = states
    projected = vectors @ _projection()
    projected /= np.linalg.norm(projected, axis=1, keepdims=True) + 1e-9
    return Tokens(spans, _as_bytes(projected))


def _as_bytes(vectors: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.rint(vectors * _ONE).astype(np.int8)


def _packed(tokens: Tokens) -> bytes:
    return tokens.spans.astype("<i4").tobytes() + tokens.vectors.tobytes()


def _unpacked(made: bytes) -> Tokens:
    import numpy as np

    number = len(made) // (WIDTH + 8)
    return Tokens(np.frombuffer(made, "<i4", 2 * number).reshape(-1, 2), np.frombuffer(made, np.int8, offset=8 * number).reshape(-1, WIDTH))


def matches(question: Tokens, texts: Sequence[Tokens]) -> list[np.ndarray]:
    """Return for each text the cosine of each token of the question (row) with each of its tokens (column), float32.

    Computed in blocks that BLAS does on the calling thread: waking others for so little costs more than it saves, and ten
    times as much where the cores are busy.
    """
    import numpy as np

    lengths = [len(text.spans) for text in texts]
    blocks = np.zeros((-(-sum(lengths) // BLOCK), BLOCK, WIDTH), dtype=np.float32)
    if lengths:
        np.concatenate([text.vectors for text in texts], out=blocks.reshape(-1, WIDTH)[: sum(lengths)], casting="safe")
    asked = question.vectors.astype(np.float32)
    whole = np.empty((len(asked), sum(lengths)), dtype=np.float32)
    for n in range(0, len(asked), BLOCK_ROWS):
        part = np.matmul(blocks, asked[n : n + BLOCK_ROWS].T)  # [blocks, BLOCK, up to BLOCK_ROWS]
        whole[n : n + BLOCK_ROWS] = part.reshape(len(blocks) * BLOCK, part.shape[2]).T[:, : sum(lengths)] / _ONE**2
    return np.split(whole, np.cumsum(lengths)[:-1], axis=1) if lengths else []


def likeness(cosines: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted mean over the question's tokens (rows) of the best cosine in each row; 0 without tokens."""
    total = float(weights.sum())
    return float(cosines.max(axis=1) @ weights) / total if cosines.size and total > 0 else 0.0
