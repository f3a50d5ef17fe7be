"""A scripted engine with the interface of the real one, and answers made of real schema objects."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa_bot.schema import Answer, Evidence, Filters, Origin, Paper, Problem, QABotError, Sentence, Source, Version

PALIGEMMA = (
    "PaliGemma is an open Vision-Language Model (VLM) that is based on the SigLIP-So400m vision encoder and the Gemma-2B language model. "
    "It is trained to be a versatile and broadly knowledgeable base model that is effective to transfer. "
    "It achieves strong performance on a wide variety of open-world tasks."
)
BOOTSTAP_NEW = "BootsTAP reaches 67.4% on TAP-Vid. Endowing models with greater understanding of physics and motion is useful."
BOOTSTAP_OLD = "BootsTAP reaches 66.4% on TAP-Vid. Endowing models with understanding of physics and motion is useful."
HOSTILE = '<img src=x onerror="window.pwned=1"> ![x](http://evil.invalid/p.png) {{7*7}} ${window.pwned=2} <script>window.pwned=3</script>'


class ScriptError(QABotError):
    """What the scripted engine fails with."""


def paper(paper_id: str, title: str, *abstracts: str, authors: tuple[str, ...] = ("Lucas Beyer", "Andreas Steiner"), year: int = 2024) -> Paper:
    versions = tuple(
        Version(text, text, f"{year - n}-07-10", (Origin("file.txt", n + 1, f"{paper_id}-{n}"),)) for n, text in enumerate(abstracts)
    )
    return Paper(
        paper_id, title, versions, authors=authors, date=f"{year}-07-10", categories=("CV",), arxiv_id="2407.07726",
        url="https://arxiv.org/abs/2407.07726",
    )  # fmt: skip


PAPERS = (
    paper("p1", "PaliGemma: A versatile 3B VLM for transfer", PALIGEMMA),
    paper("p2", "BootsTAP: Bootstrapped Training for Tracking-Any-Point", BOOTSTAP_NEW, BOOTSTAP_OLD, authors=("Carl Doersch",)),
    paper("p3", HOSTILE, f"An abstract that says {HOSTILE} and nothing else.", authors=("<b>Mallory</b>",)),
)


def answer_with(text: str, *, support: Sequence[str] = (), quotes: Sequence[tuple[int, str]] = (), **changes: object) -> Answer:
    """Make an answer: sentences are cut at full stops, sentence i is carried by quotes[i] = (source number, words)."""
    cited = [int(n) for n in dict.fromkeys(re.findall(r"(?<!~~)\[(\d+)\](?!~~)", text))]
    sources = tuple(
        Source(
            n, p.paper_id, p.title, p.authors, p.year, p.url, round(0.9 - n / 10, 2), n in cited, p.abstract, categories=p.categories
        )
        for n, p in enumerate(PAPERS, 1)
    )
    sentences, start = [], 0
    for index, match in enumerate(re.finditer(r"[^.]+\.(?:\s*(?:~~)?\[\d+\](?:~~)?)*", text)):
        piece = match[0]
        start = match.start() + len(piece) - len(piece.lstrip())
        level = support[index] if index < len(support) else "supported"
        evidence: tuple[Evidence, ...] = ()
        if index < len(quotes) and quotes[index][1]:
            number, quote = quotes[index]
            at = sources[number - 1].text.index(quote)
            evidence = (Evidence(number, quote, at, at + len(quote)),)
        numbers = tuple(int(n) for n in re.findall(r"(?<!~~)\[(\d+)\]", piece))
        reason = "" if level == "supported" else f"the abstract says it {level}ly"
        sentences.append(Sentence(piece.strip(), start, match.end(), numbers, level, evidence, reason))
    base = Answer("", "", "answered", "", "llm", text, model="tiny-1", sentences=tuple(sentences), sources=sources, timings={"total_seconds": 1.24})
    return replace(base, **changes)


ANSWERED = answer_with(
    "PaliGemma builds on SigLIP-So400m and Gemma-2B. [1] It is **trained** to transfer. [1] BootsTAP is larger than all of them. [2] ~~[9]~~",
    support=("supported", "weak", "unsupported"),
    quotes=((1, "based on the SigLIP-So400m vision encoder and the Gemma-2B language model"), (1, "effective to transfer")),
    problems=(Problem("invented_citation", "The model cited [9], which is no retrieved paper."),),
)
DECLINED = answer_with(
    "The papers in this collection do not answer that. The nearest papers are “PaliGemma: A versatile 3B VLM for transfer”.",
    status="declined", reason="No abstract speaks of this.", mode="extractive", model=None, sentences=(),
)  # fmt: skip
PARTIAL = answer_with("BootsTAP reaches 67.4%. [2]", quotes=((2, "BootsTAP reaches 67.4% on TAP-Vid."),), status="partial", reason="Only one of two figures is there.")
HOSTILE_ANSWER = answer_with(f"It says {HOSTILE} and so on. [3]", quotes=((3, "An abstract that says"),))
FOLLOW_UP = replace(PARTIAL, status="answered", reason="")


class ScriptedEngine:
    """Answers by a word in the question; `pause_seconds` passes between snapshots."""

    def __init__(self, *, pause_seconds: float = 0.0) -> None:
        self.pause_seconds = pause_seconds
        self.histories: list[list[tuple[str, str]]] = []
        self.closed_streams = 0
        self.removed: list[str] = []

    def papers(self) -> tuple[Paper, ...]:
        return tuple(p for p in PAPERS if p.paper_id not in self.removed)

    def paper(self, paper_id: str) -> Paper | None:
        return next((p for p in self.papers() if p.paper_id == paper_id), None)

    def remove_papers(self, paper_ids: Sequence[str]) -> None:
        self.removed += paper_ids

    def mode_line(self) -> str:
        return "LLM mode: tiny-1 at http://127.0.0.1:1/v1 writes the answers."

    def ask(self, question: str, *, history: Sequence[tuple[str, str]] = (), filters: Filters | None = None) -> Answer:
        for answer in self.stream(question, history=history, filters=filters):
            pass
        return answer

    def stream(self, question: str, *, history: Sequence[tuple[str, str]] = (), filters: Filters | None = None) -> Iterator[Answer]:
        self.histories.append(list(history))
        final = replace(self._script(question), question=question)
        final = replace(final, standalone_question=final.standalone_question or question)
        try:
            words = re.findall(r"\S+\s*", final.text)
            for count in range(len(words)):
                yield replace(final, text="".join(words[:count]), sentences=(), problems=(), is_final=False)
                time.sleep(self.pause_seconds * (10 if "slowly" in question else 1))
                if "break" in question and count == 5:
                    raise ScriptError("The LLM endpoint stopped answering. Start it, then ask again.")
            if "bug" in question:
                raise ZeroDivisionError("a bug")
            yield final
        finally:
            self.closed_streams += 1

    def _script(self, question: str) -> Answer:
        if "endless" in question:
            return replace(ANSWERED, text="word " * 5000, sentences=())
        if "maths" in question:
            return replace(PARTIAL, status="answered", text=r"It costs $5 and $10, and grows as $x_2^{n}$ or \(\sqrt{y}\). [2]", sentences=())
        if "hostile" in question:
            return HOSTILE_ANSWER
        if "peru" in question.casefold():
            return DECLINED
        if "nobody" in question:
            return replace(DECLINED, text="None of the 3 papers in this collection is about that.", sources=())
        if "figures" in question:
            return PARTIAL
        if "it" in question.split():
            return replace(FOLLOW_UP, standalone_question="What does BootsTAP reach?")
        return ANSWERED
