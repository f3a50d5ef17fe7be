"""Knows the parts of a question about the collection: its category, organisation, numbers, words that must be said, topic.

Leaves putting them together to `masking` and `reading`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from qa_bot.collection import wording
from qa_bot.collection.wording import MASKS, NUMBER, OTHER, PAPERS, number_of

LONGEST = 700  # characters of a question; nobody asks a catalogue more, and some patterns take the square of the length
# What arXiv calls its sections, by the last part of their codes.
CATEGORY_NAMES = {
    "computer vision": "cv",
    "robotics": "ro",
    "machine learning": "lg",
    "computation and language": "cl",
    "natural language processing": "cl",
    "nlp": "cl",
    "artificial intelligence": "ai",
    "astrophysics of galaxies": "ga",
    "galaxies": "ga",
    "distributed computing": "dc",
    "graphics": "gr",
    "image and video processing": "iv",
    "human-computer interaction": "hc",
    "information retrieval": "ir",
    "cryptography": "cr",
    "software engineering": "se",
    "neural and evolutionary computing": "ne",
    "databases": "db",
    "sound": "sd",
    "signal processing": "sp",
    "computers and society": "cy",
    "hardware architecture": "ar",
    "statistics": "ml",
}


ACRONYM = r"[A-Z][\w.+-]*[A-Z\d][\w.+-]*"
_SECTION = r"(?:categor(?:y|ies)|subjects?|class|section|field|area)"


INSTITUTION = (
    r"(?:Google(?: \w+)?|Meta(?: AI)?|Facebook(?: AI)?|FAIR|Microsoft(?: Research)?|N[Vv][Ii][Dd][Ii][Aa]|Apple"
    r"|Amazon|Baidu|Tencent|Huawei|IBM|Intel|Adobe|OpenAI|DeepMind|Anthropic|I[Nn][Rr][Ii][Aa]|CNRS|CMU|MIT|"
    r"ETH(?: Z[uü]rich)?|EPFL|Stanford|Berkeley|Harvard|Princeton|Oxford|Cambridge|Tsinghua|RWTH(?: Aachen)?|Mila"
    r"|Max Planck(?: \w+)?|(?:[A-Z]\w+ )*(?:University|Institute|College|Labs?|Laboratory)"
    r"(?: of(?: [A-Z]\w+)+)?)"
)


def words_said(rest: str, *, is_title: bool) -> tuple[str, tuple[str, ...], bool]:
    """Return (the rest, the phrases that papers must say, whether one is enough)."""
    head = wording.LIST.match(rest)
    start = head.end() if head else 0
    quoted = [found for found in re.finditer(r"[“\"‘']([^”\"’']{2,60})[”\"’'](?!\w)", rest)]
    found = wording.SAYS.search(rest, start) or (
        re.search(r"\b(?:with|about|ha(?:s|ve)|contain\w*|says?|mentions?)\b\s*", rest[start:], re.I) if is_title else None
    )
    names_only = False
    if not (found or (quoted and is_title)):
        found, names_only = wording.USES.search(rest, start), True
    if quoted and (found or is_title):
        beside = re.search(r"([\w-]+)\s*(?:,|/|\bor\b|\band\b)\s*$", rest[: quoted[0].start()])  # ViT or "Vision Transformer"
        is_beside = bool(beside) and _is_name(beside[1])
        phrases = [*([beside[1]] if is_beside else []), *(each[1] for each in quoted)]
        begin = beside.start() if is_beside else quoted[0].start()
        joined_by_or = bool(re.search(r"\bor\b", rest[begin : quoted[-1].end()], re.I))
        place = min(begin, found.start() if found else len(rest))
        return rest[:place] + OTHER + rest[quoted[-1].end() :], tuple(phrases), joined_by_or
    if not found:
        return rest, (), False
    begin = found.start() if rest[found.start() : found.end()] == found[0] else found.start() + start
    end = begin + len(found[0])
    phrase = re.match(rf"[^{MASKS}?;]*", rest[end:])[0]
    phrase = re.split(
        (
            r"\s(?:that|which|where|when|but|written|published|in (?:their|the|its|any|your|this)|by name|at all|explicitly"
            r"|anywhere|do you have|are there)\b"
        ),
        phrase,
        maxsplit=1,
        flags=re.I,
    )[0]
    pieces = [_bare_phrase(piece) for piece in re.split(r"\s*(?:,|/|\band\b|\bor\b)\s*", phrase) if _bare_phrase(piece)]
    pieces = [piece for piece in pieces if topic_of(piece)]  # "appear on" says no word
    spelled = re.fullmatch(rf"(.+?)\s*\(({ACRONYM})\)?", pieces[0]) if len(pieces) == 1 else None  # "locked-image tuning (LiT)", its last bracket cut off
    pieces = list(dict.fromkeys((spelled[2], spelled[1]) if spelled else pieces))
    if not pieces or (names_only and not spelled and not all(_is_name(piece) for piece in pieces)):
        return rest, (), False
    is_any = bool(spelled) or bool(re.search(r"\bor\b|/", phrase, re.I))
    return rest[:begin] + OTHER + rest[end + len(phrase) :], tuple(pieces), is_any


def _bare_phrase(phrase: str) -> str:
    """Return what must be said: "the NYUv2 datasets" is said by "NYUv2"."""
    phrase = re.sub(
        r"^(?:(?:the|a|an|any|some|either|both|words?|terms?|phrases?|names?|on|of|about|with|its|their)\s+)+",
        "",
        phrase.strip(" ?.!,\"“”'‘’"),
        flags=re.I,
    )
    words = phrase.split()
    while len(words) > 1 and words[0].lower() in wording.EDGE_WORDS:
        words.pop(0)
    phrase = " ".join(words)
    return _bare_name(phrase)


def _bare_name(phrase: str) -> str:
    shorter = re.sub(rf"\s+(?:{wording.KINDS}\s*)+$", "", phrase, flags=re.I)
    return shorter if _is_name(shorter) else phrase


def _is_name(phrase: str) -> bool:
    """Say whether every word that counts is written like a name: "ImageNet", "TAP-Vid", "COCO"."""
    words = [word for word in re.findall(r"[\w.-]+", phrase) if word.lower() not in wording.EDGE_WORDS]
    return bool(words) and all(any(c.isupper() for c in word) for word in words) and not re.fullmatch(r"\dD", words[0])


def author_bounds(found: re.Match[str]) -> tuple[int | None, int | None]:
    if found["alone"]:
        return 1, 1
    number, how = number_of(found["n"]), (found["how"] or "").lower()
    if how in ("more than", "over"):
        return number + 1, None
    if how == "at least" or found["more"]:
        return number, None
    if how in ("fewer than", "less than", "under"):
        return None, number - 1
    return (None, number) if how in ("at most", "up to") else (number, number)


@lru_cache(maxsize=8)
def _codes(categories: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str], re.Pattern[str]]:
    """Return lower-case category -> category, the same by the last part of a code too, and the pattern of one before "papers"."""
    known = {category.lower(): category for category in categories}
    by_code = {category.lower().rpartition(".")[2]: category for category in sorted(categories, reverse=True)} | known
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True))) or r"(?!)"
    return known, by_code, re.compile(rf"\b(?:the |all )?({names}) (?={PAPERS}\b)")


def find_category(question: str, categories: Collection[str]) -> tuple[str | None, str]:
    known, by_code, before_papers = _codes(tuple(categories))
    patterns = (
        (
            rf"\b(?:in |from |of )?(?:the )?(?:{_SECTION}\s+|(?=(?:cs|stat|astro-ph|eess|math|physics|q-bio|cond-mat)\.))"
            rf"(?P<x>[A-Za-z][A-Za-z.-]+)"
        ),
        rf"\b(?:in |from |of )?(?:the )?(?P<x>[A-Za-z][\w.-]*) {_SECTION}\b",
    )
    for found in (found for pattern in patterns for found in re.finditer(pattern, question, re.I)):
        words = found["x"].lower()
        for name in (words, words.rpartition(".")[2], CATEGORY_NAMES.get(words, "")):
            if name and name in by_code:
                return by_code[name], found[0]
    if found := before_papers.search(question):
        return known[found[1].lower()], found[1]
    for name, code in CATEGORY_NAMES.items():
        if code in by_code and (
            found := re.search(rf"\b(?:in|from|of)?\s*(?:the )?{re.escape(name)} {_SECTION}\b", question, re.I)
        ):
            return by_code[code], found[0]
    return None, ""


def find_organisation(question: str, organisations: Collection[str]) -> tuple[str | None, str]:
    for name in sorted(organisations, key=len, reverse=True):
        if len(name) > 2 and (
            found := re.search(
                (
                    rf"\b(?:(?:from|by|at|of|involving|with|affiliated (?:with|to))\s+(?:the\s+)?(?:(?:people|researchers|authors"
                    rf"|someone|anyone)\s+(?:at|from)\s+)?(?:google\s+)?(?:university of\s+)?{re.escape(name)}\b(?: university)?"
                    rf"|(?:google\s+)?{re.escape(name)}(?:['’]s)?(?=\s+{PAPERS}))"
                ),
                question,
                re.I,
            )
        ):
            return name, found[0]
    return None, ""


def how_many(text: str, words: str = "newest|latest|most recent|oldest|earliest|last|first|youngest") -> int:
    found = re.search(rf"\b({NUMBER})\s+(?:{words})|(?:{words})\s+({NUMBER})\b|\b({NUMBER}) {PAPERS} with\b", text, re.I)
    return number_of(next(group for group in found.groups() if group)) if found else 1


def topic_of(rest: str) -> str:
    """Return the words that say what listed papers must be about, in their order: what is left between what was understood."""
    pieces = []
    rest = re.sub(rf"(?<=\w)\s*\((?:{ACRONYM})\)", "", rest)  # "Tracking-Any-Point (TAP)"
    for piece in re.split(rf"[{MASKS}?!;:]+|\s-\s|(?<=\w)\.(?:\s|$)", rest):
        words = [word.strip(".,-()\"“”'’") for word in re.findall(r"[\w][\w.+/'’-]*", piece)]
        while words and (_carries_nothing(words[0]) or _opens_only(words)):
            words.pop(0)
        while words and _carries_nothing(words[-1]):
            words.pop()
        pieces += words
    if all(word.lower() in wording.WEAK for word in pieces) or (len(pieces) == 1 and re.fullmatch(wording.OF_ANY_PAPER, pieces[0], re.I)):
        return ""
    topic = " ".join(re.sub(r"(?<=\w)-(?:type|style|like|based)$", "", word) for word in pieces if word and word.lower() not in wording.VAGUE)
    shorter = re.sub(r"\s+(?:tasks?|problems?)$", "", topic, flags=re.I)
    return _bare_name(shorter if len(re.findall(r"\w+", shorter)) > 1 else topic)


def _opens_only(words: list[str]) -> bool:
    """Say whether words open with a noun that stands for any paper's: "their method on image colorization"."""
    return len(words) > 2 and bool(re.fullmatch(wording.OF_ANY_PAPER, words[0], re.I)) and words[1].lower() in ("on", "with", "for", "of", "that", "which", "using", "to")


def _carries_nothing(word: str) -> bool:
    return len(word) < 2 or word.lower() in wording.EDGE_WORDS | wording.VAGUE or word.lower() in wording.NUMBERS


def target_of(text: str) -> str:
    """Return the words that name the one paper asked about."""
    bare = re.sub(
        r"\b(?:who|whom|when|what|which|wrote|authored|author|authors|writers?|was|were|is|are|did|does|do|has|have"
        r"|had|the|of|paper|article|published|publish|released|release|"
        r"written|year|date|month|in|and|come|came|out|appear(?:ed)?|arxiv|id|doi|url|link|page|where|can|i|we|one|find"
        r"|read|get|download|co-?author(?:ed)?|work(?:ed)? (?:on)?|write|also|behind|that|on|about|by|first|last|senior"
        r"|lead|corresponding|main|name|list|show|give|tell|me|please|"
        r"introduced|proposed|developed|created|made|built|invented|publication|old|recent|how|many|people|researchers"
        r"|all|else|list|number|identifier|from|dated|submitted|posted|it|its|this|these|those|them|they|him|her|with)\b",
        " ",
        text,
        flags=re.I,
    )
    return " ".join(re.findall(r"[\w][\w.+-]*", bare))
