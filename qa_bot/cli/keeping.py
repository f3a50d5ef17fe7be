"""Knows the commands that keep a collection: ingest, fetch, papers, remove, merges, split, export, reindex, snapshot, adopt.

Leaves the work to `ingest`, `amending`, `reindex` and `store`.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Optional

import typer

from qa_bot.cli.options import AsJson, Author, Category, SourceFile, YearFrom, YearTo
from qa_bot.cli.output import as_json_text, paper_row, progress
from qa_bot.cli.session import open_engine
from qa_bot.fetching.command import fetch_command
from qa_bot.schema import Filters, QABotError

app = typer.Typer()


@app.command()
def ingest(
    paths: Annotated[Optional[list[Path]], typer.Argument(help="Files or folders; - reads standard input; none: the sample papers.")] = None,  # noqa: UP045
    prune: Annotated[bool, typer.Option("--prune", help="Forget files below these paths that were ingested and are there no more.")] = False,
    column: Annotated[Optional[list[str]], typer.Option(help="FIELD=NAME: which column of a table holds title, abstract, authors, ...")] = None,  # noqa: UP045
    as_json: AsJson = False,
) -> None:
    """Take papers into the collection. Running it again changes nothing where the files did not change."""
    from qa_bot.config import load_settings, resource_dir
    from qa_bot.ingest import ingest as run

    settings = load_settings()
    columns = dict(_column(text) for text in column or [])
    with progress() as show:
        chosen = _with_stdin(paths, settings.data_dir, suffix=".csv" if columns else "") or [resource_dir("seeds")]
        report = run(chosen, settings=settings, columns=columns, prunes=prune, on_progress=show)
    print(as_json_text(asdict(report) | {"merged": report.merged}) if as_json else report)
    if not report.files and not prune:
        print(f"No file was found in {', '.join(map(str, chosen))}, so nothing was read.", file=sys.stderr)
    if report.merged and (report.added or report.changed) and not as_json:
        print("`qa-bot merges` tells which records were merged, and on what ground.", file=sys.stderr)


def _column(text: str) -> tuple[str, str]:
    from qa_bot.readers.table import FIELDS

    field, equals, name = (part.strip() for part in text.partition("="))
    if not equals:
        raise typer.BadParameter(f"{text!r} is not of the form FIELD=NAME, as in abstract=Summary")
    if field not in FIELDS:
        raise typer.BadParameter(f"{field!r} is no field; there are {', '.join(FIELDS)}")
    return field, name


def _with_stdin(paths: list[Path] | None, data_dir: Path, *, suffix: str) -> list[Path]:
    """Keep what standard input holds as a file of the data folder, so that a later ingest still finds it."""
    paths = list(paths or [])
    if Path("-") in paths:
        data = sys.stdin.buffer.read()
        kept = data_dir / "stdin" / f"stdin-{sha256(data).hexdigest()[:12]}{suffix}"
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(data)
        except OSError as error:
            raise QABotError(f"Cannot keep what was read in {kept.parent}: {error}. Set QA_BOT_DATA_DIR to a folder that you can write to.") from error
        paths = [kept if path == Path("-") else path for path in paths]
    return paths


@app.command()
def remove(
    paper_ids: Annotated[Optional[list[str]], typer.Argument(help="Papers, by the ids that `qa-bot papers --json` shows.")] = None,  # noqa: UP045
    file: Annotated[Optional[list[str]], typer.Option(help="Forget this file, with all records that were read in it.")] = None,  # noqa: UP045
) -> None:
    """Take papers, or whole files, out of the collection."""
    from qa_bot.amending import remove as run
    from qa_bot.config import load_settings

    if not paper_ids and not file:
        raise typer.BadParameter("name the ids of papers, or a file by --file")
    print(run(paper_ids or [], files=file or [], settings=load_settings()))


@app.command()
def merges(as_json: AsJson = False) -> None:
    """List the papers that were merged of several records, and on what ground."""
    with open_engine(no_llm=True) as engine:
        rows = engine.store.truth.merges()
        papers = engine.store.truth.papers_by_id(sorted({paper_id for paper_id, _, _ in rows}))
    merged = [
        {"paper_id": paper_id, "title": papers[paper_id].title, "file": origin.file, "ordinal": origin.ordinal, "record_id": origin.record_id, "ground": ground}
        for paper_id, origin, ground in rows
    ]  # fmt: skip
    if as_json:
        print(as_json_text(merged))
        return
    last = None
    for row in merged:
        if row["paper_id"] != last:
            last = row["paper_id"]
            print(f"{row['paper_id']}  {row['title']}")
        print(f"    {row['file']}:{row['ordinal']}  {row['ground']}")


@app.command()
def split(
    paper_id: Annotated[str, typer.Argument(help="The paper that is several, by its id.")],
    records: Annotated[Optional[list[str]], typer.Argument(help="FILE:NUMBER of the records that are another paper, as `qa-bot merges` shows them.")] = None,  # noqa: UP045
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was split from this paper.")] = False,
) -> None:
    """Tell records apart that were wrongly merged into one paper; they stay apart when their files are read again."""
    from qa_bot.amending import rejoin
    from qa_bot.amending import split as run
    from qa_bot.config import load_settings
    from qa_bot.schema import Origin

    if undo:
        count = rejoin(paper_id, settings=load_settings())
        print(f"{count} split{'s' * (count > 1)} of {paper_id} taken back")
        return
    origins = []
    for text in records or []:
        file, colon, number = text.rpartition(":")
        if not colon or not number.isdigit():
            raise typer.BadParameter(f"{text!r} is not of the form FILE:NUMBER, as `qa-bot merges` shows records")
        origins.append(Origin(file, int(number)))
    print(f"{paper_id} is now {run(paper_id, origins, settings=load_settings())} papers; `qa-bot split {paper_id} --undo` takes it back")


@app.command()
def export(
    output: Annotated[Optional[Path], typer.Argument(help="File to write; none: standard output.")] = None,  # noqa: UP045
    form: Annotated[Optional[str], typer.Option("--format", help="jsonl, bibtex or ris; by default what the file's name says, else jsonl.")] = None,  # noqa: UP045
    author: Author = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    category: Category = None,
    file: SourceFile = None,
) -> None:
    """Write the collection down for other programs. JSON lines hold every version and can be ingested again."""
    from qa_bot.window import references

    suffix = output.suffix.lower() if output else ""
    form = form or {".bib": "bibtex", ".bibtex": "bibtex", ".ris": "ris"}.get(suffix, "jsonl")
    if form not in ("jsonl", "bibtex", "ris"):
        raise typer.BadParameter(f"{form!r} is none of jsonl, bibtex, ris", param_hint="--format")
    with open_engine(no_llm=True) as engine:
        papers = engine.store.truth.papers(Filters(author, year_from, year_to, category, file))
    text = {
        "jsonl": lambda: "".join(f"{line}\n" for line in references.json_lines(papers)),
        "bibtex": lambda: references.bibliography(papers, with_abstract=True),
        "ris": lambda: references.ris(papers),
    }[form]()
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise QABotError(f"Cannot write {output}: {error}. Name another file.") from error
    print(f"{len(papers)} papers written to {output}", file=sys.stderr)


@app.command()
def reindex() -> None:
    """Make the index anew with the embedding model that the settings name."""
    from qa_bot.config import load_settings
    from qa_bot.reindex import reindex as run

    settings = load_settings()
    with progress() as show:
        print(run(settings=settings, on_progress=show))


@app.command()
def snapshot(file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write the papers into one file, for another machine that uses the same Chroma server, or to keep."""
    from qa_bot.config import load_settings
    from qa_bot.store import write_snapshot

    write_snapshot(load_settings().data_dir, file)
    print(f"written: {file} ({file.stat().st_size / 1e6:.1f} MB). Take it over elsewhere with `qa-bot adopt {file.name}`.", file=sys.stderr)


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(help="A file that `qa-bot snapshot` wrote.")],
    own: Annotated[bool, typer.Option("--own", help="Take papers in here from now on, as the machine that wrote it is lost or given up.")] = False,
) -> None:
    """Take over the papers of a snapshot. Windows that are open go on with them."""
    from qa_bot.config import load_settings
    from qa_bot.embedding import open_embedding
    from qa_bot.ingest import open_ready
    from qa_bot.store import adopt_snapshot

    settings = load_settings()
    adopt_snapshot(settings.data_dir, file, shares_index=bool(settings.chroma_url), owns=own)
    with progress() as show:
        store = open_ready(settings, open_embedding(settings), on_progress=show)
    print(f"{store.truth.count('papers')} papers taken over", file=sys.stderr)
    store.close()


@app.command()
def papers(as_json: AsJson = False) -> None:
    """List the collection, newest paper first."""
    with open_engine(no_llm=True) as engine:
        collection = engine.papers()
    if as_json:
        print(as_json_text([paper_row(paper) for paper in collection]))
    else:
        for paper in collection:
            authors = ", ".join(paper.authors[:3]) + (" et al." if len(paper.authors) > 3 or not paper.authors_complete else "")
            print(f"{paper.date or 'no date':<10}  {paper.title}  ({authors or 'authors unknown'})")


app.command("fetch")(fetch_command(progress, as_json_text))
