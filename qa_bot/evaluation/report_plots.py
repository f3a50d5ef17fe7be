"""Knows how to draw the plots of a report as inline SVG, coloured by the page's own variables so that both themes fit.

Leaves the page around them to `report_html`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any

KIND_PANELS = (
    ("retrieval", "hit@5", "gold paper in the first 5"),
    ("answers", "expected_papers_cited", "expected papers all cited"),
    ("answers", "point_recall", "gold points stated"),
    ("abstention", "truthfulness", "truthfulness (−1 to 1)"),
)


def kinds_plot(by_kind: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw one dot with its 95 % interval for each kind of question in each panel."""
    left, panel, gap, row, top = 128, 214, 22, 27, 36
    height, width = top + row * len(by_kind) + 30, left + len(KIND_PANELS) * (panel + gap)
    parts = []
    for number, (section, metric, caption) in enumerate(KIND_PANELS):
        x0 = left + number * (panel + gap)
        least = -1.0 if metric == "truthfulness" else 0.0
        place = lambda value, x0=x0, least=least: x0 + 6 + (value - least) / (1 - least) * (panel - 52)  # noqa: E731
        parts.append(_text(x0 + 6, 18, caption, "caption"))
        for tick in (least, (least + 1) / 2, 1.0):
            parts.append(f'<line class="grid" x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="{top - 8}" y2="{height - 26}"/>')
            parts.append(_text(place(tick), height - 10, f"{tick:g}", "tick", "middle"))
        for index, (kind, figures) in enumerate(by_kind.items()):
            y = top + row * index + row / 2
            if number == 0:
                parts.append(_text(left - 12, y + 4, f"{kind.replace('_', ' ')} ({figures['n']})", "label", "end"))
            value = figures.get(section, {}).get(metric)
            if value is None:
                parts.append(_text(place(least), y + 4, "–", "tick"))
                continue
            low, high = figures["intervals"][section][metric]
            note = f"{kind}: {metric} {value:.3f}, 95 % interval {low:.3f} to {high:.3f}"
            parts.append(
                f"<g><title>{escape(note)}</title>"
                f'<line class="whisker" x1="{place(low):.1f}" x2="{place(high):.1f}" y1="{y}" y2="{y}"/>'
                f'<circle class="dot" cx="{place(value):.1f}" cy="{y}" r="4.5"/></g>'
                + _text(x0 + panel - 2, y + 4, f"{value:.2f}", "value", "end")
            )
    return _svg(width, height, parts, "Figures by kind of question with 95 % intervals")


def reliability_plot(rows: Sequence[Mapping[str, Any]], *, bins: int = 8) -> str:
    """Draw how often the right thing to do was to answer, and how often the answer was right, against the evidence score.

    Bins hold equally many questions. Below: where the answerable and the unanswerable questions lie. Empty without scores.
    """
    scored = sorted((row for row in rows if row.get("evidence_score") is not None), key=lambda row: row["evidence_score"])
    bins = min(bins, len(scored) // 4)
    if bins < 2:
        return ""
    low, high = scored[0]["evidence_score"], max(scored[-1]["evidence_score"], scored[0]["evidence_score"] + 1e-6)
    left, width, top, tall, strip = 44, 560, 30, 190, 42
    place_x = lambda value: left + (value - low) / (high - low) * (width - left - 20)  # noqa: E731
    place_y = lambda share: top + (1 - share) * tall  # noqa: E731
    parts = []
    for tick in (0, 0.5, 1.0):
        parts.append(
            f'<line class="grid" x1="{left}" x2="{width - 20}" y1="{place_y(tick)}" y2="{place_y(tick)}"/>'
            + _text(left - 8, place_y(tick) + 4, f"{tick:g}", "tick", "end")
        )
    edges = [round(index * len(scored) / bins) for index in range(bins + 1)]
    groups = [scored[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    for css, caption, at, true in (
        ("one", "share answerable", 0, lambda r: r["answerable"]),
        ("two", "share answered rightly", 1, lambda r: r["correct"] is True),
    ):
        points = [(sum(r["evidence_score"] for r in g) / len(g), sum(map(true, g)) / len(g), len(g)) for g in groups]
        line = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y, _ in points)
        parts.append(f'<polyline class="series {css}" points="{line}"/>')
        parts += [
            f'<circle class="mark {css}" cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="4">'
            f"<title>{caption} {y:.2f} of {n} questions with scores near {x:.2f}</title></circle>"
            for x, y, n in points
        ]
        parts.append(
            f'<line class="series {css}" x1="{left + at * 150}" x2="{left + 18 + at * 150}" y1="13" y2="13"/>'
            + _text(left + 24 + at * 150, 17, caption, "label")
        )
    base = top + tall + 22
    for index, (css, caption, answerable) in enumerate((("one", "answerable", True), ("three", "unanswerable", False))):
        y = base + index * strip
        parts.append(_text(left, y - 2, caption, "label"))
        parts += [
            f'<path class="tickmark {css}" d="M{place_x(r["evidence_score"]):.1f} {y + 4}v16"/>'
            for r in scored
            if r["answerable"] is answerable
        ]
    bottom = base + 2 * strip + 2
    for share in (0, 0.5, 1):
        value = low + share * (high - low)
        parts.append(_text(place_x(value), bottom, f"{value:.2f}", "tick", "middle"))
    parts.append(_text((left + width) / 2, bottom + 18, "evidence score", "caption", "middle"))
    return _svg(width, bottom + 28, parts, "Reliability of the evidence score")


def latency_plot(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw a histogram of the seconds per question on a logarithmic axis, with the median and the 95th percentile."""
    seconds = sorted(max(row["seconds"], 1e-4) for row in rows)
    if not seconds:
        return ""
    bins, left, width, top, tall = 24, 44, 560, 30, 190
    first, last = log10(seconds[0]) - 0.02, log10(seconds[-1]) + 0.02
    counts = [0] * bins
    for value in seconds:
        counts[min(bins - 1, int((log10(value) - first) / (last - first) * bins))] += 1
    place = lambda value: left + (log10(value) - first) / (last - first) * (width - left - 20)  # noqa: E731
    parts, broad, most = [], (width - left - 20) / bins, max(counts)
    for tick in sorted({0, most // 2, most}):
        y = top + tall * (1 - tick / most)
        parts.append(
            f'<line class="grid" x1="{left}" x2="{width - 20}" y1="{y:.1f}" y2="{y:.1f}"/>'
            + _text(left - 8, y + 4, str(tick), "tick", "end")
        )
    for index, count in enumerate(counts):
        if count:
            high = tall * count / most
            parts.append(
                f'<rect class="bar" x="{left + index * broad + 1:.1f}" y="{top + tall - high:.1f}" width="{broad - 2:.1f}" '
                f'height="{high:.1f}" rx="2"><title>{count} questions</title></rect>'
            )
    for share, caption, y, anchor in ((0.5, "median", 12, "end"), (0.95, "95 % within", 12, "start")):
        value = seconds[min(len(seconds) - 1, int(share * len(seconds)))]
        parts.append(
            f'<line class="rule" x1="{place(value):.1f}" x2="{place(value):.1f}" y1="{top - 8}" y2="{top + tall}"/>'
            + _text(place(value), y + 6, f"{caption} {_seconds(value)}", "label", anchor)
        )
    for value in (seconds[0], seconds[-1]):
        parts.append(_text(place(value), top + tall + 18, _seconds(value), "tick", "middle"))
    parts.append(_text((left + width) / 2, top + tall + 36, "seconds per question (logarithmic)", "caption", "middle"))
    return _svg(width, top + tall + 46, parts, "Latency of the questions")


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _text(x: float, y: float, text: str, css: str, anchor: str = "start") -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], label: str) -> str:
    head = f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(label)}" style="max-width:{width:.0f}px">'
    return f"{head}{''.join(parts)}</svg>"
