"""The record through the API, verified offline with the client's own verifier."""

from base64 import b64decode

import pytest

from policies.actor import Role
from tests.support.api import Caller, Colleague, Office, People
from tests.support.walk import operation
from tests.support.world import GENSEN
from warifu.audit import AuditVerificationError, verify_consistency, verify_log, verify_proof

EXPORT = operation("auditExport").document
CONSISTENCY = operation("auditConsistency").document


async def busy(office: Office) -> tuple[Caller, Colleague, People]:
    """A tenant with a history: registrations, releases, refusals."""
    client = await office.client()
    auditor = await office.colleague("sato", Role.AUDITOR, Role.HANDLER)
    people = await office.register(client, 3)
    released = await office.release(client, auditor.human, people)
    assert released["firstLeaf"] > 0
    refused = await client.do("prepareUse", tokens=people.tokens, purpose="RO_NENKIN", reason="基礎年金番号")
    assert refused["rule"] == "purpose-refused-by-law"
    return client, auditor, people


async def test_every_entry_comes_with_a_proof_that_holds_offline(office: Office) -> None:
    _, auditor, _ = await busy(office)
    log = await auditor.caller.get("auditLog")
    entries = (await auditor.caller.get("auditEntries", first=100))["nodes"]
    assert [entry["index"] for entry in entries] == list(range(log["size"]))
    for entry in entries:
        verified = verify_proof(entry["proof"], b64decode(entry["entry"]), log["verifierKey"])
        assert (verified.index, verified.fields["action"]) == (entry["index"], entry["action"])
    assert {entry["outcome"] for entry in entries} == {"ALLOWED", "DENIED"}
    with pytest.raises(AuditVerificationError):
        verify_proof(entries[0]["proof"], b64decode(entries[1]["entry"]), log["verifierKey"])


async def test_a_release_is_in_the_log_person_by_person_under_the_checkpoint_it_came_with(
    office: Office,
) -> None:
    client, handler = await office.client(), await office.colleague()
    people = await office.register(client, 2)
    released = await office.release(client, handler.human, people)
    for place, external_id in enumerate(people.external_ids):
        found = (await client.get("auditEntries", externalId=external_id, last=1))["nodes"]
        assert found[0]["index"] == released["firstLeaf"] + place
        assert (
            found[0].items()
            >= {
                "action": "vault:number:release",
                "human": "tanaka",
                "client": "payroll",
                "purpose": GENSEN,
                "reason": "年末調整",
                "useId": released["use"]["useId"],
            }.items()
        )
    assert released["checkpoint"] == (await client.get("auditLog"))["checkpoint"]


async def test_the_log_only_grows_and_whoever_kept_a_checkpoint_can_prove_it(office: Office) -> None:
    client, auditor, _ = await busy(office)
    kept = await client.get("auditLog")
    await office.register(client, 5, seed=9)
    now = await client.get("auditLog")
    path = await client.get("auditConsistency", oldSize=kept["size"], newSize=now["size"])
    hashes = [b64decode(item) for item in path]
    verify_consistency(kept["checkpoint"], now["checkpoint"], hashes, now["verifierKey"])
    other = await office.beside("株式会社別物")
    foreign = await (await other.client()).get("auditLog")
    with pytest.raises(AuditVerificationError):
        verify_consistency(foreign["checkpoint"], now["checkpoint"], hashes, now["verifierKey"])
    for sizes in ((0, 1), (2, 1), (1, now["size"] + 1)):
        variables = {"oldSize": sizes[0], "newSize": sizes[1]}
        assert await auditor.caller.code_of(CONSISTENCY, **variables) == "FORBIDDEN"


async def test_an_export_in_parts_is_the_whole_log(office: Office) -> None:
    client, auditor, _ = await busy(office)
    log = await auditor.caller.get("auditLog")
    entries: list[bytes] = []
    for start in range(0, log["size"], 4):
        part = await auditor.caller.get("auditExport", start=start, limit=4)
        assert part["start"] == start
        assert len(part["entries"]) == len(part["hashes"])
        entries += [b64decode(item) for item in part["entries"]]
    assert verify_log(entries, log["checkpoint"], log["verifierKey"]).size == log["size"]
    with pytest.raises(AuditVerificationError):
        verify_log(entries[:-1], log["checkpoint"], log["verifierKey"])
    assert (await auditor.caller.get("auditExport", start=10**10, limit=1))["entries"] == []
    for limit in (0, 1_001):
        assert await auditor.caller.code_of(EXPORT, start=0, limit=limit) == "BAD_USER_INPUT"
    assert await client.code_of(EXPORT, start=0, limit=1) == "FORBIDDEN"


async def test_a_client_reads_what_it_did_itself_about_a_person_it_names(office: Office) -> None:
    payroll, other = await office.client("payroll"), await office.client("accounting")
    people = await office.register(payroll, 1)
    (token,) = (await other.do("issueTokens", externalIds=people.external_ids))["tokens"]
    document = operation("auditEntries").document
    assert await payroll.code_of(document) == "FORBIDDEN"
    mine = (await payroll.get("auditEntries", token=people.tokens[0]))["nodes"]
    theirs = (await other.get("auditEntries", token=token))["nodes"]
    assert [(entry["client"], entry["action"]) for entry in mine] == [("payroll", "vault:number:register")]
    assert [(entry["client"], entry["action"]) for entry in theirs] == [("accounting", "vault:token:issue")]
    assert await payroll.code_of(document, token=token) == "FORBIDDEN"
    assert await payroll.get("auditEntry", index=mine[0]["index"]) is not None
    assert await payroll.get("auditEntry", index=theirs[0]["index"]) is None
    assert await payroll.get("auditEntry", index=0) is None, "the operator opened the tenant, not the client"
    assert await payroll.get("auditEntry", index=10**10) is None
