"""Sending to a real server: over TLS that is checked, address by address, on a connection that may break."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from api.mail.relay import Security
from api.mail.sender import Delivery, Sender, ServerAwayError
from tests.support.mail import PASSWORD, SENDER, Postbox, mail_server, post_to
from tests.support.tls import Certificate


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path)


class Desk:
    """Writes mails, and counts them."""

    def __init__(self) -> None:
        self.written = 0

    async def write(self) -> EmailMessage:
        self.written += 1
        message = EmailMessage()
        message["Subject"] = f"mail {self.written}"
        message.set_content(".\n..\nwords\n")
        return message

    async def nothing(self) -> None:
        return None


async def deliver(postbox: Postbox, *emails: str, desk: Desk | None = None) -> list[Delivery]:
    async with Sender(post_to(postbox.port).relay, SENDER) as sender:
        return [await sender.send(email, (desk or Desk()).write) for email in emails]


async def test_many_mails_go_over_one_connection() -> None:
    async with mail_server(Postbox()) as postbox:
        assert await deliver(postbox, "a@x.test", "b@x.test", "c@x.test") == [Delivery.TAKEN] * 3
    assert postbox.greeted == 1
    assert [address for address, _ in postbox.taken] == ["a@x.test", "b@x.test", "c@x.test"]
    assert str(postbox.taken[0][1].get_content()).splitlines() == [".", "..", "words"]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_mail_goes_by_tls_to_a_server_whose_certificate_is_believed(
    security: Security, certificate: Certificate
) -> None:
    async with mail_server(Postbox(), security, certificate.server()) as postbox:
        relay = post_to(postbox.port, security, certificate.client()).relay
        async with Sender(relay, SENDER) as sender:
            assert await sender.send("a@x.test", Desk().write) is Delivery.TAKEN
    assert len(postbox.taken) == 1


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_server_with_a_foreign_certificate_is_told_nothing(
    security: Security, certificate: Certificate
) -> None:
    async with (
        mail_server(Postbox(), security, certificate.server()) as postbox,
        Sender(post_to(postbox.port, security).relay, SENDER) as sender,
    ):
        with pytest.raises(ServerAwayError):
            await sender.send("a@x.test", Desk().write)
    assert postbox.taken == []


async def test_a_server_that_offers_no_tls_gets_no_mail_that_wants_it(certificate: Certificate) -> None:
    async with mail_server(Postbox()) as postbox:
        relay = post_to(postbox.port, Security.STARTTLS, certificate.client()).relay
        async with Sender(relay, SENDER) as sender:
            with pytest.raises(ServerAwayError):
                await sender.send("a@x.test", Desk().write)
    assert postbox.taken == []


async def test_a_server_that_wants_a_login_gets_it_behind_tls(certificate: Certificate) -> None:
    async with mail_server(Postbox(), Security.STARTTLS, certificate.server(), wants_login=True) as postbox:
        trust = certificate.client()
        right = post_to(postbox.port, Security.STARTTLS, trust, "numbers", PASSWORD).relay
        async with Sender(right, SENDER) as sender:
            assert await sender.send("a@x.test", Desk().write) is Delivery.TAKEN
        wrong = post_to(postbox.port, Security.STARTTLS, trust, "numbers", "another word").relay
        async with Sender(wrong, SENDER) as sender:
            with pytest.raises(ServerAwayError) as caught:
                await sender.send("a@x.test", Desk().write)
    assert postbox.users == ["numbers"]
    assert "another word" not in repr(caught.value)


async def test_a_refused_address_is_told_from_one_that_is_put_off_and_the_next_gets_its_mail() -> None:
    refuses = {"gone@x.test": "550 no such user", "full@x.test": "452 mailbox full"}
    desk = Desk()
    async with mail_server(Postbox(refuses)) as postbox:
        outcomes = await deliver(postbox, "gone@x.test", "full@x.test", "a@x.test", desk=desk)
    assert outcomes == [Delivery.ADDRESS_REFUSED, Delivery.LATER, Delivery.TAKEN]
    assert (desk.written, len(postbox.taken)) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("554 refused", Delivery.MAIL_REFUSED), ("451 later", Delivery.LATER)],
)
async def test_a_refused_mail_is_told_from_one_that_is_put_off(answer: str, outcome: Delivery) -> None:
    async with mail_server(Postbox(answer=answer)) as postbox:
        assert await deliver(postbox, "a@x.test", "b@x.test") == [outcome] * 2
    assert postbox.taken == []


@pytest.mark.parametrize(("command", "written"), [("RCPT", 0), ("DATA", 2)])
async def test_a_server_that_hangs_up_is_connected_to_anew_for_the_next(command: str, written: int) -> None:
    desk = Desk()
    async with mail_server(Postbox(hangs_up=command)) as postbox:
        assert await deliver(postbox, "a@x.test", "b@x.test", desk=desk) == [Delivery.LATER] * 2
    assert (postbox.greeted, desk.written, postbox.taken) == (2, written, [])


async def test_nothing_is_sent_where_there_is_nothing_to_say_after_all() -> None:
    async with mail_server(Postbox()) as postbox, Sender(post_to(postbox.port).relay, SENDER) as sender:
        assert await sender.send("a@x.test", Desk().nothing) is Delivery.NEEDLESS
        assert await sender.send("b@x.test", Desk().write) is Delivery.TAKEN
    assert [address for address, _ in postbox.taken] == ["b@x.test"]


async def test_a_server_that_is_away_is_told_from_an_address_that_is_refused() -> None:
    async with mail_server(Postbox()) as postbox:
        pass
    async with Sender(post_to(postbox.port).relay, SENDER) as sender:
        with pytest.raises(ServerAwayError):
            await sender.send("a@x.test", Desk().write)


async def test_a_connection_that_broke_between_two_mails_is_made_anew() -> None:
    postbox = Postbox()
    async with mail_server(postbox):
        sender = Sender(post_to(postbox.port).relay, SENDER)
        assert await sender.send("a@x.test", Desk().write) is Delivery.TAKEN
    async with mail_server(postbox), sender:
        assert await sender.send("b@x.test", Desk().write) is Delivery.TAKEN
    assert [address for address, _ in postbox.taken] == ["a@x.test", "b@x.test"]
