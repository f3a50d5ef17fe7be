"""Knows how to get letters and their places out of a PDF, with PDFium; a program of its own that reads a PDF from its input.

Leaves what the letters mean to `pdf`. It is a process of its own, its memory bounded, because a PDF is a program that strangers
wrote: one that hangs or breaks the parser costs its own reading and nothing else.
"""

from __future__ import annotations

import ctypes
import json
import math
import re
import sys
import unicodedata
from dataclasses import dataclass

# An abstract stands on the first pages; a page of a paper has 6,000 letters.
PAGES = 3
_LETTERS_OF_PAGE = 40_000
_PIECES_OF_PAGE = 8_000
_MEMORY_BYTES = 3 << 29
_KEYS = ("Title", "Author", "Subject", "Keywords", "CreationDate", "DOI", "doi", "arXivID")
# A gap wider than this share of the letters' size parts two pieces of a line: columns, names side by side.
_PIECE_GAP = 0.9
_WORD_GAP = 0.17
# Old TeX fonts draw an accent as a letter of its own, over another one.
_MARKS = {"`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306", "˙": "\u0307", "¨": "\u0308",
          "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328"}  # fmt: skip

# Fonts drawn as pictures give TeX's own codes of these, in its old and its newer encoding.
_TEX_LIGATURES = dict(zip((*range(0x0B, 0x10), *range(0x1B, 0x20)), ("ff", "fi", "fl", "ffi", "ffl") * 2, strict=True))


@dataclass
class Glyph:
    """One letter: where it starts and ends along its line, the place of the line, and whether a space stands before it."""

    text: str
    start: float
    end: float
    line: float
    size: float
    angle: int
    font: str
    spaced: bool = False
    broken: bool = False


def main() -> None:
    """Print what `read_glyphs` finds in the PDF of standard input, as JSON."""
    _bound_memory()
    json.dump(read_glyphs(sys.stdin.buffer.read()), sys.stdout)


def read_glyphs(data: bytes) -> dict[str, object]:
    """Return {"pages": [{"width", "height", "pieces"}], "metadata"} or {"problem": "locked" or "broken"}.

    A piece is [text, left, right, baseline, size, angle in degrees, font]: letters of one line and font without a
    wide gap; a space before it stands in its text.
    """
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        return {
            "problem": "locked" if error.err_code in (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY) else "broken"
        }
    pages = []
    for number in range(min(len(document), PAGES)):
        try:
            page = document[number]
            glyphs = _accents_joined(_glyphs(page.get_textpage()))
            pages.append({"width": page.get_width(), "height": page.get_height(), "pieces": _pieces(glyphs)})
        except pdfium.PdfiumError:
            continue  # the other pages may do
    metadata = {key: value for key in _KEYS if (value := document.get_metadata_value(key).strip("\x00 "))}
    return {"pages": pages, "metadata": metadata}


def _glyphs(page) -> list[Glyph]:  # noqa: ANN001 - pypdfium2.PdfTextPage
    import pypdfium2.raw as raw

    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    name, flags, matrix = ctypes.create_string_buffer(128), ctypes.c_int(), raw.FS_MATRIX()
    glyphs: list[Glyph] = []
    spaced, broken = False, True
    for index in range(min(raw.FPDFText_CountChars(page), _LETTERS_OF_PAGE)):
        code = 0x2D if raw.FPDFText_IsHyphen(page, index) == 1 else raw.FPDFText_GetUnicode(page, index)
        if raw.FPDFText_IsGenerated(page, index) == 1:
            broken, spaced = broken or code in (0x0D, 0x0A), True
            continue
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        raw.FPDFText_GetFontInfo(page, index, name, len(name), flags)
        font = name.value.decode("utf-8", "replace")
        if code in _TEX_LIGATURES and not re.search("MI|SY|EX|MS[AB]M", font):
            character = _TEX_LIGATURES[code]
        if character.isspace():
            spaced = True
            continue
        raw.FPDFText_GetCharOrigin(page, index, x, y)
        raw.FPDFText_GetCharBox(page, index, left, right, bottom, top)
        raw.FPDFText_GetMatrix(page, index, matrix)
        size = raw.FPDFText_GetFontSize(page, index) * math.hypot(matrix.c, matrix.d)
        angle = round(math.degrees(raw.FPDFText_GetCharAngle(page, index)) / 90) * 90 % 360
        places = {
            0: (left.value, right.value, y.value), 270: (bottom.value, top.value, x.value),
            90: (-top.value, -bottom.value, x.value), 180: (-right.value, -left.value, y.value),
        }  # fmt: skip
        glyphs.append(Glyph(character, *places[angle], size, angle, font, spaced, broken))
        spaced, broken = False, False
    return glyphs


def _accents_joined(glyphs: list[Glyph]) -> list[Glyph]:
    """Put each accent that is drawn over a letter onto it, wherever in the order of drawing it comes."""
    dropped: set[int] = set()
    doubtful: set[int] = set()  # places of drawing that jump, so that a gap there says nothing
    for at, accent in enumerate(glyphs):
        mark = _MARKS.get(accent.text) or (accent.text if unicodedata.combining(accent.text[:1]) else None)
        near = range(max(0, at - 60), min(len(glyphs), at + 60)) if mark else ()
        under = [n for n in near if n != at and n not in dropped and glyphs[n].text.isalpha() and _stands_over(accent, glyphs[n])]
        if not under:
            continue
        letter = min(under, key=lambda n: abs(glyphs[n].start + glyphs[n].end - accent.start - accent.end))
        base = {"ı": "i", "ȷ": "j"}.get(glyphs[letter].text, glyphs[letter].text)
        glyphs[letter].text = unicodedata.normalize("NFC", base + mark)
        dropped.add(at)
        doubtful |= {at + 1, letter, letter + 1}
    kept: list[Glyph] = []
    for at, glyph in enumerate(glyphs):
        if at in dropped:
            continue
        if at in doubtful and kept and _is_same_line(kept[-1], glyph):
            glyph.broken, glyph.spaced = False, glyph.start - kept[-1].end > _WORD_GAP * glyph.size
        kept.append(glyph)
    return kept


def _stands_over(accent: Glyph, letter: Glyph) -> bool:
    centre = (accent.start + accent.end) / 2
    return (
        accent.angle == letter.angle and abs(accent.line - letter.line) < 0.5 * letter.size and accent.size < 1.3 * letter.size
        and letter.start - 0.05 * letter.size <= centre <= letter.end + 0.05 * letter.size
    )  # fmt: skip


def _is_same_line(before: Glyph, glyph: Glyph) -> bool:
    return before.angle == glyph.angle and abs(before.line - glyph.line) < 0.1 * glyph.size


def _pieces(glyphs: list[Glyph]) -> list[list[object]]:
    pieces: list[tuple[Glyph, list[str]]] = []
    for glyph in glyphs:
        if pieces and not glyph.broken and _goes_on(pieces[-1][0], glyph):
            whole, letters = pieces[-1]
            letters.append(" " + glyph.text if glyph.spaced else glyph.text)
            whole.end = max(whole.end, glyph.end)
        else:
            pieces.append((glyph, [" " + glyph.text if glyph.spaced else glyph.text]))
    return [
        ["".join(text), round(g.start, 2), round(g.end, 2), round(g.line, 2), round(g.size, 2), g.angle, g.font]
        for g, text in pieces[:_PIECES_OF_PAGE]
    ]


def _goes_on(piece: Glyph, glyph: Glyph) -> bool:
    """Return whether a letter goes on with a piece; the letters of a ligature have one place, so it may step back."""
    gap = glyph.start - piece.end
    is_near = -1.2 * glyph.size < gap < _PIECE_GAP * glyph.size
    return is_near and piece.font == glyph.font and abs(piece.size - glyph.size) < 0.3 and _is_same_line(piece, glyph)


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    except (ValueError, OSError):  # macOS takes none, a stricter bound may be set already
        return


if __name__ == "__main__":
    main()
