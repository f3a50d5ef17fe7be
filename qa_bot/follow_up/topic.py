"""Knows what the last turn of a conversation was about: a phrase that can stand in a question, and words that help to find it.

Leaves putting it into a follow-up to `filling`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa_bot.question_words import (
    ASIDE,
    CONNECTIVE,
    GENERIC,
    LEADING_TITLE,
    NAME,
    NOT_NAMES,
    NOUN,
    SEEKING,
    SUBJECTS,
    VERBS,
)


@dataclass(frozen=True)
class Topic:
    """What the conversation is about: a phrase that can stand in a question, words that help to find it, the last question's."""

    phrase: str
    words: str
    question: str = ""


def topic_of(question: str, answer: str, *, subject: str = "", is_about_papers: bool = False) -> Topic | None:
    """Return what the last turn was about: what its question names, or the answer when the question looked for something."""
    question = ASIDE.sub(r" \g<x>", question) if subject else question
    if subject:
        return Topic(subject, subject, " ".join(content_of(question)))
    if is_about_papers:
        return Topic("", " ".join(content_of(question)))
    first = re.split(r"(?<=[.!?])\s", answer, maxsplit=1)[0]
    said = re.sub(r"^(?:yes|no|sure|certainly|indeed)\b[\s,:.–—-]*", "", first, flags=re.IGNORECASE)
    asked = " ".join(content_of(question))
    words = " ".join(dict.fromkeys([*content_of(question), *content_of(said)[:12]]))
    if aside := ASIDE.search(question):
        return Topic(aside["x"] if len(aside["x"].split()) <= 7 else "", words)
    found = phrase_of(question)
    if SEEKING.search(question) and not (
        found and names_in(found) and not question.lower().startswith(("is there", "are there"))
    ):
        if name := _leading_name(said):
            return Topic(name, words, asked)
        if said:
            return Topic("", words, asked)
    if found:
        return Topic(found, words, asked)
    names = names_in(question) or [name for name in [_leading_name(said)] if name]
    if names:
        return Topic(names[0], words, asked)
    return Topic("", words, asked) if words else None


def phrase_of(question: str) -> str:
    """Return the noun phrase that a question is about, "" when none is plain."""
    asked = CONNECTIVE.sub("", question).strip().rstrip("?!. ")
    for pattern in SUBJECTS:
        if found := pattern.search(asked):
            phrase = re.sub(r"^(?:the|an?|this|that|these|those)\s+", "", found["x"].strip(" ?.!,()"), flags=re.IGNORECASE)
            if re.match(rf"(?:{NOUN}|authors?|it|they|he|she|them|something|anything|{VERBS})\b$", phrase, re.IGNORECASE):
                continue
            names = names_in(phrase)
            if names and (
                len(phrase.split()) > 7 or (phrase.startswith(names[0]) and len(phrase.split()) - len(names[0].split()) <= 2)
            ):
                phrase = names[0]
            elif len(phrase.split()) > 7:
                continue
            if phrase and not all(word in GENERIC for word in re.findall(r"[a-z][\w-]*", phrase.lower())):
                return phrase
    return ""


def names_in(text: str) -> list[str]:
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


def content_of(text: str) -> list[str]:
    return [
        word for word in re.findall(r"[^\W_][\w.’'-]*[\w%]|\w", text) if word.lower() not in GENERIC and word not in NOT_NAMES
    ]


def capital(text: str) -> str:
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return text[:1].upper() + text[1:] if first.islower() else text
