"""The catalogue of purposes, as the API tells it."""

from policies.purposes import load_catalogue
from tests.support.api import Caller, Office
from tests.support.walk import operation

CATALOGUE = load_catalogue()


async def everything(caller: Caller, size: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    after = None
    while True:
        page = await caller.get("purposes", first=size, after=after)
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_the_whole_catalogue_can_be_read_refused_purposes_with_their_reason(office: Office) -> None:
    client = await office.client()
    told = await everything(client, 20)
    assert [purpose["code"] for purpose in told] == list(CATALOGUE.purposes)
    for purpose in told:
        known = CATALOGUE.purposes[str(purpose["code"])]
        assert purpose["status"] == known.status.name
        assert purpose["name"] == {"ja": known.name.ja, "en": known.name.en}
        assert (purpose["reason"] is None) == (known.reason is None)
        assert purpose["whose"] == [kind.name for kind in known.whose]


async def test_one_purpose_is_found_by_its_code_and_no_other_text(office: Office) -> None:
    client = await office.client()
    assert (await client.get("purpose", code="TAX_GENSEN"))["document"]["ja"].startswith("給与所得")
    for code in ("tax_gensen", "TAX_GENSEN ", "", "NO_SUCH"):
        assert await client.get("purpose", code=code) is None


async def test_the_articles_told_are_those_in_force_on_the_day(office: Office) -> None:
    client = await office.client()
    dated = {
        basis.valid_from
        for purpose in CATALOGUE.purposes.values()
        for basis in purpose.legal_basis
        if basis.valid_from is not None
    }
    assert dated, "the catalogue knows articles that were renumbered"
    before = await everything(client, 20)
    office.world.clock.now = 1_420_070_400_000  # 2015-01-01, before any number was used
    years_ago = await everything(client, 20)
    assert [purpose["legalBasis"] for purpose in before] != [purpose["legalBasis"] for purpose in years_ago]


async def test_the_catalogue_is_for_callers_with_a_credential(office: Office) -> None:
    for name, arguments in (("purposes", {"first": 1}), ("purpose", {"code": "TAX_GENSEN"})):
        code = await office.anonymous.code_of(operation(name).document, **arguments)
        assert code == "UNAUTHENTICATED"
