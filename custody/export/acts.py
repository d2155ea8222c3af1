"""Files about what was done: uses of numbers, and disposals with everybody on their lists."""

from typing import Any, Final

from sqlalchemy import Select, and_, select

from custody.disposal.item import ITEM, item_of, parse_grounds
from custody.disposal.run import RUN, run_of
from custody.export.cells import moment
from custody.export.people import NAMING, WHO, person_id, with_person
from custody.export.sheet import Sheet
from custody.uses import USE, use_of
from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Row

USES_PAGE: Final = 25
"""A use of ten thousand persons is a row of eighty kilobytes."""

_RUN_COLUMNS: Final = len(RUN.columns)


def _use(authority: Authority, row: Row) -> list[str]:
    use = use_of(authority, row)
    return [
        use.public_id,
        use.purpose,
        use.reason,
        str(len(use.persons)),
        use.state.value,
        use.client,
        use.prepared_by,
        use.handler,
        use.confirmed_by,
        "yes" if use.needs_approval else "no",
        use.approved_by,
        moment(use.prepared_at),
        moment(use.expires_at),
        moment(use.released_at),
    ]


def _disposal(authority: Authority, row: Row) -> list[str]:
    external_id, name, *rest = row
    run = run_of(authority, tuple(rest[:_RUN_COLUMNS]))
    item = item_of(tuple(rest[_RUN_COLUMNS:]))
    return [
        person_id(item.person),
        external_id,
        name,
        run.public_id,
        run.kind.value,
        run.state.value,
        run.reason,
        run.as_of,
        run.confirmed_by,
        run.approved_by,
        moment(run.finished_at),
        moment(run.extinct_by),
        moment(run.extinct_at),
        item.state.value,
        item.due_on,
        " ".join(f"{ground.code}={ground.free_on}" for ground in parse_grounds(item.grounds)),
        item.reason,
        item.decided_by,
        moment(item.disposed_at),
        str(item.leaf_index) if item.disposed_at else "",
    ]


def _of_runs() -> Select[Any]:
    ours = and_(RUN.c.tenant_id == ITEM.c.tenant_id, RUN.c.run_id == ITEM.c.run_id)
    return select(*NAMING, RUN, ITEM).select_from(with_person(ITEM).join(RUN, ours))


USES: Final = Sheet(
    (
        ("利用ID", "use"),
        ("利用目的", "purpose"),
        ("理由", "reason"),
        ("人数", "persons"),
        ("状態", "state"),
        ("連携クライアント", "client"),
        ("申請者", "prepared_by"),
        ("指定された担当者", "handler"),
        ("確認者", "confirmed_by"),
        ("承認の要否", "needs_approval"),
        ("承認者", "approved_by"),
        ("申請日時", "prepared_at"),
        ("有効期限", "expires_at"),
        ("提供日時", "released_at"),
    ),
    select(USE),
    USE.c.tenant_id,
    (USE.c.use_id,),
    _use,
    size=USES_PAGE,
)
DISPOSALS: Final = Sheet(
    (
        *WHO,
        ("廃棄ID", "run"),
        ("種類", "kind"),
        ("廃棄の状態", "run_state"),
        ("指示の理由", "run_reason"),
        ("廃棄の日", "as_of"),
        ("確認者", "confirmed_by"),
        ("承認者", "approved_by"),
        ("完了日時", "finished_at"),
        ("複製の消滅期限", "extinct_by"),
        ("複製の消滅日時", "extinct_at"),
        ("状態", "state"),
        ("廃棄予定日", "due_on"),
        ("根拠", "grounds"),
        ("除外の理由", "reason"),
        ("除外した者", "decided_by"),
        ("廃棄日時", "disposed_at"),
        ("監査記録の位置", "leaf"),
    ),
    _of_runs(),
    ITEM.c.tenant_id,
    (ITEM.c.run_id, ITEM.c.person_id),
    _disposal,
)
