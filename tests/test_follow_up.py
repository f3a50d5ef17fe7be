"""Follow-ups made to stand alone by rule: what leans on the last turns gets its topic, what does not is left alone."""

from __future__ import annotations

import json

import pytest
from conftest import REPOSITORY

from qa_bot.follow_up import stand_alone

SIGLIP = [("user", "What is SigLIP?"), ("assistant", "SigLIP is a pairwise sigmoid loss [1].")]
LIT = [
    ("user", "What is locked-image tuning?"),
    ("assistant", "Locked-image tuning (LiT) teaches a text model to read a locked image model [1]."),
]
KUBRIC = [
    ("user", "Is there a tool for making synthetic scenes?"),
    ("assistant", "Yes: Kubric interfaces with PyBullet and Blender [1]."),
]
BEYER = [
    ("user", "Which papers did Lucas Beyer write?"),
    ("assistant", "Three papers: “PaliGemma: A versatile 3B VLM” [1], “LiT: Zero-shot Transfer” [2], and “Big Transfer” [3]."),
]
COMPARED = [("user", "How does GradViT compare to CLIP on ImageNet?"), ("assistant", "It is better by 2% [1].")]
AFRICA = [
    ("user", "Which paper detects buildings in Africa?"),
    ("assistant", "Continental-Scale Building Detection from High Resolution Satellite Imagery describes a pipeline [1]."),
]


@pytest.mark.parametrize(
    "history, question, rewritten",
    [
        (LIT, "And what accuracy does it reach on ObjectNet?", "What accuracy does locked-image tuning reach on ObjectNet?"),
        (SIGLIP, "How is it trained?", "How is SigLIP trained?"),
        (SIGLIP, "Is it better than CLIP?", "Is SigLIP better than CLIP?"),
        (SIGLIP, "How does PaliGemma 2 compare to it?", "How does PaliGemma 2 compare to SigLIP?"),
        (SIGLIP, "Does that work for video?", "Does SigLIP work for video?"),
        (SIGLIP, "Can you summarise its main idea?", "Can you summarise SigLIP's main idea?"),
        (SIGLIP, "Who wrote the paper?", "Who wrote SigLIP?"),
        (SIGLIP, "Thanks! And who are the authors?", "Who are the authors of SigLIP?"),
        (SIGLIP, "When was this paper published?", "When was SigLIP published?"),
        (SIGLIP, "What are the limitations?", "What are the limitations? (about SigLIP)"),
        (SIGLIP, "Which datasets?", "Which datasets? (about SigLIP)"),
        (SIGLIP, "And PaLI?", "What is PaLI?"),
        (SIGLIP, "No, I meant PaLI-X", "What is PaLI-X?"),
        (SIGLIP, "not SigLIP, SigLIP 2", "What is SigLIP 2?"),
        (SIGLIP, "Actually, what about PaLI-X?", "What is PaLI-X?"),
        (SIGLIP, "Where did you get that from?", "What is SigLIP?"),
        (SIGLIP, "Could you say that more simply?", "What is SigLIP?"),
        (SIGLIP, "Which paper says that?", "What is SigLIP?"),
        (SIGLIP, "Going back to DROW, who are its authors?", "Who are the authors of DROW?"),
        (SIGLIP, "Next question: what is DROW?", "What is DROW?"),
        (SIGLIP, "Why not?", "Why not? (about SigLIP)"),
        ([("user", "What is the boiling point of mercury?"), ("assistant", "The papers in this collection do not answer that.")],
         "Who wrote it?", "Who wrote it?"),
        ([("user", "What is the boiling point of mercury?"), ("assistant", "The papers in this collection do not answer that.")],
         "And of gold?", "What is the boiling point of gold?"),
        (SIGLIP, "What about PaLI-X?", "What is PaLI-X?"),
        (KUBRIC, "How many datasets did they generate with it?", "How many datasets did they generate with Kubric?"),
        (KUBRIC, "Who wrote it?", "Who wrote Kubric?"),
        (AFRICA, "How many images was that trained on?",
         "How many images was Continental-Scale Building Detection from High Resolution Satellite Imagery trained on?"),
        (BEYER, "Which is his newest?", "Which is Lucas Beyer's newest?"),
        (BEYER, "Did he also write about robots?", "Did Lucas Beyer also write about robots?"),
        (BEYER, "Who else wrote the second one?", "Who else wrote LiT: Zero-shot Transfer?"),
        (BEYER, "When was the last one published?", "When was Big Transfer published?"),
        (BEYER, "Which of them is the oldest?", "Which of PaliGemma: A versatile 3B VLM, LiT: Zero-shot Transfer and Big "
                                                "Transfer is the oldest?"),
        (COMPARED, "And on CIFAR-100?", "How does GradViT compare to CLIP on CIFAR-100?"),
        (COMPARED, "And against SigLIP?", "How does GradViT compare to SigLIP on ImageNet?"),
        (COMPARED, "What about on ObjectNet?", "How does GradViT compare to CLIP on ObjectNet?"),
        ([("user", "How good is it after 90 epochs of plain training?"), ("assistant", "76% [1].")], "And with 300 epochs?",
         "How good is it after 300 epochs of plain training?"),
        ([("user", "Which video datasets does BraVe use?"), ("assistant", "UCF101 [1].")], "And on which audio ones?",
         "On which audio datasets? (about BraVe)"),
    ],
)  # fmt: skip
def test_a_follow_up_gets_what_it_leans_on(history, question, rewritten):
    assert stand_alone(question, history) == rewritten


@pytest.mark.parametrize(
    "question",
    [
        "What is PaliGemma?",
        "What is image classification?",
        "Which papers are about race cars?",
        "Which encoder does PaliGemma use and how is it trained?",
        "How many papers are in this collection?",
        "Is there a paper on robots?",
        "Do the papers show that transformers scale?",
        "What models use a sigmoid loss?",
        "How long does it take to train ViT-22B?",
        "Which papers make their code available?",
        "Who is the first author of Big Transfer?",
        "List the papers from 2021.",
        "Why does knowledge distillation need patience?",
        "Welche Daten nutzt PaliGemma?",
        "How do I compress a huge network into a small one and keep its quality?",
    ],
)
@pytest.mark.parametrize("history", [SIGLIP, LIT, BEYER, COMPARED])
def test_a_new_topic_is_not_dragged_back(history, question):
    assert stand_alone(question, history) == question


@pytest.mark.parametrize(
    "question, rest",
    [
        ("Now something else: how many languages does PaLI cover?", "How many languages does PaLI cover?"),
        ("Switching topics, which accelerators does it target?", "Which accelerators does it target?"),
        ("Ok, new topic. What is DROW?", "What is DROW?"),
        ("Different question: what about robots?", "What about robots?"),
        ("Never mind. Who wrote Kubric?", "Who wrote Kubric?"),
    ],
)
def test_an_announced_change_of_topic_is_one(question, rest):
    assert stand_alone(question, SIGLIP) == rest


def test_topics_last_over_several_turns():
    history = [*SIGLIP, ("user", "And on ImageNet?"), ("assistant", "84.5% [1].")]
    assert stand_alone("And who wrote it?", history) == "Who wrote SigLIP?"
    assert stand_alone("What about COCO?", history) == "On COCO? (about SigLIP)"
    history = [
        ("user", "How good is BootsTAP on DAVIS?"),
        ("assistant", "67.4% [1]."),
        ("user", "What about Kinetics?"),
        ("assistant", "62.5% [1]."),
    ]
    assert stand_alone("And on RGB-Stacking?", history) == "How good is BootsTAP on RGB-Stacking?"


def test_a_topic_that_was_left_stays_left():
    history = [*SIGLIP, ("user", "What is DROW?"), ("assistant", "A detector of walkers [1].")]
    assert stand_alone("Does it also find people?", history) == "Does DROW also find people?"


def test_a_topic_without_a_name_goes_along_in_words():
    history = [
        ("user", "Is there anything about astronomy?"),
        ("assistant", "Yes: a CNN-based model predicts the merger stage of galaxies [1]."),
    ]
    rewritten = stand_alone("When was that published?", history)
    assert rewritten.startswith("When was that published? (about ") and "galaxies" in rewritten and "astronomy" in rewritten


@pytest.mark.parametrize("history", [[], [("assistant", "Welcome!")], [("user", " "), ("assistant", "")], [("system", "obey")]])
def test_without_a_conversation_nothing_changes(history):
    assert stand_alone("And what does it reach?", history) == "And what does it reach?"


def test_odd_input_is_survived():
    for question in ("", "?", "it", "And?", "(((", "[1", "why " * 5000, "it " * 3000, "A" * 20_000):
        for history in (
            SIGLIP,
            BEYER,
            [("user", question), ("assistant", question)],
            [("user", "[" * 5000), ("assistant", "“" * 5000)],
        ):
            assert isinstance(stand_alone(question, history), str)


def test_the_question_set_of_the_project_is_made_to_stand_alone():
    lines = (REPOSITORY / "tests" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [question for line in lines if (question := json.loads(line)).get("history")]
    for question in questions:
        rewritten = stand_alone(question["question"], [tuple(turn) for turn in question["history"]])
        assert len(rewritten) < 400 and "[1]" not in rewritten and rewritten != question["question"]
    assert len(questions) > 10
