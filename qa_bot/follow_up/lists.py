"""Knows how a follow-up on a list of papers becomes a whole question about the collection.

"How many are there?" counts the last list, "And in 2023?" exchanges one part of it, "Which of them mention ImageNet?"
narrows it, "the second one" is one of its lines. Leaves other follow-ups to the package.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot import collection
from qa_bot.collection.dates import find_span
from qa_bot.collection.people import unknown_name
from qa_bot.collection.wording import NUMBERS, PAPERS, SUPERLATIVE, number_of
from qa_bot.follow_up.turns import NOTHING_KNOWN, Known

_LISTS = ("list", "count", "newest", "oldest", "longest", "shortest", "prolific", "writers", "per_year", "coauthors", "tally")
_THEM = r"(?:of |from |among |in )?(?:them|these|those|the list|that list|these papers|those papers|the papers|all of them)"
_HOW_MANY = re.compile(
    (
        rf"(?:and )?(?:so )?how many(?: {PAPERS})?(?: (?:are|is|were|was|would)(?: (?:there|that|they|those|these|it"
        rf"|this))?(?: in total| altogether)?| {_THEM}(?: are there)?| in total| altogether)?\W*"
    ),
    re.I,
)
_WHICH_OF = re.compile(
    rf"^(?:(?:which|what|who|how many|do any|does any|are any|is any|any|are there any|show|list|only|just)(?: me"
    rf"| ones?)? {_THEM}|(?:(?:only|just|show|list|give|keep)(?: me)?(?: only)? )?(?:(?:the |those |these )?(?:ones?"
    rf"|those)|(?:the|those|these|only|just) papers) (?=(?:by|from|that|which|in|on|about|since|before|after|with"
    rf"|mentioning|using|published|written|of)\b)"
    rf"|(?:only|just)(?: those| these| the ones)? (?=(?:by|from|in|on|about|since|before|after|with|mentioning)\b)"
    rf"|(?:do|are|is|did|were|was|have|has)(?: any| some)? {_THEM})\s*(?P<vp>.*?)\W*$",
    re.I,
)
_ORDERED = re.compile(
    (
        r"\b(?P<word>newest|latest|most recent|oldest|earliest|newer|older|first published|came (?:out )?first|came "
        r"(?:out )?last|published (?:first|last))\b"
    ),
    re.I,
)
_ORDER_ONLY = re.compile(
    rf"^(?:and |now |so )?(?:(?:what|how) about |(?:which|what)(?: one)?(?: {_THEM})?(?: (?:is|was|are|were))?|(?:show"
    rf"|give|tell|name)(?: me)?)?\s*(?:the |its )?(?P<n>\d+|{'|'.join(NUMBERS)})?\s*"
    rf"(?:newest|latest|most recent|oldest|earliest|newer|older|came (?:out )?(?:first|last)|(?:was |were )?published "
    rf"(?:first|last))(?: (?:one|ones|paper|papers|two|three))?(?: {_THEM})?\W*$",
    re.I,
)
_TOGETHER = re.compile(
    r"(?:and )?(?:(?:both|the two)(?: of them)? )?(?:together|jointly|with each other|both|in common)\W*", re.I
)
_PART = re.compile(
    (
        r"^(?:(?:what|how) about|and what about|and|or|also|same for|the same for|now|what of)?\s*(?P<many>how many\s+)?"
        r"(?:were |was |are |is )?(?:the )?(?:ones? |papers? |those )?(?P<what>.+?)\s*(?:instead|then|too|as well)?\W*$"
    ),
    re.I,
)
_HEAD = re.compile(
    (
        rf"^(?:please )?(?:can you |could you )?(?:which|what|list|show|give|find|name|tell|get|any|all|are there|is there"
        rf"|do you have)(?: me| us)?(?: (?:all|the|every|any|some|of))*\s+(?=.*\b{PAPERS}\b)"
    ),
    re.I,
)


def is_about_papers(question: str, known: Known) -> bool:
    """Say whether a question asks for papers of the collection or for figures about them."""
    asked = collection.understand(question, authors=known.authors)
    return asked is not None and asked.kind in _LISTS


def is_of_collection(question: str, known: Known) -> bool:
    """Say whether the catalogue answers a question."""
    return collection.understand(question, authors=known.authors) is not None


def on_list(bare: str, last: str, known: Known, *, before: str = "") -> str:
    """Return a follow-up on the list that the last question asked for as a whole question, "" where it is none.

    `before` is the question before the last.
    """
    if _HOW_MANY.fullmatch(bare):
        return _counting(last)
    if known.is_there and _ORDER_ONLY.match(bare):
        word = _ORDERED.search(bare)["word"].lower()
        which = "oldest" if re.search(r"old|earl|first", word) else "newest"
        number = _ORDER_ONLY.match(bare)["n"]
        return (
            f"{_statement(last)}, and which are the {number} {which}?"
            if number
            else f"{_statement(last)}, and which is the {which}?"
        )
    if (found := _WHICH_OF.match(bare)) and (known.is_there or not re.match(r"(?:which|what)\b", bare, re.I)):
        return _narrowed(bare, found["vp"], last)
    if _TOGETHER.fullmatch(bare):
        people = [name for text in (before, last) for name, _ in known.authors.find(text)]
        return f"Which papers did {' and '.join(dict.fromkeys(people))} write together?" if len(set(people)) > 1 else ""
    return _exchanged(bare, last, known)


def among_items(bare: str, items: Sequence[str]) -> str:
    """Return "only the ones from 2023" as a question about the papers that an answer names, "" where it is none."""
    found = _WHICH_OF.match(bare)
    if not found or len(items) < 2 or not re.match(r"(?:by|from|in|with|since|before|after|are|is|have|has|were|was|mention\w*|use\w*)\b", found["vp"], re.I):
        return ""
    phrase = found["vp"] if re.match(r"(?:are|is|have|has|were|was|mention\w*|use\w*)\b", found["vp"], re.I) else f"are {found['vp']}"
    which = "How many" if re.match(r"how many\b", bare, re.I) else "Which"
    return f"{which} of {', '.join(items[:-1])} and {items[-1]} {phrase}?"


def is_count(bare: str) -> bool:
    return bool(_HOW_MANY.fullmatch(bare))


def is_on_items(bare: str) -> bool:
    """Say whether a question is about the papers that were named: which of them, the newest."""
    return bool(_ORDER_ONLY.match(bare) or _WHICH_OF.match(bare))


def _counting(last: str) -> str:
    if re.match(r"how many|on how many|count\b|number of", last, re.I):
        return last
    if head := _HEAD.match(last):
        rest = last[head.end() :]
        counted = f"How many {rest}" if re.match(rf"(?:[\w’'-]+ ){{0,3}}{PAPERS}\b", rest, re.I) else f"How many of {rest}"
        has_verb = re.search(
            r"\b(?:did|do|does|are|is|was|were|has|have|mention\w*|say|use|came|come|appear\w*|evaluat\w+|contain\w*)\b",
            counted[9:],
            re.I,
        )
        return counted if has_verb else f"{counted.rstrip('?. ')} are there?"
    if re.match(r"what (?:else )?(?:did|has|have|does|do)\b", last, re.I):
        return re.sub(r"^what (?:else )?", "How many papers ", last, flags=re.I)
    if re.search(rf"\b{PAPERS}\b", last, re.I):
        return f"How many {last[:1].lower()}{last[1:].rstrip('?. ')} are there?" if not re.match(r"who|when", last, re.I) else ""
    return ""


def _statement(last: str) -> str:
    """Return a question as the first half of a longer one; the newest of a count are the newest of its papers."""
    last = re.sub(r"^how many\b", "Which", last, flags=re.I)
    last = re.sub(r"^on how many\b", "On which", last, flags=re.I)
    return re.sub(r", and which (?:is|are) the (?:\w+ )?\w+$", "", last.rstrip("?. "))


def _narrowed(bare: str, verb_phrase: str, last: str) -> str:
    """Return the last question with one condition more: "that mention ImageNet"."""
    phrase = verb_phrase.strip()
    if (
        not phrase
        or SUPERLATIVE.search(phrase)
        or re.search(r"^(?:say|says|about|mean|do|work|differ|compare)\b\W*$", phrase, re.I)
    ):
        return ""
    if re.match(r"(?:by|from|in|on|about|since|before|after|with|of|published|written)\b", phrase, re.I):
        phrase = f"are {phrase}"
    phrase = re.sub(r"^(?:is|was|were)\b", "are", re.sub(r"^(?:that|which) ", "", phrase, flags=re.I), flags=re.I)
    whole = f"{_statement(last)} that {phrase}?"
    return _counting(whole) if re.match(r"(?:and )?how many\b", bare, re.I) else whole


def _exchanged(bare: str, last: str, known: Known) -> str:
    """Return the last question with its year, person or topic exchanged for the one that an elliptical question names."""
    found = _PART.match(bare)
    if not found or len(bare.split()) > 9:
        return ""
    what = found["what"].strip()
    if re.match(
        r"(?:which|what|who|when|where|why|how|is|are|do|does|did|can|tell|list|show|explain|describe|compare|summari[sz]e)\b",
        what,
        re.I,
    ):
        return ""
    last = re.sub(r", and which (?:is|are) the (?:\w+ )?\w+\?$", "?", last)
    preposition = re.match(r"(?:by|from|in|on|about|since|before|after|with|until|between|during|of|for|to|at)\b", what, re.I)
    changed = ""
    if (span := find_span(what, anywhere=True)) and not re.sub(
        r"\W|\b(?:only|just|published|papers?|the|year|in|from|of)\b", "", what.replace(span.words, ""), flags=re.I
    ):
        changed = _with_time(what, last)
    elif people := known.authors.find(what, anywhere=True):
        rest = what
        for _, words in people:
            rest = rest.replace(words, "")
        if not re.sub(
            r"\W|\b(?:by|from|of|with|and|or|only|just|papers?|together|those|first|last|author|as|also|s)\b",
            "",
            rest,
            flags=re.I,
        ):
            changed = _with_people(what, last, known, adds=bool(re.match(r"(?:together )?with\b|also\b", what, re.I)))
    elif preposition or re.match(r"(?:what|how) about\b|and\b", bare, re.I):
        changed = _with_topic(
            re.sub(r"^(?:about|on|with|for|of|in)\s+", "", what, flags=re.I), last, known, is_bare=not preposition
        )
    return _counting(changed) if changed and found["many"] else changed


def _with_time(what: str, last: str) -> str:
    new = re.sub(r"^(?:only|just|published|papers?|the)\s+", "", what, flags=re.I)
    old = find_span(last) or find_span(last, anywhere=True)
    if old is None:
        new = new if re.match(r"[a-z]", new, re.I) else f"in {new}"
        return f"{last.rstrip('?. ')} {new}?"
    if re.match(r"(?:in|from|since|before|after|until|between|during|of|this|last|the)\b", new, re.I):
        return last.replace(old.words, re.sub(r"^\D*", "", new) if re.search(rf"{old.words} {PAPERS}\b", last, re.I) else new, 1)
    if re.match(r"\d", old.words) and not re.search(rf"{old.words} {PAPERS}\b", last, re.I):
        return last.replace(old.words, f"in {new}", 1)
    return last.replace(re.sub(r"^\D*", "", old.words), new, 1)


def _with_people(what: str, last: str, known: Known, *, adds: bool) -> str:
    new = re.sub(r"^(?:(?:together )?with|by|from|of|also by|only|just|those by|papers by)\s+", "", what.strip(" ?"), flags=re.I)
    old = known.authors.find(last) or [(name, name) for name in [unknown_name(last)] if name]
    if not old:
        return f"{last.rstrip('?. ')} by {new}?"
    if adds:
        return f"{last.rstrip('?. ')} and by {new}?"
    start = last.find(old[0][1])
    end = max(last.find(words) + len(words) for _, words in old)
    return f"{last[:start]}{new}{last[end:]}"


def _with_topic(what: str, last: str, known: Known, *, is_bare: bool) -> str:
    asked = collection.understand(last, authors=known.authors)
    if (
        asked is None
        or not what
        or re.search(
            r"\b(?:it|its|they|them|that|this|one|ones|author|authors|date|year|link|abstract|first|second|third|last|other)\b",
            what,
            re.I,
        )
    ):
        return ""
    for old in (*asked.said, asked.topic):
        if old and old in last:
            return last.replace(old, what, 1)
    if asked.said or asked.topic or (is_bare and not asked.filters):
        return ""
    return f"{last.rstrip('?. ')} about {what}?"


# One of a list

_NUMBER_WORDS = {
    "first": 0,
    "former": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
    "sixth": 5,
    "latter": -1,
    "last": -1,
    "final": -1,
}
_NOUNS = r"(?:ones?|papers?|of (?:them|these|those)|titles?|works?|articles?|publications?|in the list|on the list|entry|entries|items?)"
_SEVERAL = re.compile(rf"\b(?:the )?(?P<which>first|last) (?P<n>[2-9]|{'|'.join(list(NUMBERS)[1:9])})\b(?: {_NOUNS})*", re.I)
_ONE = re.compile(
    (
        rf"\b(?:the |its )(?P<which>{'|'.join(_NUMBER_WORDS)})(?:(?: {_NOUNS})+|(?=\W*$)|(?= (?:say|about|do|use|reach"
        rf"|propose|report|mean|come|published|written|is|was|does|and|or)\b))"
    ),
    re.I,
)
_BY_NUMBER = re.compile(
    r"(?:\b(?:paper|number|no\.|item|entry|title) #?(?P<n>\d{1,2})\b|#(?P<m>\d{1,2})\b|\[(?P<k>\d{1,2})\])", re.I
)
_DATED = re.compile(
    r"\bthe (?P<word>newest|newer|latest|most recent|oldest|older|earliest)(?: (?:one|paper)\b(?! (?:by|on|about|from|in|of)\b)"
    r"| of (?:the (?:two|three|four|lot)|them|these|those|all)\b|(?=\s*[,?.;:]|\W*$))",
    re.I,
)
_OTHER = re.compile(
    r"\b(?:the|that) other (?:one|paper|title)\b(?! of\b)|\b(?:the|that) other(?=\W*$|\W+(?:about|say|use|propose|is|was|and|do|report|published)\b)", re.I
)


def with_item(bare: str, items: Sequence[str], last: str, *, known: Known = NOTHING_KNOWN) -> str:
    """Return the question with "the second one", "the first two", "the other one" or "the newest" replaced by titles of the list."""
    if len(items) < 2:
        return ""
    dates = {item: known.dated(item) for item in items} if (found := _DATED.search(bare)) else {}
    if dates and all(dates.values()):
        pick = min if re.match(r"old|earl", found["word"], re.I) else max
        return _put(bare, found, pick(items, key=lambda item: dates[item]), last, items)
    if found := _SEVERAL.search(bare):
        number = number_of(found["n"])
        chosen = items[:number] if found["which"].lower() == "first" else items[-number:]
        return _put(bare, found, f"{', '.join(chosen[:-1])} and {chosen[-1]}" if len(chosen) > 1 else chosen[0], last, items)
    if found := _OTHER.search(bare):
        left = [item for item in items if item not in last]
        if len(left) == 1 or len(items) == 2:
            return _put(bare, found, left[0] if len(left) == 1 else items[-1], last, items)
        return ""
    if found := _BY_NUMBER.search(bare):
        place = int(found["n"] or found["m"] or found["k"]) - 1
        return _put(bare, found, items[place], last, items) if 0 <= place < len(items) else ""
    if found := _ONE.search(bare):
        place = _NUMBER_WORDS[found["which"].lower()]
        one = _put(bare, found, items[place], last, items) if place < len(items) else ""
        other = _ONE.search(one) if one.startswith(bare[: found.start()]) else None  # "the first one ... than the second"
        place = _NUMBER_WORDS[other["which"].lower()] if other else len(items)
        return f"{one[: other.start()]}{items[place]}{one[other.end() :]}" if other and place < len(items) else one
    return ""


def _put(bare: str, found: re.Match[str], title: str, last: str, items: Sequence[str]) -> str:
    rest = (bare[: found.start()] + bare[found.end() :]).strip(" ?.!,")
    if re.fullmatch(r"(?:(?:and|what|how|about|so|now|of|for|same)\s*)*", rest, re.I):
        old = next((item for item in items if item in last and item not in title), "")
        return last.replace(old, title, 1) if old else f"Tell me more about {title}"
    return f"{bare[: found.start()]}{title}{bare[found.end() :]}"
