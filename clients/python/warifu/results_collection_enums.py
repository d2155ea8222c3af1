"""The vocabularies of collecting numbers and verifying persons, word for word.

Codes with words of their own (deficiencies, findings, how collections end) are text: the vault tells them with it.
"""

from enum import StrEnum


class CollectionState(StrEnum):
    """Where the collection of a person's number stands.

    収集指示済み, キット配布済み, キット到着, 不備, 本人確認済み, 登録済み, 提供拒否, 番号なし, 終了, in this order.
    """

    INSTRUCTED = "INSTRUCTED"
    DISTRIBUTED = "DISTRIBUTED"
    ARRIVED = "ARRIVED"
    DEFICIENT = "DEFICIENT"
    VERIFIED = "VERIFIED"
    REGISTERED = "REGISTERED"
    REFUSED = "REFUSED"
    NOT_ASSIGNED = "NOT_ASSIGNED"
    CLOSED = "CLOSED"


class CollectionChannel(StrEnum):
    """How a person is asked."""

    LINK_MAIL = "LINK_MAIL"
    LINK_QR = "LINK_QR"
    KIT = "KIT"
    DIRECT = "DIRECT"


class CollectionLinkFactor(StrEnum):
    """What somebody has to know besides their link: the birth date on record, or a passcode told apart."""

    BIRTH_DATE = "BIRTH_DATE"
    PASSCODE = "PASSCODE"


class DispatchKind(StrEnum):
    """What is sent; the last two remind."""

    KIT = "KIT"
    LINK_MAIL = "LINK_MAIL"
    LINK_QR = "LINK_QR"
    POSTCARD = "POSTCARD"
    MAIL = "MAIL"


class NoticeForm(StrEnum):
    """How persons are told of purposes."""

    DOCUMENT = "DOCUMENT"
    WEB_PAGE = "WEB_PAGE"
    LETTER = "LETTER"


class RefusalOutcome(StrEnum):
    """How it ended when somebody did not give their number (提供拒否)."""

    DECLINED = "DECLINED"
    DECLINED_AFTER_EXPLANATION = "DECLINED_AFTER_EXPLANATION"
    NO_ANSWER = "NO_ANSWER"


class NoNumberEvidence(StrEnum):
    """What shows that somebody has no number (番号なし)."""

    ABROAD_SINCE_BEFORE_2015_10 = "ABROAD_SINCE_BEFORE_2015_10"
    NEVER_RESIDENT = "NEVER_RESIDENT"


class ClosingReason(StrEnum):
    """Why a collection ends without a number (終了)."""

    LEFT = "LEFT"
    NO_LONGER_NEEDED = "NO_LONGER_NEEDED"
    REGISTERED_OTHERWISE = "REGISTERED_OTHERWISE"
    ADDED_BY_MISTAKE = "ADDED_BY_MISTAKE"


class VerificationSubject(StrEnum):
    """Whose number is verified."""

    EMPLOYEE = "EMPLOYEE"
    DEPENDENT = "DEPENDENT"
    SPOUSE_3GO = "SPOUSE_3GO"
    PAYEE = "PAYEE"


class VerificationChannel(StrEnum):
    """How papers reach whoever verifies them (対面, 郵送, オンライン, 電話)."""

    FACE_TO_FACE = "FACE_TO_FACE"
    POST = "POST"
    ONLINE = "ONLINE"
    PHONE = "PHONE"


class Particular(StrEnum):
    """What tells one person from another (氏名, 生年月日, 住所)."""

    NAME = "NAME"
    BIRTH_DATE = "BIRTH_DATE"
    ADDRESS = "ADDRESS"


class IdentityExemption(StrEnum):
    """Why nobody's identity is proven again."""

    HIRED = "HIRED"
    FAMILY = "FAMILY"
    CONTINUING = "CONTINUING"


class AgencyKind(StrEnum):
    """By what right an agent acts (法定代理人, 任意代理人)."""

    LEGAL = "LEGAL"
    VOLUNTARY = "VOLUNTARY"
