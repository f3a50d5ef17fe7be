"""Knows the options that several commands share.

Leaves what they do to the commands.
"""

from __future__ import annotations

from typing import Annotated, Optional

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser window.")]
Author = Annotated[Optional[str], typer.Option(help="Only papers by this author; a surname is enough.")]  # noqa: UP045
YearFrom = Annotated[Optional[int], typer.Option(help="Only papers from this year on.")]  # noqa: UP045
YearTo = Annotated[Optional[int], typer.Option(help="Only papers up to this year.")]  # noqa: UP045
Category = Annotated[Optional[str], typer.Option(help="Only papers of this category, as in CV.")]  # noqa: UP045
SourceFile = Annotated[Optional[str], typer.Option("--file", help="Only papers read from this file.")]  # noqa: UP045
NoLLM = Annotated[bool, typer.Option("--no-llm", help="Answer with sentences of the abstracts even where an LLM is configured.")]
