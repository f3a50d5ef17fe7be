"""Knows how a text divides into sentences and an abstract into chunks, with character offsets into the abstract.

Leaves vectors to `embedding` and storage to `store`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from qa_bot.schema import Chunk, Paper, Span

# Part of the index fingerprint: change it whenever index_text or chunk_paper would give other texts.
TEXT_RECIPE = "title-newline-text/1"

# Never the end of a sentence, whatever follows.
_ALWAYS_OPEN = frozenset("e.g i.e eg ie cf vs viz ca dr mr mrs ms prof st approx resp esp incl w.r.t aka a.k.a".split())
# The end of a sentence only when a word with a capital follows: "et al. (2018)" goes on, "et al. We" does not.
_OPEN_BEFORE_NUMBER = frozenset("al fig figs eq eqs sec sect tab no nos ref refs vol ch app thm p pp".split())
_ENDER = re.compile(
    r"""(?P<stop>[.!?…]+)(?P<close>["'”’»)\]]*(?:\s?\[\^?\d[^\]\n]{0,40}\]|\s?~~\[[^\]\n]{0,40}\]~~|\s?【[^】\n]{0,40}】)*)(?=\s|$)"""
)
_BREAK = re.compile(r"\n\s*\n|\n(?=[ \t]*(?:[-*•+]|\#{1,6}|\d{1,2}[.)])[ \t])")
_NEXT = re.compile(r"""\s+["'“‘«(\[*_`$]*(?P<next>\S+)""")
_LAST_WORD = re.compile(r"\S+$")


def _goes_on(text: str, stop: re.Match[str]) -> bool:
    """Say whether the full stop matched by `stop` is inside a sentence (an abbreviation, an initial, a file name)."""
    after = _NEXT.match(text, stop.end())
    if after is None:
        return False
    following = after["next"]
    starts_low = following[0].islower() and not re.match(r"[a-z]+-?[A-Z0-9]", following)
    if stop["stop"] != ".":
        return starts_low and stop["stop"] != "?"
    word = _LAST_WORD.search(text[max(0, stop.start() - 40) : stop.start()])
    bare = word[0].lstrip("([{\"'“‘").rstrip(".") if word else ""
    is_word = not (bare.isupper() and len(bare) > 1)  # "DR." and "VS." are acronyms
    if is_word and bare.lower() in _ALWAYS_OPEN and not stop["close"]:
        return True
    if is_word and bare.lower() in _OPEN_BEFORE_NUMBER:
        return not following[0].isupper() or text[after.start("next") - 1] in "(["
    if len(bare) == 1 and bare.isupper() and following[0].isupper():
        before = text[: stop.start() - 1].split()[-1:]
        # "Olivier J. Hénaff", "and C. Daniel Freeman", but not "in class C. We"
        return not before or before[0][0].isupper() or before[0] in ("and", "by", "with", "&")
    return starts_low


def split_sentences(text: str) -> list[Span]:
    """Divide a text into sentences, in order, each a slice of it without the white space around.

    Blank lines and list items end a sentence too; citation marks right after a full stop stay with their sentence.
    """
    cuts = {0, len(text)}
    cuts.update(match.end() for match in _BREAK.finditer(text))
    cuts.update(match.end() for match in _ENDER.finditer(text) if not _goes_on(text, match))
    edges = sorted(cuts)
    spans = []
    for start, end in zip(edges, edges[1:]):
        piece = text[start:end]
        stripped = piece.strip()
        if not stripped:
            continue
        offset = start + len(piece) - len(piece.lstrip())
        if spans and not re.search(r"\w", stripped):  # a lone " ." behind a URL belongs to the sentence before
            last = spans.pop()
            spans.append(Span(text[last.start : offset + len(stripped)], last.start, offset + len(stripped)))
        else:
            spans.append(Span(stripped, offset, offset + len(stripped)))
    return spans


def index_text(title: str, text: str) -> str:
    """Return what is embedded and searched for a chunk: its title on a line of its own, then its text."""
    return f"{title}\n{text}" if title else text


def sentence_text(paper: Paper, span: Span) -> str:
    """Return what is embedded for a sentence: its paper's title, then the sentence."""
    return titled(paper, span.text)


def titled(paper: Paper, text: str) -> str:
    """Return a text of a paper as it is embedded: under the paper's title, unless that is a stand-in."""
    return index_text("" if paper.title_is_stand_in else paper.title, text)


def chunk_paper(paper: Paper, *, count_tokens: Callable[[str], int], window_tokens: int) -> list[Chunk]:
    """Return the chunks of every version: a whole abstract, or runs of sentences where title and text outgrow the window.

    The runs are as even as whole sentences allow. A single sentence longer than the window stays whole: the model
    reads its beginning and the term index all of it.
    """
    title = "" if paper.title_is_stand_in else paper.title
    chunks = []
    for number, version in enumerate(paper.versions):
        abstract = version.abstract
        runs = [(0, len(abstract))]
        text = index_text(title, abstract)
        if count_tokens(text) > window_tokens:
            runs = _sentence_runs(abstract, count_tokens, max(window_tokens - count_tokens(title) - 8, 32))
        chunks += [
            Chunk(f"{paper.paper_id}#{number}.{place}", paper.paper_id, number, abstract[start:end], start, end)
            for place, (start, end) in enumerate(runs)
        ]
    return chunks


def _sentence_runs(abstract: str, count_tokens: Callable[[str], int], room: int) -> list[tuple[int, int]]:
    sentences = [(span, count_tokens(span.text)) for span in split_sentences(abstract)]
    total = sum(tokens for _, tokens in sentences)
    target = total / -(-total // room)
    runs: list[tuple[int, int]] = []
    start, used = None, 0
    for span, tokens in sentences:
        if start is not None and (used + tokens > room or used >= target):
            runs.append((start, end))
            start, used = None, 0
        start = span.start if start is None else start
        end, used = span.end, used + tokens
    if start is not None:
        runs.append((start, end))
    return runs
