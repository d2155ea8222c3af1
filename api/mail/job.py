"""The chore that sends what the company ordered by mail, tenant by tenant, over one connection.

Logs name neither address nor link nor person: how many, and of what kind the trouble is.
"""

from collections import Counter
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import partial
from typing import Final

import structlog

from api.bootstrap import Clock, House
from api.logs import locate
from api.mail.message import is_mailable, write_message
from api.mail.relay import Post
from api.mail.sender import Delivery, Sender, ServerAwayError
from custody.collection.errand import Errand, due_errands
from custody.collection.letter import Letter
from custody.collection.mailing import record_mailed, record_unsent, write_letter
from custody.custodian import Custodian
from custody.tenants import tenant_ids
from policies.mail_faults import MailFault
from tokenizer.errors import SealBrokenError
from tokenizer.storage.database import NO_TENANT

AT_ONCE: Final = 200
"""So many dispatches of a tenant are looked at in one tick; others get their turn."""

_SERIAL_BYTES: Final = 16
_FAULTS: Final = {
    Delivery.ADDRESS_REFUSED: (MailFault.ADDRESS_REFUSED, True),
    Delivery.MAIL_REFUSED: (MailFault.MAIL_REFUSED, True),
    Delivery.LATER: (MailFault.DELAYED, False),
}

_log = structlog.get_logger("warifu.mail")


@dataclass
class _Run:
    """One mail on its way.

    Attributes:
        letter: what was written, once it was.
    """

    custodian: Custodian
    post: Post
    clock: Clock
    errand: Errand
    letter: Letter | None = None

    async def write(self) -> EmailMessage | None:
        now = self.clock()
        outcome = await write_letter(self.custodian, self.errand, now)
        if not isinstance(outcome, Letter):
            return None
        self.letter = outcome
        serial = self.custodian.random_bytes(_SERIAL_BYTES).hex()
        return write_message(outcome, self.errand.email, self.post, now, serial)


async def send_mails(house: House, now: int, at_once: int = AT_ONCE) -> None:
    """Send the mails whose time has come.

    Args:
        house: everything, wired together.
        now: milliseconds since the epoch.
        at_once: how many dispatches of a tenant are looked at.

    Raises:
        SealBrokenError: a row of a tenant was altered; the mail of the others has gone out.
    """
    post = house.post
    if post is None:
        return
    done: Counter[Delivery] = Counter()
    broken: SealBrokenError | None = None
    async with Sender(post.relay, post.sender) as sender:
        for tenant in await house.database.read(NO_TENANT, tenant_ids):
            try:
                for errand in await due_errands(house.custodian, tenant, now, at_once):
                    done[await _deliver(house, post, sender, errand)] += 1
            except SealBrokenError as error:
                broken = error
            except ServerAwayError as error:
                _log.error("mail server away", **locate(error))
                break
    _tell(done)
    if broken is not None:
        raise broken


def _tell(done: Counter[Delivery]) -> None:
    sent, failed = done[Delivery.TAKEN], sum(done[each] for each in _FAULTS)
    if sent or failed:
        _log.info("mail", count=sent, reason=f"{failed} not delivered" if failed else "delivered")


async def _deliver(house: House, post: Post, sender: Sender, errand: Errand) -> Delivery:
    custodian, later = house.custodian, partial(record_unsent, house.custodian, errand)
    if not errand.email:
        await later(MailFault.ADDRESS_MISSING, house.clock(), for_good=True)
        return Delivery.ADDRESS_REFUSED
    if not is_mailable(errand.email):
        await later(MailFault.ADDRESS_REFUSED, house.clock(), for_good=True)
        return Delivery.ADDRESS_REFUSED
    run = _Run(custodian, post, house.clock, errand)
    try:
        outcome = await sender.send(errand.email, run.write)
    except ServerAwayError:
        await later(MailFault.DELAYED, house.clock(), for_good=False)
        raise
    if outcome is Delivery.TAKEN and run.letter is not None:
        await record_mailed(custodian, errand, replace(run.letter, secret=""), house.clock())
    elif outcome in _FAULTS:
        fault, for_good = _FAULTS[outcome]
        await later(fault, house.clock(), for_good=for_good)
    return outcome
