"""Papers as files, for the same credential as the API: certificates of disposal, and the report to management.

    GET /certificates/{run}/{disposed|extinct}.{json|pdf}
    GET /reports/management.pdf?from=2026-01-01&to=2026-03-31

They are no fields of the API: a certificate of ten thousand persons has megabytes, and a PDF would travel as base64.
"""

import asyncio
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.auth import Gate
from api.budget import Budget
from api.errors import HttpRefusal
from api.files import file_headers, refused, serving
from custody.certificates.facts import Stage
from custody.certificates.issue import issue
from custody.certificates.press import Press
from custody.disposal.facts import certify
from custody.disposal.report import report
from policies.refusals import Denied
from schema.context import Context
from tokenizer.audit.note import VerifierKey

PRICE_JSON: Final = 200
PRICE_PDF: Final = 2_000
"""Points of a credential's budget; setting a list of ten thousand takes the machine two seconds."""

PDF: Final = "application/pdf"


class Papers:
    """Draws papers and hands them out.

    Args:
        gate: finds out who is asking.
        budget: what every credential may ask for in a time.
        issuer: who keeps the vault, as papers name it; empty for nobody.
        press: prints; its own if None.
    """

    def __init__(self, gate: Gate, budget: Budget, issuer: str = "", press: Press | None = None) -> None:
        self._gate = gate
        self._budget = budget
        self._issuer = issuer
        self._press = press or Press()

    def routes(self) -> list[Route]:
        """Where papers are."""
        certificate = "/certificates/{run}/{stage}.{form}"
        return [
            Route(certificate, serving(self._gate, self._certificate), methods=["GET"]),
            Route("/reports/management.pdf", serving(self._gate, self._report), methods=["GET"]),
        ]

    async def _certificate(self, request: Request, context: Context) -> Response:
        run, stage, form = (request.path_params[name] for name in ("run", "stage", "form"))
        if stage not in set(Stage) or form not in {"json", "pdf"}:
            raise _unknown()
        self._budget.charge(context.somebody, PRICE_PDF if form == "pdf" else PRICE_JSON)
        text, key = await self._issue(context, run, Stage(stage))
        name = f"{run}-{stage}.{form}"
        if form == "json":
            return paper(text.encode(), "application/json", name)
        return paper(await self._press.certificate(text, key), PDF, name)

    async def _issue(self, context: Context, run: str, stage: Stage) -> tuple[str, VerifierKey]:
        custodian, actor = context.custodian, context.somebody
        found = await certify(
            custodian,
            actor,
            run,
            context.clock(),
            issuer=self._issuer,
            first=stage is Stage.DISPOSED,
        )
        if isinstance(found, Denied):
            raise refused(context, found)
        if found.facts.stage is not stage:
            raise HttpRefusal(
                409,
                "NOT_EXTINCT",
                "複製の消滅はまだ確認されていません。期限(extinctBy)を過ぎてからやり直してください",
                "copies may still be readable; try again after the day by which they are extinct (extinctBy)",
            )
        signer = custodian.vault.keyring.signer(actor.tenant)
        text = await asyncio.to_thread(issue, found.facts, found.evidence, signer)
        return text, VerifierKey(found.facts.origin, signer.public)

    async def _report(self, request: Request, context: Context) -> Response:
        first, last = (_day(request.query_params.get(name)) for name in ("from", "to"))
        self._budget.charge(context.somebody, PRICE_PDF)
        facts = await report(
            context.custodian, context.somebody, first, last, context.clock(), issuer=self._issuer
        )
        if isinstance(facts, Denied):
            raise refused(context, facts)
        pdf = await self._press.report(facts)
        return paper(pdf, PDF, f"report-{first}-{last}.pdf")


def paper(data: bytes, media_type: str, name: str) -> Response:
    """A paper as an answer."""
    return Response(data, media_type=media_type, headers=file_headers(name))


def _day(text: str | None) -> date:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise HttpRefusal(
            400,
            "BAD_USER_INPUT",
            "from と to に期間の最初の日と最後の日を YYYY-MM-DD で指定してください",
            "give the period's first and last day as from and to, each YYYY-MM-DD",
        )
    return found


def _unknown() -> HttpRefusal:
    return HttpRefusal(
        404,
        "NOT_FOUND",
        "/certificates/{run}/ の後に disposed.json, disposed.pdf, extinct.json, extinct.pdf のどれかを指定してください",
        "after /certificates/{run}/ comes disposed.json, disposed.pdf, extinct.json or extinct.pdf",
    )
