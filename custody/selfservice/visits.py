"""Opening the door: a link and what the person knows besides; then a visit, for as long as they are there."""

from dataclasses import dataclass, field

from custody.custodian import Custodian
from custody.selfservice.link import Link
from policies.refusals import Denied


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who came in through their link. Prints without its secret.

    Attributes:
        tenant: of which company.
        sandbox: whether it is a sandbox.
        link: the link as it was then; each act reads it anew.
        digest: SHA-256 of the cookie.
        expires_at: when it ends in any case; milliseconds since the epoch.
        secret: the cookie's value, `wfv_...`.
        request: id of the HTTP request, where there is one.
    """

    tenant: int
    sandbox: bool
    link: Link = field(repr=False)
    digest: bytes = field(repr=False)
    expires_at: int
    secret: str = field(repr=False)
    request: str | None = None

    @property
    def person(self) -> int:
        """Who they are."""
        return self.link.person


async def open_door(
    custodian: Custodian, secret: str, factor: str, now: int, request: str | None = None
) -> Visit | Denied:
    """Open the door with a link. An unknown link, a locked one and a wrong factor answer alike.

    Args:
        custodian: what the use case works with.
        secret: the secret of the link, `wfl_...`.
        factor: the birth date, or the passcode, as typed.
        now: milliseconds since the epoch.
        request: id of the HTTP request.

    Raises:
        SealBrokenError: the row of the link was altered.
    """
    raise NotImplementedError


async def resume(custodian: Custodian, cookie: str, now: int, request: str | None = None) -> Visit | Denied:
    """The visit behind a cookie, if it has not ended; the request keeps it alive.

    Raises:
        SealBrokenError: a row was altered.
    """
    raise NotImplementedError


async def leave(custodian: Custodian, visit: Visit, now: int) -> None:
    """End a visit."""
    raise NotImplementedError
