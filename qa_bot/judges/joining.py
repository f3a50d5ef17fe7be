"""Knows which sentences a judge is asked about, how long it is waited for, and what its opinions change.

Leaves what a judge says to `by_llm` and `by_nli`. A judge may lower a mark and raise one, up to the ceiling that the local check
set: what figures, names and an alignment showed is no matter of opinion. Nothing that fails here touches the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from qa_bot.chunking import split_sentences
from qa_bot.judges.opinions import MOST_SOURCES, Doubt, Judge, JudgeError, Opinion, Opinions
from qa_bot.llm import LLMError
from qa_bot.schema import Evidence, Problem, Sentence, Source
from qa_bot.support import RANKS, JointJudgement, overlap, plain_claim

SHORTEST_QUOTE = 3  # words that a raised mark must rest on
_REASONS = {"weak": "the judge finds this only in part", "unsupported": "the judge does not find this in the abstract"}


@dataclass(frozen=True)
class Heard:
    """What came of asking: the opinions, if any, and what the reader should know."""

    opinions: Opinions | None = None
    problems: tuple[Problem, ...] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)


def doubts_of(
    sentences: Sequence[Sentence], verdicts: Mapping[int, JointJudgement], sources: Mapping[int, Source], *, most: int
) -> tuple[list[Doubt], int]:
    """Return up to `most` sentences to ask about, in order, and how many more there are; weak marks go before narrow ones.

    `verdicts` are the local ones by place of the sentence, `sources` those of the answer by number.
    """
    doubts = []
    for place, sentence in enumerate(sentences):
        verdict = verdicts.get(place)
        cited = tuple(sources[number] for number in sentence.citations if number in sources)
        if verdict and verdict.is_in_doubt and cited:
            doubts.append(Doubt(place, plain_claim(sentence.text), cited[:MOST_SOURCES], verdict))
    chosen = sorted(doubts, key=lambda doubt: (doubt.local.support != "weak", doubt.place))[:most]
    return sorted(chosen, key=lambda doubt: doubt.place), len(doubts) - len(chosen)


def ask(judge: Judge, doubts: Sequence[Doubt], *, timeout_seconds: float) -> Heard:
    """Ask the judge and wait no longer than that, whatever its server does meanwhile; a failure is a problem of the answer."""
    answered: SimpleQueue[Opinions | BaseException] = SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        try:
            answered.put(judge.opinions(doubts, is_wanted=lambda: not given_up.is_set()))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that asked
            answered.put(error)

    # A client's own timeout counts silence only, and its retries add up: the clock that counts is here.
    threading.Thread(target=work, name="judge", daemon=True).start()
    try:
        came = answered.get(timeout=timeout_seconds)
    except Empty:
        words = f"{judge.where} gave no verdict within {timeout_seconds:g} seconds. Raise QA_BOT_JUDGE_TIMEOUT_SECONDS, or choose a faster judge."
        came = JudgeError(words, kind="timeout")
    finally:
        given_up.set()
    if isinstance(came, (JudgeError, LLMError)):
        number = f"{len(doubts)} sentence{'s' * (len(doubts) > 1)} in doubt"
        return Heard(problems=(Problem(f"judge_{came.kind}", f"The judge was not heard on {number}; the local check's verdict stands. {came}"),))
    if isinstance(came, BaseException):
        raise came
    return Heard(came, tuple(_problems(came, len(doubts))), _usage(came))


def with_opinions(sentences: Sequence[Sentence], doubts: Sequence[Doubt], heard: Heard) -> tuple[tuple[Sentence, ...], tuple[Problem, ...]]:
    """Return the sentences with what the judge made of them, and a problem where a verdict of it could not be taken."""
    if heard.opinions is None:
        return tuple(sentences), heard.problems
    changed, baseless = list(sentences), 0
    for number, opinion in heard.opinions.found.items():
        doubt = doubts[number]
        taken = _joined(changed[doubt.place], doubt, opinion, heard.opinions.judge)
        baseless += taken is None
        changed[doubt.place] = taken or changed[doubt.place]
    words = f"The judge would raise {baseless} verdict{'s' * (baseless > 1)} without words of the abstract that carry it; the local check's stands."
    return tuple(changed), (*heard.problems, *([Problem("judge_quote", words)] if baseless else []))


def _joined(sentence: Sentence, doubt: Doubt, opinion: Opinion, judge: str) -> Sentence | None:
    """Return the sentence with the judge's verdict, as it was where the verdict may not count, None where its ground is missing."""
    local, said = doubt.local.support, opinion.support
    if RANKS[said] > max(RANKS[local], RANKS[doubt.local.ceiling]):
        return sentence
    labelled = replace(sentence, support=said, judged_by=judge, local_support=local)
    evidence = tuple(Evidence(doubt.sources[place].number, span.text, span.start, span.end) for place, span in opinion.quotes)
    if RANKS[said] > RANKS[local]:
        if not _carries(doubt, opinion):
            return None
        return replace(labelled, evidence=evidence, reason=_REASONS.get(said, ""))
    if said == local:
        return labelled
    if opinion.contradicts and evidence:
        return replace(labelled, evidence=evidence, reason="the judge finds that the abstract says otherwise")
    return replace(labelled, reason=_REASONS[said])


def _carries(doubt: Doubt, opinion: Opinion) -> bool:
    """Tell whether the quotes can carry anything: they are some words long, from sentences that speak of what the claim speaks of.

    A judge that obeys a hostile abstract quotes the words that command it, and those speak of judges and rules.
    """
    around = [
        sentence.text
        for place, quote in opinion.quotes
        for sentence in split_sentences(doubt.sources[place].text)
        if sentence.start < quote.end and quote.start < sentence.end
    ]
    return sum(len(quote.text.split()) for _, quote in opinion.quotes) >= SHORTEST_QUOTE and overlap(doubt.claim, " ".join(around)) > 0


def _problems(opinions: Opinions, asked: int) -> list[Problem]:
    problems = []
    if opinions.unusable:
        words = f"The judge {opinions.judge} gave no usable verdict on {len(opinions.unusable)} of {asked} sentences ({opinions.unusable[0]})"
        problems.append(Problem("judge_reply", f"{words}; there the local check's verdict stands."))
    if opinions.left_out:
        words = f"{opinions.left_out} sentences in doubt did not fit into the judge's prompt (QA_BOT_LLM_CONTEXT_WINDOW)."
        problems.append(Problem("judge_left_out", words))
    return problems


def _usage(opinions: Opinions) -> dict[str, Any]:
    return {f"judge_{name}": value for name, value in opinions.usage.items() if name in ("total_tokens", "cost")}
