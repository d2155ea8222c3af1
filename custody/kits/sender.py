"""Who sends a company's kits (差出人): the name above the letter, where papers come back to, whom to ask.

It decides where numbers on paper travel to, so it is changed as what protects is: by an administrator, with a one-time
code of the last ten minutes. The row is stamped.
"""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, delete, select
from sqlmodel import Field, SQLModel

from custody.administration import administer, refuse_change
from custody.custodian import Custodian, entry, record_refusal
from custody.kits.errors import KitError
from custody.kits.facts import Contact, PostalAddress, check_sender
from custody.kits.postal import postal_code
from policies.actor import Actor
from policies.authorize import may
from policies.free_text import is_plain
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction


class KitSenderRow(SQLModel, table=True):
    """Who sends the kits of a tenant."""

    __tablename__ = "kit_sender"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    company: str = Field(sa_type=Text)
    return_name: str = Field(sa_type=Text)
    postal_code: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    contact: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    hours: str = Field(sa_type=Text)
    mail: str = Field(sa_type=Text)
    changed_by: str = Field(sa_type=Text)
    changed_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


_SENDER: Final = table_of(KitSenderRow)
_OWN: Final = _SENDER.c.tenant_id == bindparam("tenant")
_READ: Final = Statement(select(_SENDER).where(_OWN))
_DROP: Final = Statement(delete(_SENDER).where(_OWN))


@dataclass(frozen=True, slots=True)
class KitSender:
    """Who sends, and where papers come back to.

    Attributes:
        company: who asks for the numbers, as the letter names them.
        return_name: who opens what comes back.
        return_to: where that is.
        contact: whom to ask.
        changed_by: login of who wrote this.
        changed_at: when, in milliseconds since the epoch.
    """

    company: str
    return_name: str
    return_to: PostalAddress
    contact: Contact
    changed_by: str = ""
    changed_at: int = 0


def read_sender(tx: Transaction, authority: Authority, tenant: int) -> KitSender | None:
    """Who sends a tenant's kits; None as long as nobody said.

    Raises:
        SealBrokenError: the row was altered.
    """
    row = tx.one(_READ, {"tenant": tenant})
    return None if row is None else _sender(authority, row)


async def show_sender(custodian: Custodian, actor: Actor, now: int) -> KitSender | Denied | None:
    """Who sends the caller's kits; None as long as nobody said."""
    denial = may(actor, "readCollections")
    if denial is not None:
        refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    return await custodian.database.read(
        actor.tenant, lambda tx: read_sender(tx, custodian.authority, actor.tenant)
    )


async def change_sender(
    custodian: Custodian, actor: Actor, sender: KitSender, now: int
) -> KitSender | Denied:
    """Say who sends the kits from now on; an administrator's act, with a one-time code of the last ten minutes.

    Args:
        custodian: what the use case works with.
        actor: an administrator.
        sender: who; its postal code in any spelling of seven digits.
        now: milliseconds since the epoch.
    """
    action = Action.KIT_SENDER_CHANGE
    said = _checked(sender)
    if isinstance(said, Denied):
        return await refuse_change(custodian, actor, "manageTenant", action, said, now)
    made = replace(said, changed_by=actor.name, changed_at=now)

    def work(tx: Transaction) -> KitSender:
        values = _values(actor.tenant, made)
        tx.run(_DROP, {"tenant": actor.tenant})
        tx.insert(KitSenderRow, [(*values, custodian.authority.stamp("kit_sender", values))])
        return made

    detail = {"return_to": made.return_to.postal_code, "return_name": made.return_name}
    return await administer(custodian, actor, "manageTenant", action, detail, now, work)


def _checked(sender: KitSender) -> KitSender | Denied:
    code = postal_code(sender.return_to.postal_code)
    made = replace(sender, return_to=replace(sender.return_to, postal_code=code or ""))
    try:
        check_sender(made.company, made.return_name, made.return_to, made.contact)
    except KitError as error:
        return denied(
            "kit-sender-invalid",
            f"{error.message_ja}",
            f"{error.message_en}",
        )
    texts = (made.company, made.return_name, *made.return_to.address.splitlines(), *_contact(made.contact))
    return made if all(map(is_plain, texts)) else denied("kit-sender-invalid")


def _contact(contact: Contact) -> tuple[str, str, str, str]:
    return contact.name, contact.phone, contact.hours, contact.mail


def _values(tenant: int, sender: KitSender) -> Row:
    return (
        tenant,
        sender.company,
        sender.return_name,
        sender.return_to.postal_code,
        sender.return_to.address,
        *_contact(sender.contact),
        sender.changed_by,
        sender.changed_at,
    )


def _sender(authority: Authority, row: Row) -> KitSender:
    authority.check("kit_sender", row[:-1], row[-1])
    _, company, name, code, address, *contact, by, at, _ = row
    return KitSender(company, name, PostalAddress(code, address), Contact(*contact), by, at)
