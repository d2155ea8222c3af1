"""AWS KMS: keys pending deletion, a moment until changes are seen, refusals by name, and where data may go."""

import logging
from collections.abc import Callable, Iterator

import boto3
import pytest

from tests.support.fake_kms import CREDENTIALS, REGION, FakeKms
from tests.support.key_sites import BEGAN, VAULT, Site
from tests.support.loopback import Answer
from tokenizer.errors import SealBrokenError
from tokenizer.providers.aws_kms import WINDOW_DAYS, AwsKmsKeyStore
from tokenizer.providers.key_store import (
    KeyDestroyedError,
    KeyState,
    KeyStoreDeniedError,
    KeyStoreUnreachableError,
    UnknownKeyError,
)

CONTEXT = {"vault": "vault-7", "key": "epoch-000001"}
SECRET = bytes(range(32))
ALIAS = "alias/warifu/one"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKms]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with FakeKms() as kms:
        yield kms


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def store(service: FakeKms, waits: list[float]) -> AwsKmsKeyStore:
    client = boto3.session.Session().client("kms", endpoint_url=service.url, region_name=REGION)
    return AwsKmsKeyStore(client, waits.append)


def operations(service: FakeKms) -> list[str]:
    return [asked.headers["X-Amz-Target"].removeprefix("TrentService.") for asked in service.asked]


def test_what_was_wrapped_opens_with_its_own_key_and_context_only(store: AwsKmsKeyStore) -> None:
    store.create("one")
    store.create("two")
    blob = store.wrap("one", SECRET, CONTEXT)
    assert store.unwrap("one", blob, CONTEXT) == SECRET
    for name, context in (("two", CONTEXT), ("one", {**CONTEXT, "key": "epoch-000002"}), ("one", {})):
        with pytest.raises(SealBrokenError):
            store.unwrap(name, blob, context)
    with pytest.raises(SealBrokenError):
        store.unwrap("one", blob[:-1] + bytes([blob[-1] ^ 1]), CONTEXT)


def test_a_key_carries_its_name_as_alias_and_tag_so_that_an_orphan_can_be_found(
    store: AwsKmsKeyStore, service: FakeKms
) -> None:
    store.create("one")
    assert service.key(ALIAS).tags == [{"TagKey": "warifu", "TagValue": "one"}]


def test_a_destroyed_key_decrypts_nothing_at_once_and_is_gone_after_seven_days(
    store: AwsKmsKeyStore, service: FakeKms
) -> None:
    store.create("one")
    blob = store.wrap("one", SECRET, CONTEXT)
    store.destroy("one")
    assert operations(service)[-3:] == ["DescribeKey", "ScheduleKeyDeletion", "DescribeKey"]
    assert service.key(ALIAS).gone_at == service.now + WINDOW_DAYS * 86_400
    for days in (0, WINDOW_DAYS - 0.1):
        service.advance(days)
        assert store.state("one") is KeyState.DESTROYED
        with pytest.raises(KeyDestroyedError, match="was destroyed"):
            store.unwrap("one", blob, CONTEXT)
    service.advance(0.1)
    assert store.state("one") is KeyState.UNKNOWN
    with pytest.raises(UnknownKeyError):
        store.unwrap("one", blob, CONTEXT)
    assert store.lead_days == WINDOW_DAYS + 1


def test_destroying_again_changes_nothing_and_does_not_begin_the_window_anew(
    store: AwsKmsKeyStore, service: FakeKms
) -> None:
    store.create("one")
    store.destroy("one")
    gone_at = service.key(ALIAS).gone_at
    service.advance(2)
    store.destroy("one")
    assert service.key(ALIAS).gone_at == gone_at
    service.advance(10)
    with pytest.raises(UnknownKeyError):
        store.destroy("one")


def test_a_destruction_that_is_refused_leaves_the_key_as_it_was(
    store: AwsKmsKeyStore, service: FakeKms
) -> None:
    store.create("one")
    service.denied = {"ScheduleKeyDeletion"}
    with pytest.raises(KeyStoreDeniedError, match="AccessDeniedException"):
        store.destroy("one")
    assert store.unwrap("one", store.wrap("one", SECRET, CONTEXT), CONTEXT) == SECRET


@pytest.mark.parametrize("site", ["aws-kms"], indirect=True)
def test_an_epoch_whose_key_somebody_disabled_is_refused_by_name_and_can_be_destroyed(
    site: Site, kms: FakeKms
) -> None:
    keys = site.create()
    keys.create_epoch(2, BEGAN + 2)
    kms.key(f"alias/warifu/{VAULT}-epoch-000001").state = "Disabled"
    for use in (keys.has_epoch, keys.epoch_key):
        with pytest.raises(KeyStoreDeniedError, match="epoch-000001 is Disabled"):
            use(1)
    keys.destroy_epoch(1)
    assert site.open().destroyed_epochs() == [1]


def test_a_new_key_is_waited_for_until_the_service_shows_it(
    store: AwsKmsKeyStore, service: FakeKms, waits: list[float]
) -> None:
    service.hidden_looks = 3
    store.create("one")
    assert len(waits) == 3
    assert store.unwrap("one", store.wrap("one", SECRET, CONTEXT), CONTEXT) == SECRET


def test_a_new_key_that_is_never_shown_is_given_up_by_name(
    store: AwsKmsKeyStore, service: FakeKms, waits: list[float]
) -> None:
    service.hidden_looks = 1_000
    with pytest.raises(KeyStoreUnreachableError, match="one is not living after 20 looks"):
        store.create("one")
    assert len(waits) == 20


@pytest.mark.parametrize("is_destroyed", [False, True])
def test_a_name_is_given_once(store: AwsKmsKeyStore, service: FakeKms, is_destroyed: bool) -> None:
    store.create("one")
    if is_destroyed:
        store.destroy("one")
    with pytest.raises(KeyStoreDeniedError, match="one exists already"):
        store.create("one")
    assert len(service.keys) == 1


def test_a_disabled_key_is_refused_by_name(store: AwsKmsKeyStore, service: FakeKms) -> None:
    store.create("one")
    blob = store.wrap("one", SECRET, CONTEXT)
    service.key(ALIAS).state = "Disabled"
    with pytest.raises(KeyStoreDeniedError, match="one is Disabled"):
        store.state("one")
    with pytest.raises(KeyStoreDeniedError, match="one is Disabled"):
        store.unwrap("one", blob, CONTEXT)


def test_a_key_that_is_unavailable_for_the_moment_counts_as_out_of_reach(
    store: AwsKmsKeyStore, service: FakeKms
) -> None:
    store.create("one")
    service.key(ALIAS).state = "Unavailable"
    with pytest.raises(KeyStoreUnreachableError, match="one is Unavailable"):
        store.state("one")


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("DescribeKey", lambda store: store.state("one")),
        ("CreateKey", lambda store: store.create("two")),
        ("CreateAlias", lambda store: store.create("two")),
        ("Encrypt", lambda store: store.wrap("one", SECRET, CONTEXT)),
        ("Decrypt", lambda store: store.unwrap("one", b"x", CONTEXT)),
        ("ScheduleKeyDeletion", lambda store: store.destroy("one")),
    ],
)
def test_a_right_that_is_missing_is_named_in_both_languages(
    store: AwsKmsKeyStore, service: FakeKms, operation: str, act: Callable[[AwsKmsKeyStore], object]
) -> None:
    store.create("one")
    service.denied = {operation}
    with pytest.raises(KeyStoreDeniedError, match=r"拒みました.*AccessDenied.*refused"):
        act(store)


def test_a_wrong_access_key_and_none_at_all_are_refused_by_name(
    service: FakeKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHEROTHEROTHER1")
    with pytest.raises(KeyStoreDeniedError, match="UnrecognizedClientException"):
        AwsKmsKeyStore.connect(service.url, REGION).state("one")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    with pytest.raises(KeyStoreDeniedError, match="NoCredentialsError"):
        AwsKmsKeyStore.connect(service.url, REGION).state("one")


@pytest.mark.parametrize("status", [500, 503])
def test_a_service_in_trouble_counts_as_out_of_reach(
    store: AwsKmsKeyStore, service: FakeKms, status: int
) -> None:
    service.instead = Answer(status, {"__type": "KMSInternalException"})
    with pytest.raises(KeyStoreUnreachableError, match="KMSInternalException"):
        AwsKmsKeyStore.connect(service.url, REGION).state("one")
    assert store.kind == "aws-kms"


def test_nothing_goes_through_a_proxy_or_to_an_endpoint_of_the_environment(
    service: FakeKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeKms() as elsewhere:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "AWS_ENDPOINT_URL_KMS"):
            monkeypatch.setenv(name, elsewhere.url)
        monkeypatch.setenv("NO_PROXY", "")
        assert AwsKmsKeyStore.connect(service.url, REGION).state("one") is KeyState.UNKNOWN
        assert elsewhere.asked == []
    assert len(service.asked) == 1


def test_the_library_of_the_service_writes_no_key_into_a_log_even_on_debug(
    service: FakeKms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = AwsKmsKeyStore.connect(service.url, REGION)
    store.create("one")
    store.unwrap("one", store.wrap("one", SECRET, CONTEXT), CONTEXT)
    said = "".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert repr(SECRET) not in said
    assert "AAECAwQFBgc" not in said
