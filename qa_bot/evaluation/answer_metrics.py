"""Knows how to score one answer against its gold papers and gold points, without an LLM.

Leaves ranking metrics to `retrieval_metrics`, declining to `abstention_metrics`, averaging to `summary`. A metric that
does not apply to an answer is left out of its scores rather than counted as 0; a declined answer to an answerable
question does score 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from qa_bot.evaluation.wording import content_tokens, covers
from qa_bot.schema import Answer, Source

# (sentence, text of what it cites) pairs -> does the text carry the sentence?
SupportCheck = Callable[[Sequence[tuple[str, str]]], Sequence[bool]]

NUGGET_ALLOWANCE = 100
NUGGET_BETA = 3.0

_DATE = re.compile(r"\b((?:19|20)\d\d)-\d\d(?:-\d\d)?\b")
_BIBLIOGRAPHIC_WORDS = frozenset("paper title author al first date dated year published written wrote newest oldest".split())
_INVENTED = re.compile(r"~~\s*\[([^\]]*)\]\s*~~")
_MARK = re.compile(r"\s*(?:~~)?\[\d+(?:\s*[,;–-]\s*\d+)*\](?:~~)?")


@dataclass(frozen=True)
class CitationCount:
    """The citations of one answer: those that resolve to a retrieved paper, and those that do not."""

    valid: int
    invented: int


def cited_papers(answer: Answer) -> list[str]:
    """Return the ids of the papers that the answer cites, in the order of their numbers."""
    return [source.paper_id for source in answer.sources if source.cited]


def count_citations(answer: Answer) -> CitationCount:
    """Count citations in the text: [n] that names a listed source is valid, struck out or out of range is invented."""
    known = {source.number for source in answer.sources}
    invented = sum(max(1, len(re.findall(r"\d+", mark))) for mark in _INVENTED.findall(answer.text))
    numbers = [int(n) for mark in _MARK.findall(_INVENTED.sub(" ", answer.text)) for n in re.findall(r"\d+", mark)]
    return CitationCount(sum(n in known for n in numbers), invented + sum(n not in known for n in numbers))


def citation_validity(answer: Answer) -> float | None:
    """Share of citations that resolve to a retrieved paper; 1 minus the fabrication rate. None where nothing is cited."""
    count = count_citations(answer)
    total = count.valid + count.invented
    return count.valid / total if total else None


def document_citations(cited: Collection[str], expected: Collection[str]) -> tuple[float, float]:
    """Return (precision, recall) of the cited papers against the expected ones; (0, 0) where nothing is cited.

    Document-level citation scores as ScholarQABench and OpenScholar use them where gold papers are known.
    """
    shared = len(set(cited) & set(expected))
    return (shared / len(set(cited)) if cited else 0.0), shared / len(set(expected))


def statement_citations(answer: Answer, supports: SupportCheck) -> tuple[float, float] | None:
    """Return (recall, precision) of the citations sentence by sentence, as defined by ALCE (Gao et al., EMNLP 2023, 3.3).

    recall of a sentence: 1 iff it cites something and all that it cites together carries it. A citation is precise
    iff its sentence has recall 1 and the citation is not irrelevant: irrelevant when it does not carry the sentence
    alone while the others do without it. Sentences inherit no citations, and an invented citation makes recall 0.
    `supports` takes the place of ALCE's NLI model, so the figures bear its name and not theirs; a sentence that says
    nothing but title, authors and date of what it cites is carried by these. The line that introduces a list is no
    statement, its items are (ALCE, QAMPARI). None without statements.
    """
    sentences = [
        (s, _bare(s.text)) for s in answer.sentences if _bare(s.text) and not (_bare(s.text).endswith(":") and not s.citations)
    ]
    if not sentences:
        return None
    texts = {source.number: premise(source) for source in answer.sources}
    asked: dict[tuple[str, str], bool] = {}
    for sentence, bare in sentences:
        numbers = _cited(sentence, texts)
        groups = [numbers, *([n] for n in numbers), *([m for m in numbers if m != n] for n in numbers)]
        asked |= {(bare, _joined(group, texts)): False for group in groups if group}
    asked = {pair: carried or _is_bibliography(*pair) for pair, carried in zip(asked, supports(list(asked)), strict=True)}
    recalls, precise, citations = [], 0, 0
    for sentence, bare in sentences:
        numbers = _cited(sentence, texts)
        invented = bool(_INVENTED.search(sentence.text)) or any(n not in texts for n in sentence.citations)
        recall = bool(numbers) and not invented and asked[bare, _joined(numbers, texts)]
        recalls.append(float(recall))
        citations += len(numbers) + invented
        for number in numbers:
            others = [n for n in numbers if n != number]
            irrelevant = not asked[bare, _joined([number], texts)] and bool(others) and asked[bare, _joined(others, texts)]
            precise += bool(recall) and not irrelevant
    return sum(recalls) / len(recalls), precise / citations if citations else 0.0


def premise(source: Source) -> str:
    """Return what a citation of this source may rest on: title, authors, year, link and abstract, also its earlier wordings.

    ALCE takes title and text.
    """
    facts = ", ".join([*source.authors, *([str(source.year)] if source.year else []), *([source.url] if source.url else [])])
    text = "\n".join([source.text, *source.earlier_texts])
    return f"{source.title}. {facts}. {text}" if facts else f"{source.title}. {text}"


def _is_bibliography(sentence: str, text: str) -> bool:
    said = {token for token in content_tokens(_DATE.sub(r"\1", sentence)) if token not in _BIBLIOGRAPHIC_WORDS}
    return bool(said) and said <= set(content_tokens(text))


def point_recall(sentences: Sequence[str], points: Sequence[str]) -> float:
    """Share of the gold points that the answer states (see `wording.covers`); the recall of nuggets in TREC's sense."""
    return sum(covers(point, sentences) for point in points) / len(points)


def token_f1(text: str, points: Sequence[str]) -> float:
    """F1 of content tokens against the gold points together (SQuAD's F1, Rajpurkar et al. 2016, stop words left out)."""
    said, wanted = Counter(content_tokens(text)), Counter(content_tokens(" ".join(points)))
    shared = sum((said & wanted).values())
    return 2 * shared / (sum(said.values()) + sum(wanted.values())) if shared else 0.0


def nugget_f(text: str, recall: float, n_points: int, *, beta: float = NUGGET_BETA) -> float:
    """TREC's nugget F (Voorhees, TREC 2003 and 2004 QA overviews, beta 3): point recall against length.

    Each covered point buys 100 characters (no white space); precision = 1 within the allowance, else
    allowance / length. It is the guard against answers that hold every point because they hold everything.
    """
    length = len(re.sub(r"\s", "", _bare(text)))
    allowance = NUGGET_ALLOWANCE * recall * n_points
    precision = 1.0 if length <= allowance else allowance / length
    return (beta**2 + 1) * precision * recall / (beta**2 * precision + recall) if recall else 0.0


def answer_scores(
    answer: Answer, *, expected: Collection[str], points: Sequence[str], answerable: bool, supports: SupportCheck
) -> dict[str, float]:
    """Score one answer; `expected` are paper ids. Metrics that need gold data apply to answerable questions only."""
    scores: dict[str, float] = {}
    declined = answer.status == "declined"
    validity = citation_validity(answer)
    if validity is not None:
        scores["citation_validity"] = validity
    if not declined:
        # A count over the whole collection rests on no paper in particular.
        statements = statement_citations(answer, supports) if expected or not answerable else None
        if statements is not None:
            scores["statement_citation_recall"], scores["statement_citation_precision"] = statements
            scores["supported_sentences"] = sum(s.support == "supported" for s in answer.sentences) / len(answer.sentences)
        scores["words"] = float(len(_bare(answer.text).split()))
    if not answerable:
        return scores
    cited = [] if declined else cited_papers(answer)
    if expected:
        precision, recall = document_citations(cited, expected)
        scores["paper_citation_precision"], scores["paper_citation_recall"] = precision, recall
        scores["expected_papers_cited"] = float(recall == 1.0)
    if points:
        sentences = [] if declined else [_bare(s.text) for s in answer.sentences] or [_bare(answer.text)]
        recall = point_recall(sentences, points)
        scores["point_recall"] = recall
        scores["all_points_stated"] = float(recall == 1.0)
        scores["token_f1"] = 0.0 if declined else token_f1(answer.text, points)
        scores["nugget_f3"] = nugget_f(answer.text, recall, len(points))
    return scores


def _bare(text: str) -> str:
    return _MARK.sub("", text).strip()


def _cited(sentence, texts: dict[int, str]) -> list[int]:  # noqa: ANN001 - schema.Sentence
    return [n for n in dict.fromkeys(sentence.citations) if n in texts]


def _joined(numbers: Sequence[int], texts: dict[int, str]) -> str:
    return "\n".join(texts[n] for n in numbers)
