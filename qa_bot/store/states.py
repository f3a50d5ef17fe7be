"""Knows the state that papers and index have in common, and what it says of which of them is newer.

Leaves copying papers to `copies`. Every writing counts the state up, with the papers first and then with the index: whoever
has the lower one has older papers, and nobody else needs to be asked.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from qa_bot.schema import QABotError
from qa_bot.store.connection import StoreError
from qa_bot.store.generations import collection_of, in_use
from qa_bot.store.server import ChromaServer
from qa_bot.store.truth import Truth
from qa_bot.store.vectors import VectorIndex

Relation = Literal["same", "older", "newer", "apart"]


class CopyIsOlder(QABotError):
    """Another machine wrote to the index since the papers here were copied."""


def next_state(state: str | None) -> str:
    """Return the state that follows: a number one higher, and a random part that no other machine chooses."""
    return f"{_number(state) + 1}:{secrets.token_hex(4)}"


def relation(here: str | None, there: str | None) -> Relation:
    """Say how the papers here stand to the index there."""
    if here == there or there is None:
        return "same"
    if _number(here) == _number(there):
        return "apart"
    return "older" if _number(here) < _number(there) else "newer"


def _number(state: str | None) -> int:
    return int(state.partition(":")[0]) if state else 0


def older_message(data_dir: Path, where: object) -> str:
    return (
        f"The index on {where} is newer than the papers in {data_dir}. Write a snapshot where papers were taken in last "
        "(`qa-bot snapshot FILE`) and take it over here (`qa-bot adopt FILE`)."
    )


def check_may_write(truth: Truth, data_dir: Path, server: ChromaServer) -> None:
    """Raise StoreError where the papers are a copy: the index that they share with others is not theirs to change."""
    if truth.meta("is_copy"):
        raise StoreError(
            f"The papers in {data_dir} are a copy, and the index on {server} is shared. Take papers in where they come from; "
            "where that is lost, `qa-bot adopt FILE --own` makes this the place."
        )


def check_is_newest(truth: Truth, data_dir: Path, server: ChromaServer) -> None:
    """Raise CopyIsOlder where another machine wrote to the index in use since."""
    index = VectorIndex(server, name=collection_of(truth, in_use(truth)), tries=server.max_retries + 1)
    try:
        if relation(truth.meta("state"), index.state()) in ("older", "apart"):
            raise CopyIsOlder(older_message(data_dir, server))
    finally:
        index.close()


def relation_of(truth: Truth, vectors: VectorIndex) -> Relation:
    """Ask an open index how the papers stand to it."""
    there = vectors.state()  # asked first: a writer counts up here first
    return relation(truth.meta("state"), there)


def begin_writing(truth: Truth, vectors: VectorIndex, data_dir: Path, server: ChromaServer) -> None:
    """Count the state up, here first: an index with the higher one was written to by somebody else."""
    check_is_newest(truth, data_dir, server)
    truth.set_meta("state", next_state(truth.meta("state")))
    vectors.set_state(truth.meta("state"))


def check_wrote_alone(truth: Truth, vectors: VectorIndex, server: ChromaServer) -> None:
    """Raise CopyIsOlder, and let all vectors be put in again, where another machine wrote since `begin_writing`."""
    if relation_of(truth, vectors) != "same":
        truth.mark_all_pending("vectors")
        raise CopyIsOlder(
            f"Another machine wrote to the index on {server} at the same time. Take papers in from one machine at a time: run `qa-bot ingest` again."
        )
