"""Knows how the bytes of a file become text: gzip, encodings, line ends.

Leaves what the text means to the readers.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO

LARGEST_UNPACKED = 2 * 10**9  # bytes; a file that unpacks to more is a bomb or a dump
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Unreadable(Exception):
    """A file cannot be read as text; the message is the reason that the report shows."""


def read_bytes(path: Path) -> bytes:
    """Return what a file holds; raise Unreadable where it cannot be opened."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be opened ({error.strerror or error})") from error


def open_unzipped(path: Path) -> BinaryIO:
    """Open a file for reading its bytes, unpacked where it is gzipped."""
    with path.open("rb") as stream:
        is_zipped = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if is_zipped else path.open("rb")


def unzip(data: bytes) -> bytes:
    """Return gzip data unpacked, other data as it is; raise Unreadable for damaged gzip data."""
    try:
        while data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(LARGEST_UNPACKED + 1)
            if len(data) > LARGEST_UNPACKED:
                raise Unreadable(f"it unpacks to more than {LARGEST_UNPACKED // 10**9} GB; bring it as JSON lines, which are read part by part")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Unreadable(f"the gzip data is damaged ({error})") from error
    return data


def decode(data: bytes) -> str:
    """Decode UTF-8, any Unicode with its mark, else Windows-1252, with line ends as \\n; raise Unreadable for what is no text."""
    if not data.strip():
        raise Unreadable("the file is empty")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding or b"\x00" in data[:4096]:
            raise Unreadable("not a text file, or in an encoding that is not known; save it as UTF-8") from error
        text = data.decode("cp1252", errors="replace")
    if "\x00" in text[:4096]:
        raise Unreadable("not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
