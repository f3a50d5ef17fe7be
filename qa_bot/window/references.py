"""Knows how a paper is written down for other programs: BibTeX, RIS and JSON lines.

Leaves choosing the papers and offering the file to others.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from qa_bot.schema import Paper

_BIBTEX_SPECIALS = str.maketrans(
    {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "$": r"\$", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "\\": r"\textbackslash{}"}
)
_SKIPPED_IN_KEYS = {"a", "an", "the", "on", "of", "for", "in", "and", "to", "with", "how", "what", "is", "are"}


def citation_key(paper: Paper) -> str:
    """Return the key such as `beyer2024paligemma`: first author's last name, year, first telling word of the title."""
    author = paper.authors[0].split(",")[0].split()[-1] if paper.authors and paper.authors[0].strip() else "anonymous"
    words = [w for w in re.findall(r"\w+", _ascii(paper.title).lower()) if w not in _SKIPPED_IN_KEYS]
    key = "".join((_ascii(author).lower(), str(paper.year or ""), words[0] if words else ""))
    return re.sub(r"[^a-z0-9]", "", key) or "paper"


def bibtex(paper: Paper, *, with_abstract: bool = False) -> str:
    """Return one BibTeX entry; accents stay as Unicode, TeX's own characters are escaped."""
    authors = [a.translate(_BIBTEX_SPECIALS) for a in paper.authors] + ([] if paper.authors_complete or not paper.authors else ["others"])
    fields = {
        # Double braces keep the title's capitals, which BibTeX styles lower.
        "title": "{" + paper.title.translate(_BIBTEX_SPECIALS) + "}",
        "author": " and ".join(authors),
        "year": str(paper.year or ""),
        "journal": (paper.venue or "").translate(_BIBTEX_SPECIALS),
        "eprint": paper.arxiv_id or "",
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "doi": paper.doi or "",
        "url": paper.url or "",
        "abstract": paper.abstract.translate(_BIBTEX_SPECIALS) if with_abstract else "",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{'article' if paper.venue else 'misc'}{{{citation_key(paper)},\n{lines}\n}}\n"


def bibliography(papers: Sequence[Paper], *, with_abstract: bool = False) -> str:
    """Return several BibTeX entries with distinct keys, repeated papers once."""
    entries, used = [], set()
    for paper in {paper.paper_id: paper for paper in papers}.values():
        key = citation_key(paper)
        tail = next(t for t in ("", *"bcdefghijklmnopqrstuvwxyz", paper.paper_id) if key + t not in used)
        used.add(key + tail)
        entries.append(bibtex(paper, with_abstract=with_abstract).replace("{" + key + ",", "{" + key + tail + ",", 1))
    return "\n".join(entries)


def json_lines(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one line for each version of each paper, newest first, with all that the collection knows; `qa-bot ingest` reads them."""
    for paper in papers:
        known = {
            "id": paper.paper_id, "title": None if paper.title_is_stand_in else paper.title, "authors": list(paper.authors), "doi": paper.doi,
            "arxiv_id": paper.arxiv_id, "url": paper.url, "categories": list(paper.categories), "venue": paper.venue,
        }  # fmt: skip
        for place, version in enumerate(paper.versions):
            date = version.date or (paper.date if place == 0 else None)
            line = known | {"date": date, "abstract": version.abstract}
            yield json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)


def ris(papers: Sequence[Paper]) -> str:
    """Return the papers as RIS records, repeated papers once."""
    records = []
    for paper in {paper.paper_id: paper for paper in papers}.values():
        fields = [
            ("TY", "JOUR" if paper.venue else "GEN"),
            ("TI", paper.title),
            *(("AU", author) for author in paper.authors),
            ("PY", str(paper.year or "")),
            ("JO", paper.venue or ""),
            ("AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else ""),
            ("DO", paper.doi or ""),
            ("UR", paper.url or ""),
            ("AB", paper.abstract),
        ]
        lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
        records.append("\r\n".join([*lines, "ER  - "]) + "\r\n")
    return "\r\n".join(records)


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
