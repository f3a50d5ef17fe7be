"""Knows the lines of a PDF's first pages in the order of reading: columns, lines across them, raised and lowered letters.

Leaves getting at the letters to `pdf_glyphs`, and what the lines say to `pdf`.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa_bot.readers.decoding import Unreadable

MOST_BYTES = 256 << 20
_SECONDS = 30.0
_RAISED = dict(zip("0123456789+-−=()ni*∗", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ**", strict=True))
_LOWERED = dict(zip("0123456789+-−=()aeijkmnt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑᵢⱼₖₘₙₜ", strict=True))
_WORD_GAP = 0.3


@dataclass(frozen=True)
class Piece:
    """Letters of one font that stand together; lengths are points, `y` is the baseline and counts upwards."""

    text: str
    left: float
    right: float
    y: float
    size: float
    angle: int
    font: str

    @property
    def is_bold(self) -> bool:
        return re.search(r"(?i:bold|medi(?!um)|bx|black|heavy|demi)|(?:[-.,T]|\b)(?:B|BI|Bd\w*)\Z", self.font) is not None


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
    lines = tuple(line for number, page in enumerate(pages, 1) for line in _page_lines(page, number))
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


def _page_lines(page: dict, number: int) -> Iterator[Line]:
    """Yield the lines of a page: first what stands above the columns, row by row, then column by column."""
    rows = _rows(_without_line_numbers([piece for piece in page["pieces"] if piece.angle == 0 and piece.text.strip()]))
    head = _beside_columns(rows, _head_rows(rows))
    columns = itertools.count()
    yield from _as_lines(rows[:head], number, columns)
    yield from _ordered(rows[head:], number, columns, 2)


def _without_line_numbers(pieces: Sequence[Piece]) -> list[Piece]:
    """Leave out the numbers that manuscripts bear beside each line: they stand under one another and count up."""
    stacks: dict[int, list[Piece]] = {}
    for piece in pieces:
        if re.fullmatch(r"\s*\d{1,4}\s*", piece.text):
            stacks.setdefault(round(piece.right / 4), []).append(piece)
    dropped: set[int] = set()
    for place, stack in stacks.items():
        beside = sorted([*stack, *stacks.get(place + 1, ())], key=lambda piece: -piece.y)
        steps = [int(below.text) - int(above.text) for above, below in itertools.pairwise(beside)]
        if len(beside) >= 6 and sum(step in (1, 5) for step in steps) >= 0.8 * len(steps):
            dropped.update(map(id, beside))
    return [piece for piece in pieces if id(piece) not in dropped]


def _as_lines(rows: Iterable[Sequence[Piece]], page: int, columns: Iterator[int]) -> Iterator[Line]:
    column = next(columns)
    yield from (_line(row, page, column) for row in rows)


def _rows(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Return pieces by baseline from top to bottom, each row from left to right; raised and lowered pieces go with theirs."""
    rows: list[list[Piece]] = []
    near: dict[int, list[list[Piece]]] = {}  # by height, so that a page of thousands of pieces takes no square of them
    for piece in sorted(pieces, key=lambda piece: -piece.size):
        height = int(piece.y // 8)
        row = next((row for at in range(height - 3, height + 4) for row in near.get(at, ()) if _belongs(piece, row)), None)
        if row is None:
            rows.append([piece])
            near.setdefault(height, []).append(rows[-1])
        else:
            row.append(piece)
    return sorted((sorted(row, key=lambda piece: piece.left) for row in rows), key=lambda row: -max(row, key=lambda p: p.size).y)


def _belongs(piece: Piece, row: Sequence[Piece]) -> bool:
    first = row[0]  # the largest of the row
    if abs(first.y - piece.y) < 0.15 * piece.size:
        return True
    is_small = (
        piece.size < 0.85 * first.size or len(piece.text.strip()) <= 2 and abs(first.y - piece.y) < 0.3 * first.size
    )  # the E of TeX
    beside = any(
        -0.5 * p.size < piece.left - p.right < 0.5 * p.size or -0.5 * p.size < p.left - piece.right < 0.5 * p.size for p in row
    )
    return is_small and beside and -0.35 * first.size < piece.y - first.y < 0.6 * first.size


def _head_rows(rows: Sequence[Sequence[Piece]]) -> int:
    """Return how many rows stand above the first run of text: blocks parted by gaps, each of a few rows."""
    start = 0
    for at in range(1, len(rows)):
        if any(re.fullmatch(r"(?i)a ?b ?s ?t ?r ?a ?c ?t\W?|summary", piece.text.strip()) for piece in rows[at]):
            return at  # beside it the right column may begin
        above, below = max(rows[at - 1], key=lambda p: p.size), max(rows[at], key=lambda p: p.size)
        if above.y - below.y > 1.9 * below.size:
            start = at if at - start < 8 else start
        if at - start >= 8:
            break
    return start


def _beside_columns(rows: Sequence[Sequence[Piece]], head: int) -> int:
    """Return where the head ends when the right column begins beside it, under a title that is over the left column only."""
    gutter = _gutter(rows[head:]) if head else None
    if gutter is None:
        return head
    end = max(piece.right for row in rows[head:] for piece in row)
    beside = [
        at for at, row in enumerate(rows[:head]) if _fills([piece for piece in row if piece.left > gutter - 2], gutter, end)
    ]
    return beside[0] if len(beside) >= 4 else head


def _ordered(rows: list[list[Piece]], page: int, columns: Iterator[int], depth: int) -> Iterator[Line]:
    """Yield the rows as lines; where a gutter parts them into columns, the left column before the right one."""
    gutter = _gutter(rows) if depth else None
    if gutter is None:
        yield from _as_lines(rows, page, columns)
        return
    for crosses, band in _bands(rows, gutter):
        if crosses:
            yield from _ordered(band, page, columns, depth - 1)
            continue
        for is_left in (True, False):
            side = _rows(piece for row in band for piece in row if (piece.right <= gutter + 2) is is_left)
            yield from _ordered(side, page, columns, depth - 1)


def _bands(rows: Sequence[list[Piece]], gutter: float) -> list[tuple[bool, list[list[Piece]]]]:
    """Part rows into runs that cross a gutter and runs that do not; a row or two of one side go with those that cross below."""
    bands: list[tuple[bool, list[list[Piece]]]] = []
    for crosses, group in itertools.groupby(rows, lambda row: any(p.left < gutter - 2 and p.right > gutter + 2 for p in row)):
        band = list(group)
        if crosses and bands and not bands[-1][0] and len(bands[-1][1]) <= 2 and _is_one_sided(bands[-1][1], gutter):
            last = bands[-1][1][-1][0]
            if last.y - band[0][0].y < 3 * last.size:
                band = bands.pop()[1] + band
        if crosses and bands and bands[-1][0]:
            bands[-1][1].extend(band)
        else:
            bands.append((crosses, band))
    return bands


def _is_one_sided(rows: Sequence[Sequence[Piece]], gutter: float) -> bool:
    pieces = [piece for row in rows for piece in row]
    return all(piece.right <= gutter + 2 for piece in pieces) or all(piece.left >= gutter - 2 for piece in pieces)


def _gutter(rows: Sequence[Sequence[Piece]]) -> float | None:
    """Return the middle of the white stripe between two columns, None where the text has one column.

    A column is known by lines that fill it or, beside one that is filled, by lines that begin at one place.
    """
    if len(rows) < 6:
        return None
    start, end = min(row[0].left for row in rows), max(piece.right for row in rows for piece in row)
    width = end - start
    places = [start + width * share / 200 for share in range(40, 161)]
    crossings = [(sum(any(p.left < x < p.right for p in row) for row in rows), x) for x in places]
    fewest = min(crossings)[0]
    stripe = max(_runs([x for count, x in crossings if count == fewest], width / 199), key=len)
    x = (stripe[0] + stripe[-1]) / 2
    enough = max(4, 0.12 * len(rows))
    are_full = [sum(_fills(row, low, high) for row in rows) >= enough for low, high in ((start, x), (x, end))]
    if fewest <= 0.5 * len(rows) and all(are_full):
        return x
    are_flush = [_begin_alike(rows, low, high) for low, high in ((start, x), (x, end))]
    return x if fewest <= 0.15 * len(rows) and any(are_full) and all(are_flush) else None


def _begin_alike(rows: Sequence[Sequence[Piece]], low: float, high: float) -> bool:
    """Return whether most rows of a column begin at one place."""
    starts = sorted(min(inside) for row in rows if (inside := [p.left for p in row if p.left >= low - 2 and p.right <= high + 2]))
    return len(starts) >= 4 and sum(abs(start - starts[0]) < 2 for start in starts) >= 0.6 * len(starts)


def _runs(places: Sequence[float], step: float) -> list[list[float]]:
    runs = [[places[0]]]
    for place in places[1:]:
        if place - runs[-1][-1] <= step:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _fills(row: Sequence[Piece], low: float, high: float) -> bool:
    """Return whether a row has text in most of a column."""
    inside = sum(min(p.right, high) - max(p.left, low) for p in row if p.left >= low - 2 and p.right <= high + 2)
    return inside > 0.55 * (high - low)


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
