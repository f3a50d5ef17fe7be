"""Measures the ranking on a public collection: words alone, vectors alone, both fused, and the best papers read word by word.

    python benchmarks/retrieval.py --data FOLDER|arxiv.jsonl.gz [--tune] [--limit N]

FOLDER holds corpus.jsonl.gz, queries.jsonl and qrels.tsv (SciFact or SciTLDR in BEIR's form). SciFact reports its test
claims; SciTLDR the summaries of its test split written by reviewers. Given arXiv's records, the questions in everyday words of
benchmarks/everyday.jsonl.gz are asked (those held back for tests), of their abstracts and every twentieth other one. The collection is
ingested through qa_bot's own readers and store. --tune prints a grid over both weights on the training queries instead, and
reports nothing of test. What reads papers and questions closely (qa_bot/models/reranker, qa_bot/models/query_encoder) was
trained on the train parts of all three.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import tempfile
import time
from pathlib import Path

from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.evaluation.retrieval_metrics import ndcg_at, recall_at
from qa_bot.evaluation.statistics import mean_interval, paired_permutation
from qa_bot.ingest import ingest
from qa_bot.retrieval import TITLE_WEIGHT, search_papers

EVERYDAY = Path(__file__).parent / "everyday.jsonl.gz"


def read_queries(data: Path, part: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return the queries and relevant record ids of "test" or "train"; of SciTLDR the summaries derived from reviews."""
    suffix = "_train" if part == "train" and (data / "queries_train.jsonl").exists() else ""
    rows = [json.loads(line) for line in (data / f"queries{suffix}.jsonl").read_text(encoding="utf-8").splitlines()]
    if rows and "split" in rows[0]:
        wanted = {"test": "test", "train": "dev"}[part]
        rows = [row for row in rows if row["split"] == wanted and row["by"] == "reviewer-derived"]
    queries = {row["id"]: row["text"] for row in rows}
    relevant: dict[str, set[str]] = {}
    with (data / f"qrels{suffix}.tsv").open(encoding="utf-8") as stream:
        for query_id, record_id, score in list(csv.reader(stream, delimiter="\t"))[1:]:
            if query_id in queries and float(score) > 0:
                relevant.setdefault(query_id, set()).add(record_id)
    return {key: queries[key] for key in relevant}, relevant


def read_everyday(dump: Path, part: str, corpus: Path) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Write the abstracts that questions in everyday words are about, and others, to `corpus`; return the questions and relevant ids."""
    questions = [json.loads(line) for line in gzip.decompress(EVERYDAY.read_bytes()).splitlines()]
    chosen = [question for question in questions if question["split"] == part]
    asked = {question["id"] for question in chosen}
    with gzip.open(dump, "rt", encoding="utf-8") as stream, corpus.open("w", encoding="utf-8") as out:
        for number, line in enumerate(stream):
            if number % 20 == 0 or json.loads(line)["id"] in asked:
                out.write(line)
    return {str(n): one["question"] for n, one in enumerate(chosen)}, {str(n): {one["id"]} for n, one in enumerate(chosen)}


def scores(engine: AnswerEngine, queries: dict[str, str], relevant: dict[str, set[str]], vectors: dict, **options: float) -> list[tuple]:
    rows = []
    for key, query in queries.items():
        hits = search_papers(
            query, store=engine.store, embedding=engine.embedding, limit=10, query_vector=vectors[key], **options
        )
        found = [next((r for r in hit.paper.record_ids if r in relevant[key]), hit.paper.paper_id) for hit in hits]
        rows.append((ndcg_at(found, relevant[key]), recall_at(found, relevant[key], 10)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--limit", type=int, help="use only so many queries")
    parser.add_argument("--store", type=Path, help="keep the ingested collection here and use it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(_env_file=None, data_dir=options.store or Path(scratch))
        began = time.perf_counter()
        part = "train" if options.tune else "test"
        if options.data.is_file():
            corpus = Path(scratch) / "everyday.jsonl"
            queries, relevant = read_everyday(options.data, part, corpus)
        else:
            corpus = options.data / "corpus.jsonl.gz"
            queries, relevant = read_queries(options.data, part)
        report = ingest([corpus], settings=settings)
        print(f"{options.data.name}: {report.papers} papers from {report.records} records, ingested in {time.perf_counter() - began:.0f} s")
        engine = AnswerEngine.from_settings(settings)
        queries = dict(list(queries.items())[: options.limit])
        vectors = dict(zip(queries, engine.embedding.embed(list(queries.values()))))
        if options.tune:
            tune(engine, queries, relevant, vectors)
        else:
            compare(engine, queries, relevant, vectors, fused_weight=settings.lexical_weight)
        engine.close()


def tune(engine: AnswerEngine, queries: dict, relevant: dict, vectors: dict) -> None:
    print("nDCG@10 on training queries; rows: title weight, columns: lexical weight")
    weights = (0.2, 0.3, 0.4, 0.5, 0.6)
    print("      " + "".join(f"{weight:>8}" for weight in weights))
    for title_weight in (0.0, 0.1, 0.2, 0.3, 0.5):
        means = []
        for weight in weights:
            rows = scores(engine, queries, relevant, vectors, lexical_weight=weight, title_weight=title_weight, closely=False)
            means.append(sum(n for n, _ in rows) / len(rows))
        print(f"{title_weight:>6}" + "".join(f"{mean:>8.4f}" for mean in means), flush=True)


def compare(engine: AnswerEngine, queries: dict, relevant: dict, vectors: dict, *, fused_weight: float) -> None:
    table = {}
    ways = {"BM25": (1.0, False), "dense": (0.0, False), "fused": (fused_weight, False), "read closely": (fused_weight, True)}
    for name, (weight, closely) in ways.items():
        began = time.perf_counter()
        table[name] = scores(engine, queries, relevant, vectors, lexical_weight=weight, title_weight=TITLE_WEIGHT, closely=closely)
        mean, low, high = mean_interval([n for n, _ in table[name]])
        recall = sum(r for _, r in table[name]) / len(queries)
        each = (time.perf_counter() - began) / len(queries) * 1000
        print(f"{name:<12} nDCG@10 {mean:.3f} [{low:.3f}, {high:.3f}]  recall@10 {recall:.3f}  {len(queries)} queries, {each:.1f} ms each")
    for base, best in (("BM25", "fused"), ("fused", "read closely")):
        gains = [b[0] - a[0] for a, b in zip(table[base], table[best])]
        mean, low, high = mean_interval(gains)
        print(f"{best} - {base} nDCG@10 {mean:+.3f} [{low:+.3f}, {high:+.3f}], permutation p = {paired_permutation(gains):.4f}")


if __name__ == "__main__":
    main()
