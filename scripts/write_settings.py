"""Writes .env.example and the README's table of settings from qa_bot/config.py; tests keep all three equal.

    python scripts/write_settings.py
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from pydantic_core import PydanticUndefined

from qa_bot.config import Settings

REPOSITORY = Path(__file__).parent.parent
HEAD = """\
# Copy this file to .env and fill in what you need; everything may stay as it is.
# Arguments win over the environment, the environment over this file, this file over the defaults.
"""


def settings() -> Iterator[tuple[str, str, str]]:
    """Yield (variable, default as text, description) of every setting."""
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, PydanticUndefined) else str(field.default)
        yield f"QA_BOT_{name.upper()}", default, field.description or ""


def example() -> str:
    """Return the text of .env.example: every setting, commented out with its default."""
    wrapped = (
        (textwrap.fill(text, 110, initial_indent="# ", subsequent_indent="# "), variable, default) for variable, default, text in settings()
    )
    return "\n".join([HEAD, *(f"{text}\n#{variable}={default}\n" for text, variable, default in wrapped)])


def table() -> str:
    """Return the README's table of settings."""
    rows = (f"| `{variable}` | {default and f'`{default}`'} | {text} |" for variable, default, text in settings())
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def with_table(readme: str) -> str:
    """Return the README with its table of settings made anew."""
    return re.sub(r"(<!-- settings table -->\n).*?(<!-- end of settings -->)", lambda m: f"{m[1]}{table()}\n{m[2]}", readme, flags=re.S)


if __name__ == "__main__":
    (REPOSITORY / ".env.example").write_text(example(), encoding="utf-8")
    readme = REPOSITORY / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
