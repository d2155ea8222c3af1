"""Sending by SMTP (RFC 5321), one connection for as many mails as there are.

A mail is written only once the server has said that it takes mail for its address: links are made for nobody who
cannot be reached. What a server answers is never kept or logged, for it may quote an address.
"""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.message import EmailMessage
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused

from api.mail.relay import Relay, Security

_SECONDS: Final = 30.0
_PERMANENT: Final = range(500, 600)

Writes = Callable[[], Awaitable[EmailMessage | None]]
"""Writes the mail; None if there is nothing to send after all."""


class Delivery(StrEnum):
    """What became of a mail.

    Attributes:
        TAKEN: the server has it.
        NEEDLESS: there was nothing to send.
        ADDRESS_REFUSED: it takes no mail for this address, now or later.
        MAIL_REFUSED: it refuses this mail, now or later.
        LATER: not now: it said so, or went away.
    """

    TAKEN = "taken"
    NEEDLESS = "needless"
    ADDRESS_REFUSED = "address_refused"
    MAIL_REFUSED = "mail_refused"
    LATER = "later"


class ServerAwayError(Exception):
    """The mail server cannot be reached, or takes no mail from us whoever it is for."""


class Sender:
    """A connection to a mail server; connects with the first mail, and again after it was lost.

    Args:
        relay: the server.
        address: the address that mail comes from.
        seconds: how long an answer may take.
    """

    def __init__(self, relay: Relay, address: str, seconds: float = _SECONDS) -> None:
        self._relay = relay
        self._address = address
        self._seconds = seconds
        self._smtp: SMTP | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave()

    async def send(self, email: str, write: Writes) -> Delivery:
        """Send one mail.

        Args:
            email: where it goes, an address in ASCII: others need SMTPUTF8, which few servers have.
            write: called once the server takes mail for the address.

        Raises:
            ServerAwayError: nothing was sent, and nothing would be for anybody else.
        """
        smtp = await self._begin()
        try:
            await smtp.rcpt(email)
        except SMTPRecipientRefused as refused:
            await self._forget()
            return _meaning(refused.code, Delivery.ADDRESS_REFUSED)
        except (SMTPException, OSError):
            await self._leave()
            return Delivery.LATER
        return await self._finish(smtp, write)

    async def _finish(self, smtp: SMTP, write: Writes) -> Delivery:
        message = await write()
        if message is None:
            await self._forget()
            return Delivery.NEEDLESS
        try:
            await smtp.data(message.as_bytes())
        except SMTPDataError as refused:
            await self._forget()
            return _meaning(refused.code, Delivery.MAIL_REFUSED)
        except (SMTPException, OSError):
            await self._leave()
            return Delivery.LATER
        return Delivery.TAKEN

    async def _begin(self) -> SMTP:
        """A connection on which the next mail has begun; a lost one is made anew, once."""
        for _ in range(2):
            fresh = self._smtp is None
            try:
                self._smtp = self._smtp or await self._connect()
                await self._smtp.mail(self._address)
            except (SMTPException, OSError, ValueError) as error:
                await self._leave()
                if fresh:
                    raise ServerAwayError from error
            else:
                return self._smtp
        raise ServerAwayError

    async def _connect(self) -> SMTP:
        relay, secure = self._relay, self._relay.security
        smtp = SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user or None,
            password=relay.password or None,
            use_tls=secure is Security.TLS,
            start_tls=secure is Security.STARTTLS,
            tls_context=None if secure is Security.NONE else relay.trust or ssl.create_default_context(),
            local_hostname=self._address.rpartition("@")[2],
            timeout=self._seconds,
        )
        try:
            await smtp.connect()
        except BaseException:
            smtp.close()
            raise
        return smtp

    async def _forget(self) -> None:
        """Take back the mail that has begun, so that the next can."""
        if self._smtp is not None:
            try:
                await self._smtp.rset()
            except (SMTPException, OSError):
                await self._leave()

    async def _leave(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(SMTPException, OSError):
                await smtp.quit()
            smtp.close()


def _meaning(code: int, refused: Delivery) -> Delivery:
    return refused if code in _PERMANENT else Delivery.LATER
