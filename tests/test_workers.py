"""Workers: what they do is what would be done here, in order, whatever becomes of their processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qa_bot.workers import ALONE, Workers


def doubled(numbers: list[int]) -> list[int]:
    return [2 * number for number in numbers]


def own_process(batch: int) -> int:
    return os.getpid()


def dies_elsewhere(home: int) -> int:
    """End the process, unless it is the one that gave the work."""
    if os.getpid() != home:
        os._exit(3)
    return home


def prints(batch: int) -> int:
    print("this is no answer")
    return batch


def fails_at_nine(number: int) -> int:
    if number == 9:
        raise ZeroDivisionError("nine")
    return number


def test_batches_come_back_in_order_and_whole():
    batches = [list(range(n, n + 1000)) for n in range(40)]
    with Workers(2) as workers:
        assert list(workers.map(doubled, batches)) == list(map(doubled, batches))


def test_a_few_batches_start_no_process_and_many_do():
    with Workers(2) as workers:
        assert set(workers.map(own_process, range(ALONE))) == {os.getpid()}
        assert len(set(workers.map(own_process, range(30)))) > 1
    with Workers(0) as workers:
        assert set(workers.map(own_process, range(30))) == {os.getpid()}


def test_work_of_a_process_that_dies_is_done_here():
    with Workers(2) as workers:
        assert list(workers.map(dies_elsewhere, [os.getpid()] * 12)) == [os.getpid()] * 12


def test_what_is_printed_is_no_answer():
    with Workers(1) as workers:
        assert list(workers.map(prints, range(10))) == list(range(10))


def test_an_error_is_raised_where_the_work_was_given():
    with Workers(2) as workers, pytest.raises(ZeroDivisionError, match="nine"):
        list(workers.map(fails_at_nine, range(20)))


def test_processes_end_with_the_one_that_started_them(tmp_path):
    program = f"""
import os, sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_workers import own_process
from qa_bot.workers import Workers
workers = Workers(2)
print(*set(workers.map(own_process, range(30))) - {{os.getpid()}}, flush=True)
time.sleep(60)
"""
    started = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        others = [int(number) for number in started.stdout.readline().split()]
    finally:
        started.kill()
        started.communicate()
    assert others
    gave_up = time.monotonic() + 20
    while any(map(_is_running, others)) and time.monotonic() < gave_up:
        time.sleep(0.05)
    assert not any(map(_is_running, others))


def _is_running(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
