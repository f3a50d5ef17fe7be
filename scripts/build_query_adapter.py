"""Makes what turns a question towards the papers that answer it: qa_bot/models/query_adapter/adapter.npz.

    pip install -e ".[build]"
    python scripts/build_query_adapter.py --scitldr FOLDER --scifact FOLDER --arxiv FILE.jsonl.gz

Papers stay as they are embedded; only the question's side learns, so that data folders need not be made anew. Two maps:
`down` and `up` turn the question's vector (v + v @ down @ up, kept near to v), `projection` projects its tokens to where
`qa_bot.reranking` compares them with a paper's. Both learn that a question's own abstract is nearer than the abstracts
around it (cross entropy over the batch and mined neighbours, or over the whole collection), from benchmarks/everyday.jsonl (3,200 questions in
everyday words, three quarters of the abstracts), SciTLDR's summaries by authors (train) and SciFact's claims (three quarters of train); the
vector also from titles and sentences of arXiv abstracts in other words. What was held back is reported. Token vectors are kept
in a scratch folder: some 5 GB. An hour on two cores.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np
import torch
from build_reranker import (
    NEGATIVES_EACH,
    QUESTIONS_A_STEP,
    Corpus,
    Query,
    Reranker,
    Task,
    by_best_match,
    jsonl,
    read_arxiv,
    read_options,
    read_scifact,
    read_scitldr,
)

from qa_bot.chunking import index_text
from qa_bot.embedding import embedded_model
from qa_bot.reranking import PROJECTION

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "qa_bot" / "models" / "query_adapter" / "adapter.npz"
QUESTIONS = ROOT / "benchmarks" / "everyday.jsonl"
OTHER_ABSTRACTS = 3_200
RANK, NEARNESS, SHARPNESS = 32, 2.0, 25.0
VECTOR_STEPS, VECTOR_RATE, VECTORS_A_STEP = 600, 2e-3, 64
TOKEN_STEPS, TOKEN_RATE = 700, 7e-4
VECTOR_SHARES = {"everyday": 3, "scitldr": 1, "scifact": 1, "arxiv": 1}
TOKEN_SHARES = {"everyday": 5, "scitldr": 2, "scifact": 1}


def read_everyday(path: Path, chance: random.Random) -> Corpus:
    """Return the questions with their abstracts and others around them."""
    questions = list(jsonl(QUESTIONS))
    asked = {question["id"] for question in questions}
    rows = list(jsonl(path))
    chosen = [row for row in rows if row["id"] in asked]
    chosen += chance.sample([row for row in rows if row["id"] not in asked], min(OTHER_ABSTRACTS, len(rows) - len(chosen)))
    place = {row["id"]: n for n, row in enumerate(chosen)}
    train, check = (
        [Query(question["question"], place[question["id"]]) for question in questions if question["split"] == split and question["id"] in place]
        for split in ("train", "test")
    )
    return Corpus("everyday", [index_text(row["title"], row["text"]) for row in chosen], train, check)


class Turned(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.down = torch.nn.Parameter(torch.zeros(width, RANK))
        self.up = torch.nn.Parameter(torch.randn(RANK, width) * 0.05)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(vectors + (vectors @ self.down) @ self.up, dim=1)


def rank_of_own(near: np.ndarray, rows: list[int]) -> np.ndarray:
    """Return for each line of likenesses how many abstracts are nearer than its own."""
    return (near > near[np.arange(len(rows)), rows][:, None]).sum(1)


def told(ranks: np.ndarray) -> str:
    return f"own abstract first {(ranks < 1).mean():.1%}, among 10 {(ranks < 10).mean():.1%}, MRR {(1 / (1 + ranks)).mean():.3f} ({len(ranks)})"


def learn_vectors(corpora: list[Corpus], generator: np.random.Generator) -> Turned:
    embed = embedded_model().embed
    papers = {corpus.name: torch.from_numpy(embed(corpus.texts)) for corpus in corpora}
    asked = {corpus.name: torch.from_numpy(embed([query.text for query in corpus.train])) for corpus in corpora}
    rows = {corpus.name: torch.tensor([query.row for query in corpus.train]) for corpus in corpora}
    shares = np.array([VECTOR_SHARES[corpus.name] for corpus in corpora], dtype=float)
    model = Turned(papers[corpora[0].name].shape[1])
    optimizer = torch.optim.Adam(model.parameters())
    for step in range(VECTOR_STEPS):
        optimizer.param_groups[0]["lr"] = VECTOR_RATE * (1 - step / VECTOR_STEPS)
        name = corpora[generator.choice(len(corpora), p=shares / shares.sum())].name
        chosen = torch.from_numpy(generator.choice(len(rows[name]), VECTORS_A_STEP, replace=False))
        plain = asked[name][chosen]
        turned = model(plain)
        loss = torch.nn.functional.cross_entropy(turned @ papers[name].T * SHARPNESS, rows[name][chosen])
        loss = loss + NEARNESS * ((turned - plain) ** 2).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for corpus in corpora:
        if corpus.check:
            kept = torch.from_numpy(embed([query.text for query in corpus.check]))
            own = [query.row for query in corpus.check]
            for what, vectors in (("before", kept), ("turned", model(kept).detach())):
                print(f"{corpus.name}, vectors {what}: {told(rank_of_own((vectors @ papers[corpus.name].T).numpy(), own))}", flush=True)
    return model


class Asked(Reranker):
    """The reranker with papers projected as they are and questions by what is learnt."""

    def __init__(self, papers: np.ndarray) -> None:
        super().__init__(papers.copy())
        self.scale = torch.nn.Parameter(torch.tensor(3.3))
        self.papers = torch.from_numpy(papers)

    def forward(self, queries: list[np.ndarray], rarity: list[np.ndarray], documents: list[np.ndarray]) -> torch.Tensor:
        left = torch.nn.functional.normalize(torch.from_numpy(np.concatenate(queries)) @ self.projection, dim=1)
        with torch.no_grad():
            right = torch.nn.functional.normalize(torch.from_numpy(np.concatenate(documents)) @ self.papers, dim=1)
        weights = torch.from_numpy(np.concatenate(rarity))
        return by_best_match(left, right, weights, [len(q) for q in queries], [len(d) for d in documents])


def learn_tokens(tasks: list[Task], chance: random.Random) -> Asked:
    model = Asked(np.load(PROJECTION).astype(np.float32))
    report(model, tasks, "before")
    optimizer = torch.optim.AdamW([model.projection, model.scale], weight_decay=0.0)
    for step in range(TOKEN_STEPS):
        optimizer.param_groups[0]["lr"] = TOKEN_RATE * min(1, (step + 1) / 40) * (1 - step / TOKEN_STEPS)
        task = chance.choices(tasks, [TOKEN_SHARES[t.corpus.name] for t in tasks])[0]
        chosen: dict[int, int] = {}  # row -> question: two of one abstract would be each other's wrong answers
        for n in chance.sample(range(len(task.corpus.train)), QUESTIONS_A_STEP):
            if len(task.queries[n][0]):
                chosen.setdefault(task.corpus.train[n].row, n)
        rows = list(chosen)
        for n in chosen.values():
            rows += [row for row in chance.sample(task.near[n].tolist(), NEGATIVES_EACH) if row not in chosen]
        scores = model([task.queries[n][1] for n in chosen.values()], [task.rarity[n] for n in chosen.values()], [task.document(row) for row in rows])
        loss = torch.nn.functional.cross_entropy(scores * model.scale.exp(), torch.arange(len(chosen)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 99:
            print(f"step {step + 1} of {TOKEN_STEPS}: loss {loss.item():.3f}", flush=True)
    report(model, tasks, "turned")
    return model


def report(model: Asked, tasks: list[Task], what: str) -> None:
    for task in tasks:
        ranks = []
        for number, query in enumerate(task.corpus.check, len(task.corpus.train)):
            rows = [query.row, *(row for row in task.near[number].tolist() if row != query.row)]
            with torch.inference_mode():
                scores = model([task.queries[number][1]], [task.rarity[number]], [task.document(row) for row in rows])
            ranks.append(int((scores[0] > scores[0, 0]).sum()))
        print(f"{task.corpus.name}, tokens {what}, of its own and 30 neighbours: {told(np.array(ranks))}", flush=True)


def main() -> None:
    options = read_options(__doc__, TARGET)
    chance = random.Random(0)
    torch.manual_seed(0)
    corpora = [read_everyday(options.arxiv, chance), read_scitldr(options.scitldr), read_scifact(options.scifact)]
    turned = learn_vectors([*corpora, read_arxiv(options.arxiv, chance)], np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as scratch:
        asked = learn_tokens([Task.of(corpus, Path(scratch)) for corpus in corpora], chance)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    maps = {"down": turned.down, "up": turned.up, "projection": asked.projection}
    np.savez(options.output, **{name: value.detach().numpy().astype(np.float16) for name, value in maps.items()})
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
