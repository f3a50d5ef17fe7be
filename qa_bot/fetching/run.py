"""Knows the order of a fetch: ask for ids or a query page by page, keep each page, write what is new as a file, ingest it.

Leaves each step to its module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa_bot.catalogue import text_key
from qa_bot.config import Settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.fetching.kept import Pages, fact_line, folder_of, known_papers, line_of, write_papers
from qa_bot.fetching.members import Members, filling_fact, papers_of
from qa_bot.fetching.network import Connection
from qa_bot.fetching.service import FetchError, Found, Page, Query, Request, Service, Wanted
from qa_bot.fetching.services import service_of
from qa_bot.fetching.wanted import refuse_kinds, sort_out
from qa_bot.ingest import IngestReport, ingest
from qa_bot.pace import Progress
from qa_bot.readers.result import shorten, why_empty
from qa_bot.schema import Fact, Problem

DEFAULT_LIMIT = 100


@dataclass(frozen=True)
class FetchReport:
    """What a fetch did. `found` papers were answered, of `total` that the service has; `written` were new or changed.

    `completed` papers of the collection were given what they lacked by answers without an abstract.
    """

    source: str
    found: int
    total: int | None
    written: int
    unchanged: int
    completed: int
    problems: tuple[Problem, ...]
    requests: int
    resumed_pages: int
    file: Path | None
    ingested: IngestReport | None

    def __str__(self) -> str:
        of = f" of {self.total}" if self.total is not None and self.total > self.found else ""
        lines = [
            f"{self.source}: {self.found}{of} papers found, {self.written} new or changed, {self.unchanged} fetched before"
            + (f", {self.completed} papers of the collection completed" if self.completed else "")
            + (f"; {self.resumed_pages} pages were there from the run before" if self.resumed_pages else "")
        ]
        lines += [f"{problem.kind}: {problem.message}" for problem in self.problems]
        return "\n".join([*lines, *([str(self.ingested)] if self.ingested else [])])


@dataclass
class _Gathered:
    """What was answered so far, each paper once."""

    pages: Pages
    found: dict[str, Found] = field(default_factory=dict)
    total: int | None = None
    resumed: int = 0

    def take(self, page: Page) -> None:
        for one in page.found:
            self.found.setdefault(one.key or repr(one.record), one)


def fetch(
    source: str,
    wanted: str | Sequence[str],
    *,
    settings: Settings,
    limit: int | None = None,
    year_from: int | None = None,
    year_to: int | None = None,
    category: str | None = None,
    embedding: EmbeddingModel | None = None,
    on_progress: Progress = lambda what, n, of: None,
) -> FetchReport:
    """Add papers from "arxiv", "openalex" or "crossref" to the collection, by identifiers or by the words of a query.

    `wanted`: arXiv ids, DOIs, OpenAlex ids or their addresses, else words. `limit` (100 for a query), years and `category`
    narrow a query. A run that breaks off goes on where it stopped when it is called again within a day. Raise FetchError for
    a service that cannot be had, identifiers that none of its papers bears, and what cannot be asked.
    """
    service = service_of(source, settings)
    ids, words = sort_out([wanted] if isinstance(wanted, str) else list(wanted))
    if category and not service.has_categories:
        raise FetchError(f"{service.title} has no categories as arXiv has. Leave --category away.")
    if not ids and not words and not category:
        raise FetchError("There is nothing to fetch. Name ids, or the words of a query.")
    refuse_kinds(ids, service.kinds, service=service.title)
    folder = folder_of(settings.data_dir)
    with Connection(service, stamp=folder / ".pages" / f"{source}.asked", pause_seconds=settings.fetch_pause_seconds) as line:
        if ids:
            gathered = _by_ids(line, ids, folder, on_progress)
        else:
            most = min(limit or DEFAULT_LIMIT, service.most_results)
            gathered = _by_query(line, Query(words, year_from, year_to, category), most, folder, on_progress)
    missing = _missing(ids, gathered, service)
    embedding = embedding or open_embedding(settings)
    news = _News(folder, source, settings, embedding, ids)
    for one in gathered.found.values():
        news.add(one)
    path = write_papers(folder, source, words or category or ids[0].value, news.lines) if news.lines else None
    ingested = (
        ingest([folder], settings=settings, embedding=embedding, on_progress=on_progress) if any(folder.glob("*.jsonl")) else None
    )
    gathered.pages.drop()
    return FetchReport(
        service.title, len(gathered.found), gathered.total if not ids else None, news.written, news.unchanged, news.completed,
        (*missing, *news.problems), line.requests, gathered.resumed, path, ingested,
    )  # fmt: skip


def _by_ids(line: Connection, ids: Sequence[Wanted], folder: Path, on_progress: Progress) -> _Gathered:
    service = line.service
    gathered = _Gathered(Pages(folder, service.name, service.url, "ids", tuple(one.value for one in ids)))
    kept = list(gathered.pages)
    size = service.ids_per_request
    batches = [ids[start : start + size] for start in range(0, len(ids), size)]
    for number, batch in enumerate(batches):
        gathered.take(_page(line, gathered, kept, number, service.by_ids(batch)))
        on_progress(f"asking {service.title}", min((number + 1) * size, len(ids)), len(ids))
    return gathered


def _by_query(line: Connection, query: Query, limit: int, folder: Path, on_progress: Progress) -> _Gathered:
    service = line.service
    size = min(service.page_size, limit)
    gathered = _Gathered(Pages(folder, service.name, service.url, "query", query, size))
    kept = list(gathered.pages)
    cursor: str | None = None
    for number in range(service.most_results):
        page = _page(line, gathered, kept, number, service.by_query(query, cursor, size))
        gathered.total = page.total if page.total is not None else gathered.total
        before = len(gathered.found)
        gathered.take(page)
        on_progress(f"asking {service.title}", min(len(gathered.found), limit), min(limit, gathered.total or limit))
        enough = limit if gathered.total is None else min(limit, gathered.total)
        # A service that answers the same page for ever has nothing more to say.
        if len(gathered.found) >= enough or page.next is None or page.next == cursor or len(gathered.found) == before:
            break
        cursor = page.next
    gathered.found = dict(list(gathered.found.items())[:limit])
    return gathered


def _page(line: Connection, gathered: _Gathered, kept: Sequence, number: int, request: Request) -> Page:
    """Return a page, from the run before where it was kept."""
    if number < len(kept):
        gathered.resumed += 1
        return line.service.read(kept[number].body) if kept[number].body else Page()
    page, body = line.ask(request)
    gathered.pages.put(number, body, page)
    return page


def _missing(ids: Sequence[Wanted], gathered: _Gathered, service: Service) -> list[Problem]:
    """Return a problem for each identifier that no answer bears; raise FetchError where that is all of them."""
    names = {name for one in gathered.found.values() for name in one.names}
    # A single answer to a single question is the paper even under another identifier: works are merged.
    lost = [one for one in ids if one.name not in names] if service.ids_per_request > 1 or len(gathered.found) < len(ids) else []
    if ids and not gathered.found:
        gathered.pages.drop()
        typed = ", ".join(one.typed for one in ids[:5]) + (", …" if len(ids) > 5 else "")
        raise FetchError(f"{service.title} knows no paper {typed}. Check the spelling, or ask another source.")
    return [Problem("not found", f"{service.title} knows no paper {one.typed}") for one in lost]


class _News:
    """Sorts answers into lines to be written, what was fetched before, and what has no abstract."""

    def __init__(self, folder: Path, source: str, settings: Settings, embedding: EmbeddingModel, ids: Sequence[Wanted]) -> None:
        self.lines: list[str] = []
        self.problems: list[Problem] = []
        self.written = self.unchanged = self.completed = 0
        self._known = known_papers(folder, source)
        self._by_ids = bool(ids)
        # A version that was asked for by its number need not be the newest.
        self._pinned = {one.name for one in ids if one.name != f"{one.kind}:{one.value}"}
        self._open = lambda: Members(papers_of(settings, embedding))
        self._members: Members | None = None

    @property
    def members(self) -> Members:
        self._members = self._members or self._open()
        return self._members

    def add(self, found: Found) -> None:
        record = found.record
        name = shorten(record.title or found.key)
        why = found.why_unusable or why_empty(record.abstract)
        if found.why_unusable:
            self.problems.append(Problem(found.why_unusable, f"{name!r} ({found.key}) was left out"))
        elif why:
            self._complete(found, name, why)
        else:
            self._add_paper(found)

    def _add_paper(self, found: Found) -> None:
        line = line_of(found)
        before = self._known.get(found.key)
        # What was taken out of the collection comes back only when it is asked for by its own name.
        if before and before.line == line and not (self._by_ids and not self.members.has(found)):
            self.unchanged += 1
            return
        self.written += 1
        self.lines.append(line)
        wording = text_key(found.record.abstract)
        older = tuple(key for key in reversed(before.wordings) if key != wording) if before else ()
        if older and found.record.title and not found.names & self._pinned:  # the newest wording stands first in a fact
            record = found.record
            self.lines.append(
                fact_line(Fact(record.title, arxiv_id=record.arxiv_id, doi=record.doi, abstracts=(wording, *older)))
            )

    def _complete(self, found: Found, name: str, why: str) -> None:
        paper = self.members.match(found)
        fact = filling_fact(paper, found.record)[0] if paper else None
        if fact:
            self.completed += 1
            self.lines.append(fact_line(fact))
        done = "it completes what the collection holds" if fact else "the collection has it" if paper else "it was left out"
        self.problems.append(Problem("no abstract", f"{name!r} ({found.key}): {why}; {done}"))
