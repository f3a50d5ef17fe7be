"""Knows which rows a record and a paper become: all that can be worked out, by any process, before they are written.

Leaves writing them to `inputs` and `shelf`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from qa_bot.chunking import index_text
from qa_bot.schema import Chunk, Paper, Record
from qa_bot.store.packing import digest_of, key_of, pack, pack_text, paper_digest, unpack_record, unpack_text

FACET_KINDS = ("authors", "categories", "organisations")


class KeptText(NamedTuple):
    """A text to be kept: what it is remembered by, what it is looked up by, and the text packed."""

    digest: bytes
    key: int
    body: bytes


class RecordRows(NamedTuple):
    text: KeptText
    body: bytes
    identity: bytes


class PackedRecord(NamedTuple):
    """A record as it is kept: the number of its text, the rest of it and the text, both packed."""

    text_number: int
    body: bytes
    text: bytes

    def unpacked(self) -> Record:
        return unpack_record(self.body, unpack_text(self.text))


class ChunkRow(NamedTuple):
    """A chunk, with the title and text that the indexes take in; `digest` stands for both."""

    version: int
    place: int
    start: int
    end: int
    digest: bytes
    chunk_id: str
    title: str
    text: str


class PaperRows(NamedTuple):
    """What is written of a paper. A text of a version that is kept already is given by its number."""

    paper_id: str
    digest: bytes
    signature: bytes
    date: str | None
    body: bytes
    chunks: list[ChunkRow]
    names: list[tuple[int, str]]
    versions: list[tuple[KeptText | int, KeptText | int]]
    facets: set[tuple[str, str]]


def kept_text(text: str) -> KeptText:
    return KeptText(digest_of(text), key_of(text), pack_text(text))


def rows_of_record(record: Record, identity: bytes) -> RecordRows:
    """Return the rows of a record; `identity` is what `catalogue` judges it by."""
    return RecordRows(kept_text(record.abstract), pack(record), identity)


def rows_of_paper(
    paper: Paper,
    chunks: Sequence[Chunk],
    *,
    names: Sequence[tuple[str, str]] = (),
    signature: bytes = b"",
    kept: Mapping[str, int] | None = None,
) -> PaperRows:
    """Return the rows of a paper with its chunks and (key, ground) names.

    `signature` says what records made it; `kept` gives the numbers of texts that are kept already.
    """
    known: dict[str, KeptText | int] = dict(kept or {})
    for version in paper.versions:
        for text in (version.abstract, version.raw):
            if text not in known:
                known[text] = kept_text(text)
    return PaperRows(
        paper.paper_id, paper_digest(paper), signature, paper.date, pack(paper), list(rows_of_chunks(paper, chunks)),
        [(key_of(key), ground) for key, ground in names], [(known[version.abstract], known[version.raw]) for version in paper.versions], facets_of(paper),
    )  # fmt: skip


def rows_of_chunks(paper: Paper, chunks: Sequence[Chunk]) -> Iterator[ChunkRow]:
    title = "" if paper.title_is_stand_in else paper.title
    for chunk in chunks:
        _, version, place = parts_of(chunk.chunk_id)
        text = index_text(title, chunk.text)
        yield ChunkRow(version, place, chunk.start, chunk.end, digest_of(text), chunk.chunk_id, title, text)


def facets_of(paper: Paper) -> set[tuple[str, str]]:
    """Return the (kind, value) pairs that a paper is filtered by."""
    return {(kind, value) for kind in FACET_KINDS for value in getattr(paper, kind)} | {("files", origin.file) for origin in paper.origins}


def chunk_id_of(paper_id: str, version: int, place: int) -> str:
    return f"{paper_id}#{version}.{place}"


def parts_of(chunk_id: str) -> tuple[str, int, int]:
    paper_id, _, numbers = chunk_id.rpartition("#")
    version, _, place = numbers.partition(".")
    return paper_id, int(version), int(place)
