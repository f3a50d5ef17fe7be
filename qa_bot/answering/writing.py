"""Knows how an LLM's reply becomes an answer: its status, its citations resolved, every sentence judged as it is written.

Leaves the request to `llm` and `prompts`, and each kind of check to `citations`, `support` and `judges`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from qa_bot import collection
from qa_bot.chunking import split_sentences
from qa_bot.citations import plain_markdown, resolve_citations
from qa_bot.config import Settings
from qa_bot.evidence import Assessment
from qa_bot.judges import Judge, ask, doubts_of, with_opinions
from qa_bot.llm import ChatModel, LLMError
from qa_bot.prompts import Prompt, answer_prompt, split_status
from qa_bot.schema import Answer, Evidence, Problem, Sentence, Source
from qa_bot.support import JointJudgement, judge_sources, plain_claim


def write(
    draft: Answer,
    assessment: Assessment,
    problems: list[Problem],
    *,
    llm: ChatModel,
    judge: Judge | None,
    settings: Settings,
    templates: Mapping[str, str],
    history: Sequence[tuple[str, str]] = (),
    facts: str = "",
) -> Iterator[Answer]:
    """Yield the LLM's growing answer, checked; `facts` are the catalogue's. Raise LLMError or PromptError where there is none.

    What happens on the way is added to `problems`.
    """
    prompt = answer_prompt(
        draft.standalone_question, draft.sources, history=history, collection_facts=facts, templates=templates,
        context_window=llm.context_window, max_tokens=settings.llm_max_tokens,
    )  # fmt: skip
    problems += _left_out(prompt)
    judged: dict[tuple, JointJudgement] = {}
    seen, snapshot = None, draft
    for reply in llm.stream(prompt.messages):
        if reply.text == seen and not reply.is_final:  # while the model thinks, nothing new arrives
            continue
        seen = reply.text
        sign, body = split_status(reply.text)
        snapshot = _checked(
            replace(draft, status=sign or assessment.status, model=reply.model, usage=dict(reply.usage)),
            plain_markdown(body), prompt.sources, judged=judged, is_growing=not reply.is_final, facts=facts,
        )  # fmt: skip
        yield snapshot
    if not snapshot.text.strip():
        raise LLMError("The model sent a status and no answer. Try another model, or ask again.", kind="reply")
    if snapshot.usage.get("truncated"):
        problems.append(Problem("answer_cut", "The answer reached QA_BOT_LLM_MAX_TOKENS and was cut there."))
    for snapshot in _judged(snapshot, judged, judge, settings):
        yield snapshot
    yield _believed(snapshot, assessment)


def _judged(answer: Answer, verdicts: dict[tuple, JointJudgement], judge: Judge | None, settings: Settings) -> Iterator[Answer]:
    """Put what the local check left in doubt to the judge, if there is one; the answer is shown meanwhile."""
    by_number = {source.number: source for source in answer.sources}
    local = {place: verdicts.get(_verdict_key(sentence, by_number)) for place, sentence in enumerate(answer.sentences)}
    doubts, more = doubts_of(answer.sentences, local, by_number, most=settings.judge_max_sentences) if judge else ([], 0)
    if not doubts:
        return
    yield replace(answer, stage=f"Asking the judge about {len(doubts)} sentence{'s' * (len(doubts) > 1)}")
    began = time.perf_counter()
    heard = ask(judge, doubts, timeout_seconds=settings.judge_timeout_seconds)
    sentences, problems = with_opinions(answer.sentences, doubts, heard)
    if more:
        words = f"The judge was asked about {len(doubts)} of {len(doubts) + more} sentences in doubt (QA_BOT_JUDGE_MAX_SENTENCES)."
        problems = (*problems, Problem("judge_left_out", words))
    yield replace(
        answer, sentences=sentences, problems=(*answer.problems, *problems), usage={**answer.usage, **heard.usage},
        timings={"judge_seconds": time.perf_counter() - began},
    )  # fmt: skip


def _checked(
    draft: Answer, text: str, sources: Sequence[Source], *, judged: dict[tuple, JointJudgement], is_growing: bool, facts: str
) -> Answer:
    """Resolve the citations of a text and judge every sentence against what it cites."""
    cited = resolve_citations(text, sources, split_sentences=split_sentences)
    by_number = {source.number: source for source in cited.sources}
    whole = cited.sentences[:-1] if is_growing else cited.sentences
    with_support = [_with_support(sentence, by_number, judged, facts) for sentence in whole]
    missing = [s for s in draft.sources if s.paper_id not in {c.paper_id for c in cited.sources}]
    extra = [replace(s, number=len(cited.sources) + n) for n, s in enumerate(missing, 1)]
    return replace(
        draft, text=cited.text, sentences=(*with_support, *cited.sentences[len(whole) :]),
        sources=(*cited.sources, *extra), problems=cited.problems,
    )  # fmt: skip


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


def _verdict_key(sentence: Sentence, sources: dict[int, Source]) -> tuple[str, ...]:
    """Return what a verdict rests on: what is said, and the papers cited for it."""
    return (plain_claim(sentence.text), *(sources[number].paper_id for number in sentence.citations if number in sources))


def _with_support(sentence: Sentence, sources: dict[int, Source], judged: dict[tuple, JointJudgement], facts: str) -> Sentence:
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
