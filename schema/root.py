"""The roots of the schema: every noun brings its queries and mutations."""

from functools import lru_cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.accounts import AccountMutation, AccountQuery
from schema.appointment_slots import AppointmentSlotMutation, AppointmentSlotQuery
from schema.appointments import AppointmentMutation, AppointmentQuery
from schema.audit import AuditQuery
from schema.campaign_people import CampaignPeopleMutation
from schema.campaigns import CampaignMutation, CampaignQuery
from schema.clients import ClientMutation, ClientQuery
from schema.collection_endings import CollectionEndingMutation, CollectionEndingQuery
from schema.collection_links import CollectionLinkMutation
from schema.collection_review import CollectionReviewQuery
from schema.collections import CollectionMutation, CollectionQuery
from schema.contract import ContractMutation, ContractQuery
from schema.deficiencies import DeficiencyMutation, DeficiencyQuery
from schema.departures import DepartureMutation, DepartureQuery
from schema.dispatches import DispatchMutation
from schema.disposal import DisposalQuery
from schema.disposal_policy import DisposalPolicyMutation, DisposalPolicyQuery
from schema.disposal_steps import DisposalMutation
from schema.documents import DocumentMutation, DocumentQuery
from schema.forecast import ForecastQuery
from schema.holds import HoldMutation, HoldQuery
from schema.inquiries import InquiryMutation, InquiryQuery
from schema.kits import KitMutation, KitQuery
from schema.people import PeopleMutation, PeopleQuery
from schema.plain import straighten
from schema.purpose_notices import PurposeNoticeMutation, PurposeNoticeQuery
from schema.purposes import PurposeQuery
from schema.quiet import QuietSchema
from schema.refetch import NodeQuery
from schema.registrations import RegistrationMutation
from schema.scalars import SCALARS
from schema.submissions import SubmissionMutation
from schema.tenants import TenantMutation, TenantQuery
from schema.tokens import TokenMutation, TokenQuery
from schema.use import UseMutation, UseQuery
from schema.verification import VerificationMutation
from schema.verification_documents import VerificationDocumentQuery


@strawberry.type(
    description="Everything that can be asked. Nothing is answered to callers without a credential."
)
class Query(
    NodeQuery,
    TenantQuery,
    PurposeQuery,
    PeopleQuery,
    TokenQuery,
    UseQuery,
    AuditQuery,
    AccountQuery,
    ClientQuery,
    DocumentQuery,
    DepartureQuery,
    HoldQuery,
    DisposalPolicyQuery,
    ForecastQuery,
    DisposalQuery,
    ContractQuery,
    CampaignQuery,
    CollectionQuery,
    CollectionReviewQuery,
    CollectionEndingQuery,
    DeficiencyQuery,
    VerificationDocumentQuery,
    PurposeNoticeQuery,
    KitQuery,
    InquiryQuery,
    AppointmentSlotQuery,
    AppointmentQuery,
):
    """The root of queries."""


@strawberry.type(
    description="Everything that can be done, one act for each request. Without a credential one can log in."
)
class Mutation(
    TokenMutation,
    UseMutation,
    PeopleMutation,
    AccountMutation,
    ClientMutation,
    TenantMutation,
    DocumentMutation,
    DepartureMutation,
    HoldMutation,
    DisposalPolicyMutation,
    DisposalMutation,
    ContractMutation,
    CampaignMutation,
    CampaignPeopleMutation,
    CollectionMutation,
    CollectionEndingMutation,
    CollectionLinkMutation,
    DeficiencyMutation,
    DispatchMutation,
    SubmissionMutation,
    VerificationMutation,
    RegistrationMutation,
    PurposeNoticeMutation,
    KitMutation,
    InquiryMutation,
    AppointmentSlotMutation,
    AppointmentMutation,
):
    """The root of mutations."""


@lru_cache(maxsize=1)
def build_schema() -> QuietSchema:
    """The schema of the API. It holds no state and is built once."""
    schema = _build(sort=False)
    straighten(schema.core)
    return schema


def print_schema() -> str:
    """The schema as text, sorted: what `schema/schema.graphql` holds."""
    return _build(sort=True).as_str() + "\n"


def _build(*, sort: bool) -> QuietSchema:
    """Sorting copies every type, and the copies of enums forget the classes behind them: for print alone."""
    return QuietSchema(
        Query,
        Mutation,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, sort_schema=sort),
    )
