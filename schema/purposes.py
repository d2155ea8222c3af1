"""Purposes (利用目的): the closed catalogue of why a number may be used."""

from typing import Annotated

import strawberry

from custody.calendar import day_in_japan
from policies.catalogue_table import Bilingual as Words
from policies.purposes import Purpose as CataloguePurpose
from schema.context import Context, Info
from schema.enums import PersonKind, PurposeStatus
from schema.nodes import Node, to_id
from schema.pages import After, Before, Connection, First, Last, connection, slice_of, window


@strawberry.type(description="Text in both languages.")
class Bilingual:
    """The same in Japanese and English."""

    ja: str = strawberry.field(description="In Japanese; this one is binding.")
    en: str = strawberry.field(description="In English.")


@strawberry.type(description="An article a purpose rests on.")
class LegalBasis:
    """One article."""

    law: Bilingual = strawberry.field(description="The law.")
    article: str = strawberry.field(description="The article, as numbered on the day asked about.")


@strawberry.type(description="A statutory purpose.")
class Purpose(Node):
    """A purpose of the catalogue."""

    code: str = strawberry.field(description="Stable code.")
    status: PurposeStatus = strawberry.field(description="Whether it can be used.")
    name: Bilingual = strawberry.field(description="The affair, as it is named to the person.")
    document: Bilingual = strawberry.field(description="The statutory document that bears the number.")
    destination: Bilingual = strawberry.field(description="Where the document goes.")
    whose: list[PersonKind] = strawberry.field(description="Whose numbers the document bears.")
    reason: Bilingual | None = strawberry.field(
        description="If it cannot be used: why, and what to do instead."
    )
    retention_rule: str = strawberry.field(description="How the document's retention is counted.")
    retention_years: int | None = strawberry.field(description="Years, where the rule counts in years.")
    legal_basis: list[LegalBasis] = strawberry.field(description="The articles in force today.")


def _purposes(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[Purpose]:
    context = info.context
    context.require_somebody()
    view = window(first, after, last, before, "purpose", context)
    page = slice_of(list(context.custodian.catalogue.purposes.values()), view)
    return connection(
        context, "purpose", page, lambda item: item[0], lambda item: purpose_node(context, item[1])
    )


def _purpose(
    info: Info, code: Annotated[str, strawberry.argument(description="Its code.")]
) -> Purpose | None:
    return find_purpose(info.context, code)


@strawberry.type
class PurposeQuery:
    """Queries about purposes."""

    purposes: Connection[Purpose] = strawberry.field(
        resolver=_purposes, description="The catalogue of statutory purposes, refused ones included."
    )
    purpose: Purpose | None = strawberry.field(resolver=_purpose, description="One purpose by its code.")


def find_purpose(context: Context, code: str) -> Purpose | None:
    """The purpose of a code, for whoever has a credential."""
    context.require_somebody()
    found = context.custodian.catalogue.get(code)
    return purpose_node(context, found) if found else None


def purpose_node(context: Context, purpose: CataloguePurpose) -> Purpose:
    """A purpose as the schema tells it."""
    today = day_in_japan(context.clock())
    return Purpose(
        id=to_id("Purpose", purpose.code),
        code=purpose.code,
        status=purpose.status,
        name=bilingual(purpose.name),
        document=bilingual(purpose.document),
        destination=bilingual(purpose.destination),
        whose=list(purpose.whose),
        reason=bilingual(purpose.reason) if purpose.reason else None,
        retention_rule=purpose.retention.rule.value,
        retention_years=purpose.retention.years,
        legal_basis=[
            LegalBasis(law=bilingual(basis.law), article=basis.article)
            for basis in purpose.legal_basis_on(today)
        ],
    )


def bilingual(words: Words) -> Bilingual:
    """A statement of a catalogue as the schema tells it."""
    return Bilingual(ja=words.ja, en=words.en)
