"""Knows how a text-embeddings-inference server behaves that serves an NLI model, well and badly: /info and /predict.

    with FakeNLIServer(labels(entailment=0.9)) as server:
        settings = load_settings(judge_kind="nli", judge_base_url=server.url)

The steps given are played one per request to /predict; the last one answers for ever. A step is (status, headers, body), or a
function of a pair (premise, hypothesis) that returns the labels of that pair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loopback import Handler, LoopbackServer

Labels = list[dict[str, Any]]
Step = Callable[[str, str], Labels] | tuple[int, Mapping[str, str], bytes]


def labels(**scores: float) -> Step:
    """Every pair gets these labels, likeliest first as the real server sorts them."""
    row = [{"score": score, "label": label} for label, score in sorted(scores.items(), key=lambda item: -item[1])]
    return lambda premise, hypothesis: row


def failure(status: int, said: str, **headers: str) -> Step:
    """An error in the form of that server."""
    return status, headers, json.dumps({"error": said, "error_type": "validation"}).encode()


def body(text: str) -> Step:
    return 200, {}, text.encode()


class FakeNLIServer(LoopbackServer):
    """On 127.0.0.1; use as a context manager. `batch` is the most pairs at once, None hides /info; `requests` are the bodies sent."""

    def __init__(self, *steps: Step, model: str = "some/nli-model", batch: int | None = 32, key: str | None = None, seconds: float = 0.0) -> None:
        self.steps, self.model, self.batch, self.key, self.seconds = list(steps), model, batch, key, seconds
        self.requests: list[dict] = []
        super().__init__(_Handler)
        self.url = self.address

    @property
    def pairs(self) -> list[Sequence[str]]:
        return [pair for request in self.requests for pair in request["inputs"]]


class _Handler(Handler):
    fake: FakeNLIServer

    def do_GET(self) -> None:
        if self.path != "/info" or self.fake.batch is None:
            self._send(*failure(404, "Not Found"))
        elif self._is_let_in():
            about = {"model_id": self.fake.model, "max_client_batch_size": self.fake.batch, "model_type": {"classifier": {}}}
            self._send(200, {}, json.dumps(about).encode())

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/predict":
            self._send(*failure(404, "Not Found"))
        elif self._is_let_in():
            self.fake.requests.append(sent)
            self.fake.closing.wait(self.fake.seconds)
            step = self.fake.steps.pop(0) if len(self.fake.steps) > 1 else self.fake.steps[0]
            if len(sent["inputs"]) > (self.fake.batch or 32):
                self._send(*failure(413, "batch size too large"))
            elif isinstance(step, tuple):
                self._send(*step)
            else:
                self._send(200, {}, json.dumps([step(*pair) for pair in sent["inputs"]]).encode())

    def _is_let_in(self) -> bool:
        if self.fake.key in (None, (self.headers.get("Authorization") or "").removeprefix("Bearer ")):
            return True
        self._send(*failure(401, "who are you"))
        return False

    def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)
