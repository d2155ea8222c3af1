"""How much fits into one request, and that everyday documents are far from any limit. Numbers are synthetic."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, parse

from api.app import LIMITS, MAX_BODY_BYTES
from api.guard import Admitted, OperationGuard
from policies.actor import Role
from tests.support.api import ACCEPT, Office, batch
from tests.support.numbers import synthetic_numbers
from tests.support.walk import SCHEMA, Operation, operation, operations
from tests.support.world import GENSEN

MOST = 10_000
OPERATIONS = sorted((Path(__file__).parents[2] / "clients" / "operations").glob("*.graphql"))
TOKENIZE = (
    "mutation($input: TokenizeInput!){tokenize(input:$input)"
    "{...on Tokenized{tokens registered rejections{row}}}}"
)


def full_batch(size: int) -> dict[str, Any]:
    """Rows with everything a row can have, as long as it is in real rosters."""
    rows = range(size)
    return batch([f"EMPLOYEE-{row:08d}" for row in rows], synthetic_numbers(size, seed=55)) | {
        "kinds": ["EMPLOYEE"] * size,
        "names": [f"個人番号 太郎{row}" for row in rows],
        "kana": [f"コジンバンゴウ タロウ{row}" for row in rows],
        "birthDates": ["1980-04-01"] * size,
        "addresses": [
            f"東京都千代田区霞が関一丁目二番三号 中央合同庁舎第{row % 9}号館 {row % 30}階" for row in rows
        ],
        "employees": [""] * size,
    }


async def test_ten_thousand_people_go_in_and_come_out_in_one_request_each(office: Office) -> None:
    client, tanaka = await office.client(), await office.colleague("tanaka")
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    quotas = dict.fromkeys(("quotaClient", "quotaHuman", "quotaPurpose"), MOST)
    await boss.caller.do("changeTenantSettings", approvalOver=MOST, **quotas)
    sent = full_batch(MOST)
    size = len(orjson.dumps({"query": TOKENIZE, "variables": {"input": sent}}))
    assert MAX_BODY_BYTES // 8 < size < MAX_BODY_BYTES // 2, "half of the room is left for longer names"
    done = (await client.ask(TOKENIZE, input=sent))["tokenize"]
    assert (done["registered"], done["rejections"]) == (MOST, [])
    wanted = {"tokens": done["tokens"], "purpose": GENSEN, "reason": "年末調整"}
    prepared = (await client.do("prepareUse", **wanted))["use"]
    assert prepared["persons"] == MOST
    step = {"useId": prepared["useId"], "digest": prepared["digest"], "handler": "tanaka"}
    released = await client.do("confirmUse", **step, code=office.next_code(tanaka.human))
    assert released["numbers"] == sent["numbers"]
    assert released["tokens"] == done["tokens"]


async def test_one_row_more_is_refused_by_rule_and_nothing_of_it_is_kept(office: Office) -> None:
    client = await office.client()
    many = ["x"] * (MOST + 1)
    sent = batch(many, many)
    assert (await client.do("tokenize", **sent))["rule"] == "too-many-rows"
    assert (await client.do("issueTokens", externalIds=many))["rule"] == "too-many-rows"
    assert (await client.do("revokeTokens", tokens=many))["rule"] == "too-many-rows"
    told = {"purposes": [GENSEN], "toldOn": "2026-04-01"}
    assert (await client.do("giveNotice", externalIds=many, **told))["rule"] == "too-many-rows"
    use = {"tokens": many, "purpose": GENSEN, "reason": "年末調整"}
    assert (await client.do("prepareUse", **use))["rule"] == "too-many-numbers"
    direct = {**use, "tokens": many[:101], "code": "000000", "handler": (await office.world.human()).login}
    assert (await client.do("detokenize", **direct))["rule"] == "too-many-numbers"
    assert (await client.get("persons"))["nodes"] == []


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_cap_is_refused_before_it_is_read_to_the_end(
    office: Office, announced: bool
) -> None:
    client = await office.client()
    body = orjson.dumps({"query": "{viewer{name}}", "variables": {"padding": "x" * MAX_BODY_BYTES}})

    async def chunks() -> Any:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    headers = {
        "content-type": "application/json",
        "accept": ACCEPT,
        "authorization": f"Bearer {client.credential}",
    }
    response = await office.http.post("/graphql", content=body if announced else chunks(), headers=headers)
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
    fits = orjson.dumps({"query": "{viewer{name}}", "variables": {"padding": "x" * (MAX_BODY_BYTES - 100)}})
    assert (await office.http.post("/graphql", content=fits, headers=headers)).status_code == 200


@pytest.fixture(scope="module")
def guard() -> OperationGuard:
    return OperationGuard(SCHEMA, LIMITS)


@pytest.mark.parametrize("item", operations(), ids=str)
def test_everything_a_field_has_can_be_asked_for_at_once(guard: OperationGuard, item: Operation) -> None:
    admitted = guard.admit(item.document)
    assert isinstance(admitted, Admitted), admitted
    assert admitted.cost <= LIMITS.cost / 2


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_the_documents_of_the_clients_are_admitted_with_the_longest_page(
    guard: OperationGuard, path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    named = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
    for node in named:
        admitted = guard.admit(text, node.name.value if node.name else None, {"first": 100})
        assert isinstance(admitted, Admitted), admitted
        assert admitted.cost <= LIMITS.cost / 2


def test_the_clients_have_documents() -> None:
    assert len(OPERATIONS) > 20


def test_a_use_of_the_whole_page_with_everything_about_it_just_fits(guard: OperationGuard) -> None:
    admitted = guard.admit(operation("uses").document, None, {"first": 100})
    assert isinstance(admitted, Admitted), admitted
