"""Knows the turns of a conversation: which are questions, which answers say nothing, what an answer lists and cites.

Leaves making a question stand alone to the other modules of `follow_up`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from qa_bot.citations.marks import find_marks, without_strikes
from qa_bot.collection import AuthorNames

History = Sequence[tuple[str, str]]
LONGEST = 1_500  # characters that the rules read; some take the square of the length
LONGEST_LIST = 12_000
MOST_TURNS = 24


@dataclass(frozen=True)
class Known:
    """What the collection tells about texts of a conversation: its authors, the titles that a question names, the
    titles that an answer cites, in the order of its marks, which share of a question's words (second) the paper of
    a name or title (first) says, and the date of the paper of a title. Without a collection all of it is empty."""

    authors: AuthorNames = field(default_factory=lambda: AuthorNames(()))
    named: Callable[[str], Sequence[str]] = lambda text: ()
    cited: Callable[[str], Sequence[str]] = lambda text: ()
    says: Callable[[str, str], float] = lambda paper, question: 0.0
    dated: Callable[[str], str] = lambda title: ""
    is_there: bool = False


NOTHING_KNOWN = Known()

_POLITE = (
    r"(?:many )?thanks?(?: you)?(?: (?:so|very) much| a lot| again)?|thank you|thx|ty|ok(?:ay)?|k|great|cool|nice"
    r"|good|perfect|excellent|awesome|wonderful|got it|i see|understood|alright|all right|right"
    r"|hi|hello|hey|good (?:morning|afternoon|evening|day)|bye|goodbye|see you|yes|yep|yeah|no|nope|sure|wow|lol"
    r"|interesting|fine|sounds good|that(?:['’]s| is) (?:all|great|good|helpful|it|fine)|very helpful|helpful"
    r"|for (?:that|the help|now|your help)|there|then|that|well|very much|this|is|was|it|so|done"
)
_IS_POLITE = re.compile(rf"\W*(?:(?:{_POLITE})\b\W*)+", re.IGNORECASE)
_CONTENTLESS = frozenset("is it that this so then there was".split())
_IS_DECLINED = re.compile(
    (
        r"(?:The papers in this collection do not answer that|None of the \d+ papers in this collection|Ask a question about the papers"
        r"|No author is named|No paper \S* ?has a date)"
    )
)


def is_small_talk(text: str) -> bool:
    """Say whether a turn only thanks, greets or agrees; "is it?" or "then?" alone do not."""
    if not _IS_POLITE.fullmatch(text):
        return False
    return not all(word in _CONTENTLESS for word in re.findall(r"\w+", text.lower()))


def is_declined(answer: str) -> bool:
    """Say whether an earlier answer said that there is none: nothing in it is a topic."""
    return bool(_IS_DECLINED.match(answer.strip()))


def turns_of(history: History) -> list[tuple[str, str]]:
    """Return the last turns that count: no blanks, no small talk with its answer; cut where they are too long to read."""
    turns: list[tuple[str, str]] = []
    skips = False
    for role, text in history:
        if role not in ("user", "assistant") or not text.strip():
            continue
        if role == "user":
            skips = is_small_talk(text)
        if not skips:
            turns.append((role, text.strip()[: LONGEST if role == "user" or not is_list(text) else LONGEST_LIST]))
    return turns[-MOST_TURNS:]


def is_list(answer: str) -> bool:
    """Say whether an answer is a list of ours, a line for each paper."""
    return bool(re.search(r"^- .+\[\d+\]$", answer, re.MULTILINE))


def listed_items(answer: str) -> list[str]:
    """Return what stands before each mark of an answer that lists things, shortened to the item itself."""
    if is_list(answer):
        lines = re.findall(r"^- (?P<x>.+) \[\d+\]$", answer, re.MULTILINE)
        return [re.sub(r" \((?:[^()]|\([^()]*\))*\)$", "", line) for line in lines]
    text = without_strikes(answer)
    items, place, seen = [], 0, set()
    for mark in find_marks(text):
        piece, place = text[place : mark.start], mark.end
        if mark.numbers[0] in seen:
            continue
        seen.add(mark.numbers[0])
        if quoted := re.findall(r"[“\"]([^“”\"]+)[”\"]", piece):
            items.append(quoted[-1])
            continue
        piece = re.split(r"[.!?]\s|\n", piece)[-1]
        if not re.search(r"(?<!: )\b[A-Z][\w-]*: [A-Z]", piece):  # "PaliGemma: A versatile..." is one title
            piece = re.split(r":\s", piece)[-1]
        items.append(re.sub(r"^[\s,;*•\d.)-]*(?:(?:and|or|then|finally)\s+)?", "", piece).strip(" *_'.,;:-"))
    return [item for item in items if item and len(item) <= 200]


def people_told(answer: str) -> list[str]:
    """Return the names that an answer of ours gives as authors, in order."""
    if found := re.search(r"” is by (?P<x>.+?)(?: et al\.)?; it is (?:dated|without)", answer):
        return found["x"].split(", ")
    if found := re.search(r"(?:are by|others:|papers[^:\n]*:) (?P<x>[^:\n]+? \(\d+\).*)", answer):
        return [name.strip() for name in re.findall(r"(?:^|, )([^,()]+?) \(\d+\)", found["x"])]
    return []


def plain(answer: str) -> str:
    """Return an answer without marks and emphasis."""
    text = without_strikes(answer)
    for mark in reversed(find_marks(text)):
        text = text[: mark.start].rstrip(" ") + text[mark.end :]
    return re.sub(r"[*_`#>]+", "", text).strip()
