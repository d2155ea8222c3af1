"""The page's endpoints as the page calls them: from the link to the receipt, and what the person sees afterwards."""

from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from api.selfservice.cookie import COOKIE
from custody.selfservice.links import revoke_links
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.api import Office
from tests.support.canary import wrong
from tests.support.collecting import Collecting
from tests.support.desk import Desk
from tests.support.numbers import synthetic_numbers
from tests.support.pages import BODIES, IMAGE, JSON, OWN, Browser, refusal
from tests.support.pictures import picture
from tests.support.visiting import BIRTHDAY, ask, issue
from tokenizer.token import Kind, mint_secret
from warifu.audit import verify_proof

FIRST, SECOND, THIRD = synthetic_numbers(3, seed=901)
CARD = "MY_NUMBER_CARD"
EVERY = sorted({*BODIES, "image"})
ELSEWHERE: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": "http://warifu.test"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://warifu.test.evil.example"},
    {},
)


async def coming(office: Office, collecting: Collecting, who: str = "E1", *, told: bool = True) -> Browser:
    """Somebody who opened their link."""
    if who not in collecting.ids:
        await ask(collecting, who)
    (link,) = await issue(collecting, who)
    browser = await Browser(office.http).opens(link.secret)
    if told:
        await browser.do("acknowledge")
    return browser


def own(view: Any) -> Any:
    return next(each for each in view["people"] if each["own"])


async def gives(browser: Browser, collection: str, number: str) -> Any:
    """The card, both sides, then the number."""
    for side in ("front", "back"):
        shown = await browser.shows(collection, CARD, side)
        assert shown.status_code == 200, shown.text
    return (await browser.do("number", collection=collection, number=number, again=number))["view"]


async def test_a_person_gives_their_number_and_reads_what_became_of_it(
    office: Office, collecting: Collecting
) -> None:
    browser = await coming(office, collecting, told=False)
    view = (await browser.do("look"))["view"]
    assert (view["company"], view["acknowledged"], view["gives"]) == ("株式会社テスト", False, True)
    assert view["purposes"][0]["name"]["ja"]
    mine = own(view)
    card = mine["papers"][0]["papers"][0]
    assert (card["code"], card["both"]) == (CARD, True)
    assert [(each["side"], each["needed"]) for each in card["sides"]] == [("front", True), ("back", True)]

    await browser.do("acknowledge")
    seen = own(await gives(browser, mine["id"], FIRST))
    assert (seen["state"], seen["numberGiven"], seen["missing"]) == ("arrived", True, [])
    assert [(each["kind"], each["side"]) for each in seen["items"] if each["kind"] == "image"] == [
        ("image", "front"),
        ("image", "back"),
    ]

    done = await browser.do("finish")
    assert done["view"]["finishedAt"]
    receipt = done["receipt"]
    assert receipt == (await browser.do("receipt"))["receipt"]
    assert receipt["given"][0]["number"] is True
    for text in receipt["text"].values():
        assert "c2sp.org/tlog-proof@v1" in text
        assert receipt["number"] in text

    record = await browser.do("uses")
    assert [each["what"]["en"] for each in record["entries"]]
    for each in record["entries"]:
        verify_proof(each["proof"], each["entry"].encode(), record["key"])
    older = await browser.do("uses", before=record["entries"][0]["index"])
    assert older["entries"][0]["index"] < record["entries"][0]["index"]


async def test_what_is_chosen_decides_which_photos_are_wanted(office: Office, collecting: Collecting) -> None:
    await ask(collecting, "E1")
    await ask(collecting, "D1", kind=PersonKind.DEPENDENT, employee="E1")
    browser = await coming(office, collecting, "E1")
    view = (await browser.do("look"))["view"]
    groups = {group["proves"]: group["papers"] for group in own(view)["papers"]}
    assert set(groups) == {"number", "identity"}
    sides = {
        paper["code"]: [(side["side"], side["needed"]) for side in paper["sides"]]
        for group in groups.values()
        for paper in group
    }
    assert sides["RESIDENCE_RECORD"] == sides["PASSPORT"] == [("", True)]
    assert sides["DRIVING_LICENCE"] == [("front", True), ("back", False)]
    (child,) = [each for each in view["people"] if not each["own"]]
    assert (child["kind"], child["papers"]) == ("dependent", [])
    given = await browser.do("number", collection=child["id"], number=SECOND, again=SECOND)
    assert [each["numberGiven"] for each in given["view"]["people"]] == [False, True]


async def test_a_spouse_of_the_third_category_needs_a_power_of_attorney(office: Office) -> None:
    collecting = await Collecting.begin(office.world, "NP_3GO")
    await ask(collecting, "E1")
    await ask(collecting, "S1", kind=PersonKind.SPOUSE, employee="E1")
    browser = await coming(office, collecting, "E1")
    view = (await browser.do("look"))["view"]
    spouse = next(each for each in view["people"] if not each["own"])
    assert spouse["needsAuthority"] is True
    assert [group["proves"] for group in spouse["papers"]] == ["number", "authority"]
    (card,) = [paper for paper in spouse["papers"][0]["papers"] if paper["code"] == CARD]
    assert [side["side"] for side in card["sides"]] == ["back"]
    assert (await browser.shows(spouse["id"], CARD, "back")).status_code == 200
    answered = await browser.send("number", {"collection": spouse["id"], "number": SECOND, "again": SECOND})
    assert refusal(answered)[:2] == (403, "papers-missing")
    assert "委任状" in answered.text
    assert (await browser.shows(spouse["id"], "POWER_OF_ATTORNEY")).status_code == 200
    await browser.do("number", collection=spouse["id"], number=SECOND, again=SECOND)


async def test_a_photo_is_taken_back_and_somebody_is_added_or_gives_nothing(
    office: Office, collecting: Collecting
) -> None:
    browser = await coming(office, collecting)
    mine = own((await browser.do("look"))["view"])
    given = (await browser.shows(mine["id"], CARD, "front")).json()["view"]
    item = own(given)["items"][0]["id"]
    assert own((await browser.do("take-back", item=item))["view"])["items"] == []
    assert await browser.no("take-back", item=item) == (404, "collection-item-unknown", "")

    added = (await browser.do("dependent", **BODIES["dependent"]))["view"]
    assert [each["name"] for each in added["people"]] == ["試験 E1", "試験 花子"]
    assert (await browser.no("dependent", **BODIES["dependent"]))[1:] == ("dependent-known", "name")
    child = added["people"][1]["id"]
    declined = (await browser.do("decline", collection=child))["view"]
    assert declined["people"][1]["state"] == "refused"


async def test_what_is_wrong_with_a_number_is_said_beside_its_field(
    office: Office, collecting: Collecting
) -> None:
    browser = await coming(office, collecting)
    mine = own((await browser.do("look"))["view"])["id"]
    for side in ("front", "back"):
        await browser.shows(mine, CARD, side)
    for number, again, told in (
        (wrong(FIRST), wrong(FIRST), (422, "number-invalid", "number")),
        ("", "", (422, "number-invalid", "number")),
        (FIRST, SECOND, (422, "number-differs-from-repeat", "again")),
    ):
        assert await browser.no("number", collection=mine, number=number, again=again) == told
    assert FIRST not in b"".join(browser.answers).decode()


async def test_the_person_asks_and_reads_the_answer(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    assert (await browser.do("thread"))["messages"] == []
    await browser.do("ask", text="転居した場合は?")
    await Desk(collecting).answered(collecting.ids["E1"], "住民票の写しで結構です。")
    messages = (await browser.do("thread"))["messages"]
    assert [(each["mine"], each["text"]) for each in messages] == [
        (True, "転居した場合は?"),
        (False, "住民票の写しで結構です。"),
    ]
    assert await browser.no("ask", text=f"番号は{FIRST}です") == (422, "message-holds-number", "message")
    assert await browser.no("ask", text=" ") == (422, "message-invalid", "message")


async def test_the_person_books_moves_and_cancels(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    assert await browser.do("slots") == {"mine": None, "slots": []}
    one, two = await Desk(collecting).offered("2026-12-01T10:00", "2026-12-01T11:00", seats=1)
    booked = await browser.do("book", slot=one)
    assert (booked["mine"]["id"], booked["mine"]["begun"]) == (one, False)
    assert [each["id"] for each in booked["slots"]] == [two]
    assert (await browser.do("move", slot=two))["mine"]["id"] == two
    assert (await browser.do("cancel"))["mine"] is None
    assert await browser.no("book", slot="slt_1") == (404, "slot-unknown", "")


async def test_the_cookie_is_for_this_page_alone_and_ends_with_the_visit(
    office: Office, collecting: Collecting
) -> None:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1")
    answer = await Browser(office.http).send("open", {"link": link.secret, "factor": BIRTHDAY})
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie.key, cookie["path"], cookie["samesite"], cookie["domain"]) == (COOKIE, "/", "strict", "")
    assert (cookie["secure"], cookie["httponly"], cookie["max-age"]) == (True, True, "")
    assert answer.content == b"{}"

    browser = Browser(office.http, cookie.value)
    await browser.do("look")
    left = await browser.send("leave")
    assert "max-age=0" in left.headers["set-cookie"].lower()
    assert left.headers["clear-site-data"] == '"cache", "storage"'
    assert await browser.no("look") == (401, "visit-ended", "")
    again = await browser.send("look")
    assert "max-age=0" in again.headers["set-cookie"].lower(), "whoever comes with it once more loses it"
    assert "set-cookie" not in (await Browser(office.http).send("look")).headers


async def test_nobody_gets_in_with_anything_else(office: Office, collecting: Collecting) -> None:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1")
    browser = Browser(office.http)
    secret = mint_secret(Kind.LINK, office.world.tenant.id, office.world.custodian.random_bytes)
    answers = [
        await browser.send("open", {"link": text, "factor": factor})
        for text, factor in (
            (link.secret, "1990-04-02"),
            (secret, BIRTHDAY),
            ("wfl_", BIRTHDAY),
            ("", ""),
            (f"{link.secret}x", BIRTHDAY),
        )
    ]
    assert {refusal(each) for each in answers} == {(403, "door-not-opened", "door")}
    assert len({each.content for each in answers}) == 1
    assert not any("set-cookie" in each.headers for each in answers)


async def test_the_sixth_try_is_refused_though_it_is_right(office: Office, collecting: Collecting) -> None:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1")
    browser = Browser(office.http)
    for _ in range(5):
        assert (await browser.no("open", link=link.secret, factor="2000-01-01"))[1] == "door-not-opened"
    assert (await browser.no("open", link=link.secret, factor=BIRTHDAY))[1] == "door-not-opened"


async def test_half_an_hour_without_a_request_ends_the_visit(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    office.world.clock.advance(minutes=29)
    await browser.do("look")
    office.world.clock.advance(minutes=31)
    assert await browser.no("look") == (401, "visit-ended", "")
    ended = await browser.shows(collecting.ids["E1"])
    assert ended.headers["www-authenticate"].startswith("Cookie")


async def test_every_endpoint_but_the_first_needs_a_visit(office: Office) -> None:
    for name in EVERY:
        if name == "open":
            continue
        for cookie in (None, "", "wfv_", "x" * 200):
            browser = Browser(office.http, cookie)
            answer = (
                await browser.shows(**IMAGE) if name == "image" else await browser.send(name, BODIES[name])
            )
            assert refusal(answer) == (401, "visit-ended", "")


async def test_nothing_of_somebody_else_is_there(office: Office, collecting: Collecting) -> None:
    """Of a colleague, and of a person of another company: every id is answered as one that never was."""
    other = await Collecting.begin((await office.beside("株式会社となり")).world)
    mine, colleague = await coming(office, collecting, "E1"), await coming(office, collecting, "E2")
    stranger = await coming(office, other, "E3")
    (slot,) = await Desk(other).offered()
    for whose, collections in ((colleague, collecting), (stranger, other)):
        place = collections.ids["E2" if whose is colleague else "E3"]
        item = own((await whose.shows(place, CARD, "front")).json()["view"])["items"][0]["id"]
        tries = {
            "number": {"number": FIRST, "again": FIRST},
            "decline": {},
        }
        for name, body in tries.items():
            there = await mine.send(name, {"collection": place, **body})
            nowhere = await mine.send(name, {"collection": "col_1", **body})
            assert refusal(there) == (404, "collection-unknown", "")
            assert there.content == nowhere.content
        assert refusal(await mine.shows(place, CARD, "back")) == (404, "collection-unknown", "")
        assert await mine.no("take-back", item=item) == (404, "collection-item-unknown", "")
        assert len(own((await whose.do("look"))["view"])["items"]) == 1
    assert await mine.no("book", slot=slot) == (404, "slot-unknown", "")
    text = b"".join(mine.answers).decode()
    assert "E2" not in text.replace("FE2", "")
    assert "となり" not in text


async def test_an_image_is_known_by_its_content(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    place = collecting.ids["E1"]
    for content in (b"", b"\xff\xd8\xff", b"<svg/>", b"GIF89a" + bytes(50), b"\0" * 1_000):
        assert refusal(await browser.shows(place, content=content)) == (
            422,
            "collection-item-invalid",
            "image",
        )
    assert refusal(await browser.shows(place, "WITHHOLDING_SLIP"))[1] == "paper-not-wanted"
    assert refusal(await browser.shows(place, "NO_SUCH"))[0] == 422
    assert refusal(await browser.shows(place, CARD, "middle"))[0] == 422
    octets = {**OWN, "content-type": "application/octet-stream"}
    assert (await browser.shows(place, content=picture(), headers=octets)).status_code == 200


async def test_each_page_of_a_pdf_is_taken_and_one_that_cannot_be_read_is_told(
    office: Office, collecting: Collecting
) -> None:
    browser = await coming(office, collecting)
    scanned = BytesIO()
    sheets = [Image.new("RGB", (400, 250), (200, 20, place)) for place in range(2)]
    sheets[0].save(scanned, "PDF", save_all=True, append_images=sheets[1:])
    as_pdf = {**OWN, "content-type": "application/pdf"}
    own_place = collecting.ids["E1"]
    shown = await browser.shows(own_place, content=scanned.getvalue(), headers=as_pdf)
    assert shown.status_code == 200
    assert len(own(shown.json()["view"])["items"]) == 2
    broken = await browser.shows(own_place, content=scanned.getvalue()[:300], headers=as_pdf)
    assert refusal(broken) == (422, "papers-broken", "image")


async def test_a_photo_leaves_where_it_was_taken_behind(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    taken = await browser.shows(collecting.ids["E1"], content=picture(place=b"35.6812 139.7671"))
    assert taken.status_code == 200
    assert b"139.7671" not in taken.content


async def test_refusals_are_counted_by_their_rule(office: Office) -> None:
    assert (await Browser(office.http).no("look"))[1] == "visit-ended"
    assert 'rule="visit-ended"' in (await office.http.get("/metrics")).text


async def test_only_json_objects_of_texts_are_read(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    garbage = (b"", b"[]", b"1", b"null", b"{", b'{"a": }', b"\xff\xfe", b"[" * 5_000)
    for content in garbage:
        assert refusal(await browser.send("look", content)) == (400, "BAD_REQUEST", "")
    for name, body in BODIES.items():
        for field in body:
            for value in (None, 1, [], {}, True, "\0", "x" * 20_000):
                answer = await browser.send(name, {**body, field: value})
                if not (name == "uses" and value in (None, 1)):
                    assert refusal(answer) == (400, "BAD_REQUEST", ""), (name, field, value)
    lone = b'{"item": "\\ud800"}'
    assert (await browser.send("take-back", lone)).status_code == 400


async def test_bodies_have_an_end(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    long = b'{"text": "' + b"x" * 40_000 + b'"}'
    assert refusal(await browser.send("ask", long)) == (413, "PAYLOAD_TOO_LARGE", "")
    place = collecting.ids["E1"]
    assert refusal(await browser.shows(place, content=bytes(10 * 1024 * 1024 + 1)))[0] == 413
    streamed = await office.http.post(
        "/my/api/image",
        content=_endless(),
        headers={**OWN, "content-type": "image/jpeg", "cookie": f"{COOKIE}={browser.cookie}"}
        | {f"warifu-{name}": value for name, value in IMAGE.items()},
    )
    assert streamed.status_code == 413


async def _endless() -> Any:
    for _ in range(200):
        yield bytes(100_000)
    raise AssertionError("it read on")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", EVERY)
async def test_requests_of_other_sites_are_refused(office: Office, name: str) -> None:
    browser = Browser(office.http)
    kind = {"content-type": "image/jpeg"} if name == "image" else JSON
    for headers in ELSEWHERE:
        answer = await sends(browser, name, {**kind, **headers})
        assert refusal(answer) == (403, "CROSS_SITE", ""), headers


async def test_a_form_of_any_site_can_send_nothing(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    for name in EVERY:
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = await sends(browser, name, {**OWN, "content-type": media})
            assert answer.status_code == 415, name


async def sends(browser: Browser, name: str, headers: dict[str, str]) -> httpx.Response:
    if name == "image":
        return await browser.shows(**IMAGE, headers=headers)
    return await browser.send(name, BODIES[name], headers)


async def test_an_old_browser_says_by_its_origin_that_it_is_our_page(
    office: Office, collecting: Collecting
) -> None:
    browser = await coming(office, collecting)
    for origin in ("http://warifu.test", "https://warifu.test"):  # a proxy may have ended TLS
        assert (await browser.send("look", {}, {**JSON, "origin": origin})).status_code == 200


async def test_an_address_that_guesses_has_to_wait(office: Office) -> None:
    browser = Browser(office.http)
    for _ in range(60):
        assert (await browser.no("open", link="wfl_", factor=BIRTHDAY))[0] == 403
    told = await browser.send("open", {"link": "wfl_", "factor": BIRTHDAY})
    assert refusal(told) == (429, "THROTTLED", "")
    assert int(told.headers["retry-after"]) > 0


async def test_an_office_that_comes_in_all_at_once_is_no_guesser(
    office: Office, collecting: Collecting
) -> None:
    names = [f"E{place}" for place in range(70)]
    await ask(collecting, *names)
    for link in await issue(collecting, *names):
        await Browser(office.http).opens(link.secret)


async def test_a_link_that_is_revoked_ends_the_visit(office: Office, collecting: Collecting) -> None:
    browser = await coming(office, collecting)
    done = await revoke_links(
        collecting.custodian, collecting.administrator, collecting.chosen("E1"), office.world.clock()
    )
    assert not isinstance(done, Denied)
    assert await browser.no("finish") == (401, "visit-ended", "")


async def test_only_post_does_anything(office: Office) -> None:
    for name in BODIES:
        for method in ("GET", "PUT", "DELETE", "HEAD", "PATCH"):
            assert (await office.http.request(method, f"/my/api/{name}")).status_code == 405
