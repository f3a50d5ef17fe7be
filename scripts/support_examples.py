"""Knows how to make training pairs for the support model: published entailment data, and sentences of abstracts changed on purpose.

Leaves training to build_support_model. A changed sentence is used on either side of a pair, so that neither a negation, an
odd number nor a clumsy phrase in the claim alone gives the label away.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

LABELS = ("support", "contradict", "neutral")
# Pairs taken per published set at most, and which kinds; whole abstracts are left out because the runtime judges sentences.
NLI_SETS = {
    "snli": 19_047,
    "cad_nli": 11_245,
    "evidence_inference": 6_733,
    "fool_me_twice": 2_548,
    "check_covid": 1_501,
    "fever_symmetric": 1_416,
    "breaking_nli": 1_500,
    "cb": 306,
}
# Each pair is read in both directions.
OPPOSITES = """outperforms/underperforms outperform/underperform increases/decreases increase/decrease increased/decreased increasing/decreasing
improves/worsens improve/worsen improved/worsened higher/lower high/low larger/smaller large/small more/less better/worse best/worst faster/slower
strong/weak stronger/weaker with/without before/after first/last always/never all/no most/few upper/lower maximum/minimum maximize/minimize
maximizes/minimizes reduces/increases reduce/increase reduced/increased reduction/increase enables/prevents enable/prevent allows/prevents
supports/contradicts support/contradict positive/negative positively/negatively easy/hard simple/complex efficient/inefficient
effective/ineffective stable/unstable known/unknown possible/impossible consistent/inconsistent supervised/unsupervised linear/nonlinear
finite/infinite early/late short/long near/far accurate/inaccurate robust/fragile requires/avoids require/avoid fails/succeeds fail/succeed
similar/different dense/sparse global/local deep/shallow online/offline static/dynamic continuous/discrete public/private shared/separate
narrow/wide rich/poor superior/inferior sufficient/insufficient significant/insignificant necessary/unnecessary includes/excludes
gain/loss gains/losses success/failure above/below exceeds/trails faster/slower cheaper/costlier fewer/more rarely/often frequently/rarely
strengthens/weakens accelerates/slows promotes/inhibits promote/inhibit activates/inhibits upregulated/downregulated induces/suppresses""".split()
SYNONYMS = """shows/demonstrates uses/employs method/approach methods/approaches improves/enhances
achieves/attains achieve/attain significantly/substantially demonstrates/shows demonstrate/show presents/introduces present/introduce
propose/introduce proposes/introduces several/multiple various/different recent/latest existing/previous obtains/gets obtain/get
performance/results crucial/essential important/key task/problem tasks/problems framework/system novel/new requires/needs require/need
enables/allows provides/gives provide/give numerous/many large/big often/frequently
outperforms/beats surpasses/outperforms exceeds/surpasses utilizes/uses utilize/use addresses/tackles address/tackle
contains/includes helps/aids widely/broadly commonly/usually accurate/precise results/findings images/pictures""".split()

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_LEAD_IN = re.compile(
    r"^(?:(?:however|moreover|furthermore|additionally|finally|in addition|specifically|in particular|in this (?:paper|work|article|study)|here|to this end|"
    r"as a result|therefore|thus|for example|then|also|besides|importantly|notably|meanwhile|consequently|overall|in contrast|first|second|lastly),\s+)+",
    re.I,
)
_REPORTED = re.compile(
    r"^(?:we|our (?:results|experiments|findings|analysis)|(?:extensive |numerical |our )?(?:experiments|experimental results|results|simulations)(?: on [^,]{3,60})?|this (?:paper|work|study))"
    r" (?:also |further |then |clearly )?(?:show|shows|find|finds|demonstrate|demonstrates|prove|proves|observe|indicate|indicates|suggest|suggests|reveal|reveals|confirm|argue|report) that ",
    re.I,
)
_TAIL = re.compile(
    r",? (?:which|where|while|whereas|thus|thereby|leading|allowing|making|enabling|resulting|including|such as|compared to|especially|particularly|so that|because|since|in order to|although) [^,;]*$"
)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w,]|\.\d)")
_NAME = re.compile(r"(?<![\w-])(?:[A-Z][\w+-]*[A-Z0-9][\w+-]*|[A-Z]{2,}[\w-]*)(?![\w-])")
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|does|do|has been|have been|will|could|should|may)\b(?! (?:not|no|never)\b)", re.I)
_NEGATION = re.compile(r"\b(is|are|was|were|can|could|does|do|will|should|may|has|have)(?:\s?not|n't) ", re.I)
_FINITE_VERB = re.compile(r"\b(outperforms|improves|achieves|requires|reduces|increases|leads to|provides|shows|depends on|affects|allows|enables|uses|contains)\b")
_BARE_VERB = {"leads to": "lead to", "depends on": "depend on", "achieves": "achieve", "reduces": "reduce", "provides": "provide", "requires": "require"}


class Pair(NamedTuple):
    """A premise, a claim and one of LABELS."""

    premise: str
    claim: str
    label: str


def published_pairs(folder: Path, rng: random.Random, *, sets: dict[str, int] = NLI_SETS) -> Iterator[Pair]:
    """Yield pairs of the published sets in `folder`, at most as many of each as `sets` says, labels of one set kept near even."""
    for name, most in sets.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        rows = [row for row in rows if row.get("kind") != "abstract"]
        rng.shuffle(rows)
        taken = dict.fromkeys(LABELS, 0)
        for row in rows:
            if taken[row["label"]] < max(most // 2, 1) and sum(taken.values()) < most:
                taken[row["label"]] += 1
                yield Pair(row["premise"], row["claim"], row["label"])


def sentences(text: str) -> list[str]:
    """Split `text` roughly; good enough for training material."""
    return [part.strip() for part in _SENTENCE.split(" ".join(text.split())) if 5 <= len(part.split()) <= 60 and not part.endswith("?")]


def _both_ways(pairs: Iterable[str]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for pair in pairs:
        one, other = pair.split("/")
        table.setdefault(one, []).append(other)
        table.setdefault(other, []).append(one)
    return table


_OPPOSITE = _both_ways(OPPOSITES)
_SYNONYM = _both_ways(SYNONYMS)


def _replace_one(text: str, table: dict[str, list[str]], rng: random.Random, *, share: float = 0.0) -> str | None:
    words = re.findall(r"\w+|\W+", text)
    places = [i for i, word in enumerate(words) if word.lower() in table]
    if not places:
        return None
    chosen = rng.sample(places, max(1, round(share * len(places))))
    for i in chosen:
        other = rng.choice(table[words[i].lower()])
        words[i] = other.capitalize() if words[i][0].isupper() else other
    return "".join(words)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def paraphrase(sentence: str, rng: random.Random) -> str:
    """Return a claim that `sentence` carries: shortened, reported by "the authors", words replaced; sometimes verbatim."""
    claim = sentence
    if rng.random() < 0.85:
        claim = _capitalised(_LEAD_IN.sub("", claim))
    if rng.random() < 0.7:
        claim = _capitalised(_REPORTED.sub("", claim))
    if rng.random() < 0.6:
        claim = _PARENTHESIS.sub("", claim)
    if rng.random() < 0.5:
        shorter = _TAIL.sub("", claim.rstrip(".")) + "."
        claim = shorter if len(shorter.split()) >= 6 else claim
    if rng.random() < 0.6:
        claim = re.sub(r"\b[Oo]ur\b", "their", re.sub(r"\b[Ww]e\b", rng.choice(("the authors", "they", "researchers")), claim))
    if rng.random() < 0.7:
        claim = _replace_one(claim, _SYNONYM, rng, share=rng.random()) or claim
    if rng.random() < 0.1:
        claim = claim.rstrip(".")
    return _capitalised(claim)


def other_number(text: str, rng: random.Random, _names: list[str]) -> str | None:
    """Change one figure of `text`, or exchange two of them."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    if len(found) >= 2 and rng.random() < 0.25:
        one, other = sorted(rng.sample(found, 2), key=lambda m: m.start())
        if one.group() != other.group():
            return text[: one.start()] + other.group() + text[one.end() : other.start()] + one.group() + text[other.end() :]
    match = rng.choice(found)
    digits = list(match.group())
    places = [i for i, char in enumerate(digits) if char.isdigit()]
    i = rng.choice(places)
    digits[i] = rng.choice([d for d in "123456789" if d != digits[i]])
    return text[: match.start()] + "".join(digits) + text[match.end() :]


def opposite_word(text: str, rng: random.Random, _names: list[str]) -> str | None:
    return _replace_one(text, _OPPOSITE, rng)


def other_negation(text: str, rng: random.Random, _names: list[str]) -> str | None:
    """Remove a "not", or add one to the first auxiliary or plain verb."""
    if match := _NEGATION.search(text):
        return text[: match.start()] + match.group(1) + " " + text[match.end() :]
    if match := _AUXILIARY.search(text):
        head, _, rest = match.group().partition(" ")
        middle = f"{head} not {rest}" if rest else f"{head} {rng.choice(('not', 'not', 'never'))}"
        return text[: match.start()] + middle + text[match.end() :]
    if match := _FINITE_VERB.search(text):
        verb = match.group()
        return text[: match.start()] + "does not " + _BARE_VERB.get(verb, verb.rstrip("s")) + text[match.end() :]
    return None


def other_name(text: str, rng: random.Random, names: list[str]) -> str | None:
    """Put another name of the same or another abstract in the place of one."""
    found = _NAME.findall(text)
    others = [name for name in names if name not in text]
    if not found or not others:
        return None
    return re.sub(rf"(?<![\w-]){re.escape(rng.choice(found))}(?![\w-])", rng.choice(others), text)


def exchanged_roles(text: str, rng: random.Random, _names: list[str]) -> str | None:
    """Exchange the two sides of a comparison or of "from A to B"."""
    patterns = (
        r"^(?P<a>[\w\s-]{3,50}?) (?P<m>outperforms?|exceeds?|surpass(?:es)?|beats?|is (?:\w+er|more \w+|less \w+) than) (?P<b>[\w\s-]{3,50}?)(?P<e>[.,]|$)",
        r"\bfrom (?P<a>[\w.%-]+) (?P<m>to) (?P<b>[\w.%-]+)(?P<e>)",
        r"\b(?P<a>[A-Z][\w-]+) (?P<m>(?:and|over|instead of|rather than|than)) (?P<b>[A-Z][\w-]+)(?P<e>)",
    )
    for pattern in patterns:
        match = re.search(pattern, text)
        if match and match["a"] != match["b"] and match["m"] != "and":
            prefix = "from " if text[match.start() :].startswith("from ") else ""
            return _capitalised(text[: match.start()] + f"{prefix}{match['b']} {match['m']} {match['a']}{match['e']}" + text[match.end() :])
    return None


CHANGES: tuple[Callable[[str, random.Random, list[str]], str | None], ...] = (
    opposite_word,
    opposite_word,
    other_negation,
    other_negation,
    other_number,
    other_name,
    exchanged_roles,
    exchanged_roles,
)


def changed(text: str, rng: random.Random, names: list[str]) -> str | None:
    """Return `text` with one change that makes it false, or None where no change fits."""
    for change in rng.sample(CHANGES, len(CHANGES)):
        other = change(text, rng, names)
        if other and other != text:
            return other
    return None


_NOUNS = r"(?:[\w-]+ ){0,4}[\w-]+"
_END = r"(?= on | in | by | across | for | with | at | when | while | and | over | from | under | using | through | via | to | that |[,.;:]|$)"
_COMPARISON = re.compile(rf"(?P<a>(?:the |our |this )?(?:[\w-]+ ){{0,2}}[\w-]+) (?:\w+ly )?(?:outperforms?|surpass(?:es)?|exceeds?|beats?) (?P<b>{_NOUNS}?){_END}", re.I)
_NEED = re.compile(rf"\b(?P<v>requires?|relies on|rely on|depends? on) (?P<b>{_NOUNS}?){_END}", re.I)
_NO_NEED = re.compile(rf"\b(?P<v>removes?|removing|eliminates?|eliminating|avoids?|avoiding|without|not require|no need for)(?: the need (?:for|of))? (?P<b>{_NOUNS}?){_END}", re.I)
_RISE = re.compile(rf"\b(?P<v>increas(?:es|ing)|improv(?:es|ing)|boost(?:s|ing)|enhanc(?:es|ing)|rais(?:es|ing)) (?P<b>{_NOUNS}?){_END}", re.I)
_FALL = re.compile(rf"\b(?P<v>reduc(?:es|ing)|decreas(?:es|ing)|lower(?:s|ing)|mitigat(?:es|ing)|alleviat(?:es|ing)|minimiz(?:es|ing)) (?P<b>{_NOUNS}?){_END}", re.I)
_FAILURE = re.compile(rf"\b(?P<v>fails? to|struggles? to|unable to|cannot) (?P<b>{_NOUNS}?){_END}", re.I)
_NEEDS = ("{s} needs {b}.", "{s} requires {b}.", "{s} relies on {b}.", "{b} is needed.", "{s} does not work without {b}.")
_NEEDS_NOT = ("{s} does not need {b}.", "{s} does not require {b}.", "{s} works without {b}.", "{b} is not needed.", "{s} removes the need for {b}.")
_RISES = ("{s} increases {b}.", "{s} improves {b}.", "{b} goes up.", "{s} leads to higher {b}.", "{b} becomes larger.")
_FALLS = ("{s} reduces {b}.", "{s} lowers {b}.", "{b} goes down.", "{s} leads to lower {b}.", "{b} becomes smaller.")
_BETTER = ("{a} outperforms {b}.", "{b} is outperformed by {a}.", "{b} performs worse than {a}.", "{a} is better than {b}.", "{a} beats {b}.", "{b} falls behind {a}.")
_FAILS = ("{s} does not manage to {b}.", "{s} is unable to {b}.", "{s} cannot {b}.", "{s} fails to {b}.")
_MANAGES = ("{s} manages to {b}.", "{s} is able to {b}.", "{s} can {b}.", "{s} succeeds to {b}.")
# What the sentence says, and the claims that say the same and the opposite.
_RELATIONS = (
    (_NEED, _NEEDS, _NEEDS_NOT),
    (_NO_NEED, _NEEDS_NOT, _NEEDS),
    (_RISE, _RISES, (*_FALLS, "{s} has no effect on {b}.")),
    (_FALL, _FALLS, (*_RISES, "{s} has no effect on {b}.")),
    (_FAILURE, _FAILS, _MANAGES),
)


def relation_pairs(abstracts: list[str], rng: random.Random) -> Iterator[Pair]:
    """Yield short claims about who beats whom, what is needed, what rises and falls: said again in other words, turned round, or of another paper."""
    last = "the procedure"
    for text in abstracts:
        parts = sentences(text)
        for i, sentence in enumerate(parts):
            premise = _with_neighbours(parts, i, sentence, rng)
            if match := _COMPARISON.search(sentence):
                a, b = (re.sub(r"^(?:\w+ )?(?:that|where|which) ", "", match[name], flags=re.I) for name in "ab")
                a, b = (re.sub(r"^(?:our|this)\b", "the", name, flags=re.I) for name in (a, b))
                if re.fullmatch(r"(?:it|they|we|which|that|where|and|also)\b.*", a, re.I):
                    continue
                true = rng.random() < 0.5
                claim = rng.choice(_BETTER).format(a=a if true else b, b=b if true else a)
                yield Pair(premise, _capitalised(claim), "support" if true else "contradict")
            for pattern, same, opposite in _RELATIONS:
                match = pattern.search(sentence)
                if not match or _NEGATION.search(sentence[: match.start()]) or len(match["b"]) < 4 or match["b"].split()[0].endswith("ing"):
                    continue
                subject = rng.choice(("The method", "The approach", "The model", "It", "The proposed system", "This"))
                kind = rng.random()
                noun, last = (last if kind > 0.85 else match["b"]), match["b"]
                claim = rng.choice(same if kind < 0.42 or (kind > 0.85 and rng.random() < 0.5) else opposite).format(s=subject, b=noun)
                yield Pair(premise, _capitalised(claim), "support" if kind < 0.42 else "contradict" if kind <= 0.85 else "neutral")


def _with_neighbours(parts: list[str], i: int, sentence: str, rng: random.Random) -> str:
    if rng.random() < 0.75:
        return sentence
    return f"{sentence} {parts[i + 1]}" if i + 1 < len(parts) and rng.random() < 0.5 else f"{parts[i - 1]} {sentence}" if i else sentence


def _long_words(text: str) -> set[str]:
    return set(re.findall(r"\w{5,}", text.lower()))


def _likest(sentence: str, others: list[str]) -> str:
    words = _long_words(sentence)
    return max(others, key=lambda other: len(words & _long_words(other)))


def abstract_pairs(abstracts: list[str], rng: random.Random) -> Iterator[Pair]:
    """Yield supported, contradicted and neutral pairs made of the sentences of `abstracts`."""
    split = [sentences(text) for text in abstracts]
    pool = [sentence for parts in split for sentence in parts]
    all_names = [name for text in abstracts for name in _NAME.findall(text)]
    for parts in split:
        if len(parts) < 3:
            continue
        names = sorted({name for part in parts for name in _NAME.findall(part)}) + rng.sample(all_names, 3)
        for i in rng.sample(range(len(parts)), 2):
            sentence = parts[i]
            claim = paraphrase(sentence, rng)
            false_sentence = changed(sentence, rng, names)
            false_claim = changed(claim, rng, names)
            premise = _with_neighbours(parts, i, sentence, rng)
            kind = rng.random()
            if kind < 0.30:
                yield Pair(premise, claim, "support")
            elif kind < 0.52 and false_claim:
                yield Pair(premise, false_claim, "contradict")
            elif kind < 0.66 and false_sentence:
                yield Pair(_with_neighbours(parts, i, false_sentence, rng), claim, "contradict")
            elif kind < 0.76 and false_sentence:
                yield Pair(_with_neighbours(parts, i, false_sentence, rng), paraphrase(false_sentence, rng), "support")
            elif kind < 0.88:
                others = [part for j, part in enumerate(parts) if abs(i - j) > 1] or rng.sample(pool, 5)
                yield Pair(_likest(sentence, others), claim, "neutral")
            elif kind < 0.95:
                yield Pair(_likest(sentence, rng.sample(pool, 300)), claim, "neutral")
            elif len(claim) < 0.75 * len(sentence):
                # The claim says more than the premise does.
                yield Pair(claim, sentence, "neutral")


def _summaries(folder: Path, split: str) -> Iterator[tuple[str, str, str]]:
    """Yield (id, abstract, summary) of one split of SciTLDR."""
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        papers = {row["id"]: row["text"] for row in map(json.loads, lines) if row["split"] == split}
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text = papers.get(row["id"].split("#")[0])
            if text and len(row["text"].split()) >= 6:
                yield row["id"], text, row["text"]


def summary_pairs(folder: Path, rng: random.Random) -> Iterator[Pair]:
    """Yield pairs of the training half of SciTLDR: a summary against the sentences of its abstract that share most words with it."""
    found = [(sentences(text), summary) for _, text, summary in _summaries(folder, "train")]
    pool = sorted({sentence for parts, _ in found for sentence in parts})
    names = [name for sentence in pool for name in _NAME.findall(sentence)]
    for parts, summary in found:
        if not parts:
            continue
        best = _likest(summary, parts)
        i = parts.index(best)
        premise = " ".join(parts[max(0, i - 1) : i + 1]) if rng.random() < 0.4 else best
        yield Pair(premise, summary, "support")
        if false := changed(summary, rng, rng.sample(names, 5)):
            yield Pair(premise, false, "contradict")
        yield Pair(_likest(summary, rng.sample(pool, 400)), summary, "neutral")


_VERB = re.compile(
    r"\b(?:is|are|can|does|do|has|have|affects|alters|controls|contributes|correlates|depends|determines|drives|encodes|governs|helps|influences|interacts|leads|links|maintains|makes|"
    r"mediates|modulates|predicts|protects|provides|recruits|regulates|requires|rescues|results|shapes|sustains|triggers|achieves|outperforms|matters|improves|increases|reduces|"
    r"decreases|promotes|inhibits|activates|induces|suppresses|enhances|impairs|accelerates|slows|strengthens|weakens|enables|allows|prevents|causes|facilitates|supports|limits|"
    r"exceeds|avoids|attenuates|blocks|delays|elevates|boosts|exacerbates|ameliorates|stabilizes|destabilizes|expands|restricts|eliminates|represses|stimulates|restores|lacks|fails)\b"
)
_FINDING = re.compile(r"\b(?:show|shows|showed|demonstrate|demonstrates|demonstrated|conclude|suggest|suggests|indicate|indicates|reveal|reveals|revealed|find|found|report|identify|argue|prove|data|results?|findings)\b", re.I)
_NOT_BEFORE_A_VERB = set("of in the a an for and with to on by from as how what why when that which where between".split())


def declared(title: str) -> str | None:
    """Return the part of a title that states something, such as "X promotes Y in Z", or None."""
    if "?" in title or re.match(r"(?:how|what|why|when|where|who|which|does|do|is|are|can|towards?)\b", title, re.I):
        return None
    part = max(title.strip().rstrip(".").split(": "), key=lambda part: (bool(_VERB.search(part)), len(part)))
    match = _VERB.search(part)
    if not match or not 5 <= len(part.split()) <= 30 or not part[: match.start()].strip() or match.end() == len(part):
        return None
    return None if part[: match.start()].split()[-1].lower() in _NOT_BEFORE_A_VERB else part


def opposite_of(text: str, rng: random.Random) -> str | None:
    """Return `text` turned into its opposite in one of three ways, or None where it lends itself to none."""
    from qa_bot.support.turning import turned

    ways = [lambda: turned(text), lambda: opposite_word(text, rng, []), lambda: other_negation(text, rng, [])]
    made = (way() for way in rng.sample(ways, len(ways)))
    return next((other for other in made if other and other != text), None)


def turned_pairs(pairs: Iterable[Pair], rng: random.Random) -> Iterator[Pair]:
    """Yield the pairs that agree or disagree once more with the claim turned into its opposite, and so the label."""
    other_label = {"support": "contradict", "contradict": "support"}
    for pair in pairs:
        if pair.label in other_label and (claim := opposite_of(pair.claim, rng)):
            yield Pair(pair.premise, claim, other_label[pair.label])


def title_pairs(papers: Iterable[dict], rng: random.Random) -> Iterator[Pair]:
    """Yield pairs of titles that state something, and their opposites, with the sentence of their own abstract and of another that is likest.

    `papers` have `title` and `text`. A title says in its author's other words what a sentence of the abstract says: no edit makes such a pair.
    """
    found = [(title, parts) for paper in papers if (title := declared(paper["title"])) and (parts := sentences(paper["text"]))]
    pool = sorted({sentence for _, parts in found for sentence in parts})
    for title, parts in found:
        # A sentence that reports a finding says what the title says; one that shares as many words is often its background.
        best = max(parts, key=lambda part: len(_long_words(title) & _long_words(part)) + 2 * bool(_FINDING.search(part)))
        if len(_long_words(title) & _long_words(best)) < max(2, 0.4 * len(_long_words(title))):
            continue
        premise, claim = _with_neighbours(parts, parts.index(best), best, rng), f"{title}."
        yield Pair(premise, claim, "support")
        if false := opposite_of(claim, rng):
            yield Pair(premise, false, "contradict")
        if (false_premise := opposite_of(best, rng)) and rng.random() < 0.3:
            yield Pair(false_premise, claim, "contradict")
        yield Pair(_likest(title, rng.sample(pool, min(len(pool), 400))), claim, "neutral")


def summary_rows(folder: Path, rng: random.Random) -> Iterator[dict]:
    """Yield whole abstracts of SciTLDR's development half with a summary, its opposite, and a summary of the likest other paper."""
    found = list(_summaries(folder, "dev"))
    names = [name for _, text, _ in found for name in _NAME.findall(text)]
    for key, text, summary in found:
        other = _likest(summary, [abstract for _, abstract, _ in rng.sample(found, 60) if abstract != text])
        made = [("support", text, summary), ("contradict", text, changed(summary, rng, rng.sample(names, 5))), ("neutral", other, summary)]
        for label, premise, claim in made:
            if claim:
                yield {"id": f"scitldr-abs-{key}-{label}", "source": "scitldr_abstract", "premise": premise, "claim": claim, "label": label}


def titled_papers(folder: Path, *, without: set[str]) -> Iterator[dict]:
    """Yield the papers of SciFact's collection but those whose id is in `without`, then those of arXiv."""
    for path in (folder / "scifact" / "corpus.jsonl.gz", folder / "arxiv.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (paper for paper in map(json.loads, lines) if paper["id"] not in without)


def arxiv_abstracts(path: Path, *, most: int, rng: random.Random) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return rng.sample(texts, min(most, len(texts)))
