"""The store: what was written is found, what was killed is completed, what does not fit is refused clearly."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from qa_bot.chunking import chunk_paper
from qa_bot.schema import Filters, Origin, Paper, Version
from qa_bot.store import ChromaServer, Fingerprint, IndexMismatch, PaperStore, StoreBusy, StoreError, matches, rows_of_paper

FINGERPRINT = Fingerprint("letters", "recipe/1")


def embed(texts):
    """Count letters: a real, readable embedding."""
    counts = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32) + 0.01
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def paper(number: int, text: str, **known) -> Paper:
    version = Version(text, text, None, (Origin("file.txt", number, f"r{number}"),))
    return Paper(f"test:{number}", known.pop("title", f"Paper {number}"), (version,), **known)


def write(store: PaperStore, *papers: Paper) -> None:
    with store.truth.transaction():
        chunks = [chunk_paper(item, count_tokens=lambda t: len(t.split()), window_tokens=200) for item in papers]
        store.truth.write_papers([rows_of_paper(item, cut) for item, cut in zip(papers, chunks)])


@pytest.fixture
def store(tmp_path, either_chroma):
    server = ChromaServer(either_chroma) if either_chroma else None
    opened = PaperStore(tmp_path / "data", FINGERPRINT, writable=True, server=server)
    yield opened
    opened.close()


def ids(found):
    return [chunk_id for chunk_id, _ in found]


def test_written_papers_are_found_by_both_indexes(store):
    write(store, paper(1, "zebras zigzag"), paper(2, "apples and pears"))
    assert store.complete(embed) == 2
    assert ids(store.vectors.search(embed(["zzz"])[0], 5))[0] == "test:1#0.0"
    assert ids(store.terms.search(["apple"], 5)) == ["test:2#0.0"]  # stemmed
    assert store.pending == 0


def test_changed_text_replaces_the_old_one(store):
    write(store, paper(1, "zebras"))
    store.complete(embed)
    write(store, paper(1, "quokkas"))
    store.complete(embed)
    assert store.terms.search(["zebra"], 5) == []
    assert store.vectors.count() == store.terms.count() == 1
    ((_, cosine),) = store.vectors.search(embed(["Paper 1\nquokkas"])[0], 1)
    assert cosine == pytest.approx(1, abs=1e-3)


def test_known_texts_are_not_embedded_again(store):
    write(store, paper(1, "zebras"), paper(2, "apples"))
    store.complete(embed)
    store.truth.mark_all_pending("vectors")
    assert store.complete(lambda texts: pytest.fail("embedded again")) == 0


def test_removed_paper_leaves_both_indexes(store):
    write(store, paper(1, "zebras"), paper(2, "apples"))
    store.complete(embed)
    with store.truth.transaction():
        store.truth.remove_paper("test:1")
    store.complete(embed)
    assert store.vectors.count() == store.terms.count() == 1
    assert store.truth.papers_by_id(["test:1"]) == {}


def test_index_that_lost_its_content_is_filled_again(tmp_path):
    with_papers = PaperStore(tmp_path / "data", FINGERPRINT, writable=True)
    write(with_papers, paper(1, "zebras"), paper(2, "apples"))
    with_papers.complete(embed)
    with_papers.vectors.clear()
    with_papers.terms.clear()
    with_papers.find_damage()
    assert with_papers.pending == 4
    with_papers.complete(lambda texts: pytest.fail("the vectors are in the truth"))
    assert with_papers.vectors.count() == with_papers.terms.count() == 2
    with_papers.close()


def test_batches_taken_in_before_a_kill_are_not_lost(store):
    write(store, *(paper(n, f"text number {n} " + "x" * n) for n in range(10)))

    def killed(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.complete(embed, batch=2, together=4, on_progress=killed)
    assert store.truth.pending_count("vectors") == 6
    store.complete(embed, batch=4)
    assert store.vectors.count() == 10


def test_other_model_is_refused_with_the_next_step(tmp_path):
    PaperStore(tmp_path / "data", FINGERPRINT, writable=True).close()
    with pytest.raises(IndexMismatch, match="qa-bot reindex"):
        PaperStore(tmp_path / "data", Fingerprint("other", "recipe/1"))
    with pytest.raises(IndexMismatch, match="recipe/2"):
        PaperStore(tmp_path / "data", Fingerprint("letters", "recipe/2"))


def test_other_dimension_is_refused(store):
    write(store, paper(1, "zebras"))
    store.complete(embed)
    with pytest.raises(IndexMismatch, match="7 numbers"):
        store.vectors_of(["new"], lambda texts: np.ones((len(texts), 7)))


def test_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "papers.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="papers.sqlite3"):
        PaperStore(tmp_path / "data", FINGERPRINT)


def test_second_process_cannot_write_while_the_store_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr("qa_bot.store.LOCK_TIMEOUT_SECONDS", 0.2)
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(f"""
            from pathlib import Path
            from qa_bot.store import ChromaServer, Fingerprint, PaperStore
            store = PaperStore(Path({str(tmp_path / "data")!r}), Fingerprint("letters", "recipe/1"))
            print("open", flush=True)
            input()
        """)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(StoreBusy, match="Another qa-bot"):
            PaperStore(tmp_path / "data", FINGERPRINT, writable=True)
        PaperStore(tmp_path / "data", FINGERPRINT).close()  # readers share
        holder.kill()
        holder.wait()
        PaperStore(tmp_path / "data", FINGERPRINT, writable=True).close()  # a killed process holds nothing
    finally:
        holder.kill()
        holder.communicate()


def test_filters_narrow_both_searches(store):
    one = paper(1, "apples", authors=("Ada Lovelace",), date="2020-01-01", categories=("CV",))
    two = paper(2, "apples", authors=("Alan Turing",), date="2022", categories=("LG",))
    write(store, one, two, paper(3, "apples"))
    store.complete(embed)
    for filters, expected in [
        (Filters(author="lovelace"), ["test:1"]),
        (Filters(year_from=2021), ["test:2"]),
        (Filters(year_to=2021), ["test:1"]),
        (Filters(category="lg"), ["test:2"]),
        (Filters(file="file"), ["test:1", "test:2", "test:3"]),
        (Filters(author="nobody"), []),
    ]:
        allowed = store.truth.paper_ids_matching(filters)
        assert sorted(allowed) == expected
        assert all(matches(p, filters) == (p.paper_id in expected) for p in (one, two))
        among = store.truth.chunk_ids_of(allowed)
        assert sorted(i.split("#")[0] for i in ids(store.terms.search(["apples"], 9, among=among))) == expected
        assert sorted(i.split("#")[0] for i in ids(store.vectors.search(embed(["a"])[0], 9, among=among))) == expected


def test_searches_of_large_collections_keep_more_candidates(store):
    def graph() -> dict:
        store.vectors.count()  # looks the collection up
        return store.vectors._collection.configuration_json["hnsw"]

    few = graph()["ef_search"]
    store.vectors.tune(1_000_000)
    assert graph()["ef_search"] > 2 * few and graph()["space"] == "cosine"
    store.tune()
    assert graph()["ef_search"] == few


def test_a_rare_filter_among_many_papers_finds_what_comparing_all_would(store, monkeypatch):
    """The ways around a filter (comparing the few, asking deeper) agree where both can be gone."""
    words = ["apples", "pears", "plums", "quinces", "figs"]
    papers = [
        paper(n, f"{words[n % 5]} number {n} " + "x" * (n % 7), authors=("Ada Wang" if n % 4 == 0 else "Bo Li",), date=str(2000 + n % 10)) for n in range(120)
    ]
    write(store, *papers)
    store.complete(embed)
    vector = embed(["pears and figs"])[0]
    for filters in (Filters(author="wang"), Filters(year_from=2004, year_to=2004), Filters(author="Ada Wang", year_from=2005)):
        compared = store.nearest(vector, 9, filters=filters)
        worded = store.best_worded(["pears", "figs"], 9, filters=filters)
        monkeypatch.setattr("qa_bot.store.narrowed.FEW_PAPERS", 0)
        monkeypatch.setattr("qa_bot.store.narrowed.FEW_OF", 0)
        deeper, deeper_worded = store.nearest(vector, 9, filters=filters), store.best_worded(["pears", "figs"], 9, filters=filters)
        monkeypatch.undo()
        assert 3 <= len(deeper) <= len(compared) and 3 <= len(deeper_worded) <= 9
        assert [score for _, score in deeper] == pytest.approx([score for _, score in compared[: len(deeper)]], abs=2e-3)
        assert [score for _, score in deeper_worded] == pytest.approx([score for _, score in worded[: len(deeper_worded)]], abs=1e-4)


def test_query_syntax_in_words_is_harmless(store):
    write(store, paper(1, "apples and pears"))
    store.complete(embed)
    assert store.terms.search(["AND", "OR", "NOT", "apples"], 3)
    assert store.terms.search(["title:x"], 3) == []
    assert store.terms.search([], 3) == []


def test_paper_survives_the_round_trip(store):
    full = paper(1, "apples", authors=("A", "B"), authors_complete=False, date="2020-05", categories=("cs.CV",), aliases=("Other",), doi="10.1/x")
    write(store, full)
    assert store.truth.papers() == (full,)
    assert store.truth.papers_by_id(["test:1"])["test:1"] == full
