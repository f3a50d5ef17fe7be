"""Knows what of a small collection is embedded before anyone asks, and whether that was done of the papers as they are.

Leaves what is made of it to those who answer.
"""

from __future__ import annotations

import hashlib

from qa_bot import reranking
from qa_bot.chunking import sentence_text, split_sentences, titled
from qa_bot.embedding import EmbeddingModel
from qa_bot.ingest.deriving import chunks_of
from qa_bot.pace import Progress
from qa_bot.store import PaperStore

# Sentences and words of a collection up to this size are embedded ahead, so that answers need not wait for it.
READ_AHEAD_PAPERS = 2000


def is_due(store: PaperStore) -> bool:
    return 0 < store.truth.count("papers") <= READ_AHEAD_PAPERS and store.truth.meta("sentences_ahead") != _state(store)


def _state(store: PaperStore) -> str:
    digests = sorted(digest for digest, _ in store.truth.paper_states().values())
    return store.fingerprint.model + reranking.name() + hashlib.blake2b(b"".join(digests), digest_size=8).hexdigest()


def read_ahead(store: PaperStore, embedding: EmbeddingModel, on_progress: Progress) -> None:
    papers = store.truth.papers()
    texts = [sentence_text(paper, span) for paper in papers for span in split_sentences(paper.abstract)]
    for start in range(0, len(texts), 256):
        store.vectors_of(texts[start : start + 256], embedding.embed)
        on_progress("embedding sentences", min(start + 256, len(texts)), len(texts))
    read = [(paper, text) for paper in papers for text in (paper.abstract, *(chunk.text for chunk in chunks_of(paper, embedding)))]
    texts = list(dict.fromkeys(titled(paper, text) for paper, text in read))
    for start in range(0, len(texts), 64):
        reranking.keep_tokens(texts[start : start + 64], store)
        on_progress("embedding words", min(start + 64, len(texts)), len(texts))
    store.truth.set_meta("sentences_ahead", _state(store))
