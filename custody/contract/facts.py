"""What the certificates of a contract's end say, and the key by which they are fetched when no account is left."""

import hmac
from collections.abc import Mapping
from typing import Final

from custody.certificates.facts import Erased
from custody.contract.end import ContractEnd, EndState, read_end
from custody.contract.erase import ERASED
from custody.custodian import Custodian
from custody.disposal.facts import Certified, certified
from custody.disposal.run import RunState, read_run
from policies.catalogue_table import Bilingual
from policies.refusals import Denied, denied
from tokenizer.token import Secret, digest

WORDS: Final[Mapping[str, Bilingual]] = {
    "session": Bilingual("ログイン中のセッション", "Sessions"),
    "client_key": Bilingual("クライアントキー", "Client keys"),
    "client": Bilingual("クライアント", "Clients"),
    "recovery_code": Bilingual("リカバリーコード", "Recovery codes"),
    "second_factor": Bilingual("ワンタイムコードの登録", "Enrolments of one-time codes"),
    "login_attempt": Bilingual("ログイン試行の記録", "Counters of logins"),
    "account": Bilingual("利用者アカウント", "Accounts"),
    "person_key": Bilingual("番号のない人の鍵", "Keys without a number"),
    "number": Bilingual("鍵のない番号", "Numbers without a key"),
    "sealed_item": Bilingual("鍵のない封緘データ", "Sealed items without a key"),
    "token": Bilingual("トークン", "Tokens"),
    "replay": Bilingual("再送用の応答", "Answers kept for requests sent twice"),
    "use": Bilingual("利用申請", "Uses"),
    "document": Bilingual("法定書類の記録", "Records of documents"),
    "departure": Bilingual("退職・契約終了の記録", "Records of departures"),
    "legal_hold": Bilingual("解除済みの法的保全", "Legal holds that were lifted"),
    "disposal_policy": Bilingual("廃棄の方針", "The choice of when to dispose"),
    "quota_usage": Bilingual("提供件数の集計", "Counters of releases"),
    "person": Bilingual("本人の記録(氏名・住所など)", "Records of persons (names, addresses and so on)"),
    "disposal_item": Bilingual("過去の廃棄の対象者一覧", "Lists of earlier disposals"),
}
"""What each table is to whoever reads the certificate."""


async def certify_end(
    custodian: Custodian, tenant: int, *, issuer: str = "", first: bool = False
) -> Certified | Denied:
    """What is certified of a contract that has ended: データ破棄証明書, or once it is extinct 消滅証明書.

    Args:
        custodian: what the use case works with.
        tenant: whose contract. Whether the caller may ask is settled before.
        issuer: who keeps the vault.
        first: the first certificate though the second could be drawn.

    Raises:
        SealBrokenError: a row was altered.
    """
    end = await end_of(custodian, tenant)
    if end is None or end.state is not EndState.ENDED:
        return denied("contract-not-ended")
    run = await custodian.database.read(tenant, lambda tx: read_run(tx, custodian.authority, tenant, end.run))
    if run is None or run.state is not RunState.DONE:
        return denied("contract-end-restored")
    if not first and not run.extinct_at:
        return denied("contract-not-extinct")
    return await certified(
        custodian,
        run,
        issuer=issuer,
        first=first,
        signatories={end.requested_by: end.requested_name, end.approved_by: end.approved_name},
        ended_on=end.ends_on,
        erased=_erased(end),
    )


async def end_of(custodian: Custodian, tenant: int) -> ContractEnd | None:
    """The end of a tenant's contract, if somebody asked for it.

    Raises:
        SealBrokenError: the row was altered.
    """
    return await custodian.database.read(tenant, lambda tx: read_end(tx, custodian.authority, tenant))


async def end_of_key(custodian: Custodian, key: Secret) -> ContractEnd | None:
    """The contract's end that a certificate key belongs to; None if it belongs to none."""
    end = await end_of(custodian, key.tenant)
    if end is None or not hmac.compare_digest(end.key_digest, digest(key.text)):
        return None
    return end


def _erased(end: ContractEnd) -> tuple[Erased, ...]:
    counts = end.counts
    return tuple(Erased(WORDS[table.name], counts[table.name]) for table in ERASED if table.name in counts)
