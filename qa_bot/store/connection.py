"""Knows the connection to the one SQLite file, and what it means to a user when the disk or the file fails.

Leaves what stands in the file to `tables`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from qa_bot.schema import QABotError

# Another process may be writing a whole ingest in one transaction: readers go on, a second writer waits for its end.
WAIT_SECONDS = 60.0


class StoreError(QABotError):
    """The data folder cannot be used as it is."""


def cannot_write(folder: Path, error: Exception) -> StoreError:
    return StoreError(f"Cannot write to {folder}: {error}. Set QA_BOT_DATA_DIR to a folder that you can write to.")


def explained(error: sqlite3.Error, path: Path) -> StoreError | None:
    """Return what a failure of this file means to a user, None where it is a mistake of the program."""
    code = getattr(error, "sqlite_errorcode", None)
    kind = code & 0xFF if code is not None else None  # the rest says more closely what kind it is
    if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return cannot_write(path.parent, error)
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StoreError(
            f"Cannot read or write {path}: {error}. Look whether that disk is full, or failing. What was done before is kept; "
            "the same command goes on from there."
        )
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"Another program held {path} for more than {WAIT_SECONDS:g} seconds ({error}). Wait for it, then try again.")
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(f"{path} is not a database that qa_bot can read ({error}). Move it away and run `qa-bot ingest` again.")
    return None


def _raise(error: sqlite3.Error, path: Path) -> NoReturn:
    if (meant := explained(error, path)) is None:
        raise error
    raise meant from error


class Cursor(sqlite3.Cursor):
    """Rows of a query; a failure on a later row is raised as one on the first is."""

    connection: Connection

    def __iter__(self) -> Iterator[Sequence]:
        try:
            yield from iter(self.__next__, None)
        except sqlite3.Error as error:
            _raise(error, self.connection.path)

    def fetchall(self) -> list:
        return list(self)


class Connection(sqlite3.Connection):
    """A connection that raises StoreError, with the next step, for what is no mistake of the program."""

    path: Path

    @classmethod
    def to(cls, path: Path) -> Connection:
        """Open a file, or create it; safe to read from many threads."""
        try:
            opened = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=WAIT_SECONDS, factory=cls)
        except sqlite3.Error as error:
            _raise(error, path)
        opened.path = path
        return opened

    def execute(self, query: str, values: Sequence = (), /) -> sqlite3.Cursor:
        try:
            return self.cursor(Cursor).execute(query, values)
        except sqlite3.Error as error:
            _raise(error, self.path)

    def executemany(self, query: str, rows: Iterable[Sequence], /) -> sqlite3.Cursor:
        try:
            return super().executemany(query, rows)
        except sqlite3.Error as error:
            _raise(error, self.path)

    def executescript(self, script: str, /) -> sqlite3.Cursor:
        try:
            return super().executescript(script)
        except sqlite3.Error as error:
            _raise(error, self.path)
