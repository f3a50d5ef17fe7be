"""Sentences of the sample abstracts with one thing changed on purpose: each original is carried by its abstract, no edited one is.

    python tests/support_edits.py       prints how often each family of edits is caught, and how often a faithful rewording is let through
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"(?<![\w-])(?:[A-Z][\w+]*[A-Z0-9][\w+-]*|[A-Z]{2,}[\w-]*)(?![\w-])")
FLIPS = dict(
    pair.split("/")
    for pair in """increases/decreases increase/decrease improves/worsens improve/worsen improved/worsened reduces/increases reduce/increase reducing/increasing higher/lower lower/higher larger/smaller
    smaller/larger better/worse faster/slower more/less less/more outperforms/underperforms outperform/underperform outperforming/underperforming stronger/weaker
    first/last efficient/inefficient similar/different simple/complex strong/weak best/worst""".split()
)
UNITS = {"days": "weeks", "day": "week", "hours": "days", "ms": "s", "million": "billion", "billion": "million", "M": "B", "B": "M", "%": " ms", "x": "%", "×": "%", "points": "ms", "GB": "MB"}
BELIEFS = (
    "It is widely believed that {}.", "It remains unclear whether {}.", "A prevailing belief is that {}.", "Contrary to the common assumption that {}, we find no such effect.",
    "We ask whether {}.", "It has been hypothesized that {}.", "It is a misconception that {}.",
)  # fmt: skip


class Edit(NamedTuple):
    family: str
    claim: str
    abstract: str


def edits(abstracts: list[str], *, seed: int = 7) -> Iterator[Edit]:
    """Yield edited claims with the abstract that does not carry them; the family `faithful` holds rewordings that it does carry."""
    from qa_bot.chunking import split_sentences

    rng = random.Random(seed)
    every_name = sorted({name for text in abstracts for name in NAME.findall(text)})
    for abstract in abstracts:
        for span in split_sentences(abstract):
            if not 8 <= len(span.text.split()) <= 45 or not span.text.endswith("."):
                continue
            for family, change in FAMILIES.items():
                claim = change(span.text, rng, abstract, every_name)
                if claim and claim != span.text and claim not in abstract:
                    yield Edit(family, claim, abstract)
            if not re.match(r"(?:However|But|In|To|For|We|Our|This|These|It|Such|While|By|On|At|As|Here|Unlike)\b", span.text):
                said = span.text[0].lower() + span.text[1:].rstrip(".") if span.text[1:2].islower() else span.text.rstrip(".")
                yield Edit("belief", span.text, abstract.replace(span.text, rng.choice(BELIEFS).format(said)))


def _number(text: str, rng: random.Random, abstract: str, _names: list[str]) -> str | None:
    found = [m for m in re.finditer(r"(?<![\w.,-])\d+(?:\.\d+)?(?=%|x\b| |\.|,|$)", text) if not re.search(r"[A-Za-z]-$", text[: m.start()])]
    for match in rng.sample(found, len(found)):
        digits = list(match.group())
        i = rng.choice([i for i, char in enumerate(digits) if char.isdigit()])
        digits[i] = rng.choice([d for d in "123456789" if d != digits[i]])
        if "".join(digits) not in abstract:
            return text[: match.start()] + "".join(digits) + text[match.end() :]
    return None


def _unit(text: str, rng: random.Random, _abstract: str, _names: list[str]) -> str | None:
    found = list(re.finditer(r"(?<=\d)(%|x\b|×|M\b|B\b| days?\b| hours\b| ms\b| million\b| billion\b| points\b| GB\b)", text))
    if not found:
        return None
    match = rng.choice(found)
    unit = match.group()
    space = " " if unit.startswith(" ") else ""
    return text[: match.start()] + space + UNITS[unit.strip()] + text[match.end() :]


def _other_name(text: str, rng: random.Random, abstract: str, names: list[str]) -> str | None:
    own = sorted(set(NAME.findall(text)))
    others = [name for name in names if name not in abstract]
    return re.sub(rf"(?<![\w-]){re.escape(rng.choice(own))}(?![\w-])", rng.choice(others), text) if own else None


def _exchanged(text: str, rng: random.Random, _abstract: str, _names: list[str]) -> str | None:
    """Exchange two names between which more stands than a conjunction."""
    found = list(NAME.finditer(text))
    pairs = [
        (a, b) for a, b in zip(found, found[1:]) if a.group() != b.group() and re.search(r"(?<![A-Za-z])[a-z]{3,}", re.sub(r"\b(?:and|or|as well as|with|both|the)\b", "", text[a.end() : b.start()]))
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return text[: a.start()] + b.group() + text[a.end() : b.start()] + a.group() + text[b.end() :]


def _negation(text: str, _rng: random.Random, _abstract: str, _names: list[str]) -> str | None:
    if re.search(r"\b(?:not|no|never|without|neither|nor|cannot)\b", text):
        return None
    if match := re.search(r"\b(is|are|was|were|can|has|have|will|does|do)\b(?= [a-z])", text):
        return text[: match.end()] + " not" + text[match.end() :]
    return None


def _direction(text: str, rng: random.Random, _abstract: str, _names: list[str]) -> str | None:
    found = [m for m in re.finditer(r"\b[a-z]+\b", text) if m.group() in FLIPS]
    if not found:
        return None
    match = rng.choice(found)
    return text[: match.start()] + FLIPS[match.group()] + text[match.end() :]


def _roles(text: str, _rng: random.Random, _abstract: str, _names: list[str]) -> str | None:
    pattern = r"^(?P<a>[\w -]{3,50}?) (?P<v>(?:outperforms?|surpass(?:es)?|exceeds?|beats?|is (?:\w+ )?(?:better|faster|cheaper|more \w+) than)) (?P<b>[\w -]{3,50}?)(?P<e>(?: on | in | by | and |,|\.).*)$"
    match = re.match(pattern, text)
    return f"{match['b'][0].upper()}{match['b'][1:]} {match['v']} {match['a'][0].lower() + match['a'][1:] if match['a'][1:].islower() else match['a']}{match['e']}" if match else None


def _faithful(text: str, rng: random.Random, _abstract: str, _names: list[str]) -> str | None:
    """Reword as an answer would: no lead-in, "the authors", a tail or a parenthesis left out."""
    claim = re.sub(r"^(?:However|Moreover|Furthermore|Finally|Specifically|In (?:this|particular|addition)[^,]{0,20}|Additionally|Here), ", "", text)
    claim = re.sub(r"\b[Ww]e\b", "the authors", re.sub(r"\b[Oo]ur\b", "their", claim))
    claim = re.sub(r"\s*\([^()]*\)", "", claim)
    if rng.random() < 0.5:
        claim = re.sub(r", (?:which|while|thus|leading|allowing|making|enabling|including|such as) [^,;]*\.$", ".", claim)
    return claim[:1].upper() + claim[1:]


FAMILIES: dict[str, Callable[[str, random.Random, str, list[str]], str | None]] = {
    "number": _number,
    "unit": _unit,
    "other name": _other_name,
    "exchanged names": _exchanged,
    "negation": _negation,
    "direction": _direction,
    "roles": _roles,
    "faithful": _faithful,
}


def sample_abstracts(folder: Path) -> list[str]:
    """Return the abstracts of the sample papers, the newest wording of each."""
    import tempfile

    from qa_bot.answering import AnswerEngine
    from qa_bot.config import Settings
    from qa_bot.ingest import ingest

    with tempfile.TemporaryDirectory() as data_dir:
        settings = Settings(_env_file=None, data_dir=data_dir)
        ingest([folder], settings=settings)
        engine = AnswerEngine.from_settings(settings)
        try:
            return [paper.abstract for paper in engine.papers()]
        finally:
            engine.close()


def main() -> None:
    from collections import Counter

    from qa_bot.support import judge_many

    made = list(edits(sample_abstracts(Path(__file__).parent.parent / "seeds")))
    found = judge_many([(one.claim, one.abstract) for one in made])
    marks: dict[str, Counter] = {}
    for one, judgement in zip(made, found, strict=True):
        marks.setdefault(one.family, Counter())[judgement.support] += 1
        if "-v" in sys.argv and (judgement.support == "supported") != (one.family == "faithful"):
            print(f"  {one.family}: {judgement.support} {judgement.score:.2f} {judgement.reason} | {one.claim}")
    for family, counts in marks.items():
        print(f"{family:16s} {sum(counts.values()):4d} edits: " + ", ".join(f"{counts[mark] / sum(counts.values()):.3f} {mark}" for mark in ("supported", "weak", "unsupported")))


if __name__ == "__main__":
    main()
