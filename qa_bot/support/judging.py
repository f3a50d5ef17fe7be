"""Knows the verdict: whether an abstract carries a sentence, with the words that carry it, and why not.

Leaves finding the citations of an answer to `citations`. Three things are asked, the cheapest first: does the abstract say it in
these words; does it give these figures; and what do words, names, negations and the model say together.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa_bot.chunking import split_sentences
from qa_bot.figures import explain, figures, misattributed, mismatches
from qa_bot.schema import Span, Support
from qa_bot.support.model import MODEL_DIR, support_model
from qa_bot.support.words import bigram_overlap, missing_names, name_in, negations, opposite_words, overlap, plain_claim, stems, turned_round, verbatim

# How many sentences of an abstract the model reads per claim; the pair of the first two is read as one more premise.
CANDIDATES = 4


@dataclass(frozen=True)
class Judgement:
    """How well an abstract carries a sentence. `score` is the probability of support; `span` counts in the abstract."""

    support: Support
    score: float
    span: Span | None
    reason: str


@dataclass(frozen=True)
class JointJudgement:
    """The verdict over several sources: `spans` are (place in the given abstracts, words that carry their part)."""

    support: Support
    score: float
    spans: tuple[tuple[int, Span], ...]
    reason: str


@lru_cache(maxsize=1)
def _weights() -> dict:
    return json.loads((MODEL_DIR / "weights.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Case:
    """One claim against one abstract: the stretches of the abstract that may carry it, the likeliest first."""

    claim: str
    abstract: str
    about: str
    spans: tuple[Span, ...]
    premises: tuple[Span, ...]


def case_of(claim: str, abstract: str, spans: Sequence[Span], about: str) -> Case:
    wanted = [figure.value for figure in figures(claim)]

    def likeness(span: Span) -> float:
        given = {figure.value for figure in figures(span.text)} if wanted else set()
        return overlap(claim, span.text) + 0.15 * bigram_overlap(claim, span.text) + 0.2 * sum(value in given for value in wanted)

    ranked = sorted(spans, key=likeness, reverse=True)[:CANDIDATES]
    premises = list(ranked)
    if len(ranked) > 1:
        first, second = sorted(ranked[:2], key=lambda span: span.start)
        premises.append(Span(f"{first.text} {second.text}", first.start, second.end))
    return Case(claim, abstract, about, tuple(spans), tuple(premises))


# Which signs speak for "the abstract speaks of this at all", and which for "it says the same and not the opposite".
EVIDENCE_SIGNS = ("overlap_sentence", "overlap_abstract", "bigrams", "missing_names", "missing_figures", "length", "model_support_most", "model_neutral_least")
AGREEMENT_SIGNS = ("overlap_sentence", "bigrams", "negation", "opposites", "overlap_times_margin", "model_support", "model_contradict", "model_support_most", "model_contradict_most")


def _log_odds(probability: float) -> float:
    clipped = min(max(float(probability), 0.003), 0.997)
    return math.log(clipped / (1 - clipped))


def _best_premise(case: Case, verdicts: Sequence[Sequence[float]]) -> int:
    """Return the place of the premise that speaks most to the claim: the least neutral by the model, helped by the overlap."""
    return max(range(len(case.premises)), key=lambda i: 1 - verdicts[i][2] + 0.5 * overlap(case.claim, case.premises[i].text))


def signs(case: Case, verdicts: Sequence[Sequence[float]]) -> dict[str, float]:
    """Return every sign by name; `verdicts` are the model's (support, contradiction, neither) for each premise of the case."""
    at = _best_premise(case, verdicts)
    best, claim, known = case.premises[at].text, case.claim, f"{case.about} {case.abstract}"
    return {
        "overlap_sentence": max(overlap(claim, premise.text) for premise in case.premises),
        "overlap_abstract": overlap(claim, known),
        "bigrams": bigram_overlap(claim, best),
        "missing_names": min(len(missing_names(claim, known)), 3),
        "missing_figures": min(len(mismatches(claim, known)), 2),
        "length": math.log(len(claim.split())),
        "negation": float(negations(claim) % 2 != negations(best) % 2),
        "opposites": min(opposite_words(claim, best), 2),
        "overlap_times_margin": overlap(claim, best) * (_log_odds(verdicts[at][0]) - _log_odds(verdicts[at][1])),
        "model_support": _log_odds(verdicts[at][0]),
        "model_contradict": _log_odds(verdicts[at][1]),
        "model_support_most": _log_odds(max(v[0] for v in verdicts)),
        "model_contradict_most": _log_odds(max(v[1] for v in verdicts)),
        "model_neutral_least": _log_odds(min(v[2] for v in verdicts)),
    }


def _probability(values: dict[str, float], weights: dict) -> float:
    z = weights["bias"] + sum(weight * values[name] for name, weight in weights["signs"].items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def _verdict(case: Case, verdicts: Sequence[Sequence[float]], weights: dict) -> Judgement:
    values = signs(case, verdicts)
    agreement = _probability(values, weights["agreement"])
    both = _probability(values, weights["evidence"]) * agreement
    score = _probability({"both": math.log(both / (1 - both))}, weights["calibration"])
    place = case.premises[_best_premise(case, verdicts)]
    span = Span(case.abstract[place.start : place.end], place.start, place.end)
    support: Support = "supported" if score >= weights["supported_from"] else "weak" if score >= weights["weak_from"] else "unsupported"
    wrong = mismatches(case.claim, f"{case.about} {case.abstract}")
    hard = [one for one in wrong if one.kind in ("value", "unit")]
    if hard:
        first = next((one for one in hard if one.instead), hard[0])
        if first.instead:
            span = _sentence_at(case, first.instead.start - len(case.about) - 1) or span
        return Judgement("unsupported", min(score, weights["weak_from"] / 2), span, explain(first))
    if other_way := turned_round(case.claim, case.spans):
        return Judgement("unsupported", min(score, weights["weak_from"] / 2), other_way, "the abstract has it the other way round")
    if support == "supported" and (elsewhere := misattributed(case.claim, case.abstract)):
        return Judgement("weak", weights["supported_from"] - 0.01, span, f"the abstract gives {elsewhere[0].text} of something else: {elsewhere[1]}")
    if support != "supported" and not wrong and (carrier := _gives_the_figures(case, values)):
        return Judgement("supported", weights["supported_from"], carrier, "")
    if support == "supported" and wrong:
        return Judgement("weak", min(score, weights["supported_from"] - 0.01), span, explain(wrong[0]))
    return Judgement(support, score, span, "" if support == "supported" else _reason(case, support, agreement))


def _gives_the_figures(case: Case, values: dict[str, float]) -> Span | None:
    """Return a sentence that gives the claim's figures in the same order and nearly all of its words, with nothing turned round.

    The model reads digits badly and would call such a claim the opposite.
    """
    claimed = figures(case.claim)
    wanted = [figure.value for figure in claimed]
    if not any(figure.unit or figure.decimals for figure in claimed) or values["negation"] or values["opposites"] or misattributed(case.claim, case.abstract):
        return None
    for span in case.spans:
        given = iter([figure.value for figure in figures(span.text)])
        if all(value in given for value in wanted) and overlap(case.claim, span.text) >= 0.85:
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
            found[i] = Judgement("supported", 0.99, span, "")
        else:
            cases[i] = case_of(claim, abstract, spans, about[i] if about else "")
    if cases:
        for (i, case), verdicts in zip(cases.items(), read_premises(list(cases.values())), strict=True):
            found[i] = _verdict(case, verdicts, _weights())
    return [judgement for judgement in found if judgement is not None]


def read_premises(cases: Sequence[Case]) -> list[list[list[float]]]:
    """Let the model read every premise of every case."""
    pairs = [(premise.text, case.claim) for case in cases for premise in case.premises]
    rows = iter(support_model().probabilities(pairs).tolist())
    return [[next(rows) for _ in case.premises] for case in cases]


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
    whole = JointJudgement(best.support, best.score, ((place, best.span),) if best.span else (), best.reason)
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
            whole = JointJudgement(weaker.support, weaker.score, spans, weaker.reason)
            if whole.support == "supported":
                break
    return whole
