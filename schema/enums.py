"""The vocabularies that the schema shows just as the lower layers define them."""

import strawberry

from custody.certificates.facts import Kind as DisposalKind
from custody.contract.end import EndState as ContractEndState
from custody.contract.waits import Wait as ContractWait
from custody.disposal.item import ItemState as DisposalItemState
from custody.disposal.run import RunState as DisposalState
from custody.disposal.tasks import TaskKind as DisposalTaskKind
from custody.people import NumberState, Verification
from custody.uses import UseState
from policies.actor import ActorKind, Role
from policies.disposal_plan import DisposalMode
from policies.purposes import PersonKind, PurposeStatus
from tokenizer.audit.action import Outcome

strawberry.enum(PersonKind, description="Whose number it is: 従業員, 配偶者, 扶養親族, 報酬・地代等の支払先.")
strawberry.enum(
    PurposeStatus, description="Whether a purpose can be used: offered, off by default, refused by law."
)
strawberry.enum(
    Verification,
    description=(
        "How it was made sure whose number it is (番号法16条): "
        "MY_NUMBER_CARD 個人番号カード, NUMBER_DOCUMENT_AND_PHOTO_ID 番号確認書類と写真付き身元確認書類, "
        "NUMBER_DOCUMENT_AND_TWO_IDS 番号確認書類と写真なし身元確認書類 2 点, "
        "KNOWN_EMPLOYEE 番号確認書類と対面(雇用時に本人確認済み), BY_THE_EMPLOYEE 従業員が扶養親族等を確認, "
        "COLLECTION 収集の手続で確認済み."
    ),
)
strawberry.enum(NumberState, description="Whether the vault holds the number: none, held, disposed of.")
strawberry.enum(UseState, description="How far a use has come.")
strawberry.enum(Role, description="What a human may be: 管理者, 事務取扱担当者, 承認者, 監査者.")
strawberry.enum(ActorKind, description="What kind of caller this is.")
strawberry.enum(Outcome, description="How an act ended.")
strawberry.enum(
    DisposalKind,
    name="DisposalKind",
    description="Why numbers go: they fell due, on instruction, a contract ended.",
)
strawberry.enum(DisposalState, name="DisposalState", description="How far a disposal has come.")
strawberry.enum(
    DisposalItemState,
    name="DisposalItemState",
    description="What became of a person of a disposal: listed, left out, disposed of, kept at the last moment.",
)
strawberry.enum(
    DisposalTaskKind,
    name="DisposalTaskKind",
    description="What is to be done about a disposal: confirm it, approve it, or wait for another or for its day.",
)
strawberry.enum(
    ContractEndState,
    name="ContractEndState",
    description="How far a contract's end has come: asked for, approved, under way, over.",
)
strawberry.enum(
    ContractWait,
    name="ContractWait",
    description="What a contract's end waits for: a legal hold to be lifted, a disposal that is half done.",
)
strawberry.enum(DisposalMode, description="When numbers that have fallen due go: at once, or once a year.")

__all__ = [
    "ActorKind",
    "ContractEndState",
    "ContractWait",
    "DisposalItemState",
    "DisposalKind",
    "DisposalMode",
    "DisposalState",
    "DisposalTaskKind",
    "NumberState",
    "Outcome",
    "PersonKind",
    "PurposeStatus",
    "Role",
    "UseState",
    "Verification",
]
