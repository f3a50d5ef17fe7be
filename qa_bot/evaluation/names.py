"""Knows which paper of a collection a question set means by a title, an alias or an id.

Leaves the form of question sets to `questions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from qa_bot.evaluation.questions import Question, QuestionError
from qa_bot.evaluation.wording import tokens
from qa_bot.schema import Paper

ALMOST_EQUAL = 93
WORTH_NAMING = 50


def resolve_papers(questions: Sequence[Question], papers: Sequence[Paper]) -> dict[str, frozenset[str]]:
    """Return the ids of the papers that each question names, by question id.

    A name is a paper id, a title or alias (case, accents and punctuation do not count), the id of an input record, an
    arXiv id, a DOI or a URL; a title with a slip of the pen is understood. Raise QuestionError that lists every name
    that is no paper of the collection, with its line and the nearest title.
    """
    known = _known_names(papers)
    titles = {paper.title: paper.paper_id for paper in papers}
    resolved, faults = {}, []
    for question in questions:
        ids = set()
        for name in question.papers:
            paper_id = known.get(_key(name))
            if paper_id is None:
                nearest = _nearest(name, list(titles))
                if nearest and nearest[1] >= ALMOST_EQUAL:
                    paper_id = titles[nearest[0]]
                else:
                    hint = f" (the nearest title is {nearest[0]!r})" if nearest and nearest[1] >= WORTH_NAMING else ""
                    faults.append(f"line {question.line}: no paper of the collection is called {name!r}{hint}")
                    continue
            ids.add(paper_id)
        resolved[question.id] = frozenset(ids)
    if faults:
        shown = "; ".join(faults[:10]) + (f"; and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise QuestionError(
            f"The question set names papers that are not in the collection: {shown}. "
            "Correct the names, or ingest those papers first."
        )
    return resolved


def _known_names(papers: Sequence[Paper]) -> dict[str, str]:
    known: dict[str, str] = {}
    for paper in papers:
        names = [paper.paper_id, paper.title, *paper.aliases, *paper.record_ids, paper.arxiv_id, paper.doi, paper.url]
        for name in names:
            if name and _key(name):
                known.setdefault(_key(name), paper.paper_id)
        if paper.arxiv_id:
            known.setdefault(_key(f"arXiv:{paper.arxiv_id}"), paper.paper_id)
    return known


def _nearest(name: str, titles: Sequence[str]) -> tuple[str, float] | None:
    found = process.extractOne(_key(name), [_key(title) for title in titles], scorer=fuzz.ratio)
    return (titles[found[2]], found[1]) if found else None


def _key(name: str) -> str:
    return "".join(tokens(name))
