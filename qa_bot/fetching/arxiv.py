"""Knows the arXiv API: its search language, ids with and without versions, its feeds.

Leaves reading an Atom entry to `readers`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot.config import Settings
from qa_bot.fetching.service import FetchError, Found, NotUnderstood, Page, Query, Request, Service, Unfinished, Wanted, name_of
from qa_bot.readers import read_data

_FIELDED = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate):|\b(?:AND|OR|ANDNOT)\b")
_PIECE = re.compile(r'"([^"]*)"|(\S+)')
_WITHDRAWN = re.compile(
    r"\W*(?:this|the) (?:paper|article|submission|manuscript|work|preprint)\b.{0,60}\b(?:withdrawn|retracted)\b",
    re.IGNORECASE | re.DOTALL,
)
_STOP_WORDS = frozenset("a an and are as at be by for from in into is it its of on or that the this to via we with".split())


def arxiv_service(settings: Settings) -> Service:
    """Return arXiv; it wants one request in three seconds (info.arxiv.org/help/api/tou.html)."""
    url = settings.fetch_arxiv_url

    def request(*params: tuple[str, str]) -> Request:
        return Request(url, params)

    def by_ids(wanted: Sequence[Wanted]) -> Request:
        return request(("id_list", ",".join(one.value for one in wanted)), ("max_results", str(len(wanted))))

    def by_query(query: Query, cursor: str | None, size: int) -> Request:
        return request(
            ("search_query", search_query(query)), ("start", cursor or "0"), ("max_results", str(size)),
            ("sortBy", "relevance"), ("sortOrder", "descending"),
        )  # fmt: skip

    def by_title(title: str, authors: Sequence[str]) -> Request:
        words = [word for word in re.findall(r"\w+", title) if word.lower() not in _STOP_WORDS][:16]
        return request(("search_query", " AND ".join(f"ti:{word}" for word in words)), ("max_results", "5"))

    def by_words(words: Sequence[str]) -> Request:
        return request(("search_query", " AND ".join(f"abs:{word}" for word in words)), ("max_results", "5"))

    return Service(
        "arxiv", "arXiv", url, 3.0, frozenset(("arxiv",)), 50, by_ids, by_query, by_title, by_words, read_feed,
        most_results=30_000, has_categories=True, next_step="Try again later: what was fetched so far is kept.", contact=settings.fetch_email,
    )  # fmt: skip


def search_query(query: Query) -> str:
    """Return a query in arXiv's language: words must all occur, words in quotes side by side; what is in it already stays."""
    text = query.text.strip()
    if text and not _FIELDED.search(text):
        pieces = [(f'"{quoted}"' if quoted else word) for quoted, word in _PIECE.findall(text)]
        words = [re.sub(r'[^\w\s"+.-]', " ", piece).strip() for piece in pieces]
        text = " AND ".join(
            f"all:{part}" for word in words for part in ([word] if word.startswith('"') else word.split()) if part.strip('"')
        )
    parts = [f"({text})" if " OR " in text or " ANDNOT " in text else text] if text else []
    if query.category:
        parts.append(
            f"cat:{query.category if '.' in query.category or '-' in query.category or query.category.islower() else f'cs.{query.category}'}"
        )
    if query.year_from or query.year_to:
        parts.append(f"submittedDate:[{query.year_from or 1991}01010000 TO {query.year_to or 2100}12312359]")
    if not parts:
        raise FetchError("There is nothing to ask arXiv for. Name ids, words, or a --category.")
    return " AND ".join(parts)


def read_feed(body: bytes) -> Page:
    """Return the entries of a feed. Raise FetchError for an error of the API, Unfinished for a feed that breaks off."""
    text = body.decode("utf-8", "replace")
    if "<feed" not in text[:2000]:
        raise Unfinished(f"it is no feed: {' '.join(text[:80].split())!r}")
    result = read_data(body, "arxiv.xml")
    for skipped in result.skipped:
        if "error of the API" in skipped.reason:
            raise NotUnderstood(
                f"arXiv does not understand this request: {skipped.reason.partition('API: ')[2]}. Check the ids and the query."
            )
        if skipped.ordinal == 0 and "breaks off" in skipped.reason:
            raise Unfinished(skipped.reason)
    total, start = (_number(name, text) for name in ("totalResults", "startIndex"))
    found = tuple(_found(record) for record in result.records)
    end = (start or 0) + len(found) + sum(1 for skipped in result.skipped if skipped.ordinal)
    if not found and total and (start or 0) < total and _number("itemsPerPage", text) != 0 and (start or 0) > 0:
        raise Unfinished("a page without its entries")
    return Page(found, total, str(end) if found and total is not None and end < total else None)


def _found(record) -> Found:  # noqa: ANN001 - schema.Record
    why = "withdrawn" if len(record.abstract) < 400 and _WITHDRAWN.match(record.abstract) else ""
    arxiv_id = record.arxiv_id or record.origin.record_id or record.title or ""
    names = {name_of("arxiv", arxiv_id)} | ({name_of("doi", record.doi)} if record.doi else set())
    return Found(arxiv_id, frozenset(names), record, why)


def _number(name: str, text: str) -> int | None:
    match = re.search(rf"<(?:\w+:)?{name}\b[^>]*>\s*(\d+)\s*<", text)
    return int(match[1]) if match else None
