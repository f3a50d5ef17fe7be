"""Questions that a researcher asks of a catalogue, in many wordings, each against the papers that the records say."""

from __future__ import annotations

import re

import pytest
from answer_contract import check_answer, cited_titles

from qa_bot.schema import plain_name
from qa_bot.window.answer_html import render_answer


def by(*names):
    return lambda paper: all(any(set(plain_name(name).split()) <= set(plain_name(author).split()) for author in paper.authors) for name in names)


def first(name):
    return lambda paper: bool(paper.authors) and plain_name(paper.authors[0]) == plain_name(name)


def last(name):
    return lambda paper: paper.authors_complete and bool(paper.authors) and plain_name(paper.authors[-1]) == plain_name(name)


def dated(start, end=None):
    return lambda paper: bool(paper.date) and start <= paper.date[: len(start)] and paper.date[: len(end or start)] <= (end or start)


def says(pattern):
    return lambda paper: bool(re.search(pattern, f"{paper.title} {' '.join(paper.aliases)} {paper.abstract}"))


def in_category(code):
    return lambda paper: code in paper.categories


def both(*tests):
    return lambda paper: all(test(paper) for test in tests)


BEYER, ZHAI, KOLESNIKOV = by("Lucas Beyer"), by("Xiaohua Zhai"), by("Alexander Kolesnikov")
LISTS = {
    # by whom, however it is said and spelled
    "papers by Lucas Beyer": BEYER,
    "beyer papers": BEYER,
    "lucas beyer": BEYER,
    "Show me everything by L. Beyer.": BEYER,
    "List Lucas Beyer's publications": BEYER,
    "what did beyer et al. publish?": BEYER,
    "what did beyer publish in 2017": both(BEYER, dated("2017")),
    "tell me what papers lucas beyer wrote pls": BEYER,
    "Which papers do not have Lucas Beyer as author and are from 2022?": both(lambda paper: not BEYER(paper), dated("2022")),
    "Could you please list all the papers that Lucas Beyer co-authored?": BEYER,
    "I am looking for papers by Lukas Beyer": BEYER,
    "Papers by Lucas Bayer?": BEYER,
    "Which papers are authored by Xiaohua Zai?": ZHAI,
    "Which articles has Kolesnikow written?": KOLESNIKOV,
    "papers by kolesnikov": KOLESNIKOV,
    "Do you have anything by Alexander Kolesnikov?": KOLESNIKOV,
    "Which works did Olivier Henaff author?": by("Olivier Hénaff"),
    "papers from HENAFF": by("Olivier Hénaff"),
    "papers by Joao Carreira": by("João Carreira"),
    "papers by Viorica Patraucean": by("Viorica Pătrăucean"),
    "Which papers does Basil Mustafa appear on?": by("Basil Mustafa"),
    "Is Ankur Handa an author in this collection?": by("Ankur Handa"),
    "Skanda's papers": by("Skanda Koppula"),
    "What has A. Zisserman worked on?": by("Andrew Zisserman"),
    # together, without, in which place
    "Which papers did Lucas Beyer and Xiaohua Zhai write together?": both(BEYER, ZHAI),
    "papers by Beyer and Kolesnikov": both(BEYER, KOLESNIKOV),
    "Have Skanda Koppula and Olivier Hénaff published together?": both(by("Skanda Koppula"), by("Olivier Hénaff")),
    "Papers by Jannik Kossen or Ankur Handa": lambda p: by("Jannik Kossen")(p) or by("Ankur Handa")(p),
    "Which papers by Lucas Beyer are not by Xiaohua Zhai?": lambda p: BEYER(p) and not ZHAI(p),
    "papers by Xiaohua Zhai without Lucas Beyer": lambda p: ZHAI(p) and not BEYER(p),
    "first-author papers of Skanda Koppula": first("Skanda Koppula"),
    "Which papers did Lucas Beyer write as first author?": first("Lucas Beyer"),
    "On which papers is Andrew Zisserman the last author?": last("Andrew Zisserman"),
    "Which papers did Skanda Koppula write alone?": lambda p: p.authors == ("Skanda Koppula",) and p.authors_complete,
    # when
    "Which papers were published in 2019?": dated("2019"),
    "papers 2019": dated("2019"),
    "2019 papers": dated("2019"),
    "Papers from 2016 through 2018": dated("2016", "2018"),
    "Which papers came out in 2015 or 2017?": lambda p: p.year in (2015, 2017),
    "papers in 2016, 2018 and 2020": lambda p: p.year in (2016, 2018, 2020),
    "Everything before 2017": dated("0000", "2016"),
    "Which papers are older than 2017?": dated("0000", "2016"),
    "What was published after 2024?": dated("2025", "2999"),
    "papers since 2025": dated("2025", "2999"),
    "Which papers appeared in May 2023?": dated("2023-05"),
    "papers from March 2022": dated("2022-03"),
    "Which papers came out between January and March 2022?": dated("2022-01", "2022-03"),
    "papers after June 2024": lambda p: bool(p.date) and len(p.date) > 6 and p.date[:7] > "2024-06" or bool(p.date) and p.date[:4] > "2024",
    "Papers of the 2010s": dated("2010", "2019"),
    # both
    "beyer 2021": both(BEYER, dated("2021")),
    "Zhai et al. 2023": both(ZHAI, dated("2023")),
    "What did Lucas Beyer publish between 2017 and 2018?": both(BEYER, dated("2017", "2018")),
    "Give me Xiaohua Zhai's papers from 2019.": both(ZHAI, dated("2019")),
    "Which of Lucas Beyer's papers are from 2018?": both(BEYER, dated("2018")),
    "Which 2022 papers did Kolesnikov write?": both(KOLESNIKOV, dated("2022")),
    # category, organisation-free facts
    "Which papers are in the robotics category?": in_category("RO"),
    "cs.RO papers": in_category("RO"),
    "List the papers in category LG from 2022": both(in_category("LG"), dated("2022")),
    "Which papers have more than 30 authors?": lambda p: len(p.authors) > 30,
    "single-author papers": lambda p: len(p.authors) == 1 and p.authors_complete,
    "Which papers have several versions?": lambda p: len(p.versions) > 1,
    # what they say
    "Which papers mention ImageNet?": says(r"(?i)imagenet"),
    "Which abstracts mention Kinetics?": says(r"(?i)kinetics"),
    "Which papers evaluate on COCO?": says(r"\bCOCO\b"),
    "Papers that use AudioSet": says(r"(?i)\baudioset"),
    "Which papers by Lucas Beyer mention ImageNet?": both(BEYER, says(r"(?i)imagenet")),
    "Which papers mention both ImageNet and COCO?": both(says(r"(?i)imagenet"), says(r"\bCOCO\b")),
    "Which papers mention SigLIP or CLIP?": says(r"(?i)(?<![a-z])(?:SigLIP|CLIP)"),
    "Which papers mention the word “wheelchair”?": says(r"(?i)wheelchair"),
    "Which papers have Perceiver in the title?": lambda p: "Perceiver" in p.title,
    "Which titles contain the word transformer?": lambda p: re.search(r"(?i)transformers?\b", p.title),
    "Which papers from 2022 mention ImageNet?": both(dated("2022"), says(r"(?i)imagenet")),
    "which ones evaluate on AudioSet?": says(r"(?i)\baudioset"),
    "Which papers introduce, extend or use the Perceiver?": says(r"Perceiver"),
    "Which papers use SigLIP encoders or the SigLIP loss?": says(r"SigLIP"),
    "Find every paper that introduces, uses or compares with locked-image tuning (LiT)": says(r"\bLiT\b|(?i:locked-image tuning)"),
    "Which papers mention TPUs?": says(r"\bTPU"),
    "Which papers use optical flow?": says(r"(?i)optical flow"),
    "List the papers in the PaLI series (not counting PaLI-X).": lambda p: says(r"\bPaLI\b")(p) and not p.title.startswith("PaLI-X"),
    # said in a roundabout way
    "optical flow - which papers have it in their abstract in any role?": says(r"(?i)optical flow"),
    "I'm collecting results on Kinetics (400, 600, 700). Which papers report on it?": says(r"(?i)kinetics"),
    "who of them ran experiments on AudioSet? I need all of these papers": says(r"(?i)\baudioset"),
    "Where does locked-image tuning (LiT) turn up - proposed, used, extended or compared to?": says(r"\bLiT\b|(?i:locked-image tuning)"),
    "any papers that use or analyse LSTMs?": says(r"LSTM"),
    "Which of the papers either present a Perceiver-type architecture or build their method on one?": says(r"Perceiver"),
    "Give me every paper whose abstract mentions SigLIP, whether introducing it or building on it.": says(r"SigLIP"),
    "papers that include panoptic segmentation among their tasks, please": says(r"(?i)panoptic segmentation"),
    "any work here with instance segmentation results": says(r"(?i)instance segmentation"),
    "Which papers train a model of 22B parameters?": says(r"22[ -]?(?:B\b|Billion)"),
    'list every paper that has ViT or "Vision Transformer" in its title': lambda p: re.search(r"\bViT\b|Vision Transformer", " ".join((p.title, *p.aliases))),
    "scaling in the title and Xiaohua Zhai among the authors, which ones": both(ZHAI, lambda p: re.search(r"(?i)\bscaling\b", " ".join((p.title, *p.aliases)))),
    "I'd like a list of all the papers by Olivier Hénaff. Mind that he is sometimes written with a middle initial.": by("Olivier Hénaff"),
    "Show me Skanda Koppula's early papers, say up to the end of 2019.": both(by("Skanda Koppula"), dated("0000", "2019")),
    "Which papers carry Andrew Zisserman as the last author?": last("Andrew Zisserman"),
    "Which papers have Carl Doersch as first or as last author?": lambda p: first("Carl Doersch")(p) or last("Carl Doersch")(p),
    "Is Oriol Vinyals on any of these papers, and if so how many?": by("Oriol Vinyals"),
    "which papers have a model, or use one, with more than 10 billion parameters?": says(r"\b(?:22B|27B|15B)\b"),
    "which papers of the year 2021 train a vision model with two billion parameters or more?": both(dated("2021"), says(r"two billion parameters|15B parameter")),
    "Which papers use more than one billion images?": says(r"10B images"),
    "Which papers are about encoders beyond 16 frames?": lambda p: "Beyond 16 Frames" in p.title,
    "What did Carreira and Patraucean write together before 2022?": both(by("João Carreira"), by("Viorica Pătrăucean"), dated("0000", "2021")),
    "Which remote sensing papers did Maxim Neumann write before 2021?": both(by("Maxim Neumann"), dated("0000", "2020"), says("remote sensing")),
    "Show me every paper that mentions masked auto-encoding (MAE), as its own method or as one of the compared ones.": says(r"(?i)masked[ -]auto-?encod|\bMAE\b"),
    "Who besides the original LiT paper uses locked-image tuning?": lambda p: says(r"(?i:locked-image tuning)")(p) and not p.title.startswith("LiT"),
    "who evaluates on EgoSchema?": says(r"EgoSchema"),
    "Which papers report an accuracy on CIFAR-10 or claim state of the art there?": says(r"CIFAR-10\b"),
    "Xi Chen's vision-language papers from 2023?": both(by("Xi Chen"), dated("2023"), lambda p: p.title.startswith("PaLI-")),
    "I work on lidar people tracking. Which papers here do detection with a 2D laser scanner?": lambda p: "2D Range Data" in p.title,
    "Is there any paper written by just one person?": lambda p: len(p.authors) == 1 and p.authors_complete,
    "show me the Zisserman papers before 2022": both(by("Andrew Zisserman"), dated("0000", "2021")),
    "Which of PaLI, PaLI-X and PaLI-3 are from 2023?": both(dated("2023"), says(r"^PaLI-")),
    "Which papers involve video games, such as Atari or StarCraft?": says(r"Atari|StarCraft"),
    "Which papers evaluate on benchmarks such as EgoSchema or Diving48?": says(r"EgoSchema|Diving48"),
    "In which papers does the SI-Score dataset turn up?": says(r"SI-S(?i:core)"),
    "How many papers in this set have Bastian Leibe as an author?": by("Bastian Leibe"),
    "Jannik Kossen is first author of which papers, and from what years?": first("Jannik Kossen"),
    "Show me all papers on understanding long videos, the ones that report EgoSchema": says(r"EgoSchema"),
    "person re-identification papers?": says(r"(?i)person re-identification|Multi-Camera Re-Identification"),
    "remote sensing papers": lambda p: "remote sensing" in p.title,
    "Has anybody here looked at race cars?": lambda p: re.search(r"(?i)racecar|autonomous racing", p.title),
    "Do any of these papers discuss fairness?": says(r"(?i)\bfairness\b"),
    "Does anyone in this collection work on tracking any point?": lambda p: re.search(r"Tracking.Any.Point|BootsTAP", p.title),
    "Which papers mention wheelchairs, apart from DROW?": lambda p: says(r"(?i)wheelchair")(p) and not p.title.startswith("DROW"),
}  # fmt: skip


@pytest.mark.parametrize("question", LISTS)
def test_a_list_holds_every_paper_that_fits_and_no_other(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    expected = {paper.title for paper in seed_engine.papers() if LISTS[question](paper)}
    assert expected and set(cited_titles(told)) == expected and told.status == "answered", told.text[:300]


TOPICS = {
    "List all the papers whose main subject is satellite imagery or remote sensing.": ["remote sensing", "Satellite Imagery"],
    "Which papers deal specifically with the Tracking-Any-Point (TAP) task?": ["Tracking.Any.Point"],
    "Which of these treat person re-identification?": ["Re-Identification"],
    "which papers test on image colorization": ["Unified Modeling Approach", "task rewards"],
    "Which papers are about race cars, or about 2D laser scans?": ["Autonomous Racing", "Racecar", "2D Range Data"],
    "which papers argue that people should report compute cost or efficiency numbers more carefully?": ["Efficiency Misnomer", "Spend My FLOPS"],
    "Is there anything about running neural nets on accelerator hardware with less energy, DRAM, dataflows, that sort of thing?": ["EDEN", "EcoFlow"],
    "Which papers use SI-Score to look at robustness to object size and location?": ["SI-Score", "Robustness and Transferability"],
}


@pytest.mark.parametrize("question", TOPICS)
def test_a_topic_is_found_between_words_that_are_none(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    expected = {paper.title for paper in seed_engine.papers() if re.search("|".join(TOPICS[question]), paper.title, re.I)}
    assert set(cited_titles(told)) == expected and told.status == "answered", told.text[:300]


COUNTS = {
    "How many papers did Lucas Beyer write?": BEYER,
    "how many papers by Zhai are there": ZHAI,
    "Count the papers from 2023": dated("2023"),
    "What is the number of papers by Skanda Koppula?": by("Skanda Koppula"),
    "How many of Lucas Beyer's papers are from 2022?": both(BEYER, dated("2022")),
    "How many papers mention ImageNet?": says(r"(?i)imagenet"),
    "How many first-author papers does Xi Chen have?": first("Xi Chen"),
    "On how many papers is Lucas Beyer first author?": first("Lucas Beyer"),
    "How many papers are in category CV?": in_category("CV"),
    "How many papers came out before 2018?": dated("0000", "2017"),
}  # fmt: skip


@pytest.mark.parametrize("question", COUNTS)
def test_papers_are_counted(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    number = sum(1 for paper in seed_engine.papers() if COUNTS[question](paper))
    assert told.text.startswith(f"{number} of the 82 papers") and told.status == "answered", told.text[:200]


SAID = {
    "Who are Lucas Beyer's co-authors?": ["Xiaohua Zhai (", "Alexander Kolesnikov ("],
    "Who has Jannik Kossen worked with?": ["2 papers", "16 others", "Lucas Beyer (1)"],
    "Which author has the most papers?": ["Lucas Beyer (40)"],
    "Who are the three most prolific authors?": ["Lucas Beyer (40), Xiaohua Zhai (32), Alexander Kolesnikov (23)."],
    "Who wrote the most papers in 2016?": ["2016"],
    "Who wrote more papers, Lucas Beyer or Xiaohua Zhai?": ["Lucas Beyer wrote 40", "Xiaohua Zhai wrote 32"],
    "How many papers are there per year?": ["2015: 3", "2025: 5", "2021: 15"],
    "Which year has the most papers?": ["2021 has the most", ": 15."],
    "What years does the collection cover?": ["2015-05", "2025-12-09"],
    "Which categories are there?": ["CV (", "RO (4)"],
    "How many authors are there?": ["82 papers name", "authors"],
    "Which authors write about remote sensing?": ["Maxim Neumann (2)"],
    "Who works on tracking any point?": ["Carl Doersch"],
    "Which organisations are there?": ["deepmind", "name none"],
    "Which paper has the most authors?": ["Scaling Vision Transformers to 22 Billion Parameters", "42"],
    "Which paper has the longest author list?": ["Scaling Vision Transformers to 22 Billion Parameters"],
    "Which paper introduced SigLIP 2?": ["SigLIP 2: Multilingual", "Michael Tschannen"],
    "Who is the last author of FlexiViT?": ["Filip Pavetic"],
    "Who is the senior author of DROW?": ["Its last author is Bastian Leibe"],
    "Did Lucas Beyer write FlexiViT?": ["Yes, Lucas Beyer"],
    "Is Xi Chen an author of FlexiViT?": ["No, Xi Chen"],
    "How many authors does the FlexiViT paper have?": ["It has 10 authors"],
    "kubric authors": ["Klaus Greff"],
    "FlexiViT date": ["2022-12-15"],
    "What is the newest paper by Lucas Beyer?": ["SigLIP 2"],
    "latest 3 papers": ["One D4RT at a Time", "SciVid", "TAPNext"],
    "What are the two oldest papers by Ankur Handa?": ["SynthCam3D", "2015-11"],
    "What was Skanda Koppula's first paper?": ["Formula SAE"],
    "Which is newer, PaliGemma or Kubric?": ["PaliGemma: A versatile"],
    "Which of SigLIP 2, Kubric and DROW is the oldest?": ["DROW"],
    "Which is newer, BiT or S4L?": ["The newer of these 2 papers is “Big Transfer (BiT)", "2019-12-24", "2019-05-09"],
    "Of MULEX, EDEN and the VTAB study, which one is the oldest?": ["The oldest of these 3 papers is “MULEX"],
    "Which authors do EcoFlow and EDEN share?": ["Skanda Koppula", "Lois Orosa", "named by both papers"],
    "is there anyone who worked on both VeLO and MULEX?": ["1 author is named by both papers: Lucas Beyer."],
    "Do LiT and the SigLIP paper have authors in common? Which?": ["4 authors are named by both papers", "Basil Mustafa"],
    "Do Kubric and EDEN share an author?": ["No author is named by both papers"],
    "Who is listed last on the EDEN paper, the one with approximate DRAM?": ["Its last author is Onur Mutlu"],
    "How many people signed the STRANDS article about the long-running robots?": ["It has 33 authors"],
    "with whom did Koppula write the paper on what LSTMs and GRUs remember?": ["Khe Chai Sim"],
    "what is the most recent paper that lists Lucas Beyer as an author?": ["SigLIP 2"],
    "how many of Skanda Koppula's papers have him as first author?": ["6 of the 82 papers"],
    "whats the most recent paper you have?": ["One D4RT at a Time"],
    "Since when is Kubric around?": ["2022-03"],
    "Name the authors of the triplet loss paper": ["Alexander Hermans, Lucas Beyer, Bastian Leibe"],
    "who was senior (last) author of the progressive NAS paper": ["Its last author is Kevin Murphy"],
    "Who is the first author of OWL-ViT, i.e. the open-vocabulary detection paper?": ["Its first author is Matthias Minderer"],
    "How much time lies between SigLIP and SigLIP 2? Give me both dates": ["2023-03-27", "2025-02-20"],
    "and which one is the oldest of all the papers here?": ["SynthCam3D", "2015-05"],
    "Who were Koppula's co-authors on the galaxy merger paper?": ["Victor Bapst"],
}  # fmt: skip


@pytest.mark.parametrize("question", SAID)
def test_the_catalogue_says(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    assert all(words in told.text for words in SAID[question]) and told.status != "declined", told.text[:400]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("papers by Yann LeCun", "Yann LeCun"),
        ("Which papers did Geoffrey Hinton write?", "Geoffrey Hinton"),
        ("How many papers by Kaiming He are there?", "Kaiming He"),
        ("Which papers are from 1999?", "1999"),
        ("papers by Lucas Beyer from 2015", "2015"),
        ("Which papers are from Stanford?", "Stanford"),
        ("papers in category QM", "The categories are"),
        ("Which papers mention penicillin?", "penicillin"),
    ],
)
def test_what_no_record_holds_is_said_and_nothing_else_is_listed(seed_engine, question, words):
    told = check_answer(seed_engine.ask(question))
    assert told.status == "declined" and words in told.text and cited_titles(told) == [], told.text[:300]


@pytest.mark.parametrize("question", ["Which papers are from DeepMind?", "DeepMind papers", "List the papers by Google DeepMind"])
def test_organisations_are_listed_and_the_gaps_of_the_records_told(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    assert set(cited_titles(told)) == {paper.title for paper in seed_engine.papers() if "deepmind" in paper.organisations}
    assert told.status == "partial" and "do not say where the authors work" in told.text


@pytest.mark.parametrize(
    "question",
    [
        "What accuracy does it reach on ImageNet 2012?",
        "How does Lucas Beyer train vision transformers?",
        "What is the latest accuracy on ObjectNet?",
        "Which paper reports the highest ImageNet accuracy?",
        "Which of Lucas Beyer's papers reaches the best ImageNet accuracy?",
        "What do Beyer's papers say about distillation?",
        "Which encoder does PaliGemma use?",
        "How many authors' names does the model memorise?",
        "How many people filmed the Perception Test videos?",
        "How many researchers took part in the Atari Grand Challenge?",
        "What dropout rate did the authors of FlexiViT choose?",
        "What is the first stage of DetTA?",
        "How many years of simulation does the galaxy paper cover?",
        "Which dataset has the most images?",
        "Which papers came out the same year as Kubric?",
        "Which datasets are used in these papers?",
        "What uses does Kubric have?",
        "Is there a tracker that runs online? Which?",
        "How long is the temporal window between frames in TAPNext and BootsTAP?",
        "Why did VTAB's authors say a unified evaluation of visual representations was already in place?",
        "which work hides up to three quarters of the clip while learning so that it can handle minutes of footage?",
    ],
)
def test_what_the_papers_say_is_not_asked_of_the_catalogue(seed_engine, question):
    assert "catalogue" not in seed_engine.ask(question).reason


def test_a_guessed_name_is_told(seed_engine):
    assert "“Kolesnikow” was read as Kolesnikov" in seed_engine.ask("Which articles has Kolesnikow written?").text


@pytest.mark.parametrize("question", ["Who are the authors of Attention Is All You Need?", "Which paper introduced AlphaFold?", "When was GPT-4 published?"])
def test_a_paper_that_is_not_there_has_no_facts(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    assert told.status != "answered" and cited_titles(told) == []


@pytest.mark.parametrize(
    ("question", "titles", "words"),
    [
        ("papers about reinforcement learning by Beyer", {"The Atari Grand Challenge Dataset", "MULEX: Disentangling Exploitation from Exploration in Deep RL"}, ""),
        ("Which papers talk about satellite images?", {"Continental-Scale Building Detection from High Resolution Satellite Imagery"}, ""),
        ("what's the latest paper by Koppula", {"Efficiently Reconstructing Dynamic Scenes One D4RT at a Time"}, "The newest paper"),
        ("who wrote https://arxiv.org/abs/2110.12894?", {"The Efficiency Misnomer"}, "Mostafa Dehghani"),
        ("What does https://arxiv.org/pdf/2407.07726v2.pdf use as encoder?", {"PaliGemma: A versatile 3B VLM for transfer"}, "SigLIP-So400m"),
    ],
)
def test_papers_are_found_however_they_are_named(seed_engine, question, titles, words):
    told = check_answer(seed_engine.ask(question))
    assert told.status == "answered" and set(cited_titles(told)) == titles and words in told.text


def test_a_phrase_that_no_paper_says_is_a_topic_unless_it_is_quoted(seed_engine):
    told = check_answer(seed_engine.ask("Which papers mention multilingual models?"))
    assert told.status == "answered" and "PaLI-X: On Scaling up a Multilingual Vision and Language Model" in cited_titles(told)
    assert seed_engine.ask("Which papers say “multilingual models”?").status == "declined"


def test_what_no_paper_calls_by_its_name_is_answered_with_the_nearest_as_such(seed_engine):
    told = check_answer(seed_engine.ask("is there anything on astronomy in this collection"))
    assert told.status == "partial" and cited_titles(told)[0] == "A Deep Learning Approach for Characterizing Major Galaxy Mergers"
    assert seed_engine.ask("Is there anything on quantum computing?").status == "declined"


@pytest.mark.parametrize("question", ["Which is the oldest paper here?", "Which is the oldest paper here, and when is it from?", "oldest paper and its date?"])
def test_one_superlative_paper_is_no_comparison(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    assert [title.split(":")[0] for title in cited_titles(told)] == ["SynthCam3D"] and "2015" in told.text


def test_what_a_sentence_before_the_question_is_interested_in_is_its_subject(seed_engine):
    told = check_answer(seed_engine.ask("I'm interested in neural networks at the hardware level, i.e. memory chips and CNN accelerators. Which papers cover that?"))
    assert {title.split(":")[0] for title in cited_titles(told)[:2]} == {"EDEN", "EcoFlow"} and len(cited_titles(told)) < 6


@pytest.mark.parametrize("question", ["Has anybody looked at sign language recognition?", "is there a method here for sign language translation"])
def test_where_many_papers_are_as_near_to_what_none_says_none_is_cited(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    assert told.status == "declined" and "sign language" in told.text and "The nearest in meaning are “" in told.text, told.text


def test_what_an_abstract_cannot_tell_is_said_to_be_left_aside(seed_engine):
    told = check_answer(seed_engine.ask("Which papers mention SigLIP? Conference versions only."))
    assert told.status == "answered" and "“Conference versions only.” was not looked at." in told.text
    told = seed_engine.ask("Which papers use ImageNet (only the validation set, not the training set), not those that only compare?")
    assert "only the validation set, not the training set; not those that only compare" in told.text


def test_a_word_before_papers_is_an_author_only_by_surname(seed_engine):
    assert "by Gemma" not in seed_engine.ask("Which of the Gemma papers is newest?").text


def test_a_citation_by_name_narrows_a_question_to_papers_by_that_name(seed_engine):
    told = check_answer(seed_engine.ask("why did Hermans et al. find the triplet loss weaker than classification losses for reid?"))
    assert "In Defense of the Triplet Loss for Person Re-Identification" in cited_titles(told) and any("Hermans" in p.message for p in told.problems)


def test_two_papers_that_are_only_described_both_answer(seed_engine):
    told = check_answer(
        seed_engine.ask("One paper argues that efficiency metrics can contradict each other, another ranks pretraining methods under a fixed FLOP budget. How do they differ?")
    )
    assert set(cited_titles(told)) == {"The Efficiency Misnomer", "Where Should I Spend My FLOPS? Efficiency Evaluations of Visual Pre-training Methods"}


def test_a_list_by_a_figure_shows_the_figure(seed_engine):
    told = check_answer(seed_engine.ask("Which papers have more than 10 billion parameters?"))
    assert "22 Billion Parameters (Mostafa Dehghani, Josip Djolonga et al., 2023-02-10, gives 22 Billion)" in told.text and "100B" not in told.text
    assert "from the list of papers" in render_answer(told)
    assert "gives 27B" in told.text and "gives 15B" in told.text and "whatever they were measured on" in told.text
    assert all("27" in e.quote for s in told.sentences for e in s.evidence if "gives 27" in s.text) and sum(len(s.evidence) for s in told.sentences) == 5


def test_the_words_of_a_web_address_ask_for_nothing(seed_engine):
    assert "catalogue" not in seed_engine.ask("Dataset can be available at https://example.org/arxiv/date").reason


def test_many_papers_are_listed_and_counted_as_few_are(seed_engine, monkeypatch):
    """With more papers than are read one by one the index of words is asked first; nothing changes in the answer."""
    from qa_bot.listing import choosing

    questions = ["Which papers mention ImageNet?", "Which papers by Lucas Beyer mention ImageNet or Kinetics?", "How many papers mention both ImageNet and COCO?"]
    told = [seed_engine.ask(question).text for question in questions]
    monkeypatch.setattr(choosing, "MANY", 1)
    assert [seed_engine.ask(question).text for question in questions] == told
