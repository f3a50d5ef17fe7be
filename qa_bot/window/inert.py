"""Knows how untrusted text (answers, abstracts, questions) becomes inert HTML, with each character's offset kept.

Leaves to `answer_html` what a citation or a sentence looks like. Nothing here emits a link, an image or any
other thing that a browser would fetch or run; markup that is not understood is shown as the text that it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

TokenKind = Literal["text", "code", "math", "cite", "invented"]
BlockKind = Literal["paragraph", "heading", "item", "numbered", "code"]


@dataclass(frozen=True)
class Token:
    """A run of text with one look; `start` and `end` count characters of the whole text, markers included."""

    kind: TokenKind
    text: str
    start: int
    end: int
    tags: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Block:
    """A paragraph, heading or list item: the slice `[start:end]` of the text without its leading marker."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


_BULLET = re.compile(r"[ \t]*[-*+•][ \t]+(?=\S)")
_NUMBERED = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+(?=\S)")
_HEADING = re.compile(r"[ \t]*(#{1,6})[ \t]+(?=\S)")
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_FENCE = re.compile(r"[ \t]*(```|~~~)[\w-]*[ \t]*$")

_INLINE = re.compile(
    r"""
      (?P<ticks>`+)(?P<code>[^`]+)(?P=ticks)
    | ~~\[(?P<invented>\d+(?:\s*[,;]\s*\d+)*)\]~~
    | \[(?P<cite>\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\](?!\()
    | !\[(?P<alt>[^\]\n]*)\]\([^)\s]*(?:\s[^)]*)?\)
    | \\\((?P<paren>[^\n]+?)\\\)
    | \$(?P<dollar>(?=\S)[^$\n]*?[^\s$\\])\$(?!\d)
    | (?P<marker>\*\*|__|~~|\*|_)
    """,
    re.VERBOSE,
)
_TAG_OF = {"**": "strong", "__": "strong", "*": "em", "_": "em", "~~": "s"}
# "$5 and 10$" is money, "$x_2$" is mathematics: only the latter has one of these.
_LOOKS_LIKE_MATHS = re.compile(r"[\\^_{}=<>+]|^[A-Za-z]$|^-?\d+(\.\d+)?\s*\\?%?$")

_ALSO_ESCAPED = str.maketrans({"\n": "&#10;", "{": "&#123;", "}": "&#125;", "$": "&#36;"})


def escape(text: str) -> str:
    """Escape for HTML text and attributes, on one line: the chat widget reads blank lines as Markdown.

    Braces and dollars are escaped too, since gr.HTML fills `${}` and `{{}}` templates.
    """
    return html.escape(text.replace("\r", ""), quote=True).translate(_ALSO_ESCAPED)


def blocks(text: str) -> Iterator[Block]:
    """Split a text into its blocks; consecutive plain lines make one paragraph."""
    open_block: Block | None = None
    code_start: int | None = None
    offset = 0
    for line in text.splitlines(keepends=True):
        start, offset = offset, offset + len(line)
        end = start + len(line.rstrip())
        if _FENCE.match(line.rstrip("\r\n")):
            if open_block:
                yield open_block
                open_block = None
            if code_start is None:
                code_start = offset
            else:
                yield Block("code", code_start, max(code_start, start - 1))
                code_start = None
            continue
        if code_start is not None:
            continue
        begun = _begin(line, start, end)
        if begun is None and open_block is not None and end > start:
            open_block = Block(open_block.kind, open_block.start, end, open_block.level)
            continue
        if open_block:
            yield open_block
        open_block = begun or (Block("paragraph", start, end) if end > start else None)
        if open_block and open_block.kind == "heading":
            yield open_block
            open_block = None
    if code_start is not None:
        yield Block("code", code_start, len(text))
    if open_block:
        yield open_block


def _begin(line: str, start: int, end: int) -> Block | None:
    if match := _HEADING.match(line):
        return Block("heading", start + match.end(), end, len(match[1]))
    if match := _NUMBERED.match(line):
        return Block("numbered", start + match.end(), end, int(match[1]))
    if match := _BULLET.match(line):
        return Block("item", start + match.end(), end)
    if match := _QUOTE.match(line):
        return Block("paragraph", start + match.end(), end)
    return None


@dataclass
class _Open:
    marker: str
    position: int


@dataclass
class _Scan:
    tokens: list[Token] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)


def tokens(text: str, start: int, end: int) -> list[Token]:
    """Cut `text[start:end]` into runs of one look: emphasis resolved, images reduced to their alternative text."""
    scan = _Scan()
    position = start
    for match in _INLINE.finditer(text, start, end):
        if match.start() < position:
            continue
        if match.start() > position:
            scan.tokens.append(Token("text", text[position : match.start()], position, match.start()))
        position = match.end()
        _take(scan, match, text, end)
    if position < end:
        scan.tokens.append(Token("text", text[position:end], position, end))
    return [token for token in scan.tokens if token.text or token.numbers]


def _take(scan: _Scan, match: re.Match[str], text: str, end: int) -> None:
    span = match.span()
    kind = match.lastgroup
    if kind == "code":
        scan.tokens.append(Token("code", match["code"], *span))
    elif kind in ("invented", "cite"):
        numbers = tuple(int(n) for n in re.findall(r"\d+", match[kind]))
        scan.tokens.append(Token(kind, match[0], *span, numbers=numbers))
    elif kind == "alt":
        scan.tokens.append(Token("text", match["alt"], *span))
    elif kind == "paren" or (kind == "dollar" and _LOOKS_LIKE_MATHS.search(match["dollar"])):
        scan.tokens.append(Token("math", match[kind], *span))
    elif kind == "marker":
        _mark(scan, match["marker"], span, text, end)
    else:
        scan.tokens.append(Token("text", match[0], *span))


def _mark(scan: _Scan, marker: str, span: tuple[int, int], text: str, end: int) -> None:
    before = text[span[0] - 1] if span[0] else " "
    after = text[span[1]] if span[1] < end else " "
    within_word = before.isalnum() and after.isalnum()
    if marker[0] != "_" or not within_word:
        if not before.isspace():
            for depth, opened in enumerate(reversed(scan.open), 1):
                if opened.marker == marker and opened.position < len(scan.tokens) - 1:
                    _close(scan, opened, marker)
                    del scan.open[-depth:]
                    return
        if not after.isspace():
            scan.open.append(_Open(marker, len(scan.tokens)))
    scan.tokens.append(Token("text", marker, *span))


def _close(scan: _Scan, opened: _Open, marker: str) -> None:
    """Give the tokens since `opened` its tag, and empty the token that showed the opening marker."""
    tag = _TAG_OF[marker]
    for index in range(opened.position, len(scan.tokens)):
        token = scan.tokens[index]
        text = "" if index == opened.position else token.text
        tags = token.tags if index == opened.position else (tag, *token.tags)
        scan.tokens[index] = Token(token.kind, text, token.start, token.end, tags, token.numbers)


def split_at(token: Token, offsets: list[int]) -> list[Token]:
    """Cut a plain token at the offsets that fall inside it; other tokens stay whole."""
    if token.kind != "text" or len(token.text) != token.end - token.start:
        return [token]
    cuts = [token.start, *sorted({o for o in offsets if token.start < o < token.end}), token.end]
    return [Token("text", token.text[a - token.start : b - token.start], a, b, token.tags) for a, b in pairwise(cuts)]


def token_html(token: Token) -> str:
    """Render a token that is not a citation. Maths keeps its source between \\( and \\), which the page typesets."""
    if token.kind == "code":
        inner = f"<code>{escape(token.text)}</code>"
    elif token.kind == "math":
        inner = f'<span class="qa-maths">\\({escape(token.text)}\\)</span>'
    else:
        inner = escape(token.text).replace("&#10;", " ")
    for tag in reversed(token.tags):
        inner = f"<{tag}>{inner}</{tag}>"
    return inner


def inline_html(text: str) -> str:
    """Render a line of untrusted text (a title, an abstract) with its mathematics; markers stay as typed."""
    found = [token for token in tokens(text, 0, len(text)) if token.kind == "math"]
    out, position = [], 0
    for token in found:
        out += [escape(text[position : token.start]), token_html(token)]
        position = token.end
    return "".join([*out, escape(text[position:])])
