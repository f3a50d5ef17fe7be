"""Knows the page around the conversation: its style and script, the header, the first words, the evidence panel.

Leaves the widgets to `app`. Everything is inline: the page fetches nothing but what the window's own server has.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any

from qa_bot.window.inert import escape

_TOOLS = (
    '<div class="qa-tools"><button type="button" class="qa-new">New</button>'
    '<button type="button" class="qa-show" value="qa-drawer">Conversations</button>'
    '<button type="button" class="qa-show" value="qa-export">Save</button></div>'
)
_EXPORTS = (
    ("markdown", "Markdown with references"), ("html", "Web page with references"), ("bibtex", "Cited papers as BibTeX"), ("ris", "Cited papers as RIS"),
)  # fmt: skip
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
    return f'<header class="qa-header"><h1>qa_bot{count}</h1>{line}{_TOOLS}</header>'


def dialogs() -> str:
    """Render what opens over the page: the conversations kept in this browser, and the ways to save one."""
    forms = "".join(f'<button type="button" class="qa-export" value="{form}">{label}</button>' for form, label in _EXPORTS)
    return (
        '<dialog id="qa-drawer" aria-label="Conversations"><div class="qa-dialog-head"><h2>Conversations</h2>'
        '<button type="button" class="qa-close">Close</button></div><button type="button" class="qa-new">New conversation</button>'
        '<ul class="qa-kept"></ul><p class="qa-dialog-note">Kept in this browser only.</p></dialog>'
        '<dialog id="qa-export" aria-label="Save this conversation"><div class="qa-dialog-head"><h2>Save this conversation</h2>'
        f'<button type="button" class="qa-close">Close</button></div><div class="qa-exports">{forms}</div></dialog>'
    )


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


def to_script(kind: str, **facts: Any) -> dict[str, Any]:
    """Return a message for the page's script; the time makes every message a new one."""
    return {"kind": kind, "at": time.time(), **facts}


def message(text: str, *, is_error: bool = False, is_busy: bool = False) -> str:
    """Render what came of something that was done, line by line."""
    look = "qa-said-error" if is_error else "qa-said-done"
    dots = '<span class="qa-dots"></span>' if is_busy else ""
    return f'<p class="qa-notice {look}" role="{"alert" if is_error else "status"}">{escape(text).replace("&#10;", "<br>")}{dots}</p>'
