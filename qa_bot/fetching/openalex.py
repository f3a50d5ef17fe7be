"""Knows the OpenAlex API: works by id, DOI or words, abstracts kept as the places of their words.

Leaves what fields mean in general to `readers.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from qa_bot.config import Settings
from qa_bot.fetching.json_answers import document_of, found_of, plain_words, without_heading
from qa_bot.fetching.service import Found, NotUnderstood, Page, Query, Request, Service, Unfinished, Wanted

_FIELDS = (
    "id,doi,title,display_name,publication_date,publication_year,authorships,abstract_inverted_index,primary_location,locations,"
    "primary_topic,is_retracted"
)
# A list names no more authors of a work than these, and does not say so.
_MOST_LISTED_AUTHORS = 100
_LONGEST_ABSTRACT_WORDS = 20_000


def openalex_service(settings: Settings) -> Service:
    """Return OpenAlex; a key and an address raise what it allows a day (developers.openalex.org)."""
    url = settings.fetch_openalex_url.rstrip("/") + "/works"
    key = settings.fetch_openalex_key.get_secret_value() if settings.fetch_openalex_key else None
    caller = tuple((name, value) for name, value in (("mailto", settings.fetch_email), ("api_key", key)) if value)

    def request(*params: tuple[str, str]) -> Request:
        return Request(url, (*params, ("select", _FIELDS), *caller))

    def by_ids(wanted: Sequence[Wanted]) -> Request:
        (one,) = wanted
        doi = one.value if one.kind == "doi" else f"10.48550/arxiv.{one.name.partition(':')[2]}"
        place = one.value if one.kind == "openalex" else f"doi:{quote(doi, safe='/:()')}"
        return Request(f"{url}/{place}", (("select", _FIELDS), *caller), may_be_missing=True)

    def by_query(query: Query, cursor: str | None, size: int) -> Request:
        filters = ["has_abstract:true"]
        if query.year_from or query.year_to:
            filters.append(f"publication_year:{query.year_from or ''}-{query.year_to or ''}")
        return request(("search", query.text), ("filter", ",".join(filters)), ("per_page", str(size)), ("cursor", cursor or "*"))

    def by_title(title: str, authors: Sequence[str]) -> Request:
        return request(("filter", f"title.search:{plain_words(title)}"), ("per_page", "5"))

    def by_words(words: Sequence[str]) -> Request:
        return request(("search", " ".join(words)), ("per_page", "5"))

    step = (
        "Try again later, or get a free key at openalex.org and set QA_BOT_FETCH_OPENALEX_KEY: what was fetched so far is kept."
    )
    return Service(
        "openalex", "OpenAlex", url, 0.1, frozenset(("openalex", "doi", "arxiv")), 1, by_ids, by_query, by_title, by_words, read_works,
        next_step=step, contact=settings.fetch_email,
    )  # fmt: skip


def read_works(body: bytes) -> Page:
    """Return the works of a list, or the one of a single answer. Raise Unfinished for what is no answer of OpenAlex."""
    document = document_of(body)
    if isinstance(document.get("results"), list):
        meta = document.get("meta") if isinstance(document.get("meta"), Mapping) else {}
        works = [work for work in document["results"] if isinstance(work, Mapping)]
        following = meta.get("next_cursor")
        return Page(tuple(map(_found, works)), meta.get("count"), str(following) if following and works else None)
    if document.get("id"):
        return Page((_found(document),), 1)
    if document.get("error"):
        raise NotUnderstood(
            f"OpenAlex does not understand this request: {document.get('message') or document['error']}. Ask in other words."
        )
    raise Unfinished("it holds no works")


def _found(work: Mapping[str, Any]) -> Found:
    location = _inside(work, "primary_location")
    locations = [location, *(place for place in work.get("locations") or () if isinstance(place, Mapping))]
    pages = [str(place.get("landing_page_url") or "") for place in locations]
    on_arxiv = next((page for page in pages if re.match(r"https?://(?:www\.)?arxiv\.org/abs/", page)), None)
    authors = [
        _inside(one, "author").get("display_name") or one.get("raw_author_name")
        for one in work.get("authorships") or ()
        if isinstance(one, Mapping)
    ]
    topic = _inside(_inside(work, "primary_topic"), "subfield").get("display_name")
    key = str(work.get("id") or "").rpartition("/")[2]
    raw = {
        "title": work.get("display_name") or work.get("title"),
        "authors": [name for name in authors if name] + (["et al."] if len(authors) == _MOST_LISTED_AUTHORS else []),
        "date": work.get("publication_date"), "year": work.get("publication_year"), "doi": work.get("doi"), "arxiv_id": on_arxiv,
        "url": pages[0] or work.get("doi") or work.get("id"), "categories": [topic] if topic else None,
        "venue": _inside(location, "source").get("display_name"),
    }  # fmt: skip
    why = "retracted" if work.get("is_retracted") is True else ""
    return found_of("openalex", key, without_heading(_abstract(work.get("abstract_inverted_index"))), raw, why_unusable=why)


def _abstract(index: object) -> str:
    """Put the words of an inverted index back into their places."""
    if not isinstance(index, Mapping):
        return ""
    placed = [
        (at, str(word)) for word, places in index.items() if isinstance(places, list) for at in places if isinstance(at, int)
    ]
    return " ".join(word for _, word in sorted(placed)[:_LONGEST_ABSTRACT_WORDS])


def _inside(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}
