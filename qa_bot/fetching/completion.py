"""Knows how papers of the collection get what they lack: title, authors, date, identifiers, asked of a service one by one.

Leaves whether an answer is truly that paper to `same_paper`. The service is told titles, identifiers and some words of abstracts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from qa_bot.catalogue import text_key
from qa_bot.config import Settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.fetching.kept import Journal, fact_line, facts_in, folder_of, write_whole
from qa_bot.fetching.members import filling_fact, gaps_of, papers_of
from qa_bot.fetching.network import Connection
from qa_bot.fetching.same_paper import is_same_paper, titles_alike
from qa_bot.fetching.service import FetchError, Found, NotUnderstood, Request, Service, Wanted
from qa_bot.fetching.services import service_of
from qa_bot.fetching.wanted import identifier
from qa_bot.ingest import IngestReport, ingest
from qa_bot.pace import Progress
from qa_bot.schema import Fact, Paper

_COUNTED_PAPERS = 5_000
_WORDS_OF_A_TRY = (6, 4)


@dataclass(frozen=True)
class Completed:
    """One paper that was completed: its title now, what it was given, and by which question it was found."""

    title: str
    given: tuple[str, ...]
    found_by: str


@dataclass(frozen=True)
class CompletionReport:
    """What a completion did: papers with gaps, those completed, those that the service does not know for certain (by their titles)."""

    source: str
    asked: int
    completed: tuple[Completed, ...]
    not_found: tuple[str, ...]
    requests: int
    ingested: IngestReport | None

    def __str__(self) -> str:
        lines = [
            f"{self.source}: {len(self.completed)} of {self.asked} papers with gaps completed, {len(self.not_found)} not found for certain"
        ]
        lines += [f"completed: {one.title!r} got its {', '.join(one.given)} (found by {one.found_by})" for one in self.completed]
        lines += [f"not found: {title!r}" for title in self.not_found]
        return "\n".join([*lines, *([str(self.ingested)] if self.ingested else [])])


def complete(
    source: str,
    *,
    settings: Settings,
    limit: int | None = None,
    embedding: EmbeddingModel | None = None,
    on_progress: Progress = lambda what, n, of: None,
) -> CompletionReport:
    """Ask a service for what papers of the collection lack, `limit` papers at most, and ingest what is certain.

    Each paper is asked for by its identifier, else by its title, else by rare words of its abstract. What the collection says
    already is never replaced. A run that breaks off, or stops at its limit, goes on where it stopped when it is called again
    within a day. Raise FetchError as `fetch` does.
    """
    service = service_of(source, settings)
    folder = folder_of(settings.data_dir)
    embedding = embedding or open_embedding(settings)
    everything = papers_of(settings, embedding)
    journal = Journal(folder, f"complete-{source}")
    with_gaps = [paper for paper in everything if gaps_of(paper)]
    papers = [paper for paper in with_gaps if _key(paper) not in journal.entries][:limit]
    common = _word_counts(everything[:_COUNTED_PAPERS])
    with Connection(service, stamp=folder / ".pages" / f"{source}.asked", pause_seconds=settings.fetch_pause_seconds) as line:
        try:
            for done, (paper, found, found_by) in enumerate(_answers(line, papers, common), 1):
                fact, given = filling_fact(paper, found) if found else (None, ())
                journal.add(_key(paper), fact=asdict(fact) if fact else None, given=given, found_by=found_by)
                on_progress(f"asking {service.title}", done, len(papers))
        except FetchError as error:
            _take_in(with_gaps, journal, settings, embedding, on_progress)
            settled = sum(_key(paper) in journal.entries for paper in with_gaps)
            raise FetchError(
                f"{error} {settled} of {len(with_gaps)} papers were asked for; run it again for the rest."
            ) from error
    ingested = _take_in(with_gaps, journal, settings, embedding, on_progress)
    # What a run before this one settled is told again: it may have broken off before it told anything.
    entries = [(paper, journal.entries[_key(paper)]) for paper in with_gaps if _key(paper) in journal.entries]
    if len(entries) == len(with_gaps):
        journal.drop()
    return CompletionReport(
        service.title,
        len(entries),
        tuple(
            Completed(entry["fact"]["title"], tuple(entry["given"]), entry["found_by"])
            for _, entry in entries
            if entry.get("fact")
        ),
        tuple(paper.title for paper, entry in entries if not entry.get("fact")),
        line.requests,
        ingested,
    )


def _key(paper: Paper) -> str:
    return text_key(paper.versions[0].raw)


def _answers(line: Connection, papers: Sequence[Paper], common: Mapping[str, int]) -> Iterator[tuple[Paper, object, str]]:
    """Yield each paper with the record that is truly it, or None, and how it was found; those known by an identifier first."""
    size = line.service.ids_per_request
    known = [(paper, wanted) for paper in papers if (wanted := _identifier(paper, line.service))]
    settled: set[str] = set()
    for start in range(0, len(known), size):
        batch = known[start : start + size]
        found_here = _asked(line, line.service.by_ids([wanted for _, wanted in batch]))
        for paper, wanted in batch:
            named = [found for found in found_here if wanted.name in found.names or size == 1]
            if record := _true_one(paper, named, asked_by_id=True):
                settled.add(_key(paper))
                yield paper, record, f"its {'arXiv id' if wanted.kind == 'arxiv' else 'DOI'}"
    for paper in papers:
        if _key(paper) not in settled:
            yield paper, *_searched(line, paper, common)


def _identifier(paper: Paper, service: Service) -> Wanted | None:
    for kind, value in (("arxiv", paper.arxiv_id), ("doi", paper.doi)):
        if value and kind in service.kinds and (wanted := identifier(value)) and wanted.kind in service.kinds:
            return wanted
    return None


def _asked(line: Connection, request: Request) -> Sequence[Found]:
    """Return what a service answers; a question that it does not understand is one without an answer."""
    try:
        page, _ = line.ask(request)
    except NotUnderstood:
        return ()
    return page.found


def _searched(line: Connection, paper: Paper, common: Mapping[str, int]) -> tuple[object, str]:
    if not paper.title_is_stand_in:
        answers = _asked(line, line.service.by_title(paper.title, paper.authors))
        if record := _true_one(paper, answers, asked_by_id=False):
            return record, "its title"
    words = _telling_words(paper, common)
    for count in _WORDS_OF_A_TRY:
        chosen, words = words[:count], words[count:]
        if len(chosen) < count:
            break
        answers = _asked(line, line.service.by_words(chosen))
        if record := _true_one(paper, answers, asked_by_id=False):
            return record, "words of its abstract"
    return None, ""


def _true_one(paper: Paper, found: Sequence[Found], *, asked_by_id: bool) -> object:
    """Return the record that is the paper; of several the one that fills most, None where they are several papers."""
    true = [one.record for one in found if is_same_paper(paper, one.record, asked_by_id=asked_by_id)]
    if not asked_by_id and any(not titles_alike(one.title, true[0].title) for one in true):
        return None  # one abstract under two titles: one of them is wrong
    return max(true, key=lambda record: len(filling_fact(paper, record)[1]), default=None)


def _word_counts(papers: Sequence[Paper]) -> Counter[str]:
    """Return in how many papers each word stands."""
    return Counter(word for paper in papers for word in set(re.findall(r"[a-z]+", paper.abstract.lower())))


def _telling_words(paper: Paper, common: Mapping[str, int]) -> list[str]:
    """Return words of an abstract, the rarest in the collection first, that a search may find it by."""
    words = dict.fromkeys(re.findall(r"(?<![\w-])[A-Za-z]{5,18}(?![\w-])", paper.abstract))
    return sorted(words, key=lambda word: (common.get(word.lower(), 0), -len(word)))


def _take_in(
    papers: Sequence[Paper], journal: Journal, settings: Settings, embedding: EmbeddingModel, on_progress
) -> IngestReport | None:  # noqa: ANN001
    """Write the facts that were found beside those of earlier runs, and ingest them."""
    folder = folder_of(settings.data_dir)
    path = folder / "completed.jsonl"
    found = [entry["fact"] for paper in papers if (entry := journal.entries.get(_key(paper))) and entry.get("fact")]
    if not found:
        return None
    facts = facts_in(path)
    for fact in found:
        key = tuple(fact["abstracts"])
        new = {name: value for name, value in fact.items() if value not in (None, [], ())}
        facts[key] = {**facts.get(key, {}), **new}
    lines = (fact_line(_fact(entry)) for entry in facts.values())
    write_whole(path, "".join(f"{line}\n" for line in lines))
    return ingest([folder], settings=settings, embedding=embedding, on_progress=on_progress)


def _fact(entry: Mapping[str, object]) -> Fact:
    lists = {name: tuple(entry.get(name) or ()) for name in ("authors", "aliases", "abstracts")}
    texts = {name: entry.get(name) for name in ("arxiv_id", "doi", "date")}
    return Fact(title=str(entry.get("title") or ""), authors_complete=bool(entry.get("authors_complete", True)), **lists, **texts)
