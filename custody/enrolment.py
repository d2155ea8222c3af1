"""Enrolment of a second factor: a seed for one-time codes, and ten recovery codes that each work once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import BigInteger, LargeBinary, bindparam, delete
from sqlmodel import Field, SQLModel

from custody.account import Account, account_values, read_account
from custody.custodian import Custodian
from policies.step_up import enrol
from policies.totp import new_seed, provisioning_uri
from tokenizer.crypto.authority import Authority
from tokenizer.errors import InvalidTokenError
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction
from tokenizer.token import digest, mint_recovery_codes, parse_recovery_code

RECOVERY_CODES: Final = 10
_ISSUER: Final = "Warifu"


class RecoveryCodeRow(SQLModel, table=True):
    """A recovery code as its SHA-256, bound to its account; deleted when used."""

    __tablename__ = "recovery_code"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    stamp: bytes = Field(sa_type=LargeBinary)


_CODE: Final = table_of(RecoveryCodeRow)
_DROP_CODES: Final = Statement(
    delete(_CODE).where(_CODE.c.tenant_id == bindparam("tenant"), _CODE.c.account_id == bindparam("account"))
)
_TAKE_CODE: Final = Statement(
    delete(_CODE)
    .where(
        _CODE.c.tenant_id == bindparam("tenant"),
        _CODE.c.account_id == bindparam("account"),
        _CODE.c.digest == bindparam("digest"),
    )
    .returning(_CODE.c.stamp)
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person needs for their second factor; shown this once. `repr` shows none of it.

    Attributes:
        account: whose.
        seed: base32, for an authenticator.
        uri: the same as an otpauth:// address, for a QR code.
        recovery_codes: ten codes, each good once.
    """

    account: Account
    seed: str
    uri: str
    recovery_codes: Sequence[str]

    def __repr__(self) -> str:
        return f"Enrolment({self.account.login})"


def enrol_account(tx: Transaction, custodian: Custodian, account: Account) -> Enrolment:
    """Give an account a new seed and new recovery codes; the old ones end now."""
    seed = new_seed(custodian.random_bytes)
    enrol(tx, custodian.authority, account.tenant, account.id, seed, custodian.random_bytes)
    codes = mint_recovery_codes(RECOVERY_CODES, custodian.random_bytes)
    tx.run(_DROP_CODES, {"tenant": account.tenant, "account": account.id})
    tx.insert(RecoveryCodeRow, [_code_row(custodian.authority, account, code) for code in codes])
    return Enrolment(account, seed, provisioning_uri(seed, account.login, _ISSUER), codes)


def re_enrol(tx: Transaction, custodian: Custodian, account: Account, code: str) -> Enrolment | None:
    """Spend a recovery code on a new second factor; None if the code is not one of the account's."""
    try:
        hashed = digest(parse_recovery_code(code))
    except InvalidTokenError:
        return None
    row = tx.one(_TAKE_CODE, {"tenant": account.tenant, "account": account.id, "digest": hashed})
    if row is None:
        return None
    custodian.authority.check("recovery_code", (account.tenant, account.id, hashed), row[0])
    return enrol_account(tx, custodian, account)


def enrolment_to_answer(made: Enrolment) -> list[Any]:
    """An enrolment as an idempotent request keeps it, without the password."""
    account = replace(made.account, password="")
    return [list(account_values(account)), made.seed, made.uri, list(made.recovery_codes)]


def enrolment_from_answer(answer: list[Any]) -> Enrolment:
    """An enrolment from what was kept."""
    values, seed, uri, codes = answer
    return Enrolment(read_account(values), seed, uri, codes)


def drop_recovery_codes(tx: Transaction, account: Account) -> None:
    """End every recovery code of an account."""
    tx.run(_DROP_CODES, {"tenant": account.tenant, "account": account.id})


def _code_row(authority: Authority, account: Account, code: str) -> Row:
    values = (account.tenant, account.id, digest(code))
    return (*values, authority.stamp("recovery_code", values))
