"""The purpose notice as the page shows it, and as it is kept once the person said that they read it."""

from custody.calendar import day_in_japan
from custody.collection.notice import NoticeForm
from custody.collection.notice_text import notice_text, purposes_of
from custody.collection.telling import Telling
from custody.custodian import Custodian
from custody.selfservice.household import Household
from custody.tenants import read_tenant
from tokenizer.storage.transaction import Transaction


def telling_of(tx: Transaction, custodian: Custodian, household: Household, now: int) -> Telling:
    """What whoever acknowledges the notice was told. It names the purposes that need consent, and so consents."""
    company = read_tenant(tx, custodian.authority, household.link.tenant).name
    purposes = purposes_of(custodian.catalogue, household.campaign.purposes)
    today = day_in_japan(now)
    return Telling(
        NoticeForm.WEB_PAGE,
        frozenset(household.campaign.purposes),
        notice_text(NoticeForm.WEB_PAGE, company, purposes, today),
        today,
        any(each.needs_consent for each in purposes),
    )
