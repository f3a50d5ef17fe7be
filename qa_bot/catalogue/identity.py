"""Knows what identity is judged by: the keys of a record or a fact, small enough to hold those of a million.

Leaves the texts themselves where they are, and what follows from equal keys to `grounds`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b

import orjson

from qa_bot.catalogue.keys import arxiv_id_of, doi_of, key_of_plain, surnames_of, title_key
from qa_bot.markup import plain_text
from qa_bot.schema import Fact, Record

# Part of every paper's signature: change it whenever the same records would give another paper.
PAPER_RECIPE = "papers/1"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record or a fact is judged by; a fact has no text of its own, and so an empty `key`.

    `key` is the wording's (see `keys.text_key`), `length` counts the characters of the text, `digest` changes whenever
    anything about the record does. `abstracts` are the wordings that a fact names.
    """

    file: str
    ordinal: int
    record_id: str | None
    key: str
    length: int
    titles: tuple[str, ...]
    surnames: tuple[str, ...]
    date: str | None
    doi: str | None
    arxiv_id: str | None
    digest: str
    abstracts: tuple[str, ...] = ()

    @property
    def year(self) -> int | None:
        return int(self.date[:4]) if self.date else None

    @property
    def order(self) -> tuple[str, int, str, str, str]:
        """What records are sorted by, so that the order of files and runs does not matter."""
        return self.file, self.ordinal, self.record_id or "", self.key, self.digest

    @property
    def lasting_key(self) -> str:
        """What names this record when its file is read again: its file with its own id, else with its wording."""
        return f"{self.file}\n{self.record_id or self.key}"


_KEPT = tuple(field.name for field in fields(Identity) if field.name != "abstracts")


def identify(record: Record) -> Identity:
    """Return what a record is judged by."""
    text = plain_text(record.abstract)
    title = title_key(record.title)
    return Identity(
        record.origin.file, record.origin.ordinal, record.origin.record_id, key_of_plain(text), len(text), (title,) if title else (),
        tuple(sorted(surnames_of(record.authors))), record.date, doi_of(record.doi), arxiv_id_of(record.arxiv_id, record.doi), _digest(record),
    )  # fmt: skip


def identify_fact(fact: Fact) -> Identity:
    """Return what a fact is judged by."""
    titles = dict.fromkeys(filter(None, map(title_key, (fact.title, *fact.aliases))))
    return Identity(
        "", 0, None, "", 0, tuple(titles), tuple(sorted(surnames_of(fact.authors))), fact.date, doi_of(fact.doi),
        arxiv_id_of(fact.arxiv_id, fact.doi), _digest(fact), fact.abstracts,
    )  # fmt: skip


def packed(identity: Identity) -> bytes:
    """Return a record's identity as bytes, for keeping it."""
    return orjson.dumps([getattr(identity, name) for name in _KEPT])


def unpacked(data: bytes) -> Identity:
    file, ordinal, record_id, key, length, titles, surnames, *rest = orjson.loads(data)
    return Identity(file, ordinal, record_id, key, length, tuple(titles), tuple(surnames), *rest)


def _digest(item: Record | Fact) -> str:
    return blake2b(orjson.dumps(item), digest_size=8).hexdigest()
