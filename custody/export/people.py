"""Files about people: who they are, their documents, when they left, which of them a legal hold keeps.

The titles of people are those that the client's roster reader knows, so that what was exported can be imported.
"""

from typing import Any, Final

from sqlalchemy import FromClause, Select, Table, and_, select

from custody.departure import DEPARTURE, departure_of
from custody.document import DOCUMENT, document_of
from custody.export.cells import moment
from custody.export.sheet import Sheet, Title
from custody.hold import HOLD, hold_of
from custody.people import PERSON, Person, person_of
from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Row

WHO: Final[tuple[Title, ...]] = (("本人ID", "person"), ("管理番号", "external_id"), ("氏名", "name"))
"""Who is meant: by the id that certificates and the log keep, and by what the company knows them by."""

NAMING: Final = (PERSON.c.external_id, PERSON.c.name)


def person_id(person: int) -> str:
    """A person's id in a form that a spreadsheet does not round to fifteen digits."""
    return f"person_{person}"


def with_person(table: Table) -> FromClause:
    """Rows of a table with the person they concern."""
    whose = and_(PERSON.c.tenant_id == table.c.tenant_id, PERSON.c.person_id == table.c.person_id)
    joined: FromClause = table.join(PERSON, whose)
    return joined


def _of_persons(table: Table) -> Select[Any]:
    return select(*NAMING, table).select_from(with_person(table))


def _person(_: Authority, row: Row) -> list[str]:
    person = person_of(row)
    return [
        person_id(person.id),
        person.external_id,
        person.kind.value,
        person.name,
        person.kana,
        person.birth_date.isoformat() if person.birth_date else "",
        person.address,
        person.employee,
        person.number_state.value,
        person.verification.value if person.verification else "",
        person.verified_on.isoformat() if person.verified_on else "",
        _days(person, "notified"),
        _days(person, "ends"),
        person.due_on.isoformat() if person.due_on else "",
        moment(person.created_at),
    ]


def _days(person: Person, column: str) -> str:
    days = person.ends if column == "ends" else person.notified
    return " ".join(f"{code}={day.isoformat()}" for code, day in sorted(days.items()))


def _document(authority: Authority, row: Row) -> list[str]:
    external_id, name, *rest = row
    document = document_of(authority, tuple(rest))
    return [
        person_id(document.person),
        external_id,
        name,
        document.public_id,
        document.purpose,
        document.deadline_on,
        document.completed_on,
        str(document.copies),
        moment(document.created_at),
    ]


def _departure(authority: Authority, row: Row) -> list[str]:
    external_id, name, *rest = row
    departure = departure_of(authority, tuple(rest))
    return [
        person_id(departure.person),
        external_id,
        name,
        departure.ended_on,
        moment(departure.created_at),
    ]


def _hold(authority: Authority, row: Row) -> list[str]:
    external_id, name, *rest = row
    hold = hold_of(authority, tuple(rest))
    return [
        person_id(hold.person),
        external_id,
        name,
        hold.public_id,
        hold.reason,
        hold.placed_by,
        moment(hold.placed_at),
        hold.lifted_by,
        moment(hold.lifted_at),
    ]


PEOPLE: Final = Sheet(
    (
        ("本人ID", "person"),
        ("管理番号", "external_id"),
        ("区分", "kind"),
        ("氏名", "name"),
        ("フリガナ", "kana"),
        ("生年月日", "birth_date"),
        ("住所", "address"),
        ("扶養者番号", "employee"),
        ("番号の状態", "number_state"),
        ("本人確認の方法", "verification"),
        ("本人確認日", "verified_on"),
        ("通知した利用目的と日", "notified"),
        ("利用目的の終わる日", "ends"),
        ("廃棄予定日", "due_on"),
        ("登録日時", "registered_at"),
    ),
    select(PERSON),
    PERSON.c.tenant_id,
    (PERSON.c.person_id,),
    _person,
    # Employees before their families: whoever imports the file has to register them in that order.
    parts=(PERSON.c.employee == "", PERSON.c.employee != ""),
)
DOCUMENTS: Final = Sheet(
    (
        *WHO,
        ("書類ID", "document"),
        ("利用目的", "purpose"),
        ("提出期限", "deadline_on"),
        ("完結日", "completed_on"),
        ("控えの部数", "copies"),
        ("登録日時", "recorded_at"),
    ),
    _of_persons(DOCUMENT),
    DOCUMENT.c.tenant_id,
    (DOCUMENT.c.document_id,),
    _document,
)
DEPARTURES: Final = Sheet(
    (*WHO, ("退職・契約終了日", "ended_on"), ("登録日時", "recorded_at")),
    _of_persons(DEPARTURE),
    DEPARTURE.c.tenant_id,
    (DEPARTURE.c.person_id,),
    _departure,
)
HOLDS: Final = Sheet(
    (
        *WHO,
        ("保全措置ID", "hold"),
        ("理由", "reason"),
        ("設定者", "placed_by"),
        ("設定日時", "placed_at"),
        ("解除者", "lifted_by"),
        ("解除日時", "lifted_at"),
    ),
    _of_persons(HOLD),
    HOLD.c.tenant_id,
    (HOLD.c.hold_id,),
    _hold,
)
