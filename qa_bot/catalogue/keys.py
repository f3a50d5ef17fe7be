"""Knows the keys that texts, titles, authors and identifiers are compared by.

Leaves what follows from an equal key to `grounds`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from qa_bot.markup import plain_text

_NO_LETTERS = {code: None for code in range(128) if not chr(code).isalnum()}
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")


def text_key(abstract: str) -> str:
    """Return the key of one wording of an abstract; markup, spaces, case, accents, dashes and punctuation do not count."""
    return key_of_plain(plain_text(abstract))


def key_of_plain(plain: str) -> str:
    """Return `text_key` of a text whose markup is resolved already."""
    return hashlib.sha256(_letters(plain).encode()).hexdigest()[:24]


def title_key(title: str | None) -> str:
    """Return the letters and digits of a title, without case and accents; empty for one that has none."""
    return _letters(plain_text(title)) if title else ""


def surnames_of(authors: Iterable[str]) -> frozenset[str]:
    """Return the last words of names, without case and accents, for comparing lists of authors."""
    return frozenset(filter(None, (_surname(plain_text(author)) for author in authors)))


def _surname(name: str) -> str:
    words = name.split()
    if len(words) > 1 and words[-1].lower().strip(".,") in _SUFFIXES:
        words.pop()
    return _letters(words[-1]) if words else ""


def doi_of(doi: str | None) -> str | None:
    """Return a DOI without its address, in small letters; None for one that arXiv gave, which names no publication."""
    bare = re.sub(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", (doi or "").strip()).lower()
    return bare if bare and not bare.startswith("10.48550/arxiv.") else None


def arxiv_id_of(arxiv_id: str | None, doi: str | None = None) -> str | None:
    """Return an arXiv id without address and version, taken from an arXiv DOI where there is no other."""
    from_doi = re.search(r"(?i)10\.48550/arxiv\.(\S+)", doi or "")
    given = (arxiv_id or "").strip() or (from_doi[1] if from_doi else "")
    return re.sub(r"(?i)^(?:https?://arxiv\.org/(?:abs|pdf)/|arxiv:\s*)|(?:v\d+)?(?:\.pdf)?$", "", given) or None


def short_hash(text: str) -> str:
    """Return twelve hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _letters(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_NO_LETTERS)
    return re.sub(r"[\W_]+", "", _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold())
