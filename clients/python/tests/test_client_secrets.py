"""What the client never shows: numbers, keys, codes and tokens, whatever the network and the vault answer."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from tests.support.capture import Captured
from tests.support.live import GENSEN, TERMS, Company, people
from tests.support.network import (
    FAILURES,
    NUMBERS,
    PASSING,
    PASSWORD,
    PLANTED,
    TOKEN,
    Network,
    Reply,
    answered,
    assert_nothing_is_shown,
    data,
    detokenize,
    failed,
    released,
    tokenize,
)
from warifu import Columns, InvalidRequestError, Number, NumbersReleased, Secret, Warifu, WarifuError


def test_a_text_that_utf_8_cannot_express_is_refused_before_anything_is_sent() -> None:
    network = Network()
    with network.vault() as vault, pytest.raises(InvalidRequestError) as raised:
        vault.tokenize(Columns(["E1"], NUMBERS[:1], names=["\ud800"]), **TERMS)
    assert network.requests == []
    assert_nothing_is_shown(raised.value)


HOSTILE: dict[str, Callable[[], Reply]] = {
    **PASSING,
    **{name: reply for name, (reply, _, _) in FAILURES.items()},
    "numbers in a page": lambda: httpx.Response(502, text=f"<p>{NUMBERS[0]}"),
    "numbers in broken JSON": lambda: httpx.Response(200, text=f'{{"data": "{NUMBERS[0]}'),
    "numbers in a message": lambda: failed(400, "BAD_USER_INPUT", messageEn=f"not {NUMBERS[0]}"),
    "numbers in names": lambda: failed(400, NUMBERS[0], {"x-request-id": NUMBERS[1]}, rule=NUMBERS[2]),
    "numbers in a kind": lambda: answered(NUMBERS[0]),
    "numbers in a header": lambda: httpx.Response(
        500, json={"errors": [{"extensions": {"code": "X"}}]}, headers={"retry-after": NUMBERS[0]}
    ),
    "a number where a moment belongs": lambda: data({"detokenize": released(prepared_at=NUMBERS[0])}),
}
CALLS: dict[str, Callable[[Warifu], object]] = {
    "tokenize": tokenize,
    "detokenize": detokenize,
    "change_number": lambda vault: vault.change_number(
        "E1", NUMBERS[1], verification="MY_NUMBER_CARD", verified_on=date(2026, 4, 1)
    ),
    "change_password": lambda vault: vault.change_password(PASSWORD, PASSWORD),
    "audit_entries": lambda vault: list(vault.audit_entries(token=TOKEN)),
}


@pytest.mark.parametrize("reply", HOSTILE)
@pytest.mark.parametrize("call", CALLS)
def test_no_error_and_no_log_line_holds_a_planted_value(
    caplog: pytest.LogCaptureFixture, reply: str, call: str
) -> None:
    caplog.set_level(logging.DEBUG)
    network = Network(HOSTILE[reply]())
    with network.vault(retries=0) as vault, pytest.raises(WarifuError) as raised:
        CALLS[call](vault)
    assert_nothing_is_shown(raised.value)
    for value in PLANTED:
        assert value not in caplog.text
        assert value not in repr(vault)


def test_an_answer_with_a_number_is_read_and_shows_none_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Network(data({"detokenize": released()})).vault() as vault:
        found = detokenize(vault)
    assert isinstance(found, NumbersReleased)
    assert found.numbers[0].reveal() == NUMBERS[0]
    for value in PLANTED:
        assert value not in repr(found)
        assert value not in caplog.text


def test_a_real_vaults_refusals_and_logs_hold_no_number(
    company: Company, caplog: pytest.LogCaptureFixture, server_log: Captured
) -> None:
    caplog.set_level(logging.DEBUG)
    vault, human, rows = company.client(), company.human(), people(20)
    numbers = [str(number) for number in rows.numbers]
    wrong = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in numbers]
    tokens = [token for _, token in vault.tokenize(rows, **TERMS).pairs()]
    code = company.code(human)
    vault.detokenize(tokens, GENSEN, "年末調整", code, human.login)
    acts: list[Callable[[], object]] = [
        lambda: vault.tokenize(Columns(rows.external_ids, wrong), **TERMS),
        lambda: vault.tokenize(Columns(numbers, numbers), **TERMS),
        lambda: vault.detokenize(tokens, GENSEN, f"番号は {numbers[0]}", code, human.login),
        lambda: vault.detokenize(tokens, GENSEN, "年末調整", numbers[1], human.login),
        lambda: vault.detokenize([numbers[2]], GENSEN, "年末調整", code, human.login),
        lambda: vault.prepare_use(tokens, GENSEN, "年末調整", idempotency_key=numbers[3]),
        lambda: list(vault.audit_entries(external_id=numbers[4])),
        lambda: list(vault.persons(kind=numbers[5])),
    ]
    told = "".join([*map(said_by, acts), caplog.text, server_log.text])
    assert [number for number in (*numbers, *wrong) if number in told] == []
    assert "httpx" in told
    assert '"event":"request"' in told


def said_by(act: Callable[[], object]) -> str:
    """What a call gives or raises, as a log would show it."""
    try:
        return repr(act())
    except WarifuError as error:
        return "".join(traceback.format_exception(error)) + repr(vars(error))


@pytest.mark.parametrize("kind", [Secret, Number])
def test_a_secret_shows_itself_to_reveal_alone(kind: type[Secret]) -> None:
    secret = kind(NUMBERS[0])
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert NUMBERS[0] not in shown
        assert f"{kind.__name__}(****)" in shown
    assert secret.reveal() == NUMBERS[0]


def test_secrets_are_equal_by_what_they_hide_and_by_kind() -> None:
    assert Number(NUMBERS[0]) == Number(NUMBERS[0])
    assert len({Number(NUMBERS[0]), Number(NUMBERS[0]), Number(NUMBERS[1])}) == 2
    assert Number(NUMBERS[0]) != Secret(NUMBERS[0])
    assert Number(NUMBERS[0]) != NUMBERS[0]


def test_a_secret_is_copied_but_never_serialised() -> None:
    number = Number(NUMBERS[0])
    assert copy.copy(number) is number
    assert copy.deepcopy([number]) == [number]
    with pytest.raises(TypeError, match="reveal") as raised:
        pickle.dumps(number)
    assert NUMBERS[0] not in str(raised.value)
    with pytest.raises(TypeError):
        json.dumps([number])


def test_columns_that_differ_in_length_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="length") as raised:
        Columns(["E1", "E2"], NUMBERS)
    assert_nothing_is_shown(raised.value)
    with pytest.raises(ValueError, match="length"):
        Columns(["E1", "E2"], NUMBERS[:2], names=["試験"])


def test_the_repr_of_columns_tells_how_many_rows_there_are() -> None:
    assert repr(Columns(NUMBERS, NUMBERS)) == "Columns(3 rows)"
