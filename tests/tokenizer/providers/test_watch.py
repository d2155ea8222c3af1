"""For how long the answer of a key store about a key is believed."""

import threading
from collections.abc import Callable

import pytest

from tests.support.key_sites import Seconds
from tokenizer.providers.key_store import KeyStoreDeniedError, KeyStoreUnreachableError, denied, unreachable
from tokenizer.providers.watch import FRESH_SECONDS, GRACE_SECONDS, RETRY_SECONDS, Watch, in_background


class Store:
    """Answers as it is told, and counts how often it was asked; what is to be done beside the work waits for a test."""

    def __init__(self) -> None:
        self.answer: bool | Exception = True
        self.asked = 0
        self.beside: list[Callable[[], None]] = []
        self.clock = Seconds()
        self.watch = Watch(self._ask, self.clock, self.beside.append)

    def _ask(self, number: int) -> bool:
        assert number == 1
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def lives(self, after: float = 0) -> bool:
        self.clock.now += after
        return self.watch.lives(1)

    def catch_up(self) -> None:
        """Do what was to be done beside the work."""
        for work in self.beside:
            work()
        self.beside.clear()


@pytest.fixture
def store() -> Store:
    return Store()


def test_an_answer_is_believed_for_a_minute_without_asking_again(store: Store) -> None:
    assert all([store.lives(), store.lives(FRESH_SECONDS / 2 - 1), store.lives()])
    assert store.asked == 1
    assert not store.beside


def test_a_key_in_use_is_asked_about_again_beside_the_work(store: Store) -> None:
    store.lives()
    assert store.lives(FRESH_SECONDS / 2)
    assert store.lives()
    assert store.asked == 1
    assert len(store.beside) == 1  # one question at a time
    store.catch_up()
    assert store.asked == 2
    assert store.lives(FRESH_SECONDS / 2 - 1)
    assert not store.beside


def test_a_destruction_elsewhere_is_noticed_within_a_minute(store: Store) -> None:
    store.lives()
    store.answer = False
    assert not store.lives(FRESH_SECONDS)


def test_a_destruction_that_the_question_beside_the_work_found_counts_at_once(store: Store) -> None:
    store.lives()
    store.lives(FRESH_SECONDS / 2)
    store.answer = False
    store.catch_up()
    assert not store.lives()


def test_a_dead_key_is_asked_about_seldom_and_lives_again_if_the_store_says_so(store: Store) -> None:
    store.answer = False
    assert not store.lives()
    assert not store.lives(RETRY_SECONDS - 1)
    assert store.asked == 1
    store.answer = True
    assert store.lives(1)


def test_a_store_that_is_down_is_outlasted_for_a_quarter_of_an_hour(store: Store) -> None:
    store.lives()
    store.answer = unreachable("pkcs11", "gone")
    assert store.lives(FRESH_SECONDS)
    assert store.asked == 2
    assert store.lives(GRACE_SECONDS - FRESH_SECONDS - 1)
    with pytest.raises(KeyStoreUnreachableError, match="gone"):
        store.lives(1)


def test_nobody_waits_for_a_store_that_was_just_found_down(store: Store) -> None:
    store.lives()
    store.answer = unreachable("pkcs11", "gone")
    store.lives(FRESH_SECONDS)
    assert store.lives(RETRY_SECONDS - 1)
    assert not store.beside
    assert store.lives(1)
    assert store.asked == 2
    store.catch_up()
    assert store.asked == 3


def test_after_the_grace_a_store_that_is_down_is_asked_every_ten_seconds_only(store: Store) -> None:
    store.answer = unreachable("pkcs11", "gone")
    for after in (0, 1, RETRY_SECONDS - 2):
        with pytest.raises(KeyStoreUnreachableError):
            store.lives(after)
    assert store.asked == 1
    with pytest.raises(KeyStoreUnreachableError):
        store.lives(1)
    assert store.asked == 2


def test_a_store_that_comes_back_is_believed_again(store: Store) -> None:
    store.lives()
    store.answer = unreachable("pkcs11", "gone")
    store.lives(FRESH_SECONDS)
    store.answer = True
    store.lives(RETRY_SECONDS)
    store.catch_up()
    assert store.lives(FRESH_SECONDS / 2 - 1)
    assert store.asked == 3


def test_a_refusal_counts_at_once_for_somebody_meant_it(store: Store) -> None:
    store.lives()
    store.answer = denied("aws-kms", "AccessDeniedException")
    with pytest.raises(KeyStoreDeniedError, match="AccessDenied"):
        store.lives(FRESH_SECONDS)
    store.answer = True
    with pytest.raises(KeyStoreDeniedError):
        store.lives(RETRY_SECONDS - 1)
    assert store.lives(1)


def test_a_refusal_found_beside_the_work_stops_the_next_use(store: Store) -> None:
    store.lives()
    store.lives(FRESH_SECONDS / 2)
    store.answer = denied("aws-kms", "AccessDeniedException")
    store.catch_up()
    with pytest.raises(KeyStoreDeniedError):
        store.lives()


def test_an_error_is_raised_anew_each_time_so_that_none_grows(store: Store) -> None:
    store.answer = unreachable("pkcs11", "gone")
    raised = []
    for _ in range(3):
        with pytest.raises(KeyStoreUnreachableError) as one:
            store.lives()
        raised.append(one.value)
    assert len({id(error) for error in raised}) == 3
    assert len({str(error) for error in raised}) == 1


def test_what_is_forgotten_is_asked_about_again(store: Store) -> None:
    store.lives()
    store.watch.forget(1)
    store.lives()
    assert store.asked == 2


def test_the_work_in_the_background_is_done_by_another_thread() -> None:
    done = threading.Event()
    names: list[str] = []

    def work() -> None:
        names.append(threading.current_thread().name)
        done.set()

    in_background(work)
    assert done.wait(10)
    assert names == ["key-store-watch"]
