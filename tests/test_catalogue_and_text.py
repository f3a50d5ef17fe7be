"""Questions that need the catalogue and the text: facts in the LLM's prompt, hits narrowed by the words of a question."""

from __future__ import annotations

import pytest
from answer_contract import check_answer, cited_titles, problem_kinds
from fake_llm_server import FakeLLMServer, answer

from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.schema import Filters


@pytest.fixture
def ask(seed_data_dir):
    opened = []

    def ask_server(*steps, question, **options):
        with FakeLLMServer(*steps) as server:
            settings = Settings(_env_file=None, data_dir=seed_data_dir, llm_base_url=server.url, llm_model="test-model", llm_max_retries=0, **options)
            opened.append(AnswerEngine.from_settings(settings))
            return check_answer(opened[-1].ask(question)), server

    yield ask_server
    for engine in opened:
        engine.close()


BEST = "STATUS: answered\nThe best ImageNet accuracy among them is reached by this one [1]."


@pytest.mark.parametrize(
    ("question", "author", "number"),
    [
        ("Which of Lucas Beyer's papers reaches the best ImageNet accuracy?", "Lucas Beyer", 40),
        ("What do the papers by Ankur Handa say about synthetic scenes?", "Ankur Handa", 4),
        ("How do the papers by Xi Chen scale language models?", "Xi Chen", 4),
    ],
)
def test_a_question_that_mixes_catalogue_and_text_takes_facts_along(ask, question, author, number):
    told, server = ask(answer(BEST), question=question)
    assert told.mode == "llm" and all(author in source.authors for source in told.sources)
    prompt = server.chats[0].prompt
    assert f"The collection holds 82 papers; {number} of them are by {author}:" in prompt and "narrowed" in problem_kinds(told)
    assert prompt.count("<source number=") == len(told.sources) <= 6


def test_a_list_and_what_its_papers_say_come_together(ask):
    told, server = ask(answer(BEST), question="Which papers are about race cars and what do they find?")
    prompt = server.chats[0].prompt
    assert told.mode == "llm" and len(told.sources) == 2 and "2 of them are about race cars:" in prompt
    assert all("Rac" in source.title for source in told.sources)


def test_who_wrote_a_paper_and_what_it_says_come_together(ask):
    told, server = ask(answer("STATUS: answered\nIt is based on SigLIP-So400m [1]."), question="Who wrote PaliGemma and which vision encoder does it use?")
    assert told.mode == "llm" and "PaliGemma: A versatile 3B VLM for transfer: by Lucas Beyer" in server.chats[0].prompt


@pytest.mark.parametrize("question", ["Which papers did Lucas Beyer write in 2022?", "How many papers are from 2019?", "Who wrote FlexiViT?", "Who are Lucas Beyer's co-authors?"])
def test_a_pure_question_about_the_catalogue_does_not_call_the_llm(ask, question):
    told, server = ask(answer(BEST), question=question)
    assert told.status == "answered" and "catalogue" in told.reason and server.requests == []


def test_a_sentence_that_the_catalogue_carries_needs_no_number(ask):
    text = "STATUS: answered\nThe collection holds 82 papers, and 4 of them are by Ankur Handa. They render synthetic scenes [1]. Ankur Handa wrote 17 of them."
    told, _ = ask(answer(text), question="What do the papers by Ankur Handa say about synthetic scenes?")
    first, _, last = told.sentences
    assert first.support == "supported" and "catalogue" in first.reason and last.support == "unsupported"


def test_a_question_with_a_name_is_not_declined_because_no_abstract_says_that_name(seed_engine):
    told = check_answer(seed_engine.ask("What do the papers by Ankur Handa say about synthetic depth data?"))
    assert told.status == "answered" and cited_titles(told)


def test_without_an_llm_a_few_papers_say_the_rest_themselves(seed_engine):
    told = check_answer(seed_engine.ask("Which papers are about race cars and what do they find?"))
    assert len(cited_titles(told)) == 2 and all("Rac" in title for title in cited_titles(told)) and "catalogue" not in told.reason
    told = check_answer(seed_engine.ask("Who wrote PaliGemma and which vision encoder does it use?"))
    assert "Lucas Beyer" in told.text and "SigLIP-So400m" in told.text and len(cited_titles(told)) == 1


def test_without_an_llm_a_long_list_says_what_it_leaves_open(seed_engine):
    told = check_answer(seed_engine.ask("Which papers did Lucas Beyer write and what do they find?"))
    assert told.status == "partial" and len(cited_titles(told)) == 40 and "ask the rest" in told.reason


# search


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("papers by Lucas Beyer", lambda p: "Lucas Beyer" in p.authors),
        ("Which papers did Xiaohua Zhai write in 2021?", lambda p: "Xiaohua Zhai" in p.authors and p.year == 2021),
        ("papers by Lucas Beyer about person detection", lambda p: "Lucas Beyer" in p.authors),
        ("papers from 2015", lambda p: p.year == 2015),
        ("What do the papers by Ankur Handa say about depth?", lambda p: "Ankur Handa" in p.authors),
        ("robotics category papers", lambda p: "RO" in p.categories),
        ("first-author papers of Xi Chen", lambda p: p.authors[0] == "Xi Chen"),
    ],
)
def test_search_is_narrowed_by_the_words_of_the_query(seed_engine, query, fits):
    hits = seed_engine.search(query, 10)
    expected = sum(1 for paper in seed_engine.papers() if fits(paper))
    assert len(hits) == min(10, expected) and all(fits(hit.paper) for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_search_ranks_what_it_narrows(seed_engine):
    assert "Person" in seed_engine.search("papers by Lucas Beyer about person detection", 3)[0].paper.title
    newest = [hit.paper.date for hit in seed_engine.search("newest papers by Lucas Beyer", 5)]
    assert newest == sorted(newest, reverse=True)


@pytest.mark.parametrize("query", ["papers by Yann LeCun", "race cars", "ImageNet 2012", "papers from 1950", "which papers are about robots"])
def test_search_is_not_narrowed_to_nothing_nor_by_what_narrows_nothing(seed_engine, query):
    assert len(seed_engine.search(query, 10)) == 10


def test_filters_that_are_given_win_over_the_words(seed_engine):
    hits = seed_engine.search("papers by Lucas Beyer", 10, filters=Filters(author="Ankur Handa"))
    assert len(hits) == 4 and all("Ankur Handa" in hit.paper.authors for hit in hits)


# versions


@pytest.mark.parametrize(
    "question",
    [
        "What did the earlier version of the BootsTAP abstract report on TAP-Vid-DAVIS?", "How do the versions of the BootsTAP abstract differ?",
        "What did the earlier version of the BootsTAP abstract give?", "Was the BootsTAP result revised?", "Did the numbers in the BootsTAP abstract change?",
        "What did v1 of the BootsTAP paper say?", "has the bootstap abstract been updated",
    ],
)  # fmt: skip
def test_versions_are_told_when_asked_for(seed_engine, question):
    told = check_answer(seed_engine.ask(question))
    assert told.status == "answered" and 0 < told.text.index("67.4%") < told.text.index("66.4%")
    assert cited_titles(told) == ["BootsTAP: Bootstrapped Training for Tracking-Any-Point"]


def test_versions_are_told_by_the_catalogue_in_llm_mode_too(ask):
    told, server = ask(answer(BEST), question="How do the versions of the Perception Test abstract differ?")
    assert "46.2%" in told.text and "43.6%" in told.text and server.requests == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Is there an earlier version of the FlexiViT abstract?", "one version"),
        ("Did the numbers in the HiP abstract change?", "no figure that both give differs"),
        ("How do the versions of the abstract on object discovery and representation networks differ?", "discovers this image structure by itself"),
    ],
)
def test_versions_that_do_not_differ_are_said_not_to(seed_engine, question, words):
    told = check_answer(seed_engine.ask(question))
    assert told.status == "answered" and words in told.text


@pytest.mark.parametrize(
    "question", ["How does BootsTAP performance change with more data?", "Which versions of PaliGemma 2 are there?", "Does the second version of SigLIP come in several sizes?", "What is the difference between PaliGemma and PaliGemma 2?"]
)
def test_versions_of_a_model_are_not_versions_of_an_abstract(seed_engine, question):
    assert "catalogue" not in seed_engine.ask(question).reason
