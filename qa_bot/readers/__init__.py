"""Knows which reader a file needs and hands it the text; every file ends as records, facts or a reason why not.

Leaves the formats to one module each, and identity and duplicates to `catalogue`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qa_bot.readers.decoding import Unreadable, read_text
from qa_bot.readers.formats import reader_for
from qa_bot.readers.result import ReadResult
from qa_bot.schema import QABotError, Skipped

__all__ = ["ReadError", "ReadResult", "find_files", "read_file"]


class ReadError(QABotError):
    """A path that was to be read does not exist."""


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files meant by the paths, sorted, each once: folders are walked, hidden files and folders left out.

    A file named itself is taken even when hidden. Raise ReadError for a path that does not exist.
    """
    found: set[Path] = set()
    for path in map(Path, paths):
        if path.is_dir():
            inside = (child for child in path.rglob("*") if child.is_file())
            found.update(child for child in inside if not any(part.startswith(".") for part in child.relative_to(path).parts))
        elif path.exists():
            found.add(path)
        else:
            raise ReadError(f"There is no file or folder at {path}. Check the spelling, or name another path.")
    return sorted({path.resolve(): path for path in sorted(found)}.values())


def read_file(path: Path) -> ReadResult:
    """Read one file of any known format, gzipped or not. What cannot be read is in `skipped`, never raised."""
    path = Path(path)
    try:
        text = read_text(path)
        return reader_for(path, text)(text, path.name)
    except Unreadable as error:
        return ReadResult(skipped=(Skipped(path.name, 0, str(error)),))
