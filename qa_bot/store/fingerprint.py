"""Knows what made an index, and refuses one that the settings would have made otherwise.

Leaves making it anew to `qa_bot.reindex`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from qa_bot.schema import QABotError
from qa_bot.store.tables import SCHEMA_VERSION
from qa_bot.store.truth import Truth

_STEP = "Run `qa-bot reindex`, or restore the QA_BOT_EMBED_* settings."


class IndexMismatch(QABotError):
    """The index was made by another embedding model or text recipe than the settings name."""


@dataclass(frozen=True)
class Fingerprint:
    """What made an index. Two indexes with the same fingerprint hold comparable vectors."""

    model: str
    text_recipe: str
    schema: int = SCHEMA_VERSION

    def __str__(self) -> str:
        return "|".join(str(value) for value in asdict(self).values())

    @property
    def collection(self) -> str:
        return "papers-" + blake2b(str(self).encode(), digest_size=6).hexdigest()


def check_made_by(truth: Truth, fingerprint: Fingerprint, data_dir: Path) -> None:
    """Note what makes an index that is new. Raise IndexMismatch for one that something else made."""
    made_by = truth.settle(truth.keyed("fingerprint"), str(fingerprint))
    if made_by != str(fingerprint):
        raise IndexMismatch(
            f"The index in {data_dir} was made with {made_by.split('|')[0]}, the settings now ask for {fingerprint.model} "
            f"(recipe {fingerprint.text_recipe}). {_STEP}"
        )


def check_dimension(truth: Truth, fingerprint: Fingerprint, data_dir: Path, *, dimension: int, writable: bool) -> None:
    """Raise IndexMismatch where the vectors of the index have another length; a writer notes that of the first ones."""
    key = truth.keyed("dimension")
    stored = truth.settle(key, str(dimension)) if writable else truth.meta(key)
    if stored is not None and stored != str(dimension):
        raise IndexMismatch(f"{fingerprint.model} now gives vectors of {dimension} numbers, the index in {data_dir} holds {stored}. {_STEP}")
