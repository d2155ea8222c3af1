"""A mail as it goes out: plain text, Japanese with English beneath, and headers in which no line can be broken."""

from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.mail.relay import Post
from custody.collection.dispatch import Sending
from custody.collection.letter import Letter
from custody.kits.words import week_day

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),  # which leaves plain text as it is
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_NAMES: Final = {Sending.LINK_MAIL: "link.txt", Sending.MAIL: "reminder.txt"}
_SUBJECTS: Final = {
    Sending.LINK_MAIL: "個人番号のご提出のお願い / Please send your Individual Number",
    Sending.MAIL: "【再度のお願い】個人番号のご提出 / Reminder: your Individual Number",
}


def write_message(letter: Letter, email: str, post: Post, now: int, serial: str) -> EmailMessage:
    """The mail of a letter.

    Args:
        letter: what it says.
        email: where it goes.
        post: whence it comes, and where its link leads.
        now: milliseconds since the epoch.
        serial: makes its id unlike any other's.

    Raises:
        ValueError: the address is not mailable.
    """
    message = EmailMessage(policy=SMTP)
    company = _one_line(letter.company)
    message["From"] = Address(company, addr_spec=post.sender)
    message["To"] = Address(_one_line(letter.name), addr_spec=email)
    message["Subject"] = f"{company}: {_SUBJECTS[letter.kind]}"
    message["Date"] = format_datetime(datetime.fromtimestamp(now // 1000, UTC))
    message["Message-ID"] = f"<{serial}@{post.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "ja, en"
    message.set_content(_text(letter, post), charset="utf-8", cte="base64")
    return message


def is_mailable(email: str) -> bool:
    """Whether an address can stand in a header and in a command, and so cannot be more than one address."""
    try:
        return email.isascii() and email.isprintable() and Address(addr_spec=email).addr_spec == email
    except (ValueError, IndexError, MessageError):
        return False


def _text(letter: Letter, post: Post) -> str:
    return _TEMPLATES.get_template(_NAMES[letter.kind]).render(
        name=_one_line(letter.name),
        company=_one_line(letter.company),
        deadline_ja=week_day(letter.deadline),
        deadline_en=letter.deadline.isoformat(),
        link=post.link(letter.secret) if letter.secret else "",
        contact=_one_line(letter.contact),
        notice=letter.notice.text if letter.notice else "",
    )


def _one_line(text: str) -> str:
    """A text without breaks of lines or other signs that are not shown: what stands in a header ends there."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
