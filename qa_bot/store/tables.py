"""Knows the tables of the one SQLite file, and its transactions.

Leaves what stands in them to `inputs`, `shelf` and `kept_vectors`.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from qa_bot.store.connection import Connection, StoreError
from qa_bot.store.rows import KeptText

SCHEMA_VERSION = 2
REMEMBERED = 200_000  # rows of a kind of which the number need not be looked up again while papers are written
MERGE_DUE = "merge_due"  # noted in `meta` while records were read whose papers have not been found yet
CACHE_KIB = 32 * 1024  # of pages in memory: with SQLite's own 2 MB the keys of a large collection are read again for each paper
GENERATION_KEYS = ("fingerprint", "dimension", "vectors_in")

# Small rows and whole numbers for what repeats: a million papers are to stay below a few kilobytes each.
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, label TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS texts (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS text_keys (key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    file INTEGER NOT NULL, place INTEGER NOT NULL, text INTEGER NOT NULL, body BLOB NOT NULL, identity BLOB NOT NULL, PRIMARY KEY (file, place));
CREATE TABLE IF NOT EXISTS facts (file INTEGER NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (file, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (path TEXT NOT NULL, file TEXT NOT NULL, ordinal INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS splits (paper_id TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS merges (paper_id TEXT NOT NULL, file TEXT NOT NULL, ordinal INTEGER NOT NULL, record_id TEXT, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS papers (
    number INTEGER PRIMARY KEY, paper_id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL, signature BLOB NOT NULL, date TEXT, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS papers_by_date ON papers (date);
CREATE TABLE IF NOT EXISTS versions (paper INTEGER NOT NULL, version INTEGER NOT NULL, text INTEGER NOT NULL, raw INTEGER NOT NULL, PRIMARY KEY (paper, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (key INTEGER NOT NULL, paper INTEGER NOT NULL, ground TEXT NOT NULL, PRIMARY KEY (key, paper)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS names_of_paper ON names (paper);
CREATE TABLE IF NOT EXISTS facets (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, key INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS facets_by_key ON facets (key);
CREATE TABLE IF NOT EXISTS facet_words (word INTEGER NOT NULL, facet INTEGER NOT NULL, PRIMARY KEY (word, facet)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facet_papers (facet INTEGER NOT NULL, paper INTEGER NOT NULL, PRIMARY KEY (facet, paper)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS models (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS vectors (text_digest BLOB NOT NULL, model INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS vector_of_text ON vectors (text_digest, model);
CREATE TABLE IF NOT EXISTS pending (index_name TEXT NOT NULL, chunk_id TEXT NOT NULL, PRIMARY KEY (index_name, chunk_id)) WITHOUT ROWID;
"""


# One table for each index: while a new one is made aside, questions are answered from the chunks of the old one.
_CHUNKS = """CREATE TABLE IF NOT EXISTS {} (
    paper INTEGER NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text_digest BLOB NOT NULL,
    PRIMARY KEY (paper, version, place)) WITHOUT ROWID"""


class Tables:
    """An open SQLite file with the tables above. Safe to read from many threads; one thread writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._texts: dict[bytes, int] = {}
        self._remembers_all: bool | None = None  # True where `_texts` holds all that were ever kept, while there is room in it
        self.generation = ""
        self._db = Connection.to(path)
        try:
            self._prepare()
        except StoreError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA page_size=8192")  # of a new file: ten vectors fill a page, with five a fifth of it is lost
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        found = self._schema_found()
        if found in (None, str(SCHEMA_VERSION)):
            self._db.executescript(_TABLES)
            self.follow()
        if found is None:
            self.set_meta("schema", str(SCHEMA_VERSION))
        elif found != str(SCHEMA_VERSION):
            raise StoreError(
                f"The data in {self.path.parent} was written by another version of qa_bot (schema {found}, this one reads {SCHEMA_VERSION}). "
                "Set QA_BOT_DATA_DIR to a new folder and run `qa-bot ingest` again."
            )

    def _schema_found(self) -> str | None:
        has_meta = self._db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'").fetchone()[0]
        return self.meta("schema") if has_meta else None

    def close(self) -> None:
        self._db.close()

    # Generations: each `reindex` makes chunks, vectors and terms of its own beside those in use, and then takes their place.

    @property
    def chunks(self) -> str:
        """The table of the chunks that this connection goes by."""
        return f"chunks_{self.generation}" if self.generation else "chunks"

    def keyed(self, name: str) -> str:
        """Return a name for what each generation has of its own: a folder, a key of `meta`, a list of what is pending."""
        return f"{name}-{self.generation}" if self.generation else name

    def follow(self, generation: str | None = None) -> None:
        """Go by the generation in use, or by this one."""
        self.generation = (self.meta("generation") or "") if generation is None else generation
        self._db.execute(_CHUNKS.format(self.chunks))

    @property
    def has_chunks(self) -> bool:
        """False where the generation that this connection goes by was removed."""
        return self._db.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (self.chunks,)).fetchone()[0] > 0

    def remove_other_generations(self) -> None:
        """Forget what other generations than the one in use left behind. Call while nobody reads them."""
        names = [name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        old = [name for name in names if name.startswith("chunks") and name != self.chunks]
        if old:
            with self.transaction():
                for name in old:
                    self._db.execute(f"DROP TABLE {name}")
                for name in GENERATION_KEYS:
                    self._db.execute("DELETE FROM meta WHERE (key = ?1 OR key GLOB ?1 || '-*') AND key <> ?2", (name, self.keyed(name)))
                self._db.execute("DELETE FROM pending WHERE index_name NOT IN (?, ?)", (self.keyed("vectors"), self.keyed("terms")))

    def changes(self) -> int:
        """Return a number that is another one after any other process or connection wrote."""
        return self._db.execute("PRAGMA data_version").fetchone()[0]

    def copy_to(self, path: Path) -> None:
        """Write everything to a new file, as it is at one moment."""
        sqlite3.Connection.execute(self._db, "VACUUM INTO ?", (str(path),))  # what fails may be the new file, which the caller knows

    def copy_from(self, path: Path) -> None:
        """Take everything over from a file that `copy_to` wrote, at one moment: readers see all of it or none."""
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as other:
            other.backup(self._db)

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (key, value))

    def settle(self, key: str, value: str) -> str:
        """Return what a key of `meta` says; where it says nothing yet, this value. Of many processes the first one settles it."""
        if (found := self.meta(key)) is not None:
            return found
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))
        return self.meta(key)

    def remove_meta(self, key: str) -> None:
        self._db.execute("DELETE FROM meta WHERE key = ?", (key,))

    def count(self, table: str) -> int:
        """Return the number of rows of "papers", "chunks", "records" or "skipped"."""
        return self._db.execute(f"SELECT count(*) FROM {self.chunks if table == 'chunks' else table}").fetchone()[0]

    def transaction(self) -> Transaction:
        """Return a context in which all writes happen or none."""
        return Transaction(self._db, on_rollback=self._forget)

    def _forget(self) -> None:
        """Drop what was remembered of rows: a rollback may have taken them away."""
        self._texts.clear()
        self._remembers_all = None

    def text_numbers(self, texts: Sequence[KeptText | int]) -> list[int]:
        """Keep texts, each once, and return the numbers that they go under, in order; a number stands for itself."""
        new = {text.digest: text for text in texts if not isinstance(text, int) and text.digest not in self._texts}
        known = self._known_texts(new)
        numbers = known | dict(zip((digest for digest in new if digest not in known), itertools.count(self._next_number("texts"))))
        added = [(numbers[digest], text) for digest, text in new.items() if digest not in known]
        self._db.executemany("INSERT INTO texts VALUES (?, ?)", ((number, text.body) for number, text in added))
        self._db.executemany("INSERT INTO text_keys VALUES (?, ?)", sorted((text.key, number) for number, text in added))
        found = [text if isinstance(text, int) else numbers[text.digest] if text.digest in numbers else self._texts[text.digest] for text in texts]
        self._texts.update(itertools.islice(numbers.items(), max(0, REMEMBERED - len(self._texts))))
        return found

    def _known_texts(self, texts: Mapping[bytes, KeptText]) -> dict[bytes, int]:
        """Return the numbers of those of these texts that are kept but not remembered."""
        if self._remembers_all is None:
            self._remembers_all = self._next_number("texts") == 1
        if self._remembers_all and len(self._texts) < REMEMBERED:
            return {}
        by_key = {text.key: text for text in texts.values()}
        query = "SELECT k.key, t.number, t.body FROM text_keys k JOIN texts t ON t.number = k.number WHERE k.key IN ({})"
        found = ((by_key[key], number, body) for key, number, body in self._rows_for(query, list(by_key)))
        return {text.digest: number for text, number, body in found if text.body == body}

    def _next_number(self, table: str) -> int:
        """Return the number that the next row goes under. Only one connection writes."""
        return self._db.execute(f"SELECT coalesce(max(number), 0) + 1 FROM {table}").fetchone()[0]

    def remove_unused_texts(self) -> None:
        """Forget the texts of records and papers that are gone."""
        used = "SELECT text FROM records UNION SELECT text FROM versions UNION SELECT raw FROM versions"
        with self.transaction():
            self._db.execute(f"DELETE FROM texts WHERE number NOT IN ({used})")
            self._db.execute("DELETE FROM text_keys WHERE number NOT IN (SELECT number FROM texts)")
        self._forget()

    def _rows_for(self, query: str, values: Sequence, *before: object) -> Iterator[tuple]:
        """Yield the rows of a query with one `IN ({})` for any number of values."""
        for start in range(0, len(values), 500):
            batch = values[start : start + 500]
            yield from self._db.execute(query.format(",".join("?" * len(batch))), (*before, *batch))


class Transaction:
    """All writes within it happen or none; one inside another is part of it."""

    def __init__(self, db: sqlite3.Connection, *, on_rollback: Callable[[], None]) -> None:
        self._db, self._on_rollback = db, on_rollback

    def __enter__(self) -> None:
        self._outermost = not self._db.in_transaction
        if self._outermost:
            self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *rest: object) -> None:
        if not self._outermost:
            return
        is_done = False
        try:
            if kind is None:
                self._db.execute("COMMIT")
                is_done = True
        finally:
            if not is_done:
                if self._db.in_transaction:  # SQLite may have taken it back itself, as on a full disk
                    self._db.execute("ROLLBACK")
                self._on_rollback()
