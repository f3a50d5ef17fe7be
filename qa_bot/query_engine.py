"""Knows the llama-index face of qa_bot: a query engine and a retriever over the same answers; the only owner of llama-index.

Leaves answering to `answering`: what comes out here is what the window and the command line show.
"""

from __future__ import annotations

import asyncio
from functools import cached_property

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptDictType, PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from qa_bot.answering import AnswerEngine
from qa_bot.schema import Answer, Hit, Source

__all__ = ["PaperQueryEngine", "PaperRetriever"]


class PaperRetriever(BaseRetriever):
    """Ranks papers, one node a paper; the node's text is its best chunk, its metadata name the paper."""

    def __init__(self, engine: AnswerEngine, *, top_k: int) -> None:
        self._engine, self._top_k = engine, top_k
        super().__init__(callback_manager=CallbackManager([]))

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node_of_hit(hit) for hit in self._engine.search(query_bundle.query_str, self._top_k)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class PaperQueryEngine(AnswerEngine, BaseQueryEngine):
    """Answers questions about a collection of papers.

    `ask` and `stream` give the whole Answer; `query` and `aquery` give it as a llama-index Response, whose
    `source_nodes` are the cited papers (all retrieved ones when none is cited) and whose `metadata` is `Answer.to_dict()`.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        AnswerEngine.__init__(self, *args, **kwargs)
        BaseQueryEngine.__init__(self, callback_manager=CallbackManager([]))

    @cached_property
    def retriever(self) -> PaperRetriever:
        return PaperRetriever(self, top_k=self.settings.top_k)

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self.retriever.retrieve(query_bundle)

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _response(self.ask(query_bundle.query_str))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return _response(await asyncio.to_thread(self.ask, query_bundle.query_str))

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts_dict: PromptDictType) -> None:
        """Prompts are files: see QA_BOT_PROMPTS_DIR."""

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def _response(answer: Answer) -> Response:
    cited = [source for source in answer.sources if source.cited] or answer.sources
    return Response(response=answer.text, source_nodes=[_node_of_source(source) for source in cited], metadata=answer.to_dict())


def _node_of_hit(hit: Hit) -> NodeWithScore:
    paper = hit.paper
    node = TextNode(
        id_=hit.chunk.chunk_id,
        text=hit.chunk.text,
        metadata=_metadata(paper.paper_id, paper.record_ids, paper.title, paper.authors, paper.year, paper.url),
    )
    return NodeWithScore(node=node, score=hit.score)


def _node_of_source(source: Source) -> NodeWithScore:
    metadata = _metadata(source.paper_id, source.record_ids, source.title, source.authors, source.year, source.url)
    node = TextNode(id_=source.paper_id, text=source.text, metadata=metadata | {"number": source.number, "cited": source.cited})
    return NodeWithScore(node=node, score=source.score)


def _metadata(
    paper_id: str, record_ids: tuple[str, ...], title: str, authors: tuple[str, ...], year: int | None, url: str | None
) -> dict[str, object]:
    return {"paper_id": paper_id, "record_ids": list(record_ids), "title": title, "authors": list(authors), "year": year, "url": url}
