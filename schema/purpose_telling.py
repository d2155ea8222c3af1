"""What persons are told of purposes, as an input says it."""

import strawberry

from custody.collection.telling import Telling
from schema.collection_enums import NoticeForm
from schema.scalars import Day


@strawberry.input(description="A purpose notice as persons were given it.")
class PurposeNoticeInput:
    """What persons were told."""

    form: NoticeForm = strawberry.field(description="In which form.")
    purposes: list[str] = strawberry.field(description="Codes of the purposes; at least one.")
    text: str = strawberry.field(description="The words they were given; 10,000 characters at most.")
    told_on: Day = strawberry.field(description="The day.")
    consented: bool = strawberry.field(
        default=False, description="Whether they consented, where a purpose needs consent."
    )


def telling_of(sent: PurposeNoticeInput) -> Telling:
    """A notice as an input says it."""
    return Telling(sent.form, frozenset(sent.purposes), sent.text, sent.told_on, sent.consented)
