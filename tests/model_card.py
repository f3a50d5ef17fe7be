"""Holds the card of a model that goes with the embedding model to its file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from conftest import REPOSITORY


def check_card(file: Path) -> None:
    card = (file.parent / "MODEL_CARD.md").read_text(encoding="utf-8")
    content = file.read_bytes()
    assert hashlib.sha256(content).hexdigest() in card and f"{len(content):,} bytes" in card
    config = json.loads((REPOSITORY / "qa_bot/models/all-MiniLM-L6-v2/config.json").read_text(encoding="utf-8"))
    assert config["vectors_sha256"][:12] in card, "it fits one model alone"
