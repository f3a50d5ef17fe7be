"""The sides of a question about several papers, what is asked of each, and the answers that come of it."""

from __future__ import annotations

import time

import pytest
from answer_contract import check_answer, cited_titles

from qa_bot.sides import asked_of, clauses_of, described_sides


def spans(question: str, *names: str) -> list[tuple[int, int]]:
    return [(question.index(name), question.index(name) + len(name)) for name in names]


@pytest.mark.parametrize(
    ("question", "names", "described"),
    [
        ("How do PaLI-3 and the paper on captioners differ?", ["PaLI-3"], ["the paper on captioners"]),
        ("How do the paper on captioners and PaLI-3 differ?", ["PaLI-3"], ["the paper on captioners"]),
        ("Compare BiT and the model that scaled ViT to two billion parameters on accuracy.", ["BiT"], ["the model that scaled ViT to two billion parameters"]),
        ("What do EDEN and the study of misleading cost indicators say about efficiency?", ["EDEN"], ["the study of misleading cost indicators"]),
        ("Which is better: the sparse mixture of experts or the dense ViT?", [], ["the sparse mixture of experts", "the dense ViT"]),
        ("Which is more accurate: the 15B sparse mixture of experts or the two-billion-parameter ViT?", ["15B"], ["the two-billion-parameter ViT"]),
        ("How do LiT and SigLIP differ?", ["LiT", "SigLIP"], []),
        ("One paper argues that metrics mislead, another ranks methods by FLOPs. What do they ask for?", [], ["One paper argues that metrics mislead", "another ranks methods by FLOPs"]),
        ("There is one about steering a race car and one about its whole perception stack. Who did both?", [], ["one about steering a race car", "one about its whole perception stack"]),
        ("One half writes a short sequence and the other half paints the picture. What is each good at?", [], []),
        ("one crop sees only a short moment, the other gets much more of the clip", [], []),
        ("Which vision encoder and which language model is PaliGemma built from?", ["PaliGemma"], []),
        ("What does Kubric do and who wrote it?", ["Kubric"], []),
        ("Does DROW work with wheelchairs and walkers?", ["DROW"], []),
        ("What is DROW?", ["DROW"], []),
    ],
)
def test_sides_that_are_only_described_are_found(question, names, described):
    assert [question[start:end] for start, end in described_sides(question, spans(question, *names))] == described


def test_each_side_is_asked_alone():
    question = "How do Three Towers and LiT treat the image tower?"
    first, second = spans(question, "Three Towers", "LiT")
    assert asked_of(question, first, [second]) == "How do Three Towers treat the image tower?"
    assert asked_of(question, second, [first]) == "How do LiT treat the image tower?"
    question = "Compare Kubric with SynthCam3D on what they generate."
    first, second = spans(question, "Kubric", "SynthCam3D")
    assert asked_of(question, first, [second]) == "Compare Kubric on what they generate."


def test_questions_asked_at_once_are_told_apart():
    assert clauses_of("Which methods report EgoSchema and how do they extend the context?") == ["Which methods report EgoSchema", "how do they extend the context?"]
    assert clauses_of("Which encoder does it use, and on how many tasks is it evaluated?") == ["Which encoder does it use", "on how many tasks is it evaluated?"]
    assert clauses_of("How do width and depth matter?") == clauses_of("What is Kubric?") == []


@pytest.mark.parametrize("question", ["compare the " + "a b and " * 45, "how do " + "and or with to " * 22 + "X", "what do " + "word " * 70 + "and X or"])
def test_a_long_question_takes_no_time(question):
    began = time.process_time()
    described_sides(question, [(len(question) - 1, len(question))])
    described_sides(question, [])
    assert time.process_time() - began < 2


# On the sample papers


@pytest.mark.parametrize(
    ("question", "titles", "words"),
    [
        ("How do PaLI-3 and the paper on captioners pretrain the image encoder?", ["PaLI-3", "Image Captioners", "LocCa"], ["SigLIP", "captioning"]),
        ("Compare LiT and SigLIP on zero-shot ImageNet accuracy.", ["LiT", "Sigmoid Loss"], ["85.2%", "84.5%"]),
        ("What do EDEN and the paper on misleading cost indicators say about efficiency?", ["EDEN", "The Efficiency Misnomer"], ["approximate DRAM", "contradict each other"]),
    ],
)
def test_each_side_of_a_comparison_gets_its_own_sentences(seed_engine, question, titles, words):
    answer = check_answer(seed_engine.ask(question))
    cited = cited_titles(answer)
    assert len(cited) == len(titles) and all(any(title.startswith(wanted) for title in cited) for wanted in titles), cited
    assert all(word in answer.text for word in words)


def test_siblings_that_fit_a_description_alike_are_both_meant(seed_engine):
    answer = check_answer(seed_engine.ask("How do PaLI-3 and the paper on captioners differ in the pretraining of the image encoder?"))
    assert {title.split(":")[0].split(" Vision")[0] for title in cited_titles(answer)} == {"PaLI-3", "LocCa", "Image Captioners Are Scalable"}


def test_two_questions_at_once_both_get_a_sentence(seed_engine):
    answer = check_answer(seed_engine.ask("Which licence do the Perception Test splits carry and how many videos does it hold?"))
    assert "CC-BY" in answer.text and "11.6k" in answer.text
