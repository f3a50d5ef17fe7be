"""Fits what qa_bot/extractive.py goes by: which sentence of a paper answers, and which of the papers found holds the answer.

    python scripts/calibrate_ranking.py [--data FOLDER]

Learns from the development half of tests/questions.jsonl and from benchmarks/calibration.jsonl, and prints how well it does
there under cross-validation (8 folds) and on the test half, which it does not learn from. Both are conditional logits: the
chance of a sentence among those of its paper, the chance of a paper among those found. Copy the constants into
qa_bot/extractive.py. --data keeps the ingested samples for the next run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from qa_bot import listing
from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.evaluation.names import resolve_papers
from qa_bot.evaluation.questions import load_questions
from qa_bot.evaluation.wording import contains_phrase
from qa_bot.extractive import CHANCE, CITED_CHANCE, FIT, MOST_CITED, PAPERS_READ_AHEAD, sentence_signs
from qa_bot.follow_up import stand_alone

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = [ROOT / "tests" / "questions.jsonl", ROOT / "benchmarks" / "calibration.jsonl"]
Case = tuple[str, np.ndarray, np.ndarray, list]  # kind, (choices, signs), which choices are right, what to score it by


def fit(cases: Sequence[Case], *, ridge: float = 0.01, steps: int = 60) -> np.ndarray:
    """Return the weights that make the right choices likeliest (gradient by Newton's method with a numeric safeguard)."""
    weights = np.zeros(cases[0][1].shape[1])
    for _ in range(steps):
        gradient, curvature = 2 * ridge * weights, 2 * ridge * np.eye(len(weights))
        for _, signs, right, _ in cases:
            chance = _softmax(signs @ weights)
            among = chance * right / (chance * right).sum()
            gradient = gradient + (chance - among) @ signs / len(cases)
            centred = signs - chance @ signs
            curvature = curvature + (centred * chance[:, None]).T @ centred / len(cases)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-5:
            break
    return weights


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def cross_validated(cases: Sequence[Case], *, folds: int = 8) -> list[np.ndarray]:
    """Return each case's values by weights that did not see it."""
    order = np.random.default_rng(0).permutation(len(cases))
    values: list = [None] * len(cases)
    for fold in range(folds):
        held_out = set(order[fold::folds].tolist())
        weights = fit([case for place, case in enumerate(cases) if place not in held_out])
        for place in held_out:
            values[place] = cases[place][1] @ weights
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    sentences: dict[bool, list[Case]] = {True: [], False: []}
    papers: dict[bool, list[Case]] = {True: [], False: []}
    missed = {True: 0, False: 0}
    with tempfile.TemporaryDirectory() as scratch:
        engine = AnswerEngine.from_settings(Settings(_env_file=None, data_dir=options.data or Path(scratch)))
        questions = [question for path in QUESTIONS for question in load_questions(path)]
        expected = resolve_papers(questions, engine.papers())
        for question in questions:
            asked = stand_alone(question.question, question.history) if question.history else question.question
            if not question.answerable or question.kind in ("list", "metadata") or listing.read(asked, engine.facets, engine.store):
                continue
            learns = question.split != "test"
            hits, subjects = engine.find(asked, limit=PAPERS_READ_AHEAD)
            read = sentence_signs(asked, hits, store=engine.store, embedding=engine.embedding, papers_read=max(PAPERS_READ_AHEAD, subjects))
            places = [place for place, hit in enumerate(hits) if hit.paper.paper_id in expected[question.id]]
            for place in places:
                own = [(span, signs) for where, span, signs in read if where == place]
                holds = [[contains_phrase(span.text, point) for point in question.points] for span, _ in own]
                right = np.array([any(row) for row in holds], float)
                if 0 < right.sum() < len(right):
                    table = np.array([[signs[name] for name in FIT] for _, signs in own])
                    sentences[learns].append((question.kind, table * 10, right, holds))
            if not subjects and len(expected[question.id]) == 1:
                if not places:
                    missed[learns] += 1
                    continue
                nearest = [max((signs["close"] for where, _, signs in read if where == place), default=0.0) for place in range(len(hits))]
                table = np.array([[hit.score, close] for hit, close in zip(hits, nearest)])
                papers[learns].append((question.kind, table * 10, np.arange(len(hits)) == places[0], []))
        engine.close()
    report("FIT", list(FIT), sentences, points_stated, scale=lambda weights: weights / weights[list(FIT).index("cosine")] * 0.42)
    report("CHANCE", list(CHANCE), papers, papers_cited, scale=lambda weights: weights * 10)
    print(f"expected papers not among those found: {missed[True]} learnt from, {missed[False]} of the test half")


def report(title: str, names: list[str], cases: dict[bool, list[Case]], describe: Callable, *, scale: Callable) -> None:
    weights = fit(cases[True])
    print(f"# {title}, cross-validated: {describe(cases[True], cross_validated(cases[True]))}")
    print(f"# {title}, test half: {describe(cases[False], [signs @ weights for _, signs, _, _ in cases[False]])}")
    print(f"{title} = {dict(zip(names, np.round(scale(weights), 3).tolist()))}")


def points_stated(cases: Sequence[Case], values: Sequence[np.ndarray]) -> str:
    """Say how often the best one, two and three sentences of the expected paper hold all points that it holds."""
    kinds: dict[str, list] = {}
    for (kind, _, _, holds), value in zip(cases, values):
        order = np.argsort(-value)
        kinds.setdefault(kind, []).append([all(any(holds[i][p] for i in order[:k]) for p in range(len(holds[0])) if any(h[p] for h in holds)) for k in (1, 2, 3)])
    return ", ".join(f"{kind} {'/'.join(f'{share:.2f}' for share in np.mean(rows, 0))} of {len(rows)}" for kind, rows in kinds.items())


def papers_cited(cases: Sequence[Case], values: Sequence[np.ndarray]) -> str:
    """Say how often the right paper is among those cited, and how many that are."""
    right, number = [], []
    for (_, _, gold, _), value in zip(cases, values):
        chance = _softmax(value)
        order = np.argsort(-chance)
        cited = min(int(np.searchsorted(np.cumsum(chance[order]), CITED_CHANCE)) + 1, MOST_CITED)
        right.append(gold[order[:cited]].any())
        number.append(cited)
    return f"right one cited {np.mean(right):.2f}, {np.mean(number):.1f} cited, of {len(cases)}"


if __name__ == "__main__":
    main()
