"""Knows the sides of a question about several papers: which it only describes ("the paper on captioners"), and what it asks of each side alone.

Leaves finding the papers to `answering`, which sentences answer to `extractive`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot.naming import is_coined

Span = tuple[int, int]  # of a question: start, end

_JOINS = r"(?:,|and|or|versus|vs\.?|with|to|against|than|from)"
_WORK = (
    r"(?:papers?|articles?|works?|stud(?:y|ies)|notes?|reports?|models?|methods?|approach|systems?|benchmarks?|datasets?|detectors?|networks?|librar(?:y|ies)|pipelines?|projects?"
    r"|controllers?|frameworks?|transformers?|encoders?|agents?|optimizers?|experts|ones?|recipes?|algorithms?|architectures?|searche?s?|losse?s?|training|tuning|technique|tracker|tool)"
)
# What a side ends before: the verb of the question, or what is asked of both sides.
_VERB = (
    r"(?:differ|say|do|does|use|treat|reach|contribute|each|both|handle|compare|achieve|build|learn|train|have|see|reveal|get|take|make|need|find|show|propose"
    r"|help|improve|define|agree|disagree|recommend|suggest|perform|solve|deal|tell|teach|rely|bring|conclude|on (?:their|its|the|what|which|how)"
    r"|in terms of|with respect to|regarding|in how|in what|when it comes)"
)
_WORD = rf"(?!{_VERB}\b)[^\s?,:;]+"  # followed by exactly one space or by none at the end: two ways to read one text would take exponential time
_DESCRIBED = rf"(?P<x>{_WORD}(?: {_WORD}){{1,15}})"
# A name may be part of a description itself: "the 15B sparse mixture of experts or ...".
_AFTER_NAME = re.compile(rf"\W*(?:{_WORK} |(?:[\w-]+ ){{0,5}}(?=or the |versus |vs))?(?:and|or|versus|vs\.?|with|to|against)\s+(?:in |of |for |by )?{_DESCRIBED}", re.I)
_BEFORE_NAME = re.compile(
    rf"(?:^|[:,]|\b(?:do|does|did|is|are|was|were|can|compare|contrast|between|in|of|for)\b) ?{_DESCRIBED} (?:and|or|versus|vs\.?|with|to|than) (?:the |in |of )?$", re.I
)
_ARTICLE_WORD = rf"(?!(?:and|or|versus|vs)\b){_WORD}"
_NEITHER_NAMED = re.compile(
    rf"(?:[:,]|\b(?:between|compare|contrast|do|does|did|is|are)\b) ?(?P<x>(?:the|a|an)(?: {_ARTICLE_WORD}){{1,12}})"
    rf" (?:and|or|versus|vs\.?|with|to) (?P<y>(?:the|a|an)(?: {_WORD}){{1,12}})",
    re.I,
)
# "One paper argues that ..., another ranks ...": what stands between "one" and "another" describes the one.
_ONE_AND_ANOTHER = re.compile(
    rf"\b(?P<x>(?:one(?= (?:{_WORK}|group|team|lab|for|about|on|with|that|which|where|by|using|\w+ing)\b)|the {_WORK})(?: (?!one\b|another\b)[^\s?]+){{2,30}}?)[,;.]?\s+(?:(?:and|while|whereas|with|to|from|versus|vs\.?) )?(?P<y>(?:another|the other|the one|one)(?! of\b)(?: [^\s?.]+){{2,30}})", re.I
)
_SPEAKS_OF_SIDES = re.compile(
    r"\b(?:compar\w+|contrast|versus|vs|differ\w*|between|both|each|either|agree|disagree|whereas)\b|\bwhich (?:of|one|is|has|gets|reaches)\b|^\W*(?:how|what|which|where|why)\b.* (?:and|or) ", re.I
)
_COMPARED_ON = re.compile(r"(?P<x>.*\S+ \S+ \S+) (?:on|by|in terms of|regarding) (?:\S+ ?){1,4}$", re.I)
_CLAUSE = re.compile(
    r",?\s+and\s+(?=(?:(?:in|on|at|by|for|with|of|to|from|under)\s+)?(?:how|what|which|why|where|when|who|whose|does|do|did|is|are|can)\b)|(?<=\?)\s+(?=\w)", re.I
)
LONGEST = 400  # characters; a description is looked for from many places
_FEWEST_WORDS = 2  # of a clause


def described_sides(question: str, named: Sequence[Span]) -> list[Span]:
    """Return the places of the sides that a question describes beside those that it names (or, where it names none, beside each other).

    Only what a question joins counts: "PaLI-3 and the paper on captioners", "the sparse mixture of experts or the dense ViT".
    """
    if len(question) > LONGEST:
        return []
    if not named and (found := _ONE_AND_ANOTHER.search(question)):
        return [_trimmed(question, found.span("x")), _trimmed(question, found.span("y"))]
    if not _SPEAKS_OF_SIDES.search(question):
        return []
    if not named:
        found = _NEITHER_NAMED.search(question)
        return [_trimmed(question, found.span("x")), _trimmed(question, found.span("y"))] if found else []
    found = [match.span("x") for _, end in named for match in [_AFTER_NAME.match(question, end)] if match]
    found += [match.span("x") for start, _ in named for match in [_BEFORE_NAME.search(question, 0, start)] if match]
    sides = [_trimmed(question, span) for span in found if not any(span[0] < end and start < span[1] for start, end in named)]
    return list(dict.fromkeys(span for span in sides if _describes_work(question[span[0] : span[1]])))


def _describes_work(text: str) -> bool:
    words = text.split()
    return len(words) > 1 and (bool(re.search(rf"\b{_WORK}\b", text, re.I)) or (words[0].casefold() == "the" and is_coined(words[-1])))


def _trimmed(question: str, span: Span) -> Span:
    """Return a place without what follows its last words; of "Compare A and the model that ... on accuracy" without what both are compared on."""
    text = question[span[0] : span[1]]
    if re.match(r"\W*(?:please )?(?:compare|contrast)\b", question, re.I) and (cut := _COMPARED_ON.match(text)):
        text = cut["x"]
    return span[0], span[0] + len(text.rstrip(" .?!,"))


def asked_of(question: str, side: Span, others: Sequence[Span]) -> str:
    """Return what a question asks of one side: the question without the others and the words that join them to it."""
    text, offset = question, 0
    for start, end in sorted(others):
        if start < side[1] and side[0] < end:
            continue
        begin, stop = start - offset, end - offset
        before, after = text[:begin], text[stop:]
        trailing = re.match(rf"['’]s?(?: {_WORK})?\b|\s+{_WORK}\b(?!\s+(?:and|or)\s+(?:how|what))", after, re.I)
        after = after[trailing.end() :] if trailing else after
        if joined := re.search(rf"\s*{_JOINS}\s+(?:both )?(?:the |in |of |by )*[\"'“‘]?$", before, re.I):
            before, after = before[: joined.start()], re.sub(r"^[\"'”’]", "", after)
        elif joined := re.match(rf"[\"'”’]?\s*{_JOINS}\s+", after, re.I):
            after = after[joined.end() :]
        shorter = f"{before.rstrip()} {after.lstrip()}" if after[:1] not in ("?", ",", "'", "’") else f"{before.rstrip()}{after}"
        offset += len(text) - len(shorter)
        text = shorter
    return re.sub(r"\s+\b(?:each|both|respectively)\b", "", text).strip()


def clauses_of(question: str) -> list[str]:
    """Return the questions that a question asks at once: "Which methods report EgoSchema, and how do they extend the context?"; [] for one."""
    parts = [part.strip() for part in _CLAUSE.split(question)]
    return parts if len(parts) > 1 and all(len(part.split()) > _FEWEST_WORDS for part in parts) else []
