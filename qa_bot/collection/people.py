"""Knows the authors of a collection and how a question names them: in full, by initials, by surname, with a slip of the pen.

Leaves what is asked about them to `reading`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa_bot.schema import plain_name

_ByInitial = dict[str, dict[str, str]]
_NAME_WORD = re.compile(r"[^\W\d_](?:[\w’'-]*\w)?\.?")
_CLEAR = frozenset("by author authors authored coauthored professor prof dr mr ms".split())
_DID = frozenset("did has have does".split())
_BEFORE_A_NAME = _CLEAR | frozenset("from of has have did does had is was with".split())
_GUESSED_AFTER = _CLEAR | frozenset("has have did does".split())
_LONG_ENOUGH_FOR_TWO_SLIPS = 9
_LONG_ENOUGH_IN_SMALL_LETTERS = 7
_LONG_ENOUGH_FOR_A_SLIP = 5
_NO_NAMES = frozenset(
    "a an the this that these those it its his her their them him he she they we you i me my our your who whom which what when where and or "
    "all any some each paper papers author authors year date using training learning in on of from by with for to at as".split()
)


class _Names:
    """Names of people by surname and by given name; `spelled` maps the plain words of one to how the records spell it."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_surname: dict[str, list[list[str]]] = {}
        self.by_given: dict[str, list[list[str]]] = {}
        self.spelled: dict[tuple[str, ...], str] = {}
        for name in names:
            parts = plain_name(name).split()
            if len(parts) > 1 and tuple(parts) not in self.spelled:
                self.by_surname.setdefault(parts[-1], []).append(parts)
                self.by_given.setdefault(parts[0], []).append(parts)
                self.spelled[tuple(parts)] = name


@dataclass(frozen=True)
class Person:
    """Someone whom a question names: as the collection spells it, the words of the question, whether they were misspelled."""

    name: str
    words: str
    start: int
    is_guess: bool = False


class AuthorNames:
    """The authors of a collection, found by the words that end a question's mention of them.

    `called` looks up the authors of whose names one of some words is a part, for collections with too many to hold;
    `everyone` is only asked for where a question seems to misspell one.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        *,
        called: Callable[[Sequence[str]], Iterable[str]] | None = None,
        everyone: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._called, self._everyone = called, everyone
        self._all = None if called else _Names(names)
        self._plain: tuple[_ByInitial, _ByInitial] | None = None

    def _among(self, question: str) -> _Names:
        """Return the authors whom the words of a question may name."""
        if self._called is None:
            return self._all
        words = {_bare(word) for word in _NAME_WORD.findall(question)}
        return _Names(self._called([word for word in words if len(word) > 1 and plain_name(word) not in _NO_NAMES]))

    def _of_all(self) -> tuple[_ByInitial, _ByInitial]:
        """Return first letter -> plain name -> as the records spell it, of everyone: whole names and surnames."""
        if self._plain is None:
            everyone = self._everyone() if self._all is None else self._all.spelled.values()
            whole = {plain_name(name): name for name in everyone}
            surnames = {plain.rpartition(" ")[2]: name.rpartition(" ")[2] for plain, name in whole.items() if " " in plain}
            self._plain = _by_initial(whole), _by_initial(surnames)
        return self._plain

    def find(self, question: str, *, anywhere: bool = False) -> list[tuple[str, str]]:
        """Return (author as the collection spells it, the words of the question that name them) of all that it names."""
        return [(person.name, person.words) for person in self.people(question, anywhere=anywhere)]

    def people(self, question: str, *, anywhere: bool = False) -> list[Person]:
        """Return whom a question names, in the order of mention.

        A full name counts anywhere, with or without accents and middle initials, also as "L. Beyer". A surname alone
        counts behind "by" or before "et al.", and, capitalised, where "of", "did" or the like stands before it, a
        genitive behind it or another author beside it; with `anywhere`, wherever it stands. A name with a slip of the
        pen counts where a name must stand and one author alone is near it.
        """
        words = [(found[0], found.start()) for found in _NAME_WORD.finditer(question)]
        names = self._among(question)
        found = list(_in_full(question, words, names))
        taken = [range(person.start, person.start + len(person.words)) for person in found]
        alone = [p for p in _surnames(question, words, names, anywhere) if not any(p.start in span for span in taken)]
        # "Which papers by Beyer say ... the Perceiver of Jaegle": beside a full name a surname needs the clearest place.
        found += alone if anywhere or not found else [p for p in alone if _stands_beside(question, p)]
        if not found:
            found = list(_misspelled(question, words, self._of_all))
        return sorted(found, key=lambda person: person.start)


def _in_full(question: str, words: Sequence[tuple[str, int]], names: _Names) -> Iterator[Person]:
    for place, (word, start) in enumerate(words):
        bare = _bare(word)
        before = [plain_name(_bare(w)) for w, _ in words[max(0, place - 4) : place]]
        known = names.by_surname.get(plain_name(bare), ())
        given = [(_given_names_before(parts[:-1], before), parts) for parts in known]
        given += [(number, parts) for number in (3, 2) if (parts := _with_middle_names(before[-number:], known))]
        best = max(given, default=(0, ()), key=lambda g: (g[0], -len(g[1])))  # "Andreas Steiner" before "Andreas Peter Steiner"
        if best[0]:
            first = words[place - best[0]][1]
            yield Person(names.spelled[tuple(best[1])], question[first : start + len(bare)], first)


def _surnames(question: str, words: Sequence[tuple[str, int]], names: _Names, anywhere: bool) -> Iterator[Person]:
    for place, (word, start) in enumerate(words):
        bare = _bare(word)
        if len(bare) < 2 or plain_name(bare) in _NO_NAMES:
            continue
        before = plain_name(_bare(words[place - 1][0])) if place else ""
        rest = question[start + len(bare) :]
        is_owner = bool(re.match(r"['’]s?(?!\w)", rest))
        is_capital = bare[0].isupper() and not bare.isupper()
        is_clear = before in _CLEAR or bool(re.match(r",? (?:et al|and others|and co-?workers|and colleagues)\b", rest, re.I))
        # "what did beyer publish"
        is_clear |= before in _DID and bool(re.match(r"\s+(?:ever |also |already )?(?:publish|writ|wrote|author|co-?author|contribut)", rest, re.I))
        by_surname, by_given = names.by_surname.get(plain_name(bare)), names.by_given.get(plain_name(bare), ())
        # "the Zisserman papers"; "the Gemma papers" are no Gemma's
        is_clear |= is_capital and bool(by_surname) and bool(re.match(r"\s+(?:papers|publications|articles|preprints)\b", rest, re.I))
        earlier = plain_name(_bare(words[place - 2][0])) if place > 1 else ""  # "What did Carreira and Patraucean write?"
        is_clear |= is_capital and before in ("and", "or") and earlier in names.by_surname and words[place - 2][0][0].isupper()
        if not (
            anywhere or is_clear or (is_capital and place and (before in _BEFORE_A_NAME or is_owner)) or (is_capital and is_owner)
        ):
            continue
        if _is_other_person(question, words, place, names):
            continue
        if by_surname:
            yield Person(names.spelled[tuple(by_surname[0])].split()[-1], bare, start)
        elif (
            len(by_given) == 1 and len(bare) > 3 and (is_clear or (is_capital and is_owner))
        ):  # "Skanda's papers", and one Skanda only
            yield Person(names.spelled[tuple(by_given[0])], bare, start)


def _is_other_person(question: str, words: Sequence[tuple[str, int]], place: int, names: _Names) -> bool:
    """Say whether a word is part of a longer name: "Hans Beyer" is not Lucas Beyer, "Yann LeCun" is no other Yann."""
    bare = _bare(words[place][0])
    is_surname = plain_name(bare) in names.by_surname
    before = words[place - 1] if place > (1 if is_surname else len(words)) else None
    if (
        before
        and before[0][0].isupper()
        and plain_name(_bare(before[0])) not in _NO_NAMES | _BEFORE_A_NAME
        and not re.search(r"['’,]", question[before[1] : words[place][1]])
    ):
        return True
    after = words[place + 1] if not is_surname and place + 1 < len(words) else None
    return bool(
        after
        and (after[0][0].isupper() or question == question.lower())
        and question[words[place][1] + len(bare) : after[1]].strip() == ""
        and plain_name(_bare(after[0])) not in _NO_NAMES
    )


def _stands_beside(question: str, person: Person) -> bool:
    before = question[: person.start].rstrip()
    after = question[person.start + len(person.words) :]
    return bool(re.search(r"(?:\b(?:and|or|with|by|nor)|&|,)$", before, re.I) or re.match(r",? (?:and|or|&) [A-Z]", after))


def _by_initial(names: Mapping[str, str]) -> _ByInitial:
    grouped: _ByInitial = {}
    for plain, name in names.items():
        grouped.setdefault(plain[:1], {})[plain] = name
    return grouped


def _misspelled(question: str, words: Sequence[tuple[str, int]], everyone: Callable[[], tuple[_ByInitial, _ByInitial]]) -> Iterator[Person]:
    """Yield authors that are one slip (two in long names), not in the first letter, away from words where a name must stand."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    for place, (word, start) in enumerate(words):
        before = plain_name(_bare(words[place - 1][0])) if place else ""
        is_owner = word.endswith(("'s", "’s")) and word[0].isupper() and place > 0
        if plain_name(_bare(word)) in _NO_NAMES or not (before in _GUESSED_AFTER or is_owner):
            continue
        whole, surnames = everyone()
        given = [w for w, _ in words[place : place + 2]]
        pair = question[start : words[place + 1][1] + len(_bare(given[1]))] if len(given) == 2 else ""
        for text, known in ((pair, whole), (question[start : start + len(_bare(word))], surnames)):
            plain = plain_name(text)
            allowed = 2 if len(plain) >= _LONG_ENOUGH_FOR_TWO_SLIPS else 1
            is_bold = " " not in text and not text[:1].isupper()  # a small word that is no name is easily near one
            if len(plain) < _LONG_ENOUGH_FOR_A_SLIP or is_bold and (before != "by" or len(plain) < _LONG_ENOUGH_IN_SMALL_LETTERS):
                continue
            names = known.get(plain[0], {})
            near = process.extract(plain, names.keys(), scorer=OSA.distance, processor=None, score_cutoff=allowed, limit=2)
            if near and (len(near) == 1 or near[0][1] < near[1][1]):
                yield Person(names[near[0][0]], text, start, is_guess=near[0][1] > 0)
                return


def _bare(word: str) -> str:
    return re.sub(r"(?:['’]s?|\.)$", "", word)


def _given_names_before(given: Sequence[str], before: Sequence[str]) -> int:
    """Return how many words before a surname are these given names (whole, without middle initials, or as initials), else 0."""
    bare = [name.rstrip(".") for name in given]
    full = [name for name in bare if len(name) > 1] or bare
    initials = [name[0] for name in bare]
    for form in (bare, full, full[:1], initials, initials[:1]):
        if form and list(before[-len(form) :]) == form:
            return len(form)
    return 0


def _with_middle_names(given: Sequence[str], known: Sequence[list[str]]) -> list[str]:
    """Return the shortest of some names that someone called so may go by: records leave middle names out, and so do people.

    "Andreas P." is Andreas, too, unless another Andreas has a middle name that begins otherwise; [] where it is nobody.
    """
    if len(given) < 2:
        return []
    alike = [parts for parts in known if _agree(given[0], parts[0].rstrip("."))]
    bare = [parts for parts in alike if len(parts) == 2]
    fuller = [parts for parts in alike if len(parts) > 2]
    fitting = [parts for parts in fuller if _fit(given[1:], [part.rstrip(".") for part in parts[1:-1]])]
    if bare and len(fitting) == len(fuller) and (fitting or all(len(name) == 1 for name in given[1:])):
        return bare[0]
    return min(fitting, key=len, default=[])


def _agree(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[:1] == other[:1])


def _fit(middle: Sequence[str], known: Sequence[str]) -> bool:
    """Say whether each of some middle names is one of those known, in their order, as a whole or by its initial."""
    rest = iter(known)
    return all(any(_agree(name, other) for other in rest) for name in middle)


# A name that no paper bears, where only a name can stand: "papers by Yann LeCun".
_UNKNOWN = re.compile(
    r"\b(?:by|authored by|written by|of|from|did|has|have|co-?author(?:ed)? with|with)\s+(?P<name>(?:(?:[A-Z]\."
    r"|[A-Z][\w’'-]+|van|von|de|der|den|da|di|la|le)\s+){0,3}"
    r"[A-Z][\w’'-]+)(?=\s*(?:[?.!,;]|$|(?:are|is|there|do|does|did|have|has|exist|write|written|publish|author|co-?author"
    r"|as|in|from|since|and|or|before|after|between|about|on|that|which|with|together)\b|et al))"
)


def unknown_name(question: str, *, by_only: bool = True) -> str:
    """Return a name that stands where an author must ("papers by Yann LeCun"), "" where there is none."""
    for found in _UNKNOWN.finditer(question):
        word = found[0].split()[0].lower()
        if word in ("by", "authored", "written", "co-authored", "coauthored") or (not by_only and " " in found["name"].strip()):
            return found["name"].strip()
    return ""
