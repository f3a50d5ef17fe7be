"""Knows a collection as a map: papers that say alike things stand near each other, grouped into named topics.

Leaves making the vectors to the engine. The projection is t-SNE (van der Maaten and Hinton, 2008) started from the
first two principal components, and those components alone where its quadratic cost would keep a visitor waiting.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa_bot.retrieval import STOP_WORDS
from qa_bot.schema import Paper
from qa_bot.window.inert import escape

if TYPE_CHECKING:
    import numpy as np

MOST_FOR_TSNE, MOST_DOTS, MOST_TOPICS = 500, 3000, 8
_STEPS, _PERPLEXITY = 400, 15.0
_COMMON_SHARE = 0.6  # words in more of the papers than this name no topic
# What abstracts of every topic say, beside function words.
_SAID_EVERYWHERE = frozenset(
    ("approach", "method", "methods", "model", "models", "result", "results", "performance", "training", "trained", "learning", "deep", "data")
    + ("large", "new", "novel", "different", "various", "many", "several", "show", "study", "work", "paper", "propose", "present", "task", "tasks")
    + ("effectiveness", "achieve", "better", "best", "state-of-the-art", "computer", "vision", "real-world", "used", "using", "based", "one", "two")
)
_WORD = re.compile(r"[A-Za-z][A-Za-z-]{2,}")


@dataclass(frozen=True)
class PaperMap:
    """Where each paper stands, x and y in [0, 1], which topic it is of, and the topics' names."""

    paper_ids: tuple[str, ...]
    places: tuple[tuple[float, float], ...]
    topics: tuple[int, ...]
    names: tuple[str, ...]


def make_map(papers: Sequence[Paper], vectors: np.ndarray) -> PaperMap:
    """Lay papers out by their vectors (n, dimension), row i for paper i; the same input gives the same map."""
    import numpy as np

    if len(papers) < 3:
        return PaperMap(tuple(p.paper_id for p in papers), tuple((0.5, (i + 1) / 4) for i in range(len(papers))), (0,) * len(papers), ("papers",))
    rows = np.asarray(vectors, dtype=np.float64)
    rows = rows - rows.mean(axis=0)
    left, sizes, _ = np.linalg.svd(rows, full_matrices=False)
    components = left[:, : min(30, len(sizes))] * sizes[: min(30, len(sizes))]
    places = _tsne(components) if len(papers) <= MOST_FOR_TSNE else components[:, :2]
    low, high = places.min(axis=0), places.max(axis=0)
    places = (places - low) / np.maximum(high - low, 1e-9)
    topics = _topics(components, min(MOST_TOPICS, max(2, round((len(papers) / 2) ** 0.5))))
    names = topic_names([p.title for p in papers], [p.abstract for p in papers], topics)
    return PaperMap(tuple(p.paper_id for p in papers), tuple((float(x), float(y)) for x, y in places), tuple(topics), names)


def _tsne(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    n = len(rows)
    near = _affinities(rows, min(_PERPLEXITY, (n - 1) / 3))
    near = np.maximum((near + near.T) / (2 * n), 1e-12)
    y = rows[:, :2] / max(rows[:, 0].std(), 1e-9) * 1e-4
    step, gains = np.zeros_like(y), np.ones_like(y)
    for turn in range(_STEPS):
        exaggerated = near * 12 if turn < 100 else near
        squares = np.square(y).sum(axis=1)
        heavy = 1 / (1 + np.maximum(squares[:, None] + squares[None, :] - 2 * y @ y.T, 0))
        np.fill_diagonal(heavy, 0)
        pull = (exaggerated - np.maximum(heavy / heavy.sum(), 1e-12)) * heavy
        slope = 4 * (pull.sum(axis=1)[:, None] * y - pull @ y)
        gains = np.maximum(np.where(np.sign(slope) != np.sign(step), gains + 0.2, gains * 0.8), 0.01)
        step = (0.5 if turn < 100 else 0.8) * step - max(n / 12, 20) * gains * slope
        y = y + step
        y -= y.mean(axis=0)
    return y


def _affinities(rows: np.ndarray, perplexity: float) -> np.ndarray:
    """Return row-wise neighbour probabilities whose entropy is log(perplexity), by bisection of each row's width."""
    import numpy as np

    squares = np.square(rows).sum(axis=1)
    far = np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0)
    far /= max(far.mean(), 1e-12)
    low, high = np.full(len(rows), 1e-4), np.full(len(rows), 1e6)
    for _ in range(60):
        beta = np.sqrt(low * high)
        p = np.exp(-(far - far.min(axis=1, keepdims=True)) * beta[:, None])
        np.fill_diagonal(p, 0)
        p /= np.maximum(p.sum(axis=1, keepdims=True), 1e-300)
        entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1)
        is_wide = entropy > np.log(perplexity)
        low, high = np.where(is_wide, beta, low), np.where(is_wide, high, beta)
    return p


def _topics(rows: np.ndarray, count: int) -> list[int]:
    """Group by k-means from far-apart starts; the largest group is number 0."""
    import numpy as np

    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    centres = [rows[int(np.argmax(np.linalg.norm(rows - rows.mean(axis=0), axis=1)))]]
    while len(centres) < count:
        nearest = np.min([np.linalg.norm(rows - c, axis=1) for c in centres], axis=0)
        centres.append(rows[int(np.argmax(nearest))])
    middle = np.stack(centres)
    for _ in range(50):
        owner = np.argmax(rows @ middle.T, axis=1)
        fresh = np.stack([rows[owner == k].mean(axis=0) if (owner == k).any() else middle[k] for k in range(count)])
        fresh /= np.maximum(np.linalg.norm(fresh, axis=1, keepdims=True), 1e-9)
        if np.allclose(fresh, middle):
            break
        middle = fresh
    ranks = {topic: rank for rank, (topic, _) in enumerate(Counter(owner.tolist()).most_common())}
    return [ranks[topic] for topic in owner.tolist()]


def topic_names(titles: Sequence[str], abstracts: Sequence[str], topics: Sequence[int]) -> tuple[str, ...]:
    """Name each topic by words of its titles that are frequent in its abstracts and rare in the others'."""
    in_title = [{w.lower() for w in _WORD.findall(text)} for text in titles]
    words = [found | {w.lower() for w in _WORD.findall(text)} for found, text in zip(in_title, abstracts, strict=True)]
    everywhere = Counter(w for found in words for w in found)
    names = []
    for topic in range(max(topics) + 1):
        members = [i for i, t in enumerate(topics) if t == topic]
        inside = Counter(w for i in members for w in words[i])
        weight = {
            w: inside[w] / len(members) - (everywhere[w] - inside[w]) / max(1, len(words) - len(members))
            for w in {w for i in members for w in in_title[i]}
            if w not in _SAID_EVERYWHERE and w not in STOP_WORDS and inside[w] > 1 and everywhere[w] <= max(2, _COMMON_SHARE * len(words))
        }
        best: list[str] = []
        for w in sorted(weight, key=lambda w: (-weight[w], w)):
            if not any(w.startswith(b[:5]) or b.startswith(w[:5]) for b in best):
                best.append(w)
            if len(best) == 3:
                break
        names.append(", ".join(best) or f"group {topic + 1}")
    return tuple(names)


def map_svg(drawn: PaperMap, papers: Sequence[Paper]) -> str:
    """Draw the map; a dot is a button that opens its paper. Colours are classes (qa-topic-0, qa-age-0 the newest)."""
    by_id = {p.paper_id: p for p in papers}
    years = sorted({p.year for p in papers if p.year}, reverse=True)
    dots = []
    for paper_id, (x, y), topic in list(zip(drawn.paper_ids, drawn.places, drawn.topics, strict=True))[:MOST_DOTS]:
        paper = by_id.get(paper_id)
        if paper is None:
            continue
        age = _age(paper.year, years)
        label = escape(f"{paper.title}{f', {paper.year}' if paper.year else ''}")
        dots.append(
            f'<g class="qa-dot qa-topic-{topic} qa-age-{age}" data-paper="{escape(paper_id)}" tabindex="0" role="button" aria-label="{label}">'
            f'<title>{label}</title><circle cx="{4 + x * 92:.2f}%" cy="{5 + y * 90:.2f}%" r="6"></circle></g>'
        )
    counts = Counter(drawn.topics)
    legend = "".join(
        f'<li class="qa-topic-{t}"><span class="qa-swatch"></span>{escape(name)} ({counts[t]})</li>' for t, name in enumerate(drawn.names) if counts[t]
    )
    ages = "".join(f'<li class="qa-age-{a}"><span class="qa-swatch"></span>{label}</li>' for a, label in _age_labels(years))
    return (
        '<div class="qa-map qa-by-topic"><div class="qa-map-head"><span>Near means alike. Colour by</span>'
        '<button type="button" class="qa-colour" value="qa-by-topic" aria-pressed="true">topic</button>'
        '<button type="button" class="qa-colour" value="qa-by-year" aria-pressed="false">year</button></div>'
        f'<svg width="100%" height="340" role="group" aria-label="Map of the collection">{"".join(dots)}</svg>'
        f'<ul class="qa-legend qa-legend-topic">{legend}</ul><ul class="qa-legend qa-legend-year">{ages}</ul></div>'
    )


def _age(year: int | None, years: Sequence[int]) -> int:
    """Return 0 for the newest fifth of the years, 4 for the oldest and for papers without a date."""
    if year is None or not years or years[0] == years[-1]:
        return 4
    return min(4, int((years[0] - year) / (years[0] - years[-1]) * 5))


def _age_labels(years: Sequence[int]) -> list[tuple[int, str]]:
    by_age: dict[int, list[int]] = {}
    for year in years:
        by_age.setdefault(_age(year, years), []).append(year)
    return [(age, str(group[0]) if len(group) == 1 else f"{group[-1]}–{group[0]}") for age, group in by_age.items()]
