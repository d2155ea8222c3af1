"""Prints certificates and reports as PDF, each in a process of its own, while the server goes on serving."""

import asyncio
import json
from typing import Any, Final

from custody.certificates.errors import PrintError
from custody.certificates.pages import certificate_page, report_page
from custody.certificates.report import ManagementFacts
from custody.certificates.verify import verify
from custody.paper.child import in_child
from tokenizer.audit.note import VerifierKey

_TYPESETTER: Final = "custody.certificates.typesetter"
_PDF: Final = b"%PDF-"
_SECOND: Final = 1_000


class Press:
    """Prints one paper after the other.

    Args:
        at_once: how many may be set at the same time; a list of ten thousand persons takes 700 MB for two seconds.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._turn = asyncio.Semaphore(at_once)

    async def certificate(self, text: str, key: VerifierKey) -> bytes:
        """Print a certificate, with its machine-readable form attached.

        It is verified first: what a paper says was signed, and stands in the log. The same certificate gives the same
        bytes.

        Args:
            text: the machine-readable form.
            key: the verifier key of the tenant's log.

        Raises:
            CertificateError: it is malformed or altered, or the log says something else.
            AuditError: its note, a checkpoint or a proof does not hold.
            PrintError: it could not be set.
        """
        return await self._set(await asyncio.to_thread(_certificate_job, text, key))

    async def report(self, facts: ManagementFacts) -> bytes:
        """Print a report to management.

        Raises:
            CertificateError: a text seems to hold an Individual Number.
            PrintError: it could not be set.
        """
        return await self._set(await asyncio.to_thread(_report_job, facts))

    async def _set(self, job: bytes) -> bytes:
        async with self._turn:
            pdf = await in_child(_TYPESETTER, job)
        if pdf is None or not pdf.startswith(_PDF):
            raise PrintError
        return pdf


def _certificate_job(text: str, key: VerifierKey) -> bytes:
    verified = verify(text, key)
    return _job("certificate.typ", certificate_page(verified, key), verified.facts.issued_at, text)


def _report_job(facts: ManagementFacts) -> bytes:
    facts.check()
    return _job("report.typ", report_page(facts), facts.issued_at, "")


def _job(template: str, data: dict[str, Any], at: int, machine: str) -> bytes:
    job = {"template": template, "data": data, "timestamp": at // _SECOND, "machine": machine}
    return json.dumps(job, ensure_ascii=False).encode()
