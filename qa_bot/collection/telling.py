"""Knows how an answer from the catalogue reads: lists, counts, who and when, each line citing its paper.

Leaves which papers are meant to its caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa_bot.citations.harmless import as_quoted
from qa_bot.collection.asked import CollectionQuestion, bears, describe, describe_filters, figure_given
from qa_bot.schema import Answer, Evidence, Paper, Sentence, Source, Span, Status, names_person, plain_name
from qa_bot.versions import Disagreement

LISTED = 50
RANKED = 5
MOST_SINGLED_OUT = 1  # papers that are cited as the nearest to a topic that none speaks of; where more are as near, it singles none out
COAUTHORS_SHOWN = 10
REWORDED_SHOWN = 3
FROM_CATALOGUE = "from the catalogue of the collection"
EARLIER_VERSION = "from an earlier version of the abstract"


def by_date(papers: Sequence[Paper], *, newest_first: bool) -> list[Paper]:
    """Return the dated papers in order; an undated one is neither newest nor oldest."""
    return sorted((p for p in papers if p.date), key=lambda p: (p.date, p.paper_id), reverse=newest_first)


def list_papers(
    question: str,
    asked: CollectionQuestion,
    chosen: Sequence[Paper],
    *,
    total: int,
    found: int | None = None,
    notes: Sequence[str] = (),
) -> Answer:
    """Answer a list, count, newest, oldest, longest or shortest question with the papers that were chosen for it; each line cites its paper.

    `found` is how many there are where `chosen` holds only those that are shown.
    """
    found = len(chosen) if found is None else found
    if asked.kind in ("newest", "oldest"):
        chosen = by_date(chosen, newest_first=asked.kind == "newest")[: asked.limit or 1]
    elif asked.kind in ("longest", "shortest"):
        chosen = _by_authors(chosen, longest=asked.kind == "longest", limit=asked.limit or 1)
    elif asked.kind == "list" and not asked.topic:
        chosen = [*by_date(chosen, newest_first=True), *(p for p in chosen if not p.date)]
    what = describe(asked)
    is_kind = what.startswith(("whose", "with ", "giving"))  # "6 of the 82 papers are ones whose abstract says ..."
    if not chosen:
        such = f"{'one ' * is_kind}{what}"
        none = f"No paper in the collection is {such}." if what else "The collection is empty."
        return _plain(question, f"None of the {total} papers in this collection is {such}.{_joined(notes)}", "declined", none)
    if asked.kind == "count" and not what:
        return _plain(question, f"The collection holds {total} papers.")
    if asked.kind in ("newest", "oldest"):
        head = f"The {asked.kind} paper{'s' if len(chosen) > 1 else ''}{' ' + what if what else ''}:"
    elif asked.kind in ("longest", "shortest"):
        head = (
            f"The paper{'s' if len(chosen) > 1 else ''}{' ' + what if what else ''} with the {'most' if asked.kind == 'longest' else 'fewest'} authors "
            f"({len(chosen[0].authors)}):"
        )
    else:
        head = (
            f"{found} of the {total} papers {'is' if found == 1 else 'are'} {('one ' if found == 1 else 'ones ') * is_kind}{what}:"
            if what
            else f"All {total} papers, the newest first:"
        )
    left = found - LISTED if asked.kind in ("list", "count") else 0
    figures = {paper.paper_id: figure_given(asked, paper) for paper in chosen[:LISTED]}
    return _as_answer(question, head, chosen[:LISTED], left=left, notes=notes, figures=figures)


def _by_authors(papers: Sequence[Paper], *, longest: bool, limit: int) -> list[Paper]:
    """Return the papers with the most or fewest authors, as many as asked for and those that share the last place."""
    known = [paper for paper in papers if paper.authors and (longest or paper.authors_complete)]
    ordered = sorted(known, key=lambda paper: (-len(paper.authors) if longest else len(paper.authors), paper.paper_id))
    return (
        [p for p in ordered if len(p.authors) == len(ordered[min(limit, len(ordered)) - 1].authors) or p in ordered[:limit]]
        if ordered
        else []
    )


def order_papers(question: str, papers: Sequence[Paper], *, newest_first: bool | None = None) -> Answer:
    """Answer which of the papers that a question names came first: all of them, the one asked for first."""
    dated = by_date(papers, newest_first=bool(newest_first))
    order = "newest" if newest_first else "oldest"
    head = f"In the order of their dates, {order} first:"
    if newest_first is not None and dated:
        order = {"newest": "newer", "oldest": "older"}[order] if len(papers) == 2 else order
        head = f"The {order} of these {len(papers)} papers is “{as_quoted(dated[0].title)}”. {head}"
    return _as_answer(question, head, [*dated, *(p for p in papers if not p.date)], left=0)


def name_shared(question: str, papers: Sequence[Paper]) -> Answer:
    """Answer which authors some papers have in common, by the spelling of the first of them."""
    first, *others = papers
    shared = [name for name in first.authors if all(plain_name(name) in {plain_name(each) for each in paper.authors} for paper in others)]
    which = "both papers" if len(papers) == 2 else f"all {len(papers)} papers"
    notes = [] if all(paper.authors_complete for paper in papers) else ["Some of these records name only the first authors."]
    number = f"{len(shared)} author{'s are' if len(shared) > 1 else ' is'}"
    head = f"{number} named by {which}: {as_quoted(', '.join(shared))}." if shared else f"No author is named by {which}."
    return _as_answer(question, head, papers, left=0, notes=notes)


def describe_several(question: str, papers: Sequence[Paper]) -> Answer:
    """Answer who wrote the paper meant where several fit: all of them."""
    return _as_answer(question, f"{len(papers)} papers fit:", papers, left=0)


def describe_paper(question: str, paper: Paper, *, asked: CollectionQuestion | None = None) -> Answer:
    """Answer who wrote a paper and when; `asked` may ask for its first or last author, or whether somebody wrote it."""
    names = _names(paper, len(paper.authors)) or "authors that the collection does not name"
    when = f"dated {paper.date}" if paper.date else "without a date in the collection"
    where = f", {paper.url}" if paper.url else ""
    lead, status, reason = _lead(paper, asked)
    text = f"{lead}“{as_quoted(paper.title)}” is by {names}; it is {when}{where} [1]."
    source = Source.of(paper, 1, score=1.0, cited=True)
    return Answer(question, question, status, reason, "extractive", text, sentences=(_stated(text, 0, (1,)),), sources=(source,))


def _lead(paper: Paper, asked: CollectionQuestion | None) -> tuple[str, Status, str]:
    """Return what an answer about a paper opens with, its status and reason."""
    name = asked.filters.author if asked else None
    if name and paper.authors:
        if bears(paper, name):
            return f"Yes, {as_quoted(name)} is among the authors: ", "answered", FROM_CATALOGUE
        if paper.authors_complete:
            return f"No, {as_quoted(name)} is not among the authors: ", "answered", FROM_CATALOGUE
        return "", "partial", f"the collection names only the first authors of that paper, and {name} is none of them"
    if asked and asked.place in ("first", "last") and paper.authors:
        if asked.place == "last" and not paper.authors_complete:
            return "", "partial", "the collection names only the first authors of that paper"
        return (
            f"Its {asked.place} author is {as_quoted(paper.authors[0 if asked.place == 'first' else -1])}: ",
            "answered",
            FROM_CATALOGUE,
        )
    if asked and asked.kind == "authors" and asked.limit == 0:  # how many
        number = f"{len(paper.authors)} authors" if paper.authors_complete else f"at least {len(paper.authors)} authors"
        return (
            f"It has {number}: ",
            "answered" if paper.authors_complete else "partial",
            FROM_CATALOGUE if paper.authors_complete else "the collection names only the first authors",
        )
    return "", "answered", FROM_CATALOGUE


def say_earliest(question: str, topic: str, papers: Sequence[Paper]) -> Answer:
    """Answer which paper introduced something that no paper goes by: the earliest that speaks of it, and that this is all."""
    dated = by_date(papers, newest_first=False)
    head = f"No paper of the collection goes by “{as_quoted(topic)}”; the earliest that speaks of it, which need not have introduced it:"
    return replace(
        _as_answer(question, head, dated[:1], left=0),
        status="partial",
        reason="the catalogue does not say which paper introduced something",
    )


def say_nearest(question: str, asked: CollectionQuestion, papers: Sequence[Paper], *, total: int) -> Answer:
    """Answer a list question whose topic no paper speaks of by the nearest ones, as such; where many are as near, none of them is meant."""
    reason = f"no paper is clearly {describe(asked)}"
    if len(papers) > MOST_SINGLED_OUT:
        nearest = "; ".join(f"“{as_quoted(paper.title)}”" for paper in papers[:3])
        return _plain(question, f"None of the {total} papers in this collection is clearly {describe(asked)}. The nearest in meaning are {nearest}.", "declined", "several papers are about as near to it")
    return replace(
        _as_answer(question, f"No paper is clearly {describe(asked)}. The nearest in meaning:", papers[:RANKED], left=0),
        status="partial",
        reason=reason,
    )


def tell_versions(
    question: str, paper: Paper, differing: Sequence[Disagreement], reworded: Sequence[Disagreement], fresh: int
) -> Answer:
    """Answer how the versions of an abstract differ: what the newest says, then what an earlier one said."""
    source = Source.of(paper, 1, score=1.0, cited=True)
    number = len(paper.versions)
    if number == 1:
        head = (
            f"The collection holds one version of the abstract of “{as_quoted(paper.title)}”, so there is nothing to compare [1]."
        )
    elif differing:
        head = f"“{as_quoted(paper.title)}” is known in {number} versions, which give different figures [1]."
    else:
        told = [(len(reworded), "worded otherwise"), (fresh, "new")]
        how = (
            " and ".join(f"{n} sentence{'s are' if n > 1 else ' is'} {what}" for n, what in told if n)
            or "they word alike what both say"
        )
        head = f"“{as_quoted(paper.title)}” is known in {number} versions; no figure that both give differs, {how} [1]."
    text, sentences = head, [_stated(head, 0, (1,))]
    for one in (differing or reworded[:REWORDED_SHOWN]) if number > 1 else ():
        start = paper.abstract.find(one.newest)
        for lead, quote, evidence, reason in (
            ("The newest version says: ", one.newest, (Evidence(1, one.newest, start, start + len(one.newest)),), ""),
            ("An earlier version said: ", one.earlier, (), EARLIER_VERSION),
        ):
            piece = f"{lead}“{as_quoted(quote)}” [1]"
            sentences.append(Sentence(piece, len(text) + 1, len(text) + 1 + len(piece), (1,), "supported", evidence, reason))
            text += f"\n{piece}"
    return Answer(
        question, question, "answered", FROM_CATALOGUE, "extractive", text, sentences=tuple(sentences), sources=(source,)
    )


# Authors, years and categories


def rank_authors(question: str, counts: Counter[str], *, number: int, most: int | None = None, what: str = "") -> Answer:
    """Answer who wrote the most papers of the collection, or of those about or from `what`."""
    if not counts:
        return _plain(
            question,
            f"No author is named for papers {what}.".replace("  ", " "),
            "declined",
            "no paper that fits names an author",
        )
    named = ", ".join(f"{as_quoted(name)} ({papers})" for name, papers in counts.most_common(most or RANKED))
    of = f"the {number} papers {what}" if what else "this collection"
    return _plain(question, f"The most papers of {of} are by {named}.")


def count_authors(papers: Sequence[Paper]) -> Counter[str]:
    """Return how many papers each author wrote; "João" and "Joao" are one, spelled as most often."""
    return merged(Counter(name for paper in papers for name in dict.fromkeys(paper.authors)))


def merged(counts: Mapping[str, int]) -> Counter[str]:
    """Return counts of names with the spellings of one name counted together, under the one that is most frequent."""
    spelled: dict[str, Counter[str]] = {}
    for name, number in counts.items():
        spelled.setdefault(plain_name(name), Counter())[name] += number
    return Counter({names.most_common(1)[0][0]: names.total() for names in spelled.values()})


def name_writers(question: str, papers: Sequence[Paper], *, what: str) -> Answer:
    """Answer which authors write about something: who wrote the papers about it, most papers first, and which those are."""
    counts = count_authors(papers)
    named = ", ".join(f"{as_quoted(name)} ({number})" for name, number in counts.most_common(COAUTHORS_SHOWN))
    more = f" and {len(counts) - COAUTHORS_SHOWN} more" if len(counts) > COAUTHORS_SHOWN else ""
    head = f"{len(counts)} authors wrote the {len(papers)} paper{'s' * (len(papers) != 1)} {what}: {named}{more}."
    return _as_answer(question, head, papers[:LISTED], left=len(papers) - LISTED)


def name_coauthors(question: str, asked: CollectionQuestion, papers: Sequence[Paper]) -> Answer:
    """Answer with whom somebody wrote, most papers first."""
    counts = count_authors(papers)
    own = [name for name in counts if any(names_person(person, name) for person in asked.people)]
    for name in own:
        del counts[name]
    who = as_quoted(" and ".join(asked.people))
    if not counts:
        return _plain(
            question, f"The collection names no co-author of {who}.", "declined", f"no paper by {who} names another author"
        )
    named = ", ".join(f"{as_quoted(name)} ({number})" for name, number in counts.most_common(COAUTHORS_SHOWN))
    more = f" and {len(counts) - COAUTHORS_SHOWN} more" if len(counts) > COAUTHORS_SHOWN else ""
    notes = [] if all(paper.authors_complete for paper in papers) else ["Some papers name only their first authors."]
    head = f"{who} wrote {len(papers)} paper{'s' * (len(papers) != 1)} of this collection with {len(counts)} others: {named}{more}."
    return _as_answer(question, head, papers[:LISTED], left=len(papers) - LISTED, notes=notes)


def tally_authors(question: str, asked: CollectionQuestion, papers: Sequence[Paper]) -> Answer:
    """Answer how many papers each of several people wrote."""
    counts = sorted(((sum(bears(paper, name) for paper in papers), name) for name in asked.people), reverse=True)
    return _plain(
        question, "; ".join(f"{as_quoted(name)} wrote {number} papers of this collection" for number, name in counts) + "."
    )


def list_authors(question: str, counts: Counter[str], *, number: int) -> Answer:
    """Answer how many authors the collection names, and who wrote the most."""
    named = ", ".join(f"{as_quoted(name)} ({papers})" for name, papers in counts.most_common(LISTED))
    return _plain(
        question,
        f"The {number} papers name {len(counts)} authors{'' if len(counts) <= LISTED else f', the {LISTED} with the most papers first'}: {named}.",
    )


def count_years(
    question: str, asked: CollectionQuestion, years: Mapping[int | None, int], *, ends: Sequence[str], number: int
) -> Answer:
    """Answer how many papers are from each year, which year has the most or fewest, or which years there are.

    `years` counts the undated under None; `ends` are the earliest and the latest date.
    """
    undated = years.get(None, 0)
    years = {year: papers for year, papers in years.items() if year is not None}
    what = describe(asked)
    if not years:
        return _plain(question, f"No paper {what} has a date.".replace("  ", " "), "declined", "no paper that fits has a date")
    of = f" of the {number} papers {what}" if what else " of the collection's papers"
    if asked.kind == "time_span":
        text = f"The dates{of} run from {ends[0]} to {ends[-1]}; the years are {', '.join(map(str, sorted(years)))}."
    elif asked.kind == "year_most":
        bound = max(years.values()) if asked.newest_first else min(years.values())
        best = sorted(year for year, papers in years.items() if papers == bound)
        text = f"{' and '.join(map(str, best))} {'has' if len(best) == 1 else 'have'} the {'most' if asked.newest_first else 'fewest'}{of}: {bound}{' each' * (len(best) > 1)}."
    else:
        text = f"The years{of}: " + ", ".join(f"{year}: {years[year]}" for year in sorted(years)) + "."
    return _plain(question, text + (f" {undated} have no date." if undated else ""))


def count_values(question: str, what: str, counts: Counter[str], *, without: int, number: int) -> Answer:
    """Answer which categories or organisations the records name; most name no organisation, and the answer says so."""
    if not counts:
        return _plain(question, f"The records of this collection name no {what}.", "declined", f"no record names its {what}")
    named = ", ".join(f"{as_quoted(name)} ({papers})" for name, papers in counts.most_common(LISTED))
    text = f"The records of the {number} papers name {len(counts)} {what}: {named}." + (
        f" For {without} papers they name none." if without else ""
    )
    is_partial = what == "organisations" and without
    return _plain(
        question,
        text,
        "partial" if is_partial else "answered",
        f"{without} of the {number} records name no organisation" if is_partial else FROM_CATALOGUE,
    )


def facts_of(asked: CollectionQuestion, chosen: Sequence[Paper], *, total: int, found: int) -> str:
    """Return what the catalogue says of the `found` papers, a line for each that is listed, for a prompt."""
    described = describe(asked) or describe_filters(asked.filters)
    lines = [
        f"The collection holds {total} papers; {found} of them {'is' if found == 1 else 'are'} {described}:"
        if described
        else f"The collection holds {total} papers."
    ]
    ordered = [*by_date(chosen, newest_first=True), *(paper for paper in chosen if not paper.date)]
    return "\n".join([*lines, *(_line(paper) for paper in ordered[: LISTED if described else 0])])


def fact_of(paper: Paper) -> str:
    """Return who wrote a paper and when, for a prompt."""
    return f"- {as_quoted(paper.title)}: by {_names(paper, len(paper.authors)) or 'unnamed authors'}; dated {paper.date or 'unknown'}."


# Sentences


def _plain(question: str, text: str, status: Status = "answered", reason: str = FROM_CATALOGUE) -> Answer:
    return Answer(
        question, question, status, reason, "extractive", text, sentences=(_stated(text, 0, ()),) if status != "declined" else ()
    )


def _line(paper: Paper, figure: str = "") -> str:
    told = ", ".join(filter(None, [_names(paper, 2), paper.date, f"gives {as_quoted(figure)}" if figure else ""]))
    return f"- {as_quoted(paper.title)} ({told})"


def _as_answer(
    question: str, head: str, papers: Sequence[Paper], *, left: int, notes: Sequence[str] = (), figures: Mapping[str, tuple[str, Span | None] | None] | None = None
) -> Answer:  # fmt: skip
    text, sentences = head, [_stated(head, 0, ())]
    for number, paper in enumerate(papers, 1):
        figure, span = (figures or {}).get(paper.paper_id) or ("", None)
        line = f"{_line(paper, figure)} [{number}]"
        evidence = (Evidence(number, span.text, span.start, span.end),) if span else ()
        sentences.append(replace(_stated(line, len(text) + 1, (number,)), evidence=evidence))
        text += "\n" + line
    if left > 0:
        text += f"\n\n{left} more are not listed here."
    if notes:
        told = " ".join(notes)
        sentences.append(_stated(told, len(text) + 2, ()))
        text += f"\n\n{told}"
    sources = tuple(Source.of(paper, number, score=1.0, cited=True) for number, paper in enumerate(papers, 1))
    return Answer(question, question, "answered", FROM_CATALOGUE, "extractive", text, sentences=tuple(sentences), sources=sources)


def _joined(notes: Sequence[str]) -> str:
    return "".join(f" {note}" for note in notes)


def _stated(text: str, start: int, citations: tuple[int, ...]) -> Sentence:
    return Sentence(text, start, start + len(text), citations, "supported", reason=FROM_CATALOGUE)


def _names(paper: Paper, most: int) -> str:
    shown = as_quoted(", ".join(paper.authors[:most]))
    return shown + (" et al." if shown and (len(paper.authors) > most or not paper.authors_complete) else "")
