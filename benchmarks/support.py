"""Measures the support check on claims whose verdict is known, beside plain word overlap, and fits the weights that join its signs.

    python benchmarks/support.py --data PATH [--fit]

PATH is a JSON-lines file of {"id", "premise", "claim", "label": support|contradict|neutral} (SciFact's), or a folder that holds
scifact/support_pairs_train.jsonl. Scores are cross-validated: five folds, all pairs of one claim in the same fold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np

from qa_bot import support
from qa_bot.chunking import split_sentences

FOLDS = 5
RIDGE = 1.0


def load(path: Path) -> list[dict]:
    """Read the pairs; whole abstracts are told from evidence sentences by their id."""
    if path.is_dir():
        path = path / "scifact" / "support_pairs_train.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row | {"is_abstract": row.get("source", "").endswith("abstract") or "-abs-" in row["id"]} for row in rows]


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the chance that a positive scores above a negative, ties counted half."""
    order = np.concatenate([positive, negative])
    ranks = np.empty(len(order))
    values, inverse, counts = np.unique(order, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


def fit(x: np.ndarray, y: np.ndarray, importance: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit a logistic regression by Newton's method; return weights and bias for the unscaled columns."""
    mean, scale = x.mean(0), x.std(0) + 1e-9
    z = np.c_[(x - mean) / scale, np.ones(len(x))]
    w = np.zeros(z.shape[1])
    ridge = np.full(len(w), RIDGE)
    ridge[-1] = 1e-6
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ w))
        gradient = z.T @ (importance * (p - y)) + ridge * w
        hessian = (z * (importance * p * (1 - p))[:, None]).T @ z + np.diag(ridge)
        w -= np.linalg.solve(hessian, gradient)
    weights = w[:-1] / scale
    return weights, float(w[-1] - weights @ mean)


def folds(rows: list[dict]) -> np.ndarray:
    return np.array([int(hashlib.sha256(row["claim"].encode()).hexdigest(), 16) % FOLDS for row in rows])


def cross_validated(x: np.ndarray, y: np.ndarray, fold: np.ndarray, importance: np.ndarray) -> np.ndarray:
    scores = np.zeros(len(y))
    for k in range(FOLDS):
        weights, bias = fit(x[fold != k], y[fold != k], importance[fold != k])
        scores[fold == k] = 1 / (1 + np.exp(-(x[fold == k] @ weights + bias)))
    return scores


def threshold(scores: np.ndarray, y: np.ndarray, precision: float) -> float:
    """Return the lowest score from which on the marks are right as often as `precision`, smoothed over the ten marks beside it."""
    order = np.argsort(-scores)
    right = np.cumsum(y[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(right[9:] >= precision)[0]
    return float(scores[order][good[-1] + 9]) if len(good) else 1.0


def report(name: str, scores: np.ndarray, rows: list[dict]) -> None:
    label = np.array([row["label"] for row in rows])
    whole = np.array([row["is_abstract"] for row in rows])

    def between(other: str, kind: np.ndarray) -> str:
        a, b = scores[kind & (label == "support")], scores[kind & (label == other)]
        return f"{auc(a, b):.3f}" if len(a) and len(b) else "  -  "

    print(f"{name:34s} {between('contradict', ~whole):>8s} {between('contradict', whole):>8s} {between('neutral', whole):>8s}")


def case_of(row: dict) -> support._Case:
    return support._case(support.plain_claim(row["claim"]), row["premise"], split_sentences(row["premise"]), "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fit", action="store_true", help="write the fitted weights and thresholds into the package")
    args = parser.parse_args()
    rows = load(args.data)
    cases = [case_of(row) for row in rows]
    began = time.perf_counter()
    verdicts = support._read(cases)
    seconds = time.perf_counter() - began
    y = np.array([row["label"] == "support" for row in rows], float)
    whole = np.array([row["is_abstract"] for row in rows])
    fold, importance = folds(rows), np.where(whole, 1.0, 0.5)
    n_own = len([name for name in support.SIGNS if not name.startswith("model")])
    plain = np.array([support.signs(case, None) for case in cases])
    print(f"{'AUC of support against':34s} {'contradiction':>17s} {'no evidence':>10s}\n{'':34s} {'sentence':>8s} {'abstract':>8s} {'abstract':>8s}")
    report("word overlap", plain[:, 0], rows)
    scores = cross_validated(plain[:, :n_own], y, fold, importance)
    report("signs without the model", scores, rows)
    fitted = {"without_model": weights_of(plain[:, :n_own], y, importance, scores, whole)}
    if verdicts is not None:
        x = np.array([support.signs(case, verdict) for case, verdict in zip(cases, verdicts, strict=True)])
        report("model alone", x[:, n_own] - x[:, n_own + 1], rows)
        scores = cross_validated(x, y, fold, importance)
        report("signs and model", scores, rows)
        fitted["with_model"] = weights_of(x, y, importance, scores, whole)
        print(f"model: {1000 * seconds / sum(len(case.premises) for case in cases):.1f} ms per pair of sentences")
    calibration(scores[whole], y[whole], fitted["with_model" if verdicts is not None else "without_model"])
    if args.fit:
        (support.MODEL_DIR / "weights.json").write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")


def weights_of(x: np.ndarray, y: np.ndarray, importance: np.ndarray, scores: np.ndarray, whole: np.ndarray) -> dict:
    weights, bias = fit(x, y, importance)
    return {
        "signs": {name: round(float(w), 4) for name, w in zip(support.SIGNS, weights, strict=False)},
        "bias": round(bias, 4),
        "supported_from": round(threshold(scores[whole], y[whole], 0.9), 3),
        "weak_from": round(threshold(scores[whole], y[whole], 0.6), 3),
    }


def calibration(scores: np.ndarray, y: np.ndarray, weights: dict) -> None:
    print("\nscore of whole abstracts   pairs   mean score   supported")
    for low in np.arange(0, 1, 0.2):
        chosen = (scores >= low) & (scores < low + 0.2)
        if chosen.any():
            print(f"{low:.1f} to {low + 0.2:.1f} {chosen.sum():20d} {scores[chosen].mean():12.2f} {y[chosen].mean():11.2f}")
    marks = scores >= weights["supported_from"]
    weak = (scores >= weights["weak_from"]) & ~marks
    print(f"`supported` from {weights['supported_from']}: right {y[marks].mean():.3f} of {marks.sum()}, found {y[marks].sum() / y.sum():.3f} of the supported")
    print(f"`weak` from {weights['weak_from']}: {y[weak].mean():.3f} of {weak.sum()} supported; below: {y[~marks & ~weak].mean():.3f} of {(~marks & ~weak).sum()}")


if __name__ == "__main__":
    main()
