"""Knows how a question about the collection is read: which kind it is, and about what.

Leaves whose, from when and in which category to `masking`, the English to `wording`, and answering to `telling`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from qa_bot.collection import wording
from qa_bot.collection.asked import CollectionQuestion
from qa_bot.collection.bounds import find_bound
from qa_bot.collection.masking import Masked, mask
from qa_bot.collection.parts import ACRONYM, LONGEST, author_bounds, how_many, target_of, topic_of, words_said
from qa_bot.collection.people import AuthorNames
from qa_bot.collection.plain import examples_in, plainly, without_asides
from qa_bot.collection.wording import CATEGORY, MASKS, NUMBER, ORGANISATION, OTHER, PAPERS, PERSON, TIME, number_of
from qa_bot.schema import Filters

# "the oldest paper, and when is it from": its line tells.
_ITS_RECORD = re.compile(r",? and (?:(?:when|what year) (?:is|was|are|were) (?:it|they|that)\b[^?,]*|from when|(?:its|the|their) (?:date|year|authors?|title)|who (?:wrote|made) (?:it|them)|who (?:is|are) (?:its|the) authors?)\W*$", re.I)
_NOUNS_AND_PAPERS = re.compile(r"(?:(?:the|all|any|some) )*(?:[\w-]+ ){1,5}(?:papers|articles|publications|abstracts)\W*", re.I)
_ASIDE = re.compile(r"\s*\(about (?P<x>[^()]*)\)\s*$")


def understand(
    question: str, *, authors: AuthorNames, categories: Collection[str] = (), organisations: Collection[str] = ()
) -> CollectionQuestion | None:
    """Read a question about the collection; None when it asks for what the papers say."""
    text = " ".join(_ASIDE.sub(r" about \g<x>", question[: 2 * LONGEST]).split())
    text, aside = plainly(text)
    if not 0 < len(text) <= LONGEST:
        return None
    read = mask(text, authors, categories, organisations)
    if aside:
        read = replace(read, base=replace(read.base, notes=(*read.base.notes, f"“{aside}” was not looked at.")))
    asked = _about_people_and_time(read) or _about_one_paper(read) or _about_papers(read)
    if asked is None:
        return None
    return replace(
        asked,
        wants_content=bool(wording.ASKS_MORE.search(read.masked))
        and asked.kind in ("list", "count", "newest", "oldest", "authors", "date"),
    )


# Questions about people, years and categories


def _about_people_and_time(read: Masked) -> CollectionQuestion | None:
    masked, base = read.masked, read.base
    whole = replace(base, topic="")
    if wording.SHARED.search(masked) and PERSON not in masked and re.search(r"\band\b|,|&|\bboth\b|\bwith\b", masked):
        return replace(whole, kind="shared", unknown="", topic=topic_of(masked))
    if wording.PER_YEAR.search(masked):
        return replace(
            _with_topic(read, re.sub(r"\b(?:per|each|every|by|for each) year\b|over the years", " ", masked, flags=re.I)),
            kind="per_year",
        )
    if wording.YEAR_MOST.search(masked):
        return replace(whole, kind="year_most", newest_first=not re.search(r"fewest|least", masked, re.I))
    is_of_each = bool(re.search(rf"\b(?:which|what) {PAPERS}\b", masked, re.I))  # "first author of which papers, and from what years"
    if wording.TIME_SPAN.search(masked) and not is_of_each and not wording.ORDER.search(masked) and re.search(
        rf"\b(?:{PAPERS}|collection|corpus|cover|(?<!time )span|library)\b|{PERSON}", masked, re.I
    ):
        return replace(whole, kind="time_span")
    if (
        wording.COAUTHORS.search(masked)
        and PERSON in masked
        and not wording.THE_PAPER.search(masked)
        and not re.search(rf"\b(?:which|what|list|show|how many) (?:\w+ )?{PAPERS}\b|^{PAPERS}", masked, re.I)
    ):
        return replace(whole, kind="coauthors")
    if (
        masked.count(PERSON) > 1
        and (re.search(rf"\bmore {PAPERS}\b|\beach\b|\brespectively\b|\bmore (?:prolific|active|often)\b", masked, re.I))
        and re.search(r"\bwho\b|\bhow many\b|\bwhich\b|\bdid\b|\bhas\b", masked, re.I)
    ):
        return replace(whole, kind="tally")
    if wording.PROLIFIC.search(masked) and PERSON not in masked:
        limit = re.search(rf"\btop ({NUMBER})\b|\b({NUMBER}) most\b", masked, re.I)
        rest = re.sub(
            rf"\b(?:top|most|prolific|frequent|active|productive|common|rank|ranking|often|per author)\b|\b{NUMBER}\b",
            " ",
            masked,
            flags=re.I,
        )
        return replace(_with_topic(read, rest), kind="prolific", limit=number_of(limit[1] or limit[2]) if limit else None)
    if wording.WRITERS.search(masked) and PERSON not in masked:
        writers = _with_topic(read, re.sub(rf"\b(?:who|{wording.PEOPLE}|experts?|most|a lot|things)\b", " ", masked, flags=re.I))
        return replace(writers, kind="writers") if writers.topic or writers.said or base.filters else None
    if wording.ALL_AUTHORS.search(masked):
        return replace(whole, kind="all_authors")
    if (
        wording.ORGANISATIONS.search(masked)
        and ORGANISATION not in masked
        and not base.unknown
        and re.search(
            rf"\b(?:{PAPERS}|collection|authors?|people|there|represented|involved|affiliat\w+|records?)\b", masked, re.I
        )
    ):
        return replace(whole, kind="organisations")
    if (
        wording.PER_CATEGORY.search(masked)
        and CATEGORY not in masked
        and not wording.SUPERLATIVE.search(masked)
        and re.search(rf"\b(?:{PAPERS}|collection|there|you have|all)\b", masked, re.I)
    ):
        return replace(whole, kind="per_category")
    return None


# Questions about one paper: who wrote it, when, where


def _about_one_paper(read: Masked) -> CollectionQuestion | None:
    masked, base = read.masked, read.base
    if _ITS_RECORD.search(masked) and re.search(rf"\b{PAPERS}\b", masked, re.I) and (wording.NEWEST.search(masked) or wording.OLDEST.search(masked)):
        return None
    bare = replace(base, filters=Filters(), also_by=(), span=None, unknown="", not_by=())
    if PERSON in masked and wording.COAUTHORS.search(masked) and (found := wording.THE_PAPER.search(masked)):
        return replace(bare, kind="authors", topic=target_of(found["x"] or found["y"]))
    if (found := wording.INTRODUCED.search(masked)) and PERSON not in masked and TIME not in masked:
        topic = target_of((found["x"] or found["y"] or "").strip(" ?.!"))
        return replace(bare, kind="introduced", topic=topic) if topic else None
    if (
        wording.ORDER.search(masked)
        and not base.filters
        and not (re.search(rf"\bthe (?:very )?(?:newest|oldest|earliest|latest|most recent) (?:[\w-]+ )?{PAPERS}\b", masked, re.I) and not re.search(r":|\bor\b|\bof\b|\bbetween\b", masked))
        and not re.search(rf"^how many\b(?!.*\bbetween\b)|, and which (?:is|are) the\b|\b(?:of|among) all (?:of )?(?:the |these |those |your |our )?{PAPERS}\b", masked, re.I)
        and re.search(r"\b(?:which|what|is|was|are|who|how)\b", masked, re.I)
    ):
        if (
            re.search(r",| or | and | than | before | after ", masked)
            and not (
                re.search(rf"\b{PAPERS}\b", masked, re.I)
                and not re.search(rf"\b(?:which|what) {PAPERS}\b.*(?:,|:| of )", masked, re.I)
            )
            or re.search(r"\bwhich (?:of|one)\b|^which (?:came|appeared|was|is)\b|^(?:is|was|did)\b.*\bthan\b", masked, re.I)
        ):
            newest = True if wording.ORDER_NEWEST.search(masked) else False if wording.ORDER_OLDEST.search(masked) else None
            return replace(bare, kind="order", topic=read.text, newest_first=newest)
    is_list = bool(wording.LIST.match(masked)) or bool(wording.COUNT.search(masked))
    asks_why = bool(re.match(r"\W*why\b", masked, re.I))
    if wording.AUTHORS.search(masked) and not asks_why and not is_list and not wording.AUTHORS_DID.search(masked) and (PERSON not in masked or re.search(r"\bwho\b.*\bwith\b", masked, re.I)):
        if re.search(
            (
                rf"\bauthors? of (?:the |these |all |any )?(?:{PAPERS}|collection)\b\W*$|\bwho (?:wrote|published) (?:the )?"
                rf"(?:{PAPERS})\W*$"
            ),
            masked,
            re.I,
        ):
            return None
        is_count = bool(re.search(rf"\bhow many (?:co-?)?{wording.PEOPLE}\b", masked, re.I))
        return replace(bare, kind="authors", topic=target_of(read.text), place=base.place, limit=0 if is_count else None)
    if (
        PERSON in masked
        and not is_list
        and wording.WROTE_IT.search(masked)
        and not re.search(rf"\b(?:any|about|something|anything|{PAPERS} (?:on|about|from|in))\b", masked, re.I)
    ):
        if target := target_of(
            re.sub(rf"[{MASKS}]", " ", re.sub(r"\binvolved\b|\bcontribut\w*\b|\bpart of\b", " ", masked, flags=re.I))
        ):
            is_of_one = bool(topic_of(target))  # "Is Ankur Handa an author in this collection?" names no paper
            return replace(bare, kind="authors", filters=Filters(author=base.filters.author), topic=target) if is_of_one else base
    if (
        not is_list
        and (wording.DATE.search(read.text) or _asks_for_link(read.text))
        and not wording.NEWEST.search(masked)
        and not wording.OLDEST.search(masked)
    ):
        return replace(bare, kind="date", topic=target_of(read.text))
    if (
        read.is_keywords
        and PERSON not in masked
        and not wording.HOW_MANY_AUTHORS.search(masked)
        and (found := re.search(r"\b(?:authors?|who|date|year|arxiv(?: id)?|url|doi|link|when)\b", masked, re.I))
        and not is_list
    ):
        if target := target_of(re.sub(r"\b(?:who|when)\b", " ", read.text)):
            return replace(bare, kind="authors" if re.match("author|who", found[0], re.I) else "date", topic=target)
    return None


def _asks_for_link(text: str) -> bool:
    """Say whether a question is for a paper's address; "where can I get recordings of people playing", or the weights, is not."""
    target = target_of(text)
    if re.search(r"\b(?:code|weights|checkpoints?|models?|data ?sets?|data|implementation|software|library|demo)\b", text, re.I):
        return False
    return (
        bool(wording.LINK.search(text))
        and 0 < len(target.split())
        and bool(len(target.split()) <= 4 or re.search(r"\b(?:paper|article|pdf|arxiv|preprint|doi|url)\b", text, re.I))
    )


# Questions for papers


def _about_papers(read: Masked) -> CollectionQuestion | None:
    masked, base = read.masked, read.base
    if re.search(r"\b(?:the )?same (?:year|month|date|authors?|time)\b", masked, re.I):
        return None
    speaks_of_papers = bool(re.search(rf"\b{PAPERS}\b", masked, re.I))
    listed = wording.LIST.match(masked)
    is_count = bool(wording.COUNT.search(masked)) and not re.search(r"\b(?:cited?|citations?)\b", masked, re.I)
    if wording.TELLS.search(masked) and not is_count and not (listed and re.match(r"(?:which|what) ", listed[0], re.I)):
        return None
    for kind, pattern in (("newest", wording.NEWEST), ("oldest", wording.OLDEST)):
        if pattern.search(masked) and (speaks_of_papers or PERSON in masked) and not wording.FIRST_AUTHOR.search(masked):
            if re.search(r"\b(?:accurac\w*|results?|scores?|performance|versions?)\b", masked, re.I) and not listed:
                return None
            rest = wording.COUNTED.sub(" ", pattern.sub(" ", _ITS_RECORD.sub("", masked)))
            return replace(_with_topic(read, rest), kind=kind, limit=how_many(masked))
    for kind, pattern in (("longest", wording.LONGEST), ("shortest", wording.SHORTEST)):
        if pattern.search(masked) and (speaks_of_papers or "author list" in masked.lower()):
            rest = re.sub(
                rf"\b(?:lists?|longest|shortest|largest|smallest|biggest|most|fewest|number|{wording.PEOPLE})\b",
                " ",
                pattern.sub(" ", masked),
                flags=re.I,
            )
            return replace(
                _with_topic(read, rest),
                kind=kind,
                limit=how_many(masked, "longest|shortest|papers with the (?:most|fewest)") if speaks_of_papers else 1,
            )
    if is_count:
        return replace(_with_topic(read, masked), kind="count")
    if listed or (speaks_of_papers and read.is_keywords and wording.HOW_MANY_AUTHORS.search(masked)):
        listed = listed or re.match(".*", masked)
        asked = _with_topic(read, masked)
        # "Which work lets one network run ...?" describes one paper by what it says; only a filter makes it a list.
        is_plural = bool(wording.PLURAL.search(masked[: listed.end() + 6])) or not re.search(rf"\b{PAPERS}\b", listed[0], re.I)
        is_narrow = bool(
            base.filters
            or base.organisation
            or base.unknown
            or base.not_by
            or asked.said
            or asked.with_code
            or asked.fewest_authors
            or asked.most_authors
            or asked.with_versions
            or asked.bound
        )
        if wording.SUPERLATIVE.search(asked.topic) or (wording.SUPERLATIVE.search(without_asides(masked)[0]) and asked.topic):
            return None
        if not is_plural and asked.topic and not is_narrow:
            return None
        if re.search(r"\b(?:how|why)\b", asked.topic, re.I) and not asked.said:
            return None
        return asked if is_plural or is_narrow else None
    is_noun = re.match(
        (
            rf"^(?:the |all |any |some |{TIME} |{ORGANISATION} )*(?:{PERSON}(?:['’]s?)?[\s,&]*(?:and |or )?)+(?:{TIME}\W*)?"
            rf"(?:\w+ )*{PAPERS}\b"
        ),
        masked,
        re.I,
    )
    if (
        is_noun
        and PERSON in masked
        and not re.search(r"\b(?:is|are|was|were|do|does|did|has|have|say|says|use|uses|reach|reaches)\b", masked, re.I)
    ):
        return _with_topic(read, masked)
    if read.is_keywords and (
        PERSON in masked
        or re.fullmatch(rf"\W*{TIME}\W*", masked)
        or (speaks_of_papers and re.search(rf"[{TIME}{CATEGORY}{ORGANISATION}]", masked))
    ):
        return _with_topic(read, masked)
    if _NOUNS_AND_PAPERS.fullmatch(masked) and not wording.ASKS_OR_ORDERS.match(masked):
        asked = _with_topic(read, masked)  # "remote sensing papers"
        return asked if asked.topic and not wording.SUPERLATIVE.search(masked) else None
    return None


def _with_topic(read: Masked, rest: str) -> CollectionQuestion:
    """Return the question with what the rest of its words say of the papers: numbers of authors, code, words said, topic."""
    base = read.base
    rest = wording.ASKS_MORE.sub(" ", rest)
    if base.unknown.startswith("by "):
        rest = rest.replace(base.unknown.removeprefix("by "), OTHER)
    changes: dict[str, object] = {}
    if found := wording.EXCEPT.search(rest):
        changes["without"] = tuple(filter(None, (topic_of(name) for name in re.split(r"\s*,\s*|\s+(?:and|or)\s+", found["x"]))))
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    rest, examples = examples_in(rest)
    rest, left_out = without_asides(wording.SERIES.sub(r"\1", rest))
    if left_out:
        changes["notes"] = (*base.notes, f"“{left_out}” was not looked at.")
    if found := wording.HOW_MANY_AUTHORS.search(rest):
        least, most = author_bounds(found)
        changes |= {"fewest_authors": least, "most_authors": most}
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    if bound := find_bound(rest):
        changes["bound"], start, end = bound
        rest = rest[:start] + OTHER + rest[end:]
    if (found := wording.CODE.search(rest)) and re.search(rf"\b{PAPERS}\b", rest, re.I):
        changes["with_code"] = True
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    if found := re.search(
        (
            r"\b(?:in |with |have |has |known in |exist in )*(?:several|more than one|multiple|two|different|many) (?:versions"
            r"|wordings)\b|\b(?:were|was|have been|are) (?:revised|changed|updated)\b"
        ),
        rest,
        re.I,
    ):
        changes["with_versions"] = True
        rest = rest[: found.start()] + OTHER + rest[found.end() :]
    for pattern in (wording.FIRST_AUTHOR, wording.LAST_AUTHOR, *([wording.ONLY_AUTHOR] if read.people else [])):
        rest = pattern.sub(" ", rest)
    in_title = bool(wording.IN_TITLE.search(rest))
    rest, said, said_any = words_said(wording.IN_TITLE.sub(f" {OTHER} ", rest) if in_title else rest, is_title=in_title)
    # "or trained on many languages", "or when running them" go on with the same papers: no topic of their own.
    divides = r"\bor\b(?! (?:when|while|in|during|if|at|by|[a-z]+ed (?:on|with|by|for|to)|[a-z]+ing)\b)"
    parts = [topic for topic in map(topic_of, re.split(rf",|{divides}|/" if re.search(divides, rest) else "/", rest)) if topic]
    topic = topic_of(re.sub(r"\s*\bor\b\s*|/", " ", rest)) if len(parts) > 1 else topic_of(rest)
    if examples and not said and topic.casefold() in wording.TELLS_NOTHING:  # "benchmarks such as EgoSchema"
        topic, said, said_any = "", examples, True
    return replace(
        base,
        topic=topic,
        acronyms=(*re.findall(rf"(?<=\w) ?\(({ACRONYM})s?\)", rest), *examples) if topic else (),
        uses_topic=bool(topic) and len(topic.split()) <= 3 and bool(wording.USES.search(rest)),
        alternatives=tuple(parts) if len(parts) > 1 else (),
        said=said,
        said_any=said_any,
        in_title=in_title and bool(said),
        **changes,
    )
