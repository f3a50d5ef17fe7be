"""Looking through a collection: what a wish leaves, its plots and map, what one paper shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from window_engine import HOSTILE, PAPERS, paper

from qa_bot.schema import Origin, Skipped, Version
from qa_bot.window.papers_html import Intake, choose, intake_report, paper_detail, paper_list, search_form, timeline, wish_from
from qa_bot.window.papers_map import make_map, map_svg

COLLECTION = (
    paper("a", "Sparse experts", "On routing tokens.", authors=("Ada Byron",), year=2021),
    replace(paper("b", "Dense retrieval", "On finding passages.", authors=("Zoë Noether",), year=2024), categories=("CL",)),
    replace(paper("c", "A survey of routing", "On experts.", authors=("Ada Byron", "Bo Li"), year=2019), date=None),
)


def titles(**said: str) -> list[str]:
    return [p.title for p in choose(COLLECTION, wish_from(said))]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({}, ["Dense retrieval", "Sparse experts", "A survey of routing"]),
        ({"sort": "Oldest first"}, ["Sparse experts", "Dense retrieval", "A survey of routing"]),
        ({"sort": "Title"}, ["A survey of routing", "Dense retrieval", "Sparse experts"]),
        ({"sort": "First author"}, ["Sparse experts", "A survey of routing", "Dense retrieval"]),
        ({"words": "ROUTING experts"}, ["Sparse experts", "A survey of routing"]),
        ({"words": "noether"}, ["Dense retrieval"]),
        ({"author": "byron", "year_from": "2020"}, ["Sparse experts"]),
        ({"year_from": "2021", "year_to": "2021"}, ["Sparse experts"]),
        ({"category": "CL"}, ["Dense retrieval"]),
        ({"file": "other.txt"}, []),
        ({"year_from": "soon", "sort": "sideways"}, ["Dense retrieval", "Sparse experts", "A survey of routing"]),
    ],
)
def test_a_wish_leaves_what_it_says(said, found):
    assert titles(**said) == found


def test_the_list_counts_and_every_row_opens_its_paper():
    page = paper_list(COLLECTION[:2], total=3)
    assert "2 of 3 papers" in page
    assert page.count('data-paper="') == 2
    assert "No paper has all of that" in paper_list([], total=3)


def test_nothing_of_a_paper_becomes_markup():
    hostile = replace(PAPERS[2], venue=HOSTILE, doi=HOSTILE, categories=(HOSTILE,), title_is_stand_in=True)
    drawn = make_map([hostile] * 3, np.eye(3))
    for page in (
        paper_detail(hostile, can_remove=True), paper_list([hostile], total=1), search_form([hostile]), map_svg(drawn, [hostile]),
        intake_report(Intake(5, (Skipped(HOSTILE, 1, HOSTILE),)), 3),
    ):  # fmt: skip
        assert "<img" not in page
        assert "<script" not in page
        assert "${" not in page
        assert "{{" not in page


def test_one_paper_shows_its_versions_origins_and_a_question():
    versions = (Version("New text.", "New text.", "2024-01-01", (Origin("one.txt", 3),)), Version("Old text.", "Old text.", None, (Origin("two.txt", 1),)))
    page = paper_detail(replace(COLLECTION[0], versions=versions))
    assert "Read from one.txt, record 3; two.txt, record 1" in page
    assert "<ins>New</ins>" in page
    assert 'value="What is Sparse experts about?"' in page
    assert "qa-remove" not in page


def test_the_intake_says_what_was_merged_and_why_records_were_skipped():
    page = intake_report(Intake(5, (Skipped("f.txt", 2, "no abstract"),)), 3)
    assert "5 records are 3 papers: 2 merged into another record's paper, 1 skipped." in page
    assert "f.txt, record 2: no abstract" in page


def test_the_timeline_has_a_bar_for_every_year_between():
    page = timeline(COLLECTION)
    assert [f'data-year="{year}"' in page for year in (2020, 2021, 2022, 2023, 2024, 2025)] == [False, True, True, True, True, False]
    assert "1 without a date" in page
    assert timeline(COLLECTION[2:]) == ""


def test_the_map_puts_alike_papers_together_and_names_their_topics():
    rng = np.random.default_rng(7)
    middles = rng.normal(size=(2, 16)) * 3
    vectors = np.concatenate([middles[0] + rng.normal(size=(12, 16)) * 0.2, middles[1] + rng.normal(size=(12, 16)) * 0.2])
    papers = [paper(f"m{i}", f"{'Galaxy mergers' if i < 12 else 'Protein folding'} {i}", "Words.") for i in range(24)]
    drawn = make_map(papers, vectors)
    assert make_map(papers, vectors) == drawn
    places = np.array(drawn.places)
    assert places.min() >= 0
    assert places.max() <= 1
    within = np.linalg.norm(places[:12] - places[:12].mean(axis=0), axis=1).mean()
    between = np.linalg.norm(places[:12].mean(axis=0) - places[12:].mean(axis=0))
    assert between > 2 * within
    galaxy, protein = (drawn.names[drawn.topics[i]] for i in (0, 23))
    assert "galaxy" in galaxy
    assert "protein" in protein
    assert map_svg(drawn, papers).count('class="qa-dot') == 24


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_a_small_collection_has_a_map_too(count):
    papers = [paper(f"m{i}", f"Title {i}", "Words.") for i in range(count)]
    drawn = make_map(papers, np.eye(max(count, 1), 5)[:count])
    assert len(drawn.places) == len(drawn.topics) == count
    assert map_svg(drawn, papers).count('class="qa-dot') == count
