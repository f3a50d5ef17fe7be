"""Knows how a LaTeX formula reads in plain characters.

Leaves where formulas stand in a text to `markup`, and single symbols to `symbols`.
"""

from __future__ import annotations

import re
import unicodedata

from qa_bot.markup.symbols import STYLES, SWITCHES, latex_text, scripted, symbol_of

_STYLE_NAMES = frozenset(STYLES.split("|"))
_SWITCH_NAMES = frozenset(SWITCHES.split("|"))
_INVISIBLE = frozenset(
    ("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "textstyle", "limits", "!")
)
_SPACES = frozenset((" ", ",", ";", ":", ">", "quad", "qquad", "space", "thinspace"))
_MATH_TOKEN = re.compile(r"\\unicode\{x([0-9a-fA-F]{2,6})\}|\\([A-Za-z]+|.)|([\^_{}])|(\s+)|([^\\^_{}\s])", re.DOTALL)


def plain_formula(body: str) -> str | None:
    """Return a formula in plain characters, or None where it has no such form."""
    tokens = [match.groups() for match in _MATH_TOKEN.finditer(body)]
    try:
        text, rest = _math_group(tokens, 0)
    except (_Unresolved, IndexError):
        return None
    return re.sub(r"(?<=\() ", "", " ".join(text.split())) if rest == len(tokens) else None


class _Unresolved(Exception):
    """A formula has no form in plain characters."""


_Token = tuple[str | None, ...]


def _math_group(tokens: list[_Token], at: int) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(tokens) and tokens[at][2] != "}":
        text, at = _math_item(tokens, at)
        parts.append(text)
    return "".join(parts), at


def _math_item(tokens: list[_Token], at: int) -> tuple[str, int]:
    code, command, sign, space, character = tokens[at]
    if code:
        return chr(int(code, 16)), at + 1
    if command:
        return _math_command(command, tokens, at + 1)
    if sign == "{":
        text, at = _math_group(tokens, at + 1)
        if tokens[at][2] != "}":
            raise _Unresolved
        return text, at + 1
    if sign in ("^", "_"):
        text, at = _math_argument(tokens, at + 1)
        script = scripted(text.strip(), raised=sign == "^")
        if script is None and re.fullmatch(r"[\d.:,/]+", text) and sign == "_":
            return text, at  # PM2.5, AP50:95
        if script is None and re.fullmatch(r"\S{1,12}", text):
            return sign + text, at  # W_out, as it would be typed
        if script is None:
            raise _Unresolved
        return script, at
    if sign == "}":
        raise _Unresolved
    return (" ", at + 1) if space else (" " if character == "~" else character or "", at + 1)


def _math_argument(tokens: list[_Token], at: int) -> tuple[str, int]:
    while tokens[at][3]:
        at += 1
    return _math_item(tokens, at)


def _math_command(command: str, tokens: list[_Token], at: int) -> tuple[str, int]:
    if command in _STYLE_NAMES:
        return _math_argument(tokens, at)
    if command in _SWITCH_NAMES or command in _INVISIBLE:
        return "", at
    if command in _SPACES:
        return " ", at
    if command in "%&_#${}":
        return command, at
    if command in ("frac", "dfrac", "tfrac"):
        above, at = _math_argument(tokens, at)
        below, at = _math_argument(tokens, at)
        return "/".join(part if re.fullmatch(r"\w+", part) else f"({part})" for part in (above, below)), at
    if command == "sqrt":
        body, at = _math_argument(tokens, at)
        return (f"√{body}" if re.fullmatch(r"\w+", body) else f"√({body})"), at
    if command in ("mathcal", "mathbb", "mathfrak", "mathscr", "hat", "tilde", "bar", "vec", "dot", "widetilde", "widehat"):
        body, at = _math_argument(tokens, at)
        known = latex_text(rf"\{command.removeprefix('wide')}{{{body}}}") if len(body) == 1 else ""
        if not known:
            raise _Unresolved
        return (
            known if command == "mathbb" and len(known) == 1 and ord(known) < 0x10000 else unicodedata.normalize("NFKC", known)
        ), at
    known = symbol_of(command)
    if not known:
        raise _Unresolved
    return (f" {known} " if known.isascii() and known.isalpha() else known), at
