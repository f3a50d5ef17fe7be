"""Knows how a source looks in the evidence panel: its abstract with the carrying words marked, versions, BibTeX.

Leaves opening and highlighting a card to the page's script.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from itertools import pairwise
from urllib.parse import urlsplit

from qa_bot.schema import Answer, Paper, Source, Version
from qa_bot.window.inert import escape, inline_html
from qa_bot.window.references import bibtex


def byline(item: Source | Paper, *, most: int = 3) -> str:
    """Name the first authors and the year: "Ada Byron, Emmy Noether et al., 2021"."""
    names = ", ".join(item.authors[:most])
    if len(item.authors) > most or (item.authors and not item.authors_complete):
        names += " et al."
    return ", ".join(part for part in (names, str(item.year) if item.year else "") if part)


def link(url: str | None) -> str:
    """Return a link that opens elsewhere, labelled by where it leads; nothing for what is not http(s)."""
    if not url:
        return ""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    host = parts.netloc.removeprefix("www.")
    label = {"arxiv.org": "arXiv", "doi.org": "DOI", "dx.doi.org": "DOI"}.get(host, host)
    return f'<a class="qa-link" href="{escape(url.strip())}" target="_blank" rel="noopener noreferrer">{escape(label)}</a>'


def evidence_cards(answer: Answer, papers: Mapping[str, Paper]) -> str:
    """Render every source of an answer, cited ones first, each group by its number."""
    ranked = sorted(answer.sources, key=lambda s: (not s.cited, s.number))
    return "".join(_card(answer, source, papers.get(source.paper_id)) for source in ranked)


def _card(answer: Answer, source: Source, paper: Paper | None) -> str:
    facts = [
        f'<span class="qa-score" title="How well the paper matched the question, 0 to 1">score {source.score:.2f}</span>',
        *(f'<span class="qa-tag">{escape(c)}</span>' for c in source.categories[:3]),
        f'<span class="qa-tag">{escape(paper.venue)}</span>' if paper and paper.venue else "",
        link(source.url),
        '<button type="button" class="qa-copy-bibtex">Copy BibTeX</button>' if paper else "",
    ]
    note = '<p class="qa-stand-in">The documents give no title for this paper; this one is a stand-in.</p>'
    return (
        f'<div class="qa-card qa-card-{source.number}{" qa-card-cited" if source.cited else ""}">'
        f'<p class="qa-card-head"><span class="qa-n">{source.number}</span>'
        f'<span class="qa-use">{"cited" if source.cited else "retrieved, not cited"}</span></p>'
        f'<p class="qa-card-title">{inline_html(source.title)}</p>'
        f"{note if paper and paper.title_is_stand_in else ''}"
        f'<p class="qa-card-byline">{escape(byline(source, most=6))}</p>'
        f'<p class="qa-facts">{"".join(facts)}</p>'
        f'<p class="qa-abstract">{marked_abstract(answer, source)}</p>'
        f"{versions(paper) if paper else ''}"
        f"{_bibtex_block(paper) if paper else ''}</div>"
    )


def marked_abstract(answer: Answer, source: Source) -> str:
    """Return the source's text with the words that carry a sentence in <mark>, classed by sentence index (qa-ev-0)."""
    spans = [
        (e.start, e.end, index)
        for index, sentence in enumerate(answer.sentences)
        for e in sentence.evidence
        if e.source == source.number and e.start < e.end and source.text[e.start : e.end] == e.quote
    ]
    edges = sorted({0, len(source.text), *(edge for a, b, _ in spans for edge in (a, b))})
    out = []
    for a, b in pairwise(edges):
        carried = sorted({index for start, end, index in spans if start <= a and b <= end})
        piece = inline_html(source.text[a:b])
        classes = " ".join(f"qa-ev-{index}" for index in carried)
        out.append(f'<mark class="qa-ev {classes}">{piece}</mark>' if carried else piece)
    return "".join(out)


def versions(paper: Paper) -> str:
    """Render a paper's versions side by side with their differences marked; nothing where there is one."""
    if len(paper.versions) < 2:
        return ""
    newest = paper.versions[0]
    older = "".join(_older(newest, version) for version in paper.versions[1:])
    dated = f" of {escape(newest.date)}" if newest.date else ""
    return (
        f'<details class="qa-versions"><summary>{len(paper.versions)} versions of this abstract, differences marked</summary>'
        f'<p class="qa-version-name">Newest{dated}, with what is new in it</p>{older}</details>'
    )


def _older(newest: Version, older: Version) -> str:
    left, right = difference(older.abstract, newest.abstract)
    dated = f" of {escape(older.date)}" if older.date else ""
    return (
        f'<div class="qa-diff"><p class="qa-new">{right}</p>'
        f'<p class="qa-version-name">Earlier{dated}, with what was dropped</p><p class="qa-old">{left}</p></div>'
    )


def difference(old: str, new: str) -> tuple[str, str]:
    """Return both texts as HTML, words only in the old one in <del>, words only in the new one in <ins>."""
    a, b = (re.findall(r"\s+|[^\s]+", text) for text in (old, new))
    left, right = [], []
    for kind, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone, come = escape("".join(a[a1:a2])), escape("".join(b[b1:b2]))
        left.append(gone if kind == "equal" or not gone else f"<del>{gone}</del>")
        right.append(come if kind == "equal" or not come else f"<ins>{come}</ins>")
    return "".join(left), "".join(right)


def _bibtex_block(paper: Paper) -> str:
    return f'<pre class="qa-bibtex" hidden>{escape(bibtex(paper))}</pre>'
