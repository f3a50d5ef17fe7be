"""Knows where the versions of an abstract disagree: the figures that an earlier one gave for the same thing.

Leaves merging versions to `catalogue`; here they are only compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from qa_bot.chunking import split_sentences
from qa_bot.figures import mismatches
from qa_bot.schema import Paper, Span

# Two wordings of one sentence share at least this much of their characters (difflib's ratio).
_SAME_SENTENCE = 0.6


@dataclass(frozen=True)
class Disagreement:
    """A sentence of the newest version and the wording of an earlier one that gives other figures."""

    newest: str
    earlier: str
    figures: tuple[str, ...]


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
