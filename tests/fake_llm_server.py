"""Knows how OpenAI-compatible chat servers behave, well and badly: a local HTTP server that plays a script.

    with FakeLLMServer(answer("STATUS: answered\\nSigLIP uses a sigmoid loss [1].")) as server:
        settings = load_settings(llm_base_url=server.url, llm_model="any")

The steps given are played one per chat request; when they run out, the last of `default` answers for ever. A step is
also allowed to be a function of the request's body that returns a step. What came in is in `server.requests`.
Run as a program it serves on a port for a person or a browser test: `python tests/fake_llm_server.py --port 8123`.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loopback import Handler, LoopbackServer

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One scripted reply. `pieces` are the deltas of a stream, each a str (content) or a dict (the delta itself)."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None  # sent as it is, instead of a chat reply
    content_type: str = "application/json"
    pieces: tuple[str | Mapping[str, Any], ...] = ()
    finish: str | None = "stop"
    usage: Mapping[str, Any] | None = None
    done: bool = True  # whether the stream ends with [DONE]
    end: str = "close"  # "close", "cut" (the connection is reset), "stall" (silence), "raw" (`tail` is sent)
    tail: bytes = b""
    wait_seconds: float = 0.0  # before the first byte
    piece_seconds: float = 0.0  # between deltas
    keep_alives: bool = False  # comments and empty-choice chunks between the deltas
    always_json: bool = False  # ignores `stream` as some gateways do


Script = Step | Callable[[Body], Step]


def answer(text: str, *, reasoning: str = "", usage: Mapping[str, Any] | None = None, size: int = 4, **options: Any) -> Step:
    """A good answer, streamed in deltas of `size` characters; reasoning goes ahead in `reasoning_content`."""
    pieces: list[str | Mapping[str, Any]] = [{"role": "assistant", "content": ""}]
    pieces += [{"reasoning_content": reasoning[i : i + size]} for i in range(0, len(reasoning), size)]
    pieces += [text[i : i + size] for i in range(0, len(text), size)]
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18} if usage is None else usage
    return Step(pieces=tuple(pieces), usage=usage, **options)


def failure(status: int, message: str = "", *, code: Any = None, param: str | None = None, **options: Any) -> Step:
    """An error in OpenAI's form; headers={"Retry-After": "1"} and the like go through."""
    error = {"message": message or f"error {status}", "type": "error", "param": param, "code": code}
    return Step(status=status, body=json.dumps({"error": error}).encode(), **options)


def html(status: int = 200, title: str = "Please sign in to the network") -> Step:
    """A web page where an API should be, as a captive portal or a wrong URL gives."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Step(status=status, body=page.encode(), content_type="text/html; charset=utf-8")


def cut(text: str = "STATUS: answered\nSigLIP uses", **options: Any) -> Step:
    """A stream whose connection breaks in the middle."""
    return answer(text, end="cut", finish=None, done=False, **options)


def unfinished(text: str = "STATUS: answered\nSigLIP uses") -> Step:
    """A stream that ends cleanly without having said that it is finished."""
    return answer(text, finish=None, done=False)


def stalled(text: str = "STATUS: answered\nSigLIP uses") -> Step:
    """A stream that falls silent."""
    return answer(text, end="stall", finish=None, done=False)


def slow(seconds: float, text: str = "late") -> Step:
    """An answer that takes its time to begin."""
    return answer(text, wait_seconds=seconds)


def broken_json(text: str = "") -> Step:
    """A stream with a line that is not JSON, after the text."""
    return answer(text, end="raw", tail=b'data: {"choices": [{"delta": {"con\n\n', finish=None, done=False)


def error_in_stream(message: str, text: str = "", code: Any = None) -> Step:
    """An error sent inside a stream that began with status 200."""
    tail = b"data: " + json.dumps({"error": {"message": message, "code": code}}).encode() + b"\n\n"
    return answer(text, end="raw", tail=tail, finish=None, done=False)


def empty_choices() -> Step:
    """Chunks without any choice, ended properly."""
    tail = b'data: {"id":"x","object":"chat.completion.chunk","created":0,"model":"m","choices":[]}\n\n' * 3 + b"data: [DONE]\n\n"
    return Step(end="raw", tail=tail, finish=None, done=False)


def context_too_long(limit: int = 4096, asked: int = 9000) -> Step:
    """The refusal of a prompt that does not fit, in the words of vLLM and OpenAI."""
    message = (
        f"This model's maximum context length is {limit} tokens. However, you requested {asked} tokens "
        f"({asked - 100} in the messages, 100 in the completion). Please reduce the length of the messages or completion."
    )
    return failure(400, message, code="context_length_exceeded", param="messages")


def unknown_model(name: str) -> Step:
    """The refusal of a model that the server does not have, in OpenAI's words."""
    return failure(404, f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found")


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Body

    @property
    def prompt(self) -> str:
        """All the messages' texts, joined."""
        return "\n".join(str(message["content"]) for message in self.body.get("messages", []))


class FakeLLMServer(LoopbackServer):
    """An OpenAI-compatible server on 127.0.0.1; use as a context manager.

    `key`: only this bearer key is let in. `models`: what /models lists, and with `strict_models` the only names served.
    `root`: the path that the API lives under. `hang_ups` counts streams that the client closed early.
    """

    def __init__(
        self,
        *steps: Script,
        default: Script | None = None,
        models: Sequence[str] = ("test-model", "other-model"),
        strict_models: bool = False,
        key: str | None = None,
        root: str = "/v1",
        models_step: Step | None = None,
        port: int = 0,
    ) -> None:
        self.steps: list[Script] = list(steps)
        self.default: Script = default or (steps[-1] if steps else answer("STATUS: answered\nOne sentence [1]."))
        self.models, self.strict_models, self.key, self.root = list(models), strict_models, key, root
        self.models_step = models_step
        self.requests: list[Request] = []
        self.hang_ups = 0
        self.changed = threading.Condition()
        super().__init__(_Handler, port=port)
        self.url = self.address + root

    @property
    def chats(self) -> list[Request]:
        """The chat requests only."""
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def wait_for(self, claim: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Wait until a claim about this server is true."""
        with self.changed:
            return self.changed.wait_for(claim, timeout=seconds)

    def next_step(self, body: Body) -> Step:
        with self.changed:
            step = self.steps.pop(0) if self.steps else self.default
        return step if isinstance(step, Step) else step(body)


class _Handler(Handler):
    fake: FakeLLMServer

    def do_GET(self) -> None:
        self._note({})
        if self.path != self.fake.root + "/models":
            self._send(failure(404, "Not Found"))
        elif self._is_let_in():
            entries = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in self.fake.models]
            self._send(self.fake.models_step or Step(body=json.dumps({"object": "list", "data": entries}).encode()))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw or b"{}")
        self._note(body)
        if self.path != self.fake.root + "/chat/completions":
            self._send(failure(404, "Not Found"))
        elif self._is_let_in():
            if self.fake.strict_models and body.get("model") not in self.fake.models:
                self._send(unknown_model(str(body.get("model"))))
                return
            step = self.fake.next_step(body)
            self.fake.closing.wait(step.wait_seconds)
            if step.body is not None:
                self._send(step)
            elif body.get("stream") and not step.always_json:
                self._stream(step, with_usage=bool((body.get("stream_options") or {}).get("include_usage")))
            else:
                self._send(_whole(step))

    def _note(self, body: Body) -> None:
        with self.fake.changed:
            self.fake.requests.append(Request(self.command, self.path, dict(self.headers), body))
            self.fake.changed.notify_all()

    def _is_let_in(self) -> bool:
        if self.fake.key is None or self.headers.get("Authorization") == f"Bearer {self.fake.key}":
            return True
        given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self._send(failure(401, f"Incorrect API key provided: {given}.", code="invalid_api_key"))
        return False

    def _send(self, step: Step) -> None:
        body = step.body or b""
        self.send_response(step.status)
        self.send_header("Content-Type", step.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in step.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, step: Step, *, with_usage: bool) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in step.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in step.pieces:
                delta = {"content": piece} if isinstance(piece, str) else dict(piece)
                if step.keep_alives:
                    self._event(b": ping\n\n")
                    self._chunk({"choices": []})
                self._chunk({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
                if step.piece_seconds and self.fake.closing.wait(step.piece_seconds):
                    return
            if step.finish:
                self._chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": step.finish}]})
            if with_usage and step.usage is not None and step.finish:
                self._chunk({"choices": [], "usage": dict(step.usage)})
            if step.done:
                self._event(b"data: [DONE]\n\n")
            self._finish(step)
        except (BrokenPipeError, ConnectionResetError):
            with self.fake.changed:
                self.fake.hang_ups += 1
                self.fake.changed.notify_all()

    def _finish(self, step: Step) -> None:
        if step.end == "stall":
            self.fake.closing.wait(60)
        elif step.end == "cut":
            time.sleep(0.02)
            # linger 0 makes the close a reset, as a crashed server or a dropped line does
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        elif step.end == "raw":
            self._event(step.tail)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, content: Mapping[str, Any]) -> None:
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "test-model"} | dict(content)
        self._event(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")

    def _event(self, data: bytes) -> None:
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()


def _whole(step: Step) -> Step:
    """The same reply as one JSON document."""
    text = "".join(piece if isinstance(piece, str) else piece.get("content") or "" for piece in step.pieces)
    thought = "".join(piece.get("reasoning_content") or "" for piece in step.pieces if not isinstance(piece, str))
    message = {"role": "assistant", "content": text} | ({"reasoning_content": thought} if thought else {})
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "test-model",
        "choices": [{"index": 0, "message": message, "finish_reason": step.finish}],
    } | ({"usage": dict(step.usage)} if step.usage else {})
    return Step(body=json.dumps(document).encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve a scripted OpenAI-compatible endpoint.")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--text", default="STATUS: answered\nPaliGemma uses the SigLIP-So400m vision encoder [1].")
    parser.add_argument("--piece-seconds", type=float, default=0.02)
    chosen = parser.parse_args()
    fake = FakeLLMServer(answer(chosen.text, piece_seconds=chosen.piece_seconds), port=chosen.port)
    print(fake.url, flush=True)
    fake.serve_forever()
