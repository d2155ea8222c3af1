"""The way of a number out: prepared, confirmed with a code, recorded, released."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from custody.accounts import change_roles, disable_account
from custody.clients import change_client, client_actor
from custody.prepare import LIFETIME_MS, Prepared, Request, prepare
from custody.release import Released
from custody.tenants import Settings, change_settings
from custody.tokens import revoke_tokens
from custody.use import DIRECT_LIMIT, Confirmation, approve, confirm, detokenize, release
from custody.uses import UseState
from policies.actor import Actor, Role
from policies.quotas import Quotas
from policies.refusals import Denied
from policies.totp import code_at
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change
from tests.support.world import GENSEN, Human, Registration, World
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.errors import StorageError

REASON = "年末調整"
WIDE = Quotas(client=1_000, human=1_000, purpose=1_000)
Outcomes = Released | Confirmation | Denied


@dataclass
class Scene:
    """A client, a handler, registered people."""

    world: World
    client: Actor
    handler: Human
    people: Registration

    async def prepare(
        self, actor: Actor | None = None, *, handler: str = "", count: int | None = None
    ) -> Prepared:
        request = Request(self.people.tokens[:count], GENSEN, REASON, handler)
        done = await prepare(self.world.custodian, actor or self.client, request, self.world.clock())
        assert isinstance(done, Prepared), done
        return done

    async def confirm(
        self,
        use: Prepared,
        actor: Actor | None = None,
        by: Human | None = None,
        code: str = "",
        digest: str = "",
    ) -> Outcomes:
        """Confirm, as a client that names the handler unless `actor` says otherwise, with a fresh code."""
        human = by or self.handler
        typed = code or self.world.code(human)
        world = self.world
        return await confirm(
            world.custodian,
            actor or self.client,
            use.use.public_id,
            digest,
            human.login,
            typed,
            world.clock(),
        )

    async def approve(
        self, use: Prepared, by: Human, code: str = "", digest: str = ""
    ) -> Confirmation | Denied:
        typed = code or self.world.code(by)
        world = self.world
        return await approve(world.custodian, by.actor, use.use.public_id, digest, "", typed, world.clock())

    async def release(self, use: Prepared, actor: Actor | None = None) -> Released | Denied:
        world = self.world
        return await release(world.custodian, actor or self.client, use.use.public_id, world.clock())

    async def direct(
        self, actor: Actor | None = None, code: str = "", handler: str | None = None
    ) -> Released | Denied:
        named = self.handler.login if handler is None else handler
        request = Request(self.people.tokens, GENSEN, REASON, named)
        typed = code or self.world.code(self.handler)
        return await detokenize(
            self.world.custodian, actor or self.client, request, typed, self.world.clock()
        )

    async def limit(self, approval_over: int = 1_000, quotas: Quotas = WIDE) -> None:
        world = self.world
        done = await change_settings(
            world.custodian, world.operator, Settings(approval_over, quotas), world.clock()
        )
        assert not isinstance(done, Denied)


@pytest.fixture
async def scene(world: World) -> Scene:
    client, handler = await world.client(), await world.human()
    return Scene(world, client, handler, await world.register(client, 3))


def numbers(outcome: object) -> list[str]:
    assert isinstance(outcome, Released), outcome
    return [number.decode() for number in outcome.numbers]


async def last(scene: Scene) -> Entry:
    return (await record_of(scene.world))[-1]


async def count(scene: Scene, action: Action, outcome: Outcome = Outcome.ALLOWED) -> int:
    return sum((entry.action, entry.outcome) == (action, outcome) for entry in await record_of(scene.world))


# --- the ways that end well


async def test_a_handler_confirms_what_a_client_prepared_and_the_numbers_come_out_in_order(
    scene: Scene,
) -> None:
    use = await scene.prepare()
    released = await scene.confirm(use, digest=use.use.digest)
    assert numbers(released) == scene.people.numbers
    assert isinstance(released, Released)
    assert released.tokens == scene.people.tokens
    assert released.use.state is UseState.RELEASED
    entries = [entry for entry in await record_of(scene.world) if entry.action is Action.NUMBER_RELEASE]
    assert {(entry.human, entry.client, entry.purpose, entry.reason, entry.use) for entry in entries} == {
        ("tanaka", "payroll", GENSEN, REASON, use.use.public_id)
    }
    assert len({entry.person for entry in entries}) == 3


async def test_a_handler_in_a_session_confirms_and_the_client_takes_the_numbers(scene: Scene) -> None:
    use = await scene.prepare()
    confirmed = await scene.confirm(use, actor=scene.handler.actor)
    assert isinstance(confirmed, Confirmation)
    assert confirmed.use.state is UseState.CONFIRMED
    assert await count(scene, Action.NUMBER_RELEASE) == 0
    assert numbers(await scene.release(use)) == scene.people.numbers


async def test_a_handler_prepares_and_confirms_on_their_own_tokens(world: World) -> None:
    handler = await world.human()
    scene = Scene(world, handler.actor, handler, await world.register(handler.actor, 2))
    use = await scene.prepare()
    assert use.use.prepared_by == "tanaka"
    assert numbers(await scene.confirm(use)) == scene.people.numbers


async def test_one_code_releases_a_small_use_at_once(scene: Scene) -> None:
    released = await scene.direct()
    assert numbers(released) == scene.people.numbers
    assert isinstance(released, Released)
    assert released.rows == [0, 1, 2]


async def test_a_direct_use_leaves_out_and_records_the_rows_that_a_rule_refuses(scene: Scene) -> None:
    scene.people.tokens[1:1] = ["wft_nobody"]
    released = await scene.direct()
    assert isinstance(released, Released)
    assert released.rows == [0, 2, 3]
    assert [item.row for item in released.rejections] == [1]
    assert numbers(released) == scene.people.numbers
    assert any(entry.rule == "token-unknown" for entry in await record_of(scene.world))


async def test_above_the_threshold_a_second_person_approves(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    second = await scene.world.human("suzuki", Role.APPROVER)
    use = await scene.prepare()
    assert isinstance(await scene.confirm(use), Confirmation)
    approved = await scene.approve(use, second, digest=use.use.digest)
    assert isinstance(approved, Confirmation)
    assert (approved.use.confirmed_by, approved.use.approved_by) == ("tanaka", "suzuki")
    assert numbers(await scene.release(use)) == scene.people.numbers
    assert (await last(scene)).detail["approver"] == "suzuki"


# --- codes


async def test_the_same_code_does_not_work_twice(scene: Scene) -> None:
    code = scene.world.code(scene.handler)
    first, second = await scene.prepare(), await scene.prepare()
    assert isinstance(await scene.confirm(first, code=code), Released)
    assert rule_of(await scene.confirm(second, code=code)) == "code-used"


async def test_white_space_makes_no_second_code(scene: Scene) -> None:
    code = scene.world.code(scene.handler)
    assert isinstance(await scene.confirm(await scene.prepare(), code=f" {code[:3]} {code[3:]} "), Released)
    assert rule_of(await scene.confirm(await scene.prepare(), code=code)) == "code-used"


async def test_a_wrong_code_releases_nothing_and_is_recorded(scene: Scene) -> None:
    use = await scene.prepare()
    assert rule_of(await scene.confirm(use, code="abc")) == "code-wrong"
    assert ((await last(scene)).action, (await last(scene)).rule) == (Action.CODE_REFUSE, "code-wrong")
    assert await count(scene, Action.NUMBER_RELEASE) == 0
    assert isinstance(await scene.confirm(use), Released)


async def test_ten_wrong_codes_end_the_factor_and_the_record_says_so_once(scene: Scene) -> None:
    use = await scene.prepare()
    rules = [rule_of(await scene.confirm(use, code="abc")) for _ in range(11)]
    assert rules == ["code-wrong"] * 10 + ["factor-disabled"]
    assert rule_of(await scene.confirm(use)) == "factor-disabled"
    assert await count(scene, Action.ACCOUNT_DISABLE, Outcome.DENIED) == 1


async def test_sixteen_uses_with_one_code_at_once_release_one(scene: Scene) -> None:
    uses = [await scene.prepare() for _ in range(16)]
    code = scene.world.code(scene.handler)
    outcomes = await asyncio.gather(*(scene.confirm(use, code=code) for use in uses))
    assert [isinstance(outcome, Released) for outcome in outcomes].count(True) == 1
    assert {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)} <= {
        "code-used",
        "factor-disabled",
    }
    assert await count(scene, Action.NUMBER_RELEASE) == 3


# --- once, and in order


async def test_a_confirmed_use_is_taken_once_however_many_ask(scene: Scene) -> None:
    use = await scene.prepare()
    await scene.confirm(use, actor=scene.handler.actor)
    outcomes = await asyncio.gather(*(scene.release(use) for _ in range(16)))
    assert [isinstance(outcome, Released) for outcome in outcomes].count(True) == 1
    assert {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)} == {"use-spent"}
    assert await count(scene, Action.NUMBER_RELEASE) == 3


async def test_a_released_use_is_spent_for_every_step(scene: Scene) -> None:
    use = await scene.prepare()
    second = await scene.world.human("suzuki", Role.APPROVER)
    await scene.confirm(use)
    assert rule_of(await scene.confirm(use)) == "use-spent"
    assert rule_of(await scene.release(use)) == "use-spent"
    assert rule_of(await scene.approve(use, second)) == "use-spent"


async def test_a_use_is_not_released_before_it_is_confirmed(scene: Scene) -> None:
    use = await scene.prepare()
    assert rule_of(await scene.release(use)) == "use-not-confirmed"
    assert (await last(scene)).rule == "use-not-confirmed"


async def test_a_use_that_needs_approval_goes_its_steps_in_order(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    second = await scene.world.human("suzuki", Role.APPROVER)
    use = await scene.prepare()
    assert rule_of(await scene.approve(use, second)) == "use-not-confirmed"
    assert rule_of(await scene.release(use)) == "use-not-confirmed"
    await scene.confirm(use)
    assert rule_of(await scene.release(use)) == "use-not-approved"
    assert rule_of(await scene.confirm(use)) == "use-already-confirmed"
    await scene.approve(use, second)
    assert rule_of(await scene.approve(use, second)) == "use-already-confirmed"
    assert isinstance(await scene.release(use), Released)


async def test_whoever_confirmed_does_not_approve(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    use = await scene.prepare()
    await scene.confirm(use)
    assert rule_of(await scene.approve(use, scene.handler)) == "never-the-same-person-twice"
    assert rule_of(await scene.release(use)) == "use-not-approved"


async def test_a_client_may_name_the_approver_but_the_code_is_the_approver_s(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    world, use = scene.world, await scene.prepare()
    second = await world.human("suzuki", Role.APPROVER)
    await scene.confirm(use)
    for login, human, expected in (
        ("", second, "a-use-needs-a-human"),
        ("tanaka", scene.handler, "never-the-same-person-twice"),
        ("nobody", second, "a-use-needs-a-human"),
        ("suzuki", scene.handler, "code-wrong"),
    ):
        code = world.code(human)
        done = await approve(world.custodian, scene.client, use.use.public_id, "", login, code, world.clock())
        assert rule_of(done) == expected
    code = world.code(second)
    done = await approve(world.custodian, scene.client, use.use.public_id, "", "suzuki", code, world.clock())
    assert isinstance(done, Confirmation)


async def test_two_approvals_at_once_count_once(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    humans = [await scene.world.human(f"approver{row}", Role.APPROVER) for row in range(4)]
    use = await scene.prepare()
    await scene.confirm(use)
    codes = [scene.world.code(human) for human in humans]
    now = scene.world.clock()
    codes = [code_at(human.seed, now) for human in humans]
    outcomes = await asyncio.gather(
        *(scene.approve(use, human, code) for human, code in zip(humans, codes, strict=True))
    )
    assert [isinstance(outcome, Confirmation) for outcome in outcomes].count(True) == 1


async def test_a_direct_use_never_skips_the_second_person(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    assert rule_of(await scene.direct()) == "use-not-approved"


# --- expiry and digest


@pytest.mark.parametrize(("later", "expected"), [(0, "released"), (1, "use-expired")])
async def test_a_use_waits_ten_minutes_for_its_confirmation(scene: Scene, later: int, expected: str) -> None:
    use = await scene.prepare()
    scene.world.clock.now = use.use.expires_at + later
    assert use.use.expires_at == use.use.prepared_at + LIFETIME_MS
    done = await scene.confirm(use, code=code_at(scene.handler.seed, scene.world.clock()))
    assert (done.rule if isinstance(done, Denied) else "released") == expected


async def test_a_confirmed_use_expires_as_well(scene: Scene) -> None:
    use = await scene.prepare()
    await scene.confirm(use, actor=scene.handler.actor)
    scene.world.clock.now = use.use.expires_at + 1
    assert rule_of(await scene.release(use)) == "use-expired"


@pytest.mark.parametrize("digest", ["0" * 64, "x", " "])
async def test_who_saw_something_else_confirms_nothing(scene: Scene, digest: str) -> None:
    await scene.limit(approval_over=2)
    second = await scene.world.human("suzuki", Role.APPROVER)
    use = await scene.prepare()
    assert rule_of(await scene.confirm(use, digest=digest)) == "use-changed"
    await scene.confirm(use, digest=use.use.digest)
    assert rule_of(await scene.approve(use, second, digest=digest)) == "use-changed"
    assert (await last(scene)).rule == "use-changed"


# --- who


async def test_only_who_prepared_a_use_takes_its_numbers(scene: Scene) -> None:
    other, handler = await scene.world.client("insurance"), scene.handler.actor
    use = await scene.prepare()
    await scene.confirm(use, actor=handler)
    for actor in (other, handler, scene.world.operator):
        assert rule_of(await scene.release(use, actor)) == "use-unknown"
    assert isinstance(await scene.release(use), Released)


async def test_of_two_handlers_only_the_one_who_prepared_takes_the_numbers(world: World) -> None:
    first, second = await world.human("tanaka"), await world.human("suzuki")
    scene = Scene(world, first.actor, first, await world.register(first.actor, 2))
    use = await scene.prepare()
    assert isinstance(await scene.confirm(use, actor=second.actor, by=second), Confirmation)
    assert rule_of(await scene.release(use, second.actor)) == "use-unknown"
    assert numbers(await scene.release(use, first.actor)) == scene.people.numbers


async def test_another_client_does_not_even_learn_that_a_use_exists(scene: Scene) -> None:
    other = await scene.world.client("insurance")
    use = await scene.prepare()
    assert rule_of(await scene.confirm(use, actor=other)) == "use-unknown"


async def test_another_tenant_does_not_even_learn_that_a_use_exists(scene: Scene) -> None:
    use = await scene.prepare()
    elsewhere = await World.open(scene.world.house, scene.world.clock, "別の会社")
    stranger = await elsewhere.client()
    handler = await elsewhere.human()
    now, code = elsewhere.clock(), elsewhere.code(handler)
    public_id = use.use.public_id
    done = await confirm(elsewhere.custodian, stranger, public_id, "", handler.login, code, now)
    assert rule_of(done) == "use-unknown"
    assert rule_of(await release(elsewhere.custodian, stranger, public_id, now)) == "use-unknown"


@pytest.mark.parametrize(
    "use_id", ["", "use_", "use_x", "use_0", "1", "use_" + "9" * 30, "use_１", "\x00", "\ud800"]
)
async def test_an_id_that_is_none_is_unknown(scene: Scene, use_id: str) -> None:
    world = scene.world
    assert rule_of(await release(world.custodian, scene.client, use_id, world.clock())) == "use-unknown"
    done = await confirm(world.custodian, scene.client, use_id, "", "tanaka", "000000", world.clock())
    assert rule_of(done) == "use-unknown"


@pytest.mark.parametrize("login", ["", "nobody", "Tanaka", "\x00", "\ud800", "x" * 10_000])
async def test_a_client_alone_brings_out_nothing(scene: Scene, login: str) -> None:
    world, use = scene.world, await scene.prepare()
    done = await confirm(world.custodian, scene.client, use.use.public_id, "", login, "000000", world.clock())
    assert rule_of(done) == "a-use-needs-a-human"
    assert rule_of(await scene.direct(handler=login)) in {"a-use-needs-a-human", "handler-unknown"}
    assert await count(scene, Action.NUMBER_RELEASE) == 0


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR])
async def test_only_a_handler_confirms(scene: Scene, role: Role) -> None:
    other = await scene.world.human("sato", role)
    use = await scene.prepare()
    assert rule_of(await scene.confirm(use, by=other)) == "no-rule-permits"
    assert rule_of(await scene.confirm(use, actor=other.actor, by=other)) == "no-rule-permits"


async def test_a_use_for_one_handler_is_confirmed_by_nobody_else(scene: Scene) -> None:
    other = await scene.world.human("suzuki")
    use = await scene.prepare(handler="tanaka")
    assert rule_of(await scene.confirm(use, by=other)) == "a-use-needs-a-human"
    assert rule_of(await scene.confirm(use, actor=other.actor, by=other)) == "a-use-needs-a-human"
    assert isinstance(await scene.confirm(use), Released)


async def test_a_handler_does_not_confirm_directly_in_another_s_name(world: World) -> None:
    handler = await world.human()
    await world.human("suzuki")
    scene = Scene(world, handler.actor, handler, await world.register(handler.actor, 1))
    assert rule_of(await scene.direct(handler="suzuki")) == "a-use-needs-a-human"


async def test_a_disabled_handler_confirms_nothing_and_what_they_confirmed_is_not_released(
    scene: Scene,
) -> None:
    use, confirmed = await scene.prepare(), await scene.prepare()
    await scene.confirm(confirmed, actor=scene.handler.actor)
    world = scene.world
    await disable_account(world.custodian, world.operator, "tanaka", world.clock())
    assert rule_of(await scene.confirm(use)) == "a-use-needs-a-human"
    assert rule_of(await scene.direct()) == "a-use-needs-a-human"
    assert rule_of(await scene.release(confirmed)) == "a-use-needs-a-human"


async def test_a_handler_who_lost_the_role_confirms_nothing_and_what_they_confirmed_is_not_released(
    scene: Scene,
) -> None:
    use, confirmed = await scene.prepare(), await scene.prepare()
    await scene.confirm(confirmed, actor=scene.handler.actor)
    world = scene.world
    await change_roles(world.custodian, world.operator, "tanaka", frozenset({Role.AUDITOR}), world.clock())
    assert rule_of(await scene.confirm(use)) == "no-rule-permits"
    assert rule_of(await scene.release(confirmed)) == "no-rule-permits"


async def test_what_a_disabled_approver_approved_is_not_released(scene: Scene) -> None:
    await scene.limit(approval_over=2)
    world, second = scene.world, await scene.world.human("suzuki", Role.APPROVER)
    use = await scene.prepare()
    await scene.confirm(use)
    await scene.approve(use, second)
    await disable_account(world.custodian, world.operator, "suzuki", world.clock())
    assert rule_of(await scene.release(use)) == "a-use-needs-a-human"


async def test_a_client_that_lost_the_purpose_is_not_given_what_was_confirmed_before(scene: Scene) -> None:
    world = scene.world
    confirmed, waiting = await scene.prepare(), await scene.prepare()
    await scene.confirm(confirmed, actor=scene.handler.actor)
    changed = await change_client(world.custodian, world.operator, "payroll", frozenset(), world.clock())
    assert not isinstance(changed, Denied)
    now_client = client_actor(changed, sandbox=False, request=None)
    assert rule_of(await scene.release(confirmed, now_client)) == "purpose-not-allowed-to-client"
    assert rule_of(await scene.confirm(waiting, actor=now_client)) == "purpose-not-allowed-to-client"


async def test_tokens_revoked_after_the_confirmation_release_nobody(scene: Scene) -> None:
    use = await scene.prepare()
    await scene.confirm(use, actor=scene.handler.actor)
    await revoke_tokens(scene.world.custodian, scene.client, scene.people.tokens[1:2], scene.world.clock())
    assert rule_of(await scene.release(use)) == "token-unknown"
    assert (await last(scene)).rule == "token-unknown"
    assert await count(scene, Action.NUMBER_RELEASE) == 0


async def test_a_number_that_is_gone_releases_nobody_and_the_refusal_is_recorded(scene: Scene) -> None:
    use = await scene.prepare()
    world = scene.world
    await change(world.house.database, world.tenant.id, "DELETE FROM person_key")
    assert rule_of(await scene.confirm(use)) == "number-not-held"
    assert (await last(scene)).rule == "number-not-held"
    assert await count(scene, Action.NUMBER_RELEASE) == 0


# --- quotas and limits


@pytest.mark.parametrize("quota", ["client", "human", "purpose"])
async def test_a_quota_without_room_withholds_the_numbers_and_records_it(scene: Scene, quota: str) -> None:
    await scene.limit(quotas=replace(WIDE, **small(quota)))
    assert isinstance(await scene.direct(), Released)
    assert rule_of(await scene.direct()) == f"quota-{quota}"
    assert (await last(scene)).rule == f"quota-{quota}"
    use = await scene.prepare()
    assert rule_of(await scene.confirm(use)) == f"quota-{quota}"
    scene.world.clock.advance(days=1)
    assert isinstance(await scene.direct(), Released)


def small(quota: str) -> dict[str, int]:
    return {quota: 5}


async def test_one_code_releases_at_most_a_hundred_numbers(scene: Scene) -> None:
    scene.people.tokens.extend(["wft_x"] * (DIRECT_LIMIT - 2))
    assert rule_of(await scene.direct()) == "too-many-numbers"
    scene.people.tokens.pop()
    assert isinstance(await scene.direct(), Released)


async def test_concurrent_releases_together_never_exceed_a_quota(scene: Scene) -> None:
    await scene.limit(quotas=replace(WIDE, **small("purpose")))
    humans = [await scene.world.human(f"handler{row}") for row in range(6)]
    uses = [await scene.prepare(count=2) for _ in humans]
    scene.world.clock.advance(seconds=30)
    codes = [code_at(human.seed, scene.world.clock()) for human in humans]
    outcomes = await asyncio.gather(
        *(
            scene.confirm(use, by=human, code=code)
            for use, human, code in zip(uses, humans, codes, strict=True)
        )
    )
    assert [isinstance(outcome, Released) for outcome in outcomes].count(True) == 2
    assert await count(scene, Action.NUMBER_RELEASE) == 4


# --- nothing without its record


async def test_without_a_record_no_number_leaves(scene: Scene) -> None:
    use = await scene.prepare()
    code = scene.world.code(scene.handler)
    await scene.world.house.database.close()
    with pytest.raises(StorageError):
        await scene.confirm(use, code=code)


async def test_nothing_a_release_returns_prints_a_number(scene: Scene) -> None:
    released = await scene.direct()
    assert isinstance(released, Released)
    assert not any(number in repr(released) + str(released.use) for number in scene.people.numbers)
