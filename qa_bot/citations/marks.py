"""Knows what a citation mark looks like, in the forms that LLMs write: [1], [1, 3], [1-3], [Source 2], 【1†source】...

Leaves what a mark stands for to `citations`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

WIDEST_RANGE = 20

_WORDS = "sources?|refs?|references?|papers?|citations?|docs?|documents?|abstracts?|quellen?|fuentes?"
_WORD = rf"(?:(?:see|cf\.?|from)\s+)?(?:{_WORDS})\b\.?\s*[:#]?\s*"
_DASH = r"[-\u2010-\u2015\u2212]"
_ITEM = rf"(?:{_WORD})?[#^]?\s*\d{{1,3}}(?!\d)(?:\s*(?:{_DASH}|to\b)\s*(?:{_WORD})?[#^]?\d{{1,3}}(?!\d))?"
_AND = r"\s*(?:,\s*(?:and\b|&)?|;|&|\+|\band\b|\bund\b)\s*"
_LIST = rf"{_ITEM}(?:{_AND}{_ITEM})*"
_PLACE = r"(?:,\s*(?:pp?\.|sec\.|section|table|fig\.|figure|eq\.|abstract|§)[^\[\]\n]{0,20})?"
_LABEL = rf"(?:{_WORD}\d{{1,3}}\s*(?:[:,]|{_DASH})\s*(?P<label>[^\[\]\n]{{3,200}}))"
_BRACKET = rf"\\?[\[\uff3b]\s*(?:(?P<inner>{_LIST}){_PLACE}(?:\s*†[^\]\n]{{0,60}})?|{_LABEL})\s*\\?[\]\uff3d]"
_LENTICULAR = rf"【\s*(?P<lenticular>{_LIST})(?:[†:‡][^】\n]{{0,60}})?\s*】"
_PAREN = rf"\(\s*(?P<paren>{_WORD}{_LIST})\s*\)"
_BARE = (
    r"(?<![\w-])(?<!open )(?P<bare>(?-i:Sources)\s+#?\d{1,3}(?:,\s*\d{1,3})*(?:,?\s+(?:and|&)\s+\d{1,3})?"
    r"|(?-i:Source)\s+#?\d{1,3})"
    r"(?![\w%-]|\.\d)"
)
_SUPERSCRIPT = (
    r"(?<=[.!?,;:”\"’])(?P<superscript>[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]{1,2})(?![\u00b9\u00b2\u00b3\u2070-\u207f])"
)
_WRAP = r"(?:(?<![\w*`~])(?P<wrap>\*\*|`|~~|\*))?"
_MARK = re.compile(rf"{_WRAP}(?:{_BRACKET}|{_LENTICULAR}|{_PAREN}|{_BARE}|{_SUPERSCRIPT})(?(wrap)(?P=wrap))", re.IGNORECASE)
_STRUCK = re.compile(rf"~~\s*({_BRACKET})\s*~~".replace("?P<label>", "?:").replace("?P<inner>", "?:"), re.IGNORECASE)

_INTERVAL_BEFORE = re.compile(
    r"(?:\brange|\binterval|\bclamp(?:ed)? to|\bclip(?:ped)? to|\bscaled? to|∈|\\in)\s*$", re.IGNORECASE
)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|(?<!`)`(?!`)[^`\n]+`(?!`)", re.DOTALL)
_MATH = re.compile(r"\$\$.+?\$\$|(?<![\w$\\])\$(?=\S)[^$\n]{1,200}?(?<=[^\s\\])\$(?![\d$])|\\\(.+?\\\)", re.DOTALL)
_FORMULA_SIGN = re.compile(r"[\\^_=<>+∈]|[a-zA-Z]\[")
_SUPERSCRIPT_DIGITS = str.maketrans("¹²³⁰⁴⁵⁶⁷⁸⁹", "1230456789")
_TAIL = re.compile(
    r"(?:\*\*|`|~~|\*)?(?:(?P<bracket>\\?[\[【\uff3b])(?P<inside>[^\[\]【】()\n]{0,48})|\((?P<in_paren>[^()\[\]\n]{0,30}))\Z"
)
_NUMBERS_BEGUN = re.compile(
    rf"\s*\d[\s\d,;]*†.*|[\s\d,;&+^#:\\]*(?:{_DASH}[\s\d,;&+^#:\\]*)*|[\s\d,;]+(?:a|an|and|t|to)\s*", re.IGNORECASE
)
_WORD_BEGUN = re.compile(rf"\s*(?:{_WORD})(?:\d[\s\d,;&^#andto]*{_DASH}?[\s\d,;&]*)?", re.IGNORECASE)
_OPENINGS = ("see sources", "sources", "see papers", "papers", "references", "refs.", "citations", "documents", "abstracts")


@dataclass(frozen=True)
class Mark:
    """A citation mark in a text: `text[start:end]`, the numbers it names in order, and the label it gives them, if any.

    A range too wide to be meant (`[1-99]`) is kept in `numbers` as its text.
    """

    start: int
    end: int
    numbers: tuple[int | str, ...]
    label: str = ""


def find_marks(text: str, *, titles: Mapping[int, str] | None = None) -> list[Mark]:
    """Return the citation marks of a text in order; `titles` are those of the sources by number.

    No marks: years and other numbers above 999, code, formulas, intervals ([0, 1], "in the range [1, 5]"), and numbers
    that belong to a source's own title. A title in brackets is a mark of its source.
    """
    titles = titles or {}
    kept = protected_spans(text, titles.values())
    marks = []
    for match in _MARK.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in kept) and match["wrap"] != "`":
            continue
        if (numbers := _numbers(match)) and not _is_interval(text, match, numbers):
            marks.append(Mark(match.start(), match.end(), numbers, (match["label"] or "").strip()))
    for number, title in titles.items():
        if len(title) > 3:
            found = re.finditer(rf"\[\s*[\"“*_]*{re.escape(title)}[\"”*_]*\s*\](?!\()", text, re.IGNORECASE)
            marks += [Mark(match.start(), match.end(), (number,), title) for match in found]
    return sorted(marks, key=lambda mark: mark.start)


def protected_spans(text: str, titles: object = ()) -> list[tuple[int, int]]:
    """Return where a bracketed number is part of code, a formula or one of the given titles."""
    spans = [match.span() for match in _CODE.finditer(text)]
    spans += [
        match.span() for match in _MATH.finditer(text) if match[0].startswith(("$$", "\\")) or _FORMULA_SIGN.search(match[0])
    ]
    for title in titles:  # type: ignore[attr-defined]
        if re.search(r"\[[^\[\]]*\d[^\[\]]*\]", title):
            spans += [match.span() for match in re.finditer(re.escape(title), text, re.IGNORECASE)]
    return spans


def without_strikes(text: str) -> str:
    """Return the text with marks that the writer struck out itself unstruck: a strike in an answer is ours to set."""
    return _STRUCK.sub(r"\1", text)


def begun_mark(text: str) -> int:
    """Return where a half-received mark begins at the end of a text, its length when there is none."""
    tail = _TAIL.search(text)
    if tail is None:
        return len(text)
    if tail["bracket"]:
        inside = tail["inside"]
        begun = _NUMBERS_BEGUN.fullmatch(inside) or _WORD_BEGUN.fullmatch(inside) or _begins_word(inside)
    else:
        inside = tail["in_paren"]
        begun = bool(inside.strip()) and (_WORD_BEGUN.fullmatch(inside) or _begins_word(inside))
    return tail.start() if begun else len(text)


def _begins_word(inside: str) -> bool:
    word = inside.strip().lower()
    return bool(word) and any(opening.startswith(word) for opening in _OPENINGS)


def _numbers(match: re.Match[str]) -> tuple[int | str, ...]:
    if match["superscript"]:
        return (int(match["superscript"].translate(_SUPERSCRIPT_DIGITS)),)
    inside = match["inner"] or match["lenticular"] or match["paren"] or match["bare"]
    if match["label"]:
        inside = re.search(r"\d{1,3}", match[0])[0]  # type: ignore[index]
    numbers: list[int | str] = []
    for low, high in re.findall(rf"(\d+)(?:\s*(?:{_DASH}|to\b)\s*(?:{_WORD})?[#^]?(\d+))?", inside, re.IGNORECASE):
        first, last = int(low), int(high or low)
        if last - first > WIDEST_RANGE:
            numbers.append(f"{low}-{high}")
        else:
            numbers += range(first, last + 1) if first <= last else (first, last)
    return tuple(dict.fromkeys(numbers))


def _is_interval(text: str, match: re.Match[str], numbers: tuple[int | str, ...]) -> bool:
    if match["inner"] is None or not re.fullmatch(r"[\d\s,;]+", match["inner"]):
        return False
    if 0 in numbers and len(numbers) > 1:
        return True
    return len(numbers) == 2 and bool(_INTERVAL_BEFORE.search(text[max(0, match.start() - 30) : match.start()]))
