"""Why a collection stands where it stands, as codes with words: deficiencies, refusals, no number, closings.

There is no free text among them: nobody's reasons for refusing are kept, and no number can slip in.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from policies.catalogue_table import Bilingual
from policies.identity_catalogue import Finding


class Deficiency(StrEnum):
    """Why papers, or what was typed, do not do (不備)."""

    DOCUMENT_MISSING = "DOCUMENT_MISSING"
    SECOND_DOCUMENT_MISSING = "SECOND_DOCUMENT_MISSING"
    DOCUMENT_UNFIT = "DOCUMENT_UNFIT"
    NOTIFICATION_LETTER = "NOTIFICATION_LETTER"
    EXPIRED = "EXPIRED"
    OLD_ADDRESS = "OLD_ADDRESS"
    NAME_DIFFERS = "NAME_DIFFERS"
    PARTICULARS_DIFFER = "PARTICULARS_DIFFER"
    IMAGE_BLURRED = "IMAGE_BLURRED"
    IMAGE_CUT = "IMAGE_CUT"
    IMAGE_GLARE = "IMAGE_GLARE"
    SIDES_SWAPPED = "SIDES_SWAPPED"
    NUMBER_MISSING = "NUMBER_MISSING"
    NUMBER_INVALID = "NUMBER_INVALID"
    NUMBER_DIFFERS = "NUMBER_DIFFERS"
    NUMBER_TAKEN = "NUMBER_TAKEN"
    DEPENDENTS_MISSING = "DEPENDENTS_MISSING"
    AUTHORITY_MISSING = "AUTHORITY_MISSING"
    AUTHORITY_UNSIGNED = "AUTHORITY_UNSIGNED"
    AGENT_UNIDENTIFIED = "AGENT_UNIDENTIFIED"
    PREPRINT_EDITED = "PREPRINT_EDITED"
    NOT_TO_BE_SENT = "NOT_TO_BE_SENT"


class RefusalOutcome(StrEnum):
    """How it ended when somebody did not give their number (提供拒否)."""

    DECLINED = "DECLINED"
    DECLINED_AFTER_EXPLANATION = "DECLINED_AFTER_EXPLANATION"
    NO_ANSWER = "NO_ANSWER"


class NoNumber(StrEnum):
    """What shows that somebody has no number (番号なし)."""

    ABROAD_SINCE_BEFORE_2015_10 = "ABROAD_SINCE_BEFORE_2015_10"
    NEVER_RESIDENT = "NEVER_RESIDENT"


class Closing(StrEnum):
    """Why a collection ends without a number."""

    LEFT = "LEFT"
    NO_LONGER_NEEDED = "NO_LONGER_NEEDED"
    REGISTERED_OTHERWISE = "REGISTERED_OTHERWISE"
    ADDED_BY_MISTAKE = "ADDED_BY_MISTAKE"


DEFICIENCIES: Final[Mapping[Deficiency, Bilingual]] = MappingProxyType(
    {
        Deficiency.DOCUMENT_MISSING: Bilingual(
            "必要な書類が入っていません。案内にある書類をお送りください。",
            "A document is missing. Send one of those in the list.",
        ),
        Deficiency.SECOND_DOCUMENT_MISSING: Bilingual(
            "写真のない身元確認書類は2種類必要です。もう1種類をお送りください。",
            "Two kinds of documents without a photo are needed. Send a second one.",
        ),
        Deficiency.DOCUMENT_UNFIT: Bilingual(
            "この書類では確認できません。案内にある書類をお送りください。",
            "This document does not prove it. Send one of those in the list.",
        ),
        Deficiency.NOTIFICATION_LETTER: Bilingual(
            "「個人番号通知書」は使えません。個人番号カード・住民票の写しなどをお送りください。",
            "The notification letter of the number counts for nothing. Send the card or a residence record.",
        ),
        Deficiency.EXPIRED: Bilingual(
            "書類の有効期限が切れています。期限内の書類をお送りください。",
            "The document has expired. Send one that is valid.",
        ),
        Deficiency.OLD_ADDRESS: Bilingual(
            "通知カードの住所などが住民票と異なります。住民票の写しなど別の書類をお送りください。",
            "The notification card no longer says what the residence record says. Send another document.",
        ),
        Deficiency.NAME_DIFFERS: Bilingual(
            "書類の氏名が登録されている氏名と異なります。会社にお問い合わせください。",
            "The name on the document is not the one on record. Ask your company.",
        ),
        Deficiency.PARTICULARS_DIFFER: Bilingual(
            "書類の生年月日・住所が登録されているものと異なります。会社にお問い合わせください。",
            "Neither birth date nor address on the document is the one on record. Ask your company.",
        ),
        Deficiency.IMAGE_BLURRED: Bilingual(
            "画像がぼやけて読み取れません。明るい場所で撮り直してください。",
            "The image is blurred. Take it again in good light.",
        ),
        Deficiency.IMAGE_CUT: Bilingual(
            "書類の端が切れています。四隅が入るように撮り直してください。",
            "A part of the document is cut off. Take it again with all four corners.",
        ),
        Deficiency.IMAGE_GLARE: Bilingual(
            "光が反射して読み取れません。角度を変えて撮り直してください。",
            "Light hides a part of the document. Take it again from another angle.",
        ),
        Deficiency.SIDES_SWAPPED: Bilingual(
            "書類の表と裏が逆か、片面しかありません。両面をお送りください。",
            "Front and back are exchanged, or one is missing. Send both sides.",
        ),
        Deficiency.NUMBER_MISSING: Bilingual(
            "個人番号が記入されていません。記入してお送りください。",
            "The number was not filled in. Fill it in and send it.",
        ),
        Deficiency.NUMBER_INVALID: Bilingual(
            "個人番号に誤りがあります。書類を見て記入し直してください。",
            "The number is mistyped. Copy it again from the document.",
        ),
        Deficiency.NUMBER_DIFFERS: Bilingual(
            "記入された個人番号が書類の番号と異なります。確認して記入し直してください。",
            "The number filled in is not the one on the document. Check it and fill it in again.",
        ),
        Deficiency.NUMBER_TAKEN: Bilingual(
            "この個人番号は登録できません。ご本人の番号か確認して記入し直してください。",
            "This number cannot be registered. See that it is your own and fill it in again.",
        ),
        Deficiency.DEPENDENTS_MISSING: Bilingual(
            "扶養親族の個人番号が記入されていません。全員分を記入してください。",
            "The number of a dependent is missing. Fill in those of all.",
        ),
        Deficiency.AUTHORITY_MISSING: Bilingual(
            "代理権を示す書類(委任状・戸籍謄本など)がありません。お送りください。",
            "What proves that the agent may act is missing (power of attorney, family register). Send it.",
        ),
        Deficiency.AUTHORITY_UNSIGNED: Bilingual(
            "委任状に署名または押印がありません。記入し直してお送りください。",
            "The power of attorney is not signed or sealed. Sign it and send it again.",
        ),
        Deficiency.AGENT_UNIDENTIFIED: Bilingual(
            "代理人の身元確認書類がありません。お送りください。",
            "The agent's identity document is missing. Send it.",
        ),
        Deficiency.PREPRINT_EDITED: Bilingual(
            "印字された内容が書き換えられています。変更がある場合は会社にお知らせください。",
            "What was printed on the form was altered. Tell your company of changes.",
        ),
        Deficiency.NOT_TO_BE_SENT: Bilingual(
            "この方の書類はお預かりできません(従業員ご本人が確認します)。書類は破棄します。",
            "Papers of this person are not taken: the employee verifies them. They are destroyed.",
        ),
    }
)

REFUSAL_OUTCOMES: Final[Mapping[RefusalOutcome, Bilingual]] = MappingProxyType(
    {
        RefusalOutcome.DECLINED: Bilingual("提供しないとの回答", "Declined"),
        RefusalOutcome.DECLINED_AFTER_EXPLANATION: Bilingual(
            "法令上の義務を説明したが提供されなかった", "Declined after the legal duty was explained"
        ),
        RefusalOutcome.NO_ANSWER: Bilingual("求めたが回答がなかった", "Asked, without an answer"),
    }
)

NO_NUMBER: Final[Mapping[NoNumber, Bilingual]] = MappingProxyType(
    {
        NoNumber.ABROAD_SINCE_BEFORE_2015_10: Bilingual(
            "2015年10月5日より前から国外に居住(海外赴任の記録・戸籍の附票)",
            "Abroad since before 5 October 2015 (record of the assignment, supplementary family register)",
        ),
        NoNumber.NEVER_RESIDENT: Bilingual(
            "日本に住民票がない(在留の記録なし)", "Never had a residence record in Japan"
        ),
    }
)

CLOSINGS: Final[Mapping[Closing, Bilingual]] = MappingProxyType(
    {
        Closing.LEFT: Bilingual("退職・契約終了", "Left the company"),
        Closing.NO_LONGER_NEEDED: Bilingual("番号が不要になった", "The number is not needed any more"),
        Closing.REGISTERED_OTHERWISE: Bilingual("別の方法で登録済み", "Registered in another way"),
        Closing.ADDED_BY_MISTAKE: Bilingual("誤って対象に含めた", "Added by mistake"),
    }
)

_OF_FINDINGS: Final[Mapping[Finding, Deficiency]] = MappingProxyType(
    {
        Finding.DOCUMENT_UNKNOWN: Deficiency.DOCUMENT_UNFIT,
        Finding.NEVER_ACCEPTED: Deficiency.DOCUMENT_UNFIT,
        Finding.WRONG_CHECK: Deficiency.DOCUMENT_UNFIT,
        Finding.WRONG_CHANNEL: Deficiency.DOCUMENT_UNFIT,
        Finding.COPY_SHOWN: Deficiency.DOCUMENT_UNFIT,
        Finding.EXPIRED: Deficiency.EXPIRED,
        Finding.TOO_OLD: Deficiency.EXPIRED,
        Finding.ISSUED_TOO_EARLY: Deficiency.DOCUMENT_UNFIT,
        Finding.ISSUED_LATER: Deficiency.DOCUMENT_UNFIT,
        Finding.NO_LONGER_USABLE: Deficiency.EXPIRED,
        Finding.DATE_MISSING: Deficiency.IMAGE_CUT,
        Finding.ALTERED: Deficiency.OLD_ADDRESS,
        Finding.UNSIGNED: Deficiency.AUTHORITY_UNSIGNED,
        Finding.NAME_DIFFERS: Deficiency.NAME_DIFFERS,
        Finding.PARTICULARS_DIFFER: Deficiency.PARTICULARS_DIFFER,
        Finding.NOT_BORNE: Deficiency.PARTICULARS_DIFFER,
        Finding.NUMBER_MISSING: Deficiency.DOCUMENT_MISSING,
        Finding.NUMBER_DIFFERS: Deficiency.NUMBER_DIFFERS,
        Finding.FALLBACK_UNNEEDED: Deficiency.DOCUMENT_UNFIT,
        Finding.IDENTITY_MISSING: Deficiency.DOCUMENT_MISSING,
        Finding.TWO_NEEDED: Deficiency.SECOND_DOCUMENT_MISSING,
        Finding.PHOTO_EXPECTED: Deficiency.DOCUMENT_UNFIT,
        Finding.EXEMPTION_NOT_THEIRS: Deficiency.DOCUMENT_MISSING,
        Finding.EXEMPTION_UNATTESTED: Deficiency.DOCUMENT_MISSING,
        Finding.EXEMPTION_UNSEEN: Deficiency.DOCUMENT_MISSING,
        Finding.NOT_TO_BE_DEMANDED: Deficiency.NOT_TO_BE_SENT,
        Finding.AUTHORITY_MISSING: Deficiency.AUTHORITY_MISSING,
        Finding.AUTHORITY_WRONG: Deficiency.AUTHORITY_MISSING,
        Finding.SPOUSE_IS_NO_LEGAL_AGENT: Deficiency.AUTHORITY_MISSING,
        Finding.AGENT_UNIDENTIFIED: Deficiency.AGENT_UNIDENTIFIED,
        Finding.PROXY_UNFIT: Deficiency.DOCUMENT_UNFIT,
    }
)


def deficiency_of(finding: Finding, document: str = "") -> Deficiency:
    """What to tell the person of a finding.

    Args:
        finding: what the rules of verification found.
        document: code of the document it is about; empty for none.
    """
    if finding is Finding.NEVER_ACCEPTED and document == "NUMBER_NOTICE":
        return Deficiency.NOTIFICATION_LETTER
    return _OF_FINDINGS[finding]
