"""Paper kits (収集キット): who sends them, how far their printing is, whose a code is, which have come back.

Files are no fields of the API: `api/kits.py` hands out what is printed, and takes in what was scanned.
"""

from datetime import date
from typing import Annotated

import strawberry

from custody.collection.collection import parse_collection_id
from custody.kits.arriving import ShownKit, list_kits, record_kit_arrivals, show_kit
from custody.kits.code import in_groups
from custody.kits.facts import Contact, PostalAddress
from custody.kits.printing import delete_print, print_kits, show_print
from custody.kits.printout import Printout
from custody.kits.sender import KitSender as CustodySender
from custody.kits.sender import change_sender, show_sender
from policies.refusals import Denied
from schema.collection_enums import DispatchKind
from schema.context import Info
from schema.days import moment_of
from schema.kit_enums import KitPrintState
from schema.results import INPUT, Refusal, RowRejection, refusal, refused_query, row_rejections
from schema.scalars import Day, Moment

OrderId = Annotated[str, strawberry.argument(description="Public id of the order.")]


@strawberry.type(description="Who sends the company's kits, and where what is sent back goes.")
class KitSender:
    """A sender."""

    company: str = strawberry.field(description="Who asks for the numbers.")
    return_name: str = strawberry.field(description="Who opens what comes back.")
    postal_code: str = strawberry.field(description="Postal code of that address, such as 100-0001.")
    address: str = strawberry.field(description="The address; lines stay lines.")
    contact_name: str = strawberry.field(description="Whom to ask.")
    phone: str = strawberry.field(description="Their telephone number, or empty.")
    hours: str = strawberry.field(description="When they answer, or empty.")
    mail: str = strawberry.field(description="Their address for mail, or empty.")
    changed_by: str = strawberry.field(description="Login of who wrote this.")
    changed_at: Moment = strawberry.field(description="When.")


@strawberry.type(description="The printing of an order: kits, postcards, or letters with a QR code.")
class KitPrint:
    """A printing."""

    order_id: str = strawberry.field(description="Public id of the order.")
    kind: DispatchKind = strawberry.field(description="What is printed.")
    state: KitPrintState = strawberry.field(description="How far it is.")
    deadline: Day = strawberry.field(description="The day that is printed as the last one.")
    papers: int = strawberry.field(
        description="How many households it is for: an employee and the family share one."
    )
    printed: int = strawberry.field(description="How many of them stand in files already.")
    pages: int = strawberry.field(description="How many pages those have.")
    asked_by: str = strawberry.field(description="Who had it printed.")
    asked_at: Moment = strawberry.field(description="When.")
    finished_at: Moment | None = strawberry.field(description="When all of it was there.")
    delete_at: Moment | None = strawberry.field(description="When its files are, or were, destroyed.")
    problem: str | None = strawberry.field(description="Why it was given up: a name that stays.")
    files: list[str] = strawberry.field(
        description="Where its files are, from the server's address on; `manifest.csv` says who stands on which "
        "pages. GET them with the same credential."
    )


@strawberry.type(description="A kit as it was given out.")
class Kit:
    """A kit."""

    code: str = strawberry.field(description="What stands on the paper, in groups of four.")
    order_id: str = strawberry.field(description="Public id of the order it was made for.")
    collection_ids: list[str] = strawberry.field(
        description="Public ids of the collections it stands for: that of whom it was sent to first, then the family's."
    )
    created_at: Moment = strawberry.field(description="When it was given its code.")
    arrived_at: Moment | None = strawberry.field(description="When something of it came back.")


@strawberry.input(description="Who sends the kits from now on, and where numbers on paper come back to.")
class KitSenderInput:
    """A sender."""

    company: str = strawberry.field(description="Who asks for the numbers; 60 characters at most.")
    return_name: str = strawberry.field(description="Who opens what comes back; 60 characters at most.")
    postal_code: str = strawberry.field(description="Seven digits, however they are written.")
    address: str = strawberry.field(
        description="The address; 120 characters at most, on one line or several."
    )
    contact_name: str = strawberry.field(description="Whom to ask; 40 characters at most.")
    phone: str = strawberry.field(default="", description="Their telephone number.")
    hours: str = strawberry.field(default="", description="When they answer.")
    mail: str = strawberry.field(default="", description="Their address for mail.")


@strawberry.input(description="An order that is to be printed.")
class PrintKitsInput:
    """What to print."""

    order_id: str = strawberry.field(description="Public id of the order.")
    deadline: Day | None = strawberry.field(
        default=None, description="The day that is printed as the last one; that of the campaign if left out."
    )


@strawberry.input(description="An order whose printed files may go.")
class DeletePrintInput:
    """What to delete."""

    order_id: str = strawberry.field(description="Public id of the order.")


@strawberry.input(description="Kits that have come back, by the codes on the paper.")
class RecordKitArrivalsInput:
    """What arrived."""

    kit_codes: list[str] = strawberry.field(
        description="Codes as somebody typed them: upper or lower case, full width, with or without hyphens; "
        "up to 10,000."
    )


@strawberry.type(description="The sender as it is now.")
class KitSenderChanged:
    """A changed sender."""

    sender: KitSender = strawberry.field(description="The sender.")


@strawberry.type(description="The order is being printed; to whom nothing goes out, and why.")
class KitsPrinting:
    """A printing that was asked for."""

    kit_print: KitPrint = strawberry.field(description="How far it is.")
    left_out: list[str] = strawberry.field(
        description="Public ids of the collections to which nothing goes out; their dispatches are void."
    )
    rejections: list[RowRejection] = strawberry.field(description="Why, by place in `leftOut`.")


@strawberry.type(description="The files are being destroyed.")
class KitPrintDeleted:
    """A printing without files."""

    kit_print: KitPrint = strawberry.field(description="How far it was.")


@strawberry.type(description="What became of the codes.")
class KitArrivalsRecorded:
    """Arrivals."""

    arrived: list[int] = strawberry.field(
        description="For each row how many collections have arrived by it; 0 for a rejected one."
    )
    collection_ids: list[str] = strawberry.field(description="Public ids of those collections.")
    rejections: list[RowRejection] = strawberry.field(
        description="The rows by which nothing arrived, in order."
    )


KitSenderResult = Annotated[
    KitSenderChanged | Refusal,
    strawberry.union("KitSenderResult", description="What `changeKitSender` answers."),
]
PrintKitsResult = Annotated[
    KitsPrinting | Refusal, strawberry.union("PrintKitsResult", description="What `printKits` answers.")
]
DeletePrintResult = Annotated[
    KitPrintDeleted | Refusal,
    strawberry.union("DeletePrintResult", description="What `deletePrint` answers."),
]
KitArrivalsResult = Annotated[
    KitArrivalsRecorded | Refusal,
    strawberry.union("KitArrivalsResult", description="What `recordKitArrivals` answers."),
]


async def _sender(info: Info) -> KitSender | None:
    context = info.context
    found = await show_sender(context.custodian, context.somebody, context.clock())
    if isinstance(found, Denied):
        raise refused_query(context, found)
    return None if found is None else _sender_node(found)


async def _print(info: Info, order_id: OrderId) -> KitPrint | None:
    context = info.context
    found = await show_print(context.custodian, context.somebody, order_id, context.clock())
    if isinstance(found, Denied):
        raise refused_query(context, found)
    return None if found is None else _print_node(found)


async def _kit(
    info: Info,
    kit_code: Annotated[str, strawberry.argument(description="The code as it stands on the paper.")],
) -> Kit | None:
    context = info.context
    found = await show_kit(context.custodian, context.somebody, kit_code, context.clock())
    if isinstance(found, Denied):
        raise refused_query(context, found)
    return None if found is None else _kit_node(found)


async def _kits(
    info: Info,
    collection_id: Annotated[str, strawberry.argument(description="Public id of the collection.")],
) -> list[Kit]:
    context = info.context
    collection = parse_collection_id(collection_id) or 0
    found = await list_kits(context.custodian, context.somebody, collection, context.clock())
    if isinstance(found, Denied):
        raise refused_query(context, found)
    return [_kit_node(each) for each in found]


async def _change_sender(info: Info, input: Annotated[KitSenderInput, INPUT]) -> KitSenderResult:
    context = info.context
    sender = CustodySender(
        input.company,
        input.return_name,
        PostalAddress(input.postal_code, input.address),
        Contact(input.contact_name, input.phone, input.hours, input.mail),
    )
    done = await change_sender(context.custodian, context.somebody, sender, context.clock())
    return refusal(context, done) if isinstance(done, Denied) else KitSenderChanged(sender=_sender_node(done))


async def _print_kits(info: Info, input: Annotated[PrintKitsInput, INPUT]) -> PrintKitsResult:
    context = info.context
    done = await print_kits(
        context.custodian, context.somebody, input.order_id, input.deadline, context.clock()
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return KitsPrinting(
        kit_print=_print_node(done.printout),
        left_out=done.left_out,
        rejections=row_rejections(done.rejections),
    )


async def _delete_print(info: Info, input: Annotated[DeletePrintInput, INPUT]) -> DeletePrintResult:
    context = info.context
    done = await delete_print(context.custodian, context.somebody, input.order_id, context.clock())
    return (
        refusal(context, done) if isinstance(done, Denied) else KitPrintDeleted(kit_print=_print_node(done))
    )


async def _record_arrivals(info: Info, input: Annotated[RecordKitArrivalsInput, INPUT]) -> KitArrivalsResult:
    context = info.context
    done = await record_kit_arrivals(context.custodian, context.somebody, input.kit_codes, context.clock())
    if isinstance(done, Denied):
        return refusal(context, done)
    return KitArrivalsRecorded(
        arrived=done.arrived,
        collection_ids=[each.public_id for each in done.collections],
        rejections=row_rejections(done.rejections),
    )


@strawberry.type
class KitQuery:
    """Queries about kits."""

    kit_sender: KitSender | None = strawberry.field(
        resolver=_sender, description="Who sends the company's kits; null as long as nobody said."
    )
    kit_print: KitPrint | None = strawberry.field(
        resolver=_print, description="How far the printing of an order is; null if nobody asked for it."
    )
    kit: Kit | None = strawberry.field(
        resolver=_kit, description="The kit of a code; null if there is none in this company."
    )
    kits: list[Kit] = strawberry.field(
        resolver=_kits, description="The kits that stand for a collection, oldest first."
    )


@strawberry.type
class KitMutation:
    """What is done about kits."""

    change_kit_sender: KitSenderResult = strawberry.mutation(
        resolver=_change_sender,
        description="Say who sends the kits and where papers come back to; for administrators with a recent "
        "one-time code.",
    )
    print_kits: PrintKitsResult = strawberry.mutation(
        resolver=_print_kits,
        description="Have the kits, postcards or letters of an order printed; asked for twice, it is printed once.",
    )
    delete_print: DeletePrintResult = strawberry.mutation(
        resolver=_delete_print, description="Let the printed files of an order be destroyed."
    )
    record_kit_arrivals: KitArrivalsResult = strawberry.mutation(
        resolver=_record_arrivals, description="Record that kits have come back (キット到着)."
    )


def _sender_node(sender: CustodySender) -> KitSender:
    return KitSender(
        company=sender.company,
        return_name=sender.return_name,
        postal_code=sender.return_to.postal_code,
        address=sender.return_to.address,
        contact_name=sender.contact.name,
        phone=sender.contact.phone,
        hours=sender.contact.hours,
        mail=sender.contact.mail,
        changed_by=sender.changed_by,
        changed_at=Moment(sender.changed_at),
    )


def _print_node(printout: Printout) -> KitPrint:
    return KitPrint(
        order_id=printout.order_id,
        kind=printout.kind,
        state=printout.state,
        deadline=Day(date.fromisoformat(printout.deadline)),
        papers=printout.papers,
        printed=printout.printed,
        pages=printout.pages,
        asked_by=printout.asked_by,
        asked_at=Moment(printout.asked_at),
        finished_at=moment_of(printout.finished_at),
        delete_at=moment_of(printout.delete_at),
        problem=printout.problem or None,
        files=[f"/kits/prints/{printout.order_id}/{name}" for name in printout.names],
    )


def _kit_node(shown: ShownKit) -> Kit:
    kit = shown.kit
    return Kit(
        code=in_groups(kit.code),
        order_id=f"ord_{kit.order}",
        collection_ids=[each.public_id for each in shown.collections],
        created_at=Moment(kit.created_at),
        arrived_at=moment_of(kit.arrived_at),
    )
