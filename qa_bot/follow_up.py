"""Knows how a follow-up question is made to stand alone by rule, from the last turns of a conversation.

Leaves the rewriting by an LLM to `prompts` and `llm`. English only: other languages pass unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa_bot.citation_marks import find_marks, without_strikes

History = Sequence[tuple[str, str]]

_SWITCH = re.compile(
    r"^\W*(?:ok(?:ay)?|right|thanks?(?: you)?|well|so|and|but|now)?[\s,.!-]*(?:now )?(?:(?:for |on(?:to)? |to )?(?:something|somewhat) (?:else|different)(?: (?:entirely|completely|now))?"
    r"|(?:let'?s |let us )?(?:switch(?:ing)?|chang(?:e|ing))(?: the)? (?:topics?|subjects?)|(?:on )?(?:a |an |another )?(?:new|different|other|unrelated) (?:topic|question|subject|matter|note)"
    r"|(?:this is |that's )?unrelated(?:ly)?|moving on|forget (?:that|it|about (?:that|it))|never ?mind|(?:by the way|btw))[\s:,.;!–—-]+",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(r"^\W*(?:(?:and|but|so|or|ok(?:ay)?|then|also|now|plus|yes|right|thanks|great|cool|hm+)[\s,.!]+)+", re.IGNORECASE)
_NOUN = (
    r"(?:paper|model|method|approach|work|article|study|system|network|architecture|technique|framework|dataset|benchmark|algorithm"
    r"|encoder|architecture|pipeline|tool|loss|detector|controller|training|tuning|version)"
)
_PRONOUN = re.compile(
    rf"\b(?P<possessive>its|their|his|(?:this|that|the|these|those) {_NOUN}s?['’]s?)\b"
    rf"|\b(?P<noun>(?<!\bdoes )(?<!\bdid )(?<!\bcan )(?:this|that|the same|said|the aforementioned) {_NOUN}|(?:these|those) {_NOUN}s|(?:this|that) one)\b"
    r"|\b(?P<it>it)\b(?!['’]s (?:known|possible|true|clear)| (?:is|was) (?:known|possible|true|clear|common|necessary|better) (?:that|to|for)| (?:takes?|costs?) to\b)"
    r"|\b(?P<they>they|them|(?:these|those)(?! (?!is\b|was\b|has\b|does\b)\w+s\b))\b"
    r"|\b(?P<person>he|she|him|her)\b"
    r"|(?:(?<=\bis )|(?<=\bwas )|(?<=\bdoes )|(?<=\bdid )|(?<=\bcan )|(?<=\babout )|(?<=\bof )|(?<=\bwith )|(?<=\bthan )|(?<=\bto )|(?<=\bon )|(?<=\blike )|(?<=\bfor )|(?<=\bfrom )|(?<=\bby )|(?<=\bwrote )|(?<=\bin )|^)"
    r"(?P<that>that|this)\b(?! (?:\w+s?|the|an?) (?:is|are|was|were|use[sd]?)\b)(?! (?:collection|corpus|list|set|folder|database)\b)",
    re.IGNORECASE,
)
_HERE = re.compile(r"\b(?:this|these|those|the) (?:collection|corpus|list|set of papers|abstracts|database)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    rf"\b(?:the )?(?P<which>first|second|third|fourth|fifth|last|former|latter|other)(?: (?:one|{_NOUN}))?\b(?! (?:author|layer|stage|step|time|frame|order|order|place|token|word))",
    re.IGNORECASE,
)
_ABOUT_PAPER = re.compile(rf"\bthe (?:{_NOUN}|authors?|writers?|researchers?|abstract)\b(?! (?:of|by|from|called|named|titled|for|on|that|which|about|behind|with)\b)", re.IGNORECASE)
_ELLIPSIS = re.compile(
    r"^(?:(?:(?:what|how)(?: about|'s about| of)|(?:is (?:that|it) )?the same)\s+)?(?:(?P<prep>on|with|for|in|at|after|by|from|to|against|under|over|using|without|during|between|per)\s+)?(?P<what>.+?)\s*\?*\s*$",
    re.IGNORECASE,
)
_IS_ELLIPSIS = re.compile(r"^(?:what|how)(?: about|'s about| of)\b|^(?:is (?:that|it) )?the same (?:for|on|with|in)\b|^(?:on|with|for|in|at|after|by|from|to|against|under|over|using|without|during|between|per)\b(?! (?:what|which|how|whom)\b)", re.IGNORECASE)
_QUESTION_WORD = r"(?:which|what|how|whose|when|who|why|where|whom|is|are|does|do|did|tell|explain|list|show)\b"
_ALIKE = {"against": ("against", "to", "than", "with", "over"), "to": ("to", "against", "than"), "for": ("for", "on"), "in": ("in", "on"), "using": ("using", "with")}
_PREPS = r"(?:on|in|for|with|after|at|against|to|than|by|from|over|under|using|without|when|while)"
_ASIDE = re.compile(r"\s*\(about (?P<x>[^()]*)\)\s*$")
_NO_VERB = re.compile(r"(?:(?:with|on|at|for|in) )?(?:which|what|how many) (?:[\w-]+ ?){1,2}\W*", re.IGNORECASE)
_WHY = re.compile(r"(?:why|how come|how so)(?: (?:is|was))?(?: (?:that|this|so|it))?\W*", re.IGNORECASE)
_OWN_SUBJECT = re.compile(
    r"(?:which|what|how many|(?:are|is) there|do|does|list|show|find|name)\b[\w\s-]*\b(?:paper|model|method|author|approach|work|detector|dataset|encoder|network|system|researcher)(?P<plural>e?s)?\b",
    re.IGNORECASE,
)
_AUXILIARY_BEFORE = re.compile(r"\b(?:does|do|did|is|are|was|were|can|could|has|have|had|will|would|should)\s+$", re.IGNORECASE)
_ONES = re.compile(r"\bones?\b", re.IGNORECASE)
_SEEKING = re.compile(
    r"^(?:is|are|was|were) there\b|^(?:which|what|any|list|show|find|name)\b[^?]*\b(?:papers?|models?|methods?|tools?|works?|datasets?|benchmarks?|approach(?:es)?|detectors?|systems?)\b"
    r"|^(?:do|does) (?:you|any|the (?:papers|collection))\b|^(?:can|could) you\b|^who\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"[“\"«](?P<quoted>[^”\"»\n]{3,150})[”\"»]"
    r"|\b(?P<mixed>(?:[A-Za-z]+[-‑])*[a-z]*[A-Z][A-Za-z0-9]*(?:[A-Z0-9][A-Za-z0-9]*|[-‑][A-Za-z0-9]+)+(?:[-‑.][A-Za-z0-9]+)*(?: (?:\d{1,2}(?:\.\d)?|v\d|[A-Z][\w-]*)\b)*)"
    r"|(?<![.!?:\n] )(?<!^)\b(?P<plain>[A-Z][\w’'-]+(?: (?:[A-Z]\.|van|de|der|von|\d{1,2}|[A-Z][\w’'-]+))*)"
)
_NOT_NAMES = frozenset("I Yes No The A An It This That These They In On At Of And Or But Is Are What Which Who When Where How Why Does Do Did Can Two Three Both".split())
_VERBS = (
    "use|uses|used|work|works|do|reach|reaches|achieve|achieves|achieved|improve|improves|improved|perform|performs|compare|compares|train|trained|need|needs|require|requires|get"
    "|gets|give|gives|gave|take|takes|make|makes|handle|handles|learn|learns|represent|represents|detect|detects|cover|covers|differ|help|helps|save|saves|reduce|reduces|mean|means"
    "|come|comes|have|has|evaluate|evaluated|evaluates|propose|proposed|proposes|introduce|introduced|show|shows|say|says|report|reports|claim|claims|built|build|builds|based|made|able|good|better|best"
    "|outperform|outperforms|beat|beats|generate|generates|run|runs|scale|scales|transfer|transfers|support|supports|contain|contains|consist|published|written|called|released|designed"
    "|tested|compared|write|author|publish|find|develop|invent|different|faster|slower|larger|smaller|so|not|also|still|really|actually|rely|relies|avoid|avoids|address|solve|solves|combine|combines|predict|predicts|apply|applied|exploit|exploits|target|targets|estimate|estimates|process|tokenize|encode|encodes|decode"
)
_STOP = rf"(?=\s+(?:(?-i:{_VERBS})|on|in|for|with|after|at|by|from|to|against|over|under|than|as|when|while|if|because|and|or)\b|\s*[?.!,;]|\s*$)"
_SUBJECTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:please )?(?:tell me|talk|what do you know|what can you tell me|i want to know|(?:is|are) there (?:anything|something|papers?|work|a paper|any (?:papers?|work))|do you have (?:anything|something|papers?))"
        r"(?: more| something| a bit)? (?:about|on) (?P<x>.+)",
        r"^(?:please )?(?:explain|describe|define|summari[sz]e|discuss|introduce)(?: me| to me)? (?P<x>.+)",
        rf"^(?:what|who|where)(?:['’]s| is| are| was| were) (?:the |an? )?(?:[\w-]+ ){{1,4}}?of (?P<x>.+?){_STOP}",
        r"^(?:what|who)(?:['’]s| is| are| was| were) (?P<x>(?!(?:known|said|used|meant|done|there)\b)[^?,]+)",
        rf"^(?:what|how|why|when|where|which|who|whose|by how much|in what|on (?:which|what)|to what)\b[^?]*?\b(?:does|do|did|is|are|was|were|can|could|has|have|will) (?!there\b|you\b)(?P<x>.+?){_STOP}",
        rf"^(?:does|do|did|is|are|was|were|can|could|has|have|will) (?!there\b|you\b|any\b)(?P<x>.+?){_STOP}",
        r"^who (?:wrote|made|proposed|introduced|developed|built|published|created|invented) (?P<x>[^?]+)",
        r"\babout (?P<x>[^?,]+)",
    )
)
_GENERIC = frozenset(
    "accuracy accuracies performance score scores result results loss losses encoder encoders decoder backbone architecture dataset datasets data size sizes parameters parameter author authors "
    "year date code method methods approach model models limitation limitations benchmark benchmarks task tasks metric metrics training train trained cost costs speed contribution contributions conclusion "
    "finding findings improvement improvements baseline baselines resolution number title link url paper papers much many long large big good well fast language vision image images used use uses "
    "reported reach reached achieve achieved evaluated tested published written wrote work works main idea ideas goal goals exactly detail details more example examples evidence advantage advantages "
    "reason hardware compute gpus time epochs steps what which who when where how why name source open available does do did is are was were the a an of in on for by to it they be been with and "
    "there any other else mean further again say tell me please give summary summarize explain elaborate compare compared compares difference".split()
)


@dataclass(frozen=True)
class _Topic:
    """What the conversation is about: a phrase that can stand in a question, words that help to find it, the last question's words."""

    phrase: str
    words: str
    question: str = ""


def stand_alone(question: str, history: History) -> str:
    """Return the question so that it can be understood without the conversation; unchanged where it can already.

    `history` holds ("user" | "assistant", text) turns, oldest first. Pronouns get what they stand for, elliptical
    questions ("And on Kinetics?") the rest of the last one, and where neither goes, the topic is put behind in
    parentheses. A question that names its own subject or announces another topic is not touched by the old one.
    """
    question = question.strip()
    if switch := _SWITCH.match(question):
        rest = question[switch.end() :].strip()
        return _capital(rest) if rest else question
    turns = [(role, text.strip()) for role, text in history if role in ("user", "assistant") and text.strip()]
    place = next((n for n in range(len(turns) - 1, -1, -1) if turns[n][0] == "user"), None)
    if place is None or not question:
        return question
    bare = _CONNECTIVE.sub("", question).strip() or question
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
    rewritten = "" if _WHY.fullmatch(bare) else _with_pronoun(bare, topic)
    return _capital(rewritten if rewritten else _with_topic(bare, topic))


def _leans_on_history(bare: str, *, is_connected: bool) -> bool:
    """Say whether a question needs what was said before."""
    searchable = _HERE.sub("", bare)
    names = [match for match in _NAME.finditer(bare) if match[0] not in _NOT_NAMES]
    pronoun = _PRONOUN.search(searchable)
    if pronoun:
        before = searchable[: pronoun.start()]
        if re.search(r"\S+ \S+ \S+,? and (?:how|what|why|when|where|who|is|are|does|do|did|can)\b", before, re.IGNORECASE):
            return False  # the pronoun's word is in this very question
        own = _OWN_SUBJECT.match(before) if pronoun["it"] or pronoun["they"] or pronoun["possessive"] else None
        is_plural = bool(pronoun["they"]) or pronoun[0].lower() == "their"
        if own and bool(own["plural"]) == is_plural and not _AUXILIARY_BEFORE.search(before):
            return is_connected
        inside = any(name.start() < pronoun.start() for name in names)
        comparing = re.search(r"\b(?:than|to|with|on|over|against|like|from)\s+$", before, re.IGNORECASE)
        return is_connected or not inside or bool(comparing)
    if _IS_ELLIPSIS.match(bare) or _WHY.fullmatch(bare) or (_NO_VERB.fullmatch(bare) and not names):
        return True
    if _ONES.search(bare) or _ORDINAL.search(bare):
        return is_connected or not names
    if names:
        return is_connected and len(bare.split()) <= 6 and not re.match(r"(?:what|who|how|why|when|where|which|is|are|do|does|did|tell|explain|list|show)\b", bare, re.IGNORECASE)
    if _ABOUT_PAPER.search(bare):
        return True
    words = re.findall(r"[a-z][\w-]*", bare.lower())
    if re.match(r"^(?:what|who)(?:['’]s| is| are) (?!the\b|their\b)", bare, re.IGNORECASE):
        return is_connected and all(word in _GENERIC for word in words)
    return all(word in _GENERIC for word in words) or (is_connected and len(words) <= 5)


def _topic(question: str, answer: str) -> _Topic | None:
    """Return what the last turn was about: what its question names, or the answer when the question looked for something."""
    first = re.split(r"(?<=[.!?])\s", answer, maxsplit=1)[0]
    said = re.sub(r"^(?:yes|no|sure|certainly|indeed)\b[\s,:.–—-]*", "", first, flags=re.IGNORECASE)
    asked = " ".join(_content(question))
    words = " ".join(dict.fromkeys([*_content(question), *_content(said)[:12]]))
    if aside := _ASIDE.search(question):
        return _Topic(aside["x"] if len(aside["x"].split()) <= 7 else "", words)
    found = _phrase_of(question)
    if _SEEKING.search(question) and not (found and _names_in(found) and not question.lower().startswith(("is there", "are there"))):
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
    asked = _CONNECTIVE.sub("", question).strip().rstrip("?!. ")
    for pattern in _SUBJECTS:
        if found := pattern.search(asked):
            phrase = re.sub(r"^(?:the|an?|this|that|these|those)\s+", "", found["x"].strip(" ?.!,"), flags=re.IGNORECASE)
            if re.match(rf"(?:{_NOUN}|authors?|it|they|he|she|them|something|anything|{_VERBS})\b$", phrase, re.IGNORECASE):
                continue
            names = _names_in(phrase)
            if names and (len(phrase.split()) > 7 or (phrase.startswith(names[0]) and len(phrase.split()) - len(names[0].split()) <= 2)):
                phrase = names[0]
            elif len(phrase.split()) > 7:
                continue
            if phrase and not all(word in _GENERIC for word in re.findall(r"[a-z][\w-]*", phrase.lower())):
                return phrase
    return ""


def _names_in(text: str) -> list[str]:
    return [name for match in _NAME.finditer(text) if (name := (match["quoted"] or match[0]).strip(" ,.")) not in _NOT_NAMES]


_SMALL = r"(?:of|for|from|in|and|the|with|on|to|via|by|a|an|using|without|is|are|as)"
_LEADING_TITLE = re.compile(rf"(?:[Tt]he )?(?P<x>[A-Z0-9][\w-]*(?::? (?:{_SMALL} ){{0,2}}[A-Z0-9][\w-]*)*)(?=[\s,:(]|$)")


def _leading_name(sentence: str) -> str:
    """Return the name or title that a sentence begins with: "Kubric is...", "The PaliGemma model..."; "" for anything else."""
    if quoted := re.match(r"\s*[“\"](?P<x>[^”\"]{3,150})[”\"]", sentence):
        return quoted["x"]
    found = _LEADING_TITLE.match(sentence)
    if not found or found["x"].split()[0] in _NOT_NAMES or re.search(r"-(?:based|like|style|free|level|driven)$", found["x"]):
        return ""
    is_one_word = " " not in found["x"] and found["x"][1:].islower()
    follows = sentence[found.end() :]
    if is_one_word and not re.match(rf" (?:is|are|was|were|has|can|does|{_VERBS}|[a-z]+s)\b", follows):
        return ""
    return found["x"]


def _with_pronoun(bare: str, topic: _Topic) -> str:
    """Return the question with its first pronoun replaced, "" when the topic has no phrase that fits."""
    if not topic.phrase:
        return ""
    needs_article = topic.phrase[0].islower() and not topic.phrase.endswith(("s", "ing")) and " " in topic.phrase
    phrase = f"the {topic.phrase}" if needs_article else topic.phrase
    here = [match.span() for match in _HERE.finditer(bare)]
    for match in _PRONOUN.finditer(bare):
        if not any(start <= match.start() < end for start, end in here) and _fits(match, topic.phrase):
            word = f"{phrase}'" if match["possessive"] and phrase.endswith("s") else f"{phrase}'s" if match["possessive"] else phrase
            return f"{bare[: match.start()]}{word}{bare[match.end() :]}"
    if match := _ABOUT_PAPER.search(bare):
        is_part = re.search(r"(?:authors?|writers?|researchers?|abstract)$", match[0], re.IGNORECASE)
        return f"{bare[: match.start()]}{f'{match[0]} of {phrase}' if is_part else phrase}{bare[match.end() :]}"
    if match := _ORDINAL.search(bare):
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
    has_own_words = not _WHY.fullmatch(bare) and any(word not in topic.phrase for word in _content(bare))
    about = (topic.phrase if has_own_words else topic.question) or topic.words
    return f"{bare.rstrip()} (about {about})" if about and about.lower() not in bare.lower() else bare


def _with_listed(bare: str, listed: Sequence[str]) -> str:
    """Return the question with "the second" or "which of them" replaced by the items that the last answer listed."""
    if len(listed) < 2:
        return ""
    if them := re.search(
        r"\b(?:of|compare|summari[sz]e|between|do|are|did|have|about) (?P<all>them|they|these(?: papers)?|those(?: papers)?|both|the (?:two|three|four|five)(?: papers| models)?)\b",
        bare,
        re.IGNORECASE,
    ):
        shown = f"{', '.join(listed[:-1])} and {listed[-1]}"
        return f"{bare[: them.start('all')]}{shown}{bare[them.end('all') :]}" if len(shown) <= 400 else ""
    if ordinal := _ORDINAL.search(bare):
        order = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "latter": -1, "last": -1, "other": -1}
        place = order[ordinal["which"].lower()]
        if place < len(listed):
            return f"{bare[: ordinal.start()]}{listed[place]}{bare[ordinal.end() :]}"
    return ""


def _with_swap(bare: str, last_question: str) -> str:
    """Return the last question with the one part exchanged that an elliptical question names: "And on Kinetics?"."""
    is_bare_name = len(bare.split()) <= 4 and _names_in(f"- {bare}") and not re.match(_QUESTION_WORD, bare, re.IGNORECASE)
    ellipsis = _ELLIPSIS.match(bare) if _IS_ELLIPSIS.match(bare) or is_bare_name else None
    if ellipsis is None or _PRONOUN.search(ellipsis["what"]) or re.match(_QUESTION_WORD, ellipsis["what"], re.IGNORECASE):
        return ""
    what, prep = ellipsis["what"].strip(" ?"), (ellipsis["prep"] or "").lower()
    aside = _ASIDE.search(last_question)
    about = aside[0] if aside else ""
    asked = _ASIDE.sub("", _CONNECTIVE.sub("", last_question).strip()).rstrip("? ")
    if not _content(what):
        return ""
    head = what.split()[-1]
    same_head = re.search(rf"\b[\w.%-]+ {re.escape(head)}\b", asked, re.IGNORECASE)
    if same_head and len(what.split()) > 1:
        return f"{_capital(asked[: same_head.start()])}{what}{asked[same_head.end() :]}?{about}"
    for each in _ALIKE.get(prep, (prep,)) if prep else ("on", "for", "in", "at", "after", "with", "against", "to"):
        found = list(re.finditer(rf"\b{each} (?P<old>(?:the )?[^\s?,]+(?: (?!{_PREPS}\b)[^\s?,]+){{0,4}})", asked, re.IGNORECASE))
        if found and not re.match(_QUESTION_WORD, found[-1]["old"], re.IGNORECASE):
            return f"{_capital(asked[: found[-1].start('old')])}{what}{asked[found[-1].end('old') :]}?{about}"
    phrase = _phrase_of(last_question)
    is_name = bool(re.search(r"[A-Z0-9]", what)) or not re.search(r"[A-Z0-9]", phrase)
    if not prep and phrase and phrase in asked and is_name and _content(what):
        return f"{_capital(asked.replace(phrase, what, 1))}?"
    return ""


def _with_ones(bare: str, last_question: str) -> str:
    """Return the question with "ones" replaced by the noun that the last question asked for."""
    noun = re.match(r"^(?:which|what|how many)(?: [\w-]+){0,3}? (?P<noun>[\w-]+)(?= (?:does|do|did|is|are|was|were|can|has|have)\b)", last_question, re.IGNORECASE)
    return _ONES.sub(noun["noun"], bare, count=1) if noun else bare


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
    return [word for word in re.findall(r"[^\W_][\w.’'-]*[\w%]|\w", text) if word.lower() not in _GENERIC and word not in _NOT_NAMES]


def _capital(text: str) -> str:
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return text[:1].upper() + text[1:] if first.islower() else text
