"""Knows whether an abstract carries a sentence: supported, weak or unsupported, with the words that carry it, and why not.

Leaves finding the citations of an answer to `citations`, and how the model was made to `scripts/build_support_model.py`.
Three things are asked, the cheapest first: does the abstract say it in these words; does it give these figures; and what do the
overlap of words, names, negations and the package's own small entailment model say together.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.chunking import split_sentences
from qa_bot.figures import explain, figures, mismatches
from qa_bot.schema import QABotError, Span, Support

if TYPE_CHECKING:
    import numpy as np

MODEL_DIR = Path(__file__).parent / "models" / "support"
TOKENIZER_FILE = Path(__file__).parent / "models" / "all-MiniLM-L6-v2" / "tokenizer.json"
MAX_TOKENS = 144
# How many sentences of an abstract the model reads per claim; the pair of the first two is read as one more premise.
CANDIDATES = 4

_CITATION_MARK = re.compile(r"\s*(?:~~)?(?:\[\^?\d[^\]\n]{0,40}\]|【[^】\n]{0,40}】)(?:~~)?")
_REPORTED = re.compile(
    r"""^\W*(?:(?:however|moreover|furthermore|additionally|specifically|in\ addition|in\ particular|finally|also|for\ example|overall|similarly|in\ contrast|yes|no),?\s+)*
    (?:according\ to\ (?:the\ |this\ )?(?:authors?|papers?|abstracts?|study|sources?|text),?\s+|
    (?:the\ |this\ |these\ )?(?:authors?|papers?|abstracts?|study|studies|work|researchers?|they|we|it|results?|experiments?|our\ results)\s+(?:also\ |further\ )?
    (?:shows?|finds?|found|demonstrates?|reports?|states?|says?|claims?|argues?|notes?|suggests?|observes?|concludes?|indicates?|proves?|explains?|mentions?)d?\s+that\s+)""",
    re.VERBOSE | re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?:[A-Za-z]*[A-Z][\w]*(?:[-.][\w]+)*)")
_STOP_WORDS = frozenset(
    """a an the of in on at to for from by with as and or but if than then that this these those it its they their them he she his her we our us
    is are was were be been being has have had do does did can could will would may might must should which who whom whose what when where how why
    there here such so also into over under between among both each more most some any all other not no nor""".split()
)
_NEGATIONS = re.compile(
    r"\b(?:not|no|never|without|cannot|neither|nor|none|nothing|lacks?|lacking|fails?|failed|absence|absent|unable|hardly|rarely|nobody)\b|n['’]t\b", re.I
)
# Words before a quoted piece of a sentence that may turn it round or leave it open.
_UNSETTLED = re.compile(r"\b(?:whether|if|hypothes\w+|assum\w+|belie\w+|misconception\w*|claims?|claimed|could|may|might|seems?|question\w*|ask|test\w*|unclear|contrary)\b", re.I)
_OPPOSITES = """increas/decreas increas/reduc higher/lower high/low improv/worsen improv/degrad better/worse best/worst more/less more/fewer larger/smaller large/small
faster/slower outperform/underperform with/without before/after positiv/negativ gain/loss strong/weak stronger/weaker promot/inhibit activat/inhibit upregulat/downregulat
enhanc/inhibit enhanc/reduc enhanc/impair induc/suppress prevent/caus protect/risk up/down accelerat/slow allow/prevent includ/exclud support/contradict same/different
similar/different supervis/unsupervis superior/inferior above/below longer/shorter expens/cheap rare/common first/last success/fail raise/lower short/long upper/lower
maximum/minimum maximiz/minimiz sensitiv/resistant benefit/harm gain/lose deep/shallow dense/sparse continuous/discret static/dynamic always/never all/none most/few""".split()
_SUFFIXES = ("ations", "ation", "ically", "ingly", "ments", "ment", "ings", "edly", "ions", "ness", "ing", "ion", "ies", "ied", "ity", "ive", "ous", "ed", "es", "ly", "al", "er", "y", "s", "e")


class SupportModelError(QABotError):
    """The support model of the package cannot be read."""


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


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


@lru_cache(maxsize=4_096)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(_stem(word) for word in _TOKEN.findall(text.lower()))


@lru_cache(maxsize=1)
def _idf() -> dict[str, float]:
    return json.loads((MODEL_DIR / "words.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _weights() -> dict:
    return json.loads((MODEL_DIR / "weights.json").read_text(encoding="utf-8"))


def _weight(stem: str) -> float:
    return 0.0 if stem in _STOP_WORDS else _idf().get(stem, 8.0)


def overlap(claim: str, text: str) -> float:
    """Return the idf-weighted share of the claim's words that `text` has too, in [0, 1]."""
    words = set(_stems(claim))
    total = sum(map(_weight, words))
    return sum(map(_weight, words & set(_stems(text)))) / total if total else 0.0


def plain_claim(sentence: str) -> str:
    """Return the sentence without citation marks and without "The authors show that"."""
    bare = " ".join(_CITATION_MARK.sub("", sentence).split())
    claim = _REPORTED.sub("", bare)
    return claim[:1].upper() + claim[1:] if len(claim.split()) >= 2 else bare


def _verbatim(claim: str, abstract: str, spans: Sequence[Span]) -> Span | None:
    """Return the words of the abstract that are the claim, letter case, punctuation and opening words aside.

    A piece counts only where it is most of a sentence: "the method is fast" is no support out of "nobody says that the method is fast".
    """
    wanted = [match.group().lower() for match in _TOKEN.finditer(claim)]
    if len(wanted) < 3:
        return None
    tokens = [(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(abstract)]
    words = [token for token, _, _ in tokens]
    for i in range(len(words) - len(wanted) + 1):
        if words[i] != wanted[0] or words[i : i + len(wanted)] != wanted:
            continue
        start, end = tokens[i][1], tokens[i + len(wanted) - 1][2]
        touched = [span for span in spans if span.start < end and start < span.end]
        around = sum(len(_TOKEN.findall(span.text)) for span in touched)
        left_out = abstract[touched[0].start : start] if touched else ""
        if touched and len(wanted) >= 0.6 * around and not _NEGATIONS.search(left_out) and not _UNSETTLED.search(left_out):
            return Span(abstract[touched[0].start : touched[-1].end], touched[0].start, touched[-1].end)
    return None


def _names(text: str) -> set[str]:
    """Return the acronyms, CamelCase and capitalised words inside sentences, as compared: lower case, no hyphens."""
    starts = {span.start for span in split_sentences(text)}
    found = set()
    for match in _NAME.finditer(text):
        name = match.group()
        if match.start() in starts and name[1:].islower():
            continue
        found.add(re.sub(r"[-.]", "", name).lower())
    return found


def _missing_names(claim: str, known: str) -> list[str]:
    squeezed = re.sub(r"[\s.-]", "", known).lower()
    initials = "".join(word[0] for word in re.findall(r"\w+", known)).lower()
    return [name for name in sorted(_names(claim)) if _stem(name) not in squeezed and not (2 <= len(name) <= 6 and name.rstrip("s") in initials)]


def _opposite_words(claim: str, text: str) -> int:
    """Count the directions in which one speaks of the opposite of the other."""
    ours, theirs = _stems(claim), _stems(text)

    def has(stems: tuple[str, ...], word: str) -> bool:
        return any(stem == word or (len(word) > 4 and stem.startswith(word)) for stem in stems)

    count = 0
    for pair in _OPPOSITES:
        one, other = map(_stem, pair.split("/"))
        for a, b in ((one, other), (other, one)):
            count += has(ours, a) and not has(theirs, a) and has(theirs, b) and not has(ours, b)
    return count


def _bigram_overlap(claim: str, text: str) -> float:
    ours = [stem for stem in _stems(claim) if stem not in _STOP_WORDS]
    theirs = [stem for stem in _stems(text) if stem not in _STOP_WORDS]
    pairs = set(zip(ours, ours[1:]))
    return len(pairs & set(zip(theirs, theirs[1:]))) / len(pairs) if pairs else 0.0


class SupportModel:
    """The package's own entailment model: (premise, claim) -> probabilities of support, contradiction and neither.

    Loads the ONNX file when first asked. `threads` is how many cores one run may use, 0 for all.
    """

    def __init__(self, folder: Path = MODEL_DIR, *, tokenizer_file: Path = TOKENIZER_FILE, threads: int = 0) -> None:
        self.folder = folder
        self.tokenizer_file = tokenizer_file
        self.threads = threads
        self._session = None
        self._tokenizer = None

    def _load(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        path = self.folder / "model.onnx"
        if not path.is_file() or not self.tokenizer_file.is_file():
            raise SupportModelError(f"The support model is missing from {path.parent}. Reinstall qa_bot, or build it with scripts/build_support_model.py.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(self.tokenizer_file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return an (n, 3) array: support, contradiction, neither, for each (premise, claim)."""
        import numpy as np

        if self._session is None:
            self._load()
        encoded = self._tokenizer.encode_batch([(premise, claim) for premise, claim in pairs])
        out = np.zeros((len(pairs), 3), np.float32)
        order = sorted(range(len(pairs)), key=lambda i: len(encoded[i].ids))
        for start in range(0, len(order), 8):
            chosen = order[start : start + 8]
            width = len(encoded[chosen[-1]].ids)
            ids, mask, types = (np.zeros((len(chosen), width), np.int64) for _ in range(3))
            for row, i in enumerate(chosen):
                length = len(encoded[i].ids)
                ids[row, :length], mask[row, :length], types[row, :length] = encoded[i].ids, 1, encoded[i].type_ids
            logits = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})[0]
            shifted = np.exp(logits - logits.max(1, keepdims=True))
            out[chosen] = shifted / shifted.sum(1, keepdims=True)
        return out


@lru_cache(maxsize=1)
def support_model() -> SupportModel:
    """Return the one model of this process."""
    return SupportModel()


@dataclass(frozen=True)
class _Case:
    """One claim against one abstract: the stretches of the abstract that may carry it, the likeliest first."""

    claim: str
    abstract: str
    about: str
    spans: tuple[Span, ...]
    premises: tuple[Span, ...]


def _case(claim: str, abstract: str, spans: Sequence[Span], about: str) -> _Case:
    wanted = [figure.value for figure in figures(claim)]

    def likeness(span: Span) -> float:
        given = {figure.value for figure in figures(span.text)} if wanted else set()
        return overlap(claim, span.text) + 0.15 * _bigram_overlap(claim, span.text) + 0.2 * sum(value in given for value in wanted)

    ranked = sorted(spans, key=likeness, reverse=True)[:CANDIDATES]
    premises = list(ranked)
    if len(ranked) > 1:
        first, second = sorted(ranked[:2], key=lambda span: span.start)
        premises.append(Span(f"{first.text} {second.text}", first.start, second.end))
    return _Case(claim, abstract, about, tuple(spans), tuple(premises))


SIGNS = (
    "overlap_sentence", "overlap_abstract", "bigrams", "missing_names", "missing_figures", "negation", "opposites", "length",
    "model_support", "model_contradict", "model_support_most", "model_contradict_most", "model_neutral_least",
)  # fmt: skip


def _log_odds(probability: float) -> float:
    clipped = min(max(float(probability), 0.003), 0.997)
    return math.log(clipped / (1 - clipped))


def _best_premise(case: _Case, verdicts: Sequence[Sequence[float]] | None) -> int:
    """Return the place of the premise that speaks most to the claim: the least neutral by the model, helped by the overlap."""
    if verdicts is None:
        return 0
    return max(range(len(case.premises)), key=lambda i: 1 - verdicts[i][2] + 0.5 * overlap(case.claim, case.premises[i].text))


def signs(case: _Case, verdicts: Sequence[Sequence[float]] | None) -> list[float]:
    """Return the numbers named in SIGNS; without verdicts of the model its own are 0."""
    best = case.premises[_best_premise(case, verdicts)].text
    claim, known = case.claim, f"{case.about} {case.abstract}"
    values = [
        max(overlap(claim, premise.text) for premise in case.premises),
        overlap(claim, known),
        _bigram_overlap(claim, best),
        min(len(_missing_names(claim, known)), 3),
        min(len(mismatches(claim, known)), 2),
        len(_NEGATIONS.findall(claim)) % 2 != len(_NEGATIONS.findall(best)) % 2,
        min(_opposite_words(claim, best), 2),
        math.log(len(claim.split())),
    ]
    if verdicts is None:
        return [*map(float, values), 0.0, 0.0, 0.0, 0.0, 0.0]
    at_best = verdicts[_best_premise(case, verdicts)]
    values += [
        _log_odds(at_best[0]),
        _log_odds(at_best[1]),
        _log_odds(max(v[0] for v in verdicts)),
        _log_odds(max(v[1] for v in verdicts)),
        _log_odds(min(v[2] for v in verdicts)),
    ]
    return [float(value) for value in values]


def _score(values: Sequence[float], weights: dict) -> float:
    z = weights["bias"] + sum(weights["signs"].get(name, 0.0) * value for name, value in zip(SIGNS, values, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def _span_of(case: _Case, verdicts: Sequence[Sequence[float]] | None) -> Span:
    span = case.premises[_best_premise(case, verdicts)]
    return Span(case.abstract[span.start : span.end], span.start, span.end)


def _verdict(case: _Case, verdicts: Sequence[Sequence[float]] | None, weights: dict) -> Judgement:
    score = _score(signs(case, verdicts), weights)
    span = _span_of(case, verdicts)
    support: Support = "supported" if score >= weights["supported_from"] else "weak" if score >= weights["weak_from"] else "unsupported"
    wrong = mismatches(case.claim, f"{case.about} {case.abstract}")
    hard = [one for one in wrong if one.kind in ("value", "unit")]
    if hard:
        first = next((one for one in hard if one.instead), hard[0])
        if first.instead:
            span = _span_at(case, first.instead.start - len(case.about) - 1) or span
        return Judgement("unsupported", min(score, weights["weak_from"] / 2), span, explain(first))
    if support == "supported" and wrong:
        return Judgement("weak", min(score, weights["supported_from"] - 0.01), span, explain(wrong[0]))
    if support == "supported":
        return Judgement(support, score, span, "")
    return Judgement(support, score, span, _reason(case, verdicts, support))


def _span_at(case: _Case, offset: int) -> Span | None:
    return next((span for span in case.spans if span.start <= offset < span.end), None)


def _reason(case: _Case, verdicts: Sequence[Sequence[float]] | None, support: Support) -> str:
    best = _best_premise(case, verdicts)
    opposite = verdicts[best][1] > 0.5 if verdicts is not None else _opposite_words(case.claim, case.premises[best].text) > 0
    if opposite:
        return "the abstract says the opposite"
    if missing := _missing_names(case.claim, f"{case.about} {case.abstract}"):
        match = next((m.group() for m in _NAME.finditer(case.claim) if re.sub(r"[-.]", "", m.group()).lower() == missing[0]), missing[0])
        return f"the abstract does not speak of {match}"
    if support == "weak":
        return "the abstract says this only in part"
    return "no sentence of the abstract says this"


def judge_many(
    pairs: Sequence[tuple[str, str]], *, sentence_spans: Sequence[Sequence[Span] | None] | None = None, about: Sequence[str] | None = None
) -> list[Judgement]:
    """Judge each (sentence, abstract); the model reads all of them in few runs. See `judge` for the options."""
    found: list[Judgement | None] = [None] * len(pairs)
    cases: dict[int, _Case] = {}
    for i, (sentence, abstract) in enumerate(pairs):
        claim = plain_claim(sentence)
        spans = (sentence_spans[i] if sentence_spans else None) or split_sentences(abstract)
        if not claim or not spans or not _stems(abstract):
            found[i] = Judgement("unsupported", 0.0, None, "there is no text to compare")
        elif span := _verbatim(claim, abstract, spans) or _verbatim(sentence, abstract, spans):
            found[i] = Judgement("supported", 0.99, span, "")
        else:
            cases[i] = _case(claim, abstract, spans, about[i] if about else "")
    if cases:
        read = _read(list(cases.values()))
        weights = _weights()["with_model" if read is not None else "without_model"]
        for place, (i, case) in enumerate(cases.items()):
            found[i] = _verdict(case, read[place] if read is not None else None, weights)
    return [judgement for judgement in found if judgement is not None]


def _read(cases: Sequence[_Case]) -> list[list[list[float]]] | None:
    """Let the model read every premise of every case; None where the package came without the model."""
    model = support_model()
    if not (model.folder / "model.onnx").is_file():
        return None
    pairs = [(premise.text, case.claim) for case in cases for premise in case.premises]
    rows = iter(model.probabilities(pairs).tolist())
    return [[next(rows) for _ in case.premises] for case in cases]


def judge(sentence: str, abstract: str, *, sentence_spans: Sequence[Span] | None = None, about: str = "") -> Judgement:
    """Judge whether `abstract` carries `sentence`.

    `sentence_spans` are the abstract's sentences where they are known already. `about` is what else is known of the paper (title,
    authors, year): names and figures found there count as given.
    """
    return judge_many([(sentence, abstract)], sentence_spans=[sentence_spans], about=[about])[0]


_JOINT = re.compile(r"(?:;|,? (?:while|whereas|but|although)|, and|\band\b)\s+", re.I)


def judge_sources(sentence: str, abstracts: Sequence[str], *, about: Sequence[str] | None = None) -> JointJudgement:
    """Judge a sentence that cites several sources: the best single verdict, or, where none carries it alone, part by part."""
    about = about or [""] * len(abstracts)
    singles = judge_many([(sentence, abstract) for abstract in abstracts], about=about)
    if not singles:
        return JointJudgement("unsupported", 0.0, (), "the sentence cites no source")
    place = max(range(len(singles)), key=lambda i: singles[i].score)
    best = singles[place]
    whole = JointJudgement(best.support, best.score, ((place, best.span),) if best.span else (), best.reason)
    if best.support == "supported" or len(abstracts) < 2:
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
