"""Knows the command `fetch`: its arguments and options, and what it prints.

Leaves the work to the modules beside it, imported only when the command runs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from enum import Enum
from typing import Annotated, Optional

import typer


class Source(str, Enum):
    """The services that papers come from."""

    arxiv = "arxiv"
    openalex = "openalex"
    crossref = "crossref"


def fetch_command(progress: Callable[[], AbstractContextManager], as_json_text: Callable[[object], str]) -> Callable[..., None]:
    """Return the command for typer; `progress` and `as_json_text` are how the command line shows both."""

    def fetch(
        source: Annotated[Source, typer.Argument(help="Where to ask.")],
        wanted: Annotated[
            Optional[list[str]],
            typer.Argument(help="arXiv ids, DOIs, OpenAlex ids or their addresses; else the words of a query."),
        ] = None,  # noqa: UP045
        limit: Annotated[
            Optional[int],
            typer.Option("--limit", "-n", help="How many papers of a query at most (100), or to complete (all).", min=1),
        ] = None,  # noqa: UP045
        year_from: Annotated[
            Optional[int], typer.Option("--year-from", "--from-year", help="Only papers from this year on.", min=1500, max=2200)
        ] = None,  # noqa: UP045
        year_to: Annotated[
            Optional[int], typer.Option("--year-to", "--to-year", help="Only papers up to this year.", min=1500, max=2200)
        ] = None,  # noqa: UP045
        category: Annotated[Optional[str], typer.Option(help="Only papers of this arXiv category, as in cs.CV.")] = None,  # noqa: UP045
        complete: Annotated[
            bool, typer.Option("--complete", help="Ask for titles, authors, dates and ids that papers of the collection lack.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Add papers from arXiv, OpenAlex or Crossref. The one command that fetches papers over the network."""
        if not complete and not wanted and not category:
            raise typer.BadParameter("name ids or the words of a query, or give --complete")
        from qa_bot.config import load_settings
        from qa_bot.fetching.completion import complete as run_completion
        from qa_bot.fetching.run import fetch as run_fetch

        settings = load_settings()
        reports: list[object] = []
        with progress() as show:
            if wanted or category:
                reports.append(
                    run_fetch(
                        source.value,
                        wanted or [],
                        settings=settings,
                        limit=limit,
                        year_from=year_from,
                        year_to=year_to,
                        category=category,
                        on_progress=show,
                    )  # fmt: skip
                )
            if complete:
                reports.append(
                    run_completion(source.value, settings=settings, limit=None if wanted or category else limit, on_progress=show)
                )
        if as_json:
            print(
                as_json_text(
                    {"fetched" if hasattr(report, "found") else "completed": _plain(asdict(report)) for report in reports}
                )
            )
        else:
            print("\n".join(map(str, reports)))

    return fetch


def _plain(value: object) -> object:
    """Return data as JSON holds it: a path is its text."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
