"""Knows the commands, their options and exit codes; results go to stdout, progress and warnings to stderr.

Leaves all logic to the modules it calls, and imports them only inside the command that needs them.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Optional

import typer

from qa_bot.fetching.command import fetch_command
from qa_bot.schema import Answer, Filters, QABotError

SECONDS_BETWEEN_LINES = 10.0  # of progress, where stderr is no terminal

app = typer.Typer(add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False, rich_markup_mode=None)

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


def main() -> None:
    """Run the command line: exit 0 on success, 1 on a QABotError (one line on stderr), 2 on wrong usage, 130 on Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter gets its code instead of a traceback
            stream.reconfigure(errors="backslashreplace")
    logging.getLogger("qa_bot.store").addHandler(logging.NullHandler())  # the commands say it with their results
    try:
        app(standalone_mode=True)
    except QABotError as error:
        print(f"qa-bot: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("qa-bot: stopped", file=sys.stderr)
        sys.exit(130)


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
    columns = dict(_pair(text) for text in column or [])
    with _progress() as show:
        chosen = _with_stdin(paths, settings.data_dir, suffix=".csv" if columns else "") or [resource_dir("seeds")]
        report = run(chosen, settings=settings, columns=columns, prunes=prune, on_progress=show)
    print(_json(asdict(report) | {"merged": report.merged}) if as_json else report)


def _pair(text: str) -> tuple[str, str]:
    field, equals, name = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not of the form FIELD=NAME, as in abstract=Summary")
    return field.strip(), name.strip()


def _with_stdin(paths: list[Path] | None, data_dir: Path, *, suffix: str) -> list[Path]:
    """Keep what standard input holds as a file of the data folder, so that a later ingest still finds it."""
    paths = list(paths or [])
    if Path("-") in paths:
        data = sys.stdin.buffer.read()
        kept = data_dir / "stdin" / f"stdin-{sha256(data).hexdigest()[:12]}{suffix}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
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
    with _engine(no_llm=True) as engine:
        rows = engine.store.truth.merges()
        papers = engine.store.truth.papers_by_id(sorted({paper_id for paper_id, _, _ in rows}))
    merged = [
        {"paper_id": paper_id, "title": papers[paper_id].title, "file": origin.file, "ordinal": origin.ordinal, "record_id": origin.record_id, "ground": ground}
        for paper_id, origin, ground in rows
    ]  # fmt: skip
    if as_json:
        print(_json(merged))
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
        print(f"{rejoin(paper_id, settings=load_settings())} splits of {paper_id} were taken back")
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
    with _engine(no_llm=True) as engine:
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
    with _progress() as show:
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
    with _progress() as show:
        store = open_ready(settings, open_embedding(settings), on_progress=show)
    print(f"{store.truth.count('papers')} papers taken over", file=sys.stderr)
    store.close()


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    as_json: AsJson = False,
    no_llm: NoLLM = False,
    history: Annotated[Optional[Path], typer.Option(help='Earlier turns: a JSON list of ["user" | "assistant", text].')] = None,  # noqa: UP045
    author: Author = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    category: Category = None,
    file: SourceFile = None,
) -> None:
    """Answer one question with its citations."""
    turns = _read_history(history) if history else []
    with _engine(no_llm=no_llm) as engine:
        answer = engine.ask(question, history=turns, filters=Filters(author, year_from, year_to, category, file))
    print(_json(answer.to_dict()) if as_json else _as_text(answer))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option("-k", "--limit", help="How many papers.", min=1, max=1000)] = 10,
    author: Author = None,
    year_from: YearFrom = None,
    year_to: YearTo = None,
    category: Category = None,
    file: SourceFile = None,
) -> None:
    """Rank the papers for a query, without writing an answer."""
    with _engine(no_llm=True) as engine:
        hits = engine.search(query, limit, filters=Filters(author, year_from, year_to, category, file))
        for problem in engine.store.notices():
            print(f"! {problem.message}", file=sys.stderr)
    if as_json:
        rows = [
            {
                "rank": rank, "paper_id": hit.paper.paper_id, "record_ids": list(hit.paper.record_ids), "title": hit.paper.title,
                "score": round(hit.score, 6), "text": hit.paper.abstract,
            }
            for rank, hit in enumerate(hits, 1)
        ]  # fmt: skip
        print(_json(rows))
    else:
        for rank, hit in enumerate(hits, 1):
            print(f"{rank:>3}  {hit.score:.3f}  {hit.paper.title} ({hit.paper.year or 'n.d.'})")


@app.command()
def papers(as_json: AsJson = False) -> None:
    """List the collection, newest paper first."""
    with _engine(no_llm=True) as engine:
        collection = engine.papers()
    if as_json:
        print(_json([_paper_row(paper) for paper in collection]))
    else:
        for paper in collection:
            authors = ", ".join(paper.authors[:3]) + (" et al." if len(paper.authors) > 3 or not paper.authors_complete else "")
            print(f"{paper.date or 'no date':<10}  {paper.title}  ({authors or 'authors unknown'})")


@app.command("eval")
def evaluate(
    questions: Annotated[Optional[Path], typer.Option(help="Question set, JSON lines or CSV. Default: the shipped one.")] = None,  # noqa: UP045
    split: Annotated[str, typer.Option(help="Which part of the set: dev, test or all.")] = "all",
    as_json: AsJson = False,
    report: Annotated[Optional[Path], typer.Option(help="Write a report (HTML, Markdown, JSON) into this folder.")] = None,  # noqa: UP045
    run: Annotated[Optional[Path], typer.Option(help="Folder to save the run in, or of an interrupted run to finish.")] = None,  # noqa: UP045
    compare: Annotated[Optional[tuple[Path, Path]], typer.Option(help="Compare two saved runs instead of asking.")] = None,  # noqa: UP045
    fail_under: Annotated[Optional[list[str]], typer.Option(help="METRIC=VALUE: exit 1 when a figure is lower.")] = None,  # noqa: UP045
    no_llm: NoLLM = False,
    judge: Annotated[bool, typer.Option("--judge", help="Have an LLM judge the answers beside the deterministic figures.")] = False,
    llama_index: Annotated[bool, typer.Option("--llama-index", help="Run llama-index's evaluators too, under their own names.")] = False,
    concurrency: Annotated[Optional[int], typer.Option(help="Questions asked at once.", min=1, max=64)] = None,  # noqa: UP045
) -> None:
    """Measure retrieval, citations, answers and abstention on a question set."""
    from qa_bot.evaluation import compare_folders, comparison_text, failed_gates, parse_gates, report_markdown, run_eval

    settings = _settings(no_llm=no_llm)
    parse_gates(fail_under or [])  # a gate that cannot be read fails before a long run, not after
    if compare:
        comparison = compare_folders(*compare, runs_dir=settings.data_dir / "runs")
        print(_json(comparison.to_dict()) if as_json else comparison_text(comparison))
        return
    with _progress() as show:
        result = run_eval(
            settings, questions=questions, split=split, run_dir=run, report_dir=report, with_judge=judge, with_llama_index=llama_index,
            concurrency=concurrency, on_progress=show,
        )  # fmt: skip
    whole = result.to_dict()
    print(_json(whole) if as_json else report_markdown(whole))
    print(f"saved in {result.folder}" + (f", report in {report}" if report else ""), file=sys.stderr)
    failures = failed_gates(whole, fail_under or [])
    for line in failures:
        print(f"qa-bot: {line}", file=sys.stderr)
    if failures:
        raise typer.Exit(1)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the installation, the collection and the endpoints, and say what would be contacted."""
    from qa_bot.config import load_settings
    from qa_bot.diagnosis import diagnose

    checks = diagnose(load_settings())
    if as_json:
        print(_json([asdict(check) for check in checks]))
    else:
        for check in checks:
            print(f"{'ok  ' if check.is_fine else 'FAIL'}  {check.name}: {check.finding}")
    if not all(check.is_fine for check in checks):
        raise typer.Exit(1)


def _settings(*, no_llm: bool):  # noqa: ANN202 - config.Settings, imported late
    from qa_bot.config import load_settings

    settings = load_settings()
    return settings.model_copy(update={"llm_base_url": None, "llm_model": None}) if no_llm else settings


@contextmanager
def _engine(*, no_llm: bool) -> Iterator:
    from qa_bot.answering import AnswerEngine

    with _progress() as show:
        engine = AnswerEngine.from_settings(_settings(no_llm=no_llm), on_progress=show)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows a bar on stderr; where stderr is no terminal, one line a stage."""
    from qa_bot.pace import Pace

    pace = Pace()
    if not sys.stderr.isatty():
        stage, told = "", 0.0

        def say(what: str, done: int, total: int) -> None:
            nonlocal stage, told
            now = time.monotonic()
            if what != stage or now - told > SECONDS_BETWEEN_LINES:
                stage, told = what, now
                print(pace.line(what, done, total), file=sys.stderr, flush=True)

        with _stopping_well():
            yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(TextColumn("{task.description}"), BarColumn(bar_width=24), console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.remove_task(task)
                tasks.clear()
                tasks[what] = bar.add_task(what, total=total or None)
            bar.update(tasks[what], completed=done, total=total or None, description=pace.line(what, done, total))

        with _stopping_well():
            yield show


@contextmanager
def _stopping_well() -> Iterator[None]:
    """Say at Ctrl-C what has become of the work; the exit status is left to `main`."""
    try:
        yield
    except KeyboardInterrupt:
        print("qa-bot: stopped. What was done is kept; the same command goes on from there.", file=sys.stderr)
        raise


def _json(value: object) -> str:
    speaks_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(value, ensure_ascii=not speaks_utf8, indent=2)


def _paper_row(paper) -> dict:  # noqa: ANN001 - schema.Paper
    versions = [
        {"abstract": v.abstract, "date": v.date, "origins": [asdict(o) for o in v.origins]} for v in paper.versions
    ]
    return {
        "paper_id": paper.paper_id, "title": paper.title, "title_is_stand_in": paper.title_is_stand_in, "authors": list(paper.authors),
        "authors_complete": paper.authors_complete, "year": paper.year, "date": paper.date, "url": paper.url,
        "arxiv_id": paper.arxiv_id, "doi": paper.doi, "categories": list(paper.categories), "versions": versions,
        "origins": [asdict(origin) for origin in paper.origins],
    }  # fmt: skip


app.command("fetch")(fetch_command(_progress, _json))


def _read_history(path: Path) -> list[tuple[str, str]]:
    step = 'It must be a JSON list such as [["user", "..."], ["assistant", "..."]].'
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
        return [(turn["role"], turn["content"]) if isinstance(turn, dict) else (str(turn[0]), str(turn[1])) for turn in turns]
    except OSError as error:
        raise QABotError(f"Cannot read the history {path}: {error}.") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise QABotError(f"The history {path} cannot be used ({error}). {step}") from error


def _as_text(answer: Answer) -> str:
    """Return an answer for a terminal: text, reference list, what the reader should know."""
    lines = [answer.text, ""]
    if answer.standalone_question != answer.question:
        lines = [f"(understood as: {answer.standalone_question})", "", *lines]
    for source in answer.sources:
        if source.cited:
            authors = (source.authors[0] + (" et al." if len(source.authors) > 1 else "") + ", ") if source.authors else ""
            lines.append(f"[{source.number}] {source.title}. {authors}{source.year or 'n.d.'}. {source.url or ''}".rstrip())
    doubtful = [s for s in answer.sentences if s.support != "supported"]
    lines += [f"! {s.support}: “{s.text}” ({s.reason})" for s in doubtful if answer.status != "declined"]
    lines += [f"! {problem.message}" for problem in answer.problems]
    how = f"LLM {answer.model}" if answer.mode == "llm" else "extractive: sentences of the abstracts, no LLM"
    lines.append(f"({answer.status}{': ' + answer.reason if answer.reason else ''}; {how}; {answer.timings.get('total_seconds', 0):.2f} s)")
    return "\n".join(lines)
