"""Who is asking: a client key or a session, sent as `Authorization: Bearer`, becomes an actor.

The credential carries its tenant, so each lookup stays inside one. A wrong, ended or malformed credential is refused
with one answer; no credential at all is nobody, who may log in and nothing else.
"""

from starlette.requests import Request

from api.bootstrap import House
from api.errors import HttpRefusal
from api.metrics import Metrics
from api.middleware import REQUEST_ID
from custody.clients import client_actor, client_of_key
from custody.sessions import session_actor
from custody.tenants import read_tenant
from policies.actor import Actor
from schema.context import Context
from tokenizer.errors import InvalidTokenError
from tokenizer.storage.transaction import Transaction
from tokenizer.token import Kind, Secret, parse_secret

_SCHEME = "bearer "


class Gate:
    """Turns a request's head into a context for resolvers."""

    def __init__(self, house: House, metrics: Metrics) -> None:
        self._house = house
        self._metrics = metrics

    async def __call__(self, request: Request) -> Context:
        """Find out who is asking.

        Raises:
            HttpRefusal: 401, a credential was sent and is not good.
        """
        request_id = getattr(request.state, REQUEST_ID, "none")
        sent = request.headers.getlist("authorization")
        # With two of them, a proxy on the way may have looked at the other one.
        if len(sent) > 1:
            raise _refused()
        actor = await self._actor(sent[0], request_id) if sent else None
        house = self._house
        return Context(
            house.custodian, actor, house.clock, self._metrics, request_id, house.settings.public_url
        )

    async def _actor(self, sent: str, request_id: str) -> Actor:
        secret = _read(sent)
        if secret is None:
            raise _refused()
        if secret.kind is Kind.CLIENT_KEY:
            actor = await self._client(secret, request_id)
        else:
            actor = await session_actor(
                self._house.custodian, secret.tenant, secret.text, self._house.clock(), request_id
            )
        if actor is None:
            raise _refused()
        return actor

    async def _client(self, secret: Secret, request_id: str) -> Actor | None:
        authority = self._house.custodian.authority

        def look(tx: Transaction) -> Actor | None:
            client = client_of_key(tx, authority, secret.tenant, secret.text)
            if client is None:
                return None
            sandbox = read_tenant(tx, authority, client.tenant).sandbox
            return client_actor(client, sandbox=sandbox, request=request_id)

        return await self._house.database.read(secret.tenant, look)


def _read(sent: str) -> Secret | None:
    if sent[: len(_SCHEME)].lower() != _SCHEME:
        return None
    text = sent[len(_SCHEME) :].strip()
    for kind in (Kind.CLIENT_KEY, Kind.SESSION):
        if text.startswith(kind.value):
            try:
                return parse_secret(kind, text)
            except InvalidTokenError:
                return None
    return None


def _refused() -> HttpRefusal:
    return HttpRefusal(
        401,
        "UNAUTHENTICATED",
        "認証情報が無効か、セッションが終了しています。キーを確認するか、もう一度ログインしてください",
        "the credential is not valid, or the session has ended; check the key or log in again",
        challenge='Bearer realm="warifu"',
    )
