"""Which steps somebody is told they may take: what the table allows them, and the desk's own at the desk alone."""

import pytest

from custody.collection.possible import AT_THE_DESK, names_of, possible_steps
from policies.actor import Role
from policies.collection import TERMINAL, By, State, Step, allowed
from tests.support.world import World

BOTH = frozenset({By.COMPANY, By.DESK})


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.HANDLER, BOTH),
        (Role.ADMINISTRATOR, frozenset({By.COMPANY})),
        (Role.AUDITOR, frozenset()),
        (Role.APPROVER, frozenset()),
    ],
)
async def test_rights_say_in_whose_names_somebody_acts(
    world: World, role: Role, names: frozenset[By]
) -> None:
    assert names_of((await world.human("tanaka", role)).actor) == names


@pytest.mark.parametrize("state", State)
def test_a_step_is_possible_where_the_table_allows_it_in_one_of_the_names(state: State) -> None:
    wanted = {step for step in Step if any(allowed(state, step, by) for by in BOTH)}
    assert set(possible_steps(state, BOTH)) == wanted
    assert set(possible_steps(state, frozenset({By.COMPANY}))) == {
        step for step in wanted - AT_THE_DESK if allowed(state, step, By.COMPANY)
    }
    assert possible_steps(state, frozenset()) == ()
    assert (state in TERMINAL) == (possible_steps(state, BOTH) == ())


def test_what_needs_papers_before_one_s_eyes_is_the_desk_s() -> None:
    assert set(possible_steps(State.ARRIVED, BOTH)) >= {Step.SUBMIT, Step.FIND_FAULT, Step.ACCEPT}
    assert set(possible_steps(State.ARRIVED, frozenset({By.COMPANY}))).isdisjoint(AT_THE_DESK)
    assert Step.REGISTER in possible_steps(State.VERIFIED, frozenset({By.DESK}))
