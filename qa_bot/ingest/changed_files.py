"""Knows which files changed since they were read, and reads those into the truth; forgets files that are gone.

Leaves the formats to `readers`, and which papers the records are to `deriving`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from qa_bot.making import in_parts, make_records
from qa_bot.pace import Progress
from qa_bot.readers import read_batches
from qa_bot.schema import Record
from qa_bot.store import MERGE_DUE, PaperStore, Truth
from qa_bot.workers import Workers


def read_changed(
    store: PaperStore, files: Sequence[Path], columns: Mapping[str, str], workers: Workers, on_progress: Progress
) -> int:
    """Read the files that changed, each in a transaction of its own; return how many those were."""
    truth = store.truth
    known = truth.files()
    by_content = {(label, digest) for label, digest in known.values()}
    labels = {label for label, _ in known.values()}
    changed = records = 0
    for path in files:
        key = str(path.resolve())
        digest = _file_digest(path) + (repr(sorted(columns.items())) if columns else "")
        label = known[key][0] if key in known else path.name
        if known.get(key, ("", ""))[1] == digest or (path.name, digest) in by_content:
            continue
        if key not in known and label in labels:
            label = f"{path.resolve().parent.name}/{path.name}"
        with truth.transaction():
            number = truth.begin_file(key, label, digest)
            for rows in workers.map(partial(make_records, file=label), _records(truth, number, path, columns)):
                truth.add_records(number, rows)
                records += len(rows)
                on_progress("reading records", records, 0)
            truth.set_meta(MERGE_DUE, "1")
        labels.add(label)
        changed += 1
    return changed


def _records(truth: Truth, number: int, path: Path, columns: Mapping[str, str]) -> Iterator[Sequence[Record]]:
    """Yield the records of a file, those that are made together; note its facts and what was skipped."""
    for result in read_batches(path, columns=columns or None):
        truth.add_facts(number, result.facts)
        truth.add_skipped(number, result.skipped)
        yield from in_parts(result.records)


def forget_gone(store: PaperStore, files: Sequence[Path], folders: Sequence[Path]) -> int:
    """Forget the files below these folders, and of these names, that are there no more; return how many those were."""
    present = {str(path.resolve()) for path in files}
    roots = [folder.resolve() for folder in folders]
    gone = [
        path for path in store.truth.files() if path not in present and any(root == Path(path) or root in Path(path).parents for root in roots)
    ]
    if gone:
        with store.truth.transaction():
            for path in gone:
                store.truth.remove_file(path)
            store.truth.set_meta(MERGE_DUE, "1")
    return len(gone)


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "blake2b").hexdigest()
    except OSError:
        return f"unreadable since {time.time_ns()}"  # never equal: the reader says what is wrong, every time
