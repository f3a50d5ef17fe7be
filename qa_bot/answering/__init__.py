"""Knows the order of one answer: understand, retrieve, weigh the evidence, write, cite, verify.

Leaves each step to its module, widgets to `app`, and the llama-index interfaces to `query_engine`, so that the command
line and the window need not wait for that import.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qa_bot import collection, listing, retrieval
from qa_bot.amending import remove
from qa_bot.answering import subjects
from qa_bot.answering.without_llm import decline, extract, joined, version_notes
from qa_bot.answering.writing import write
from qa_bot.config import Settings, load_settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.evidence import Assessment, assess, share_said
from qa_bot.extractive import Passage
from qa_bot.follow_up import stand_alone
from qa_bot.follow_up.turns import Known, is_small_talk
from qa_bot.ingest import IngestReport, Progress, fingerprint_of, ingest, open_ready
from qa_bot.judges import Judge, open_judge
from qa_bot.listing.cited import cited_titles
from qa_bot.llm import ChatModel, LLMError, open_llm
from qa_bot.prompts import PromptError, condense_prompt, load_templates
from qa_bot.schema import Answer, Filters, Hit, Paper, Problem, Source
from qa_bot.store import PaperStore, open_store

if TYPE_CHECKING:
    import numpy as np

History = Sequence[tuple[str, str]]
T = TypeVar("T")


class AnswerEngine:
    """An open collection that answers questions. Safe to ask from many threads at once."""

    def __init__(
        self, settings: Settings, store: PaperStore, embedding: EmbeddingModel, llm: ChatModel | None, *, judge: Judge | None = None
    ) -> None:
        self.settings, self.store, self.embedding, self.llm, self.judge = settings, store, embedding, llm, judge
        self.templates = load_templates(settings.prompts_dir)

    @classmethod
    def from_settings(
        cls,
        settings: Settings | None = None,
        *,
        llm: object | None = None,
        embed_model: object | None = None,
        on_progress: Progress = lambda what, n, of: None,
    ) -> AnswerEngine:
        """Open the collection of the settings; an empty one takes in the sample papers first.

        `llm` and `embed_model` take any llama-index LLM or embedding in place of the configured one.
        Raise a QABotError that says what to do next.
        """
        settings = settings or load_settings()
        embedding = open_embedding(settings, embed_model=embed_model)
        store = open_ready(settings, embedding, on_progress=on_progress)
        try:
            return cls(settings, store, embedding, open_llm(settings, llm=llm), judge=open_judge(settings))
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Let other processes have the collection."""
        self.store.close()

    def ingest(self, paths: Sequence[Path], *, on_progress: Progress = lambda what, n, of: None) -> IngestReport:
        """Take more papers in while the engine stays open. Without a Chroma server the collection is closed for it: ask nothing meanwhile."""
        return self._while_closed(lambda: ingest(paths, settings=self.settings, embedding=self.embedding, on_progress=on_progress))

    def remove_papers(self, paper_ids: Sequence[str]) -> None:
        """Take papers out of the collection while the engine stays open, as `ingest` takes them in."""
        self._while_closed(lambda: remove(paper_ids, settings=self.settings, embedding=self.embedding))

    def _while_closed(self, work: Callable[[], T]) -> T:
        if self.store.server:  # readers and a writer may have it open at once
            return work()
        self.store.close()
        try:
            return work()
        finally:
            self.store = open_store(self.settings, fingerprint_of(self.embedding))
            self.__dict__.pop("facets", None)

    def refresh(self) -> None:
        """Take in what other processes did to the collection. Every question and search begins with it."""
        if self.store.refresh():
            self.__dict__.pop("facets", None)

    @cached_property
    def facets(self) -> listing.Facets:
        """What the records of the collection name: authors, categories, organisations."""
        return listing.Facets.of(self.store)

    def papers(self) -> tuple[Paper, ...]:
        """Return the collection, newest paper first."""
        self.refresh()
        return self.store.truth.papers()

    def paper(self, paper_id: str) -> Paper | None:
        return self.store.truth.papers_by_id([paper_id]).get(paper_id)

    def mode_line(self) -> str:
        """Say in one line which mode and model will answer."""
        if self.llm is None:
            return "Extractive mode: answers are sentences of the abstracts. Set QA_BOT_LLM_BASE_URL to have an LLM write them."
        where = self.settings.llm_base_url or "the OpenAI API"
        judged = " A judge is asked about sentences in doubt." if self.judge else ""
        return f"LLM mode: {self.settings.llm_model or 'the first model listed'} at {where} writes the answers.{judged}"

    def search(self, query: str, k: int = 10, *, filters: Filters | None = None) -> list[Hit]:
        """Return up to k papers for a query, best first; without filters, those that the words of the query name count."""
        self.refresh()
        query = _writable(query)
        narrowed = None if filters else listing.narrow(query, k, facets=self.facets, store=self.store, rank=self._ranked)
        return self._ranked(query, k, filters) if narrowed is None else narrowed

    def _ranked(self, query: str, k: int, filters: Filters | None = None, *, vector: np.ndarray | None = None) -> list[Hit]:
        weight = self.settings.lexical_weight
        return retrieval.search_papers(
            query, store=self.store, embedding=self.embedding, limit=k, filters=filters, lexical_weight=weight, query_vector=vector
        )

    def ask(self, question: str, *, history: History = (), filters: Filters | None = None) -> Answer:
        """Answer a question; `history` holds earlier ("user" | "assistant", text) turns, oldest first."""
        for answer in self.stream(question, history=history, filters=filters):
            pass
        return answer

    def stream(self, question: str, *, history: History = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Yield growing snapshots of the answer; the last one is final and what `ask` returns."""
        self.refresh()
        for answer in self._stream(question, history=history, filters=filters):
            notices = self.store.notices() if answer.is_final else ()
            yield replace(answer, problems=(*notices, *answer.problems)) if notices else answer

    def _stream(self, question: str, *, history: History, filters: Filters | None) -> Iterator[Answer]:
        began = time.perf_counter()
        question = _writable(question).strip()
        history = [(role, _writable(text)) for role, text in history]
        if not question or is_small_talk(question):
            yield Answer(question, question, "declined", "No question was asked.", "extractive", "Ask a question about the papers.")
            return
        problems: list[Problem] = []
        standalone = subjects.with_titles(self._understand(question, history, problems), self.store)
        asked = listing.read(standalone, self.facets, self.store)
        listed = listing.answer_on_versions(standalone, store=self.store, embedding=self.embedding)
        facts, meant = self._facts(asked, filters) if asked and asked.wants_content else ("", [])
        goes_on = bool(meant) and (self.llm is not None or len(meant) <= subjects.FEW)  # it asks what those papers say, too
        if listed is None and asked:
            told = self._from_catalogue(standalone, asked, filters)
            listed = None if goes_on else told
        if listed is not None:
            yield replace(listed, question=question, timings={"total_seconds": time.perf_counter() - began}, problems=tuple(problems))
            return
        wanted = filters or (None if goes_on else self._narrowed(standalone, problems))
        if self.llm and wanted and not filters:
            facts, _ = self._facts(collection.CollectionQuestion("list", wanted), filters)
        sought = collection.without_filters(standalone, wanted, authors=self.facets.authors) if wanted else standalone
        hits, passages, about = self._read_those(sought, meant) if goes_on else self.read(sought, filters=wanted)
        found = time.perf_counter()
        assessment = assess(sought, hits, passages, subjects=about, store=self.store)
        if assessment.status == "partial" and about == 1:
            hits, passages, about, assessment = subjects.with_who_tells(sought, hits, passages, assessment, store=self.store)
        sources = [Source.of(hit.paper, number, score=hit.score, cited=False) for number, hit in enumerate(hits, 1)]
        draft = Answer(
            question, standalone, assessment.status, assessment.reason, "llm" if self.llm else "extractive", "",
            model=self.llm.model if self.llm else None, sources=tuple(sources), evidence_score=round(assessment.score, 4), is_final=False,
        )  # fmt: skip
        yield draft
        if assessment.status == "declined" and facts and self.llm:
            assessment = replace(assessment, status="partial")
            draft = replace(draft, status="partial")
        if assessment.status == "declined":
            final = decline(draft, hits)
        elif self.llm is None:
            final = extract(draft, hits, passages, about or int(assessment.of_nearest))
            final = joined(told, final) if goes_on and told else final
        else:
            final = draft
            try:
                for final in self._written(draft, assessment, problems, history=history, facts=facts):
                    yield final
            except (LLMError, PromptError) as error:
                kind = f"llm_{error.kind}" if isinstance(error, LLMError) else "prompt"
                problems.append(Problem(kind, f"The LLM did not answer, so these are sentences of the abstracts. {error}"))
                final = extract(replace(draft, mode="extractive", model=None), hits, passages, about or int(assessment.of_nearest))
        problems += version_notes(final, hits) if self.llm and final.mode == "llm" else []
        ended = time.perf_counter()
        timings = {"retrieve_seconds": found - began, "write_seconds": ended - found, "total_seconds": ended - began}
        yield replace(final, problems=tuple([*problems, *final.problems]), timings=timings | dict(final.timings), stage="", is_final=True)

    def _written(self, draft: Answer, assessment: Assessment, problems: list[Problem], *, history: History, facts: str) -> Iterator[Answer]:
        return write(
            draft, assessment, problems, llm=self.llm, judge=self.judge, settings=self.settings, templates=self.templates, history=history, facts=facts
        )

    def _understand(self, question: str, history: History, problems: list[Problem]) -> str:
        if not history:
            return question
        if self.llm is None:
            return stand_alone(question, history, known=self._known())
        try:
            room = {"context_window": self.llm.context_window, "max_tokens": self.settings.llm_max_tokens}
            messages = condense_prompt(question, history, templates=self.templates, **room)
            rewritten = " ".join(self.llm.complete(messages, max_tokens=self.settings.llm_max_tokens).text.split()).strip('"“” ')
        except (LLMError, PromptError) as error:
            problems.append(Problem("follow_up_by_rule", f"The LLM did not rewrite the follow-up, so a rule did. {error}"))
            return stand_alone(question, history, known=self._known())
        if 0 < len(rewritten) <= 4 * len(question) + 300:
            return rewritten
        problems.append(Problem("follow_up_by_rule", "The LLM's rewriting of the follow-up was of no use, so a rule did it."))
        return stand_alone(question, history, known=self._known())

    def _known(self) -> Known:
        """Return what the collection tells about the texts of a conversation."""

        def named(text: str) -> list[str]:
            papers = self.store.truth.papers_by_id(retrieval.named_papers(text, self.store, counts_use=False))
            return [paper.title for paper in papers.values()]

        def says(paper: str, asked: str) -> float:
            meant = retrieval.named_papers(paper, self.store, counts_use=False)
            papers = self.store.truth.papers_by_id(meant) if len(meant) == 1 else {}
            return max((share_said(asked, paper, self.store) for paper in papers.values()), default=0.0)

        def dated(title: str) -> str:
            papers = self.store.truth.papers_by_id(retrieval.named_papers(title, self.store, counts_use=False))
            return next((paper.date or "" for paper in papers.values()), "") if len(papers) == 1 else ""

        return Known(self.facets.authors, named, lambda told: cited_titles(told, store=self.store, rank=self._ranked), says, dated, is_there=True)

    def _from_catalogue(self, question: str, asked: collection.CollectionQuestion, filters: Filters | None) -> Answer | None:
        def declined(topic: str, reason: str) -> Answer:
            draft = Answer(question, question, "declined", reason, "extractive", "")
            return decline(draft, self._ranked(topic, self.settings.top_k, filters))

        return listing.answer(question, asked, store=self.store, embedding=self.embedding, filters=filters, declined=declined)

    def _facts(self, asked: collection.CollectionQuestion, filters: Filters | None) -> tuple[str, list[Paper]]:
        return listing.facts(asked, store=self.store, embedding=self.embedding, filters=filters)

    def _narrowed(self, question: str, problems: list[Problem]) -> Filters | None:
        """Return the filters that the words of a question ask for, where any paper passes them, and say so."""
        asked = listing.filters_in(question, self.facets)
        if not asked:
            return None
        number = self.store.truth.count_matching(asked)
        described = collection.describe_filters(asked)
        if not number:
            problems.append(Problem("not_narrowed", f"No paper is {described}, so all papers were searched."))
            return None
        problems.append(Problem("narrowed", f"Only the {number} paper{'s' * (number > 1)} {described} were searched."))
        return asked

    def read(self, question: str, *, filters: Filters | None = None) -> tuple[list[Hit], list[Passage], int]:
        """Return the hits for a question, their sentences, best answer first, and how many papers the question names."""
        return subjects.read(
            question, store=self.store, embedding=self.embedding, rank=self._ranked, top_k=self.settings.top_k, filters=filters
        )

    def _read_those(self, question: str, papers: Sequence[Paper]) -> tuple[list[Hit], list[Passage], int]:
        return subjects.read_those(question, papers, store=self.store, embedding=self.embedding, rank=self._ranked, top_k=self.settings.top_k)

    def find(self, question: str, *, limit: int | None = None, filters: Filters | None = None) -> tuple[list[Hit], int]:
        """Return up to `limit` hits for a question, the papers that it names or describes first, and how many those are."""
        return subjects.find(question, store=self.store, rank=self._ranked, limit=limit or self.settings.top_k, filters=filters)


def _writable(text: str) -> str:
    """Return a text without lone surrogates, which a shell makes of bytes that are no UTF-8 and nothing can store or send."""
    return text.encode("utf-8", "replace").decode("utf-8")
