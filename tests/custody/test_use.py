"""The way of a number out: prepared, confirmed with a code, recorded, released."""

from custody.prepare import Prepared, Request, prepare
from custody.release import Released
from custody.use import confirm
from policies.refusals import Denied
from tests.support.world import GENSEN, World


async def test_a_handler_confirms_what_a_client_prepared_and_the_numbers_come_out_in_order(
    world: World,
) -> None:
    client, human = await world.client(), await world.human()
    people = await world.register(client, 5)
    prepared = await prepare(
        world.custodian, client, Request(people.tokens, GENSEN, "年末調整"), world.clock()
    )
    assert isinstance(prepared, Prepared)
    code = world.code(human)
    released = await confirm(
        world.custodian, client, prepared.use.public_id, prepared.use.digest, human.login, code, world.clock()
    )
    assert isinstance(released, Released)
    assert [number.decode() for number in released.numbers] == people.numbers
    assert released.tokens == people.tokens


async def test_the_same_code_does_not_work_twice(world: World) -> None:
    client, human = await world.client(), await world.human()
    people = await world.register(client, 2)
    code = world.code(human)
    outcomes = []
    for _ in range(2):
        prepared = await prepare(
            world.custodian, client, Request(people.tokens, GENSEN, "年末調整"), world.clock()
        )
        assert isinstance(prepared, Prepared)
        outcomes.append(
            await confirm(
                world.custodian, client, prepared.use.public_id, "", human.login, code, world.clock()
            )
        )
    assert isinstance(outcomes[0], Released)
    assert isinstance(outcomes[1], Denied)
    assert outcomes[1].rule == "code-used"
