"""Knows where the versions of an abstract disagree: the figures that an earlier one gave for the same thing, and other words.

Leaves merging versions to `catalogue`; here they are only compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from qa_bot.chunking import split_sentences
from qa_bot.figures import mismatches
from qa_bot.schema import Paper, Span

_VERSION = re.compile(
    r"\b(?:(?:earlier|previous|first|older|original|prior|old|other|newer|latest|newest|current|second|revised|updated"
    r"|initial|two|both|different|several|various)"
    r"(?: \w+)? (?:versions?|wordings?|abstract|draft)|versions|wordings|(?:arxiv )?v[12])\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:(?:abstract|wording|text)\b.*\b(?:chang|updat|revis|correct|edit|rewr|reword|differ)\w*|(?:chang|updat"
    r"|revis|correct|rewr|reword)\w*\b.*\b(?:abstract|wording)"
    r"|(?:was|were|has|have|been)\b.*\b(?:results?|numbers?|figures?|scores?|accurac\w+|values?)\b.*\b(?:revised"
    r"|updated|corrected|changed|edited)"
    r"|did\b.*\b(?:results?|numbers?|figures?|scores?|values?)\b.*\bchange(?! (?:with|when|as|if|under)\b))\b",
    re.IGNORECASE,
)
_OF_TEXT = re.compile(r"\b(?:abstract|wording|paper|draft)\b", re.IGNORECASE)
_LONGEST = 1_500
# Two wordings of one sentence share at least this much of their characters (difflib's ratio).
_SAME_SENTENCE = 0.6


@dataclass(frozen=True)
class Disagreement:
    """A sentence of the newest version and the wording of an earlier one that gives other figures."""

    newest: str
    earlier: str
    figures: tuple[str, ...]


def asks_about_versions(question: str) -> bool:
    """Say whether a question is about the versions of a text themselves: what the earlier one said, whether it changed."""
    return len(question) <= _LONGEST and bool(_VERSION.search(question) or _CHANGED.search(question))


def asks_about_text(question: str) -> bool:
    """Say whether such a question speaks of an abstract or a paper, and not of the versions of a model."""
    return bool(_OF_TEXT.search(question))


def without_version_words(question: str) -> str:
    """Return what else a question about versions says."""
    return re.sub(
        r"\b(?:abstracts?|wordings?|versions?|results?|numbers?|figures?|report\w*|give|gave|say|said|claim\w*)\b",
        " ",
        _VERSION.sub(" ", question),
        flags=re.IGNORECASE,
    )


def rewordings(paper: Paper) -> list[Disagreement]:
    """Return the sentences of the newest version that an earlier one words otherwise, figures or not."""
    found = []
    for version in paper.versions[1:]:
        known = {span.text for span in split_sentences(version.abstract)}
        for span in split_sentences(paper.abstract):
            if span.text not in known and (earlier := _counterpart(span.text, version.abstract)):
                found.append(Disagreement(span.text, earlier, ()))
    return found


def new_sentences(paper: Paper) -> int:
    """Return how many sentences of the newest version no earlier one says in much the same words."""
    return sum(
        1
        for span in split_sentences(paper.abstract)
        if not any(_counterpart(span.text, version.abstract) for version in paper.versions[1:])
    )


def disagreements(paper: Paper, spans: Sequence[Span]) -> list[Disagreement]:
    """Return where an earlier version gives other figures than these sentences of the newest one."""
    found = []
    for span in spans:
        for version in paper.versions[1:]:
            earlier = _counterpart(span.text, version.abstract)
            changed = mismatches(earlier, span.text) if earlier else []
            if changed and mismatches(span.text, earlier):
                found.append(Disagreement(span.text, earlier, tuple(wrong.figure.text for wrong in changed)))
    return list(dict.fromkeys(found))


def _counterpart(sentence: str, abstract: str) -> str:
    """Return the sentence of an abstract that says the same thing in much the same words, or nothing."""
    matcher = SequenceMatcher(b=sentence, autojunk=False)
    best, likeness = "", _SAME_SENTENCE
    for span in split_sentences(abstract):
        matcher.set_seq1(span.text)
        if matcher.quick_ratio() > likeness and matcher.ratio() > likeness:
            best, likeness = span.text, matcher.ratio()
    return best
