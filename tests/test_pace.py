"""The line that says how far a run is, how fast it goes and how long it will take."""

from __future__ import annotations

from qa_bot.pace import Pace, spoken


def test_a_line_tells_rate_and_time_left_once_they_are_settled():
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.line("reading records", 0, 0) == "reading records"
    assert pace.line("embedding papers", 100, 12_000) == "embedding papers, 100 of 12,000"
    now[0] = 10.0
    assert pace.line("embedding papers", 1600, 12_000) == "embedding papers, 1,600 of 12,000, 150 a second, 69 s left"
    now[0] = 20.0
    assert pace.line("storing papers", 1, 2) == "storing papers, 1 of 2", "each stage has a pace of its own"
    now[0] = 30.0
    assert pace.line("storing papers", 2, 2) == "storing papers, 2 of 2, 0.1 a second"


def test_time_left_in_words():
    assert [spoken(n, 1.0) for n in (5, 89, 120, 5000, 9000)] == ["5 s", "89 s", "2 min", "83 min", "2.5 h"]
