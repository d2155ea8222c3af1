"""The one-time code by which a human stands behind an act: checked once, in one way, whatever the act is."""

from collections.abc import Callable

from custody.custodian import Custodian, entry, record_refusal
from policies.actor import Actor
from policies.refusals import Denied, denied
from policies.step_up import Accepted, check_code
from tokenizer.audit.action import Action
from tokenizer.audit.entry import Entry


async def check_act_code(
    custodian: Custodian, actor: Actor, human: Actor, code: str, now: int, refused: Callable[[Denied], Entry]
) -> Accepted | Denied:
    """Check a code; a wrong one is recorded, the tenth in a row as the end of the factor as well.

    Args:
        custodian: what the use case works with.
        actor: who sent it.
        human: whose code it is; often the same.
        code: the code.
        now: milliseconds since the epoch.
        refused: the leaf that says that it was refused.
    """
    checked = await check_code(custodian.database, custodian.authority, human.tenant, human.id, code, now)
    if isinstance(checked, Accepted):
        return checked
    denial = denied(checked.rule)
    await record_refusal(custodian, actor, refused(denial), denial)
    if checked.disabled_now:
        ended = denied("factor-disabled")
        detail = {"account": human.name}
        leaf = entry(actor, Action.ACCOUNT_DISABLE, now, denied=ended, human=human.name, detail=detail)
        await record_refusal(custodian, actor, leaf, ended)
    return denial
