"""Fits the two models of qa_bot/evidence.py on a question set and prints their figures under cross-validation.

    python scripts/calibrate_evidence.py [--questions FILE ...]

Without --questions: the development half of tests/ and benchmarks/calibration.jsonl. ON_TOPIC sees the questions
that name no paper and are no near misses, HOLDS all.
Logistic regression with both classes weighted alike and a ridge of 1 on standardised signs; five folds, five times. The
thresholds are set so that, of the answerable questions, 3 % of those that name no paper are declined, and 13 % of these and 8 % of those that name
one are called partial at the most; what is printed for the unanswerable ones is out of fold. Copy the printed constants into qa_bot/evidence.py.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from qa_bot import listing
from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.evaluation.questions import load_questions
from qa_bot.evidence import signs_of
from qa_bot.follow_up import stand_alone

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = [ROOT / "tests" / "questions.jsonl", ROOT / "benchmarks" / "calibration.jsonl"]
TOPIC_SIGNS = ("read_cosine", "close", "missing_names", "unknown")
FALSE_DECLINES, FALSE_PARTIALS = {"unnamed": 0.03}, {"named": 0.08, "unnamed": 0.13}


def fit(signs: np.ndarray, labels: np.ndarray, *, ridge: float = 1.0) -> np.ndarray:
    """Return the weights (bias last) of a logistic regression by Newton's method."""
    inputs = np.c_[signs, np.ones(len(signs))]
    balance = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    penalty = np.diag([ridge] * signs.shape[1] + [1e-6])
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (balance * (chance - labels)) + penalty @ weights
        weights -= np.linalg.solve((inputs * (balance * chance * (1 - chance))[:, None]).T @ inputs + penalty, gradient)
    return weights


def out_of_fold(signs: np.ndarray, labels: np.ndarray, *, folds: int = 5, rounds: int = 5) -> np.ndarray:
    """Return each question's probability by models that did not see it, averaged over rounds."""
    order = np.random.default_rng(0)
    found = np.zeros(len(labels))
    for _ in range(rounds):
        shuffled = order.permutation(len(labels))
        for fold in range(folds):
            held_out = shuffled[fold::folds]
            weights = fit(np.delete(signs, held_out, 0), np.delete(labels, held_out))
            found[held_out] += 1 / (1 + np.exp(-np.c_[signs[held_out], np.ones(len(held_out))] @ weights)) / rounds
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, nargs="+", default=QUESTIONS)
    questions = [question for path in parser.parse_args().questions for question in load_questions(path, split="dev")]
    with tempfile.TemporaryDirectory() as scratch:
        engine = AnswerEngine.from_settings(Settings(_env_file=None, data_dir=Path(scratch)))
        rows, kinds = [], []
        for question in questions:
            asked = stand_alone(question.question, question.history) if question.history else question.question
            if question.kind in ("list", "metadata") or listing.read(asked, engine.facets, engine.store):
                continue
            hits, passages, subjects = engine.read(asked)
            rows.append(signs_of(asked, hits, passages, subjects=subjects, store=engine.store).values)
            kinds.append("answerable" if question.answerable else "near miss" if question.papers else "off topic")
        engine.close()
    names = list(rows[0])
    table, kind = np.array([[row[name] for name in names] for row in rows]), np.array(kinds)
    labels = (kind == "answerable").astype(float)
    group = np.where(table[:, names.index("is_named")] == 1, "named", "unnamed")
    far = (group == "unnamed") & (kind != "near miss")
    topic = table[:, [names.index(n) for n in TOPIC_SIGNS]]
    report("ON_TOPIC", list(TOPIC_SIGNS), topic[far], labels[far], kind[far], group[far], losses=FALSE_DECLINES)
    report("HOLDS", names, table, labels, kind, group, losses=FALSE_PARTIALS)


def report(
    title: str, names: list[str], table: np.ndarray, labels: np.ndarray, kind: np.ndarray, group: np.ndarray, *, losses: dict[str, float]
) -> None:
    mean, spread = table.mean(0), table.std(0) + 1e-9
    scaled = (table - mean) / spread
    chance = out_of_fold(scaled, labels)
    thresholds = {name: round(float(np.quantile(chance[(labels == 1) & (group == name)], loss)), 3) for name, loss in losses.items()}
    below = chance < np.array([thresholds[name] for name in group])
    right, wrong = chance[labels == 1], chance[labels == 0]
    auc = np.mean([(value > wrong).mean() + 0.5 * (value == wrong).mean() for value in right])
    caught = ", ".join(f"{below[kind == k].mean():.2f} of {(kind == k).sum()} {k}" for k in sorted(set(kind)))
    print(f"# {title}: out of fold, AUC {auc:.3f}; below the threshold: {caught}")
    weights = fit(scaled, labels)
    plain = weights[:-1] / spread
    constants = {"bias": round(float(weights[-1] - plain @ mean), 3)} | {n: round(float(w), 3) for n, w in zip(names, plain)}
    print(f"{title} = {constants}\n{title}_FROM = {thresholds}")


if __name__ == "__main__":
    main()
