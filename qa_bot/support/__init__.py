"""Knows whether an abstract carries a sentence: supported, weak or unsupported, with the words that carry it, and why not.

`words` and `model` gather the signs, `judging` decides. Leaves finding the citations of an answer to `citations`.
"""

from qa_bot.support.judging import RANKS, Judgement, JointJudgement, judge, judge_many, judge_sources
from qa_bot.support.model import SupportModel, SupportModelError
from qa_bot.support.words import overlap, plain_claim

__all__ = ["RANKS", "JointJudgement", "Judgement", "SupportModel", "SupportModelError", "judge", "judge_many", "judge_sources", "overlap", "plain_claim"]
