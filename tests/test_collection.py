"""Questions about the collection: read right, answered from the catalogue, and left alone when they ask something else."""

from __future__ import annotations

import pytest

from qa_bot.collection import AuthorNames, by_date, describe_paper, list_papers, understand
from qa_bot.schema import Filters, Origin, Paper, Version

AUTHORS = AuthorNames(
    ["Lucas Beyer", "Xiaohua Zhai", "Olivier J. Hénaff", "João Carreira", "Xi Chen", "Skanda Koppula", "C. Daniel Freeman", "Aäron van den Oord"]
)


def read(question):
    return understand(question, authors=AUTHORS, categories=["CV", "RO", "stat.ML"])


@pytest.mark.parametrize(
    ("question", "author"),
    [
        ("Which papers did Lucas Beyer write?", "Lucas Beyer"),
        ("papers by lucas beyer", "Lucas Beyer"),
        ("Papers by L. Beyer?", "Lucas Beyer"),
        ("List Beyer's papers", "Beyer"),
        ("Which papers by Beyer are there?", "Beyer"),
        ("What has Olivier Henaff published?", "Olivier J. Hénaff"),
        ("What has Olivier J. Hénaff published?", "Olivier J. Hénaff"),
        ("Show me papers of Joao Carreira", "João Carreira"),
        ("Which papers have Xi Chen as first author?", "Xi Chen"),
        ("all papers by Daniel Freeman", "C. Daniel Freeman"),
        ("papers by Aaron van den Oord", "Aäron van den Oord"),
    ],
)
def test_authors_are_found_however_they_are_written(question, author):
    found = read(question)
    assert found.kind == "list" and found.filters.author == author and found.topic == ""


def test_two_authors_both_count():
    found = read("Which papers did Lucas Beyer and Xiaohua Zhai write together?")
    assert (found.filters.author, found.also_by) == ("Lucas Beyer", ("Xiaohua Zhai",))


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("Which papers are from 2021?", (2021, 2021)),
        ("papers from 2019 to 2021", (2019, 2021)),
        ("papers between 2019 and 2021", (2019, 2021)),
        ("Which papers were published since 2023?", (2023, None)),
        ("papers after 2023", (2024, None)),
        ("list papers before 2017", (None, 2016)),
        ("Which 2020 papers do you have?", (2020, 2020)),
        ("What papers appeared in 2018?", (2018, 2018)),
    ],
)
def test_years_are_read(question, years):
    found = read(question)
    assert (found.filters.year_from, found.filters.year_to) == years and found.topic == ""


@pytest.mark.parametrize(
    ("question", "kind", "topic", "limit"),
    [
        ("How many papers are there?", "count", "", None),
        ("How many papers about tracking do you have?", "count", "tracking", None),
        ("What is the newest paper?", "newest", "", 1),
        ("Name the three oldest papers on robots", "oldest", "robots", 3),
        ("which papers are about race cars?", "list", "race cars", None),
        ("What papers are there on person re-identification?", "list", "person re-identification", None),
        ("Are there any papers about galaxies?", "list", "galaxies", None),
        ("Who wrote the FlexiViT paper?", "authors", "FlexiViT", None),
        ("Who are the authors of Big Transfer?", "authors", "Big Transfer", None),
        ("When was the Kubric paper published?", "date", "Kubric", None),
        ("In which year did MLP-Mixer appear?", "date", "MLP-Mixer", None),
        ("List all papers in category RO", "list", "", None),
    ],
)
def test_kind_and_topic_are_read(question, kind, topic, limit):
    found = read(question)
    assert (found.kind, found.topic, found.limit) == (kind, topic, limit)


@pytest.mark.parametrize(
    "question",
    [
        "Which encoder does PaliGemma use?",
        "How many images does the dataset hold?",
        "Which work lets one network run at any patch size?",
        "What accuracy does it reach on ImageNet 2012?",
        "How does Lucas Beyer train vision transformers?",
        "What is the latest accuracy on ObjectNet?",
        "How many parameters does the paper's model have?",
        "",
    ],
)
def test_questions_about_content_are_left_alone(question):
    assert read(question) is None


def paper(number: int, title: str, date: str | None, *authors: str) -> Paper:
    return Paper(f"t:{number}", title, (Version("Text.", "Text.", date, (Origin("f", number),)),), authors=authors, date=date)


PAPERS = [paper(1, "First", "2019-05", "Lucas Beyer"), paper(2, "Second", "2021", "Xi Chen", "Lucas Beyer"), paper(3, "Third", None)]


def test_list_cites_every_paper_by_its_own_line():
    asked = read("Which papers by Lucas Beyer?")
    answer = list_papers("q", asked, PAPERS[:2], total=3)
    assert answer.status == "answered" and [s.title for s in answer.sources] == ["Second", "First"]
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
    for source in answer.sources:
        (line,) = [s for s in answer.sentences if s.citations == (source.number,)]
        assert source.title in line.text and f"[{source.number}]" in line.text


def test_nothing_found_is_declined_with_the_reason():
    answer = list_papers("q", read("Which papers are about galaxies?"), [], total=3)
    assert answer.status == "declined" and "galaxies" in answer.reason and answer.sources == ()


def test_newest_ignores_undated_papers():
    assert [p.title for p in by_date(PAPERS, newest_first=True)] == ["Second", "First"]
    answer = list_papers("q", read("What is the newest paper?"), PAPERS, total=3)
    assert [s.title for s in answer.sources] == ["Second"]


def test_count_of_everything_is_the_total():
    assert "3 papers" in list_papers("q", read("How many papers are there?"), PAPERS, total=3).text


def test_authors_and_date_of_one_paper():
    answer = describe_paper("q", PAPERS[1])
    assert "Xi Chen, Lucas Beyer" in answer.text and "2021" in answer.text and answer.sources[0].cited
    assert "does not name" in describe_paper("q", PAPERS[2]).text


def test_filters_are_plain_data():
    assert not Filters() and Filters(year_to=2020)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What do papers by Lucas Beyer say about distillation?", Filters(author="Lucas Beyer")),
        ("According to papers from 2021 to 2022, how do ViTs scale?", Filters(year_from=2021, year_to=2022)),
        ("How is SigLIP used in papers since 2023?", Filters(year_from=2023)),
        ("In Beyer's papers, what is a good teacher?", Filters(author="Beyer")),
        ("What accuracy does it reach on ImageNet 2012?", Filters()),
        ("How does Lucas Beyer train transformers?", Filters()),
        ("What does the paper say about ILSVRC-2012 accuracy?", Filters()),
    ],
)
def test_content_questions_narrow_themselves_only_when_they_speak_of_papers(question, expected):
    from qa_bot.collection import filters_in

    assert filters_in(question, authors=AUTHORS, categories=["CV"]) == expected


def test_narrowing_is_told(seed_engine):
    answer = seed_engine.ask("What do the papers by Ankur Handa say about synthetic depth data?")
    assert all("Ankur Handa" in source.authors for source in answer.sources)
    assert any(problem.kind == "narrowed" and "Ankur Handa" in problem.message for problem in answer.problems)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which author has the most papers?", "prolific"),
        ("Which paper came first, Sideways or Skip-Sideways?", "order"),
        ("Was Xiaohua Zhai involved in SigLIP 2?", "authors"),
        ("Did Lucas Beyer write FlexiViT?", "authors"),
        ("What is the arXiv id of FlexiViT?", "date"),
        ("Where can I find the Kubric paper?", "date"),
        ("List everything from 2019.", "list"),
        ("Is there anything by Skanda Koppula?", "list"),
        ("Did Skanda Koppula contribute to any paper?", "list"),
    ],
)
def test_more_ways_to_ask_about_the_collection(question, kind):
    assert read(question).kind == kind


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which paper came first, Sideways or Skip-Sideways?", "oldest first"),
        ("What is the arXiv id of FlexiViT?", "2212.08013"),
        ("Who wrote the Formula SAE racecar paper and in which year?", "2017"),
        ("How many papers do you have?", "82"),
        ("Which author has the most papers?", "Lucas Beyer"),
    ],
)
def test_the_catalogue_answers(seed_engine, question, said):
    answer = seed_engine.ask(question)
    assert answer.status == "answered" and said in answer.text


def test_every_paper_of_an_author_is_listed_and_no_other(seed_engine):
    answer = seed_engine.ask("Which papers did Ankur Handa co-author?")
    cited = {source.paper_id for source in answer.sources if source.cited}
    assert cited == {paper.paper_id for paper in seed_engine.papers() if "Ankur Handa" in paper.authors}


@pytest.mark.parametrize("question", ["List all papers", "Give me all titles", "What papers do you have?"])
def test_the_whole_collection_is_listed_when_asked_for(seed_engine, question):
    answer = seed_engine.ask(question)
    assert answer.status == "answered" and len([s for s in answer.sources if s.cited]) == 50 and "32 more" in answer.text


@pytest.mark.parametrize(
    ("wanted", "author", "is_meant"),
    [
        ("Beyer", "Lucas Beyer", True), ("L. Beyer", "Lucas Beyer", True), ("lucas beyer", "Lucas Beyer", True), ("Olivier Henaff", "Olivier J. Hénaff", True),
        ("Yang Liu", "Yang Liu", True), ("Yang Liu", "Liu Yang", False), ("Yang Liu", "Yang Bo Liu", True), ("John Smith", "John Smith Jr.", True), ("M. Beyer", "Lucas Beyer", False),
    ],
)  # fmt: skip
def test_a_name_means_an_author(wanted, author, is_meant):
    from qa_bot.schema import names_person

    assert names_person(wanted, author) is is_meant


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("papers by Andreas P. Steiner", "Andreas Steiner"),
        ("papers by Andreas Peter Steiner", "Andreas Steiner"),
        ("papers by A. P. Steiner", "Andreas Steiner"),
        ("papers by Andreas Steiner", "Andreas Steiner"),
        ("papers by Lucas M. Beyer", "Lucas Beyer"),
        ("papers by Michael S Ryoo", "Michael S. Ryoo"),
        ("papers by Wei A. Li", "Wei A. Li"),
        ("papers by Wei B. Li", "Wei B. Li"),
    ],
)
def test_middle_names_may_be_left_out_or_shortened_on_either_side(question, name):
    names = AuthorNames(["Andreas Steiner", "Andreas Peter Steiner", "Lucas Beyer", "Michael S. Ryoo", "Wei Li", "Wei A. Li", "Wei B. Li"])
    assert [found for found, _ in names.find(question)] == [name]


def test_another_middle_name_is_another_person():
    names = AuthorNames(["Michael S. Ryoo", "Lucas Beyer"])
    assert names.find("papers by Michael R. Ryoo") == [] and names.find("papers by Lucas Hans Beyer") == []


@pytest.mark.parametrize("question", ["Which authors write about tracking?", "papers by using less data", "Which papers from Beyes are there?"])
def test_a_word_near_a_name_is_not_taken_for_it(question):
    names = AuthorNames(["Ada White", "Bea Uzing", "Lucas Beyer", "Xi Chen"])
    assert names.find(question) == []


@pytest.mark.parametrize(
    ("question", "topic", "without"),
    [
        ("Which papers are about tracking, other than TAPNext and BootsTAP?", "tracking", ("TAPNext", "BootsTAP")),
        ("List papers on detection except those that use wheelchairs", "detection", ("wheelchairs",)),
        ("List the papers in the PaLI series (not counting PaLI-X).", "PaLI", ("PaLI-X",)),
        ("Which papers deal mainly with the task of depth estimation?", "task of depth estimation", ()),
        ("Which papers are about multi-task learning?", "multi-task learning", ()),
    ],
)
def test_what_is_left_out_and_what_means_nothing_is_no_topic(question, topic, without):
    found = read(question)
    assert (found.kind, found.topic, found.without) == ("list", topic, without)


def test_of_several_doings_the_last_tells():
    found = read("Which papers propose, extend or are based on SigLIP?")
    assert found.topic == "" and found.said == ("SigLIP",)


@pytest.mark.parametrize(
    "question",
    [
        "Which came first, MLP-Mixer or the 16x16 words ViT paper, and in which years?",
        "Is TAPNext newer than the BootsTAP paper?",
        "Which was published first, SigLIP or the paper on locked-image tuning?",
    ],
)
def test_which_of_two_papers_came_first_is_asked(question):
    assert read(question).kind == "order"
