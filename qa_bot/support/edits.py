"""Knows where a claim is a sentence of the abstract with something changed: a denial, an opposite, another name, two sides exchanged, a doubt left out.

Leaves figures to `qa_bot.figures`, and claims in other words to the signs and the model. An answer mostly keeps to the words of the
abstract, and one changed word in thirty moves neither overlap nor a small model much; an alignment of the two shows it plainly.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from qa_bot.schema import Span
from qa_bot.support.words import are_opposites, is_name, is_stop_word, stem

# Share of the claim's words that must stand in the sentence in the same order for the two to be aligned at all.
ALIKE = 0.7
# Longer texts are no sentences, and aligning them grows with the square of their words.
LONGEST = 120  # words
MOST_THINGS = 14  # that may have changed places
_WORD = re.compile(r"[^\W_]+(?:[-.'’/][^\W_]+)*%?")
_DENIAL = re.compile(r"not|no|never|cannot|neither|nor|none|nothing|without|hardly|\w+n['’]t|fails?|failed|lacks?|unable", re.I)
# Words that deny in their own way: "eliminates the need for X" is "does not need X", and yet "eliminates" alone denies nothing.
_NEAR_DENIAL = re.compile(
    r"eliminat\w+|remov\w+|avoid\w*|obviat\w+|instead|rather|prevent\w*|unnecessary|independent\w*|absen\w+|dispens\w+|free|little|few|only|rarely|alleviat\w+|circumvent\w*|"
    r"bypass\w*|drop\w*|omit\w*|ignor\w+|replac\w+|unlike|away|least|less|limited|un\w{4,}|in(?:sufficient|adequate|effective|capable|efficient)",
    re.I,
)
_DOUBT = re.compile(
    r"whether|if|unclear|unknown|believe[ds]?|beliefs?|hypothes\w+|assum\w+|misconception\w*|supposed\w*|conjectur\w+|speculat\w+|wisdom|question\w*|suspect\w*|thought|claimed|"
    r"debated?|controversial",
    re.I,
)
_POSSIBILITY = re.compile(r"may|might|could|would|expected|possibl[ey]|perhaps|potential\w*|likely|can|suggests?", re.I)
# "Contrary to intuition, X" says X; "contrary to the belief that X" does not.
_CONTRARY = re.compile(r"\b(?:contrary to|misconception|it is (?:not true|false|wrong)|refut\w+|disprov\w+|no evidence|challeng\w+ the|contradict\w*|unlike what)\b[^,;]*$", re.I)
# Between two things in a list either order says the same.
_LISTED = re.compile(r"(?:\s*(?:,|;|and|or|&|/|versus|vs|as well as)\s*)+", re.I)


@dataclass(frozen=True)
class Edit:
    """What the claim changed in a sentence of the abstract; `is_doubt` where it only left out that this is not settled."""

    span: Span
    reason: str
    is_doubt: bool = False


@dataclass(frozen=True)
class _Aligned:
    span: Span
    ours: list[re.Match]
    theirs: list[re.Match]
    steps: list[tuple[str, int, int, int, int]]

    def our_text(self, start: int, end: int) -> str:
        return " ".join(match.group() for match in self.ours[start:end])

    def their_text(self, start: int, end: int) -> str:
        return " ".join(match.group() for match in self.theirs[start:end])


def edit_of(claim: str, spans: Sequence[Span]) -> Edit | None:
    """Return what the claim changed in the sentence that it is likest, or None where it changed nothing that matters or is like none."""
    aligned = [found for span in spans if (found := _align(claim, span))]
    for check in (_exchanged, _turned, _other_name, _doubt):
        # Another sentence may say just what the claim says: an edit counts only if every sentence that is as like shows it.
        edits = [check(one) for one in aligned]
        if edits and all(edits):
            return edits[0]
    return None


def _align(claim: str, span: Span) -> _Aligned | None:
    ours, theirs = list(_WORD.finditer(claim)), list(_WORD.finditer(span.text))
    if len(ours) < 4 or max(len(ours), len(theirs)) > LONGEST:
        return None
    matcher = SequenceMatcher(None, [stem(m.group().lower()) for m in ours], [stem(m.group().lower()) for m in theirs], autojunk=False)
    steps = matcher.get_opcodes()
    said = [i for i, match in enumerate(ours) if not is_stop_word(match.group().lower())]
    kept = {i for kind, start, end, _, _ in steps if kind == "equal" for i in range(start, end)}
    return _Aligned(span, ours, theirs, steps) if said and len(kept & set(said)) >= ALIKE * len(said) else None


def _inside(aligned: _Aligned) -> list[tuple[str, int, int, int, int]]:
    """Return the steps between the first and the last words that the two share."""
    equal = [i for i, step in enumerate(aligned.steps) if step[0] == "equal"]
    return aligned.steps[equal[0] : equal[-1] + 1] if equal else []


def _turned(aligned: _Aligned) -> Edit | None:
    """Return an edit where denials and opposites do not cancel out: "does not hurt" for "helps", "larger, lower" for "smaller, higher"."""
    inside = _inside(aligned)
    added = sum(_denials(aligned.ours[i:j], most=3) for kind, i, j, _, _ in aligned.steps if kind != "equal")
    removed = sum(_denials(aligned.theirs[k:m], most=3 if j > i else 2) for kind, i, j, k, m in inside if kind != "equal")
    opposites = [(one, other) for ours, theirs in _replaced(aligned) for one in ours.split() for other in theirs.split() if are_opposites(one.lower(), other.lower())]
    if (added + removed + len(opposites)) % 2 == 0:
        return None
    if opposites:
        return Edit(aligned.span, "the abstract says {1}, not {0}".format(*opposites[0]))
    differing = [match for kind, i, j, k, m in aligned.steps if kind != "equal" for match in (*aligned.ours[i:j], *aligned.theirs[k:m])]
    if any(_NEAR_DENIAL.fullmatch(match.group()) for match in differing):
        return None
    return Edit(aligned.span, "the abstract does not deny this" if added else "the abstract denies this")


def _denials(stretch: Sequence[re.Match], *, most: int) -> int:
    """Count the denials in what one of the two has alone; a stretch of more words is a clause of its own and denies something else."""
    words = [match.group().lower() for match in stretch]
    if len(words) > most or words[:2] == ["not", "only"]:
        return 0
    return sum(bool(_DENIAL.fullmatch(word)) for word in words)


def _replaced(aligned: _Aligned) -> list[tuple[str, str]]:
    """Return (ours, theirs) of what stands in each other's place: up to three words, and where more follow on the one side, as many as on the other."""
    found = []
    for kind, i, j, k, m in aligned.steps:
        if kind == "replace" and min(j - i, m - k) <= 3:
            size = max(j - i, m - k) if max(j - i, m - k) <= 3 else min(j - i, m - k)
            found.append((aligned.our_text(i, min(j, i + size)), aligned.their_text(k, min(m, k + size))))
    return found


def _other_name(aligned: _Aligned) -> Edit | None:
    claim = aligned.our_text(0, len(aligned.ours))
    starts = (aligned.ours[0].group(), aligned.theirs[0].group())
    for ours, theirs in _replaced(aligned):
        # The first word of a sentence has its capital from there.
        if not (is_name(ours) and is_name(theirs)) or theirs in claim or any(text in starts and text[1:].islower() for text in (ours, theirs)):
            continue
        one, other = (re.sub(r"\W", "", name).lower() for name in (ours, theirs))
        if one in other or other in one or (one[:4] == other[:4] and one[-1].isdigit() == other[-1].isdigit() and not one[-2:-1].isdigit()) or _initials(ours) == other or _initials(theirs) == one:
            continue
        return Edit(aligned.span, f"the abstract says {theirs}, not {ours}")
    return None


def _initials(text: str) -> str:
    return "".join(part[0] for part in re.split(r"[\W_]+", text) if part).lower()


def _exchanged(aligned: _Aligned) -> Edit | None:
    """Return an edit where two things changed places and what stands between them stayed."""
    ours, theirs = ([match.group().lower() for match in matches] for matches in (aligned.ours, aligned.theirs))
    only_shortened = not any(j > i for kind, i, j, _, _ in aligned.steps if kind != "equal")
    if only_shortened or not set(_bare(ours)) <= set(theirs) or _is_within(ours, theirs):
        return None
    names = [i for i, match in enumerate(aligned.theirs) if match.group() in {own.group() for own in aligned.ours} and is_name(match.group())]
    moved = {word for kind, i, j, _, _ in aligned.steps if kind in ("replace", "insert", "delete") for word in ours[i:j] if not is_stop_word(word)}
    starts = sorted({*names, *(i for i, word in enumerate(theirs) if word in moved)})
    for first, second in itertools.combinations(starts[:MOST_THINGS], 2):
        for one in range(1, 4):
            for other in range(1, 4):
                if first + one > second or second + other > len(theirs) or theirs[first : first + one] == theirs[second : second + other]:
                    continue
                made = theirs[:first] + theirs[second : second + other] + theirs[first + one : second] + theirs[first : first + one] + theirs[second + other :]
                if _is_within(ours, made):
                    between = aligned.span.text[aligned.theirs[first + one - 1].end() : aligned.theirs[second].start()]
                    return None if _LISTED.fullmatch(between) else Edit(aligned.span, "the abstract has it the other way round")
    return None


def _bare(words: list[str]) -> list[str]:
    return [word for word in words if word not in ("the", "a", "an", "our", "their")]


def _is_within(ours: list[str], made: list[str]) -> bool:
    """Tell whether our words are a run of those, articles aside."""
    ours, made = _bare(ours), _bare(made)
    return any(made[i : i + len(ours)] == ours for i in range(len(made) - len(ours) + 1))


def _doubt(aligned: _Aligned) -> Edit | None:
    said = {match.group().lower() for match in aligned.ours}
    left_out = [match.group().lower() for kind, _, _, k, m in aligned.steps if kind != "equal" for match in aligned.theirs[k:m]]
    starts = [k for kind, _, _, k, _ in aligned.steps if kind == "equal"]
    before = aligned.span.text[: aligned.theirs[starts[0]].start()]
    if _CONTRARY.search(before) and not _CONTRARY.search(aligned.our_text(0, len(aligned.ours))):
        return Edit(aligned.span, "the abstract denies this")
    doubts = [word for word in left_out if _DOUBT.fullmatch(word) and word not in said]
    if not any(_POSSIBILITY.fullmatch(word) or _DOUBT.fullmatch(word) for word in said):
        doubts += [word for word in left_out if re.fullmatch("may|might|could|possibl[ey]|perhaps", word)]
    return Edit(aligned.span, f"the abstract leaves this open (“{doubts[0]}”)", is_doubt=True) if doubts else None
