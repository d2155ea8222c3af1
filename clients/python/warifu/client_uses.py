"""Uses (個人番号の利用): the only way a number comes out. What a human confirms is never sent twice."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from warifu.client_base import Caller
from warifu.results import NumbersReleased, PreparedUse, Use, UseConfirmed
from warifu.transport import random_name

_RELEASED: Final[Mapping[str, type[NumbersReleased]]] = {"NumbersReleased": NumbersReleased}
_CONFIRMED: Final[Mapping[str, type[NumbersReleased | UseConfirmed]]] = {
    "NumbersReleased": NumbersReleased,
    "UseConfirmed": UseConfirmed,
}


class UseCalls(Caller):
    """The steps of a use."""

    def prepare_use(
        self,
        tokens: Sequence[str],
        purpose: str,
        reason: str,
        handler: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> PreparedUse:
        """Fix what numbers are wanted for, for a human to confirm.

        Args:
            tokens: whose numbers, in the order in which they are to come out; up to 10,000.
            purpose: code of the purpose.
            reason: why; 200 characters at most.
            handler: login of the only human who may confirm it; any handler if left out.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.

        Raises:
            Refused: a rule said no to the use as a whole.
        """
        sent = {
            "tokens": list(tokens),
            "purpose": purpose,
            "reason": reason,
            "handler": handler,
            "idempotencyKey": idempotency_key or random_name(),
        }
        return self._change("prepareUse", sent, {"UsePrepared": PreparedUse}, repeatable=True)

    def confirm_use(
        self, use: PreparedUse | Use | str, code: str, handler: str = ""
    ) -> NumbersReleased | UseConfirmed:
        """Let a human stand behind a prepared use with a one-time code.

        Args:
            use: the use, which binds the code to the digest that was shown; or its id, which binds to nothing.
            code: the human's one-time code; good once.
            handler: login of the human, where a client sends the code.

        Returns:
            The numbers, where the caller is who prepared the use and no second person is needed; else the use,
            whose numbers `release_use` takes later.

        Raises:
            Refused: a rule said no.
            TransportError: no answer came. Look at the use's state; a code that was spent stays spent.
        """
        sent = {**_named(use), "code": code, "handler": handler}
        return self._change("confirmUse", sent, _CONFIRMED)

    def approve_use(self, use: PreparedUse | Use | str, code: str, approver: str = "") -> UseConfirmed:
        """Approve a confirmed use as a second person, with a one-time code.

        Args:
            use: the use, or its id.
            code: the approver's one-time code.
            approver: login of the approver, where a client sends the code.

        Raises:
            Refused: a rule said no.
        """
        sent = {**_named(use), "code": code, "approver": approver}
        return self._change("approveUse", sent, {"UseConfirmed": UseConfirmed})

    def release_use(self, use: PreparedUse | UseConfirmed | Use | str) -> NumbersReleased:
        """Take the numbers of a use that humans have confirmed; once, and only by who prepared it.

        Args:
            use: the use, or its id.

        Raises:
            Refused: a rule said no.
        """
        sent = {"useId": _named(use)["useId"]}
        return self._change("releaseUse", sent, _RELEASED)

    def detokenize(
        self, tokens: Sequence[str], purpose: str, reason: str, code: str, handler: str = ""
    ) -> NumbersReleased:
        """Prepare, confirm and release at once, for up to 100 numbers.

        Args:
            tokens: whose numbers, in the order in which they are to come out.
            purpose: code of the purpose.
            reason: why; 200 characters at most.
            code: the handler's one-time code.
            handler: login of the handler, where a client sends the code.

        Raises:
            Refused: a rule said no.
        """
        sent = {
            "tokens": list(tokens),
            "purpose": purpose,
            "reason": reason,
            "code": code,
            "handler": handler,
        }
        return self._change("detokenize", sent, _RELEASED)

    def uses(self, state: str | None = None) -> Iterator[Use]:
        """Uses, oldest first: a client sees its own, a human the tenant's.

        Args:
            state: a `UseState`; all if left out.
        """
        return self._pages("uses", Use, state=state)

    def use(self, use_id: str) -> Use | None:
        """One use by its public id, or None."""
        return self._find("use", Use, useId=use_id)


def _named(use: PreparedUse | UseConfirmed | Use | str) -> dict[str, object]:
    if isinstance(use, str):
        return {"useId": use, "digest": ""}
    inner = use if isinstance(use, Use) else use.use
    return {"useId": inner.use_id, "digest": inner.digest}
