"""OpenBao's transit engine: tokens that end and are renewed, keys that are not ours, and answers that are none."""

import logging
from collections.abc import Iterator

import pytest

from tests.support.fake_transit import FakeTransit, Key
from tests.support.key_sites import Seconds
from tests.support.loopback import Answer
from tokenizer.errors import SealBrokenError
from tokenizer.providers.key_store import (
    KeyState,
    KeyStoreDeniedError,
    KeyStoreUnreachableError,
    UnknownKeyError,
    check_binding,
)
from tokenizer.providers.openbao import Address, OpenBaoKeyStore

CONTEXT = {"vault": "vault-7", "key": "epoch-000001"}
SECRET = bytes(range(32))
TOKEN = "hvs.first-token-of-the-test"


@pytest.fixture
def server() -> Iterator[FakeTransit]:
    with FakeTransit() as one:
        one.issue(TOKEN)
        yield one


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def store(server: FakeTransit, clock: Seconds) -> OpenBaoKeyStore:
    return OpenBaoKeyStore(Address(server.url), lambda: TOKEN, clock)


def calls(server: FakeTransit) -> list[str]:
    return [f"{asked.method} {asked.path.removeprefix('/v1/')}" for asked in server.asked]


def test_what_was_wrapped_opens_with_its_own_key_and_context_only(store: OpenBaoKeyStore) -> None:
    store.create("one")
    store.create("two")
    blob = store.wrap("one", SECRET, CONTEXT)
    assert blob.startswith(b"vault:v1:")
    assert store.unwrap("one", blob, CONTEXT) == SECRET
    for name, context in (("two", CONTEXT), ("one", {**CONTEXT, "key": "epoch-000002"}), ("one", {})):
        with pytest.raises(SealBrokenError):
            store.unwrap(name, blob, context)
    for bad in (b"", b"vault:v1:", b"\xff", blob[:-4] + b"AAAA", b"vault:v2:" + blob[9:]):
        with pytest.raises(SealBrokenError):
            store.unwrap("one", bad, CONTEXT)


def test_a_key_is_neither_exportable_nor_deletable_until_it_is_destroyed(
    store: OpenBaoKeyStore, server: FakeTransit
) -> None:
    store.create("one")
    assert server.keys["one"].type == "aes256-gcm96"
    assert not server.keys["one"].exportable
    assert not server.keys["one"].deletion_allowed
    blob = store.wrap("one", SECRET, CONTEXT)
    store.destroy("one")
    assert calls(server)[-2:] == ["POST transit/keys/one/config", "DELETE transit/keys/one"]
    assert "one" not in server.keys
    assert store.state("one") is KeyState.UNKNOWN
    for act in (
        lambda: store.destroy("one"),
        lambda: store.unwrap("one", blob, CONTEXT),
        lambda: store.wrap("one", SECRET, CONTEXT),
    ):
        with pytest.raises(UnknownKeyError, match="no key one"):
            act()


def test_a_name_is_given_once(store: OpenBaoKeyStore, server: FakeTransit) -> None:
    store.create("one")
    material = server.keys["one"].material
    with pytest.raises(KeyStoreDeniedError, match="one exists already"):
        store.create("one")
    assert server.keys["one"].material == material


def test_an_engine_that_ignores_the_context_is_found_out(store: OpenBaoKeyStore, server: FakeTransit) -> None:
    store.create("one")
    check_binding(store, "one")
    server.ignores_context = True
    with pytest.raises(KeyStoreDeniedError, match="not bound to their context"):
        check_binding(store, "one")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (Key(exportable=True), "another kind"),
        (Key(type="chacha20-poly1305"), "another kind"),
        (Key(soft_deleted=True), "soft-deleted"),
    ],
)
def test_a_key_that_somebody_else_made_or_changed_is_refused(
    store: OpenBaoKeyStore, server: FakeTransit, key: Key, reason: str
) -> None:
    server.keys["one"] = key
    for act in (
        lambda: store.state("one"),
        lambda: store.wrap("one", SECRET, CONTEXT),
        lambda: store.destroy("one"),
    ):
        with pytest.raises(KeyStoreDeniedError, match=reason):
            act()


# --- the token


def test_a_token_is_renewed_in_the_second_half_of_its_life(
    store: OpenBaoKeyStore, server: FakeTransit, clock: Seconds
) -> None:
    for _ in range(40):
        store.state("one")
        for passing in (server, clock):
            passing.now += 300
    renewed = [call for call in calls(server) if call.endswith("renew-self")]
    assert 4 <= len(renewed) <= 8
    assert store.state("one") is KeyState.UNKNOWN


def test_a_token_that_cannot_be_renewed_ends_by_name(
    store: OpenBaoKeyStore, server: FakeTransit, clock: Seconds
) -> None:
    server.issue(TOKEN, renewable=False)
    store.state("one")
    for passing in (server, clock):
        passing.now += 3600
    with pytest.raises(KeyStoreDeniedError, match="GET transit/keys/one: permission denied") as refused:
        store.state("one")
    assert TOKEN not in str(refused.value)
    assert not [call for call in calls(server) if call.endswith("renew-self")]


def test_a_token_that_is_exchanged_in_its_file_is_taken_up(server: FakeTransit, clock: Seconds) -> None:
    tokens = [TOKEN, TOKEN, "hvs.second"]
    server.issue("hvs.second", life=10_000_000.0)
    store = OpenBaoKeyStore(Address(server.url), lambda: tokens.pop(0), clock)
    for _ in range(3):
        store.state("one")
    used = [asked.headers["X-Vault-Token"] for asked in server.asked if "keys" in asked.path]
    assert used == [TOKEN, TOKEN, "hvs.second"]


def test_a_token_that_may_not_look_at_itself_works_all_the_same(
    store: OpenBaoKeyStore, server: FakeTransit
) -> None:
    server.tokens[TOKEN].paths = frozenset({"transit"})
    store.create("one")
    assert store.unwrap("one", store.wrap("one", SECRET, CONTEXT), CONTEXT) == SECRET
    assert calls(server).count("GET auth/token/lookup-self") == 1


def test_a_namespace_and_a_mount_are_asked_for_where_they_are() -> None:
    with FakeTransit(namespace="payroll") as server:
        server.issue(TOKEN)
        address = Address(server.url, namespace="payroll")
        assert OpenBaoKeyStore(address, lambda: TOKEN).state("one") is KeyState.UNKNOWN
        with pytest.raises(KeyStoreDeniedError):
            OpenBaoKeyStore(Address(server.url), lambda: TOKEN).state("one")
        with pytest.raises(KeyStoreDeniedError, match="elsewhere/keys/one"):
            OpenBaoKeyStore(Address(server.url, mount="elsewhere", namespace="payroll"), lambda: TOKEN).state(
                "one"
            )


# --- answers


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(503, {"errors": ["Vault is sealed"]}), "HTTP 503"),
        (Answer(500, {"errors": ["internal error"]}), "HTTP 500"),
        (Answer(307, {}), "HTTP 307"),
        (Answer(429, {}), "HTTP 429"),
        (Answer(200, ["no object"]), "not OpenBao's"),
        (Answer(200, {"errors": []}), "not OpenBao's"),
    ],
)
def test_a_server_in_trouble_or_another_one_counts_as_out_of_reach(
    store: OpenBaoKeyStore, server: FakeTransit, answer: Answer, reason: str
) -> None:
    store.create("one")
    server.instead = answer
    for act in (
        lambda: store.state("one"),
        lambda: store.wrap("one", SECRET, CONTEXT),
        lambda: store.unwrap("one", b"vault:v1:AAAA", CONTEXT),
        lambda: store.destroy("one"),
    ):
        with pytest.raises(KeyStoreUnreachableError, match=reason):
            act()


def test_a_server_that_does_not_listen_counts_as_out_of_reach(
    store: OpenBaoKeyStore, server: FakeTransit
) -> None:
    server.go_away()
    with pytest.raises(KeyStoreUnreachableError, match="ConnectError"):
        store.state("one")
    server.come_back()
    assert store.state("one") is KeyState.UNKNOWN


def test_nothing_follows_a_redirect_or_a_proxy_of_the_environment(
    store: OpenBaoKeyStore, server: FakeTransit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeTransit() as elsewhere:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.url)
        assert store.state("one") is KeyState.UNKNOWN
        assert elsewhere.asked == []
    assert server.asked


def test_neither_the_token_nor_a_key_is_in_a_log_even_on_debug(
    store: OpenBaoKeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store.create("one")
    store.unwrap("one", store.wrap("one", SECRET, CONTEXT), CONTEXT)
    said = "".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert "keys/one" in said  # it does say something
    assert TOKEN not in said + repr(store)
    assert "AAECAwQFBgc" not in said
