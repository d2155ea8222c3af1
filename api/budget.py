"""How much one credential may ask for in a time: a bucket of points that an operation empties and time refills.

An operation costs what the guard says it may return (`extensions.cost.requested`), before it runs. Whoever has spent
all points is refused with 429 and told when to come back; nobody else notices. The defaults leave room for 1,500
single releases a second by one client, at 20 points each, and stop a loop that has run away.

Buckets live in this process's memory, so each node of several counts for itself. Callers without a credential have
none: they may only log in, where every account has a brake of its own, and one bucket for all of them would let
anybody lock everybody out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final, Generic, Protocol, TypeVar

from api.errors import HttpRefusal
from api.guard import Admitted
from policies.actor import Actor, ActorKind

K = TypeVar("K")
_Key = tuple[int, ActorKind, int]
_MOST_BUCKETS: Final = 10_000


class Called(Protocol):
    """Whatever says who is asking."""

    @property
    def actor(self) -> Actor | None:
        """The caller; None for nobody in particular."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """What every credential is given.

    Attributes:
        points: how much a bucket holds; the longest burst.
        per_second: how much flows back.
    """

    points: int = 200_000
    per_second: int = 50_000

    def __post_init__(self) -> None:
        if self.points < 1 or self.per_second < 1:
            raise ValueError("予算は 1 以上にしてください / a budget is at least one point")


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets(Generic[K]):
    """Buckets of points, one for each key.

    Args:
        allowance: what every key is given.
        clock: seconds that only grow.
        most: how many buckets are remembered. The one longest untouched is forgotten, and its owner starts anew
            with a full one, which it has by then anyway unless ten thousand others called in the meantime.
    """

    def __init__(
        self,
        allowance: Allowance,
        clock: Callable[[], float] = time.monotonic,
        most: int = _MOST_BUCKETS,
    ) -> None:
        self._allowance = allowance
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[K, _Bucket] = OrderedDict()

    def charge(self, key: K, cost: int) -> int:
        """Take points from a bucket, and tell how many are left.

        Raises:
            HttpRefusal: 429, there are not enough points left; none is taken.
        """
        bucket = self._bucket(key)
        # What is dearer than the bucket is large empties it; otherwise it could never run.
        price = min(cost, self._allowance.points)
        if price > bucket.left:
            raise _throttled(ceil((price - bucket.left) / self._allowance.per_second))
        bucket.left -= price
        return int(bucket.left)

    def give_back(self, key: K, cost: int) -> None:
        """Return points that were taken for what turned out to be nothing to pay for."""
        bucket = self._bucket(key)
        bucket.left = min(self._allowance.points, bucket.left + cost)

    def __len__(self) -> int:
        return len(self._buckets)

    def _bucket(self, key: K) -> _Bucket:
        """The bucket of a key, with what has flowed back since the last time."""
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._allowance.points, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end(key)
        flowed = (now - bucket.at) * self._allowance.per_second
        bucket.left = min(self._allowance.points, bucket.left + flowed)
        bucket.at = now
        return bucket


class Budget:
    """The budgets of all credentials; pass it to `api.graphql.GraphQLEndpoint`.

    Args:
        allowance: what every credential is given.
        clock: seconds that only grow.
        most: how many buckets are remembered.
    """

    def __init__(
        self,
        allowance: Allowance,
        clock: Callable[[], float] = time.monotonic,
        most: int = _MOST_BUCKETS,
    ) -> None:
        self._allowance = allowance
        self._buckets: Buckets[_Key] = Buckets(allowance, clock, most)

    async def __call__(self, context: Called, admitted: Admitted) -> Mapping[str, int] | None:
        """Charge the caller for an operation.

        Returns:
            What `extensions.cost.throttle` says: `max`, `available` and `restoreRate`; None for callers who have no
            bucket.

        Raises:
            HttpRefusal: 429, there are not enough points left; none is taken.
        """
        actor = context.actor
        if actor is None:
            return None
        return {
            "max": self._allowance.points,
            "available": self.charge(actor, admitted.cost),
            "restoreRate": self._allowance.per_second,
        }

    def charge(self, actor: Actor, cost: int) -> int:
        """Take points from a caller's bucket, and tell how many are left.

        Raises:
            HttpRefusal: 429, there are not enough points left; none is taken.
        """
        return self._buckets.charge((actor.tenant, actor.kind, actor.id), cost)

    def __len__(self) -> int:
        return len(self._buckets)


def _throttled(seconds: int) -> HttpRefusal:
    return HttpRefusal(
        429,
        "THROTTLED",
        f"要求が多すぎます。{seconds} 秒後にやり直してください",
        f"too many requests; try again in {seconds} s",
        retry_after=seconds,
    )
