"""Knows how an Answer looks: marked sentences, numbered citations, the cited titles, the quiet line below.

Leaves the evidence behind a citation to `evidence_html` and the widgets to `app`. The chat widget's sanitiser
drops data-* and aria-* attributes, so everything that the page's script needs travels in class names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby

from qa_bot.schema import Answer, Paper, Sentence, Source
from qa_bot.window.evidence_html import byline, evidence_cards, link
from qa_bot.window.inert import Block, Token, blocks, escape, inline_html, split_at, token_html, tokens

_NO_PAPERS: Mapping[str, Paper] = {}
_ACTIONS = (
    '<div class="qa-actions"><button type="button" class="qa-copy">Copy</button><button type="button" class="qa-again">Ask again</button>'
    '<button type="button" class="qa-judge qa-helpful">Helpful</button><button type="button" class="qa-judge qa-unhelpful">Not helpful</button></div>'
)
_MOST_TITLES = 8  # a longer list is folded: such an answer names its papers itself
_SUPPORT_LABELS = {"supported": "supported", "weak": "weak support", "unsupported": "unsupported"}
_FALLBACK_REASONS = {
    "supported": "",
    "weak": "The cited abstract carries this sentence only in part.",
    "unsupported": "No retrieved abstract was found to carry this sentence.",
}


def render_question(question: str) -> str:
    """Render what was typed, as typed."""
    words = escape(question.strip()).replace("&#10;", "<br>")
    return f'<div class="qa-question">{words}</div><button type="button" class="qa-edit">Edit</button>'


def render_waiting(line: str) -> str:
    """Render the place of an answer that has not begun, with what is being done."""
    return f'<div class="qa-answer qa-streaming"><p class="qa-state">{escape(line)}<span class="qa-dots"></span></p></div>'


def render_failure(message: str, *, partly: str = "") -> str:
    """Render a message of the QABotError family in an answer's place; `partly` is HTML of what had been written."""
    return (
        f'{partly}<div class="qa-answer qa-failed"><p class="qa-state">No answer</p><p class="qa-message">{escape(message)}</p>'
        '<p class="qa-meta">Your question is kept above: ask it again when this is put right.</p></div>'
    )


def render_answer(
    answer: Answer, *, papers: Mapping[str, Paper] = _NO_PAPERS, stopped: bool = False, seconds: float | None = None
) -> str:
    """Render an answer or a growing snapshot as one line of inert HTML.

    `papers` maps paper ids to what the evidence cards add (versions, venue, BibTeX); cards come with the final
    snapshot only. `seconds` is the time measured around the answer, where its own timings lack a total.
    """
    if not answer.is_final and not stopped:
        body = f'<div class="qa-text">{render_text(answer)}<span class="qa-caret"></span></div>' if answer.text.strip() else ""
        return f'<div class="qa-answer qa-streaming"><p class="qa-state">{_writing(answer)}<span class="qa-dots"></span></p>{body}</div>'
    shown = _without_titles(answer) if answer.status == "declined" and not answer.sentences else answer
    parts = [f'<p class="qa-state">{_state(answer, stopped)}</p>', _understood(answer)]
    if shown.text.strip():
        parts.append(f'<div class="qa-text">{render_text(shown)}</div>')
    if answer.status != "answered" and answer.reason and not stopped and answer.reason.strip() not in shown.text:
        parts.append(f'<p class="qa-reason">{escape(as_sentence(answer.reason))}</p>')
    parts += [_cited(answer), _nearest(answer), _problems(answer), _meta(answer, seconds), _ACTIONS]
    if answer.sources:
        parts.append(f'<div class="qa-evidence" hidden>{evidence_cards(answer, papers)}</div>')
    looks = f"qa-{'stopped' if stopped else answer.status} qa-by-{answer.mode}"
    return f'<div class="qa-answer {looks}">{"".join(parts)}</div>'


def as_sentence(words: str) -> str:
    """Give a reason its capital and its full stop."""
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if not words or words[-1] in ".!?" else ".")


def _without_titles(answer: Answer) -> Answer:
    """Cut a declined answer before the sentence that lists paper titles: they stand below it as links."""
    first = min((at for s in answer.sources if (at := answer.text.find(s.title)) > 0), default=len(answer.text))
    if first == len(answer.text):
        return answer
    return replace(answer, text=answer.text[: answer.text.rfind(". ", 0, first) + 1])


def render_text(answer: Answer) -> str:
    """Render the text alone: its paragraphs and lists, its sentences with their marks."""
    out: list[str] = []
    open_list = ""
    for block in blocks(answer.text):
        list_tag = {"item": "ul", "numbered": "ol"}.get(block.kind, "")
        if list_tag != open_list:
            out.append((f"</{open_list}>" if open_list else "") + (f"<{list_tag}>" if list_tag else ""))
            open_list = list_tag
        out.append(_block(answer, block))
    return "".join(out) + (f"</{open_list}>" if open_list else "")


def _writing(answer: Answer) -> str:
    if answer.text.strip():
        return escape(answer.stage) or "Writing"
    return f"Reading {len(answer.sources)} papers" if answer.sources else "Searching the papers"


def _state(answer: Answer, stopped: bool) -> str:
    if stopped:
        return "Stopped"
    if answer.status == "declined":
        return "Not answered by these papers"
    label = "Answered in part" if answer.status == "partial" else "Answered"
    if answer.mode == "extractive":
        is_quoted = any(sentence.evidence and not sentence.reason for sentence in answer.sentences)  # a list may show words for its figures
        label += " · sentences quoted from the abstracts" if is_quoted else " · from the list of papers"
    return label


def _understood(answer: Answer) -> str:
    asked, understood = answer.question.strip(), answer.standalone_question.strip()
    if not understood or understood == asked:
        return ""
    return f'<p class="qa-understood">Understood as: <q>{escape(understood)}</q></p>'


def _block(answer: Answer, block: Block) -> str:
    if block.kind == "code":
        return f"<pre><code>{escape(answer.text[block.start : block.end])}</code></pre>"
    content = _sentences(answer, block)
    if block.kind == "item":
        return f"<li>{content}</li>"
    if block.kind == "numbered":
        return f'<li value="{block.level}">{content}</li>'
    if block.kind == "heading":
        return f'<p class="qa-heading"><strong>{content}</strong></p>'
    return f"<p>{content}</p>"


def _sentences(answer: Answer, block: Block) -> str:
    cuts = [offset for s in answer.sentences for offset in (s.start, s.end)]
    pieces = [piece for token in tokens(answer.text, block.start, block.end) for piece in split_at(token, cuts)]
    runs = groupby(pieces, key=lambda piece: _owner(answer.sentences, piece))
    return "".join(_sentence(answer, owner, list(run)) for owner, run in runs)


def _owner(sentences: tuple[Sentence, ...], piece: Token) -> int | None:
    for index, sentence in enumerate(sentences):
        if sentence.start <= piece.start < sentence.end:
            return index
    # A mark written after the full stop belongs to the sentence that it follows.
    if piece.numbers:
        before = [index for index, sentence in enumerate(sentences) if sentence.end <= piece.start]
        return before[-1] if before else None
    return None


def _sentence(answer: Answer, index: int | None, pieces: list[Token]) -> str:
    inner = "".join(
        "".join(_citation(answer, piece, index) for piece in run) if is_cited else _said("".join(token_html(piece) for piece in run))
        for is_cited, run in groupby(pieces, key=lambda piece: bool(piece.numbers))
    )
    if index is None or not inner.strip():
        return inner
    sentence = answer.sentences[index]
    was_raised = sentence.support == "supported" and sentence.local_support not in (None, "supported")
    if (sentence.support == "supported" and not was_raised) or not answer.is_final:
        return f'<span class="qa-sentence qa-sen-{index}">{inner}</span>'
    label = _SUPPORT_LABELS[sentence.support]
    reason = as_sentence(sentence.reason) or _FALLBACK_REASONS[sentence.support]
    if sentence.judged_by:
        label += ", says a judge"
        reason = f"{sentence.judged_by}; the local check said {sentence.local_support}. {reason}".strip()
    reason = escape(reason)
    return (
        f'<span class="qa-sentence qa-sen-{index} qa-{sentence.support}">{inner}'
        f'<button type="button" class="qa-note" title="{label}: {reason}">'
        f'<span class="qa-note-label">{label}</span><span class="qa-sr">: {reason}</span></button></span>'
    )


def _said(words: str) -> str:
    """Wrap words without the space at both ends, so that the underline of a weak sentence ends where they end."""
    inner = words.strip()
    before, _, after = words.partition(inner) if inner else (words, "", "")
    return f'{before}<span class="qa-said">{inner}</span>{after}' if inner else words


def _citation(answer: Answer, piece: Token, owner: int | None) -> str:
    by_number = {source.number: source for source in answer.sources}
    return "".join(
        _invented(n) if piece.kind == "invented" or (answer.is_final and n not in by_number) else _mark(answer, n, by_number.get(n), owner)
        for n in piece.numbers
    )


def _invented(number: int) -> str:
    return f'<s class="qa-invented" title="Invented citation: no retrieved paper has this number">[{number}]</s>'


def _mark(answer: Answer, number: int, source: Source | None, owner: int | None) -> str:
    spoken = f'<span class="qa-sr"> Source {number}: {escape(source.title)}</span>' if source else ""
    sentence = ""
    if owner is not None:
        carried = answer.sentences[owner]
        sentence = f" qa-of-{owner}" + (" qa-factual" if carried.support == "supported" and not carried.evidence else "")
    return f'<button type="button" class="qa-cite qa-src-{number}{sentence}"><span class="qa-n">{number}</span>{spoken}</button>'


def _cited(answer: Answer) -> str:
    return _titles("Cited papers", "qa-cited", [s for s in answer.sources if s.cited])


def _nearest(answer: Answer) -> str:
    if answer.status == "answered":
        return ""
    return _titles("Nearest papers", "qa-nearest", [s for s in answer.sources if not s.cited][:4])


def _titles(heading: str, look: str, sources: list[Source]) -> str:
    if not sources:
        return ""
    items = "".join(
        f'<li value="{s.number}"><span class="qa-n">[{s.number}]</span>'
        f'<button type="button" class="qa-open qa-src-{s.number}">{inline_html(s.title)}</button>'
        f'<span class="qa-under">{escape(byline(s))}{link(s.url)}</span></li>'
        for s in sources
    )
    titles = f'<ol class="qa-titles {look}">{items}</ol>'
    if len(sources) > _MOST_TITLES:
        return f'<details class="qa-many"><summary class="qa-list-heading">{heading} ({len(sources)})</summary>{titles}</details>'
    return f'<p class="qa-list-heading">{heading}</p>{titles}'


def _problems(answer: Answer) -> str:
    if not answer.problems:
        return ""
    items = "".join(f"<li>{escape(problem.message)}</li>" for problem in answer.problems)
    return f'<ul class="qa-problems">{items}</ul>'


def _meta(answer: Answer, seconds: float | None) -> str:
    who = "Extractive, no language model" if answer.mode == "extractive" else f"Written by {answer.model or 'a language model'}"
    total = answer.timings.get("total_seconds", seconds)
    facts = [who]
    if total is not None:
        facts.append(f"{total:.1f} s" if total >= 0.95 else f"{max(1, round(total * 1000))} ms")
    cited = sum(source.cited for source in answer.sources)
    if answer.sources:
        facts.append(f"{cited} of {len(answer.sources)} retrieved papers cited")
    tokens_used = answer.usage.get("total_tokens")
    if tokens_used:
        facts.append(f"{tokens_used:,} tokens")
    return f'<p class="qa-meta">{escape(" · ".join(facts))}</p>'
