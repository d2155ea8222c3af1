"""The door: who is let in, who is not, how often somebody may guess, and when a visit or a link ends."""

import asyncio
from dataclasses import astuple, replace

import pytest

from custody.selfservice.link import MOST_TRIES, Factor
from custody.selfservice.links import IssuedLink, RevokedLinks, revoke_links
from custody.selfservice.view import look
from custody.selfservice.visits import Visit, leave, open_door, resume
from policies.refusals import Denied
from tests.support.collecting import Collecting
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change, rows, value
from tests.support.visiting import BIRTHDAY, Visitor, ask, issue
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.errors import SealBrokenError
from tokenizer.token import Kind, mint_secret, parse_secret

WRONG = "1991-04-01"


async def door(collecting: Collecting, link: IssuedLink, factor: str) -> Visit | Denied:
    return await open_door(collecting.custodian, link.secret, factor, collecting.world.clock())


async def refusals(collecting: Collecting) -> list[Entry]:
    return [each for each in await record_of(collecting.world) if each.action is Action.LINK_REFUSE]


async def asked(collecting: Collecting, factor: Factor = Factor.BIRTH_DATE) -> IssuedLink:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1", factor=factor)
    return link


@pytest.mark.parametrize("factor", Factor)
async def test_who_knows_link_and_factor_is_let_in(collecting: Collecting, factor: Factor) -> None:
    link = await asked(collecting, factor)
    assert (link.passcode is None) == (factor is Factor.BIRTH_DATE)
    visit = await door(collecting, link, link.passcode or BIRTHDAY)
    assert isinstance(visit, Visit)
    resumed = await resume(collecting.custodian, visit.secret, collecting.world.clock())
    assert isinstance(resumed, Visit)
    assert (resumed.person, resumed.link.public_id) == (visit.person, link.link)
    opened = (await record_of(collecting.world))[-1]
    assert (opened.action, opened.person) == (Action.LINK_OPEN, visit.person)
    assert opened.detail == {"by": "person", "link": link.link}


@pytest.mark.parametrize("factor", Factor)
async def test_after_five_wrong_ones_the_right_one_is_refused_as_well(
    collecting: Collecting, factor: Factor
) -> None:
    link = await asked(collecting, factor)
    for _ in range(MOST_TRIES):
        assert rule_of(await door(collecting, link, WRONG)) == "door-not-opened"
    assert rule_of(await door(collecting, link, link.passcode or BIRTHDAY)) == "door-not-opened"
    causes = [each.detail["cause"] for each in await refusals(collecting)]
    assert causes == ["wrong"] * MOST_TRIES + ["locked"]


async def test_wrong_ones_count_in_all_also_with_right_ones_between(collecting: Collecting) -> None:
    link = await asked(collecting)
    for _ in range(MOST_TRIES - 1):
        assert isinstance(await door(collecting, link, WRONG), Denied)
        assert isinstance(await door(collecting, link, BIRTHDAY), Visit)
    assert isinstance(await door(collecting, link, WRONG), Denied)
    assert isinstance(await door(collecting, link, BIRTHDAY), Denied)


async def test_right_ones_use_no_tries_up(collecting: Collecting) -> None:
    link = await asked(collecting)
    for _ in range(3 * MOST_TRIES):
        assert isinstance(await door(collecting, link, BIRTHDAY), Visit)


async def test_sixteen_at_once_are_compared_five_times(collecting: Collecting) -> None:
    link = await asked(collecting)
    guesses = [f"1990-04-{day:02}" for day in range(2, 18)]
    answers = await asyncio.gather(*(door(collecting, link, guess) for guess in guesses))
    assert {rule_of(answer) for answer in answers} == {"door-not-opened"}
    causes = sorted(each.detail["cause"] for each in await refusals(collecting))
    assert causes == ["locked"] * 4 + ["wrong"] * MOST_TRIES  # of eleven: first, second, fourth, eighth
    assert isinstance(await door(collecting, link, BIRTHDAY), Denied)


async def test_among_sixteen_at_once_the_right_one_gains_nobody_a_further_try(collecting: Collecting) -> None:
    link = await asked(collecting)
    guesses = [WRONG] * 8 + [BIRTHDAY] + [WRONG] * 7
    await asyncio.gather(*(door(collecting, link, guess) for guess in guesses))
    causes = [each.detail["cause"] for each in await refusals(collecting)]
    assert causes.count("wrong") <= MOST_TRIES


async def test_every_wrong_one_is_a_leaf_without_what_was_typed(collecting: Collecting) -> None:
    link = await asked(collecting)
    for typed in (WRONG, "ABCD-EFGH", "秘密の言葉"):
        await door(collecting, link, typed)
    found = await refusals(collecting)
    assert [each.detail["tries"] for each in found] == ["1", "2", "3"]
    (person,) = {each.person for each in found}
    assert person is not None
    written = b"".join(each.to_bytes() for each in found).decode()
    assert not [typed for typed in (WRONG, "ABCD-EFGH", "秘密の言葉") if typed in written]


async def test_whoever_guesses_is_told_the_same_of_a_link_that_is_unknown_locked_or_foreign(
    collecting: Collecting,
) -> None:
    custodian, now = collecting.custodian, collecting.world.clock()
    link = await asked(collecting)
    unknown = mint_secret(Kind.LINK, collecting.world.tenant.id, custodian.random_bytes)
    nobody = mint_secret(Kind.LINK, 7, custodian.random_bytes)
    answers = [await door(collecting, link, WRONG) for _ in range(MOST_TRIES + 1)]
    before = len(await record_of(collecting.world))
    answers += [await open_door(custodian, text, BIRTHDAY, now) for text in (unknown, nobody, "wfl_", "")]
    assert len({astuple(answer) for answer in answers if isinstance(answer, Denied)}) == 1
    assert not [answer for answer in answers if isinstance(answer, Visit)]
    assert len(await record_of(collecting.world)) == before


async def test_nobody_outside_fills_the_log_with_a_link_that_is_locked(collecting: Collecting) -> None:
    link = await asked(collecting)
    for _ in range(MOST_TRIES + 100):
        assert rule_of(await door(collecting, link, WRONG)) == "door-not-opened"
    told = [(each.detail["cause"], int(each.detail["tries"])) for each in await refusals(collecting)]
    assert told == [
        *(("wrong", count) for count in range(1, MOST_TRIES + 1)),
        *(("locked", MOST_TRIES + count) for count in (1, 2, 4, 8, 16, 32, 64)),
    ]


async def test_nobody_outside_fills_the_log_with_a_link_that_has_ended(collecting: Collecting) -> None:
    link = await asked(collecting)
    collecting.world.clock.advance(days=367)
    for _ in range(20):
        assert rule_of(await door(collecting, link, BIRTHDAY)) == "link-ended"
    told = [int(each.detail["tries"]) for each in await refusals(collecting)]
    assert told == [1, 2, 4, 8, 16]


async def test_links_that_nobody_issued_leave_no_trace_however_many(collecting: Collecting) -> None:
    tenant = collecting.world.tenant.id
    before = len(await record_of(collecting.world))
    for _ in range(20):
        unknown = mint_secret(Kind.LINK, tenant, collecting.custodian.random_bytes)
        refused = await open_door(collecting.custodian, unknown, BIRTHDAY, collecting.world.clock())
        assert rule_of(refused) == "door-not-opened"
    assert len(await record_of(collecting.world)) == before
    assert await collecting.count("collection_link") == 0


async def test_tries_at_a_locked_link_are_no_wrong_ones_of_the_next(collecting: Collecting) -> None:
    link = await asked(collecting)
    for _ in range(MOST_TRIES + 3):
        await door(collecting, link, WRONG)
    (newer,) = await issue(collecting, "E1")
    assert isinstance(await door(collecting, newer, BIRTHDAY), Visit)
    assert rule_of(await door(collecting, link, BIRTHDAY)) == "door-not-opened"


async def test_a_link_opens_nothing_of_another_company(collecting: Collecting) -> None:
    world = collecting.world
    other = await World.open(world.house, world.clock, "有限会社となり")
    link = await asked(collecting)
    moved = mint_secret(Kind.LINK, other.tenant.id, world.custodian.random_bytes)
    assert isinstance(await open_door(world.custodian, moved, BIRTHDAY, world.clock()), Denied)
    theirs = parse_secret(Kind.LINK, link.secret)
    assert theirs.tenant == world.tenant.id != other.tenant.id
    assert isinstance(await door(collecting, link, BIRTHDAY), Visit)
    assert [each.action for each in await record_of(other)] == [Action.TENANT_CREATE]


async def test_a_cookie_is_no_link_and_a_link_no_cookie(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    custodian, now = collecting.custodian, collecting.world.clock()
    assert rule_of(await open_door(custodian, visitor.visit.secret, BIRTHDAY, now)) == "door-not-opened"
    unknown = mint_secret(Kind.VISIT, collecting.world.tenant.id, custodian.random_bytes)
    for cookie in (visitor.link.secret, unknown, "", "wfv_"):
        assert rule_of(await resume(custodian, cookie, now)) == "visit-ended"


async def test_a_visit_ends_after_half_an_hour_without_a_request(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    clock, cookie = collecting.world.clock, visitor.visit.secret
    for _ in range(3):
        assert isinstance(await resume(collecting.custodian, cookie, clock.advance(minutes=30)), Visit)
    late = clock.advance(minutes=30, seconds=0.001)
    assert rule_of(await resume(collecting.custodian, cookie, late)) == "visit-ended"
    assert rule_of(await look(collecting.custodian, visitor.visit, late)) == "visit-ended"


async def test_a_visit_ends_after_twelve_hours_in_any_case(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    clock, cookie = collecting.world.clock, visitor.visit.secret
    assert visitor.visit.expires_at == clock() + 12 * 3_600_000
    for _ in range(24):
        assert isinstance(await resume(collecting.custodian, cookie, clock.advance(minutes=30)), Visit)
    assert clock() == visitor.visit.expires_at
    late = clock.advance(seconds=0.001)
    assert rule_of(await resume(collecting.custodian, cookie, late)) == "visit-ended"


async def test_opening_again_ends_the_earlier_visit(collecting: Collecting) -> None:
    first = await Visitor.comes(collecting, "E1")
    second = await Visitor.through(collecting, first.link)
    now = collecting.world.clock()
    assert rule_of(await resume(collecting.custodian, first.visit.secret, now)) == "visit-ended"
    assert isinstance(await resume(collecting.custodian, second.visit.secret, now), Visit)
    assert await collecting.count("collection_visit") == 1


async def test_who_leaves_has_to_open_the_link_again(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    now = collecting.world.clock()
    await leave(collecting.custodian, visitor.visit, now)
    assert rule_of(await resume(collecting.custodian, visitor.visit.secret, now)) == "visit-ended"
    assert (await record_of(collecting.world))[-1].action is Action.LINK_LEAVE
    before = len(await record_of(collecting.world))
    await leave(collecting.custodian, visitor.visit, now)
    assert len(await record_of(collecting.world)) == before


async def test_a_link_opens_for_a_year_and_a_day(collecting: Collecting) -> None:
    link = await asked(collecting)
    collecting.world.clock.advance(days=366)
    assert isinstance(await door(collecting, link, BIRTHDAY), Visit)
    collecting.world.clock.advance(seconds=0.001)
    assert rule_of(await door(collecting, link, BIRTHDAY)) == "link-ended"
    assert rule_of(await door(collecting, link, WRONG)) == "door-not-opened"


async def test_a_revoked_link_says_so_only_to_who_knows_the_factor(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    now = collecting.world.clock()
    chosen = collecting.chosen("E1")
    revoked = await revoke_links(collecting.custodian, collecting.administrator, chosen, now)
    assert isinstance(revoked, RevokedLinks)
    assert revoked.count == 1
    assert rule_of(await resume(collecting.custodian, visitor.visit.secret, now)) == "visit-ended"
    assert rule_of(await door(collecting, visitor.link, BIRTHDAY)) == "link-ended"
    assert rule_of(await door(collecting, visitor.link, WRONG)) == "door-not-opened"
    assert [each.action for each in await record_of(collecting.world)][-3:] == [
        Action.LINK_REVOKE,
        Action.LINK_REFUSE,
        Action.LINK_REFUSE,
    ]


async def test_secrets_are_in_no_row_and_no_repr(collecting: Collecting) -> None:
    link = await asked(collecting, Factor.PASSCODE)
    visit = await door(collecting, link, link.passcode or "")
    assert isinstance(visit, Visit)
    secrets = [link.secret, link.passcode or "", (link.passcode or "").replace("-", ""), visit.secret]
    tenant, database = collecting.world.tenant.id, collecting.world.house.database
    held = b""
    for table in ("collection_link", "collection_visit", "audit_leaf"):
        sql = f"SELECT * FROM {table} WHERE tenant_id = :own"  # noqa: S608 - constants
        for row in await rows(database, tenant, sql, own=tenant):
            held += b"|".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
    told = repr(link) + repr(visit)
    assert not [secret for secret in secrets if secret.encode() in held or secret in told]


LINK_COLUMNS = {
    "campaign_id": 1,
    "person_id": 1,
    "passcode": b"x",
    "tries": -100,
    "created_by": "x",
    "created_at": 1,
    "gives_until": 1,
    "reads_until": 1,
    "told_at": 1,
    "finished_at": 1,
    "finished_leaf": 1,
    "revoked_at": 1,
    "knocks": 1,
    "stamp": b"x",
}


@pytest.mark.parametrize("column", LINK_COLUMNS)
async def test_a_link_that_was_altered_in_the_database_opens_nothing(
    collecting: Collecting, column: str
) -> None:
    visitor = await Visitor.comes(collecting, "E1", told=False)
    await alter(collecting, "collection_link", column, LINK_COLUMNS[column])
    with pytest.raises(SealBrokenError):
        await door(collecting, visitor.link, BIRTHDAY)
    with pytest.raises(SealBrokenError):
        await resume(collecting.custodian, visitor.visit.secret, collecting.world.clock())
    with pytest.raises(SealBrokenError):
        await look(collecting.custodian, visitor.visit, collecting.world.clock())


async def test_another_factor_cannot_be_written_into_a_link(collecting: Collecting) -> None:
    link = await asked(collecting, Factor.PASSCODE)
    await alter(collecting, "collection_link", "factor", Factor.BIRTH_DATE.value)
    with pytest.raises(SealBrokenError):
        await door(collecting, link, BIRTHDAY)


@pytest.mark.parametrize("column", ["link_id", "person_id", "created_at", "stamp"])
async def test_a_visit_that_was_altered_in_the_database_ends(collecting: Collecting, column: str) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.world.tenant.id
    sql = f"SELECT {column} FROM collection_visit WHERE tenant_id = :own"  # noqa: S608 - constants
    held = await value(collecting.world.house.database, own, sql, own=own)
    await alter(collecting, "collection_visit", column, b"x" if isinstance(held, bytes) else held - 1)
    with pytest.raises(SealBrokenError):
        await resume(collecting.custodian, visitor.visit.secret, collecting.world.clock())


async def test_a_visit_cannot_be_moved_to_another_link(collecting: Collecting) -> None:
    first, second = await Visitor.comes(collecting, "E1"), await Visitor.comes(collecting, "E2")
    mixed = replace(first.visit, digest=second.visit.digest)
    assert rule_of(await look(collecting.custodian, mixed, collecting.world.clock())) == "visit-ended"


async def alter(collecting: Collecting, table: str, column: str, new: object) -> None:
    """As somebody would who can write to the database."""
    world = collecting.world
    sql = f"UPDATE {table} SET {column} = :new WHERE tenant_id = :own"  # noqa: S608 - constants
    assert await change(world.house.database, world.tenant.id, sql, own=world.tenant.id, new=new) == 1
