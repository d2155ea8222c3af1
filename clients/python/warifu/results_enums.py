"""The vocabularies of the API, word for word."""

from enum import StrEnum


class ActorKind(StrEnum):
    """What kind of caller this is."""

    CLIENT = "CLIENT"
    HUMAN = "HUMAN"
    OPERATOR = "OPERATOR"


class ContractEndState(StrEnum):
    """How far a contract's end has come."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    ENDING = "ENDING"
    ENDED = "ENDED"


class ContractWait(StrEnum):
    """What a contract's end waits for."""

    LEGAL_HOLD = "LEGAL_HOLD"
    RUN_UNDER_WAY = "RUN_UNDER_WAY"


class NumberState(StrEnum):
    """Whether the vault holds the number."""

    NONE = "NONE"
    HELD = "HELD"
    DISPOSED = "DISPOSED"


class Outcome(StrEnum):
    """How an act ended."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"


class PersonKind(StrEnum):
    """Whose number it is (従業員, 配偶者, 扶養親族, 報酬・地代等の支払先)."""

    EMPLOYEE = "EMPLOYEE"
    SPOUSE = "SPOUSE"
    DEPENDENT = "DEPENDENT"
    PAYEE = "PAYEE"


class PurposeStatus(StrEnum):
    """Whether a purpose can be used."""

    OFFERED = "OFFERED"
    OFF_BY_DEFAULT = "OFF_BY_DEFAULT"
    REFUSED = "REFUSED"


class Role(StrEnum):
    """What a human may be (管理者, 事務取扱担当者, 承認者, 監査者)."""

    ADMINISTRATOR = "ADMINISTRATOR"
    HANDLER = "HANDLER"
    APPROVER = "APPROVER"
    AUDITOR = "AUDITOR"


class UseState(StrEnum):
    """How far a use has come."""

    PREPARED = "PREPARED"
    CONFIRMED = "CONFIRMED"
    APPROVED = "APPROVED"
    RELEASED = "RELEASED"


class Verification(StrEnum):
    """How it was made sure whose number it is (番号法16条).

    個人番号カード, 番号確認書類と写真付き身元確認書類, 番号確認書類と写真なし身元確認書類 2 点, 番号確認書類と対面
    (雇用時に本人確認済み), 従業員が扶養親族等を確認, 収集の手続で確認済み, in this order.
    """

    MY_NUMBER_CARD = "MY_NUMBER_CARD"
    NUMBER_DOCUMENT_AND_PHOTO_ID = "NUMBER_DOCUMENT_AND_PHOTO_ID"
    NUMBER_DOCUMENT_AND_TWO_IDS = "NUMBER_DOCUMENT_AND_TWO_IDS"
    KNOWN_EMPLOYEE = "KNOWN_EMPLOYEE"
    BY_THE_EMPLOYEE = "BY_THE_EMPLOYEE"
    COLLECTION = "COLLECTION"


class DisposalMode(StrEnum):
    """When numbers that have fallen due go."""

    AT_ONCE = "AT_ONCE"
    YEARLY = "YEARLY"


class DisposalKind(StrEnum):
    """Why numbers go."""

    DUE = "DUE"
    INSTRUCTION = "INSTRUCTION"
    CONTRACT_END = "CONTRACT_END"


class DisposalState(StrEnum):
    """How far a disposal has come."""

    GATHERING = "GATHERING"
    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    APPROVED = "APPROVED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class DisposalItemState(StrEnum):
    """What became of a person of a disposal."""

    LISTED = "LISTED"
    EXCLUDED = "EXCLUDED"
    DISPOSED = "DISPOSED"
    SPARED = "SPARED"


class DisposalTaskKind(StrEnum):
    """What is to be done about a disposal."""

    CONFIRM = "CONFIRM"
    APPROVE = "APPROVE"
    WAIT = "WAIT"
