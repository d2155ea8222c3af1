"""The certificates of a contract's end, for whoever has its certificate key: no account is left to log in with.

    GET /contract/certificates/{disposed|extinct}.{json|pdf}
    Authorization: Bearer wfc_...

A wrong key, one of a contract that goes on and one of an unknown tenant are answered alike.
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.budget import Budget
from api.errors import HttpRefusal
from api.files import telling
from api.papers import PDF, PRICE_JSON, PRICE_PDF, paper
from custody.certificates.facts import Stage
from custody.certificates.issue import issue
from custody.certificates.press import Press
from custody.contract.end import ContractEnd
from custody.contract.facts import certify_end, end_of_key
from custody.custodian import Custodian
from policies.actor import Actor, ActorKind
from policies.refusals import Denied
from tokenizer.audit.note import VerifierKey
from tokenizer.errors import InvalidTokenError
from tokenizer.token import Kind, parse_secret

_SCHEME: Final = "bearer "
_CODES: Final = {
    "contract-not-ended": "CONTRACT_NOT_ENDED",
    "contract-not-extinct": "NOT_EXTINCT",
    "contract-end-restored": "CERTIFICATE_LOST",
}


class ContractPapers:
    """Hands out the certificates of contracts that ended.

    Args:
        custodian: what use cases work with.
        budget: what every key may ask for in a time.
        issuer: who keeps the vault, as papers name it; empty for nobody.
        press: prints; its own if None.
    """

    def __init__(
        self, custodian: Custodian, budget: Budget, issuer: str = "", press: Press | None = None
    ) -> None:
        self._custodian = custodian
        self._budget = budget
        self._issuer = issuer
        self._press = press or Press()

    def routes(self) -> list[Route]:
        """Where the certificates are."""
        path = "/contract/certificates/{stage}.{form}"
        return [Route(path, telling(self._certificate), methods=["GET"])]

    async def _certificate(self, request: Request) -> Response:
        end = await self._end(request)
        stage, form = request.path_params["stage"], request.path_params["form"]
        if stage not in set(Stage) or form not in {"json", "pdf"}:
            raise _unknown()
        self._budget.charge(_bearer(end), PRICE_PDF if form == "pdf" else PRICE_JSON)
        text, key = await draw(self._custodian, end, Stage(stage), self._issuer)
        name = f"contract-end-{stage}.{form}"
        if form == "json":
            return paper(text.encode(), "application/json", name)
        return paper(await self._press.certificate(text, key), PDF, name)

    async def _end(self, request: Request) -> ContractEnd:
        """The contract's end that the request's key belongs to.

        Raises:
            HttpRefusal: 401, there is no such key.
        """
        sent = request.headers.getlist("authorization")
        if len(sent) != 1 or sent[0][: len(_SCHEME)].lower() != _SCHEME:
            raise _stranger()
        try:
            key = parse_secret(Kind.CERTIFICATE_KEY, sent[0][len(_SCHEME) :])
        except InvalidTokenError:
            raise _stranger() from None
        end = await end_of_key(self._custodian, key)
        if end is None:
            raise _stranger()
        return end


async def draw(custodian: Custodian, end: ContractEnd, stage: Stage, issuer: str) -> tuple[str, VerifierKey]:
    """A certificate of a contract's end in its machine form, and the key that verifies it.

    Raises:
        HttpRefusal: 409, it cannot be drawn, or not yet.
    """
    found = await certify_end(custodian, end.tenant, issuer=issuer, first=stage is Stage.DISPOSED)
    if isinstance(found, Denied):
        raise _not_now(found, end)
    signer = custodian.vault.keyring.signer(end.tenant)
    text = await asyncio.to_thread(issue, found.facts, found.evidence, signer)
    return text, VerifierKey(found.facts.origin, signer.public)


def _bearer(end: ContractEnd) -> Actor:
    """Whose budget it is: the key's own."""
    return Actor(kind=ActorKind.CLIENT, tenant=end.tenant, id=0, name="certificate-key")


def _not_now(denied: Denied, end: ContractEnd) -> HttpRefusal:
    when_ja = f"契約の最終日は {end.ends_on} です。" if denied.rule == "contract-not-ended" else ""
    when_en = f" Its last day is {end.ends_on}." if when_ja else ""
    return HttpRefusal(409, _CODES[denied.rule], denied.message_ja + when_ja, denied.message_en + when_en)


def _stranger() -> HttpRefusal:
    return HttpRefusal(
        401,
        "UNAUTHENTICATED",
        "Authorization: Bearer に、解約の申請時に表示された証明書キー(wfc_...)を指定してください",
        "send the certificate key (wfc_...) that was shown when the end was asked for as Authorization: Bearer",
        challenge='Bearer realm="warifu-certificates"',
    )


def _unknown() -> HttpRefusal:
    return HttpRefusal(
        404,
        "NOT_FOUND",
        "/contract/certificates/ の後に disposed.json, disposed.pdf, extinct.json, extinct.pdf を続けてください",
        "after /contract/certificates/ comes disposed.json, disposed.pdf, extinct.json or extinct.pdf",
    )
