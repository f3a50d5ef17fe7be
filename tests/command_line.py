"""Runs the command line for tests, in a process of its own, and checks what it says (in this process: the fixture `call`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Done = subprocess.CompletedProcess


def run(*arguments: object, folder: Path | None = None, **environment: str) -> Done:
    """Run `python -m qa_bot` in a folder of its own with nothing in the environment but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QA_BOT_") and name != "OPENAI_API_KEY"}
    return subprocess.run(
        [sys.executable, "-m", "qa_bot", *map(str, arguments)],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def json_of(done: Done) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_refused(done: Done, *words: str) -> None:
    """Check that a QABotError was one line on stderr, with the next step, and nothing else."""
    assert done.returncode == 1 and done.stdout == ""
    *progress, line = done.stderr.strip().splitlines()
    assert line.startswith("qa-bot: ") and "Traceback" not in done.stderr and "Error" not in "".join(progress)
    assert all(word in line for word in words), line
