"""What a mail says, and what cannot get into its headers."""

from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from api.mail.message import is_mailable, write_message
from custody.collection.dispatch import Sending
from custody.collection.letter import Letter
from custody.collection.notice import NoticeForm
from custody.collection.notice_text import NoticeDraft
from tests.support.clock import NOON
from tests.support.mail import PUBLIC_URL, post_to

NOTICE = NoticeDraft(NoticeForm.DOCUMENT, ("TAX_GENSEN",), "利用目的のお知らせ\n")
LINK = Letter(
    Sending.LINK_MAIL,
    "山田 花子",
    "株式会社試験",
    date(2027, 1, 31),
    "総務部(03-0000-0000)",
    "wfl_secret",
    NOTICE,
)
REMINDER = Letter(Sending.MAIL, "山田 花子", "株式会社試験", date(2027, 1, 31), "", "", None)


def sent(letter: Letter, email: str = "hanako@example.com") -> EmailMessage:
    """The mail as whoever receives it parses it."""
    message = write_message(letter, email, post_to(25), NOON, "0badcafe")
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def words(letter: Letter) -> str:
    return str(sent(letter).get_content())


def test_a_link_is_sent_with_name_company_deadline_link_contact_and_notice_in_both_languages() -> None:
    japanese, english = words(LINK).split("-" * 40)
    for half in (japanese, english):
        for part in (LINK.name, LINK.company, f"{PUBLIC_URL}/my#wfl_secret", LINK.contact):
            assert part in half
    assert "2027年1月31日" in japanese
    assert "2027-01-31" in english
    assert NOTICE.text.strip() in english


def test_its_headers_say_whence_whither_and_that_a_machine_wrote_it() -> None:
    message = sent(LINK)
    assert message["From"].addresses[0].addr_spec == "numbers@warifu.test"
    assert message["From"].addresses[0].display_name == "株式会社試験"
    assert message["To"].addresses[0].addr_spec == "hanako@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.timestamp() * 1000 == NOON
    assert message["Message-ID"] == "<0badcafe@warifu.test>"
    assert message.get_content_type() == "text/plain"


def test_a_reminder_without_a_link_refers_to_what_was_sent_before() -> None:
    text = words(REMINDER)
    assert "/my" not in text
    assert "お手元の案内" in text
    assert "{" not in text


def test_every_line_is_of_signs_that_mail_carries() -> None:
    raw = write_message(LINK, "hanako@example.com", post_to(25), NOON, "1").as_bytes()
    assert all(len(line) <= 998 and line.isascii() for line in raw.split(b"\r\n"))


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\x00", "\x0b"])
def test_a_line_break_in_name_company_or_contact_adds_no_header_and_no_line(break_: str) -> None:
    evil = f"花子{break_}Bcc: thief@example.com"
    letter = Letter(Sending.MAIL, evil, evil, date(2027, 1, 31), evil, "", None)
    message = sent(letter)
    assert message["Bcc"] is None
    assert len(message["To"].addresses) == 1
    assert [line for line in str(message.get_content()).splitlines() if line.startswith("Bcc")] == []


@pytest.mark.parametrize("name", ["{{ 7 * 7 }}", "{% include 'link.txt' %}", "<b>&amp;</b>", '"; <x@y.z>,'])
def test_a_name_is_shown_as_it_is(name: str) -> None:
    letter = Letter(Sending.MAIL, name, "株式会社試験", date(2027, 1, 31), "", "", None)
    assert f"{name} 様" in words(letter)
    assert len(sent(letter)["To"].addresses) == 1


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no-at.example.com",
        "a@b.test\r\nRCPT TO:<thief@example.com>",
        "a@b.test, thief@example.com",
        "a@b.test>",
        "a..b@example.com",
        "山田@example.com",
        "a b@example.com",
        "a@",
    ],
)
def test_what_is_not_one_address_gets_no_mail(email: str) -> None:
    assert not is_mailable(email)


@pytest.mark.parametrize("email", ["a@b.test", "a.b+c@example.co.jp", "o'neill@example.com"])
def test_ordinary_addresses_get_mail(email: str) -> None:
    assert is_mailable(email)
