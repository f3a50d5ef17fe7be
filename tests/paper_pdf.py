"""Sets papers as PDFs the way TeX and publishers do: words without spaces between them, hyphens, columns, stamps."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import reportlab
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 612.0, 792.0
ROMAN, BOLD, ITALIC, UNICODE = "Times-Roman", "Times-Bold", "Times-Italic", "Vera"


@dataclass(frozen=True)
class Box:
    """A column: text runs from its top to its bottom."""

    left: float
    width: float
    top: float
    bottom: float = 72.0


LEFT, RIGHT = Box(54, 240, 560), Box(318, 240, 560)
WHOLE = Box(110, 392, 560)


@dataclass
class PaperPDF:
    """A PDF that is being drawn; `y` is where the next line of the present box goes."""

    title: str | None = None
    author: str | None = None
    subject: str | None = None
    password: str | None = None
    owner_password: str | None = None
    compresses: bool = True
    _out: io.BytesIO = field(default_factory=io.BytesIO)

    def __post_init__(self) -> None:
        pdfmetrics.registerFont(TTFont(UNICODE, str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")))
        locked = (
            StandardEncryption(self.password or "", ownerPassword=self.owner_password)
            if self.password or self.owner_password
            else None
        )
        self.canvas = Canvas(self._out, pagesize=(WIDTH, HEIGHT), encrypt=locked, pageCompression=self.compresses, invariant=1)
        for name, value in (("Title", self.title), ("Author", self.author), ("Subject", self.subject)):
            if value is not None:
                getattr(self.canvas, f"set{name}")(value)
        self.y = HEIGHT - 72

    def line(self, text: str, *, font: str = ROMAN, size: float = 10, left: float | None = None, y: float | None = None) -> None:
        """Draw one line word by word, centred where no place is named, and go below it."""
        at = self.y if y is None else y
        x = (WIDTH - pdfmetrics.stringWidth(text, font, size)) / 2 if left is None else left
        self.canvas.setFont(font, size)
        for word in text.split(" "):
            self.canvas.drawString(x, at, word)
            x += pdfmetrics.stringWidth(word + " ", font, size)
        if y is None:
            self.y -= 1.2 * size

    def flow(
        self, text: str, *boxes: Box, font: str = ROMAN, size: float = 10, indent: float = 0, spills: str = "column"
    ) -> float:
        """Fill boxes with a text, hyphenating long words at the ends of lines; `spills` over columns, or pages. Return the y below it."""
        words, box, y = text.split(), boxes[0], boxes[0].top
        waiting = list(boxes[1:])
        line: list[str] = []
        room = box.width - indent

        def put(last: bool = False) -> None:
            nonlocal y, box, line, room, indent
            if y < box.bottom and waiting:
                if spills == "page":
                    self.page()
                box = waiting.pop(0)
                y = box.top
            self.canvas.setFont(font, size)
            spaces = len(line) - 1
            slack = 0.0 if last or not spaces else max(0.0, room - pdfmetrics.stringWidth(" ".join(line), font, size)) / spaces
            x = box.left + indent
            for word in line:
                self.canvas.drawString(x, y, word)
                x += pdfmetrics.stringWidth(word + " ", font, size) + slack
            y -= 1.2 * size
            line, indent, room = [], 0, box.width

        while words:
            word = words.pop(0)
            if pdfmetrics.stringWidth(" ".join([*line, word]), font, size) <= room:
                line.append(word)
                continue
            half = len(word) // 2
            if (
                word.isalpha()
                and len(word) > 7
                and pdfmetrics.stringWidth(" ".join([*line, word[:half] + "-"]), font, size) <= room
            ):
                line.append(word[:half] + "-")
                word = word[half:]
            put()
            words.insert(0, word)
        if line:
            put(last=True)
        self.y = y
        return y

    def stamp(self, text: str) -> None:
        """Write along the left margin, upwards."""
        self.canvas.saveState()
        self.canvas.translate(30, 250)
        self.canvas.rotate(90)
        self.canvas.setFont(ROMAN, 20)
        self.canvas.drawString(0, 0, text)
        self.canvas.restoreState()

    def page(self) -> None:
        self.canvas.showPage()
        self.y = HEIGHT - 72

    def data(self) -> bytes:
        self.canvas.save()
        return self._out.getvalue()
