"""What the certificates of a contract's end say, and the key by which they are fetched when no account is left."""

import hmac
from collections.abc import Mapping
from typing import Final

from custody.certificates.facts import Erased
from custody.contract.end import ContractEnd, EndState, read_end
from custody.custodian import Custodian
from custody.disposal.facts import Certified, certified
from custody.disposal.run import RunState, read_run
from policies.catalogue_table import Bilingual
from policies.refusals import Denied, denied
from tokenizer.token import Secret, digest

GROUPS: Final[Mapping[Bilingual, tuple[str, ...]]] = {
    Bilingual("利用者アカウント", "Accounts"): ("account",),
    Bilingual("クライアント", "Clients"): ("client",),
    Bilingual("セッション・キー・認証の記録", "Sessions, keys and what people log in with"): (
        "session",
        "collection_visit",
        "collection_link",
        "client_key",
        "recovery_code",
        "second_factor",
        "login_attempt",
    ),
    Bilingual("本人の記録(氏名・住所など)", "Records of persons (names, addresses and so on)"): ("person",),
    Bilingual("書類・退職・保全の記録", "Records of documents, departures and holds"): (
        "document",
        "departure",
        "legal_hold",
    ),
    Bilingual("利用申請・提供件数・再送用の応答", "Uses, counters of releases, kept answers"): (
        "use",
        "quota_usage",
        "replay",
    ),
    Bilingual("廃棄の方針・過去の対象者一覧", "The choice of when to dispose, lists of earlier disposals"): (
        "disposal_policy",
        "disposal_item",
    ),
    Bilingual("登録前の番号と、記録のない鍵", "Numbers not registered yet, keys without a record"): (
        "person_key",
        "number",
        "token",
        "sealed_item",
    ),
    Bilingual("番号の収集・本人確認・発送・通知の記録", "Collections, verifications, dispatches, notices"): (
        "campaign",
        "collection",
        "collection_item",
        "dispatch",
        "kit",
        "kit_page",
        "kit_print",
        "kit_sender",
        "verification",
        "purpose_notice",
        "purpose_notice_person",
    ),
    Bilingual("問い合わせと来庁予約の記録", "Inquiries and appointments"): (
        "inquiry",
        "inquiry_message",
        "slot",
        "appointment",
    ),
}
OTHER: Final = Bilingual("その他の記録", "Other records")
"""How the certificate names what was erased, other tables at the end; the log's last entry has each one's count."""


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
    named = {table for tables in GROUPS.values() for table in tables}
    groups = {**GROUPS, OTHER: tuple(counts.keys() - named)}
    summed = ((words, sum(counts.get(table, 0) for table in tables)) for words, tables in groups.items())
    return tuple(Erased(words, count) for words, count in summed if count)
