"""Pages: whoever walks a listing, in either direction and at any pace, meets every item once and in order."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.listing import Window
from policies.actor import Role
from schema.pages import slice_of
from tests.support.api import Caller, Office
from tests.support.walk import Operation, operations
from tests.support.world import GENSEN

LISTS = [item for item in operations("query") if "after" in item.field.args]
COUNT = 7
KEYS = {
    "purposes": "code",
    "persons": "externalId",
    "tokens": "token",
    "uses": "useId",
    "auditEntries": "index",
    "accounts": "login",
    "clients": "name",
    "documents": "documentId",
    "holds": "holdId",
    "duePersons": "externalId",
    "disposalRuns": "runId",
    "disposalItems": "externalId",
    "campaigns": "campaignId",
    "collections": "collectionId",
    "verificationDocuments": "code",
    "purposeNotices": "noticeId",
    "inquiries": "inquiryId",
    "appointmentSlots": "slotId",
    "appointments": "appointmentId",
}
LEFT_ON = "2026-06-30"


def document(item: Operation, where: str = "") -> str:
    """A page with nothing but what tells its items apart; `where` names what the list belongs to."""
    return (
        f"query($first: Int, $after: String, $last: Int, $before: String) {{ {item.name}"
        f"({where} first: $first, after: $after, last: $last, before: $before) "
        f"{{ nodes {{ {KEYS[item.name]} }} edges {{ cursor node {{ {KEYS[item.name]} }} }} "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )


async def of_what(caller: Caller, item: Operation) -> str:
    """The arguments by which a list names what it belongs to."""
    if item.name in {"documents", "purposeNotices"}:
        return 'externalId: "E0-0"'
    if item.name == "duePersons":
        return 'until: "2029-06-30"'
    if item.name == "collections":
        campaigns = await caller.ask("{ campaigns(first: 1) { nodes { campaignId } } }")
        return f'campaignId: "{campaigns["campaigns"]["nodes"][0]["campaignId"]}"'
    if item.name != "disposalItems":
        return ""
    runs = await caller.ask("{ disposalRuns(first: 1) { nodes { runId } } }")
    return f'runId: "{runs["disposalRuns"]["nodes"][0]["runId"]}"'


async def page(caller: Caller, item: Operation, **arguments: Any) -> Any:
    """One page, after a look at whether it agrees with itself."""
    found = (await caller.ask(document(item, await of_what(caller, item)), **arguments))[item.name]
    cursors = [edge["cursor"] for edge in found["edges"]]
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    assert len(set(cursors)) == len(cursors)
    ends = (cursors[0], cursors[-1]) if cursors else (None, None)
    assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == ends
    return found


async def forward(caller: Caller, item: Operation, size: int) -> list[Any]:
    found: list[Any] = []
    after, more = None, True
    while more:
        part = await page(caller, item, first=size, after=after)
        assert part["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += [*part["nodes"]]
        after, more = part["pageInfo"]["endCursor"], part["pageInfo"]["hasNextPage"]
        assert len(part["nodes"]) == size or not more
    return found


async def backward(caller: Caller, item: Operation, size: int) -> list[Any]:
    found: list[Any] = []
    before, more = None, True
    while more:
        part = await page(caller, item, last=size, before=before)
        assert part["pageInfo"]["hasNextPage"] is (before is not None)
        found[:0] = part["nodes"]
        before, more = part["pageInfo"]["startCursor"], part["pageInfo"]["hasPreviousPage"]
        assert len(part["nodes"]) == size or not more
    return found


async def filled(office: Office) -> Caller:
    """Somebody who may list everything, in a tenant with something to list."""
    boss = (await office.colleague("suzuki", *Role)).caller
    people = await office.register(boss, COUNT)
    for token in people.tokens:
        await boss.do("prepareUse", tokens=[token], purpose=GENSEN, reason="年末調整")
    for number in range(COUNT):
        await office.client(f"client-{number}")
    for number in range(2):
        await office.world.human(f"human{number}")
    await _end(boss, people.external_ids)
    await _collect(boss, people.external_ids[0])
    return boss


async def _end(boss: Caller, everybody: list[str]) -> None:
    """Documents, holds, departures, and runs of which the first has the longest list."""
    await boss.do("recordDocuments", externalIds=everybody[:1] * 3, purposes=[GENSEN] * 3)
    for _ in range(3):
        await boss.do("placeHolds", externalIds=everybody[:1], reason="訴訟のため")
    await boss.do(
        "recordDepartures", externalIds=everybody[1:], days=[LEFT_ON] * (COUNT - 1), openDocuments=False
    )
    for listed in (everybody[1:4], everybody[4:5], everybody[5:6]):
        proposed = await boss.do("proposeDisposal", externalIds=listed, reason="本人の申し出")
        assert proposed["__typename"] != "Refusal", proposed


async def _collect(boss: Caller, somebody: str) -> None:
    """Campaigns of which the first has people in it, and notices of one person."""
    wanted = {"name": "年末調整", "purposes": [GENSEN], "deadline": "2027-01-31"}
    made = [(await boss.do("createCampaign", **wanted))["campaign"]["campaignId"] for _ in range(3)]
    asked = [f"N-{row}" for row in range(COUNT)]
    added = await boss.do(
        "addToCampaign", campaignId=made[0], externalIds=asked, channels=["LINK_QR"] * COUNT
    )
    assert added["added"] == COUNT, added
    await _receive(boss, added["collectionIds"])
    told = {"form": "DOCUMENT", "purposes": [GENSEN], "text": "利用目的", "toldOn": "2026-11-20"}
    for _ in range(3):
        given = await boss.do("givePurposeNotice", externalIds=[somebody], notice=told)
        assert given["persons"] == 1, given


async def _receive(boss: Caller, collections: list[str]) -> None:
    """Threads, slots that begin in another order than they were offered in, and appointments in them."""
    starts = [f"2026-12-0{1 + row % 3}T1{row % 2}:00" for row in range(COUNT)]
    places = [f"{row}階" for row in range(COUNT)]
    size = {"minutes": [30] * COUNT, "seats": [COUNT] * COUNT}
    slots = (await boss.do("offerAppointmentSlots", places=places, starts=starts, **size))["slotIds"]
    for row, collection in enumerate(collections):
        written = await boss.do("answerInquiry", inquiryId=collection, text="お知らせ")
        assert written["__typename"] == "InquiryChanged", written
        booked = await boss.do("bookAppointment", collectionId=collection, slotId=slots[row * 3 % 5])
        assert booked["__typename"] == "AppointmentChanged", booked


async def test_every_list_can_be_walked_at_any_pace_in_either_direction(office: Office) -> None:
    boss = await filled(office)
    assert {item.name for item in LISTS} == KEYS.keys()
    for item in LISTS:
        whole = (await page(boss, item, first=100))["nodes"]
        assert len(whole) >= 3, item
        for size in (1, 2, 3, COUNT, 100):
            if item.name in {"purposes", "verificationDocuments"} and size < COUNT:
                continue  # three dozen of each, in memory, cut by the same function as accounts and clients
            assert await forward(boss, item, size) == whole, (item, size)
            assert await backward(boss, item, size) == whole, (item, size)


@pytest.fixture
async def boss(office: Office) -> Caller:
    return await filled(office)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_part_between_two_cursors_is_the_part_of_the_whole(
    boss: Caller, data: st.DataObject
) -> None:
    item = data.draw(
        st.sampled_from([one for one in LISTS if one.name in {"persons", "auditEntries", "clients"}])
    )
    whole = await page(boss, item, first=100)
    cursors = [edge["cursor"] for edge in whole["edges"]]
    ends = st.none() | st.integers(0, len(cursors) - 1)
    after, before = data.draw(ends), data.draw(ends)
    size, backwards = data.draw(st.integers(1, 9)), data.draw(st.booleans())
    part = await page(
        boss,
        item,
        after=None if after is None else cursors[after],
        before=None if before is None else cursors[before],
        **({"last": size} if backwards else {"first": size}),
    )
    between = whole["nodes"][0 if after is None else after + 1 : before]
    assert part["nodes"] == (between[-size:] if backwards else between[:size])


@given(
    st.lists(st.integers(), max_size=12),
    st.integers(1, 13),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 12),
    st.booleans(),
)
def test_a_slice_of_a_list_in_memory_is_the_part_that_was_asked_for(
    items: list[int], limit: int, after: int | None, before: int | None, backwards: bool
) -> None:
    found = slice_of(items, Window(limit, after, before, backward=backwards))
    between = list(enumerate(items))[0 if after is None else after + 1 : before]
    assert list(found.items) == (between[-limit:] if backwards else between[:limit])
    if found.items:
        assert found.has_next is (found.items[-1][0] < len(items) - 1)
        assert found.has_previous is (found.items[0][0] > 0)


async def test_a_cursor_is_taken_only_where_it_was_given(office: Office) -> None:
    boss = await filled(office)
    elsewhere = await office.beside("株式会社別物")
    foreign = await filled(elsewhere)
    by_name = {item.name: item for item in LISTS}
    persons = by_name["persons"]
    whole = await page(boss, persons, first=100)
    cursor = whole["edges"][2]["cursor"]
    kind, key, tag = cursor.split(".")
    forged = [
        *("", ".", "..", "person", "person.1", "person.-1.aa", f"{kind}.{key}", f"{kind}.{key}."),
        *(f"{kind}.{int(key, 16) + 1:x}.{tag}", f"token.{key}.{tag}", f"{kind}.0{key}.{tag}"),
        *(cursor.upper(), f" {cursor}", f"{cursor}\n", f"{kind}.{'f' * 100_000}.{tag}"),
        *(
            cursor[:place] + ("0" if cursor[place] != "0" else "1") + cursor[place + 1 :]
            for place in range(7, len(cursor))
        ),
        (await page(foreign, persons, first=3))["edges"][2]["cursor"],
        (await page(boss, by_name["tokens"], first=3))["edges"][2]["cursor"],
    ]
    for text in forged:
        for name in ("after", "before"):
            assert await boss.code_of(document(persons), **{name: text}) == "BAD_USER_INPUT", text
    (next_one,) = (await page(boss, persons, first=1, after=cursor))["nodes"]
    assert next_one == whole["nodes"][3]


async def test_a_page_has_one_to_a_hundred_items_from_one_end(office: Office) -> None:
    boss = await filled(office)
    for item in LISTS:
        for size in ({"first": 0}, {"first": 101}, {"last": -1}, {"last": 101}, {"first": 1, "last": 1}):
            code = await boss.code_of(document(item, await of_what(boss, item)), **size)
            assert code == "BAD_USER_INPUT", (item, size)
        text = document(item, await of_what(boss, item))
        assert await boss.code_of(text, first=2**31 - 1) == "OPERATION_TOO_COMPLEX"
