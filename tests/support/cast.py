"""Who plays a part in the story of a collection, and what the handler sees of their papers."""

from dataclasses import replace
from datetime import date
from typing import Final

from tests.support.roll import Listed, staff
from warifu import (
    AgencyKind,
    Agent,
    Particular,
    ShownDocument,
    VerificationCase,
    VerificationChannel,
    VerificationSubject,
)

AOKI: Final = Listed("A0001", "青木 一郎", "アオキ イチロウ", date(1984, 5, 6), "メール")
HANAKO: Final = Listed("A0001-1", "青木 花子", "アオキ ハナコ", date(1986, 7, 8), "メール", "配偶者", "A0001")
BABA: Final = Listed("A0002", "馬場 二郎", "ババ ジロウ", date(1991, 1, 7), "QR")
CHIBA: Final = Listed("A0003", "千葉 三郎", "チバ サブロウ", date(1959, 12, 31), "郵送")
DOI: Final = Listed("A0004", "土井 四郎", "ドイ シロウ", date(1975, 2, 28), "メール")
EGAWA: Final = Listed("A0005", "江川 五郎", "エガワ ゴロウ", date(1969, 4, 30), "対面")
FUJITA: Final = Listed("A0006", "藤田 六子", "フジタ ムツコ", date(2004, 2, 29), "対面")
GOTO: Final = Listed("B0001", "後藤 七海", "ゴトウ ナナミ", date(1998, 8, 17), "メール")
HAYASHI: Final = Listed("B0002", "林 八重", "ハヤシ ヤエ", date(1989, 1, 7), "メール")

HEAD_OFFICE: Final = [
    *(AOKI, HANAKO, BABA, CHIBA, DOI, EGAWA, FUJITA),
    *staff("A", [("メール", 160), ("QR", 29), ("郵送", 29), ("対面", 15)]),
]
BRANCH: Final = [*(GOTO, HAYASHI), *staff("B", [("メール", 48), ("郵送", 10)])]
EVERYBODY: Final = [*HEAD_OFFICE, *BRANCH]

MAIL_YEN, QR_YEN, KIT_YEN, POSTCARD_YEN = 5, 210, 850, 120
"""What each costs the company."""

_MATCHES: Final = (Particular.NAME, Particular.BIRTH_DATE)
CARD: Final = ShownDocument("MY_NUMBER_CARD", _MATCHES, expires_on=date(2031, 5, 6), original=True)
RECORD: Final = ShownDocument("RESIDENCE_RECORD", _MATCHES, issued_on=date(2026, 11, 2))
LICENCE: Final = ShownDocument("DRIVING_LICENCE", _MATCHES, expires_on=date(2029, 12, 31))
EXPIRED_LICENCE: Final = replace(LICENCE, expires_on=date(2026, 1, 31))
LETTER: Final = ShownDocument("POWER_OF_ATTORNEY", [Particular.NAME], signed=True)

ONLINE: Final = VerificationCase(
    VerificationSubject.EMPLOYEE,
    VerificationChannel.ONLINE,
    number_agrees=True,
    number=[CARD],
    identity=[CARD],
)
"""The card, photographed on both sides."""
BY_SPOUSE: Final = replace(
    ONLINE,
    subject=VerificationSubject.SPOUSE_3GO,
    identity=[],
    agent=Agent(AgencyKind.VOLUNTARY, authority=[LETTER], identity=[CARD]),
)
"""The card of a spouse, brought with a power of attorney by the employee, whose card was seen as well."""
BY_POST: Final = replace(ONLINE, channel=VerificationChannel.POST, number=[RECORD], identity=[LICENCE])
"""Copies of a residence record and of a licence."""
AT_THE_COUNTER: Final = replace(ONLINE, channel=VerificationChannel.FACE_TO_FACE)
"""The card itself."""


def asked_by(channel: str) -> list[str]:
    """External ids of those who are to be asked in this way, the actors first."""
    return [each.external_id for each in EVERYBODY if each.channel == channel]
