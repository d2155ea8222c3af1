"""The purpose notice that lies in what was printed: recorded as given when the order goes out."""

from custody.calendar import day_in_japan
from custody.collection.campaign import read_campaign
from custody.collection.collection import collections_by_id
from custody.collection.dispatch import Sending, parse_order_id
from custody.collection.notice import NoticeForm
from custody.collection.telling import Telling
from custody.custodian import Custodian
from custody.kits.kit import kits_of_order
from custody.kits.notice_words import notice_text
from custody.kits.papers import purpose_names
from custody.kits.printout import PrintState, read_printout
from custody.kits.sender import read_sender
from tokenizer.storage.transaction import Transaction

_NOTICES = frozenset({Sending.KIT, Sending.LINK_QR})
_PRINTED = frozenset({PrintState.DONE, PrintState.DELETED})


def printed_notice(
    tx: Transaction, custodian: Custodian, tenant: int, order_id: str, now: int
) -> Telling | None:
    """What the persons of an order are told by the paper that was printed for it; None if none was.

    Raises:
        SealBrokenError: a row was altered.
    """
    order = parse_order_id(order_id) or 0
    printout = read_printout(tx, tenant, order)
    if printout is None or printout.kind not in _NOTICES or printout.state not in _PRINTED:
        return None
    sender, kits = (
        read_sender(tx, custodian.authority, tenant),
        kits_of_order(tx, custodian.authority, tenant, order),
    )
    if sender is None or not kits or not printout.files:
        return None
    there = collections_by_id(tx, custodian.authority, tenant, [kits[0].members[0]])
    first = there.get(kits[0].members[0])
    campaign = read_campaign(tx, custodian.authority, tenant, first.campaign) if first else None
    if campaign is None:
        return None
    text = notice_text(sender.company, sender.contact, purpose_names(custodian.catalogue, campaign))
    # That persons consent to what needs it was said when the campaign was made.
    form, day = NoticeForm.DOCUMENT, day_in_japan(now)
    return Telling(form, frozenset(campaign.purposes), text, day, consented=True)
