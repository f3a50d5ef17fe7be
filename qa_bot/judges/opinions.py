"""Knows the nouns of a second opinion: the doubt that is put to a judge, the opinion that comes back, and why none did.

Leaves asking to `by_llm` and `by_nli`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from qa_bot.schema import QABotError, Source, Span, Support
from qa_bot.support import JointJudgement

MOST_SOURCES = 4  # of one sentence that a judge is shown
LONGEST_QUOTE = 1_000  # characters
LONGEST_NAME = 80
# Typographic variants that models exchange when they copy; each is one character, so that offsets stay.
_ALIKE = str.maketrans("“”„‘’‐‑–—−\u00a0", "\"\"\"''-----" + " ")


class JudgeError(QABotError):
    """A judge cannot be used, or gave no verdict; `kind` is as in LLMError."""

    def __init__(self, message: str, *, kind: str = "settings") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Doubt:
    """One sentence whose verdict is not clear: its place in the answer, what it says, what it cites, what was found."""

    place: int
    claim: str
    sources: tuple[Source, ...]
    local: JointJudgement


@dataclass(frozen=True)
class Opinion:
    """What a judge says of one doubt. `quotes` are (place in its sources, words of that abstract) that carry it or contradict it."""

    support: Support
    quotes: tuple[tuple[int, Span], ...] = ()
    contradicts: bool = False


@dataclass(frozen=True)
class Opinions:
    """What a judge said: opinions by place among the doubts, why the others have none, and who it was."""

    judge: str
    found: Mapping[int, Opinion]
    unusable: Sequence[str] = ()
    left_out: int = 0  # doubts that did not fit into the request
    usage: Mapping[str, Any] = field(default_factory=dict)


class Judge(Protocol):
    """Who gives second opinions. `where` says in words who is asked, for people."""

    @property
    def where(self) -> str: ...

    def opinions(self, doubts: Sequence[Doubt], *, is_wanted: Callable[[], bool] = lambda: True) -> Opinions:
        """Return the opinions. Stop as soon as they are not wanted any more. Raise JudgeError or LLMError."""
        ...

    def try_out(self) -> str:
        """Put an easy pair to the judge and say in words how it is reached. Raise JudgeError or LLMError."""
        ...


def stretch_of(quote: str, text: str) -> Span | None:
    """Return the words of the text that a quote is, letter case, white space and quotation marks aside; None for other words."""
    words = quote.strip(" \t\n\"'“”‘’.…").translate(_ALIKE).split()
    if not words or len(quote) > LONGEST_QUOTE:
        return None
    pattern = r"\s+".join(map(re.escape, words))
    match = re.search(rf"(?<!\w){pattern}(?!\w)", text.translate(_ALIKE), re.IGNORECASE)
    return Span(text[match.start() : match.end()], match.start(), match.end()) if match else None


def shown_name(name: str) -> str:
    """Return a judge's name as people are shown it: a server chose it, so only plain characters and not many."""
    return "".join(c for c in name if c.isalnum() or c in "-_./:@+ ").strip()[:LONGEST_NAME] or "without a name"
