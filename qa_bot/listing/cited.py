"""Knows which papers an earlier answer cites, as far as its words tell.

Leaves what a follow-up makes of them to `follow_up`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from qa_bot import retrieval
from qa_bot.citations.marks import find_marks, without_strikes
from qa_bot.naming import key_of
from qa_bot.schema import Filters, Hit, Paper
from qa_bot.store import PaperStore

_MARKS_READ = 6
_COMPARED = re.compile(r"\b(?:than|to|with|against|over|from|unlike|like|beats?|outperforms?)\s+(?:the )?$", re.I)
# An earlier answer's sentence is of the paper that holds more than this share of its words.
_WORDS_HELD = 0.7


def cited_titles(told: str, *, store: PaperStore, rank: Callable[[str, int, Filters | None], list[Hit]]) -> list[str]:
    """Return the titles of the papers that an earlier answer cites, in the order of its marks, as far as its words tell."""
    text = without_strikes(told)
    titles, place, seen = [], 0, set()
    for mark in find_marks(text):
        piece, place = text[place : mark.start].strip(), mark.end
        if not piece or mark.numbers[0] in seen or len(seen) >= _MARKS_READ:
            continue
        seen.add(mark.numbers[0])
        quoted = [paper for words in re.findall(r"“([^”]+)”", piece) for paper in _bearing(words, store)]
        titles += [paper.title for paper in quoted[:1] or _called(piece, store) or _holding(piece, store, rank)]
    return list(dict.fromkeys(titles))


def _called(piece: str, store: PaperStore) -> list[Paper]:
    """Return the one paper that a piece of an answer calls by its title or name, and compares with nothing: "SciVid [1]"."""
    named = retrieval.named_places(piece, store, counts_use=False)
    if len({paper_id for paper_id, _ in named}) != 1 or _COMPARED.search(piece[: named[0][1][0]]):
        return []
    return list(store.truth.papers_by_id([named[0][0]]).values())


def _bearing(title: str, store: PaperStore) -> list[Paper]:
    owners = store.truth.papers_named([key_of(title)]).get(key_of(title), [])
    return [
        paper
        for paper in store.truth.papers_by_id([paper_id for paper_id, _ in owners]).values()
        if key_of(paper.title) == key_of(title)
    ]


def _holding(piece: str, store: PaperStore, rank: Callable[[str, int, Filters | None], list[Hit]]) -> list[Paper]:
    """Return the one paper whose abstract holds the words of a piece of an answer, or most of them."""
    words = set(store.terms.stems(" ".join(retrieval.query_words(piece))))
    best, share = None, _WORDS_HELD
    for hit in rank(piece, 3, None):
        held = len(words & set(store.terms.stems(f"{hit.paper.title} {hit.paper.abstract}"))) / max(1, len(words))
        if held > share:
            best, share = hit.paper, held
    return [best] if best else []
