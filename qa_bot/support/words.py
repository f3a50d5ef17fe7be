"""Knows what the words of a claim and of an abstract say without a model: overlap, quotation, names, negations, opposites.

Leaves figures to `qa_bot.figures` and the verdict to `judging`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

from qa_bot.chunking import split_sentences
from qa_bot.schema import Span
from qa_bot.support.model import MODEL_DIR

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


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


@lru_cache(maxsize=4_096)
def stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in _TOKEN.findall(text.lower()))


@lru_cache(maxsize=1)
def _idf() -> dict[str, float]:
    return json.loads((MODEL_DIR / "words.json").read_text(encoding="utf-8"))


def is_stop_word(word: str) -> bool:
    return word in _STOP_WORDS


def _weight(stemmed: str) -> float:
    return 0.0 if stemmed in _STOP_WORDS else _idf().get(stemmed, 8.0)


def overlap(claim: str, text: str) -> float:
    """Return the idf-weighted share of the claim's words that `text` has too, in [0, 1]."""
    words = set(stems(claim))
    total = sum(map(_weight, words))
    return sum(map(_weight, words & set(stems(text)))) / total if total else 0.0


@lru_cache(maxsize=4_096)
def _pieces(text: str) -> dict[str, frozenset[str]]:
    """Return each word that is no stop word with its runs of four letters, the word's edges included."""
    words = {word for word in _TOKEN.findall(text.lower()) if word not in _STOP_WORDS}
    return {word: frozenset(f" {word} "[i : i + 4] for i in range(max(len(word) - 1, 1))) for word in words}


def letter_overlap(claim: str, text: str) -> tuple[float, float]:
    """Return the shares of the claim's runs of four letters that `text` has too, plain and weighted by the rarity of their words.

    Inflections, compounds and misspellings that stems keep apart ("hypercholesterolaemic", "cholesterol") meet here.
    """
    ours, theirs = _pieces(claim), frozenset().union(*_pieces(text).values())
    every = frozenset().union(*ours.values())
    weights = {word: _weight(stem(word)) for word in ours}
    total = sum(weights.values())
    weighted = sum(weights[word] * len(pieces & theirs) / len(pieces) for word, pieces in ours.items())
    return len(every & theirs) / len(every) if every else 0.0, weighted / total if total else 0.0


def plain_claim(sentence: str) -> str:
    """Return the sentence without citation marks and without "The authors show that"."""
    bare = " ".join(_CITATION_MARK.sub("", sentence).split())
    claim = _REPORTED.sub("", bare)
    return claim[:1].upper() + claim[1:] if len(claim.split()) >= 2 else bare


def verbatim(claim: str, abstract: str, spans: Sequence[Span]) -> Span | None:
    """Return the words of the abstract that are the claim, letter case, punctuation and opening words aside.

    A piece counts only where it is most of a sentence: "the method is fast" is no support out of "nobody says that the method is fast".
    """
    wanted = [match.group().lower() for match in _TOKEN.finditer(claim)]
    if len(wanted) < 3:
        return None
    tokens = [(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(abstract)]
    words = [token for token, _, _ in tokens]
    sizes = [len(_TOKEN.findall(span.text)) for span in spans]
    for i in range(len(words) - len(wanted) + 1):
        if words[i] != wanted[0] or words[i : i + len(wanted)] != wanted:
            continue
        start, end = tokens[i][1], tokens[i + len(wanted) - 1][2]
        touched = [span for span in spans if span.start < end and start < span.end]
        around = sum(size for span, size in zip(spans, sizes, strict=True) if span.start < end and start < span.end)
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


def missing_names(claim: str, known: str) -> list[str]:
    squeezed = re.sub(r"[\s.-]", "", known).lower()
    initials = "".join(word[0] for word in re.findall(r"\w+", known)).lower()
    return [name for name in sorted(_names(claim)) if stem(name) not in squeezed and not (2 <= len(name) <= 6 and name.rstrip("s") in initials)]


def opposite_words(claim: str, text: str) -> int:
    """Count the directions in which one speaks of the opposite of the other."""
    ours, theirs = stems(claim), stems(text)

    def has(stems: tuple[str, ...], word: str) -> bool:
        return any(one == word or (len(word) > 4 and one.startswith(word)) for one in stems)

    count = 0
    for pair in _OPPOSITES:
        one, other = map(stem, pair.split("/"))
        for a, b in ((one, other), (other, one)):
            count += has(ours, a) and not has(theirs, a) and has(theirs, b) and not has(ours, b)
    return count


@lru_cache(maxsize=1)
def _opposite_stems() -> tuple[tuple[str, str], ...]:
    return tuple(tuple(map(stem, pair.split("/"))) for pair in _OPPOSITES)


def are_opposites(one: str, other: str) -> bool:
    """Tell whether two words, in lower case, point opposite ways."""

    def is_form(word: str, of: str) -> bool:
        return word == of or stem(word) == of or (len(of) > 4 and word.startswith(of))

    shorter, longer = sorted((one, other), key=len)
    if len(shorter) > 4 and longer in {f"{prefix}{shorter}" for prefix in ("in", "un", "im", "ir", "non", "non-", "dis", "in-")}:
        return True
    return any((is_form(one, a) and is_form(other, b)) or (is_form(one, b) and is_form(other, a)) for a, b in _opposite_stems())


def is_name(text: str) -> bool:
    """Tell whether each word is an acronym, a CamelCase or another capitalised word."""
    return all(_NAME.fullmatch(word) and word.lower() not in _STOP_WORDS for word in text.split())


def name_in(claim: str, compared: str) -> str:
    """Return a name of `missing_names` as the claim writes it."""
    return next((m.group() for m in _NAME.finditer(claim) if re.sub(r"[-.]", "", m.group()).lower() == compared), compared)


def negations(text: str) -> int:
    return len(_NEGATIONS.findall(text))


def bigram_overlap(claim: str, text: str) -> float:
    ours = [one for one in stems(claim) if one not in _STOP_WORDS]
    theirs = [one for one in stems(text) if one not in _STOP_WORDS]
    pairs = set(zip(ours, ours[1:]))
    return len(pairs & set(zip(theirs, theirs[1:]))) / len(pairs) if pairs else 0.0


_WINS = re.compile(r"\b(?:outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?|exceed(?:s|ed|ing)?|beat(?:s|ing)?|(?:is|are|was|were|performs?) (?:\w+ )?(?:better|superior|higher|faster) (?:than|to)|(?:better|higher|stronger) [\w -]{3,40}? than|improv(?:es|ed|ing) (?:over|upon))\b", re.I)
_LOSES = re.compile(r"\b(?:(?:is|are|was|were) (?:\w+ )?(?:outperformed|surpassed|beaten|exceeded) by|underperform(?:s|ed|ing)?(?: relative to)?|(?:is|are|was|were|performs?) (?:\w+ )?(?:worse|inferior|lower|slower) (?:than|to)|falls? (?:behind|short of))", re.I)


def _ranking(text: str) -> tuple[str, str] | None:
    """Return the words on the winner's and on the loser's side of a comparison."""
    for pattern, swap in ((_LOSES, True), (_WINS, False)):
        if match := pattern.search(text):
            left, right = text[: match.start()], re.split(r"[,;.]\s|\bon\b|\bfor\b|\bdespite\b", text[match.end() :])[0]
            if _NEGATIONS.search(left[-25:]):
                swap = not swap
            return (right, left) if swap else (left, right)
    return None


def turned_round(claim: str, spans: Sequence[Span]) -> Span | None:
    """Return the sentence that compares the same two things and calls the other one better; None where another agrees with the claim."""
    ours = _ranking(claim)
    crossed_at = None
    for span in spans if ours else ():
        if theirs := _ranking(span.text):
            straight = _shared(ours[0], theirs[0]) + _shared(ours[1], theirs[1])
            crossed = _shared(ours[0], theirs[1]) + _shared(ours[1], theirs[0])
            if straight and straight >= crossed:
                return None
            if crossed > straight + 3.0 and _shared(ours[0], theirs[1]) and _shared(ours[1], theirs[0]):
                crossed_at = span
    return crossed_at


def _shared(one: str, other: str) -> float:
    return sum(map(_weight, set(stems(one)) & set(stems(other))))
