"""Knows a conversation as a file to keep: Markdown or HTML with a list of references, the cited papers as BibTeX or RIS.

Leaves handing the file to the browser to the page's script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa_bot.schema import Answer, Paper, Sentence, Source
from qa_bot.window import references
from qa_bot.window.answer_html import as_sentence, render_text
from qa_bot.window.evidence_html import byline, link
from qa_bot.window.inert import escape, inline_html

FORMATS = {
    "markdown": ("md", "text/markdown"),
    "html": ("html", "text/html"),
    "bibtex": ("bib", "application/x-bibtex"),
    "ris": ("ris", "application/x-research-info-systems"),
}
_PAGE_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1d1f24}"
    "h2{font-size:1.1rem;margin-top:2rem}ol{padding-left:1.6rem}.quiet{color:#5a5f6b;font-size:.85rem}button{all:unset}"
    ".qa-sr,.qa-note{display:none}.qa-cite::before{content:'['}.qa-cite::after{content:']'}.qa-weak,.qa-unsupported{text-decoration:underline dotted}"
)


@dataclass(frozen=True)
class File:
    """A file to hand out."""

    name: str
    type: str
    text: str


def export(pairs: Sequence[tuple[str, Answer]], form: str, papers: Mapping[str, Paper]) -> File:
    """Write (question, answer) pairs in one of FORMATS; `papers` maps the cited papers' ids to them."""
    suffix, media_type = FORMATS[form]
    cited = [papers[s.paper_id] for _, answer in pairs for s in answer.sources if s.cited and s.paper_id in papers]
    text = {
        "markdown": lambda: "\n".join(f"## {' '.join(question.split())}\n\n{markdown(answer)}" for question, answer in pairs),
        "html": lambda: _page(pairs),
        "bibtex": lambda: references.bibliography(cited),
        "ris": lambda: references.ris(cited),
    }[form]()
    words = re.sub(r"[^a-z0-9]+", "-", pairs[0][0].lower())[:48].strip("-") if pairs else ""
    return File(f"{words or 'conversation'}.{suffix}", media_type, text)


def markdown(answer: Answer) -> str:
    """Return an answer with its list of references, numbered as in its text."""
    cited = [s for s in answer.sources if s.cited]
    references_list = "\n".join(f"[{s.number}] {_reference(s)}  " for s in cited)
    note = f"\n\n*{_state(answer)}*" if answer.status != "answered" else ""
    judged = "".join(f"\n- “{_plain(s)}”: {s.verdict}." for s in _judged(answer))
    return f"{answer.text.strip()}{note}\n" + (f"{judged}\n" if judged else "") + (f"\n{references_list}\n" if cited else "")


def _judged(answer: Answer) -> list[Sentence]:
    """Return the sentences whose verdict a judge gave; the others speak for themselves on the page."""
    return [sentence for sentence in answer.sentences if sentence.judged_by]


def _plain(sentence: Sentence) -> str:
    return " ".join(sentence.text.split())


def _reference(source: Source) -> str:
    return ". ".join(part.rstrip(".") for part in (byline(source, most=8), source.title, source.url or "") if part)


def _state(answer: Answer) -> str:
    label = {"partial": "Answered in part.", "declined": "Not answered by these papers."}[answer.status]
    return f"{label} {as_sentence(answer.reason)}".strip()


def _page(pairs: Sequence[tuple[str, Answer]]) -> str:
    body = []
    for question, answer in pairs:
        items = "".join(
            f'<li value="{s.number}">{escape(byline(s, most=8))}. <em>{escape(s.title)}</em>. {link(s.url)}</li>' for s in answer.sources if s.cited
        )
        state = f'<p class="quiet">{escape(_state(answer))}</p>' if answer.status != "answered" else ""
        judged = "".join(f'<p class="quiet">“{inline_html(_plain(s))}”: {escape(s.verdict)}.</p>' for s in _judged(answer))
        body.append(f"<h2>{escape(question)}</h2>{render_text(answer)}{state}{judged}" + (f"<ol>{items}</ol>" if items else ""))
    title = escape(pairs[0][0]) if pairs else "Conversation"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_PAGE_STYLE}</style></head>'
        f"<body>{''.join(body)}</body></html>\n"
    )
