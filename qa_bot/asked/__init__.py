"""Knows what thing a question asks for ("which optimizer", "how many GPUs", "how long", "where").

`held` says whether a text holds such a thing, `words` is the vocabulary of both. Leaves what follows from a thing that no sentence
holds to `evidence`. English only: a question in another language asks for nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qa_bot.asked.words import COUNTED_IN_SHORT, DEGREE, DEVICES, GOES_UNSAID, MAKES, NUMERIC, SAID_WITH_ITS_NAME, UNIT_OF_WORD
from qa_bot.retrieval import STOP_WORDS

Kind = Literal["count", "amount", "name", "place", "person"]

_MASS = frozenset(
    """hardware software data compute energy electricity memory time money information equipment funding pretraining training evidence code""".split()
)
_MOST_WORDS = 4  # of the thing itself: "attention cell search space"
_AUXILIARY = "is are was were do does did has have had can could should will would may might must be been being"
_PREPOSITION = """of to in on for at from with about by behind under over into through during after before between among without within per than as
    via against  that which who when if while and or nor but whether how what"""
_STARTS_PHRASE = "the a an its their his her this that these those it they he she we you i one"
_VERB_WORDS = frozenset(
    """took take takes came come comes went made make makes gave give gives got get gets wrote won beat beats ran run runs held kept led left
    met paid sent set shot sold taught thought told used uses use needed needs need serve serves hosts hosted accept accepted accepts
    underlie limit limits work works carry learn learned learnt train trained trains help helps support supports cover covers contain
    contains reach reaches achieve achieves perform performs play plays drive drives happens happened causes replaces matters lets lost
    exist exists follow follows show shows apply applies remain remains improve improves outperform outperforms power powers enable
    enables""".split()
)
_ENDS = frozenset(f"{_AUXILIARY} {_PREPOSITION}".split())
_AUXILIARIES = frozenset(_AUXILIARY.split())
_AUXILIARY_SOON = re.compile(r"\s+[\w-]+\s+(?:do|does|did|is|are|was|were|has|have|had|can|could)\b")
_STARTS = frozenset(_STARTS_PHRASE.split())

_ASKS = re.compile(
    r"\b(?:(?P<many>how many)|(?P<much>how much)|how (?P<degree>[a-z]+)|(?P<name>which|what|whose)|(?P<place>where)|(?P<person>who|by whom))\b"
    r"(?P<rest>[^?]*)", re.I,
)  # fmt: skip
# A question word asks at the beginning or after a comma or "and"; elsewhere it binds a clause: "do what users want".
_LEADS = re.compile(
    r"(?:^|[,:;]|\s[-–—]\s|\b(?:and|but|or|so|then)\b)\W*"
    r"(?:(?:and|but|or|so|then|please|tell me|say|by|in|on|at|to|of|for|from|with|under|over|into|during|through|after|about)\b\W*)*$", re.I)
_COMPARED_ON = re.compile(
    r"^\W*(?:please )?(?:compare|contrast)\b.*\b(?:on|by|in|regarding|in terms of|with respect to|as to) (?:the |their |its )?(?P<rest>[^?]+)$", re.I
)
_COSTS = re.compile(r"\bwhat (?:did|does|do|would|will|might) [^?]{2,80}? cost(?=\W*$|\W*\?| (?:to|in|them|us|me)\b)", re.I)
_NEEDED = re.compile(r"^\W*(?:i (?:need|want|would like|am looking for|am after)(?: to know)?|(?:please )?(?:tell|give|get) me|looking for) (?:the|its|their) (?P<rest>[^?]+)", re.I)
_NUMBER_OF = re.compile(r"\b(?:number|numbers|count) of (?P<rest>.+)", re.I)
_THE_X_OF = re.compile(r"\W*(?:is|are|was|were|['’]s)\s+(?:the|its|their)\s+(?P<rest>.+)", re.I)
# "Where does it beat the baseline?" asks in what respect, not for a place.
_FARES = re.compile(
    r"\W*(?:does|do|did|is|are|was|were|can|will|would)\b.{0,80}?\b(?:better|worse|best|worst|beat|beats|outperform\w*|excel\w*|shine|fail\w*|struggle\w*|lag\w*|lose|win"
    r"|fall short|fall behind|stand|help\w*|improve\w*|gain\w*|break down|differ\w*|agree|come in|matter)\b", re.I
)
_OWNER = re.compile(r"\W*([a-z]+)['’]s?\s", re.I)  # "manufacturers' chips"
_COMPARATIVE = re.compile(r"\W*(?:more|less|better|worse|(?!number|layer|parameter|transformer|encoder|decoder|computer|power|water|paper|user|order|other|further)[a-z]{3,}er)\b", re.I)
_FINDS = re.compile(r"\W*(?:can|could|do|does|would|should|may|might)\s+(?:i|we|you|one|people|someone)\b|\W*to\b", re.I)


@dataclass(frozen=True)
class AskedThing:
    """What a question asks for. `phrase` is the thing as asked; `words` are those of it that an abstract would have to say, the head
    last; `units` are the kinds of unit that an amount may come in; `is_numeric` things are figures."""

    kind: Kind
    phrase: str
    words: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    is_numeric: bool = False

    @property
    def is_said_with_its_name(self) -> bool:
        """Whether an abstract that gives the thing must say its word, whether or not the question names a paper."""
        return self.kind == "name" and bool(self.words) and self.words[-1].casefold() in SAID_WITH_ITS_NAME

    def wanting(self) -> str:
        """Say what an abstract without the thing does not do: "mention an optimizer", "say how many GPUs"."""
        if self.kind == "count":
            return f"say how many {self.phrase}"
        if self.kind in ("place", "person"):
            return f"say {self.phrase}"
        if self.kind == "amount":
            return f"give {self.phrase}"
        is_one = self.phrase.islower() and not self.phrase.endswith("s") and self.phrase.split()[-1] not in _MASS
        return f"mention {'an' if self.phrase[0] in 'aeiou' else 'a'} {self.phrase}" if is_one else f"mention “{self.phrase}”"


def asked_thing(question: str) -> AskedThing | None:
    """Return the thing that a question asks for, None where it asks for none: "What is Kubric?", "Does it need convolutions?"."""
    for found in _ASKS.finditer(question):
        if _LEADS.search(question[: found.start()]) and (thing := _read(found)):
            return thing
    if _COSTS.search(question):
        return AskedThing("amount", "such a figure", (), ("money",), True)
    if needed := _NEEDED.match(question):
        if phrase := _noun_phrase(needed["rest"], may_end_in_verb=False):
            return AskedThing("name", " ".join(phrase), _telling(phrase), (), phrase[-1].casefold() in NUMERIC)
    if compared := _COMPARED_ON.search(question):
        named = re.sub(r"^(?:which|what|how many) (?!they\b)", "", compared["rest"], flags=re.I)
        if phrase := _noun_phrase(named, may_end_in_verb=False):
            return AskedThing("name", " ".join(phrase), _telling(phrase), (), phrase[-1].casefold() in NUMERIC)
    if (counted := _NUMBER_OF.search(question)) and (phrase := _noun_phrase(counted["rest"])):
        return AskedThing("count", " ".join(phrase), _telling(phrase), ("any",), True)
    return None


def _read(found: re.Match[str]) -> AskedThing | None:
    rest = found["rest"]
    if found["place"]:
        return None if _FINDS.match(rest) or _FARES.match(rest) else AskedThing("place", "where")
    if found["person"]:
        verb = re.match(r"\W*(?:has |have |had |is |are |was |were )?(?P<verb>[a-z]{3,})", rest, re.I)
        said = verb["verb"].casefold() if verb else ""
        return AskedThing("person", f"who {said} it", (said,)) if said and said not in STOP_WORDS and said not in GOES_UNSAID else None
    if degree := (found["degree"] or "").casefold():
        units = tuple(DEGREE.get(degree, "").split("|")) if degree in DEGREE else ()
        return AskedThing("amount", "such a figure", (), units, True) if units else None
    phrase = _noun_phrase(rest)
    if found["much"] and _COMPARATIVE.match(rest):  # "how much faster"
        return AskedThing("amount", "such a figure", (), ("any",), True)
    if found["much"]:
        said = [word for word in re.findall(r"[\w-]+", rest.casefold()) if word in UNIT_OF_WORD]
        units = tuple(UNIT_OF_WORD[said[0]].split("|")) if said else ("any",)
        return AskedThing("amount", " ".join(phrase) or "such a figure", _telling(phrase) if not said else (), units, True)
    if not phrase and (of := _THE_X_OF.match(rest)):
        phrase = _noun_phrase(of["rest"], may_end_in_verb=False)
    if not phrase:
        return None
    if found["many"]:
        if phrase[-1].casefold() in COUNTED_IN_SHORT:
            return AskedThing("amount", " ".join(phrase), _telling(phrase[:-1]), tuple(UNIT_OF_WORD[phrase[-1].casefold()].split("|")), True)
        return AskedThing("count", " ".join(phrase), _telling(phrase), ("any",), True)
    if phrase[-1].casefold() in ("number", "numbers", "count") and _NUMBER_OF.search(rest):
        return None
    if (owner := _OWNER.match(rest)) and owner[1].casefold() in SAID_WITH_ITS_NAME:
        phrase = [owner[1]]
    head = phrase[-1].casefold()
    if head in ("count", "counts") and len(phrase) > 1:  # "parameter counts"
        return AskedThing("count", " ".join(phrase), _telling(phrase[:-1]), ("any",), True)
    units = tuple(UNIT_OF_WORD[head].split("|")) if head in UNIT_OF_WORD else ()
    device = phrase[:-1] if head in MAKES else []
    if head in MAKES and (of := re.match(rf"\W*{head} of (?P<rest>.+)", rest, re.I)):
        device = _noun_phrase(of["rest"])
    if device and device[-1].casefold() in DEVICES:
        return AskedThing("name", f"{device[-1]} {head}", _telling(device), ("make",))
    return AskedThing("name", " ".join(phrase), _telling(phrase), units, head in NUMERIC)


def _telling(phrase: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a phrase that an abstract would have to say; "Python" is a programming language without the word."""
    if [word.casefold() for word in phrase[-2:]] in (["programming", "language"], ["programming", "languages"]):
        phrase = phrase[:-1]
    return tuple(word for word in phrase if word.casefold() not in STOP_WORDS and word.casefold() not in GOES_UNSAID)


def _noun_phrase(rest: str, *, may_end_in_verb: bool = True) -> list[str]:
    """Return the words of the noun phrase that a text opens with, without its verb: "telescope" of "telescope took the images"."""
    words: list[str] = []
    is_closed = not may_end_in_verb  # by an auxiliary or a preposition of nouns: what stands before it is no verb
    for match in re.finditer(r"\s*(?P<word>[\w+'’/-]+)(?P<stop>[,;:.(]?)", rest):
        word = match["word"]
        low = word.casefold()
        if low in _ENDS or low in _VERB_WORDS or re.fullmatch("['’](?:s|re)", low):
            is_closed |= low in _AUXILIARIES or low in ("of", "in", "on", "for", "from", "or", "and")
            break
        if low in _STARTS:
            if len(words) > 1:
                words.pop()  # the verb: "telescope took the images"
            break
        if words and re.fullmatch(r"[a-z]{3,}ed", low) and low not in ("speed", "seed", "need") and not _AUXILIARY_SOON.match(rest[match.end() :]):
            break
        words.append(word)
        if match["stop"] or len(words) > _MOST_WORDS:
            break
    if not is_closed:  # "network learns to", "methods report EgoSchema"
        verb = next((n for n in range(1, len(words)) if words[n][0].islower() and words[n - 1][-1] != "s" and re.search(r"[^s]s$", words[n])), len(words))
        verb = min(verb, next((n for n in range(1, len(words)) if re.search(r"[^s]s$", words[n - 1])), len(words)))
        words = words[:verb]
    return [re.sub(r"['’]s$", "", word) for word in words[:_MOST_WORDS]]
