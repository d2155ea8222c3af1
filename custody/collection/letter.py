"""What a mail to a person says, as plain values: whose number is asked for, by whom, until when, through which link.

Nothing else of a person is in it, and none of it in `repr`.
"""

from dataclasses import dataclass, field
from datetime import date

from custody.collection.campaign import read_campaign
from custody.collection.dispatch import Sending
from custody.collection.errand import Waiting
from custody.collection.notice import NoticeForm
from custody.collection.notice_text import NoticeDraft, draft
from custody.custodian import Custodian
from custody.kits.facts import Contact
from custody.kits.household import Household
from custody.kits.sender import read_sender
from custody.tenants import read_tenant
from policies.purposes import PersonKind
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that can be written.

    Attributes:
        kind: a link, or a reminder.
        name: of whoever gets it.
        company: who asks.
        deadline: the last day.
        contact: whom to ask, in one line; empty where the company has not said.
        secret: what stands behind the # of the link; empty for a mail without one.
        notice: the purpose notice that lies in it; None for a reminder.
    """

    kind: Sending
    name: str = field(repr=False)
    company: str
    deadline: date
    contact: str
    secret: str = field(repr=False)
    notice: NoticeDraft | None


def letter_for(
    tx: Transaction, custodian: Custodian, kind: Sending, waiting: Waiting, household: Household, now: int
) -> Letter | None:
    """The mail of an errand, without its link; None if its campaign is gone.

    Raises:
        SealBrokenError: campaign, tenant or sender was altered.
    """
    first = waiting.collections[0]
    campaign = read_campaign(tx, custodian.authority, first.tenant, first.campaign)
    if campaign is None:
        return None
    sender = read_sender(tx, custodian.authority, first.tenant)
    company = sender.company if sender else read_tenant(tx, custodian.authority, first.tenant).name
    contact = contact_line(sender.contact) if sender else ""
    form = NoticeForm.LETTER if household.recipient.kind is PersonKind.PAYEE else NoticeForm.DOCUMENT
    drafted = draft(custodian.catalogue, form, company, frozenset(campaign.purposes), now, contact)
    return Letter(
        kind,
        household.recipient.name,
        company,
        date.fromisoformat(campaign.deadline),
        contact,
        "",
        drafted if kind is Sending.LINK_MAIL else None,
    )


def contact_line(contact: Contact) -> str:
    """Whom to ask, in one line."""
    reached = "、".join(each for each in (contact.phone, contact.mail, contact.hours) if each)
    return f"{contact.name}({reached})" if reached else contact.name
