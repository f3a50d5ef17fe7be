"""Knows how a follow-up question is made to stand alone by rule, from the last turns of a conversation.

Leaves the rewriting by an LLM to `prompts` and `llm`. English only: other languages pass unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.citations.marks import find_marks, without_strikes
from qa_bot.question_words import (
    ABOUT_PAPER,
    ALIKE,
    ASIDE,
    AUXILIARY_BEFORE,
    CONNECTIVE,
    ELLIPSIS,
    GENERIC,
    HERE,
    IS_ELLIPSIS,
    LEADING_TITLE,
    NAME,
    NO_VERB,
    NOT_NAMES,
    NOUN,
    ONES,
    ORDINAL,
    OWN_SUBJECT,
    PREPS,
    PRONOUN,
    QUESTION_WORD,
    SEEKING,
    SUBJECTS,
    SWITCH,
    VERBS,
    WHY,
)

History = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class _Topic:
    """What the conversation is about: a phrase that can stand in a question, words that help to find it, the last question's."""

    phrase: str
    words: str
    question: str = ""


_LONGEST = 1_500  # characters that the rules read; some take the square of the length


def stand_alone(question: str, history: History) -> str:
    """Return the question so that it can be understood without the conversation; unchanged where it can already.

    `history` holds ("user" | "assistant", text) turns, oldest first. Pronouns get what they stand for, elliptical
    questions ("And on Kinetics?") the rest of the last one, and where neither goes, the topic is put behind in
    parentheses. A question that names its own subject or announces another topic is not touched by the old one.
    """
    question = question.strip()
    if len(question) > _LONGEST:
        return question
    if switch := SWITCH.match(question):
        rest = question[switch.end() :].strip()
        return _capital(rest) if rest else question
    turns = [(role, text.strip()[:_LONGEST]) for role, text in history if role in ("user", "assistant") and text.strip()]
    place = next((n for n in range(len(turns) - 1, -1, -1) if turns[n][0] == "user"), None)
    if place is None or not question:
        return question
    bare = CONNECTIVE.sub("", question).strip() or question
    is_connected = bare != question
    if not _leans_on_history(bare, is_connected=is_connected):
        return question
    last_question = stand_alone(turns[place][1], turns[:place])
    answers = [text for role, text in turns[place + 1 :] if role == "assistant"]
    answer = _clean(answers[-1]) if answers else ""
    listed = _listed_items(answers[-1]) if answers else []
    topic = _topic(last_question, answer)
    if topic is None:
        return question
    if rewritten := _with_listed(bare, listed):
        return _capital(rewritten)
    if rewritten := _with_swap(bare, last_question):
        return rewritten
    bare = _with_ones(bare, last_question)
    rewritten = "" if WHY.fullmatch(bare) else _with_pronoun(bare, topic)
    return _capital(rewritten if rewritten else _with_topic(bare, topic))


def _leans_on_history(bare: str, *, is_connected: bool) -> bool:
    """Say whether a question needs what was said before."""
    searchable = HERE.sub("", bare)
    names = [match for match in NAME.finditer(bare) if match[0] not in NOT_NAMES]
    pronoun = PRONOUN.search(searchable)
    if pronoun:
        before = searchable[: pronoun.start()]
        if re.search(r"\S+ \S+ \S+,? and (?:how|what|why|when|where|who|is|are|does|do|did|can)\b", before, re.IGNORECASE):
            return False  # the pronoun's word is in this very question
        own = OWN_SUBJECT.match(before) if pronoun["it"] or pronoun["they"] or pronoun["possessive"] else None
        is_plural = bool(pronoun["they"]) or pronoun[0].lower() == "their"
        if own and bool(own["plural"]) == is_plural and not AUXILIARY_BEFORE.search(before):
            return is_connected
        inside = any(name.start() < pronoun.start() for name in names)
        comparing = re.search(r"\b(?:than|to|with|on|over|against|like|from)\s+$", before, re.IGNORECASE)
        return is_connected or not inside or bool(comparing)
    if IS_ELLIPSIS.match(bare) or WHY.fullmatch(bare) or (NO_VERB.fullmatch(bare) and not names):
        return True
    if ONES.search(bare) or ORDINAL.search(bare):
        return is_connected or not names
    if names:
        return (
            is_connected
            and len(bare.split()) <= 6
            and not re.match(
                r"(?:what|who|how|why|when|where|which|is|are|do|does|did|tell|explain|list|show)\b", bare, re.IGNORECASE
            )
        )
    if ABOUT_PAPER.search(bare):
        return True
    words = re.findall(r"[a-z][\w-]*", bare.lower())
    if re.match(r"^(?:what|who)(?:['’]s| is| are) (?!the\b|their\b)", bare, re.IGNORECASE):
        return is_connected and all(word in GENERIC for word in words)
    return all(word in GENERIC for word in words) or (is_connected and len(words) <= 5)


def _topic(question: str, answer: str) -> _Topic | None:
    """Return what the last turn was about: what its question names, or the answer when the question looked for something."""
    first = re.split(r"(?<=[.!?])\s", answer, maxsplit=1)[0]
    said = re.sub(r"^(?:yes|no|sure|certainly|indeed)\b[\s,:.–—-]*", "", first, flags=re.IGNORECASE)
    asked = " ".join(_content(question))
    words = " ".join(dict.fromkeys([*_content(question), *_content(said)[:12]]))
    if aside := ASIDE.search(question):
        return _Topic(aside["x"] if len(aside["x"].split()) <= 7 else "", words)
    found = _phrase_of(question)
    if SEEKING.search(question) and not (
        found and _names_in(found) and not question.lower().startswith(("is there", "are there"))
    ):
        if name := _leading_name(said):
            return _Topic(name, words, asked)
        if said:
            return _Topic("", words, asked)
    if found:
        return _Topic(found, words, asked)
    names = _names_in(question) or [name for name in [_leading_name(said)] if name]
    if names:
        return _Topic(names[0], words, asked)
    return _Topic("", words, asked) if words else None


def _phrase_of(question: str) -> str:
    """Return the noun phrase that a question is about, "" when none is plain."""
    asked = CONNECTIVE.sub("", question).strip().rstrip("?!. ")
    for pattern in SUBJECTS:
        if found := pattern.search(asked):
            phrase = re.sub(r"^(?:the|an?|this|that|these|those)\s+", "", found["x"].strip(" ?.!,"), flags=re.IGNORECASE)
            if re.match(rf"(?:{NOUN}|authors?|it|they|he|she|them|something|anything|{VERBS})\b$", phrase, re.IGNORECASE):
                continue
            names = _names_in(phrase)
            if names and (
                len(phrase.split()) > 7 or (phrase.startswith(names[0]) and len(phrase.split()) - len(names[0].split()) <= 2)
            ):
                phrase = names[0]
            elif len(phrase.split()) > 7:
                continue
            if phrase and not all(word in GENERIC for word in re.findall(r"[a-z][\w-]*", phrase.lower())):
                return phrase
    return ""


def _names_in(text: str) -> list[str]:
    return [name for match in NAME.finditer(text) if (name := (match["quoted"] or match[0]).strip(" ,.")) not in NOT_NAMES]


def _leading_name(sentence: str) -> str:
    """Return the name or title that a sentence begins with: "Kubric is...", "The PaliGemma model..."; "" for anything else."""
    if quoted := re.match(r"\s*[“\"](?P<x>[^”\"]{3,150})[”\"]", sentence):
        return quoted["x"]
    found = LEADING_TITLE.match(sentence)
    if not found or found["x"].split()[0] in NOT_NAMES or re.search(r"-(?:based|like|style|free|level|driven)$", found["x"]):
        return ""
    is_one_word = " " not in found["x"] and found["x"][1:].islower()
    follows = sentence[found.end() :]
    if is_one_word and not re.match(rf" (?:is|are|was|were|has|can|does|{VERBS}|[a-z]+s)\b", follows):
        return ""
    return found["x"]


def _with_pronoun(bare: str, topic: _Topic) -> str:
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


def _with_topic(bare: str, topic: _Topic) -> str:
    has_own_words = not WHY.fullmatch(bare) and any(word not in topic.phrase for word in _content(bare))
    about = (topic.phrase if has_own_words else topic.question) or topic.words
    return f"{bare.rstrip()} (about {about})" if about and about.lower() not in bare.lower() else bare


def _with_listed(bare: str, listed: Sequence[str]) -> str:
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


def _with_swap(bare: str, last_question: str) -> str:
    """Return the last question with the one part exchanged that an elliptical question names: "And on Kinetics?"."""
    is_bare_name = len(bare.split()) <= 4 and _names_in(f"- {bare}") and not re.match(QUESTION_WORD, bare, re.IGNORECASE)
    ellipsis = ELLIPSIS.match(bare) if IS_ELLIPSIS.match(bare) or is_bare_name else None
    if ellipsis is None or PRONOUN.search(ellipsis["what"]) or re.match(QUESTION_WORD, ellipsis["what"], re.IGNORECASE):
        return ""
    what, prep = ellipsis["what"].strip(" ?"), (ellipsis["prep"] or "").lower()
    aside = ASIDE.search(last_question)
    about = aside[0] if aside else ""
    asked = ASIDE.sub("", CONNECTIVE.sub("", last_question).strip()).rstrip("? ")
    if not _content(what):
        return ""
    head = what.split()[-1]
    same_head = re.search(rf"\b[\w.%-]+ {re.escape(head)}\b", asked, re.IGNORECASE)
    if same_head and len(what.split()) > 1:
        return f"{_capital(asked[: same_head.start()])}{what}{asked[same_head.end() :]}?{about}"
    for each in ALIKE.get(prep, (prep,)) if prep else ("on", "for", "in", "at", "after", "with", "against", "to"):
        found = list(re.finditer(rf"\b{each} (?P<old>(?:the )?[^\s?,]+(?: (?!{PREPS}\b)[^\s?,]+){{0,4}})", asked, re.IGNORECASE))
        if found and not re.match(QUESTION_WORD, found[-1]["old"], re.IGNORECASE):
            return f"{_capital(asked[: found[-1].start('old')])}{what}{asked[found[-1].end('old') :]}?{about}"
    phrase = _phrase_of(last_question)
    is_name = bool(re.search(r"[A-Z0-9]", what)) or not re.search(r"[A-Z0-9]", phrase)
    if not prep and phrase and phrase in asked and is_name and _content(what):
        return f"{_capital(asked.replace(phrase, what, 1))}?"
    return ""


def _with_ones(bare: str, last_question: str) -> str:
    """Return the question with "ones" replaced by the noun that the last question asked for."""
    noun = re.match(
        r"^(?:which|what|how many)(?: [\w-]+){0,3}? (?P<noun>[\w-]+)(?= (?:does|do|did|is|are|was|were|can|has|have)\b)",
        last_question,
        re.IGNORECASE,
    )
    return ONES.sub(noun["noun"], bare, count=1) if noun else bare


def _listed_items(answer: str) -> list[str]:
    """Return what stands before each mark of an answer that lists things, shortened to the item itself."""
    text = without_strikes(answer)
    items, place, seen = [], 0, set()
    for mark in find_marks(text):
        piece, place = text[place : mark.start], mark.end
        if mark.numbers[0] in seen:
            continue
        seen.add(mark.numbers[0])
        if quoted := re.findall(r"[“\"]([^“”\"]+)[”\"]", piece):
            items.append(quoted[-1])
            continue
        piece = re.split(r"[.!?]\s|\n", piece)[-1]
        if not re.search(r"(?<!: )\b[A-Z][\w-]*: [A-Z]", piece):  # "PaliGemma: A versatile..." is one title
            piece = re.split(r":\s", piece)[-1]
        items.append(re.sub(r"^[\s,;*•\d.)-]*(?:(?:and|or|then|finally)\s+)?", "", piece).strip(" *_'.,;:-"))
    return [item for item in items if item and len(item) <= 200]


def _clean(answer: str) -> str:
    text = without_strikes(answer)
    for mark in reversed(find_marks(text)):
        text = text[: mark.start].rstrip(" ") + text[mark.end :]
    return re.sub(r"[*_`#>]+", "", text).strip()


def _content(text: str) -> list[str]:
    return [
        word for word in re.findall(r"[^\W_][\w.’'-]*[\w%]|\w", text) if word.lower() not in GENERIC and word not in NOT_NAMES
    ]


def _capital(text: str) -> str:
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return text[:1].upper() + text[1:] if first.islower() else text
