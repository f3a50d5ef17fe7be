"""Knows how markup in titles and abstracts reads: simple LaTeX, HTML entities and tags, dashes and quotes as characters.

Leaves what it cannot resolve exactly as it stands, and the text as found to its caller.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from html.entities import html5
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

_SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᵠᵡ",
        strict=True,
    )
)
_SUBSCRIPTS = dict(zip("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
# Superscripts that are already raised, or have a character of their own.
_RAISED = {"∘": "°", "°": "°", "*": "*", "∗": "*", "⋆": "⋆", "†": "†", "‡": "‡", "'": "′", "′": "′", "⊤": "ᵀ", "⊥": "⊥"}

_STYLES = (
    "textit|textbf|textrm|texttt|textsc|textsf|textsl|textmd|textup|textnormal|text|emph|underline|mbox"
    "|mathbf|mathrm|mathit|mathsf|mathtt|boldsymbol|bm|operatorname|enquote"
)
_SWITCHES = "it|em|bf|tt|sc|rm|sf|sl|itshape|bfseries|ttfamily|scshape|small|large|normalsize"
_STYLE_NAMES = frozenset(_STYLES.split("|"))
_SWITCH_NAMES = frozenset(_SWITCHES.split("|"))
_INVISIBLE = frozenset(
    ("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "textstyle", "limits", "!")
)
_SPACES = frozenset((" ", ",", ";", ":", ">", "quad", "qquad", "space", "thinspace"))
# What pylatexenc does not know, or renders in a way that is hard to read or to search.
_OWN_SYMBOLS = {
    "sim": "~", "deg": "°", "epsilon": "ε", "phi": "φ", "degree": "°", "textdegree": "°", "textmu": "μ", "checkmark": "✓",
    "prime": "′", "mid": "|", "lt": "<", "gt": ">", "lfloor": "⌊", "rfloor": "⌋", "|": "‖", "colon": ":", "ldots": "…",
    "dots": "…", "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“",
    "textquotedblright": "”", "textasciitilde": "~", "textbackslash": "\\", "LaTeX": "LaTeX", "TeX": "TeX",
    "textregistered": "®", "texttrademark": "™", "eg": "e.g.", "ie": "i.e.", "etal": "et al.",
}  # fmt: skip

_NEEDS_WORK = re.compile(r"[$\\&<`~{\u00ad\u200b-\u200d\ufeff\ufb00-\ufb06]|--|''|[^\S ]|  ")
_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s{}<>\"“”$]+|\S+@\S+\.\w+")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(
    r"</?(?:jats:)?(i|b|em|strong|sub|sup|p|br|span|tt|u|sc|title|sec|italic|bold|inline-formula|div)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_SCRIPT_TAG = re.compile(r"<(?:jats:)?(sub|sup)>([^<>]{1,40})</(?:jats:)?\1>", re.IGNORECASE)
_MATH = re.compile(
    r"(?<!\\)\$\$(?P<a>[^$]{1,400})\$\$|(?<!\\)\$(?P<b>(?:\\.|[^$\\]){1,300})\$|\\\((?P<c>.{1,300}?)\\\)|\\\[(?P<d>.{1,400}?)\\\]",
    re.DOTALL,
)
_ACCENT = re.compile(
    r"""\{?\\(?:(['`"^~=.])\s*|([cvuHkr])(?:\s+|(?=\{)))(?:\{\\?([A-Za-z])\}|\\?([A-Za-z])(?![A-Za-z]*\}))\}?|\{\\(['`"^~=.])([A-Za-z])\}"""
)
_LETTER = re.compile(
    r"\{\\(aa|AA|ae|AE|oe|OE|o|O|l|L|ss|i|j)\}|\\(aa|AA|ae|AE|oe|OE|o|O|l|L|ss)(?![A-Za-z])(?:\{\}|[ ](?=[a-z]))?"
)
_STYLED = re.compile(
    rf"\\(?:{_STYLES})\s*\{{([^{{}}]*)\}}|\{{\\(?:{_SWITCHES})\s+([^{{}}]*)\}}|\\textcolor\s*\{{[^{{}}]*\}}\s*\{{([^{{}}]*)\}}"
)
_PROSE_SCRIPT = re.compile(r"\\text(super|sub)script\s*\{([^{}]*)\}")
_LINK = re.compile(r"\\url\s*\{([^{}]*)\}|\\href\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]{2,})(?![A-Za-z])(?:\{\})?")
_MATH_TOKEN = re.compile(r"\\unicode\{x([0-9a-fA-F]{2,6})\}|\\([A-Za-z]+|.)|([\^_{}])|(\s+)|([^\\^_{}\s])", re.DOTALL)


_ADDRESSING = ("@", "://", "www.")  # without any of these no URL is in a text, which takes long to look for
_LONGEST = 8_000  # characters; what is longer is no abstract, and some patterns take the square of its length


def plain_text(raw: str) -> str:
    """Return the text as a reader expects it: one line a paragraph, paragraphs parted by a blank line, NFC.

    Amounts of money, percent signs, underscores and URLs stay as they are; so does LaTeX with no plain form.
    """
    text = raw.strip()
    if len(text) <= _LONGEST and _needs_work(text):
        if "<" in text:
            text = _SCRIPT_TAG.sub(lambda m: _script(m[2], raised=m[1].lower() == "sup") or m[2], text)
            text = _TAG.sub(lambda m: "\n\n" if m[1].lower() in {"p", "br", "title", "sec", "div"} else "", text)
        if "&" in text:
            text = _ENTITY.sub(_entity, text)
        if "\\" in text:
            text = _LINK.sub(_link, text)
        if any(mark in text for mark in _ADDRESSING):
            text = _outside(_URL, text, _resolve, inside=lambda url: re.sub(r"\\([_%#&~$])(?:\{\})?", r"\1", url))
        else:
            text = _resolve(text)
        if not text.isascii():
            text = re.sub("[\u00ad\u200b\ufeff]", "", text)
        text = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip())
    if text.isascii():
        return text
    text = re.sub("[\ufb00-\ufb06]", lambda m: unicodedata.normalize("NFKC", m[0]), text)
    return unicodedata.normalize("NFC", text.replace("\u00a0", " "))


def _needs_work(text: str) -> bool:
    """Search for what _NEEDS_WORK finds; printable ASCII in a tenth of the time."""
    if not (text.isascii() and text.isprintable()):
        return _NEEDS_WORK.search(text) is not None
    return (
        "$" in text or "\\" in text or "{" in text or "&" in text or "<" in text or "`" in text or "~" in text or "--" in text or "''" in text or "  " in text
    )  # fmt: skip


def _outside(pattern: re.Pattern[str], text: str, change: Callable[[str], str], *, inside: Callable[[str], str]) -> str:
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [change(text[end : match.start()]), inside(match[0])]
        end = match.end()
    return "".join([*parts, change(text[end:])])


def _resolve(text: str) -> str:
    """Resolve formulas first, then what stands between them."""
    if "$" not in text and "\\" not in text:
        return _prose(text)
    parts, end, search = [], 0, 0
    while match := _MATH.search(text, search):
        resolved = _formula(match, text)
        if resolved is None:  # not a formula: its second dollar may begin one
            search = match.start() + 1
            continue
        parts += [_prose(text[end : match.start()]), resolved]
        end = search = match.end()
    return "".join([*parts, _prose(text[end:])])


def _formula(match: re.Match[str], text: str) -> str | None:
    body = next(group for group in match.groups() if group is not None)
    if match["b"] is not None:
        plainly_math = re.search(r"[\\^_]", body) is not None
        follows_digit = text[match.end() : match.end() + 1].isdigit()
        words = re.findall(r"(?<![\\A-Za-z])[A-Za-z]{3,}", body)
        if not plainly_math and (body != body.strip() or follows_digit or len(words) > 1):
            return None
        if plainly_math and body[:1].isdigit() and body != body.rstrip() and len(words) > 1:
            return None
    result = _math(body)
    return match[0] if result is None else result


def _math(body: str) -> str | None:
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
        script = _script(text.strip(), raised=sign == "^")
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
        known = _latex(rf"\{command.removeprefix('wide')}{{{body}}}") if len(body) == 1 else ""
        if not known:
            raise _Unresolved
        return (
            known if command == "mathbb" and len(known) == 1 and ord(known) < 0x10000 else unicodedata.normalize("NFKC", known)
        ), at
    known = _symbol(command)
    if not known:
        raise _Unresolved
    return (f" {known} " if known.isascii() and known.isalpha() else known), at


def _script(text: str, *, raised: bool) -> str | None:
    if raised and text in _RAISED:
        return _RAISED[text]
    if len(re.findall("[A-Za-z]", text)) > 2:  # a whole word in raised letters is hard to read
        return None
    table = _SUPERSCRIPTS if raised else _SUBSCRIPTS
    return "".join(table[c] for c in text) if all(c in table for c in text) else None


def _prose(text: str) -> str:
    if "\\" in text or "{" in text:
        text = _ACCENT.sub(_accent, text)
        text = _LETTER.sub(lambda m: _latex("\\" + (m[1] or m[2])) or m[0], text)
        text = re.sub(r"\\unicode\{x([0-9a-fA-F]{2,6})\}", lambda m: chr(int(m[1], 16)), text)
        text = _PROSE_SCRIPT.sub(lambda m: _script(m[2], raised=m[1] == "super") or m[2], text)
        while (changed := _STYLED.sub(lambda m: next(g for g in m.groups() if g is not None), text)) != text:
            text = changed
        text = _COMMAND.sub(_prose_symbol, text)
        text = re.sub(r"\\([%&_#${}])", r"\1", text)
        text = re.sub(r"\\\\(?=\s)|\\[ ,]", " ", text)
        text = re.sub(r"(?<=\w)\\[-/](?=\w)|\\@", "", text)
    if "~" in text:
        text = re.sub(r"(?<=[A-Za-z.,)])~(?=[\w\\(\[$])", " ", text)
    if "`" in text:
        text = re.sub(r"``(.+?)''", r"“\1”", text, flags=re.DOTALL)
        text = re.sub(r"``([^`\"]+?)\"", r"“\1”", text)
        text = re.sub(r"(?<![`\w])`(?=\w)([^`'\n]{1,60})'(?!\w)", r"‘\1’", text)
    if "--" not in text:
        return text
    text = re.sub(r"(?<![-<!])---(?![->])", "—", text)
    # A double dash before a letter and after a space is an option of a command: --flag.
    return re.sub(r"(?<=[^\s\-<!])--(?=[^\s\->])|(?<=\s)--(?=\s)|(?<=[^\s\-<!])--(?=\s)", "–", text)


def _prose_symbol(match: re.Match[str]) -> str:
    known = _symbol(match[1])
    return known if known and (match[1] in _OWN_SYMBOLS or not known.isascii()) else match[0]


def _accent(match: re.Match[str]) -> str:
    mark = match[1] or match[2] or match[5]
    letter = match[3] or match[4] or match[6]
    return _latex(f"\\{mark}{{{letter}}}") or match[0]


def _link(match: re.Match[str]) -> str:
    if match[1] is not None:
        return match[1]
    url, words = match[2], match[3]
    return words if not words or re.search(r"\w\.\w+/?|://", words) else f"{words} ({url})"


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return html5.get(f"{name};", match[0])
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if 31 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match[0]


@lru_cache(maxsize=4096)
def _symbol(command: str) -> str:
    """Return the character that a LaTeX command without arguments stands for, empty where none is known."""
    if command in _OWN_SYMBOLS:
        return _OWN_SYMBOLS[command]
    spec = _latex_reader().latex_context.get_macro_spec(command)
    known = getattr(spec, "simplify_repl", None)
    return known.strip() if isinstance(known, str) and "%" not in known and "<" not in known.strip("<") else ""


@lru_cache(maxsize=1024)
def _latex(source: str) -> str:
    """Return what one well-formed LaTeX command with its argument stands for."""
    return _latex_reader().latex_to_text(source).strip()


@lru_cache(maxsize=1)
def _latex_reader() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text")
