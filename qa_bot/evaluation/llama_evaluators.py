"""Knows how to run llama-index's own evaluators beside ours, under their own names.

Leaves every other judgement to `judge`. Their definitions differ from ours and from the literature: Faithfulness is one
yes or no for a whole answer and says yes if any of the context supports it; Correctness is 1 to 5, passing from 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qa_bot.evaluation.answer_metrics import premise
from qa_bot.evaluation.statistics import mean_interval
from qa_bot.llm import ChatModel
from qa_bot.schema import Paper, Source

NAMES = ("llama_index_faithfulness", "llama_index_relevancy", "llama_index_correctness")


def llama_index_scores(
    rows: Sequence[Mapping[str, Any]], papers: Iterable[Paper], *, judge: ChatModel
) -> dict[str, dict[str, float]]:
    """Return the scores of llama-index's evaluators by question id; declined answers are left out.

    Faithfulness and Relevancy see the papers that the answer cites. Correctness needs gold points and is divided by 5.
    """
    from llama_index.core.evaluation import CorrectnessEvaluator, FaithfulnessEvaluator, RelevancyEvaluator

    llm = as_llama_index(judge)
    faithful, relevant, correct = FaithfulnessEvaluator(llm=llm), RelevancyEvaluator(llm=llm), CorrectnessEvaluator(llm=llm)
    by_id = {paper.paper_id: paper for paper in papers}
    scores: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["status"] == "declined":
            continue
        contexts = [_context(by_id[s["paper_id"]]) for s in row["sources"] if s["cited"] and s["paper_id"] in by_id]
        found: dict[str, float] = {}
        if contexts:
            asked = {"query": row["question"], "response": row["text"], "contexts": contexts}
            found[NAMES[0]] = float(bool(faithful.evaluate(**asked).passing))
            found[NAMES[1]] = float(bool(relevant.evaluate(**asked).passing))
        if row["points"]:
            grade = correct.evaluate(query=row["question"], response=row["text"], reference="; ".join(row["points"])).score
            if grade is not None:
                found[NAMES[2]] = grade / 5
        scores[row["id"]] = found
    return scores


def llama_index_figures(scores: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return mean and interval of each evaluator over the questions it scored."""
    figures = {}
    for name in NAMES:
        values = [found[name] for found in scores.values() if name in found]
        if values:
            mean, low, high = mean_interval(values)
            figures[name] = {"mean": round(mean, 4), "interval": [round(low, 4), round(high, 4)], "questions": len(values)}
    return figures


def as_llama_index(judge: ChatModel) -> Any:
    """Wrap a ChatModel as a llama-index LLM, so that their evaluators use the one client, retries and errors there are."""
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

    class JudgeLLM(CustomLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(context_window=judge.context_window, model_name=judge.model or "judge", is_chat_model=False)

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            return CompletionResponse(text=judge.complete([{"role": "user", "content": prompt}]).text)

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
            yield self.complete(prompt)

    return JudgeLLM()


def _context(paper: Paper) -> str:
    return premise(Source(0, paper.paper_id, paper.title, paper.authors, paper.year, None, 0.0, True, paper.abstract))
