"""Identity: the 96 records of the seeds are 82 papers, on grounds that can be named, in whatever order they come."""

from __future__ import annotations

import json
import random
import re

import pytest
from conftest import SEEDS

from qa_bot.catalogue import merge_records, stand_in_title, text_key, title_key
from qa_bot.markup import plain_text
from qa_bot.readers import read_file
from qa_bot.schema import Fact, Origin, Record

RECORDS = [record for path in sorted(SEEDS.glob("*.txt")) for record in read_file(path).records]
FACTS = list(read_file(SEEDS / "catalogue.jsonl").facts)
WITH_FACTS = merge_records(RECORDS, FACTS)
WITHOUT_FACTS = merge_records(RECORDS)
TEXT = (
    "Readers of old letters often ask who wrote them. We present a method that dates paper by the acids in its ink, "
    "and show on four hundred letters that the method is right to within nine years in most cases."
)
UNLIKE = (
    "Bees dance to tell of flowers. Cameras above six hives recorded every dance of one summer, and from these films we "
    "learn a map of the meadow that agrees with a survey on foot in all but two places."
)


def record(ordinal=1, *, file="a.jsonl", abstract=TEXT, **fields) -> Record:
    return Record(Origin(file, ordinal), abstract, **fields)


def paper_of(merged, title):
    return next(paper for paper in merged.papers if paper.title == title)


# The seeds


@pytest.mark.parametrize("merged", [WITH_FACTS, WITHOUT_FACTS], ids=["facts", "no facts"])
def test_96_records_are_82_papers_and_none_is_lost(merged):
    assert len(RECORDS) == 96 and len(merged.papers) == 82
    origins = [origin for paper in merged.papers for origin in paper.origins]
    assert len(origins) == len(set(origins)) == 96
    assert set(origins) == {record.origin for record in RECORDS}
    assert len({paper.paper_id for paper in merged.papers}) == 82


def test_titles_ids_and_dates_come_from_the_facts():
    assert {paper.title for paper in WITH_FACTS.papers} == {fact.title for fact in FACTS}
    assert not any(paper.title_is_stand_in for paper in WITH_FACTS.papers)
    assert {paper.paper_id for paper in WITH_FACTS.papers} == {f"arxiv:{fact.arxiv_id}" for fact in FACTS}
    sideways = paper_of(WITH_FACTS, "Sideways: Depth-Parallel Training of Video Models")
    assert (sideways.date, sideways.year, sideways.url) == ("2020-01", 2020, "https://arxiv.org/abs/2001.06232")
    assert sideways.authors[0] == "Mateusz Malinowski" and sideways.authors_complete


def test_fuller_authors_and_aliases_come_from_the_facts():
    paligemma = paper_of(WITH_FACTS, "PaliGemma: A versatile 3B VLM for transfer")
    assert len(paligemma.authors) == 35 and paligemma.authors_complete and paligemma.date == "2024-07-10"
    assert paligemma.organisations == ("deepmind", "oxford") and paligemma.categories == ("CV",)
    assert "Hierarchical Perceiver" in paper_of(WITH_FACTS, "HiP: Hierarchical Perceiver").aliases
    scivid = next(paper for paper in WITH_FACTS.papers if paper.title.startswith("SciVid"))
    assert len(scivid.authors) == 3 and not scivid.authors_complete


def test_without_facts_66_titles_are_right_and_the_rest_say_that_they_are_none():
    titled = [paper for paper in WITHOUT_FACTS.papers if not paper.title_is_stand_in]
    assert len(titled) == 66 and {paper.title for paper in titled} <= {fact.title for fact in FACTS}
    stand_ins = [paper.title for paper in WITHOUT_FACTS.papers if paper.title_is_stand_in]
    assert "[untitled] We propose Sideways, an approximate backpropagation scheme …" in stand_ins
    assert all(title.startswith("[untitled] ") for title in stand_ins) and len(set(stand_ins)) == 16


@pytest.mark.parametrize("merged", [WITH_FACTS, WITHOUT_FACTS], ids=["facts", "no facts"])
@pytest.mark.parametrize(
    ("title", "newest", "older"),
    [
        ("BootsTAP: Bootstrapped Training for Tracking-Any-Point", "67.4", "66.4"),
        ("Perception Test: A Diagnostic Benchmark for Multimodal Video Models", "46.2", "43.6"),
        ("HiP: Hierarchical Perceiver", "without specialized preprocessing or any tokenization", "PASCAL VOC datasets"),
        (
            "A Large-scale Study of Representation Learning with the Visual Task Adaptation Benchmark",
            "unified evaluation",
            "yardstick",
        ),
    ],
)
def test_versions_are_kept_newest_first_with_their_own_figures(merged, title, newest, older):
    paper = paper_of(merged, title)
    assert len(paper.versions) == 2
    assert newest in paper.versions[0].abstract and newest not in paper.versions[1].abstract
    assert older in paper.versions[1].abstract and older not in paper.versions[0].abstract
    assert paper.versions[0].date and paper.versions[1].date is None


@pytest.mark.parametrize("merged", [WITH_FACTS, WITHOUT_FACTS], ids=["facts", "no facts"])
def test_the_same_wording_is_one_version_of_several_origins(merged):
    paligemma = paper_of(merged, "PaliGemma: A versatile 3B VLM for transfer")
    assert len(paligemma.versions) == 1
    assert [origin.file[:3] for origin in paligemma.origins] == ["000", "001", "002", "003"]


@pytest.mark.parametrize("merged", [WITH_FACTS, WITHOUT_FACTS], ids=["facts", "no facts"])
@pytest.mark.parametrize(
    "beginnings",
    [
        ("Automatically finding good and general remote sensing", "Given the importance of remote sensing"),
        ("PaliGemma is an open", "PaliGemma 2 is an upgrade"),
        ("We propose a simple pairwise Sigmoid loss", "We introduce SigLIP 2"),
        ("Effective scaling and a flexible task interface", "We present the training recipe", "This paper presents PaLI-3"),
        ("The scaling of Transformers has driven", "Attention-based neural networks such as the Vision"),
        ("We propose Sideways", "How can neural networks be trained on large-volume"),
        ("We introduce the DROW detector", "Detecting humans is a key skill"),
        ("Scene understanding is a prerequisite", "We are interested in automatic scene understanding"),
    ],
)
def test_what_is_not_one_paper_stays_apart(merged, beginnings):
    found = [
        paper.paper_id
        for start in beginnings
        for paper in merged.papers
        if any(v.abstract.startswith(start) for v in paper.versions)
    ]
    assert len(found) == len(set(found)) == len(beginnings)


@pytest.mark.parametrize("facts", [FACTS, []], ids=["facts", "no facts"])
@pytest.mark.parametrize("seed", range(3))
def test_order_does_not_matter(facts, seed):
    shuffled, shuffled_facts = RECORDS[:], list(facts)
    random.Random(seed).shuffle(shuffled)
    random.Random(seed).shuffle(shuffled_facts)
    assert merge_records(shuffled, shuffled_facts) == (WITH_FACTS if facts else WITHOUT_FACTS)


def test_the_merges_hold_in_any_part_of_the_collection():
    for files in (("000", "001"), ("002", "003")):
        part = [record for record in RECORDS if record.origin.file[:3] in files]
        expected = sum(1 for paper in WITH_FACTS.papers if any(origin.file[:3] in files for origin in paper.origins))
        assert len(merge_records(part).papers) == expected


def test_every_merged_record_has_a_ground():
    for merged in (WITH_FACTS, WITHOUT_FACTS):
        assert len(merged.grounds) == 96 - 82
        papers = {paper.paper_id: paper for paper in merged.papers}
        assert all(ground.origin in papers[ground.paper_id].origins and ground.reason for ground in merged.grounds)
    reasons = {re.sub(r"\d+%", "n%", ground.reason) for ground in WITHOUT_FACTS.grounds}
    assert reasons == {
        "same abstract",
        "same title and an author in common",
        "abstracts alike: n% of the shorter one's words stand in common runs",
    }


def test_the_text_as_found_is_kept():
    flops = next(paper for paper in WITH_FACTS.papers if paper.title.startswith("Where Should I Spend"))
    assert "CO₂ footprints" in flops.versions[0].abstract and "CO$_2$ footprints" in flops.versions[0].raw


# Keys


def test_text_keys_see_the_words_only():
    key = text_key(r"The CO$_2$ of image--text models $\unicode{x2013}$ H\'enaff's, 10$^6$ of them.")
    assert key == text_key("the  CO2 of image-text\nmodels — Hénaff's 10⁶ of them")
    assert key != text_key("the CO2 of image-text models — Hénaff's 10⁷ of them")
    assert title_key("{LiT}: Zero-Shot Transfer") == title_key("LiT — zero-shot transfer")


def test_stand_in_titles_end_at_a_word_or_a_sentence():
    assert stand_in_title("We read. Then we write.") == "[untitled] We read"
    assert (
        stand_in_title("We read et al. (2018) and then some more words that go on and on for long.")
        == "[untitled] We read et al. (2018) and then some more words that go on …"
    )


# Grounds


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ({"doi": "https://doi.org/10.1/AB"}, {"doi": "doi:10.1/ab", "abstract": UNLIKE}, "same DOI 10.1/ab"),
        ({"arxiv_id": "2001.06232v1"}, {"arxiv_id": "arXiv:2001.06232v3", "abstract": UNLIKE}, "same arXiv id 2001.06232"),
        ({"arxiv_id": "2001.06232"}, {"doi": "10.48550/arXiv.2001.06232", "abstract": UNLIKE}, "same arXiv id 2001.06232"),
        (
            {"title": "Inks", "authors": ("Ann Lee",)},
            {"title": "INKS.", "authors": ("A. Lee", "B. Chen"), "abstract": UNLIKE},
            "same title and an author in common",
        ),
        (
            {"title": "Inks of old", "date": "2020-01-01"},
            {"title": "Inks of old", "date": "2020", "abstract": UNLIKE},
            "same title and year",
        ),
        (
            {"title": "Inks of old", "date": "2020-12"},
            {"title": "Inks of old", "date": "2021", "abstract": UNLIKE},
            "same title, one year apart",
        ),
        (
            {"title": "Dating the inks of old"},
            {"title": "Dating the inks of old", "abstract": TEXT[:150] + UNLIKE},
            "same title, and the texts agree in part",
        ),
        ({"title": "Dating the inks of old"}, {}, "same abstract"),
        ({"title": "Dating the inks of old"}, {"abstract": TEXT.replace("nine", "ten")}, "abstracts alike"),
    ],
)
def test_grounds_of_one_paper(first, second, reason):
    merged = merge_records([record(1, file="a", **first), record(2, file="b", **second)])
    assert len(merged.papers) == 1
    assert [(ground.origin.file, ground.origin.ordinal) for ground in merged.grounds] == [("b", 2)]
    assert merged.grounds[0].reason.startswith(reason)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"arxiv_id": "2001.00001"}, {"arxiv_id": "2001.00002"}),
        ({"title": "Inks of old letters", "arxiv_id": "2001.00001"}, {"title": "Inks of old letters", "arxiv_id": "2101.00002"}),
        ({"title": "Inks of old letters", "date": "2020"}, {"title": "Acids in paper and time", "date": "2020"}),
        ({"title": "Inks of old letters", "date": "2020"}, {"title": "Inks of old letters 2", "date": "2020"}),
        ({"title": "Inks of old letters, dated", "date": "2020-01"}, {"title": "Inks of old letters", "date": "2021-05"}),
        ({"title": "Summary", "authors": ("Ann Lee",)}, {"title": "Summary", "authors": ("Bo Chen",), "abstract": UNLIKE}),
        ({"title": "Corresponding author:"}, {"title": "Corresponding author:", "abstract": UNLIKE}),
        (
            {"title": "A yearly report", "authors": ("Ann Lee",), "date": "2011"},
            {"title": "A yearly report", "authors": ("Ann Lee",), "date": "2019", "abstract": UNLIKE},
        ),
        ({"title": "Inks", "doi": "10.1/x"}, {"title": "Dancing bees and meadows", "doi": "10.1/x", "abstract": UNLIKE}),
        ({"abstract": "This paper has been withdrawn."}, {"abstract": "This paper has been withdrawn."}),
        ({}, {"abstract": UNLIKE}),
    ],
)
def test_no_ground_for_one_paper(first, second):
    merged = merge_records([record(1, file="a", **first), record(2, file="b", **second)])
    assert len(merged.papers) == 2 and not merged.grounds
    assert len({paper.paper_id for paper in merged.papers}) == 2


def test_entries_of_one_list_are_one_paper_only_when_nearly_equal():
    reworded = TEXT.replace("We present a method that dates", "Here a way is shown of dating").replace(
        "four hundred letters that the method", "many letters that it"
    )
    apart = merge_records([record(1, abstract=TEXT), record(2, abstract=reworded)])
    joined = merge_records([record(1, abstract=TEXT), record(2, abstract=reworded, file="b")])
    assert (len(apart.papers), len(joined.papers)) == (2, 1)
    assert len(merge_records([record(1), record(2, abstract=TEXT.replace("nine", "ten"))]).papers) == 1


def test_works_that_name_themselves_differently_stay_apart():
    one = (
        "We introduce TeaLeaf, a network that finds sick leaves in photographs, "
        "and evaluate it on two sets of fields in the north of the country."
    )
    two = one.replace("TeaLeaf", "CottonLeaf").replace("photographs", "pictures from drones").replace("two sets", "nine groups")
    assert len(merge_records([record(1, abstract=one), record(2, abstract=two, file="b")]).papers) == 2


def test_a_chain_of_grounds_makes_one_paper_but_never_of_two_arxiv_ids():
    chain = [
        record(1, arxiv_id="2001.00001", title="Inks of old letters", authors=("Ann Lee",)),
        record(2, title="Inks of old letters", authors=("Ann Lee",), doi="10.1/x", abstract=UNLIKE),
        record(3, doi="10.1/x"),
    ]
    assert len(merge_records(chain).papers) == 1
    two = merge_records([*chain, record(4, arxiv_id="2001.00002", doi="10.1/x")])
    assert sorted(paper.paper_id for paper in two.papers) == ["arxiv:2001.00001", "arxiv:2001.00002"]


def test_a_record_given_twice_counts_once():
    merged = merge_records([record(1), record(1)])
    assert len(merged.papers[0].origins) == 1 and not merged.grounds


def test_facts_match_by_text_title_or_id_and_not_by_position():
    fact = Fact(
        "Dating Old Letters",
        ("Ann Lee", "Bo Chen"),
        True,
        "2001.00001",
        None,
        "2020-01",
        ("Inks",),
        (text_key(UNLIKE), text_key(TEXT)),
    )
    (paper,) = merge_records([record(7, file="z"), record(3, file="y", abstract=UNLIKE)], [fact]).papers
    assert (paper.title, paper.paper_id, paper.aliases, paper.date) == (
        "Dating Old Letters",
        "arxiv:2001.00001",
        ("Inks",),
        "2020-01",
    )
    assert [version.abstract for version in paper.versions] == [UNLIKE, TEXT]
    by_title = merge_records(
        [record(1, title="Inks", authors=("B. Chen",), abstract="An abstract that no fact knows, of some length to be sure.")],
        [fact],
    )
    assert by_title.papers[0].title == "Dating Old Letters" and by_title.papers[0].aliases == ("Inks",)
    assert (
        merge_records([record(1, arxiv_id="2001.00001v2", abstract=UNLIKE[:90])], [fact]).papers[0].title == "Dating Old Letters"
    )
    assert merge_records([], [fact]).papers == ()


# Papers


def test_ids_and_addresses():
    def only(**fields):
        return merge_records([record(1, **fields)]).papers[0]

    assert (only(arxiv_id="2001.00001v2", doi="10.1/x").paper_id, only(arxiv_id="2001.00001").url) == (
        "arxiv:2001.00001",
        "https://arxiv.org/abs/2001.00001",
    )
    assert (only(doi="10.1/X").paper_id, only(doi="10.1/X").url) == ("doi:10.1/x", "https://doi.org/10.1/x")
    assert (
        re.fullmatch(r"title:[0-9a-f]{12}", only(title="Inks").paper_id)
        and only(title="Inks", url="https://a.org").url == "https://a.org"
    )
    assert only(title="Inks").paper_id == only(title="INKS!", abstract=UNLIKE).paper_id
    assert re.fullmatch(r"text:[0-9a-f]{12}", only().paper_id)
    assert (only(arxiv_id="hep-th/9901001").date, only(arxiv_id="1706.03762").date) == ("1999-01", "2017-06")


def test_the_fullest_authors_and_every_title_are_kept():
    (paper,) = merge_records(
        [
            record(
                1,
                doi="10.1/x",
                title="Old Inks",
                authors=("Ann Lee",),
                authors_complete=False,
                date="2021-06-01",
                categories=("CV",),
            ),
            record(2, doi="10.1/x", title="Inks of Old", authors=("Ann Lee", "Bo Chen"), date="2020", categories=("cs.CV", "CV")),
        ]
    ).papers
    assert (paper.title, paper.aliases, paper.authors, paper.authors_complete) == (
        "Old Inks",
        ("Inks of Old",),
        ("Ann Lee", "Bo Chen"),
        True,
    )
    assert (paper.date, paper.categories) == ("2020", ("CV", "cs.CV"))


def test_wordings_that_differ_in_markup_only_are_one_version():
    (paper,) = merge_records(
        [record(1, abstract=TEXT + r" CO$_2$--free"), record(2, file="b", abstract=TEXT + " CO₂–free")]
    ).papers
    assert len(paper.versions) == 1 and len(paper.origins) == 2


# Size


def test_twenty_thousand_records_with_copies_and_rewordings():
    words = [f"{a}{b}" for a in "ba ke di mo lu sa ti ro ne vu".split() for b in "lar nis tok mev pun dir gas".split()]
    chance = random.Random(7)

    def abstract() -> list[str]:
        return [chance.choice(words) for _ in range(80)]

    originals = [abstract() for _ in range(9_000)]
    copies = [[w if chance.random() > 0.03 else chance.choice(words) for w in original] for original in originals[:5_000]]
    records = [
        record(i, file="a", abstract=" ".join(text), title=f"Work number {i}", arxiv_id=None) for i, text in enumerate(originals)
    ]
    records += [record(i, file="b", abstract=" ".join(text)) for i, text in enumerate(copies)]
    records += [record(i, file="c", abstract=" ".join(originals[i])) for i in range(6_000)]
    merged = merge_records(records)
    assert len(records) == 20_000 and len(merged.papers) == 9_000
    assert sum(len(paper.origins) for paper in merged.papers) == 20_000
    assert len(merged.grounds) == 11_000


def test_every_wording_of_the_seeds_is_named_by_one_fact():
    keys = [key for line in (SEEDS / "catalogue.jsonl").read_text("utf-8").splitlines() for key in json.loads(line)["abstracts"]]
    assert sorted(keys) == sorted({text_key(record.abstract) for record in RECORDS})
    assert all(text_key(plain_text(record.abstract)) == text_key(record.abstract) for record in RECORDS)
