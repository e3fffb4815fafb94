"""`pro-app sync` and `pro-app reconcile` as a person at a shell sees them."""

import csv
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from pro_app.cli.registry import registry
from pro_app.cli.sync import reconcile, sync
from pro_app.config import read_settings
from pro_app.gateways.redcap import RedcapRegistry
from pro_app.records import audit, migrating
from pro_app.web.factory import create_app
from pro_app.wiring import build
from tests.contract.registry.peers import free_port
from tests.contract.registry.redcap_stand_in import EVENTS, TOKEN, redcap
from tests.integration.registry.ward import Ward
from tests.unit.registry.cast import catalogue, parcel


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    environ = {"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_PORT": str(free_port())}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ


@pytest.fixture
def own_ward(environ: dict[str, str]) -> Iterator[Ward]:
    service = build(read_settings(environ))
    migrating.up(service.store)
    yield Ward(service.store, datetime.now(UTC))
    service.store.close()


@pytest.fixture
def registrys_side(environ: dict[str, str]) -> Iterator[None]:
    """The web part of the same program, with the receiving registry in it."""
    service = build(read_settings(environ))
    server = make_server("127.0.0.1", service.settings.port, create_app(service), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()
    service.store.close()


def run(word, *arguments: str) -> Result:  # type: ignore[no-untyped-def]
    return CliRunner().invoke(word, arguments, catch_exceptions=False)


@pytest.mark.usefixtures("registrys_side")
def test_deliver_compare_lose_compare_again_and_send_again(own_ward: Ward, tmp_path: Path) -> None:
    wang = own_ward.enrol("CZ-001")
    own_ward.answer(wang, "1m", "bpi-sf")
    own_ward.answer(wang, "1m", "qlq-c30")
    assert "central: 2 delivered, 0 put off, 0 refused; in step." in run(sync, "--once").output
    found = run(reconcile)
    assert (found.exit_code, "central: in step." in found.output) == (0, True)
    (tmp_path / "registry.sqlite").unlink()
    lost = run(reconcile, "--resend")
    assert lost.exit_code == 3
    assert "CZ-001 CZ 1m bpi-sf: missing there" in lost.output
    assert "2 records wait to be sent again" in lost.output
    run(sync, "--once")
    assert run(reconcile).exit_code == 0


def test_a_registry_that_is_away_is_said_in_words_and_nothing_is_lost(own_ward: Ward) -> None:
    own_ward.answer(own_ward.enrol("CZ-001"))
    assert "central: 0 delivered, 1 put off, 0 refused; 1 waiting, 0 parked." in run(sync, "--once").output
    found = run(reconcile)
    assert found.exit_code == 1
    assert "The registry can't be reached now" in found.output


def test_a_registry_can_be_paused_and_resumed_by_name(own_ward: Ward) -> None:
    own_ward.answer(own_ward.enrol("CZ-001"))
    assert "central: paused" in run(sync, "--pause", "central").output
    assert "paused by a person" in run(sync, "--once").output
    assert "goes on" in run(sync, "--resume", "central").output
    unknown = run(sync, "--pause", "nowhere")
    assert unknown.exit_code == 2
    assert "there is no registry nowhere; the study has central" in unknown.output
    with own_ward.store.reading() as tx:
        trail = [(one.action, one.actor.kind) for one in audit.history(tx, "registry/central")]
    assert trail == [("registry_resumed", "cli"), ("registry_paused", "cli")]


def test_the_files_a_redcap_manager_imports_fit_what_is_delivered_and_are_never_written_over(
    environ: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "for redcap"
    told = run(registry, "setup-files", str(folder))
    assert told.exit_code == 0, told.output
    assert "redcap_event_forms.csv: 12 rows" in told.output
    with (folder / "redcap_event_forms.csv").open(newline="") as file:
        named = {row["unique_event_name"] for row in csv.DictReader(file)}
    assert named == set(EVENTS)
    with redcap((folder / "redcap_data_dictionary.csv").read_text()) as project:
        adapter = RedcapRegistry(project.url, TOKEN, catalogue().instruments)
        for instrument_id in ("bpi-sf", "qlq-c30"):
            adapter.deliver(parcel(instrument_id))
        assert len(project.rows) == 1
    again = run(registry, "setup-files", str(folder))
    assert again.exit_code == 1
    assert "nothing was written" in again.output
    assert run(registry, "setup-files", str(folder), "--replace").exit_code == 0
    assert "Designate Instruments" in run(registry, "setup-files", "--help").output
