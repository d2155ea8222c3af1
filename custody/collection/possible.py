"""Which steps somebody may take of a collection: what the table allows, as far as their rights reach.

A number that is typed in, a fault, a verdict and a registration are the desk's alone; whoever speaks for the company
takes all other steps.
"""

from typing import Final

from policies.actor import Actor
from policies.authorize import may
from policies.collection import TRANSITIONS, By, State, Step

AT_THE_DESK: Final = frozenset({Step.SUBMIT, Step.FIND_FAULT, Step.ACCEPT, Step.REGISTER})


def names_of(actor: Actor) -> frozenset[By]:
    """In whose names somebody may act: the company's, the desk's, both or none."""
    rights = {By.COMPANY: "manageCampaigns", By.DESK: "verifyCollections"}
    return frozenset(by for by, action in rights.items() if may(actor, action) is None)


def possible_steps(state: State, names: frozenset[By]) -> tuple[Step, ...]:
    """The steps that may be taken from a state in these names, in the order of the table.

    Args:
        state: where the collection stands.
        names: in whose names the caller may act (`names_of`).
    """
    return tuple(
        each.step
        for each in TRANSITIONS
        if each.start is state and each.by & (names - {By.COMPANY} if each.step in AT_THE_DESK else names)
    )
