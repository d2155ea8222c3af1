"""The endpoints of the page for the person, spoken to as the page speaks to them; every answer is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from api.selfservice.cookie import COOKIE
from tests.support.pictures import picture
from tests.support.visiting import BIRTHDAY

OWN: Final = {"sec-fetch-site": "same-origin"}
JSON: Final = {"content-type": "application/json"}

BODIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "open": {"link": "wfl_", "factor": BIRTHDAY},
    "look": {},
    "acknowledge": {},
    "take-back": {"item": "itm_1"},
    "number": {"collection": "col_1", "number": "", "again": ""},
    "decline": {"collection": "col_1"},
    "dependent": {
        "name": "試験 花子",
        "kana": "シケン ハナコ",
        "birthDate": "2015-05-05",
        "kind": "dependent",
    },
    "finish": {},
    "receipt": {},
    "uses": {"before": 1},
    "thread": {},
    "ask": {"text": "いつまでですか。"},
    "slots": {},
    "book": {"slot": "slt_1"},
    "move": {"slot": "slt_1"},
    "cancel": {},
    "leave": {},
}
"""Every endpoint that takes JSON, with every field it takes."""

IMAGE: Final = {"collection": "col_1", "document": "MY_NUMBER_CARD", "side": ""}
"""What stands in the headers of an image."""

ENDPOINTS: Final = frozenset(
    {"/my", "/my/assets/{name}", "/my/api/image", *(f"/my/api/{name}" for name in BODIES)}
)
"""Everything below /my."""


@dataclass
class Browser:
    """Somebody's browser, with its cookie.

    Attributes:
        cookie: the cookie of the visit; None for none.
        answers: every answer, headers and body.
    """

    http: httpx.AsyncClient
    cookie: str | None = None
    answers: list[bytes] = field(default_factory=list)

    async def send(
        self,
        name: str,
        body: Mapping[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send an act and give the answer as it came."""
        content = body if isinstance(body, bytes) else None
        sent = (
            httpx.Request("POST", "http://warifu.test", json=body or {}).content
            if content is None
            else content
        )
        return await self._post(name, sent, {**OWN, **JSON} if headers is None else headers)

    async def do(self, name: str, /, **body: Any) -> Any:
        """Send an act that must succeed, and give what it answers."""
        answer = await self.send(name, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def no(self, name: str, /, **body: Any) -> tuple[int, str, str]:
        """Send an act that must be refused: status, rule or code, and the field it concerns."""
        return refusal(await self.send(name, body))

    async def opens(self, secret: str, factor: str = BIRTHDAY) -> "Browser":
        """Open a link, and keep the cookie."""
        answer = await self.send("open", {"link": secret, "factor": factor})
        assert answer.status_code == 200, answer.text
        self.cookie = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        return self

    async def shows(
        self,
        collection: str,
        document: str = "MY_NUMBER_CARD",
        side: str = "",
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send an image."""
        what = {"warifu-collection": collection, "warifu-document": document, "warifu-side": side}
        given = {**OWN, "content-type": "image/jpeg"} if headers is None else headers
        return await self._post("image", picture() if content is None else content, {**what, **given})

    async def _post(self, name: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        if self.cookie is not None:
            headers = {**headers, "cookie": f"{COOKIE}={self.cookie}"}
        answer = await self.http.post(f"/my/api/{name}", content=content, headers=headers)
        head = b"".join(key + b": " + value + b"\n" for key, value in answer.headers.raw)
        self.answers.append(head + answer.content)
        return answer


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """What an answer says no with: its status, the rule or the code, the field."""
    (error,) = answer.json()["errors"]
    extensions = error["extensions"]
    assert extensions["messageJa"]
    assert extensions["messageEn"]
    return answer.status_code, extensions.get("rule") or extensions["code"], extensions.get("field", "")
