"""Knows the short names that a paper goes by ("ViT-22B", "Skip-Sideways", "DUT18D") and where a question says one.

Leaves keeping them to `store`, and what follows from a named paper to `answering`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qa_bot.schema import Paper

# "leading": the title opens with it; "defined": the abstract introduces it; "token": a coined word somewhere in the title.
Ground = Literal["leading", "defined", "token"]

_WORD = r"[A-Za-z0-9][\w+]*(?:[.-]\w+)*"
_INTRODUCED = re.compile(
    rf"\b(?:call(?:ed)?|named?|dubbed|termed|introduc(?:e|es|ed|ing)|present(?:s|ed|ing)?|propos(?:e|es|ed|ing)|develop(?:ed|s)?|releas(?:e|ed)|describe)\s+"
    rf"(?:(?:a|an|the|our|it|this|new|novel)\s+){{0,3}}(?P<name>{_WORD}(?: [A-Z0-9][\w+-]*)?)"
    rf"|\b(?:method|model|approach|framework|system|algorithm|dataset|benchmark|optimizer|library|transformer|network|agent|family|architecture)s?,\s"
    rf"(?:(?P<apposed>[A-Z]\w+),|(?P<named>{_WORD})(?=[,\s]))"
)
_BRACKETED = re.compile(r"\((?P<name>[A-Za-z0-9][\w.+-]{0,14}[\w+])\)")
_FIGURE = re.compile(r"\d[\d.,]*[kKMB%]?$")
_SIZE = re.compile(r"(?<=\w\w)-\d+(?:\.\d+)?[kKmMbBgG](?:/\d+)?$")
_DIGITS = {word: str(n) for n, word in enumerate("one two three four five six seven eight nine".split(), 1)}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_DIGITS)})\b")
_BEFORE_BRACKET = 80  # characters in which the words stand that a bracketed name shortens
_MOST_READ = 20_000  # of an abstract; longer ones are no abstracts
_MOST_WORDS = 5
_FEWEST_INITIALS, _MOST_INITIALS = 3, 6
# What a title says its paper is, and a question leaves out: "the Atari Grand Challenge" of "The Atari Grand Challenge Dataset".
_KIND = re.compile(r"\s+(?:technical report|data ?sets?|benchmarks?|challenge|corpus|suite|toolkit|library|report)$", re.I)
_SMALL_WORDS = frozenset("a an the of for and in on to with by from via at as".split())


@dataclass(frozen=True)
class Name:
    """A name of a paper; `key` is what two spellings of it share."""

    key: str
    ground: Ground


@dataclass(frozen=True)
class Mention:
    """A place in a question that reads like a name."""

    key: str
    start: int
    end: int


def key_of(name: str) -> str:
    """Return a name without case, spaces and punctuation: "ViT 22B" and "ViT-22B" share one."""
    return re.sub(r"[\W_]+", "", name).casefold()


@lru_cache(maxsize=1 << 16)
def is_coined(word: str) -> bool:
    """Say whether a word looks made up: capitals inside a part of it, all capitals, or letters and digits mixed.

    "ViT-22B", "mT5" and "DROW" do; "Real-Time" and "End-to-End" do not.
    """
    if word.isalpha() and (word.islower() or word[1:].islower()):  # nearly all words, in a fifth of the time
        return False
    return any(
        len(part) > 1 and (any(c.isupper() for c in part[1:]) or any(c.isdigit() for c in part)) and any(c.isalpha() for c in part)
        for part in re.split(r"[-.]", word)
    )


def names_of(paper: Paper) -> list[Name]:
    """Return the names of a paper, each key once, the strongest ground first."""
    found: dict[str, Ground] = {}
    if not paper.title_is_stand_in:
        for title in (paper.title, *paper.aliases):
            _add_title(title, found)
    for version in paper.versions:
        abstract = version.abstract[:_MOST_READ]
        for match in _BRACKETED.finditer(abstract):
            # "(LSTM)" alone names a thing of the field; an acronym of capitals must shorten the title too.
            before = abstract[max(0, match.start() - _BEFORE_BRACKET) : match.start()]
            before = paper.title if match["name"].rstrip("s").isupper() and match["name"].isalpha() else before
            names_a_class = bool(re.search(r"[A-Z]s$", match["name"]))  # "Vision Transformers (ViTs)"
            if is_coined(match["name"]) and not names_a_class and _shortens(match["name"], before) and found.get(key_of(match["name"])) in (None, "token"):
                found[key_of(match["name"])] = "defined"
        for match in _INTRODUCED.finditer(abstract):
            if match["apposed"]:  # "Our method, Odin, couples ..."
                found.setdefault(key_of(match["apposed"]), "defined")
            _add_introduced(match["name"] or match["named"] or "", found)
    return [Name(key, ground) for key, ground in found.items() if len(key) > 1]


def _add_title(title: str, found: dict[str, Ground]) -> None:
    opening, colon, _ = title.partition(":")
    if colon and len(opening.split()) <= _MOST_WORDS:
        found.setdefault(key_of(opening), "leading")
        if (bare := opening.partition("(")[0].split()) and len(bare) > 1:  # "Big Transfer (BiT)"
            found.setdefault(key_of("".join(bare)), "leading")
    words = opening.split()
    if words and not words[0][0].isdigit() and is_coined(words[0].strip(",.?!")) and (colon or len(words) > 1):
        number = f" {words[1]}" if len(words) > 1 and words[1].isdigit() else ""
        found.setdefault(key_of(words[0] + number), "leading")
    if len(words) > 1 and words[0].isalpha() and words[0][0].isupper() and re.fullmatch(r"\d{1,2}", words[1]):
        found.setdefault(key_of(words[0] + words[1]), "leading")
    if _KIND.search(opening):
        bare = re.sub(r"^(?:the|an?)\s+", "", _KIND.sub("", opening), flags=re.I).split()
        if 1 < len(bare) <= _MOST_WORDS and all(word[0].isupper() or word[0].isdigit() for word in bare):
            found.setdefault(key_of("".join(bare)), "leading")
    for match in re.finditer(r"\((?P<name>[\w.+-]+)\)", title):
        found.setdefault(key_of(match["name"]), "leading")
    for word in re.findall(_WORD, title):
        if is_coined(word):
            found.setdefault(key_of(word), "token")
    if len(title.split()) > 2:
        found.setdefault(key_of(title), "leading")
    initials = "".join(word[0] for word in words if word[0].isalpha() and word.casefold() not in _SMALL_WORDS)
    if _FEWEST_INITIALS <= len(initials) <= _MOST_INITIALS:  # "PNAS" of "Progressive Neural Architecture Search"
        found.setdefault(key_of(initials), "token")


def _add_introduced(name: str, found: dict[str, Ground]) -> None:
    first, _, second = name.partition(" ")
    if _FIGURE.match(first) or not (is_coined(first) or re.match(r"[A-Z]\w+-[A-Z]\w+$", first)):
        return
    found.setdefault(key_of(first), "defined")
    if second and (second[0].isdigit() or is_coined(second)):
        found.setdefault(key_of(name), "defined")


def _shortens(name: str, before: str) -> bool:
    """Say whether each part of a bracketed name spells, in order, letters of the words before it, from a word's start.

    A digit inside a name counts letters and stands for none: "active acquisition for multimodal temporal data (A2MT)"; one
    that it opens with is a word: "Three Towers (3T)".
    """
    text = _NUMBER_WORD.sub(lambda found: _DIGITS[found[0]], before.casefold())
    words = [text[match.start() :] for match in re.finditer(r"\b\w", text)]
    parts = [part for part in re.split(r"[-.]", re.sub(r"(?<=[a-z])\d(?=[a-z])", "", name.casefold().removesuffix("s"))) if part]
    return all(any(words_on[0] == part[0] and _is_spelled(part, words_on) for words_on in words) for part in parts)


def _is_spelled(part: str, text: str) -> bool:
    """Say whether a text holds the letters of a part in order."""
    at = -1
    for letter in part:
        at = text.find(letter, at + 1)
        if at < 0:
            return False
    return True


def mentions(question: str) -> Iterator[Mention]:
    """Yield every run of up to twelve words of a question as a possible name, longest runs first."""
    words = [(m.start(), m.end()) for m in re.finditer(r"\w+(?:[.+-]\w+)*(?:['’]s)?", question)]
    for length in range(min(12, len(words)), 0, -1):
        for first in range(len(words) - length + 1):
            start, end = words[first][0], words[first + length - 1][1]
            text = re.sub(r"['’]s$", "", question[start:end])
            if length > 1 or is_coined(text) or (text[0].isupper() and first > 0) or len(text) > 3:
                yield Mention(key_of(text), start, start + len(text))
                if length == 1 and (sized := _SIZE.search(text)):  # "SoViT-400m" is the paper on SoViT
                    yield Mention(key_of(text[: sized.start()]), start, start + len(text))
