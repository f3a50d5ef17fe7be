"""Knows how a follow-up question is made to stand alone by rule, from the last turns of a conversation.

Leaves the rewriting by an LLM to `prompts` and `llm`. English only: other languages pass unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.follow_up import lists
from qa_bot.follow_up.turns import (
    LONGEST,
    NOTHING_KNOWN,
    History,
    Known,
    is_declined,
    is_list,
    is_small_talk,
    listed_items,
    people_told,
    plain,
    turns_of,
)
from qa_bot.question_words import (
    ABOUT_ANSWER,
    ABOUT_PAPER,
    ALIKE,
    ASKED_BEFORE,
    ASIDE,
    AUXILIARY_BEFORE,
    BACK_TO,
    CONNECTIVE,
    CORRECTION,
    ELLIPSIS,
    GENERIC,
    HERE,
    IS_ELLIPSIS,
    LACKS_PARTNER,
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

# Questions so short that only a subject makes them one: (pattern, question).
_SHORT = tuple(
    (re.compile(rf"(?:and |so )?(?:{pattern})\W*", re.IGNORECASE), question)
    for pattern, question in (
        (r"when(?: exactly)?|when (?:was|is|did) (?:it|that|this|the (?:paper|work))(?: (?:published|from|released|appear"
r"|come out|written))?|since when|how old is (?:it|that)"
         r"|(?:in |from )?(?:which|what) (?:year|date|month)(?: (?:was|is) (?:it|that|this)(?: (?:from|published))?)?"
r"|(?:the |its |publication )?(?:date|year)|the year of publication", "When was {x} published?"),
        ((r"who|who (?:wrote|made|did|authored|published) (?:it|that|this|them)|by whom|who by|from whom|written by whom"
r"|whose (?:paper|work) is (?:it|that|this)"), "Who wrote {x}?"),
        (r"(?:the |its )?authors?|who (?:are|were) (?:its|the|their) authors?(?: of (?:it|that|this))?", "Who are the authors of {x}?"),
        (r"(?:and )?(?:who (?:is|was) )?(?:the |its )?(?P<p>first|last|senior|lead) author(?: of (?:it|that|this))?", "Who is the {p} author of {x}?"),
        ((r"where|where (?:was|is|can i (?:find|read|get|download)) (?:it|that|this|the paper)(?: published)?|(?:is there "
r"|do you have |what is )?(?:a |the |its )?(?:link|url|arxiv (?:id|link|page|number)|doi|pdf)(?: (?:for|to|of) "
r"(?:it|that))?"),
         "Where can I find the paper {x}?"),
        (r"(?:please )?(?:(?:can you |could you )?(?:tell|show|give) me )?(?:some )?(?:more|more details?|more about "
r"(?:it|that|this)|further details|details)(?: please| about (?:it|that|this))?|go on|continue|elaborate|keep going"
r"|expand(?: on (?:it|that|this))?"
         r"|what else(?: (?:does|do|did) (?:it|they) say)?", "Tell me more about {x}"),
    )
)  # fmt: skip
_FEW = 5
_SHORT_NAME = 3  # words
_DEFINITE = re.compile(r"(?:what|which|how \w+) (?:is|are|was|were) the (?:[\w-]+ ){0,2}[\w-]+\W*", re.IGNORECASE)
_OWN_VERSION = re.compile(
    (r"\b(?:(?:the|an|any|its) )?(?P<which>earlier|previous|older|original|prior|initial|newer|newest|latest|other"
r"|different|two|both|old|several)(?: (?P<one>versions?|wordings?)|(?= abstract))(?: of (?:it|that|the abstract"
r"|the paper|this))?(?: abstract)?\b"), re.IGNORECASE
)  # fmt: skip
_THAT_PAPER = re.compile(r"\b(?:this|that|said|the same) (?:paper|work|article|study|publication)\b", re.IGNORECASE)
_SAME_AUTHOR = re.compile(r"\bthe (?P<which>first|last|second|third|fourth|senior|lead|same) author\b(?! of\b)", re.IGNORECASE)
_PERSON_PRONOUN = re.compile(
    r"\b(?P<word>he|she|him|her|his|they|them|their|this author|that author|the author|this person)\b(?P<own> own)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Topic:
    """What the conversation is about: a phrase that can stand in a question, words that help to find it, the last question's."""

    phrase: str
    words: str
    question: str = ""


def stand_alone(question: str, history: History, *, known: Known = NOTHING_KNOWN) -> str:
    """Return the question so that it can be understood without the conversation; unchanged where it can already.

    `history` holds ("user" | "assistant", text) turns, oldest first. A follow-up on a list becomes a question about the
    collection; pronouns get what they stand for, elliptical questions ("And on Kinetics?") the rest of the last one,
    and where none of this goes, the topic is put behind in parentheses. A question that names its own subject or
    announces another topic is not touched by the old one. `known` lets the papers cited in answers be subjects too.
    """
    question = question.strip()
    if len(question) > LONGEST or is_small_talk(question):
        return question
    if switch := SWITCH.match(question):
        rest = question[switch.end() :].strip()
        return _capital(rest) if rest else question
    turns = turns_of(history)
    place = next((n for n in range(len(turns) - 1, -1, -1) if turns[n][0] == "user"), None)
    if place is None or not question:
        return question
    last = stand_alone(turns[place][1], turns[:place], known=known)
    if corrected := _corrected(question, last, known):
        question = corrected
    said = [text for role, text in turns[place + 1 :] if role == "assistant"]
    if back := BACK_TO.match(question):
        question, last, said = (back["rest"] or back["more"]).strip(), f"What is {(back['x'] or back['y']).strip()}?", []
    bare = CONNECTIVE.sub("", question).strip() or question
    is_connected = bare != question
    if ABOUT_ANSWER.fullmatch(bare):
        return last
    if rewritten := _asked_before(bare, last, turns[:place], known):
        return _capital(rewritten)
    told = said[-1] if said and not is_declined(said[-1]) else ""
    names_own = bool(known.named(bare))
    if names_own and (rewritten := _with_own_name(bare, last, known)):
        return _capital(rewritten)
    is_adrift = bool(said) and not told and not known.named(last)  # declined, and about no paper: nothing there is a topic
    if is_adrift:
        return _capital(_with_swap(bare, last, known) or lists.on_list(bare, last, known) or question) if not names_own else question
    if rewritten := _on_list(bare, last, told, turns[:place], known, is_connected=is_connected):
        return _capital(rewritten)
    if rewritten := _on_people(bare, last, told, known):
        return _capital(rewritten)
    subject = _subject(last, told, known)
    if rewritten := _short(
        bare, _plain_subject(last, told) if not subject else subject if len(_items(told, known)) < 2 or not is_list(told) else ""
    ):
        return rewritten
    if subject and (version := _OWN_VERSION.search(bare)) and not any(name[0] not in NOT_NAMES for name in NAME.finditer(bare)):
        which = f"the {version['which']} {version['one'] or 'version'}"
        return _capital(
            " ".join(f"{bare[: version.start()]} {which} of the abstract of {subject}{bare[version.end() :]}".split())
        )
    if subject and (paper := _THAT_PAPER.search(bare)):
        return _capital(f"{bare[: paper.start()]}{subject}{bare[paper.end() :]}")
    is_definite = (
        bool(subject) and bool(_DEFINITE.fullmatch(bare)) and not _names_in(f"- {bare}") and not lists.is_of_collection(bare, known)
    )  # "What is the median error?"
    if not is_definite and not _leans_on_history(bare, is_connected=is_connected):
        return question
    topic = _topic(last, plain(told), subject=subject, is_about_papers=known.is_there and lists.is_about_papers(last, known))
    if topic is None:
        return question
    listed = _items(told, known)
    if rewritten := _with_listed(bare, listed if len(listed) > 1 else list(known.named(last))):
        return _capital(rewritten)
    if rewritten := _with_swap(bare, last, known):
        return rewritten
    bare = _with_ones(bare, last)
    rewritten = "" if WHY.fullmatch(bare) else _with_pronoun(bare, topic)
    return _capital(rewritten if rewritten else _with_topic(bare, topic))


def _corrected(question: str, last: str, known: Known) -> str:
    """Return a correction ("No, I meant PaLI-X") as the last question asked of what was meant, "" where it is none."""
    found = CORRECTION.match(question)
    if not found or is_small_talk(question):
        return ""
    meant = (found["meant"] or found["right"] or found["only"]).strip()
    wrong = (found["instead"] or found["wrong"] or "").strip()
    if re.match(QUESTION_WORD, meant, re.IGNORECASE):
        return meant
    if found["only"] and not (known.named(meant) or known.authors.find(meant, anywhere=True) or re.fullmatch(r"\d{4}", meant)):
        return ""
    if wrong and wrong in last:
        return last.replace(wrong, meant, 1)
    return f"What about {meant}?"


def _asked_before(bare: str, last: str, before: Sequence[tuple[str, str]], known: Known) -> str:
    """Return the question with "the first paper I asked about" replaced by that paper, "" where none is meant."""
    found = ASKED_BEFORE.search(bare)
    if not found or not known.is_there:
        return ""
    users = [n for n, (role, _) in enumerate(before) if role == "user"]
    asked = [stand_alone(before[n][1], before[:n], known=known) for n in users[-_FEW:]]
    titles = list(dict.fromkeys(title for text in (*asked, last) for title in known.named(text)))
    order = {"first": 0, "original": 0, "second": 1, "third": 2, "fourth": 3}
    place = order.get((found["which"] or "").lower(), len(titles) - 2)
    if not 0 <= place < len(titles):
        return ""
    rest = (bare[: found.start()] + bare[found.end() :]).strip(" ?.!,")
    if re.fullmatch(r"(?:(?:and|what|how|about|of|for)\s*)*", rest, re.IGNORECASE):
        return _with_swap(f"What about {titles[place]}?", last, known) or f"Tell me more about {titles[place]}"
    return f"{bare[: found.start()]}{titles[place]}{bare[found.end() :]}"


def _with_own_name(bare: str, last: str, known: Known) -> str:
    """Return a question that names a paper itself, where it says "it" of that paper or compares it with nothing; "" where it needs no more.

    "Who wrote it and when was Kubric published?" asks about Kubric alone, "How is SigLIP 2 different?" of the paper before, too.
    """
    names = [match for match in NAME.finditer(bare) if match[0] not in NOT_NAMES and known.named(match[0])]
    pronoun = PRONOUN.search(bare)
    if names and pronoun and pronoun["it"] and pronoun.end() < names[0].start() and re.match(r"\W*\b(?:and|or|,)", bare[pronoun.end() :]):
        return f"{bare[: pronoun.start()]}{names[0][0]}{bare[pronoun.end() :]}"
    partners = list(known.named(last))
    if (lacks := LACKS_PARTNER.search(bare)) and not pronoun and len(known.named(bare)) == 1 and len(partners) == 1 and partners[0] not in known.named(bare):
        link = "from" if lacks["differs"] else "than" if lacks["exceeds"] else "to"
        phrase = _phrase_of(last)
        return f"{bare.rstrip(' ?.!')} {link} {phrase if list(known.named(phrase)) == partners else partners[0]}?"
    return ""


def _items(told: str, known: Known) -> list[str]:
    """Return what an answer lists: the lines of a list, the papers that it cites, else what stands before its marks."""
    if is_list(told) or not known.is_there:
        return listed_items(told)
    return list(known.cited(told)) if told else []


def _on_list(bare: str, last: str, told: str, before: Sequence[tuple[str, str]], known: Known, *, is_connected: bool) -> str:
    """Return a follow-up on a list of papers, the last or an earlier one, as a question that stands alone."""
    whole = f"and {bare}" if is_connected else bare
    names_papers = re.search(r"\bpapers?\b", bare, re.IGNORECASE) and not re.search(
        r"\b(?:them|these|those|ones?)\b", bare, re.IGNORECASE
    )
    if lists.is_about_papers(last, known) and (
        is_connected
        or not names_papers
        or re.match(r"how many\b|the\b|which (?:paper )?(?:is|was)\b|(?:what|how) about\b", bare, re.IGNORECASE)
    ):
        is_other_list = not is_list(told) and 1 < len(_items(told, known)) <= _FEW  # an LLM may have named only some
        if is_other_list and not lists.is_count(bare) and lists.is_on_items(bare):
            return ""
        asked_before = next((text for role, text in reversed(before) if role == "user"), "")
        if rewritten := lists.on_list(whole if not lists.is_count(bare) else bare, last, known, before=asked_before):
            return rewritten
    if not known.is_there:
        return ""
    if lists.is_on_items(bare) and not lists.is_about_papers(last, known) and not 1 < len(_items(told, known)) <= _FEW:
        for place in [n for n in range(len(before) - 1, -1, -1) if before[n][0] == "user"][:_FEW]:  # back to the last list
            asked = stand_alone(before[place][1], before[:place], known=known)
            if lists.is_about_papers(asked, known):
                return lists.on_list(bare, asked, known)
    earlier = [told, *(text for role, text in reversed(before) if role == "assistant")]
    items = next((found for text in earlier[:4] if len(found := _items(text, known)) > 1), [])
    return lists.with_item(bare, items, last)


def _on_people(bare: str, last: str, told: str, known: Known) -> str:
    """Return the question with "the first author", "he" or "their" replaced by whom the last turn named."""
    if not known.is_there:
        return ""
    people = people_told(told)
    if people and (found := _SAME_AUTHOR.search(bare)) and not re.match(r"(?:and )?who\b", bare, re.IGNORECASE):
        place = {"first": 0, "lead": 0, "same": 0, "second": 1, "third": 2, "fourth": 3}.get(found["which"].lower(), -1)
        return f"{bare[: found.start()]}{people[place]}{bare[found.end() :]}" if place < len(people) else ""
    asked = [words for _, words in known.authors.find(last)]
    person = asked[0] if asked else people[0] if people else ""
    speaks_of_work = re.search(
        r"\b(?:wr[io]te|written|publish\w*|papers?|work\w*|co-?auth\w+|newest|latest|oldest|first|else)\b", bare, re.IGNORECASE
    )
    if person and speaks_of_work and (found := _PERSON_PRONOUN.search(bare)):
        is_many = found["word"].lower() in ("they", "them", "their")
        is_own = len(asked) == 1 and re.search(
            r"\btheir (?:co-?authors?|collaborators?|other|own|newest|latest|oldest)\b", bare, re.IGNORECASE
        )
        if (
            is_many
            and not is_own
            and (
                lists.is_about_papers(last, known)
                and not re.match(r"who\b", last, re.IGNORECASE)
                or len(asked) > 1
                or re.search(r"\bof (?:them|these|those)\b", bare)
            )
        ):
            return ""
        genitive = found["word"].lower() in ("his", "their") or (
            found["word"].lower() == "her" and re.match(r"\s+\w", bare[found.end() :])
        )
        return f"{bare[: found.start()]}{person}{chr(39) + 's' if genitive else ''}{bare[found.end() :]}"
    return ""


def _subject(last: str, told: str, known: Known) -> str:
    """Return the title of the paper that the last turn was about, or the short name that its question gave it; "" for none."""
    if not known.is_there:
        return ""
    named = list(known.named(last))
    items = _items(told, known)
    if whole := [item for item in items if item in last] or [title for title in named if title in last]:
        return whole[0]
    if SEEKING.search(last) and len(items) == 1 and items != named:  # "Is there a successor of SigLIP?"
        return items[0]
    if len(named) == 1:
        phrase = _phrase_of(last)
        return phrase if phrase and len(phrase.split()) <= _SHORT_NAME and list(known.named(phrase)) == named else named[0]
    if len(items) == 1 or (items and lists.is_about_papers(last, known)):
        return items[0]
    return items[0] if items and not named and not is_list(told) and not _phrase_of(last) else ""


def _plain_subject(last: str, told: str) -> str:
    topic = _topic(last, plain(told)) if not is_list(told) else None
    return topic.phrase if topic and not lists.is_about_papers(last, NOTHING_KNOWN) else ""


def _short(bare: str, subject: str) -> str:
    """Return a question of one or two words ("When?") as one about its subject."""
    for pattern, question in _SHORT:
        if subject and (found := pattern.fullmatch(bare)):
            return question.format(x=subject, p=found.groupdict().get("p") or "")
    return ""


def _leans_on_history(bare: str, *, is_connected: bool) -> bool:
    """Say whether a question needs what was said before."""
    searchable = HERE.sub("", bare)
    names = [match for match in NAME.finditer(bare) if match[0] not in NOT_NAMES]
    if NAME.fullmatch(bare.rstrip(" ?!.")) and not re.match(QUESTION_WORD, bare, re.IGNORECASE):
        return True  # "BootsTAP?"
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


def _topic(question: str, answer: str, *, subject: str = "", is_about_papers: bool = False) -> _Topic | None:
    """Return what the last turn was about: what its question names, or the answer when the question looked for something."""
    question = ASIDE.sub(r" \g<x>", question) if subject else question
    if subject:
        return _Topic(subject, subject, " ".join(_content(question)))
    if is_about_papers:
        return _Topic("", " ".join(_content(question)))
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
    has_own_words = bool(NO_VERB.fullmatch(bare)) or not WHY.fullmatch(bare) and any(word not in topic.phrase for word in _content(bare))
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


def _with_swap(bare: str, last_question: str, known: Known) -> str:
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
    if not prep and known.named(what):  # "And BiT?" exchanges the paper, not the benchmark
        names = [name for name in _names_in(f"- {asked}") if known.named(name)]
        if len(names) == 1:
            return f"{_capital(asked.replace(names[0], what, 1))}?{about}"
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


def _content(text: str) -> list[str]:
    return [
        word for word in re.findall(r"[^\W_][\w.’'-]*[\w%]|\w", text) if word.lower() not in GENERIC and word not in NOT_NAMES
    ]


def _capital(text: str) -> str:
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return text[:1].upper() + text[1:] if first.islower() else text
