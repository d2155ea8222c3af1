"""Preparing a use: what is fixed for a human to confirm, which rows are left out, what is refused."""

from dataclasses import replace

import pytest

from custody.clients import change_client, client_actor, revoke_client
from custody.notices import give_notice
from custody.prepare import APPROVAL_LIFETIME_MS, LIFETIME_MS, REASON_LIMIT, Prepared, Request, prepare
from custody.registration import Registered, register
from custody.roster import MAX_ROWS, Columns
from custody.tenants import Settings, change_settings
from custody.tokens import revoke_tokens
from custody.uses import UseState
from policies.actor import Actor, Role
from policies.purposes import PersonKind
from policies.quotas import Quotas
from policies.refusals import Denied, denied
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.world import GENSEN, World
from tokenizer.audit.action import Action, Outcome
from tokenizer.token import mint_tokens

REASON = "年末調整"
AGE_PURPOSE = "SI_GEPPEN"


async def attempt(
    world: World,
    actor: Actor,
    tokens: list[str],
    purpose: str = GENSEN,
    reason: str = REASON,
    handler: str = "",
) -> Prepared | Denied:
    return await prepare(world.custodian, actor, Request(tokens, purpose, reason, handler), world.clock())


async def prepared(world: World, actor: Actor, tokens: list[str], purpose: str = GENSEN) -> Prepared:
    done = await attempt(world, actor, tokens, purpose)
    assert isinstance(done, Prepared), done
    return done


async def family(world: World, actor: Actor) -> list[str]:
    """An employee, a spouse, a dependent and a payee, told of everything offered."""
    columns = Columns(
        ["E", "S", "D", "P"],
        synthetic_numbers(4, seed=4),
        kinds=[PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT, PersonKind.PAYEE],
        employees=["", "E", "E", ""],
    )
    codes = [purpose.code for purpose in world.custodian.catalogue.offered()]
    terms = replace(world.terms(*codes), consented=True)
    done = await register(world.custodian, actor, columns, terms, world.clock())
    assert isinstance(done, Registered)
    return [token or "" for token in done.tokens]


# --- what is fixed


async def test_a_prepared_use_fixes_who_what_why_and_until_when(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    done = await attempt(world, client, people.tokens, reason="  年末調整 ", handler="tanaka")
    assert isinstance(done, Prepared)
    use = done.use
    assert (use.client, use.prepared_by, use.handler, use.audience) == ("payroll", "", "tanaka", client.id)
    assert (use.purpose, use.reason, use.state) == (GENSEN, "年末調整", UseState.PREPARED)
    assert (use.needs_approval, use.expires_at - use.prepared_at) == (False, LIFETIME_MS)
    assert len(use.persons) == 3
    assert list(done.rows) == [0, 1, 2]
    last = (await record_of(world))[-1]
    assert (last.action, last.use, last.purpose, last.reason) == (
        Action.USE_PREPARE,
        use.public_id,
        GENSEN,
        REASON,
    )
    assert last.detail["digest"] == use.digest


async def test_every_fact_of_a_use_is_part_of_its_digest(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    use = (await prepared(world, client, people.tokens)).use
    others = [
        use._replace(id=use.id + 1),
        use._replace(tenant=use.tenant + 1),
        use._replace(audience=0),
        use._replace(client="other"),
        use._replace(prepared_by="tanaka"),
        use._replace(handler="tanaka"),
        use._replace(purpose="TAX_FUYO"),
        use._replace(reason="x"),
        use._replace(persons=use.persons[::-1]),
        use._replace(persons=use.persons[:2]),
        use._replace(needs_approval=True),
        use._replace(prepared_at=use.prepared_at + 1),
        use._replace(expires_at=use.expires_at + 1),
    ]
    assert len({use.digest, *(other.digest for other in others)}) == 1 + len(others)
    assert use._replace(state=UseState.CONFIRMED, confirmed_by="x").digest == use.digest


async def test_above_the_threshold_a_use_waits_a_day_for_a_second_person(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    quotas = Quotas(client=100, human=100, purpose=100)
    await change_settings(world.custodian, world.operator, Settings(2, quotas), world.clock())
    assert (await prepared(world, client, people.tokens[:2])).use.needs_approval is False
    use = (await prepared(world, client, people.tokens)).use
    assert use.needs_approval is True
    assert use.expires_at - use.prepared_at == APPROVAL_LIFETIME_MS


# --- tokens


async def test_foreign_unknown_revoked_and_other_audiences_tokens_answer_alike(world: World) -> None:
    client, insurance, human = await world.client(), await world.client("insurance"), await world.human()
    people = await world.register(client, 3)
    theirs = await world.register(insurance, 3)
    staff = await world.register(human.actor, 3)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    foreign = await elsewhere.register(await elsewhere.client(), 3, seed=7)
    await revoke_tokens(world.custodian, client, people.tokens[:1], world.clock())
    (unknown,) = mint_tokens(1, sandbox=False, random_bytes=world.custodian.random_bytes)
    refused = [
        people.tokens[0],  # revoked
        theirs.tokens[1],  # of another client
        staff.tokens[1],  # of the tenant's own staff
        foreign.tokens[1],  # of another tenant
        unknown,
        "",
        "wft_",
        "\x00",
        "\ud800",
        people.tokens[1] + "\x00",
        people.tokens[1].lower(),
        people.external_ids[1],
        people.numbers[1],
    ]
    done = await prepared(world, client, [people.tokens[1], *refused])
    assert list(done.rows) == [0]
    alike = {(item.code, item.message_ja, item.message_en) for item in done.rejections}
    expected = denied("token-unknown")
    assert alike == {(expected.rule, expected.message_ja, expected.message_en)}
    assert len(done.rejections) == len(refused)
    assert people.numbers[1] not in repr(done)


async def test_tokens_of_a_revoked_client_are_dead(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    await revoke_client(world.custodian, world.operator, "payroll", world.clock())
    other = await world.client("insurance")
    assert rule_of(await attempt(world, other, people.tokens)) == "token-unknown"


async def test_the_same_token_twice_is_one_person_and_one_rejection(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    done = await prepared(world, client, [people.tokens[0], people.tokens[1], people.tokens[0]])
    assert codes_of(done.rejections) == {2: "token-repeated"}
    assert len(done.use.persons) == 2


async def test_a_use_of_nobody_is_refused_by_the_rule_that_refused_them_all_and_recorded(
    world: World,
) -> None:
    client = await world.client()
    assert rule_of(await attempt(world, client, ["wft_x", "wft_y"])) == "token-unknown"
    last = (await record_of(world))[-1]
    assert (last.action, last.rule, dict(last.detail)) == (
        Action.NUMBER_REFUSE,
        "token-unknown",
        {"tokens": "2"},
    )


async def test_a_use_of_nobody_for_several_reasons_says_to_look_at_the_rows(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert rule_of(await attempt(world, client, ["wft_x", *people.tokens], "TAX_FUYO")) == "no-persons"
    assert {entry.rule for entry in (await record_of(world))[-2:]} == {
        "token-unknown",
        "purpose-not-notified",
    }


async def test_a_use_without_tokens_is_refused_and_recorded(world: World) -> None:
    assert rule_of(await attempt(world, await world.client(), [])) == "no-persons"
    last = (await record_of(world))[-1]
    assert (last.action, last.rule) == (Action.NUMBER_REFUSE, "no-persons")


async def test_more_than_ten_thousand_tokens_are_refused(world: World) -> None:
    assert rule_of(await attempt(world, await world.client(), ["x"] * (MAX_ROWS + 1))) == "too-many-numbers"


# --- purposes and persons


@pytest.mark.parametrize(
    ("purpose", "rule"),
    [
        ("NO_SUCH", "purpose-unknown"),
        ("", "purpose-unknown"),
        ("\x00", "purpose-unknown"),
        ("RO_NENKIN", "purpose-refused-by-law"),
        ("DISASTER_9_5", "purpose-off-by-default"),
        ("TAX_TOKUCHO_IDO", "purpose-not-allowed-to-client"),
    ],
)
async def test_a_purpose_that_cannot_be_used_is_refused_and_recorded(
    world: World, purpose: str, rule: str
) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert rule_of(await attempt(world, client, people.tokens, purpose)) == rule
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome, last.rule) == (Action.NUMBER_REFUSE, Outcome.DENIED, rule)


async def test_persons_who_were_not_told_are_left_out_and_each_refusal_is_recorded(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    await give_notice(
        world.custodian,
        client,
        people.external_ids[1:2],
        frozenset({"TAX_FUYO"}),
        world.terms().notified_on,
        world.clock(),
    )
    done = await prepared(world, client, people.tokens, "TAX_FUYO")
    assert list(done.rows) == [1]
    assert codes_of(done.rejections) == {0: "purpose-not-notified", 2: "purpose-not-notified"}
    refused = [entry for entry in await record_of(world) if entry.rule == "purpose-not-notified"]
    assert len({entry.person for entry in refused}) == 2
    assert {entry.use for entry in refused} == {done.use.public_id}


async def test_each_document_takes_its_own_kinds_of_person(world: World) -> None:
    human = await world.human()
    tokens = await family(world, human.actor)
    kinds = [PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT, PersonKind.PAYEE]
    for purpose in world.custodian.catalogue.offered():
        if purpose.conditions is None or purpose.conditions.minimum_age is not None:
            continue
        done = await prepared(world, human.actor, tokens, purpose.code)
        assert [kinds[row] for row in done.rows] == [kind for kind in kinds if purpose.concerns(kind)]
        assert set(codes_of(done.rejections).values()) <= {"not-their-purpose"}


@pytest.mark.parametrize(
    ("born", "taken"),
    [
        ("1956-11-22", True),  # 70 today
        ("1956-11-21", True),
        ("1956-11-23", False),  # 70 tomorrow
        ("1990-01-01", False),
        ("", False),  # not known
    ],
)
async def test_a_document_for_people_of_seventy_takes_nobody_younger(
    world: World, born: str, taken: bool
) -> None:
    client = await world.client()
    columns = Columns(["E", "F"], synthetic_numbers(2, seed=6), birth_dates=[born, "1950-01-01"])
    registered = await register(
        world.custodian, client, columns, world.terms(AGE_PURPOSE, GENSEN), world.clock()
    )
    assert isinstance(registered, Registered)
    tokens = [token or "" for token in registered.tokens]
    done = await prepared(world, client, tokens, AGE_PURPOSE)
    assert list(done.rows) == ([0, 1] if taken else [1])
    assert codes_of(done.rejections) == ({} if taken else {0: "below-the-age-of-the-document"})
    assert list((await prepared(world, client, tokens, GENSEN)).rows) == [0, 1]


async def test_a_client_that_lost_a_purpose_is_refused_from_then_on(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    changed = await change_client(
        world.custodian, world.operator, "payroll", frozenset({"TAX_FUYO"}), world.clock()
    )
    assert not isinstance(changed, Denied)
    now_client = client_actor(changed, sandbox=False, request=None)
    assert rule_of(await attempt(world, now_client, people.tokens)) == "purpose-not-allowed-to-client"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR])
async def test_only_handlers_and_clients_ask_for_numbers(world: World, role: Role) -> None:
    actor = (await world.human("suzuki", role)).actor
    assert rule_of(await attempt(world, actor, ["wft_x"])) == "no-rule-permits"


# --- free text


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "  ",
        "x" * (REASON_LIMIT + 1),
        "a\nb",
        "a\x00b",
        "\ud800",
        "123456789018",
        "12345678-9018",
        "１２３４ー５６７８ー９０１８",
    ],
)
async def test_a_reason_that_is_none_or_holds_a_number_is_refused_and_not_recorded(
    world: World, reason: str
) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert rule_of(await attempt(world, client, people.tokens, reason=reason)) == "reason-invalid"
    last = (await record_of(world))[-1]
    assert (last.rule, last.reason) == ("reason-invalid", None)


@pytest.mark.parametrize(
    "handler", ["Tanaka", "tanaka ", "a" * 65, "123456789018", "a123456789018", "\x00", "\ud800"]
)
async def test_a_handler_that_is_no_login_is_refused_and_not_stored(world: World, handler: str) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert rule_of(await attempt(world, client, people.tokens, handler=handler)) == "handler-unknown"
