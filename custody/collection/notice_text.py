"""The words of a purpose notice (利用目的通知) in its three forms, from the catalogue: Japanese, with English beneath.

- A document to employees: speaks of their dependents as well.
- A page on the web: speaks to everybody whose number is asked for, and names nobody.
- A letter to payees outside: asks for the number for the payments it names.

Article 21 of the Act on the Protection of Personal Information wants the purposes to be told, or published, when a
number is taken; article 9 of the My Number Act lets it be used for nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from custody.calendar import day_in_japan
from custody.collection.campaign import parse_campaign_id, read_campaign
from custody.collection.notice import NoticeForm
from custody.custodian import Custodian, entry, record_refusal
from custody.kits.words import plain_day
from custody.notices import refuse_purposes
from custody.tenants import read_tenant
from policies.actor import Actor
from policies.authorize import may
from policies.catalogue_table import Bilingual
from policies.free_text import contains_number, is_plain
from policies.purposes import Catalogue, Purpose
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_LONGEST_CONTACT: Final = 200
_RULE: Final = "-" * 40


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A notice that can be given: its form, the codes of its purposes, and its words."""

    form: NoticeForm
    purposes: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Form:
    """The words of one form: its title, what comes before the purposes, and what comes after."""

    title: Bilingual
    opening: Bilingual
    closing: Bilingual


def notice_text(
    form: NoticeForm, company: str, purposes: Sequence[Purpose], day: date, contact: str = ""
) -> str:
    """The words of a notice.

    Args:
        form: to whom it speaks.
        company: who asks for the numbers.
        purposes: what they are used for; at least one.
        day: the date it carries.
        contact: whom to ask, in one line; empty leaves the sentence out.

    Raises:
        ValueError: there is no purpose.
    """
    if not purposes:
        raise ValueError("a notice without a purpose tells nothing")
    words = _FORMS[form]
    named = [_named(each) for each in purposes]
    japanese = _half(
        (words.title.ja, f"{plain_day(day)}\n{company}", words.opening.ja),
        [name.ja for name in named],
        (words.closing.ja, f"お問い合わせ、開示等のご請求は、{contact}で承ります。" if contact else ""),
    )
    english = _half(
        (words.title.en, f"{day.isoformat()}\n{company}", words.opening.en),
        [name.en for name in named],
        (
            words.closing.en,
            f"Questions, and requests to see what we hold, go to {contact}." if contact else "",
        ),
    )
    return f"{japanese}\n\n{_RULE}\n\n{english}\n"


def purposes_of(catalogue: Catalogue, codes: Sequence[str]) -> list[Purpose]:
    """The purposes of these codes, in the order of the catalogue; unknown codes are left out."""
    wanted = frozenset(codes)
    return [each for each in catalogue.purposes.values() if each.code in wanted]


async def draft_notice(
    custodian: Custodian,
    actor: Actor,
    form: NoticeForm,
    purposes: frozenset[str],
    now: int,
    contact: str = "",
) -> NoticeDraft | Denied:
    """The notice of some purposes in the name of the company, to be given or published.

    Args:
        custodian: what the use case works with.
        actor: whoever may see collections.
        form: to whom it speaks.
        purposes: codes; at least one.
        now: milliseconds since the epoch.
        contact: whom to ask.
    """
    denial = may(actor, "readCollections") or refuse_draft(custodian.catalogue, purposes, contact)
    if denial is not None:
        refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    company = (
        await custodian.database.read(
            actor.tenant, lambda tx: read_tenant(tx, custodian.authority, actor.tenant)
        )
    ).name
    return draft(custodian.catalogue, form, company, purposes, now, contact)


async def draft_campaign_notice(
    custodian: Custodian, actor: Actor, campaign_id: str, form: NoticeForm, now: int, contact: str = ""
) -> NoticeDraft | Denied:
    """The notice of a campaign's purposes.

    Args:
        custodian: what the use case works with.
        actor: whoever may see collections.
        campaign_id: public id of the campaign.
        form: to whom it speaks.
        now: milliseconds since the epoch.
        contact: whom to ask.
    """
    identity = parse_campaign_id(campaign_id) or 0

    def work(tx: Transaction) -> frozenset[str]:
        found = read_campaign(tx, custodian.authority, actor.tenant, identity)
        return frozenset(found.purposes) if found else frozenset()

    denial = may(actor, "readCollections")
    purposes = await custodian.database.read(actor.tenant, work) if denial is None else frozenset[str]()
    if denial is None and not purposes:
        return denied("campaign-unknown")
    return await draft_notice(custodian, actor, form, purposes, now, contact)


def draft(
    catalogue: Catalogue,
    form: NoticeForm,
    company: str,
    purposes: frozenset[str],
    now: int,
    contact: str = "",
) -> NoticeDraft:
    """A notice of purposes that may be told."""
    named = purposes_of(catalogue, sorted(purposes))
    text = notice_text(form, company, named, day_in_japan(now), contact)
    return NoticeDraft(form, tuple(each.code for each in named), text)


def refuse_draft(catalogue: Catalogue, purposes: frozenset[str], contact: str) -> Denied | None:
    """Why nobody can be told of these purposes; None if they can. A draft tells nobody, so it needs no consent."""
    if not purposes:
        return denied("purpose-unknown")
    if len(contact) > _LONGEST_CONTACT or not is_plain(contact) or contains_number(contact):
        return denied("notice-invalid")
    return refuse_purposes(catalogue, purposes, consented=True)


def _named(purpose: Purpose) -> Bilingual:
    """The name of a purpose; one that needs consent says so."""
    if not purpose.needs_consent:
        return purpose.name
    return Bilingual(f"{purpose.name.ja}(ご本人の同意が必要です)", f"{purpose.name.en} (needs your consent)")


def _half(before: Sequence[str], names: Sequence[str], after: Sequence[str]) -> str:
    """One language: paragraphs with the numbered purposes between them."""
    listed = "\n".join(f"{place}. {name}" for place, name in enumerate(names, 1))
    return "\n\n".join(part for part in (*before, listed, *after) if part)


_CLOSING: Final = Bilingual(
    "上記のほかには、ご本人の同意があっても個人番号を使いません。\n"
    "目的を変える必要が生じたときは、関連すると合理的にいえる範囲に限り、あらためてお知らせします。\n"
    "事務を外部に委託するときは、委託先に同じ安全管理を義務づけ、監督します。\n"
    "使う必要がなくなり、書類の保存期間も終わったときは、復元できない方法で番号を廃棄します。",
    "The number is used for nothing else, not even with your consent.\n"
    "Should a purpose have to change, it changes only within what it is reasonably related to, and you are told anew.\n"
    "Whoever works for us is bound to the same safeguards, and supervised.\n"
    "Once the number is no longer needed and no document has to be kept any more, it is destroyed beyond recovery.",
)
_FORMS: Final = MappingProxyType(
    {
        NoticeForm.DOCUMENT: _Form(
            Bilingual("個人番号の利用目的のお知らせ", "Notice: what your Individual Number is used for"),
            Bilingual(
                "従業員の皆さまへ\n\n"
                "当社は、皆さまと、届け出ていただく配偶者・扶養親族の方の個人番号(マイナンバー)を、"
                "次の事務のためにお預かりします。",
                "To our employees\n\n"
                "We take your Individual Number (My Number), and those of the spouse and dependents whom you "
                "declare, for the following affairs.",
            ),
            _CLOSING,
        ),
        NoticeForm.WEB_PAGE: _Form(
            Bilingual("個人番号の利用目的の公表", "What Individual Numbers are used for"),
            Bilingual(
                "当社に個人番号(マイナンバー)を提供される方のために、その利用目的を公表します。"
                "当社が個人番号を利用する事務は、次のとおりです。",
                "For everybody who gives us an Individual Number (My Number), we publish what it is used for: "
                "the following affairs.",
            ),
            _CLOSING,
        ),
        NoticeForm.LETTER: _Form(
            Bilingual(
                "個人番号ご提供のお願いと利用目的のお知らせ",
                "Request for your Individual Number, and what it is used for",
            ),
            Bilingual(
                "お取引先の皆さまへ\n\n"
                "平素よりお世話になっております。当社は、お支払に関して法令が作成を求める書類に、"
                "支払を受ける方の個人番号(マイナンバー)を記載しなければなりません。"
                "つきましては、次の事務のために、個人番号のご提供をお願いいたします。",
                "To those we pay\n\n"
                "The law has us write the Individual Number (My Number) of whoever receives a payment on certain "
                "documents. We therefore ask you for your number, for the following affairs.",
            ),
            _CLOSING,
        ),
    }
)
