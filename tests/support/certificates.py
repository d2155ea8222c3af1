"""Made-up runs, and a tenant's log that bears them out: what the tests of certificates work with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Final

from custody.certificates.digest import (
    COMPLETE,
    EXTINCT,
    completion_detail,
    extinction_detail,
    persons_digest,
)
from custody.certificates.facts import (
    DisposalFacts,
    DisposedPerson,
    Erased,
    Evidence,
    Kind,
    Rule,
    Signatory,
)
from custody.certificates.issue import issue
from custody.certificates.report import LeftOut, ManagementFacts, Month, RunLine
from policies.catalogue_table import Bilingual
from tokenizer.audit.checkpoint import Checkpoint
from tokenizer.audit.checkpoint import sign as sign_checkpoint
from tokenizer.audit.note import VerifierKey
from tokenizer.audit.path import plan_inclusion
from tokenizer.audit.proof import Proof
from tokenizer.audit.tree import Frontier, leaf_hash
from tokenizer.crypto.primitives import Signer

ORIGIN: Final = "warifu.example/log/7"
SIGNER: Final = Signer(sha256(b"warifu test key, never use: certificates").digest())
KEY: Final = VerifierKey(ORIGIN, SIGNER.public)
DAY: Final = 86_400_000


def moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Milliseconds of a moment in UTC."""
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


RULES: Final = (
    Rule(
        "EI_SOSHITSU:C",
        Bilingual("雇用保険被保険者資格喪失届", "Notice of loss of employment insurance"),
        Bilingual("完結の日(退職など)の翌日から4年", "4 years from the day after the matter was closed"),
    ),
    Rule(
        "TAX_FUYO:A",
        Bilingual("給与所得者の扶養控除等(異動)申告書", "Declaration of dependents"),
        Bilingual(
            "提出期限の属する年の翌年1月10日の翌日から7年",
            "7 years from the day after 10 January of the year after the deadline",
        ),
    ),
)
"""Both in the order of their codes."""

FINISHED: Final = moment(2026, 1, 12, 1, 30)
NAMES: Final = ("山田 太郎", "髙﨑 さくら", "𠮷田 次郎", 'José María #set $x$ \\ "quoted"')


def person(number: int, name: str = "", **changes: Any) -> DisposedPerson:
    """The person of this number in the list, from 0."""
    one = DisposedPerson(
        person=25_000_000_000_000 + number,
        external_id=f"E-{number + 1:05}",
        name=name or NAMES[number % len(NAMES)],
        disposed_at=FINISHED - 60_000 + number,
        due_on="2026-01-11",
        rules=("TAX_FUYO:A",) if number % 3 else ("EI_SOSHITSU:C", "TAX_FUYO:A"),
        leaf_index=40 + number,
    )
    return replace(one, **changes)


def disposed(count: int = 3, **changes: Any) -> DisposalFacts:
    """A run that fell due and was done; two of those listed were excluded."""
    facts = DisposalFacts(
        tenant_name="株式会社わりふ商事",
        issuer="割符サービス株式会社",
        origin=ORIGIN,
        run="run_7Kq2mXw4",
        kind=Kind.DUE,
        reason="",
        as_of="2026-01-11",
        listed=count + 2,
        persons=tuple(map(person, range(count))),
        rules=RULES,
        confirmed=Signatory("佐藤 花子", "acc_sato", FINISHED - DAY),
        approved=Signatory("鈴木 一郎", "acc_suzuki", FINISHED - 3_600_000),
        finished_at=FINISHED,
        epoch=12,
        extinct_by=FINISHED + 84 * DAY,
        extinct_at=None,
        issued_at=FINISHED,
    )
    return replace(facts, **changes)


def extinct(facts: DisposalFacts) -> DisposalFacts:
    """The same run, 83 days later."""
    return replace(facts, extinct_at=facts.finished_at + 83 * DAY, issued_at=facts.finished_at + 83 * DAY)


def contract_end(count: int = 3) -> DisposalFacts:
    """The end of a contract: everybody is disposed of, and the rest of the tenant's rows with them."""
    erased = (
        Erased(Bilingual("利用者アカウント", "Accounts"), 6),
        Erased(Bilingual("トークン", "Tokens"), 3 * count),
        Erased(Bilingual("本人確認書類の画像", "Images of identity documents"), 2 * count),
    )
    return disposed(
        count,
        kind=Kind.CONTRACT_END,
        listed=count,
        reason="解約のお申出(2025年12月10日)による",
        contract_ended_on="2026-01-11",
        erased=erased,
    )


@dataclass
class Log:
    """A tenant's log, small enough to hash anew for each proof."""

    entries: list[bytes] = field(default_factory=list)
    signer: Signer = SIGNER
    origin: str = ORIGIN

    def append(self, entry: bytes) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def prove(self, index: int) -> Evidence:
        hashes = tuple(map(leaf_hash, self.entries))
        plan = plan_inclusion(index, len(hashes))
        stored = {span: list(_row(hashes, span.level)[span.start : span.stop]) for span in plan.spans}
        proof = Proof(index, tuple(plan.path(stored)), self.checkpoint())
        return Evidence(self.entries[index], proof.to_text())

    def checkpoint(self) -> str:
        frontier = Frontier()
        frontier.extend([leaf_hash(entry) for entry in self.entries])
        checkpoint = Checkpoint(self.origin, frontier.size, frontier.root())
        return sign_checkpoint(checkpoint, self.signer.public, self.signer.sign)


@cache
def _row(hashes: tuple[bytes, ...], level: int) -> Sequence[bytes]:
    return hashes if level == 0 else [node.hash for node in Frontier().extend(hashes) if node.level == level]


def leaf(action: str, at: int, detail: dict[str, str], **more: Any) -> bytes:
    """The canonical bytes of a leaf."""
    members = {"v": 1, "at": at, "action": action, "outcome": "allowed", "detail": detail, **more}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def completion(facts: DisposalFacts, **changes: str) -> bytes:
    """The leaf that ends a run."""
    detail = completion_detail(
        facts.run,
        facts.kind,
        disposed=len(facts.persons),
        epoch=facts.epoch,
        extinct_by=facts.extinct_by,
        digest=persons_digest(facts.persons),
    )
    return leaf(COMPLETE, facts.finished_at, detail | changes)


def extinction(facts: DisposalFacts, **changes: str) -> bytes:
    """The leaf that follows the end of its epoch."""
    assert facts.extinct_at is not None
    return leaf(EXTINCT, facts.extinct_at, extinction_detail(facts.run, facts.epoch) | changes)


def recorded(facts: DisposalFacts, before: int = 5) -> list[Evidence]:
    """A log with other leaves before and after, and its proofs for these facts."""
    log = Log([leaf("vault:account:login", facts.finished_at - count, {}) for count in range(before, 0, -1)])
    places = [log.append(completion(facts))]
    log.append(leaf("vault:account:login", facts.finished_at + 1, {}))
    if facts.extinct_at is not None:
        places.append(log.append(extinction(facts)))
    return [log.prove(place) for place in places]


def certificate(facts: DisposalFacts) -> str:
    """The signed file."""
    return issue(facts, recorded(facts), SIGNER)


def report(**changes: Any) -> ManagementFacts:
    """A fiscal year in which one run was late and one epoch as well."""
    counts = [
        (3, 0),
        (0, 3),
        (12, 0),
        (0, 11),
        (0, 0),
        (4, 4),
        (0, 0),
        (7, 7),
        (0, 0),
        (37, 35),
        (5, 0),
        (2, 7),
    ]
    months = tuple(
        Month(
            f"{2025 + (3 + place) // 12}-{(3 + place) % 12 + 1:02}",
            due,
            done,
            due // 10,
            counts[place - 3][1],
        )
        for place, (due, done) in enumerate(counts)
    )
    runs = (
        RunLine(
            "run_3Fz8",
            Kind.DUE,
            "2025-05-10",
            12,
            11,
            FINISHED - 240 * DAY,
            FINISHED - 156 * DAY,
            FINISHED - 157 * DAY,
        ),
        RunLine(
            "run_5Hq1",
            Kind.INSTRUCTION,
            "2025-09-02",
            1,
            1,
            FINISHED - 130 * DAY,
            FINISHED - 46 * DAY,
            FINISHED - 47 * DAY,
        ),
        RunLine("run_7Kq2mXw4", Kind.DUE, "2026-01-11", 37, 35, FINISHED, FINISHED + 84 * DAY, None),
        RunLine("run_9Rt6", Kind.DUE, "2026-03-31", 7, 0, None, None, None),
    )
    facts = ManagementFacts(
        tenant_name="株式会社わりふ商事",
        issuer="割符サービス株式会社",
        first_day="2025-04-01",
        last_day="2026-03-31",
        months=months,
        runs=runs,
        left_out=(
            LeftOut("退職金に関する訴訟が係属中のため", 2, True),
            LeftOut("再雇用の予定があるため", 1, False),
        ),
        kept=1_284,
        held=2,
        waiting=0,
        ahead=61,
        fading=42,
        overdue_epochs=(),
        issued_at=moment(2026, 4, 1),
    )
    return replace(facts, **changes)
