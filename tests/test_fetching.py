"""Papers fetched from arXiv, OpenAlex and Crossref, as a local server speaks for them: pages, troubles, resuming, merging, completing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
from fake_paper_services import FakeServices, Work, busy, cut, emptied, halved, html
from typer.testing import CliRunner

from qa_bot.amending import remove
from qa_bot.catalogue import text_key
from qa_bot.cli import app
from qa_bot.config import Settings
from qa_bot.fetching import FetchError, complete, fetch
from qa_bot.fetching.arxiv import search_query
from qa_bot.fetching.crossref import plain_abstract
from qa_bot.fetching.members import papers_of
from qa_bot.fetching.service import Query
from qa_bot.fetching.wanted import sort_out
from qa_bot.ingest import ingest

SIGLIP = Work(
    "Sigmoid Loss for Language Image Pre-Training",
    "We propose a simple pairwise sigmoid loss for language-image pre-training. Unlike standard contrastive learning with softmax "
    "normalization, the sigmoid loss operates solely on image-text pairs and does not require a global view of the pairwise similarities.",
    ("Xiaohua Zhai", "Basil Mustafa", "Alexander Kolesnikov", "Lucas Beyer"), arxiv_id="2303.15343", openalex_id="W4360836968",
    doi="10.1109/iccv51070.2023.01100",
)  # fmt: skip
KUBRIC = Work(
    "Kubric: A Scalable Dataset Generator",
    "Data is the driving force of machine learning, with the amount and quality of training data often being more important for the "
    "performance of a system than architecture and training details. We introduce Kubric, an open-source Python framework.",
    ("Klaus Greff", "Francois Belletti"), date="2022-03-07", arxiv_id="2203.03570", openalex_id="W4221154321",
)  # fmt: skip
OLD = Work(
    "On the Geometry of Old Things", "We study old things and their geometry, and prove a theorem about the oldest among them in four dimensions.",
    ("Grigori Perelman",), date="1999-01-04", arxiv_id="math/9901001", category="math.GT",
)  # fmt: skip
DRY = Work(
    "A Paper Whose Publisher Keeps Its Abstract",
    "",
    ("Ann Lee", "Bo Chen"),
    date="2019-05-03",
    doi="10.1000/dry.1",
    openalex_id="W1000000001",
)


def many(count: int, **fields) -> list[Work]:
    return [
        Work(
            f"Transformers number {n} for vision",
            f"The {n}th paper on transformers in vision says that attention of size {n} helps. It is like no other, as {n * 7919} tests show.",
            (f"Author Num{chr(97 + n % 26)}{chr(97 + n // 26)}",),
            arxiv_id=f"2401.{n:05}",
            openalex_id=f"W{5000000 + n}",
            doi=f"10.1000/many.{n}",
            **fields,
        )  # fmt: skip
        for n in range(count)
    ]


class Letters:
    """Counts letters: a real embedding model, and a quick one, as nothing here depends on meaning."""

    name, dimension, window_tokens = "letters", 26, 512

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def embed(self, texts, *, on_progress=None) -> np.ndarray:
        counts = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32) + 0.01
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def embed_query(self, text: str) -> np.ndarray:
        return self.embed([text])[0]


@pytest.fixture(scope="module")
def embedding():
    return Letters()


@pytest.fixture
def world(tmp_path, embedding):
    """Return a function that fetches with the settings of a server, and one that lists the collection."""

    class World:
        data_dir = tmp_path / "data"

        def settings(self, server, **more):
            return Settings(_env_file=None, data_dir=self.data_dir, **(server.settings | more))

        def fetch(self, server, source, wanted, *, settings=None, **options):
            return fetch(source, wanted, settings=self.settings(server, **(settings or {})), embedding=embedding, **options)

        def complete(self, server, source, **options):
            return complete(source, settings=self.settings(server), embedding=embedding, **options)

        def papers(self):
            return {paper.title: paper for paper in papers_of(Settings(_env_file=None, data_dir=self.data_dir), embedding)}

        def ingest(self, text, name="mine.txt"):
            folder = tmp_path / "mine"
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
            return ingest([folder], settings=Settings(_env_file=None, data_dir=self.data_dir), embedding=embedding)

        def files(self):
            return sorted((self.data_dir / "fetched").glob("*.jsonl"))

        def remove(self, paper_id):
            return remove([paper_id], settings=Settings(_env_file=None, data_dir=self.data_dir), embedding=embedding)

    return World()


# What was asked for


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("2303.15343", "arxiv", "2303.15343"),
        ("2303.15343v4", "arxiv", "2303.15343v4"),
        ("arXiv:2303.15343", "arxiv", "2303.15343"),
        ("https://arxiv.org/abs/2303.15343v2", "arxiv", "2303.15343v2"),
        ("http://www.arxiv.org/pdf/2303.15343.pdf", "arxiv", "2303.15343"),
        ("arxiv.org/pdf/2303.15343v1?download=1", "arxiv", "2303.15343v1"),
        ("math.gt/0309136", "arxiv", "math.GT/0309136"),
        ("hep-th/9901001v3", "arxiv", "hep-th/9901001v3"),
        ("https://doi.org/10.48550/arXiv.2303.15343", "arxiv", "2303.15343"),
        ("10.1109/ICCV51070.2023.01100", "doi", "10.1109/iccv51070.2023.01100"),
        ("doi: 10.1000/xyz.", "doi", "10.1000/xyz"),
        ("https://dx.doi.org/10.1002/(SICI)1097-4571%28199806%2949", "doi", "10.1002/(sici)1097-4571(199806)49"),
        ("W2741809807", "openalex", "W2741809807"),
        ("https://openalex.org/works/w2741809807", "openalex", "W2741809807"),
        ("https://api.openalex.org/works/W2741809807", "openalex", "W2741809807"),
    ],
)
def test_identifiers_are_known_in_every_writing(typed, kind, value):
    (found,), words = sort_out([typed])
    assert (found.kind, found.value, words) == (kind, value, "")


def test_other_words_are_a_query_and_each_id_is_asked_for_once():
    assert sort_out(["vision", "transformers 2024"]) == ((), "vision transformers 2024")
    assert sort_out(["WMT translation"])[1] == "WMT translation"
    assert len(sort_out(["2303.15343", "https://arxiv.org/abs/2303.15343"])[0]) == 1


@pytest.mark.parametrize(
    "typed", [["2303.1x"], ["10.1000"], ["https://example.org/paper"], ["2303.15343", "sigmoid loss"], ["W12345678x"]]
)
def test_a_misspelt_identifier_is_never_searched_for(typed):
    with pytest.raises(FetchError, match="neither|among identifiers"):
        sort_out(typed)


@pytest.mark.parametrize(
    ("source", "wanted", "better"),
    [
        ("arxiv", "10.1000/x", "crossref or openalex"),
        ("crossref", "2303.15343", "arxiv or openalex"),
        ("arxiv", "W2741809807", "openalex"),
    ],
)
def test_a_service_is_not_asked_by_ids_that_it_does_not_know(world, source, wanted, better):
    with FakeServices() as server:
        with pytest.raises(FetchError, match=better):
            world.fetch(server, source, [wanted])
        assert server.asked == []


def test_what_cannot_be_asked_is_refused_before_the_network(world):
    with FakeServices() as server:
        for source, wanted, options, words in (
            ("arxiv", [], {}, "nothing to fetch"),
            ("crossref", ["x"], {"category": "cs.CV"}, "no categories"),
            ("scopus", ["x"], {}, "no source"),
        ):
            with pytest.raises(FetchError, match=words):
                world.fetch(server, source, wanted, **options)
        assert server.asked == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query("sigmoid loss"), "all:sigmoid AND all:loss"),
        (Query('"sigmoid loss" image-text'), 'all:"sigmoid loss" AND all:image-text'),
        (Query("ti:sigmoid AND au:zhai"), "ti:sigmoid AND au:zhai"),
        (Query("ti:a OR ti:b", category="cs.LG"), "(ti:a OR ti:b) AND cat:cs.LG"),
        (Query("", category="hep-th"), "cat:hep-th"),
        (Query("what? (really)", year_from=2020), "all:what AND all:really AND submittedDate:[202001010000 TO 210012312359]"),
    ],
)
def test_words_become_arxiv_s_own_language(query, expected):
    assert search_query(query) == expected


# Getting papers


@pytest.mark.parametrize("source", ["arxiv", "openalex", "crossref"])
def test_a_query_adds_its_papers_with_all_that_is_known(world, source):
    with FakeServices(SIGLIP, KUBRIC, OLD) as server:
        report = world.fetch(server, source, "sigmoid loss")
    paper = world.papers()[SIGLIP.title]
    assert (report.found, report.written, report.problems, report.ingested.added) == (1, 1, (), 1)
    assert paper.abstract == SIGLIP.abstract and paper.authors == SIGLIP.authors and paper.date == SIGLIP.date
    assert paper.doi == SIGLIP.doi and paper.arxiv_id == (SIGLIP.arxiv_id if source != "crossref" else None)
    assert (
        report.file.parent == world.data_dir / "fetched"
        and report.file.name.startswith(source)
        and "sigmoid-loss" in report.file.name
    )


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("arxiv", ["2303.15343v1", "https://arxiv.org/abs/2203.03570", "math/9901001"]),
        ("openalex", ["W4360836968", "https://doi.org/10.48550/arXiv.2203.03570", "10.1109/iccv51070.2023.01100"]),
        ("crossref", ["10.1109/ICCV51070.2023.01100"]),
    ],
)
def test_ids_of_every_kind_are_fetched(world, source, wanted):
    with FakeServices(SIGLIP, KUBRIC, OLD) as server:
        report = world.fetch(server, source, wanted)
    titles = {
        "arxiv": {SIGLIP.title, KUBRIC.title, OLD.title},
        "openalex": {SIGLIP.title, KUBRIC.title},
        "crossref": {SIGLIP.title},
    }[source]
    assert set(world.papers()) == titles and report.problems == ()


def test_an_id_that_is_not_there_is_named_and_all_of_them_are_an_error(world):
    with FakeServices(SIGLIP) as server:
        for source, known, unknown in (
            ("arxiv", "2303.15343", "2399.99999"),
            ("openalex", "W4360836968", "W9999999999"),
            ("crossref", SIGLIP.doi, "10.1000/none"),
        ):
            unknown = unknown if source != "arxiv" else "2312.99999"
            report = world.fetch(server, source, [known, unknown])
            assert [problem.kind for problem in report.problems] == ["not found"] and unknown in report.problems[0].message
            with pytest.raises(FetchError, match="knows no paper"):
                world.fetch(server, source, [unknown])
    assert set(world.papers()) == {SIGLIP.title}


@pytest.mark.parametrize("source", ["arxiv", "openalex", "crossref"])
def test_pages_follow_one_another_up_to_the_limit(world, source):
    with FakeServices(*many(230)) as server:
        report = world.fetch(server, source, "transformers vision", limit=210)
        assert (report.found, report.total, report.requests) == (210, 230, 3)
    assert len(world.papers()) == 210


def test_years_and_categories_narrow_a_query(world):
    works = [
        *many(3),
        *[
            Work(
                "Older transformers for vision",
                OLD.abstract + " Transformers in vision.",
                date="2015-01-01",
                arxiv_id="1501.00001",
                openalex_id="W77777",
                doi="10.1000/o",
            )
        ],
    ]
    with FakeServices(
        *works,
        Work(
            "Transformers in math",
            "Transformers for vision in mathematics are rare but they are there, as we show.",
            date="2024-01-01",
            arxiv_id="2401.09999",
            category="math.CO",
        ),
    ) as server:
        assert world.fetch(server, "arxiv", "transformers", year_from=2020, category="cs.CV").found == 3
        assert "submittedDate:[202001010000" in server.asked[-1].params["search_query"]
        assert world.fetch(server, "openalex", "transformers", year_to=2016).found == 1
        world.fetch(server, "crossref", "transformers", year_from=2014, year_to=2016)
        assert server.asked[-1].params["filter"] == "has-abstract:true,from-pub-date:2014,until-pub-date:2016"


def test_an_empty_result_is_a_report_and_no_error(world):
    with FakeServices(SIGLIP) as server:
        for source in ("arxiv", "openalex", "crossref"):
            report = world.fetch(server, source, "nonexistentword")
            assert (report.found, report.written, report.file) == (0, 0, None) and "0 papers found" in str(report)


def test_callers_say_who_they_are(world):
    with FakeServices(SIGLIP) as server:
        for source in ("openalex", "crossref"):
            world.fetch(server, source, "sigmoid", settings={"fetch_email": "ann@example.org", "fetch_openalex_key": "k3y"})
        world.fetch(server, "openalex", "W4360836968", settings={"fetch_openalex_key": "k3y"})
        first, second, third = server.asked
    assert first.params["mailto"] == second.params["mailto"] == "ann@example.org"
    assert first.params["api_key"] == third.params["api_key"] == "k3y" and "api_key" not in second.params
    assert (
        first.headers["User-Agent"].startswith("qa_bot/")
        and "ann@example.org" in first.headers["User-Agent"]
        and "mailto" not in third.params
    )


# The collection


def test_the_same_paper_of_three_services_is_one_and_nothing_is_written_twice(world):
    world.ingest(f"{SIGLIP.title}\n\n{SIGLIP.abstract}\n")
    with FakeServices(SIGLIP, KUBRIC) as server:
        for source in ("arxiv", "openalex", "crossref"):
            world.fetch(server, source, "sigmoid")
        again = world.fetch(server, "arxiv", "sigmoid")
    (paper,) = world.papers().values()
    assert (again.written, again.unchanged, again.file) == (0, 1, None) and again.ingested.unchanged_files == 3
    assert len(paper.origins) == 4 and paper.arxiv_id == SIGLIP.arxiv_id and len(world.files()) == 3


def test_an_ingest_of_the_folder_finds_what_was_fetched(world, embedding):
    with FakeServices(SIGLIP, KUBRIC) as server:
        world.fetch(server, "arxiv", ["2303.15343", "2203.03570"])
    other = Settings(_env_file=None, data_dir=world.data_dir.parent / "other")
    report = ingest([world.data_dir / "fetched"], settings=other, embedding=embedding)
    assert (report.files, report.papers, report.skipped) == (1, 2, ())


def test_a_new_wording_of_an_abstract_becomes_the_newest_version(world):
    reworded = SIGLIP.abstract.replace("simple pairwise", "very simple, pairwise") + " We also study the ratio of pairs."
    with FakeServices(SIGLIP) as server:
        world.fetch(server, "arxiv", ["2303.15343"])
        server.works = [Work(**(vars(SIGLIP) | {"abstract": reworded}))]
        report = world.fetch(server, "arxiv", ["2303.15343"])
    (paper,) = world.papers().values()
    assert report.written == 1 and [version.abstract for version in paper.versions] == [reworded, SIGLIP.abstract]


def test_an_old_version_asked_for_by_number_is_not_the_newest(world):
    older = SIGLIP.abstract.replace("We propose a simple", "We present a new and simple")
    with FakeServices(SIGLIP) as server:
        world.fetch(server, "arxiv", ["2303.15343"])
        server.works = [Work(**(vars(SIGLIP) | {"abstract": older}))]
        world.fetch(server, "arxiv", ["2303.15343v1"])
        assert not any("abstracts" in json.loads(line) for path in world.files() for line in path.read_text().splitlines())
        server.works = [SIGLIP]
        world.fetch(server, "arxiv", ["2303.15343"])
    (paper,) = world.papers().values()
    assert [version.abstract for version in paper.versions] == [SIGLIP.abstract, older]


def test_what_was_removed_comes_back_only_when_it_is_asked_for_by_name(world):
    with FakeServices(SIGLIP, KUBRIC) as server:
        world.fetch(server, "arxiv", "of")
        world.remove("arxiv:2303.15343")
        world.fetch(server, "arxiv", "of")
        assert set(world.papers()) == {KUBRIC.title}
        world.fetch(server, "arxiv", ["2303.15343"])
    assert set(world.papers()) == {SIGLIP.title, KUBRIC.title}


def test_papers_without_an_abstract_withdrawn_or_retracted_are_named(world):
    gone = Work(
        "A Claim That Did Not Hold",
        "This paper has been withdrawn by the author due to a crucial error in equation 3.",
        ("Ann Lee",),
        arxiv_id="2401.00009",
    )
    taken = Work(
        "A Study That Was Retracted", SIGLIP.abstract[::-1], ("Bo Chen",), openalex_id="W8888888", extra={"is_retracted": True}
    )
    with FakeServices(gone, taken, DRY) as server:
        reports = [
            world.fetch(server, "arxiv", ["2401.00009"]),
            world.fetch(server, "openalex", ["W8888888", "W1000000001"]),
            world.fetch(server, "crossref", [DRY.doi]),
        ]
    assert [[problem.kind for problem in report.problems] for report in reports] == [
        ["withdrawn"],
        ["retracted", "no abstract"],
        ["no abstract"],
    ]
    assert all(report.written == 0 for report in reports) and world.papers() == {}


def test_an_answer_without_an_abstract_completes_the_paper_that_it_truly_is(world):
    mine = "I collected this paper by hand. Its abstract says that things are dry here, and that we show it on 12 data sets with care."
    world.ingest(json.dumps({"title": DRY.title, "abstract": mine, "authors": ["Lee, Ann"]}), "mine.json")
    other = Work(DRY.title, "", ("Somebody Else",), date="2001-01-01", doi="10.1000/other")
    with FakeServices(DRY, other) as server:
        assert world.fetch(server, "crossref", [other.doi]).completed == 0
        assert world.fetch(server, "crossref", [DRY.doi]).completed == 1
    (paper,) = world.papers().values()
    assert (paper.doi, paper.date, paper.abstract) == (DRY.doi, DRY.date, mine)


FORMULA = (
    "<jats:inline-formula><jats:alternatives><jats:tex-math>$O(n)$</jats:tex-math>"
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>O</mml:mi></mml:math></jats:alternatives></jats:inline-formula>'
)
PARTS = (
    "<jats:sec><jats:title>Background</jats:title><jats:p>One.</jats:p></jats:sec>"
    "<jats:sec><jats:title>Results:</jats:title><jats:p>Two.</jats:p></jats:sec>"
)


@pytest.mark.parametrize(
    ("jats", "expected"),
    [
        (
            "<jats:title>Abstract</jats:title><jats:p>We find <jats:italic>E. coli</jats:italic> in H<jats:sub>2</jats:sub>O &amp; air.</jats:p>",
            "We find E. coli in H<sub>2</sub>O & air.",
        ),
        (PARTS, "Background: One.\n\nResults: Two."),
        (f"<jats:p>Cost {FORMULA}.</jats:p>", "Cost $O(n)$."),
        ('<jats:p xml:lang="en">Fish & chips are < 5 <jats:bold>good</jats:bold></jats:p>', "Fish & chips are < 5 good"),
        ("<p>ABSTRACT: Plain words.</p>", "Plain words."),
        ("Abstract We show it plainly.", "We show it plainly."),
        ("Abstract interpretation is a theory.", "Abstract interpretation is a theory."),
        ("<jats:title>Summary</jats:title>\n<jats:p>A.</jats:p>\n<jats:p>B.</jats:p>", "A.\n\nB."),
    ],
)
def test_journals_xml_becomes_text(jats, expected):
    assert plain_abstract(jats) == expected


def test_odd_answers_break_nothing(world):
    odd = Work(
        "Odd: <i>E. coli</i> &amp; co",
        "Strange words \ud800 \x00 stand in this abstract, and yet it is one that a reader can read without harm.",
        openalex_id="W3000003",
        extra={
            "authorships": [None, {"author": None}, {"author": {"display_name": "Ann Lee"}}],
            "locations": None,
            "primary_location": None,
            "primary_topic": None,
            "publication_date": None,
        },
    )
    strange = Work(
        "Strange",
        SIGLIP.abstract,
        doi="10.1000/strange",
        extra={
            "author": [{"name": "The Consortium"}, None, {"family": "Lee"}],
            "issued": {"date-parts": [[None]]},
            "published": None,
            "relation": None,
            "title": [],
        },
    )
    with FakeServices(odd, strange) as server:
        assert world.fetch(server, "openalex", ["W3000003"]).written == 1
        assert world.fetch(server, "crossref", ["10.1000/strange"]).written == 1
    assert {paper.authors for paper in world.papers().values()} == {("Ann Lee",), ("The Consortium", "Lee")}


# Troubles


@pytest.mark.parametrize("source", ["arxiv", "openalex", "crossref"])
def test_passing_troubles_are_waited_out(world, source):
    for troubles in ([busy(503), busy(429, retry_after="0")], [busy(500), cut()], [halved(), halved(), cut()]):
        with FakeServices(SIGLIP, troubles=troubles) as server:
            report = world.fetch(server, source, "sigmoid")
            assert (report.found, report.requests, len(server.asked)) == (1, len(troubles) + 1, len(troubles) + 1)
    assert set(world.papers()) == {SIGLIP.title}


def test_retry_after_is_obeyed_as_seconds_and_as_a_date(world):
    with FakeServices(SIGLIP, troubles=[busy(429, retry_after="1")]) as server:
        world.fetch(server, "arxiv", "sigmoid")
        assert server.asked[1].time - server.asked[0].time >= 1.0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with FakeServices(SIGLIP, troubles=[busy(503, retry_after=soon)]) as server:
        world.fetch(server, "crossref", "sigmoid")
        assert server.asked[1].time - server.asked[0].time >= 0.5


def test_a_service_that_wants_hours_is_left_alone(world):
    with FakeServices(
        SIGLIP, troubles=[busy(429, retry_after="30000", body=b'{"error": "Rate limit", "message": "Daily limit exceeded"}')]
    ) as server:
        with pytest.raises(FetchError, match="8 hours.*QA_BOT_FETCH_OPENALEX_KEY") as caught:
            world.fetch(server, "openalex", "sigmoid")
        assert len(server.asked) == 1 and "Daily limit exceeded" in str(caught.value)


def test_a_service_that_stays_down_is_an_error_after_some_tries(world):
    with FakeServices(SIGLIP, troubles=[busy(503)] * 20) as server:
        with pytest.raises(FetchError, match="arXiv .* could not be asked: HTTP 503, 'Rate exceeded'"):
            world.fetch(server, "arxiv", "sigmoid")
        assert len(server.asked) == 5


@pytest.mark.parametrize("trouble", [html(), html(403), html(400)], ids=["200", "403", "400"])
def test_a_web_page_instead_of_data_is_named(world, trouble):
    with FakeServices(SIGLIP, troubles=[trouble]) as server:
        with pytest.raises(FetchError, match="web page instead of data.*sign in"):
            world.fetch(server, "openalex", "sigmoid")
        assert len(server.asked) == 1


def test_no_network_is_said_at_once(world):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nowhere = {"fetch_arxiv_url": f"http://127.0.0.1:{port}/api", "fetch_pause_seconds": 0.0}
    began = time.monotonic()
    with pytest.raises(FetchError, match="no way to it.*network"):
        fetch("arxiv", "sigmoid", settings=Settings(_env_file=None, data_dir=world.data_dir, **nowhere))
    assert time.monotonic() - began < 10


def test_what_a_service_does_not_understand_is_said_in_its_words(world):
    with FakeServices(
        SIGLIP, troubles=[busy(400, body=b'{"error": "Invalid query", "message": "Unknown filter field: x"}')]
    ) as server:
        with pytest.raises(FetchError, match="does not understand.*Unknown filter field: x"):
            world.fetch(server, "openalex", "sigmoid")


def test_a_key_that_is_refused_is_named(world):
    with FakeServices(SIGLIP, troubles=[busy(401, body=b'{"error": "Invalid API key"}')]) as server:
        with pytest.raises(FetchError, match="refuses.*Invalid API key.*QA_BOT_FETCH_OPENALEX_KEY"):
            world.fetch(server, "openalex", "sigmoid")


def test_a_page_that_arxiv_forgot_to_fill_is_asked_for_again(world):
    with FakeServices(*many(150), troubles=[None, emptied(), emptied()]) as server:
        report = world.fetch(server, "arxiv", "transformers", limit=150)
        assert (report.found, report.requests) == (150, 4)


def test_the_pace_is_kept_within_a_run_and_between_runs(world):
    with FakeServices(*many(3)) as server:
        world.fetch(server, "openalex", ["W5000000", "W5000001"], settings={"fetch_pause_seconds": 0.4})
        world.fetch(server, "openalex", ["W5000002"], settings={"fetch_pause_seconds": 0.4})
        times = [asked.time for asked in server.asked]
    assert all(later - earlier >= 0.35 for earlier, later in zip(times, times[1:], strict=False))


# A run that breaks off


def test_a_run_that_broke_off_goes_on_where_it_stopped(world):
    with FakeServices(*many(250), troubles=[None, None, *[busy(503)] * 5]) as server:
        with pytest.raises(FetchError, match="kept"):
            world.fetch(server, "crossref", "transformers", limit=250)
        assert world.files() == []
        asked = len(server.asked)
        report = world.fetch(server, "crossref", "transformers", limit=250)
        assert (len(server.asked) - asked, report.resumed_pages, report.found) == (1, 2, 250)
        assert "2 pages were there" in str(report)
        world.fetch(server, "crossref", "transformers", limit=250)
        assert len(server.asked) - asked == 4  # a finished run leaves no pages behind


def test_ids_go_on_where_they_stopped_too(world):
    ids = [f"W{5000000 + n}" for n in range(6)]
    with FakeServices(*many(6), troubles=[None, None, None, *[cut()] * 5]) as server:
        with pytest.raises(FetchError, match="connection broke"):
            world.fetch(server, "openalex", ids)
        asked = len(server.asked)
        assert world.fetch(server, "openalex", ids).resumed_pages == 3 and len(server.asked) - asked == 3


def test_a_run_killed_in_the_middle_goes_on(world):
    program = (
        "import sys\nfrom pathlib import Path\nfrom qa_bot.config import Settings\nfrom qa_bot.fetching import fetch\n"
        "settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]), fetch_openalex_url=sys.argv[2], fetch_pause_seconds=0)\n"
        "fetch('openalex', 'transformers', limit=250, settings=settings)"
    )
    with FakeServices(*many(250), troubles=[None, busy(429, retry_after="60")]) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(world.data_dir), server.settings["fetch_openalex_url"]], stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 30
        while len(server.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
        process.communicate()
        report = world.fetch(server, "openalex", "transformers", limit=250)
        assert (report.resumed_pages, report.found, len(world.papers())) == (1, 250, 250)


def test_a_kept_page_that_was_damaged_is_asked_for_again(world):
    with FakeServices(*many(250), troubles=[None, None, *[busy(503)] * 5]) as server:
        with pytest.raises(FetchError):
            world.fetch(server, "openalex", "transformers", limit=250)
        (second,) = (world.data_dir / "fetched" / ".pages").glob("*/000001.json")
        second.write_text(second.read_text()[:100])
        report = world.fetch(server, "openalex", "transformers", limit=250)
        assert (report.resumed_pages, report.found) == (1, 250)


def test_a_store_in_use_does_not_lose_what_was_fetched(world, embedding, monkeypatch):
    from qa_bot import store
    from qa_bot.ingest import fingerprint_of

    monkeypatch.setattr(store, "LOCK_TIMEOUT_SECONDS", 0.2)
    with FakeServices(SIGLIP) as server:
        settings = world.settings(server)
        holder = store.PaperStore(settings.data_dir, fingerprint_of(embedding), writable=True)
        try:
            with pytest.raises(store.StoreBusy):
                world.fetch(server, "arxiv", "sigmoid")
        finally:
            holder.close()
        world.fetch(server, "arxiv", "sigmoid")
    assert set(world.papers()) == {SIGLIP.title}


# Completing


UNTITLED = f"Abstract: {SIGLIP.abstract}\n\nAbstract: {KUBRIC.abstract}\n"


@pytest.mark.parametrize("source", ["arxiv", "openalex"])
def test_stand_in_titles_become_real_ones(world, source):
    world.ingest(UNTITLED)
    assert all(paper.title_is_stand_in for paper in world.papers().values())
    with FakeServices(SIGLIP, KUBRIC, OLD, *many(5)) as server:
        report = world.complete(server, source)
    papers = world.papers()
    assert set(papers) == {SIGLIP.title, KUBRIC.title} and not any(paper.title_is_stand_in for paper in papers.values())
    assert (
        papers[SIGLIP.title].authors == SIGLIP.authors
        and papers[KUBRIC.title].arxiv_id == KUBRIC.arxiv_id
        and papers[KUBRIC.title].date
    )
    assert (report.asked, len(report.completed), report.not_found) == (2, 2, ())
    assert all("words of its abstract" in one.found_by for one in report.completed)
    with FakeServices(SIGLIP, KUBRIC) as server:
        assert world.complete(server, source).asked == 0 and server.asked == []


def test_an_abstract_that_only_shares_its_words_completes_nothing(world):
    world.ingest(f"Abstract: {SIGLIP.abstract}\n")
    words = SIGLIP.abstract.split()
    shuffled = Work(
        "Another Paper With All the Same Words", " ".join(sorted(words)), ("Not Me",), arxiv_id="2401.11111", openalex_id="W66666"
    )
    follow_up = Work(
        "Sigmoid Loss 2", "We introduce SigLIP 2, a family of encoders that build on the sigmoid loss for language-image pre-training, standard "
        "contrastive learning with softmax normalization, and operates solely on image-text pairs; global view, "
        "pairwise similarities, simple, require, propose, unlike.",
        ("Michael Tschannen",), arxiv_id="2502.14786", openalex_id="W66667",
    )  # fmt: skip
    with FakeServices(shuffled, follow_up) as server:
        for source in ("arxiv", "openalex"):
            report = world.complete(server, source)
            assert report.completed == () and len(report.not_found) == 1 and len(server.asked) >= 1
    (paper,) = world.papers().values()
    assert paper.title_is_stand_in and world.files() == []


def test_one_abstract_under_two_titles_completes_nothing(world):
    world.ingest(f"Abstract: {SIGLIP.abstract}\n")
    copied = Work("Weeds in Fields of Wheat", SIGLIP.abstract, ("Somebody Else",), arxiv_id="2401.22222", openalex_id="W66668")
    with FakeServices(SIGLIP, copied) as server:
        assert world.complete(server, "arxiv").completed == ()


def test_a_paper_with_an_id_is_asked_for_by_it_unless_the_id_is_another_s(world):
    entries = [
        {"id": "a", "abstract": SIGLIP.abstract, "arxiv_id": "2303.15343"},
        {"id": "b", "abstract": KUBRIC.abstract, "arxiv_id": "2401.00001"},  # a misprint
        {"id": "c", "abstract": OLD.abstract, "doi": "10.1000/nowhere"},
    ]
    world.ingest("\n".join(map(json.dumps, entries)), "mine.jsonl")
    with FakeServices(SIGLIP, *many(3)) as server:
        report = world.complete(server, "arxiv")
        assert server.asked[0].params["id_list"] in ("2303.15343,2401.00001", "2401.00001,2303.15343")
    assert [(one.title, one.found_by) for one in report.completed] == [(SIGLIP.title, "its arXiv id")] and len(
        report.not_found
    ) == 2
    assert world.papers()[SIGLIP.title].authors == SIGLIP.authors


def test_a_title_finds_authors_date_and_doi_and_what_is_there_stays(world):
    mine = {"title": SIGLIP.title, "abstract": SIGLIP.abstract, "year": 2024}
    world.ingest(
        json.dumps(
            [
                mine,
                {
                    "title": DRY.title,
                    "abstract": "Only my own words on this paper stand here, and nobody else has them.",
                    "authors": ["Ann Lee"],
                },
            ]
        ),
        "mine.json",
    )
    namesake = Work(DRY.title, "", ("Zoe Other",), date="1980-01-01", doi="10.1000/namesake")
    with FakeServices(SIGLIP, namesake, DRY) as server:
        report = world.complete(server, "crossref")
    papers = world.papers()
    assert {one.title for one in report.completed} == {SIGLIP.title, DRY.title} and {
        one.found_by for one in report.completed
    } == {"its title"}
    assert (papers[SIGLIP.title].date, papers[SIGLIP.title].authors, papers[SIGLIP.title].doi) == (
        "2024",
        SIGLIP.authors,
        SIGLIP.doi,
    )
    assert (papers[DRY.title].doi, papers[DRY.title].date, papers[DRY.title].authors) == (DRY.doi, DRY.date, ("Ann Lee",))


def test_short_titles_and_equal_titles_of_others_are_not_taken(world):
    world.ingest(
        json.dumps(
            [
                {
                    "title": "Editorial",
                    "abstract": "In this editorial we look back on a year of papers and thank all of our reviewers for it.",
                    "year": 2019,
                }
            ]
        ),
        "mine.json",
    )
    with FakeServices(
        Work("Editorial", "", ("Somebody Else",), date="2019-01-01", doi="10.1000/ed", openalex_id="W44444")
    ) as server:
        assert world.complete(server, "crossref").completed == () and world.complete(server, "openalex").completed == ()


def test_a_completion_that_broke_off_keeps_what_it_found_and_goes_on(world):
    world.ingest(UNTITLED + f"\nAbstract: {OLD.abstract}\n")
    with FakeServices(SIGLIP, KUBRIC, OLD, troubles=[None, *[busy(503)] * 5]) as server:
        with pytest.raises(FetchError, match="1 of 3 papers were asked"):
            world.complete(server, "arxiv")
        assert sum(not paper.title_is_stand_in for paper in world.papers().values()) == 1
        asked = len(server.asked)
        report = world.complete(server, "arxiv")
        assert len(server.asked) - asked == 2 and report.not_found == ()
    assert set(world.papers()) == {SIGLIP.title, KUBRIC.title, OLD.title}


def test_a_limit_is_gone_through_run_by_run(world):
    world.ingest(UNTITLED + f"\nAbstract: {OLD.abstract}\n")
    with FakeServices(OLD) as server:
        reports = [world.complete(server, "arxiv", limit=1) for _ in range(3)]
        asked = [params["search_query"] for params in server.params()]
    assert sum(len(report.completed) for report in reports) == 1 and reports[-1].asked >= 2
    assert len(set(asked)) == len(asked) and OLD.title in world.papers()


def test_a_question_that_is_not_understood_is_one_without_an_answer(world):
    world.ingest(UNTITLED)
    refused = busy(400, body=b"<feed><entry><title>Error</title><summary>malformed query</summary></entry></feed>")
    with FakeServices(SIGLIP, KUBRIC, troubles=[refused, refused]) as server:
        report = world.complete(server, "arxiv")
    assert len(report.completed) == 1 and len(report.not_found) == 1


def test_completing_an_empty_collection_asks_nobody(world):
    with FakeServices() as server:
        assert world.complete(server, "arxiv").asked == 0 and server.asked == []


def test_facts_of_several_services_stand_beside_one_another(world):
    world.ingest(f"Abstract: {SIGLIP.abstract}\n")
    on_arxiv = Work(**(vars(SIGLIP) | {"doi": None, "authors": ()}))
    with FakeServices(on_arxiv) as server:
        world.complete(server, "arxiv")
    with FakeServices(SIGLIP) as server:
        world.complete(server, "crossref")
    (paper,) = world.papers().values()
    assert (paper.title, paper.arxiv_id, paper.doi, paper.authors) == (SIGLIP.title, SIGLIP.arxiv_id, SIGLIP.doi, SIGLIP.authors)
    (facts,) = world.files()
    (entry,) = map(json.loads, facts.read_text().splitlines())
    assert entry["abstracts"] == [text_key(SIGLIP.abstract)]


# The command line


def run_cli(*arguments, **environment):
    import os

    done = subprocess.run(
        [sys.executable, "-m", "qa_bot", *arguments], capture_output=True, text=True, env=os.environ | environment
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_fetches_completes_and_says_what_went_wrong(world):
    with FakeServices(SIGLIP, KUBRIC) as server:
        environment = {f"QA_BOT_{name.upper()}": str(value) for name, value in server.settings.items()} | {
            "QA_BOT_DATA_DIR": str(world.data_dir)
        }
        code, out, _ = run_cli("fetch", "arxiv", "2303.15343", "--json", **environment)
        report = json.loads(out)["fetched"]
        assert code == 0 and report["written"] == 1 and report["ingested"]["papers"] == 1 and report["file"].endswith(".jsonl")
        code, out, _ = run_cli(
            "fetch", "openalex", "dataset", "generator", "--limit", "5", "--from-year", "2020", "--complete", **environment
        )
        assert code == 0 and "1 papers found" in out and "papers with gaps completed" in out
        code, out, err = run_cli("fetch", "arxiv", "2312.00001", **environment)
        assert code == 1 and err.strip().splitlines()[-1].startswith("qa-bot: arXiv knows no paper 2312.00001")
        papers = json.loads(run_cli("papers", "--json", **environment)[1])
    assert {paper["title"] for paper in papers} == {SIGLIP.title, KUBRIC.title}


def test_nothing_to_fetch_is_wrong_usage():
    assert CliRunner().invoke(app, ["fetch", "arxiv"]).exit_code == 2
    assert CliRunner().invoke(app, ["fetch", "scopus", "x"]).exit_code == 2
