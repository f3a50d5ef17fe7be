"""A collection changed by hand: files pruned, papers and files removed, merges shown and split, everything exported."""

from __future__ import annotations

import json

import pytest
from conftest import SEEDS
from test_ingest import Collection, record, write

from qa_bot.amending import AmendError, rejoin, remove, split
from qa_bot.ingest import ingest
from qa_bot.readers import read_file
from qa_bot.schema import Filters, Origin
from qa_bot.window import references


@pytest.fixture
def collection(tmp_path):
    return Collection(tmp_path / "own")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "papers"
    made.mkdir()
    write(made / "a.jsonl", record(1), record(2))
    write(made / "b.jsonl", record(3), record(4))
    return made


def own(collection: Collection) -> dict:
    return {"settings": collection.settings, "embedding": collection.embedding}


def test_prune_forgets_what_is_gone_and_nothing_else(collection, folder, tmp_path):
    write(tmp_path / "elsewhere.jsonl", record(9))
    collection.ingest(folder, tmp_path / "elsewhere.jsonl")
    (folder / "b.jsonl").unlink()
    assert collection.ingest(folder).papers == 5, "a plain ingest only adds"
    (tmp_path / "elsewhere.jsonl").unlink()
    report = ingest([folder], **own(collection), prunes=True)
    assert (report.papers, report.removed, report.pruned_files) == (3, 2, 1) and "1 files" in str(report)
    assert collection.counts() == (3, 3, 3, 3, 0)
    assert ingest([tmp_path / "elsewhere.jsonl"], **own(collection), prunes=True).papers == 2, "a file that is gone may be named itself"


def test_a_moved_file_leaves_nothing_behind_when_pruned(collection, folder):
    collection.ingest(folder)
    (folder / "b.jsonl").rename(folder / "moved.jsonl")
    write(folder / "moved.jsonl", record(3))
    ingest([folder], **own(collection), prunes=True)
    assert collection.counts()[0] == 3


def test_papers_and_files_are_removed_and_come_back_when_asked(collection, folder):
    collection.ingest(folder)
    ids = {paper.title: paper.paper_id for paper in collection.papers()}
    report = remove([ids[record(1)["title"]]], files=["b.jsonl"], **own(collection))
    assert (report.papers, report.files, report.papers_left) == (3, 1, 1)
    assert collection.counts() == (1, 1, 1, 1, 0)
    assert collection.ingest(folder).papers == 3, "the file comes back, the paper stays away"


def test_removing_what_is_not_there_changes_nothing(collection, folder):
    collection.ingest(folder)
    known = collection.papers()[0].paper_id
    with pytest.raises(AmendError, match="no nothing.bib, .*nothing was removed|no .*nothing"):
        remove([known], files=["nothing.bib"], **own(collection))
    with pytest.raises(AmendError, match="text:none"):
        remove([known, "text:none"], **own(collection))
    assert collection.counts()[0] == 4


@pytest.fixture
def merged(collection, tmp_path):
    """Two works of one title, by one author: wrongly one paper."""
    first = record(1) | {"title": "Proceedings of the Harbour Workshop", "authors": ["Ann Hill"], "id": "one"}
    other = record(2) | {"title": "Proceedings of the Harbour Workshop", "authors": ["Ann Hill"], "id": "two"}
    write(tmp_path / "first.jsonl", first)
    write(tmp_path / "other.jsonl", other)
    assert collection.ingest(tmp_path / "first.jsonl", tmp_path / "other.jsonl").papers == 1
    return collection


def test_merges_are_told_with_their_grounds(merged):
    with merged.open() as store:
        ((paper_id, origin, ground),) = store.truth.merges()
    assert paper_id == merged.papers()[0].paper_id and origin == Origin("other.jsonl", 1, "two") and "author in common" in ground


def test_a_split_stays_split_when_files_change_and_can_be_taken_back(merged, tmp_path):
    paper_id = merged.papers()[0].paper_id
    assert split(paper_id, [Origin("other.jsonl", 1)], **own(merged)) == 2
    assert {len(paper.origins) for paper in merged.papers()} == {1} and merged.counts() == (2, 2, 2, 2, 0)
    write(tmp_path / "third.jsonl", record(3))
    changed = json.loads((tmp_path / "other.jsonl").read_text()) | {"year": 1999}
    write(tmp_path / "other.jsonl", record(8), changed)
    assert merged.ingest(tmp_path).papers == 4, "at another place of a changed file it is still the same record"
    with merged.open() as store:
        assert store.truth.merges() == []
    assert rejoin(paper_id, **own(merged)) == 1
    assert merged.counts()[0] == 3


def test_a_split_must_name_some_records_of_a_paper_and_not_all(merged):
    paper_id = merged.papers()[0].paper_id
    for origins in ([], [Origin("first.jsonl", 1), Origin("other.jsonl", 1)], [Origin("first.jsonl", 7)]):
        with pytest.raises(AmendError, match="first.jsonl:1, other.jsonl:1"):
            split(paper_id, origins, **own(merged))
    with pytest.raises(AmendError, match="qa-bot merges"):
        split("title:none", [Origin("first.jsonl", 1)], **own(merged))


def test_an_export_ingested_again_is_the_same_collection(collection, tmp_path):
    collection.ingest(SEEDS)
    before = collection.papers()
    (tmp_path / "all.jsonl").write_text("".join(f"{line}\n" for line in references.json_lines(before)), encoding="utf-8")
    other = Collection(tmp_path / "other")
    other.ingest(tmp_path / "all.jsonl")
    again = {paper.title: paper for paper in other.papers()}
    assert len(again) == 82
    for paper in before:
        twin = again[paper.title]
        assert [v.abstract for v in twin.versions] == [v.abstract for v in paper.versions]
        assert (twin.authors, twin.date, twin.arxiv_id, twin.doi) == (paper.authors, paper.date, paper.arxiv_id, paper.doi)


@pytest.mark.parametrize("form", ["bibtex", "ris"])
def test_an_export_for_reference_managers_can_be_read_again(collection, folder, tmp_path, form):
    collection.ingest(folder)
    papers = collection.papers()
    text = references.ris(papers) if form == "ris" else references.bibliography(papers, with_abstract=True)
    path = tmp_path / ("all.ris" if form == "ris" else "all.bib")
    path.write_text(text, encoding="utf-8", newline="")
    read = read_file(path)
    assert {r.title for r in read.records} == collection.titles() and not read.skipped
    assert {r.abstract for r in read.records} == {paper.abstract for paper in papers}


def test_filters_of_the_store_agree_with_each_other(collection):
    collection.ingest(SEEDS)
    with collection.open() as store:
        for filters in (Filters(author="Beyer"), Filters(author="l. beyer"), Filters(year_from=2022), Filters(year_to=2017), Filters(category="CV", author="zhai")):
            papers = store.truth.papers(filters)
            assert papers and store.truth.count_matching(filters) == len(papers)
            assert set(store.truth.paper_ids_matching(filters)) == {paper.paper_id for paper in papers}
            everyone = [paper.paper_id for paper in store.truth.papers()]
            assert store.truth.passing(everyone, filters) == {paper.paper_id for paper in papers}
        assert "Lucas Beyer" in store.truth.authors_called(["beyer"]) and store.truth.authors_called(["nobody"]) == []


def test_searching_around_a_filter_finds_what_comparing_all_finds(collection, tmp_path, monkeypatch):
    write(tmp_path / "many.jsonl", *(record(n) | {"year": 2000 + n % 20} for n in range(300)))
    collection.ingest(tmp_path / "many.jsonl")
    filters = Filters(year_from=2003, year_to=2004)
    with collection.open() as store:
        vector = collection.embedding.embed([record(3)["abstract"]])[0]
        exact, words = store.nearest(vector, 10, filters=filters), store.best_worded(["census"], 10, filters=filters)
        monkeypatch.setattr("qa_bot.store.narrowed.FEW_PAPERS", 0)
        around, words_around = store.nearest(vector, 10, filters=filters), store.best_worded(["census"], 10, filters=filters)
    assert len(exact) == len(around) == 10 and len(words) == len(words_around) == 10
    assert [cosine for _, cosine in around] == pytest.approx([cosine for _, cosine in exact], abs=2e-3)
