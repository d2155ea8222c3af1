"""Links as the company issues and revokes them."""

from custody.collection.acting import program
from custody.collection.addition import Added, add_people, invited
from custody.collection.collection import collections_by_id, parse_collection_id
from custody.collection.steps import Chosen
from custody.selfservice.giving import acknowledge
from custody.selfservice.link import Factor
from custody.selfservice.links import (
    IssuedLink,
    IssuedLinks,
    RevokedLinks,
    issue_links,
    mint_link,
    revoke_links,
)
from custody.selfservice.view import look
from custody.selfservice.visits import Visit, open_door
from policies.actor import Role
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.collecting import Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.visiting import BIRTHDAY, Visitor, ask, issue
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

(NUMBER,) = synthetic_numbers(1, seed=806)


async def issued(collecting: Collecting, chosen: Chosen, factor: Factor = Factor.BIRTH_DATE) -> object:
    return await issue_links(
        collecting.custodian,
        collecting.administrator,
        collecting.campaign.public_id,
        chosen,
        factor,
        collecting.world.clock(),
    )


async def test_each_row_gets_a_link_or_the_reason_why_not(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await collecting.add("E2")  # without a birth date
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    again = await Collecting.begin_again(collecting)
    await ask(again, "E3")
    ids = [collecting.ids["E1"], collecting.ids["E2"], collecting.ids["D1"], again.ids["E3"], "col_9"]
    done = await issued(collecting, Chosen(ids))
    assert isinstance(done, IssuedLinks)
    assert [each.collection for each in done.links] == [collecting.ids["E1"]]
    assert codes_of(done.rejections) == {
        1: "BIRTH_DATE_MISSING",
        2: "LINK_SHARED",
        3: "COLLECTION_UNKNOWN",
        4: "COLLECTION_UNKNOWN",
    }
    coded = await issued(collecting, Chosen(ids[:2]), Factor.PASSCODE)
    assert isinstance(coded, IssuedLinks)
    assert len({each.passcode for each in coded.links}) == len({each.secret for each in coded.links}) == 2


async def test_a_dependents_row_stands_for_the_link_of_the_employee(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1", birth_date="2015-05-05")
    (link,) = await issue(collecting, "D1")
    visitor = await Visitor.through(collecting, link)
    assert [each.external_id for each in (await visitor.sees()).collections] == ["E1", "D1"]
    said = [each for each in await record_of(collecting.world) if each.action is Action.LINK_ISSUE]
    assert [each.person for each in said] == [visitor.visit.person]


async def test_an_employee_who_is_not_asked_brings_their_family_alone(collecting: Collecting) -> None:
    before = await Collecting.begin_again(collecting)
    await ask(before, "E1")
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    (link,) = await issue(collecting, "D1")
    visitor = await Visitor.through(collecting, link)
    assert [(each.external_id, each.own) for each in (await visitor.sees()).collections] == [("D1", False)]


async def test_a_newer_link_takes_the_giving_from_the_older_one(collecting: Collecting) -> None:
    first = await Visitor.comes(collecting, "E1")
    second = await Visitor.comes(collecting, "E1", told=False)
    old, new = await first.sees(), await second.sees()
    assert (old.gives, new.gives, new.acknowledged) == (False, True, True)
    reopened = await Visitor.through(collecting, first.link, told=False)
    refused = await acknowledge(reopened.custodian, reopened.visit, reopened.clock())
    assert isinstance(refused, Denied)
    assert refused.rule == "giving-ended"


async def test_links_of_other_campaigns_go_on(collecting: Collecting) -> None:
    first = await Visitor.comes(collecting, "E1")
    await first.brings(collecting.ids["E1"], NUMBER)
    await collecting.verified("E1")
    await collecting.registered("E1")
    again = await Collecting.begin_again(collecting)
    rows = invited(["E1"], ["link_qr"])
    added = await add_people(
        again.custodian,
        again.administrator,
        again.campaign.public_id,
        rows,
        first.clock(),
        recollect=True,
    )
    assert isinstance(added, Added)
    again.ids["E1"] = added.collections[0] or ""
    (link,) = await issue(again, "E1")
    other = await Visitor.through(again, link)
    assert (await first.sees()).gives
    assert [each.id for each in (await other.sees()).collections] == [again.ids["E1"]]


async def test_a_link_issued_late_takes_numbers_for_a_fortnight(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    collecting.world.clock.advance(days=100)
    (link,) = await issue(collecting, "E1")
    assert link.gives_until == collecting.world.clock() + 14 * 86_400_000


async def test_the_program_issues_a_link_for_a_mail_that_goes_out(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await collecting.add("E2")
    tenant, custodian = collecting.world.tenant.id, collecting.custodian

    async def minted(external_id: str) -> IssuedLink | Denied:
        identity = parse_collection_id(collecting.ids[external_id]) or 0

        def work(tx: Transaction) -> IssuedLink | Denied:
            custodian.vault.log(tenant).lock(tx)
            found = collections_by_id(tx, custodian.authority, tenant, [identity])[identity]
            now = collecting.world.clock()
            return mint_link(tx, custodian, program(tenant), found, Factor.BIRTH_DATE, now)

        return await custodian.database.write(tenant, work)

    link = await minted("E1")
    assert isinstance(link, IssuedLink)
    assert isinstance(await open_door(custodian, link.secret, BIRTHDAY, collecting.world.clock()), Visit)
    refused = await minted("E2")
    assert isinstance(refused, Denied)
    assert refused.rule == "link-not-possible"
    assert "生年月日" in refused.message_ja
    said = [each for each in await record_of(collecting.world) if each.action is Action.LINK_ISSUE]
    assert [each.detail["by"] for each in said] == ["system"]


async def test_only_who_runs_campaigns_issues_and_revokes_links(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    auditor = (await collecting.world.human("mori", Role.AUDITOR)).actor
    campaign, chosen, now = collecting.campaign.public_id, collecting.chosen("E1"), collecting.world.clock()
    for refused in (
        await issue_links(collecting.custodian, auditor, campaign, chosen, Factor.PASSCODE, now),
        await revoke_links(collecting.custodian, auditor, chosen, now),
    ):
        assert rule_of(refused) == "no-rule-permits"
    assert await collecting.count("collection_link") == 0


async def test_revoking_names_people_and_ends_all_of_their_links_in_the_campaign(
    collecting: Collecting,
) -> None:
    first, second = await Visitor.comes(collecting, "E1"), await Visitor.comes(collecting, "E1")
    bystander = await Visitor.comes(collecting, "E2")
    done = await revoke_links(
        collecting.custodian,
        collecting.administrator,
        Chosen([collecting.ids["E1"], "col_9"]),
        first.clock(),
    )
    assert isinstance(done, RevokedLinks)
    assert (done.count, codes_of(done.rejections)) == (2, {1: "COLLECTION_UNKNOWN"})
    for visitor in (first, second):
        seen = await look(visitor.custodian, visitor.visit, visitor.clock())
        assert rule_of(seen) == "visit-ended"
    assert (await bystander.sees()).gives
    again = await revoke_links(
        collecting.custodian, collecting.administrator, collecting.chosen("E1"), first.clock()
    )
    assert isinstance(again, RevokedLinks)
    assert again.count == 0


async def test_an_unknown_campaign_and_uneven_columns_are_refused(collecting: Collecting) -> None:
    await ask(collecting, "E1")
    assert rule_of(await issued(collecting, Chosen([collecting.ids["E1"]], [1, 2]))) == "columns-differ"
    assert rule_of(await issued(collecting, Chosen(["col_1"] * 10_001))) == "too-many-rows"
    unknown = await issue_links(
        collecting.custodian,
        collecting.administrator,
        "cmp_1",
        collecting.chosen("E1"),
        Factor.BIRTH_DATE,
        collecting.world.clock(),
    )
    assert rule_of(unknown) == "campaign-unknown"
