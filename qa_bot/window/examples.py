"""Knows which questions fit a collection: ones that its own abstracts answer.

Leaves showing them to `app`.
"""

from __future__ import annotations

from collections.abc import Iterable

from qa_bot.schema import Paper

# Each question is answered by an abstract of the paper whose title begins so; shown only where that paper is there.
_FITTING = (
    ("PaliGemma: A versatile 3B VLM for transfer", "Which vision encoder and which language model is PaliGemma based on?"),
    ("SigLIP 2", "How do SigLIP and SigLIP 2 differ?"),
    ("MLP-Mixer", "Are convolutions or attention necessary for good image classification?"),
    ("TAPVid-3D", "How does TAPVid-3D measure performance on tracking points in 3D?"),
    ("An Image is Worth 16x16 Words", "How well does a pure transformer do on image classification?"),
    ("Scaling Vision Transformers to 22 Billion Parameters", "What was learned from scaling vision transformers to 22 billion parameters?"),
)


def example_questions(papers: Iterable[Paper], *, most: int = 4) -> tuple[str, ...]:
    """Return questions that these papers answer; for papers unknown here, questions made of their titles."""
    papers = tuple(papers)
    titles = [paper.title.casefold() for paper in papers]
    fitting = [question for start, question in _FITTING if any(title.startswith(start.casefold()) for title in titles)]
    named = [paper.title.rstrip(" .") for paper in papers if not paper.title_is_stand_in and 12 <= len(paper.title) <= 90]
    asked = [f"What does “{title}” find?" for title in named[:: max(1, len(named) // most)]]
    return tuple((fitting + ([] if fitting else asked))[:most])
