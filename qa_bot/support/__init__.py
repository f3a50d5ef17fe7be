"""Knows whether an abstract carries a sentence: supported, weak or unsupported, with the words that carry it, and why not.

`words` and `model` gather the signs, `judging` decides. Leaves finding the citations of an answer to `citations`.
"""

from qa_bot.support.judging import Judgement, JointJudgement, judge, judge_many, judge_sources
from qa_bot.support.model import SupportModel, SupportModelError
from qa_bot.support.words import plain_claim

__all__ = ["Judgement", "JointJudgement", "SupportModel", "SupportModelError", "judge", "judge_many", "judge_sources", "plain_claim"]
