"""The story of a collection, from a list of three hundred people to tokens, as each of them lives through it.

The company acts through the Python client, persons through a browser on a phone or on paper, mail goes over SMTP; the
clock is the test's. Everybody is made up, and so is every number.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story import company, paper, phones
from tests.support.canary import Canaries
from tests.support.capture import capturing
from tests.support.cast import AOKI
from tests.support.databases import Postgres
from tests.support.employer import Employer
from tests.support.installation import Installation
from tests.support.phone import chromium
from tests.support.print_room import PrintRoom
from tests.support.story import Story, all_givers, drawn_numbers
from tests.support.traces import Traces
from warifu import Warifu


@pytest.fixture
def server_of(request: pytest.FixtureRequest, database_url: str) -> Postgres | None:
    """The server of the database; None where there is none."""
    if database_url.startswith("sqlite"):
        return None
    server: Postgres = request.getfixturevalue("postgres_server")
    return server


@pytest.fixture
def story(
    database_url: str, server_of: Postgres | None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    installation, canaries = Installation(tmp_path, database_url), Canaries()
    opened: list[Warifu] = []
    with chromium(tmp_path_factory.mktemp("chromium")) as browser, capturing() as log, installation.running():
        employer = Employer.opens(installation, opened, company.PURPOSES)
        yield Story(
            installation,
            employer,
            PrintRoom(employer, tmp_path_factory.mktemp("office")),
            browser,
            Traces(installation, canaries, AOKI.name, log, server_of),
            employer.auditor().audit_log(),
            drawn_numbers(canaries),
        )
        for vault in opened:
            vault.close()
    assert [line for line in log.lines if line["level"] != "info"] == []


def test_three_hundred_people_are_asked_and_every_number_that_comes_becomes_a_token(
    story: Story, tmp_path: Path
) -> None:
    company.lists_are_uploaded_and_a_campaign_begins(story)
    company.links_are_mailed(story)
    letters = paper.letters_with_a_link_are_printed(story)
    kits = paper.kits_are_printed(story)

    phones.an_employee_and_the_spouse_give_their_numbers(story)
    phones.a_letter_is_read_by_a_phone(story, letters)
    phones.somebody_does_not_want_to_give_it(story)
    phones.somebody_asks_and_is_answered(story)
    phones.somebody_books_an_appointment(story)
    assert story.traces.found("database") == {}  # while numbers wait there to be verified
    company.what_came_by_phone_is_verified_and_registered(story)
    company.somebody_has_no_number(story)
    company.somebody_comes_to_the_counter(story)

    paper.a_kit_comes_back_with_an_expired_licence(story, kits)
    paper.nothing_goes_out_by_itself(story)
    paper.a_second_kit_goes_out_on_instruction_and_comes_back(story)
    paper.those_who_have_not_answered_get_postcards(story)

    company.numbers_are_used_for_a_purpose_people_were_told_of(story)
    phones.the_person_sees_who_used_it(story)
    company.the_board_tells_who_stands_where_since_when_and_what_it_cost(story)
    company.the_log_is_whole(story, tmp_path)
    assert story.traces.brought() == all_givers()
    assert story.traces.found() == {}
