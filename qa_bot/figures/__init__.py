"""Knows the figures of a text, which of them another text does not give, and which it gives of something else.

`reading` finds them, `given` looks them up, `comparing` and `attributing` hold two texts against each other. Leaves what follows
from a wrong figure to `support`.
"""

from qa_bot.figures.attributing import misattributed
from qa_bot.figures.comparing import Mismatch, explain, mismatches
from qa_bot.figures.reading import Figure, figures

__all__ = ["Figure", "Mismatch", "explain", "figures", "misattributed", "mismatches"]
