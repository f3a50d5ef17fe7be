"""Knows the LLM: an OpenAI-compatible chat endpoint, or any llama-index LLM, behind one small interface.

Leaves papers, prompts and citations to others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from qa_bot.config import Settings
from qa_bot.llm.endpoint import EndpointModel
from qa_bot.llm.errors import LLMError
from qa_bot.llm.llama_index_model import LlamaIndexModel
from qa_bot.llm.wire import Messages, Reply

__all__ = ["ChatModel", "EndpointModel", "LLMError", "LlamaIndexModel", "Reply", "open_llm"]


class ChatModel(Protocol):
    """What writes answers. `model` is "" until a name left to the server has been asked for."""

    context_window: int

    @property
    def model(self) -> str: ...

    def stream(self, messages: Messages) -> Iterator[Reply]:
        """Yield growing replies, the last one final; while the model thinks, `text` stays as it is. Raise LLMError.

        Closing the generator closes the HTTP stream, which stops most servers.
        """
        ...

    def complete(self, messages: Messages, *, max_tokens: int | None = None) -> Reply:
        """Return the final reply. Raise LLMError."""
        ...

    def list_models(self) -> list[str]:
        """Return the names that the endpoint offers. Raise LLMError."""
        ...


def open_llm(settings: Settings, *, llm: Any = None, prefix: str = "QA_BOT_LLM") -> ChatModel | None:
    """Return the model that `llm` (a llama-index LLM, or a ChatModel) or else the settings describe; None when neither does.

    Nothing is sent or imported yet: a wrong address or key shows at the first request. `prefix` is how the variables begin
    that messages name.
    """
    if llm is not None:
        if hasattr(llm, "stream_chat") and hasattr(llm, "metadata"):
            return LlamaIndexModel(llm, settings)
        if hasattr(llm, "stream") and hasattr(llm, "complete") and hasattr(llm, "context_window"):
            return llm
        raise LLMError(f"llm= takes a llama-index LLM, not {type(llm).__name__}.", kind="model")
    return EndpointModel(settings, prefix=prefix) if settings.llm_is_configured else None
