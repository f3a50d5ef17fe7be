"""Knows how many tokens a text has: words come again, so each is tokenised once and its tokens are added up.

Leaves tokenising to the tokenizer, of a whole text too where it does not take words one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_REMEMBERED = 1 << 17  # words, and as many words with the signs around them; 10 MB each
# BERT parts printable ASCII at spaces and at every sign. What else a text holds is tokenised as it stands between spaces.
_WORD_OR_SIGN = re.compile(r"[a-z0-9]+|[^a-z0-9]")
_JOINS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")  # white space to Python; BERT takes it out and joins what stands around it


class _Counts(dict[str, int]):
    """What was counted so far, by text."""

    def __init__(self, count: Callable[[str], int]) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, text: str) -> int:
        count = self._count(text)
        if len(self) < _REMEMBERED:
            self[text] = count
        return count


def counter_of(tokenizer: Tokenizer) -> Callable[[str], int]:
    """Return a function that counts the tokens that the tokenizer makes of a text, those that frame every text included."""

    def whole(text: str) -> int:
        return len(tokenizer.encode(text).ids)

    parts = (tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.model)
    if [type(part).__name__ for part in parts] != ["BertNormalizer", "BertPreTokenizer", "WordPiece"] or not tokenizer.normalizer.lowercase:
        return whole
    frame = tokenizer.num_special_tokens_to_add(False)
    special = re.compile("|".join(re.escape(token.content) for token in tokenizer.get_added_tokens_decoder().values()) or r"(?!)")
    words = _Counts(lambda word: len(tokenizer.encode(word, add_special_tokens=False).ids))
    words |= {word: 1 for word in tokenizer.get_vocab() if word.isascii() and not word.startswith("##")}
    between_spaces = _Counts(
        lambda piece: sum(map(words.__getitem__, _WORD_OR_SIGN.findall(piece.lower()))) if piece.isascii() and piece.isprintable() else words[piece]
    )

    def count(text: str) -> int:
        if special.search(text) or _JOINS.search(text):
            return whole(text)
        return frame + sum(map(between_spaces.__getitem__, text.split()))

    return count
