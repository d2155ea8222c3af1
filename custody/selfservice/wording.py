"""The purpose notice as the page shows it, and as it is kept once the person said that they read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from custody.calendar import day_in_japan
from custody.collection.notice import NoticeForm
from custody.collection.telling import Telling
from custody.custodian import Custodian
from custody.selfservice.household import Household
from custody.tenants import read_tenant
from policies.catalogue_table import Bilingual
from policies.purposes import Catalogue
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class PurposeShown:
    """A purpose as the person reads it."""

    code: str
    name: Bilingual
    document: Bilingual
    destination: Bilingual
    needs_consent: bool


def purposes_shown(catalogue: Catalogue, codes: Sequence[str]) -> tuple[PurposeShown, ...]:
    """The purposes of a campaign, in the order of the catalogue."""
    return tuple(
        PurposeShown(
            each.code,
            each.name,
            each.document,
            each.destination,
            each.conditions is not None and each.conditions.person_consent,
        )
        for each in catalogue.purposes.values()
        if each.code in codes
    )


def notice_text(company: str, purposes: Sequence[PurposeShown]) -> str:
    """The text of the notice: Japanese, and English beneath."""
    ja = [f"{company}は、提出していただく個人番号を、次の目的で利用します。", ""]
    ja += [
        f"・{each.name.ja}({each.document.ja}、提出先: {each.destination.ja})"
        + ("。この目的には、あなたの同意が必要です。" if each.needs_consent else "")
        for each in purposes
    ]
    en = ["", f"{company} uses the Individual Numbers you give for these purposes:", ""]
    en += [
        f"- {each.name.en} ({each.document.en}; handed to: {each.destination.en})"
        + (". This one needs your consent." if each.needs_consent else "")
        for each in purposes
    ]
    return "\n".join([*ja, *en])


def telling_of(tx: Transaction, custodian: Custodian, household: Household, now: int) -> Telling:
    """What whoever acknowledges the notice was told. It names the purposes that need consent, and so consents."""
    company = read_tenant(tx, custodian.authority, household.link.tenant).name
    purposes = purposes_shown(custodian.catalogue, household.campaign.purposes)
    return Telling(
        NoticeForm.WEB_PAGE,
        frozenset(household.campaign.purposes),
        notice_text(company, purposes),
        day_in_japan(now),
        any(each.needs_consent for each in purposes),
    )
