"""Whoever watches sees what works: balancers, Prometheus, staff, and whoever runs `doctor`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from pro_app import passwords
from pro_app.actions import lead, watch
from pro_app.cli.doctor import doctor
from pro_app.clock import Clock
from pro_app.config import read_settings
from pro_app.links import Links
from pro_app.records import audit, leases, milestones
from pro_app.records.store import Store
from pro_app.web import health
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD, hired, the_catalogue, the_study
from tests.integration.operations.hospital import Hospital, on_both

LINE = re.compile(r'pro_app_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.]+(e[+-]\d+)?')


def house_of(store: Store, folder: Path, **environ: str) -> Service:
    return Service(
        settings=read_settings({"PRO_APP_DATA_DIR": str(folder)} | environ),
        keys=store.keys,
        store=store,
        catalogue=the_catalogue(),
        study=the_study(),
        links=Links(store.keys),
        messengers=(),
        registries=(),
    )


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Flask:
    return create_app(house_of(store, tmp_path))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def beat(store: Store, ago: timedelta) -> None:
    """A clock that led and said so, some time ago."""
    with store.writing() as tx:
        leases.take(tx, lead.CLOCK, "a clock", datetime.now(UTC) - ago, timedelta(seconds=15))


def test_the_watchers_know_the_clock_by_the_name_of_its_lease() -> None:
    assert watch.CLOCK == lead.CLOCK


@on_both
def test_ready_when_everything_works(client: FlaskClient, store: Store) -> None:
    beat(store, timedelta(seconds=5))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "faults": [], "clock": "ok"}


def test_a_clock_that_stopped_is_degraded_and_still_takes_answers(client: FlaskClient, store: Store) -> None:
    beat(store, timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "degraded", "faults": [], "clock": "stopped"}


def test_an_old_database_is_not_ready(client: FlaskClient, store: Store) -> None:
    with store.writing() as tx:
        tx.conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["faults"] == ["migrations"]
    assert answer.headers["Retry-After"] == "10"


@on_both
def test_a_database_that_takes_no_row_is_not_ready(client: FlaskClient, store: Store) -> None:
    with store.writing() as tx:
        tx.conn.execute(text("DROP TABLE lease"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert "database" in answer.json["faults"]


def test_a_full_disk_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LEAST_FREE", 1 << 60)
    assert client.get("/readyz").status_code == 503


def test_a_thousand_questions_are_one_look(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    looks: list[int] = []
    real = watch.condition
    monkeypatch.setattr(watch, "condition", lambda *about: (looks.append(1), real(*about))[1])
    for _ in range(20):
        client.get("/readyz")
    assert len(looks) < 20


@on_both
def test_looking_leaves_no_row_behind(client: FlaskClient, store: Store) -> None:
    client.get("/readyz")
    with store.reading() as tx:
        assert tx.conn.execute(text("SELECT count(*) FROM lease")).scalar_one() == 0


def metrics(client: FlaskClient, **headers: str) -> str:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return answer.text


@on_both
def test_metrics_are_lines_that_prometheus_reads_and_name_nobody(
    client: FlaskClient, hospital: Hospital
) -> None:
    wang = hospital.enrol()
    hospital.submit(wang)
    beat(hospital.store, timedelta(minutes=2))
    client.get("/nothing-here")
    page = metrics(client)
    for line in page.splitlines():
        assert line.startswith("# ") or LINE.fullmatch(line.replace("+Inf", "0")), line
    assert 'pro_app_outbox_rows{registry="central",state="waiting"} 1' in page
    assert 'pro_app_submissions{mode="own_phone"} 1' in page
    assert 'pro_app_requests_total{status="4xx"} 1' in page
    found = re.search(r"pro_app_clock_overdue_ticks (\d+)", page)
    assert found and int(found[1]) >= 22  # a demonstration ticks every five seconds
    for word in (wang.study_number, wang.handle, "王", "13800000001"):
        assert word not in page


def test_metrics_are_for_this_machine_and_for_the_holder_of_the_token(store: Store, tmp_path: Path) -> None:
    token = "a token that nobody guesses, 40 letters"
    client = create_app(house_of(store, tmp_path, PRO_APP_METRICS_TOKEN=token)).test_client()
    away = {"environ_base": {"REMOTE_ADDR": "10.1.2.3"}}
    assert client.get("/metrics", **away).status_code == 404  # type: ignore[arg-type]
    wrong = {"Authorization": "Bearer of nothing"}
    assert client.get("/metrics", headers=wrong, **away).status_code == 404  # type: ignore[arg-type]
    right = {"Authorization": f"Bearer {token}"}
    assert client.get("/metrics", headers=right, **away).status_code == 200  # type: ignore[arg-type]
    # What a proxy on this machine passes on comes from somewhere else.
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 404
    assert client.get("/metrics").status_code == 200


@on_both
def test_each_part_of_a_tick_says_when_it_last_worked(store: Store, tmp_path: Path) -> None:
    clock = Clock(house_of(store, tmp_path))
    done = clock.tick()
    assert {"remind", "send", "sync"} <= set(done.worked)
    with store.reading() as tx:
        assert {"remind", "send", "sync"} <= set(watch.figures(tx).parts)


@contextmanager
def signed_in(app: Flask, store: Store) -> Iterator[FlaskClient]:
    hired(store, "li", "nurse", "CZ", datetime.now(UTC))
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/staff/sign-in", data={"login": "li", "password": PASSWORD})
    yield client


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_staff_are_told_within_five_minutes_that_the_clock_stopped(
    app: Flask, store: Store, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watch.STOPPED_AFTER.total_seconds() + health.CLOCK_FOR_S <= 5 * 60
    with signed_in(app, store) as li:
        beat(store, timedelta(minutes=3))
        assert "have stood still" not in li.get("/staff?lang=en").text
        monkeypatch.setattr(health, "CLOCK_FOR_S", 0.0)
        app.extensions[health.EXTENSION] = health._State()
        beat(store, timedelta(minutes=4, seconds=30))
        page = li.get("/staff?lang=en").text
        assert "have stood still since" in page
        app.extensions[health.EXTENSION] = health._State()
        beat(store, timedelta(0))
        assert "have stood still" not in li.get("/staff?lang=en").text


def test_a_program_that_has_just_begun_says_nothing_of_a_clock_that_never_ran(
    app: Flask, store: Store, quick_hashes: None
) -> None:
    with signed_in(app, store) as li:
        assert "have stood still" not in li.get("/staff?lang=en").text
        state = health._State()
        state.began -= 241
        app.extensions[health.EXTENSION] = state
        assert "have stood still since" in li.get("/staff?lang=en").text


def asked(store: Store, folder: Path, *arguments: str) -> Result:
    url = store.url.render_as_string(hide_password=False)
    environ = {"PRO_APP_DATA_DIR": str(folder), "PRO_APP_DATABASE_URL": url}
    return CliRunner().invoke(doctor, arguments, env=environ)


def test_the_doctor_finds_nothing_wrong_with_a_fresh_demonstration(store: Store, tmp_path: Path) -> None:
    if store.on_sqlite:
        (tmp_path / "test.sqlite").chmod(0o600)
    done = asked(store, tmp_path)
    assert done.exit_code == 0, done.output
    assert "MEND" not in done.output


@on_both
def test_the_doctor_says_what_is_wrong_and_what_to_do(store: Store, tmp_path: Path) -> None:
    beat(store, timedelta(hours=2))
    with store.writing() as tx:
        later = datetime.now(UTC) + timedelta(hours=1)
        detail = {"x": 1}
        milestones.record(tx, "x", later, detail)
        audit.append(tx, "study", audit.CLOCK, "x", "study", detail, later)
    if store.on_sqlite:
        (tmp_path / "test.sqlite").chmod(0o644)
    done = asked(store, tmp_path, "--json")
    assert done.exit_code == 1
    found = {one["check"]: one for one in json.loads(done.output)}
    assert all(set(one) == {"check", "state", "says"} for one in found.values())
    assert found["clock"]["state"] == "mend"
    assert "pro-app clock" in found["clock"]["says"]
    assert found["time"]["state"] == "mend"
    assert "NTP" in found["time"]["says"]
    assert found["database"]["state"] == "ok"
    if store.on_sqlite:
        assert "chmod 600" in found["database file"]["says"]


def test_the_doctor_calls_what_we_depend_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRO_APP_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("PRO_APP_REGISTRY_URL", "http://user:pass-9@127.0.0.1:9/fhir")
    done = asked(store, tmp_path, "--json")
    found = {one["check"]: one for one in json.loads(done.output)}
    assert found["mail server"]["state"] == "mend"
    assert found["registry url"]["state"] == "mend"
    assert "pass-9" not in done.output


def test_the_doctor_has_a_line_for_every_fault_of_the_settings(tmp_path: Path) -> None:
    environ = {"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_MODE": "production"}
    done = CliRunner().invoke(doctor, ["--json"], env=environ, catch_exceptions=False)
    assert done.exit_code == 1
    says = [one["says"].split()[0] for one in json.loads(done.output)]
    assert says == ["PRO_APP_SECRET_KEY", "PRO_APP_BASE_URL", "PRO_APP_SMTP_URL"]


def test_a_key_file_that_others_may_read_is_a_line_of_its_own(store: Store, tmp_path: Path) -> None:
    (tmp_path / "keys.json").chmod(0o644)
    done = asked(store, tmp_path)
    assert done.exit_code == 1
    assert "MEND  settings" in done.output
    assert "chmod 600" in done.output
