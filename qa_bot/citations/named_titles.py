"""Knows when a text names a paper by its title, and whether that title is one of the given sources'.

Leaves citation marks to `marks`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from qa_bot.schema import Source

_NAMED = re.compile(
    r"“(?P<a>[^“”\n]{6,220})”|„(?P<b>[^„“”\n]{6,220})[“”]|«(?P<c>[^«»\n]{6,220})»|\"(?P<d>[^\"\n]{6,220})\""
    r"|(?<!\w)‘(?P<e>[^‘\n]{6,220}?)’(?!\w)|(?<![\w'])'(?P<f>[^'\n]{6,220})'(?!\w)"
    r"|\*\*(?P<bold>[^*\n]{6,220})\*\*|(?<!\*)\*(?P<g>[^*\n]{6,220})\*(?!\*)|(?<!\w)_(?P<h>[^_\n]{6,220})_(?!\w)"
)
_CUE_BEFORE = re.compile(
    r"\b(?:papers?|titled|entitled|called|article|study|studies|preprint|publication|work|works|survey|report|authors of|cites?"
    r"|see)"
    r"\b[\s,:(]*(?:titled|entitled|called|of|on|is|as|,|:|\()?[\s*_\"“‘(]*$",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"^[*_\"”’]*\s*(?:\(?(?:[A-Z][\w-]+ et al|by [A-Z])|\((?:[A-Z][\w-]+,? )?(?:19|20)\d\d|,? (?:an? )?(?:earlier |recent "
    r")?(?:paper|preprint|study)\b)"
)
_SMALL = frozenset("a an and are as at by for from in into is its of on or over the to under via vs with without".split())
_MARKS = re.compile(r"\s*(?:~~)?[\[【(]\s*(?:source\s*)?\^?[\d,\s;–-]+[\]】)](?:~~)?\s*$", re.IGNORECASE)


def unknown_titles(text: str, sources: Sequence[Source]) -> list[str]:
    """Return the titles that the text names in quotes, italics or bold and that no source bears, without repeats.

    What reads like a title is judged by its capitals or its colon; in sentence case only where a word like "paper" or
    "by Someone" stands beside it. Words quoted from a source are none.
    """
    found = {}
    for match in _NAMED.finditer(text):
        name = _MARKS.sub("", match[match.lastgroup or 0]).strip().rstrip(".,;!")
        before, after = text[max(0, match.start() - 60) : match.start()], text[match.end() : match.end() + 60]
        is_cued = bool(_CUE_BEFORE.search(before) or _CUE_AFTER.search(after))
        if reads_like_title(name, is_cued=is_cued, is_bold=match["bold"] is not None) and not borne_by(name, sources):
            found.setdefault(normal(name), name)
    return list(found.values())


def reads_like_title(name: str, *, is_cued: bool = False, is_bold: bool = False) -> bool:
    """Say whether a phrase reads like the title of a paper."""
    words = re.findall(r"[^\W_][\w'’.-]*", name)
    if (
        len(words) < 2
        or len(words) > 30
        or name.endswith(":")
        or not (name[0].isupper() or name[0].isdigit() or words[0][1:2].isupper())
    ):
        return False
    content = [word for word in words if word.lower() not in _SMALL]
    capitals = sum(any(letter.isupper() for letter in word) or word[0].isdigit() for word in content) / max(1, len(content))
    if is_cued:
        return len(words) >= 3 or (capitals == 1 and not is_bold)
    has_subtitle = bool(re.match(r"[^:]{2,60}: ?\w", name))
    if has_subtitle and not is_bold:
        return len(words) >= 4 and capitals >= 0.5
    return len(words) >= 4 and len(content) >= (5 if is_bold else 4) and capitals >= 0.75


def borne_by(name: str, sources: Sequence[Source]) -> bool:
    """Say whether a phrase is a source's title, a part or a near copy of it, or words of its abstract."""
    wanted = normal(name)
    for source in sources:
        title = normal(source.title)
        if wanted in title or (title in wanted and len(title.split()) >= 2) or wanted in normal(source.text):
            return True
        if abs(len(title) - len(wanted)) < 20 and SequenceMatcher(None, title, wanted, autojunk=False).ratio() >= 0.88:
            return True
    return False


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Return a text as it is compared: lower case, letters and digits only, one space between words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))
