"""What the purpose notice in an envelope says: the same words on paper and in the record of what persons were told."""

from collections.abc import Sequence
from dataclasses import dataclass

from custody.kits.facts import Contact
from policies.catalogue_table import Bilingual


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """The notice but for its list of purposes.

    Attributes:
        lead: what stands above the list.
        points: what stands below it.
    """

    lead: str
    points: tuple[str, ...]


def notice_words(contact: Contact) -> NoticeWords:
    """The words around the list of purposes."""
    asked = f"{contact.name}（電話 {contact.phone}）" if contact.phone else contact.name
    return NoticeWords(
        "当社は、あなた（ご家族の番号もお願いするときは、ご家族を含みます）の個人番号を、次の事務に限り利用します。"
        "個人情報の保護に関する法律に基づき通知いたします。",
        (
            "上の事務のほかには、あなたの同意があっても利用しません。利用目的を加えるときは、あらためて通知します。",
            "事務の全部又は一部を委託することがあります。委託先には、当社と同じ安全管理を求め、監督します。",
            "利用する必要がなくなり、法令の定める保存期間が過ぎたときは、復元できない方法で廃棄します。",
            f"お問い合わせ、開示等のご請求は、{asked}まで。",
        ),
    )


def notice_text(company: str, contact: Contact, purposes: Sequence[Bilingual]) -> str:
    """The whole notice as text, as it is recorded."""
    words = notice_words(contact)
    listed = [f"{place}. {one.ja} / {one.en}" for place, one in enumerate(purposes, 1)]
    return "\n".join([company, words.lead, *listed, *(f"・{point}" for point in words.points)])
