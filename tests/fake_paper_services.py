"""Knows how arXiv, OpenAlex and Crossref answer, well and badly: a local HTTP server over a list of works.

    with FakeServices(work(...), troubles=[busy(429, retry_after="1")]) as server:
        settings = Settings(**server.settings, data_dir=...)

Troubles are played one per request, before the good answer that the same request gets when it comes again; None lets one pass.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from loopback import Handler, LoopbackServer


@dataclass(frozen=True)
class Work:
    """One paper as all three services may know it."""

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    date: str = "2023-03-27"
    arxiv_id: str | None = None
    doi: str | None = None
    openalex_id: str | None = None
    category: str = "cs.CV"
    jats: str | None = None  # the abstract as Crossref has it
    extra: Mapping[str, Any] = field(default_factory=dict)  # more fields of the JSON answers


@dataclass(frozen=True)
class Trouble:
    """One bad answer. `cuts`: the connection breaks in the middle of the body; `halves`: the good answer, cut short but ended well."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cuts: bool = False
    halves: bool = False
    empties: bool = False


def busy(status: int = 503, *, retry_after: str | None = None, body: bytes = b"Rate exceeded.") -> Trouble:
    return Trouble(status, {"Content-Type": "text/plain"} | ({"Retry-After": retry_after} if retry_after else {}), body)


def cut() -> Trouble:
    return Trouble(cuts=True)


def halved() -> Trouble:
    return Trouble(halves=True)


def emptied() -> Trouble:
    """A page that says how many there are and holds none, as arXiv gives now and then."""
    return Trouble(empties=True)


def html(status: int = 200) -> Trouble:
    return Trouble(
        status, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><body>Please sign in to the network</body></html>"
    )


@dataclass(frozen=True)
class Asked:
    """One request: which service, its path after the service's root, its parameters, its headers, when."""

    service: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    time: float


class _Handler(Handler):
    fake: FakeServices

    def do_GET(self) -> None:
        self.fake._answer(self)


class FakeServices(LoopbackServer):
    """The three services on one port."""

    def __init__(self, *works: Work, troubles: Sequence[Trouble | None] = ()) -> None:
        self.works = list(works)
        self.troubles = list(troubles)
        self.asked: list[Asked] = []
        super().__init__(_Handler)
        self.url = self.address

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "fetch_arxiv_url": f"{self.url}/arxiv", "fetch_openalex_url": f"{self.url}/openalex", "fetch_crossref_url": f"{self.url}/crossref",
            "fetch_pause_seconds": 0.0,
        }  # fmt: skip

    def params(self) -> list[Mapping[str, str]]:
        return [asked.params for asked in self.asked]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        service, _, path = parts.path.lstrip("/").partition("/")
        params = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.asked.append(Asked(service, unquote(path), params, dict(handler.headers), time.monotonic()))
        trouble = self.troubles.pop(0) if self.troubles else None
        status, kind, body = {"arxiv": self._arxiv, "openalex": self._openalex, "crossref": self._crossref}[service](
            unquote(path), params
        )
        headers: Mapping[str, str] = {"Content-Type": kind}
        if trouble and trouble.empties:
            body = re.sub(rb"<entry>.*</entry>", b"", body, flags=re.DOTALL)
        elif trouble and trouble.halves:
            body = body[: len(body) // 2]
        elif trouble and not trouble.cuts:
            status, headers, body = trouble.status, trouble.headers, trouble.body
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if trouble and trouble.cuts:
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.close()
            return
        handler.wfile.write(body)

    # arXiv

    def _arxiv(self, path: str, params: Mapping[str, str]) -> tuple[int, str, bytes]:
        start, count = int(params.get("start", 0)), int(params.get("max_results", 10))
        if "id_list" in params:
            ids = params["id_list"].split(",")
            if bad := next((one for one in ids if not re.fullmatch(r"[\w.-]+(?:/\d+)?(?:v\d+)?", one)), None):
                return 400, "application/atom+xml", _feed([_error(f"incorrect id format for {bad}")], 1, 0)
            known = {work.arxiv_id: work for work in self.works if work.arxiv_id}
            found = [known[bare] for one in ids if (bare := re.sub(r"v\d+$", "", one)) in known]
        else:
            found = [work for work in self.works if work.arxiv_id and _matches_arxiv(work, params["search_query"])]
        entries = [_entry(work) for work in found[start : start + count]]
        return 200, "application/atom+xml; charset=UTF-8", _feed(entries, len(found), start)

    # OpenAlex

    def _openalex(self, path: str, params: Mapping[str, str]) -> tuple[int, str, bytes]:
        place = path.removeprefix("works").lstrip("/")
        if place:
            doi = place.removeprefix("doi:").lower() if place.startswith("doi:") else None
            for work in self.works:
                dois = {work.doi, f"10.48550/arxiv.{work.arxiv_id}" if work.arxiv_id else None} - {None}
                if place == work.openalex_id or doi in {one.lower() for one in dois}:
                    return _json(200, _openalex_work(work))
            return _json(404, {"error": "Not Found", "message": f"Work {place} not found"})
        filters = dict(part.partition(":")[::2] for part in params.get("filter", "").split(",") if part)
        words = params.get("search") or filters.get("title.search", "")
        whole = "title.search" not in filters
        found = [
            work
            for work in self.works
            if work.openalex_id and _has_words(work, words, whole=whole) and _in_years(work, filters.get("publication_year"))
        ]
        if filters.get("has_abstract"):
            found = [work for work in found if work.abstract]
        start = 0 if params.get("cursor", "*") == "*" else int(params["cursor"].removeprefix("after"))
        end = start + int(params.get("per_page", 25))
        meta = {"count": len(found), "per_page": 25, "next_cursor": f"after{end}" if end < len(found) else None}
        return _json(200, {"meta": meta, "results": [_openalex_work(work) for work in found[start:end]]})

    # Crossref

    def _crossref(self, path: str, params: Mapping[str, str]) -> tuple[int, str, bytes]:
        place = path.removeprefix("works").lstrip("/")
        if place:
            work = next((work for work in self.works if work.doi and work.doi.lower() == place.lower()), None)
            return (
                _json(200, {"status": "ok", "message-type": "work", "message": _crossref_work(work)})
                if work
                else (404, "text/plain", b"Resource not found.")
            )
        words = params.get("query") or params.get("query.bibliographic", "")
        found = [work for work in self.works if work.doi and _shares_words(work, words)]
        start = 0 if params.get("cursor", "*") == "*" else int(params["cursor"].removeprefix("after"))
        end = start + int(params.get("rows", 20))
        message = {
            "total-results": len(found),
            "items": [_crossref_work(work) for work in found[start:end]],
            "next-cursor": f"after{end}",
        }
        return _json(200, {"status": "ok", "message-type": "work-list", "message": message})


def _json(status: int, value: object) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(value).encode()


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _has_words(work: Work, words: str, *, whole: bool) -> bool:
    return _words(words) <= _words(f"{work.title} {work.abstract if whole else ''}")


def _shares_words(work: Work, words: str) -> bool:
    return bool(_words(words) & _words(f"{work.title} {' '.join(work.authors)}"))


def _in_years(work: Work, span: str | None) -> bool:
    first, _, last = (span or "-").partition("-")
    return int(first or 0) <= int(work.date[:4]) <= int(last or 9999)


def _matches_arxiv(work: Work, query: str) -> bool:
    def holds(part: str) -> bool:
        name, _, value = part.partition(":")
        if name == "submittedDate":
            first, last = re.findall(r"\d{4}(?=\d{8})", value)
            return first <= work.date[:4] <= last
        text = {
            "ti": work.title,
            "abs": work.abstract,
            "cat": work.category,
            "au": " ".join(work.authors),
            "all": f"{work.title} {work.abstract}",
        }[name]
        return value.lower() == text.lower() if name == "cat" else _words(value) <= _words(text)

    return all(holds(part) for part in re.split(r" AND ", query.strip("()")))


def _feed(entries: Sequence[str], total: int, start: int) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        '<link href="http://arxiv.org/api/query" rel="self" type="application/atom+xml"/>\n<title type="html">ArXiv Query</title>\n'
        "<id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>\n<updated>2026-01-05T00:00:00-05:00</updated>\n"
        f'<opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{total}</opensearch:totalResults>\n'
        f'<opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{start}</opensearch:startIndex>\n'
        f'<opensearch:itemsPerPage xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{len(entries) or 10}</opensearch:itemsPerPage>\n'
        + "\n".join(entries)
        + "\n</feed>\n"
    ).encode()


def _entry(work: Work) -> str:
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in work.authors)
    doi = f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{work.doi}</arxiv:doi>' if work.doi else ""
    return (
        f"<entry><id>http://arxiv.org/abs/{work.arxiv_id}v2</id><updated>{work.date}T17:59:59Z</updated><published>{work.date}T17:59:59Z</published>"
        f"<title>{escape(work.title)}</title><summary>  {escape(work.abstract)}\n</summary>{authors}{doi}"
        f'<link href="http://arxiv.org/abs/{work.arxiv_id}v2" rel="alternate" type="text/html"/>'
        f'<arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="{work.category}"/><category term="{work.category}"/></entry>'
    )


def _error(words: str) -> str:
    return (
        f"<entry><id>http://arxiv.org/api/errors#incorrect_id_format</id><title>Error</title><summary>{words}</summary></entry>"
    )


def _openalex_work(work: Work) -> dict[str, Any]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(work.abstract.split()):
        index.setdefault(word, []).append(place)
    on_arxiv = {
        "landing_page_url": f"http://arxiv.org/abs/{work.arxiv_id}",
        "source": {"display_name": "arXiv (Cornell University)"},
    }
    at_journal = {"landing_page_url": f"https://doi.org/{work.doi}", "source": {"display_name": "Journal of Everything"}}
    locations = [*([at_journal] if work.doi else []), *([on_arxiv] if work.arxiv_id else [])]
    doi = work.doi or (f"10.48550/arxiv.{work.arxiv_id}" if work.arxiv_id else None)
    return {
        "id": f"https://openalex.org/{work.openalex_id}", "doi": f"https://doi.org/{doi}" if doi else None,
        "title": work.title, "display_name": work.title,
        "publication_date": work.date, "publication_year": int(work.date[:4]), "abstract_inverted_index": index or None,
        "authorships": [{"author_position": "middle", "author": {"display_name": name}, "raw_author_name": name} for name in work.authors],
        "primary_location": locations[0] if locations else None, "locations": locations, "is_retracted": False,
        "primary_topic": {"display_name": "Image models", "subfield": {"display_name": "Computer Vision"}},
    } | dict(work.extra)  # fmt: skip


def _crossref_work(work: Work) -> dict[str, Any]:
    year, month, day = (int(part) for part in work.date.split("-"))
    jats = (
        work.jats
        if work.jats is not None
        else f"<jats:title>Abstract</jats:title><jats:p>{escape(work.abstract)}</jats:p>"
        if work.abstract
        else None
    )
    names = [
        {"given": name.rpartition(" ")[0], "family": name.rpartition(" ")[2], "sequence": "first", "affiliation": []}
        for name in work.authors
    ]
    whole = {
        "DOI": work.doi, "title": [work.title], "author": names,
        "issued": {"date-parts": [[year, month, day]]}, "published": {"date-parts": [[year, month, day]]},
        "container-title": ["Journal of Everything"], "URL": f"https://doi.org/{work.doi}", "type": "journal-article", "relation": {},
    }  # fmt: skip
    return whole | ({"abstract": jats} if jats else {}) | dict(work.extra)
