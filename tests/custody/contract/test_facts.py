"""What is certified of a contract's end: both certificates verify, name nobody, and say what was erased."""

from dataclasses import replace

from custody.certificates.facts import Erased, Kind, Stage
from custody.certificates.issue import issue
from custody.certificates.verify import verify
from custody.contract.end import more_erased, save_end
from custody.contract.erase import ERASED
from custody.contract.facts import GROUPS, OTHER, certify_end, end_of_key
from custody.disposal.extinction import mark_extinct
from custody.disposal.facts import Certified
from custody.record import verifier_key
from tests.support.contract import AFTER, agree, carry_out, end, fill, shown
from tests.support.disposal import Ending
from tests.support.outcomes import rule_of
from tests.support.tamper import change
from tests.support.world import World
from tokenizer.audit.note import VerifierKey
from tokenizer.token import Kind as Secrets
from tokenizer.token import mint_secret, parse_secret


def test_no_table_is_counted_twice_on_the_certificate() -> None:
    named = [table for tables in GROUPS.values() for table in tables]
    assert len(set(named)) == len(named)
    assert set(named) <= {table.name for table in ERASED}
    assert all(words.ja and words.en for words in (*GROUPS, OTHER))


async def test_a_table_that_no_group_names_is_counted_among_the_others(ending: Ending) -> None:
    world = ending.world
    await end(ending)
    before = await shown(ending)
    counted = replace(before, erased=more_erased(before, {"visit": 2, "weather": 3}))
    await world.house.database.write(
        world.tenant.id, lambda tx: save_end(tx, world.custodian.authority, counted)
    )
    assert (await certified(ending, first=True)).facts.erased[-1] == Erased(OTHER, 5)


async def certified(ending: Ending, *, first: bool) -> Certified:
    world = ending.world
    found = await certify_end(world.custodian, world.tenant.id, issuer="割符サービス株式会社", first=first)
    assert isinstance(found, Certified), found
    key = VerifierKey.parse(verifier_key(world.custodian, world.tenant.id))
    text = issue(found.facts, found.evidence, world.custodian.vault.keyring.signer(world.tenant.id))
    assert verify(text, key).facts == found.facts
    return found


async def test_the_first_certificate_says_who_ended_the_contract_and_what_is_gone(ending: Ending) -> None:
    world = ending.world
    people = await fill(ending)
    await end(ending)
    facts = (await certified(ending, first=True)).facts
    assert (facts.kind, facts.stage, facts.tenant_name) == (
        Kind.CONTRACT_END,
        Stage.DISPOSED,
        "株式会社テスト",
    )
    assert (facts.contract_ended_on, facts.as_of, facts.reason) == ("2026-11-30", "2026-12-01", "事業の終了")
    assert facts.confirmed is not None
    assert facts.approved is not None
    signed = [(each.account, each.name) for each in (facts.confirmed, facts.approved)]
    assert signed == [("sato", "試験 太郎"), ("suzuki", "試験 太郎")]
    assert (len(facts.persons), facts.listed) == (3, 3)
    assert {(person.external_id, person.name) for person in facts.persons} == {("", "")}
    counts = (await shown(ending)).counts
    told = {rows.what.en: rows.count for rows in facts.erased}
    assert sum(told.values()) == sum(counts.values())
    assert (told["Accounts"], told["Records of persons (names, addresses and so on)"]) == (3, 5)
    text = repr(facts)
    assert not [number for number in people.numbers if number in text]
    assert rule_of(await certify_end(world.custodian, world.tenant.id)) == "contract-not-extinct"


async def test_the_second_certificate_follows_the_end_of_the_epoch(ending: Ending) -> None:
    world = ending.world
    await fill(ending)
    await end(ending)
    first = await certified(ending, first=True)
    world.clock.advance(days=91)
    (run,) = [
        each
        for each in await mark_extinct(world.custodian, world.tenant.id, [9], world.clock())
        if each.kind is Kind.CONTRACT_END
    ]
    second = await certified(ending, first=False)
    assert (second.facts.stage, second.facts.extinct_at) == (Stage.EXTINCT, run.extinct_at)
    assert len(second.evidence) == 2
    assert (await certified(ending, first=True)).facts == first.facts


async def test_there_is_no_certificate_before_everything_is_erased(ending: Ending) -> None:
    world = ending.world
    for step in (fill, agree):
        assert (
            rule_of(await certify_end(world.custodian, world.tenant.id, first=True)) == "contract-not-ended"
        )
        await step(ending)
    assert rule_of(await certify_end(world.custodian, world.tenant.id, first=True)) == "contract-not-ended"


async def test_a_contract_without_persons_has_its_certificates_too(ending: Ending) -> None:
    await end(ending)
    assert (await certified(ending, first=True)).facts.persons == ()


async def test_a_database_that_lost_the_run_certifies_nothing(ending: Ending) -> None:
    world = ending.world
    await end(ending)
    sql = "DELETE FROM disposal_run WHERE tenant_id = :own"
    await change(world.house.database, world.tenant.id, sql, own=world.tenant.id)
    assert rule_of(await certify_end(world.custodian, world.tenant.id, first=True)) == "contract-end-restored"


async def test_a_key_fetches_the_certificates_of_its_own_contract_alone(ending: Ending, world: World) -> None:
    other = await Ending.begin(await World.open(world.house, world.clock, "有限会社となり"))
    keys = {each.world.tenant.id: (await agree(each)).key for each in (ending, other)}
    for tenant, text in keys.items():
        found = await end_of_key(world.custodian, parse_secret(Secrets.CERTIFICATE_KEY, text))
        assert found is not None
        assert found.tenant == tenant
    for tenant in (world.tenant.id, 7):
        forged = mint_secret(Secrets.CERTIFICATE_KEY, tenant, world.custodian.random_bytes)
        assert await end_of_key(world.custodian, parse_secret(Secrets.CERTIFICATE_KEY, forged)) is None
    ending.go_to(AFTER)
    await carry_out(ending)
    found = await end_of_key(world.custodian, parse_secret(Secrets.CERTIFICATE_KEY, keys[world.tenant.id]))
    assert found is not None
