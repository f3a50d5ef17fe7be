"""Knows whether what was found is enough to answer a question: answered, partial or declined, with the reason.

Leaves finding and writing to others; the same decision is taken with and without an LLM.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa_bot import query_encoder
from qa_bot.asked import AskedThing, asked_thing
from qa_bot.asked.held import Held, held_by, likeness, text_of, wanted
from qa_bot.asked.words import DEGREE, GOES_UNSAID, UNIT_OF_WORD
from qa_bot.chunking import split_sentences
from qa_bot.extractive import ASKS_NUMBER, Passage, paper_chances
from qa_bot.naming import is_coined, key_of, names_of
from qa_bot.retrieval import STOP_WORDS, content_words, idf_weights, query_words
from qa_bot.schema import Hit, Paper, Status
from qa_bot.store import PaperStore

# Logistic regressions over the signs below, made by scripts/calibrate_evidence.py (which prints how well they do under
# cross-validation). "on_topic": do the papers speak of what is asked at all; "holds": do they say it.
ON_TOPIC = {"bias": -7.688, "read_cosine": 14.862, "close": 9.167, "missing_names": -4.466, "unknown": -2.733}
ON_TOPIC_FROM = 0.237
HOLDS = {
    "bias": -7.019, "cosine": -0.487, "paper_cosine": -3.958, "read_cosine": 14.367, "close": 10.979, "coverage": -2.789,
    "coverage_beyond_title": 3.678, "unknown": -2.107, "missing_names": -4.698, "asks_thing": -0.532, "missing_head": -0.577,
    "missing_others": -0.08, "missing_figure": -2.106, "missing_quantity": 0.142, "is_named": 1.335, "named_missing_head": -2.938,
    "named_missing_figure": -7.152, "named_missing_rest": -0.329, "named_missing_all_rest": -4.705,
}  # fmt: skip
HOLDS_FROM = {"named": 0.73, "unnamed": 0.564}  # of questions that name a paper, and of the others
HOLDS_AT_ALL = 0.045  # with no paper named, less is no answer in part either; by hand: of 33 answers in part that were right, the least was .09

# Said by who compares, not by the abstracts that are compared.
_COMPARES = frozenset(
    """differ differs differed difference differences compare compares compared comparison contrast versus vs similar similarities relate
    related relation""".split()
)
# Verbs that say no more than that a paper has a thing.
_LIGHT_VERBS = frozenset(
    """use used uses using have has had need needs needed require requires required contain contains come comes reach reaches achieve
    achieves get gets give gives given make makes made take takes took investigate investigates study studies report reports say says
    support supports cover covers include includes choose chose chosen employ employed rely relies carry carries apply applied based
    written run runs work works serve go went put find found test tests tested evaluate evaluates evaluated assess assessed show shows shown
    present presents presented demonstrate demonstrated consider considered reveal reveals revealed""".split()
)
# Words of lay questions that no abstract says and that say nothing.
_VAGUE = frozenset(
    """thing things stuff something anything somebody someone anyone says said really actually ever always never quite rather let anyway
    instead want wants like""".split()
)
_NO_NAMES = STOP_WORDS | {"sota"}
_GOES_WITHOUT = GOES_UNSAID | _LIGHT_VERBS | UNIT_OF_WORD.keys()
# "African" is said by "Africa".
_NATION = re.compile(r"(?<=[a-z]{4})(?:i?an|n|ese|ish)s?$")
_FOR_EXAMPLE = re.compile(r"\((?:like|e\.?g\.?|such as|say|for example|for instance)\b[^()]*\)", re.I)  # "(like the Milky Way)" need not be said
_LEFT_BEHIND = re.compile(r"\b(?:replac(?:e|es|ed|ing)|instead of|rather than|in place of) (?:the )?([\w.+-]+(?:(?:, | and | or |/)[\w.+-]+)*)", re.I)
# A thing less held than this is named in the reason.
_HELD_FROM = 0.6
_QUANTITY = re.compile(
    r"(?<![\w.-])\d[\d,.]*(?:[-\s]?(?:%|\w+))?|\b(?:two|three|four|five|six|seven|eight|nine|ten|half|twice|double|hundreds?|thousands?|millions?|billions?)\b", re.I
)


@dataclass(frozen=True)
class Signs:
    """What the evidence looks like. Shares and cosines are in [0, 1]; `missing` says what the papers do not do: "mention MMLU"."""

    values: Mapping[str, float]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """What the evidence allows. `score` in [0, 1] is the probability that the papers hold the answer.

    `of_nearest`: the reason is what the nearest paper lacks, so that it alone is worth showing.
    """

    status: Status
    reason: str
    score: float
    of_nearest: bool = False


def signs_of(question: str, hits: Sequence[Hit], passages: Sequence[Passage], *, subjects: int, store: PaperStore) -> Signs:
    """Measure how far the papers asked about (or else the best one) cover a question.

    Words count as said by words of like meaning, too. `missing_names` counts names in the question that their abstracts
    do not say ("MMLU"); `missing_head` and so on are what the thing asked for ("learning rate", "how many layers") lacks,
    see `asked.held`, and count once more where a paper is named: its abstract says it or does not. `missing_quantity` is
    a number asked for where the best sentences hold none. With nobody named, nearness is that of all papers read.
    """
    places = list(range(subjects)) if subjects else list(paper_chances(hits, passages))[:1]
    best = sorted((p for p in passages if p.place in places), key=lambda p: -p.fit) or list(passages[:1])
    near = best if subjects else passages
    papers = [hits[place].paper for place in places]
    text = " ".join(f"{' '.join((p.title, *p.aliases))} {p.abstract}" for p in papers)
    said = _said_alike(query_words(question), text, store)
    in_titles = set(store.terms.stems(" ".join(f"{p.title} {' '.join(p.aliases)}" for p in papers)))
    thing = asked_thing(question)
    unsaid = _COMPARES | _LIGHT_VERBS | _VAGUE | (DEGREE.keys() if thing and thing.kind == "amount" else frozenset())
    asked_words = [word for word in query_words(question) if word.casefold() not in unsaid]
    weights = idf_weights(store.terms.stems(" ".join(asked_words)), store)
    beyond = {stem: weight for stem, weight in weights.items() if stem not in in_titles}
    squeezed = re.sub(r"[\W_]", "", text).casefold()
    words = re.findall(r"\w[\w.+-]*", _FOR_EXAMPLE.sub(" ", question))
    # "CLIP-like" names what something is compared with, which its abstract need not say; "X-rays" are no name.
    names = [w for w in words[1:] if (is_coined(w) or w[0].isupper()) and w.casefold() not in _NO_NAMES and not re.search(r"-(?:like|style|type)$|^[A-Z]-[a-z]+$", w)]
    if not subjects:
        unneeded = _left_behind(question)
        names = [w for w in names if w not in unneeded]
    missing_names = [w for w in names if _NATION.sub("", re.sub(r"[\W_]", "", w)).casefold().rstrip("s") not in squeezed]
    if missing_names:  # "PNAS" for the paper that never says so
        own = {name.key for paper in papers for name in names_of(paper)}
        missing_names = [w for w in missing_names if key_of(w) not in own]
    held = _held(thing, asked_words, papers, store)
    is_named = float(subjects > 0)
    lacks_quantity = bool(ASKS_NUMBER.search(question)) and not any(_QUANTITY.search(p.span.text) for p in best[:2])
    cosine = max(p.cosine for p in near)
    paper_cosine = max((hits[place].dense for place in {p.place for p in near} if hits[place].dense is not None), default=cosine)
    values = {
        "cosine": cosine,
        "paper_cosine": paper_cosine,
        "read_cosine": _read_cosine(question, [hits[place] for place in sorted({p.place for p in near})], paper_cosine, store),
        "close": max(p.close for p in near),
        "coverage": _share(weights, said),
        "coverage_beyond_title": _share(beyond, said) if beyond else 1.0,
        "unknown": sum(weight * (1 - said.get(stem, 0.0)) for stem, weight in weights.items() if store.terms.frequency(stem) == 0) / (sum(weights.values()) or 1.0),
        "missing_names": min(2, len(missing_names)) / 2,
        "asks_thing": float(thing is not None),
        "missing_head": 1 - held.head,
        "missing_others": 1 - held.others,
        "missing_figure": 1 - held.figure,
        "missing_quantity": float(lacks_quantity),
        "is_named": is_named,
        "named_missing_head": max(is_named, float(bool(thing and thing.is_said_with_its_name))) * (1 - held.head),
        "named_missing_figure": is_named * (1 - held.figure),
        "named_missing_rest": is_named * (1 - held.rest) * bool(thing and thing.is_numeric),
        "named_missing_all_rest": is_named * float(held.rest == 0) * bool(thing and thing.is_numeric),
    }
    missing = [f"mention {' or '.join(dict.fromkeys(missing_names))}"] if missing_names else []
    if thing and (min(held.head, held.figure) < _HELD_FROM or values["named_missing_all_rest"]):
        missing.append(thing.wanting())
    elif lacks_quantity:
        missing.append("give such a figure")
    return Signs(values, tuple(missing))


def _left_behind(question: str) -> set[str]:
    """Return the words of what a question wants to do without ("instead of Adam or SGD"), which who does without it need not say."""
    return {word for found in _LEFT_BEHIND.finditer(question) for word in re.findall(r"\w[\w.+-]*", found[1])}


def _read_cosine(question: str, hits: Sequence[Hit], otherwise: float, store: PaperStore) -> float:
    """Return how near the nearest of the papers is to the question as `query_encoder` reads it; of another embedding model nothing more is known."""
    vector = query_encoder.vector_of(question, store.fingerprint.model)
    if vector is None:
        return otherwise
    found, vectors = store.truth.chunk_vectors([hit.chunk.chunk_id for hit in hits], store.fingerprint.model)
    return float((vectors @ vector).max()) if found else otherwise


def _held(thing: AskedThing | None, asked_words: Sequence[str], papers: Sequence[Paper], store: PaperStore) -> Held:
    """Return how far the papers hold the thing on average, each judged for itself."""
    if thing is None:
        return Held()
    found = []
    for paper in papers:
        own = set(store.terms.stems(" ".join((paper.title, *paper.aliases))))
        rest = [word for word in asked_words if word not in thing.phrase.split() and not is_coined(word) and not set(store.terms.stems(word)) <= own]
        sentences = [paper.title, *(span.text for span in split_sentences(paper.abstract))]
        found.append(held_by(thing, sentences, store.terms.stems, rest=[word for word in rest if word.casefold() not in _GOES_WITHOUT], asked=asked_words))
    return Held(*(sum(getattr(held, side) for held in found) / len(found) for side in ("head", "others", "figure", "rest")))


def _said_alike(asked_words: Sequence[str], text: str, store: PaperStore) -> dict[str, float]:
    """Return the stems of the words asked with -> how near the nearest word of a text comes to each."""
    whole = text_of(text, store.terms.stems)
    looked_up = [wanted(word, store.terms.stems) for word in asked_words]
    near = {stem: likeness(word, whole) for word in looked_up for stem in word.stems}
    return near | {stem: 1.0 for stem in near if stem in whole.stems}


def share_said(question: str, paper: Paper, store: PaperStore) -> float:
    """Return how much of a question (by idf, without the words that go unsaid) a paper says, in words of like meaning, too; 0 for no such words."""
    asked_words = [word for word in query_words(question) if word.casefold() not in _LIGHT_VERBS | _VAGUE | STOP_WORDS]
    asked_words = [word for word in asked_words if word.casefold() not in GOES_UNSAID] or asked_words
    weights = idf_weights(store.terms.stems(" ".join(asked_words)), store)
    return _share(weights, _said_alike(asked_words, f"{paper.title} {paper.abstract}", store)) if weights else 0.0


def _share(weights: Mapping[str, float], said: Mapping[str, float]) -> float:
    return sum(weight * said.get(stem, 0.0) for stem, weight in weights.items()) / (sum(weights.values()) or 1.0)


def probability(values: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the logistic model's probability for these signs."""
    return 1 / (1 + math.exp(-weights["bias"] - sum(weight * values[name] for name, weight in weights.items() if name != "bias")))


def assess(question: str, hits: Sequence[Hit], passages: Sequence[Passage], *, subjects: int, store: PaperStore) -> Assessment:
    """Decide by the evidence. `subjects`: the first so many hits are papers that the question names."""
    if not hits or not passages:
        return Assessment("declined", "no paper in the collection matches the question", 0.0)
    signs = signs_of(question, hits, passages, subjects=subjects, store=store)
    holds = probability(signs.values, HOLDS)
    words = [word for word in content_words(question) if re.search(r"[^\W\d_]", word)]
    if not subjects and not any(store.terms.frequency(stem) for word in words for stem in store.terms.stems(word)):
        return Assessment("declined", "no paper says any word of the question", holds)
    if not subjects and (probability(signs.values, ON_TOPIC) < ON_TOPIC_FROM or holds < HOLDS_AT_ALL):
        lacking = f"none of the papers near the question does {' or '.join(signs.missing)}".replace("does mention", "mentions").replace("or mention ", "or ")
        return Assessment("declined", lacking if signs.values["missing_names"] == 1 else "nothing in the papers is close enough to what is asked", holds)
    if holds < HOLDS_FROM["named" if subjects else "unnamed"]:
        about = " and ".join(f"“{hit.paper.title}”" for hit in hits[: max(1, subjects)])
        does_not = "none of their abstracts does" if subjects > 1 else "the abstract does not"
        lacking = f"but {does_not} {' or '.join(signs.missing)}" if signs.missing else "but not clearly of what is asked"
        reason = f"the papers speak of {about}, {lacking}" if subjects else f"the nearest paper is {about}, {lacking}"
        thing = asked_thing(question)
        return Assessment("partial", reason, holds, of_nearest=not subjects and bool(signs.missing) and bool(thing and thing.is_numeric))
    return Assessment("answered", "", holds)
