"""Knows how a sentence is turned into its opposite: a "not" put in or taken out, or one word made the opposite one.

Leaves what the model makes of the two to `signs`. A small model that leans towards support whatever a claim says gives itself away where it
leans as far towards the opposite claim.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Each is read in both directions, a word's first opposite counts; verbs stand for all their forms, which are regular.
_VERBS = """increase/decrease improve/worsen reduce/increase lower/raise enhance/impair promote/inhibit activate/inhibit induce/suppress stimulate/suppress
upregulate/downregulate accelerate/slow strengthen/weaken enable/prevent allow/prevent cause/prevent facilitate/hinder support/contradict outperform/underperform
exceed/trail require/avoid protect/harm gain/lose diminish/enhance attenuate/enhance impair/improve block/enable delay/accelerate decline/increase elevate/decrease
boost/reduce exacerbate/alleviate ameliorate/worsen confirm/refute include/exclude maximize/minimize stabilize/destabilize express/lack fail/succeed restrict/expand
limit/expand abolish/restore eliminate/cause repress/activate encourage/discourage contribute/detract degrade/improve simplify/complicate succeed/fail""".split()
_WORDS = """higher/lower high/low larger/smaller large/small more/less fewer/more better/worse best/worst faster/slower greater/lower fast/slow quickly/slowly
stronger/weaker strong/weak positive/negative positively/negatively easy/hard easier/harder simple/complex efficient/inefficient effective/ineffective
stable/unstable known/unknown possible/impossible consistent/inconsistent supervised/unsupervised linear/nonlinear early/late earlier/later short/long shorter/longer
accurate/inaccurate robust/fragile similar/different dense/sparse global/local deep/shallow static/dynamic superior/inferior sufficient/insufficient
significant/insignificant significantly/insignificantly necessary/unnecessary essential/unnecessary upper/lower above/below maximum/minimum rarely/often frequently/rarely
always/never most/few gain/loss success/failure susceptible/resistant sensitive/resistant beneficial/harmful safe/harmful presence/absence present/absent
independent/dependent independently/dependently increased/decreased reduction/increase rise/fall rises/falls rising/falling fell/rose cheaper/costlier older/younger
smaller/larger vulnerable/immune hypersensitive/resistant excess/lack deficiency/excess abundant/scarce active/inactive inhibition/activation induction/suppression
suppression/induction protective/harmful likely/unlikely able/unable benefit/harm before/after first/last""".split()
_NEGATION = re.compile(r"\b(?P<kept>is|are|was|were|can|could|will|should|may|has|have|does|do|did)(?: not|n['’]t)(?= )|\b(?P<one>can)not(?= )|\bno (?P<still>longer )?(?!more|less|fewer|later|matter)", re.I)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|can|has been|have been|has|have|will|could|should|may|does|do|did)\b(?! (?:not|no|never)\b)", re.I)
_FINITE_VERB = re.compile(
    r"\b(affects|plays|provides|shows|depends|uses|contains|correlates|leads|results|regulates|mediates|modulates|influences|controls|binds|interacts|acts|occurs|produces|"
    r"achieves|reaches|attains|obtains|gets|surpasses|needs|takes|works|runs|scales|generalizes|transfers|learns|relies|drives|predicts|develops|forms|exhibits|removes|helps|"
    r"yields|makes|gives|sets|lets|holds|keeps|changes|carries|targets|combines|finds|treats|beats|consists|detects|adapts|interfaces|integrates|replaces|extends|introduces|"
    r"presents|proposes|describes|demonstrates|covers|handles|solves|tracks|models|operates|builds|comes|serves|participates|phosphorylates|inactivates|encodes|converts|ensures)\b"
)
_WORD = re.compile(r"[A-Za-z]+")


def _forms(verb: str) -> tuple[str, str, str, str]:
    if verb == "lose":
        return "lose", "loses", "lost", "losing"
    bare = verb[:-1] if verb.endswith("e") else verb
    return verb, f"{verb}es" if verb.endswith(("s", "sh", "ch")) else f"{verb}s", f"{bare}ed", f"{bare}ing"


@lru_cache(maxsize=1)
def _opposites() -> dict[str, str]:
    pairs = [tuple(pair.split("/")) for pair in _WORDS]
    pairs += [forms for one, other in (pair.split("/") for pair in _VERBS) for forms in zip(_forms(one), _forms(other), strict=True)]
    table: dict[str, str] = {}
    for one, other in pairs:
        table.setdefault(one, other)
    for one, other in pairs:
        table.setdefault(other, one)
    return table


@lru_cache(maxsize=1_024)
def turned(sentence: str) -> str | None:
    """Return the sentence that says the opposite, or None where no word lends itself; its grammar is good enough for a model."""
    if match := _NEGATION.search(sentence):
        return sentence[: match.start()] + (match["kept"] or match["one"] or ("still " if match["still"] else "")) + sentence[match.end() :]
    if match := _AUXILIARY.search(sentence):
        head, _, rest = match.group().partition(" ")
        return f"{sentence[: match.start()]}{head} not{f' {rest}' if rest else ''}{sentence[match.end() :]}"
    for match in _WORD.finditer(sentence):
        if other := _opposites().get(match.group().lower()):
            return sentence[: match.start()] + (other.capitalize() if match.start() == 0 else other) + sentence[match.end() :]
    if match := _FINITE_VERB.search(sentence):
        verb = match.group()
        bare = f"{verb[:-3]}y" if verb.endswith("ies") else verb[:-2] if verb.endswith(("ches", "sses")) else verb[:-1]
        return f"{sentence[: match.start()]}does not {bare}{sentence[match.end() :]}"
    return None
