"""Submissions (提出): a number and images of papers, sealed as they come; opened again for whoever verifies them."""

from typing import Annotated

import strawberry

from custody.collection.acting import desk
from custody.collection.collection import Collection
from custody.collection.item import SubmittedItem as CustodyItem
from custody.collection.papers import submit_papers
from custody.collection.submission import Picture, submit_number
from custody.collection.viewing import Opened, open_submitted
from custody.rejections import Rejection
from policies.refusals import Denied
from schema.collection_enums import CollectionState
from schema.context import Info
from schema.results import INPUT, Refusal, RowRejection, refusal, row_rejections
from schema.scalars import Image, Moment, MyNumber
from tokenizer.items import NUMBER


@strawberry.type(description="Something that was submitted, sealed; what it is, never what it says.")
class CollectionItem:
    """A number or an image."""

    item_id: str = strawberry.field(description="Public id, as the audit log names it.")
    is_number: bool = strawberry.field(description="Whether it is the number; an image otherwise.")
    document: str | None = strawberry.field(description="Code of the document an image shows.")
    side: str | None = strawberry.field(description="`front` or `back`, where it has two.")
    size: int = strawberry.field(description="Bytes.")
    submitted_at: Moment = strawberry.field(description="When.")


@strawberry.input(
    description="A person's number, read from their papers; registered only once it is verified."
)
class SubmitNumberInput:
    """A number to seal."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    number: MyNumber = strawberry.field(description="The number; it takes the place of one sent before.")
    revision: int | None = strawberry.field(
        default=None, description="The revision the handler looked at; refused if it has moved on."
    )


@strawberry.type(description="The number is sealed; nothing of it was compared with anybody else's.")
class CollectionNumberSubmitted:
    """Where the collection stands with it."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    state: CollectionState = strawberry.field(description="Where it stands now.")
    revision: int = strawberry.field(description="Its revision.")


@strawberry.input(
    description="An image of a paper: JPEG, PNG or WebP, or a PDF of at most ten pages; 5 MiB at most."
)
class SubmitImageInput:
    """A file to seal."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    document: str = strawberry.field(description="Code of the document it shows, in `verificationDocuments`.")
    image: Image = strawberry.field(
        description="The file; only the pictures are kept, made anew without EXIF."
    )
    side: str = strawberry.field(default="", description="`front`, `back`, or empty where it has one side.")


@strawberry.type(description="The image is sealed; of a PDF, each page.")
class CollectionImageSubmitted:
    """What was sealed."""

    items: list[CollectionItem] = strawberry.field(description="What was submitted, page by page.")


@strawberry.input(description="Things that were submitted and are to be looked at.")
class OpenSubmittedInput:
    """Things to open."""

    collection_id: str = strawberry.field(description="Public id of the collection.")
    item_ids: list[str] = strawberry.field(description="Public ids of at most 8 of its items.")


@strawberry.type(description="An image that was submitted.")
class CollectionImage:
    """An image, open."""

    item_id: str = strawberry.field(description="Public id.")
    document: str = strawberry.field(description="Code of the document it shows.")
    side: str | None = strawberry.field(description="`front` or `back`, where it has two.")
    image: Image = strawberry.field(description="The image, as JPEG.")


@strawberry.type(description="What was submitted, side by side. The record of each look is on disk.")
class CollectionItemsOpened:
    """The number and images, open."""

    number: MyNumber | None = strawberry.field(
        description="The number as it was typed, if it is among them; it is not registered yet."
    )
    images: list[CollectionImage] = strawberry.field(
        description="The images among them, in the order asked for."
    )


SubmitNumberResult = Annotated[
    CollectionNumberSubmitted | RowRejection | Refusal,
    strawberry.union("SubmitNumberResult", description="What `submitNumber` answers."),
]
SubmitImageResult = Annotated[
    CollectionImageSubmitted | Refusal,
    strawberry.union("SubmitImageResult", description="What `submitImage` answers."),
]
OpenSubmittedResult = Annotated[
    CollectionItemsOpened | Refusal,
    strawberry.union("OpenSubmittedResult", description="What `openSubmitted` answers."),
]


async def _submit_number(info: Info, input: Annotated[SubmitNumberInput, INPUT]) -> SubmitNumberResult:
    context = info.context
    done = await submit_number(
        context.custodian,
        desk(context.somebody),
        input.collection_id,
        input.number,
        context.clock(),
        input.revision,
    )
    if isinstance(done, Collection):
        return CollectionNumberSubmitted(
            collection_id=done.public_id, state=done.state, revision=done.revision
        )
    return row_rejections([done])[0] if isinstance(done, Rejection) else refusal(context, done)


async def _submit_image(info: Info, input: Annotated[SubmitImageInput, INPUT]) -> SubmitImageResult:
    context = info.context
    picture = Picture(input.document, input.side, input.image)
    done = await submit_papers(
        context.custodian, desk(context.somebody), input.collection_id, picture, context.clock()
    )
    if isinstance(done, Denied):
        return refusal(context, done)
    return CollectionImageSubmitted(items=[item_node(each) for each in done])


async def _open(info: Info, input: Annotated[OpenSubmittedInput, INPUT]) -> OpenSubmittedResult:
    context = info.context
    done = await open_submitted(
        context.custodian, context.somebody, input.collection_id, input.item_ids, context.clock()
    )
    return refusal(context, done) if isinstance(done, Denied) else _opened(done)


@strawberry.type
class SubmissionMutation:
    """What is submitted, and looked at."""

    submit_number: SubmitNumberResult = strawberry.mutation(
        resolver=_submit_number,
        description="Seal a person's number that a handler reads from their papers; for handlers.",
    )
    submit_image: SubmitImageResult = strawberry.mutation(
        resolver=_submit_image, description="Seal an image of a person's papers; for handlers."
    )
    open_submitted: OpenSubmittedResult = strawberry.mutation(
        resolver=_open,
        description="Look at the number and the images of a collection side by side, to verify them; for handlers with "
        "a recent one-time code. Each look is recorded before anything opens.",
    )


def item_node(item: CustodyItem) -> CollectionItem:
    """Something that was submitted, as the schema tells it."""
    return CollectionItem(
        item_id=item.public_id,
        is_number=item.kind == NUMBER,
        document=item.document or None,
        side=item.side or None,
        size=item.size,
        submitted_at=Moment(item.created_at),
    )


def _opened(done: Opened) -> CollectionItemsOpened:
    both = list(zip(done.items, done.contents, strict=True))
    numbers = [MyNumber(content.decode()) for item, content in both if item.kind == NUMBER]
    images = [
        CollectionImage(
            item_id=item.public_id, document=item.document, side=item.side or None, image=Image(content)
        )
        for item, content in both
        if item.kind != NUMBER
    ]
    return CollectionItemsOpened(number=numbers[0] if numbers else None, images=images)
