"""Knows how records, facts and papers become bytes and come back.

Leaves where the bytes lie to the modules of the tables.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import orjson

from qa_bot.schema import Fact, Origin, Paper, Record, Version

# Level 1 takes 25 microseconds a record and leaves half of it; the best level takes five times as long and leaves 46 %.
_LEVEL = 1


def digest_of(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return blake2b(text.encode(), digest_size=16).digest()


def paper_digest(paper: Paper) -> bytes:
    """Return 16 bytes that change whenever anything about a paper does."""
    return blake2b(orjson.dumps(paper), digest_size=16).digest()


def key_of(text: str) -> int:
    """Return a whole number of 64 bits that stands for a text in an index."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def pack_text(text: str) -> bytes:
    return zlib.compress(text.encode(), _LEVEL)


def unpack_text(body: bytes) -> str:
    return zlib.decompress(body).decode()


def pack(item: Record | Fact | Paper) -> bytes:
    """Pack a record, fact or paper; texts that are kept by themselves are left out before (see `without_texts`)."""
    return zlib.compress(orjson.dumps(item), _LEVEL)


def without_texts(item: Record | Paper) -> Record | Paper:
    """Return a record or paper with empty texts."""
    if isinstance(item, Record):
        return replace(item, abstract="")
    return replace(item, versions=tuple(replace(version, abstract="", raw="") for version in item.versions))


def unpack_paper(body: bytes, texts: Sequence[tuple[str, str]]) -> Paper:
    """Return a paper with the (abstract, text as found) of each of its versions."""
    data = fields_of(body)
    versions = tuple(
        Version(abstract, raw, v["date"], tuple(Origin(**origin) for origin in v["origins"]))
        for v, (abstract, raw) in zip(data.pop("versions"), texts, strict=True)
    )
    return Paper(versions=versions, **_tuples(data))


def unpack_record(body: bytes, abstract: str) -> Record:
    data = fields_of(body) | {"abstract": abstract}
    return Record(origin=Origin(**data.pop("origin")), **_tuples(data))


def unpack_fact(body: bytes) -> Fact:
    return Fact(**_tuples(fields_of(body)))


def fields_of(body: bytes) -> dict[str, Any]:
    """Return the fields of something packed, as plain data."""
    return orjson.loads(zlib.decompress(body))


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if type(value) is list else value for name, value in data.items()}
