"""What tests ask of outcomes: which rule refused, which rows were rejected, what the record says."""

from collections.abc import Sequence

from custody.rejections import Rejection
from policies.refusals import Denied
from tests.support.tamper import rows
from tests.support.world import World
from tokenizer.audit.entry import Entry


def rule_of(outcome: object) -> str:
    """The rule of a refusal; fails if it was none."""
    assert isinstance(outcome, Denied), outcome
    return outcome.rule


def codes_of(rejections: Sequence[Rejection]) -> dict[int, str]:
    """Row -> code."""
    assert [item.row for item in rejections] == sorted(item.row for item in rejections)
    return {item.row: item.code for item in rejections}


async def record_of(world: World) -> list[Entry]:
    """Every entry of the tenant's log, oldest first."""
    sql = "SELECT entry FROM audit_leaf WHERE tenant_id = :own ORDER BY leaf_index"
    found = await rows(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    return [Entry.from_bytes(row[0]) for row in found]
