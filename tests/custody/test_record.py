"""Reading the record: entries, proofs and exports that the client's own verifier accepts."""

import pytest

from custody.listing import Page, Window
from custody.prepare import Request
from custody.record import (
    EXPORT_LIMIT,
    Export,
    Head,
    Leaf,
    Whose,
    export,
    list_entries,
    prove,
    prove_consistency,
    read_entry,
    read_head,
    verifier_key,
)
from custody.release import Released
from custody.use import detokenize
from policies.actor import Actor, Role
from tests.support.outcomes import rule_of
from tests.support.world import GENSEN, Registration, World
from tokenizer.audit.action import Action
from warifu.audit import AuditVerificationError, verify_consistency, verify_log, verify_proof


@pytest.fixture
async def auditor(world: World) -> Actor:
    return (await world.human("kansa", Role.AUDITOR)).actor


async def entries(
    world: World, actor: Actor, whose: Whose | None = None, window: Window | None = None
) -> Page[Leaf]:
    page = await list_entries(world.custodian, actor, whose or Whose(), window or Window(100), world.clock())
    assert isinstance(page, Page), page
    return page


async def head(world: World, actor: Actor) -> Head:
    found = await read_head(world.custodian, actor, world.clock())
    assert isinstance(found, Head)
    return found


async def busy(world: World, count: int = 3) -> tuple[Actor, Registration]:
    """A client with people, one release behind it."""
    client, human = await world.client(), await world.human()
    people = await world.register(client, count)
    request = Request(people.tokens[:2], GENSEN, "年末調整", human.login)
    done = await detokenize(world.custodian, client, request, world.code(human), world.clock())
    assert isinstance(done, Released), done
    return client, people


async def test_every_entry_is_proven_to_the_client_s_own_verifier(world: World, auditor: Actor) -> None:
    await busy(world)
    key = verifier_key(world.custodian, world.tenant.id)
    listed = (await entries(world, auditor)).items
    assert [leaf.index for leaf in listed] == list(range((await head(world, auditor)).size))
    for leaf in listed:
        proof = await prove(world.custodian, auditor, leaf.index, world.clock())
        assert isinstance(proof, str)
        proven = verify_proof(proof, leaf.data, key)
        assert (proven.index, proven.fields["action"]) == (leaf.index, leaf.entry.action.value)
    with pytest.raises(AuditVerificationError):
        verify_proof(str(proof), listed[0].data, key)


async def test_proofs_hold_past_a_stored_subtree(world: World, auditor: Actor) -> None:
    await busy(world, 600)
    key = verifier_key(world.custodian, world.tenant.id)
    for index in (0, 255, 256, 511, 600):
        leaf = await read_entry(world.custodian, auditor, index, world.clock())
        proof = await prove(world.custodian, auditor, index, world.clock())
        assert isinstance(leaf, Leaf)
        assert verify_proof(str(proof), leaf.data, key).index == index


async def test_a_log_that_grew_is_proven_to_begin_with_the_one_before(world: World, auditor: Actor) -> None:
    before = await head(world, auditor)
    await busy(world, 300)
    after = await head(world, auditor)
    assert after.verifier_key == before.verifier_key
    path = await prove_consistency(world.custodian, auditor, before.size, after.size, world.clock())
    assert isinstance(path, list)
    verify_consistency(before.checkpoint, after.checkpoint, path, after.verifier_key)
    with pytest.raises(AuditVerificationError):
        verify_consistency(before.checkpoint, after.checkpoint, path[:-1], after.verifier_key)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (-1, 1), (2, 1), (1, 10_000), (5, 5_000)])
async def test_sizes_that_are_none_are_refused(world: World, auditor: Actor, old: int, new: int) -> None:
    refused = await prove_consistency(world.custodian, auditor, old, new, world.clock())
    assert rule_of(refused) == "sizes-invalid"


async def test_an_export_in_parts_is_the_whole_log(world: World, auditor: Actor) -> None:
    await busy(world, 30)
    state = await head(world, auditor)
    data: list[bytes] = []
    while len(data) < state.size:
        part = await export(world.custodian, auditor, len(data), 7, world.clock())
        assert isinstance(part, Export)
        assert part.start == len(data)
        data += part.entries
    assert verify_log(data, state.checkpoint, state.verifier_key).size == state.size
    beyond = await export(world.custodian, auditor, state.size, EXPORT_LIMIT, world.clock())
    assert isinstance(beyond, Export)
    assert list(beyond.entries) == []


async def test_a_client_reads_its_own_doings_person_by_person(world: World) -> None:
    client, people = await busy(world)
    other = await world.client("insurance")
    theirs = await world.register(other, 3)
    assert theirs.external_ids == people.external_ids
    page = await entries(world, client, Whose(token=people.tokens[0]))
    assert [leaf.entry.action for leaf in page.items] == [Action.NUMBER_REGISTER, Action.NUMBER_RELEASE]
    assert {leaf.entry.client for leaf in page.items} == {"payroll"}
    page = await entries(world, other, Whose(external_id=people.external_ids[0]))
    assert [leaf.entry.action for leaf in page.items] == [Action.TOKEN_ISSUE]


async def test_a_client_asks_for_nobody_s_record_but_its_persons(world: World) -> None:
    client, people = await busy(world)
    other, now = await world.client("insurance"), world.clock()
    ask = world.custodian
    assert rule_of(await list_entries(ask, client, Whose(), Window(10), now)) == "record-needs-person"
    unknown = [
        Whose(token=people.tokens[0]),
        Whose(token="wft_x"),
        Whose(token="\x00"),
        Whose(token="\ud800"),
    ]
    for whose in unknown:
        assert rule_of(await list_entries(ask, other, whose, Window(10), now)) == "token-unknown"
    for text in ("nobody", "", "\x00", "\ud800"):
        whose = Whose(external_id=text)
        assert rule_of(await list_entries(ask, client, whose, Window(10), now)) == "unknown-id"
    assert rule_of(await export(ask, client, 0, 10, now)) == "no-rule-permits"


async def test_a_client_reads_no_entry_of_others(world: World) -> None:
    client, _ = await busy(world)
    now = world.clock()
    size = (await head(world, client)).size
    seen = [await read_entry(world.custodian, client, index, now) for index in range(size)]
    visible = [leaf for leaf in seen if isinstance(leaf, Leaf)]
    assert {leaf.entry.client for leaf in visible} == {"payroll"}
    assert {rule_of(leaf) for leaf in seen if not isinstance(leaf, Leaf)} == {"unknown-id"}
    assert rule_of(await prove(world.custodian, client, 0, now)) == "unknown-id"
    assert rule_of(await read_entry(world.custodian, client, size, now)) == "unknown-id"


@pytest.mark.parametrize("backward", [False, True])
async def test_pages_show_every_visible_entry_once(world: World, auditor: Actor, backward: bool) -> None:
    await busy(world, 20)
    seen: list[int] = []
    window = Window(6, backward=backward)
    while True:
        page = await entries(world, auditor, window=window)
        indexes = [leaf.index for leaf in page.items]
        seen = indexes + seen if backward else seen + indexes
        if not (page.has_previous if backward else page.has_next):
            break
        window = Window(6, before=indexes[0], backward=True) if backward else Window(6, after=indexes[-1])
    assert seen == list(range((await head(world, auditor)).size))


@pytest.mark.parametrize("role", [Role.HANDLER, Role.APPROVER])
async def test_who_may_not_read_the_record_is_refused(world: World, role: Role) -> None:
    actor, now = (await world.human("suzuki", role)).actor, world.clock()
    ask = world.custodian
    for refused in (
        await read_head(ask, actor, now),
        await list_entries(ask, actor, Whose(), Window(10), now),
        await read_entry(ask, actor, 0, now),
        await prove(ask, actor, 0, now),
        await prove_consistency(ask, actor, 1, 1, now),
        await export(ask, actor, 0, 10, now),
    ):
        assert rule_of(refused) == "no-rule-permits"


async def test_each_tenant_reads_its_own_log(world: World, auditor: Actor) -> None:
    await busy(world)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    stranger = (await elsewhere.human("kansa", Role.AUDITOR)).actor
    assert (await head(elsewhere, stranger)).size == 2
    assert (await head(elsewhere, stranger)).verifier_key != (await head(world, auditor)).verifier_key
    assert len((await entries(elsewhere, stranger)).items) == 2
