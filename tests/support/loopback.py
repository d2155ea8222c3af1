"""An HTTP server on loopback for one test: it can go away, come back on its port, and be told to answer wrongly."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class Answer(NamedTuple):
    """What it is answered with; `None` for a body of zero bytes."""

    status: int
    body: object = None


class Loopback:
    """Answers requests in threads of its own, with what `respond` says. Subclasses are the services."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.asked: list[Asked] = []
        self.instead: Answer | None = None
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.come_back()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def respond(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def go_away(self) -> None:
        """Stop listening: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def come_back(self) -> None:
        """Listen again, on the port it had."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        server.daemon_threads = True
        self._server, self.port = server, server.server_port
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing."""

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                body = json.loads(raw) if raw else {}
                asked = Asked(self.command, self.path, dict(self.headers), body)
                with outer.lock:
                    outer.asked.append(asked)
                    answer = outer.instead or outer.respond(asked)
                content = b"" if answer.body is None else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):  # every method is answered alike
                    return self._answer
                raise AttributeError(name)

        return Handler
