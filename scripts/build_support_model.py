"""Knows how the support model of the package is made: train a three-way cross-encoder, write it as int8 ONNX.

    pip install . torch onnx onnxscript onnxruntime tokenizers safetensors scikit-learn
    python scripts/build_support_model.py train --backbone DIR --data DIR --work DIR      # hours on two cores, minutes on a GPU
    python scripts/build_support_model.py calibration --backbone DIR --data DIR --work DIR
    python scripts/build_support_model.py export --backbone DIR --data DIR --work DIR --out qa_bot/models/support

`--backbone` holds model.safetensors and tokenizer.json of all-MiniLM-L6-v2. `--data` holds nli/, scifact/, scitldr/ and arxiv.jsonl.gz. The weights
that join the model's verdict with the other signs are fitted afterwards by `benchmarks/support.py --data DIR/calibration.jsonl --fit`.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from support_examples import (
    LABELS,
    NLI_SETS,
    Pair,
    abstract_pairs,
    arxiv_abstracts,
    published_pairs,
    relation_pairs,
    summary_pairs,
    summary_rows,
    title_pairs,
    titled_papers,
    turned_pairs,
)
from tokenizers import Tokenizer
from torch import Tensor, nn

HIDDEN, LAYERS, HEADS, INNER, VOCABULARY, POSITIONS = 384, 6, 12, 1536, 30522, 512
MAX_TOKENS = 144


class Layer(nn.Module):
    """One transformer layer; sub-modules bear the names of the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.ModuleDict(
            {
                "self": nn.ModuleDict({name: nn.Linear(HIDDEN, HIDDEN) for name in ("query", "key", "value")}),
                "output": nn.ModuleDict({"dense": nn.Linear(HIDDEN, HIDDEN), "LayerNorm": nn.LayerNorm(HIDDEN, eps=1e-12)}),
            }
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(HIDDEN, INNER)})
        self.output = nn.ModuleDict({"dense": nn.Linear(INNER, HIDDEN), "LayerNorm": nn.LayerNorm(HIDDEN, eps=1e-12)})
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = (
            self.attention["self"][name](x).view(batch, length, HEADS, HIDDEN // HEADS).transpose(1, 2) for name in ("query", "key", "value")
        )
        # Written out: one matrix product each for the exporter, and as fast as the fused kernel at this length.
        weights = (q @ k.transpose(2, 3) / (HIDDEN // HEADS) ** 0.5 + bias).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, HIDDEN)
        output = self.attention["output"]
        x = output["LayerNorm"](x + self.dropout(output["dense"](mixed)))
        return self.output["LayerNorm"](x + self.dropout(self.output["dense"](F.gelu(self.intermediate["dense"](x)))))


class CrossEncoder(nn.Module):
    """(premise, claim) in one sequence -> logits in the order of LABELS."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(VOCABULARY, HIDDEN),
                "position_embeddings": nn.Embedding(POSITIONS, HIDDEN),
                "token_type_embeddings": nn.Embedding(2, HIDDEN),
                "LayerNorm": nn.LayerNorm(HIDDEN, eps=1e-12),
            }
        )
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer() for _ in range(LAYERS))})
        self.classifier = nn.Linear(HIDDEN, len(LABELS))
        self.dropout = nn.Dropout(0.1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        positions = self.embeddings["position_embeddings"].weight[: input_ids.shape[1]]
        x = self.embeddings["word_embeddings"](input_ids) + positions + self.embeddings["token_type_embeddings"](token_type_ids)
        x = self.dropout(self.embeddings["LayerNorm"](x))
        mask = attention_mask.to(x.dtype)
        bias = ((1.0 - mask) * -1e4)[:, None, None, :]
        for layer in self.encoder["layer"]:
            x = layer(x, bias)
        pooled = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        return self.classifier(self.dropout(pooled))


def tokenizer_of(backbone: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(backbone / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
    return tokenizer


def fresh_model(backbone: Path) -> CrossEncoder:
    """Load the backbone's weights; only the classifier starts untrained."""
    model = CrossEncoder()
    weights = {name: value for name, value in load_file(backbone / "model.safetensors").items() if not name.startswith("pooler") and "position_ids" not in name}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or {name.split(".")[0] for name in missing} != {"classifier"}:
        raise SystemExit(f"{backbone} does not hold the weights of all-MiniLM-L6-v2: missing {missing}, unexpected {unexpected}.")
    return model


def encoded(pairs: list[Pair], tokenizer: Tokenizer, *, longest_claim: int = 60) -> list[tuple[list[int], list[int], int]]:
    """Return (ids, token types, label) per pair, the longer part cut where the two are too long; overlong claims are dropped."""
    kept = [pair for pair in pairs if len(pair.claim.split()) <= longest_claim]
    found = tokenizer.encode_batch([(pair.premise, pair.claim) for pair in kept])
    return [(one.ids, one.type_ids, LABELS.index(pair.label)) for one, pair in zip(found, kept, strict=True)]


def batches(rows: list, rng: random.Random, *, size: int) -> list[list]:
    """Return batches of near equal length in random order; cutting 40 batches' worth at a time keeps them mixed."""
    rng.shuffle(rows)
    made = []
    for start in range(0, len(rows), size * 40):
        window = sorted(rows[start : start + size * 40], key=lambda row: len(row[0]))
        made += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(made)
    return made


def tensors(batch: list, device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    width = max(len(ids) for ids, _, _ in batch)
    ids, mask, types = (np.zeros((len(batch), width), np.int64) for _ in range(3))
    for i, (row_ids, row_types, _) in enumerate(batch):
        ids[i, : len(row_ids)], mask[i, : len(row_ids)], types[i, : len(row_ids)] = row_ids, 1, row_types
    labels = np.array([label for _, _, label in batch])
    return tuple(torch.from_numpy(part).to(device) for part in (ids, mask, types, labels))


@torch.no_grad()
def probabilities(model: CrossEncoder, rows: list, device: str) -> np.ndarray:
    """Return an (n, 3) array for `rows`, in their order."""
    model.eval()
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    out = np.zeros((len(rows), len(LABELS)))
    for start in range(0, len(order), 64):
        chosen = order[start : start + 64]
        out[chosen] = model(*tensors([rows[i] for i in chosen], device)[:3]).softmax(-1).float().cpu().numpy()
    model.train()
    return out


def fit(
    model: CrossEncoder,
    rows: list,
    *,
    epochs: float,
    minutes: float | None,
    peak_rate: float,
    batch_size: int,
    seed: int,
    checkpoint: Path | None = None,
    dev: list | None = None,
    say_every: int = 100,
) -> None:
    """Train in place with AdamW, warm-up over 5 % and linear decay; `minutes` ends it early with the rate already at zero.

    Time in which the process was stopped does not count. Word embeddings stay as they are: too few pairs to move them well.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    model.embeddings["word_embeddings"].weight.requires_grad_(False)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.01}, {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0}],
        lr=peak_rate,
    )
    rng = random.Random(seed)
    total = int(epochs * len(rows) / batch_size)
    stream = itertools.chain.from_iterable(batches(rows, rng, size=batch_size) for _ in itertools.count())
    spent, losses = 0.0, []
    for step in range(total):
        began = time.perf_counter()
        progress = max(step / total, spent / (minutes * 60) if minutes else 0.0)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = peak_rate * min(progress / 0.05 + 0.01, (1 - progress) / 0.95)
        *inputs, labels = tensors(next(stream), device)
        with torch.autocast(device, torch.bfloat16):
            loss = F.cross_entropy(model(*inputs).float(), labels, label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
        spent += min(time.perf_counter() - began, 60.0)
        if step % say_every == say_every - 1:
            print(f"step {step + 1}/{total} {spent / 60:.1f} min progress {progress:.3f} loss {np.mean(losses[-say_every:]):.4f}", flush=True)
        if step % (5 * say_every) == 5 * say_every - 1:
            if dev:
                right = probabilities(model, dev, device).argmax(1) == np.array([label for _, _, label in dev])
                print(f"  held-out accuracy {right.mean():.3f}", flush=True)
            if checkpoint:
                torch.save(model.state_dict(), checkpoint)
    if checkpoint:
        torch.save(model.state_dict(), checkpoint)
    model.eval()


def training_pairs(data: Path, *, arxiv: int, share: float, seed: int) -> list[Pair]:
    """Return `share` of the published pairs, and pairs made of `arxiv` abstracts and of three times as many for the relations."""
    rng = random.Random(seed)
    published = list(published_pairs(data / "nli", rng))
    abstracts = arxiv_abstracts(data / "arxiv.jsonl.gz", most=4 * arxiv, rng=rng)
    relations = list(relation_pairs(abstracts[arxiv:], rng))
    return [
        *rng.sample(published, round(share * len(published))),
        *summary_pairs(data / "scitldr", rng),
        *rng.sample(relations, min(len(relations), 2 * arxiv)),
        *abstract_pairs(abstracts[:arxiv], rng),
    ]


def is_held_out(claim: str) -> bool:
    """Tell the third of SciFact's training claims that is kept to fit and measure the weights of `weights.json`."""
    return int(hashlib.sha256(claim.encode()).hexdigest(), 16) // 7 % 3 == 0


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    scifact = [json.loads(line) for line in (args.data / "scifact" / "support_pairs_train.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = training_pairs(args.data, arxiv=args.arxiv, share=args.share, seed=args.seed)
    own = scifact_pairs([row for row in scifact if not is_held_out(row["claim"])])
    pairs += args.scifact * own
    rng = random.Random(args.seed)
    if args.turned:
        reported = list(published_pairs(args.data / "nli", rng, sets={"check_covid": NLI_SETS["check_covid"]}))
        pairs += reported
        for _ in range(args.turned):
            pairs += turned_pairs([*own, *reported], rng)
    papers = list(titled_papers(args.data, without=unread_papers(args.data, scifact)))
    for _ in range(args.titles):
        pairs += title_pairs(papers, rng)
    rows = encoded(pairs, tokenizer_of(args.backbone))
    random.Random(args.seed).shuffle(rows)
    dev, rows = rows[:500], rows[500:]
    print(f"{len(rows)} pairs, {np.mean([len(ids) for ids, _, _ in rows]):.0f} tokens each on average", flush=True)
    model = fresh_model(args.backbone)
    if args.start:
        model.load_state_dict(torch.load(args.start, weights_only=True))
    fit(
        model,
        rows,
        epochs=args.epochs,
        minutes=args.minutes,
        peak_rate=args.rate,
        batch_size=32,
        seed=args.seed,
        checkpoint=args.work / "weights.pt",
        dev=dev,
    )


def unread_papers(data: Path, scifact: list[dict]) -> set[str]:
    """Return the ids of SciFact's papers that are kept for measuring: those of its test claims and of the held-out training claims."""
    test = {line.split()[1] for line in (data / "scifact" / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]}
    return test | {row["id"].split("-")[3] for row in scifact if is_held_out(row["claim"])}


def scifact_pairs(rows: list[dict]) -> list[Pair]:
    """Return the evidence sentences with their labels, and the likeliest sentences of abstracts that hold no evidence as neutral."""
    pairs = []
    for row in rows:
        if row["source"] == "scifact_rationale":
            pairs.append(Pair(row["premise"], row["claim"], row["label"]))
        elif row["label"] == "neutral":
            pairs += [Pair(premise, claim, "neutral") for premise, claim in runtime_pairs(row)[-3:]]
    return pairs


def runtime_pairs(row: dict) -> list[tuple[str, str]]:
    """Return the (premise, claim) that the package would read for this row, in its order."""
    from qa_bot.chunking import split_sentences
    from qa_bot.support import plain_claim, signs

    case = signs.case_of(plain_claim(row["claim"]), row["premise"], split_sentences(row["premise"]), "")
    return [(premise.text, case.claim) for premise in case.premises]


def calibration(args: argparse.Namespace) -> None:
    """Write the pairs on which `weights.json` is fitted; those whose claims were trained on are marked as `seen`."""
    lines = (args.data / "scifact" / "support_pairs_train.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row | {"seen": not is_held_out(row["claim"])} for row in map(json.loads, lines)]
    rows += random.Random(args.seed).sample(list(summary_rows(args.data / "scitldr", random.Random(args.seed))), args.summaries)
    args.work.mkdir(parents=True, exist_ok=True)
    (args.work / "calibration.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def export(args: argparse.Namespace) -> None:
    """Write model.onnx, its weights and embeddings as int8, and say how far that moved the verdicts."""
    import onnx
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model = fresh_model(args.backbone)
    model.load_state_dict(torch.load(args.work / args.weights, weights_only=True))
    model.eval()
    ids = torch.randint(1000, 2000, (2, 24))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    full, prepared = args.work / "full.onnx", args.work / "prepared.onnx"
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    shapes = {name: {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC} for name in names}
    torch.onnx.export(model, inputs, full, input_names=names, output_names=["logits"], dynamic_shapes=shapes, dynamo=True, external_data=False, opset_version=18)
    quant_pre_process(full, prepared, skip_symbolic_shape=True)
    # The quantiser turns the classifier's Gemm into a MatMul and then trips over the shape noted for its old weight (onnxruntime 1.31).
    graph = onnx.load(prepared)
    graph.graph.ClearField("value_info")
    onnx.save(graph, prepared)
    args.out.mkdir(parents=True, exist_ok=True)
    quantize_dynamic(prepared, args.out / "model.onnx", per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gather", "Gemm"])
    rows = encoded(training_pairs(args.data, arxiv=200, share=0.1, seed=99)[-600:], tokenizer_of(args.backbone))
    session = onnxruntime.InferenceSession(args.out / "model.onnx", providers=["CPUExecutionProvider"])
    batch = [tensors([row], "cpu")[:3] for row in rows]
    logits = np.concatenate([session.run(None, {name: part.numpy() for name, part in zip(names, one, strict=True)})[0] for one in batch])
    before = probabilities(model, rows, "cpu")
    odds = np.exp(logits - logits.max(1, keepdims=True))
    moved = np.abs(odds / odds.sum(1, keepdims=True) - before).max(1)
    labels = np.array([label for _, _, label in rows])
    print(
        f"{(args.out / 'model.onnx').stat().st_size / 1e6:.1f} MB; probabilities moved by {moved.mean():.3f} on average, {moved.max():.2f} at most; "
        f"right {(before.argmax(1) == labels).mean():.3f} before, {(logits.argmax(1) == labels).mean():.3f} after"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("train", help="train, on everything but a third of the SciFact claims")
    command.set_defaults(run=train)
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--arxiv", type=int, default=13_000, help="abstracts to make pairs from, about two pairs each")
    command.add_argument("--share", type=float, default=1.0, help="share of the published pairs to use")
    command.add_argument("--scifact", type=int, default=3, help="how often each pair of two thirds of SciFact's training claims is used")
    command.add_argument("--turned", type=int, default=0, help="how often those pairs, and Check-COVID's, are used with the claim turned into its opposite")
    command.add_argument("--titles", type=int, default=0, help="how often titles that state something are used with sentences of their abstracts")
    command.add_argument("--epochs", type=float, default=2.0)
    command.add_argument("--minutes", type=float, help="stop after so many minutes of training, with the rate at zero by then")
    command.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    command.add_argument("--rate", type=float, default=2e-4)
    command.add_argument("--seed", type=int, default=1)
    command = commands.add_parser("calibration", help="write calibration.jsonl")
    command.set_defaults(run=calibration)
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--summaries", type=int, default=1_000, help="pairs of SciTLDR's development half")
    command.add_argument("--seed", type=int, default=1)
    command = commands.add_parser("export", help="write model.onnx")
    command.set_defaults(run=export)
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--weights", default="weights.pt", help="which file of --work to export")
    command.add_argument("--out", type=Path, default=Path("qa_bot/models/support"))
    for each in commands.choices.values():
        each.add_argument("--backbone", type=Path, required=True)
        each.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
