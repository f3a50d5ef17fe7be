"""Knows how the settings form looks; its fields are named as `choices.choices_from` reads them.

Leaves what they mean to `choices`.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_bot.config import Settings
from qa_bot.schema import Paper
from qa_bot.window.choices import LENGTHS, MODES, MOST_SOURCES
from qa_bot.window.inert import escape


def settings_form(settings: Settings, papers: Sequence[Paper] = (), *, may_name_endpoint: bool = True) -> str:
    """Render the form with its defaults; what a visitor chose is kept by the page's script, the key by nobody."""
    categories = sorted({c for p in papers for c in p.categories})
    files = sorted({o.file for p in papers for o in p.origins})
    where = escape(settings.llm_base_url or ("OpenAI" if settings.llm_is_configured else "none, for example http://localhost:11434/v1"))
    endpoint = (
        f'<label class="qa-wide">Endpoint (OpenAI-compatible)<input name="base_url" inputmode="url" autocomplete="off" placeholder="{where}"></label>'
        f'<label>Model<input name="model" list="qa-models" autocomplete="off" placeholder="{escape(settings.llm_model or "the first it lists")}"></label>'
        '<label>Key<input name="key" type="password" autocomplete="off" placeholder="none needed for local servers"></label>'
        '<p class="qa-set-note">A key stays in memory while this page is open. It is not written down, shown again or logged.</p>'
        '<div class="qa-set-do"><button type="button" class="qa-try">Test the endpoint</button></div>'
    )
    if not may_name_endpoint:
        endpoint = (
            '<p class="qa-set-note">This window is open to other machines, so who runs it sets the endpoint: '
            "QA_BOT_LLM_BASE_URL, QA_BOT_LLM_MODEL and QA_BOT_LLM_API_KEY.</p>"
        )
    return (
        '<form class="qa-settings" aria-label="Settings">'
        f'<fieldset><legend>Who writes the answers</legend><label class="qa-wide">Written by{_select("mode", MODES.items())}</label>{endpoint}</fieldset>'
        "<fieldset><legend>How they are made</legend>"
        f'<label>Papers an answer may draw on<input name="top_k" type="number" min="1" max="{MOST_SOURCES}" placeholder="{settings.top_k}"></label>'
        f'<label>Length, with a language model{_select("length", LENGTHS.items())}</label></fieldset>'
        "<fieldset><legend>Only from these papers</legend>"
        '<label class="qa-wide">Author<input name="author" placeholder="Any" autocomplete="off"></label>'
        f'<label>Category{_select("category", [("", "Any"), *((c, c) for c in categories)])}</label>'
        f'<label>File{_select("file", [("", "Any"), *((f, f) for f in files)])}</label>'
        '<label>From year<input name="year_from" type="number" placeholder="Any"></label>'
        '<label>To year<input name="year_to" type="number" placeholder="Any"></label></fieldset>'
        '<div class="qa-set-do"><button type="submit" class="qa-use">Use these settings</button><button type="reset">Reset</button></div></form>'
    )


def model_list(names: Sequence[str]) -> str:
    """Render the models that a server listed, for the model field to offer."""
    options = "".join(f'<option value="{escape(name)}">' for name in names[:500])
    return f'<datalist id="qa-models">{options}</datalist>'


def _select(name: str, choices: Sequence[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in choices)
    return f'<select name="{name}">{options}</select>'
