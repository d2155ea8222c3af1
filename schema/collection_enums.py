"""The vocabularies of collecting numbers and verifying persons, as the lower layers define them."""

import strawberry

from custody.collection.collection import Route as CollectionChannel
from custody.collection.dispatch import DispatchState
from custody.collection.dispatch import Sending as DispatchKind
from custody.collection.notice import NoticeForm
from policies.collection import State as CollectionState
from policies.collection import Step as CollectionStep
from policies.collection_codes import Closing as ClosingReason
from policies.collection_codes import Deficiency as DeficiencyCode
from policies.collection_codes import NoNumber as NoNumberEvidence
from policies.collection_codes import RefusalOutcome
from policies.identity import Check as VerificationCheck
from policies.identity_case import Agency as AgencyKind
from policies.identity_case import Exemption as IdentityExemption
from policies.identity_case import Subject as VerificationSubject
from policies.identity_catalogue import Channel as VerificationChannel
from policies.identity_catalogue import Finding as VerificationFinding
from policies.identity_catalogue import Item as Particular
from policies.identity_catalogue import Need as DocumentNeed
from policies.identity_catalogue import ProvesAgency, ProvesIdentity, ProvesNumber
from policies.mail_faults import MailFault

strawberry.enum(
    CollectionState,
    name="CollectionState",
    description=(
        "Where the collection of a person's number stands: 収集指示済み, キット配布済み, キット到着, 不備, "
        "本人確認済み, 登録済み, 提供拒否, 番号なし, 終了."
    ),
)
strawberry.enum(CollectionStep, name="CollectionStep", description="What can be done to a collection.")
strawberry.enum(
    CollectionChannel,
    name="CollectionChannel",
    description="How a person is asked: a link by mail, a link as a code on paper, a paper kit, at the counter.",
)
strawberry.enum(
    DispatchKind,
    name="CollectionDispatchKind",
    description="What is sent: a kit, a link by mail or on paper; to remind, a postcard or a mail.",
)
strawberry.enum(
    DispatchState,
    name="CollectionDispatchState",
    description="How far it is: ordered, gone out, void because the collection had moved on before, or failed.",
)
strawberry.enum(
    MailFault, name="CollectionMailFault", description="Why a mail did not reach somebody, or is tried again."
)
strawberry.enum(
    NoticeForm,
    name="PurposeNoticeForm",
    description="How persons are told of purposes: by a document, a web page, a letter.",
)
strawberry.enum(
    DeficiencyCode,
    name="DeficiencyCode",
    description="Why papers, or what was typed, do not do (不備); `deficiencies` has the words.",
)
strawberry.enum(
    RefusalOutcome,
    name="CollectionRefusalOutcome",
    description="How it ended when somebody did not give their number (提供拒否). No reasons.",
)
strawberry.enum(
    NoNumberEvidence,
    name="CollectionNoNumberEvidence",
    description="What shows that somebody has no number (番号なし).",
)
strawberry.enum(
    ClosingReason,
    name="CollectionClosingReason",
    description="Why a collection ends without a number (終了).",
)
strawberry.enum(
    VerificationSubject,
    name="VerificationSubject",
    description="Whose number is verified: an employee's, a dependent's, a 第3号 spouse's, a payee's.",
)
strawberry.enum(
    VerificationChannel,
    name="VerificationChannel",
    description="How papers reach whoever verifies them: 対面, 郵送, オンライン, 電話.",
)
strawberry.enum(
    VerificationCheck,
    name="VerificationCheck",
    description="Which proof something is about: 番号確認, 身元確認, or that an agent may act (代理権).",
)
strawberry.enum(
    VerificationFinding,
    name="VerificationFinding",
    description="Why something that was shown does not count; verdicts tell it in words, with the article.",
)
strawberry.enum(
    Particular,
    name="VerificationParticular",
    description="What tells one person from another: 氏名, 生年月日, 住所.",
)
strawberry.enum(
    DocumentNeed,
    name="VerificationDocumentNeed",
    description="What must be known of a document: its last valid day, its day of issue, that it is unaltered, signed.",
)
strawberry.enum(
    ProvesNumber,
    name="VerificationProvesNumber",
    description="Whether a document proves the number: usually, or where the usual ones are hard to show.",
)
strawberry.enum(
    ProvesIdentity,
    name="VerificationProvesIdentity",
    description="Whether a document proves who somebody is: alone, or from two kinds on.",
)
strawberry.enum(
    ProvesAgency,
    name="VerificationProvesAgency",
    description="Which agency a document proves: 法定代理, 任意代理, or voluntary where the usual are hard to show.",
)
strawberry.enum(
    IdentityExemption,
    name="VerificationExemption",
    description="Why nobody's identity is proven again: hired before, family, a continuing contract (告示 8).",
)
strawberry.enum(
    AgencyKind, name="VerificationAgency", description="By what right an agent acts: 法定代理人, 任意代理人."
)

__all__ = [
    "AgencyKind",
    "ClosingReason",
    "CollectionChannel",
    "CollectionState",
    "CollectionStep",
    "DeficiencyCode",
    "DispatchKind",
    "DispatchState",
    "DocumentNeed",
    "IdentityExemption",
    "MailFault",
    "NoNumberEvidence",
    "NoticeForm",
    "Particular",
    "ProvesAgency",
    "ProvesIdentity",
    "ProvesNumber",
    "RefusalOutcome",
    "VerificationChannel",
    "VerificationCheck",
    "VerificationFinding",
    "VerificationSubject",
]
