"""Deficiencies (不備): why papers, or what was typed, do not do, as codes with words."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from custody.collection.decisions import record_deficiencies
from policies.collection_codes import DEFICIENCIES
from schema.collection_chosen import COLLECTION_IDS, REVISIONS, CollectionsResult, chosen, moved
from schema.collection_enums import DeficiencyCode
from schema.context import Info
from schema.purposes import Bilingual, bilingual
from schema.results import INPUT


@strawberry.type(description="A reason why papers, or what was typed, do not do.")
class Deficiency:
    """A deficiency in words."""

    code: DeficiencyCode = strawberry.field(description="Its code.")
    words: Bilingual = strawberry.field(description="What the person is told, and what they are to do.")


@strawberry.input(description="Why what arrived for collections does not do.")
class RecordDeficienciesInput:
    """Deficiencies of collections."""

    collection_ids: list[str] = strawberry.field(description=COLLECTION_IDS)
    codes: list[DeficiencyCode] = strawberry.field(description="At least one; for all of them.")
    revisions: list[int] | None = strawberry.field(default=None, description=REVISIONS)


def _deficiencies(info: Info) -> list[Deficiency]:
    info.context.require_somebody()
    return deficiency_nodes(tuple(DEFICIENCIES))


async def _record(info: Info, input: Annotated[RecordDeficienciesInput, INPUT]) -> CollectionsResult:
    context = info.context
    which = chosen(input.collection_ids, input.revisions)
    codes = list(dict.fromkeys(input.codes))
    done = await record_deficiencies(context.custodian, context.somebody, which, codes, context.clock())
    return moved(context, done)


@strawberry.type
class DeficiencyQuery:
    """Queries about deficiencies."""

    deficiencies: list[Deficiency] = strawberry.field(
        resolver=_deficiencies, description="Every reason why papers do not do, in words (不備の理由)."
    )


@strawberry.type
class DeficiencyMutation:
    """Deficiencies on record."""

    record_deficiencies: CollectionsResult = strawberry.mutation(
        resolver=_record,
        description="Record why what arrived does not do; for handlers. Nothing goes out before the company orders it.",
    )


def deficiency_nodes(codes: Sequence[DeficiencyCode]) -> list[Deficiency]:
    """Deficiencies as the schema tells them."""
    return [Deficiency(code=code, words=bilingual(DEFICIENCIES[code])) for code in codes]
