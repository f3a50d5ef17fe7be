"""What a question asks for, whether a text holds it, and what becomes of an answer whose paper does not."""

from __future__ import annotations

import re
import time

import pytest
from answer_contract import check_answer, cited_titles

from qa_bot.asked import asked_thing
from qa_bot.asked.held import held_by, spelled_out


def stems(text: str) -> list[str]:
    return [re.sub(r"(?:s|ing|ed|er|ers|ion)$", "", word) for word in re.findall(r"[a-z0-9]+", text.lower())]


@pytest.mark.parametrize(
    ("question", "kind", "words"),
    [
        ("Which optimizer was used to train ViT-22B?", "name", ("optimizer",)),
        ("Under which licence is Kubric released?", "name", ("licence",)),
        ("What learning rate did they use?", "name", ("learning", "rate")),
        ("What is the word error rate of the model?", "name", ("word", "error", "rate")),
        ("Which telescope took the images?", "name", ("telescope",)),
        ("Which reviewers accepted the paper?", "name", ("reviewers",)),
        ("What are the training signals in UViM?", "name", ("training", "signals")),
        ("In which programming language is it written?", "name", ("programming",)),
        ("Which vision encoder and which language model is it built from?", "name", ("vision", "encoder")),
        ("How many attention heads does it have?", "count", ("attention", "heads")),
        ("And on how many tasks was it evaluated?", "count", ()),
        ("What is the number of layers of the encoder?", "count", ("layers",)),
        ("How much memory does it need?", "amount", ()),
        ("How long did the training take?", "amount", ()),
        ("How heavy is the robot?", "amount", ()),
        ("Where were the videos recorded?", "place", ()),
        ("Who funded the project?", "person", ("funded",)),
        ("What parameter counts do they have?", "count", ("parameter",)),
        ("Which brand of car is it?", "name", ("car",)),
    ],
)
def test_the_thing_asked_for_is_read(question, kind, words):
    thing = asked_thing(question)
    assert thing is not None and (thing.kind, thing.words) == (kind, words)


@pytest.mark.parametrize(
    "question",
    [
        "What is Kubric?",
        "Does MLP-Mixer need convolutions?",
        "How do I stop a network from forgetting?",
        "Where can I find recordings of people playing games?",
        "Is it bad to drop pictures whose captions are not English?",
        "Can a model decide which inputs are worth paying for?",
        "What happens if the encoder stays fixed?",
        "",
        "Quelle est la taille du lot ?",
    ],
)
def test_other_questions_ask_for_no_thing(question):
    assert asked_thing(question) is None


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many scans does it have?", "Our dataset contains 464k laser scans."),
        ("How many clips are there?", "It introduces 11.6k real-world videos."),
        ("How many people filmed them?", "They were filmed by around 100 participants."),
        ("How many parameters does it have?", "We present the training of a 22B-parameter ViT."),
        ("How long did the training take?", "We train it in two days on four chips."),
        ("How far did the robots drive?", "They covered 116km in the process."),
        ("What distance did they cover?", "They covered 116km in the process."),
        ("Which chips were used?", "With only four TPUv4 we train the model."),
        ("Which licence does it carry?", "The splits are public (CC-BY license)."),
        ("What batch size is enough?", "A batch size of 32k is sufficient."),
        ("In which programming language is it written?", "An open-source Python framework."),
        ("What is the average length of the clips?", "We introduce 11.6k clips, 23s average length."),
        ("Under which licence is it released?", "It is published under the terms of a permissive licence."),
        ("How many seconds is a clip?", "We introduce clips of 23s average length."),
        ("What is the accuracy of a model?", "A substantial gap in performance (91.4% vs 46.2%)."),
        ("Which resolution do the images have?", "We detect buildings in 50 cm satellite imagery."),
        ("Which camera model is mounted?", "The system has two Basler cameras."),
        ("Where are the buildings?", "We detect buildings across the entire continent of Africa."),
    ],
)
def test_a_sentence_holds_what_it_says_in_its_own_words(question, sentence):
    held = held_by(asked_thing(question), ["Something else.", sentence], stems)
    assert min(held.head, held.figure) > 0.5, held


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many languages does it cover?", "SigLIP 2, a family of new multilingual vision-language encoders."),
        ("How many layers does it have?", "It achieves 90.3% accuracy and has layers."),
        ("How long did the training take?", "It is trained on 464k scans."),
        ("What batch size was used?", "A larger batch helps, and so does its size."),
        ("How much did it cost?", "The robots were operational for 104 days."),
        ("Which optimizer was used?", "We present a recipe for stable training."),
        ("Which activation function does it use?", "An architecture based on multi-layer perceptrons."),
        ("Where were the videos recorded?", "The videos show interesting situations, filmed by people."),
        ("Who funded the project?", "We tackle this demand with mobile robots."),
        ("How many GPUs were used?", "We run it on GPUs and report 3 results."),
        ("What batch size was used?", "It comes in four sizes: B (86M) and L (303M)."),
        ("How many robots took part?", "Over four deployments, our robots have been operational."),
        ("Which hardware was used?", "A challenge in computer vision."),
        ("Under which licence is it released?", "Synthetic data avoids problems of privacy and licensing."),
        ("Which camera model does it carry?", "It includes YOLOv3-based detection and time synchronization on its dual camera setup."),
        ("Which model of laser scanner recorded it?", "We release 464k laser scans, out of which 24k were annotated."),
        ("How many layers does it have?", "It contains two types of layers: one for patches, one for channels."),
        ("Which manufacturers' chips were measured?", "We evaluate on CPUs, GPUs and real approximate DRAM chips."),
    ],
)
def test_a_sentence_does_not_hold_what_it_does_not_say(question, sentence):
    held = held_by(asked_thing(question), [sentence], stems)
    assert min(held.head, held.figure) < 0.6, held


def test_an_acronym_counts_as_what_it_was_explained_to_be():
    sentences = ["There are video foundation models (ViFMs).", "We adapt six leading ViFMs to it."]
    held = held_by(asked_thing("How many video foundation models are adapted?"), sentences, stems)
    assert min(held.head, held.figure) > 0.5 and spelled_out(["No acronym here (really)."]) == ["No acronym here (really)."]


def test_what_is_lacking_is_said_in_plain_words():
    said = {question: asked_thing(question).wanting() for question in ("Which optimizer was used?", "How many GPUs were used?", "Where was it recorded?")}
    assert list(said.values()) == ["mention an optimizer", "say how many GPUs", "say where"]


@pytest.mark.parametrize("text", ["A" * 100_000, "1," * 50_000, "a-" * 50_000, "energy 1" * 10_000, "of 1 " * 20_000], ids=lambda text: text[:8])
@pytest.mark.parametrize("question", ["How many herons were counted?", "How long did it take?", "How much energy does it need?", "Where was it?"])
def test_a_long_sentence_takes_no_time(question, text):
    began = time.process_time()
    held_by(asked_thing(question), [text], stems)
    assert time.process_time() - began < 2


# On the sample papers


@pytest.mark.parametrize(
    ("question", "title", "reason"),
    [
        ("Which activation function does MULEX use?", "MULEX", "mention an activation function"),
        ("How many convolutional layers does TAPNext have?", "TAPNext", "say how many convolutional layers"),
        ("Which tokenizer does PaliGemma use?", "PaliGemma", "mention a tokenizer"),
        ("What dropout rate did the authors of LocCa choose?", "LocCa", "mention a dropout rate"),
        ("Which insurance covers the STRANDS robots?", "STRANDS", "mention an insurance"),
        ("How many voters were interviewed for No Filter?", "No Filter", "say how many voters"),
        ("Under which licence is Kubric released?", "Kubric", "mention a licence"),
        ("Which camera model does DUT18D carry?", "Autonomous Racing", "mention a camera model"),
        ("How many tokens was Gemma 3 pretrained on?", "Gemma 3", "say how many tokens"),
        ("Which five games are included in the Atari Grand Challenge data?", "Atari Grand Challenge", "mention “five games”"),
        ("Perception Test - how much were the people who filmed the videos paid?", "Perception Test", "give such a figure"),
        ("What did one of the STRANDS robots cost to build?", "STRANDS", "give such a figure"),
        ("I need the batch size that DROW was trained with", "DROW", "mention a batch size"),
        ("Which company supplied the satellite imagery for finding buildings in Africa?", "Building Detection", "mention a company"),
        ("Which telescope took the pictures of the galaxy mergers?", "Galaxy Merger", "mention a telescope"),
    ],
)
def test_what_the_abstract_of_a_named_paper_does_not_say_is_no_answer(seed_engine, question, title, reason):
    answer = check_answer(seed_engine.ask(question))
    assert answer.status == "partial" and reason in answer.reason, (answer.status, answer.reason)
    assert all(title in cited for cited in cited_titles(answer))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many clips are in the Perception Test?", "11.6k"),
        ("How many people filmed the Perception Test videos?", "100 participants"),
        ("Which licence do the Perception Test splits carry?", "CC-BY"),
        ("Which chips were used to train SigLiT?", "TPUv4"),
        ("What context window do the Gemma 3 models have?", "128K tokens"),
        ("What sizes does SigLIP 2 come in?", "86M"),
        ("How many days did the STRANDS robots run?", "104 days"),
        ("What object detector does DUT18D use?", "YOLOv3"),
        ("How much compute went into meta-training VeLO?", "four thousand TPU-months"),
        ("Which encoder does PaliGemma use?", "SigLIP-So400m"),
        ("What is the average length of the videos in the Perception Test?", "23s average length"),
        ("How many video foundation models does SciVid adapt?", "six leading ViFMs"),
        ("On how many tasks is PaliGemma tested?", "almost 40 diverse tasks"),
        ("What mAP gain did mixup bring in the African building detector?", "mAP +0.12"),
    ],
)
def test_what_it_says_in_other_words_is_answered(seed_engine, question, words):
    answer = check_answer(seed_engine.ask(question))
    assert answer.status == "answered" and words in answer.text, (answer.status, answer.reason)


def test_what_a_paper_does_not_say_another_may_say_of_it(seed_engine):
    answer = check_answer(seed_engine.ask("Does DROW also work for people?"))
    assert answer.status == "answered" and "generalization to people" in answer.text and len(cited_titles(answer)) == 2


def test_where_only_the_nearest_paper_lacks_a_figure_no_other_is_cited(seed_engine):
    answer = check_answer(seed_engine.ask("What was the annotators' hourly wage in the building detection project?"))
    assert answer.status == "partial" and [title.split("-")[0] for title in cited_titles(answer)] == ["Continental"]


def test_what_a_question_wants_to_do_without_need_not_be_mentioned(seed_engine):
    answer = check_answer(seed_engine.ask("Is there a learned optimizer to train networks with instead of AdaBelief?"))
    assert answer.status != "declined" and any("VeLO" in title for title in cited_titles(answer))
    declined = check_answer(seed_engine.ask("Does Llama use RoPE instead of ALiBi?"))
    assert declined.status == "declined" and "Llama or RoPE" in declined.reason


def test_what_a_question_likens_its_subject_to_need_not_be_said(seed_engine):
    answer = check_answer(seed_engine.ask("How precisely can one date the collision of two huge star systems (like the Milky Way) from a single picture?"))
    assert answer.status == "answered" and "38.3 million years" in answer.text


@pytest.mark.parametrize("question", ["What is the boiling point of mercury?", "what sampler do they recommend for text-to-image diffusion models", "How do vaccines produce immune memory?", "Who won the football world cup in 2014?"])
def test_what_no_paper_speaks_of_is_declined(seed_engine, question):
    assert check_answer(seed_engine.ask(question)).status == "declined"


@pytest.mark.parametrize(
    "question", ["Where does Three Towers do worse than LiT?", "Where does it beat supervised pre-training most clearly?", "Where do larger models help?"]
)
def test_where_something_fares_better_or_worse_is_no_place(question):
    assert asked_thing(question) is None


def test_a_contraction_is_no_word_of_the_thing():
    assert asked_thing("What's the learning rate of SigLIP?").words == ("learning", "rate")
    assert asked_thing("What’s the trick that lets one model work at many sizes?").words == ()


def test_how_much_faster_asks_for_a_figure_of_any_kind():
    thing = asked_thing("And how much faster does training get?")
    assert (thing.kind, thing.words, thing.units) == ("amount", (), ("any",))
    assert asked_thing("How much computer time does it take?").units == ("duration",)
