"""A client turns the pages of a person's record past what others did."""

from dataclasses import replace
from itertools import pairwise

from custody.custodian import entry
from custody.listing import Page, Window
from custody.record import Leaf, Whose, list_entries
from policies.actor import Actor
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.audit.entry import entry_batch
from tokenizer.audit.log import leaves


async def mark(world: World, actor: Actor, person: int, times: int) -> None:
    """Record that an actor did something about a person, so many times."""
    done = entry(actor, Action.TOKEN_ISSUE, world.clock())
    record = leaves(entry_batch(done, [person] * times), [person] * times)
    log = world.custodian.vault.log(actor.tenant)
    await world.custodian.database.write(actor.tenant, lambda tx: log.append(tx, record))


async def page(world: World, actor: Actor, token: str, window: Window) -> Page[Leaf]:
    found = await list_entries(world.custodian, actor, Whose(token=token), window, world.clock())
    assert isinstance(found, Page)
    return found


async def two_clients_about_one_person(world: World) -> tuple[Actor, str]:
    """A client's own entries at the start, in the middle and at the end, with many of another's between."""
    own, other = await world.client("own"), await world.client("other")
    people = await world.register(own, 1)
    token = people.tokens[0]
    first = (await page(world, own, token, Window(1))).items[0]
    person = first.entry.person
    assert person is not None
    for actor, times in ((other, 7), (own, 1), (other, 7), (own, 2)):
        await mark(world, actor, person, times)
    return own, token


async def test_what_others_did_is_skipped_and_leaves_no_page_empty(world: World) -> None:
    own, token = await two_clients_about_one_person(world)
    window = Window(2)
    seen: list[int] = []
    while True:
        found = await page(world, own, token, window)
        assert found.items
        assert {leaf.entry.client for leaf in found.items} == {"own"}
        seen += [leaf.index for leaf in found.items]
        if not found.has_next:
            break
        window = replace(window, after=seen[-1])
    assert len(seen) == 4
    assert all(before < after for before, after in pairwise(seen))


async def test_pages_turned_backwards_hold_the_same(world: World) -> None:
    own, token = await two_clients_about_one_person(world)
    forward = await page(world, own, token, Window(100))
    last = await page(world, own, token, Window(3, backward=True))
    assert last.has_previous
    rest = await page(world, own, token, Window(3, before=last.items[0].index, backward=True))
    assert not rest.has_previous
    assert [*rest.items, *last.items] == list(forward.items)
