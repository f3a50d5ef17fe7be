"""Makes the table of words that mean nearly the same: qa_bot/models/words/words.npz.

    python scripts/build_word_table.py TEXTS.jsonl.gz ...

TEXTS are JSON lines with "title" and "text"; they give the vocabulary (words that stand there often enough) and nothing else.
Each word is embedded alone by the model of the package; what all words share is taken away, and the nearest ones are kept
with their cosines. Forms of one word (one stem) are left out: the term index knows them.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import re
from pathlib import Path

import numpy as np
import tantivy

from qa_bot.config import Settings
from qa_bot.embedding import open_embedding

TARGET = Path(__file__).resolve().parent.parent / "qa_bot" / "models" / "words" / "words.npz"
LEAST_OFTEN = 20
NEIGHBOURS = 40
LEAST_COSINE = 0.4
WORD = re.compile(r"[a-z][a-z]+")


def vocabulary(paths: list[Path]) -> list[str]:
    """Return the words that stand often enough in the texts, the most frequent first."""
    counts: collections.Counter[str] = collections.Counter()
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                counts.update(WORD.findall(f"{row['title']} {row['text']}".lower()))
    return [word for word, number in counts.most_common() if number >= LEAST_OFTEN]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    words = vocabulary(parser.parse_args().texts)
    vectors = open_embedding(Settings(_env_file=None)).embed(words)
    vectors -= vectors.mean(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.stemmer("English")).build()
    stems = np.array([analyzer.analyze(word)[0] for word in words])
    near = np.zeros((len(words), NEIGHBOURS), np.uint16)
    cosine = np.zeros((len(words), NEIGHBOURS), np.uint8)  # in 255ths; 0: no more neighbours
    for start in range(0, len(words), 500):
        found = vectors[start : start + 500] @ vectors.T
        for row, values in enumerate(found, start):
            values[stems == stems[row]] = 0
            best = np.argpartition(-values, NEIGHBOURS)[:NEIGHBOURS]
            best = best[np.argsort(-values[best])]
            best = best[values[best] >= LEAST_COSINE]
            near[row, : len(best)], cosine[row, : len(best)] = best, np.round(values[best] * 255)
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(TARGET, words=np.array("\n".join(words)), near=near, cosine=cosine)
    print(f"{len(words)} words, {(cosine > 0).sum() / len(words):.1f} neighbours each, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
