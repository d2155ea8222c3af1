"""Numbers are typed wherever the page's endpoints take something, and must be found nowhere but sealed.

All are synthetic. On SQLite, whose files can be read whole.
"""

from typing import Any

import pytest

from tests.support import tamper
from tests.support.api import Office
from tests.support.canary import FORMS, Canaries
from tests.support.collecting import Collecting
from tests.support.pages import BODIES, IMAGE, OWN, Browser
from tests.support.visiting import BIRTHDAY, ask, issue
from tests.support.world import World
from tokenizer.storage.sqlite import SqliteDatabase

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD = "MY_NUMBER_CARD"


def stored(world: World) -> bytes:
    """Everything on the disk of the database."""
    database = world.house.database
    assert isinstance(database, SqliteDatabase)
    return b"".join(file.read_bytes() for file in sorted(database.path.parent.iterdir()) if file.is_file())


async def came_in(office: Office, collecting: Collecting) -> Browser:
    await ask(collecting, "E1")
    (link,) = await issue(collecting, "E1")
    browser = await Browser(office.http).opens(link.secret, BIRTHDAY)
    await browser.do("acknowledge")
    return browser


async def test_a_number_typed_anywhere_is_found_nowhere(office: Office, collecting: Collecting) -> None:
    browser, canaries = await came_in(office, collecting), Canaries()
    own = collecting.ids["E1"]
    for name, body in BODIES.items():
        if name in {"leave", "finish"}:
            continue
        for field in body:
            for form in FORMS:
                for right in (True, False):
                    planted = canaries.plant(f"{name}.{field}", form, right=right)
                    sent: dict[str, Any] = {**body, field: planted}
                    if "collection" in body and field != "collection":
                        sent["collection"] = own
                    await Browser(office.http, browser.cookie, browser.answers).send(name, sent)
    for header in IMAGE:
        number = canaries.plant(f"image.{header}")
        await browser.shows(**{**IMAGE, header: number})
    await browser.shows(own, content=str(canaries.plant("in a file")).encode())
    for place in ("/my", "/my/assets/page.js", "/my/api/look"):
        answer = await office.http.get(
            f"{place}/{canaries.plant('in a path')}?n={canaries.plant('in a query')}"
        )
        browser.answers.append(answer.content)
    await office.http.post(
        "/my/api/look",
        content=f'{{"x": {canaries.plant("beside")}',
        headers={**OWN, "content-type": "application/json"},
    )
    channels = {
        "answers": b"\n".join(browser.answers),
        "log": office.log.getvalue(),
        "metrics": (await office.http.get("/metrics")).content,
        "database": stored(office.world),
    }
    assert {name: found for name, data in channels.items() if (found := canaries.hits(data))} == {}
    assert len(canaries.planted) > 200


async def test_a_number_that_was_given_comes_back_in_no_answer(
    office: Office, collecting: Collecting
) -> None:
    browser, canaries = await came_in(office, collecting), Canaries()
    own = collecting.ids["E1"]
    for side in ("front", "back"):
        await browser.shows(own, CARD, side)
    number = canaries.plant("given")
    await browser.do("number", collection=own, number=number, again=number)
    for name in ("look", "finish", "receipt", "uses", "thread", "slots", "look"):
        await browser.do(name)
    channels = (*browser.answers, office.log.getvalue(), stored(office.world))
    assert not canaries.hits(b"\n".join(channels))


async def test_a_number_that_got_past_every_rule_would_be_found(
    office: Office, collecting: Collecting
) -> None:
    """The negative control: one that stands in a name is shown to its bearer."""
    browser, canaries = await came_in(office, collecting), Canaries()
    sql = "UPDATE person SET name = :name WHERE tenant_id = :tenant AND external_id = 'E1'"
    tenant, name = office.world.tenant.id, canaries.plant("in a name")
    await tamper.change(office.world.house.database, tenant, sql, name=name, tenant=tenant)
    await browser.do("look")
    assert canaries.hits(b"\n".join(browser.answers))
    assert canaries.hits(stored(office.world))
