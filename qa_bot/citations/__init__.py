"""Knows which sources a text cites: resolves its marks, numbers them by first use, strikes out the invented ones.

Leaves the forms of marks to `marks`, whether a source supports a sentence to `support`, and who wrote the text
to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from qa_bot.citations.marks import Mark, begun_mark, find_marks, without_strikes
from qa_bot.citations.harmless import plain_markdown
from qa_bot.citations.named_titles import borne_by, normal, reads_like_title, unknown_titles
from qa_bot.schema import Problem, Sentence, Source, Span

__all__ = ["CitedText", "plain_markdown", "resolve_citations"]

_MARKS_ONLY = re.compile(r"(?:[\s.,;:*_\"”)]|~~\[[\d-]+\]~~|\[\d+\])*")
_ITEM = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+•][ \t]+|\d{1,3}[.)][ \t]+)")
_HEADING = re.compile(r"[ \t]*(?:#{1,6}[ \t].*|\*\*[^*\n]+\*\*:?|__[^_\n]+__:?)[ \t]*")
_RULE = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}|[ \t]*\|?[\s:|-]*-[\s:|-]*\|[\s:|-]*")
_LIST_NAMES = (
    r"(?:references|sources|bibliography|citations|works cited|(?:cited|retrieved|used) (?:papers|sources|works)|sources (?:used"
    r"|cited)"
    r"|quellen|literatur|referencias|références)"
)
_LIST_HEADING = re.compile(rf"\W*{_LIST_NAMES}\W*", re.IGNORECASE)
_LIST_IN_A_LINE = re.compile(rf"\W*{_LIST_NAMES}[*_]*\s*:[*_]*\s*(?P<marks>\W*[\d\W]+)", re.IGNORECASE)

_Entry = tuple[tuple[int | str, ...], str]  # of a list of references: the numbers it bears, the words behind them


@dataclass(frozen=True)
class CitedText:
    """A text whose marks are resolved.

    `text` holds the marks as [n], counting the cited sources in the order of first use, and an invented one as ~~[n]~~
    with the writer's number. `sentences` are slices of it. `sources` are all the sources given, the cited first.
    """

    text: str
    sentences: tuple[Sentence, ...]
    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Numbering:
    """The sources by the writer's number, and the numbers they get as they are used."""

    by_number: dict[int, Source]
    new: dict[int, int] = field(default_factory=dict)
    invented: dict[str, int] = field(default_factory=dict)

    def written(self, number: int | str) -> str:
        if number in self.by_number:
            return f"[{self.new.setdefault(int(number), len(self.new) + 1)}]"
        self.invented[str(number)] = self.invented.get(str(number), 0) + 1
        return f"~~[{number}]~~"


def resolve_citations(text: str, sources: Sequence[Source], *, split_sentences: Callable[[str], list[Span]]) -> CitedText:
    """Find the citations of a text, number them in the order of first use and say which are invented.

    `sources` bear the numbers that the writer saw. The text is made harmless first (`plain_markdown`). A mark that is only
    half there, as at the end of a growing text, is left out until it is whole. A list of references that the writer
    put at the end is taken off, since the sources are shown anyway; what in it is wrong becomes a problem.
    """
    text = without_strikes(plain_markdown(text)).rstrip()
    text = text[: begun_mark(text)].rstrip()
    titles = {source.number: source.title for source in sources}
    body, entries = _split_reference_list(text, titles)
    numbering = _Numbering({source.number: source for source in sources})
    marks = find_marks(body, titles=titles)
    out, places = _with_marks(body, marks, numbering)
    problems = [*_listed_problems(entries, sources, numbering), *_label_problems(marks, sources)]
    invented = [
        Problem("invented_citation", _invented_message(name, times, len(sources))) for name, times in numbering.invented.items()
    ]
    unknown = [
        Problem("unknown_title", f"The text names “{name}”, which is none of the retrieved papers.")
        for name in unknown_titles(body, sources)
    ]
    return CitedText(
        out,
        tuple(_sentences(out, places, split_sentences)),
        _renumbered(sources, numbering),
        tuple(dict.fromkeys([*invented, *unknown, *problems])),
    )


def _with_marks(text: str, marks: Sequence[Mark], numbering: _Numbering) -> tuple[str, list[tuple[int, int]]]:
    """Return the text with its marks resolved, and where in it which source is cited: (offset, number)."""
    pieces, place = "", 0
    places: list[tuple[int, int]] = []
    for mark in marks:
        if mark.start < place:
            continue
        pieces += text[place : mark.start]
        for number in mark.numbers:
            written = numbering.written(number)
            # Markdown strikes through only where a word or another strike does not touch the ~~
            if written.startswith("~") and pieces and (pieces[-1].isalnum() or pieces[-1] == "~"):
                pieces += " "
            if written.startswith("["):
                places.append((len(pieces), int(written[1:-1])))
            pieces += written
        place = mark.end
        following = text[place : place + 1]
        at_line_start = not pieces[pieces.rfind("\n") + 1 :].strip("[]~0123456789 \t>*-")
        # [1](x) would be a link and a line "[1]: x" its definition
        if following == "(" or (following == ":" and at_line_start) or (following.isalnum() and pieces.endswith("~")):
            pieces += " "
    return pieces + text[place:], places


def _renumbered(sources: Sequence[Source], numbering: _Numbering) -> tuple[Source, ...]:
    cited = [replace(numbering.by_number[old], number=new, cited=True) for old, new in numbering.new.items()]
    rest = [source for source in sources if source.number not in numbering.new]
    return (*cited, *(replace(source, number=len(cited) + place, cited=False) for place, source in enumerate(rest, 1)))


def _invented_message(name: str, times: int, given: int) -> str:
    often = "" if times == 1 else f" {times} times"
    papers = "1 paper was" if given == 1 else f"{given} papers were"
    return (
        f"The text cites [{name}]{often}, but only {papers} given to it."
        if given
        else f"The text cites [{name}]{often}, but no paper was given to it."
    )


def _sentences(text: str, places: Sequence[tuple[int, int]], split_sentences: Callable[[str], list[Span]]) -> Iterator[Sentence]:
    """Yield the sentences; marks that follow a full stop, or stand on a line of their own, belong to the sentence before."""
    waiting: tuple[int, int] | None = None
    for start, end in _blocks(text, {offset for offset, _ in places}):
        block = text[start:end]
        # Emphasis around a full stop ("**It does.** [1]") hides it from a splitter of plain text: quotes are as long and do not.
        for span in split_sentences(block.replace("*", '"')):
            edges = (start + span.start, start + span.end)
            if waiting and _MARKS_ONLY.fullmatch(text[slice(*edges)]):
                waiting = (waiting[0], edges[1])
                continue
            if waiting:
                yield _sentence(text, *waiting, places)
            waiting = edges
    if waiting:
        yield _sentence(text, *waiting, places)


def _sentence(text: str, start: int, end: int, places: Sequence[tuple[int, int]]) -> Sentence:
    numbers = [number for offset, number in places if start <= offset < end]
    return Sentence(text[start:end], start, end, tuple(dict.fromkeys(numbers)))


def _blocks(text: str, cited_at: set[int]) -> Iterator[tuple[int, int]]:
    """Yield where the paragraphs, list items and table rows of a markdown text are, without list markers, code and headings.

    A heading that cites something (at one of the offsets `cited_at`) makes a claim and stays.
    """
    start: int | None = None
    place, in_code = 0, False
    for line in text.splitlines(keepends=True):
        begin, place = place, place + len(line)
        is_fence = line.lstrip().startswith(("```", "~~~"))
        bare = line.rstrip("\r\n")
        is_heading = bool(_HEADING.fullmatch(bare)) and cited_at.isdisjoint(range(begin, place))
        is_item, is_row = _ITEM.match(bare), bare.lstrip().startswith("|")
        ends = is_fence or in_code or not bare.strip() or is_heading or bool(_RULE.fullmatch(bare)) or is_item or is_row
        if ends and start is not None:
            yield start, begin
            start = None
        in_code = in_code != is_fence
        if is_item and not _RULE.fullmatch(bare):
            start = begin + is_item.end()
        elif is_row and not _RULE.fullmatch(bare):
            yield begin, begin + len(bare)
        elif not ends:
            start = begin if start is None else start
    if start is not None:
        yield start, len(text)


def _split_reference_list(text: str, titles: dict[int, str]) -> tuple[str, list[_Entry]]:
    """Divide a text into its body and the entries (numbers, words) of the list of references at its end.

    There is one under a heading like "Sources:", or where a last paragraph's lines each tell the title of a source that
    the body cites. A body without marks keeps its list: the list is all that it cites.
    """
    lines = text.splitlines(keepends=True)
    entries: list[_Entry] = []
    for place in range(len(lines) - 1, 0, -1):
        line, body = lines[place].strip(), "".join(lines[:place])
        if not line or _RULE.fullmatch(line):
            continue
        in_a_line = _LIST_IN_A_LINE.fullmatch(line)
        if in_a_line and not entries and (marks := find_marks(in_a_line["marks"])):
            entries = [(tuple(number for mark in marks for number in mark.numbers), "")]
        if _LIST_HEADING.fullmatch(line) or in_a_line:
            return (body.rstrip(), entries) if find_marks(body, titles=titles) else (text, [])
        entry = _entry(line, titles)
        if entry is None:
            break
        entries = [entry, *entries]
        if not lines[place - 1].strip() and _repeats_citations(entries, body.rstrip(), titles):
            return body.rstrip(), entries
    return text, []


def _repeats_citations(entries: Sequence[_Entry], body: str, titles: dict[int, str]) -> bool:
    """Say whether entries without a heading only tell again what the body cites; a list that a colon announces does not."""
    known = [normal(title) for title in titles.values() if len(title) > 3]
    cited = {number for mark in find_marks(body, titles=titles) for number in mark.numbers}
    names_titles = all(numbers and any(title in normal(words) for title in known) for numbers, words in entries)
    return (
        names_titles
        and not body.endswith(":")
        and cited.issuperset(number for numbers, _ in entries for number in numbers if number in titles)
    )


def _entry(line: str, titles: dict[int, str]) -> _Entry | None:
    marker = _ITEM.match(line + " ")
    rest = line[marker.end() :] if marker else line
    marks = find_marks(rest, titles=titles)
    if marks and not rest[: marks[0].start].strip(" *_"):
        return marks[0].numbers, rest[marks[0].end :].strip(" :.*_-–—")
    if marker is None:
        return None
    ordinal = re.match(r"\s*(\d+)[.)]", line)
    return ((int(ordinal[1]),) if ordinal else ()), rest


def _listed_problems(entries: Sequence[_Entry], sources: Sequence[Source], numbering: _Numbering) -> Iterator[Problem]:
    for numbers, words in entries:
        for number in numbers:
            if number not in numbering.by_number:
                numbering.invented.setdefault(str(number), 1)
                continue
            yield from _label_problem(int(number), words, sources)
        titled = re.split(r"\.\s|,\s(?=(?:19|20)\d\d)|\s\((?:19|20)\d\d", words)[0].strip(' *_"“”.')
        if reads_like_title(titled) and not borne_by(titled, sources):
            yield Problem("unknown_title", f"The text names “{titled}”, which is none of the retrieved papers.")


def _label_problems(marks: Sequence[Mark], sources: Sequence[Source]) -> Iterator[Problem]:
    for mark in marks:
        if mark.label and isinstance(mark.numbers[0], int):
            yield from _label_problem(mark.numbers[0], mark.label, sources)
            if reads_like_title(mark.label) and not borne_by(mark.label, sources):
                yield Problem("unknown_title", f"The text names “{mark.label}”, which is none of the retrieved papers.")


def _label_problem(number: int, words: str, sources: Sequence[Source]) -> Iterator[Problem]:
    """Yield a problem when words that stand for source `number` bear another source's title."""
    said = normal(words)
    bearers = [source for source in sources if len(source.title) > 3 and normal(source.title) in said]
    own = next((source for source in sources if source.number == number), None)
    if own is not None and bearers and own not in bearers:
        yield Problem("mislabelled_citation", f"The text calls “{own.title}” by the title “{bearers[0].title}”.")
