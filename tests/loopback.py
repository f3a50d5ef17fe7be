"""Knows how a server of the tests runs: on a free port of this machine, in threads of its own, silent, until its `with` ends.

Leaves what it answers to its handler, which reaches it as `self.fake`.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Handler(BaseHTTPRequestHandler):
    """Answers one connection, over and over, and says nothing of it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


class LoopbackServer:
    """`closing` is set when the server ends, for handlers that wait."""

    def __init__(self, handler: type[Handler], *, port: int = 0) -> None:
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (handler,), {"fake": self}))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def serve_forever(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
