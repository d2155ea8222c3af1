"""The year ahead (廃棄の見通し): how many numbers fall due when, for a chart; and whose, with the reasons."""

from typing import Annotated

import strawberry

from custody.disposal.item import Ground
from custody.forecast import DuePerson as CustodyDuePerson
from custody.forecast import list_due, look_ahead
from policies.refusals import Denied
from schema.context import Context, Info
from schema.days import day_of
from schema.enums import PersonKind
from schema.pages import After, Before, Connection, First, Last, connection, window
from schema.results import refused_query
from schema.scalars import Day


@strawberry.type(description="How many numbers fall due in one month.")
class MonthDue:
    """One bar of the chart."""

    month: str = strawberry.field(description="The month, as YYYY-MM.")
    persons: int = strawberry.field(description="How many persons, those on hold among them.")


@strawberry.type(description="The year ahead, counted.")
class DisposalForecast:
    """A chart's series."""

    overdue: int = strawberry.field(description="Fell due before today and have not gone.")
    months: list[MonthDue] = strawberry.field(description="This month and the eleven after it, in order.")
    later: int = strawberry.field(description="Fall due after the last of these months.")
    until: Day = strawberry.field(description="The last day of the last month.")
    on_hold: int = strawberry.field(description="Of all who have a day, how many a legal hold keeps.")
    open: int = strawberry.field(
        description="Have left but have no day, because the matter of a document is open: somebody has to close it."
    )


@strawberry.type(description="Why a number is to go, or what it still serves.")
class DisposalGround:
    """One purpose with its rule and day."""

    purpose: str = strawberry.field(description="Code of the purpose.")
    document: str | None = strawberry.field(description="The statutory document, in Japanese.")
    rule: str = strawberry.field(
        description="The retention rule of its documents: A, B, C, log, none; `departure` where there are none."
    )
    free_on: Day | None = strawberry.field(
        description="The first day on which nothing requires the number for it; null while it does."
    )


@strawberry.type(description="A person whose number falls due.")
class DuePerson:
    """A person with their day."""

    external_id: str = strawberry.field(description="The tenant's own id.")
    name: str = strawberry.field(description="Name.")
    kind: PersonKind = strawberry.field(description="Whose number it is.")
    due_on: Day = strawberry.field(description="The day on which the number is to go.")
    grounds: list[DisposalGround] = strawberry.field(description="Why.")
    on_hold: bool = strawberry.field(description="Whether a legal hold keeps the number.")


async def _forecast(info: Info) -> DisposalForecast:
    context = info.context
    outlook = await look_ahead(context.custodian, context.somebody, context.clock())
    if isinstance(outlook, Denied):
        raise refused_query(context, outlook)
    due = outlook.due
    return DisposalForecast(
        overdue=due.overdue,
        months=[MonthDue(month=one.month, persons=one.persons) for one in due.months],
        later=due.later,
        until=Day(due.until),
        on_hold=outlook.on_hold,
        open=outlook.open,
    )


async def _due_persons(
    info: Info,
    until: Annotated[Day, strawberry.argument(description="The last day.")],
    since: Annotated[
        Day | None, strawberry.argument(description="The first day; if left out, what is overdue as well.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[DuePerson]:
    context = info.context
    view = window(first, after, last, before, "due", context)
    page = await list_due(context.custodian, context.somebody, since, until, view, context.clock())
    if isinstance(page, Denied):
        raise refused_query(context, page)
    return connection(context, "due", page, lambda due: due.person.id, lambda due: _due(context, due))


@strawberry.type
class ForecastQuery:
    """Queries about the year ahead."""

    disposal_forecast: DisposalForecast = strawberry.field(
        resolver=_forecast,
        description="Numbers that fall due in twelve months; for those who decide on disposals or check them.",
    )
    due_persons: Connection[DuePerson] = strawberry.field(
        resolver=_due_persons,
        description="Whose numbers fall due up to a day, with document, rule and date, oldest person first.",
    )


def ground_node(context: Context, ground: Ground) -> DisposalGround:
    """A ground as the schema tells it."""
    purpose = context.custodian.catalogue.get(ground.purpose)
    return DisposalGround(
        purpose=ground.purpose,
        document=purpose.document.ja if purpose else None,
        rule=ground.rule,
        free_on=day_of(ground.free_on),
    )


def _due(context: Context, due: CustodyDuePerson) -> DuePerson:
    return DuePerson(
        external_id=due.person.external_id,
        name=due.person.name,
        kind=due.person.kind,
        due_on=Day(due.due_on),
        grounds=[ground_node(context, one) for one in due.grounds],
        on_hold=due.on_hold,
    )
