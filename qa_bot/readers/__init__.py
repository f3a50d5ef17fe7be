"""Knows which reader a file needs and hands it the text; every file ends as records, facts or a reason why not.

Leaves the formats to one module each, and identity and duplicates to `catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qa_bot.readers.decoding import Unreadable, decode, read_bytes, unzip
from qa_bot.readers.formats import is_pdf, reader_for
from qa_bot.readers.json_records import is_json_lines, read_json_lines
from qa_bot.readers.result import ReadResult
from qa_bot.schema import QABotError, Skipped

__all__ = ["ReadError", "ReadResult", "find_files", "read_batches", "read_data", "read_file"]

_MAY_BE_LINES = frozenset((".json", ".jsonl", ".ndjson", ".jl", ".gz"))


class ReadError(QABotError):
    """A path that was to be read does not exist."""


def find_files(paths: Sequence[Path], *, allows_missing: bool = False) -> list[Path]:
    """Return the files meant by the paths, sorted, each once: folders are walked, hidden files and folders left out.

    A file named itself is taken even when hidden. Raise ReadError for a path that does not exist,
    unless `allows_missing`.
    """
    found: set[Path] = set()
    for path in map(Path, paths):
        if path.is_dir():
            inside = (child for child in path.rglob("*") if child.is_file())
            found.update(child for child in inside if not any(part.startswith(".") for part in child.relative_to(path).parts))
        elif path.exists():
            found.add(path)
        elif not allows_missing:
            raise ReadError(f"There is no file or folder at {path}. Check the spelling, or name another path.")
    return sorted({path.resolve(): path for path in sorted(found)}.values())


def read_file(path: Path, *, columns: Mapping[str, str] | None = None) -> ReadResult:
    """Read one file of any known format, gzipped or not. What cannot be read is in `skipped`, never raised.

    `columns` maps fields to the names of a table's columns, `{"abstract": "Zusammenfassung"}`, where they are not recognised.
    """
    path = Path(path)
    try:
        return _read(read_bytes(path), path, columns)
    except Unreadable as error:
        return _unreadable(path, error)


def read_batches(path: Path, *, columns: Mapping[str, str] | None = None) -> Iterator[ReadResult]:
    """Read a file as `read_file` does, in parts: JSON lines, which may be larger than memory, so many records at a time."""
    path = Path(path)
    if path.suffix.lower() in _MAY_BE_LINES and is_json_lines(path):
        try:
            yield from read_json_lines(path)
        except Unreadable as error:
            yield _unreadable(path, error)
    else:
        yield read_file(path, columns=columns)


def read_data(data: bytes, name: str, *, columns: Mapping[str, str] | None = None) -> ReadResult:
    """Read what came through a pipe as if it were a file of this name; without a suffix its first lines decide the format."""
    try:
        return _read(data, Path(name), columns)
    except Unreadable as error:
        return _unreadable(Path(name), error)


def _read(data: bytes, path: Path, columns: Mapping[str, str] | None) -> ReadResult:
    data = unzip(data)
    if is_pdf(path, data):
        from qa_bot.readers.pdf import read_pdf

        result = read_pdf(data, path.name)
    else:
        text = decode(data)
        result = reader_for(path, text, columns=columns)(text, path.name)
    if not (result.records or result.facts or result.skipped):
        raise Unreadable("no record was found in it")
    return result


def _unreadable(path: Path, error: Unreadable) -> ReadResult:
    return ReadResult(skipped=(Skipped(path.name, 0, str(error)),))
