"""Knows how to make training pairs about effects: what raises, lowers or leaves alone what, in trials, in laboratories, as a belief.

Leaves the published sets and the changes of whole sentences to `support_examples`. Every kind of claim is made true of some premises
and false of others, so that the claim alone gives nothing away.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from support_examples import Pair, paraphrase, sentences

_RISING = """increase promote enhance induce activate stimulate upregulate elevate improve accelerate raise facilitate boost augment strengthen
exacerbate potentiate""".split()
_FALLING = """decrease reduce inhibit suppress repress impair attenuate block prevent downregulate lower diminish abolish limit disrupt mitigate
alleviate delay weaken ameliorate antagonize""".split()
_OF_AMOUNTS = {True: ("increase", "raise", "elevate", "boost"), False: ("decrease", "reduce", "lower", "diminish")}


def _forms(verb: str) -> dict[str, str]:
    """Return the third person, the past and the -ing form."""
    stem = verb[:-1] if verb.endswith("e") else verb
    return {"s": verb + ("es" if verb.endswith(("sh", "ss")) else "s"), "ed": stem + "ed", "ing": stem + "ing"}


_DIRECTION = {form: rising for verbs, rising in ((_RISING, True), (_FALLING, False)) for verb in verbs for form in _forms(verb).values()}
_DIRECTION |= {verb: rising for verbs, rising in ((_RISING, True), (_FALLING, False)) for verb in verbs}
# Said of causes and protection as well; these are read and written whole.
_CAUSES = {phrase: True for phrase in ("leads to", "led to", "causes", "caused", "results in", "resulted in", "contributes to", "contributed to", "triggers", "triggered", "drives")}
_CAUSES |= {phrase: False for phrase in ("protects against", "protected against", "counteracts", "counteracted", "protects from", "rescues", "rescued", "interferes with")}
_S = "|".join(_forms(verb)["s"] for verb in (*_RISING, *_FALLING))
_ED = "|".join(_forms(verb)["ed"] for verb in (*_RISING, *_FALLING))
_CAUSING = "|".join(_CAUSES)
_ADVERB = r"(?:(?:\w+ly|also|markedly|further) )?"
_PHRASE = r"(?:[\w/+α-ω()'-]+ ){0,5}[\w/+α-ω'-]+"
_END = r"(?= in | by | on | during | after | for | with | at | when | while | and | or | but | via | through | compared | as | than | relative | without | following | among | from | upon | under | to | that | which |[,.;:()]|$)"
_START = r"(?:^|(?<=that )|(?<=[,;:] )|(?<=and )|(?<=whereas )|(?<=while )|(?<=RESULTS )|(?<=CONCLUSIONS ))"
_ACTIVE = re.compile(rf"{_START}(?P<a>{_PHRASE}?) {_ADVERB}(?P<v>{_S}|{_ED}|{_CAUSING}) (?P<b>{_PHRASE}?){_END}", re.I)
_PASSIVE = re.compile(rf"{_START}(?P<b>{_PHRASE}?) (?:is|are|was|were|can be|could be) {_ADVERB}(?P<v>{_ED}) by (?P<a>{_PHRASE}?){_END}", re.I)
_CHANGE = re.compile(
    rf"{_START}(?P<b>{_PHRASE}?) (?:is|are|was|were) {_ADVERB}(?P<v>higher|increased|elevated|greater|lower|reduced|decreased|smaller|impaired) (?:in|among|with) (?P<a>{_PHRASE}?){_END}", re.I
)
_NOTHING = re.compile(
    rf"{_START}(?P<a>{_PHRASE}?) (?:(?:did|does|do) not {_ADVERB}(?:affect|alter|change|influence|improve|increase|reduce|modify)|(?:had|has|have) no (?:significant )?(?:effect|influence|impact) on) (?P<b>{_PHRASE}?){_END}",
    re.I,
)
_LINK = re.compile(rf"{_START}(?P<a>{_PHRASE}?) (?:is|are|was|were) (?P<n>not )?{_ADVERB}(?:associated|correlated|linked) with (?P<b>{_PHRASE}?){_END}", re.I)
_NEED = re.compile(rf"{_START}(?P<a>{_PHRASE}?) (?:is|are|was|were) (?P<n>not )?{_ADVERB}(?:required|essential|necessary|critical|crucial|needed|indispensable) for (?P<b>{_PHRASE}?){_END}", re.I)
_POINTER = re.compile(r"\b(?:it|its|they|their|which|that|we|who|this|these|those|our|here|both|such|there|he|she|also|not|no|is|are|was|were|be|been|has|have|had|to|if|when|how|whether|did|does|where)\b", re.I)
_OPENING = re.compile(r"^(?:(?:the|a|an|in|and|moreover|furthermore|consistently|importantly|however|thus|results|conclusions|methods|background|interestingly|conversely) )+", re.I)

_HIGHER = ("{b} is higher in {a}.", "{a} is associated with higher {b}.", "{b} is increased in {a}.", "{a} shows elevated {b}.")
_LOWER = ("{b} is lower in {a}.", "{a} is associated with lower {b}.", "{b} is reduced in {a}.", "{a} shows decreased {b}.")
_NONE = ("{a} has no effect on {b}.", "{a} does not affect {b}.", "{a} does not change {b}.", "{b} is not affected by {a}.", "{a} plays no role in {b}.")
_LINKED = ("{a} is associated with {b}.", "{a} is linked to {b}.", "{a} is related to {b}.", "{b} is associated with {a}.", "There is an association between {a} and {b}.")
_UNLINKED = ("{a} is not associated with {b}.", "{a} is not linked to {b}.", "{a} has nothing to do with {b}.", "{b} is not associated with {a}.", "There is no association between {a} and {b}.")
_NEEDED = ("{a} is required for {b}.", "{b} requires {a}.", "{b} depends on {a}.", "{a} is essential for {b}.", "{b} does not occur without {a}.", "{a} is indispensable for {b}.")
_UNNEEDED = ("{a} is not required for {b}.", "{b} does not require {a}.", "{b} is independent of {a}.", "{a} is dispensable for {b}.", "{b} occurs without {a}.", "{a} is not necessary for {b}.")


_LACK = re.compile(
    r"^(?:(?:complete|partial|genetic|selective|targeted|conditional|specific|pharmacological) )?(?:(?:loss|lack|absence|deletion|depletion|deficiency|inhibition|blockade|knockdown|ablation|silencing|suppression|removal|"
    r"inactivation|disruption|downregulation) (?:of|in) (?P<x>.+)|(?P<y>.+?)[ -](?:deficiency|knockdown|knockout|deletion|depletion|inhibition|blockade|loss|silencing|inhibitors?|antagonists?))$",
    re.I,
)
_LACKS = ("loss of {a}", "lack of {a}", "deletion of {a}", "{a} deficiency", "inhibition of {a}", "depletion of {a}", "knockdown of {a}", "the absence of {a}", "blocking {a}")


def _turned(a: str, rng: random.Random) -> str | None:
    """Return the lack of `a`, or what is there again where `a` is itself a lack of something."""
    if match := _LACK.match(a):
        return _phrase(match["x"] or match["y"])
    return None if len(a.split()) > 4 or a.lower().startswith(("blocking", "increased", "reduced")) else rng.choice(_LACKS).format(a=a)


def _effect(rising: bool, verb: str | None, rng: random.Random) -> str:
    """Return a claim's template; `verb` is kept now and then, the others of its direction stand for it as well."""
    if rng.random() < 0.12:
        return "{a} %s {b}." % rng.choice(("causes", "leads to", "contributes to", "triggers") if rising else ("protects against", "counteracts", "interferes with"))
    chosen = verb if verb and rng.random() < 0.35 else rng.choice(_OF_AMOUNTS[rising] if rng.random() < 0.5 else _RISING[:10] if rising else _FALLING[:11])
    forms = _forms(chosen)
    return rng.choice(("{a} %(s)s {b}.", "{a} %(s)s {b}.", "{b} is %(ed)s by {a}.", "{a} leads to %(amount)s {b}.", "{a} is associated with %(amount)s {b}.", "{a} results in %(amount)s {b}.")) % (
        forms | {"amount": _forms(rng.choice(_OF_AMOUNTS[rising]))["ed"]}
    )


def _claim(template: str, a: str, b: str) -> str:
    text = template.format(a=a, b=b)
    return text[:1].upper() + text[1:]


_LOOSE = frozenset("of in on at to for from by with as and or but than then because since while although including via upon after before under over the a an can could may might more most".split())


def _phrase(text: str) -> str | None:
    phrase = re.sub(r" \w+ly$", "", _OPENING.sub("", text.strip()))
    phrase = phrase[:1].lower() + phrase[1:] if re.match(r"[A-Z][a-z]+(?: |$)", phrase) else phrase
    words = phrase.lower().split()
    whole = words and not {words[0], words[-1]} & _LOOSE
    return phrase if whole and 3 <= len(phrase) <= 60 and phrase.count("(") == phrase.count(")") and not _POINTER.search(phrase) else None


def _lemma(form: str) -> str | None:
    return next((verb for verb in (*_RISING, *_FALLING) if form in (verb, *_forms(verb).values())), None)


def _said(sentence: str) -> Iterator[tuple[str, str, str, str | None]]:
    """Yield (kind, a, b, verb) of what the sentence says; kind is rise, fall, high, low, nothing, link, no link, need or no need."""
    for pattern in (_PASSIVE, _CHANGE, _NOTHING, _LINK, _NEED, _ACTIVE):
        match = pattern.search(sentence)
        if not match:
            continue
        a, b = _phrase(match["a"]), _phrase(match["b"])
        if not a or not b or a.lower() == b.lower():
            continue
        found = match.groupdict()
        if pattern is _NOTHING:
            yield "nothing", a, b, None
        elif pattern in (_LINK, _NEED):
            yield ("no " if found["n"] else "") + ("link" if pattern is _LINK else "need"), a, b, None
        elif pattern is _CHANGE:
            yield ("high" if found["v"].lower() in ("higher", "increased", "elevated", "greater") else "low"), a, b, None
        else:
            yield ("rise" if (_DIRECTION | _CAUSES)[found["v"].lower()] else "fall"), a, b, _lemma(found["v"].lower())
        return


def _templates(kind: str, verb: str | None, rng: random.Random) -> tuple[str, str]:
    """Return a template that says what `kind` says, and one that says the opposite."""
    match kind:
        case "rise" | "fall":
            rising = kind == "rise"
            return _effect(rising, verb, rng), _effect(not rising, None, rng) if rng.random() < 0.7 else rng.choice(_NONE)
        case "high" | "low":
            same, other = (_HIGHER, _LOWER) if kind == "high" else (_LOWER, _HIGHER)
            return rng.choice(same), rng.choice(other)
        case "nothing":
            return rng.choice(_NONE), _effect(rng.random() < 0.5, None, rng)
        case "link" | "no link":
            same, other = (_LINKED, _UNLINKED) if kind == "link" else (_UNLINKED, _LINKED)
            return rng.choice(same), rng.choice(other)
        case _:
            same, other = (_NEEDED, _UNNEEDED) if kind == "need" else (_UNNEEDED, _NEEDED)
            return rng.choice(same), rng.choice(other)


def effect_pairs(abstracts: list[str], rng: random.Random) -> Iterator[Pair]:
    """Yield short claims about an effect, a link or a need: the same in other words, the opposite, the two exchanged, or of something else."""
    before = ("the treatment", "survival")
    for text in abstracts:
        parts = sentences(text)
        for i, sentence in enumerate(parts):
            for kind, a, b, verb in _said(sentence):
                same, opposite = _templates(kind, verb, rng)
                near = parts[i - 1] if i and rng.random() < 0.5 else parts[i + 1] if i + 1 < len(parts) else ""
                premise = sentence if rng.random() < 0.7 or not near else f"{sentence} {near}" if near is not parts[i - 1] or i == 0 else f"{near} {sentence}"
                if kind in ("rise", "fall", "need") and rng.random() < 0.35 and (turned := _turned(a, rng)):
                    rising = kind == "fall"
                    support = rng.random() < 0.5
                    template = _effect(rising == support, None, rng) if support or rng.random() < 0.75 else rng.choice(_NONE)
                    yield Pair(premise, _claim(template, turned, b), "support" if support else "contradict")
                draw = rng.random()
                if draw < 0.40:
                    yield Pair(premise, _claim(same, a, b), "support")
                elif draw < 0.72:
                    yield Pair(premise, _claim(opposite, a, b), "contradict")
                elif draw < 0.80 and kind in ("rise", "fall", "need"):
                    yield Pair(premise, _claim(same, b, a), "contradict")
                else:
                    other_a, other_b = (before[0], b) if rng.random() < 0.5 else (a, before[1])
                    yield Pair(premise, _claim(same if rng.random() < 0.5 else opposite, other_a, other_b), "neutral")
                before = (a, b)


_TRIAL = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?P<b>.+?) was significantly (?P<d>lower|higher) with (?P<a>.+?) than with (?P<c>.+?)\.$",
        r"^There was no significant difference in (?P<b>.+?) between (?P<a>.+?) and (?P<c>.+?)\.$",
        r"^(?P<a>.+?) significantly (?P<d>increased|decreased) (?P<b>.+?) compared with (?P<c>.+?)\.$",
        r"^(?P<a>.+?) did not significantly change (?P<b>.+?) compared with (?P<c>.+?)\.$",
        r"^Compared with (?P<c>.+?), (?P<a>.+?) led to a significant (?P<d>increase|decrease|reduction) in (?P<b>.+?)\.$",
    )
)


def short_trial_claim(claim: str, rng: random.Random) -> str | None:
    """Return a trial's claim as people put it, "A reduces B", or None where it is none of the published templates."""
    for pattern in _TRIAL:
        if not (match := pattern.match(claim)):
            continue
        found = match.groupdict()
        b = found["b"][:1].lower() + found["b"][1:] if not found["b"][1:2].isupper() else found["b"]
        direction = found.get("d")
        if direction is None:
            template = rng.choice((*_NONE, "{a} and {c} do not differ in {b}.", "{a} is not better than {c} in {b}."))
        else:
            rising = direction in ("higher", "increased", "increase")
            amount = _forms(rng.choice(_OF_AMOUNTS[rising]))["s"]
            more, fewer = ("higher", "lower") if rising else ("lower", "higher")
            template = rng.choice(
                (f"{{a}} {amount} {{b}}.", f"{{a}} is associated with {more} {{b}}.", f"{{a}} leads to {more} {{b}} than {{c}}.", f"{{b}} is {more} with {{a}}.", f"{{b}} is {fewer} with {{c}} than with {{a}}.")
            )
        text = template.format(a=found["a"], b=b, c=found["c"])
        return text[:1].upper() + text[1:]
    return None


def trial_pairs(folder: Path, rng: random.Random) -> Iterator[Pair]:
    """Yield the evidence spans of Evidence Inference with their claims put shortly."""
    with gzip.open(folder / "evidence_inference.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["kind"] == "span" and (claim := short_trial_claim(row["claim"], rng)):
                yield Pair(row["premise"], claim, row["label"])


_BELIEFS = {
    "neutral": """It is commonly believed that {s}. / A prevailing belief is that {s}. / It has been hypothesized that {s}. / It remains unclear whether {s}. / It is not known whether {s}. /
        We investigate whether {s}. / Conventional wisdom holds that {s}. / One might expect that {s}. / Some authors have suggested that {s}. / We test the hypothesis that {s}. / It is often assumed that {s}.""",
    "contradict": """Contrary to the common belief that {s}, we find the opposite. / It is not true that {s}. / Our results challenge the assumption that {s}. / There is no evidence that {s}. /
        We refute the claim that {s}. / Our findings contradict the prevailing view that {s}. / We found no indication that {s}. / It is a misconception that {s}.""",
    "support": """We find that {s}. / Our results confirm that {s}. / It is well established that {s}. / Our data demonstrate that {s}. / These findings provide strong evidence that {s}. / We prove that {s}. /
        In line with the common belief, we show that {s}. / It is known that {s}. / We now show that indeed {s}. / Experiments verify the hypothesis that {s}.""",
}


def belief_pairs(abstracts: list[str], rng: random.Random) -> Iterator[Pair]:
    """Yield a sentence put as a belief, a question, a finding or its denial, with the bare sentence as the claim."""
    frames = {label: [frame.strip() for frame in text.split(" /")] for label, text in _BELIEFS.items()}
    for text in abstracts:
        plain = [s for s in sentences(text) if 5 <= len(s.split()) <= 28 and not re.match(r"(?:We|Our|In|However|To|This|These|It|Here|Moreover|By|Finally|For)\b", s)]
        if not plain:
            continue
        said = rng.choice(plain).rstrip(".")
        inner = said if said[1:2].isupper() or any(c.isdigit() for c in said.split()[0]) else said[:1].lower() + said[1:]
        label = rng.choice(("support", "contradict", "neutral"))
        yield Pair(rng.choice(frames[label]).format(s=inner), paraphrase(said + ".", rng), label)


def uncited_abstracts(folder: Path) -> list[str]:
    """Return the abstracts of SciFact's corpus that no claim cites, neither of the training nor of the test half."""
    cited = {line.split("\t")[1] for name in ("qrels.tsv", "qrels_train.tsv") for line in (folder / name).read_text(encoding="utf-8").splitlines()[1:]}
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [row["text"] for row in map(json.loads, lines) if row["id"] not in cited]
