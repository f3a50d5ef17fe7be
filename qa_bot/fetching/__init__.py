"""Knows how papers come from arXiv, OpenAlex and Crossref into the collection: ask, keep, write as a file, ingest.

Leaves identity to `ingest`. The one room that fetches papers over the network, and only when somebody calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa_bot.fetching.completion import CompletionReport, complete
    from qa_bot.fetching.run import FetchReport, fetch
    from qa_bot.fetching.service import FetchError

__all__ = ["CompletionReport", "FetchError", "FetchReport", "complete", "fetch"]

_LATE = {
    "fetch": "run",
    "FetchReport": "run",
    "complete": "completion",
    "CompletionReport": "completion",
    "FetchError": "service",
}


def __getattr__(name: str) -> object:
    # The command line imports this room to name its command; `--help` must not wait for the store and the model.
    if name not in _LATE:
        raise AttributeError(f"module 'qa_bot.fetching' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"qa_bot.fetching.{_LATE[name]}"), name)
