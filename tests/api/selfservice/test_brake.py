"""What guessing and flooding cost, by a clock that only the test moves."""

import pytest

from api.errors import HttpRefusal
from api.selfservice.brake import IMAGE, OF_ADDRESS, OF_VISIT, TRY, Brake, network


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def tries(brake: Brake, host: str, *, right: bool = False) -> int:
    """How many tries an address has at once, up to a thousand."""
    for made in range(1_000):
        try:
            with brake.trying(host) as was_right:
                if right:
                    was_right()
        except HttpRefusal:
            return made
    return 1_000


def test_an_address_has_sixty_wrong_tries_and_then_one_every_ten_seconds() -> None:
    clock = Seconds()
    brake = Brake(clock)
    assert tries(brake, "192.0.2.1") == OF_ADDRESS.points // TRY == 60
    assert tries(brake, "192.0.2.1") == 0
    clock.now += 30
    assert tries(brake, "192.0.2.1") == 3
    assert tries(brake, "192.0.2.2") == 60


def test_right_ones_cost_nothing() -> None:
    brake = Brake(Seconds())
    assert tries(brake, "192.0.2.1", right=True) == 1_000
    assert tries(brake, "192.0.2.1") == 60


def test_a_visit_can_send_fifty_images_and_then_has_to_wait() -> None:
    brake = Brake(Seconds())
    for _ in range(OF_VISIT.points // IMAGE):
        brake.charge(b"one", IMAGE)
    with pytest.raises(HttpRefusal) as refused:
        brake.charge(b"one", IMAGE)
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "10")
    brake.charge(b"another", IMAGE)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "unix:", True),
    ],
)
def test_a_subscriber_is_one_address(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
    assert network(None) == "unknown"
