"""A site of keys, of the kind that a test asks for by parameter."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.fake_kms import CREDENTIALS, FakeKms
from tests.support.fake_transit import FakeTransit
from tests.support.key_sites import Site, open_site
from tests.support.soft_hsm import SoftHsm


@pytest.fixture(scope="session")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], SoftHsm]:
    """The one SoftHSM of this process, made when it is first asked for."""
    return cache(lambda: SoftHsm(tmp_path_factory.mktemp("hsm")))


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    hsm: Callable[[], SoftHsm],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with open_site(request.param, tmp_path, hsm) as one:
        yield one


@pytest.fixture
def kms(site: Site) -> FakeKms:
    """The service behind the site."""
    assert isinstance(site.service, FakeKms)
    return site.service


@pytest.fixture
def transit(site: Site) -> FakeTransit:
    """The service behind the site."""
    assert isinstance(site.service, FakeTransit)
    return site.service
