"""Knows the snapshots by which papers are copied to other machines, and when one may be taken over.

Leaves which of two copies is the newer one to `states`. The index on a Chroma server is shared; the papers and the term
index are copied to each machine.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from qa_bot.store.connection import StoreError
from qa_bot.store.filling import bring_up_to
from qa_bot.store.generations import remove_leftovers
from qa_bot.store.locks import FolderLock
from qa_bot.store.states import relation
from qa_bot.store.tables import MERGE_DUE, SCHEMA_VERSION
from qa_bot.store.terms import TermIndex
from qa_bot.store.truth import Truth

WAIT_SECONDS = 20.0


def write_snapshot(data_dir: Path, file: Path) -> None:
    """Write the papers of a data folder as one file that another machine can take over.

    Raise StoreBusy while papers are being taken in, StoreError where they are not all in or the file cannot be written.
    """
    if not (data_dir / "papers.sqlite3").is_file():
        raise StoreError(f"There are no papers in {data_dir}. Run `qa-bot ingest` first.")
    lock = FolderLock(data_dir, writes=True, alone=False, timeout_seconds=WAIT_SECONDS)
    try:
        with closing(Truth(data_dir / "papers.sqlite3")) as truth:
            if truth.pending_count("vectors") or truth.meta(MERGE_DUE):
                raise StoreError(f"The papers in {data_dir} are not all taken in yet. Run `qa-bot ingest`, then write the snapshot.")
            _write(truth, file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"Cannot write the snapshot {file}: {error}. Name a file in a folder that you can write to.") from error
    finally:
        lock.close()


def _write(truth: Truth, file: Path) -> None:
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    truth.copy_to(new)
    with closing(sqlite3.connect(new, isolation_level=None)) as other:
        # What is taken over is a copy from its first moment on, and its term index is made beside any older one.
        for key, value in (("is_copy", "1"), ("terms_at", f"terms-{secrets.token_hex(4)}")):
            other.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value))
        other.execute("UPDATE meta SET value = 'elsewhere' WHERE key = 'vectors_in' AND value = 'folder'")
    new.replace(file)


def adopt_snapshot(data_dir: Path, file: Path, *, shares_index: bool, owns: bool = False) -> None:
    """Take over the papers of a snapshot, at one moment for every process that has the folder open.

    `shares_index`: the vectors are on a server. `owns`: this is no copy but the place where papers are taken in from now on.
    Raise StoreError for another collection, older papers or a file that is no snapshot.
    """
    _check_snapshot(file)
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(data_dir, writes=True, alone=not shares_index, timeout_seconds=WAIT_SECONDS)
    waiting = data_dir / "adopted.sqlite3"
    try:
        shutil.copyfile(file, waiting)
        with closing(Truth(data_dir / "papers.sqlite3")) as truth, closing(Truth(waiting)) as new:
            _check_goes_on(truth, new, data_dir)
            new.mark_all_pending("terms")
            bring_up_to(new, TermIndex(data_dir / new.meta("terms_at")))
            if owns:
                new.remove_meta("is_copy")
            truth.copy_from(waiting)
            if lock.is_alone():
                truth.follow()
                remove_leftovers(truth, data_dir, server=None)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"Cannot take {file} over into {data_dir}: {error}. Set QA_BOT_DATA_DIR to a folder that you can write to.") from error
    finally:
        for path in data_dir.glob(waiting.name + "*"):
            path.unlink()
        lock.close()


def _check_goes_on(truth: Truth, new: Truth, data_dir: Path) -> None:
    if not truth.count("papers"):
        return
    if truth.meta("id") != new.meta("id"):
        raise StoreError(f"{data_dir} holds another collection. Set QA_BOT_DATA_DIR to a new folder for the snapshot.")
    if relation(new.meta("state"), truth.meta("state")) in ("older", "apart"):
        raise StoreError(f"The papers in {data_dir} are newer than the snapshot. Write a new one where papers were taken in last.")


def _check_snapshot(file: Path) -> None:
    step = "Write it with `qa-bot snapshot FILE` where the papers are taken in."
    if not file.is_file():
        raise StoreError(f"There is no file {file}. {step}")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
            found = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('schema', 'is_copy')"))
    except sqlite3.Error as error:
        raise StoreError(f"{file} is no snapshot of papers ({error}). {step}") from error
    if "is_copy" not in found:
        raise StoreError(f"{file} is the papers of a folder in use, not a snapshot of them. {step}")
    if found.get("schema") != str(SCHEMA_VERSION):
        raise StoreError(f"{file} was written by another version of qa_bot. {step}")
