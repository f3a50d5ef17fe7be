"""Knows the form of a prompt file: plain text with named slots like {question}, checked when read.

Leaves which files and slots there are to `prompts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qa_bot.schema import QABotError

# {{word}} stands for the plain text {word}; braces around anything else, as in JSON or LaTeX, are text already.
_SLOT = re.compile(r"\{\{([a-z_]+)\}\}|\{([a-z_]+)\}")


class PromptError(QABotError):
    """A prompt file cannot be used, or nothing fits into the model's window."""


@dataclass(frozen=True)
class Template:
    """One prompt file: its text and the slots that may be filled in it."""

    name: str
    text: str

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with its slots filled; what is filled in is never read for slots itself.

        A line all of whose slots stay empty is left out, so that "Year: {year}" vanishes for a paper without a year.
        """
        lines = []
        for line in self.text.splitlines():
            slots = [match[2] for match in _SLOT.finditer(line) if match[2]]
            if not slots or any(values.get(slot) for slot in slots):
                lines.append(_SLOT.sub(lambda match: f"{{{match[1]}}}" if match[1] else values.get(match[2], ""), line))
            elif lines and lines[-1] == "":
                lines.pop()
        return "\n".join(lines).strip()

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(match[2] for match in _SLOT.finditer(self.text) if match[2])


def read_template(path: Path, *, required: frozenset[str], optional: frozenset[str]) -> Template:
    """Read one prompt file. Raise PromptError naming the file and the slots that are missing or unknown."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(
            f"The prompt file {path} cannot be read ({error}). Save it as UTF-8 text, or delete it to use the one of the package."
        ) from error
    template = Template(path.name, text)
    missing, unknown = required - template.slots, template.slots - required - optional
    if missing or unknown:
        what = [f"lacks {_listed(missing)}"] * bool(missing) + [f"has {_listed(unknown)}, which nothing fills"] * bool(unknown)
        hint = " Write a plain {word} as {{word}}." if unknown else ""
        raise PromptError(f"The prompt file {path} {' and '.join(what)}. It takes {_listed(required | optional)}.{hint}")
    return template


def _listed(slots: frozenset[str]) -> str:
    return ", ".join(f"{{{slot}}}" for slot in sorted(slots)) or "no slots"
