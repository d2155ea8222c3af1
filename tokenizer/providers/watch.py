"""Whether a key store still has the keys that this process remembers.

A key that was unwrapped once stays in memory, so a destruction by another node has to be noticed by asking. Asking
costs a call over the network, and keys are used thousands of times a second; so an answer counts for a while:

- for `FRESH_SECONDS` it is simply believed; in the second half of that time it is renewed beside the work;
- when the store does not answer, the last answer counts for `GRACE_SECONDS`, and then the key is refused;
- when the store refuses (revoked credentials, a disabled key), the key is refused at once: somebody meant it.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tokenizer.providers.key_store import KeyStoreError, KeyStoreUnreachableError

FRESH_SECONDS: Final = 60
GRACE_SECONDS: Final = 15 * 60
RETRY_SECONDS: Final = 10
_NEVER: Final = float("-inf")

Spawn = Callable[[Callable[[], None]], None]


def in_background(work: Callable[[], None]) -> None:
    """Do something beside what is being done; a process that ends does not wait for it."""
    threading.Thread(target=work, name="key-store-watch", daemon=True).start()


@dataclass(slots=True)
class _Answer:
    """The last answer about one key.

    Attributes:
        lives: what it was.
        at: when the question was put that the store answered so; seconds.
        tried: when the last question was put, answered or not.
        error: why the last question was not answered.
    """

    lives: bool
    at: float
    tried: float
    error: KeyStoreError | None = None


class Watch:
    """Remembers answers of a store about its keys, each for a bounded time.

    Args:
        ask: whether a key lives; raises KeyStoreError.
        clock: seconds that only grow.
        spawn: does something beside the work.
    """

    def __init__(
        self,
        ask: Callable[[int], bool],
        clock: Callable[[], float] = time.monotonic,
        spawn: Spawn = in_background,
    ) -> None:
        self._ask_store = ask
        self._clock = clock
        self._spawn = spawn
        self._answers: dict[int, _Answer] = {}
        self._asked: set[int] = set()
        self._lock = threading.Lock()

    def lives(self, number: int) -> bool:
        """Whether the key of an epoch lived when the store was last asked, not longer ago than is allowed.

        Raises:
            KeyStoreUnreachableError: the store has not answered for too long.
            KeyStoreDeniedError: it refused to answer.
        """
        answer, now = self._answers.get(number), self._clock()
        if answer is None:
            return self._ask(number)
        age = now - answer.at
        if answer.lives and answer.error is None and age < FRESH_SECONDS:
            if age >= FRESH_SECONDS / 2:
                self._ask_beside(number)
            return True
        if now - answer.tried < RETRY_SECONDS:
            return _repeat(answer, age)
        if answer.lives and answer.error is not None and age < GRACE_SECONDS:
            self._ask_beside(number)  # the store is down: nobody waits for it meanwhile
            return True
        return self._ask(number)

    def forget(self, number: int) -> None:
        """Believe nothing of a key; the next question goes to the store."""
        self._answers.pop(number, None)

    def _ask(self, number: int) -> bool:
        before = self._answers.get(number)
        last_good = before.at if before is not None and before.lives else _NEVER
        now = self._clock()
        try:
            answer = _Answer(lives=self._ask_store(number), at=now, tried=now)
        except KeyStoreUnreachableError as error:
            answer = _Answer(lives=True, at=last_good, tried=now, error=error)
        except KeyStoreError as error:
            answer = _Answer(lives=True, at=_NEVER, tried=now, error=error)
        self._answers[number] = answer
        return _repeat(answer, now - answer.at)

    def _ask_beside(self, number: int) -> None:
        with self._lock:
            if number in self._asked:
                return
            self._asked.add(number)
        self._spawn(lambda: self._ask_quietly(number))

    def _ask_quietly(self, number: int) -> None:
        try:
            with suppress(KeyStoreError):  # it is kept in the answer, for whoever wants to use the key
                self._ask(number)
        finally:
            with self._lock:
                self._asked.discard(number)


def _repeat(answer: _Answer, age: float) -> bool:
    """Give an answer once more, unless it is none, or too old to stand for the one that failed to come."""
    if answer.error is not None and age >= GRACE_SECONDS:
        raise type(answer.error)(answer.error.message_ja, answer.error.message_en)
    return answer.lives
