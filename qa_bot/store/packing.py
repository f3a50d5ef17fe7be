"""Knows how records, facts and papers become bytes and come back.

Leaves where the bytes lie to the modules of the tables.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson

from qa_bot.schema import Fact, Origin, Paper, Record, Version

# Level 1 takes 25 microseconds a record; the best level takes five times as long and saves 4 % more.
_LEVEL = 1
# What abstracts and their records have in common, so that it need not be stored with each (RFC 1950, preset dictionary):
# a third less space. Changing it makes every store unreadable, so SCHEMA_VERSION must change with it.
_DICTIONARY = (
    " However, existing approaches often require large amounts of training data and computational resources. On the other hand, there are many real-world"
    " applications such as natural language processing, computer vision, machine learning, deep neural networks, reinforcement learning, the quantum"
    " system, the magnetic field, galaxies with high redshift, the equations of motion, a finite group, boundary conditions, temperature dependence,"
    " observations, measurements, simulations, distribution, information, optimization problem, numerical methods, theoretical, experiments on several"
    " benchmark datasets demonstrate the effectiveness of the proposed method compared with the state-of-the-art methods in terms of accuracy. Our results"
    " show that the performance of the model is significantly improved. In this paper, we propose a novel framework for the problem of learning from"
    " different data, based on an algorithm which can be used to obtain the number of parameters. We introduce a new approach to the study of structures"
    " and their properties; we also present the analysis of the dynamics between these two models, and we find that the energy of this state has been"
    " investigated using both the first and second order corrections. We show that it is possible to prove the existence of solutions for all functions."
    '"organisations":[],"date":"2020-01-01","categories":["cs.CV","cs.LG","cs.CL","stat.ML","math.","astro-ph.","cond-mat.","quant-ph","hep-th"],'
    '"doi":null,"arxiv_id":"20"},"url":"https://arxiv.org/abs/20","venue":null,"has_code":false}{"paper_id":"arxiv:20","title":"'
    '","versions":[{"abstract":"","raw":"","date":null,"origins":[{"file":"papers.jsonl.gz","ordinal":10,"record_id":null}]}],'
    '"title_is_stand_in":false,"aliases":[],"authors":["David","Michael ","John","Daniel","Alexander","Zhang","Wang"],"authors_complete":true,'
    '"organisations":[],"date":null,"categories":[],"doi":"10.","arxiv_id":null,"url":"https://doi.org/10.","venue":null,"has_code":false}'
    '{"origin":{"file":"arxiv.jsonl.gz","ordinal":1,"record_id":"20"},"abstract":"","title":"'
).encode()


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
    return _compressed(text.encode())


def unpack_text(body: bytes) -> str:
    return _decompressed(body).decode()


def pack(item: Record | Fact | Paper) -> bytes:
    """Pack a record, fact or paper with empty texts: those are kept by themselves."""
    fields = dict(item.__dict__)
    if isinstance(item, Record):
        fields["abstract"] = ""
    elif isinstance(item, Paper):
        fields["versions"] = [version.__dict__ | {"abstract": "", "raw": ""} for version in item.versions]
    return _compressed(orjson.dumps(fields))


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
    return orjson.loads(_decompressed(body))


def _compressed(data: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zdict=_DICTIONARY)
    return packer.compress(data) + packer.flush()


def _decompressed(body: bytes) -> bytes:
    return zlib.decompressobj(zdict=_DICTIONARY).decompress(body)


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if type(value) is list else value for name, value in data.items()}
