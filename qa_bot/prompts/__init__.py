"""Knows the prompts: the templates of `prompts/`, how sources and history are written into them, the token budget.

Leaves the network to `llm` and citations in what comes back to `citations`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from qa_bot.citations.marks import find_marks, without_strikes
from qa_bot.config import resource_dir
from qa_bot.citations.harmless import for_prompt
from qa_bot.llm.wire import answer_tokens
from qa_bot.schema import Source
from qa_bot.prompts.status_sign import split_status
from qa_bot.prompts.templates import PromptError, Template, read_template
from qa_bot.prompts.tokens import count_tokens, first_tokens

__all__ = ["Prompt", "PromptError", "Templates", "answer_prompt", "condense_prompt", "load_templates", "split_status"]

History = Sequence[tuple[str, str]]
Message = dict[str, str]

# The files of an answer: the slots that each must have, and those that it may have.
_SLOTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "answer_system": (frozenset(), frozenset({"today"})),
    "answer_user": (frozenset({"sources", "question"}), frozenset({"collection_facts", "today"})),
    "source": (frozenset({"number", "title", "abstract"}), frozenset({"authors", "year", "url", "categories"})),
    "collection_facts": (frozenset({"facts"}), frozenset({"today"})),
    "condense": (frozenset({"history", "question"}), frozenset({"today"})),
}
# Other models' vocabularies cut the same text into up to a fifth more tokens than the one that is counted with.
_MARGIN = 0.8
_TOKENS_PER_MESSAGE = 4
_AUTHORS_SHOWN = 4


@dataclass(frozen=True)
class Templates:
    """The prompt files in use. `digest` changes with any of their texts: evaluation runs keep it."""

    answer_system: Template
    answer_user: Template
    source: Template
    collection_facts: Template
    condense: Template
    digest: str


@dataclass(frozen=True)
class Prompt:
    """What is sent to write an answer, and what of the material did not fit.

    `sources` bear the numbers of the prompt, 1..n; `left_out` go on counting from there. `shortened` are those of
    `sources` whose abstract was cut; `tokens` is an estimate.
    """

    messages: tuple[Message, ...]
    sources: tuple[Source, ...]
    left_out: tuple[Source, ...] = ()
    shortened: tuple[Source, ...] = ()
    history_left_out: int = 0
    question_is_shortened: bool = False
    facts_are_shortened: bool = False
    tokens: int = 0


def load_templates(prompts_dir: Path | None = None) -> Templates:
    """Read the prompt files, each from `prompts_dir` where it is there, else from the package. Raise PromptError."""
    package = resource_dir("prompts")
    if prompts_dir is not None:
        _check_folder(prompts_dir, package)
    read: dict[str, Template] = {}
    for name, (required, optional) in _SLOTS.items():
        own = prompts_dir / f"{name}.md" if prompts_dir else None
        path = own if own is not None and own.is_file() else package / f"{name}.md"
        read[name] = read_template(path, required=required, optional=optional)
    digest = hashlib.sha256("\0".join(f"{name}\0{template.text}" for name, template in sorted(read.items())).encode()).hexdigest()
    return Templates(**read, digest=digest)


def answer_prompt(
    question: str,
    sources: Sequence[Source],
    *,
    history: History = (),
    collection_facts: str = "",
    templates: Templates,
    context_window: int,
    max_tokens: int,
) -> Prompt:
    """Write the messages that ask for an answer, cut to the model's window.

    Sources are numbered in the order given, best first. What does not fit goes in this order: history beyond a quarter of
    the room, oldest first; the ends of abstracts longer than their share; the last sources. Raise PromptError when not
    even the first source has room.
    """
    room = _room(context_window, max_tokens)
    asked = _shortened(for_prompt(question.strip()), room // 4)
    bare = _cost(_messages(templates, asked, "", "", ()))
    facts = _first_lines(for_prompt(collection_facts.strip()), max(0, min(room // 3, room - bare - 160)))
    frame = _messages(templates, asked, "", facts, ())
    room -= _cost(frame)
    if room < (80 if sources else 0):
        raise PromptError(
            f"The model's window of {context_window} tokens is too small for the prompt. "
            "Raise QA_BOT_LLM_CONTEXT_WINDOW, lower QA_BOT_LLM_MAX_TOKENS, or shorten the files in QA_BOT_PROMPTS_DIR."
        )
    turns, told = _recent(_alternating(history), min(room // 4, room - 80 if sources else room))
    room -= _cost(turns)
    blocks, shortened = _source_blocks(sources, room, templates.source)
    numbered = tuple(replace(source, number=place) for place, source in enumerate(sources, 1))
    messages = _messages(templates, asked, "\n\n".join(blocks), facts, turns)
    return Prompt(
        messages,
        sources=numbered[: len(blocks)],
        left_out=numbered[len(blocks) :],
        shortened=tuple(numbered[place] for place in shortened if place < len(blocks)),
        history_left_out=len(history) - told,
        question_is_shortened=asked != for_prompt(question.strip()),
        facts_are_shortened=facts != for_prompt(collection_facts.strip()),
        tokens=_cost(messages),
    )


def condense_prompt(
    question: str, history: History, *, templates: Templates, context_window: int, max_tokens: int
) -> tuple[Message, ...]:
    """Write the messages that ask to make a follow-up question stand alone; the oldest history is left out first."""
    room = _room(context_window, max_tokens)
    asked = _shortened(for_prompt(question.strip()), room // 4)
    room -= _cost(({"role": "user", "content": templates.condense.fill({"question": asked, "history": "-", "today": _today()})},))
    lines: list[str] = []
    for role, text in reversed([turn for turn in history if turn[0] in ("user", "assistant") and turn[1].strip()]):
        line = f"{role.capitalize()}: {_shortened(' '.join(_turn(role, text).split()), 200)}"
        room -= count_tokens(line) + 1
        if room < 0:
            break
        lines.insert(0, line)
    content = templates.condense.fill({"question": asked, "history": "\n".join(lines) or "-", "today": _today()})
    return ({"role": "user", "content": content},)


def _check_folder(prompts_dir: Path, package: Path) -> None:
    if not prompts_dir.is_dir():
        raise PromptError(
            f"QA_BOT_PROMPTS_DIR is not a folder: {prompts_dir}. Correct it, or leave it empty for the package's own prompts."
        )
    known = {path.name for path in package.glob("*.md")}
    strange = sorted(path.name for path in prompts_dir.glob("*.md") if path.name not in known and path.stem.upper() != "README")
    if strange:
        raise PromptError(
            f"{prompts_dir} holds {', '.join(strange)}, which is no prompt of qa_bot. Its prompts "
            f"are: {', '.join(sorted(known))}."
        )


def _room(context_window: int, max_tokens: int) -> int:
    return int((context_window - answer_tokens(context_window, max_tokens)) * _MARGIN)


def _messages(templates: Templates, question: str, sources: str, facts: str, turns: Sequence[Message]) -> tuple[Message, ...]:
    today = _today()
    about = templates.collection_facts.fill({"facts": facts, "today": today}) if facts else ""
    system = templates.answer_system.fill({"today": today})
    content = templates.answer_user.fill({"sources": sources, "question": question, "collection_facts": about, "today": today})
    head = ({"role": "system", "content": system},) if system else ()
    return (*head, *turns, {"role": "user", "content": content})


def _source_blocks(sources: Sequence[Source], room: int, template: Template) -> tuple[list[str], list[int]]:
    """Return the blocks of as many sources as fit, and the places of those whose abstract was cut."""
    blocks = [_source_block(source, place, template) for place, source in enumerate(sources, 1)]
    costs = [count_tokens(block) + 2 for block in blocks]
    shortened: list[int] = []
    if sum(costs) > room and blocks:
        share = room // min(3, len(blocks))
        for place, source in enumerate(sources):
            if costs[place] > share:
                text = _as_data(source.text)
                keep = count_tokens(text) - (costs[place] - share) - 4
                blocks[place] = _source_block(source, place + 1, template, abstract=_shortened(text, max(16, keep)))
                costs[place] = count_tokens(blocks[place]) + 2
                shortened.append(place)
    fits, used = 0, 0
    for cost in costs:
        if used + cost > room and fits:
            break
        used, fits = used + cost, fits + 1
    return blocks[:fits], shortened


def _source_block(source: Source, number: int, template: Template, *, abstract: str | None = None) -> str:
    return template.fill(
        {
            "number": str(number),
            "title": for_prompt(source.title),
            "authors": _authors(source),
            "year": str(source.year or ""),
            "url": source.url or "",
            "categories": ", ".join(source.categories),
            "abstract": _as_data(source.text) if abstract is None else abstract,
        }
    )


def _authors(source: Source) -> str:
    shown = ", ".join(for_prompt(author) for author in source.authors[:_AUTHORS_SHOWN])
    return shown + (" et al." if shown and (len(source.authors) > _AUTHORS_SHOWN or not source.authors_complete) else "")


def _as_data(text: str) -> str:
    """Return an abstract as it stands in the prompt: a number in brackets in it must not pass for one of ours."""
    text = for_prompt(text)
    for mark in reversed(find_marks(text)):
        if not text[mark.start].isalnum():
            text = f"{text[: mark.start]}({', '.join(map(str, mark.numbers))}){text[mark.end :]}"
    return text


def _turn(role: str, text: str) -> str:
    """Return an earlier turn; the marks of an earlier answer count other sources than those at hand, so they go."""
    text = for_prompt(text.strip())
    if role == "user":
        return text
    text = without_strikes(text)
    for mark in reversed(find_marks(text)):
        text = text[: mark.start].rstrip(" ") + text[mark.end :]
    return text


def _alternating(history: History) -> list[tuple[Message, int]]:
    """Return user and assistant turns in turn, from a question to an answer, each with how many entries it is made of.

    The chat templates of many models refuse anything else.
    """
    turns: list[tuple[Message, int]] = []
    for role, text in history:
        if role not in ("user", "assistant") or not text.strip():
            continue
        said = _turn(role, text)
        if turns and turns[-1][0]["role"] == role:
            before, count = turns[-1]
            turns[-1] = ({"role": role, "content": f"{before['content']}\n\n{said}"}, count + 1)
        elif turns or role == "user":
            turns.append(({"role": role, "content": said}, 1))
    return turns[:-1] if turns and turns[-1][0]["role"] == "user" else turns


def _recent(turns: Sequence[tuple[Message, int]], room: int) -> tuple[list[Message], int]:
    """Return the newest questions with their answers that fit into the room, and how many entries of history they are."""
    kept: list[Message] = []
    told = 0
    for place in range(len(turns) - 2, -1, -2):
        pair = turns[place : place + 2]
        messages = [{**message, "content": _shortened(message["content"], room // 2)} for message, _ in pair]
        if _cost([*messages, *kept]) > room:
            break
        kept = [*messages, *kept]
        told += sum(count for _, count in pair)
    return kept, told


def _cost(messages: Sequence[Message]) -> int:
    return sum(count_tokens(message["content"]) + _TOKENS_PER_MESSAGE for message in messages)


def _shortened(text: str, limit: int) -> str:
    head = first_tokens(text, limit)
    return head if head == text else f"{head} …"


def _first_lines(text: str, limit: int) -> str:
    """Return the first lines that fit; where lines go, the last one says how many."""
    if not text or count_tokens(text) <= limit:
        return text
    if limit < 24:
        return ""
    lines, kept, used = text.splitlines(), [], 12
    for line in lines:
        used += count_tokens(line) + 1
        if used > limit:
            break
        kept.append(line)
    return "\n".join([*kept, f"… and {len(lines) - len(kept)} more lines that did not fit"]) if kept else _shortened(text, limit)


def _today() -> str:
    return date.today().isoformat()
