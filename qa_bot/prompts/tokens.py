"""Knows how many tokens a text has, without any network.

Leaves what to cut to `prompts`. The count is cl100k's: other vocabularies differ by a tenth or two, so callers keep a margin.
"""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

_ENCODING = "cl100k_base"
_FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"  # tiktoken names a cached vocabulary by the SHA-1 of its URL
_loading = threading.Lock()


@lru_cache(maxsize=1)
def _encoding() -> tiktoken.Encoding | None:
    """Load the vocabulary that llama-index brings along; None when it is not there, since tiktoken would go to the network."""
    spec = find_spec("llama_index.core")  # imports only the parent, a namespace
    folder = Path(spec.origin).parent / "_static" / "tiktoken_cache" if spec and spec.origin else None
    if folder is None or not (folder / _FILE).is_file():
        return None
    import tiktoken

    with _loading:  # the variable counts while loading only: a folder that the user set may lack the file
        before = os.environ.get("TIKTOKEN_CACHE_DIR")
        os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
        try:
            return tiktoken.get_encoding(_ENCODING)
        finally:
            if before is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = before


def count_tokens(text: str) -> int:
    """Return the number of tokens of a text; words like <|endoftext|> in it count as plain text."""
    encoding = _encoding()
    return len(encoding.encode_ordinary(text)) if encoding else -(-len(text.encode()) // 3)


def first_tokens(text: str, limit: int) -> str:
    """Return as much of the beginning of a text as has at most `limit` tokens, cut between words where there are any."""
    if limit <= 0:
        return ""
    encoding = _encoding()
    if encoding is None:
        head = text.encode()[: 3 * limit].decode(errors="ignore")
    else:
        tokens = encoding.encode_ordinary(text)
        if len(tokens) <= limit:
            return text
        head = encoding.decode(tokens[:limit], errors="ignore")
    if len(head) >= len(text):
        return text
    whole_words = head.rsplit(maxsplit=1)[0] if len(head.split()) > 1 else head
    return whole_words.rstrip()
