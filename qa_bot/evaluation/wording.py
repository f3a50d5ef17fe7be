"""Knows when two pieces of text say the same words: tokens, numbers, and whether a text covers a gold point.

Leaves the metrics built on it to `answer_metrics`. Deliberately shares nothing with the support check or with
retrieval: what is measured must not be measured with itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

POINT_THRESHOLD = 0.75

_SMALL_NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty""".split(),
        2,
    )
}
_STOPWORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being between both but by
    can could did do does doing down during each et few for from further had has have having he her here his how i
    if in into is it its itself just me more most my no nor not now of off on once only or other our out over own
    same she should so some such than that the their them then there these they this those through to too under
    until up upon us very was we were what when where which while who whom why will with would you your""".split()
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*%?|[^\W\d_]+|\d", re.UNICODE)
_PERCENT = re.compile(r"(?<=\d)\s*(?:%|per\s?cent\b)", re.IGNORECASE)
_LATEX = re.compile(r"\\unicode\{x[0-9a-fA-F]+\}|\\[a-zA-Z]+|[$^_{}]")
_CITATION = re.compile(r"~~\[[^\]]*\]~~|\[\d+(?:\s*[,;–-]\s*\d+)*\]|【\d+】")


def tokens(text: str) -> list[str]:
    """Cut a text into lower-case words and numbers: no accents, no markup, no citations, `4,000` as 4000, `three` as 3.

    A percent sign stays with its number, because 40 and 40% are different claims.
    """
    text = _PERCENT.sub("%", _LATEX.sub("", _CITATION.sub(" ", text)))
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return [_SMALL_NUMBERS.get(token, token.replace(",", "")) for token in _TOKEN.findall(plain)]


def content_tokens(text: str) -> list[str]:
    """Return the tokens that carry meaning: stop words left out, plurals cut as by Harman's S stemmer (JASIS 42(1), 1991)."""
    return [_stem(token) for token in tokens(text) if token not in _STOPWORDS]


def numbers(text: str) -> frozenset[str]:
    """Return the numbers in a text, percent signs kept."""
    return frozenset(token for token in tokens(text) if token[0].isdigit())


def contains_phrase(text: str, phrase: str) -> bool:
    """True when the tokens of `phrase` stand in `text` one after the other."""
    needle = tokens(phrase)
    return bool(needle) and f" {' '.join(needle)} " in f" {' '.join(tokens(text))} "


def covers(point: str, sentences: Iterable[str]) -> bool:
    """True when the sentences say the gold point: as a phrase anywhere, or near enough within one sentence.

    Near enough: at least three quarters of the point's content tokens and every one of its numbers. Within one
    sentence, because a long enough text holds the words of any point somewhere.
    """
    sentences = list(sentences)
    if contains_phrase(" ".join(sentences), point):
        return True
    wanted, wanted_numbers = set(content_tokens(point)), numbers(point)
    if len(wanted) < 2:
        return False
    for sentence in sentences:
        found = wanted & set(content_tokens(sentence))
        if len(found) >= POINT_THRESHOLD * len(wanted) and wanted_numbers <= numbers(sentence):
            return True
    return False


def _stem(word: str) -> str:
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")) and len(word) > 3:
        return word[:-1]
    return word
