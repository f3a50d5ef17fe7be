"""Knows what the name of a person looks like, and where a title ends when a list of names was glued to it.

Leaves what stands around that line to the reader of its format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PARTICLES = frozenset(
    "van von vom der den de del della degli di da das do dos du la le el al bin ibn ben abu ter ten te tot "
    "zu zur zum im am auf op af av y e i st san santa 't".split()
)
# A capital inside a word is a mark of names only after one of these.
_CAMEL = re.compile(
    r"(?:Mc|Mac|Fitz|O['’]|D['’]|L['’]|De|Del|Della|Di|Da|Do|Du|La|Le|Los|Van|Vanden|Von|Ver|St|Al|El|Ben|Abu|Ab|Ter|Ten|Ó|Ní|Xiao)"
    r"(?=[^\W\d_])"
)
_SUFFIXES = frozenset(("Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"))
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`´][^\W\d_]+)*['’]?\Z")
_INITIALS = re.compile(
    r"(?:[^\W\d_]\.)(?:-?[^\W\d_]\.?)*\Z|[^\W\d_](?:-[^\W\d_])?\Z|[^\W\d_]{1,2}\.(?:-[^\W\d_]{1,2}\.)?\Z|[^\W\d_]{2,3}\.\Z"
)
_ET_AL = re.compile(r"(?:[,;]?\s*\bet\.?\s*al\b\.?|[,;]?\s+and\s+\d*\s*others\b\.?|[,;]?\s*(?:\.{3}|…))\s*\Z", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[;,]\s*(?:and\s+|&\s+)?|\s+and\s+|\s+&\s+")
_TITLE_WORDS = frozenset(
    "a an the of for in on to with and or by from via at as is are be do does can how what when where why we its it not your "
    "towards toward beyond using learning networks network models model vision language neural deep data image video".split()
)


@dataclass(frozen=True)
class Authors:
    """The people of one line, whether all of them stand there, and the organisations named after them."""

    names: tuple[str, ...]
    complete: bool = True
    organisations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What the other records of a file tell about words: whole names of authors, and words met in small letters."""

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


def met_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of running text that are not names by their form: small letters, acronyms, ImageNet; in lower case."""
    words = {word for text in texts for word in re.findall(r"[^\W\d_]{2,}", text)}
    return frozenset(word.lower() for word in words if not (word[0].isupper() and word[1:].islower()))


def is_name(text: str) -> bool:
    """Return whether the text can be the whole name of a person or a team: one to six capitalised words."""
    return _oddness(text) is not None


def parse_authors(line: str) -> Authors | None:
    """Read a line that holds authors and nothing else, as `A. One, B. Two et al. · place`; None where it is not one."""
    listed, complete, organisations = _without_tail(line)
    names = tuple(name for name in _SEPARATOR.split(listed) if name)
    if not names or not all(is_name(name) for name in names):
        return None
    return Authors(names, complete, organisations)


def parse_loosely(line: str) -> Authors | None:
    """Read a line whose place says that it holds authors, whatever the names look like; None for a whole sentence."""
    listed, complete, organisations = _without_tail(line)
    names = tuple(name for name in _SEPARATOR.split(listed) if re.search(r"[^\W\d_]", name))
    if not names or any(len(name.split()) > 7 for name in names) or (complete and listed.endswith(".") and len(listed) > 80):
        return None
    return Authors(names, complete, organisations)


def hides_title(authors: Authors) -> bool:
    """Return whether one of the names has a capital inside a word, so that a title may be glued to it."""
    return any((_oddness(name) or 0) >= 2 for name in authors.names)


def looks_like_authors(line: str, evidence: Evidence = Evidence()) -> bool:
    """Return whether a line standing alone is a list of authors rather than a title in capitals."""
    authors = parse_authors(line)
    if authors is None:
        return False
    if not authors.complete or any(name in evidence.names for name in authors.names):
        return True
    wordlike = [word for name in authors.names for word in name.lower().split() if word in _TITLE_WORDS or word in evidence.words]
    return len(wordlike) * 2 < sum(len(name.split()) for name in authors.names) and (len(authors.names) > 1 or not wordlike)


def split_title(line: str, evidence: Evidence = Evidence()) -> tuple[str, Authors | None]:
    """Part a title from the authors glued to it; without convincing authors the whole line is the title."""
    listed, complete, organisations = _without_tail(line)
    best = max(_splits(listed, evidence), default=None, key=lambda split: (split[0], -len(split[1])))
    listing = not complete or bool(organisations)
    if best is None or best[0] < (-1.5 if listing else 0.75 if len(best[2]) > 1 else 1.6):
        return line.strip(), None
    return best[1].strip(), Authors(best[2], complete, organisations)


def certain_names(line: str) -> Iterator[str]:
    """Yield the names of a glued line that stand between commas and so cannot be half a title."""
    listed, complete, organisations = _without_tail(line)
    parts = re.split(r"\s*,\s*", listed)
    if len(parts) > 1 and (not complete or organisations or len(parts) > 2):
        for part in reversed(parts[1:]):
            if (_oddness(part) or 9) >= 1 and _oddness(part) != 0:
                break
            yield part


def _without_tail(line: str) -> tuple[str, bool, tuple[str, ...]]:
    """Return the line without ` · organisations` and `et al.`, whether nobody was left out, and the organisations."""
    listed, organisations = line.strip(), ()
    head, dot, tail = listed.rpartition(" · ")
    if dot and len(tail) <= 150:
        listed, organisations = head.rstrip(), tuple(part for part in re.split(r"\s*,\s*", tail.strip()) if part)
    shorter = _ET_AL.sub("", listed)
    return shorter.strip(), shorter == listed, organisations


def _splits(listed: str, evidence: Evidence) -> Iterator[tuple[float, str, tuple[str, ...]]]:
    """Yield (score, title, names) for each place where a name may be glued on; every later part must be a name."""
    commas = [match.start() for match in re.finditer(",", listed)]
    later: list[str] = []
    for start, end in reversed(list(zip([-1, *commas], [*commas, len(listed)], strict=True))):
        part = listed[start + 1 : end]
        for at in _glue_points(part):
            first = [name for name in re.split(r"\s+(?:and|&)\s+", part[at:].strip()) if name]
            names = (*first, *later)
            score = _score(listed[: start + 1 + at], first, evidence)
            if score is not None:
                yield score + min(len(later), 3) * 0.5, listed[: start + 1 + at], names
        name = re.sub(r"^\s*(?:and|&)\s+", "", part).strip()
        several = [one for one in re.split(r"\s+(?:and|&)\s+", name) if one]
        if not several or not all(is_name(one) or _is_loose_name(one, evidence) for one in several):
            return
        later[:0] = several


def _is_loose_name(text: str, evidence: Evidence) -> bool:
    """Accept xiaoyu Li and Fu hang where they stand between commas: two or three words of which one is a capital."""
    words = text.strip(" .*†‡§0123456789").split()
    plain = all(_WORD.match(part) for word in words for part in word.split("-") if part)
    return (
        plain
        and 2 <= len(words) <= 3
        and not text.islower()
        and not any(w.lower() in _TITLE_WORDS or w in evidence.words for w in words)
    )


def _glue_points(part: str) -> Iterator[int]:
    for at in range(1, len(part)):
        before, here, after = part[at - 1], part[at], part[at + 1 : at + 2]
        if not here.isupper() or before.isspace() or before in "-–—([“‘/&,":
            continue
        if before in "’'\"" and not part[max(at - 2, 0)].isspace() and part[at - 2 : at - 1].isupper():
            continue  # O'|Brien
        if before == "." and (part[at - 2 : at - 1].isupper() or at < 2):
            continue  # C.|Daniel is one name
        if before.isupper() and not (after.islower() or after == "." or (after.isupper() and part[at + 2 : at + 3] == " ")):
            continue
        yield at


def _score(title: str, names: list[str], evidence: Evidence) -> float | None:
    """Judge a split by the first author, the one that was glued, and by the last word of the title."""
    oddness = [odd if (odd := _oddness(name)) is not None else 1.5 if _is_loose_name(name, evidence) else None for name in names]
    if any(odd is None for odd in oddness):
        return None
    first = names[0]
    score = 2.0 - sum(odd for odd in oddness if odd is not None)
    if first in evidence.names:
        score += 4
    words = [word.lower() for word in first.split() if len(word) > 3]
    score -= sum(0.75 for word in words if word in evidence.words) + sum(2.0 for word in words if word in _TITLE_WORDS)
    if re.fullmatch(r"[^\W\d_]", first.split()[0]) or (title[-1].isupper() and re.match(r"[A-Z]{2,3}\s", first)):
        score -= 2  # 3|D Scans, N|LP Datasets
    last = re.split(r"[\s\-–/(]", title)[-1]
    bare = last.strip("?!.)\"'”’:")
    if not bare and last[-1:] not in ("?", "!", ")", '"', "”", "’", "'"):
        score -= 3
    if bare.lower() in evidence.words or bare.lower() in _TITLE_WORDS:
        score += 1.0
    elif (hump := re.match(r"[^\W\d_][^\W\d_A-Z]{2,}(?=[A-Z])", bare)) and hump[0].lower() in evidence.words | _TITLE_WORDS:
        score -= 1.25  # AnalysisYong|Kyung Oh
    if bare and _CAMEL.fullmatch(bare + "x") is None and _CAMEL.match(bare + "x") and len(bare) <= 3 and not bare.isupper():
        score -= 3  # John Mc|Cormac
    if len(bare) == 1 and bare.isalpha() and title[-2:-1].isspace():
        score -= 1.5
    if " " not in title.strip():
        score -= 1.5
    return score


def _oddness(name: str) -> float | None:
    """Return 0 for a plain name of two to four words, more for rarer forms, None for what is no name at all."""
    words = name.split()
    if not 1 <= len(words) <= 7 or len(name) > 60:
        return None
    odd, full = 0.0, 0
    for place, word in enumerate(words):
        if word.lower() in _PARTICLES and word[0].islower():
            odd += 0.0 if 0 < place < len(words) - 1 else 1.0
        elif word in _SUFFIXES and place:
            continue
        elif _INITIALS.match(word) and word[0].isupper():
            odd += 0.25 if place < len(words) - 1 or not full else 1.0
        else:
            parts = re.split(r"[-‐‑–.]", word.strip('.()"“”'))
            if not all(_WORD.match(part) for part in parts if part) or not parts[0]:
                return None
            if not parts[0][0].isupper() and not (place and parts[0][:2] in ("d'", "d’")):
                return None
            full += 1
            odd += sum(_camel_oddness(part) for part in parts if part)
    if full == 0:
        return None
    if len(words) == 1:
        odd += 2.0
    return odd + max(0, len(words) - 4) * 0.5


def _camel_oddness(word: str) -> float:
    if word.isupper() and len(word) > 1:
        return 0.5 if len(word) == 2 else 1.0
    rest = _CAMEL.sub("", word, count=1) if _CAMEL.match(word) else word
    inner = sum(1 for before, here in zip(rest, rest[1:], strict=False) if here.isupper() and before.islower())
    if re.match(r"[A-Z]{2,}[a-z]", word):
        inner += 1
    return 2.0 * inner
