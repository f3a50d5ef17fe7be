"""Knows the words of the chunks in a tantivy index (BM25, English stemming); the only owner of tantivy.

Leaves the choice of query words to `retrieval`.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.store.connection import StoreError

if TYPE_CHECKING:
    import tantivy

AlikeStems = Mapping[str, Sequence[tuple[str, float]]]  # stem -> others that count in its stead, each by its weight


class TermIndex:
    """An open tantivy index over texts, each of which holds its title, and over the titles once more."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        """Open the index, or create it; a writer starts a damaged one afresh (it is rebuilt from the truth)."""
        import tantivy

        self._path, self._tantivy = path, tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("title", tokenizer_name="en_stem", index_option="freq")
        builder.add_text_field("text", tokenizer_name="en_stem", index_option="freq")
        schema = builder.build()
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.stemmer("English"))
        ).build()
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(schema, path=str(path))
        except ValueError as error:  # a schema or segments that this version cannot read
            if not writable:  # it may be another process's
                raise StoreError(f"Cannot read {path}: {error}. Run `qa-bot ingest`: it is rebuilt.") from error
            shutil.rmtree(path)
            path.mkdir()
            self._index = tantivy.Index(schema, path=str(path))
        except OSError as error:
            raise StoreError(f"Cannot open {path}: {error}. Delete that folder and run `qa-bot ingest`: it is rebuilt.") from error

    def count(self) -> int:
        return self._index.searcher().num_docs

    def reload(self) -> None:
        """See what another process committed since."""
        self._index.reload()

    def stems(self, text: str) -> list[str]:
        """Return the stemmed words of a text, as the index holds them, in order."""
        return self._analyzer.analyze(text)

    def frequency(self, stem: str) -> int:
        """Return how many chunks hold a stem in their text."""
        return self._index.searcher().doc_freq("text", stem)

    def inverse_frequency(self, stem: str) -> float:
        """Return BM25's idf of a stem, at least 0: ln(1 + (N - n + .5) / (n + .5)) for n of N chunks holding it in the text."""
        searcher = self._index.searcher()
        total = searcher.num_docs
        holding = min(searcher.doc_freq("text", stem), total)  # counts deleted chunks until they are merged away
        return math.log(1 + (total - holding + 0.5) / (holding + 0.5))

    def update(self, add: Sequence[tuple[str, str, str]], remove: Sequence[str]) -> None:
        """Put in (chunk id, title, text) triples, taking out older ones of the same id, and take out `remove`; then commit."""
        with self._writing() as writer:
            for chunk_id in [*remove, *(entry[0] for entry in add)]:
                writer.delete_documents_by_term("chunk_id", chunk_id)
            for chunk_id, title, text in add:
                writer.add_document(self._tantivy.Document(chunk_id=chunk_id, title=title, text=text))

    def clear(self) -> None:
        with self._writing() as writer:
            writer.delete_all_documents()

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        """Yield a writer, and commit what it was given. Raise StoreError where the disk does not take it."""
        try:
            writer = self._index.writer(heap_size=50_000_000, num_threads=1)
            yield writer
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:  # tantivy's own kind of error is a ValueError
            raise StoreError(f"Cannot write to {self._path}: {error}. Look whether that disk is full. `qa-bot ingest` goes on from there.") from error
        self._index.reload()

    def holding(self, words: Sequence[str], limit: int) -> list[str]:
        """Return the ids of up to `limit` chunks that hold every one of `words`, in the text or in the title."""
        query_of, occur = self._tantivy.Query, self._tantivy.Occur
        each = [
            query_of.boolean_query([(occur.Should, query_of.term_query(self._index.schema, field, stem, "basic")) for field in ("title", "text")])
            for stem in self.stems(" ".join(words))
        ]
        if not each or not self.count():
            return []
        searcher = self._index.searcher()
        found = searcher.search(query_of.const_score_query(query_of.boolean_query([(occur.Must, one) for one in each]), 1.0), limit).hits
        return [searcher.doc(address)["chunk_id"][0] for _, address in found]

    def search(
        self,
        words: Sequence[str],
        limit: int,
        *,
        title_weight: float = 0.2,
        among: Sequence[str] | None = None,
        alike: AlikeStems | None = None,
    ) -> list[tuple[str, float]]:
        """Return up to `limit` (chunk id, BM25 score), best first, of chunks that hold any of `words`.

        `alike` gives for a stem others that count in its stead, each by its weight; the best of them all counts.
        """
        if not words or not self.count():
            return []
        # Built term by term: a parsed query would take some punctuation for syntax or phrases.
        query_of, occur = self._tantivy.Query, self._tantivy.Occur

        def said(stem: str, weight: float) -> list:
            fields = (("title", title_weight), ("text", 1.0))
            return [
                (occur.Should, query_of.boost_query(query_of.term_query(self._index.schema, field, stem, "freq"), weight * share)) for field, share in fields
            ]

        # One flat list: among a million chunks, tantivy takes twice as long for lists within a list.
        terms = []
        for stem in self.stems(" ".join(words)):
            if others := (alike or {}).get(stem, ()):
                forms = [query_of.boolean_query(said(form, weight)) for form, weight in ((stem, 1.0), *others)]
                terms.append((occur.Should, query_of.disjunction_max_query(forms)))
            else:
                terms += said(stem, 1.0)
        if not terms:
            return []
        query = query_of.boolean_query(terms)
        if among is not None:
            if not among:
                return []
            allowed = query_of.term_set_query(self._index.schema, "chunk_id", list(among))
            query = query_of.boolean_query([(occur.Must, query), (occur.Must, query_of.const_score_query(allowed, 0.0))])
        searcher = self._index.searcher()
        return [(searcher.doc(address)["chunk_id"][0], score) for score, address in searcher.search(query, limit).hits]
