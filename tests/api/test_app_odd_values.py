"""Odd values in every place: whatever is sent, it is answered or refused in words, never by an internal error."""

from typing import Any

from policies.actor import Role
from tests.support.api import Caller, Office, plausible, plausibly
from tests.support.walk import Path, operations
from tokenizer.storage.statement import Backend

ODD: list[Any] = [
    *(
        "",
        " ",
        "x" * 900,
        "\U0001f600",
        "\ufeff",
        "\u202e",
        "e\u0301" * 9,
        "\ud7ff\ue000",
        "'; --",
        "%s%n",
        "{}",
    ),
    *(
        "-1",
        "0",
        "1e9",
        "0x10",
        "٣٣٣٣",
        "NaN",
        "null",
        "AuditEntry:1",
        "\x7f\x1b[31m",
        "\r\n",
        "a\tb",
        "../../etc",
    ),
    *(0, -1, 1, 2**31 - 1, 2**31, 10**11 - 1, 10**11, 2**53, 2**63, -(2**63), 1.5, 1e308, True, False, None),
    *([], [[]], {}, [None], ["a", None], {"a": 1}, [["a"]]),
]


async def test_no_value_anywhere_is_an_internal_error(office: Office) -> None:
    client, boss = await office.client(), await office.colleague("suzuki", *Role)
    people = await office.register(boss.caller, 2)
    mine = plausible(office.tenant, people.tokens[0], people.external_ids[0])
    callers: list[Caller] = [boss.caller, client]
    # PostgreSQL takes longer over each; a third of the values for each place, another third for the next.
    step = 1 if office.world.house.database.backend is Backend.SQLITE else 3
    asked = 0
    for item in operations():
        for turn, (place, _) in enumerate(item.places):
            for odd in ODD[turn % step :: step]:

                def fill(path: Path, kind: str, place: Path = place, odd: Any = odd) -> Any:
                    return odd if path == place else plausibly(mine, path, kind)

                caller = callers[asked % 2]
                response = await caller.post(item.document, item.variables(fill))
                assert response.status_code in {200, 400}, (item, place, odd, response.text)
                assert "INTERNAL" not in response.text, (item, place, odd, response.text)
                asked += 1
    assert asked > 2_000 / step
