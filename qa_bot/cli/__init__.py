"""Knows the command line: its commands and exit codes; results go to stdout, progress and warnings to stderr.

Leaves all logic to the modules it calls, and imports them only inside the command that needs them.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from qa_bot.cli import asking, keeping
from qa_bot.cli.options import AsJson, Host, NoBrowser, Port
from qa_bot.cli.output import Output, as_json_text
from qa_bot.schema import QABotError

app = typer.Typer(add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main() -> None:
    """Run the command line: exit 0 on success, 1 on a QABotError (one line on stderr), 2 on wrong usage, 130 on Ctrl-C."""
    if sys.stdout is None:  # closed by whoever started this
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    if type(sys.stdout) is io.TextIOWrapper:
        plain = sys.stdout
        options = {"encoding": plain.encoding, "line_buffering": plain.line_buffering, "write_through": plain.write_through}
        sys.stdout = Output(plain.detach(), **options)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter gets its code instead of a traceback
            stream.reconfigure(errors="backslashreplace")
    logging.getLogger("qa_bot.store").addHandler(logging.NullHandler())  # the commands say it with their results
    logging.getLogger("dotenv.main").addFilter(_in_plain_words)
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()  # what cannot be written is said here, and not by Python as it ends
    except QABotError as error:
        print(f"qa-bot: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("qa-bot: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # who reads no further has seen enough
        sys.exit(1)


def _in_plain_words(record: logging.LogRecord) -> bool:
    """Say of a line of .env that cannot be read where it stands and what becomes of it."""
    if record.args and "could not parse" in str(record.msg):
        record.msg, record.args = f"qa-bot: line {record.args[0]} of .env is not of the form NAME=value and was passed over", ()
    return True


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 7860,
    no_browser: NoBrowser = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Ask a collection of papers in plain words. Without a command: open the chat window."""
    if version:
        from qa_bot import __version__

        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        chat(host, port, no_browser)


@app.command()
def chat(host: Host = "127.0.0.1", port: Port = 7860, no_browser: NoBrowser = False) -> None:
    """Open the chat window."""
    from qa_bot.config import load_settings

    settings = load_settings()
    from qa_bot.app import launch

    launch(settings, host=host, port=port, opens_browser=not no_browser)


app.add_typer(keeping.app)
app.add_typer(asking.app)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the installation, the collection and the endpoints, and say what would be contacted."""
    from qa_bot.config import load_settings
    from qa_bot.diagnosis import diagnose

    checks = diagnose(load_settings())
    if as_json:
        print(as_json_text([asdict(check) for check in checks]))
    else:
        for check in checks:
            print(f"{'ok  ' if check.is_fine else 'FAIL'}  {check.name}: {check.finding}")
    if not all(check.is_fine for check in checks):
        raise typer.Exit(1)
