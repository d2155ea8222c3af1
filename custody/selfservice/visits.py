"""Opening the door: a link and what the person knows besides; then a visit, for as long as they are there.

Each try is counted, and on disk, before anything is compared; a right one is taken off the count again in the
transaction that begins the visit. An unknown link, a locked one and a wrong factor take the same two transactions and
answer alike: whoever guesses learns nothing. Only who knows both is told that the link has ended.

Nobody outside fills the log: a link takes five wrong ones, each a leaf; of the tries after that, and of those at a link
that has ended, the first, second, fourth, eighth and so on are leaves that say how many there were. A link that nobody
issued concerns no person, and leaves none.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from custody.collection.acting import Acting
from custody.collection.acting import person as themselves
from custody.contract.end import is_closed
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.people import BY_ID
from custody.selfservice.factor import fits
from custody.selfservice.link import Factor, Link, lock_by_secret, read_link, save_link
from custody.selfservice.visit import (
    ABSOLUTE_MS,
    begin_visit,
    end_visit,
    living_visit,
    touch_visit,
)
from custody.tenants import has_tenant, read_tenant
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.errors import InvalidTokenError
from tokenizer.storage.transaction import Transaction
from tokenizer.token import Kind, Secret, digest, mint_secret, parse_secret

_TOUCH_MS: Final = 1_000


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


@dataclass(frozen=True, slots=True)
class _Tried:
    """A try that was counted: the link, its person's birth date, and whether it was locked before."""

    link: Link
    birth_date: str
    locked: bool


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
    parsed = _parsed(Kind.LINK, secret)
    if parsed is None:
        return denied("door-not-opened")
    tenant, hashed = parsed.tenant, digest(parsed.text)
    tried = await custodian.database.write(tenant, lambda tx: _count(tx, custodian, tenant, hashed))
    right = tried is not None and fits(custodian.authority, tried.link, tried.birth_date, factor)
    opened = tried.link if tried is not None and right and not tried.locked else None
    cookie = mint_secret(Kind.VISIT, tenant, custodian.random_bytes)

    def work(tx: Transaction) -> Visit | Denied:
        if not has_tenant(tx, tenant) or is_closed(tx, tenant):
            return denied("door-not-opened")  # no log to write it into
        custodian.vault.log(tenant).lock(tx)
        acting = themselves(tenant, request, sandbox=read_tenant(tx, custodian.authority, tenant).sandbox)
        if opened is None:
            return _refuse(tx, custodian, acting, tried, now)
        return _begin(tx, custodian, acting, opened, cookie, now)

    return await custodian.database.write(tenant, work)


async def resume(custodian: Custodian, cookie: str, now: int, request: str | None = None) -> Visit | Denied:
    """The visit behind a cookie, if it has not ended; the request keeps it alive.

    Args:
        custodian: what the use case works with.
        cookie: the cookie's value, `wfv_...`.
        now: milliseconds since the epoch.
        request: id of the HTTP request.

    Raises:
        SealBrokenError: a row was altered.
    """
    parsed = _parsed(Kind.VISIT, cookie)
    if parsed is None:
        return denied("visit-ended")
    tenant, hashed = parsed.tenant, digest(parsed.text)

    def find(tx: Transaction) -> tuple[Visit, int] | None:
        living = living_visit(tx, custodian.authority, tenant, hashed, now)
        link = read_link(tx, custodian.authority, tenant, living.link) if living else None
        if living is None or link is None or not link.reads(now):
            return None
        sandbox = read_tenant(tx, custodian.authority, tenant).sandbox
        expires = living.created_at + ABSOLUTE_MS
        return Visit(tenant, sandbox, link, hashed, expires, parsed.text, request), living.seen_at

    found = await custodian.database.read(tenant, find)
    if found is None:
        return denied("visit-ended")
    visit, seen_at = found
    if now - seen_at >= _TOUCH_MS:
        await custodian.database.write(tenant, lambda tx: touch_visit(tx, tenant, hashed, now))
    return visit


async def leave(custodian: Custodian, visit: Visit, now: int) -> None:
    """End a visit; one that has ended stays so."""

    def work(tx: Transaction) -> None:
        if is_closed(tx, visit.tenant):
            return
        log = custodian.vault.log(visit.tenant)
        log.lock(tx)
        if living_visit(tx, custodian.authority, visit.tenant, visit.digest, now) is None:
            return
        acting = themselves(visit.tenant, visit.request, sandbox=visit.sandbox)
        said = acting.says(Action.LINK_LEAVE, now, {"link": visit.link.public_id})
        log.append(tx, leaves_of([visit.person], [0], lambda _: said))
        end_visit(tx, visit.tenant, visit.digest)

    await custodian.database.write(visit.tenant, work)


def _parsed(kind: Kind, text: str) -> Secret | None:
    try:
        return parse_secret(kind, text)
    except InvalidTokenError:
        return None


def _count(tx: Transaction, custodian: Custodian, tenant: int, hashed: bytes) -> _Tried | None:
    """Count a try before it is compared; one that would be too many counts as knocking.

    The same statements run whether there is such a link or none, and whether it is locked: the time tells neither.
    """
    found = lock_by_secret(tx, custodian.authority, tenant, hashed)
    link = found or _nobodys(tenant, hashed)
    row = tx.one(BY_ID, {"tenant": tenant, "person": link.person})
    counted = save_link(
        tx, custodian.authority, link.knocked if link.is_locked else replace(link, tries=link.tries + 1)
    )
    if found is None:
        return None
    return _Tried(counted, row[6] if row else "", locked=link.is_locked)


def _nobodys(tenant: int, hashed: bytes) -> Link:
    """A link that is in no row."""
    return Link(tenant, 0, hashed, 0, 0, Factor.BIRTH_DATE, b"", 0, "", 0, 0, 0)


def _refuse(tx: Transaction, custodian: Custodian, acting: Acting, tried: _Tried | None, now: int) -> Denied:
    """Record a try that was in vain, if it is to be; the record says why, the answer does not."""
    refusal = denied("door-not-opened")
    if tried is None or (tried.locked and not tried.link.is_told):
        return refusal
    detail = {"link": tried.link.public_id, "cause": "locked" if tried.locked else "wrong"}
    detail |= {"tries": str(tried.link.tries + tried.link.knocks)}
    said = acting.says(Action.LINK_REFUSE, now, detail, denied=refusal)
    record = leaves_of([tried.link.person], [0], lambda _: said)
    custodian.vault.log(acting.tenant).append(tx, record)
    return refusal


def _begin(
    tx: Transaction, custodian: Custodian, acting: Acting, opened: Link, cookie: str, now: int
) -> Visit | Denied:
    """Take the try off the count again, and begin a visit if the link has not ended."""
    authority, tenant = custodian.authority, acting.tenant
    current = read_link(tx, authority, tenant, opened.id, lock=True)
    if current is None:
        return _refuse(tx, custodian, acting, None, now)
    right = replace(current, tries=current.tries - 1)
    if not right.reads(now):
        return _ended(tx, custodian, acting, save_link(tx, authority, right.knocked), now)
    link = save_link(tx, authority, right)
    said = acting.says(Action.LINK_OPEN, now, {"link": link.public_id})
    custodian.vault.log(tenant).append(tx, leaves_of([link.person], [0], lambda _: said))
    hashed = digest(cookie)
    begin_visit(tx, authority, tenant, link.id, link.person, hashed, now)
    return Visit(tenant, acting.sandbox, link, hashed, now + ABSOLUTE_MS, cookie, acting.request)


def _ended(tx: Transaction, custodian: Custodian, acting: Acting, link: Link, now: int) -> Denied:
    """Tell somebody who knows both that their link has ended."""
    refusal = denied("link-ended")
    if link.is_told:
        detail = {"link": link.public_id, "tries": str(link.knocks)}
        said = acting.says(Action.LINK_REFUSE, now, detail, denied=refusal)
        custodian.vault.log(acting.tenant).append(tx, leaves_of([link.person], [0], lambda _: said))
    return refusal
