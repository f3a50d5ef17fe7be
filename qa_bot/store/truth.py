"""Knows the one SQLite file that holds the truth: input files, records, papers, chunks, vectors, what is still to index.

Leaves the two search indexes, which can be rebuilt from here, to `vectors` and `terms`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.schema import Chunk, Fact, Filters, Origin, Paper, QABotError, Record, Skipped, Version, plain_name

if TYPE_CHECKING:
    import numpy as np

SCHEMA_VERSION = 1
INDEXES = ("vectors", "terms")

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, label TEXT NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (path TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (path, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (path TEXT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (path, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (path TEXT NOT NULL, file TEXT NOT NULL, ordinal INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS papers (paper_id TEXT PRIMARY KEY, digest TEXT NOT NULL, year INTEGER, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
    chunk_id TEXT PRIMARY KEY, paper_id TEXT NOT NULL, version INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, text_digest BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_of_paper ON chunks (paper_id);
CREATE TABLE IF NOT EXISTS names (key TEXT NOT NULL, paper_id TEXT NOT NULL, ground TEXT NOT NULL, PRIMARY KEY (key, paper_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS names_of_paper ON names (paper_id);
CREATE TABLE IF NOT EXISTS vectors (text_digest BLOB NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (text_digest, model)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending (index_name TEXT NOT NULL, chunk_id TEXT NOT NULL, PRIMARY KEY (index_name, chunk_id)) WITHOUT ROWID;
"""


class StoreError(QABotError):
    """The data folder cannot be used as it is."""


@dataclass(frozen=True)
class IndexedChunk:
    """A chunk as the indexes need it; `text` is None when the chunk is gone and must be removed."""

    chunk_id: str
    title: str
    text: str | None


def digest_of(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return blake2b(text.encode(), digest_size=16).digest()


def _paper_from(body: str) -> Paper:
    data = json.loads(body)
    versions = tuple(
        Version(v["abstract"], v["raw"], v["date"], tuple(Origin(**o) for o in v["origins"])) for v in data.pop("versions")
    )
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    return Paper(versions=versions, **(data | lists))


def _from_lists(kind: type, body: str) -> Record | Fact:
    data = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(body).items()}
    if kind is Record:
        data["origin"] = Origin(**data["origin"])
    return kind(**data)


def _body(item: object) -> str:
    return json.dumps(asdict(item), ensure_ascii=False)


class Truth:
    """An open SQLite file. Safe to read from many threads; one thread writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path} is not a database that qa_bot can read ({error}). Move it away and run `qa-bot ingest` again."
            ) from error
        found = self.meta("schema")
        if found is None:
            self.set_meta("schema", str(SCHEMA_VERSION))
        elif found != str(SCHEMA_VERSION):
            raise StoreError(
                f"The data in {path.parent} was written by another version of qa_bot (schema {found}, this one reads {SCHEMA_VERSION}). "
                "Set QA_BOT_DATA_DIR to a new folder and run `qa-bot ingest` again."
            )

    def close(self) -> None:
        self._db.close()

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value))

    def remove_meta(self, key: str) -> None:
        self._db.execute("DELETE FROM meta WHERE key = ?", (key,))

    # Input: files and what was read in them.

    def files(self) -> dict[str, tuple[str, str]]:
        """Return path -> (label, digest) of every file that was ingested."""
        return {path: (label, digest) for path, label, digest in self._db.execute("SELECT * FROM files")}

    def replace_file(
        self, path: str, label: str, digest: str, *, records: Sequence[Record], facts: Sequence[Fact], skipped: Sequence[Skipped]
    ) -> None:
        """Put what a file now holds in the place of what it held before. Call inside `transaction`."""
        self.remove_file(path)
        self._db.execute("INSERT INTO files VALUES (?, ?, ?)", (path, label, digest))
        self._db.executemany("INSERT INTO records VALUES (?, ?, ?)", ((path, n, _body(r)) for n, r in enumerate(records)))
        self._db.executemany("INSERT INTO facts VALUES (?, ?, ?)", ((path, n, _body(f)) for n, f in enumerate(facts)))
        self._db.executemany("INSERT INTO skipped VALUES (?, ?, ?, ?)", ((path, s.file, s.ordinal, s.reason) for s in skipped))

    def remove_file(self, path: str) -> None:
        for table in ("files", "records", "facts", "skipped"):
            self._db.execute(f"DELETE FROM {table} WHERE path = ?", (path,))

    def records(self) -> list[Record]:
        return [_from_lists(Record, body) for (body,) in self._db.execute("SELECT body FROM records ORDER BY path, place")]

    def remove_records(self, origins: Sequence[Origin]) -> int:
        """Forget these records; their files count as read, so only a changed file brings them back. Return how many went."""
        gone = {(origin.file, origin.ordinal) for origin in origins}
        rows = self._db.execute("SELECT path, place, body FROM records").fetchall()
        found = [(path, place) for path, place, body in rows if (o := json.loads(body)["origin"]) and (o["file"], o["ordinal"]) in gone]
        self._db.executemany("DELETE FROM records WHERE path = ? AND place = ?", found)
        return len(found)

    def facts(self) -> list[Fact]:
        return [_from_lists(Fact, body) for (body,) in self._db.execute("SELECT body FROM facts ORDER BY path, place")]

    def skipped(self) -> list[Skipped]:
        return [Skipped(*row) for row in self._db.execute("SELECT file, ordinal, reason FROM skipped ORDER BY file, ordinal")]

    # Papers and chunks.

    def paper_digests(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT paper_id, digest FROM papers"))

    def write_paper(
        self, paper: Paper, chunks: Sequence[Chunk], texts: Sequence[str], *, names: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Store one paper, its chunks (`texts`: what is indexed for each) and (key, ground) names; note what the indexes must do."""
        before = dict(self._db.execute("SELECT chunk_id, text_digest FROM chunks WHERE paper_id = ?", (paper.paper_id,)))
        body = _body(paper)
        self._db.execute(
            "INSERT INTO papers VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest, year = excluded.year, body = excluded.body",
            (paper.paper_id, paper_digest(paper), paper.year, body),
        )
        self._db.execute("DELETE FROM chunks WHERE paper_id = ?", (paper.paper_id,))
        after = {chunk.chunk_id: digest_of(text) for chunk, text in zip(chunks, texts, strict=True)}
        self._db.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((c.chunk_id, c.paper_id, c.version, c.start, c.end, text, after[c.chunk_id]) for c, text in zip(chunks, texts)),
        )
        self._db.execute("DELETE FROM names WHERE paper_id = ?", (paper.paper_id,))
        self._db.executemany("INSERT INTO names VALUES (?, ?, ?)", ((key, paper.paper_id, ground) for key, ground in names))
        self._mark_pending(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))

    def remove_paper(self, paper_id: str) -> None:
        gone = [row[0] for row in self._db.execute("SELECT chunk_id FROM chunks WHERE paper_id = ?", (paper_id,))]
        self._db.execute("DELETE FROM chunks WHERE paper_id = ?", (paper_id,))
        self._db.execute("DELETE FROM names WHERE paper_id = ?", (paper_id,))
        self._db.execute("DELETE FROM papers WHERE paper_id = ?", (paper_id,))
        self._mark_pending(gone)

    def papers(self) -> tuple[Paper, ...]:
        """Return every paper, newest first, papers without a date last."""
        rows = self._db.execute("SELECT body FROM papers ORDER BY json_extract(body, '$.date') DESC NULLS LAST, paper_id")
        return tuple(_paper_from(body) for (body,) in rows)

    def papers_by_id(self, paper_ids: Sequence[str]) -> dict[str, Paper]:
        found = {}
        for batch in _batches(paper_ids, 500):
            marks = ",".join("?" * len(batch))
            for (body,) in self._db.execute(f"SELECT body FROM papers WHERE paper_id IN ({marks})", batch):
                paper = _paper_from(body)
                found[paper.paper_id] = paper
        return found

    def chunks_by_id(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        found = {}
        for batch in _batches(chunk_ids, 500):
            marks = ",".join("?" * len(batch))
            rows = self._db.execute(
                f'SELECT c.chunk_id, c.paper_id, c.version, c.start, c."end", p.body FROM chunks c JOIN papers p USING (paper_id) WHERE c.chunk_id IN ({marks})',
                batch,
            )
            for chunk_id, paper_id, version, start, end, body in rows:
                abstract = _paper_from(body).versions[version].abstract
                found[chunk_id] = Chunk(chunk_id, paper_id, version, abstract[start:end], start, end)
        return found

    def papers_named(self, keys: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return name key -> [(paper id, ground)] for the keys that some paper goes by."""
        found: dict[str, list[tuple[str, str]]] = {}
        for batch in _batches(keys, 500):
            rows = self._db.execute(f"SELECT * FROM names WHERE key IN ({','.join('?' * len(batch))}) ORDER BY paper_id", batch)
            for key, paper_id, ground in rows:
                found.setdefault(key, []).append((paper_id, ground))
        return found

    def distinct(self, name: str) -> list[str]:
        """Return every "authors" or "categories" that some paper has, each once, in order."""
        rows = self._db.execute(f"SELECT DISTINCT j.value FROM papers p, json_each(p.body, '$.{name}') j ORDER BY 1")
        return [row[0] for row in rows]

    def count(self, table: str) -> int:
        """Return the number of rows of "papers", "chunks", "records" or "skipped"."""
        return self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def paper_ids_matching(self, filters: Filters) -> list[str]:
        """Return the ids of the papers that a filter lets through."""
        conditions, values = [], []
        if filters.year_from is not None:
            conditions, values = conditions + ["year >= ?"], values + [filters.year_from]
        if filters.year_to is not None:
            conditions, values = conditions + ["year <= ?"], values + [filters.year_to]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        papers = (_paper_from(body) for (body,) in self._db.execute(f"SELECT body FROM papers {where}", values))
        return [paper.paper_id for paper in papers if matches(paper, filters)]

    def chunk_ids_of(self, paper_ids: Sequence[str]) -> list[str]:
        return [
            row[0]
            for batch in _batches(paper_ids, 500)
            for row in self._db.execute(f"SELECT chunk_id FROM chunks WHERE paper_id IN ({','.join('?' * len(batch))})", batch)
        ]

    # Vectors, kept by text and model so that nothing is embedded twice.

    def vectors(self, digests: Sequence[bytes], model: str) -> dict[bytes, np.ndarray]:
        """Return the stored vectors of these texts, float32, by digest; texts without one are missing."""
        import numpy as np

        found = {}
        for batch in _batches(digests, 500):
            marks = ",".join("?" * len(batch))
            rows = self._db.execute(f"SELECT text_digest, vector FROM vectors WHERE model = ? AND text_digest IN ({marks})", (model, *batch))
            found.update((digest, np.frombuffer(blob, dtype=np.float16).astype(np.float32)) for digest, blob in rows)
        return found

    def chunk_vectors(self, chunk_ids: Sequence[str], model: str) -> dict[str, np.ndarray]:
        """Return the stored vectors of chunks, float32, by chunk id."""
        import numpy as np

        found = {}
        for batch in _batches(chunk_ids, 500):
            rows = self._db.execute(
                "SELECT c.chunk_id, v.vector FROM chunks c JOIN vectors v ON v.text_digest = c.text_digest AND v.model = ? "
                f"WHERE c.chunk_id IN ({','.join('?' * len(batch))})",
                (model, *batch),
            )
            found.update((chunk_id, np.frombuffer(blob, dtype=np.float16).astype(np.float32)) for chunk_id, blob in rows)
        return found

    def add_vectors(self, digests: Sequence[bytes], vectors: np.ndarray, model: str) -> None:
        """Store vectors as float16: half the size, and the cosine moves by less than 0.001."""
        import numpy as np

        rows = ((digest, model, vector.astype(np.float16).tobytes()) for digest, vector in zip(digests, vectors, strict=True))
        with self.transaction():
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    # What the indexes have not seen yet.

    def _mark_pending(self, chunk_ids: Iterable[str], indexes: Sequence[str] = INDEXES) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO pending VALUES (?, ?)", [(name, chunk_id) for chunk_id in chunk_ids for name in indexes]
        )

    def mark_all_pending(self, index: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO pending SELECT ?, chunk_id FROM chunks", (index,))

    def pending_count(self, index: str) -> int:
        return self._db.execute("SELECT count(*) FROM pending WHERE index_name = ?", (index,)).fetchone()[0]

    def pending(self, index: str, limit: int) -> list[IndexedChunk]:
        """Return up to `limit` chunks that this index has to take in or remove."""
        rows = self._db.execute(
            "SELECT q.chunk_id, json_extract(p.body, '$.title'), json_extract(p.body, '$.title_is_stand_in'), c.text FROM pending q "
            "LEFT JOIN chunks c USING (chunk_id) LEFT JOIN papers p USING (paper_id) WHERE q.index_name = ? ORDER BY length(c.text), q.chunk_id LIMIT ?",
            (index, limit),
        )
        return [IndexedChunk(chunk_id, "" if stand_in else title or "", text) for chunk_id, title, stand_in, text in rows]

    def clear_pending(self, index: str, chunk_ids: Sequence[str]) -> None:
        with self.transaction():
            self._db.executemany("DELETE FROM pending WHERE index_name = ? AND chunk_id = ?", [(index, key) for key in chunk_ids])

    def transaction(self) -> _Transaction:
        """Return a context in which all writes happen or none."""
        return _Transaction(self._db)


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._outermost = not self._db.in_transaction
        if self._outermost:
            self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *rest: object) -> None:
        if self._outermost:
            self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def paper_digest(paper: Paper) -> str:
    """Return a text that changes whenever anything about a paper does."""
    return blake2b(_body(paper).encode(), digest_size=16).hexdigest()


def matches(paper: Paper, filters: Filters) -> bool:
    """Say whether a paper passes a filter; names compare without regard to case, a surname alone is enough."""
    if filters.year_from is not None and (paper.year is None or paper.year < filters.year_from):
        return False
    if filters.year_to is not None and (paper.year is None or paper.year > filters.year_to):
        return False
    if filters.author and not any(_names(filters.author, author) for author in paper.authors):
        return False
    if filters.category and filters.category.lower() not in {c.lower() for c in paper.categories}:
        return False
    return not filters.file or any(filters.file in (o.file, Path(o.file).stem) for o in paper.origins)


def _names(wanted: str, author: str) -> bool:
    words = plain_name(author).split()
    return all(part in words or (part.endswith(".") and words[0].startswith(part[:-1])) for part in plain_name(wanted).split())


def _batches(items: Sequence, size: int) -> Iterator[list]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
