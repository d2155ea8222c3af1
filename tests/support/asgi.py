"""HTTP to an application in this process, with a short way for the tests that send ten thousand documents."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp, Message

_BASE = "http://warifu.test"


class LocalClient(httpx.AsyncClient):
    """httpx, wired to an application; `post_json` goes past all that a redirect, a cookie or a proxy would need."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url=_BASE)
        self._app = app

    async def post_json(self, path: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        """Post a body as JSON and give the response as it came."""
        content = orjson.dumps(body)
        sent = {
            "host": "warifu.test",
            "content-type": "application/json",
            "content-length": str(len(content)),
        }
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in (sent | {**headers}).items()
            ],
            "client": ("127.0.0.1", 123),
            "server": ("warifu.test", 80),
        }
        heard: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            heard.append(message)

        await self._app(scope, receive, send)
        start, *rest = heard
        answer = b"".join(message.get("body", b"") for message in rest)
        return httpx.Response(start["status"], headers=start["headers"], content=answer)
