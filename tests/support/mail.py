"""A mail server on loopback for one test: it takes mail, refuses addresses, hangs up, or wants TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from api.mail.relay import Post, Relay, Security

SENDER = "numbers@warifu.test"
PUBLIC_URL = "https://numbers.warifu.test"
PASSWORD = "a test password"


@dataclass
class Postbox:
    """What the server does, and what it took.

    Attributes:
        refuses: address -> what it answers to it.
        answer: what it answers to a mail.
        hangs_up: on which command it closes the connection: RCPT or DATA; empty for none.
        deferred: how many more addresses it puts off.
        users: who has logged in.
        greeted: how many connections there were.
    """

    refuses: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"
    hangs_up: str = ""
    deferred: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    greeted: int = 0
    port: int = 0

    def to(self, email: str) -> list[EmailMessage]:
        """The mails to an address, oldest first."""
        return [message for address, message in self.taken if address == email]

    async def handle_RCPT(  # noqa: N802 - the server looks for this name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._hang_up(server, "RCPT"):
            return "421 gone"
        if self.deferred:
            self.deferred -= 1
            return "450 later"
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the server looks for this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self._hang_up(server, "DATA"):
            return "421 gone"
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.taken += [(address, message) for address in envelope.rcpt_tos]
        return self.answer

    def log_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        """Let the user in whose password is the test's."""
        assert isinstance(given, LoginPassword)
        success = given.password == PASSWORD.encode()
        if success:
            self.users.append(given.login.decode())
        return AuthResult(success=success, handled=False)  # it is answered for us

    def _hang_up(self, server: SMTP, command: str) -> bool:
        if self.hangs_up != command:
            return False
        transport = server.transport
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
        return True


@asynccontextmanager
async def mail_server(
    postbox: Postbox,
    security: Security = Security.NONE,
    context: ssl.SSLContext | None = None,
    *,
    wants_login: bool = False,
) -> AsyncIterator[Postbox]:
    """Run a server that does what the postbox says; closed with every connection at the end."""
    living: list[SMTP] = []

    def protocol() -> SMTP:
        postbox.greeted += 1
        started = context if security is Security.STARTTLS else None
        made = SMTP(
            postbox,
            hostname="mail.warifu.test",
            tls_context=started,
            require_starttls=started is not None,
            auth_required=wants_login,
            auth_require_tls=security is Security.STARTTLS,
            authenticator=postbox.log_in if wants_login else None,
            loop=asyncio.get_running_loop(),
        )
        living.append(made)
        return made

    direct = context if security is Security.TLS else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", postbox.port, ssl=direct)
    postbox.port = server.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        server.close()
        for one in living:
            if isinstance(one.transport, asyncio.Transport):
                one.transport.abort()
        await server.wait_closed()


def post_to(
    port: int,
    security: Security = Security.NONE,
    trust: ssl.SSLContext | None = None,
    user: str = "",
    password: str = "",
) -> Post:
    """The way to a server on loopback."""
    return Post(Relay(security, "127.0.0.1", port, user, password, trust), SENDER, PUBLIC_URL)
