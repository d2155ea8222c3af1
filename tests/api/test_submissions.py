"""Submissions over HTTP: sealed as they come, looked at side by side, each look on record.

Every number here is synthetic.
"""

from base64 import b64decode, b64encode
from io import BytesIO
from typing import Final

import pytest
from PIL import Image

from policies.actor import Role
from tests.support.api import Office
from tests.support.campaigns import Season
from tests.support.numbers import synthetic_numbers
from tests.support.pictures import picture
from tests.support.walk import operation

FIRST, SECOND = synthetic_numbers(2, seed=814)
LOOKS: Final = "vault:collection:view"


@pytest.fixture
async def season(office: Office) -> Season:
    season = await Season.begin(office)
    await season.add("E1", "E2")
    return season


async def look(season: Season, external_id: str, *items: str) -> dict[str, object]:
    sent = {"collectionId": season.ids[external_id], "itemIds": list(items)}
    answer: dict[str, object] = await season.handler.do("openSubmitted", **sent)
    return answer


async def items_of(season: Season, external_id: str) -> list[str]:
    return [each["itemId"] for each in (await season.review(external_id))["items"]]


async def test_number_and_images_are_looked_at_side_by_side_and_each_look_is_on_record(
    season: Season,
) -> None:
    front = await season.photograph("E1", "front")
    back = await season.photograph("E1", "back")
    typed = await season.submit("E1", FIRST)
    assert (typed["state"], typed["revision"]) == ("ARRIVED", 2)
    shown = await season.review("E1")
    assert [each["isNumber"] for each in shown["items"]] == [False, False, True]
    assert shown["items"][:2] == [front, back]
    assert shown["collection"]["hasNumber"] is True
    opened = await season.handler.do(
        "openSubmitted", collectionId=season.ids["E1"], itemIds=await items_of(season, "E1")
    )
    assert opened["number"] == FIRST
    assert [(each["itemId"], each["side"]) for each in opened["images"]] == [
        *((front["itemId"], "front"), (back["itemId"], "back"))
    ]
    content = b64decode(opened["images"][0]["image"])
    assert b"35.6586" not in content
    with Image.open(BytesIO(content)) as image:
        assert (image.format, len(image.getexif())) == ("JPEG", 0)
    auditor = (await season.office.colleague("kansa", Role.AUDITOR)).caller
    entries = (await auditor.get("auditEntries", externalId="E1", last=20))["nodes"]
    assert len([each for each in entries if each["action"] == LOOKS]) == 3


async def test_a_second_number_takes_the_place_of_the_first(season: Season) -> None:
    await season.submit("E1", FIRST)
    (gone,) = await items_of(season, "E1")
    await season.submit("E1", SECOND)
    (there,) = await items_of(season, "E1")
    assert (await look(season, "E1", there))["number"] == SECOND
    assert (await look(season, "E1", gone))["rule"] == "collection-item-unknown"


async def test_nothing_but_a_few_things_of_the_collection_itself_is_opened(season: Season) -> None:
    await season.submit("E1", FIRST)
    await season.submit("E2", SECOND)
    (mine,), (other,) = await items_of(season, "E1"), await items_of(season, "E2")
    for wanted in ([], [other], [mine, other], ["itm_1"], ["nonsense"], [mine] * 9):
        assert (await look(season, "E1", *wanted))["rule"] == "collection-item-unknown", wanted
    twice = await look(season, "E1", mine, mine)
    assert (twice["number"], twice["images"]) == (FIRST, [])


async def test_a_number_with_a_slip_is_told_without_being_repeated(season: Season) -> None:
    wrong = FIRST[:-1] + str((int(FIRST[-1]) + 1) % 10)
    for number in (wrong, FIRST[:-1], "", "abc"):
        sent = {"input": {"collectionId": season.ids["E1"], "number": number}}
        response = await season.handler.post(operation("submitNumber").document, sent)
        told = response.json()["data"]["submitNumber"]
        assert told["__typename"] == "RowRejection"
        assert told["messageJa"]
        assert not number or number not in response.text
    assert await items_of(season, "E1") == []


@pytest.mark.parametrize(
    ("document", "side", "content"),
    [
        ("MY_NUMBER_CARD", "front", b"no image"),
        ("MY_NUMBER_CARD", "front", b""),
        ("NONSENSE", "front", picture()),
        ("MY_NUMBER_CARD", "above", picture()),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_no_image_of_a_known_document_is_refused(
    season: Season, document: str, side: str, content: bytes
) -> None:
    sent = {"document": document, "side": side, "image": b64encode(content).decode()}
    done = await season.handler.do("submitImage", collectionId=season.ids["E1"], **sent)
    assert done["rule"] == "collection-item-invalid"
    assert await items_of(season, "E1") == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_pdf_that_cannot_be_read_is_refused(season: Season) -> None:
    sent = {"document": "MY_NUMBER_CARD", "image": b64encode(b"%PDF-1.7 cut off").decode()}
    done = await season.handler.do("submitImage", collectionId=season.ids["E1"], **sent)
    assert done["rule"] == "papers-broken"
    assert await items_of(season, "E1") == []


@pytest.mark.parametrize("image", ["%%%", "AAA", "AAAA\nAAAA", 5, None, "あ"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_image_is_standard_base64(season: Season, image: object) -> None:
    sent = {"collectionId": season.ids["E1"], "document": "MY_NUMBER_CARD", "image": image}
    response = await season.handler.post(operation("submitImage").document, {"input": sent})
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "%%%" not in response.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_image_is_never_written_into_a_document(season: Season) -> None:
    document = (
        'mutation { submitImage(input: {collectionId: "col_1", document: "PASSPORT", image: "AAAA"}) '
        "{ __typename } }"
    )
    assert await season.handler.code_of(document) == "LITERAL_REFUSED"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_image_of_five_mebibytes_gets_through(season: Season) -> None:
    noise = picture(2_600, 1_800)
    content = noise + b"\x00" * (5 * 1024 * 1024 - len(noise))
    sent = {"document": "MY_NUMBER_CARD", "image": b64encode(content).decode()}
    done = await season.handler.do("submitImage", collectionId=season.ids["E1"], **sent)
    assert done["__typename"] == "CollectionImageSubmitted", done
    assert done["items"][0]["size"] < 5 * 1024 * 1024


async def test_of_a_pdf_each_page_is_an_image(season: Season) -> None:
    pages = [Image.open(BytesIO(picture(200, 100))) for _ in range(2)]
    out = BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    sent = {"document": "RESIDENCE_RECORD", "image": b64encode(out.getvalue()).decode()}
    done = await season.handler.do("submitImage", collectionId=season.ids["E1"], **sent)
    items = [each["itemId"] for each in done["items"]]
    assert items == await items_of(season, "E1")
    opened = await season.handler.do("openSubmitted", collectionId=season.ids["E1"], itemIds=items)
    assert [b64decode(each["image"])[:2] for each in opened["images"]] == [b"\xff\xd8"] * 2
