"""What stands on a kit, as plain values. Numbers are no part of it: the boxes are empty."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from custody.kits.code import parse_kit_code
from custody.kits.errors import KitError, KitFault
from custody.paper.glyphs import MISSING, printable
from policies.catalogue_table import Bilingual
from policies.free_text import contains_number

MOST_DEPENDENTS: Final = 20
MOST_PURPOSES: Final = 40

_NAME: Final = 60
_ADDRESS: Final = 120
_CONTACT: Final = 40
_SHORT: Final = 12
_PURPOSE: Final = 120
_URL: Final = 250


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where post goes.

    Attributes:
        postal_code: such as `100-0001`, without 〒.
        address: on one line or several; a line break is kept.
    """

    postal_code: str
    address: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask; what is empty is left out."""

    name: str
    phone: str = ""
    hours: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the kit is for, with the particulars that are pre-printed.

    Attributes:
        born_on: the birth date; None leaves the line out, so that name and address remain.
    """

    name: str
    kana: str
    postal: PostalAddress
    born_on: date | None


@dataclass(frozen=True, slots=True)
class KitDependent:
    """A dependent whose number is asked for as well.

    Attributes:
        relation: to the recipient, such as 配偶者 or 長女.
        third_category: a spouse insured under 国民年金第3号, who needs a power of attorney.
    """

    name: str
    relation: str
    third_category: bool = False


@dataclass(frozen=True, slots=True)
class Kit:
    """The facts of one kit.

    Attributes:
        code: as `new_kit_code` makes it.
        company: who asks, the recipient's employer or payer.
        return_to: where the papers go back to; with `return_name`, who opens them there.
        purposes: the names of the purposes, from the catalogue.
        issued_on: the letter's date.
        deadline: the last day on which the papers should arrive.
        own: whether the recipient's own number is asked for; if not, only those of the dependents are.
    """

    code: str
    company: str
    return_to: PostalAddress
    return_name: str
    recipient: Recipient
    dependents: tuple[KitDependent, ...]
    purposes: tuple[Bilingual, ...]
    issued_on: date
    deadline: date
    contact: Contact
    own: bool = True

    @property
    def spouse(self) -> KitDependent | None:
        """The spouse under 第3号, if one is among the dependents."""
        return next((one for one in self.dependents if one.third_category), None)

    def unprintable(self) -> tuple[str, ...]:
        """The fields in which a character will be printed as 〓, since the typeface lacks it.

        Such a kit can be printed. But a form with half a name proves nothing, so whoever sends it is to be told.
        """
        return tuple(dict.fromkeys(name for name, text, *_ in _texts(self) if MISSING in printable(text)))

    def check(self) -> None:
        """Make sure that the kit can be printed.

        Raises:
            KitError: the code is none, a text is missing, too long or seems to hold an Individual Number, there are
                too many lines, two spouses or no purpose, or the deadline has passed when the kit is issued.
        """
        if parse_kit_code(self.code) != self.code:
            raise KitError(KitFault.CODE_FORM, "code")
        for name, text, most, required in _texts(self):
            _check_text(name, text, most, required=required)
        if len(self.dependents) > MOST_DEPENDENTS:
            raise KitError(KitFault.TOO_MANY, "dependents")
        if sum(one.third_category for one in self.dependents) > 1:
            raise KitError(KitFault.TOO_MANY, "third_category")
        if not self.purposes:
            raise KitError(KitFault.TEXT_MISSING, "purposes")
        if len(self.purposes) > MOST_PURPOSES:
            raise KitError(KitFault.TOO_MANY, "purposes")
        if self.deadline < self.issued_on:
            raise KitError(KitFault.DEADLINE, "deadline")


@dataclass(frozen=True, slots=True)
class Reminder:
    """The facts of one postcard (督促はがき), which anyone who carries it can read: nothing about numbers or family.

    Attributes:
        code: the kit's.
        company: who asks.
        sender: the company's address, or that of whoever sends for it.
        name: whom it is for.
        postal: where they live.
        deadline: the new last day.
    """

    code: str
    company: str
    sender: PostalAddress
    name: str
    postal: PostalAddress
    deadline: date

    def check(self) -> None:
        """Make sure that the postcard can be printed.

        Raises:
            KitError: the code is none, or a text is missing, too long or seems to hold an Individual Number.
        """
        if parse_kit_code(self.code) != self.code:
            raise KitError(KitFault.CODE_FORM, "code")
        texts = (("company", self.company, _NAME), ("name", self.name, _NAME))
        for name, text, most in texts:
            _check_text(name, text, most, required=True)
        for name, text, most, required in (*_postal("sender", self.sender), *_postal("postal", self.postal)):
            _check_text(name, text, most, required=required)


@dataclass(frozen=True, slots=True)
class LinkLetter:
    """The facts of a letter that brings a link as a QR code, for whoever has a phone and no address for mail.

    Attributes:
        kit: who writes to whom, about which purposes, until when; what of it is for paper alone is not printed.
        url: where the link leads; it lets whoever holds it try their birth date, so nothing shows it but the paper.
    """

    kit: Kit
    url: str = field(repr=False)

    def check(self) -> None:
        """Make sure that the letter can be printed.

        Raises:
            KitError: as `Kit.check`, or the address is missing or too long for a code.
        """
        self.kit.check()
        _check_text("url", self.url, _URL, required=True)

    @property
    def code(self) -> str:
        """By what the letter is named when somebody calls."""
        return self.kit.code


def check_sender(company: str, return_name: str, return_to: PostalAddress, contact: Contact) -> None:
    """Make sure that a sender can be printed, whoever the kit is for.

    Raises:
        KitError: a text is missing, too long or seems to hold an Individual Number.
    """
    for name, text, most, required in _sender_texts(company, return_name, return_to, contact):
        _check_text(name, text, most, required=required)


def _texts(kit: Kit) -> Iterator[tuple[str, str, int, bool]]:
    yield from _sender_texts(kit.company, kit.return_name, kit.return_to, kit.contact)
    yield "recipient.name", kit.recipient.name, _NAME, True
    yield "recipient.kana", kit.recipient.kana, _NAME, False
    yield from _postal("recipient", kit.recipient.postal)
    for one in kit.dependents:
        yield "dependents.name", one.name, _NAME, True
        yield "dependents.relation", one.relation, _SHORT, True
    for purpose in kit.purposes:
        yield "purposes", purpose.ja, _PURPOSE, True
        yield "purposes", purpose.en, _PURPOSE, False


def _sender_texts(
    company: str, return_name: str, return_to: PostalAddress, contact: Contact
) -> Iterator[tuple[str, str, int, bool]]:
    yield "company", company, _NAME, True
    yield "return_name", return_name, _NAME, True
    yield from _postal("return_to", return_to)
    yield "contact.name", contact.name, _CONTACT, True
    for name, text in (("phone", contact.phone), ("hours", contact.hours), ("mail", contact.mail)):
        yield f"contact.{name}", text, _CONTACT, False


def _postal(name: str, one: PostalAddress) -> Iterator[tuple[str, str, int, bool]]:
    yield f"{name}.postal_code", one.postal_code, _SHORT, True
    yield f"{name}.address", one.address, _ADDRESS, True


def _check_text(name: str, text: str, most: int, *, required: bool) -> None:
    if required and not text.strip():
        raise KitError(KitFault.TEXT_MISSING, name)
    if len(text) > most:
        raise KitError(KitFault.TEXT_LONG, name)
    if contains_number(text):
        raise KitError(KitFault.HOLDS_NUMBER, name)
