"""Knows the nouns of fetching: what is wanted, a request, a page of results, a service that answers; `FetchError`.

Leaves each service's own language to its module, and the network to `network`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from qa_bot.schema import QABotError, Record

Kind = Literal["arxiv", "doi", "openalex"]


class FetchError(QABotError):
    """Papers could not be fetched; the message says what to do next."""


class NotUnderstood(FetchError):
    """A service does not understand one request; another may still be answered."""


class Unfinished(Exception):
    """An answer came that cannot be right and may be better the next time: cut off, broken, a page without its entries."""


@dataclass(frozen=True)
class Wanted:
    """One paper that was asked for: the kind of its identifier, its value in one writing, what was typed."""

    kind: Kind
    value: str
    typed: str

    @property
    def name(self) -> str:
        """The identifier as `Found.names` holds it: without an arXiv version."""
        return name_of(self.kind, self.value)


def name_of(kind: Kind, value: str) -> str:
    """Return an identifier with its kind, so that all kinds stand in one set; versions of an arXiv paper are one."""
    head, mark, version = value.rpartition("v")
    bare = head if kind == "arxiv" and mark and version.isdigit() and head[-1:].isdigit() else value
    return f"{kind}:{bare}"


@dataclass(frozen=True)
class Query:
    """A search in words; None means no narrowing. Years are inclusive."""

    text: str
    year_from: int | None = None
    year_to: int | None = None
    category: str | None = None


@dataclass(frozen=True)
class Request:
    """One address to be asked. A 404 is an empty page where `may_be_missing`, else an error."""

    url: str
    params: tuple[tuple[str, str], ...] = ()
    may_be_missing: bool = False


@dataclass(frozen=True)
class Found:
    """One paper as a service tells it: the service's key, all its identifiers, and its record, whose abstract may be empty.

    `why_unusable` says why its abstract is none.
    """

    key: str
    names: frozenset[str]
    record: Record
    why_unusable: str = ""


@dataclass(frozen=True)
class Page:
    """One answer: papers, how many there are in all, and what asks for the next page; None at the end."""

    found: tuple[Found, ...] = ()
    total: int | None = None
    next: str | None = None


@dataclass(frozen=True)
class Service:
    """What one service takes and how it is asked; `read` turns an answer's bytes into a Page or raises Unfinished or FetchError."""

    name: str
    title: str
    url: str
    pause_seconds: float
    kinds: frozenset[Kind]
    ids_per_request: int
    by_ids: Callable[[Sequence[Wanted]], Request]
    by_query: Callable[[Query, str | None, int], Request]
    by_title: Callable[[str, Sequence[str]], Request]
    by_words: Callable[[Sequence[str]], Request]
    read: Callable[[bytes], Page]
    page_size: int = 100
    most_results: int = 100_000
    has_categories: bool = False
    next_step: str = ""
    contact: str | None = field(default=None, repr=False)
