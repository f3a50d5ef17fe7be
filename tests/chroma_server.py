"""A real Chroma server on this machine, and a gateway before it that asks for a token and can be told to fail."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class ChromaProcess:
    """`chroma run` on a folder; it can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.process = folder, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1", "--port", str(self.port), "--path", str(self.folder)]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            assert self.process.poll() is None, "the Chroma server did not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the Chroma server does not listen")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Gateway:
    """A reverse proxy: lets requests with all of `wanted` headers through, or answers as `answer` says.

    `answer(method, path, body)` returns None to let a request through, or (status, content type, body), or "hang up".
    """

    def __init__(self, target_port: int, *, wanted: dict[str, str] | None = None, prefix: str = "") -> None:
        self.target_port, self.wanted, self.prefix = target_port, wanted or {}, prefix
        self.answer: Callable[[str, str, bytes], object] = lambda method, path, body: None
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                gateway.handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{prefix}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        path = request.path.removeprefix(self.prefix)
        self.requests.append((request.command, path))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        answer = self.answer(request.command, path, body)
        if self.prefix and not request.path.startswith(self.prefix):
            answer = (404, "text/plain", b"nothing here")
        if any(request.headers.get(name) != value for name, value in self.wanted.items()):
            shown = request.headers.get("Authorization") or request.headers.get("X-Chroma-Token") or ""
            answer = (401 if not shown else 403, "text/plain", f"not allowed: {shown}".encode())  # some repeat what was sent
        if answer == "hang up":
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        if answer is None:
            target = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=30)
            target.request(request.command, path, body, {"Content-Type": "application/json"})
            reply = target.getresponse()
            answer = (reply.status, reply.headers.get("Content-Type", "application/json"), reply.read())
            target.close()
        status, kind, content = answer
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running(folder: Path) -> Iterator[ChromaProcess]:
    """Start a server for the time of a block."""
    server = ChromaProcess(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def gateway(target_port: int, **options: object) -> Iterator[Gateway]:
    """Open a gateway for the time of a block."""
    opened = Gateway(target_port, **options)
    try:
        yield opened
    finally:
        opened.stop()
