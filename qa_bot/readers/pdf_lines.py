"""Knows the lines of a PDF's first pages in the order of reading: words, raised and lowered letters; why a file has none.

Leaves getting at the letters to `pdf_glyphs`, their rows and columns to `pdf_columns`, and what the lines say to `pdf`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa_bot.readers.decoding import Unreadable
from qa_bot.readers.pdf_columns import Piece, columns_of

MOST_BYTES = 256 << 20
_SECONDS = 30.0
_RAISED = dict(zip("0123456789+-−=()ni*∗", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ**", strict=True))
_LOWERED = dict(zip("0123456789+-−=()aeijkmnt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑᵢⱼₖₘₙₜ", strict=True))
_WORD_GAP = 0.3


@dataclass(frozen=True)
class Line:
    """One line of one column, or one line across all columns; `style` is the font that most of its letters have."""

    text: str
    page: int
    column: int
    left: float
    right: float
    y: float
    size: float
    style: str
    is_bold: bool
    pieces: tuple[Piece, ...] = field(repr=False)


@dataclass(frozen=True)
class Pages:
    """The lines of the first pages, what is written along the margin of the first, and what the file says of itself."""

    lines: tuple[Line, ...]
    margin: str
    metadata: dict[str, str]
    width: float
    height: float


def read_pages(data: bytes) -> Pages:
    """Return the first pages of a PDF. Raise Unreadable with the reason: empty, locked, damaged, without text, too large."""
    if not data.strip():
        raise Unreadable("the file is empty")
    if len(data) > MOST_BYTES:
        raise Unreadable(f"the PDF is larger than {MOST_BYTES >> 20} MB")
    found = _found(data)
    if found.get("problem") == "locked":
        raise Unreadable("the PDF is encrypted; save it without a password")
    if "pages" not in found:
        raise Unreadable("the PDF is damaged and cannot be opened")
    pages = [page | {"pieces": [Piece(*piece) for piece in page["pieces"]]} for page in found["pages"]]
    letters = [letter for page in pages for piece in page["pieces"] for letter in piece.text if not letter.isspace()]
    if not pages:
        raise Unreadable("the PDF has no pages that can be read")
    if not any(letter.isalpha() for letter in letters):
        raise Unreadable(
            "the PDF holds no text on its first pages: it may be a scan; give it text first, with ocrmypdf for example"
        )
    if sum(not _is_readable(letter) for letter in letters) > 0.3 * len(letters):
        raise Unreadable("the fonts of the PDF do not say which letters they draw")
    lines = tuple(line for number, page in enumerate(pages, 1) for line in _page_lines(page["pieces"], number))
    margin = " ".join(piece.text.strip() for piece in pages[0]["pieces"] if piece.angle in (90, 270))
    return Pages(lines, margin, found["metadata"], pages[0]["width"], pages[0]["height"])


def _found(data: bytes) -> dict:
    program = Path(__file__).with_name("pdf_glyphs.py")
    try:
        # -P: this folder holds a module `xml`, which must not stand before Python's own.
        done = subprocess.run(
            [sys.executable, "-P", str(program)], input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"the PDF took longer than {_SECONDS:.0f} seconds to read") from error
    except OSError as error:
        raise Unreadable(f"the reader of PDFs cannot be started ({error.strerror or error})") from error
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise Unreadable(f"the PDF breaks its reader ({last or 'it ran out of memory, or worse'})")
    return json.loads(done.stdout)


def _is_readable(letter: str) -> bool:
    code = ord(letter)
    return letter != "\ufffd" and code > 31 and not 0xE000 <= code < 0xF900 and not 0x80 <= code < 0xA0


def _page_lines(pieces: Iterable[Piece], number: int) -> Iterator[Line]:
    for column, rows in enumerate(columns_of(pieces)):
        yield from (_line(row, number, column) for row in rows)


def _script(piece: Piece, main: Piece, before: str) -> str:
    """Return a piece's words, raised or lowered letters after another letter as characters of their own."""
    words, shift = piece.text.strip(), piece.y - main.y
    follows = bool(before) and (before[-1].isalnum() or before[-1] in "⁺⁻⁼⁽₊₋₌₍")
    if (
        piece.size < 0.85 * main.size
        and shift > 0.12 * main.size
        and before[-1:] in ".,;:?!”)"
        and re.fullmatch(r"[\d,*∗†‡§]{1,5}", words)
    ):
        return ""  # the mark of a footnote, or of a reference
    if piece.size >= 0.85 * main.size or not follows:
        return words
    table = _RAISED if shift > 0.12 * main.size else _LOWERED if shift < -0.05 * main.size else {}
    return "".join(table[c] for c in words) if all(c in table for c in words) else words


def _line(row: Sequence[Piece], page: int, column: int) -> Line:
    main = max(row, key=lambda piece: len(piece.text.strip()) * piece.size)
    fonts: dict[str, int] = {}
    for piece in row:
        fonts[piece.font] = fonts.get(piece.font, 0) + len(piece.text)
    text, before = "", None
    for piece in row:
        words = _script(piece, main, text)
        if before is not None:
            gap = (piece.left - before.right) / main.size
            # Where small capitals begin, PDFium may see a space that nobody set.
            text += " " if gap > _WORD_GAP or (piece.text.startswith(" ") and gap > 0.08) else ""
        text += words
        before = piece
    bold = sum(len(piece.text) for piece in row if piece.is_bold) > 0.6 * sum(len(piece.text) for piece in row)
    style = max(fonts, key=lambda font: fonts[font])
    return Line(text, page, column, row[0].left, max(p.right for p in row), main.y, main.size, style, bold, tuple(row))
