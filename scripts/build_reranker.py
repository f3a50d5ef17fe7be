"""Makes the projection by which papers are read word by word: qa_bot/models/reranker/projection.npy.

    pip install -e ".[build]"
    python scripts/build_reranker.py --scitldr FOLDER --scifact FOLDER --arxiv FILE.jsonl.gz

The embedding model of the package stays as it is; what two of its layers make of each token (768 numbers) is projected to
128. A gate that learns how much each token of a question counts takes part in the training and is not kept: rarity in the
collection at hand does as well without it. The projection is trained so that a text's own abstract is nearer to it than the
abstracts that are its neighbours by the mean of their tokens (in-batch and mined negatives, cross entropy), on SciTLDR's summaries by authors
(train), SciFact's claims (three quarters of train), and titles and sentences of arXiv abstracts, half of whose words are replaced
by words of like meaning (`qa_bot.synonyms`), since people ask in other words than the papers'. A title or sentence is masked
where it stands in its own abstract. Token vectors of all texts are kept in a scratch folder: some 5 GB.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from qa_bot.chunking import index_text, split_sentences
from qa_bot.embedding import embedded_model
from qa_bot.retrieval import STOP_WORDS
from qa_bot.synonyms import alike

TARGET = Path(__file__).resolve().parent.parent / "qa_bot" / "models" / "reranker" / "projection.npy"
STATE_WIDTH, WIDTH = 768, 128
STEPS, QUESTIONS_A_STEP, NEGATIVES_EACH = 700, 24, 3
ARXIV_ABSTRACTS = 8_000
NEIGHBOURS = 30
LEAST_LIKENESS, MOST_ALIKE = 0.45, 5
SHARES = {"scitldr": 2, "scifact": 1, "arxiv": 4}


@dataclass(frozen=True)
class Query:
    """A text whose abstract is number `row`; `masked` is the span of that abstract's index text which gave it, or None.

    `sentences` are the spans of its sentences, `answers` those that answer, by number, where they are known.
    """

    text: str
    row: int
    masked: tuple[int, int] | None = None
    sentences: tuple[tuple[int, int], ...] = ()
    answers: tuple[int, ...] = ()


@dataclass
class Corpus:
    """Texts as they are indexed, the queries to train and to check with, and, once read, the token vectors of both."""

    name: str
    texts: list[str]
    train: list[Query]
    check: list[Query] = field(default_factory=list)


def jsonl(path: Path) -> Iterator[dict]:
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as stream:
        yield from map(json.loads, stream)


def relevant(path: Path) -> dict[str, str]:
    """Return query id -> its first relevant document."""
    found: dict[str, str] = {}
    with path.open(encoding="utf-8") as stream:
        for query_id, document, score in list(csv.reader(stream, delimiter="\t"))[1:]:
            if float(score) > 0:
                found.setdefault(query_id, document)
    return found


def in_other_words(text: str, share: float, chance: random.Random) -> str:
    """Return the text with about `share` of its telling words replaced by words of like meaning."""
    words = []
    for word in re.findall(r"\w+|\W+", text):
        if word.isalpha() and word.lower() not in STOP_WORDS and chance.random() < share:
            others = [other for other in alike(word) if other[1] >= LEAST_LIKENESS][:MOST_ALIKE]
            word = chance.choices([o for o, _ in others], [likeness**2 for _, likeness in others])[0] if others else word
        words.append(word)
    return "".join(words)


def read_scitldr(folder: Path) -> Corpus:
    rows = list(jsonl(folder / "corpus.jsonl.gz"))
    place = {row["id"]: n for n, row in enumerate(rows)}
    about = relevant(folder / "qrels.tsv")
    queries = list(jsonl(folder / "queries.jsonl"))
    train = [Query(q["text"], place[about[q["id"]]]) for q in queries if q["split"] == "train" and q["by"] == "author"]
    check = [Query(q["text"], place[about[q["id"]]]) for q in queries if q["split"] == "dev" and q["by"] != "author"]
    return Corpus("scitldr", [index_text(row["title"], row["text"]) for row in rows], train, check)


def read_scifact(folder: Path) -> Corpus:
    rows = list(jsonl(folder / "corpus.jsonl.gz"))
    place = {row["id"]: n for n, row in enumerate(rows)}
    about = relevant(folder / "qrels_train.tsv")
    queries = [Query(q["text"], place[about[q["id"]]]) for q in jsonl(folder / "queries_train.jsonl") if q["id"] in about]
    train, check = [q for n, q in enumerate(queries) if n % 4], queries[::4]
    return Corpus("scifact", [index_text(row["title"], row["text"]) for row in rows], train, check)


def read_arxiv(path: Path, chance: random.Random) -> Corpus:
    rows = list(jsonl(path))
    rows = chance.sample(rows, min(ARXIV_ABSTRACTS, len(rows)))
    train = []
    for n, row in enumerate(rows):
        title, start = (0, len(row["title"])), len(row["title"]) + 1
        train += [Query(row["title"], n, title), Query(in_other_words(row["title"], 0.5, chance), n, title)]
        sentences = [s for s in split_sentences(row["text"]) if 6 < len(s.text.split()) < 40]
        if sentences:
            one = chance.choice(sentences)
            train.append(Query(in_other_words(one.text, 0.7, chance), n, (start + one.start, start + one.end)))
    return Corpus("arxiv", [index_text(row["title"], row["text"]) for row in rows], train)


class States:
    """The token vectors of many texts in one file: `states[n]` is (spans, float32 vectors of length one in each half)."""

    def __init__(self, texts: list[str], path: Path) -> None:
        self.spans, starts = [], [0]
        with path.open("wb") as stream:
            for start in range(0, len(texts), 256):
                for spans, vectors in embedded_model().embed_tokens(texts[start : start + 256]):
                    vectors.astype(np.float16).tofile(stream)
                    self.spans.append(spans)
                    starts.append(starts[-1] + len(spans))
                print(f"\r{path.name}: {len(self.spans):,} of {len(texts):,} texts read", end="", flush=True)
        print()
        self.starts = starts
        self.vectors = np.memmap(path, dtype=np.float16, mode="r").reshape(-1, STATE_WIDTH)

    def __getitem__(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        return self.spans[n], np.asarray(self.vectors[self.starts[n] : self.starts[n + 1]], dtype=np.float32)


    def means(self) -> np.ndarray:
        """Return one vector a text, of length one: the mean of its tokens'."""
        means = np.stack([self[n][1].mean(0) if len(self.spans[n]) else np.ones(STATE_WIDTH, np.float32) for n in range(len(self.spans))])
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def words_at(text: str, spans: np.ndarray) -> list[str]:
    return [text[start:end].lower() for start, end in spans.tolist()]


@dataclass
class Task:
    """A corpus ready to train on: token vectors, how rare each word piece is (idf), and each query's nearest other texts."""

    corpus: Corpus
    documents: States
    queries: States
    rarity: list[np.ndarray]
    near: np.ndarray

    @classmethod
    def of(cls, corpus: Corpus, scratch: Path) -> Task:
        queries = corpus.train + corpus.check
        documents = States(corpus.texts, scratch / f"{corpus.name}.documents")
        asked = States([q.text for q in queries], scratch / f"{corpus.name}.queries")
        counts: dict[str, int] = {}
        for text, spans in zip(corpus.texts, documents.spans):
            for piece in set(words_at(text, spans)):
                counts[piece] = counts.get(piece, 0) + 1
        number = len(corpus.texts)
        rarity = [
            np.array([np.log(1 + number / (1 + counts.get(piece, 0))) for piece in words_at(q.text, spans)], dtype=np.float32)
            for q, spans in zip(queries, asked.spans)
        ]
        vectors, about = documents.means(), asked.means()
        near = np.concatenate([np.argpartition(-(about[n : n + 512] @ vectors.T), NEIGHBOURS)[:, :NEIGHBOURS] for n in range(0, len(queries), 512)])
        return cls(corpus, documents, asked, rarity, near)

    def document(self, row: int, masked: tuple[int, int] | None = None) -> np.ndarray:
        spans, vectors = self.documents[row]
        if masked is None:
            return vectors
        kept = vectors[(spans[:, 0] < masked[0]) | (spans[:, 0] >= masked[1])]
        return kept if len(kept) else vectors


class Reranker(torch.nn.Module):
    def __init__(self, start: np.ndarray) -> None:
        super().__init__()
        self.projection = torch.nn.Parameter(torch.from_numpy(start))
        self.weighing = torch.nn.Parameter(torch.zeros(STATE_WIDTH))
        self.bias = torch.nn.Parameter(torch.ones(1))
        self.scale = torch.nn.Parameter(torch.tensor(3.0))

    def forward(self, queries: list[np.ndarray], rarity: list[np.ndarray], documents: list[np.ndarray]) -> torch.Tensor:
        """Return the likeness of each query to each document."""
        asked = torch.from_numpy(np.concatenate(queries))
        left = torch.nn.functional.normalize(asked @ self.projection, dim=1)
        right = torch.nn.functional.normalize(torch.from_numpy(np.concatenate(documents)) @ self.projection, dim=1)
        weights = torch.from_numpy(np.concatenate(rarity)) * torch.nn.functional.softplus(asked @ self.weighing + self.bias)
        return by_best_match(left, right, weights, [len(q) for q in queries], [len(d) for d in documents])


def by_best_match(left: torch.Tensor, right: torch.Tensor, weights: torch.Tensor, asked: list[int], read: list[int]) -> torch.Tensor:
    """Return the likeness [queries, documents] of token vectors laid end to end: so many of each query, so many of each document."""
    best = torch.stack([part.max(1).values for part in (left @ right.T).split(read, dim=1)], 1) * weights[:, None]
    return torch.stack([part.sum(0) for part in best.split(asked)]) / torch.stack([w.sum() for w in weights.split(asked)])[:, None]


def train(tasks: list[Task], chance: random.Random) -> Reranker:
    sample = np.concatenate([task.documents[chance.randrange(len(task.corpus.texts))][1] for task in tasks for _ in range(150)])
    rows = np.random.default_rng(0).choice(len(sample), min(20_000, len(sample)), replace=False)
    model = Reranker(np.linalg.svd(sample[rows], full_matrices=False)[2][:WIDTH].T.copy())
    rates = [1e-3, 5e-3]
    optimizer = torch.optim.Adam([{"params": [model.projection]}, {"params": [model.weighing, model.bias, model.scale]}])
    losses = []
    for step in range(STEPS):
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * min(1, (step + 1) / 50) * (1 - step / STEPS)
        task = chance.choices(tasks, [SHARES[t.corpus.name] for t in tasks])[0]
        chosen = [n for n in chance.sample(range(len(task.corpus.train)), QUESTIONS_A_STEP) if len(task.queries[n][0])]
        queries = [task.corpus.train[n] for n in chosen]
        rows = [q.row for q in queries]
        for n, _ in zip(chosen, queries):
            rows += [row for row in chance.sample(task.near[n].tolist(), 2 * NEGATIVES_EACH) if row not in rows][:NEGATIVES_EACH]
        documents = [task.document(row, queries[place].masked if place < len(queries) else None) for place, row in enumerate(rows)]
        scores = model([task.queries[n][1] for n in chosen], [task.rarity[n] for n in chosen], documents) * model.scale.exp()
        twice = torch.tensor([[row == q.row and place != own for place, row in enumerate(rows)] for own, q in enumerate(queries)])
        loss = torch.nn.functional.cross_entropy(scores.masked_fill(twice, -1e9), torch.arange(len(queries)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 50 == 49:
            print(f"step {step + 1} of {STEPS}: loss {np.mean(losses[-50:]):.3f}", flush=True)
    return model


def check(model: Reranker, task: Task) -> float:
    """Return how often a query held back is nearer to its own abstract than to all of its neighbours."""
    right = 0
    for number, query in enumerate(task.corpus.check, len(task.corpus.train)):
        rows = [query.row, *(row for row in task.near[number].tolist() if row != query.row)]
        with torch.inference_mode():
            scores = model([task.queries[number][1]], [task.rarity[number]], [task.document(row) for row in rows])
        right += int(scores[0].argmax()) == 0
    return right / len(task.corpus.check)


def options_of(description: str, target: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scitldr", type=Path, required=True)
    parser.add_argument("--scifact", type=Path, required=True)
    parser.add_argument("--arxiv", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=target)
    return parser


def main() -> None:
    options = options_of(__doc__, TARGET).parse_args()
    chance = random.Random(0)
    torch.manual_seed(0)
    corpora = [read_scitldr(options.scitldr), read_scifact(options.scifact), read_arxiv(options.arxiv, chance)]
    with tempfile.TemporaryDirectory() as scratch:
        tasks = [Task.of(corpus, Path(scratch)) for corpus in corpora]
        model = train(tasks, chance)
        for task in tasks:
            if task.corpus.check:
                print(f"{task.corpus.name}: nearest of {NEIGHBOURS} neighbours for {check(model, task):.1%} of {len(task.corpus.check)} texts held back")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        np.save(options.output, model.projection.numpy().astype(np.float16))
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
