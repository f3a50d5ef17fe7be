"""Knows what was read: files, records with what they are judged by, facts, what was skipped, and what the user split.

Leaves which records are one paper to `catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from qa_bot.schema import Fact, Origin, Skipped
from qa_bot.store.packing import fields_of, pack, unpack_fact, unpack_text
from qa_bot.store.rows import PackedRecord, RecordRows
from qa_bot.store.tables import Tables


class Inputs(Tables):
    """The tables of files and what was read in them."""

    def files(self) -> dict[str, tuple[str, str]]:
        """Return path -> (label, digest) of every file that was ingested."""
        return {path: (label, digest) for path, label, digest in self._db.execute("SELECT path, label, digest FROM files ORDER BY path")}

    def begin_file(self, path: str, label: str, digest: str) -> int:
        """Forget what a file held and return the number that its records go under. Call inside `transaction`."""
        self.remove_file(path)
        return self._db.execute("INSERT INTO files (path, label, digest) VALUES (?, ?, ?)", (path, label, digest)).lastrowid

    def add_records(self, file: int, records: Sequence[RecordRows]) -> None:
        """Add records of a file."""
        first = self._db.execute("SELECT coalesce(max(place) + 1, 0) FROM records WHERE file = ?", (file,)).fetchone()[0]
        texts = self.text_numbers([record.text for record in records])
        rows = ((file, first + n, text, record.body, record.identity) for n, (record, text) in enumerate(zip(records, texts)))
        self._db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)

    def add_facts(self, file: int, facts: Sequence[Fact]) -> None:
        first = self._db.execute("SELECT coalesce(max(place) + 1, 0) FROM facts WHERE file = ?", (file,)).fetchone()[0]
        self._db.executemany("INSERT INTO facts VALUES (?, ?, ?)", ((file, first + n, pack(fact)) for n, fact in enumerate(facts)))

    def add_skipped(self, file: int, skipped: Sequence[Skipped]) -> None:
        """Note what was left out of a file, under the name that the file goes by."""
        query = "INSERT INTO skipped SELECT path, label, ?, ? FROM files WHERE number = ?"
        self._db.executemany(query, ((s.ordinal, s.reason, file) for s in skipped))

    def remove_file(self, path: str) -> None:
        """Forget a file and all that was read in it."""
        for (number,) in self._db.execute("SELECT number FROM files WHERE path = ?", (path,)).fetchall():
            self._db.execute("DELETE FROM records WHERE file = ?", (number,))
            self._db.execute("DELETE FROM facts WHERE file = ?", (number,))
            self._db.execute("DELETE FROM files WHERE number = ?", (number,))
        self._db.execute("DELETE FROM skipped WHERE path = ?", (path,))

    def identities(self) -> Iterator[tuple[int, bytes]]:
        """Yield (key of the record, what it is judged by) of every record."""
        yield from self._db.execute("SELECT rowid, identity FROM records ORDER BY file, place")

    def packed_records(self, keys: Sequence[int]) -> dict[int, PackedRecord]:
        """Return the records of these keys (see `identities`)."""
        query = "SELECT r.rowid, r.text, r.body, t.body FROM records r JOIN texts t ON t.number = r.text WHERE r.rowid IN ({})"
        return {key: PackedRecord(*packed) for key, *packed in self._rows_for(query, keys)}

    def record_text(self, key: int) -> str:
        """Return the text as found of one record."""
        query = "SELECT t.body FROM records r JOIN texts t ON t.number = r.text WHERE r.rowid = ?"
        return unpack_text(self._db.execute(query, (key,)).fetchone()[0])

    def remove_records(self, origins: Sequence[Origin]) -> int:
        """Forget these records; their files count as read, so only a changed file brings them back. Return how many went."""
        wanted = {(origin.file, origin.ordinal) for origin in origins}
        numbers = [row[0] for row in self._rows_for("SELECT number FROM files WHERE label IN ({})", sorted({file for file, _ in wanted}))]
        rows = self._rows_for("SELECT rowid, body FROM records WHERE file IN ({})", numbers)
        gone = [(key,) for key, body in rows if (o := fields_of(body)["origin"]) and (o["file"], o["ordinal"]) in wanted]
        self._db.executemany("DELETE FROM records WHERE rowid = ?", gone)
        return len(gone)

    def facts(self) -> list[Fact]:
        return [unpack_fact(body) for (body,) in self._db.execute("SELECT body FROM facts ORDER BY file, place")]

    def skipped(self) -> list[Skipped]:
        return [Skipped(*row) for row in self._db.execute("SELECT file, ordinal, reason FROM skipped ORDER BY file, ordinal")]

    # What the user said about the merging.

    def splits(self) -> list[tuple[tuple[str, ...], ...]]:
        """Return every split: sides, each the keys of the records that must not be one paper with those of another side."""
        return [tuple(map(tuple, orjson.loads(body))) for (body,) in self._db.execute("SELECT body FROM splits ORDER BY rowid")]

    def add_split(self, paper_id: str, sides: Sequence[Sequence[str]]) -> None:
        self._db.execute("INSERT INTO splits VALUES (?, ?)", (paper_id, orjson.dumps(sides)))

    def remove_splits(self, paper_id: str) -> int:
        """Forget the splits made of a paper; return how many there were."""
        return self._db.execute("DELETE FROM splits WHERE paper_id = ?", (paper_id,)).rowcount

    def set_merges(self, rows: Sequence[tuple[str, Origin, str]]) -> None:
        """Put (paper id, record that was merged into it, reason) in the place of what was noted before."""
        self._db.execute("DELETE FROM merges")
        self._db.executemany(
            "INSERT INTO merges VALUES (?, ?, ?, ?, ?)", ((paper_id, o.file, o.ordinal, o.record_id, reason) for paper_id, o, reason in rows)
        )

    def merges(self) -> list[tuple[str, Origin, str]]:
        """Return (paper id, record that was merged into it, reason), by paper."""
        rows = self._db.execute("SELECT paper_id, file, ordinal, record_id, reason FROM merges ORDER BY paper_id, file, ordinal")
        return [(paper_id, Origin(file, ordinal, record_id), reason) for paper_id, file, ordinal, record_id, reason in rows]
