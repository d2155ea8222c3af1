"""People (本人): who is registered, what they were told, whether their number is held. Never the number."""

from datetime import date
from typing import Annotated, cast

import strawberry

from custody.change import Changed, change_number
from custody.listing import ListedPerson, PersonFilter, list_persons
from custody.notices import give_notice
from custody.rejections import Rejection
from policies.refusals import Denied
from schema.context import Info
from schema.enums import NumberState, PersonKind, Verification
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Moment, MyNumber, Token


@strawberry.type(description="That a person was told of a purpose (利用目的の通知).")
class PurposeNotice:
    """One purpose and the day it was told."""

    purpose: str = strawberry.field(description="Code of the purpose.")
    told_on: Day = strawberry.field(description="The day the person was told of it.")


@strawberry.type(description="From when on a person's number is not used for a purpose any more.")
class PurposeEnd:
    """One purpose and the day its retention is over."""

    purpose: str = strawberry.field(description="Code of the purpose.")
    ends_on: Day = strawberry.field(description="The first day on which its use is refused.")


@strawberry.type(description="A person whose number is kept (本人).")
class Person(Node):
    """A person, without their number."""

    external_id: str = strawberry.field(description="The tenant's own id.")
    kind: PersonKind = strawberry.field(description="Whose number it is.")
    name: str = strawberry.field(description="Name.")
    kana: str = strawberry.field(description="Its reading.")
    birth_date: Day | None = strawberry.field(description="Birth date.")
    address: str = strawberry.field(description="Address.")
    employee: str | None = strawberry.field(description="External id of the employee they belong to.")
    notices: list[PurposeNotice] = strawberry.field(description="The purposes they were told of.")
    verification: Verification | None = strawberry.field(description="How their identity was verified.")
    verified_on: Day | None = strawberry.field(description="The day it was.")
    number_state: NumberState = strawberry.field(description="Whether the vault holds their number.")
    token: Token | None = strawberry.field(description="The caller's own token for them.")
    registered_at: Moment = strawberry.field(description="When they were registered.")
    ends: list[PurposeEnd] = strawberry.field(
        description="The purposes that have an end, with their days; none while the person is with the company."
    )
    due_on: Day | None = strawberry.field(
        description="The day on which their number is to go; null while something requires it."
    )
    on_hold: bool = strawberry.field(description="Whether a legal hold keeps the number.")


@strawberry.input(description="Which people are wanted; what is left out does not matter.")
class PersonFilterInput:
    """A filter of people."""

    external_id: str | None = strawberry.field(default=None, description="Exactly this external id.")
    kind: PersonKind | None = strawberry.field(default=None, description="Of this kind.")
    number_state: NumberState | None = strawberry.field(
        default=None, description="With the number in this state."
    )


@strawberry.input(description="That persons were told of purposes.")
class GiveNoticeInput:
    """A notice given."""

    external_ids: list[str] = strawberry.field(description="The persons, up to 10,000.")
    purposes: list[str] = strawberry.field(description="Codes of the purposes they were told of.")
    told_on: Day = strawberry.field(description="The day they were told.")
    consented: bool = strawberry.field(
        default=False, description="Whether they consented, where a purpose needs consent."
    )


@strawberry.type(description="The notice is on record.")
class NoticeGiven:
    """How many persons were covered."""

    persons: int = strawberry.field(description="Persons it now stands for.")
    rejections: list[RowRejection] = strawberry.field(description="Rows that named nobody.")


@strawberry.input(description="A number that was changed by law (番号法7条2項), after a new identity check.")
class ChangeNumberInput:
    """A changed number."""

    external_id: str = strawberry.field(description="The person.")
    number: MyNumber = strawberry.field(description="The new number.")
    verification: Verification = strawberry.field(description="How the identity was verified.")
    verified_on: Day = strawberry.field(description="The day it was.")


@strawberry.type(description="The new number is in force; tokens stay.")
class NumberChanged:
    """The version in force."""

    external_id: str = strawberry.field(description="The person.")
    version: int = strawberry.field(description="Version of the number, from 1.")


GiveNoticeResult = Annotated[
    NoticeGiven | Refusal, strawberry.union("GiveNoticeResult", description="What `giveNotice` answers.")
]
ChangeNumberResult = Annotated[
    NumberChanged | RowRejection | Refusal,
    strawberry.union("ChangeNumberResult", description="What `changeNumber` answers."),
]


async def _persons(
    info: Info,
    filter: Annotated[PersonFilterInput | None, strawberry.argument(description="Only these people.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Person]:
    context = info.context
    wanted = filter or PersonFilterInput()
    page = await list_persons(
        context.custodian,
        context.somebody,
        PersonFilter(wanted.external_id, wanted.kind, wanted.number_state),
        window(first, after, last, before, "person", context),
        context.clock(),
    )
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "person", page, lambda item: item.person.id, person_node)


async def _give_notice(info: Info, input: Annotated[GiveNoticeInput, INPUT]) -> GiveNoticeResult:
    context = info.context
    done = await give_notice(
        context.custodian,
        context.somebody,
        input.external_ids,
        frozenset(input.purposes),
        input.told_on,
        context.clock(),
        consented=input.consented,
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return NoticeGiven(persons=done.persons, rejections=row_rejections(done.rejections))


async def _change_number(info: Info, input: Annotated[ChangeNumberInput, INPUT]) -> ChangeNumberResult:
    context = info.context
    done = await change_number(
        context.custodian,
        context.somebody,
        input.external_id,
        input.number,
        input.verification,
        input.verified_on,
        context.clock(),
    )
    if isinstance(done, Changed):
        return NumberChanged(external_id=done.external_id, version=done.version)
    return row_rejections([done])[0] if isinstance(done, Rejection) else refusal(context, done)


@strawberry.type
class PeopleQuery:
    """Queries about people."""

    persons: Connection[Person] = strawberry.field(
        resolver=_persons, description="The tenant's people, in the order of registration."
    )


@strawberry.type
class PeopleMutation:
    """Changes to people."""

    give_notice: GiveNoticeResult = strawberry.mutation(
        resolver=_give_notice, description="Record that persons were told of purposes (利用目的の通知)."
    )
    change_number: ChangeNumberResult = strawberry.mutation(
        resolver=_change_number, description="Put a person's changed number in force (番号法7条2項)."
    )


def person_node(listed: ListedPerson) -> Person:
    """A person as the schema tells them."""
    person = listed.person
    return Person(
        id=to_id("Person", person.external_id),
        external_id=person.external_id,
        kind=person.kind,
        name=person.name,
        kana=person.kana,
        birth_date=_day(person.birth_date),
        address=person.address,
        employee=person.employee or None,
        notices=[PurposeNotice(purpose=code, told_on=Day(day)) for code, day in person.notified.items()],
        verification=person.verification,
        verified_on=_day(person.verified_on),
        number_state=person.number_state,
        token=cast("Token | None", listed.token),
        registered_at=Moment(person.created_at),
        ends=[PurposeEnd(purpose=code, ends_on=Day(day)) for code, day in person.ends.items()],
        due_on=_day(person.due_on),
        on_hold=listed.on_hold,
    )


def _day(day: date | None) -> Day | None:
    return Day(day) if day else None
