"""What guessing and flooding cost at the door: points for each client address, and for each visit.

A link's own five tries stop whoever has a link. These buckets stop whoever has none, and whoever keeps the machine busy
with images. A right answer costs an address nothing, so that an office behind one address can come in all at once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from typing import Final

from api.budget import Allowance, Buckets

TRY: Final = 10
"""Points of an address: a door that did not open, or a cookie that is none."""
REQUEST: Final = 5
IMAGE: Final = 200
"""Points of a visit."""

OF_ADDRESS: Final = Allowance(points=600, per_second=1)
"""Sixty wrong tries at once, then one every ten seconds."""
OF_VISIT: Final = Allowance(points=10_000, per_second=20)
"""Fifty images at once, then one every ten seconds."""

_NETWORK_BITS: Final = 64
"""An IPv6 subscriber has at least so many addresses."""


class Brake:
    """Counts points of addresses and visits, in this process's memory.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._addresses: Buckets[str] = Buckets(OF_ADDRESS, clock)
        self._visits: Buckets[bytes] = Buckets(OF_VISIT, clock)

    @contextmanager
    def trying(self, host: str | None) -> Iterator[Callable[[], None]]:
        """Charge an address for a try before it is made; what is given ends the charge once it was right.

        Args:
            host: the client's address, as the server sees it.

        Raises:
            HttpRefusal: 429, this address has tried too often.
        """
        key = network(host)
        self._addresses.charge(key, TRY)
        yield lambda: self._addresses.give_back(key, TRY)

    def charge(self, visit: bytes, cost: int) -> None:
        """Charge a visit for a request.

        Args:
            visit: digest of its cookie.
            cost: points.

        Raises:
            HttpRefusal: 429, there were too many.
        """
        self._visits.charge(visit, cost)


def network(host: str | None) -> str:
    """Whom an address belongs to: an IPv4 address, the first half of an IPv6 one, or nobody in particular."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{int(address) >> _NETWORK_BITS:x}/{_NETWORK_BITS}"
    return str(address)
