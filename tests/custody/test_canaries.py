"""Numbers planted in every text argument of every use case are found nowhere but where a release puts them.

Each canary is a synthetic number of its own, so a find names the argument it came in by. Looked at are the files of
the database (or every row of it, on PostgreSQL), the log output, and everything the use cases return or raise.
"""

import hashlib
import logging
import re
import traceback
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from api.migrations.tables import METADATA
from custody.accounts import change_roles, create_account, disable_account, reset_second_factor
from custody.change import change_number
from custody.clients import change_client, create_client, revoke_client, rotate_key
from custody.listing import PersonFilter, Window, list_persons
from custody.notices import give_notice
from custody.people import Verification
from custody.prepare import Request, prepare
from custody.record import Whose, list_entries
from custody.registration import register
from custody.release import Released
from custody.replay import Replay
from custody.roster import Columns
from custody.sessions import change_password, log_in, reauthenticate, recover, session_actor
from custody.tenants import Settings, create_tenant
from custody.tokens import issue_tokens, revoke_tokens
from custody.use import approve, confirm, detokenize, release
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.numbers import complete, synthetic_numbers
from tests.support.tamper import change, rows
from tests.support.world import GENSEN, OPERATOR, PASSWORD, Human, World
from tokenizer.errors import VaultError
from tokenizer.storage.statement import Backend

DAY = date(2026, 4, 1)
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda number: number,
    "in a sentence": lambda number: f"本人の番号は{number}です",
    "in fours": lambda number: f"{number[:4]}-{number[4:8]}-{number[8:]}",
    "in full width": lambda number: number.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"}),
    "as the tax form": lambda number: f"0{number}",
}
_numbers = count(1)


def next_number(*, right: bool) -> str:
    """A number no other canary has; its check digit right, or wrong."""
    number = complete(f"{77_000_000_000 + 7_919 * next(_numbers):011d}")
    return number if right else number[:-1] + str((int(number[-1]) + 1) % 10)


@dataclass
class Canary:
    """A number, and the text in which it was planted."""

    where: str
    number: str
    text: str

    def traces(self) -> dict[str, bytes]:
        """Everything by which the number could be told."""
        digits = self.number.encode()
        found = {
            "ASCII": digits,
            "the text": self.text.encode(),
            "UTF-16 little-endian": self.number.encode("utf-16-le"),
            "UTF-16 big-endian": self.number.encode("utf-16-be"),
            "packed decimal": bytes.fromhex(self.number),
            "six-byte integer": int(self.number).to_bytes(6, "big"),
            "eight-byte integer": int(self.number).to_bytes(8, "little"),
            "backwards": digits[::-1],
        }
        for shift in range(3):
            found[f"base64, {shift} bytes in"] = b64encode(b"\0" * shift + digits)[4 if shift else 0 : 16]
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            hashed = hashlib.new(name, digits)
            found[name], found[f"{name} in hexadecimal"] = hashed.digest(), hashed.hexdigest().encode()
        return found


@dataclass
class Trap:
    """What was planted, and what came back."""

    canaries: list[Canary] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    async def plant(self, where: str, act: Callable[[str], Awaitable[object]]) -> None:
        """Do something with each form of a number as an argument."""
        for form, write in FORMS.items():
            for right in (True, False):
                number = next_number(right=right)
                canary = Canary(f"{where}, {form}, check digit {right}", number, write(number))
                self.canaries.append(canary)
                await self.keep(act(canary.text))

    async def keep(self, outcome: Awaitable[object]) -> None:
        try:
            told = await outcome
        except VaultError as error:
            self.returned.append("".join(traceback.format_exception(error)) + repr(error))
        else:
            self.returned += [repr(told), *texts_in(told)]

    def hits(self, places: Mapping[str, bytes]) -> list[str]:
        """Which canaries are found where, and as what; one pass over each place, whatever their number."""
        starts: dict[bytes, list[tuple[bytes, str]]] = {}
        for canary in self.canaries:
            for form, trace in canary.traces().items():
                starts.setdefault(trace[:6], []).append((trace, f"{canary.where}: {form}"))
        return sorted(
            {
                f"{what} in {place}"
                for place, content in places.items()
                for at in range(len(content) - 5)
                for trace, what in starts.get(content[at : at + 6], ())
                if content.startswith(trace, at)
            }
        )


def texts_in(value: object) -> Iterator[str]:
    """Every text that can be reached from a returned value; of a release, all but the numbers."""
    if isinstance(value, str | bytes | Enum):
        yield str(value)
    elif is_dataclass(value):
        for item in fields(value):
            if not (isinstance(value, Released) and item.name == "numbers"):
                yield from texts_in(getattr(value, item.name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(key)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from texts_in(inner)


@dataclass
class Scene:
    """Who acts, and on what."""

    world: World
    client: Actor
    human: Human
    token: str
    use: str

    @property
    def now(self) -> int:
        return self.world.clock()


async def stage(world: World) -> Scene:
    client, human = await world.client(), await world.human("tanaka", Role.HANDLER, Role.ADMINISTRATOR)
    people = await world.register(client, 1)
    prepared = await prepare(
        world.custodian, client, Request(people.tokens, GENSEN, "年末調整"), world.clock()
    )
    assert not isinstance(prepared, Denied)
    return Scene(world, client, human, people.tokens[0], prepared.use.public_id)


# --- every text argument of every use case


async def plant_in_administration(trap: Trap, scene: Scene) -> None:
    c, by, now = scene.world.custodian, scene.world.operator, scene.now
    handler, codes = frozenset({Role.HANDLER}), frozenset({GENSEN})
    await trap.plant("tenant name", lambda x: create_tenant(c, OPERATOR, x, Settings(), now, sandbox=False))
    await trap.plant("account login", lambda x: create_account(c, by, x, "試験", handler, PASSWORD, now))
    await trap.plant(
        "account login, end", lambda x: create_account(c, by, f"a{x}", "試験", handler, PASSWORD, now)
    )
    await trap.plant("account name", lambda x: create_account(c, by, "suzuki", x, handler, PASSWORD, now))
    await trap.plant("account password", lambda x: create_account(c, by, "suzuki", "試験", handler, x, now))
    await trap.plant("roles of login", lambda x: change_roles(c, by, x, handler, now))
    await trap.plant("disable login", lambda x: disable_account(c, by, x, now))
    await trap.plant("reset login", lambda x: reset_second_factor(c, by, x, now))
    await trap.plant("client name", lambda x: create_client(c, by, x, codes, now))
    await trap.plant("client name, end", lambda x: create_client(c, by, f"c{x}", codes, now))
    await trap.plant("client purposes", lambda x: create_client(c, by, "other", frozenset({x}), now))
    await trap.plant("rotate name", lambda x: rotate_key(c, by, x, now))
    await trap.plant("change name", lambda x: change_client(c, by, x, codes, now))
    await trap.plant("change purposes", lambda x: change_client(c, by, "payroll", frozenset({x}), now))
    await trap.plant("revoke name", lambda x: revoke_client(c, by, x, now))


async def plant_in_people(trap: Trap, scene: Scene) -> None:
    world, c, client, now = scene.world, scene.world.custodian, scene.client, scene.now
    fresh = iter(synthetic_numbers(1_000, seed=50))
    ids = (f"P{row}" for row in count())

    def attempt(change: Callable[[Columns], Columns], *, replay: Replay | None = None) -> Awaitable[object]:
        columns = Columns([next(ids)], [next(fresh)])
        return register(c, client, change(columns), world.terms(), now, replay)

    await trap.plant("external id", lambda x: attempt(lambda k: replace(k, external_ids=[x])))
    await trap.plant("name", lambda x: attempt(lambda k: replace(k, names=[x])))
    await trap.plant("kana", lambda x: attempt(lambda k: replace(k, kana=[x])))
    await trap.plant("address", lambda x: attempt(lambda k: replace(k, addresses=[x])))
    await trap.plant("birth date", lambda x: attempt(lambda k: replace(k, birth_dates=[x])))
    await trap.plant("employee", lambda x: attempt(lambda k: replace(k, employees=[x])))
    await trap.plant("wrong number", lambda x: attempt(lambda k: replace(k, numbers=[f"9{x}9"])))
    await trap.plant(
        "idempotency key", lambda x: attempt(lambda k: k, replay=Replay(client, x, "tokenize", b"{}"))
    )
    await trap.plant(
        "request content",
        lambda x: attempt(lambda k: k, replay=Replay(client, f"k{next(ids)}", "t", x.encode())),
    )
    await trap.plant("notified", lambda x: register(c, client, Columns([], []), world.terms(x), now))
    await trap.plant("notice to", lambda x: give_notice(c, client, [x], frozenset({GENSEN}), DAY, now))
    await trap.plant("notice of", lambda x: give_notice(c, client, ["E0-0"], frozenset({x}), DAY, now))
    await trap.plant("tokens for", lambda x: issue_tokens(c, client, [x], now))
    await trap.plant("tokens to revoke", lambda x: revoke_tokens(c, client, [x], now))
    by_card = Verification.MY_NUMBER_CARD
    handler, good = scene.human.actor, next(fresh)
    await trap.plant("change of", lambda x: change_number(c, handler, x, good, by_card, DAY, now))
    await trap.plant("change to", lambda x: change_number(c, handler, "E0-0", f"9{x}9", by_card, DAY, now))
    window = Window(10)
    await trap.plant("list", lambda x: list_persons(c, client, PersonFilter(external_id=x), window, now))
    await trap.plant("record of id", lambda x: list_entries(c, handler, Whose(external_id=x), window, now))
    await trap.plant("record of token", lambda x: list_entries(c, client, Whose(token=x), window, now))


async def plant_in_use(trap: Trap, scene: Scene) -> None:
    world, c, client, use = scene.world, scene.world.custodian, scene.client, scene.use
    human, login = scene.human, scene.human.login

    def request(name: str = "", text: str = "") -> Request:
        asked = {"token": scene.token, "purpose": GENSEN, "reason": "年末調整", "handler": login} | {
            name: text
        }
        return Request([asked["token"]], asked["purpose"], asked["reason"], asked["handler"])

    async def prepared(name: str, text: str) -> object:
        return await prepare(c, client, request(name, text), scene.now)

    async def detokenized(name: str, text: str) -> object:
        return await detokenize(c, client, request(name, text), world.code(human), scene.now)

    for name in ("token", "purpose", "reason", "handler"):
        await trap.plant(f"prepare {name}", partial(prepared, name))
        await trap.plant(f"detokenize {name}", partial(detokenized, name))
    await trap.plant("detokenize code", lambda x: detokenize(c, client, request(), x, scene.now))
    await reset_code(scene)
    await trap.plant("confirm use", lambda x: confirm(c, client, x, "", login, "000000", scene.now))
    await trap.plant("confirm digest", lambda x: confirm(c, client, use, x, login, "000000", scene.now))
    await trap.plant("confirm handler", lambda x: confirm(c, client, use, "", x, "000000", scene.now))
    await trap.plant("confirm code", lambda x: confirm(c, client, use, "", login, x, scene.now))
    await trap.plant("approve use", lambda x: approve(c, client, x, "", login, "000000", scene.now))
    await trap.plant("approve digest", lambda x: approve(c, client, use, x, login, "000000", scene.now))
    await trap.plant("approve approver", lambda x: approve(c, client, use, "", x, "000000", scene.now))
    await trap.plant("release use", lambda x: release(c, client, x, scene.now))


async def reset_code(scene: Scene) -> None:
    """Ten canaries as codes ended the factor: enrol it anew."""
    world = scene.world
    new = await reset_second_factor(world.custodian, world.operator, scene.human.login, world.clock())
    assert not isinstance(new, Denied)
    scene.human.seed = new.seed


async def plant_in_sessions(trap: Trap, scene: Scene) -> None:
    world, c, tenant = scene.world, scene.world.custodian, scene.world.tenant.id
    login, actor = scene.human.login, scene.human.actor

    def later() -> int:
        return world.clock.advance(minutes=16)

    await trap.plant("login", lambda x: log_in(c, tenant, x, PASSWORD, "000000", later(), None))
    await trap.plant("password", lambda x: log_in(c, tenant, login, x, "000000", later(), None))
    await trap.plant("code", lambda x: log_in(c, tenant, login, PASSWORD, x, later(), None))
    await trap.plant(
        "code given again", lambda x: reauthenticate(c, actor._replace(session=b"x"), x, later())
    )
    await trap.plant("recovery login", lambda x: recover(c, tenant, x, PASSWORD, "wfr_", later(), None))
    await trap.plant("recovery password", lambda x: recover(c, tenant, login, x, "wfr_", later(), None))
    await trap.plant("recovery code", lambda x: recover(c, tenant, login, PASSWORD, x, later(), None))
    await trap.plant("old password", lambda x: change_password(c, actor, x, PASSWORD + "!", later()))
    await trap.plant("new password", lambda x: change_password(c, actor, PASSWORD, x, later()))
    await trap.plant("session", lambda x: session_actor(c, tenant, x, later(), None))


async def use_what_is_registered(trap: Trap, scene: Scene) -> None:
    """Numbers that do belong into the vault: registered, released, changed."""
    world, c, client = scene.world, scene.world.custodian, scene.client
    numbers = [next_number(right=True) for _ in range(20)]
    trap.canaries += [Canary(f"registered {row}", number, number) for row, number in enumerate(numbers)]
    columns = Columns([f"R{row}" for row in range(20)], numbers, names=["試験 太郎"] * 20)
    replay = Replay(client, "k", "t", repr(numbers).encode())
    done = await register(c, client, columns, world.terms(), scene.now, replay)
    assert not isinstance(done, Denied)
    await trap.keep(as_it_is(done))
    await reset_code(scene)
    tokens = [token or "" for token in done.tokens]
    request = Request(tokens, GENSEN, "年末調整", scene.human.login)
    released = await detokenize(c, client, request, world.code(scene.human), scene.now)
    assert isinstance(released, Released)
    assert [number.decode() for number in released.numbers] == numbers
    await trap.keep(as_it_is(released))
    new = next_number(right=True)
    trap.canaries.append(Canary("changed", new, new))
    by_card = Verification.MY_NUMBER_CARD
    await trap.keep(change_number(c, scene.human.actor, "R0", new, by_card, DAY, scene.now))
    await trap.keep(
        register(c, client, replace(columns, numbers=numbers[1:] + numbers[:1]), world.terms(), scene.now)
    )


async def as_it_is(value: object) -> object:
    return value


# --- where to look


async def stored(world: World, url: str) -> dict[str, bytes]:
    """The database's own files, or all its rows where the files are a server's."""
    database = world.house.database
    if database.backend is Backend.SQLITE:
        path = Path(make_url(url).database or "")
        files = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
        assert {"warifu.db", "warifu.db-wal", "warifu.db-shm"} <= {each.name for each in files}
        return {each.name: each.read_bytes() for each in files}
    found: dict[str, bytes] = {}
    for table in METADATA.sorted_tables:
        content = [
            value if isinstance(value, bytes) else str(value).encode()
            for row in await rows(database, world.tenant.id, f'SELECT * FROM "{table.name}"')  # noqa: S608 - our own tables
            for value in row
        ]
        found[table.name] = b"\n".join(content)
    return found


def logged(caplog: pytest.LogCaptureFixture) -> bytes:
    """Everything any library logged at any level; lines that differ in an address only stand once."""
    lines = set()
    for record in caplog.records:
        trace = traceback.format_exception(*record.exc_info) if record.exc_info else []
        text = f"{record.getMessage()} {record.args!r} {record.exc_text} {''.join(trace)}"
        lines.add(re.sub("0x[0-9a-f]+", "0x", text))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


async def test_no_number_is_found_but_where_a_release_puts_it(
    world: World, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trap, scene = Trap(), await stage(world)
    for plant in (
        plant_in_administration,
        plant_in_people,
        plant_in_use,
        plant_in_sessions,
        use_what_is_registered,
    ):
        await plant(trap, scene)
    assert len(trap.canaries) > 500
    assert len({canary.number for canary in trap.canaries}) == len(trap.canaries)
    told = "\n".join(trap.returned).encode("utf-8", "surrogatepass")
    places = {"what was returned": told, "the log output": logged(caplog)}
    assert trap.hits(places | await stored(world, database_url)) == []


async def test_the_trap_finds_a_number_in_every_form_it_looks_for() -> None:
    number = next_number(right=True)
    canary = Canary("here", number, FORMS["in fours"](number))
    for form, trace in canary.traces().items():
        trap = Trap([canary])
        assert f"here: {form} in there" in trap.hits({"there": b"before" + trace + b"after"})


async def test_the_trap_finds_a_number_that_stands_in_a_row(world: World, database_url: str) -> None:
    number = next_number(right=True)
    await stage(world)
    await change(world.house.database, world.tenant.id, "UPDATE person SET name = :number", number=number)
    hits = Trap([Canary("name", number, number)]).hits(await stored(world, database_url))
    assert any("ASCII" in hit for hit in hits)
