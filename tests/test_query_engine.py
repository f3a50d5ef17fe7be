"""PaperQueryEngine as the contract promises it: Answers, llama-index's interfaces, and any llama-index LLM or embedding."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from answer_contract import check_answer, check_dict, cited_titles, problem_kinds
from llama_index.core import MockEmbedding
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer

from qa_bot import Answer, Filters, PaperQueryEngine, PaperRetriever, QABotError

PALIGEMMA = "PaliGemma: A versatile 3B VLM for transfer"
QUESTION = "Which encoder does PaliGemma use?"
GOOD = "STATUS: answered\nPaliGemma is based on the SigLIP-So400m vision encoder [1]."


class ScriptedLLM(CustomLLM):
    """A llama-index LLM of a user: says its text in small pieces and remembers what it was asked."""

    text: str = GOOD
    window: int = 8192
    asked: list[str] = []

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.window, num_output=256, model_name="scripted")

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        self.asked.append(prompt)
        return CompletionResponse(text=self.text)

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:
        self.asked.append(prompt)
        for end in range(6, len(self.text) + 6, 6):
            yield CompletionResponse(text=self.text[:end], delta=self.text[end - 6 : end])


class LetterEmbedding(BaseEmbedding):
    """A llama-index embedding of a user: how often each letter occurs."""

    model_name: str = "letters"
    calls: list[int] = []

    def _get_text_embedding(self, text: str) -> list[float]:
        self.calls.append(1)
        return [0.1 + text.lower().count(chr(97 + letter)) for letter in range(26)]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


@pytest.fixture(scope="module")
def engine(seed_data_dir):
    from qa_bot.config import Settings

    opened = PaperQueryEngine.from_settings(Settings(_env_file=None, data_dir=seed_data_dir))
    yield opened
    opened.close()


# Answers


@pytest.mark.parametrize(
    "question",
    [
        QUESTION,
        "How do Sideways and Skip-Sideways differ?",
        "What is Kubric?",
        "What does the BootsTAP abstract report on TAP-Vid-DAVIS?",
        "How can a robot notice people with a laser scanner?",
        "Which papers did Lucas Beyer write in 2022?",
        "Who wrote the FlexiViT paper?",
        "How many papers are there?",
        "What is the newest paper?",
        "What is the airspeed of an unladen swallow?",
        "Why does SigLIP need softmax normalisation over the batch?",
        "zzz qqq xxx",
        "¿Qué codificador usa PaliGemma?",
    ],
)
def test_every_kind_of_answer_keeps_the_contract(engine, question):
    answer = check_answer(engine.ask(question))
    assert (answer.question, answer.mode, answer.is_final) == (question, "extractive", True)
    assert answer.timings["total_seconds"] > 0


def test_an_answer_names_its_paper_and_shows_the_words(engine):
    answer = engine.ask(QUESTION)
    assert isinstance(answer, Answer) and answer.status == "answered" and cited_titles(answer) == [PALIGEMMA]
    source = answer.sources[0]
    assert (source.number, source.year, source.url) == (1, 2024, "https://arxiv.org/abs/2407.07726")
    assert source.authors[0] == "Lucas Beyer" and source.score > 0
    carrying = [evidence.quote for sentence in answer.sentences for evidence in sentence.evidence]
    assert any("SigLIP-So400m vision encoder" in quote for quote in carrying)
    assert "SigLIP-So400m" in answer.text and answer.text.rstrip().endswith("[1]")


def test_the_answer_as_data_has_the_fields_of_the_contract(engine):
    data = engine.ask(QUESTION).to_dict()
    check_dict(data)
    assert data["sources"][0]["title"] == PALIGEMMA and data["sources"][0]["cited"] is True
    assert data["sentences"][0]["citations"] == [1] and data["sentences"][0]["support"] == "supported"


def without_times(answer: Answer) -> dict:
    return {name: value for name, value in answer.to_dict().items() if name != "timings"}


def test_stream_ends_with_what_ask_returns(engine):
    snapshots = list(engine.stream(QUESTION))
    assert [snapshot.is_final for snapshot in snapshots] == [False] * (len(snapshots) - 1) + [True]
    assert without_times(snapshots[-1]) == without_times(engine.ask(QUESTION))


def test_the_same_question_gets_the_same_answer(engine):
    assert without_times(engine.ask("What is Kubric?")) == without_times(engine.ask("What is Kubric?"))


@pytest.mark.parametrize("question", ["", "   ", "\n\t "])
def test_an_empty_question_is_declined(engine, question):
    answer = check_answer(engine.ask(question))
    assert answer.status == "declined" and answer.sources == () and answer.reason
    assert engine.query(question).response == answer.text
    assert engine.retriever.retrieve(question) == []


def test_history_makes_a_follow_up_stand_alone(engine):
    history = [("user", QUESTION), ("assistant", engine.ask(QUESTION).text)]
    answer = check_answer(engine.ask("And which language model does it use?", history=history))
    assert "PaliGemma" in answer.standalone_question and answer.question == "And which language model does it use?"
    assert cited_titles(answer) == [PALIGEMMA] and "Gemma-2B" in answer.text
    assert engine.ask(QUESTION, history=[]).standalone_question == QUESTION


def test_filters_narrow_an_answer(engine):
    answer = check_answer(engine.ask("Which vision encoder is used?", filters=Filters(year_from=2025)))
    assert answer.sources and all(source.year >= 2025 for source in answer.sources)


def test_a_declined_answer_names_the_nearest_papers(engine):
    answer = engine.ask("What is the boiling point of mercury?")
    assert answer.status == "declined" and answer.reason and cited_titles(answer) == []
    assert answer.sources and answer.sources[0].title in answer.text


# llama-index


def test_query_gives_a_llama_index_response(engine):
    assert isinstance(engine, BaseQueryEngine)
    response = engine.query(QUESTION)
    assert type(response) is Response and str(response) == response.response == engine.ask(QUESTION).text
    assert [node.metadata["title"] for node in response.source_nodes] == [PALIGEMMA]
    node = response.source_nodes[0]
    assert node.metadata["paper_id"] == "arxiv:2407.07726" and isinstance(node.metadata["record_ids"], list)
    assert "SigLIP-So400m" in node.get_content() and node.score > 0
    check_dict(response.metadata)
    assert response.metadata["sources"][0]["title"] == PALIGEMMA


def test_query_that_is_declined_still_shows_what_was_retrieved(engine):
    response = engine.query("What is the boiling point of mercury?")
    assert response.metadata["status"] == "declined" and len(response.source_nodes) > 1


def test_aquery_gives_the_same_and_many_at_once(engine):
    async def ask() -> list[Response]:
        return await asyncio.gather(*(engine.aquery(QUESTION) for _ in range(4)))

    for response in asyncio.run(ask()):
        assert response.response == engine.query(QUESTION).response


def test_retriever_is_one_of_llama_index(engine):
    retriever = engine.retriever
    assert isinstance(retriever, BaseRetriever) and isinstance(retriever, PaperRetriever)
    nodes = retriever.retrieve("race cars")
    assert len(nodes) == engine.settings.top_k
    assert {"paper_id", "record_ids", "title"} <= nodes[0].metadata.keys()
    assert [node.score for node in nodes] == sorted((node.score for node in nodes), reverse=True)
    assert len({node.metadata["paper_id"] for node in nodes}) == len(nodes), "one node a paper"
    known = {paper.paper_id: paper for paper in engine.papers()}
    for node in nodes:
        paper = known[node.metadata["paper_id"]]
        assert node.metadata["title"] == paper.title and any(node.get_content() in v.abstract for v in paper.versions)
    assert [n.metadata["paper_id"] for n in asyncio.run(retriever.aretrieve("race cars"))] == [
        n.metadata["paper_id"] for n in nodes
    ]


def test_retriever_works_inside_llama_index_own_query_engine(engine):
    llm = ScriptedLLM(text="SigLIP-So400m.")
    synthesizer = get_response_synthesizer(llm=llm, response_mode=ResponseMode.COMPACT)
    response = RetrieverQueryEngine(engine.retriever, response_synthesizer=synthesizer).query(QUESTION)
    assert response.response == "SigLIP-So400m."
    assert response.source_nodes[0].metadata["title"] == PALIGEMMA
    assert "SigLIP-So400m vision encoder" in llm.asked[0] and PALIGEMMA in llm.asked[0]


# A user's own LLM and embedding


@pytest.fixture
def written(seed_settings):
    """An engine whose answers a llama-index LLM writes."""
    made = []

    def make(text: str = GOOD, **options: Any) -> tuple[PaperQueryEngine, ScriptedLLM]:
        llm = ScriptedLLM(text=text, asked=[], **options)
        made.append(PaperQueryEngine.from_settings(seed_settings, llm=llm))
        return made[-1], llm

    yield make
    for engine in made:
        engine.close()


def test_a_llama_index_llm_writes_the_answer(written):
    engine, llm = written()
    answer = check_answer(engine.ask(QUESTION))
    assert (answer.mode, answer.model, answer.status) == ("llm", "scripted", "answered")
    assert answer.text == "PaliGemma is based on the SigLIP-So400m vision encoder [1]." and cited_titles(answer) == [PALIGEMMA]
    assert answer.sentences[0].support == "supported" and answer.problems == ()
    assert len(llm.asked) == 1 and PALIGEMMA in llm.asked[0] and "Lucas Beyer" in llm.asked[0] and "2024" in llm.asked[0]


def test_snapshots_of_a_written_answer_grow(written):
    engine, _ = written(GOOD + " It is trained to be a versatile base model that is effective to transfer [1].")
    snapshots = list(engine.stream(QUESTION))
    texts = [snapshot.text for snapshot in snapshots]
    assert all(later.startswith(earlier) for earlier, later in zip(texts, texts[1:]))
    assert len(set(texts)) > 8 and texts[0] == "" and not any("STATUS" in text for text in texts)
    assert snapshots[0].sources, "what was retrieved is there before the first word"
    final = check_answer(snapshots[-1])
    assert [s.is_final for s in snapshots].count(True) == 1 and final.is_final
    assert [sentence.support for sentence in final.sentences] == ["supported", "supported"]
    assert without_times(engine.ask(QUESTION)) == without_times(final)


def test_the_model_s_own_numbers_become_the_order_of_first_use(written):
    engine, llm = written(
        "STATUS: answered\nSigLIP uses a sigmoid loss [3]. PaliGemma builds on SigLIP [1]. The loss is sigmoid [3]."
    )
    answer = check_answer(engine.ask("How do PaliGemma and SigLIP relate?"))
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,), (1,)]
    prompted = {number: llm.asked[0].split(f'number="{number}"')[1].split("Title: ")[1].split("\n")[0] for number in (1, 3)}
    assert cited_titles(answer) == [prompted[3], prompted[1]]


def test_query_and_aquery_use_the_same_llm(written):
    engine, llm = written()
    assert engine.query(QUESTION).response == asyncio.run(engine.aquery(QUESTION)).response
    assert len(llm.asked) == 2


def test_a_failing_llm_leaves_an_extractive_answer_that_says_why(seed_settings):
    class Broken(ScriptedLLM):
        def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Iterator[CompletionResponse]:
            raise RuntimeError("CUDA out of memory")

    engine = PaperQueryEngine.from_settings(seed_settings, llm=Broken())
    answer = check_answer(engine.ask(QUESTION))
    engine.close()
    assert answer.mode == "extractive" and cited_titles(answer) == [PALIGEMMA]
    assert problem_kinds(answer) == ["llm_server"] and "CUDA out of memory" in answer.problems[0].message


def test_an_llm_that_is_none_is_refused_clearly(seed_settings):
    with pytest.raises(QABotError, match="llama-index LLM"):
        PaperQueryEngine.from_settings(seed_settings, llm="gpt-4")
    with pytest.raises(QABotError, match="llama-index"):
        PaperQueryEngine.from_settings(seed_settings, embed_model="bge-small")
    PaperQueryEngine.from_settings(seed_settings).close()  # and nothing stayed locked


def test_an_empty_collection_takes_in_the_samples_with_the_given_embedding(settings_here):
    embedding = LetterEmbedding(calls=[])
    engine = PaperQueryEngine.from_settings(settings_here, embed_model=embedding)
    assert len(engine.papers()) == 82 and embedding.calls
    check_answer(engine.ask(QUESTION))
    assert engine.retriever.retrieve("PaliGemma")[0].metadata["title"].startswith("PaliGemma")
    engine.close()
    calls = len(embedding.calls)
    reopened = PaperQueryEngine.from_settings(settings_here, embed_model=embedding)
    assert len(embedding.calls) - calls <= 1, "nothing is embedded again but perhaps one probe"
    reopened.close()
    with pytest.raises(QABotError, match="qa-bot reindex"):
        PaperQueryEngine.from_settings(settings_here)


def test_a_mock_embedding_is_enough(settings_here):
    engine = PaperQueryEngine.from_settings(settings_here, embed_model=MockEmbedding(embed_dim=8))
    answer = check_answer(engine.ask(QUESTION))
    assert answer.sources[0].title == PALIGEMMA, "words still find it where vectors say nothing"
    engine.close()


def test_from_settings_without_arguments_reads_the_environment(seed_data_dir, monkeypatch):
    monkeypatch.setenv("QA_BOT_DATA_DIR", str(seed_data_dir))
    monkeypatch.setenv("QA_BOT_TOP_K", "3")
    engine = PaperQueryEngine.from_settings()
    assert len(engine.papers()) == 82 and len(engine.retriever.retrieve("vision")) == 3
    assert json.dumps(engine.query(QUESTION).metadata)
    engine.close()


@pytest.fixture
def settings_here(tmp_path):
    from qa_bot.config import Settings

    return Settings(_env_file=None, data_dir=tmp_path / "own")
