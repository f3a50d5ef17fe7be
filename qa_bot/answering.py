"""Knows the order of one answer: understand, retrieve, weigh the evidence, write, cite, verify.

Leaves each step to its module, widgets to `app`, and the llama-index interfaces to `query_engine`, so that the command
line and the window need not wait for that import.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qa_bot import collection, listing, retrieval, sides
from qa_bot.amending import remove
from qa_bot.chunking import split_sentences
from qa_bot.citations import plain_markdown, resolve_citations
from qa_bot.citations.harmless import as_quoted
from qa_bot.collection.telling import EARLIER_VERSION
from qa_bot.config import Settings, load_settings
from qa_bot.embedding import EmbeddingModel, open_embedding
from qa_bot.evidence import Assessment, assess
from qa_bot.extractive import PAPERS_READ, PAPERS_READ_AHEAD, Passage, choose, compose, likeliest_first, rank_sentences
from qa_bot.follow_up import stand_alone
from qa_bot.follow_up.turns import Known, is_small_talk
from qa_bot.ingest import IngestReport, Progress, fingerprint_of, ingest, open_ready
from qa_bot.judges import Judge, ask, doubts_of, open_judge, with_opinions
from qa_bot.llm import ChatModel, LLMError, open_llm
from qa_bot.prompts import Prompt, PromptError, answer_prompt, condense_prompt, load_templates, split_status
from qa_bot.schema import Answer, Evidence, Filters, Hit, Paper, Problem, Sentence, Source, Span
from qa_bot.store import PaperStore, open_store
from qa_bot.support import JointJudgement, judge_sources, plain_claim
from qa_bot.versions import disagreements

if TYPE_CHECKING:
    import numpy as np

History = Sequence[tuple[str, str]]
T = TypeVar("T")
# A paper that a question only describes is meant where its best chunk is this near to the description.
DESCRIBED_FROM = 0.35
DESCRIBED_READ = 3
FEW = 5  # papers that an answer without an LLM can speak of one by one


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
        standalone = self._understand(question, history, problems)
        asked = listing.read(standalone, self.facets)
        listed = listing.answer_on_versions(standalone, store=self.store, embedding=self.embedding)
        facts, meant = self._facts(asked, filters) if asked and asked.wants_content else ("", [])
        goes_on = bool(meant) and (self.llm is not None or len(meant) <= FEW)  # it asks what those papers say, too
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
        hits, passages, subjects = self._read_those(sought, meant) if goes_on else self.read(sought, filters=wanted)
        sources = [Source.of(hit.paper, number, score=hit.score, cited=False) for number, hit in enumerate(hits, 1)]
        found = time.perf_counter()
        assessment = assess(sought, hits, passages, subjects=subjects, store=self.store)
        draft = Answer(
            question, standalone, assessment.status, assessment.reason, "llm" if self.llm else "extractive", "",
            model=self.llm.model if self.llm else None, sources=tuple(sources), evidence_score=round(assessment.score, 4), is_final=False,
        )  # fmt: skip
        yield draft
        if assessment.status == "declined" and facts and self.llm:
            assessment = replace(assessment, status="partial")
            draft = replace(draft, status="partial")
        if assessment.status == "declined":
            final = _declined(draft, hits)
        elif self.llm is None:
            final = self._extract(draft, hits, passages, subjects)
            final = _joined(told, final) if goes_on and told else final
        else:
            final = draft
            try:
                for final in self._write(draft, history, assessment, problems, facts):
                    yield final
            except (LLMError, PromptError) as error:
                kind = f"llm_{error.kind}" if isinstance(error, LLMError) else "prompt"
                problems.append(Problem(kind, f"The LLM did not answer, so these are sentences of the abstracts. {error}"))
                final = self._extract(replace(draft, mode="extractive", model=None), hits, passages, subjects)
        problems += self._version_notes(final, hits) if self.llm and final.mode == "llm" else []
        ended = time.perf_counter()
        timings = {"retrieve_seconds": found - began, "write_seconds": ended - found, "total_seconds": ended - began}
        yield replace(final, problems=tuple([*problems, *final.problems]), timings=timings | dict(final.timings), stage="", is_final=True)

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

        return Known(self.facets.authors, named, lambda told: listing.cited_titles(told, store=self.store, rank=self._ranked), is_there=True)

    def _from_catalogue(self, question: str, asked: collection.CollectionQuestion, filters: Filters | None) -> Answer | None:
        def declined(topic: str, reason: str) -> Answer:
            draft = Answer(question, question, "declined", reason, "extractive", "")
            return _declined(draft, self._ranked(topic, self.settings.top_k, filters))

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
        """Return the hits for a question, their sentences, best answer first, and how many papers the question names.

        The papers named come first, else those that likeliest hold the answer.
        """
        depth = PAPERS_READ_AHEAD if self.store.truth.meta("sentences_ahead") else PAPERS_READ
        vector = self.store.vectors_of([question], self.embedding.embed, keeps=False)[0][0]
        asked = self._asked(question, filters)
        hits, subjects = self.find(question, limit=max(depth, self.settings.top_k), filters=filters, vector=vector, asked=asked)
        passages = rank_sentences(
            question, hits, store=self.store, embedding=self.embedding, papers_read=max(depth, subjects), question_vector=vector,
            asked_of=list(asked.values()) if len(asked) > 1 else (), clauses=sides.clauses_of(question),
        )  # fmt: skip
        keep = max(self.settings.top_k, subjects)
        if not subjects:
            return *likeliest_first(hits, passages, keep=keep), subjects
        return hits[:keep], [passage for passage in passages if passage.place < keep], subjects

    def _read_those(self, question: str, papers: Sequence[Paper]) -> tuple[list[Hit], list[Passage], int]:
        """Return what `read` does, of these papers alone; all of them are asked about where they are few."""
        ranked = {hit.paper.paper_id: hit for hit in self._ranked(question, retrieval.DEPTH)}
        found = [ranked[paper.paper_id] for paper in papers if paper.paper_id in ranked]
        found = sorted(found, key=lambda hit: -hit.score) + [retrieval.hit_of(paper) for paper in papers if paper.paper_id not in ranked]
        hits = found[: self.settings.top_k]
        passages = rank_sentences(question, hits, store=self.store, embedding=self.embedding, papers_read=len(hits))
        return hits, passages, len(hits) if len(hits) <= FEW else 0

    def _asked(self, question: str, filters: Filters | None) -> dict[str, str]:
        """Return paper id -> what is asked of it alone, of the papers that a question names, or describes beside another, in their order."""
        named = retrieval.named_places(question, self.store)
        if filters:
            allowed = self.store.truth.passing([paper_id for paper_id, _ in named], filters)
            named = [(paper_id, span) for paper_id, span in named if paper_id in allowed]
        taken = {paper_id for paper_id, _ in named}
        meant = []
        described = sides.described_sides(question, [span for _, span in named])
        for start, end in described:
            hits = [hit for hit in self._ranked(question[start:end], DESCRIBED_READ, filters) if hit.paper.paper_id not in taken]
            if hits and (hits[0].dense or 0.0) >= DESCRIBED_FROM:
                meant.append((hits[0].paper.paper_id, (start, end)))
                taken.add(hits[0].paper.paper_id)
        if not named and len(meant) < len(described):
            meant = []
        places = sorted([*named, *meant], key=lambda place: place[1])
        spans: dict[str, list[sides.Span]] = {}
        for paper_id, span in places:
            spans.setdefault(paper_id, []).append(span)
        return {
            paper_id: sides.asked_of(question, own[0], [span for other, span in places if other != paper_id]) for paper_id, own in spans.items()
        }

    def find(
        self,
        question: str,
        *,
        limit: int | None = None,
        filters: Filters | None = None,
        vector: np.ndarray | None = None,
        asked: Mapping[str, str] | None = None,
    ) -> tuple[list[Hit], int]:
        """Return up to `limit` hits for a question, the papers that it names or describes first, and how many those are."""
        limit = limit or self.settings.top_k
        asked = self._asked(question, filters) if asked is None else asked
        hits = self._ranked(question, retrieval.DEPTH if asked else limit, filters, vector=vector)
        if not asked:
            return hits, 0
        found = {hit.paper.paper_id: hit for hit in hits}
        papers = self.store.truth.papers_by_id([paper_id for paper_id in asked if paper_id not in found])
        first = [found.get(paper_id) or retrieval.hit_of(papers[paper_id]) for paper_id in asked]
        first = [replace(hit, score=max(hit.score, hits[0].score if hits else 1.0)) for hit in first]
        others = [hit for hit in hits if hit.paper.paper_id not in asked]
        return [*first, *others][: max(limit, len(first))], len(first)

    def _extract(self, draft: Answer, hits: Sequence[Hit], passages: Sequence[Passage], subjects: int) -> Answer:
        """Write the best sentences down; where an earlier version gave other figures, say what it said."""
        asks_several = retrieval.asks_several(draft.standalone_question, subjects=subjects)
        chosen = choose(passages, hits, subjects=subjects, asks_several=asks_several)
        text, sentences, sources = compose(chosen, draft.sources)
        for place in dict.fromkeys(p.place for p in chosen):
            paper = hits[place].paper
            number = next(source.number for source in sources if source.paper_id == paper.paper_id)
            for one in disagreements(paper, [p.span for p in chosen if p.place == place]):
                note = f"An earlier version of this abstract said: “{as_quoted(one.earlier)}” [{number}]"
                sentences.append(Sentence(note, len(text) + 1, len(text) + 1 + len(note), (number,), "supported", reason=EARLIER_VERSION))
                text += f" {note}"
        return replace(draft, text=text, sentences=tuple(sentences), sources=tuple(sources))

    def _version_notes(self, answer: Answer, hits: Sequence[Hit]) -> list[Problem]:
        papers = {hit.paper.paper_id: hit.paper for hit in hits}
        notes = []
        for source in answer.sources:
            spans = [Span(e.quote, e.start, e.end) for s in answer.sentences for e in s.evidence if e.source == source.number]
            for one in disagreements(papers[source.paper_id], spans) if source.paper_id in papers else []:
                notes.append(Problem("earlier_version", f"An earlier version of “{source.title}” said: “{one.earlier}”"))
        return list(dict.fromkeys(notes))

    def _write(self, draft: Answer, history: History, assessment: Assessment, problems: list[Problem], facts: str) -> Iterator[Answer]:
        """Yield the LLM's growing answer, checked; raise LLMError or PromptError where there is none."""
        prompt = answer_prompt(
            draft.standalone_question, draft.sources, history=history, collection_facts=facts, templates=self.templates,
            context_window=self.llm.context_window, max_tokens=self.settings.llm_max_tokens,
        )  # fmt: skip
        problems += _left_out(prompt)
        judged: dict[tuple, JointJudgement] = {}
        seen, snapshot = None, draft
        for reply in self.llm.stream(prompt.messages):
            if reply.text == seen and not reply.is_final:  # while the model thinks, nothing new arrives
                continue
            seen = reply.text
            sign, body = split_status(reply.text)
            snapshot = self._checked(
                replace(draft, status=sign or assessment.status, model=reply.model, usage=dict(reply.usage)),
                plain_markdown(body), prompt.sources, judged=judged, is_growing=not reply.is_final, facts=facts,
            )  # fmt: skip
            yield snapshot
        if not snapshot.text.strip():
            raise LLMError("The model sent a status and no answer. Try another model, or ask again.", kind="reply")
        if snapshot.usage.get("truncated"):
            problems.append(Problem("answer_cut", "The answer reached QA_BOT_LLM_MAX_TOKENS and was cut there."))
        for snapshot in self._judged(snapshot, judged):
            yield snapshot
        yield _believed(snapshot, assessment)

    def _judged(self, answer: Answer, verdicts: dict[tuple, JointJudgement]) -> Iterator[Answer]:
        """Put what the local check left in doubt to the judge, if there is one; the answer is shown meanwhile."""
        by_number = {source.number: source for source in answer.sources}
        local = {place: verdicts.get(_verdict_key(sentence, by_number)) for place, sentence in enumerate(answer.sentences)}
        doubts, more = doubts_of(answer.sentences, local, by_number, most=self.settings.judge_max_sentences) if self.judge else ([], 0)
        if not doubts:
            return
        yield replace(answer, stage=f"Asking the judge about {len(doubts)} sentence{'s' * (len(doubts) > 1)}")
        began = time.perf_counter()
        heard = ask(self.judge, doubts, timeout_seconds=self.settings.judge_timeout_seconds)
        sentences, problems = with_opinions(answer.sentences, doubts, heard)
        if more:
            words = f"The judge was asked about {len(doubts)} of {len(doubts) + more} sentences in doubt (QA_BOT_JUDGE_MAX_SENTENCES)."
            problems = (*problems, Problem("judge_left_out", words))
        yield replace(
            answer, sentences=sentences, problems=(*answer.problems, *problems), usage={**answer.usage, **heard.usage},
            timings={"judge_seconds": time.perf_counter() - began},
        )  # fmt: skip

    def _checked(
        self, draft: Answer, text: str, sources: Sequence[Source], *, judged: dict | None = None, is_growing: bool = False, facts: str = ""
    ) -> Answer:
        """Resolve the citations of a text and judge every sentence against what it cites."""
        cited = resolve_citations(text, sources, split_sentences=split_sentences)
        by_number = {source.number: source for source in cited.sources}
        judged = {} if judged is None else judged
        whole = cited.sentences[:-1] if is_growing else cited.sentences
        with_support = [_with_support(sentence, by_number, judged, facts) for sentence in whole]
        missing = [s for s in draft.sources if s.paper_id not in {c.paper_id for c in cited.sources}]
        extra = [replace(s, number=len(cited.sources) + n) for n, s in enumerate(missing, 1)]
        return replace(
            draft, text=cited.text, sentences=(*with_support, *cited.sentences[len(whole) :]),
            sources=(*cited.sources, *extra), problems=cited.problems,
        )  # fmt: skip


def _writable(text: str) -> str:
    """Return a text without lone surrogates, which a shell makes of bytes that are no UTF-8 and nothing can store or send."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _joined(told: Answer, answer: Answer) -> Answer:
    """Return what the catalogue says of one paper, followed by what its abstract says."""
    papers = [[source.paper_id for source in each.sources if source.cited] for each in (told, answer)]
    if len(papers[0]) != 1 or papers[0] != papers[1]:
        return answer
    shift = len(told.text) + 1
    moved = [replace(sentence, start=sentence.start + shift, end=sentence.end + shift) for sentence in answer.sentences]
    return replace(answer, text=f"{told.text} {answer.text}", sentences=(*told.sentences, *moved))


def _left_out(prompt: Prompt) -> list[Problem]:
    """Say what of the material did not fit into the prompt."""
    total = len(prompt.sources) + len(prompt.left_out)
    lines = [
        (prompt.left_out, f"{len(prompt.left_out)} of {total} retrieved papers did not fit into the prompt"),
        (prompt.shortened, f"{len(prompt.shortened)} abstracts were shortened to fit into the prompt"),
        (prompt.history_left_out, f"{prompt.history_left_out} earlier turns did not fit into the prompt"),
        (prompt.facts_are_shortened, "the list from the catalogue was shortened to fit into the prompt"),
        (prompt.question_is_shortened, "the question was shortened to fit into the prompt"),
    ]
    return [Problem("evidence_left_out", f"{line} (QA_BOT_LLM_CONTEXT_WINDOW).") for happened, line in lines if happened]


def _believed(answer: Answer, assessment: Assessment) -> Answer:
    """Return an LLM's answer with its status brought into line with what the check of its sentences found."""
    if answer.status == "answered" and not any(sentence.support != "unsupported" for sentence in answer.sentences):
        return replace(answer, status="partial", reason="no sentence of the answer is carried by the papers that it cites")
    if answer.status == "answered":
        return replace(answer, reason="")
    return replace(answer, reason=assessment.reason or "the model says that the papers do not hold all of the answer")


def _declined(draft: Answer, hits: Sequence[Hit]) -> Answer:
    nearest = "; ".join(f"“{as_quoted(hit.paper.title)}”" for hit in hits[:3])
    text = "The papers in this collection do not answer that." + (f" The nearest papers are {nearest}." if nearest else "")
    return replace(draft, text=text, mode="extractive", model=None)


def _verdict_key(sentence: Sentence, sources: dict[int, Source]) -> tuple[str, ...]:
    """Return what a verdict rests on: what is said, and the papers cited for it."""
    return (plain_claim(sentence.text), *(sources[number].paper_id for number in sentence.citations if number in sources))


def _with_support(sentence: Sentence, sources: dict[int, Source], judged: dict[tuple, JointJudgement], facts: str = "") -> Sentence:
    """Judge a sentence against the abstracts that it cites, or one that cites none against the catalogue's facts.

    `judged` remembers verdicts while a text grows.
    """
    cited = [sources[number] for number in sentence.citations if number in sources]
    if facts and not sentence.citations and judge_sources(plain_claim(sentence.text), [facts]).support == "supported":
        return replace(sentence, support="supported", reason=collection.FROM_CATALOGUE)
    key = _verdict_key(sentence, sources)
    if key not in judged:
        about = [f"{source.title} {', '.join(source.authors)} {source.year or ''}" for source in cited]
        judged[key] = judge_sources(plain_claim(sentence.text), [source.text for source in cited], about=about)
    verdict = judged[key]
    evidence = tuple(Evidence(cited[place].number, span.text, span.start, span.end) for place, span in verdict.spans)
    return replace(sentence, support=verdict.support, evidence=evidence, reason=verdict.reason)
