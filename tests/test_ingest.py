"""Ingest: a second run changes nothing, a changed file little, a killed run is completed, and what is left out is named."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import SEEDS

from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.embedding import embedded_model
from qa_bot.ingest import IngestReport, fingerprint_of, ingest
from qa_bot.reindex import reindex
from qa_bot.schema import Filters, QABotError
from qa_bot.store import PaperStore, matches
from qa_bot.store.server import server_of
from qa_bot.workers import Workers


class Letters:
    """A real, quick embedding: how often each letter occurs. Remembers what it embedded."""

    window_tokens = 512
    dimension = 26

    def __init__(self, name: str = "letters") -> None:
        self.name, self.texts = name, []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def embed(self, texts: Sequence[str], *, on_progress=None) -> np.ndarray:
        self.texts += texts
        counts = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32) + 0.01
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def embed_query(self, text: str) -> np.ndarray:
        return self.embed([text])[0]


SUBJECTS = [
    "zebras",
    "quokkas",
    "otters",
    "pelicans",
    "beavers",
    "lynxes",
    "herons",
    "moles",
    "newts",
    "toads",
    "wombats",
    "ibexes",
]


def record(number: int, **other: str) -> dict:
    subject = SUBJECTS[number % len(SUBJECTS)]
    found = f"We count {subject} in plot {number}. There were {17 * number + 3} of them, more than in the year before."
    found += f" Rain had no effect on {subject}."
    return {"id": f"r{number}", "title": f"A census of {subject} in plot {number}", "abstract": found} | other


def write(path: Path, *records: dict | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records) + "\n", encoding="utf-8")
    return path


class Collection:
    """A data folder with the embedding that fills it."""

    def __init__(self, data_dir: Path, chroma_url: str | None = None) -> None:
        self.settings, self.embedding = Settings(_env_file=None, data_dir=data_dir, chroma_url=chroma_url), Letters()

    def ingest(self, *paths: Path) -> IngestReport:
        self.embedding.texts.clear()
        self.stages: list[str] = []
        return ingest(
            paths, settings=self.settings, embedding=self.embedding, on_progress=lambda what, n, of: self.stages.append(what)
        )

    def papers(self):
        with self.open() as store:
            return store.truth.papers()

    def titles(self) -> set[str]:
        return {paper.title for paper in self.papers()}

    def counts(self) -> tuple[int, ...]:
        with self.open() as store:
            return (
                store.truth.count("papers"),
                store.truth.count("chunks"),
                store.vectors.count(),
                store.terms.count(),
                store.pending,
            )

    def open(self) -> Open:
        return Open(self.settings.data_dir, fingerprint_of(self.embedding), server=server_of(self.settings))


class Open(PaperStore):
    def __enter__(self) -> Open:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture
def collection(tmp_path, either_chroma):
    return Collection(tmp_path / "own", either_chroma)


def changes(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.removed, report.embedded


# Nothing, or little, is done twice


def test_a_second_run_reads_embeds_and_changes_nothing(collection, tmp_path, monkeypatch):
    write(tmp_path / "in" / "a.jsonl", *map(record, range(6)))
    write(tmp_path / "in" / "b.jsonl", *map(record, range(6, 10)))
    first = collection.ingest(tmp_path / "in")
    assert (first.files, first.papers, first.records, first.unchanged_files) == (2, 10, 10, 0) and changes(first) == (
        10,
        0,
        0,
        10,
    )
    papers, counts = collection.papers(), collection.counts()
    assert counts == (10, 10, 10, 10, 0)
    monkeypatch.setattr("qa_bot.ingest.changed_files.read_batches", lambda *a, **k: pytest.fail("a file was read again"))
    second = collection.ingest(tmp_path / "in")
    assert (second.files, second.unchanged_files, second.papers) == (2, 2, 10) and changes(second) == (0, 0, 0, 0)
    assert collection.embedding.texts == [] and collection.stages == []
    assert collection.papers() == papers and collection.counts() == counts


def test_the_seeds_a_second_time_cost_nothing(seed_data_dir, tmp_path, monkeypatch):
    shutil.copytree(seed_data_dir, tmp_path / "copy")
    monkeypatch.setattr("qa_bot.ingest.changed_files.read_batches", lambda *a, **k: pytest.fail("a file was read again"))
    report = ingest([SEEDS], settings=Settings(_env_file=None, data_dir=tmp_path / "copy"))
    assert (report.papers, report.records, report.merged, report.unchanged_files) == (82, 96, 14, 6)
    assert changes(report) == (0, 0, 0, 0) and report.skipped == ()


def test_a_changed_abstract_alone_is_embedded_again(collection, tmp_path):
    path = write(tmp_path / "a.jsonl", *map(record, range(5)))
    collection.ingest(path)
    text = "We count newts at night. Lanterns do not scare them."
    write(path, *map(record, range(4)), record(4, abstract=text))
    report = collection.ingest(path)
    assert changes(report) == (0, 1, 0, 1) and report.unchanged_files == 0
    assert all("newts at night" in embedded or "Lanterns" in embedded for embedded in collection.embedding.texts)
    assert collection.counts() == (5, 5, 5, 5, 0)
    with collection.open() as store:
        assert len(store.terms.search(["lantern"], 5)) == 1


def test_records_in_another_order_embed_nothing(collection, tmp_path):
    path = write(tmp_path / "a.jsonl", *map(record, range(5)))
    collection.ingest(path)
    ids = {paper.paper_id for paper in collection.papers()}
    write(path, *map(record, reversed(range(5))))
    report = collection.ingest(path)
    assert (report.added, report.removed, report.embedded) == (0, 0, 0) and collection.embedding.texts == []
    assert {paper.paper_id for paper in collection.papers()} == ids


def test_a_removed_record_is_gone_from_everywhere(collection, tmp_path):
    path = write(tmp_path / "a.jsonl", *map(record, range(5)))
    collection.ingest(path)
    write(path, *map(record, range(1, 5)))
    report = collection.ingest(path)
    assert (report.added, report.removed, report.embedded, report.papers) == (0, 1, 0, 4)
    assert collection.counts() == (4, 4, 4, 4, 0) and not any("zebras" in title for title in collection.titles())
    with collection.open() as store:
        assert store.terms.search(["zebras"], 5) == []


def test_a_paper_in_two_files_lives_until_both_drop_it(collection, tmp_path):
    a = write(tmp_path / "a.jsonl", record(1), record(2))
    b = write(tmp_path / "b.jsonl", record(2), record(3))
    report = collection.ingest(a, b)
    assert (report.records, report.papers, report.merged) == (4, 3, 1)
    shared = next(paper for paper in collection.papers() if "otters" in paper.title)
    assert {origin.file for origin in shared.origins} == {"a.jsonl", "b.jsonl"}
    write(a, record(1))
    assert collection.ingest(a).removed == 0
    write(b, record(3))
    assert collection.ingest(b).removed == 1
    assert collection.embedding.texts == []
    assert collection.counts() == (2, 2, 2, 2, 0)


def test_the_same_content_from_another_folder_is_no_duplicate(collection, tmp_path):
    write(tmp_path / "one" / "a.jsonl", *map(record, range(4)))
    collection.ingest(tmp_path / "one")
    papers = collection.papers()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    assert changes(collection.ingest(tmp_path / "two")) == (0, 0, 0, 0)
    assert collection.papers() == papers, "not even another origin"
    (tmp_path / "two" / "a.jsonl").rename(tmp_path / "two" / "renamed.jsonl")
    report = collection.ingest(tmp_path / "two")
    assert (report.papers, report.added, report.removed, report.embedded) == (4, 0, 0, 0)


def test_seeds_from_another_folder_stay_82_papers(seed_data_dir, tmp_path):
    shutil.copytree(seed_data_dir, tmp_path / "data")
    shutil.copytree(SEEDS, tmp_path / "elsewhere")
    report = ingest([tmp_path / "elsewhere"], settings=Settings(_env_file=None, data_dir=tmp_path / "data"))
    assert (report.papers, report.records) == (82, 96) and changes(report) == (0, 0, 0, 0)


def test_files_of_one_name_in_two_folders_are_told_apart(collection, tmp_path):
    write(tmp_path / "x" / "papers.jsonl", record(1))
    write(tmp_path / "y" / "papers.jsonl", record(2))
    collection.ingest(tmp_path)
    files = {origin.file for paper in collection.papers() for origin in paper.origins}
    assert len(files) == 2 and all(file.endswith("papers.jsonl") for file in files)


def test_a_file_named_twice_is_read_once(collection, tmp_path):
    path = write(tmp_path / "a.jsonl", record(1))
    assert collection.ingest(path, tmp_path, tmp_path / "." / "a.jsonl").files == 1
    (tmp_path / "link.jsonl").symlink_to(path)
    assert collection.ingest(tmp_path).records == 1


# What cannot be used is named, the rest goes in


def test_malformed_records_are_named_and_the_rest_goes_in(collection, tmp_path):
    write(
        tmp_path / "a.jsonl",
        record(1),
        '{"id": "r2", "title": "Cut in the mid',
        record(3, abstract=""),
        record(4, abstract="   "),
        '{"id": "r5", "title": "No abstract at all"}',
        "[1, 2]",
        "17",
        "null",
        record(9),
        '{"abstract": 17}',
        record(11),
    )
    report = collection.ingest(tmp_path / "a.jsonl")
    assert {paper.record_ids[0] for paper in collection.papers()} == {"r1", "r9", "r11"} and report.papers == 3
    assert [skipped.ordinal for skipped in report.skipped] == [2, 3, 4, 5, 6, 7, 8, 10]
    assert all(skipped.file == "a.jsonl" and skipped.reason for skipped in report.skipped)
    lines = str(report).splitlines()
    assert "8 records skipped" in lines[0] and len(lines) == 9 and all("a.jsonl, record" in line for line in lines[1:])
    again = collection.ingest(tmp_path / "a.jsonl")
    assert again.skipped == report.skipped, "what was left out is still told where nothing was read"


def test_files_that_cannot_be_read_are_named_and_the_rest_goes_in(collection, tmp_path):
    folder = tmp_path / "in"
    write(folder / "good.jsonl", record(1))
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "blank.jsonl").write_bytes(b"\n \n")
    (folder / "noise.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "broken.jsonl.gz").write_bytes(b"\x1f\x8b\x08broken")
    (folder / "packed.jsonl.gz").write_bytes(gzip.compress(json.dumps(record(2)).encode()))
    report = collection.ingest(folder)
    assert report.papers == 2 and report.files == 7
    assert {skipped.file for skipped in report.skipped} == {
        "paper.pdf",
        "empty.txt",
        "blank.jsonl",
        "noise.txt",
        "broken.jsonl.gz",
    }
    reasons = {skipped.file: skipped.reason for skipped in report.skipped}
    assert "PDF" in reasons["paper.pdf"] and all(reasons.values())
    (folder / "words.docx").write_text("Words that pretend to be a document.", encoding="utf-8")
    reasons = {skipped.file: skipped.reason for skipped in collection.ingest(folder).skipped}
    assert ".docx" in reasons["words.docx"] and ".jsonl" in reasons["words.docx"], "and it says what is read"


def test_hidden_files_are_left_out_unless_named(collection, tmp_path):
    write(tmp_path / "in" / ".hidden.jsonl", record(1))
    write(tmp_path / "in" / ".git" / "b.jsonl", record(2))
    write(tmp_path / "in" / "deep" / "er" / "c.jsonl", record(3))
    assert collection.ingest(tmp_path / "in").papers == 1
    assert collection.ingest(tmp_path / "in" / ".hidden.jsonl").papers == 2


def test_a_path_that_is_not_there_stops_before_anything_is_made(collection, tmp_path):
    with pytest.raises(QABotError, match="nowhere"):
        collection.ingest(write(tmp_path / "a.jsonl", record(1)), tmp_path / "nowhere")
    assert not collection.settings.data_dir.exists()


def test_an_empty_folder_is_an_empty_report(collection, tmp_path):
    (tmp_path / "nothing").mkdir()
    report = collection.ingest(tmp_path / "nothing")
    assert (report.files, report.papers, report.records) == (0, 0, 0) and "0 papers" in str(report)


def test_many_records_become_the_same_papers_in_other_processes(tmp_path, monkeypatch):
    source = write(tmp_path / "many.jsonl", *(record(n, authors=[f"Ada {SUBJECTS[n % 12].title()}"], date=f"{2000 + n % 20}") for n in range(1600)))

    def taken_in(name: str, processes: int) -> Collection:
        monkeypatch.setattr("qa_bot.ingest.Workers", lambda: Workers(processes))
        taken = Collection(tmp_path / name)
        taken.embedding.count_tokens = embedded_model().count_tokens  # of a model that any process can load
        taken.ingest(source)
        return taken

    here, elsewhere = taken_in("here", 0), taken_in("elsewhere", 2)
    assert elsewhere.counts() == here.counts() == (1600, 1600, 1600, 1600, 0)
    assert elsewhere.papers() == here.papers()
    with here.open() as one, elsewhere.open() as other:
        for filters in (Filters(author="otters"), Filters(author="Ada Newts", year_from=2010), Filters(year_to=2003), Filters(file="many")):
            expected = {paper.paper_id for paper in here.papers() if matches(paper, filters)}
            assert expected and set(one.truth.paper_ids_matching(filters)) == set(other.truth.paper_ids_matching(filters)) == expected
        assert one.truth.papers_named(["acensusofnewtsinplot8"]) == other.truth.papers_named(["acensusofnewtsinplot8"]) != {}


# The seeds without their catalogue


def test_without_the_catalogue_titles_come_from_the_documents_or_say_that_they_stand_in(collection, tmp_path):
    folder = tmp_path / "documents"
    shutil.copytree(SEEDS, folder, ignore=shutil.ignore_patterns("catalogue.jsonl"))
    report = collection.ingest(folder)
    assert (report.files, report.records, report.skipped) == (5, 96, ())
    known = {json.loads(line)["title"] for line in (SEEDS / "catalogue.jsonl").read_text("utf-8").splitlines()}
    papers = collection.papers()
    titled = {paper.title for paper in papers if not paper.title_is_stand_in}
    stand_ins = [paper for paper in papers if paper.title_is_stand_in]
    assert len(titled) == 66 and titled <= known
    assert stand_ins and len({paper.title for paper in stand_ins}) == len(stand_ins)
    assert all("untitled" in paper.title.lower() or "no title" in paper.title.lower() for paper in stand_ins), stand_ins[0].title
    origins = [(origin.file, origin.ordinal) for paper in papers for origin in paper.origins]
    assert len(origins) == len(set(origins)) == 96
    shutil.copy(SEEDS / "catalogue.jsonl", folder)
    whole = collection.ingest(folder)
    assert whole.papers == 82 and collection.titles() == known


# Kills and other accidents

# Forks spare the imports. A child is killed by itself at the n-th step of its ingest, or by its parent after some seconds.
KILLS = """
    import os, signal, sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    import chromadb, tantivy, filelock
    from qa_bot.config import Settings
    from qa_bot.ingest import ingest
    from test_ingest import Letters

    steps = 0

    def step(what=None, done=0, total=0):
        global steps
        steps += 1
        if what:
            os.write(said, f"{{what}}@{{done}}\\n".encode())
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    class Stepping(Letters):
        def embed(self, texts, *, on_progress=None):
            step()
            time.sleep(0.03)
            return super().embed(texts)

    for argument in sys.argv[2:]:
        folder, _, moment = argument.partition("@")
        last = int(moment) if moment.isdigit() else 0
        child = os.fork()
        if child == 0:
            settings = Settings(_env_file=None, data_dir=Path(folder))
            said = os.open(folder + ".said", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
            ingest([Path(sys.argv[1])], settings=settings, embedding=Stepping(), on_progress=step)
            os._exit(0)
        if not last:
            time.sleep(float(moment))
            os.kill(child, signal.SIGKILL)
        print(folder, moment, os.WTERMSIG(os.waitpid(child, 0)[1]))
"""


def kill_ingests(source: Path, *folders_and_moments: str) -> list[str]:
    """Start ingests and kill them; return a line each: folder, moment, the signal that ended it (0: it was done before)."""
    program = textwrap.dedent(KILLS.format(tests=str(Path(__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", program, str(source), *folders_and_moments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder of 320 papers, and the collection that an undisturbed ingest makes of it."""
    folder = tmp_path_factory.mktemp("many")
    for part in range(4):
        write(folder / f"part{part}.jsonl", *(record(part * 80 + n) for n in range(80)))
    whole = Collection(tmp_path_factory.mktemp("whole") / "data")
    whole.ingest(folder)
    return folder, whole


def check_like(other: Collection, whole: Collection) -> None:
    """Check that a collection holds the same papers and finds each of them by its own words and vector."""
    assert other.counts() == whole.counts() == (320, 320, 320, 320, 0)
    assert other.papers() == whole.papers()
    with other.open() as store:
        for number in range(0, 320, 16):
            own = record(number)
            vector = Letters().embed([f"{own['title']}\n{own['abstract']}"])[0]
            (_, cosine), *_ = store.vectors.search(vector, 1)
            assert cosine == pytest.approx(1, abs=2e-3)
            assert len(store.terms.search(["census", str(number)], 5)) == 5


def acknowledged(folder: Path) -> dict[str, int]:
    """Return how far each stage of a killed ingest had said that it came."""
    said = Path(f"{folder}.said")
    return {what: int(done) for what, _, done in (line.partition("@") for line in said.read_text().splitlines())} if said.exists() else {}


def check_killed(killed: Collection, folder: Path) -> None:
    """Check that what a killed ingest had acknowledged is there, and that its truth and its indexes are of use."""
    told = acknowledged(killed.settings.data_dir)
    with killed.open() as store:
        papers = store.truth.papers()
        assert len({paper.title for paper in papers}) == len(papers), "no paper is there twice"
        if "embedding papers" in told or "embedding sentences" in told:
            assert len(papers) == 320, "papers are all there before the first is embedded"
            assert store.vectors.count() >= told.get("embedding papers", 0), "what was said to be in the index is in it"
        if "embedding sentences" in told:
            assert store.pending == 0


def test_an_ingest_killed_at_any_step_is_completed_by_the_next(many, tmp_path):
    folder, whole = many
    ends = kill_ingests(folder, f"{tmp_path / 'none'}@999")
    steps = range(1, 1 + sum(1 for _ in (tmp_path / "none.said").open()) + 2)
    assert len(steps) >= 10, "four files, finding papers, storing them, two batches of vectors, sentences"
    ends = kill_ingests(folder, *(f"{tmp_path / str(step)}@{step}" for step in steps))
    assert all(line.endswith(f" {signal.SIGKILL.value}") for line in ends), ends
    for step in steps:
        killed = Collection(tmp_path / str(step))
        check_killed(killed, folder)
        if step == 7:
            AnswerEngine.from_settings(killed.settings, embed_model=killed.embedding).close()
            assert killed.counts()[-1] == 0, "opening it for a question completes it too"
        killed.ingest(folder)
        check_like(killed, whole)
        assert changes(killed.ingest(folder)) == (0, 0, 0, 0)


def test_ingests_killed_at_thirty_random_moments_lose_nothing_that_they_acknowledged(many, tmp_path):
    folder, whole = many
    moments = [random.uniform(0.02, 1.0) for _ in range(30)]
    ends = kill_ingests(folder, *(f"{tmp_path / str(n)}@{moment:.3f}" for n, moment in enumerate(moments)))
    assert any(line.endswith(f" {signal.SIGKILL.value}") for line in ends), ends
    for number in range(30):
        killed = Collection(tmp_path / str(number))
        check_killed(killed, folder)
        killed.ingest(folder)
        check_like(killed, whole)


def test_an_ingest_killed_again_and_again_at_any_moment_comes_to_its_end(many, tmp_path):
    folder, whole = many
    moments = sorted(random.uniform(0.05, 1.2) for _ in range(6))
    ends = kill_ingests(folder, *(f"{tmp_path / 'one'}@{moment:.3f}" for moment in moments))
    killed = Collection(tmp_path / "one")
    killed.ingest(folder)
    assert killed.counts() == whole.counts(), ends
    check_like(killed, whole)


def test_an_embedding_that_fails_in_the_middle_is_finished_by_the_next_run(many, tmp_path):
    folder, whole = many
    other = Collection(tmp_path / "own")

    class Failing(Letters):
        def embed(self, texts, *, on_progress=None):
            if self.texts:
                raise QABotError("the embedding endpoint went away")
            return super().embed(texts)

    other.embedding = Failing()
    with pytest.raises(QABotError, match="went away"):
        other.ingest(folder)
    other.embedding = Letters()
    report = other.ingest(folder)
    assert report.unchanged_files == 4 and 0 < report.embedded < 320, "the first batch was kept"
    check_like(other, whole)


def test_indexes_that_were_deleted_are_filled_again_without_embedding(many, tmp_path):
    folder, whole = many
    shutil.copytree(whole.settings.data_dir, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "chroma")
    shutil.rmtree(tmp_path / "copy" / "terms")
    damaged = Collection(tmp_path / "copy")
    assert damaged.ingest(folder).embedded == 0 and damaged.embedding.texts == []
    check_like(damaged, whole)


# Another embedding, and an engine that stays open


def test_reindex_with_another_embedding_and_back(many, tmp_path):
    folder, whole = many
    shutil.copytree(whole.settings.data_dir, tmp_path / "copy")
    other = Collection(tmp_path / "copy")
    other.embedding = Letters("more letters")
    with pytest.raises(QABotError, match="qa-bot reindex"):
        other.ingest(folder)
    report = reindex(settings=other.settings, embedding=other.embedding)
    assert report.embedded == 320 and report.papers == 320
    check_like(other, whole)
    with pytest.raises(QABotError, match="qa-bot reindex"):
        Collection(tmp_path / "copy").ingest(folder)
    back = Collection(tmp_path / "copy")
    assert reindex(settings=back.settings, embedding=back.embedding).embedded == 0, "those vectors were kept"
    check_like(back, whole)


def test_an_open_engine_takes_more_in_and_answers_from_it(collection, tmp_path):
    collection.ingest(write(tmp_path / "a.jsonl", *map(record, range(3))))
    engine = AnswerEngine.from_settings(collection.settings, embed_model=collection.embedding)
    report = engine.ingest(
        [write(tmp_path / "b.jsonl", record(3), record(4, title="Kestrels over Ghent", authors=["Ada Lovelace"]))]
    )
    assert (report.added, report.papers) == (2, 5) and len(engine.papers()) == 5
    assert engine.search("kestrels", 1)[0].paper.title == "Kestrels over Ghent"
    assert [source.title for source in engine.ask("Which papers did Ada Lovelace write?").sources] == ["Kestrels over Ghent"]
    with pytest.raises(QABotError, match="nowhere"):
        engine.ingest([tmp_path / "nowhere"])
    assert len(engine.papers()) == 5, "and it still answers after a path that is not there"
    engine.close()


def test_a_removed_paper_stays_away_until_its_file_changes(tmp_path):
    source = tmp_path / "two.jsonl"
    lines = [
        '{"id": "1", "title": "Frogs", "abstract": "Frogs jump in ponds."}',
        '{"id": "2", "title": "Otters", "abstract": "Otters swim in rivers."}',
    ]
    source.write_text("\n".join(lines))
    settings = Settings(_env_file=None, data_dir=tmp_path / "removed")
    ingest([source], settings=settings)
    engine = AnswerEngine.from_settings(settings)
    frogs = next(paper for paper in engine.papers() if paper.title == "Frogs")
    with pytest.raises(QABotError, match="nobody:1"):
        engine.remove_papers([frogs.paper_id, "nobody:1"])
    engine.remove_papers([frogs.paper_id])
    assert [paper.title for paper in engine.papers()] == ["Otters"]
    assert [hit.paper.title for hit in engine.search("frogs in ponds")] == ["Otters"]
    assert engine.store.vectors.count() == engine.store.terms.count() == 1
    engine.ingest([source])
    assert [paper.title for paper in engine.papers()] == ["Otters"]
    source.write_text("\n".join([*lines, '{"id": "3", "title": "Newts", "abstract": "Newts hide under stones."}']))
    engine.ingest([source])
    assert sorted(paper.title for paper in engine.papers()) == ["Frogs", "Newts", "Otters"]
    engine.close()
