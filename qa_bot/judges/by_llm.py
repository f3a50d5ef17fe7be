"""Knows how an LLM is asked for verdicts: the prompt, proof against what the material says, and the reading of its JSON.

Leaves the endpoint to `llm` and what a verdict changes to `joining`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from qa_bot.citations.harmless import for_prompt
from qa_bot.config import Settings, resource_dir
from qa_bot.judges.opinions import Doubt, JudgeError, Opinion, Opinions, shown_name, stretch_of
from qa_bot.llm import ChatModel, Reply, open_llm
from qa_bot.llm.wire import answer_tokens
from qa_bot.prompts.templates import Template, read_template
from qa_bot.prompts.tokens import count_tokens, first_tokens
from qa_bot.schema import Source, Span, Support
from qa_bot.support import JointJudgement

MAX_TOKENS = 2_000  # of a reply; a dozen verdicts with quotes take half
LONGEST_CLAIM = 2_000  # characters
_MARGIN = 0.8  # other vocabularies cut the same text into up to a fifth more tokens
_VERDICTS: dict[str, tuple[Support, bool]] = {
    "supported": ("supported", False), "partly": ("weak", False), "unsupported": ("unsupported", False), "contradicted": ("unsupported", True),
}  # fmt: skip
_SLOTS = frozenset({"papers", "sentences"})
_EASY = "Sparrows nest in the walls of old barns."


def judge_settings(settings: Settings) -> Settings:
    """Return settings under which the LLM client reaches the judge: QA_BOT_JUDGE_* where set, else the LLM's; at temperature 0.

    Another endpoint is told neither the LLM's key nor its model.
    """
    update: dict[str, Any] = {"llm_temperature": 0.0}
    if getattr(settings, "judge_kind", "llm") == "llm":
        if settings.judge_base_url is not None and settings.judge_base_url != getattr(settings, "llm_base_url", None):
            update |= {"llm_base_url": settings.judge_base_url, "llm_model": None, "llm_api_key": None}
        if settings.judge_model is not None:
            update["llm_model"] = settings.judge_model
        if settings.judge_api_key is not None:
            update["llm_api_key"] = settings.judge_api_key
    return settings.model_copy(update=update)


class LLMJudge:
    """A chat model that judges; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        own = judge_settings(settings)
        own = own.model_copy(update={"llm_timeout_seconds": settings.judge_timeout_seconds, "llm_max_tokens": max(MAX_TOKENS, own.llm_max_tokens)})
        self.template = _template(settings.prompts_dir)
        self._model: ChatModel = open_llm(own, prefix="QA_BOT_JUDGE")
        self._room = int((own.llm_context_window - answer_tokens(own.llm_context_window, own.llm_max_tokens)) * _MARGIN)
        self._at = settings.judge_base_url or settings.llm_base_url or "the OpenAI API"

    @property
    def where(self) -> str:
        return f"The judge {shown_name(self._model.model)}" if self._model.model else "The judge"

    def opinions(self, doubts: Sequence[Doubt], *, is_wanted: Callable[[], bool] = lambda: True) -> Opinions:
        """Ask about all doubts in one request, and once more where the reply cannot be read."""
        prompt, shown = prompt_of(doubts, self.template, room=self._room)
        messages = [{"role": "user", "content": prompt}]
        for _ in range(2):
            reply = self._reply(messages, is_wanted)
            try:
                found, unusable = read_verdicts(reply.text, shown)
            except ValueError as error:
                fault = str(error)
                again = f"That cannot be read: {fault}. Reply with the JSON object only."
                messages = [*messages[:1], {"role": "assistant", "content": reply.text}, {"role": "user", "content": again}]
                continue
            return Opinions(shown_name(reply.model), found, unusable, left_out=len(doubts) - len(shown), usage=reply.usage)
        raise JudgeError(f"{self.where} gave no verdicts that can be read: {fault}. Choose another model in QA_BOT_JUDGE_MODEL.", kind="reply")

    def try_out(self) -> str:
        source = Source(1, "probe", "Birds of the farmyard", (), None, None, 1.0, True, _EASY)
        opinions = self.opinions([Doubt(0, "Sparrows nest in old barns.", (source,), JointJudgement("weak", 0.5, (), ""))])
        said = opinions.found[0].support if opinions.found else "nothing that can be used"
        return f"{opinions.judge} at {self._at} judges (an easy sentence: {said})"

    def _reply(self, messages: Sequence[dict[str, str]], is_wanted: Callable[[], bool]) -> Reply:
        with closing(self._model.stream(messages)) as replies:
            for reply in replies:
                if not is_wanted():
                    raise JudgeError(f"{self.where} was not waited for any longer.", kind="timeout")
        return reply


def _template(prompts_dir: Path | None) -> Template:
    own = prompts_dir / "judge_sentences.md" if prompts_dir else None
    path = own if own and own.is_file() else resource_dir("prompts") / "judge_sentences.md"
    return read_template(path, required=_SLOTS, optional=frozenset())


def prompt_of(doubts: Sequence[Doubt], template: Template, *, room: int) -> tuple[str, list[Doubt]]:
    """Write the prompt and return it with the doubts that it holds: as many as fit into `room` tokens, at least one.

    Each paper stands in it once. An abstract of more than a third of the room is cut.
    """
    papers: dict[str, str] = {}
    numbers: dict[str, int] = {}
    lines: list[str] = []
    shown: list[Doubt] = []
    used = count_tokens(template.text)
    for doubt in doubts:
        new = {source.paper_id: source for source in doubt.sources if source.paper_id not in papers}
        ranks = {paper_id: len(numbers) + n for n, paper_id in enumerate(new, 1)}
        blocks = {paper_id: _paper(ranks[paper_id], source, room // 3) for paper_id, source in new.items()}
        cited = ", ".join(str((numbers | ranks)[source.paper_id]) for source in doubt.sources)
        line = f'<sentence number="{len(shown) + 1}" papers="{cited}">{inside(doubt.claim[:LONGEST_CLAIM])}</sentence>'
        cost = sum(count_tokens(text) + 1 for text in (*blocks.values(), line))
        if shown and used + cost > room:
            continue
        papers |= blocks
        numbers |= ranks
        lines.append(line)
        shown.append(doubt)
        used += cost
    return template.fill({"papers": "\n".join(papers.values()), "sentences": "\n".join(lines)}), shown


def _paper(number: int, source: Source, most_tokens: int) -> str:
    about = " ".join(part for part in (source.title, f"({', '.join(source.authors[:3])}, {source.year})" if source.authors else "") if part)
    abstract = first_tokens(inside(source.text), max(most_tokens, 64))
    return f'<paper number="{number}">\n<title>{inside(about)}</title>\n<abstract>{abstract}</abstract>\n</paper>'


def inside(text: str) -> str:
    """Return words of a stranger as they may stand inside a tag: no control token, and nothing that opens or closes a tag."""
    return re.sub(r"<(?=\s*/?\s*\w)", "‹", for_prompt(text))


def read_verdicts(reply: str, doubts: Sequence[Doubt]) -> tuple[dict[int, Opinion], list[str]]:
    """Read a judge's JSON: opinions by place among the doubts, and why the others have none.

    A verdict counts only with a number that was asked and was given once, a known word, and quotes that are words of the cited
    abstracts. Raise ValueError where nothing of the reply is a verdict.
    """
    start, end = reply.find("{"), reply.rfind("}")
    if start < 0 or end < start:
        raise ValueError("there is no JSON object")
    try:
        entries = json.loads(reply[start : end + 1]).get("verdicts")
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    if not isinstance(entries, list):
        raise ValueError('there is no list "verdicts"')
    given: dict[int, list[dict]] = {}
    for entry in entries:
        if isinstance(entry, dict) and str(entry.get("number")).isascii() and str(entry.get("number")).isdigit():
            given.setdefault(int(entry["number"]) - 1, []).append(entry)
    if not any(place in given for place in range(len(doubts))):
        raise ValueError("no entry has the number of a sentence")
    found: dict[int, Opinion] = {}
    unusable: list[str] = []
    for place, doubt in enumerate(doubts):
        opinion = _opinion(given.get(place, []), doubt)
        if isinstance(opinion, str):
            unusable.append(opinion)
        else:
            found[place] = opinion
    return found, unusable


def _opinion(entries: Sequence[dict], doubt: Doubt) -> Opinion | str:
    """Return the opinion of one sentence's entries, or why there is none."""
    if len(entries) != 1:
        return "two verdicts for one sentence" if entries else "no verdict"
    verdict = str(entries[0].get("verdict", "")).strip().lower()
    if verdict not in _VERDICTS:
        return "an unknown verdict"
    quotes = entries[0].get("quotes", entries[0].get("quote")) or []
    quotes = [quotes] if isinstance(quotes, str) else quotes
    if not isinstance(quotes, list) or not all(isinstance(quote, str) for quote in quotes):
        return "quotes that are no words"
    stretches = [_stretch(quote, doubt) for quote in quotes[:8] if quote.strip()]
    if not all(stretches):
        return "a quote that is not in the abstract"
    support, contradicts = _VERDICTS[verdict]
    return Opinion(support, tuple(dict.fromkeys(stretches)), contradicts)


def _stretch(quote: str, doubt: Doubt) -> tuple[int, Span] | None:
    for place, source in enumerate(doubt.sources):
        if span := stretch_of(quote, source.text):
            return place, span
    return None
