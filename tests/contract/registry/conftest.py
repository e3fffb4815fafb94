"""The two FHIR servers, started once for this folder and shared; each test uses participants of its own."""

from collections.abc import Iterator

import pytest

from tests.contract.registry import peers


@pytest.fixture(scope="package")
def medplum_url() -> Iterator[str]:
    with peers.medplum() as url:
        yield url


@pytest.fixture(scope="package")
def sekmet_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with peers.sekmet(tmp_path_factory.mktemp("sekmet")) as url:
        yield url


@pytest.fixture(params=["medplum", "sekmet"])
def server_url(request: pytest.FixtureRequest) -> str:
    """Each of the two servers in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))
