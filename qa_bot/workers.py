"""Knows processes that work beside this one, batch by batch, on what needs nothing but its input.

Leaves what the work is to its caller.
"""

from __future__ import annotations

import gc
import os
import pickle
import queue
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, TypeVar

T = TypeVar("T")
R = TypeVar("R")

ALONE = 4  # batches that are done here before a process is started, which takes half a second
AHEAD = 8  # batches that may be under way or wait to be taken
MOST = 4  # processes; more than that are not kept busy by one that writes

_GONE = "gone"  # in the place of a process that ended: no other is started for it
_PIPE_BYTES = 1 << 20  # where the system lets it be set: answers are some megabytes

_PROGRAM = "import sys; sys.path[:] = {path!r}; from qa_bot.workers import serve; serve()"


class Workers:
    """Processes for pure work. Where none can be started, or one dies, the work is done in this process.

    They are started by the first long piece of work, and end with `close` or with this process, however it ends: their
    input ends then. `multiprocessing` would run the user's own program again in each of them (unless it is guarded), and
    leave them behind after a kill.
    """

    def __init__(self, count: int | None = None) -> None:
        """Allow for `count` processes; None for one on each core, 0 for none."""
        self._count = min(MOST, _usable_cores()) if count is None else count
        self._pool: ThreadPoolExecutor | None = None
        self._is_closed = False
        self._idle: queue.SimpleQueue[subprocess.Popen | str | None] = queue.SimpleQueue()  # None: not started yet
        self._running: list[subprocess.Popen] = []
        for _ in range(self._count):
            self._idle.put(None)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(self, work: Callable[[T], R], batches: Iterable[T]) -> Iterator[R]:
        """Yield `work(batch)` for each batch, in order. `work` and the batches can be pickled; batches are drawn in this thread."""
        under_way: deque[Future[R]] = deque()
        for number, batch in enumerate(batches):
            if number < ALONE or not self._count:
                yield work(batch)
                continue
            self._pool = self._pool or ThreadPoolExecutor(self._count, thread_name_prefix="worker")
            under_way.append(self._pool.submit(self._do, work, batch))
            if len(under_way) >= AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def close(self) -> None:
        """End the processes, and with them what is under way."""
        self._is_closed = True
        for process in self._running:
            process.kill()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        for process in self._running:
            process.wait()
            process.stdin.close()
            process.stdout.close()
        self._running.clear()

    def _do(self, work: Callable[[T], R], batch: T) -> R:
        process = self._idle.get()
        is_done, result = False, None
        try:
            if process is not _GONE:
                process = process or self._started()
                _send((work, batch), process.stdin)
                is_done, result = _received(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):  # it could not be started, was killed, or the system is out of memory
            process = _GONE
        finally:
            self._idle.put(process)
        return result if is_done or self._is_closed else work(batch)  # an error is raised here, where its cause can be seen

    def _started(self) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=_PIPE_BYTES
        )
        self._running.append(process)
        return process


def serve() -> None:
    """Do the work that comes in over the standard input until that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives the work
    gc.disable()  # what passes through has no cycles; looking for some takes a tenth of the time
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    while True:
        try:
            work, batch = _received(given)
        except EOFError:
            return
        try:
            answer = (True, work(batch))
        except Exception:  # noqa: BLE001 - the giver does it again and sees the error
            answer = (False, None)
        _send(answer, answers)


def _send(item: object, stream: BinaryIO) -> None:
    data = pickle.dumps(item, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def _received(stream: BinaryIO) -> Any:
    """Return the next item; raise EOFError where the stream ends."""
    size = stream.read(8)
    data = stream.read(int.from_bytes(size, "big")) if len(size) == 8 else b""
    if not data:
        raise EOFError
    return pickle.loads(data)  # a shorter rest raises EOFError or UnpicklingError


def _usable_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # macOS and Windows have none
    return len(affinity(0)) if affinity else os.cpu_count() or 1
