"""Knows how a collection is looked through: which papers a wish leaves, their list, one paper, the years as a plot.

Leaves the map to `papers_map` and the widgets to `app_papers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from qa_bot.schema import Filters, Paper, Skipped
from qa_bot.window.evidence_html import byline, link, versions
from qa_bot.window.inert import escape, inline_html
from qa_bot.window.references import bibtex

SORTS = ("Newest first", "Oldest first", "Title", "First author")
MOST_ROWS = 200


@dataclass(frozen=True)
class Wish:
    """What a visitor wants to see of the collection."""

    words: str = ""
    filters: Filters = field(default_factory=Filters)
    sort: str = SORTS[0]


@dataclass(frozen=True)
class Intake:
    """What became of the records that were read."""

    records: int
    skipped: tuple[Skipped, ...] = ()


def wish_from(said: object) -> Wish:
    """Read what the search form said; what is not of its form counts as not filled in."""
    fields = {str(k): v.strip() for k, v in said.items() if isinstance(v, str)} if isinstance(said, dict) else {}
    year_from, year_to = (int(v) if (v := fields.get(name, "")).isdigit() else None for name in ("year_from", "year_to"))
    filters = Filters(
        author=fields.get("author") or None, year_from=year_from, year_to=year_to, category=fields.get("category") or None,
        file=fields.get("file") or None,
    )  # fmt: skip
    sort = fields.get("sort", "")
    return Wish(fields.get("words", ""), filters, sort if sort in SORTS else SORTS[0])


def search_form(papers: Sequence[Paper]) -> str:
    """Render the form that narrows the list; the page's script sends what it says whenever it changes."""
    categories = sorted({c for p in papers for c in p.categories})
    files = sorted({o.file for p in papers for o in p.origins})
    years = [p.year for p in papers if p.year]
    span = f'min="{min(years)}" max="{max(years)}"' if years else ""
    return (
        '<form class="qa-wish" role="search" aria-label="The collection">'
        '<label class="qa-wide">Search<input type="search" name="words" placeholder="Words in title, authors or abstract"></label>'
        '<label>Author<input type="search" name="author" placeholder="Any"></label>'
        f'<label>Category{_select("category", categories)}</label><label>File{_select("file", files)}</label>'
        f'<label class="qa-short">From year<input type="number" name="year_from" {span}></label>'
        f'<label class="qa-short">To year<input type="number" name="year_to" {span}></label>'
        f'<label>Sort{_select("sort", SORTS, any_label="")}</label><button type="reset">Reset</button></form>'
    )


def _select(name: str, choices: Sequence[str], *, any_label: str = "Any") -> str:
    unset = f'<option value="">{any_label}</option>' if any_label else ""
    options = "".join(f'<option value="{escape(c)}">{escape(c)}</option>' for c in choices)
    return f'<select name="{name}">{unset}{options}</select>'


def choose(papers: Sequence[Paper], wish: Wish) -> list[Paper]:
    """Return the papers that hold every word of the wish and pass its filters, in its order."""
    words = wish.words.casefold().split()
    found = [p for p in papers if _passes(p, wish.filters) and (not words or all(w in _searched(p) for w in words))]
    if wish.sort == "Title":
        return sorted(found, key=lambda p: p.title.casefold())
    if wish.sort == "First author":
        return sorted(found, key=lambda p: (not p.authors, (p.authors[0].split() or [""])[-1].casefold() if p.authors else ""))
    dated, undated = [p for p in found if p.date], [p for p in found if not p.date]
    return sorted(dated, key=lambda p: p.date or "", reverse=wish.sort == "Newest first") + undated


def _searched(paper: Paper) -> str:
    return " ".join((paper.title, *paper.aliases, *paper.authors, paper.abstract, paper.venue or "", paper.date or "")).casefold()


def _passes(paper: Paper, filters: Filters) -> bool:
    year = paper.year
    return not (
        (filters.author and not any(filters.author.casefold() in a.casefold() for a in paper.authors))
        or (filters.year_from is not None and (year is None or year < filters.year_from))
        or (filters.year_to is not None and (year is None or year > filters.year_to))
        or (filters.category and filters.category not in paper.categories)
        or (filters.file and all(origin.file != filters.file for origin in paper.origins))
    )


def paper_list(found: Sequence[Paper], *, total: int) -> str:
    """Render the found papers; a row is a button that opens the paper."""
    shown = found[:MOST_ROWS]
    count = f"{len(found):,} of {total:,} papers" if len(found) != total else f"{total:,} papers"
    more = f" · the first {MOST_ROWS} are listed, narrow the search for the others" if len(found) > MOST_ROWS else ""
    rows = "".join(
        f'<li><button type="button" class="qa-row" data-paper="{escape(p.paper_id)}"><span class="qa-row-title">{inline_html(p.title)}</span>'
        f'<span class="qa-row-by">{escape(" · ".join(filter(None, (byline(p), ", ".join(p.categories[:2]), _version_note(p)))))}</span></button></li>'
        for p in shown
    )
    none = '<p class="qa-panel-empty">No paper has all of that. Use fewer words, or reset the filters.</p>' if not found else ""
    return f'<p class="qa-list-count" role="status">{count}{more}</p>{none}<ul class="qa-rows">{rows}</ul>'


def _version_note(paper: Paper) -> str:
    return f"{len(paper.versions)} versions" if len(paper.versions) > 1 else ""


def paper_detail(paper: Paper, *, can_remove: bool = False) -> str:
    """Render one paper whole, with what can be done with it."""
    facts = [
        *(f'<span class="qa-tag">{escape(c)}</span>' for c in paper.categories),
        *(f'<span class="qa-tag">{escape(fact)}</span>' for fact in (paper.venue, paper.date) if fact),
        link(paper.url),
        f'<span class="qa-tag">DOI {escape(paper.doi)}</span>' if paper.doi else "",
    ]
    origins = "; ".join(f"{o.file}, record {o.ordinal}" for o in paper.origins)
    note = '<p class="qa-stand-in">The documents give no title for this paper; this one is a stand-in.</p>' if paper.title_is_stand_in else ""
    authors = ", ".join(paper.authors) + (" et al." if paper.authors and not paper.authors_complete else "")
    remove = f'<button type="button" class="qa-remove" data-paper="{escape(paper.paper_id)}">Remove from the collection</button>' if can_remove else ""
    return (
        f'<article class="qa-card qa-card-open qa-detail" data-paper="{escape(paper.paper_id)}"><button type="button" class="qa-detail-close">Close</button><h3 class="qa-detail-title">{inline_html(paper.title)}</h3>'
        f'{note}<p class="qa-card-byline">{escape(authors or "Authors unknown")}</p><p class="qa-facts">{"".join(facts)}</p>'
        f'<div class="qa-doing"><button type="button" class="qa-ask-paper" value="{escape(question_about(paper))}">Ask about this paper</button>'
        f'<button type="button" class="qa-copy-bibtex">Copy BibTeX</button>{remove}</div>'
        f'<p class="qa-abstract">{inline_html(paper.abstract)}</p>{versions(paper)}'
        f'<p class="qa-origins">Read from {escape(origins)}</p><pre class="qa-bibtex" hidden>{escape(bibtex(paper))}</pre></article>'
    )


def question_about(paper: Paper) -> str:
    """Return a question that this paper's abstract answers."""
    return f"What is {paper.title.rstrip(' .')} about?"


def intake_report(intake: Intake, papers: int) -> str:
    """Say how many records were merged, and which were skipped and why."""
    if not intake.records:
        return ""
    merged = intake.records - papers
    line = f"{intake.records:,} records are {papers:,} papers: {merged:,} merged into another record's paper, {len(intake.skipped):,} skipped."
    if not intake.skipped:
        return f'<p class="qa-intake">{line}</p>'
    items = "".join(
        f"<li>{escape(s.file)}{f', record {s.ordinal}' if s.ordinal else ''}: {escape(s.reason)}</li>" for s in intake.skipped[:500]
    )
    return f'<details class="qa-intake"><summary>{line}</summary><ul>{items}</ul></details>'


def timeline(papers: Sequence[Paper]) -> str:
    """Plot the papers by year; a bar is a button that narrows the list to its year."""
    counts = Counter(p.year for p in papers if p.year)
    if not counts:
        return ""
    years = range(min(counts), max(counts) + 1)
    tallest, width, height = max(counts.values()), 100 / len(years), 72
    every = max(1, len(years) // 8)
    bars = []
    for index, year in enumerate(years):
        tall = round(counts[year] / tallest * height, 1)
        bars.append(
            f'<g class="qa-bar" data-year="{year}" tabindex="0" role="button" aria-label="{year}: {counts[year]} papers"><title>{year}: {counts[year]}</title>'
            f'<rect class="qa-bar-hit" x="{index * width:.2f}%" y="0" width="{width:.2f}%" height="{height + 22}"></rect>'
            f'<rect class="qa-bar-fill" x="{index * width + width * 0.14:.2f}%" y="{height - tall + 4}" width="{width * 0.72:.2f}%" height="{tall}" rx="2"></rect>'
            + (f'<text x="{(index + 0.5) * width:.2f}%" y="{height + 19}" text-anchor="middle">{year}</text>' if (years[-1] - year) % every == 0 else "")
            + "</g>"
        )
    undated = sum(p.year is None for p in papers)
    note = f'<p class="qa-plot-note">{undated} without a date</p>' if undated else ""
    return f'<svg class="qa-timeline" height="{height + 26}" width="100%" role="group" aria-label="Papers by year">{"".join(bars)}</svg>{note}'
