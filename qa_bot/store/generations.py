"""Knows the generations of an index: how a new one is begun beside the one in use, takes its place, and what is removed when.

Leaves what an index holds, and filling it, to the store. A generation has chunks, vectors, terms and keys of `meta` of
its own (`Tables.keyed`); which one is in use is one row of `meta`, so that the swap is whole or not at all.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from pathlib import Path

from qa_bot.store.server import ChromaServer, VectorsUnavailable
from qa_bot.store.truth import Truth
from qa_bot.store.vectors import VectorIndex

_OLD = "old_collections"  # on the server, to be deleted


def in_use(truth: Truth) -> str:
    """Return the generation that a reader who comes now goes by."""
    return truth.meta("generation") or ""


def collection_of(truth: Truth, generation: str) -> str:
    """Return the name of a generation's collection on a server, which many data folders share: it says whose it is."""
    own = truth.settle("id", secrets.token_hex(8))
    return f"papers-{own}-{generation}" if generation else f"papers-{own}"


def terms_folder(truth: Truth) -> str:
    """Return the name of the folder of the term index in use: that of the generation, or of the snapshot that was taken over."""
    return truth.meta("terms_at") or truth.keyed("terms")


def begin(truth: Truth, *, has_server: bool) -> None:
    """Make a new generation, empty, and go by it."""
    generation = secrets.token_hex(4)
    with truth.transaction():
        if has_server:  # noted before it is made, so that it is removed even where a kill comes next
            truth.set_meta(_OLD, json.dumps([*_old(truth), collection_of(truth, generation)]))
        truth.follow(generation)


def take_over(truth: Truth, *, state: str, server: ChromaServer | None) -> None:
    """Put the generation that `truth` goes by in the place of the one in use. Whatever it has must be closed for writing."""
    own, replaced = collection_of(truth, truth.generation), collection_of(truth, in_use(truth))
    with truth.transaction():
        truth.set_meta("generation", truth.generation)
        truth.set_meta("terms_at", truth.keyed("terms"))
        truth.set_meta("state", state)
        if server:
            truth.set_meta(_OLD, json.dumps([*(name for name in _old(truth) if name != own), replaced]))
    if server:  # copies on other machines still read it: by its state they see that it is out of date
        old = VectorIndex(server, name=replaced)
        try:
            old.set_state(state)
        except VectorsUnavailable:
            pass
        finally:
            old.close()


def remove_leftovers(truth: Truth, data_dir: Path, *, server: ChromaServer | None) -> None:
    """Remove what a killed `reindex`, the generation before or an earlier snapshot left. Call while nobody may still read it."""
    kept = {truth.keyed("chroma"), terms_folder(truth)}
    for folder in data_dir.iterdir():
        if re.fullmatch(r"(?:chroma|terms)(?:-[0-9a-f]{8})?", folder.name) and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
    truth.remove_other_generations()
    if server and _old(truth):
        index = VectorIndex(server, name=collection_of(truth, truth.generation))
        try:
            for name in _old(truth):
                index.drop(name)
            truth.remove_meta(_OLD)
        except VectorsUnavailable:
            pass  # the next writer tries again
        finally:
            index.close()


def _old(truth: Truth) -> list[str]:
    return json.loads(truth.meta(_OLD) or "[]")
