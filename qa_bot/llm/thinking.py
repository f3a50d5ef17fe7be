"""Knows which parts of a model's output are thinking and not answer.

Leaves the HTTP stream to `llm`, which drops `reasoning_content` itself; here is what models write into the text.
"""

from __future__ import annotations

import re

_NAMES = r"think(?:ing)?|thoughts?|reasoning"
# A tag right behind a backtick is quoted text about tags, not the model's own.
_OPEN = re.compile(rf"(?<!`)(?:<(?:{_NAMES})>|\[THINK\])", re.IGNORECASE)
_CLOSE = re.compile(rf"(?<!`)(?:</(?:{_NAMES})>|\[/THINK\])", re.IGNORECASE)
_LONGEST = len("</reasoning>")
_BEGUN = re.compile(r"[<\[]/?[a-z]*$", re.IGNORECASE)


class Visible:
    """Collects a text piece by piece and knows what of it is to be seen.

    Thinking may be unclosed, repeated, or split anywhere across pieces. A closing tag without an opening one (templates
    that open it in the prompt) makes thinking of everything before it. The start of what may become a tag is held back.
    """

    def __init__(self) -> None:
        self.text = ""
        self._waiting = ""
        self.is_thinking = False

    def feed(self, piece: str) -> str:
        """Take the next piece; return the visible text so far, without white space at its start."""
        self._waiting += piece
        while self._take_tag():
            pass
        kept = _BEGUN.search(self._waiting[-_LONGEST:])
        cut = len(self._waiting) - (len(kept[0]) if kept else 0)
        if cut and self._waiting[:cut].endswith("`"):  # what follows must still see the backtick
            cut -= 1
        self._show(self._waiting[:cut])
        self._waiting = self._waiting[cut:]
        return self.text

    def finish(self) -> str:
        """Return the whole visible text; what was held back was no tag after all."""
        self._show(self._waiting)
        self._waiting = ""
        return self.text

    def _take_tag(self) -> bool:
        opening, closing = _OPEN.search(self._waiting), _CLOSE.search(self._waiting)
        tags = [tag for tag in ((None if self.is_thinking else opening), closing) if tag]
        if not tags:
            return False
        tag = min(tags, key=lambda found: found.start())
        if tag is closing and not self.is_thinking:
            self.text = ""
        else:
            self._show(self._waiting[: tag.start()])
        self.is_thinking = tag is not closing
        self._waiting = self._waiting[tag.end() :]
        return True

    def _show(self, piece: str) -> None:
        if not self.is_thinking:
            self.text = (self.text + piece) if self.text else piece.lstrip()
