"""Knows the package's own entailment model: (premise, claim) -> probabilities of support, contradiction and neither.

Leaves what follows from them to `judging`, and how the model was made to `scripts/build_support_model.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa_bot.schema import QABotError

if TYPE_CHECKING:
    import numpy as np

MODEL_DIR = Path(__file__).parent.parent / "models" / "support"
TOKENIZER_FILE = Path(__file__).parent.parent / "models" / "all-MiniLM-L6-v2" / "tokenizer.json"
MAX_TOKENS = 144


class SupportModelError(QABotError):
    """The support model of the package cannot be read."""


class SupportModel:
    """The package's own entailment model: (premise, claim) -> probabilities of support, contradiction and neither.

    Loads the ONNX file when first asked. `threads` is how many cores one run may use, 0 for all.
    """

    def __init__(self, folder: Path = MODEL_DIR, *, tokenizer_file: Path = TOKENIZER_FILE, threads: int = 0) -> None:
        self.folder = folder
        self.tokenizer_file = tokenizer_file
        self.threads = threads
        self._session = None
        self._tokenizer = None

    def _load(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        path = self.folder / "model.onnx"
        if not path.is_file() or not self.tokenizer_file.is_file():
            raise SupportModelError(f"The support model is missing from {path.parent}. Reinstall qa_bot, or build it with scripts/build_support_model.py.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.log_severity_level = 3
        # Addition and normalisation joined in one step take an eighth longer than the two apart (onnxruntime 1.31, one core).
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"])
        self._tokenizer = Tokenizer.from_file(str(self.tokenizer_file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Return an (n, 3) array: support, contradiction, neither, for each (premise, claim)."""
        import numpy as np

        if self._session is None:
            self._load()
        encoded = self._tokenizer.encode_batch([(premise, claim) for premise, claim in pairs])
        out = np.zeros((len(pairs), 3), np.float32)
        order = sorted(range(len(pairs)), key=lambda i: len(encoded[i].ids))
        for start in range(0, len(order), 8):
            chosen = order[start : start + 8]
            width = len(encoded[chosen[-1]].ids)
            ids, mask, types = (np.zeros((len(chosen), width), np.int64) for _ in range(3))
            for row, i in enumerate(chosen):
                length = len(encoded[i].ids)
                ids[row, :length], mask[row, :length], types[row, :length] = encoded[i].ids, 1, encoded[i].type_ids
            logits = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})[0]
            shifted = np.exp(logits - logits.max(1, keepdims=True))
            out[chosen] = shifted / shifted.sum(1, keepdims=True)
        return out


@lru_cache(maxsize=1)
def support_model() -> SupportModel:
    """Return the one model of this process."""
    return SupportModel()
