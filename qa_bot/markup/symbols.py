"""Knows the characters that LaTeX's commands, and raised and lowered letters, stand for; the only owner of pylatexenc.

Leaves formulas to `formulas` and the text around them to `markup`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

_SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᵠᵡ",
        strict=True,
    )
)
_SUBSCRIPTS = dict(zip("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
# Superscripts that are already raised, or have a character of their own.
_RAISED = {"∘": "°", "°": "°", "*": "*", "∗": "*", "⋆": "⋆", "†": "†", "‡": "‡", "'": "′", "′": "′", "⊤": "ᵀ", "⊥": "⊥"}

# Commands that change how letters look and not what they say.
STYLES = (
    "textit|textbf|textrm|texttt|textsc|textsf|textsl|textmd|textup|textnormal|text|emph|underline|mbox"
    "|mathbf|mathrm|mathit|mathsf|mathtt|boldsymbol|bm|operatorname|enquote"
)
SWITCHES = "it|em|bf|tt|sc|rm|sf|sl|itshape|bfseries|ttfamily|scshape|small|large|normalsize"
# What pylatexenc does not know, or renders in a way that is hard to read or to search.
OWN_SYMBOLS = {
    "sim": "~", "deg": "°", "epsilon": "ε", "phi": "φ", "degree": "°", "textdegree": "°", "textmu": "μ", "checkmark": "✓",
    "prime": "′", "mid": "|", "lt": "<", "gt": ">", "lfloor": "⌊", "rfloor": "⌋", "|": "‖", "colon": ":", "ldots": "…",
    "dots": "…", "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“",
    "textquotedblright": "”", "textasciitilde": "~", "textbackslash": "\\", "LaTeX": "LaTeX", "TeX": "TeX",
    "textregistered": "®", "texttrademark": "™", "eg": "e.g.", "ie": "i.e.", "etal": "et al.",
}  # fmt: skip


def scripted(text: str, *, raised: bool) -> str | None:
    """Return letters raised or lowered, None where they have no such form or would be hard to read."""
    if raised and text in _RAISED:
        return _RAISED[text]
    if len(re.findall("[A-Za-z]", text)) > 2:  # a whole word in raised letters is hard to read
        return None
    table = _SUPERSCRIPTS if raised else _SUBSCRIPTS
    return "".join(table[c] for c in text) if all(c in table for c in text) else None


@lru_cache(maxsize=4096)
def symbol_of(command: str) -> str:
    """Return the character that a LaTeX command without arguments stands for, empty where none is known."""
    if command in OWN_SYMBOLS:
        return OWN_SYMBOLS[command]
    spec = _latex_reader().latex_context.get_macro_spec(command)
    known = getattr(spec, "simplify_repl", None)
    return known.strip() if isinstance(known, str) and "%" not in known and "<" not in known.strip("<") else ""


@lru_cache(maxsize=1024)
def latex_text(source: str) -> str:
    """Return what one well-formed LaTeX command with its argument stands for."""
    return _latex_reader().latex_to_text(source).strip()


@lru_cache(maxsize=1)
def _latex_reader() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text")
