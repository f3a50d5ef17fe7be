"""Knows which services there are, by name.

Leaves each one's language to its module.
"""

from __future__ import annotations

from qa_bot.config import Settings
from qa_bot.fetching.arxiv import arxiv_service
from qa_bot.fetching.crossref import crossref_service
from qa_bot.fetching.openalex import openalex_service
from qa_bot.fetching.service import FetchError, Service

_SERVICES = {"arxiv": arxiv_service, "openalex": openalex_service, "crossref": crossref_service}
SOURCES = tuple(_SERVICES)


def service_of(source: str, settings: Settings) -> Service:
    """Return a service by its name; raise FetchError for one that there is not."""
    if source not in _SERVICES:
        raise FetchError(f"There is no source {source!r} to fetch from. Name one of: {', '.join(SOURCES)}.")
    return _SERVICES[source](settings)
