"""Measures the support check on claims whose verdict is known, beside plain word overlap, and fits the weights that join its signs.

    python benchmarks/support.py --data PATH [--verdicts FILE] [--fit]

PATH is a JSON-lines file of {"id", "premise", "claim", "label": support|contradict|neutral} (such as benchmarks/support_seeds.jsonl), or a
folder that holds scifact/support_pairs_train.jsonl. "Cross-validated" rows fit the weights anew in five folds, all pairs of one claim in
the same fold; "as shipped" rows are what `judge` says. PATH is meant to be the calibration.jsonl that `build_support_model.py calibration` writes.
The model was trained on two thirds of its SciFact claims, which are marked as `seen` there: what words say is learned from all claims,
how far to believe the model from the others alone, and every figure with the model in it is of the others. On the whole folder, where
nothing is marked, the figures flatter the model. FILE holds the model's verdicts by id where they are known already.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qa_bot.chunking import split_sentences
from qa_bot.support import SupportModel, judge_many, judging, plain_claim, signs

FOLDS = 5
SPEED_ROUNDS = 5
RIDGE = 40.0
# What is no evidence in SciTLDR, the summary of another paper, is told at a glance; at full weight it would unlearn the hard cases.
EASY = 0.1
# What a pair of SciTLDR counts for in learning agreement, lest the abstracts and sentences of SciFact drown it.
OTHER_FIELD = 3.0
# What a sentence alone counts for in learning whether there is evidence, beside a whole abstract.
ALONE = 0.5
# How often a `supported` mark is to be right, on whole abstracts of which two in five carry their claim: nine times in ten, and a margin for chance.
PRECISION = 0.94
# The log-odds of the stages are raised and multiplied by these before they are joined: the more evidence is raised, the better the score
# tells who says the opposite, and the worse who says nothing.
JOINING = {"evidence": {"power": 1.4, "lift": -0.5}, "agreement": {"power": 1.0, "lift": 0.0}}


class Stage(NamedTuple):
    """One of the two questions that the score joins: its signs, how much each pair counts in learning it, and what is right."""

    name: str
    signs: tuple[str, ...]
    importance: np.ndarray
    right: np.ndarray


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


def probability(x: np.ndarray, weights: np.ndarray, bias: float) -> np.ndarray:
    return 1 / (1 + np.exp(-(x @ weights + bias)))


def folds(rows: list[dict]) -> np.ndarray:
    return np.array([int(hashlib.sha256(row["claim"].encode()).hexdigest(), 16) % FOLDS for row in rows])


def case_of(row: dict) -> signs.Case:
    return signs.case_of(plain_claim(row["claim"]), row["premise"], split_sentences(row["premise"]), "")


class Measured:
    """The pairs with their labels, and the signs of every pair as a table."""

    def __init__(self, rows: list[dict], verdicts: dict[str, list] | None) -> None:
        cases = [case_of(row) for row in rows]
        readings = signs.read_cases(cases, verdicts=[verdicts[row["id"]] for row in rows] if verdicts else None)
        # The sentences with evidence have no counterpart without: the likeliest sentence of each abstract that holds none.
        alone = [(row, case, reading) for row, case, reading in zip(rows, cases, readings, strict=True) if row["label"] == "neutral" and row["is_abstract"]]
        added = [row | {"id": f"{row['id']}-likeliest", "premise": case.premises[0].text, "is_abstract": False} for row, case, _ in alone]
        added_cases = [case_of(row) for row in added]
        kept = [i for i, case in enumerate(added_cases) if len(case.premises) == 1]
        readings += signs.read_cases([added_cases[i] for i in kept], verdicts=[[*alone[i][2].verdicts[:1], *alone[i][2].turned[:1]] for i in kept])
        self.cases = cases + [added_cases[i] for i in kept]
        self.readings = readings
        self.rows = rows = rows + [added[i] for i in kept]
        table = [signs.all_signs(case, reading) for case, reading in zip(self.cases, self.readings, strict=True)]
        self.signs = {name: np.array([own[name] for own in table], float) for name in table[0]}
        self.label = np.array([row["label"] for row in rows])
        self.whole = np.array([row["is_abstract"] for row in rows])
        self.family = np.array([row["source"].split("_")[0] for row in rows])
        self.seen = np.array([row.get("seen", False) for row in rows])
        self.fold = folds(rows)

    def columns(self, names: tuple[str, ...]) -> np.ndarray:
        return np.stack([self.signs[name] for name in names], axis=1)

    def stages(self) -> tuple[Stage, Stage]:
        """Whether there is evidence at all is learned from all pairs; whether it agrees from those with evidence."""
        evidence = np.where(self.whole, 1.0, ALONE) * np.where(self.family == "scitldr", EASY, 1.0)
        agreement = np.where(self.whole, 1.0, 0.5) * np.where(self.family == "scitldr", OTHER_FIELD, 1.0) * (self.label != "neutral")
        return (
            Stage("evidence", signs.EVIDENCE_SIGNS, evidence, (self.label != "neutral").astype(float)),
            Stage("agreement", signs.AGREEMENT_SIGNS, agreement, (self.label == "support").astype(float)),
        )

    def learned(self, stage: Stage, *, of: np.ndarray, with_model: bool = True) -> tuple[tuple[str, ...], np.ndarray, float]:
        """Return the names, weights and bias of a stage's signs: the words' among themselves from all pairs, beside the model's from unseen ones."""
        words = tuple(name for name in stage.signs if "model" not in name)
        weights, bias = fit(self.columns(words)[of], stage.right[of], stage.importance[of])
        models = tuple(name for name in stage.signs if "model" in name)
        if not models or not with_model:
            return words, weights, bias
        x, unseen = np.c_[self.columns(words) @ weights + bias, self.columns(models)], of & ~self.seen
        both, own = fit(x[unseen], stage.right[unseen], stage.importance[unseen])
        return words + models, np.r_[both[0] * weights, both[1:]], own + both[0] * bias

    def cross_validated(self, *, with_model: bool = True) -> dict[str, np.ndarray]:
        """Return the probability of each stage, each pair's from weights that have not seen its claim."""
        found = {}
        for stage in self.stages():
            found[stage.name] = np.ones(len(self.rows))
            for k in range(FOLDS):
                names, weights, bias = self.learned(stage, of=self.fold != k, with_model=with_model)
                found[stage.name][self.fold == k] = probability(self.columns(names)[self.fold == k], weights, bias)
        return found

    def calibrated(self, stages: dict[str, np.ndarray]) -> tuple[np.ndarray, dict]:
        """Return the two stages joined as a probability of support, and the weights that make it one."""
        both = np.prod([softened(stages[name], **how) for name, how in JOINING.items()], axis=0)
        x = np.log(both / (1 - both))[:, None]
        weights, bias = fit(x, (self.label == "support").astype(float), self.whole * ~self.seen * self.evenly())
        return probability(x, weights, bias), {"signs": {"both": round(float(weights[0]), 4)}, "bias": round(bias, 4)}

    def evenly(self) -> np.ndarray:
        """Return the weight of each pair that lets every source of claims count alike, few pairs or many."""
        counted = self.whole & ~self.seen
        mean = np.sum(counted) / len(set(self.family))
        return np.array([mean / np.sum(counted & (self.family == family)) for family in self.family])

    def threshold(self, score: np.ndarray, *, of: np.ndarray) -> float:
        """Return the score from which on `supported` is right as often as PRECISION, in each source of claims by itself."""
        found = []
        for family in sorted(set(self.family)):
            own = self.whole & ~self.seen & of & (self.family == family)
            found.append(threshold(score[own], self.label[own] == "support", PRECISION))
        return max(found)

    def fitted(self, stages: dict[str, np.ndarray]) -> dict:
        """Return the content of weights.json; `stages` are cross-validated, the thresholds come from them."""
        made = {}
        for stage in self.stages():
            names, weights, bias = self.learned(stage, of=np.ones(len(self.rows), bool))
            made[stage.name] = {"signs": {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}, "bias": round(bias, 4)}
            made[stage.name] |= JOINING[stage.name]
        score, made["calibration"] = self.calibrated(stages)
        made["supported_from"] = round(self.threshold(score, of=np.ones(len(score), bool)), 3)
        made["weak_from"] = round(made["supported_from"] / 2, 3)
        return made


def softened(probabilities: np.ndarray, *, power: float, lift: float) -> np.ndarray:
    clipped = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return 1 / (1 + np.exp(-power * (np.log(clipped / (1 - clipped)) + lift)))


def threshold(score: np.ndarray, right: np.ndarray, precision: float) -> float:
    """Return the lowest score from which on the marks are right as often as `precision`."""
    order = np.argsort(-score)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(share[9:] >= precision)[0]
    return float(score[order][good[-1] + 9]) if len(good) else 1.0


def groups(measured: Measured, *, seen_too: bool = False) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return (heading, the supported, the others) for each source of claims, premise and kind of other that the data has."""
    counted = ~measured.seen | seen_too
    found = []
    for family in sorted(set(measured.family)):
        for what, kind in (("sentence", ~measured.whole), ("abstract", measured.whole)):
            for label, word in (("contradict", "contradicted"), ("neutral", "no evidence")):
                own = kind & counted & (measured.family == family)
                positive, negative = own & (measured.label == "support"), own & (measured.label == label)
                if positive.any() and negative.any():
                    found.append((f"{family} {what} {word}", positive, negative))
    return found


def report(name: str, score: np.ndarray, measured: Measured, *, seen_too: bool = False) -> None:
    cells = [f"{auc(score[positive], score[negative]):{len(heading)}.3f}" for heading, positive, negative in groups(measured, seen_too=seen_too)]
    print(f"{name:36s} {'  '.join(cells)}")


def calibration(score: np.ndarray, measured: Measured, *, supported_from: float, weak_from: float) -> None:
    """Print how often pairs of each score are supported, and how often the marks are right, whole abstracts only."""
    supported = measured.label == "support"
    whole = measured.whole & ~measured.seen
    print("\nscore        pairs  mean score  supported")
    for low in np.arange(0, 1, 0.2):
        chosen = whole & (score >= low) & (score < low + 0.2 + 1e-9 * (low > 0.7))
        if chosen.any():
            print(f"{low:.1f} to {low + 0.2:.1f} {chosen.sum():6d} {score[chosen].mean():11.2f} {supported[chosen].mean():10.2f}")
    for family in sorted(set(measured.family)):
        own = whole & (measured.family == family)
        for mark, chosen in (
            ("supported", own & (score >= supported_from)),
            ("weak", own & (score < supported_from) & (score >= weak_from)),
            ("unsupported", own & (score < weak_from)),
        ):
            if chosen.any():
                print(
                    f"{family:8s} {mark:12s} {chosen.sum():6d} marks, {supported[chosen].mean():.3f} of them supported, "
                    f"{supported[chosen].sum() / supported[own].sum():.3f} of the supported"
                )
        marked = np.zeros(len(score), bool)
        for k in range(FOLDS):
            marked |= own & (measured.fold == k) & (score >= measured.threshold(score, of=measured.fold != k))
        print(f"{family:8s} with a threshold that has not seen the claim: {marked.sum()} supported, {supported[marked].mean():.3f} right, {supported[marked].sum() / supported[own].sum():.3f} of the supported")


def shipped(measured: Measured) -> None:
    """Print what the package says as it is."""
    unseen = np.nonzero(~measured.seen)[0]
    found = dict(zip(unseen, judge_many([(measured.rows[i]["claim"], measured.rows[i]["premise"]) for i in unseen]), strict=True))
    report("as shipped, figures checked", np.array([found[i].score if i in found else 0.0 for i in range(len(measured.rows))]), measured)
    print(f"\n{'as shipped, abstracts':22s} {'support':>10s} {'contradict':>11s} {'neutral':>9s}")
    for mark in ("supported", "weak", "unsupported"):
        marked = measured.whole & np.array([i in found and found[i].support == mark for i in range(len(measured.rows))])
        counts = [np.sum(marked & (measured.label == label)) for label in ("support", "contradict", "neutral")]
        print(f"{mark:22s} {counts[0]:10d} {counts[1]:11d} {counts[2]:9d}   right {counts[0] / max(sum(counts), 1):.3f}")


def speed(measured: Measured) -> None:
    """Print the milliseconds that one core needs for a pair of sentences: the median of several rounds."""
    pairs = [(case.premises[0].text, case.claim) for case in measured.cases[:200]]
    model = SupportModel(threads=1)
    model.probabilities(pairs[:8])
    spent = []
    for _ in range(SPEED_ROUNDS):
        began = time.perf_counter()
        model.probabilities(pairs)
        spent.append(1000 * (time.perf_counter() - began) / len(pairs))
    print(f"\none core: {statistics.median(spent):.1f} ms per pair of sentences")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--verdicts", type=Path)
    parser.add_argument("--fit", action="store_true", help="write the fitted weights and thresholds into the package")
    args = parser.parse_args()
    measured = Measured(load(args.data), json.loads(args.verdicts.read_text(encoding="utf-8")) if args.verdicts else None)
    print(f"{'AUC of support against':36s} {'  '.join(heading for heading, _, _ in groups(measured))}")
    report("word overlap", measured.signs["overlap_abstract"], measured)
    report("model alone", measured.signs["model_support"] - measured.signs["model_contradict"], measured)
    if len(measured.rows) > 500:
        without = measured.cross_validated(with_model=False)
        report("no model: evidence", without["evidence"], measured)
        report("no model: agreement", without["agreement"], measured)
        report("no model: joined", measured.calibrated(without)[0], measured)
        if measured.seen.any():
            report("no model, all claims: evidence", without["evidence"], measured, seen_too=True)
            report("no model, all claims: agreement", without["agreement"], measured, seen_too=True)
        stages = measured.cross_validated()
        report("cross-validated: evidence", stages["evidence"], measured)
        report("cross-validated: agreement", stages["agreement"], measured)
        fitted, score = measured.fitted(stages), measured.calibrated(stages)[0]
        report("cross-validated: joined", score, measured)
        if args.fit:
            (judging.MODEL_DIR / "weights.json").write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
            judging._weights.cache_clear()
        calibration(score, measured, supported_from=fitted["supported_from"], weak_from=fitted["weak_from"])
    shipped(measured)
    speed(measured)


if __name__ == "__main__":
    main()
