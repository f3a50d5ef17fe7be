"""Knows the order of one answer: understand, retrieve, weigh the evidence, write, cite, verify.

Leaves each step to its module, widgets to `app`, and the llama-index interfaces to `query_engine`, so that the command
line and the window need not wait for that import.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from qa_bot import collection, retrieval
from qa_bot.chunking import split_sentences
from qa_bot.citations import plain_markdown, resolve_citations
from qa_bot.config import Settings, load_settings, resource_dir
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.evidence import Assessment, assess
from qa_bot.extractive import Passage, choose, compose, rank_sentences
from qa_bot.follow_up import stand_alone
from qa_bot.ingest import IngestReport, Progress, fingerprint_of, ingest
from qa_bot.llm import ChatModel, LLMError, open_llm
from qa_bot.prompts import answer_prompt, condense_prompt, load_templates, split_status
from qa_bot.schema import Answer, Evidence, Filters, Hit, Paper, Problem, Sentence, Source
from qa_bot.store import PaperStore, matches
from qa_bot.support import Judgement, judge_many

History = Sequence[tuple[str, str]]


class AnswerEngine:
    """An open collection that answers questions. Safe to ask from many threads at once."""

    def __init__(self, settings: Settings, store: PaperStore, embedding: EmbeddingModel, llm: ChatModel | None) -> None:
        self.settings, self.store, self.embedding, self.llm = settings, store, embedding, llm
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
        store = PaperStore(settings.data_dir, fingerprint_of(embedding), chroma_url=settings.chroma_url)
        if store.is_empty or store.pending:  # first run, or an ingest that was killed
            paths = [resource_dir("seeds")] if store.is_empty else []
            store.close()
            ingest(paths, settings=settings, embedding=embedding, on_progress=on_progress)
            store = PaperStore(settings.data_dir, fingerprint_of(embedding), chroma_url=settings.chroma_url)
        try:
            return cls(settings, store, embedding, open_llm(settings, llm=llm))
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Let other processes have the collection."""
        self.store.close()

    def ingest(self, paths: Sequence[Path], *, on_progress: Progress = lambda what, n, of: None) -> IngestReport:
        """Take more papers in while the engine stays open; questions asked meanwhile wait."""
        self.store.close()
        try:
            return ingest(paths, settings=self.settings, embedding=self.embedding, on_progress=on_progress)
        finally:
            self.store = PaperStore(self.settings.data_dir, fingerprint_of(self.embedding), chroma_url=self.settings.chroma_url)
            self.__dict__.pop("_authors", None)

    @cached_property
    def _authors(self) -> collection.AuthorNames:
        return collection.AuthorNames(self.store.truth.distinct("authors"))

    def papers(self) -> tuple[Paper, ...]:
        """Return the collection, newest paper first."""
        return self.store.truth.papers()

    def paper(self, paper_id: str) -> Paper | None:
        return self.store.truth.papers_by_id([paper_id]).get(paper_id)

    def mode_line(self) -> str:
        """Say in one line which mode and model will answer."""
        if self.llm is None:
            return "Extractive mode: answers are sentences of the abstracts. Set QA_BOT_LLM_BASE_URL to have an LLM write them."
        where = self.settings.llm_base_url or "the OpenAI API"
        return f"LLM mode: {self.settings.llm_model or 'the first model listed'} at {where} writes the answers."

    def search(self, query: str, k: int = 10, *, filters: Filters | None = None) -> list[Hit]:
        """Return up to k papers for a query, best first."""
        return retrieval.search_papers(
            query, store=self.store, embedding=self.embedding, limit=k, filters=filters, lexical_weight=self.settings.lexical_weight
        )

    def ask(self, question: str, *, history: History = (), filters: Filters | None = None) -> Answer:
        """Answer a question; `history` holds earlier ("user" | "assistant", text) turns, oldest first."""
        for answer in self.stream(question, history=history, filters=filters):
            pass
        return answer

    def stream(self, question: str, *, history: History = (), filters: Filters | None = None) -> Iterator[Answer]:
        """Yield growing snapshots of the answer; the last one is final and what `ask` returns."""
        began = time.perf_counter()
        question = question.strip()
        if not question:
            yield Answer(question, question, "declined", "No question was asked.", "extractive", "Ask a question about the papers.")
            return
        problems: list[Problem] = []
        standalone = self._understand(question, history, problems)
        listed = self._from_catalogue(standalone, filters)
        if listed is not None:
            yield replace(listed, question=question, timings={"total_seconds": time.perf_counter() - began}, problems=tuple(problems))
            return
        hits, subjects = self._find(standalone, filters)
        passages = rank_sentences(standalone, hits, store=self.store, embedding=self.embedding, papers_read=max(5, subjects))
        sources = [Source.of(hit.paper, number, score=hit.score, cited=False) for number, hit in enumerate(hits, 1)]
        found = time.perf_counter()
        assessment = assess(standalone, hits, passages)
        draft = Answer(
            question, standalone, assessment.status, assessment.reason, "llm" if self.llm else "extractive", "",
            model=self.llm.model if self.llm else None, sources=tuple(sources), is_final=False,
        )  # fmt: skip
        yield draft
        if assessment.status == "declined":
            final = _declined(draft, hits)
        elif self.llm is None:
            final = self._extract(draft, passages, subjects)
        else:
            final = draft
            try:
                for final in self._write(draft, history, assessment, problems):
                    yield final
            except LLMError as error:
                problems.append(Problem(f"llm_{error.kind}", f"The LLM did not answer, so these are sentences of the abstracts. {error}"))
                final = self._extract(replace(draft, mode="extractive", model=None), passages, subjects)
        ended = time.perf_counter()
        timings = {"retrieve_seconds": found - began, "write_seconds": ended - found, "total_seconds": ended - began}
        yield replace(final, problems=tuple([*problems, *final.problems]), timings=timings, is_final=True)

    def _understand(self, question: str, history: History, problems: list[Problem]) -> str:
        if not history:
            return question
        by_rule = stand_alone(question, history)
        if self.llm is None:
            return by_rule
        try:
            messages = condense_prompt(
                question, history, templates=self.templates, context_window=self.llm.context_window, max_tokens=200
            )
            rewritten = " ".join(self.llm.complete(messages, max_tokens=200).text.split()).strip('"')
        except LLMError as error:
            problems.append(Problem("follow_up_by_rule", f"The LLM did not rewrite the follow-up, so a rule did. {error}"))
            return by_rule
        return rewritten if 0 < len(rewritten) <= 4 * len(question) + 300 else by_rule

    def _from_catalogue(self, question: str, filters: Filters | None) -> Answer | None:
        asked = collection.understand(question, authors=self._authors, categories=self.store.truth.distinct("categories"))
        if asked is None:
            return None
        if asked.kind in ("authors", "date"):
            hits = self.search(asked.topic or question, 1, filters=filters)
            return collection.describe_paper(question, hits[0].paper) if hits else None
        chosen = [p for p in self.papers() if matches(p, asked.filters) and matches(p, filters or Filters())]
        for name in asked.also_by:
            chosen = [paper for paper in chosen if matches(paper, Filters(author=name))]
        if asked.is_first_author and asked.filters.author:
            chosen = [paper for paper in chosen if collection.is_first_author(paper, asked.filters.author)]
        if asked.topic:
            about = retrieval.papers_about(asked.topic, store=self.store, embedding=self.embedding)
            allowed = {paper.paper_id for paper in chosen}
            chosen = [hit.paper for hit in about if hit.paper.paper_id in allowed]
        return collection.list_papers(question, asked, chosen, total=self.store.truth.count("papers"))

    def _find(self, question: str, filters: Filters | None) -> tuple[list[Hit], int]:
        """Return the hits for a question, the papers that it names first, and how many those are."""
        hits = self.search(question, self.settings.top_k, filters=filters)
        named = retrieval.named_papers(question, self.store)
        if filters:
            allowed = set(self.store.truth.paper_ids_matching(filters))
            named = [paper_id for paper_id in named if paper_id in allowed]
        if not named:
            return hits, 0
        by_id = {hit.paper.paper_id: hit for hit in self.search(question, retrieval.DEPTH, filters=filters)}
        papers = self.store.truth.papers_by_id(named)
        asked = [by_id.get(i) or retrieval.hit_of(papers[i]) for i in named]
        asked = [replace(hit, score=max(hit.score, hits[0].score if hits else 1.0)) for hit in asked]
        others = [hit for hit in hits if hit.paper.paper_id not in named]
        return [*asked, *others][: max(self.settings.top_k, len(asked))], len(asked)

    def _extract(self, draft: Answer, passages: Sequence[Passage], subjects: int) -> Answer:
        text = compose(choose(passages, subjects=subjects), draft.sources)
        return self._checked(replace(draft, text=text), text, draft.sources)

    def _write(self, draft: Answer, history: History, assessment: Assessment, problems: list[Problem]) -> Iterator[Answer]:
        prompt = answer_prompt(
            draft.standalone_question, draft.sources, history=history, templates=self.templates,
            context_window=self.llm.context_window, max_tokens=self.settings.llm_max_tokens,
        )  # fmt: skip
        left_out = [Problem("evidence_left_out", f"{len(prompt.left_out)} of {len(draft.sources)} retrieved papers did not fit into the prompt.")]
        problems += left_out if prompt.left_out else []
        judged: dict[tuple[str, str], Judgement] = {}
        for reply in self.llm.stream(prompt.messages):
            sign, body = split_status(reply.text)
            snapshot = self._checked(
                replace(draft, status=sign or assessment.status, model=reply.model, usage=dict(reply.usage)),
                plain_markdown(body), prompt.sources, judged=judged, is_growing=not reply.is_final,
            )  # fmt: skip
            yield snapshot
        if snapshot.status != "answered":
            yield replace(snapshot, reason=snapshot.reason or "The model says that the papers do not hold (all of) the answer.")

    def _checked(
        self, draft: Answer, text: str, sources: Sequence[Source], *, judged: dict | None = None, is_growing: bool = False
    ) -> Answer:
        """Resolve the citations of a text and judge every sentence against what it cites."""
        cited = resolve_citations(text, sources, split_sentences=split_sentences)
        by_number = {source.number: source for source in cited.sources}
        judged = {} if judged is None else judged
        sentences = cited.sentences[:-1] if is_growing else cited.sentences
        pairs = [
            (_bare(sentence.text), by_number[number].text) for sentence in sentences for number in sentence.citations if number in by_number
        ]
        fresh = [pair for pair in dict.fromkeys(pairs) if pair not in judged]
        judged.update(zip(fresh, judge_many(fresh)))
        with_support = [_with_support(sentence, by_number, judged) for sentence in sentences]
        missing = [s for s in draft.sources if s.paper_id not in {c.paper_id for c in cited.sources}]
        extra = [replace(s, number=len(cited.sources) + n) for n, s in enumerate(missing, 1)]
        return replace(
            draft, text=cited.text, sentences=(*with_support, *cited.sentences[len(sentences) :]),
            sources=(*cited.sources, *extra), problems=cited.problems,
        )  # fmt: skip


def _declined(draft: Answer, hits: Sequence[Hit]) -> Answer:
    nearest = "; ".join(f"“{hit.paper.title}”" for hit in hits[:3])
    text = "The papers in this collection do not answer that." + (f" The nearest papers are {nearest}." if nearest else "")
    return replace(draft, text=text, mode="extractive", model=None)


def _bare(text: str) -> str:
    """Return a sentence without its citation marks."""
    import re

    return re.sub(r"\s*(~~)?\[\d+\](~~)?", "", text).strip()


def _with_support(sentence: Sentence, sources: dict[int, Source], judged: dict[tuple[str, str], Judgement]) -> Sentence:
    bare = _bare(sentence.text)
    verdicts = [(judged[(bare, sources[n].text)], n) for n in sentence.citations if n in sources]
    if not verdicts:
        return replace(sentence, support="unsupported", reason="no paper is cited for this sentence")
    evidence = tuple(Evidence(n, j.span.text, j.span.start, j.span.end) for j, n in verdicts if j.span is not None)
    best, _ = max(verdicts, key=lambda item: (("unsupported", "weak", "supported").index(item[0].support), item[0].score))
    return replace(sentence, support=best.support, evidence=evidence, reason=best.reason)
