"""Knows the second opinion: which sentences of an answer a judge is asked about, who that is, and what it may change.

`opinions` has the nouns, `by_llm` and `by_nli` ask, `joining` chooses and joins. Leaves the first verdict to `support`.
"""

from __future__ import annotations

from qa_bot.config import Settings
from qa_bot.judges.by_llm import LLMJudge, judge_settings
from qa_bot.judges.by_nli import NLIJudge
from qa_bot.judges.joining import Heard, ask, doubts_of, with_opinions
from qa_bot.judges.opinions import Doubt, Judge, JudgeError, Opinion, Opinions

__all__ = ["Doubt", "Heard", "Judge", "JudgeError", "Opinion", "Opinions", "ask", "doubts_of", "judge_settings", "open_judge", "with_opinions"]


def open_judge(settings: Settings) -> Judge | None:
    """Return the judge that the settings name for answers, None where they name none or want it asked about no sentence.

    Nothing is sent yet. Raise JudgeError or PromptError for settings that cannot be used.
    """
    if not settings.judge_is_configured or not settings.judge_max_sentences:
        return None
    return NLIJudge(settings) if settings.judge_kind == "nli" else LLMJudge(settings)
