"""Knows how any llama-index LLM is asked as the endpoint is.

Leaves importing llama-index to the moment that such an LLM, and so the package, is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qa_bot.config import Settings
from qa_bot.llm.errors import LLMError
from qa_bot.llm.thinking import Visible
from qa_bot.llm.wire import Messages, Reply, field_of, final_reply, token_counts


class LlamaIndexModel:
    """Any llama-index LLM instance as a ChatModel; its own settings rule, so `max_tokens` of `complete` is not passed on."""

    def __init__(self, llm: Any, settings: Settings) -> None:
        self._llm = llm
        try:
            metadata = llm.metadata
            self.model = str(metadata.model_name or llm.class_name())
            self.context_window = int(metadata.context_window)
        except ValueError:  # llama-index's OpenAI class does not know newer models' names
            self.model = str(getattr(llm, "model", "") or llm.class_name())
            self.context_window = settings.llm_context_window

    def stream(self, messages: Messages) -> Iterator[Reply]:
        from llama_index.core.llms import ChatMessage

        chat = [ChatMessage(role=message["role"], content=message["content"]) for message in messages]
        visible, seen, raw = Visible(), "", None
        try:
            try:
                responses = self._llm.stream_chat(chat)
            except NotImplementedError:  # an LLM of llama-index that cannot stream
                responses = iter([self._llm.chat(chat)])
            for response in responses:
                raw = getattr(response, "raw", None) or raw
                whole = response.message.content or ""
                # Most give the whole text each time, some only the delta.
                grew = len(whole) > len(seen) and whole.startswith(seen)
                piece = whole[len(seen) :] if grew else (response.delta or "")
                seen += piece
                visible.feed(piece)
                yield Reply(visible.text, model=self.model, is_thinking=visible.is_thinking)
        except LLMError:
            raise
        except Exception as error:  # any library may sit behind it: every failure of it becomes the one kind we have
            words = " ".join(str(error).split())[:240] or type(error).__name__
            message = f'The model "{self.model}" given as llm= failed: {words} ({type(error).__name__}). Check how it was made.'
            raise LLMError(message, kind="server") from error
        choices = field_of(raw, "choices") or []
        finish = field_of(choices[0], "finish_reason") if choices else None
        usage = token_counts(field_of(raw, "usage"))
        yield final_reply(visible, finish or "stop", usage, model=self.model, where="The model given as llm=", received=len(seen))

    def complete(self, messages: Messages, *, max_tokens: int | None = None) -> Reply:
        *_, last = self.stream(messages)
        return last

    def list_models(self) -> list[str]:
        return [self.model]
