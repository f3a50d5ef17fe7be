"""Sentence boundaries on real abstracts, and chunks that cover their abstract."""

from __future__ import annotations

import pytest

from qa_bot.chunking import chunk_paper, index_text, split_sentences
from qa_bot.schema import Origin, Paper, Version


def sentences(text: str) -> list[str]:
    spans = split_sentences(text)
    assert all(text[s.start : s.end] == s.text for s in spans)
    return [s.text for s in spans]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It beats the RL method of Zoph et al. (2018) in terms of models. It is 8 times faster.", 2),
        ("We compare with e.g. Flamingo and BEiT-3. We win.", 2),
        ("We use models (e.g. Flamingo, BEiT-3, or GPT-4). We test them.", 2),
        ("A YOLOv3-based detector runs. YOLOv3-based systems are fast.", 2),
        ("Accuracy rises from 61.3% to 67.4%. That is 6.1 points.", 2),
        ("Models are available at https://github.com/google-deepmind/representations4d . We hope so.", 2),
        ("Code is at https://tapvid3d.github.io", 1),
        ("Code at https://x.org/a.b?c=d. Data too.", 2),
        ("LiT (Zhai et al., 2022) shows gains. Others (Chen et al. 2022) do not.", 2),
        ("Written by Olivier J. Hénaff and C. Daniel Freeman. It works.", 2),
        ("Points fall in class C. We drop them.", 2),
        ("Are we done with ImageNet? Yes, and no. We ask whether.", 3),
        ("We introduce X, Y, etc. We then test i.e. measure it.", 2),
        ("See Fig. 3 and Eq. (4). No. 5 is best.", 2),
        ("Data is scarce. gvnn2 helps. iBOT too.", 3),
        ("It reaches 84.5%.[1] It is fast. [2, 3] The end 【4】.", 3),
        ("- One thing [1]\n- Another thing [2]\n\nThird.", 3),
        ("He said \"it works.\" Then it did. (It really did.) Fine!", 4),
        ("wrapped\nline of one sentence. Next one.", 2),
        ("Compared vs. baselines we gain approx. 3 points w.r.t. Top-1.", 1),
        ("Shown by Smith et al. We extend it.", 2),
        ("", 0),
        ("   ", 0),
        ("no full stop", 1),
        ("Really?! Yes... and so on.", 2),
    ],
)
def test_sentence_boundaries(text, count):
    assert len(sentences(text)) == count, sentences(text)


def paper_of(abstract: str, *, title: str = "A title", stand_in: bool = False) -> Paper:
    return Paper("x:1", title, (Version(abstract, abstract, None, (Origin("f", 1),)),), title_is_stand_in=stand_in)


def words(text: str) -> int:
    return len(text.split())


def test_short_abstract_is_one_chunk():
    paper = paper_of("One sentence. Two sentences.")
    (chunk,) = chunk_paper(paper, count_tokens=words, window_tokens=50)
    assert chunk.text == paper.abstract and (chunk.start, chunk.end) == (0, len(paper.abstract))


def test_long_abstract_becomes_even_runs_of_whole_sentences():
    abstract = " ".join(f"Sentence number {n} has exactly seven words." for n in range(30))
    chunks = chunk_paper(paper_of(abstract), count_tokens=words, window_tokens=90)
    assert len(chunks) == 3
    assert all(abstract[c.start : c.end] == c.text for c in chunks)
    assert " ".join(c.text for c in chunks) == abstract
    sizes = [words(c.text) for c in chunks]
    assert max(sizes) - min(sizes) <= 14


def test_one_endless_sentence_stays_whole():
    abstract = "word " * 400
    (chunk,) = chunk_paper(paper_of(abstract.strip()), count_tokens=words, window_tokens=50)
    assert words(chunk.text) == 400


def test_stand_in_title_is_not_embedded():
    assert index_text("", "text") == "text"
    assert index_text("T", "text") == "T\ntext"
