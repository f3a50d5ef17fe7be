"""Knows the verdict: whether an abstract carries a sentence, with the words that carry it, and why not.

Leaves finding the citations of an answer to `citations`. Three things are asked, the cheapest first: does the abstract say it in
these words; does it give these figures; and what do words, names, negations and the model say together.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qa_bot.chunking import split_sentences
from qa_bot.figures import explain, figures, misattributed, mismatches
from qa_bot.schema import Span, Support
from qa_bot.support.edits import edit_of
from qa_bot.support.model import MODEL_DIR
from qa_bot.support.signs import Case, Reading, all_signs, best_premise, case_of, read_cases
from qa_bot.support.words import missing_names, name_in, negations, opposite_words, overlap, plain_claim, stems, turned_round, verbatim


@dataclass(frozen=True)
class Judgement:
    """How well an abstract carries a sentence; `span` counts in the abstract.

    `score` is the probability of support. It joins two others: `evidence`, that the abstract speaks of this at all, and `agreement`,
    that it says the same if it does. What overrules them (a wrong figure, a comparison turned round) is in `support` and `score` alone.
    `is_in_doubt` where a second opinion is worth asking for: a weak mark, or a score near a threshold. `ceiling` is the best that one
    may make of it: a figure, a name or a doubt that the abstract does not give so is no matter of opinion.
    """

    support: Support
    score: float
    span: Span | None
    reason: str
    evidence: float = 0.0
    agreement: float = 0.0
    is_in_doubt: bool = False
    ceiling: Support = "supported"


@dataclass(frozen=True)
class JointJudgement:
    """The verdict over several sources: `spans` are (place in the given abstracts, words that carry their part)."""

    support: Support
    score: float
    spans: tuple[tuple[int, Span], ...]
    reason: str
    is_in_doubt: bool = False
    ceiling: Support = "supported"


# So near to a threshold a verdict may as well be the other one: of 400 pairs of SciFact's training half, 4 in 5 of the `supported`
# marks within are right, and 24 in 25 of those beyond.
NEAR = 0.08
RANKS: dict[Support, int] = {"unsupported": 0, "weak": 1, "supported": 2}
_CAPPED: dict = {"is_in_doubt": True, "ceiling": "weak"}


@lru_cache(maxsize=1)
def _weights() -> dict:
    return json.loads((MODEL_DIR / "weights.json").read_text(encoding="utf-8"))


def _probability(values: dict[str, float], weights: dict) -> float:
    z = weights["bias"] + sum(weight * values[name] for name, weight in weights["signs"].items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def _softened(probability: float, how: dict) -> float:
    """Return the probability with its log-odds raised and multiplied."""
    clipped = min(max(probability, 1e-9), 1 - 1e-9)
    return 1 / (1 + math.exp(-how["power"] * (math.log(clipped / (1 - clipped)) + how["lift"])))


def joined(evidence: float, agreement: float, weights: dict) -> float:
    """Return the probability of support out of the two others."""
    both = _softened(evidence, weights["evidence"]) * _softened(agreement, weights["agreement"])
    return _probability({"both": math.log(both / (1 - both))}, weights["calibration"])


def _verdict(case: Case, reading: Reading, weights: dict) -> Judgement:
    values = all_signs(case, reading)
    evidence, agreement = (_probability(values, weights[stage]) for stage in ("evidence", "agreement"))
    found = _overruled(case, reading, joined(evidence, agreement, weights), agreement, weights)
    return replace(found, evidence=evidence, agreement=agreement)


def _overruled(case: Case, reading: Reading, score: float, agreement: float, weights: dict) -> Judgement:
    """Return what figures and comparisons make of a score: they overrule it both ways."""
    place = case.premises[best_premise(case, reading)]
    span = Span(case.abstract[place.start : place.end], place.start, place.end)
    support: Support = "supported" if score >= weights["supported_from"] else "weak" if score >= weights["weak_from"] else "unsupported"
    wrong = mismatches(case.claim, f"{case.about} {case.abstract}")
    hard = [one for one in wrong if one.kind in ("value", "unit")]
    if hard:
        first = next((one for one in hard if one.instead), hard[0])
        if first.instead:
            span = _sentence_at(case, first.instead.start - len(case.about) - 1) or span
        return Judgement("unsupported", min(score, weights["weak_from"] / 2), span, explain(first), ceiling="unsupported")
    if other_way := turned_round(case.claim, case.spans):
        return Judgement("unsupported", min(score, weights["weak_from"] / 2), other_way, "the abstract has it the other way round", ceiling="unsupported")
    edit = edit_of(case.claim, case.spans)
    if edit and not edit.is_doubt:
        return Judgement("unsupported", min(score, weights["weak_from"] / 2), edit.span, edit.reason, ceiling="unsupported")
    if edit and support == "supported":
        return Judgement("weak", min(score, weights["supported_from"] - 0.01), edit.span, edit.reason, **_CAPPED)
    elsewhere = misattributed(case.claim, case.abstract)
    if support == "supported" and elsewhere:
        reason = f"the abstract gives {elsewhere[0].text} of something else: {elsewhere[1]}"
        return Judgement("weak", weights["supported_from"] - 0.01, span, reason, **_CAPPED)
    if support != "supported" and not wrong and not edit and (carrier := _gives_the_figures(case)):
        return Judgement("supported", weights["supported_from"], carrier, "")
    if support == "supported" and wrong:
        return Judgement("weak", min(score, weights["supported_from"] - 0.01), span, explain(wrong[0]), **_CAPPED)
    in_doubt = support == "weak" or any(abs(score - weights[edge]) < NEAR for edge in ("supported_from", "weak_from"))
    conflicts = wrong or edit or elsewhere or missing_names(case.claim, f"{case.about} {case.abstract}")
    reason = "" if support == "supported" else _reason(case, support, agreement)
    return Judgement(support, score, span, reason, is_in_doubt=in_doubt, ceiling="weak" if conflicts else "supported")


def _gives_the_figures(case: Case) -> Span | None:
    """Return a sentence that gives the claim's figures in the same order and nearly all of its words, with nothing turned round.

    The model reads digits badly and would call such a claim the opposite.
    """
    claimed = figures(case.claim)
    if not any(figure.unit or figure.decimals for figure in claimed) or misattributed(case.claim, case.abstract):
        return None
    for span in case.spans:
        if negations(case.claim) % 2 != negations(span.text) % 2 or opposite_words(case.claim, span.text):
            continue
        given = iter(figures(span.text))
        if all(any(one.value == figure.value and figure.unit in (one.unit, "") for one in given) for figure in claimed) and overlap(case.claim, span.text) >= 0.85:
            return span
    return None


def _sentence_at(case: Case, offset: int) -> Span | None:
    return next((span for span in case.spans if span.start <= offset < span.end), None)


def _reason(case: Case, support: Support, agreement: float) -> str:
    if agreement < 0.4:
        return "the abstract says the opposite" if support == "unsupported" else "the abstract may say otherwise"
    if missing := missing_names(case.claim, f"{case.about} {case.abstract}"):
        return f"the abstract does not speak of {name_in(case.claim, missing[0])}"
    return "the abstract says this only in part" if support == "weak" else "no sentence of the abstract says this"


def judge_many(
    pairs: Sequence[tuple[str, str]], *, sentence_spans: Sequence[Sequence[Span] | None] | None = None, about: Sequence[str] | None = None
) -> list[Judgement]:
    """Judge each (sentence, abstract); the model reads all of them in few runs. See `judge` for the options."""
    found: list[Judgement | None] = [None] * len(pairs)
    cases: dict[int, Case] = {}
    for i, (sentence, abstract) in enumerate(pairs):
        claim = plain_claim(sentence)
        spans = (sentence_spans[i] if sentence_spans else None) or split_sentences(abstract)
        if not claim or not spans or not stems(abstract):
            found[i] = Judgement("unsupported", 0.0, None, "there is no text to compare")
        elif span := verbatim(claim, abstract, spans) or verbatim(sentence, abstract, spans):
            found[i] = Judgement("supported", 0.99, span, "", 0.99, 0.99)
        else:
            cases[i] = case_of(claim, abstract, spans, about[i] if about else "")
    if cases:
        for (i, case), reading in zip(cases.items(), read_cases(list(cases.values())), strict=True):
            found[i] = _verdict(case, reading, _weights())
    return [judgement for judgement in found if judgement is not None]


def judge(sentence: str, abstract: str, *, sentence_spans: Sequence[Span] | None = None, about: str = "") -> Judgement:
    """Judge whether `abstract` carries `sentence`.

    `sentence_spans` are the abstract's sentences where they are known already. `about` is what else is known of the paper (title,
    authors, year): names and figures found there count as given.
    """
    return judge_many([(sentence, abstract)], sentence_spans=[sentence_spans], about=[about])[0]


_JOINT = re.compile(r"(?:;|,? (?:while|whereas|but|although)|, and|\band\b)\s+", re.I)


LONGEST_SENTENCE = 2_000  # characters


def judge_sources(sentence: str, abstracts: Sequence[str], *, about: Sequence[str] | None = None) -> JointJudgement:
    """Judge a sentence that cites several sources: the best single verdict, or, where none carries it alone, part by part."""
    about = about or [""] * len(abstracts)
    if len(sentence) > LONGEST_SENTENCE:
        return JointJudgement("unsupported", 0.0, (), "the sentence is too long to be checked")
    singles = judge_many([(sentence, abstract) for abstract in abstracts], about=about)
    if not singles:
        return JointJudgement("unsupported", 0.0, (), "the sentence cites no source")
    place = max(range(len(singles)), key=lambda i: singles[i].score)
    best = singles[place]
    spans = ((place, best.span),) if best.span else ()
    whole = JointJudgement(best.support, best.score, spans, best.reason, best.is_in_doubt, best.ceiling)
    # A source that carries half of a sentence word by word can look as if it carried the whole.
    is_covered = overlap(plain_claim(sentence), abstracts[place]) >= 0.75
    if len(abstracts) < 2 or (best.support == "supported" and is_covered):
        return whole
    for cut in _JOINT.finditer(plain_claim(sentence)):
        claim = plain_claim(sentence)
        parts = [part for part in (claim[: cut.start()], claim[cut.end() :]) if len(part.split()) >= 3]
        if len(parts) < 2:
            continue
        verdicts = judge_many([(part, abstract) for part in parts for abstract in abstracts], about=[*about] * 2)
        sides = [verdicts[: len(abstracts)], verdicts[len(abstracts) :]]
        chosen = [max(range(len(side)), key=lambda i, side=side: side[i].score) for side in sides]
        picked = [side[i] for side, i in zip(sides, chosen, strict=True)]
        weaker = min(picked, key=lambda one: one.score)
        if weaker.support == "supported" or (weaker.support == "weak" and whole.support == "unsupported"):
            spans = tuple((i, one.span) for i, one in zip(chosen, picked, strict=True) if one.span)
            ceiling = min((one.ceiling for one in picked), key=RANKS.__getitem__)
            whole = JointJudgement(weaker.support, weaker.score, spans, weaker.reason, any(one.is_in_doubt for one in picked), ceiling)
            if whole.support == "supported":
                break
    return whole
