"""Why a mail did not reach somebody, as codes with words for the company that ordered it."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from policies.catalogue_table import Bilingual


class MailFault(StrEnum):
    """Why a mail was not delivered, or is tried again."""

    ADDRESS_MISSING = "ADDRESS_MISSING"
    ADDRESS_REFUSED = "ADDRESS_REFUSED"
    MAIL_REFUSED = "MAIL_REFUSED"
    BIRTH_DATE_MISSING = "BIRTH_DATE_MISSING"
    LINK_REFUSED = "LINK_REFUSED"
    DELAYED = "DELAYED"
    UNREACHABLE = "UNREACHABLE"


MAIL_FAULT_NAMES: Final = MappingProxyType(
    {
        MailFault.ADDRESS_MISSING: Bilingual(
            "メールアドレスがありません。別の方法(キットなど)で依頼してください。",
            "There is no e-mail address. Ask in another way, such as a kit.",
        ),
        MailFault.ADDRESS_REFUSED: Bilingual(
            "宛先のメールサーバーがこのアドレスを受け付けません。アドレスを本人に確かめるか、別の方法で依頼してください。",
            "The mail server takes no mail for this address. Check it with the person, or ask in another way.",
        ),
        MailFault.MAIL_REFUSED: Bilingual(
            "メールサーバーが内容を理由に受け取りを拒みました。別の方法(QRコードやキット)で依頼してください。",
            "The mail server refused the mail for its content. Ask in another way: a QR code, or a kit.",
        ),
        MailFault.BIRTH_DATE_MISSING: Bilingual(
            "本人の生年月日が登録されていないため、リンクを送れません。生年月日を登録してから指示し直してください。",
            "The person's birth date is not on record, so no link can be sent. Record it, then order again.",
        ),
        MailFault.LINK_REFUSED: Bilingual(
            "この人にはリンクを発行できません。収集の状態を確認してください。",
            "No link can be issued to this person. See where the collection stands.",
        ),
        MailFault.DELAYED: Bilingual(
            "まだ届けられていません。自動でもう一度送ります。",
            "It could not be delivered yet and will be tried again by itself.",
        ),
        MailFault.UNREACHABLE: Bilingual(
            "2日間くり返しましたが届けられませんでした。アドレスを確かめるか、別の方法で依頼してください。",
            "It could not be delivered within two days. Check the address, or ask in another way.",
        ),
    }
)
"""What to tell the company, by code."""
