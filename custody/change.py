"""A changed number (番号法7条2項): a new version takes the old one's place, the person and their tokens stay."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from custody.calendar import day_in_japan
from custody.custodian import Custodian, entry, record_refusal
from custody.people import PERSON, SET_HELD, NumberState, Verification, find_person
from custody.rejections import Rejection
from custody.rejections import rejection as rejected
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.audit.entry import entry_batch
from tokenizer.audit.log import leaves
from tokenizer.my_number import check_numbers
from tokenizer.storage.transaction import Conflict, Transaction

_STATE: Final = [column.name for column in PERSON.columns].index("number_state")


@dataclass(frozen=True, slots=True)
class Changed:
    """The version of the number that is now in force."""

    external_id: str
    version: int


async def change_number(
    custodian: Custodian,
    actor: Actor,
    external_id: str,
    number: str,
    verification: Verification,
    verified_on: date,
    now: int,
) -> Changed | Rejection | Denied:
    """Put a person's changed number in force; a handler's act, after a new identity check."""
    denial = may(actor, "changeNumber")
    if denial is None and verified_on > day_in_japan(now):
        denial = denied("date-in-future")
    if denial is not None:
        refused = entry(actor, Action.NUMBER_CHANGE, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    digits, wrong = check_numbers([number], sandbox=actor.sandbox)
    if wrong or digits[0] is None:
        return Rejection(*wrong[0])
    new = digits[0]

    def work(tx: Transaction) -> Changed | Rejection:
        custodian.vault.log(actor.tenant).lock(tx)
        row = find_person(tx, actor.tenant, external_id)
        if row is None or row[_STATE] != NumberState.HELD.value:
            return rejected(0, "PERSON_UNKNOWN")
        if custodian.vault.holders(tx, actor.tenant, [new]):
            return rejected(0, "NUMBER_TAKEN")
        version = custodian.vault.change(tx, actor.tenant, row[1], new, now)
        if version is None:
            return rejected(0, "PERSON_UNKNOWN")
        tx.run(
            SET_HELD,
            {
                "tenant": actor.tenant,
                "person": row[1],
                "new_state": NumberState.HELD.value,
                "new_verification": verification.value,
                "new_verified_on": verified_on.isoformat(),
            },
        )
        detail = {"version": str(version), "verification": verification.value}
        record = entry_batch(entry(actor, Action.NUMBER_CHANGE, now, detail=detail), [row[1]])
        custodian.vault.log(actor.tenant).append(tx, leaves(record, [row[1]]))
        return Changed(row[2], version)

    try:
        return await custodian.database.write(actor.tenant, work)
    except Conflict:
        return rejected(0, "NUMBER_TAKEN")
