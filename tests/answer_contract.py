"""Knows what holds for every answer, whoever wrote it; tests of the engine, the command line and hostile texts share it."""

from __future__ import annotations

import json
import re

from qa_bot.schema import Answer

ANSWER_FIELDS = {
    "question", "standalone_question", "status", "reason", "mode", "text", "sentences", "sources", "problems", "usage", "timings",
}  # fmt: skip
SENTENCE_FIELDS = {"text", "citations", "support", "evidence"}
EVIDENCE_FIELDS = {"source", "quote", "start", "end"}
SOURCE_FIELDS = {"number", "paper_id", "title", "authors", "year", "url", "score", "cited"}
PROBLEM_FIELDS = {"kind", "message"}

_MARK = re.compile(r"\[(\d{1,3})\]")
# What a browser would fetch, run or follow unseen: images, links under words, definitions of links, tags, comments.
_LIVE = re.compile(r"!\[|\]\(|^[ \t>]*\[[^\]\n]*\]:|<[A-Za-z/!?]", re.MULTILINE)
_NO_MARKS = re.compile(
    r"~~\[[\d-]+\]~~|^```[^\n]*\n.*?(?:^```|\Z)|(?<!`)`[^`\n]+`(?!`)", re.DOTALL | re.MULTILINE
)  # struck out, or code


def check_dict(data: dict) -> None:
    """Check the shape of what `ask --json` prints: every field of the contract, of the right kind."""
    data = json.loads(json.dumps(data))
    assert data.keys() >= ANSWER_FIELDS
    assert data["status"] in ("answered", "partial", "declined") and data["mode"] in ("llm", "extractive")
    assert all(isinstance(data[name], str) for name in ("question", "standalone_question", "reason", "text"))
    assert isinstance(data["usage"], dict) and all(isinstance(seconds, float) for seconds in data["timings"].values())
    for sentence in data["sentences"]:
        assert sentence.keys() >= SENTENCE_FIELDS and sentence["support"] in ("supported", "weak", "unsupported")
        assert all(isinstance(number, int) for number in sentence["citations"])
        assert all(evidence.keys() >= EVIDENCE_FIELDS for evidence in sentence["evidence"])
    for source in data["sources"]:
        assert source.keys() >= SOURCE_FIELDS and isinstance(source["authors"], list) and isinstance(source["cited"], bool)
        assert source["year"] is None or isinstance(source["year"], int)
        assert source["url"] is None or source["url"].startswith("http")
    assert all(problem.keys() >= PROBLEM_FIELDS for problem in data["problems"])


def check_answer(answer: Answer) -> Answer:
    """Check everything that an answer promises about itself, and return it."""
    check_dict(answer.to_dict())
    assert answer.text.strip() and (answer.reason or answer.status == "answered")
    numbers = [source.number for source in answer.sources]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({source.paper_id for source in answer.sources}) == len(numbers)
    cited = [source.number for source in answer.sources if source.cited]
    assert cited == numbers[: len(cited)], "the cited sources come first"
    marks = list(dict.fromkeys(int(number) for number in _MARK.findall(_NO_MARKS.sub("", answer.text))))
    assert marks == cited, "numbered in the order of first use, and nothing is cited that the text does not cite"
    by_number = {source.number: source for source in answer.sources}
    place = 0
    for sentence in answer.sentences:
        assert sentence.text == answer.text[sentence.start : sentence.end] and place <= sentence.start < sentence.end
        place = sentence.end
        assert set(sentence.citations) <= set(cited)
        for evidence in sentence.evidence:
            assert evidence.source in sentence.citations
            assert evidence.quote and evidence.quote == by_number[evidence.source].text[evidence.start : evidence.end]
        if sentence.support == "supported" and sentence.citations:
            assert sentence.evidence or "catalogue" in sentence.reason or "earlier version" in sentence.reason
        if not sentence.citations:
            assert sentence.support != "supported" or "catalogue" in sentence.reason
    assert all(problem.kind and problem.message and "\n" not in problem.message for problem in answer.problems)
    check_harmless(answer.text)
    return answer


def check_harmless(text: str) -> None:
    """Check that a text shown as markdown makes no browser fetch, run or open anything."""
    assert not (live := _LIVE.search(text)), f"{live[0]!r} in {text!r}"


def cited_titles(answer: Answer) -> list[str]:
    return [source.title for source in answer.sources if source.cited]


def problem_kinds(answer: Answer) -> list[str]:
    return [problem.kind for problem in answer.problems]
