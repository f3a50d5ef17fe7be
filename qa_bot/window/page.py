"""Knows the page around the conversation: its style and script, the header, the first words, the evidence panel.

Leaves the widgets to `app`. Everything is inline: the page fetches nothing but what the window's own server has.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from qa_bot.window.inert import escape

STATIC = Path(__file__).parent / "static"


@cache
def style() -> str:
    """Return the style sheet as an element."""
    return f"<style>{(STATIC / 'window.css').read_text(encoding='utf-8')}</style>"


@cache
def script() -> str:
    """Return the page's script, which runs once with `element` and `trigger` of the channel (see `app`)."""
    return (STATIC / "window.js").read_text(encoding="utf-8")


def header(mode_line: str, *, papers: int | None = None, error: str = "", is_opening: bool = False) -> str:
    """Render the line on top: what this is, how many papers it holds, which mode and model answers."""
    count = "" if papers is None else f'<span class="qa-count">{papers:,} {"paper" if papers == 1 else "papers"}</span>'
    if error:
        line = f'<p class="qa-mode qa-mode-error" role="alert">{escape(error)}</p>'
    else:
        busy = '<span class="qa-dots"></span>' if is_opening else ""
        line = f'<p class="qa-mode" role="status">{escape(mode_line)}{busy}</p>'
    return f'<header class="qa-header"><h1>qa_bot{count}</h1>{line}</header>'


def welcome(*, papers: int | None = None) -> str:
    """Render what an empty conversation says."""
    what = "your papers" if papers is None else f"{papers:,} papers"
    return (
        f'<div class="qa-welcome"><p class="qa-welcome-title">Ask {what}</p>'
        "<p>Every sentence of an answer names the paper it comes from and shows the words that carry it.</p></div>"
    )


def panel() -> str:
    """Render the empty evidence panel; the page's script fills it from the answer that was chosen."""
    return (
        '<aside id="qa-panel" class="qa-panel" aria-label="Evidence" tabindex="-1">'
        '<div class="qa-panel-head"><h2>Evidence</h2><button type="button" class="qa-panel-close" title="Close (Escape)">Close</button></div>'
        '<div class="qa-panel-body"><p class="qa-panel-empty">The abstracts behind an answer appear here, '
        "with the words that carry each sentence marked.</p></div></aside>"
    )
