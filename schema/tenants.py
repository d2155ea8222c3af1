"""The tenant (事業者) and the caller."""

import re
from typing import Annotated, Final

import strawberry

from custody.tenants import Settings as CustodySettings
from custody.tenants import Tenant as CustodyTenant
from custody.tenants import change_settings, read_tenant
from policies.quotas import Quotas
from policies.refusals import Denied
from schema.context import Info
from schema.enums import ActorKind, Role
from schema.nodes import Node, to_id
from schema.quiet import PublicError
from schema.results import INPUT, Refusal, refusal

_PUBLIC_ID: Final = re.compile(r"tnt_([0-9a-f]{12})")


@strawberry.type(description="A company whose numbers are kept.")
class Tenant(Node):
    """A tenant."""

    tenant_id: str = strawberry.field(description="Public id.")
    name: str = strawberry.field(description="Name.")
    sandbox: bool = strawberry.field(description="Whether it takes the officially published sample numbers.")
    approval_over: int = strawberry.field(
        description="A use of more numbers than this needs a second person."
    )
    quota_client: int = strawberry.field(description="Numbers a client may bring out in a day.")
    quota_human: int = strawberry.field(description="Numbers a human may bring out in a day.")
    quota_purpose: int = strawberry.field(description="Numbers that may come out for a purpose in a day.")


@strawberry.type(description="Who is asking.")
class Viewer:
    """The caller."""

    kind: ActorKind = strawberry.field(description="A human or a client.")
    name: str = strawberry.field(description="Public id, as the audit log names it.")
    roles: list[Role] = strawberry.field(description="A human's roles.")
    purposes: list[str] = strawberry.field(description="Codes a client may ask numbers for.")
    tenant: Tenant = strawberry.field(description="Their tenant.")


@strawberry.input(description="Thresholds and quotas of the tenant.")
class TenantSettingsInput:
    """What a tenant decides for itself."""

    approval_over: int = strawberry.field(
        description="A use of more numbers than this needs a second person."
    )
    quota_client: int = strawberry.field(description="Numbers a client may bring out in a day.")
    quota_human: int = strawberry.field(description="Numbers a human may bring out in a day.")
    quota_purpose: int = strawberry.field(description="Numbers that may come out for a purpose in a day.")


@strawberry.type(description="The tenant as it is now.")
class TenantChanged:
    """A changed tenant."""

    tenant: Tenant = strawberry.field(description="The tenant.")


TenantResult = Annotated[
    TenantChanged | Refusal,
    strawberry.union("TenantResult", description="What a mutation answers that changes the tenant."),
]


async def _viewer(info: Info) -> Viewer:
    context = info.context
    actor = context.somebody
    tenant = await context.custodian.database.read(
        actor.tenant, lambda tx: read_tenant(tx, context.custodian.authority, actor.tenant)
    )
    return Viewer(
        kind=actor.kind,
        name=actor.name,
        roles=sorted(actor.roles),
        purposes=sorted(actor.purposes),
        tenant=tenant_node(tenant),
    )


async def _change_tenant_settings(info: Info, input: Annotated[TenantSettingsInput, INPUT]) -> TenantResult:
    context = info.context
    if min(input.approval_over, input.quota_client, input.quota_human, input.quota_purpose) < 0:
        raise PublicError("BAD_USER_INPUT", "0 以上の整数を指定してください", "give whole numbers from 0")
    settings = CustodySettings(
        input.approval_over, Quotas(input.quota_client, input.quota_human, input.quota_purpose)
    )
    done = await change_settings(context.custodian, context.somebody, settings, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else TenantChanged(tenant=tenant_node(done))


@strawberry.type
class TenantQuery:
    """Queries about the tenant."""

    viewer: Viewer = strawberry.field(resolver=_viewer, description="Who is asking, and for which tenant.")


@strawberry.type
class TenantMutation:
    """Changes to the tenant."""

    change_tenant_settings: TenantResult = strawberry.mutation(
        resolver=_change_tenant_settings,
        description="Change thresholds and quotas; for administrators with a recent one-time code.",
    )


def tenant_node(tenant: CustodyTenant) -> Tenant:
    """A tenant as the schema tells it."""
    quotas = tenant.settings.quotas
    return Tenant(
        id=to_id("Tenant", tenant_public_id(tenant.id)),
        tenant_id=tenant_public_id(tenant.id),
        name=tenant.name,
        sandbox=tenant.sandbox,
        approval_over=tenant.settings.approval_over,
        quota_client=quotas.client,
        quota_human=quotas.human,
        quota_purpose=quotas.purpose,
    )


def tenant_public_id(tenant: int) -> str:
    """The id by which the API names a tenant."""
    return f"tnt_{tenant:012x}"


def parse_tenant(public_id: str) -> int:
    """The tenant behind a public id; 0, which no tenant has, if it is none of ours."""
    found = _PUBLIC_ID.fullmatch(public_id)
    return int(found[1], 16) if found else 0
