"""What every test may ask for: an empty database of each kind, keys, a fixed instant.

Builders and the cast live beside the tests that use them; this file stays small.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy.engine import make_url
from xdist.remote import Producer

from pro_app.config import ROOT
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.keys import KeyRing, create_key_file, load_key_ring
from pro_app.links import Links
from pro_app.records import migrating
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from pro_app.schedule.study import load_study
from tests.compiled import templates_compiled_once
from tests.postgres import PostgresServer
from tests.together import Together

QUESTIONNAIRES = ROOT / "questionnaires"
NOON_IN_BEIJING = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Nearly every test of a page builds an application."""
    with templates_compiled_once():
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real PostgreSQL server for the whole run, on a socket of its own.

    Not in pytest's folder: a fourth run beside this one would sweep that away under the server.
    """
    with TemporaryDirectory(prefix="pro-app-postgres-") as folder:
        server = PostgresServer(Path(folder), durable=False)
        yield server
        server.stop()


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    create_key_file(tmp_path / "keys.json")
    return load_key_ring(tmp_path / "keys.json", None)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """What asks for a database runs once on SQLite and once on PostgreSQL."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database() as url:
            yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database that has been migrated once, to be copied: that is much quicker."""
    file = tmp_path_factory.mktemp("template") / "migrated.sqlite"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The same on PostgreSQL: the name of a database that others are made from."""
    with postgres_server.database() as url:
        migrate(url)
        yield make_url(url).database or ""


def migrate(url: str) -> None:
    """The tables don't depend on the keys."""
    store = Store(url, KeyRing("of no account", (("k1", bytes(32)),)))
    migrating.up(store)
    store.close()


@pytest.fixture
def store(
    database_kind: str, request: pytest.FixtureRequest, keys: KeyRing, tmp_path: Path
) -> Iterator[Store]:
    """A migrated database without a row."""
    with ExitStack() as at_the_end:
        if database_kind == "sqlite":
            url = f"sqlite:///{tmp_path / 'test.sqlite'}"
            copyfile(request.getfixturevalue("migrated_file"), tmp_path / "test.sqlite")
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            template = request.getfixturevalue("migrated_template")
            url = at_the_end.enter_context(server.lent(template))
        store = Store(url, keys)
        yield store
        store.close()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The instruments of the repository with their demonstration wording."""
    return load_catalogue(QUESTIONNAIRES)


@pytest.fixture(scope="session")
def study(catalogue: Catalogue) -> Study:
    """The study NCT06120426 as it is in the repository."""
    return load_study(QUESTIONNAIRES / "studies" / "nct06120426.toml", tuple(catalogue.instruments))


@pytest.fixture
def links(keys: KeyRing) -> Links:
    return Links(keys)


@pytest.fixture
def now() -> datetime:
    """Noon in Beijing on 1 December 2026, in UTC."""
    return NOON_IN_BEIJING


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--heavy", action="store_true", help="run load and fault tests with their full figures")
    parser.addoption("--pictures", action="store_true", help="photograph every page into build/pictures")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full figures and pictures are other words of make; they are left out here, not skipped."""
    wanted, other = [], []
    for item in items:
        heavy = item.get_closest_marker("slow") and not config.getoption("--heavy")
        picture = item.get_closest_marker("pictures") and not config.getoption("--pictures")
        (other if heavy or picture else wanted).append(item)
    items[:] = wanted
    config.hook.pytest_deselected(items=other)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """On CI nothing may be skipped: a test that did not run has not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line that says what ran and what did not, and why."""
    if hasattr(config, "workerinput"):
        return
    stats = terminalreporter.stats
    kinds: dict[str, int] = {}
    for report in stats.get("passed", []):
        kind = report.nodeid.split("/")[1] if "/" in report.nodeid else "other"
        kinds[kind] = kinds.get(kind, 0) + 1
    ran = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    reasons = {
        str(report.longrepr[2]) for report in stats.get("skipped", []) if isinstance(report.longrepr, tuple)
    }
    skipped = (
        f"; skipped {len(stats['skipped'])}: {' · '.join(sorted(reasons))}"
        if reasons
        else "; nothing was skipped"
    )
    terminalreporter.write_line(f"Ran {ran or 'nothing'}{skipped}.")
