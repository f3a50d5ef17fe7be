"""Knows which way a text points: what rises and falls, what is there and what lacks, what is negated, near the words that two texts share.

Leaves weighing these signs to `judging`. A small model reads "the absence of X reduces Y" as if it were "X reduces Y"; counting the turns
of both texts tells them apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qa_bot.support.words import is_stop_word, stem

# Beginnings of words, and short words that would be the beginning of too much else ("dropout", "lesson").
_FALLING = tuple(
    """decreas reduc lower inhibit suppress repress impair attenuat prevent downregulat diminish abolish limit disrupt mitigat alleviat delay weaken ameliorat antagoni protect fewer
    smaller declin lacking absen delet deplet deficien knockdown knock ablat silenc inactivat remov slow worse poorer inferior resist rescu unable counteract restrict insensitiv
    immun deactivat degrad destabil underperform""".split()
)
_RISING = tuple(
    """increas enhanc promot induc activat stimulat upregulat elevat improv accelerat facilitat boost augment strengthen higher greater larger trigger contribut faster better superior
    longer susceptib sensitiv vulnerab exacerbat potentiat encourag overexpress stabil outperform surpass""".split()
)
_SHORT = dict.fromkeys("less loss losses lack lacks low poor without drop drops dropped fall falls fell fallen fail fails failed avoid avoids avoided block blocks blocked blocking".split(), -1)
_SHORT |= dict.fromkeys("more raise raises raised rise rises rose risen cause causes caused lead leads led drive drives driven gain gains gained high long risk risks".split(), 1)
_NEGATING = re.compile(
    r"not|no|never|cannot|neither|nor|none|nothing|hardly|nobody|little|rarely|unlikely|unaffected|unchanged|unrelated|\w*independent\w*|dispensable|unnecessary|similar\w*|same|"
    r"comparable|identical|ns|\w+n['’]t"
)
_TOKEN = re.compile(r"[^\W_]*n['’]t\b|[^\W_]+(?:[.,]\d+)*")
NEAR, WIDE = 3, 6  # words to either side
LONGEST = 300  # words that are read; the comparison grows with the square of them
FARTHEST = 8  # words between a direction and the shared word that it is said of


@lru_cache(maxsize=50_000)
def _direction(word: str) -> int:
    """Return -1 for falling or lacking, 1 for rising, 0 for neither."""
    return _SHORT.get(word) or (-1 if word.startswith(_FALLING) else 1 if word.startswith(_RISING) else 0)


@lru_cache(maxsize=50_000)
def _negates(word: str) -> bool:
    return _NEGATING.fullmatch(word) is not None


@dataclass(frozen=True)
class _Words:
    words: tuple[str, ...]
    directions: tuple[int, ...]
    negations: tuple[bool, ...]
    stems: tuple[str, ...]  # "" for a stop word

    def turns(self, places: range | set[int]) -> int:
        """Count what turns a statement round: falling words and negations."""
        return sum(self.negations[i] or self.directions[i] < 0 for i in places)

    def product(self, places: range | set[int]) -> int:
        pointing = [self.directions[i] for i in places if self.directions[i]]
        return (-1) ** sum(one < 0 for one in pointing) if pointing else 0


@lru_cache(maxsize=4_096)
def _words(text: str) -> _Words:
    words = tuple(_TOKEN.findall(text.lower())[:LONGEST])
    return _Words(words, tuple(map(_direction, words)), tuple(map(_negates, words)), tuple("" if is_stop_word(word) else stem(word) for word in words))


def direction_signs(claim: str, text: str) -> dict[str, float]:
    """Return how far the two point the same way; every sign is 0 where there is nothing to compare."""
    ours, theirs = _words(claim), _words(text)
    shared = (set(ours.stems) & set(theirs.stems)) - {""}
    met = [i for i, word in enumerate(theirs.stems) if word in shared]
    near, wide = ({i for j in met for i in range(max(0, j - width), min(len(theirs.words), j + width + 1))} for width in (NEAR, WIDE))
    whole = range(len(ours.words))
    return {
        "turns_differ": float(ours.turns(whole) % 2 != theirs.turns(near) % 2),
        "directions": float(ours.product(whole) * theirs.product(near)),
        "same_object": float(_of_the_same_object(ours, theirs, shared)),
        "negation_near": float(any(ours.negations) != any(theirs.negations[i] for i in wide)),
        "denied_only_here": float(any(ours.negations) and not any(theirs.negations)),
        "has_direction": float(any(ours.directions)),
    }


def _of_the_same_object(ours: _Words, theirs: _Words, shared: set[str]) -> int:
    """Return 1 where both say the same direction of the shared words, -1 where they say opposite ones, 0 where they do not say."""
    total = 0
    for i, direction in enumerate(ours.directions):
        anchors = [(abs(j - i), word) for j, word in enumerate(ours.stems) if word in shared and j != i] if direction else []
        if not anchors:
            continue
        wanted = min(anchors)[1]
        found = [(abs(k - j), k) for j, word in enumerate(theirs.stems) if word == wanted for k, other in enumerate(theirs.directions) if other]
        if found and min(found)[0] <= FARTHEST:
            k = min(found)[1]
            turns = sum(ours.negations[max(0, i - 4) : i + 1]) + sum(theirs.negations[max(0, k - 5) : k + 1])
            total += direction * theirs.directions[k] * (-1) ** turns
    return (total > 0) - (total < 0)
