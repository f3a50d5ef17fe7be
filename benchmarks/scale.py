"""Measures a large collection: taking it in, the size of it on disk and in memory, searching it, with filters and without.

    pip install -e ".[benchmark]"        # for --peer only
    python benchmarks/scale.py --data arxiv.jsonl.gz --store DIR [--limit N] [--peer N] [--vary N] [--json]

The records of --data are taken in once with the embedded model (hours for a million, a quarter of an hour for 75,000 on
two cores; an interrupted run goes on), then once more into DIR/again with the vectors of the first run, which times
everything but the embedding. --vary N makes N records of those of --data instead (each with an id, a title and figures of its
own, sentences left out, and the first run's vector turned a little), as a collection of a million: its vectors are
computed beforehand by construction. --peer N takes N of the records into a plain llama-index pipeline (VectorStoreIndex on
Chroma) with the same vectors in the same run, and searches it.

Searches run in a process of their own: titles of other records' sentences as questions, embedded for real; the recall is
that of the approximate index against comparing every vector. The exit status is 1 when a goal for 75,000 is missed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from qa_bot.config import Settings
from qa_bot.embedding import OnnxEmbedding, embedded_model
from qa_bot.ingest import fingerprint_of, ingest
from qa_bot.markup import plain_text
from qa_bot.pace import Pace
from qa_bot.schema import Filters
from qa_bot.store import PaperStore, digest_of

GOALS = {
    "records a second, all but embedding": (1200, 1), "search p50 ms": (15, -1), "search p95 ms": (40, -1), "filter by year, p50 ratio": (2, -1),
    "filter by author, p50 ratio": (2, -1), "reopen and first search s": (1.5, -1), "resident memory MB": (900, -1), "disk a paper beyond the text KB": (4, -1),
    "recall@10 against exact": (0.98, 1),
}  # fmt: skip
REOPENED = 7  # times, each in a process of its own; the median counts


class Kept:
    """The embedded model's interface over vectors that an earlier run made; what it never saw is embedded for real."""

    def __init__(self, store: Path | None, *, turns: bool = False) -> None:
        model = embedded_model()
        self.name, self.dimension, self.window_tokens, self.count_tokens = model.name, model.dimension, model.window_tokens, model.count_tokens
        self._truth = _open(store).truth if store else None
        self._turns = turns
        self.fresh = 0

    def embed(self, texts: Sequence[str], *, on_progress: object = None) -> np.ndarray:
        if self._turns:
            return np.stack([self._turned(text) for text in texts])
        digests = [digest_of(text) for text in texts]
        known = self._truth.vectors(digests, self.name) if self._truth else {}
        missing = [text for text, digest in zip(texts, digests) if digest not in known]
        if missing:
            self.fresh += len(missing)
            known |= zip([digest_of(text) for text in missing], embedded_model().embed(missing))
        return np.stack([known[digest] for digest in digests])

    def load_bases(self, vectors: np.ndarray) -> None:
        self._bases = vectors

    def _turned(self, text: str) -> np.ndarray:
        """Return the base record's vector, named at the end of the title, turned by a noise that the text decides."""
        found = re.search(r"\(study \d+ of (\d+)\)", text)
        noise = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(self.dimension).astype(np.float32)
        vector = self._bases[int(found[1])] + 0.6 * noise / np.linalg.norm(noise) if found else noise
        return vector / np.linalg.norm(vector)


def _open(folder: Path) -> PaperStore:
    return PaperStore(folder, fingerprint_of(embedded_model()))


def records_of(data: Path, limit: int | None) -> Iterator[dict]:
    with (gzip.open(data, "rt", encoding="utf-8") if data.suffix == ".gz" else data.open(encoding="utf-8")) as stream:
        for number, line in enumerate(stream):
            if limit is not None and number >= limit:
                return
            yield json.loads(line)


def write_variations(data: Path, limit: int | None, count: int, path: Path) -> list[str]:
    """Write `count` records made of those of `data`; return the text that the vector of each original stands under."""
    originals = list(records_of(data, limit))
    chance = random.Random(7)
    texts = [f"{plain_text(record['title'])}\n{plain_text(record['text'])}" for record in originals]
    if path.exists():
        return texts
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            base = number % len(originals)
            original = originals[base]
            sentences = re.split(r"(?<=[.!?])\s+", original["text"])
            if len(sentences) > 3:
                sentences.pop(chance.randrange(len(sentences)))
            text = re.sub(r"\d+", lambda match: str(int(match[0][:6]) + number % 97), " ".join(sentences))
            year, month = 2000 + chance.randrange(25), 1 + chance.randrange(12)
            record = {
                "id": f"v{number}", "title": f"{original['title']} (study {number} of {base})", "text": text, "doi": f"10.9999/v{number}",
                "authors": original["authors"], "date": f"{year}-{month:02d}", "categories": original["categories"],
            }  # fmt: skip
            out.write(json.dumps(record) + "\n")
    return texts


def take_in(source: Path, folder: Path, embedding: object) -> dict[str, float]:
    """Ingest; return how long that took without the embedding, and the memory that it needed."""
    spent = {"embedding": 0.0}
    inner = embedding.embed

    def timed(texts: Sequence[str], **options: object) -> np.ndarray:
        began = time.perf_counter()
        try:
            return inner(texts)
        finally:
            spent["embedding"] += time.perf_counter() - began

    embedding.embed = timed
    stages: dict[str, float] = {}
    began = time.perf_counter()

    pace, told = Pace(), 0.0

    def say(what: str, done: int, total: int) -> None:
        nonlocal told
        stages[what] = time.perf_counter() - began
        line = pace.line(what, done, total)
        if time.perf_counter() - told > 20:
            told = time.perf_counter()
            print(line, file=sys.stderr, flush=True)

    report = ingest([source], settings=Settings(_env_file=None, data_dir=folder), embedding=embedding, on_progress=say)
    seconds = time.perf_counter() - began
    return {"records": report.records, "papers": report.papers, "seconds": seconds, "embedding_seconds": spent["embedding"], "stages": stages}


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.suffix not in (".sqlite3-wal", ".sqlite3-shm"))


SEARCH = """
import json, os, resource, sys, time
import numpy as np
began = time.perf_counter()
from pathlib import Path
from qa_bot.answering import AnswerEngine
from qa_bot.config import Settings
from qa_bot.pace import Pace
from qa_bot.query_encoder import read_question
from qa_bot.schema import Filters
options = json.loads(sys.argv[1])
engine = AnswerEngine.from_settings(Settings(_env_file=None, data_dir=Path(options["store"]), llm_base_url=None))
questions = options["questions"]
engine.search(questions[0])
opened = time.perf_counter() - began
if options["opens_only"]:
    print(opened)
    raise SystemExit

def times(filters_of):
    spent = []
    for number, question in enumerate(questions[1:]):
        start = time.perf_counter()
        engine.search(question, filters=filters_of(number))
        spent.append((time.perf_counter() - start) * 1000)
    return spent

years, authors = options["years"], options["authors"]
for question in questions[1:6]:
    engine.search(question)
result = {"opened": opened, "plain": times(lambda n: None), "year": times(lambda n: Filters(year_from=years[n % len(years)], year_to=years[n % len(years)])),
          "since": times(lambda n: Filters(year_from=years[n % len(years)])), "author": times(lambda n: Filters(author=authors[n % len(authors)])), "again": times(lambda n: None)}
result["memory"] = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if os.path.exists("/proc/self/statm") else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
store, found, scanned = engine.store, [], []
vectors = np.stack([read_question(q).vector for q in questions])
best = [[] for _ in questions]
rows = store.truth._db.execute("SELECT p.paper_id, c.version, c.place, v.vector FROM chunks c JOIN papers p ON p.number = c.paper JOIN vectors v ON v.text_digest = c.text_digest")
while True:
    batch = rows.fetchmany(20000)
    if not batch:
        break
    matrix = np.stack([np.frombuffer(row[3], dtype=np.float16) for row in batch]).astype(np.float32)
    cosines = vectors @ matrix.T
    for n, line in enumerate(cosines):
        top = np.argpartition(-line, min(10, len(line) - 1))[:10]
        best[n] = sorted(best[n] + [(-float(line[t]), f"{batch[t][0]}#{batch[t][1]}.{batch[t][2]}") for t in top])[:10]
share = []
for n, vector in enumerate(vectors):
    index = {chunk_id for chunk_id, _ in store.nearest(vector, 100)[:10]}
    share.append(len(index & {chunk_id for _, chunk_id in best[n]}) / max(1, len(best[n])))
result["recall"] = float(np.mean(share))
result["papers"] = store.truth.count("papers")
print(json.dumps(result))
"""


def searched(store: Path, questions: list[str]) -> dict:
    opened = _open(store)
    papers = [paper for _, paper in zip(range(400), opened.truth.each_paper(Filters(year_from=2001)))]
    opened.close()
    options = {
        "opens_only": False, "store": str(store), "questions": questions, "years": sorted({p.year for p in papers if p.year} | {2010, 2015, 2019}),
        "authors": [paper.authors[0] for paper in papers if paper.authors][:100],
    }  # fmt: skip

    def run(**changed: object) -> object:
        command = [sys.executable, "-c", SEARCH, json.dumps(options | changed)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"QA_BOT_LLM_BASE_URL": ""})
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    opened = [run(opens_only=True) for _ in range(REOPENED)]
    return run() | {"opened": statistics.median(opened)}


def questions_of(data: Path, limit: int | None, count: int) -> list[str]:
    """Return sentences of abstracts spread over the collection: questions that have an answer somewhere."""
    chosen = []
    for number, record in enumerate(records_of(data, limit)):
        sentences = [s for s in re.split(r"(?<=[.!?])\s+", record["text"]) if 40 < len(s) < 160]
        if sentences and number % 97 == 5:
            chosen.append(sentences[-1])
        if len(chosen) > count:
            break
    return chosen


PEER = """
import json, resource, sys, time
import chromadb, numpy as np
from llama_index.core import Document, Settings, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore
folder, count = sys.argv[1], int(sys.argv[2])
records = [json.loads(line) for line in open(f"{folder}/records.jsonl")]
vectors = np.load(f"{folder}/vectors.npy")
by_text = {}
class Known(BaseEmbedding):
    def _get_text_embedding(self, text): return vectors[by_text.get(text[:200], 0)].tolist()
    def _get_text_embeddings(self, texts): return [self._get_text_embedding(t) for t in texts]
    def _get_query_embedding(self, query): return queries[query]
    async def _aget_query_embedding(self, query): return queries[query]
documents = [Document(text=f"{r['title']}\\n{r['text']}", metadata={"id": r["id"], "date": r["date"]}) for r in records]
began = time.perf_counter()
collection = chromadb.PersistentClient(f"{folder}/chroma").create_collection("papers")
context = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
index = VectorStoreIndex.from_documents(documents, storage_context=context, embed_model=Known())
seconds = time.perf_counter() - began
queries = {q: v for q, v in json.load(open(f"{folder}/queries.json"))}
retriever = index.as_retriever(similarity_top_k=10)
spent = []
for query in queries:
    start = time.perf_counter(); retriever.retrieve(query); spent.append((time.perf_counter() - start) * 1000)
print(json.dumps({"seconds": seconds, "count": collection.count(), "search": spent, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
"""


def run_peer(data: Path, count: int, kept: Kept, questions: list[str]) -> dict:
    """Take records into llama-index's plain pipeline with ready vectors, and search it with ready query vectors."""
    with tempfile.TemporaryDirectory() as folder:
        records = list(records_of(data, count))
        texts = [f"{plain_text(record['title'])}\n{plain_text(record['text'])}" for record in records]
        np.save(f"{folder}/vectors.npy", np.concatenate([kept.embed(texts[n : n + 500]) for n in range(0, len(texts), 500)]))
        Path(folder, "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        Path(folder, "queries.json").write_text(json.dumps([(q, embedded_model().embed([q])[0].tolist()) for q in questions]))
        done = subprocess.run([sys.executable, "-c", PEER, folder, str(count)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1]) | {"records": len(records), "disk": size_of(Path(folder, "chroma"))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="JSON lines, gzipped or not: id, title, text, authors, categories, date")
    parser.add_argument("--store", type=Path, required=True, help="folder to keep the collections in")
    parser.add_argument("--limit", type=int, help="use only so many records")
    parser.add_argument("--vary", type=int, help="make so many records of them")
    parser.add_argument("--peer", type=int, help="take so many of them into llama-index's plain pipeline as well")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.peer and not (find_spec("llama_index.vector_stores") and find_spec("llama_index.vector_stores.chroma")):
        parser.error('--peer needs llama-index\'s own store on Chroma. Run `pip install -e ".[benchmark]"` first.')
    options.store.mkdir(parents=True, exist_ok=True)
    source = options.data
    if options.limit:
        source = options.store / "records.jsonl"
        source.write_text("".join(json.dumps(record) + "\n" for record in records_of(options.data, options.limit)), encoding="utf-8")
    first, again = options.store / "first", options.store / ("varied" if options.vary else "again")
    model = OnnxEmbedding(embedded_model().folder)
    began = time.perf_counter()
    ingest([source], settings=Settings(_env_file=None, data_dir=first), embedding=model)
    figures: dict[str, object] = {"first run s": time.perf_counter() - began}
    kept = Kept(first, turns=bool(options.vary))
    if options.vary:
        source = options.store / "varied.jsonl"
        texts = write_variations(options.data, options.limit, options.vary, source)
        plain = Kept(first)
        kept.load_bases(np.concatenate([plain.embed(texts[n : n + 500]) for n in range(0, len(texts), 500)]))
    text_bytes = sum(len(f"{r['title']}{r['text']}{''.join(r['authors'])}".encode()) for r in records_of(source, None))
    took = take_in(source, again, kept)
    figures |= took
    if took["seconds"] > 5:
        figures["records a second, all but embedding"] = took["records"] / (took["seconds"] - took["embedding_seconds"])
    figures["disk a paper beyond the text KB"] = (size_of(again) - text_bytes) / took["papers"] / 1000
    figures["disk a paper KB"] = size_of(again) / took["papers"] / 1000
    questions = questions_of(options.data, options.limit, options.questions)
    found = searched(again, questions)
    plain = statistics.median(found["plain"] + found["again"])
    figures |= {
        "search p50 ms": plain, "search p95 ms": float(np.percentile(found["plain"] + found["again"], 95)),
        "filter by year, p50 ratio": statistics.median(found["year"]) / plain, "filter since a year, p50 ratio": statistics.median(found["since"]) / plain,
        "filter by author, p50 ratio": statistics.median(found["author"]) / plain, "reopen and first search s": found["opened"],
        "resident memory MB": found["memory"], "recall@10 against exact": found["recall"],
    }  # fmt: skip
    if options.peer:
        peer = run_peer(options.data, options.peer, Kept(first), questions)
        figures |= {
            "plain llama-index: records a second, all but embedding": peer["records"] / peer["seconds"],
            "plain llama-index: search p50 ms, embedding the question left out": statistics.median(peer["search"]),
            "plain llama-index: disk a paper KB": peer["disk"] / peer["records"] / 1000, "plain llama-index: peak memory MB": peer["memory"],
        }  # fmt: skip
    if options.json:
        print(json.dumps(figures, indent=2))
    missed = []
    for name, value in figures.items():
        goal = GOALS.get(name)
        note = ""
        if goal:
            holds = (value - goal[0]) * goal[1] >= 0
            missed += [] if holds else [name]
            note = f"   (to reach: at {'least' if goal[1] > 0 else 'most'} {goal[0]}{'' if holds else '; MISSED'})"
        if not options.json and isinstance(value, int | float):
            print(f"{name:<68} {value:12,.3f}{note}")
    return 1 if missed and not options.vary else 0


if __name__ == "__main__":
    sys.exit(main())
