"""The collection of a number as a table: every state, every step, everybody who might take it."""

from itertools import product

import pytest

from policies.collection import (
    OPEN,
    STATE_NAMES,
    STEP_NAMES,
    TERMINAL,
    TRANSITIONS,
    By,
    Need,
    State,
    Step,
    allowed,
    steps_from,
)

EVERYTHING = list(product(State, Step, By))
LETTERS = {"c": By.COMPANY, "d": By.DESK, "p": By.PERSON, "s": By.SYSTEM}

# For each state the steps that lead on, where they lead, and who may take them: company, desk, person, system.
TABLE = {
    "instructed": "distribute>distributed:cs arrive>arrived:cd submit>arrived:cdp refuse>refused:cdp "
    "not_assigned>not_assigned:cd close>closed:cs",
    "distributed": "resend>distributed:cs remind>distributed:cs arrive>arrived:cd submit>arrived:cdp "
    "refuse>refused:cdp not_assigned>not_assigned:cd close>closed:cs",
    "arrived": "submit>arrived:cdp find_fault>deficient:cd accept>verified:cd refuse>refused:cdp "
    "not_assigned>not_assigned:cd close>closed:cs",
    "deficient": "resend>distributed:cs remind>deficient:cs arrive>arrived:cd submit>arrived:cdp "
    "refuse>refused:cdp not_assigned>not_assigned:cd close>closed:cs",
    "verified": "register>registered:cd find_fault>deficient:cd close>closed:cs",
    "registered": "",
    "refused": "ask_again>instructed:c close>closed:cs",
    "not_assigned": "",
    "closed": "",
}
NEEDS = {
    "distribute": "instruction",
    "resend": "instruction",
    "remind": "instruction",
    "find_fault": "deficiencies",
    "accept": "verdict",
    "refuse": "outcome",
    "not_assigned": "evidence",
    "close": "closing",
}


def expected(state: State) -> dict[Step, tuple[State, frozenset[By]]]:
    """The row of the table, read."""
    found = {}
    for cell in TABLE[state].split():
        step, _, rest = cell.partition(">")
        end, _, letters = rest.partition(":")
        found[Step(step)] = State(end), frozenset(LETTERS[letter] for letter in letters)
    return found


@pytest.mark.parametrize(("state", "step", "by"), EVERYTHING, ids=[" ".join(each) for each in EVERYTHING])
def test_every_step_from_every_state_by_everybody(state: State, step: Step, by: By) -> None:
    end, who = expected(state).get(step, (None, frozenset()))
    found = allowed(state, step, by)
    if by not in who:
        assert found is None
        assert step not in steps_from(state, by)
        return
    assert found is not None
    assert (found.start, found.end, found.step) == (state, end, step)
    assert (found.needs or "") == NEEDS.get(step, "")
    assert step in steps_from(state, by)


def test_whatever_costs_is_instructed_and_whatever_is_instructed_costs() -> None:
    assert {each.step for each in TRANSITIONS if each.costs} == {Step.DISTRIBUTE, Step.RESEND, Step.REMIND}
    assert all(each.costs is (each.needs is Need.INSTRUCTION) for each in TRANSITIONS)


def test_no_place_of_the_table_stands_twice() -> None:
    places = [(each.start, each.step) for each in TRANSITIONS]
    assert len(set(places)) == len(places)


def test_nothing_leads_out_of_an_end_and_everything_else_leads_to_one() -> None:
    assert {each.start for each in TRANSITIONS}.isdisjoint(TERMINAL)
    ending = set(TERMINAL)
    while more := {each.start for each in TRANSITIONS if each.end in ending} - ending:
        ending |= more
    assert ending == set(State)


def test_every_state_is_reached_from_the_first() -> None:
    reached = {State.INSTRUCTED}
    while more := {each.end for each in TRANSITIONS if each.start in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_only_what_was_verified_is_registered_and_only_what_has_arrived_is_verified() -> None:
    assert {each.start for each in TRANSITIONS if each.end is State.REGISTERED} == {State.VERIFIED}
    assert {each.start for each in TRANSITIONS if each.end is State.VERIFIED} == {State.ARRIVED}


def test_a_person_can_neither_verify_nor_register_nor_end_anything_of_their_own() -> None:
    theirs = {step for state in State for step in steps_from(state, By.PERSON)}
    assert theirs == {Step.SUBMIT, Step.REFUSE}
    assert {step for state in State for step in steps_from(state, By.SYSTEM)}.isdisjoint(
        {Step.ACCEPT, Step.REGISTER}
    )


def test_everything_has_a_name_in_both_languages() -> None:
    for names, nouns in ((STATE_NAMES, State), (STEP_NAMES, Step)):
        assert set(names) == set(nouns)
        assert all(name.ja and name.en for name in names.values())
    assert set(OPEN) < set(State)
