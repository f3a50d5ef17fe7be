"""Knows how markup in titles and abstracts reads: simple LaTeX, HTML entities and tags, dashes and quotes as characters.

Leaves what it cannot resolve exactly as it stands, and the text as found to its caller.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html.entities import html5

from qa_bot.markup.formulas import plain_formula
from qa_bot.markup.symbols import OWN_SYMBOLS, STYLES, SWITCHES, latex_text, scripted, symbol_of

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
    rf"\\(?:{STYLES})\s*\{{([^{{}}]*)\}}|\{{\\(?:{SWITCHES})\s+([^{{}}]*)\}}|\\textcolor\s*\{{[^{{}}]*\}}\s*\{{([^{{}}]*)\}}"
)
_PROSE_SCRIPT = re.compile(r"\\text(super|sub)script\s*\{([^{}]*)\}")
_LINK = re.compile(r"\\url\s*\{([^{}]*)\}|\\href\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]{2,})(?![A-Za-z])(?:\{\})?")



_ADDRESSING = ("@", "://", "www.")  # without any of these no URL is in a text, which takes long to look for
_LONGEST = 8_000  # characters; what is longer is no abstract, and some patterns take the square of its length


def plain_text(raw: str) -> str:
    """Return the text as a reader expects it: one line a paragraph, paragraphs parted by a blank line, NFC.

    Amounts of money, percent signs, underscores and URLs stay as they are; so does LaTeX with no plain form.
    """
    text = raw.strip()
    if len(text) <= _LONGEST and _needs_work(text):
        if "<" in text:
            text = _SCRIPT_TAG.sub(lambda m: scripted(m[2], raised=m[1].lower() == "sup") or m[2], text)
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
    result = plain_formula(body)
    return match[0] if result is None else result


def _prose(text: str) -> str:
    if "\\" in text or "{" in text:
        text = _ACCENT.sub(_accent, text)
        text = _LETTER.sub(lambda m: latex_text("\\" + (m[1] or m[2])) or m[0], text)
        text = re.sub(r"\\unicode\{x([0-9a-fA-F]{2,6})\}", lambda m: chr(int(m[1], 16)), text)
        text = _PROSE_SCRIPT.sub(lambda m: scripted(m[2], raised=m[1] == "super") or m[2], text)
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
    known = symbol_of(match[1])
    return known if known and (match[1] in OWN_SYMBOLS or not known.isascii()) else match[0]


def _accent(match: re.Match[str]) -> str:
    mark = match[1] or match[2] or match[5]
    letter = match[3] or match[4] or match[6]
    return latex_text(f"\\{mark}{{{letter}}}") or match[0]


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
