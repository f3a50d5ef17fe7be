"""Knows what fetching leaves in the data folder: the papers, as files that any ingest reads, and the pages of a run that broke off.

Leaves asking to `network`, and taking the papers into the collection to `ingest`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from qa_bot.catalogue import text_key
from qa_bot.fetching.service import FetchError, Found, Page
from qa_bot.schema import Fact

# Cursors and rankings grow stale; after this time a run that broke off begins anew.
_FRESH_SECONDS = 24 * 3600.0


def folder_of(data_dir: Path) -> Path:
    """Return the folder of the fetched papers, made if it is not there; what begins with a dot in it is no input."""
    folder = data_dir / "fetched"
    try:
        (folder / ".pages").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchError(f"Cannot write to {folder}: {error}. Set QA_BOT_DATA_DIR to a folder that you can write to.") from error
    return folder


@dataclass(frozen=True)
class KeptPage:
    """A page as it was answered, and what asks for the next one."""

    body: bytes
    next: str | None


class Pages:
    """The pages of one run so far; they outlive the run until `drop`."""

    def __init__(self, folder: Path, *key: object) -> None:
        self._folder = folder / ".pages" / blake2b(repr(key).encode(), digest_size=10).hexdigest()
        if self._folder.is_dir() and time.time() - self._folder.stat().st_mtime > _FRESH_SECONDS:
            self.drop()

    def __iter__(self) -> Iterator[KeptPage]:
        """Yield the pages in order, up to the first that is missing or damaged."""
        number = 0
        while (path := self._path(number)).exists():
            try:
                page = json.loads(path.read_text(encoding="utf-8"))
                kept = KeptPage(page["body"].encode("utf-8", "surrogateescape"), page["next"])
            except (ValueError, KeyError, TypeError, AttributeError):
                return
            yield kept
            number += 1

    def put(self, number: int, body: bytes, page: Page) -> None:
        """Keep a page; a kill in the middle leaves nothing half-written behind."""
        self._folder.mkdir(parents=True, exist_ok=True)
        whole = {"next": page.next, "body": body.decode("utf-8", "surrogateescape")}
        write_whole(self._path(number), json.dumps(whole))

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except OSError as error:
        raise FetchError(f"Cannot write {path}: {error}. Make room, or set QA_BOT_DATA_DIR to another folder.") from error


@dataclass(frozen=True)
class Known:
    """What the files of earlier runs say of one paper: its line, and the wordings of its abstract, the oldest first."""

    line: str
    wordings: tuple[str, ...]


def known_papers(folder: Path, service: str) -> dict[str, Known]:
    """Return what earlier runs fetched from a service, by key."""
    known: dict[str, Known] = {}
    for path in sorted(folder.glob(f"{service}-*.jsonl")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            entry = _entry(line)
            if key := str(entry.get("id") or ""):
                wording = text_key(str(entry["abstract"])) if entry.get("abstract") else ""
                before = known[key].wordings if key in known else ()
                known[key] = Known(line, (*(old for old in before if old != wording), *((wording,) if wording else ())))
    return known


def _entry(line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def line_of(found: Found) -> str:
    """Return a paper with an abstract as a line that `readers` read as a record."""
    record = found.record
    fields: dict[str, Any] = {
        "id": found.key, "title": record.title, "abstract": record.abstract,
        "authors": [*record.authors, *(() if record.authors_complete else ("et al.",))], "date": record.date, "doi": record.doi,
        "arxiv_id": record.arxiv_id, "url": record.url, "categories": list(record.categories), "venue": record.venue,
    }  # fmt: skip
    return _json({name: value for name, value in fields.items() if value})


def fact_line(fact: Fact) -> str:
    """Return facts about a paper as a line that `readers` read as facts."""
    fields: dict[str, Any] = {
        "title": fact.title, "authors": list(fact.authors), "authors_complete": fact.authors_complete, "date": fact.date,
        "doi": fact.doi, "arxiv_id": fact.arxiv_id, "aliases": list(fact.aliases),
    }  # fmt: skip
    return _json(
        {name: value for name, value in fields.items() if value not in (None, [], "")} | {"abstracts": list(fact.abstracts)}
    )


def _json(fields: Mapping[str, Any]) -> str:
    # A lone surrogate, as a broken escape leaves it, is written as its code and dropped by the reader.
    text = json.dumps(fields, ensure_ascii=False)
    return text if text.isprintable() or text.encode("utf-8", "replace").decode() == text else json.dumps(fields)


def write_papers(folder: Path, service: str, subject: str, lines: Sequence[str]) -> Path:
    """Write the lines of one run as a file of its own, named by time and subject; a file once written never changes."""
    words = "-".join(re.findall(r"[a-z0-9.]+", subject.lower()))[:40].strip("-.") or "papers"
    stem = f"{service}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{words}"
    path = next(path for n in range(1, 1000) if not (path := folder / f"{stem}{'' if n == 1 else f'-{n}'}.jsonl").exists())
    write_whole(path, "".join(f"{line}\n" for line in lines))
    return path


def facts_in(path: Path) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """Return the facts of an earlier completion by the wordings that they speak of."""
    if not path.exists():
        return {}
    entries = map(_entry, path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {tuple(entry["abstracts"]): entry for entry in entries if isinstance(entry.get("abstracts"), list)}


class Journal:
    """What a long run of single questions has settled so far, a line each; it outlives the run until `drop`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / ".pages" / f"{name}.jsonl"
        if self._path.exists() and time.time() - self._path.stat().st_mtime > _FRESH_SECONDS:
            self.drop()
        lines: Iterable[str] = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else ()
        self.entries = {str(entry["paper"]): entry for entry in map(_entry, lines) if entry.get("paper")}

    def add(self, paper: str, **settled: object) -> None:
        """Settle one question."""
        entry = {"paper": paper, **settled}
        self.entries[paper] = entry
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")

    def drop(self) -> None:
        self._path.unlink(missing_ok=True)
