"""Clients (連携クライアント): machine credentials of integrators."""

from typing import Annotated

import strawberry

from custody.clients import Client as CustodyClient
from custody.clients import NewKey, change_client, create_client, revoke_client, rotate_key
from custody.rights import clients_of
from policies.refusals import Denied
from schema.context import Context, Info
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, slice_of, window
from schema.replay import IDEMPOTENCY, replay_of
from schema.results import INPUT, Refusal, refusal, refused_query
from schema.scalars import Moment, Secret


@strawberry.type(description="A machine credential of an integrator.")
class Client(Node):
    """A client."""

    name: str = strawberry.field(description="Public id, as the audit log names it.")
    purposes: list[str] = strawberry.field(description="Codes it may ask numbers for.")
    revoked: bool = strawberry.field(description="Whether it has ended, with all its keys and tokens.")
    created_at: Moment = strawberry.field(description="When it was registered.")


@strawberry.input(description="A new client and what it may ask numbers for.")
class CreateClientInput:
    """A client to create."""

    name: str = strawberry.field(description="Lower-case letters, digits and . _ -")
    purposes: list[str] = strawberry.field(description="Codes it may ask numbers for.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY)


@strawberry.input(description="What a client may ask numbers for from now on.")
class ChangeClientInput:
    """A client to change."""

    name: str = strawberry.field(description="Lower-case letters, digits and . _ -")
    purposes: list[str] = strawberry.field(description="Codes it may ask numbers for.")


@strawberry.input(description="A client.")
class ClientNameInput:
    """A client by its name."""

    name: str = strawberry.field(description="Which.")


@strawberry.type(description="A client with a key that is shown this once.")
class ClientKeyMade:
    """A fresh key."""

    client: Client = strawberry.field(description="The client.")
    key: Secret = strawberry.field(description="Send it as Authorization: Bearer.")


@strawberry.type(description="The client as it is now.")
class ClientChanged:
    """A changed client."""

    client: Client = strawberry.field(description="The client.")


ClientKeyResult = Annotated[
    ClientKeyMade | Refusal,
    strawberry.union("ClientKeyResult", description="What a mutation answers that mints a key."),
]
ClientResult = Annotated[
    ClientChanged | Refusal,
    strawberry.union("ClientResult", description="What a mutation answers that changes a client."),
]


async def _clients(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Client]:
    context = info.context
    every = await clients_of(context.custodian, context.somebody, context.clock())
    if isinstance(every, Denied):
        raise refused_query(context, every)
    page = slice_of(every, window(first, after, last, before, "client", context))
    return connection(context, "client", page, lambda item: item[0], lambda item: client_node(item[1]))


async def _create_client(info: Info, input: Annotated[CreateClientInput, INPUT]) -> ClientKeyResult:
    context = info.context
    done = await create_client(
        context.custodian,
        context.somebody,
        input.name,
        frozenset(input.purposes),
        context.clock(),
        replay_of(context, input.idempotency_key, "createClient", input),
    )
    return _key(context, done)


async def _rotate_client_key(info: Info, input: Annotated[ClientNameInput, INPUT]) -> ClientKeyResult:
    context = info.context
    return _key(context, await rotate_key(context.custodian, context.somebody, input.name, context.clock()))


async def _change_client(info: Info, input: Annotated[ChangeClientInput, INPUT]) -> ClientResult:
    context = info.context
    done = await change_client(
        context.custodian, context.somebody, input.name, frozenset(input.purposes), context.clock()
    )
    return _changed(context, done)


async def _revoke_client(info: Info, input: Annotated[ClientNameInput, INPUT]) -> ClientResult:
    context = info.context
    done = await revoke_client(context.custodian, context.somebody, input.name, context.clock())
    return _changed(context, done)


@strawberry.type
class ClientQuery:
    """Queries about clients."""

    clients: Connection[Client] = strawberry.field(
        resolver=_clients, description="The tenant's clients; for administrators."
    )


@strawberry.type
class ClientMutation:
    """Changes to clients."""

    create_client: ClientKeyResult = strawberry.mutation(
        resolver=_create_client,
        description="Register a client and mint its first key; for administrators with a recent one-time code.",
    )
    rotate_client_key: ClientKeyResult = strawberry.mutation(
        resolver=_rotate_client_key,
        description="Mint another key, with a recent one-time code; the one before lives until the next rotation.",
    )
    change_client: ClientResult = strawberry.mutation(
        resolver=_change_client,
        description="Change which purposes a client may ask numbers for, with a recent one-time code.",
    )
    revoke_client: ClientResult = strawberry.mutation(
        resolver=_revoke_client, description="End a client with all its keys and tokens, at once."
    )


def client_node(client: CustodyClient) -> Client:
    """A client as the schema tells it."""
    return Client(
        id=to_id("Client", client.name),
        name=client.name,
        purposes=sorted(client.purposes),
        revoked=client.revoked_at > 0,
        created_at=Moment(client.created_at),
    )


def _key(context: Context, done: NewKey | Denied) -> ClientKeyMade | Refusal:
    if isinstance(done, Denied):
        return refusal(context, done)
    return ClientKeyMade(client=client_node(done.client), key=Secret(done.key))


def _changed(context: Context, done: CustodyClient | Denied) -> ClientChanged | Refusal:
    return refusal(context, done) if isinstance(done, Denied) else ClientChanged(client=client_node(done))
