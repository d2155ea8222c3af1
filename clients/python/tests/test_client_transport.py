"""How the client meets a network and a vault that fail: what it repeats, what it raises, and what it never shows."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.live import Company
from tests.support.network import (
    CODE,
    FAILURES,
    KEY,
    NUMBERS,
    PASSING,
    PASSWORD,
    TOKENIZED,
    VIEWER,
    Network,
    answered,
    assert_nothing_is_shown,
    data,
    detokenize,
    failed,
    tokenize,
)
from warifu import (
    AuthenticationError,
    InvalidRequestError,
    LimitError,
    ServerError,
    TransportError,
    UnexpectedAnswerError,
    Warifu,
    WarifuError,
)

USES: dict[str, Callable[[Warifu], object]] = {
    "confirmUse": lambda vault: vault.confirm_use("use_1", CODE, "tanaka"),
    "approveUse": lambda vault: vault.approve_use("use_1", CODE, "tanaka"),
    "releaseUse": lambda vault: vault.release_use("use_1"),
    "detokenize": detokenize,
    "changePassword": lambda vault: vault.change_password(PASSWORD, PASSWORD),
    "issueTokens": lambda vault: vault.issue_tokens(["E1"]),
}


@pytest.mark.parametrize("reply", PASSING)
def test_a_query_is_asked_again_after_what_passes(reply: str) -> None:
    network = Network(PASSING[reply](), PASSING[reply](), data(VIEWER))
    with network.vault() as vault:
        assert vault.viewer().name == "payroll"
    assert network.waits == [0.25, 0.5]


@pytest.mark.parametrize("reply", PASSING)
def test_a_batch_is_sent_again_under_the_same_key(reply: str) -> None:
    network = Network(PASSING[reply](), data(TOKENIZED))
    with network.vault() as vault:
        tokenize(vault)
    first, second = network.bodies
    assert first == second
    assert first["variables"]["input"]["idempotencyKey"]


@pytest.mark.parametrize("reply", PASSING)
@pytest.mark.parametrize("use", USES)
def test_what_cannot_be_repeated_harmlessly_is_sent_once(reply: str, use: str) -> None:
    network = Network(PASSING[reply]())
    with network.vault() as vault, pytest.raises(WarifuError):
        USES[use](vault)
    assert len(network.requests) == 1
    assert network.waits == []


def test_an_error_that_stays_is_raised_after_the_last_attempt() -> None:
    network = Network(*(httpx.ConnectError("refused") for _ in range(3)))
    with network.vault(retries=2) as vault, pytest.raises(TransportError) as raised:
        vault.viewer()
    assert len(network.requests) == 3
    assert raised.value.may_have_happened is False
    assert "vault.example" in str(raised.value)
    assert raised.value.request_id == network.requests[0].headers["x-request-id"]


def test_all_attempts_bear_one_request_id_and_different_requests_different_ones() -> None:
    network = Network(httpx.ReadError("reset"), data(VIEWER), data(VIEWER))
    with network.vault() as vault:
        vault.viewer()
        vault.viewer()
    first, again, other = (request.headers["x-request-id"] for request in network.requests)
    assert first == again != other


def test_the_wait_is_the_one_the_vault_asks_for() -> None:
    network = Network(failed(429, "THROTTLED", {"retry-after": "7"}), data(VIEWER))
    with network.vault() as vault:
        vault.viewer()
    assert network.waits == [7.0]


def test_a_wait_too_long_to_sit_out_is_told_instead() -> None:
    network = Network(failed(429, "THROTTLED", {"retry-after": "3600"}))
    with network.vault() as vault, pytest.raises(LimitError) as raised:
        vault.viewer()
    assert raised.value.retry_after == 3600.0
    assert network.waits == []


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone")])
def test_a_use_that_got_no_answer_may_have_happened(error: Exception) -> None:
    network = Network(error)
    with network.vault() as vault, pytest.raises(TransportError) as raised:
        detokenize(vault)
    assert raised.value.may_have_happened is True


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_raised_as_the_class_of_whose_fault_it_is(failure: str) -> None:
    reply, expected, code = FAILURES[failure]
    network = Network(reply())
    with network.vault(retries=0) as vault, pytest.raises(WarifuError) as raised:
        vault.viewer()
    assert type(raised.value) is expected
    assert raised.value.code == code
    assert raised.value.request_id == network.requests[0].headers["x-request-id"]


def test_the_vaults_own_request_id_is_quoted_when_it_has_one() -> None:
    network = Network(failed(500, "INTERNAL", {"x-request-id": "the-vaults-id"}))
    with network.vault() as vault, pytest.raises(ServerError) as raised:
        detokenize(vault)
    assert raised.value.request_id == "the-vaults-id"
    assert "the-vaults-id" in str(raised.value)


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        (answered("CooledDown"), "detokenize (CooledDown)"),
        (answered(NUMBERS[0]), "detokenize (?)"),
        (answered("NumbersReleased"), "Use"),
        (answered("Refusal"), "_Refusal.rule"),
        (data({"detokenize": None}), "detokenize (?)"),
        (data({"other": 1}), "detokenize"),
    ],
)
def test_an_answer_of_an_unknown_kind_is_named_by_its_place_alone(reply: httpx.Response, place: str) -> None:
    network = Network(reply)
    with network.vault() as vault, pytest.raises(UnexpectedAnswerError) as raised:
        detokenize(vault)
    assert raised.value.place == place
    assert raised.value.request_id
    assert NUMBERS[0] not in str(raised.value)


def test_pages_that_would_never_end_are_an_unexpected_answer() -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
    network = Network(data({"uses": page}))
    with network.vault() as vault, pytest.raises(UnexpectedAnswerError) as raised:
        list(vault.uses())
    assert raised.value.place == "uses.pageInfo"


def test_a_cursor_that_stands_still_ends_the_listing_with_an_error() -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "use.1"}}
    network = Network(data({"uses": page}), data({"uses": page}))
    with network.vault() as vault, pytest.raises(UnexpectedAnswerError):
        list(vault.uses())
    assert [body["variables"]["after"] for body in network.bodies] == [None, "use.1"]


def test_a_wrong_key_is_refused_by_a_real_vault(company: Company) -> None:
    key = company.key()
    wrong = key[:-1] + ("y" if key.endswith("x") else "x")
    with (
        Warifu(company.url, wrong) as vault,
        pytest.raises(AuthenticationError) as raised,
    ):
        vault.viewer()
    assert raised.value.message_ja
    assert raised.value.request_id


def test_a_malformed_value_is_told_by_a_real_vault(company: Company) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        list(company.client().persons(kind="ROBOT"))
    assert raised.value.code == "BAD_USER_INPUT"


def test_nobody_listens_there() -> None:
    with Warifu("http://127.0.0.1:1", KEY, retries=0) as vault, pytest.raises(TransportError) as raised:
        vault.viewer()
    assert raised.value.may_have_happened is False
    assert_nothing_is_shown(raised.value)
