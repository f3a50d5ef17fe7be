"""Knows the parts of an answer that no LLM writes: sentences of abstracts, what an earlier version said, the words of a decline.

Leaves choosing the sentences to `extractive`, and finding the versions' differences to `versions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa_bot import retrieval
from qa_bot.citations.harmless import as_quoted
from qa_bot.collection.telling import EARLIER_VERSION
from qa_bot.extractive import Passage, choose, compose
from qa_bot.schema import Answer, Hit, Problem, Sentence, Span
from qa_bot.versions import disagreements

_MANY_LIKELY = 3  # papers shown for a question that names none and asks for no several


def extract(draft: Answer, hits: Sequence[Hit], passages: Sequence[Passage], subjects: int) -> Answer:
    """Write the best sentences down; where an earlier version gave other figures, say what it said."""
    asks_several = retrieval.asks_several(draft.standalone_question, subjects=subjects)
    chosen = choose(passages, hits, subjects=subjects, asks_several=asks_several)
    text, sentences, sources = compose(chosen, draft.sources)
    for place in dict.fromkeys(p.place for p in chosen):
        paper = hits[place].paper
        number = next(source.number for source in sources if source.paper_id == paper.paper_id)
        for one in disagreements(paper, [p.span for p in chosen if p.place == place]):
            note = f"An earlier version of this abstract said: “{as_quoted(one.earlier)}” [{number}]"
            sentences.append(Sentence(note, len(text) + 1, len(text) + 1 + len(note), (number,), "supported", reason=EARLIER_VERSION))
            text += f" {note}"
    problems = draft.problems
    cited = sum(source.cited for source in sources)
    if cited >= _MANY_LIKELY and not subjects and not asks_several:
        told = f"No paper stands out for this question: these are sentences of the {cited} likeliest, the likeliest paper first."
        problems += (Problem("no_clear_paper", told),)
    return replace(draft, text=text, sentences=tuple(sentences), sources=tuple(sources), problems=problems)


def version_notes(answer: Answer, hits: Sequence[Hit]) -> list[Problem]:
    """Say where an earlier version of a cited abstract gives other figures than the words that carry an LLM's answer."""
    papers = {hit.paper.paper_id: hit.paper for hit in hits}
    notes = []
    for source in answer.sources:
        spans = [Span(e.quote, e.start, e.end) for s in answer.sentences for e in s.evidence if e.source == source.number]
        for one in disagreements(papers[source.paper_id], spans) if source.paper_id in papers else []:
            notes.append(Problem("earlier_version", f"An earlier version of “{source.title}” said: “{one.earlier}”"))
    return list(dict.fromkeys(notes))


def joined(told: Answer, answer: Answer) -> Answer:
    """Return what the catalogue says of one paper, followed by what its abstract says."""
    papers = [[source.paper_id for source in each.sources if source.cited] for each in (told, answer)]
    if len(papers[0]) != 1 or papers[0] != papers[1]:
        return answer
    shift = len(told.text) + 1
    moved = [replace(sentence, start=sentence.start + shift, end=sentence.end + shift) for sentence in answer.sentences]
    return replace(answer, text=f"{told.text} {answer.text}", sentences=(*told.sentences, *moved))


def decline(draft: Answer, hits: Sequence[Hit]) -> Answer:
    """Say that the papers do not hold the answer, and which are the nearest."""
    nearest = "; ".join(f"“{as_quoted(hit.paper.title)}”" for hit in hits[:3])
    text = "The papers in this collection do not answer that." + (f" The nearest papers are {nearest}." if nearest else "")
    return replace(draft, text=text, mode="extractive", model=None)
