"""Knows the rows and columns that the pieces of a PDF's page form, in the order of reading.

Leaves getting at the pieces to `pdf_glyphs`, and making lines of them to `pdf_lines`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


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


def columns_of(pieces: Iterable[Piece]) -> Iterator[list[list[Piece]]]:
    """Yield the rows of what stands above the columns, then those of column after column."""
    rows = _rows(_without_line_numbers([piece for piece in pieces if piece.angle == 0 and piece.text.strip()]))
    head = _beside_columns(rows, _head_rows(rows))
    yield rows[:head]
    yield from _ordered(rows[head:], 2)


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


def _ordered(rows: list[list[Piece]], depth: int) -> Iterator[list[list[Piece]]]:
    """Yield the rows of each column; where a gutter parts them, the left column before the right one."""
    gutter = _gutter(rows) if depth else None
    if gutter is None:
        yield rows
        return
    for crosses, band in _bands(rows, gutter):
        if crosses:
            yield from _ordered(band, depth - 1)
            continue
        for is_left in (True, False):
            side = _rows(piece for row in band for piece in row if (piece.right <= gutter + 2) is is_left)
            yield from _ordered(side, depth - 1)


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
