"""Documents as callers record them: which statutory documents bear whose number, and from when their time counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from custody.batch import take_batch
from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry
from custody.days import is_plausible
from custody.document import Document, Paper, held_of, insert_documents
from custody.leaves import leaves_of
from custody.named import Named, find_named, reject_named
from custody.people import Known
from custody.rejections import Rejection, rejection
from custody.replay import Once, Replay
from custody.roster import MAX_ROWS
from custody.settle import settle
from policies.actor import Actor
from policies.authorize import may
from policies.disposal_plan import RetentionError
from policies.purposes import Catalogue, PurposeStatus
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry
from tokenizer.storage.transaction import Transaction

MOST_COPIES: Final = 999


@dataclass(frozen=True, slots=True)
class DocumentColumns:
    """Documents as columns of one length; all but the first two may be left empty as a whole.

    Attributes:
        persons: whose number each bears.
        purposes: code of the purpose of each.
        deadlines: last day for filing it, ISO 8601; "" where the rule does not count from it.
        completions: the day the matter was closed, ISO 8601; "" while it is open.
        copies: how many copies that bear the number are kept; 1 when left empty.
    """

    persons: Named
    purposes: Sequence[str]
    deadlines: Sequence[str] = ()
    completions: Sequence[str] = ()
    copies: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.purposes)

    def lengths_agree(self) -> bool:
        """Whether every column has a value for every row."""
        optional = (self.deadlines, self.completions, self.copies)
        size = len(self)
        return len(self.persons) == size and all(len(column) in (0, size) for column in optional)

    def papers(self) -> list[Paper]:
        """Of each row what the clock looks at."""
        size = len(self)
        deadlines, completions = self.deadlines or [""] * size, self.completions or [""] * size
        return list(zip(self.purposes, deadlines, completions, self.copies or [1] * size, strict=True))


@dataclass(frozen=True, slots=True)
class Documented:
    """What became of a batch of documents.

    Attributes:
        documents: public id of each row's document, None for a rejected row.
        rejections: the rows that were not taken.
    """

    documents: list[str | None]
    rejections: list[Rejection] = field(default_factory=list)


async def record_documents(
    custodian: Custodian, actor: Actor, columns: DocumentColumns, now: int, replay: Replay | None = None
) -> Documented | Denied:
    """Record which documents bear persons' numbers.

    Args:
        custodian: what the use case works with.
        actor: a client or a handler.
        columns: at most 10,000 rows.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    denial = may(actor, "recordDocuments") or refuse_rows(len(columns), agree=columns.lengths_agree())
    papers = [] if denial else columns.papers()
    wrong = paper_problems(custodian.catalogue, papers, day_in_japan(now))
    ids = custodian.vault.new_ids(len(papers), now)

    def work(tx: Transaction) -> Documented:
        people = find_named(tx, actor, columns.persons)
        rejected = dict(wrong)
        reject_named(columns.persons, people, rejected)
        _reject_kinds(custodian.catalogue, people, columns.purposes, rejected)
        taken = [
            Document(actor.tenant, identity, person.id, *paper, now)
            for row, (identity, person, paper) in enumerate(zip(ids, people, papers, strict=True))
            if person is not None and row not in rejected
        ]
        write_documents(tx, custodian, actor, taken, now)
        public = {document.id: document.public_id for document in taken}
        rejections = [rejected[row] for row in sorted(rejected)]
        return Documented([public.get(identity) for identity in ids], rejections)

    once = Once(replay, _to_answer, _from_answer) if replay else None
    return await take_batch(custodian, actor, Action.DOCUMENT_RECORD, denial, now, work, once)


def refuse_rows(size: int, *, agree: bool) -> Denied | None:
    """Why columns are refused as a whole: they differ in length, or are too long."""
    if not agree:
        return denied("columns-differ")
    return denied("too-many-rows") if size > MAX_ROWS else None


def paper_problems(catalogue: Catalogue, papers: Sequence[Paper], today: date) -> dict[int, Rejection]:
    """The rows whose document cannot be, each with what is wrong; equal rows are looked at once."""
    codes = {paper: _problem(catalogue, paper, today) for paper in set(papers)}
    return {row: rejection(row, code) for row, paper in enumerate(papers) if (code := codes[paper])}


def _problem(catalogue: Catalogue, paper: Paper, today: date) -> str | None:
    code, deadline_on, completed_on, copies = paper
    purpose = catalogue.get(code)
    if purpose is None:
        return "PURPOSE_UNKNOWN"
    if purpose.status is PurposeStatus.REFUSED:
        return "PURPOSE_REFUSED"
    if not all(is_plausible(day, today) for day in (deadline_on, completed_on) if day):
        return "DATE_INVALID"
    if not 0 <= copies <= MOST_COPIES:
        return "COPIES_INVALID"
    try:
        held_of(catalogue, *paper)
    except RetentionError:
        return "DEADLINE_MISSING"
    return None


def _reject_kinds(
    catalogue: Catalogue,
    people: Sequence[Known | None],
    purposes: Sequence[str],
    rejected: dict[int, Rejection],
) -> None:
    for row, (person, code) in enumerate(zip(people, purposes, strict=True)):
        if person is None or row in rejected:
            continue
        purpose = catalogue.get(code)
        if purpose is None or person.kind not in purpose.whose:
            rejected[row] = rejection(row, "NOT_THEIR_PURPOSE")


def write_documents(
    tx: Transaction, custodian: Custodian, actor: Actor, taken: Sequence[Document], now: int
) -> None:
    """Write documents that are not there, and record them, in a transaction that has locked the tenant's log."""
    if not taken:
        return
    insert_documents(tx, custodian.authority, taken)
    persons = [document.person for document in taken]
    settle(tx, custodian, actor.tenant, list(dict.fromkeys(persons)), now)

    def say(paper: Paper) -> Entry:
        detail = document_detail(*paper[1:])
        return entry(actor, Action.DOCUMENT_RECORD, now, purpose=paper[0], detail=detail)

    record = leaves_of(persons, [document.paper for document in taken], say)
    custodian.vault.log(actor.tenant).append(tx, record)


def document_detail(deadline_on: str, completed_on: str, copies: int) -> dict[str, str]:
    """What the log says of a document besides its purpose."""
    days = {"deadline_on": deadline_on, "completed_on": completed_on}
    return {name: day for name, day in days.items() if day} | {"copies": str(copies)}


def _to_answer(done: Documented) -> list[Any]:
    rejections = [[item.row, item.code, item.message_ja, item.message_en] for item in done.rejections]
    return [done.documents, rejections]


def _from_answer(answer: list[Any]) -> Documented:
    documents, rejections = answer
    return Documented(documents, [Rejection(*item) for item in rejections])
