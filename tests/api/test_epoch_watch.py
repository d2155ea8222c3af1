"""How the epochs stand, on the pages of whoever serves: no restart, no worker of its own."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from tests.support.api import http_to
from tests.support.clock import FakeClock
from tests.support.world import World
from tokenizer.epochs.roll import roll
from tokenizer.providers.file import FileKeyProvider


async def gauges(world: World) -> dict[str, float]:
    async with http_to(create_app(world.house, introspection=False)) as http:
        text = (await http.get("/metrics")).text
    return {
        "".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "epoch" in sample.name or "sweep" in sample.name
        if not sample.name.startswith("warifu_job")
    }


async def ready(world: World) -> tuple[int, dict[str, object]]:
    async with http_to(create_app(world.house, introspection=False)) as http:
        response = await http.get("/ready")
    return response.status_code, response.json()


async def test_gauges_tell_ages_and_alarms_at_each_look(world: World, clock: FakeClock) -> None:
    clock.advance(days=4)
    await roll(world.custodian.vault, world.house.provider, clock())
    clock.advance(days=1)
    assert await gauges(world) == {
        "warifu_epoch_age_secondsnewest": 86_400,
        "warifu_epoch_age_secondsoldest": 5 * 86_400,
        "warifu_epochs_living": 2,
        "warifu_sweep_waiting_persons": 0,
        "warifu_epoch_alarmroll-late": 0,
        "warifu_epoch_alarmsweep-late": 1,
        "warifu_epoch_alarmepoch-overdue": 0,
        "warifu_epoch_alarmkey-missing": 0,
    }


async def test_a_late_sweep_is_named_and_keeps_no_traffic_away(world: World, clock: FakeClock) -> None:
    clock.advance(days=4)
    assert await ready(world) == (
        200,
        {"status": "ready", "checked": ["clock", "database", "keys"], "alarms": ["sweep-late"]},
    )


async def test_a_node_whose_keys_are_an_old_copy_gets_no_traffic(
    world: World, clock: FakeClock, tmp_path: Path
) -> None:
    await roll(world.custodian.vault, FileKeyProvider.open(tmp_path / "keys"), clock())
    assert (await ready(world))[0] == 200
    (tmp_path / "keys" / "epoch-000002.key").rename(tmp_path / "elsewhere")
    assert await ready(world) == (503, {"status": "unready", "failed": ["keys"]})


async def test_a_key_of_an_older_epoch_that_is_missing_rings_and_keeps_no_traffic_away(
    world: World, clock: FakeClock, tmp_path: Path
) -> None:
    await roll(world.custodian.vault, world.house.provider, clock())
    (tmp_path / "keys" / "epoch-000001.key").unlink()
    status, told = await ready(world)
    assert (status, told["alarms"]) == (200, ["key-missing"])


async def test_what_cannot_be_told_leaves_the_metrics_page_as_it_was(world: World) -> None:
    before = await gauges(world)
    app = create_app(world.house, introspection=False)
    await world.house.database.close()
    async with http_to(app) as http:
        assert (await http.get("/metrics")).status_code == 200
    assert before["warifu_epochs_living"] == 1


async def test_who_is_registered_by_a_running_server_is_under_the_epoch_that_began_meanwhile(
    world: World, clock: FakeClock, tmp_path: Path
) -> None:
    client = await world.client()
    await world.register(client, 2, seed=1)
    elsewhere = FileKeyProvider.open(tmp_path / "keys")
    elsewhere.create_epoch(2, clock())
    await world.register(client, 2, seed=2)
    keys = world.custodian.vault.keyring
    assert (keys.current_epoch(), keys.epochs()) == (2, [1, 2])
