"""Ranking: how scores are fused, which words count, which papers a question names, and what a topic takes in."""

from __future__ import annotations

import time

import pytest

from qa_bot.embedding import embedded_model
from qa_bot.naming import is_coined, key_of, names_of
from qa_bot.retrieval import MOST_ALIKE, alike_stems, fuse, named_papers, query_words, search_papers
from qa_bot.schema import Filters, Origin, Paper, Version
from qa_bot.store.terms import TermIndex
from qa_bot.synonyms import alike


def test_both_scores_count_and_the_ends_are_one_index_alone():
    dense, lexical = {"a": 0.8, "b": 0.4}, {"b": 10.0, "c": 5.0}
    assert fuse(dense, lexical, lexical_weight=0.0) == pytest.approx({"a": 1.0, "b": 0.5, "c": 0.0})
    assert fuse(dense, lexical, lexical_weight=1.0) == pytest.approx({"a": 0.0, "b": 1.0, "c": 0.5})
    assert fuse(dense, lexical, lexical_weight=0.5) == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.25})


def test_words_that_are_not_trusted_do_not_outrank_meaning():
    dense, lexical = {"right": 0.6, "wrong": 0.3}, {"wrong": 2.0}
    assert fuse(dense, lexical, lexical_weight=0.6)["wrong"] > fuse(dense, lexical, lexical_weight=0.6)["right"]
    unsure = fuse(dense, lexical, lexical_weight=0.6, trust=0.2)
    assert unsure["right"] > unsure["wrong"]


def test_nothing_found_and_negative_cosines_are_no_trouble():
    assert fuse({}, {}, lexical_weight=0.5) == {}
    assert fuse({"a": -0.2}, {}, lexical_weight=0.5) == {"a": 0.0}


def test_question_words_are_left_out_unless_nothing_else_is_there():
    assert query_words("Which encoder does PaliGemma use?") == ["encoder", "PaliGemma"]
    assert query_words("What is it about?") == ["What", "is", "it", "about"]


@pytest.mark.parametrize("word", ["PaliGemma", "ViT-22B", "DROW", "mT5", "TAPVid-3D", "S4L", "DUT18D", "V-MoE"])
def test_coined_words(word):
    assert is_coined(word)


@pytest.mark.parametrize("word", ["Real-Time", "the", "Vision", "End-to-End", "a", "2021", "X"])
def test_ordinary_words(word):
    assert not is_coined(word)


def test_names_come_from_title_and_abstract():
    abstract = "We present a recipe for a 22B-parameter ViT (ViT-22B). Our method, Odin, helps. We call it SuperNet 2."
    paper = Paper("x", "BigThing: Scaling Things", (Version(abstract, abstract, None, (Origin("f", 1),)),), aliases=("OldThing: Before",))
    keys = {name.key for name in names_of(paper)}
    assert {"bigthing", "vit22b", "odin", "supernet", "supernet2", "oldthing"} <= keys
    assert key_of("ViT 22B") == key_of("vit-22b")


def test_a_name_of_a_class_is_no_paper_s_and_a_digit_in_a_name_stands_for_letters():
    abstract = "We use Vision Transformers (ViTs) for active acquisition for multimodal temporal data (A2MT)."
    paper = Paper("x", "Active Acquisition", (Version(abstract, abstract, None, (Origin("f", 1),)),))
    assert {"a2mt"} == {name.key for name in names_of(paper) if name.ground == "defined"}


def test_a_digit_stands_for_a_word_and_neither_a_figure_nor_half_a_word_is_a_name():
    abstract = "We introduce Three Towers (3T) with 11.6k videos. It introduces 11.6k videos and needs no precious (GPU-)memory."
    paper = Paper("x", "Great Paper Units: Towers", (Version(abstract, abstract, None, (Origin("f", 1),)),))
    assert {"3t"} == {name.key for name in names_of(paper) if name.ground == "defined"}


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("How much faster is PNAS than search by reinforcement?", ["Progressive Neural Architecture Search"]),
        ("What accuracy does Big Transfer reach?", ["Big Transfer (BiT): General Visual Representation Learning"]),
        ("How large is ViT-22B?", ["Scaling Vision Transformers to 22 Billion Parameters"]),
        ("What does SoViT do?", ["Getting ViT in Shape: Scaling Laws for Compute-Optimal Model Design"]),
        ("What is Skip-Sideways?", ["Gradient Forward-Propagation for Large-Scale Temporal Video Modelling"]),
        ("Which cameras does DUT18D have?", ["Accurate, Low-Latency Visual Perception for Autonomous Racing:Challenges, Mechanisms, and Practical Solutions"]),
        ("What is new in PaliGemma 2?", ["PaliGemma 2: A Family of Versatile VLMs for Transfer"]),
        ("Compare Sideways with DROW", ["Sideways: Depth-Parallel Training of Video Models", "DROW: Real-Time Deep Learning based Wheelchair Detection in 2D Range Data"]),
        ("What's the difference between ViT and MLP-Mixer in what they use?", ["An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", "MLP-Mixer: An all-MLP Architecture for Vision"]),
        ("Who wrote the ViT paper?", ["An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale"]),
        ("Does MLP-Mixer differ from a ViT backbone?", ["MLP-Mixer: An all-MLP Architecture for Vision"]),
        ("What does the Atari Grand Challenge hold?", ["The Atari Grand Challenge Dataset"]),
        ("What is the ImageNet accuracy of transformers?", []),
        ("How do I bake bread?", []),
    ],
)
def test_papers_are_found_by_title_acronym_and_nickname(seed_engine, question, titles):
    found = seed_engine.store.truth.papers_by_id(named_papers(question, seed_engine.store))
    assert [found[paper_id].title for paper_id in named_papers(question, seed_engine.store)] == titles


def test_search_ranks_papers_not_chunks_and_respects_filters(seed_engine):
    hits = seed_engine.search("tracking any point", 10)
    assert len({hit.paper.paper_id for hit in hits}) == len(hits) == 10
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    narrowed = seed_engine.search("tracking any point", 10, filters=Filters(year_from=2024, author="Doersch"))
    assert narrowed and all(hit.paper.year >= 2024 and "Carl Doersch" in hit.paper.authors for hit in narrowed)
    assert seed_engine.search("tracking", 5, filters=Filters(author="Nobody")) == []
    assert seed_engine.search("   ") == []


class SlowEmbedding:
    """The embedded model, a while later; `made` counts the vectors that it has made."""

    def __init__(self):
        self.model, self.made = embedded_model(), 0

    def __getattr__(self, name):
        return getattr(self.model, name)

    def embed(self, texts, **options):
        time.sleep(0.2)
        self.made += len(texts)
        return self.model.embed(texts, **options)


def test_nothing_reads_the_store_any_more_when_a_search_is_over(seed_engine):
    slow = SlowEmbedding()
    assert search_papers("What do wheelchair sensors see?", store=seed_engine.store, embedding=slow, filters=Filters(author="Nobody At All")) == []
    assert slow.made == 1, "the question's own vector was begun, and nobody waited for it"


def test_a_common_abbreviation_names_no_paper(seed_engine):
    assert named_papers("How many GPUs were used to train Flamingo?", seed_engine.store) == []


def test_words_of_like_meaning_are_known_nearest_first():
    near = alike("Footage")
    assert near[0][0] in ("video", "videos") and [likeness for _, likeness in near] == sorted((likeness for _, likeness in near), reverse=True)
    assert all(0 < likeness < 1 for _, likeness in near) and "footage" not in dict(near)
    assert alike("xyzzyness") == [] and alike("") == []


def test_only_words_that_the_collection_holds_stand_in(seed_engine):
    others = alike_stems(["footage", "DROW", "robotics-based"], seed_engine.store)["footag"]
    assert others[0][0] == "video" and len(others) <= MOST_ALIKE
    assert all(seed_engine.store.terms.frequency(stem) for stem, _ in others)
    assert "drow" not in alike_stems(["DROW"], seed_engine.store), "a coined word has no synonyms"


def test_a_word_of_like_meaning_counts_by_its_likeness_and_only_the_best_one(tmp_path):
    index = TermIndex(tmp_path / "terms")
    index.update([("a#0.0", "", "video video"), ("b#0.0", "", "footage"), ("c#0.0", "", "film video"), ("d#0.0", "", "bread")], [])
    alone = dict(index.search(["footage"], 10))
    assert set(alone) == {"b#0.0"}
    wide = dict(index.search(["footage"], 10, alike={"footag": [("video", 0.7), ("film", 0.5)]}))
    assert set(wide) == {"a#0.0", "b#0.0", "c#0.0"} and wide["b#0.0"] == pytest.approx(alone["b#0.0"])
    film = dict(index.search(["film"], 10))["c#0.0"]
    video = dict(index.search(["video"], 10))["c#0.0"]
    assert wide["c#0.0"] == pytest.approx(max(0.5 * film, 0.7 * video), rel=1e-4)
