"""Knows how a follow-up question is made to stand alone by rule, from the last turns of a conversation.

Leaves the rewriting by an LLM to `prompts` and `llm`. English only: other languages pass unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot.follow_up import lists
from qa_bot.follow_up.filling import with_listed, with_ones, with_pronoun, with_swap, with_topic
from qa_bot.follow_up.topic import capital, names_in, phrase_of, topic_of
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
    ASKED_BEFORE,
    AUXILIARY_BEFORE,
    BACK_TO,
    CONNECTIVE,
    CORRECTION,
    GENERIC,
    HERE,
    HOW_MUCH,
    IS_ELLIPSIS,
    LACKS_PARTNER,
    NAME,
    NO_VERB,
    NOT_NAMES,
    ONES,
    ORDINAL,
    OWN_SUBJECT,
    PRONOUN,
    QUESTION_WORD,
    SEEKING,
    SWITCH,
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
# A question goes on with a paper that says this share of its words; of one that begins with "And" less.
_SAID, _SAID_CONNECTED, _SAID_OF_NAMES = 0.75, 0.1, 0.95
_SAME_QUESTION = re.compile(r"[,;:–—-]?\s+(?:the )?same (?:question|thing)\W*$", re.IGNORECASE)
_WAS_USED = re.compile(r"\b(?:is|are|was|were) (?:used|trained|chosen|tested|evaluated|compared|reported)\b", re.IGNORECASE)
_FEW_WORDS = 6
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
        return capital(rest) if rest else question
    turns = turns_of(history)
    place = next((n for n in range(len(turns) - 1, -1, -1) if turns[n][0] == "user"), None)
    if place is None or not question:
        return question
    last = stand_alone(turns[place][1], turns[:place], known=known)
    if corrected := _corrected(question, last, known):
        question = corrected
    said = [text for role, text in turns[place + 1 :] if role == "assistant"]
    if back := BACK_TO.match(question):
        subject = back["x"] or back["y"] or back["z"]
        question, last, said = (back["rest"] or back["more"] or back["then"]).strip(), f"What is {subject.strip()}?", []
    bare = CONNECTIVE.sub("", question).strip() or question
    is_connected = bare != question
    bare = _SAME_QUESTION.sub("", bare)
    if ABOUT_ANSWER.fullmatch(bare):
        return last
    if rewritten := _asked_before(bare, last, turns[:place], known):
        return capital(rewritten)
    told = said[-1] if said and not is_declined(said[-1]) else ""
    names_own = bool(known.named(bare))
    if names_own and (rewritten := _with_own_name(bare, last, known)):
        return capital(rewritten)
    is_adrift = bool(said) and not told and not known.named(last)  # declined, and about no paper: nothing there is a topic
    if is_adrift:
        return capital(with_swap(bare, last, known) or lists.on_list(bare, last, known) or question) if not names_own else question
    if rewritten := _on_list(bare, last, told, turns[:place], known, is_connected=is_connected):
        return capital(rewritten)
    if rewritten := _on_people(bare, last, told, known):
        return capital(rewritten)
    subject = _subject(last, told, known)
    if rewritten := _short(
        bare, _plain_subject(last, told) if not subject else subject if len(_items(told, known)) < 2 or not is_list(told) else ""
    ):
        return rewritten
    if subject and (version := _OWN_VERSION.search(bare)) and not any(name[0] not in NOT_NAMES for name in NAME.finditer(bare)):
        which = f"the {version['which']} {version['one'] or 'version'}"
        return capital(
            " ".join(f"{bare[: version.start()]} {which} of the abstract of {subject}{bare[version.end() :]}".split())
        )
    if subject and (paper := _THAT_PAPER.search(bare)):
        return capital(f"{bare[: paper.start()]}{subject}{bare[paper.end() :]}")
    is_definite = (
        bool(subject) and bool(_DEFINITE.fullmatch(bare)) and not names_in(f"- {bare}") and not lists.is_of_collection(bare, known)
    )  # "What is the median error?"
    if not (is_definite or _leans_on_history(bare, is_connected=is_connected) or _goes_on(bare, subject, known, is_connected=is_connected)):
        return question
    topic = topic_of(last, plain(told), subject=subject, is_about_papers=known.is_there and lists.is_about_papers(last, known))
    if topic is None:
        return question
    listed = _items(told, known)
    if rewritten := with_listed(bare, listed if len(listed) > 1 else list(known.named(last))):
        return capital(rewritten)
    if rewritten := with_swap(bare, last, known):
        return rewritten
    bare = with_ones(bare, last)
    rewritten = "" if WHY.fullmatch(bare) else with_pronoun(bare, topic)
    return capital(rewritten if rewritten else with_topic(bare, topic))


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
        return with_swap(f"What about {titles[place]}?", last, known) or f"Tell me more about {titles[place]}"
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
        phrase = phrase_of(last)
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
            return lists.among_items(bare, _items(told, known))
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
    if not items:  # one paper after the other was asked about
        asked = [text for role, text in before if role == "user"] + [last]
        items = list(dict.fromkeys(title for text in asked for title in known.named(text)))
    if len(items) <= _FEW and (narrowed := lists.among_items(bare, items)):
        return narrowed
    return lists.with_item(bare, items, last, known=known)


def _on_people(bare: str, last: str, told: str, known: Known) -> str:
    """Return the question with "the first author", "he" or "their" replaced by whom the last turn named."""
    if not known.is_there:
        return ""
    people = people_told(told)
    if not people and _PERSON_PRONOUN.search(bare):  # an LLM's "The first author is Ivana Balažević"
        named = [words for _, words in known.authors.find(told)]
        people = named if len(named) == 1 else []
    if people and (found := _SAME_AUTHOR.search(bare)) and not re.match(r"(?:and )?who\b", bare, re.IGNORECASE) and found[0] != bare.rstrip(" ?.!"):
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
    if re.match(r"\W*yes\b", told, re.IGNORECASE) and len(introduced := list(known.named(told))) == 1:  # "Yes, Skip-Sideways"
        return introduced[0]
    if len(named) == 1:
        phrase = phrase_of(last)
        return phrase if phrase and len(phrase.split()) <= _SHORT_NAME and list(known.named(phrase)) == named else named[0]
    if len(items) == 1 or (items and lists.is_about_papers(last, known)):
        return items[0]
    return items[0] if items and not named and not is_list(told) and not phrase_of(last) else ""


def _plain_subject(last: str, told: str) -> str:
    topic = topic_of(last, plain(told)) if not is_list(told) else None
    return topic.phrase if topic and not lists.is_about_papers(last, NOTHING_KNOWN) else ""


def _short(bare: str, subject: str) -> str:
    """Return a question of one or two words ("When?") as one about its subject."""
    for pattern, question in _SHORT:
        if subject and (found := pattern.fullmatch(bare)):
            return question.format(x=subject, p=found.groupdict().get("p") or "")
    return ""


def _goes_on(bare: str, subject: str, known: Known, *, is_connected: bool) -> bool:
    """Say whether a question without a pronoun is about the subject still: "Who filmed the videos?" after one on a benchmark of videos.

    It is where it asks in words that the subject's paper says, of something definite or in few words; names must be said, too.
    """
    if not subject or HERE.search(bare) or lists.is_of_collection(bare, known):
        return False
    if not is_connected and SEEKING.match(bare) and not re.match(r"who\b", bare, re.IGNORECASE) and not _WAS_USED.search(bare):
        return False
    is_definite = len(bare.split()) <= _FEW_WORDS or bool(re.search(r"\bthe (?!same\b)\w", bare, re.IGNORECASE))
    if not is_definite and not is_connected:
        return False
    names = any(match[0] not in NOT_NAMES for match in NAME.finditer(bare))
    return known.says(subject, bare) >= (_SAID_OF_NAMES if names else _SAID_CONNECTED if is_connected else _SAID)


def _leans_on_history(bare: str, *, is_connected: bool) -> bool:
    """Say whether a question needs what was said before."""
    searchable = HERE.sub("", bare)
    names = [match for match in NAME.finditer(bare) if match[0] not in NOT_NAMES]
    if NAME.fullmatch(bare.rstrip(" ?!.")) and not re.match(QUESTION_WORD, bare, re.IGNORECASE):
        return True  # "BootsTAP?"
    pronoun = PRONOUN.search(searchable)
    if pronoun:
        before = searchable[: pronoun.start()]
        if re.search(r"\S+ \S+ \S+(?:,? and|[.?!]) (?:how|what|why|when|where|who|is|are|does|do|did|can)\b", before, re.IGNORECASE):
            return False  # the pronoun's word is in this very question
        if re.search(r"\b(?:an|a|any) \S+.* (?:and|but|or|without|while) (?:\w+ )?$", before, re.IGNORECASE) and not pronoun["they"]:
            return is_connected  # "compress a network and keep its quality"
        own = OWN_SUBJECT.match(before) if pronoun["it"] or pronoun["they"] or pronoun["possessive"] else None
        is_plural = bool(pronoun["they"]) or pronoun[0].lower() == "their"
        if own and bool(own["plural"]) == is_plural and not AUXILIARY_BEFORE.search(before):
            return is_connected
        inside = any(name.start() < pronoun.start() for name in names)
        comparing = re.search(r"\b(?:than|to|with|on|over|against|like|from)\s+$", before, re.IGNORECASE)
        return is_connected or not inside or bool(comparing)
    if IS_ELLIPSIS.match(bare) or HOW_MUCH.fullmatch(bare) or WHY.fullmatch(bare) or (NO_VERB.fullmatch(bare) and not names):
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
