"""The collection of one person's number (収集) as a state machine: states, steps between them, who may take each.

Data and one look-up; nothing here knows a row or a clock.

    instructed ──distribute──> distributed ──arrive / submit──> arrived ──accept──> verified ──register──> registered
         │                       ^   │                            │ ^                  │
         │                     resend│                  find_fault│ │arrive / submit   │find_fault
         │                       │   v                            v │                  │
         │                       └─ deficient <─────────────────────┴──────────────────┘
         └─ and from any of these before it is verified: refused (asked again later), not_assigned, closed

- Whatever goes out to a person costs money and is somebody's mail: it goes out on the company's instruction only.
- Papers, or a number typed by the person, may come without anything having gone out: an entry at the counter.
- Only what was verified is registered, and only by rule: `policies.identity` says what is verified.
- Terminal: registered, not_assigned, closed. Who refused is asked again next time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from policies.catalogue_table import Bilingual


class State(StrEnum):
    """Where the collection of one person's number stands."""

    INSTRUCTED = "instructed"
    DISTRIBUTED = "distributed"
    ARRIVED = "arrived"
    DEFICIENT = "deficient"
    VERIFIED = "verified"
    REGISTERED = "registered"
    REFUSED = "refused"
    NOT_ASSIGNED = "not_assigned"
    CLOSED = "closed"


class Step(StrEnum):
    """What can be done to a collection."""

    DISTRIBUTE = "distribute"
    RESEND = "resend"
    REMIND = "remind"
    ARRIVE = "arrive"
    SUBMIT = "submit"
    FIND_FAULT = "find_fault"
    ACCEPT = "accept"
    REGISTER = "register"
    REFUSE = "refuse"
    ASK_AGAIN = "ask_again"
    NOT_ASSIGNED = "not_assigned"
    CLOSE = "close"


class By(StrEnum):
    """In whose name a step is taken.

    Attributes:
        COMPANY: the company: an administrator or a handler of it.
        DESK: whoever checks papers for it, a handler as well.
        PERSON: the person whose number it is, or who brings it for a dependent.
        SYSTEM: the program by itself: a mail that went out, a person who left.
    """

    COMPANY = "company"
    DESK = "desk"
    PERSON = "person"
    SYSTEM = "system"


class Need(StrEnum):
    """What a step is not taken without.

    Attributes:
        INSTRUCTION: an order of the company, with what it costs.
        DEFICIENCIES: at least one reason why the papers do not do.
        VERDICT: an accepted verdict of the rules of identity verification.
        OUTCOME: how the refusal ended, and the day on which the person was asked; no reasons.
        EVIDENCE: what shows that no number was assigned.
        CLOSING: why it ends.
    """

    INSTRUCTION = "instruction"
    DEFICIENCIES = "deficiencies"
    VERDICT = "verdict"
    OUTCOME = "outcome"
    EVIDENCE = "evidence"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Transition:
    """A step from a state.

    Attributes:
        step: the step.
        start: the state it is taken from.
        end: the state it leads to; the same for one that only sends something.
        by: who may take it.
        needs: what it is not taken without; None for nothing.
        costs: whether it sends something that is paid for.
    """

    step: Step
    start: State
    end: State
    by: frozenset[By]
    needs: Need | None = None
    costs: bool = False


STATE_NAMES: Final = MappingProxyType(
    {
        State.INSTRUCTED: Bilingual("収集指示済み", "Instructed"),
        State.DISTRIBUTED: Bilingual("キット配布済み", "Kit or link sent"),
        State.ARRIVED: Bilingual("キット到着", "Arrived"),
        State.DEFICIENT: Bilingual("不備", "Deficient"),
        State.VERIFIED: Bilingual("本人確認済み", "Identity verified"),
        State.REGISTERED: Bilingual("登録済み", "Registered"),
        State.REFUSED: Bilingual("提供拒否", "Refused"),
        State.NOT_ASSIGNED: Bilingual("番号なし", "No number assigned"),
        State.CLOSED: Bilingual("終了", "Closed"),
    }
)

STEP_NAMES: Final = MappingProxyType(
    {
        Step.DISTRIBUTE: Bilingual("配布", "Send out"),
        Step.RESEND: Bilingual("再送付", "Send again"),
        Step.REMIND: Bilingual("督促", "Remind"),
        Step.ARRIVE: Bilingual("到着の記録", "Record the arrival"),
        Step.SUBMIT: Bilingual("番号の提出", "Submit the number"),
        Step.FIND_FAULT: Bilingual("不備の記録", "Record deficiencies"),
        Step.ACCEPT: Bilingual("本人確認の完了", "Accept the verification"),
        Step.REGISTER: Bilingual("番号の登録", "Register the number"),
        Step.REFUSE: Bilingual("提供拒否の記録", "Record the refusal"),
        Step.ASK_AGAIN: Bilingual("再度の依頼", "Ask again"),
        Step.NOT_ASSIGNED: Bilingual("番号なしの記録", "Record that no number was assigned"),
        Step.CLOSE: Bilingual("終了", "Close"),
    }
)

OPEN: Final = (State.INSTRUCTED, State.DISTRIBUTED, State.ARRIVED, State.DEFICIENT)
"""Not settled yet: something is still expected of the person or the desk."""
TERMINAL: Final = frozenset({State.REGISTERED, State.NOT_ASSIGNED, State.CLOSED})
"""Nothing leads on from here."""

_WAITING: Final = (State.DISTRIBUTED, State.DEFICIENT)
_SENDERS: Final = frozenset({By.COMPANY, By.SYSTEM})
_COUNTER: Final = frozenset({By.COMPANY, By.DESK})
_ANYBODY: Final = frozenset({By.COMPANY, By.DESK, By.PERSON})


def _transitions() -> Iterator[Transition]:
    sent, instruction = State.DISTRIBUTED, Need.INSTRUCTION
    yield Transition(Step.DISTRIBUTE, State.INSTRUCTED, sent, _SENDERS, instruction, costs=True)
    for start in _WAITING:
        yield Transition(Step.RESEND, start, sent, _SENDERS, instruction, costs=True)
        yield Transition(Step.REMIND, start, start, _SENDERS, instruction, costs=True)
    for start in OPEN:
        if start is not State.ARRIVED:
            yield Transition(Step.ARRIVE, start, State.ARRIVED, _COUNTER)
        yield Transition(Step.SUBMIT, start, State.ARRIVED, _ANYBODY)
        yield Transition(Step.REFUSE, start, State.REFUSED, _ANYBODY, Need.OUTCOME)
        yield Transition(Step.NOT_ASSIGNED, start, State.NOT_ASSIGNED, _COUNTER, Need.EVIDENCE)
    for start in (State.ARRIVED, State.VERIFIED):
        yield Transition(
            Step.FIND_FAULT, start, State.DEFICIENT, frozenset({By.COMPANY, By.DESK}), Need.DEFICIENCIES
        )
    yield Transition(Step.ACCEPT, State.ARRIVED, State.VERIFIED, _COUNTER, Need.VERDICT)
    yield Transition(Step.REGISTER, State.VERIFIED, State.REGISTERED, _COUNTER)
    yield Transition(Step.ASK_AGAIN, State.REFUSED, State.INSTRUCTED, frozenset({By.COMPANY}))
    for start in (*OPEN, State.VERIFIED, State.REFUSED):
        yield Transition(Step.CLOSE, start, State.CLOSED, _SENDERS, Need.CLOSING)


TRANSITIONS: Final = tuple(_transitions())
"""All there are."""

_BY_PLACE: Final = MappingProxyType({(each.start, each.step): each for each in TRANSITIONS})


def allowed(state: State, step: Step, by: By) -> Transition | None:
    """The step from a state, if it exists and somebody may take it.

    Args:
        state: where the collection stands.
        step: what is to be done.
        by: in whose name.
    """
    found = _BY_PLACE.get((state, step))
    return found if found is not None and by in found.by else None


def steps_from(state: State, by: By) -> tuple[Step, ...]:
    """The steps somebody may take from a state, in the order of the table."""
    return tuple(each.step for each in TRANSITIONS if each.start is state and by in each.by)
