"""Knows how an index is made anew, for another embedding model, while questions are answered from the old one.

Leaves what the indexes hold to the store. The new index is built beside the old: chunks, vectors and terms of its own.
One transaction then puts it in the old one's place, and the old one is removed when nobody has it open.
"""

from __future__ import annotations

import time

from qa_bot.config import Settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.ingest import IngestReport, Progress, chunks_of, fill_indexes, fingerprint_of
from qa_bot.store import open_store, rows_of_chunks

CHUNK_BATCH = 5000  # papers that are cut in one transaction


def reindex(*, settings: Settings, embedding: EmbeddingModel | None = None, on_progress: Progress = lambda what, n, of: None) -> IngestReport:
    """Make the index anew with the embedding model that the settings name; vectors that this model made before are used again.

    A kill at any moment leaves the old index in use, or the new one complete. Who has the collection open goes on with the old
    one, or with the new one where both were made the same way. Raise StoreBusy while papers are being taken in.
    """
    began = time.perf_counter()
    embedding = embedding or open_embedding(settings)
    store = open_store(settings, fingerprint_of(embedding), writable=True, aside=True)
    try:
        truth = store.truth
        total, batch = truth.count("papers"), []
        for number, paper in enumerate(truth.each_paper(), 1):
            batch.append(paper)
            if len(batch) == CHUNK_BATCH or number == total:
                with truth.transaction():
                    truth.chunk_anew([(paper.paper_id, list(rows_of_chunks(paper, chunks_of(paper, embedding)))) for paper in batch])
                batch.clear()
                on_progress("cutting papers", number, total)
        embedded = fill_indexes(store, embedding, on_progress)
        store.take_over()
        return IngestReport(
            files=0, unchanged_files=0, records=truth.count("records"), papers=total, added=0, changed=0, removed=0, embedded=embedded,
            skipped=(), seconds=time.perf_counter() - began,
        )  # fmt: skip
    finally:
        store.close()
