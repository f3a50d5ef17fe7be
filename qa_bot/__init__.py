"""Ask a collection of papers in plain words; every sentence of the answer shows the words that carry it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

# Libraries read these when they are imported; set here, before any module of the package can import one.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime 1.31 sends events to its maker, from native code

from qa_bot.schema import Answer, Filters, QABotError

if TYPE_CHECKING:
    from qa_bot.config import Settings
    from qa_bot.query_engine import PaperQueryEngine, PaperRetriever

__version__ = "0.1.0"
__all__ = ["Answer", "Filters", "PaperQueryEngine", "PaperRetriever", "QABotError", "Settings"]

_LATE = {"PaperQueryEngine": "qa_bot.query_engine", "PaperRetriever": "qa_bot.query_engine", "Settings": "qa_bot.config"}


def __getattr__(name: str) -> object:
    # llama-index takes seconds to import: `import qa_bot` alone, and the command line, must not pay for it.
    if name not in _LATE:
        raise AttributeError(f"module 'qa_bot' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATE[name]), name)
