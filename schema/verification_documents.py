"""Documents of identity verification (本人確認書類): what each proves, through which channel, on which article."""

import strawberry

from custody.calendar import day_in_japan
from policies.identity_catalogue import IdentityDocument as CatalogueDocument
from policies.identity_catalogue import load_identity_catalogue
from schema.collection_enums import (
    DocumentNeed,
    Particular,
    ProvesAgency,
    ProvesIdentity,
    ProvesNumber,
    VerificationChannel,
)
from schema.context import Info
from schema.pages import After, Before, Connection, First, Last, connection, slice_of, window
from schema.purposes import Bilingual, bilingual
from schema.scalars import Day


@strawberry.type(description="A kind of document that is shown to verify a person, or that never counts.")
class VerificationDocument:
    """A document of the catalogue."""

    code: str = strawberry.field(description="Stable code.")
    name: Bilingual = strawberry.field(description="What it is called.")
    proves_number: ProvesNumber | None = strawberry.field(
        description="Whether it proves the number (番号確認); null for never."
    )
    proves_identity: ProvesIdentity | None = strawberry.field(
        description="Whether it proves who somebody is (身元確認); null for never."
    )
    proves_agency: ProvesAgency | None = strawberry.field(
        description="Whether it proves that an agent may act (代理権); null for never."
    )
    bears: list[Particular] = strawberry.field(description="What of a person's particulars stands on it.")
    channels: list[VerificationChannel] = strawberry.field(description="Through which it counts.")
    needs: list[DocumentNeed] = strawberry.field(description="What must be known of one that is shown.")
    months: int | None = strawberry.field(
        description="At most so many months since its issue; null for no limit."
    )
    issued_from: Day | None = strawberry.field(description="Counts only if issued on this day or later.")
    usable_until: Day | None = strawberry.field(description="The last day on which any of them counts.")
    usable_today: bool = strawberry.field(description="Whether it can count at all today.")
    refused: Bilingual | None = strawberry.field(
        description="Why it never counts, and what to ask for instead; null if it may."
    )
    redact: Bilingual | None = strawberry.field(
        description="What is hidden in an image that is kept; null for nothing."
    )
    basis: str = strawberry.field(description="The article, in Japanese.")


def _documents(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[VerificationDocument]:
    context = info.context
    context.require_somebody()
    view = window(first, after, last, before, "paper", context)
    today = Day(day_in_japan(context.clock()))
    page = slice_of(list(load_identity_catalogue().documents.values()), view)
    return connection(context, "paper", page, lambda item: item[0], lambda item: _document(item[1], today))


@strawberry.type
class VerificationDocumentQuery:
    """Queries about documents of identity verification."""

    verification_documents: Connection[VerificationDocument] = strawberry.field(
        resolver=_documents,
        description="The documents of identity verification (本人確認書類), those that never count included.",
    )


def _document(document: CatalogueDocument, today: Day) -> VerificationDocument:
    is_over = document.usable_until is not None and document.usable_until < today
    return VerificationDocument(
        code=document.code,
        name=bilingual(document.name),
        proves_number=document.number,
        proves_identity=document.identity,
        proves_agency=document.agent,
        bears=sorted(document.bears, key=list(Particular).index),
        channels=sorted(document.channels, key=list(VerificationChannel).index),
        needs=sorted(document.needs, key=list(DocumentNeed).index),
        months=document.months,
        issued_from=Day(document.issued_from) if document.issued_from else None,
        usable_until=Day(document.usable_until) if document.usable_until else None,
        usable_today=document.refused is None and not is_over,
        refused=bilingual(document.refused) if document.refused else None,
        redact=bilingual(document.redact) if document.redact else None,
        basis=document.basis,
    )
