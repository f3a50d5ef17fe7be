"""Knows how a question about the collection is read: whose, from when, in which category, about what, and which kind it is.

Leaves the English to `wording`, names of people to `people`, and answering to `telling`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from qa_bot.collection import wording
from qa_bot.collection.asked import CollectionQuestion, Kind
from qa_bot.collection.dates import Span, find_span
from qa_bot.collection.people import AuthorNames, Person, unknown_name
from qa_bot.collection.wording import CATEGORY, MASKS, NUMBER, ORGANISATION, OTHER, PAPERS, PERSON, TIME, number_of
from qa_bot.schema import Filters

# What arXiv calls its sections, by the last part of their codes.
CATEGORY_NAMES = {
    "computer vision": "cv", "robotics": "ro", "machine learning": "lg", "computation and language": "cl", "natural language processing": "cl", "nlp": "cl",
    "artificial intelligence": "ai", "astrophysics of galaxies": "ga", "galaxies": "ga", "distributed computing": "dc", "graphics": "gr", "image and video processing": "iv",
    "human-computer interaction": "hc", "information retrieval": "ir", "cryptography": "cr", "software engineering": "se", "neural and evolutionary computing": "ne",
    "databases": "db", "sound": "sd", "signal processing": "sp", "computers and society": "cy", "hardware architecture": "ar", "statistics": "ml",
}  # fmt: skip
_SECTION = r"(?:categor(?:y|ies)|subjects?|class|section|field|area)"
_INSTITUTION = (
    r"(?:Google(?: \w+)?|Meta(?: AI)?|Facebook(?: AI)?|FAIR|Microsoft(?: Research)?|N[Vv][Ii][Dd][Ii][Aa]|Apple|Amazon|Baidu|Tencent|Huawei|IBM|Intel|Adobe|OpenAI|DeepMind|Anthropic|I[Nn][Rr][Ii][Aa]|CNRS|CMU|MIT|"
    r"ETH(?: Z[uü]rich)?|EPFL|Stanford|Berkeley|Harvard|Princeton|Oxford|Cambridge|Tsinghua|RWTH(?: Aachen)?|Mila|Max Planck(?: \w+)?|(?:[A-Z]\w+ )*(?:University|Institute|College|Labs?|Laboratory)"
    r"(?: of(?: [A-Z]\w+)+)?)"
)
_KEYWORDS = 8
LONGEST = 700  # characters; nobody asks a catalogue more, and some patterns take the square of the length
_ASIDE = re.compile(r"\s*\(about (?P<x>[^()]*)\)\s*$")


@dataclass(frozen=True)
class _Read:
    """A question and what was understood of it; in `masked` one letter stands for each such part."""

    text: str
    masked: str
    people: tuple[Person, ...]
    base: CollectionQuestion
    is_keywords: bool


def understand(
    question: str, *, authors: AuthorNames, categories: Collection[str] = (), organisations: Collection[str] = ()
) -> CollectionQuestion | None:
    """Read a question about the collection; None when it asks for what the papers say."""
    text = " ".join(_ASIDE.sub(r" about \g<x>", question[: 2 * LONGEST]).split())
    text = wording.POLITE.sub("", text, count=1).strip()
    if not 0 < len(text) <= LONGEST:
        return None
    read = _read(text, authors, categories, organisations)
    asked = _about_people_and_time(read) or _about_one_paper(read) or _about_papers(read)
    if asked is None:
        return None
    return replace(asked, wants_content=bool(wording.ASKS_MORE.search(read.masked)) and asked.kind in ("list", "count", "newest", "oldest", "authors", "date"))


def filters_in(question: str, *, authors: AuthorNames, categories: Collection[str] = ()) -> Filters:
    """Return what a question about content narrows itself to: "What do the papers by Beyer from 2021 say about ...?"

    Only where it speaks of papers: a year or a name in "ImageNet 2012" or "the Hénaff loss" narrows nothing.
    """
    text = " ".join(question.split())
    if len(text) > LONGEST or not re.search(rf"\b{PAPERS}\b", text, re.I):
        return Filters()
    author = next((name for name, words in authors.find(text) if re.search(rf"\b(?:by|of|from)\s+{re.escape(words)}|{re.escape(words)}['’]s?\b", text)), None)
    span = find_span(text)
    near = rf"\b{PAPERS}\b\W+(?:\w+\W+){{0,6}}?"
    if span and not (re.search(near + re.escape(span.words), text, re.I) or re.search(rf"{re.escape(span.words)}(?:['’]s)?\W+(?:\w+\W+)?{PAPERS}\b", text, re.I)):
        span = None
    category, _ = _find_category(text, categories)
    return Filters(author=author, year_from=span.year_from if span else None, year_to=span.year_to if span else None, category=category)


def without_filters(question: str, filters: Filters, *, authors: AuthorNames) -> str:
    """Return a question about content without the words that narrow it, which no abstract says: "the papers by Beyer from 2021"."""
    text = " ".join(question.split())
    for name, words in authors.find(text):
        if name == filters.author:
            text = re.sub(rf"\b(?:by\s+|of\s+|from\s+)?{re.escape(words)}(?:['’]s?)?(?!\w)", " ", text, count=1)
    if (filters.year_from or filters.year_to) and (span := find_span(text)):
        text = text.replace(span.words, " ", 1)
    return " ".join(text.split())


def _read(text: str, authors: AuthorNames, categories: Collection[str], organisations: Collection[str]) -> _Read:
    is_keywords = len(text.split()) <= _KEYWORDS and not text.endswith("?") and not re.match(
        r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|has|have|list|show|find|name|give|tell|explain|describe|summari[sz]e|compare|count)\b", text, re.I
    )  # fmt: skip
    people = authors.people(text, anywhere=is_keywords)
    span = find_span(text, anywhere=is_keywords and (bool(people) or bool(re.search(rf"\b{PAPERS}\b", text, re.I)) or bool(re.fullmatch(r"\W*\d{4}\W*", text))))
    category, category_words = _find_category(text, categories)
    organisation, organisation_words = _find_organisation(text, organisations)
    masked = text
    out: list[Person] = []
    for person in people:
        place = masked.find(person.words)
        if place >= 0:
            without = wording.WITHOUT.search(masked[:place])
            is_out = bool(without)
            out += [person] if is_out else []
            before = masked[: without.start()] if without else masked[:place]
            masked = before + (OTHER if is_out else PERSON) + masked[place + len(person.words) :]
    wanted = [person for person in people if person not in out]
    masked = re.sub(rf"{PERSON},? (?:et al\b\.?|and (?:others|co-?workers|colleagues))", PERSON, masked)
    if span is None and (beside := re.search(rf"{PERSON},? \(?(?P<year>(?:19|20)\d\d)\b\)?", masked)):  # "Beyer (2021)"
        span = Span(beside["year"], beside["year"], beside["year"])
    for words, mask in ((span.words if span else "", TIME), (category_words, CATEGORY), (organisation_words, ORGANISATION)):
        masked = masked.replace(words, mask, 1) if words else masked
    place = "only" if wanted and wording.ONLY_AUTHOR.search(masked) else "first" if wording.FIRST_AUTHOR.search(masked) else "last" if wording.LAST_AUTHOR.search(masked) else ""
    by_any = len(wanted) > 1 and bool(re.search(rf"{PERSON}\s*,?\s*or\s+{PERSON}|\beither\b.*{PERSON}", masked, re.I))
    filters = Filters(
        author=wanted[0].name if wanted else None, category=category,
        year_from=span.year_from if span else None, year_to=span.year_to if span else None,
    )  # fmt: skip
    unknown = "" if people else _unknown(masked, text, organisation, category, categories)
    base = CollectionQuestion(
        "list", filters, also_by=tuple(person.name for person in wanted[1:]), by_any=by_any, not_by=tuple(person.name for person in out), span=span, place=place,
        is_first_author=place == "first", organisation=organisation, unknown=unknown,
        notes=tuple(f"“{person.words}” was read as {person.name}." for person in people if person.is_guess),
    )  # fmt: skip
    return _Read(text, masked, tuple(people), base, is_keywords)


def _unknown(masked: str, text: str, organisation: str | None, category: str | None, categories: Collection[str]) -> str:
    """Return in words what a question asks for that no record bears: an author, an organisation, a category."""
    if not re.search(rf"\b{PAPERS}\b|^(?:anything|something|everything|what|who)\b", text, re.I):
        return ""
    if organisation is None and (found := re.search(rf"\b(?:from|by|at|of)\s+(?:the )?(?:(?:people|researchers|authors) (?:at|from) )?(?P<x>{_INSTITUTION})(?=\W|$)|\b(?P<y>{_INSTITUTION})(?:['’]s)? (?={PAPERS})", text)):
        return f"recorded as from {(found['x'] or found['y']).strip()}"
    if categories and category is None and (found := re.search(rf"\bcategory\s+(?P<x>[\w.-]+)|\bin the (?P<y>[\w-]+(?: [\w-]+)?) (?:category|section)\b", text, re.I)):
        return f"in a category called {found['x'] or found['y']}"
    if organisation:
        return ""
    name = unknown_name(text) or (unknown_name(text, by_only=False) if re.match(r"(?:what|which|did|has|have)\b.*\b(?:write|written|publish|published|author|co-?author\w*)\b", text, re.I) else "")
    return f"by {name}" if name and not re.search(r"\d", name) else ""


# Questions about people, years and categories


def _about_people_and_time(read: _Read) -> CollectionQuestion | None:
    masked, base = read.masked, read.base
    whole = replace(base, topic="")
    if wording.PER_YEAR.search(masked):
        return replace(_with_topic(read, re.sub(r"\b(?:per|each|every|by|for each) year\b|over the years", " ", masked, flags=re.I)), kind="per_year")
    if wording.YEAR_MOST.search(masked):
        return replace(whole, kind="year_most", newest_first=not re.search(r"fewest|least", masked, re.I))
    if wording.TIME_SPAN.search(masked) and re.search(rf"\b(?:{PAPERS}|collection|corpus|cover|span|library)\b|{PERSON}", masked, re.I):
        return replace(whole, kind="time_span")
    if wording.COAUTHORS.search(masked) and PERSON in masked and not re.search(rf"\b(?:which|what|list|show|how many) (?:\w+ )?{PAPERS}\b|^{PAPERS}", masked, re.I):
        return replace(whole, kind="coauthors")
    if masked.count(PERSON) > 1 and (re.search(rf"\bmore {PAPERS}\b|\beach\b|\brespectively\b|\bmore (?:prolific|active|often)\b", masked, re.I)) and re.search(r"\bwho\b|\bhow many\b|\bwhich\b|\bdid\b|\bhas\b", masked, re.I):
        return replace(whole, kind="tally")
    if wording.PROLIFIC.search(masked) and PERSON not in masked:
        limit = re.search(rf"\btop ({NUMBER})\b|\b({NUMBER}) most\b", masked, re.I)
        rest = re.sub(rf"\b(?:top|most|prolific|frequent|active|productive|common|rank|ranking|often|per author)\b|\b{NUMBER}\b", " ", masked, flags=re.I)
        return replace(_with_topic(read, rest), kind="prolific", limit=number_of(limit[1] or limit[2]) if limit else None)
    if wording.WRITERS.search(masked) and PERSON not in masked:
        writers = _with_topic(read, re.sub(rf"\b(?:who|{wording.PEOPLE}|experts?|most|a lot|things)\b", " ", masked, flags=re.I))
        return replace(writers, kind="writers") if writers.topic or writers.said or base.filters else None
    if wording.ALL_AUTHORS.search(masked):
        return replace(whole, kind="all_authors")
    if wording.ORGANISATIONS.search(masked) and ORGANISATION not in masked and not base.unknown and re.search(rf"\b(?:{PAPERS}|collection|authors?|people|there|represented|involved|affiliat\w+|records?)\b", masked, re.I):
        return replace(whole, kind="organisations")
    if wording.PER_CATEGORY.search(masked) and CATEGORY not in masked and not wording.SUPERLATIVE.search(masked) and re.search(rf"\b(?:{PAPERS}|collection|there|you have|all)\b", masked, re.I):
        return replace(whole, kind="per_category")
    return None


# Questions about one paper: who wrote it, when, where


def _about_one_paper(read: _Read) -> CollectionQuestion | None:
    masked, base = read.masked, read.base
    bare = replace(base, filters=Filters(), also_by=(), span=None, unknown="", not_by=())
    if (found := wording.INTRODUCED.search(masked)) and PERSON not in masked and TIME not in masked:
        topic = _target((found["x"] or found["y"] or "").strip(" ?.!"))
        return replace(bare, kind="introduced", topic=topic) if topic else None
    if wording.ORDER.search(masked) and not base.filters and not re.search(r"^how many\b|, and which (?:is|are) the\b", masked, re.I) and re.search(r"\b(?:which|what|is|was|are|who)\b", masked, re.I):
        if re.search(r",| or | and | than | before | after ", masked) and not (re.search(rf"\b{PAPERS}\b", masked, re.I) and not re.search(rf"\b(?:which|what) {PAPERS}\b.*(?:,|:| of )", masked, re.I)) or re.search(r"\bwhich (?:of|one)\b", masked, re.I):
            newest = True if wording.ORDER_NEWEST.search(masked) else False if wording.ORDER_OLDEST.search(masked) else None
            return replace(bare, kind="order", topic=read.text, newest_first=newest)
    is_list = bool(wording.LIST.match(masked)) or bool(wording.COUNT.search(masked))
    if wording.AUTHORS.search(masked) and not is_list and (PERSON not in masked or re.search(r"\bwho\b.*\bwith\b", masked, re.I)):
        if re.search(rf"\bauthors? of (?:the |these |all |any )?(?:{PAPERS}|collection)\b\W*$|\bwho (?:wrote|published) (?:the )?(?:{PAPERS})\W*$", masked, re.I):
            return None
        is_count = bool(re.search(rf"\bhow many (?:co-?)?{wording.PEOPLE}\b", masked, re.I))
        return replace(bare, kind="authors", topic=_target(read.text), place=base.place, limit=0 if is_count else None)
    if PERSON in masked and not is_list and wording.WROTE_IT.search(masked) and not re.search(rf"\b(?:any|about|something|anything|{PAPERS} (?:on|about|from|in))\b", masked, re.I):
        if target := _target(re.sub(rf"[{MASKS}]", " ", re.sub(r"\binvolved\b|\bcontribut\w*\b|\bpart of\b", " ", masked, flags=re.I))):
            return replace(bare, kind="authors", filters=Filters(author=base.filters.author), topic=target)
    if not is_list and (wording.DATE.search(read.text) or _asks_for_link(read.text)) and not wording.NEWEST.search(masked) and not wording.OLDEST.search(masked):
        return replace(bare, kind="date", topic=_target(read.text))
    if read.is_keywords and PERSON not in masked and not wording.HOW_MANY_AUTHORS.search(masked) and (found := re.search(r"\b(?:authors?|who|date|year|arxiv(?: id)?|url|doi|link|when)\b", masked, re.I)) and not is_list:
        if target := _target(re.sub(r"\b(?:who|when)\b", " ", read.text)):
            return replace(bare, kind="authors" if re.match("author|who", found[0], re.I) else "date", topic=target)
    return None


def _asks_for_link(text: str) -> bool:
    """Say whether a question is for a paper's address; "where can I get recordings of people playing" is not."""
    target = _target(text)
    return bool(wording.LINK.search(text)) and 0 < len(target.split()) and bool(len(target.split()) <= 4 or re.search(r"\b(?:paper|article|pdf|arxiv|preprint|doi|url)\b", text, re.I))


# Questions for papers


def _about_papers(read: _Read) -> CollectionQuestion | None:
    masked, base = read.masked, read.base
    speaks_of_papers = bool(re.search(rf"\b{PAPERS}\b", masked, re.I))
    listed = wording.LIST.match(masked)
    is_count = bool(wording.COUNT.search(masked)) and not re.search(r"\b(?:cited?|citations?)\b", masked, re.I)
    if wording.TELLS.search(masked) and not is_count and not (listed and re.match(r"(?:which|what) ", listed[0], re.I)):
        return None
    for kind, pattern in (("newest", wording.NEWEST), ("oldest", wording.OLDEST)):
        if pattern.search(masked) and (speaks_of_papers or PERSON in masked) and not wording.FIRST_AUTHOR.search(masked):
            if re.search(r"\b(?:accurac\w*|results?|scores?|performance|versions?)\b", masked, re.I) and not listed:
                return None
            rest = wording.COUNTED.sub(" ", pattern.sub(" ", masked))
            return replace(_with_topic(read, rest), kind=kind, limit=_how_many(masked))
    for kind, pattern in (("longest", wording.LONGEST), ("shortest", wording.SHORTEST)):
        if pattern.search(masked) and (speaks_of_papers or "author list" in masked.lower()):
            rest = re.sub(rf"\b(?:lists?|longest|shortest|largest|smallest|biggest|most|fewest|number|{wording.PEOPLE})\b", " ", pattern.sub(" ", masked), flags=re.I)
            return replace(_with_topic(read, rest), kind=kind, limit=_how_many(masked, "longest|shortest|papers with the (?:most|fewest)") if speaks_of_papers else 1)
    if is_count:
        return replace(_with_topic(read, masked), kind="count")
    if listed or (speaks_of_papers and read.is_keywords and wording.HOW_MANY_AUTHORS.search(masked)):
        listed = listed or re.match(".*", masked)
        asked = _with_topic(read, masked)
        # "Which work lets one network run ...?" describes one paper by what it says; only a filter makes it a list.
        is_plural = bool(wording.PLURAL.search(listed[0])) or not re.search(rf"\b{PAPERS}\b", listed[0], re.I)
        is_narrow = bool(base.filters or base.organisation or base.unknown or base.not_by or asked.said or asked.with_code or asked.fewest_authors or asked.most_authors or asked.with_versions)
        if wording.SUPERLATIVE.search(asked.topic) or (wording.SUPERLATIVE.search(masked) and asked.topic):
            return None
        if not is_plural and asked.topic and not is_narrow:
            return None
        if re.search(r"\b(?:how|why)\b", asked.topic, re.I) and not asked.said:
            return None
        return asked if is_plural or is_narrow else None
    is_noun = re.match(rf"^(?:the |all |any |some |{TIME} |{ORGANISATION} )*(?:{PERSON}(?:['’]s?)?[\s,&]*(?:and |or )?)+(?:{TIME}\W*)?(?:\w+ )*{PAPERS}\b", masked, re.I)
    if is_noun and PERSON in masked and not re.search(r"\b(?:is|are|was|were|do|does|did|has|have|say|says|use|uses|reach|reaches)\b", masked, re.I):
        return _with_topic(read, masked)
    if read.is_keywords and (PERSON in masked or re.fullmatch(rf"\W*{TIME}\W*", masked) or (speaks_of_papers and re.search(rf"[{TIME}{CATEGORY}{ORGANISATION}]", masked))):
        return _with_topic(read, masked)
    return None


def _with_topic(read: _Read, rest: str) -> CollectionQuestion:
    """Return the question with what the rest of its words say of the papers: numbers of authors, code, words said, topic."""
    base = read.base
    rest = wording.ASKS_MORE.sub(" ", rest)
    if base.unknown.startswith("by "):
        rest = rest.replace(base.unknown.removeprefix("by "), OTHER)
    changes: dict[str, object] = {}
    if found := wording.HOW_MANY_AUTHORS.search(rest):
        least, most = _bounds(found)
        changes |= {"fewest_authors": least, "most_authors": most}
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    if (found := wording.CODE.search(rest)) and re.search(rf"\b{PAPERS}\b", rest, re.I):
        changes["with_code"] = True
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    if found := re.search(r"\b(?:in |with |have |has |known in |exist in )*(?:several|more than one|multiple|two|different|many) (?:versions|wordings)\b|\b(?:were|was|have been|are) (?:revised|changed|updated)\b", rest, re.I):
        changes["with_versions"] = True
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    for pattern in (wording.FIRST_AUTHOR, wording.LAST_AUTHOR, *([wording.ONLY_AUTHOR] if read.people else [])):
        rest = pattern.sub(" ", rest)
    in_title = bool(wording.IN_TITLE.search(rest))
    rest, said, said_any = _said(wording.IN_TITLE.sub(f" {OTHER} ", rest) if in_title else rest, is_title=in_title)
    parts = [topic for topic in map(_topic, re.split(r"\bor\b|/", rest)) if topic]
    topic = _topic(re.sub(r"\s*\bor\b\s*|/", " ", rest)) if len(parts) > 1 else _topic(rest)
    return replace(
        base, topic=topic, alternatives=tuple(parts) if len(parts) > 1 else (), said=said, said_any=said_any, in_title=in_title and bool(said), **changes
    )  # fmt: skip


def _said(rest: str, *, is_title: bool) -> tuple[str, tuple[str, ...], bool]:
    """Return (the rest, the phrases that papers must say, whether one is enough)."""
    head = wording.LIST.match(rest)
    start = head.end() if head else 0
    quoted = [found for found in re.finditer(r"[“\"‘']([^”\"’']{2,60})[”\"’'](?!\w)", rest)]
    found = wording.SAYS.search(rest, start) or (re.search(r"\b(?:with|about|ha(?:s|ve)|contain\w*|says?|mentions?)\b\s*", rest[start:], re.I) if is_title else None)
    names_only = False
    if not (found or (quoted and is_title)):
        found, names_only = wording.USES.search(rest, start), True
    if quoted and (found or is_title):
        phrases = [each[1] for each in quoted]
        joined_by_or = bool(re.search(r"\bor\b", rest[quoted[0].start() : quoted[-1].end()], re.I))
        place = min(quoted[0].start(), found.start() if found else len(rest))
        return rest[:place] + OTHER + rest[quoted[-1].end() :], tuple(phrases), joined_by_or
    if not found:
        return rest, (), False
    begin = found.start() if rest[found.start() : found.end()] == found[0] else found.start() + start
    end = begin + len(found[0])
    phrase = re.match(rf"[^{MASKS}?;]*", rest[end:])[0]
    phrase = re.split(r"\s(?:that|which|where|when|but|written|published|in (?:their|the|its|any|your|this)|by name|at all|explicitly|anywhere|do you have|are there)\b", phrase, maxsplit=1, flags=re.I)[0]
    pieces = [_bare_phrase(piece) for piece in re.split(r"\s*(?:,|/|\band\b|\bor\b)\s*", phrase) if _bare_phrase(piece)]
    if not pieces or (names_only and not all(_is_name(piece) for piece in pieces)):
        return rest, (), False
    is_any = bool(re.search(r"\bor\b|/", phrase, re.I))
    return rest[:begin] + OTHER + rest[end + len(phrase) :], tuple(pieces), is_any


def _bare_phrase(phrase: str) -> str:
    """Return what must be said: "the NYUv2 datasets" is said by "NYUv2"."""
    phrase = re.sub(r"^(?:(?:the|a|an|any|some|either|both|words?|terms?|phrases?|names?|on|of|about|with|its|their)\s+)+", "", phrase.strip(" ?.!,\"“”'‘’"), flags=re.I)
    words = phrase.split()
    while len(words) > 1 and words[0].lower() in wording.EDGE_WORDS:
        words.pop(0)
    phrase = " ".join(words)
    shorter = re.sub(r"\s+(?:(?:data ?sets?|benchmarks?|challenges?|models?|papers?|corpus|test sets?|backbones?|architectures?|encoders?|data|tasks?|suite)\s*)+$", "", phrase, flags=re.I)
    return shorter if _is_name(shorter) else phrase


def _is_name(phrase: str) -> bool:
    """Say whether every word that counts is written like a name: "ImageNet", "TAP-Vid", "COCO"."""
    words = [word for word in re.findall(r"[\w.-]+", phrase) if word.lower() not in wording.EDGE_WORDS]
    return bool(words) and all(any(c.isupper() for c in word) for word in words) and not re.fullmatch(r"\dD", words[0])


def _bounds(found: re.Match[str]) -> tuple[int | None, int | None]:
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


def _find_category(question: str, categories: Collection[str]) -> tuple[str | None, str]:
    known = {category.lower(): category for category in categories}
    by_code = {category.lower().rpartition(".")[2]: category for category in sorted(categories, reverse=True)} | known
    patterns = (
        rf"\b(?:in |from |of )?(?:the )?(?:{_SECTION}\s+|(?=(?:cs|stat|astro-ph|eess|math|physics|q-bio|cond-mat)\.))(?P<x>[A-Za-z][A-Za-z.-]+)",
        rf"\b(?:in |from |of )?(?:the )?(?P<x>[A-Za-z][\w.-]*) {_SECTION}\b",
    )  # fmt: skip
    for found in (found for pattern in patterns for found in re.finditer(pattern, question, re.I)):
        words = found["x"].lower()
        for name in (words, words.rpartition(".")[2], CATEGORY_NAMES.get(words, "")):
            if name and name in by_code:
                return by_code[name], found[0]
    if found := re.search(rf"\b(?:the |all )?({'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))}) (?={PAPERS}\b)" if known else r"(?!)", question):
        return known[found[1].lower()], found[1]
    for name, code in CATEGORY_NAMES.items():
        if code in by_code and (found := re.search(rf"\b(?:in|from|of)?\s*(?:the )?{re.escape(name)} {_SECTION}\b", question, re.I)):
            return by_code[code], found[0]
    return None, ""


def _find_organisation(question: str, organisations: Collection[str]) -> tuple[str | None, str]:
    for name in sorted(organisations, key=len, reverse=True):
        if len(name) > 2 and (
            found := re.search(rf"\b(?:(?:from|by|at|of|involving|with|affiliated (?:with|to))\s+(?:the\s+)?(?:(?:people|researchers|authors|someone|anyone)\s+(?:at|from)\s+)?(?:google\s+)?(?:university of\s+)?{re.escape(name)}\b(?: university)?|(?:google\s+)?{re.escape(name)}(?:['’]s)?(?=\s+{PAPERS}))", question, re.I)
        ):
            return name, found[0]
    return None, ""


def _how_many(text: str, words: str = "newest|latest|most recent|oldest|earliest|last|first|youngest") -> int:
    found = re.search(rf"\b({NUMBER})\s+(?:{words})|(?:{words})\s+({NUMBER})\b|\b({NUMBER}) {PAPERS} with\b", text, re.I)
    return number_of(next(group for group in found.groups() if group)) if found else 1


def _topic(rest: str) -> str:
    """Return the words that say what listed papers must be about, in their order: what is left between what was understood."""
    pieces = []
    for piece in re.split(rf"[{MASKS}?!;:]+|\s-\s|(?<=\w)\.(?:\s|$)", rest):
        words = [word.strip(".,-()\"“”'’") for word in re.findall(r"[\w][\w.+/'’-]*", piece)]
        while words and _carries_nothing(words[0]):
            words.pop(0)
        while words and _carries_nothing(words[-1]):
            words.pop()
        pieces += words
    return " ".join(word for word in pieces if word)


def _carries_nothing(word: str) -> bool:
    return len(word) < 2 or word.lower() in wording.EDGE_WORDS or word.lower() in wording.NUMBERS


def _target(text: str) -> str:
    """Return the words that name the one paper asked about."""
    bare = re.sub(
        r"\b(?:who|whom|when|what|which|wrote|authored|author|authors|writers?|was|were|is|are|did|does|do|has|have|had|the|of|paper|article|published|publish|released|release|"
        r"written|year|date|month|in|and|come|came|out|appear(?:ed)?|arxiv|id|doi|url|link|page|where|can|i|we|one|find|read|get|download|co-?author(?:ed)?|work(?:ed)? (?:on)?|write|also|behind|that|on|about|by|first|last|senior|lead|corresponding|main|"
        r"introduced|proposed|developed|created|made|built|invented|publication|old|recent|how|many|people|researchers|all|else|list|number|identifier|from|dated|submitted|posted)\b",
        " ", text, flags=re.I,
    )  # fmt: skip
    return " ".join(re.findall(r"[\w][\w.+-]*", bare))


