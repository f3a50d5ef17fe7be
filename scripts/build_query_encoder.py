"""Makes what reads a question: qa_bot/models/query_encoder/model.onnx.

    pip install -e ".[build]"
    python scripts/build_query_encoder.py --backbone DIR --scitldr FOLDER --scifact FOLDER --arxiv FILE.jsonl.gz

People ask in everyday words, papers answer in their own. The layers of the embedding model of the package (`--backbone` holds its
model.safetensors) learn anew to read questions, from its embeddings of the words on; papers stay as they are embedded and as their tokens are
projected (`scripts/build_reranker.py`), so that no data folder need be made anew. Three things are learnt together: that the vector of a question is
nearer to its own abstract's than to those of all other abstracts of a corpus, while it stays near to what it was, that its tokens match those of
its own abstract better than those of others, and those of the sentences that answer better than those of the other sentences of that abstract
(cross entropy all; other abstracts are those of the batch and mined neighbours). Learnt from
benchmarks/everyday.jsonl.gz (questions in everyday words), SciTLDR's summaries by authors (train) and SciFact's claims (three quarters
of train). What was held back is reported. An hour and a quarter on two cores.
"""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from build_embedding_model import LAYERS, POSITIONS, TOKEN_LAYERS, WIDTH, Layer, quantise
from build_reranker import NEGATIVES_EACH, Corpus, Query, by_best_match, jsonl, options_of, read_scifact, read_scitldr, words_at
from build_support_model import Layer as TrainedLayer
from safetensors.torch import load_file

from qa_bot.chunking import index_text, split_sentences
from qa_bot.embedding import embedded_model
from qa_bot.reranking import PROJECTION, Tokens, tokens_of

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "qa_bot" / "models" / "query_encoder" / "model.onnx"
QUESTIONS = ROOT / "benchmarks" / "everyday.jsonl.gz"
OTHER_ABSTRACTS = 2_000
SHARES = {"everyday": 4, "scitldr": 1, "scifact": 1}
QUESTIONS_A_STEP, NEIGHBOURS, CHECKED = 32, 60, 1_000
LAYER_RATE, PROJECTION_RATE = 1e-4, 5e-4
NEARNESS, SHARPNESS, ANSWERS = 2.0, 25.0, 0.5


def read_everyday(path: Path, chance: random.Random) -> Corpus:
    """Return the questions with their abstracts and others around them."""
    questions = list(jsonl(QUESTIONS))
    asked = {question["id"] for question in questions}
    rows = list(jsonl(path))
    chosen = [row for row in rows if row["id"] in asked]
    chosen += chance.sample([row for row in rows if row["id"] not in asked], min(OTHER_ABSTRACTS, len(rows) - len(chosen)))
    place = {row["id"]: n for n, row in enumerate(chosen)}
    sentences = [sentences_in(row) for row in chosen]

    def query_of(question: dict) -> Query:
        own = sentences[place[question["id"]]]
        return Query(question["question"], place[question["id"]], sentences=own, answers=tuple(n for n in question["sentences"] if n < len(own)))

    train, check = ([query_of(question) for question in questions if question["split"] == split and question["id"] in place] for split in ("train", "test"))
    return Corpus("everyday", [index_text(row["title"], row["text"]) for row in chosen], train, chance.sample(check, min(CHECKED, len(check))))


def sentences_in(row: dict) -> tuple[tuple[int, int], ...]:
    """Return where the sentences of an abstract lie in its index text."""
    before = len(index_text(row["title"], row["text"])) - len(row["text"])
    return tuple((before + span.start, before + span.end) for span in split_sentences(row["text"]))


@dataclass
class Task:
    """A corpus ready to train on: what papers are (vectors, tokens), what questions start from, how rare their words are, what lies near them."""

    corpus: Corpus
    papers: torch.Tensor
    tokens: list[Tokens]  # a text
    states: list[np.ndarray]  # float32 [tokens, 384] a question, the two that frame it included
    plain: torch.Tensor
    rarity: list[np.ndarray]
    near: np.ndarray

    @classmethod
    def of(cls, corpus: Corpus) -> Task:
        model = embedded_model()
        asked = [query.text for query in corpus.train + corpus.check]
        papers, plain = model.embed(corpus.texts), model.embed(asked)
        read = [one for start in range(0, len(corpus.texts), 512) for one in tokens_of(corpus.texts[start : start + 512])]
        print(f"{corpus.name}: {len(read):,} texts read, {len(corpus.train):,} questions to learn from, {len(corpus.check):,} held back", flush=True)
        counts: dict[str, int] = {}
        for text, tokens in zip(corpus.texts, read):
            for piece in set(words_at(text, tokens.spans)):
                counts[piece] = counts.get(piece, 0) + 1
        starts = [model.embed_words(text) for text in asked]
        rarity = [
            np.array([0.0, *(np.log(1 + len(read) / (1 + counts.get(piece, 0))) for piece in words_at(text, spans)), 0.0], dtype=np.float32)
            for text, (spans, _) in zip(asked, starts)
        ]
        near = np.concatenate([nearest(plain[n : n + 512] @ papers.T) for n in range(0, len(asked), 512)])
        return cls(corpus, torch.from_numpy(papers), read, [s for _, s in starts], torch.from_numpy(plain), rarity, near)

    def document(self, row: int) -> np.ndarray:
        return self.tokens[row].vectors.astype(np.float32) / 127


def nearest(cosines: np.ndarray) -> np.ndarray:
    """Return for each line the places of its NEIGHBOURS highest values, the highest first."""
    places = np.argpartition(-cosines, NEIGHBOURS)[:, :NEIGHBOURS]
    return np.take_along_axis(places, np.argsort(-np.take_along_axis(cosines, places, 1)), 1)


class QueryEncoder(torch.nn.Module):
    """The layers of the embedding model for many questions at once."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(TrainedLayer() for _ in range(LAYERS))
        for number, layer in enumerate(self.layers):
            prefix = f"encoder.layer.{number}."
            layer.load_state_dict({name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)})
        self.projection = torch.nn.Parameter(torch.from_numpy(np.load(PROJECTION).astype(np.float32)))
        self.scale, self.sentence_scale = (torch.nn.Parameter(torch.tensor(3.3)) for _ in range(2))

    def forward(self, states: list[np.ndarray]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return vectors [questions, 384] and for each question its projected tokens [tokens, 128]."""
        x = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(one) for one in states], batch_first=True)
        mask = torch.arange(x.shape[1]) < torch.tensor([len(one) for one in states])[:, None]
        halves = []
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, torch.where(mask, 0.0, -1e4)[:, None, None, :])
            if number in TOKEN_LAYERS:
                halves.append(F.normalize(x, dim=2))
        vectors = F.normalize((x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=1)
        tokens = F.normalize(torch.cat(halves, 2) @ self.projection, dim=2)
        return vectors, [one[: len(state)] for one, state in zip(tokens, states)]

    def published(self) -> dict[str, torch.Tensor]:
        return {f"encoder.layer.{number}.{name}": value.detach() for number, layer in enumerate(self.layers) for name, value in layer.state_dict().items()}


class Exported(torch.nn.Module):
    """What the model makes of the words of one question [tokens, 384] -> its vector [384], its projected tokens [tokens, 128]."""

    def __init__(self, model: QueryEncoder) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(Layer(model.published(), number) for number in range(LAYERS))
        self.projection = torch.nn.Parameter(model.projection.detach())

    def forward(self, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, halves = words, []
        for number, layer in enumerate(self.layers, 1):
            x = layer(x)
            if number in TOKEN_LAYERS:
                halves.append(F.normalize(x, dim=1))
        return F.normalize(x.mean(0), dim=0), F.normalize(torch.cat(halves, 1) @ self.projection, dim=1)


def ranks(near: torch.Tensor, own: torch.Tensor) -> np.ndarray:
    """Return for each question how many others are nearer than its own abstract."""
    return (near > near.gather(1, own[:, None])).sum(1).numpy()


def told(places: np.ndarray) -> str:
    shares = ", ".join(f"{(places < k).mean():.1%}" for k in (1, 5, 10, 30))
    return f"own abstract first, among 5, 10, 30: {shares}; MRR {(1 / (1 + places)).mean():.3f} ({len(places)} questions)"


def report(model: QueryEncoder, tasks: list[Task], what: str) -> None:
    """Print how questions held back rank their own abstract: by vector among all, by tokens among it and 30 of its neighbours."""
    model.eval()
    for task in (task for task in tasks if task.corpus.check):
        by_vector, by_tokens, answers_first = [], [], []
        first = len(task.corpus.train)
        for start in range(0, len(task.corpus.check), 64):
            chosen = task.corpus.check[start : start + 64]
            with torch.inference_mode():
                vectors, tokens = model(task.states[first + start : first + start + len(chosen)])
                by_vector.append(ranks(vectors @ task.papers.T, torch.tensor([query.row for query in chosen])))
                for place, (query, asked) in enumerate(zip(chosen, tokens)):
                    number = first + start + place
                    rows = [query.row, *(row for row in task.near[number][:30].tolist() if row != query.row)]
                    scores = token_scores([asked], [task.rarity[number]], [task.document(row) for row in rows])
                    by_tokens.append(int((scores[0] > scores[0, 0]).sum()))
                    if found := sentence_scores(asked, task.rarity[number], task, query):
                        answers_first.append(int(found[0].argmax()) in found[1])
        print(f"{task.corpus.name}, {what}, vectors: {told(np.concatenate(by_vector))}", flush=True)
        print(f"{task.corpus.name}, {what}, tokens: {told(np.array(by_tokens))}", flush=True)
        if answers_first:
            print(f"{task.corpus.name}, {what}, a sentence that answers is the likeliest of its abstract: {np.mean(answers_first):.1%}", flush=True)
    model.train()


def token_scores(asked: list[torch.Tensor], rarity: list[np.ndarray], documents: list[np.ndarray]) -> torch.Tensor:
    read = torch.from_numpy(np.concatenate(documents))
    return by_best_match(torch.cat(asked), read, torch.from_numpy(np.concatenate(rarity)), [len(a) for a in asked], [len(d) for d in documents])


def sentence_scores(asked: torch.Tensor, rarity: np.ndarray, task: Task, query: Query) -> tuple[torch.Tensor, list[int]] | None:
    """Return the likeness of a question to each sentence of its abstract that the model reads, and which of them answer; None where that is not known."""
    read = task.tokens[query.row]
    inside = {n: torch.from_numpy(read.between(start, end)) for n, (start, end) in enumerate(query.sentences)}
    inside = {n: tokens for n, tokens in inside.items() if tokens.any()}
    answers = [place for place, n in enumerate(inside) if n in query.answers]
    if not answers or len(answers) == len(inside) or not rarity.any():
        return None
    cosines, weights = asked @ torch.from_numpy(task.document(query.row)).T, torch.from_numpy(rarity)
    return torch.stack([cosines[:, tokens].max(1).values @ weights for tokens in inside.values()]) / weights.sum(), answers


def answer_loss(model: QueryEncoder, tokens: list[torch.Tensor], task: Task, numbers: list[int]) -> torch.Tensor:
    """Return the cross entropy of the sentences that answer among those of their abstracts, a mean over the questions of which they are known."""
    losses = []
    for asked, n in zip(tokens, numbers):
        found = sentence_scores(asked, task.rarity[n], task, task.corpus.train[n])
        if found:
            chances = F.log_softmax(found[0] * model.sentence_scale.exp(), 0)
            losses.append(-torch.logsumexp(chances[found[1]], 0))
    return torch.stack(losses).mean() if losses else torch.zeros(())


def learn(model: QueryEncoder, tasks: list[Task], chance: random.Random, *, steps: int) -> None:
    optimizer = torch.optim.AdamW([{"params": model.layers.parameters(), "base": LAYER_RATE}, {"params": [model.projection, model.scale, model.sentence_scale], "base": PROJECTION_RATE}])
    began, losses = time.perf_counter(), []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * min(1, (step + 1) / 60) * (1 - step / steps)
        task = chance.choices(tasks, [SHARES[t.corpus.name] for t in tasks])[0]
        chosen: dict[int, int] = {}  # row -> question: two of one abstract would be each other's wrong answers
        for n in chance.sample(range(len(task.corpus.train)), min(QUESTIONS_A_STEP, len(task.corpus.train))):
            if task.rarity[n].any():
                chosen.setdefault(task.corpus.train[n].row, n)
        rows, numbers = list(chosen), list(chosen.values())
        others = {row for n in numbers for row in chance.sample(task.near[n].tolist(), NEGATIVES_EACH)}
        vectors, tokens = model([task.states[n] for n in numbers])
        loss = F.cross_entropy(vectors @ task.papers.T * SHARPNESS, torch.tensor(rows))
        loss = loss + NEARNESS * ((vectors - task.plain[numbers]) ** 2).sum(1).mean()
        documents = [task.document(row) for row in rows + sorted(others - chosen.keys())]
        scores = token_scores(tokens, [task.rarity[n] for n in numbers], documents)
        loss = loss + F.cross_entropy(scores * model.scale.exp(), torch.arange(len(numbers)))
        loss = loss + ANSWERS * answer_loss(model, tokens, task, numbers)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % 100 == 99:
            print(f"step {step + 1} of {steps}: loss {np.mean(losses[-100:]):.3f}, {(time.perf_counter() - began) / 60:.1f} min", flush=True)


def export(model: QueryEncoder, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    tokens = torch.export.Dim("tokens", min=2, max=POSITIONS)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "fp32.onnx"
        torch.onnx.export(
            Exported(model).eval(), (torch.randn(24, WIDTH),), path, input_names=["words"], output_names=["vector", "tokens"],
            dynamic_shapes=({0: tokens},), opset_version=20, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
        quantise(path, target)


def main() -> None:
    parser = options_of(__doc__, TARGET)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4_500)
    options = parser.parse_args()
    chance = random.Random(0)
    torch.manual_seed(0)
    tasks = [Task.of(corpus) for corpus in (read_everyday(options.arxiv, chance), read_scitldr(options.scitldr), read_scifact(options.scifact))]
    model = QueryEncoder(load_file(options.backbone / "model.safetensors"))
    report(model, tasks, "before")
    learn(model, tasks, chance, steps=options.steps)
    report(model, tasks, "after")
    export(model, options.output)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
