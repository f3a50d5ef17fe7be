"""Knows the Crossref API: works by DOI or words, abstracts in the XML of journals (JATS).

Leaves what fields mean in general to `readers.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from qa_bot.config import Settings
from qa_bot.fetching.json_answers import document_of, found_of, plain_words, without_heading
from qa_bot.fetching.service import Found, NotUnderstood, Page, Query, Request, Service, Unfinished, Wanted
from qa_bot.readers.elements import local_name

_FIELDS = "DOI,title,subtitle,author,abstract,issued,published,container-title,URL,type,relation"
_BLOCKS = frozenset(("p", "sec", "title", "list-item", "disp-formula"))


def crossref_service(settings: Settings) -> Service:
    """Return Crossref; callers who leave an address are served in a pool of their own (crossref.org/documentation)."""
    url = settings.fetch_crossref_url.rstrip("/") + "/works"
    caller = (("mailto", settings.fetch_email),) if settings.fetch_email else ()

    def request(*params: tuple[str, str]) -> Request:
        return Request(url, (*params, ("select", _FIELDS), *caller))

    def by_ids(wanted: Sequence[Wanted]) -> Request:
        (one,) = wanted
        return Request(f"{url}/{quote(one.value, safe='')}", caller, may_be_missing=True)

    def by_query(query: Query, cursor: str | None, size: int) -> Request:
        filters = ["has-abstract:true"]
        filters += [f"from-pub-date:{query.year_from}"] if query.year_from else []
        filters += [f"until-pub-date:{query.year_to}"] if query.year_to else []
        return request(("query", query.text), ("filter", ",".join(filters)), ("rows", str(size)), ("cursor", cursor or "*"))

    def by_title(title: str, authors: Sequence[str]) -> Request:
        author = f" {authors[0].split()[-1]}" if authors and authors[0].split() else ""
        return request(("query.bibliographic", plain_words(title) + author), ("rows", "5"))

    def by_words(words: Sequence[str]) -> Request:
        return request(("query", " ".join(words)), ("rows", "5"))

    return Service(
        "crossref", "Crossref", url, 0.4 if settings.fetch_email else 1.0, frozenset(("doi",)), 1, by_ids, by_query, by_title, by_words, read_works,
        next_step="Try again later, and name your address in QA_BOT_FETCH_EMAIL to be served sooner: what was fetched so far is kept.",
        contact=settings.fetch_email,
    )  # fmt: skip


def read_works(body: bytes) -> Page:
    """Return the works of a list, or the one of a single answer. Raise Unfinished for what is no answer of Crossref."""
    document = document_of(body)
    message = document.get("message")
    if document.get("status") == "failed":
        raise NotUnderstood(f"Crossref does not understand this request: {message}. Ask in other words.")
    if not isinstance(message, Mapping):
        raise Unfinished("it holds no works")
    if isinstance(message.get("items"), list):
        works = [work for work in message["items"] if isinstance(work, Mapping) and work.get("DOI")]
        following = message.get("next-cursor")
        return Page(tuple(map(_found, works)), message.get("total-results"), str(following) if following and works else None)
    if not message.get("DOI"):
        raise Unfinished("it holds no work")
    return Page((_found(message),), 1)


def _found(work: Mapping[str, Any]) -> Found:
    key = str(work["DOI"]).lower()
    raw = {
        "title": _title(work), "authors": [author for author in work.get("author") or () if isinstance(author, Mapping)],
        "date": work.get("published") or work.get("issued"), "doi": key, "url": work.get("URL"), "venue": work.get("container-title"),
        "arxiv_id": _preprint(work),
    }  # fmt: skip
    return found_of("crossref", key, plain_abstract(str(work.get("abstract") or "")), raw)


def _title(work: Mapping[str, Any]) -> str:
    def first(name: str) -> str:
        value = work.get(name)
        return " ".join(str(value[0] if isinstance(value, list) and value else value or "").split())

    title, subtitle = first("title"), first("subtitle")
    return f"{title}: {subtitle}" if title and subtitle and subtitle.lower() not in title.lower() else title


def _preprint(work: Mapping[str, Any]) -> str | None:
    """Return the arXiv id that a publisher names as the preprint of a work."""
    relation = work.get("relation") if isinstance(work.get("relation"), Mapping) else {}
    for one in relation.get("has-preprint") or ():
        if isinstance(one, Mapping) and (
            match := re.search(r"(?i)arxiv[.:/]\s*(?:abs/)?(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", str(one.get("id") or ""))
        ):
            return match[1]
    return None


def plain_abstract(xml: str) -> str:
    """Return an abstract in JATS as text: a blank line between paragraphs, the heading of a part before it, one form of a formula."""
    if "<" not in xml:
        return without_heading(xml)
    source = re.sub(r"<(/?)(\w+):", r"<\1", re.sub(r"\s[\w-]+:[\w-]+=(?:\"[^\"]*\"|'[^']*')", "", xml))
    try:
        root = ElementTree.fromstring(f"<abstract>{re.sub(r'&(?![a-zA-Z]+;|#)', '&amp;', source)}</abstract>")
    except ElementTree.ParseError:
        return without_heading(" ".join(re.sub(r"</?[A-Za-z][^<>]*>", " ", source).split()))
    parts: list[str] = []
    _collect(root, parts)
    blocks = (" ".join(part.split()) for part in "".join(parts).split("\n\n"))
    text = "\n\n".join(block for block in blocks if block and block.lower().strip(".: ") not in ("abstract", "summary"))
    return without_heading(re.sub(r":\n\n", ": ", text))


def _collect(element: ElementTree.Element, parts: list[str]) -> None:
    name = local_name(element)
    if name == "alternatives":
        chosen = next((child for child in element if local_name(child) == "tex-math"), next(iter(element), None))
        if chosen is not None:
            _collect(chosen, parts)
        return
    if name in _BLOCKS:
        parts.append("\n\n")
    if name == "title":
        title = " ".join("".join(element.itertext()).split()).rstrip(" :.")
        is_whole = title.lower() in ("abstract", "summary", "")
        parts.append("" if is_whole else f"{title}:\n\n")
        return
    tag = name if name in ("sub", "sup") else ""
    parts.append(f"<{tag}>" if tag else "")
    parts.append(element.text or "")
    for child in element:
        _collect(child, parts)
        parts.append(child.tail or "")
    parts.append(f"</{tag}>" if tag else "")
    if name in _BLOCKS:
        parts.append("\n\n")
