"""Knows which of the words that were typed are identifiers: arXiv ids, DOIs, OpenAlex ids, bare or as addresses.

Leaves asking for them to the services.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from qa_bot.fetching.service import FetchError, Kind, Wanted

_ARXIV_ID = r"(?:\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Za-z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3})(?:v\d+)?"
_ARXIV = re.compile(
    rf"(?:https?://)?(?:(?:www|export)\.)?arxiv\.org/(?:abs|pdf|html|format|src|e-print)/(?P<a>{_ARXIV_ID})(?:\.pdf)?/?(?:[?#].*)?"
    rf"|arxiv:\s*(?P<b>{_ARXIV_ID})|(?P<c>{_ARXIV_ID})(?:\.pdf)?",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/\S+)", re.IGNORECASE)
_OPENALEX = re.compile(
    r"(?:(?:https?://)?(?:api\.|explore\.)?openalex\.org/(?:works/)?|openalex:)?(?P<id>W\d{4,12})(?:[?#].*)?", re.IGNORECASE
)
_MEANT_AS_ID = re.compile(r"(?:https?://|www\.|arxiv[:.]|doi[:.]|10\.\d{3,}|\d{4}\.\d|W\d{4,}|[a-z-]+/\d{5,})\S*", re.IGNORECASE)
KINDS = {"arxiv": "an arXiv id", "doi": "a DOI", "openalex": "an OpenAlex id"}


def sort_out(typed: Sequence[str]) -> tuple[tuple[Wanted, ...], str]:
    """Return the identifiers, each once, or else the words of a query. Raise FetchError where both stand side by side.

    A misspelt identifier is never searched for as if it were words: that would add papers that nobody asked for.
    """
    texts = [text.strip() for text in typed if text.strip()]
    wanted = [identifier(text) for text in texts]
    odd = [text for text, found in zip(texts, wanted, strict=True) if found is None]
    if not odd:
        return tuple({found.name + found.value: found for found in wanted if found}.values()), ""
    misspelt = next((text for text in odd if _MEANT_AS_ID.fullmatch(text)), None)
    if misspelt:
        raise FetchError(
            f"{misspelt!r} is neither an arXiv id (2303.15343), nor a DOI (10.1000/xyz), nor an OpenAlex id (W2741809807), nor an "
            "address of one. Check its spelling."
        )
    if len(odd) < len(texts):
        raise FetchError(
            f"{odd[0]!r} stands among identifiers and is none. Ask for identifiers and for words one after the other."
        )
    return (), " ".join(texts)


def identifier(text: str) -> Wanted | None:
    """Return the identifier that a text is, None for other words."""
    bare = unquote(text.strip().strip("<>\"'“”,;")).strip()
    if match := _ARXIV.fullmatch(bare):
        return Wanted("arxiv", _arxiv_case(match["a"] or match["b"] or match["c"]), text)
    if match := _OPENALEX.fullmatch(bare):
        return Wanted("openalex", match["id"].upper(), text)
    if match := _DOI.fullmatch(bare):
        doi = match["doi"].rstrip(".,;").lower()
        if own := re.fullmatch(rf"10\.48550/arxiv\.({_ARXIV_ID})", doi, re.IGNORECASE):
            return Wanted("arxiv", _arxiv_case(own[1]), text)
        return Wanted("doi", doi, text)
    return None


def _arxiv_case(arxiv_id: str) -> str:
    """Return an id as arXiv writes it: math.GT/0309136, and small letters else."""
    archive, slash, number = arxiv_id.rpartition("/")
    name, dot, part = archive.partition(".")
    return f"{name.lower()}{dot}{part.upper()}{slash}{number.lower()}"


def refuse_kinds(wanted: Sequence[Wanted], kinds: frozenset[Kind], *, service: str) -> None:
    """Raise FetchError for an identifier that a service does not know, naming the one that does."""
    for one in wanted:
        if one.kind not in kinds:
            better = {"arxiv": "arxiv or openalex", "doi": "crossref or openalex", "openalex": "openalex"}[one.kind]
            raise FetchError(
                f"{one.typed!r} is {KINDS[one.kind]}, by which {service} cannot be asked. Run `qa-bot fetch {better}` for it."
            )
