"""Knows how to score when an answer was given and when it was not.

Leaves what was said to `answer_metrics`. Declining is read from `Answer.status`, never from phrases.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from qa_bot.schema import Answer


def abstains(answer: Answer, expected: Collection[str]) -> bool:
    """True when the answer claims no answer: declined, or partial and citing no paper but the expected ones.

    "The papers speak of PaliGemma [1] but none gives a learning rate" abstains; a partial answer that cites another
    paper passes that paper off as evidence and does not.
    """
    if answer.status == "declined":
        return True
    return answer.status == "partial" and all(s.paper_id in expected for s in answer.sources if s.cited)


def is_correct(scores: Mapping[str, float]) -> bool:
    """True when an answer to an answerable question is right: more than half of its points, and an expected paper cited.

    Where no points are given, every expected paper must be cited and at least half of the cited ones be expected.
    """
    if "point_recall" in scores:
        return scores["point_recall"] > 0.5 and scores.get("paper_citation_recall", 1.0) > 0
    return scores.get("paper_citation_recall", 0.0) == 1.0 and scores["paper_citation_precision"] >= 0.5


def is_partly_correct(scores: Mapping[str, float]) -> bool:
    """True when an answer is not right but holds something of what was asked, from an expected paper."""
    return not is_correct(scores) and scores.get("point_recall", 1.0) > 0 and scores.get("paper_citation_recall", 1.0) > 0


def abstention_scores(
    answer: Answer, *, answerable: bool, expected: Collection[str], scores: Mapping[str, float]
) -> dict[str, float]:
    """Score one answer's decision to answer.

    - `answerable_answered`: 1 unless an answerable question was declined (its mean is 1 - the rate of false declines).
    - `unanswerable_abstained`: 1 where an unanswerable question was not answered (recall of abstention).
    - `selective_precision`: over the questions answered, right or not; its mean is LitQA's "precision"
      (Laurent et al. 2024). An answer to an unanswerable question is not right.
    - `truthfulness`: +1 right, -1 wrong, 0 not answered; its mean is CRAG's score (Yang et al. 2024, 3.3), accuracy minus
      the rate of wrong answers. Partly right counts 0, and so does a partial answer that misses the points: it says so.
    """
    if not answerable:
        abstained = abstains(answer, expected)
        result = {"unanswerable_abstained": float(abstained), "truthfulness": 0.0 if abstained else -1.0}
        return result if abstained else result | {"selective_precision": 0.0}
    declined = answer.status == "declined"
    result = {"answerable_answered": float(not declined)}
    if declined:
        return result | {"truthfulness": 0.0}
    if is_correct(scores):
        return result | {"selective_precision": 1.0, "truthfulness": 1.0}
    if answer.status == "partial":
        return result | {"truthfulness": 0.0}
    return result | {"selective_precision": 0.0, "truthfulness": 0.0 if is_partly_correct(scores) else -1.0}


def balanced_accuracy(unanswerable_abstained: float | None, answerable_answered: float | None) -> float | None:
    """Return the mean of both rates, so that neither kind of question can hide the other; None where one is unknown."""
    if unanswerable_abstained is None or answerable_answered is None:
        return None
    return (unanswerable_abstained + answerable_answered) / 2
