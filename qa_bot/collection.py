"""Knows the questions about the collection itself (which papers, by whom, when, how many) and answers them from the catalogue.

Leaves what the papers say to `retrieval` and `extractive`: nearest neighbours cannot count, and cannot list all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from qa_bot.citations.harmless import as_quoted
from qa_bot.schema import Answer, Filters, Paper, Sentence, Source, plain_name

Kind = Literal["list", "count", "newest", "oldest", "authors", "date", "order", "prolific"]

_PAPERS = r"(?:papers?|publications?|articles?|works?|studies|preprints?|abstracts?|manuscripts?)"
_LIST = re.compile(
    rf"^(?:so |and |now |then |ok(?:ay)?,? )*(?:please )?(?:can you |could you )?(?:"
    rf"(?:which|what)(?: (?:of|are|other|all|the|these|your|\d+|\w+ed|recent|different|cv|computer vision|robotics))* {_PAPERS}\b"
    rf"|(?:list|show|find|name|give|tell|get|enumerate)(?: me| us)?(?: all| every| any| some| the| of)*(?: \w+){{0,2}}? {_PAPERS}\b"
    rf"|{_PAPERS} (?:by|from|on|about|with|written|in|of|that|published|between|after|before|since|until|during)\b"
    rf"|(?:all|any) (?:the )?{_PAPERS}\b"
    rf"|(?:are|is) there (?:any |some |a |other )?{_PAPERS}\b"
    rf"|(?:is|was) there (?:anything|something)\b|(?:list|show|find|give)(?: me)? (?:everything|anything|all)\b|what (?:are|were) (?:all )?(?:the )?(?:titles of )?(?:all )?(?:the )?{_PAPERS}\b"
    rf"|(?:do|does) (?:you|we|the collection) (?:have|hold|contain) (?:any |some |a )?{_PAPERS}\b"
    rf"|what (?:has|have|did|does) .{{2,60}} (?:written|write|publish(?:ed)?|(?:co-?)?author(?:ed)?|work(?:ed)? on)\b"
    rf")",
    re.I,
)
_COUNT = re.compile(rf"\bhow many (?:(?!(?:does|do|did|in|of|the)\b)\w+ ){{0,3}}?{_PAPERS}\b(?!['’])|\b(?:number|count) of {_PAPERS}\b|\bhow (?:large|big) is (?:the|this|your) (?:collection|corpus)\b", re.I)
_NEWEST = re.compile(r"\b(?:newest|latest|most recent|youngest)\b", re.I)
_OLDEST = re.compile(r"\b(?:oldest|earliest|least recent)\b", re.I)
_AUTHORS = re.compile(
    r"\bwho (?:all )?(?:wrote|(?:co-?)?authored|published|(?:was|were|is|are) (?:the )?(?:(?:first|lead|last|senior) )?(?:co-?)?(?:authors?|writers?)|(?:is|are) behind|proposed|introduced|developed|created|made)\b"
    r"|\b(?:authors?|writers?) of\b|\bby whom\b|\bwhose (?:paper|work)\b",
    re.I,
)
_DATE = re.compile(
    r"\bwhen (?:was|were|did|has)\b.*\b(?:publish\w*|written|wrote|release\w*|appear\w*|come out|came out|submitted|posted|introduc\w*|propos\w*|paper)\b"
    r"|\b(?:what|which) (?:year|date|month)\b|\b(?:publication|release) (?:date|year)\b|\bhow old is\b",
    re.I,
)
_LINK = re.compile(r"\b(?:arxiv (?:id|number|identifier|link)|doi|url|link|where can i (?:find|read|get))\b", re.I)
_WROTE_IT = re.compile(r"\b(?:involved in|(?:co-?)?authors? (?:of|on)|wrote|write|(?:co-?)?author(?:ed)?|contributed? to|work(?:ed)? on)\b", re.I)
_ORDER = re.compile(r"\b(?:newer|older|earlier|later|more recent|came (?:out )?first|first published|appeared first|came before|came after)\b", re.I)
_PROLIFIC = re.compile(rf"\b(?:who|which authors?|whose name)\b.*\bmost (?:{_PAPERS}|often|frequent|prolific)|\bmost (?:prolific|frequent|common) authors?\b", re.I)
_FIRST = re.compile(r"\b(?:first|lead)[- ]?auth", re.I)
_FIRST_NAMED = re.compile(r"\bas (?:the )?(?:first|lead)\b", re.I)
_YEAR = r"((?:19|20)\d\d)"
_NUMBERS = dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11)))


@dataclass(frozen=True)
class CollectionQuestion:
    """A question that the catalogue answers. `topic` holds the words that remain when all else is understood.

    `alternatives` are its parts where the question says "or", to try one by one where no paper is about the whole.
    """

    kind: Kind
    filters: Filters
    topic: str = ""
    also_by: tuple[str, ...] = ()
    is_first_author: bool = False
    limit: int | None = None
    alternatives: tuple[str, ...] = ()


class AuthorNames:
    """The authors of a collection, found by the words that end a question's mention of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_surname: dict[str, list[list[str]]] = {}
        self._spelled: dict[tuple[str, ...], str] = {}
        for name in names:
            parts = plain_name(name).split()
            if len(parts) > 1:
                self._by_surname.setdefault(parts[-1], []).append(parts)
                self._spelled.setdefault(tuple(parts), name)

    def find(self, question: str) -> list[tuple[str, str]]:
        """Return (author as the collection spells it, the words of the question that name them) of all that it names.

        A full name counts anywhere, with or without accents and middle initials, also as "L. Beyer". A surname alone
        counts where it is capitalised and "by", "of", "did" or the like stands before it or a genitive behind it.
        """
        words = [(found[0], found.start()) for found in re.finditer(r"[^\W\d_](?:[\w’'-]*\w)?\.?", question)]
        named, alone = [], []
        for place, (word, start) in enumerate(words):
            bare = re.sub(r"(?:['’]s?|\.)$", "", word)
            surname = plain_name(bare)
            before = [plain_name(w.rstrip(".")) for w, _ in words[max(0, place - 3) : place]]
            known = self._by_surname.get(surname, ())
            given, parts = max(((_given_names_before(parts[:-1], before), parts) for parts in known), default=(0, ()), key=lambda g: g[0])
            if given:
                named.append((self._spelled[tuple(parts)], question[words[place - given][1] : start + len(bare)]))
            elif known and place and bare[0].isupper() and len(bare) > 1:
                if before[-1] in _BEFORE_A_NAME or word.endswith(("'s", "’s")):
                    alone.append((self._spelled[tuple(known[0])].split()[-1], bare))
        return named or alone


_BEFORE_A_NAME = frozenset("by from of author authors has have did does with dr prof and professor".split())


def _given_names_before(given: Sequence[str], before: Sequence[str]) -> int:
    """Return how many words before a surname are these given names (whole, without middle initials, or as initials), else 0."""
    full = [name for name in given if len(name.rstrip(".")) > 1] or list(given)
    initials = [name[0] for name in given]
    for form in (list(given), [name.rstrip(".") for name in given], full, full[:1], initials, initials[:1]):
        if form and list(before[-len(form) :]) == form:
            return len(form)
    return 0


def find_years(question: str) -> tuple[int | None, int | None, str]:
    """Return (first year, last year, the words that say so) of a question; (None, None, "") when it names none."""
    patterns: list[tuple[str, Callable[[re.Match[str]], tuple[int | None, int | None]]]] = [
        (rf"\b(?:between|from)\s+{_YEAR}\s*(?:and|to|until|till|through|[-–])\s*{_YEAR}", lambda m: (int(m[1]), int(m[2]))),
        (rf"\b(?:in |during |over )?{_YEAR}\s*[-–]\s*{_YEAR}\b", lambda m: (int(m[1]), int(m[2]))),
        (rf"\b(?:since|from)\s+{_YEAR}\b(?:\s+(?:on|onwards?))?", lambda m: (int(m[1]), None if "on" in m[0].split()[-1] or m[0].lower().startswith("since") else int(m[1]))),
        (rf"\b(?:after|later than|newer than)\s+{_YEAR}\b", lambda m: (int(m[1]) + 1, None)),
        (rf"\b(?:before|earlier than|older than|prior to)\s+{_YEAR}\b", lambda m: (None, int(m[1]) - 1)),
        (rf"\b(?:until|up to|till|through)\s+{_YEAR}\b", lambda m: (None, int(m[1]))),
        (rf"\b(?:in|of|during|year|dated|published|the)\s+(?:the year\s+)?{_YEAR}\b", lambda m: (int(m[1]), int(m[1]))),
        (rf"\b{_YEAR}(?='s|\s+{_PAPERS})", lambda m: (int(m[1]), int(m[1]))),
    ]  # fmt: skip
    for pattern, years in patterns:
        if found := re.search(pattern, question, re.I):
            return *years(found), found[0]
    return None, None, ""


def understand(question: str, *, authors: AuthorNames, categories: Collection[str] = ()) -> CollectionQuestion | None:
    """Read a question about the collection; None when it asks for what the papers say."""
    text = " ".join(question.split())
    named = authors.find(text)
    author = named[0] if named else None
    first_year, last_year, year_words = find_years(text)
    category, category_words = _find_category(text, categories)
    filters = Filters(author=author[0] if author else None, year_from=first_year, year_to=last_year, category=category)
    rest = text
    for words in (*(words for _, words in named), year_words, category_words):
        rest = rest.replace(words, " ", 1) if words else rest
    rest = re.sub(r"\b(?:together|jointly|anything|everything|something|titles?|contribut\w*|involved)\b", " ", rest, flags=re.I)
    about_papers = re.search(rf"\b{_PAPERS}\b", text, re.I)
    parts = [topic for topic in map(_topic, re.split(r"\bor\b|/", rest)) if topic]
    base = CollectionQuestion("list", filters, alternatives=tuple(parts) if len(parts) > 1 else (), also_by=tuple(name for name, _ in named[1:]), is_first_author=bool(_FIRST.search(text) or _FIRST_NAMED.search(text)))
    if _PROLIFIC.search(text):
        return replace(base, kind="prolific", topic="", alternatives=())
    if _ORDER.search(text) and not filters:
        return replace(base, kind="order", topic=text)
    for kind, pattern in (("newest", _NEWEST), ("oldest", _OLDEST)):
        if pattern.search(text) and about_papers:
            return replace(base, kind=kind, topic=_topic(rest), limit=_how_many(text))
    if _COUNT.search(text) and not re.search(r"\b(?:cited?|citations?)\b", text, re.I):
        return replace(base, kind="count", topic=_topic(rest))
    if listed := _LIST.search(text):
        topic = _topic(rest)
        # "Which work lets one network run ...?" describes one paper by what it says; only a filter makes it a list.
        is_plural = not re.search(r"\b(?:paper|publication|article|work|study|preprint|abstract|manuscript)$", listed[0], re.I)
        return replace(base, topic=topic) if filters or is_plural else None
    if author and about_papers and len(_topic(rest).split()) <= 3:  # "Olivier Hénaff's papers"
        return replace(base, topic=_topic(rest))
    if _AUTHORS.search(text) and not author:
        return replace(base, kind="authors", filters=Filters(), topic=_target(text))
    if author and _WROTE_IT.search(text) and _target(rest):  # "Was Xiaohua Zhai involved in SigLIP 2?"
        return replace(base, kind="authors", filters=Filters(), topic=_target(rest))
    if _DATE.search(text) or (_LINK.search(text) and _target(text)):
        return replace(base, kind="date", filters=Filters(), topic=_target(text))
    return None


def filters_in(question: str, *, authors: AuthorNames, categories: Collection[str] = ()) -> Filters:
    """Return what a question about content narrows itself to: "What do the papers by Beyer from 2021 say about ...?"

    Only where it speaks of papers: a year or a name in "ImageNet 2012" or "the Hénaff loss" narrows nothing.
    """
    text = " ".join(question.split())
    if not re.search(rf"\b{_PAPERS}\b", text, re.I):
        return Filters()
    author = next((name for name, words in authors.find(text) if re.search(rf"\b(?:by|of|from)\s+{re.escape(words)}|{re.escape(words)}['’]s?\b", text)), None)
    near = rf"\b{_PAPERS}\b\W+(?:\w+\W+){{0,6}}?"
    first, last, words = find_years(text)
    is_about_papers = bool(words) and bool(re.search(near + re.escape(words), text, re.I) or re.search(rf"{re.escape(words)}\W+{_PAPERS}\b", text, re.I))
    category, _ = _find_category(text, categories)
    return Filters(author=author, year_from=first if is_about_papers else None, year_to=last if is_about_papers else None, category=category)


def _find_category(question: str, categories: Collection[str]) -> tuple[str | None, str]:
    known = {category.lower(): category for category in categories}
    for found in re.finditer(r"\b(?:category|subject|class|section|cs\.|stat\.|astro-ph\.)\s*([A-Za-z.-]+)", question, re.I):
        for name in (found[0].lower().replace(" ", ""), found[1].lower()):
            if name in known:
                return known[name], found[0]
    return None, ""


def _how_many(text: str) -> int:
    found = re.search(rf"\b(\d{{1,3}}|{'|'.join(_NUMBERS)})\s+(?:newest|latest|most recent|oldest|earliest)|(?:newest|latest|most recent|oldest|earliest)\s+(\d{{1,3}}|{'|'.join(_NUMBERS)})\b", text, re.I)
    if not found:
        return 1
    word = (found[1] or found[2]).lower()
    return _NUMBERS.get(word) or int(word)


_FILLER = re.compile(
    rf"\b(?:which|what|list|show|find|name|give|tell|get|enumerate|me|us|all|every|any|some|the|of|are|is|was|were|there|do|does|did|you|we|have|has|had|"
    rf"hold|contain|in|this|your|our|collection|corpus|library|{_PAPERS}|by|from|about|on|with|written|wrote|write|published|publish|that|authored?|co-?authored?|co-?author|"
    rf"as|first|lead|authors?|how|many|number|count|newest|latest|most|recent|oldest|earliest|please|can|could|and|to|a|an|for|dated|year|work(?:ed)?|"
    rf"deal|deals|dealing|discuss\w*|address\w*|concern\w*|mention\w*|cover\w*|treat\w*|involv\w*|related|talk|talks|topic|subject|study|studies|studied|'s|its|it|"
    rf"so|now|then|ok|okay|one|ones|each|or|at|uses?|using|used|introduc\w*|propos\w*|present\w*|describ\w*|report\w*|focus\w*|look\w*|investigat\w*|explor\w*|consider\w*|extend\w*|build\w*|built|train\w*|evaluat\w*|compar\w*|appl\w+|employ\w*|rely|relies|appear\w*|come|came|out|s|between|since|before|after|until|during)\b",
    re.I,
)


def _topic(rest: str) -> str:
    """Return the words that say what listed papers must be about, in their order."""
    words = re.findall(r"[\w][\w.+/-]*", _FILLER.sub(" ", rest))
    bare = [word.strip(".-") for word in words]
    return " ".join(word for word in bare if len(word) > 1 and word.lower() not in _NUMBERS)


def _target(text: str) -> str:
    """Return the words that name the one paper asked about."""
    bare = re.sub(
        r"\b(?:who|whom|when|what|which|wrote|authored|author|authors|writers?|was|were|is|are|did|has|the|of|paper|article|published|publish|released|"
        r"written|year|date|month|in|and|come|came|out|appear(?:ed)?|arxiv|id|doi|url|link|where|can|i|find|read|get|co-?author(?:ed)?|work(?:ed)? (?:on)?|write|also|behind|that|on|about|by|first|lead|introduced|proposed|developed|created|made|publication|old|how)\b",
        " ", text, flags=re.I,
    )  # fmt: skip
    return " ".join(re.findall(r"[\w][\w.+-]*", bare))


def is_first_author(paper: Paper, name: str) -> bool:
    """Say whether the first author of a paper goes by this name or surname."""
    return bool(paper.authors) and all(word in plain_name(paper.authors[0]).split() for word in plain_name(name).split())


def by_date(papers: Sequence[Paper], *, newest_first: bool) -> list[Paper]:
    """Return the dated papers in order; an undated one is neither newest nor oldest."""
    return sorted((p for p in papers if p.date), key=lambda p: (p.date, p.paper_id), reverse=newest_first)


LISTED = 50
FROM_CATALOGUE = "from the catalogue of the collection"


def list_papers(question: str, asked: CollectionQuestion, chosen: Sequence[Paper], *, total: int) -> Answer:
    """Answer a list, count, newest or oldest question with the papers that were chosen for it; each line cites its paper."""
    found = len(chosen)
    if asked.kind in ("newest", "oldest"):
        chosen = by_date(chosen, newest_first=asked.kind == "newest")[: asked.limit or 1]
    elif asked.kind == "list" and not asked.topic:
        chosen = [*by_date(chosen, newest_first=True), *(p for p in chosen if not p.date)]
    what = _description(asked)
    if not chosen:
        return Answer(
            question, question, "declined", f"No paper in the collection is {what}." if what else "The collection is empty.", "extractive",
            f"None of the {total} papers in this collection is {what}.",
        )  # fmt: skip
    if asked.kind == "count" and not what:
        text = f"The collection holds {total} papers."
        return Answer(question, question, "answered", FROM_CATALOGUE, "extractive", text, sentences=(_stated(text, 0, ()),))
    if asked.kind in ("newest", "oldest"):
        head = f"The {asked.kind} paper{'s' if len(chosen) > 1 else ''}{' ' + what if what else ''}:"
    else:
        head = f"{found} of the {total} papers {'is' if found == 1 else 'are'} {what}:" if what else f"All {total} papers, the newest first:"
    return _as_answer(question, head, chosen[:LISTED], left=len(chosen) - LISTED)


def order_papers(question: str, papers: Sequence[Paper]) -> Answer:
    """Answer which of the papers that a question names came first: all of them, the oldest first."""
    dated = by_date(papers, newest_first=False)
    return _as_answer(question, "In the order of their dates, oldest first:", [*dated, *(p for p in papers if not p.date)], left=0)


def describe_several(question: str, papers: Sequence[Paper]) -> Answer:
    """Answer who wrote the paper meant where several fit: all of them."""
    return _as_answer(question, f"{len(papers)} papers fit:", papers, left=0)


def rank_authors(question: str, papers: Sequence[Paper], *, most: int = 5) -> Answer:
    """Answer who wrote the most papers of the collection."""
    counts = Counter(author for paper in papers for author in paper.authors)
    named = ", ".join(f"{name} ({number})" for name, number in counts.most_common(most))
    text = f"The most papers of this collection are by {named}."
    return Answer(question, question, "answered", FROM_CATALOGUE, "extractive", text, sentences=(_stated(text, 0, ()),))


def describe_paper(question: str, paper: Paper) -> Answer:
    """Answer who wrote a paper and when."""
    names = _names(paper, len(paper.authors)) or "authors that the collection does not name"
    when = f"dated {paper.date}" if paper.date else "without a date in the collection"
    where = f", {paper.url}" if paper.url else ""
    text = f"“{as_quoted(paper.title)}” is by {names}; it is {when}{where} [1]."
    source = Source.of(paper, 1, score=1.0, cited=True)
    return Answer(question, question, "answered", FROM_CATALOGUE, "extractive", text, sentences=(_stated(text, 0, (1,)),), sources=(source,))


def _as_answer(question: str, head: str, papers: Sequence[Paper], *, left: int) -> Answer:
    text, sentences = head, [_stated(head, 0, ())]
    for number, paper in enumerate(papers, 1):
        line = f"- {as_quoted(paper.title)} ({', '.join(filter(None, [_names(paper, 2), paper.date]))}) [{number}]"
        sentences.append(_stated(line, len(text) + 1, (number,)))
        text += "\n" + line
    if left > 0:
        text += f"\n\n{left} more are not listed here."
    sources = tuple(Source.of(paper, number, score=1.0, cited=True) for number, paper in enumerate(papers, 1))
    return Answer(question, question, "answered", FROM_CATALOGUE, "extractive", text, sentences=tuple(sentences), sources=sources)


def _stated(text: str, start: int, citations: tuple[int, ...]) -> Sentence:
    return Sentence(text, start, start + len(text), citations, "supported", reason=FROM_CATALOGUE)


def _names(paper: Paper, most: int) -> str:
    shown = as_quoted(", ".join(paper.authors[:most]))
    return shown + (" et al." if shown and (len(paper.authors) > most or not paper.authors_complete) else "")


def _description(asked: CollectionQuestion) -> str:
    about = f"about {asked.topic}" if asked.topic else ""
    return " and ".join(filter(None, [about, describe_filters(asked.filters, also_by=asked.also_by, is_first_author=asked.is_first_author)]))


def describe_filters(filters: Filters, *, also_by: Sequence[str] = (), is_first_author: bool = False) -> str:
    """Say in words what passes: "by Lucas Beyer and from 2021"."""
    parts = []
    if filters.author:
        parts.append(f"by {' and '.join([filters.author, *also_by])}" + (" as first author" if is_first_author else ""))
    if filters.year_from and filters.year_from == filters.year_to:
        parts.append(f"from {filters.year_from}")
    elif filters.year_from or filters.year_to:
        parts.append(f"from {filters.year_from or 'the beginning'} to {filters.year_to or 'today'}")
    if filters.category:
        parts.append(f"in category {filters.category}")
    if filters.file:
        parts.append(f"from the file {filters.file}")
    return " and ".join(parts)
