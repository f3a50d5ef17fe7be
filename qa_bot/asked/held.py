"""Knows whether the sentences of a paper hold the thing that a question asks for, by their words, words of like meaning, figures and units.

Leaves reading the question to the package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from qa_bot.asked import AskedThing
from qa_bot.asked.words import COUNTED, COUNTED_BEFORE, FIGURE, IN_GROUPS, KINDS_OF, NUMBERED_NAME, OF_SOMETHING, PLACE_SAID, UNITS
from qa_bot.naming import is_coined
from qa_bot.synonyms import alike

Stems = Callable[[str], Sequence[str]]

# A word stands in for another from this likeness on, and for no more than that likeness; one of a group for a little less than the word itself.
LEAST_LIKE = 0.5
_GROUPED = 0.9
_NEARLY_BEST = 0.3
_LONGEST = 1_500  # characters of a sentence that are read; some patterns take the square of the length
_NO_COMPUTER = re.compile(r"\bcomputer[\s-](?=vision|science|graphics)")
_EXPLAINED = re.compile(r"(?P<before>(?:[\w-]+ ){1,6})\((?P<short>[A-Za-z]{0,3}[A-Z][A-Za-z]{0,4})\)")
_LEAST_SQUEEZED = 4  # letters from which a word is also said by one that it is a part of: "detector" by "LiT-detectors"


@dataclass(frozen=True)
class Held:
    """How far a paper holds a thing, in [0, 1]: how near its nearest word comes to the thing's head, the same of the thing's other words,
    whether the figure asked for stands with it, and how much of the rest of the question is said there, too."""

    head: float = 1.0
    others: float = 1.0
    figure: float = 1.0
    rest: float = 1.0


@dataclass(frozen=True)
class Text:
    """A text made ready for looking words up in it: its words in lower case, those with hyphens whole and in parts, and their stems."""

    text: str
    words: frozenset[str]
    stems: frozenset[str]
    joined: str


@dataclass(frozen=True)
class Wanted:
    """A word made ready for being looked up: its stems, and the words that stand in for it with their likeness."""

    stems: frozenset[str]
    squeezed: str
    near: Mapping[str, float]


def text_of(text: str, stems: Stems, *, said: Sequence[str] | None = None) -> Text:
    """Return a text made ready; `said` are its stems where they are known."""
    text = text[:_LONGEST]
    words = set(re.findall(r"[a-z][\w+]*(?:-[\w+]+)*", _NO_COMPUTER.sub("", text.casefold())))
    words |= {part for word in words if "-" in word for part in word.split("-")}
    return Text(text, frozenset(words), frozenset(stems(text) if said is None else said), " ".join(words))


def wanted(word: str, stems: Stems, *, without: Set[str] = frozenset()) -> Wanted:
    """Return a word made ready for being looked up; the words `without` do not stand in for it."""
    low = word.casefold()
    squeezed = re.sub(r"\W", "", low)
    near = _near_words(low)
    if without & near.keys():
        near = {other: value for other, value in near.items() if other not in without}
    return Wanted(frozenset(stems(low)), squeezed.rstrip("s") if len(squeezed) >= _LEAST_SQUEEZED else "", near)


@lru_cache(maxsize=4096)
def _near_words(word: str) -> dict[str, float]:
    near = {other: value for other, value in alike(word) if value >= LEAST_LIKE}
    near |= {other: _GROUPED for other in IN_GROUPS.get(word, ())}
    return near | {word: 1.0}


def likeness(word: Wanted, text: Text) -> float:
    """Return how near the nearest word of a text comes to a word, in [0, 1]."""
    if (word.stems and word.stems <= text.stems) or (word.squeezed and word.squeezed in text.joined):
        return 1.0
    return max((word.near[other] for other in word.near.keys() & text.words), default=0.0)


def said_share(words: Sequence[Wanted], text: Text) -> float:
    """Return how far a text says some words, on average; 1 for none."""
    return sum(likeness(word, text) for word in words) / len(words) if words else 1.0


def held_by(thing: AskedThing, sentences: Sequence[str], stems: Stems, *, rest: Sequence[str] = (), asked: Sequence[str] = ()) -> Held:
    """Return how far the sentences of a paper hold a thing: all of its sides are looked for in one sentence, the best one.

    `rest` are the other telling words of the question, looked for in the sentences that hold the thing nearly best; `asked` are all
    of its words, of which names stand in for no other: "Atari" is not which games are in the Atari dataset.
    """
    if thing.kind == "place":
        return Held(head=float(any(PLACE_SAID.search(text[:_LONGEST]) for text in sentences)))
    if not sentences or not (thing.words or thing.units):
        return Held()
    texts = [text_of(text, stems) for text in spelled_out(sentences)]
    own = {word.casefold() for word in asked if word[0].isupper()} - {word.casefold() for word in thing.words}
    words = [wanted(word, stems, without=own) for word in thing.words]
    judged = [_judge(thing, words, text, stems) for text in texts]
    best = max(sum(sides) for sides in judged)
    others = [wanted(word, stems) for word in rest]
    nearly = [text for text, sides in zip(texts, judged) if sum(sides) >= best - _NEARLY_BEST]
    return Held(*max(judged, key=sum), rest=max(said_share(others, text) for text in nearly))


def spelled_out(sentences: Sequence[str]) -> list[str]:
    """Return the sentences of a text with each acronym that one of them explains followed by what it stands for:
    "six leading ViFMs" becomes "six leading video foundation models" where another says "video foundation models (ViFMs)".
    """
    meant: dict[str, str] = {}
    for sentence in sentences:
        for found in _EXPLAINED.finditer(sentence[:_LONGEST]):
            words = found["before"].split()
            letters = [letter for letter in found["short"].removesuffix("s") if letter.isalpha()]
            starts = [n for n, word in enumerate(words) if word[0].casefold() == letters[0].casefold() and len(words) - n <= len(letters)]
            if starts and len(letters) > 1:
                meant[found["short"]] = " ".join(words[starts[0] :])
    if not meant:
        return list(sentences)
    short = re.compile(rf"(?<![\w(-])(?:{'|'.join(map(re.escape, meant))})(?![\w)-])")
    return [short.sub(lambda found: meant[found[0]], sentence) for sentence in sentences]


def holds(thing: AskedThing, text: Text, stems: Stems) -> float:
    """Return how far one sentence holds a thing, in [0, 1]: its head, with the figure and, for half of it, the other words."""
    if thing.kind == "place":
        return float(bool(PLACE_SAID.search(text.text)))
    if not (thing.words or thing.units):
        return 0.0
    head, others, figure = _judge(thing, [wanted(word, stems) for word in thing.words], text, stems)
    return head * figure * (0.5 + 0.5 * others)


def _bears_name(word: Wanted, text: Text) -> bool:
    """Say whether a name stands beside a word, or a word of its like: "a Hokuyo laser scanner", "the robot Bob"."""
    said = re.findall(r"[\w-]+", text.text)
    places = [n for n, one in enumerate(said) if one.casefold() in word.near or one.casefold().rstrip("s") in word.near]
    beside = [said[n] for place in places for n in (place - 2, place - 1, place + 1) if 0 < n < len(said) and n not in places]
    return any(not one[0].isdigit() and (one[0].isupper() or is_coined(one)) for one in beside)  # "464k scans" bear none


def _judge(thing: AskedThing, words: Sequence[Wanted], text: Text, stems: Stems) -> tuple[float, float, float]:
    """Return (head, others, figure) of one sentence."""
    head = likeness(words[-1], text) if words else 1.0
    if len(words) > 1 and thing.words[-1].casefold() in OF_SOMETHING:
        head = min(head, likeness(words[-2], text))
    others = said_share(words[:-1], text)
    if not (thing.units or thing.is_numeric):
        return head, others, 1.0
    if thing.units == ("make",):
        return head, others, float(_bears_name(words[-1], text))
    bare = NUMBERED_NAME.sub(r"\g<name>", text.text)
    if thing.kind == "count" and words:
        counted = " ".join(found["what"] for pattern in (COUNTED, COUNTED_BEFORE) for found in pattern.finditer(bare))
        if not KINDS_OF.search(thing.phrase):  # "two types of layers" does not say how many layers
            counted = KINDS_OF.sub("", counted)
        return head, others, likeness(words[-1], text_of(counted, stems))
    if not thing.units or thing.units == ("any",):
        return head, others, float(bool(FIGURE.search(bare)))
    figure = float(any(UNITS[unit].search(bare) for unit in thing.units))
    return max(head, _GROUPED * figure), others, figure  # "116km" speaks of a distance without the word
