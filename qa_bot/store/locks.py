"""Knows who may use a data folder at once: any number of readers, one writer, and who must wait for whom.

Leaves what is read and written to others. All locks end with the process that holds them, however it ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.schema import QABotError
from qa_bot.store.connection import cannot_write

if TYPE_CHECKING:
    from filelock import FileLock, ReadWriteLock


class StoreBusy(QABotError):
    """Another process holds the store."""


def writing_lock(data_dir: Path) -> FileLock | None:
    """Take the writer's place without waiting; None where somebody has it. Raise StoreError where no lock can be made."""
    from filelock import FileLock, Timeout

    lock = FileLock(data_dir / "writing", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    except OSError as error:
        raise cannot_write(data_dir, error) from error
    return lock


class FolderLock:
    """A place among the users of a data folder.

    Every user holds `lock`, shared; a writer holds `writing` too, alone. A writer that changes what readers have open
    without a server between them (embedded Chroma breaks silently then) holds `lock` alone.
    """

    def __init__(self, data_dir: Path, *, writes: bool, alone: bool, timeout_seconds: float) -> None:
        """Wait for the place. Raise StoreBusy after `timeout_seconds`, StoreError where no lock can be made in the folder."""
        from filelock import FileLock, Timeout

        self._data_dir, self._alone = data_dir, alone
        self._writing = FileLock(data_dir / "writing", thread_local=False) if writes else None
        self._lock: ReadWriteLock | None = None
        try:
            if self._writing:
                self._writing.acquire(timeout=timeout_seconds)
            self._lock = self._taken(alone=alone, timeout_seconds=timeout_seconds)
        except Timeout as error:
            waits_for_readers = self._writing is not None and self._writing.is_locked
            self.close()
            if waits_for_readers:
                doing = "using"
                step = "close it (an open chat window counts), set QA_BOT_DATA_DIR to another folder, or use a Chroma server, which lets both in (QA_BOT_CHROMA_URL)"
            else:
                doing, step = "writing to", "or set QA_BOT_DATA_DIR to another folder"
            raise StoreBusy(f"Another qa-bot is {doing} the papers in {data_dir}. Wait for it, {step}.") from error
        except OSError as error:
            self.close()
            raise cannot_write(data_dir, error) from error

    def _taken(self, *, alone: bool, timeout_seconds: float) -> ReadWriteLock:
        from filelock import ReadWriteLock, Timeout

        lock = ReadWriteLock(self._data_dir / "lock", is_singleton=False)
        try:
            (lock.acquire_write if alone else lock.acquire_read)(timeout=timeout_seconds)
        except Timeout:
            lock.close()
            raise
        return lock

    def is_alone(self) -> bool:
        """Say whether nobody else uses the folder now, without waiting; new users then have to wait until `share` or `close`."""
        from filelock import Timeout

        if not self._alone:
            self._lock.close()
            try:
                self._lock = self._taken(alone=True, timeout_seconds=0)
                self._alone = True
            except Timeout:
                self._lock = self._taken(alone=False, timeout_seconds=-1)
        return self._alone

    def share(self) -> None:
        """Let readers in beside this user."""
        if self._alone:
            self._lock.close()
            self._lock = self._taken(alone=False, timeout_seconds=-1)
            self._alone = False

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
        if self._writing is not None:
            self._writing.release()
