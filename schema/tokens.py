"""Tokens: numbers in, tokens out, as columns; and the tokens a caller has."""

from typing import Annotated, cast

import strawberry

from custody.listing import ListedPerson, PersonFilter, list_persons
from custody.registration import Registered, register
from custody.registration_plan import Terms
from custody.roster import Columns
from custody.tokens import issue_tokens, revoke_tokens
from policies.refusals import Denied
from schema.context import Info
from schema.enums import PersonKind, Verification
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.people import Person, person_node
from schema.replay import replay_of
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Index, MyNumber, Token


@strawberry.input(
    description="People with their numbers, as columns: value n of every list belongs to row n. Up to 10,000 rows."
)
class TokenizeInput:
    """A batch of people."""

    external_ids: list[str] = strawberry.field(description="The tenant's own ids.")
    numbers: list[MyNumber] = strawberry.field(description="Individual Numbers, in the same order.")
    notified_purposes: list[str] = strawberry.field(
        description="Codes of the purposes they were told of; who is registered already keeps those of before."
    )
    notified_on: Day = strawberry.field(description="The day they were told.")
    verification: Verification = strawberry.field(description="How their identity was verified.")
    verified_on: Day = strawberry.field(description="The day it was.")
    kinds: list[PersonKind] | None = strawberry.field(
        default=None, description="Whose numbers; employees if left out."
    )
    names: list[str] | None = strawberry.field(default=None, description="Names.")
    kana: list[str] | None = strawberry.field(default=None, description="Their readings.")
    birth_dates: list[str] | None = strawberry.field(default=None, description="YYYY-MM-DD, or empty.")
    addresses: list[str] | None = strawberry.field(default=None, description="Addresses.")
    employees: list[str] | None = strawberry.field(
        default=None, description="For dependents and spouses: external id of their employee; else empty."
    )
    consented: bool = strawberry.field(
        default=False, description="Whether they consented, where a purpose needs consent."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The same key with the same content is done once and answered alike, for 24 hours.",
    )


@strawberry.type(description="Tokens in the order of the rows.")
class Tokenized:
    """What became of a batch."""

    tokens: list[Token | None] = strawberry.field(description="One for each row; null for a rejected one.")
    rejections: list[RowRejection] = strawberry.field(description="The rows that were not taken, in order.")
    registered: int = strawberry.field(description="Numbers that are new in the vault.")
    log_size: Index = strawberry.field(description="Size of the audit log that records it.")


@strawberry.input(description="Persons who are registered already.")
class IssueTokensInput:
    """A batch of external ids."""

    external_ids: list[str] = strawberry.field(description="Up to 10,000.")


@strawberry.type(description="The caller's own tokens, in the order of the external ids.")
class TokensIssued:
    """Tokens for registered persons."""

    tokens: list[Token | None] = strawberry.field(
        description="One for each row; null where nobody has the id."
    )
    rejections: list[RowRejection] = strawberry.field(description="Rows that named nobody.")


@strawberry.input(description="Tokens of the caller's own that are to end.")
class RevokeTokensInput:
    """A batch of tokens."""

    tokens: list[Token] = strawberry.field(description="Up to 10,000.")


@strawberry.type(description="Those tokens are dead.")
class TokensRevoked:
    """How many ended."""

    revoked: int = strawberry.field(description="How many ended.")


@strawberry.type(description="A token of the caller's, with the person it stands for.")
class IssuedToken(Node):
    """A token and its person."""

    token: Token = strawberry.field(description="The token.")
    person: Person = strawberry.field(description="The person.")


TokenizeResult = Annotated[
    Tokenized | Refusal, strawberry.union("TokenizeResult", description="What `tokenize` answers.")
]
IssueTokensResult = Annotated[
    TokensIssued | Refusal, strawberry.union("IssueTokensResult", description="What `issueTokens` answers.")
]
RevokeTokensResult = Annotated[
    TokensRevoked | Refusal,
    strawberry.union("RevokeTokensResult", description="What `revokeTokens` answers."),
]


async def _tokens(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[IssuedToken]:
    context = info.context
    page = await list_persons(
        context.custodian,
        context.somebody,
        PersonFilter(with_token=True),
        window(first, after, last, before, "token", context),
        context.clock(),
    )
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "token", page, lambda item: item.person.id, token_node)


async def _tokenize(info: Info, input: Annotated[TokenizeInput, INPUT]) -> TokenizeResult:
    context = info.context
    replay = replay_of(context, input.idempotency_key, "tokenize", input)
    done = await register(
        context.custodian, context.somebody, _columns(input), _terms(input), context.clock(), replay
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    if not done.replayed:
        for code in set(input.notified_purposes):
            context.counts.registered(code, done.registered)
    return _tokenized(done)


async def _issue_tokens(info: Info, input: Annotated[IssueTokensInput, INPUT]) -> IssueTokensResult:
    context = info.context
    done = await issue_tokens(context.custodian, context.somebody, input.external_ids, context.clock())
    if isinstance(done, Denied):
        return refusal(context, done)
    tokens = cast("list[Token | None]", done.tokens)
    return TokensIssued(tokens=tokens, rejections=row_rejections(done.rejections))


async def _revoke_tokens(info: Info, input: Annotated[RevokeTokensInput, INPUT]) -> RevokeTokensResult:
    context = info.context
    done = await revoke_tokens(context.custodian, context.somebody, input.tokens, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else TokensRevoked(revoked=done)


@strawberry.type
class TokenQuery:
    """Queries about tokens."""

    tokens: Connection[IssuedToken] = strawberry.field(
        resolver=_tokens,
        description="The caller's own tokens, in the order in which the persons were registered.",
    )


@strawberry.type
class TokenMutation:
    """Changes to tokens."""

    tokenize: TokenizeResult = strawberry.mutation(
        resolver=_tokenize, description="Register people with their numbers, and get tokens for them."
    )
    issue_tokens: IssueTokensResult = strawberry.mutation(
        resolver=_issue_tokens, description="Get one's own tokens for persons who are registered already."
    )
    revoke_tokens: RevokeTokensResult = strawberry.mutation(
        resolver=_revoke_tokens, description="End tokens of one's own."
    )


def token_node(listed: ListedPerson) -> IssuedToken:
    """A token with its person as the schema tells them."""
    person = person_node(listed)
    return IssuedToken(
        id=to_id("IssuedToken", listed.person.external_id), token=Token(listed.token or ""), person=person
    )


def _tokenized(done: Registered) -> Tokenized:
    return Tokenized(
        tokens=cast("list[Token | None]", done.tokens),
        rejections=row_rejections(done.rejections),
        registered=done.registered,
        log_size=Index(done.log_size),
    )


def _columns(sent: TokenizeInput) -> Columns:
    return Columns(
        sent.external_ids,
        sent.numbers,
        sent.kinds or (),
        sent.names or (),
        sent.kana or (),
        sent.birth_dates or (),
        sent.addresses or (),
        sent.employees or (),
    )


def _terms(sent: TokenizeInput) -> Terms:
    return Terms(
        frozenset(sent.notified_purposes),
        sent.notified_on,
        sent.verification,
        sent.verified_on,
        sent.consented,
    )
