"""Knows how the topic of a conversation is put into a follow-up: for a pronoun, for a part of the last question, or behind it.

Leaves finding the topic to `topic`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot.follow_up.topic import Topic, phrase_of, names_in, content_of, capital
from qa_bot.follow_up.turns import Known
from qa_bot.question_words import (
    ABOUT_PAPER,
    ALIKE,
    ASIDE,
    CONNECTIVE,
    ELLIPSIS,
    HERE,
    IS_ELLIPSIS,
    NO_VERB,
    ONES,
    ORDINAL,
    PREPS,
    PRONOUN,
    QUESTION_WORD,
    WHY,
)


def with_pronoun(bare: str, topic: Topic) -> str:
    """Return the question with its first pronoun replaced, "" when the topic has no phrase that fits."""
    if not topic.phrase:
        return ""
    needs_article = topic.phrase[0].islower() and not topic.phrase.endswith(("s", "ing")) and " " in topic.phrase
    phrase = f"the {topic.phrase}" if needs_article else topic.phrase
    here = [match.span() for match in HERE.finditer(bare)]
    for match in PRONOUN.finditer(bare):
        if not any(start <= match.start() < end for start, end in here) and _fits(match, topic.phrase):
            word = (
                f"{phrase}'" if match["possessive"] and phrase.endswith("s") else f"{phrase}'s" if match["possessive"] else phrase
            )
            return f"{bare[: match.start()]}{word}{bare[match.end() :]}"
    if match := ABOUT_PAPER.search(bare):
        is_part = re.search(r"(?:authors?|writers?|researchers?|abstract)$", match[0], re.IGNORECASE)
        return f"{bare[: match.start()]}{f'{match[0]} of {phrase}' if is_part else phrase}{bare[match.end() :]}"
    if match := ORDINAL.search(bare):
        return f"{bare[: match.start()]}{phrase}{bare[match.end() :]}"
    return ""


def _fits(pronoun: re.Match[str], phrase: str) -> bool:
    """Say whether a phrase can stand for a pronoun: people for "she", plurals for "they"."""
    is_person = bool(re.fullmatch(r"[A-Z][\w’'-]+(?: [A-Z][\w.’'-]+)+", phrase))
    word = pronoun[0].lower()
    if word in ("he", "she", "him", "her", "his"):
        return is_person
    if word == "their":
        return phrase.endswith("s") or phrase[0].isupper()
    return not pronoun["they"] or phrase.endswith("s")


def with_topic(bare: str, topic: Topic) -> str:
    has_own_words = bool(NO_VERB.fullmatch(bare)) or not WHY.fullmatch(bare) and any(word not in topic.phrase for word in content_of(bare))
    about = (topic.phrase if has_own_words else topic.question) or topic.words
    return f"{bare.rstrip()} (about {about})" if about and about.lower() not in bare.lower() else bare


def with_listed(bare: str, listed: Sequence[str]) -> str:
    """Return the question with "the second" or "which of them" replaced by the items that the last answer listed."""
    if len(listed) < 2:
        return ""
    if them := re.search(
        r"\b(?:of|compare|summari[sz]e|between|do|are|did|have|about) (?P<all>them|they|these(?: papers)?|those(?: papers)?|both"
        r"|the (?:two|three|four|five)(?: papers| models)?)\b",
        bare,
        re.IGNORECASE,
    ):
        shown = f"{', '.join(listed[:-1])} and {listed[-1]}"
        return f"{bare[: them.start('all')]}{shown}{bare[them.end('all') :]}" if len(shown) <= 400 else ""
    if ordinal := ORDINAL.search(bare):
        order = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "latter": -1, "last": -1, "other": -1}
        place = order[ordinal["which"].lower()]
        if place < len(listed):
            return f"{bare[: ordinal.start()]}{listed[place]}{bare[ordinal.end() :]}"
    return ""


def with_swap(bare: str, last_question: str, known: Known) -> str:
    """Return the last question with the one part exchanged that an elliptical question names: "And on Kinetics?"."""
    is_bare_name = len(bare.split()) <= 4 and names_in(f"- {bare}") and not re.match(QUESTION_WORD, bare, re.IGNORECASE)
    ellipsis = ELLIPSIS.match(bare) if IS_ELLIPSIS.match(bare) or is_bare_name else None
    if ellipsis is None or PRONOUN.search(ellipsis["what"]) or re.match(QUESTION_WORD, ellipsis["what"], re.IGNORECASE):
        return ""
    what, prep = ellipsis["what"].strip(" ?"), (ellipsis["prep"] or "").lower()
    aside = ASIDE.search(last_question)
    about = aside[0] if aside else ""
    asked = ASIDE.sub("", CONNECTIVE.sub("", last_question).strip()).rstrip("? ")
    if not content_of(what):
        return ""
    if not prep and known.named(what):  # "And BiT?" exchanges the paper, not the benchmark
        names = [name for name in names_in(f"- {asked}") if known.named(name)]
        if len(names) == 1:
            return f"{capital(asked.replace(names[0], what, 1))}?{about}"
    head = what.split()[-1]
    same_head = re.search(rf"\b[\w.%-]+ {re.escape(head)}\b", asked, re.IGNORECASE)
    if same_head and len(what.split()) > 1:
        return f"{capital(asked[: same_head.start()])}{what}{asked[same_head.end() :]}?{about}"
    for each in ALIKE.get(prep, (prep,)) if prep else ("on", "for", "in", "at", "after", "with", "against", "to"):
        found = list(re.finditer(rf"\b{each} (?P<old>(?:the )?[^\s?,]+(?: (?!{PREPS}\b)[^\s?,]+){{0,4}})", asked, re.IGNORECASE))
        if found and not re.match(QUESTION_WORD, found[-1]["old"], re.IGNORECASE):
            return f"{capital(asked[: found[-1].start('old')])}{what}{asked[found[-1].end('old') :]}?{about}"
    phrase = phrase_of(last_question)
    is_name = bool(re.search(r"[A-Z0-9]", what)) or not re.search(r"[A-Z0-9]", phrase)
    if not prep and phrase and phrase in asked and is_name and content_of(what):
        return f"{capital(asked.replace(phrase, what, 1))}?"
    return ""


def with_ones(bare: str, last_question: str) -> str:
    """Return the question with "ones" replaced by the noun that the last question asked for."""
    noun = re.match(
        r"^(?:which|what|how many)(?: [\w-]+){0,3}? (?P<noun>[\w-]+)(?= (?:does|do|did|is|are|was|were|can|has|have)\b)",
        last_question,
        re.IGNORECASE,
    )
    return ONES.sub(noun["noun"], bare, count=1) if noun else bare
