"""What the vault answers about links by which persons bring their number themselves."""

from dataclasses import dataclass
from datetime import datetime

from warifu.results import RowRejection
from warifu.results_collection_enums import CollectionLinkFactor
from warifu.results_secret import Secret


@dataclass(frozen=True, slots=True)
class CollectionLink:
    """A link of one person in one campaign, without its secret.

    Attributes:
        link_id: public id, as the audit log names it.
        factor: what the person has to know besides.
        issued_by: who issued it; None if the program sent it.
        issued_at: when.
        gives: whether something could be given by it when this was asked.
        gives_until: until when something can be, at the latest.
        opens: whether it opened then, at least to read.
        opens_until: until when it does, at the latest.
        tries_left: how many wrong tries it still bears.
        locked: whether none is left; then the person needs a new link.
        acknowledged_at: when the person said that they read the purpose notice.
        finished_at: when they said that they are done.
        revoked_at: when the company revoked it.
    """

    link_id: str
    factor: CollectionLinkFactor
    issued_by: str | None
    issued_at: datetime
    gives: bool
    gives_until: datetime
    opens: bool
    opens_until: datetime
    tries_left: int
    locked: bool
    acknowledged_at: datetime | None
    finished_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class CollectionLinksIssued:
    """New links, as columns in the order asked for, and the rows without one. Keep what is needed: it comes once.

    Attributes:
        collection_ids: public ids of the collections.
        urls: the address for each person, with its secret.
        passcodes: what each is told in another way; None where the birth date is asked for.
        gives_until: until when something can be given by each.
        rejections: the rows without a link.
    """

    collection_ids: tuple[str, ...]
    urls: tuple[Secret, ...]
    passcodes: tuple[Secret | None, ...]
    gives_until: tuple[datetime, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class CollectionLinksRevoked:
    """How many links were revoked, and the rows that name no collection."""

    count: int
    rejections: tuple[RowRejection, ...]
