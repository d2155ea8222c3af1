"""Ninety-five days of copies: what is disposed of is gone at once, and from every copy within ninety days.

The curve that these days draw is in docs/extinction.svg; `python -m benchmarks.extinction` draws it.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from api.jobs import JOBS
from tests.support.clock import FakeClock
from tests.support.copies import PostgresCopies, SqliteCopies, copies_of
from tests.support.extinction import Evening, Plan, Story, check
from tests.support.sabotage import keeping_indexes, keeping_rows, one_key_for_all, standing_index
from tests.support.vaults import InstalledVault

pytestmark = pytest.mark.fresh_database

SHORT = Plan(
    days=93, step=3, people=8, fall_due=0, instructed={3: 2}, hired={}, changed=(0,), copied=(3, 6, 60)
)
"""Few people, few copies and a visit every third day, for vaults that do it wrong."""


@pytest.fixture
async def vault(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, clock: FakeClock
) -> InstalledVault:
    server = None if database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    return await InstalledVault.install(tmp_path, clock, database_url, server)


@pytest.fixture
def copies(vault: InstalledVault, tmp_path: Path) -> SqliteCopies | PostgresCopies:
    return copies_of(vault, tmp_path / "scratch")


async def test_what_is_disposed_of_dies_in_every_copy_within_ninety_days(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock
) -> None:
    async with vault.open() as house:
        story = Story(house, clock, copies, Plan())
        evenings = await story.play()
        assert story.failed == []
        check(story, evenings)
        assert await story.release_everybody() == evenings[-1].living
    assert {copy.means for copy in story.attack.copies} == set(copies.means)
    assert len(story.attack.copies) == 95 * len(copies.means)
    assert story.attack.plain.isdisjoint(evenings[-1].living | evenings[-1].disposed)

    # The attack works, in both ways, until the very day on which the key goes.
    extinct = [day for day in evenings if not day.disposed <= day.copied]
    assert extinct[0].day == 89
    assert all(
        day.disposed == day.unwrapped & day.disposed == day.guessed & day.disposed for day in evenings[:89]
    )
    assert evenings[-1].copied & evenings[-1].disposed, "those of later weeks have not come to their end yet"


# --- vaults that do it wrong


async def test_a_vault_that_does_it_right_passes_in_the_short_story_too(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock
) -> None:
    async with vault.open() as house:
        story = Story(house, clock, copies, SHORT)
        evenings = await story.play()
        check(story, evenings)
    assert story.failed == []
    assert len(evenings[-1].disposed) > 4
    assert evenings[1].disposed <= evenings[1].copied
    assert evenings[-1].disposed.isdisjoint(evenings[-1].copied)


async def caught(story: Story, message: str) -> list[Evening]:
    """Play a vault that does it wrong, and make sure that it does not pass."""
    evenings = await story.play()
    with pytest.raises(AssertionError, match=message):
        check(story, evenings)
    return evenings


@pytest.mark.parametrize("job", ["roll-epochs", "destroy-epochs"])
async def test_a_vault_whose_epochs_do_not_roll_or_do_not_end_is_caught(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock, job: str
) -> None:
    left = [each for each in JOBS if each.name != job]
    assert len(left) == len(JOBS) - 1
    async with vault.open() as house:
        story = Story(house, clock, copies, SHORT, left)
        evenings = await caught(story, "past their day")
        for means in copies.means:
            unwrapped, guessed = story.attack.on_means(house, means)
            assert evenings[-1].disposed <= unwrapped & guessed, f"copies by {means} alone give all of them"
    assert evenings[-1].disposed <= evenings[-1].unwrapped & evenings[-1].guessed


async def test_a_sweep_that_leaves_blind_indexes_as_they_are_is_caught(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock
) -> None:
    async with vault.open() as house:
        story = Story(keeping_indexes(house), clock, copies, SHORT)
        await caught(story, "past their day")
    assert "destroy-epochs" in story.failed, "the key that the indexes need is not destroyed"


async def test_a_blind_index_under_a_key_that_outlives_its_epoch_is_caught(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock
) -> None:
    async with vault.open() as house:
        evenings = await caught(
            Story(standing_index(house), clock, copies, SHORT),
            "past their day",
        )
    assert evenings[-1].disposed <= evenings[-1].guessed
    assert evenings[-1].disposed.isdisjoint(evenings[-1].unwrapped)


async def test_epochs_that_share_one_key_are_caught(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock
) -> None:
    async with replace(vault, keys=one_key_for_all(vault)).open() as house:
        evenings = await caught(Story(house, clock, copies, SHORT), "past their day")
    assert evenings[-1].disposed <= evenings[-1].unwrapped


async def test_a_disposal_that_leaves_the_rows_is_caught(
    vault: InstalledVault, copies: SqliteCopies | PostgresCopies, clock: FakeClock
) -> None:
    async with vault.open() as house:
        await caught(
            Story(
                keeping_rows(house),
                clock,
                copies,
                replace(SHORT, days=3),
            ),
            "in the database",
        )
