"""The metrics are tested on hand-made answers: right, partly right, wrong, uncited, miscited, hallucinated, wrongly declined."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from scripted_engine import make_answer, make_paper

from qa_bot.evaluation.abstention_metrics import abstains, abstention_scores, balanced_accuracy
from qa_bot.evaluation.answer_metrics import (
    answer_scores,
    citation_validity,
    count_citations,
    document_citations,
    nugget_f,
    statement_citations,
    token_f1,
)
from qa_bot.evaluation.retrieval_metrics import retrieval_scores
from qa_bot.evaluation.wording import contains_phrase, content_tokens, covers, tokens
from qa_bot.schema import Sentence

SIGLIP = make_paper(
    "siglip",
    "Sigmoid Loss",
    "We propose a simple pairwise sigmoid loss. SigLiT achieves 84.5% ImageNet zero-shot accuracy in two days. "
    "A batch size of 32k is sufficient.",
    authors=("Xiaohua Zhai",),
    date="2023-03-27",
)
MIXER = make_paper(
    "mixer", "MLP-Mixer", "MLP-Mixer is based exclusively on multi-layer perceptrons. It attains competitive scores."
)
POINTS = ("84.5%", "32k")


def carries(pairs):
    """A strict stand-in for the support check: every word of the sentence stands in the text."""
    return [set(content_tokens(sentence)) <= set(content_tokens(text)) for sentence, text in pairs]


def scores_of(text, *, status="answered", expected=("siglip",), points=POINTS, answerable=True):
    answer = make_answer(text, [SIGLIP, MIXER], status=status)
    scores = answer_scores(answer, expected=set(expected), points=points, answerable=answerable, supports=carries)
    return scores | abstention_scores(answer, answerable=answerable, expected=set(expected), scores=scores)


RIGHT = "SigLiT achieves 84.5% accuracy [1]. A batch size of 32k is sufficient [1]."
PARTLY = "SigLiT achieves 84.5% accuracy [1]."
WRONG = "MLP-Mixer attains competitive scores [2]."
UNCITED = "SigLiT achieves 84.5% accuracy. A batch size of 32k is sufficient."
MISCITED = "SigLiT achieves 84.5% accuracy [2]. A batch size of 32k is sufficient [2]."
HALLUCINATED = "SigLiT achieves 91.7% accuracy on ObjectNet [1]. A batch size of 64k is needed [1]."
INVENTED = "SigLiT achieves 84.5% accuracy ~~[7]~~. A batch size of 32k is sufficient [1]."
DECLINED = "The papers do not say."


def test_right_beats_partly_right_beats_wrong():
    right, partly, wrong = scores_of(RIGHT), scores_of(PARTLY), scores_of(WRONG)
    assert (right["point_recall"], partly["point_recall"], wrong["point_recall"]) == (1.0, 0.5, 0.0)
    assert right["all_points_stated"] == 1.0 and partly["all_points_stated"] == 0.0
    for metric in ("token_f1", "nugget_f3"):
        assert right[metric] > partly[metric] > wrong[metric] == 0.0
    assert (right["truthfulness"], partly["truthfulness"], wrong["truthfulness"]) == (1.0, 0.0, -1.0)
    assert (right["selective_precision"], partly["selective_precision"], wrong["selective_precision"]) == (1.0, 0.0, 0.0)


def test_an_uncited_answer_loses_every_citation_score_and_keeps_its_points():
    scores = scores_of(UNCITED)
    assert scores["point_recall"] == 1.0
    assert scores["paper_citation_recall"] == scores["paper_citation_precision"] == scores["expected_papers_cited"] == 0.0
    assert scores["statement_citation_recall"] == scores["statement_citation_precision"] == 0.0
    assert "citation_validity" not in scores, "no citation is neither valid nor invented"
    assert scores["truthfulness"] == -1.0, "an answer that nobody can check is not a right one"


def test_a_miscited_answer_is_told_from_a_right_one_by_paper_and_by_statement():
    scores = scores_of(MISCITED)
    assert scores["citation_validity"] == 1.0
    assert scores["paper_citation_recall"] == scores["statement_citation_recall"] == scores["statement_citation_precision"] == 0.0


def test_a_hallucinated_answer_has_valid_citations_that_carry_nothing():
    scores = scores_of(HALLUCINATED)
    assert scores["citation_validity"] == scores["paper_citation_recall"] == 1.0
    assert scores["statement_citation_recall"] == scores["statement_citation_precision"] == 0.0
    assert scores["point_recall"] == 0.0 and scores["truthfulness"] == -1.0


def test_an_invented_citation_costs_validity_and_its_sentence():
    scores = scores_of(INVENTED)
    assert scores["citation_validity"] == 0.5
    assert scores["statement_citation_recall"] == 0.5 and scores["statement_citation_precision"] == 0.5


def test_declining_an_answerable_question_scores_zero_and_not_minus_one():
    scores = scores_of(DECLINED, status="declined")
    assert scores["point_recall"] == scores["nugget_f3"] == scores["paper_citation_recall"] == scores["truthfulness"] == 0.0
    assert scores["answerable_answered"] == 0.0
    assert "selective_precision" not in scores, "it was not answered, so it cannot be answered wrongly"
    assert "statement_citation_recall" not in scores


def test_a_declined_text_that_happens_to_hold_a_point_earns_nothing():
    assert scores_of("The papers say nothing of 84.5% or 32k.", status="declined")["point_recall"] == 0.0


def test_the_whole_abstract_holds_every_point_and_still_scores_lower():
    filler = " ".join(f"Sentence number {n} describes other experiments in considerable detail [1]." for n in range(15))
    short, whole = scores_of(RIGHT), scores_of(f"{RIGHT} {filler}")
    assert whole["point_recall"] == 1.0
    assert whole["nugget_f3"] < 0.75 * short["nugget_f3"] and whole["token_f1"] < short["token_f1"]


@pytest.mark.parametrize(
    ("text", "status", "expected", "abstained"),
    [
        (DECLINED, "declined", (), True),
        ("The papers speak of SigLIP but none gives a learning rate [1].", "partial", ("siglip",), True),
        ("The papers speak of MLP-Mixer [2].", "partial", ("siglip",), False),
        ("Nothing on that is said.", "partial", (), True),
        (RIGHT, "answered", ("siglip",), False),
    ],
)
def test_abstaining_from_an_unanswerable_question(text, status, expected, abstained):
    scores = scores_of(text, status=status, expected=expected, points=(), answerable=False)
    assert scores["unanswerable_abstained"] == float(abstained)
    assert scores["truthfulness"] == (0.0 if abstained else -1.0)
    assert "answerable_answered" not in scores and "point_recall" not in scores


def test_a_partial_answer_counts_as_right_with_the_points_and_as_missing_without():
    assert scores_of(RIGHT, status="partial")["truthfulness"] == 1.0
    assert scores_of(WRONG, status="partial")["truthfulness"] == 0.0


def test_a_list_is_right_when_all_its_papers_are_cited_and_not_too_many_others():
    both = scores_of("MLP-Mixer and SigLIP [1][2].", expected=("siglip", "mixer"), points=())
    assert both["truthfulness"] == 1.0 and both["expected_papers_cited"] == 1.0
    one = scores_of("SigLIP [1].", expected=("siglip", "mixer"), points=())
    assert one["paper_citation_recall"] == 0.5 and one["paper_citation_precision"] == 1.0 and one["truthfulness"] == 0.0


def test_document_citations():
    assert document_citations(["a", "b"], {"a"}) == (0.5, 1.0)
    assert document_citations([], {"a"}) == (0.0, 0.0)
    assert document_citations(["b"], {"a", "c"}) == (0.0, 0.0)


def test_statement_scores_follow_alce_for_several_citations():
    """Both papers together carry the sentence; the second alone does not, and the first does without it: irrelevant."""
    answer = make_answer("SigLiT achieves 84.5% accuracy [1][2].", [SIGLIP, MIXER])
    assert statement_citations(answer, carries) == (1.0, 0.5)
    needed = make_answer("SigLiT attains competitive 84.5% scores [1][2].", [SIGLIP, MIXER])
    assert statement_citations(needed, carries) == (1.0, 1.0), "neither alone carries it, so neither is irrelevant"
    assert statement_citations(make_answer("", [SIGLIP]), carries) is None


def test_a_statement_may_rest_on_authors_and_year():
    answer = make_answer("Xiaohua Zhai proposed a sigmoid loss (2023) [1].", [SIGLIP])
    assert statement_citations(answer, lambda pairs: ["Xiaohua Zhai" in text and "2023" in text for _, text in pairs]) == (
        1.0,
        1.0,
    )


def test_a_list_of_titles_is_carried_by_the_bibliography_and_its_lead_in_is_no_statement():
    listed = make_answer("", [SIGLIP, MIXER])
    items = (
        "One of the 82 papers is about losses:",
        "- Sigmoid Loss (Xiaohua Zhai et al., 2023-03-27) [1]",
        "- MLP-Mixer (Xiaohua Zhai) [2]",
    )
    sentences = tuple(Sentence(text, 0, 0, tuple(int(n) for n in re.findall(r"\[(\d)\]", text))) for text in items)
    nothing = lambda pairs: [False] * len(pairs)  # noqa: E731
    assert statement_citations(replace(listed, sentences=sentences[:2]), nothing) == (1.0, 1.0)
    assert statement_citations(replace(listed, sentences=sentences), nothing) == (0.5, 0.5), (
        "Zhai did not write MLP-Mixer's entry here"
    )


def test_citations_in_other_forms_are_counted():
    answer = make_answer("One [1, 2]. Two [1]. Three ~~[4]~~.", [SIGLIP, MIXER])
    count = count_citations(answer)
    assert (count.valid, count.invented) == (3, 1)
    assert citation_validity(make_answer("None.", [SIGLIP])) is None
    assert citation_validity(make_answer("Out of range [9].", [SIGLIP])) == 0.0


def test_points_are_matched_by_words_and_exact_numbers():
    assert covers("84.5%", ["It achieves 84.5% in two days."])
    assert not covers("84.5%", ["It achieves 84.6%."]) and not covers("84.5%", ["It achieves 84.5 points."])
    assert covers("4,000+ real-world videos", ["featuring 4000 real-world videos"])
    assert covers("3", ["Three papers match."]) and covers("three papers", ["3 papers"])
    assert covers(
        "disentangle exploration and exploitation", ["Exploration is disentangled: disentangle exploitation from exploration."]
    )
    assert covers("11%", ["gains of up to 11 percent"]) and covers("11%", ["gains of 11 %"])
    assert covers("Hénaff", ["by Olivier Henaff"]) and covers("CO2", [r"CO$_2$ footprints"])
    assert not covers("84.5%", ["It is cited as [84]."])


def test_a_point_is_not_pieced_together_from_far_apart_sentences():
    assert not covers(
        "based exclusively on perceptrons", ["It is based on attention.", "Perceptrons exist.", "Used exclusively here."]
    )


def test_tokens_keep_what_numbers_mean():
    assert tokens("7-85% of 1,000.5 [2] ~~[3]~~") == ["7", "85%", "of", "1000.5"]
    assert contains_phrase("a pure transformer applied", "pure transformer") and not contains_phrase("22B", "2B")


def test_nugget_f_is_recall_within_the_allowance():
    assert nugget_f("short", 1.0, 1) == 1.0
    assert nugget_f("x" * 400, 1.0, 1) == pytest.approx(10 * 0.25 / (9 * 0.25 + 1))
    assert nugget_f("short", 0.0, 1) == 0.0


def test_token_f1_is_the_harmonic_mean():
    assert token_f1("sigmoid loss", ["sigmoid loss"]) == 1.0
    assert token_f1("sigmoid loss function here", ["sigmoid loss"]) == pytest.approx(
        2 * 2 / (len(content_tokens("sigmoid loss function here")) + 2)
    )
    assert token_f1("nothing", ["sigmoid"]) == 0.0


def test_balanced_accuracy_needs_both_kinds():
    assert balanced_accuracy(0.8, 1.0) == pytest.approx(0.9)
    assert balanced_accuracy(None, 1.0) is None
    assert abstains(make_answer("No.", status="declined"), ())


def test_retrieval_metrics_equal_ir_measures():
    ir_measures = pytest.importorskip("ir_measures")
    measures = {
        "hit@1": "Success@1",
        "hit@5": "Success@5",
        "hit@10": "Success@10",
        "recall@5": "R@5",
        "recall@10": "R@10",
        "mrr@10": "RR@10",
        "ndcg@10": "nDCG@10",
    }
    parsed = {name: ir_measures.parse_measure(text) for name, text in measures.items()}
    dice = random.Random(3)
    for _ in range(60):
        documents = [f"d{n}" for n in range(30)]
        expected = set(dice.sample(documents, dice.choice([1, 2, 5, 12])))
        ranking = dice.sample(documents, dice.choice([3, 10, 20]))
        qrels = [ir_measures.Qrel("q", d, 1) for d in expected]
        run = [ir_measures.ScoredDoc("q", d, -float(rank)) for rank, d in enumerate(ranking)]
        theirs = ir_measures.calc_aggregate(list(parsed.values()), qrels, run)
        ours = retrieval_scores(ranking, expected)
        for name, measure in parsed.items():
            assert ours[name] == pytest.approx(theirs[measure], abs=1e-9), name


def test_retrieval_scores_of_nothing():
    assert set(retrieval_scores([], {"a"}).values()) == {0.0}
    assert retrieval_scores(["a"], set()) == {}
    assert retrieval_scores(["b", "b", "a"], {"a"})["mrr@10"] == 0.5, "a paper found twice holds one rank"
