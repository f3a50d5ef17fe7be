"""Small engines with the real interface, for tests of the evaluation: one answers by word overlap, one copies an abstract."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot.evaluation.wording import content_tokens
from qa_bot.schema import Answer, Chunk, Hit, Paper, Sentence, Source, Version


def make_paper(paper_id: str, title: str, abstract: str, **facts: object) -> Paper:
    return Paper(paper_id, title, (Version(abstract, abstract, None, ()),), **facts)


def make_answer(
    text: str,
    papers: Sequence[Paper] = (),
    *,
    status: str = "answered",
    question: str = "?",
    support: str = "supported",
    **more: object,
) -> Answer:
    """Build an Answer from a text with [n], where n counts `papers` from 1; a sentence ends at its full stop."""
    numbers = {int(n) for n in re.findall(r"(?<!~~)\[(\d+)\]", text)}
    sources = tuple(
        Source(n, p.paper_id, p.title, p.authors, p.year, None, 1.0 / n, n in numbers, p.abstract)
        for n, p in enumerate(papers, 1)
    )
    sentences = []
    for match in re.finditer(r"[^.]+(?:\.\d[^.]*)*\.?(?:\s*(?:~~)?\[\d+\](?:~~)?\.?)*", text):
        if match.group().strip():
            cited = tuple(int(n) for n in re.findall(r"(?<!~~)\[(\d+)\]", match.group()))
            sentences.append(Sentence(match.group().strip(), match.start(), match.end(), cited, support))
    return Answer(question, question, status, "", "extractive", text, sentences=tuple(sentences), sources=sources, **more)


class OverlapEngine:
    """Ranks by shared content words, answers with the best sentence, declines when too little is shared."""

    def __init__(self, papers: Sequence[Paper], *, least_shared: int = 2) -> None:
        self._papers, self._least_shared = tuple(papers), least_shared

    def papers(self) -> tuple[Paper, ...]:
        return self._papers

    def search(self, query: str, k: int = 10) -> list[Hit]:
        asked = set(content_tokens(query))
        scored = [(len(asked & set(content_tokens(f"{p.title} {p.abstract}"))), p) for p in self._papers]
        found = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])[:k]
        return [Hit(p, Chunk(p.paper_id, p.paper_id, 0, p.abstract, 0, len(p.abstract)), n / len(asked)) for n, p in found]

    def ask(self, question: str, *, history: Sequence[tuple[str, str]] = ()) -> Answer:
        hits = self.search(question)
        asked = set(content_tokens(question))
        if not hits or len(asked & set(content_tokens(f"{hits[0].paper.title} {hits[0].paper.abstract}"))) < self._least_shared:
            return make_answer("The papers do not say.", [h.paper for h in hits], status="declined", question=question)
        sentences = re.split(r"(?<=\.)\s+", hits[0].paper.abstract)
        best = max(sentences, key=lambda s: len(asked & set(content_tokens(s))))
        return make_answer(f"{best} [1]", [h.paper for h in hits], question=question)


class CopyingEngine:
    """Never declines: answers with the whole abstract of the first paper that another engine finds."""

    def __init__(self, engine) -> None:  # noqa: ANN001
        self._engine = engine
        self.papers, self.search = engine.papers, engine.search

    def ask(self, question: str, *, history: Sequence[tuple[str, str]] = ()) -> Answer:
        hits = self.search(question, 6)
        text = " ".join(f"{s} [1]" for s in re.split(r"(?<=\.)\s+", hits[0].paper.abstract)) if hits else "Nothing."
        return make_answer(text, [hit.paper for hit in hits], question=question)
