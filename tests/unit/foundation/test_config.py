"""Settings are read once, and every fault is said at once."""

from pathlib import Path

import pytest

from pro_app.config import read_settings
from pro_app.errors import SettingsError

GOOD_PRODUCTION = {
    "PRO_APP_MODE": "production",
    "PRO_APP_SECRET_KEY": "k3J9" * 12,
    "PRO_APP_BASE_URL": "https://follow-up.example.org",
    "PRO_APP_SMTP_URL": "smtp+starttls://mail.example.org:587",
}


def faults(**environ: str) -> str:
    with pytest.raises(SettingsError) as fault:
        read_settings(environ)
    return str(fault.value)


def test_a_demonstration_needs_no_settings_at_all() -> None:
    settings = read_settings({})
    assert settings.demo
    assert settings.port == 8000
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url.startswith("sqlite:///")


def test_the_port_goes_into_the_address() -> None:
    assert read_settings({"PRO_APP_PORT": "8123"}).base_url == "http://127.0.0.1:8123"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80a", "8,000", "³", "1e3"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    assert "PRO_APP_PORT" in faults(PRO_APP_PORT=port)


def test_all_faults_are_listed_together() -> None:
    text = faults(PRO_APP_PORT="x", PRO_APP_MODE="live", PRO_APP_DATABASE_URL="mysql://db/x")
    assert all(name in text for name in ("PRO_APP_PORT", "PRO_APP_MODE", "PRO_APP_DATABASE_URL"))


def test_production_starts_with_everything_set() -> None:
    settings = read_settings(GOOD_PRODUCTION)
    assert settings.https
    assert not settings.demo


@pytest.mark.parametrize("name", ["SECRET_KEY", "BASE_URL", "SMTP_URL"])
def test_production_refuses_to_start_without(name: str) -> None:
    environ = {key: value for key, value in GOOD_PRODUCTION.items() if key != f"PRO_APP_{name}"}
    assert f"PRO_APP_{name}" in faults(**environ)


@pytest.mark.parametrize("secret", ["change-me", "short", "x" * 31])
def test_production_refuses_a_weak_secret(secret: str) -> None:
    assert "PRO_APP_SECRET_KEY" in faults(**(GOOD_PRODUCTION | {"PRO_APP_SECRET_KEY": secret}))


def test_production_refuses_a_debugger() -> None:
    assert "FLASK_DEBUG" in faults(**(GOOD_PRODUCTION | {"FLASK_DEBUG": "1"}))


@pytest.mark.parametrize(
    "url", ["http://[::1", "https://", "ftp://x", "follow-up.example.org", "http://a:port"]
)
def test_an_address_that_is_none_is_named(url: str) -> None:
    assert "PRO_APP_BASE_URL" in faults(PRO_APP_BASE_URL=url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///follow_up",
        "postgresql:///follow_up?host=/var/run/postgresql",
        "postgresql://app@/follow_up?host=/var/run/postgresql",
        "postgresql://app:word@db.example.org:5432/follow_up",
        "sqlite:////srv/follow-up/pro_app.sqlite",
    ],
)
def test_a_database_may_be_named_with_or_without_a_host(url: str) -> None:
    assert read_settings({"PRO_APP_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize("url", ["postgresql://", "postgresql:///", "postgresql+psycopg://db/x", "db"])
def test_an_address_that_names_no_database_is_a_fault(url: str) -> None:
    assert "PRO_APP_DATABASE_URL" in faults(PRO_APP_DATABASE_URL=url)


@pytest.mark.parametrize(
    "secret",
    ["please-change-me-please-change-me-please", "this-is-the-sample-secret-of-the-manual", "x" * 64],
)
def test_production_refuses_the_secret_of_a_sample_file(secret: str) -> None:
    assert "PRO_APP_SECRET_KEY" in faults(**(GOOD_PRODUCTION | {"PRO_APP_SECRET_KEY": secret}))


def test_production_refuses_a_word_for_the_metrics_that_can_be_guessed() -> None:
    assert "PRO_APP_METRICS_TOKEN" in faults(**(GOOD_PRODUCTION | {"PRO_APP_METRICS_TOKEN": "metrics"}))


def test_a_log_is_text_or_json() -> None:
    assert read_settings({}).log == "text"
    assert read_settings({"PRO_APP_LOG": "json"}).log == "json"
    assert "PRO_APP_LOG" in faults(PRO_APP_LOG="xml")


def test_production_asks_for_a_code_at_sign_in_unless_it_is_told_otherwise() -> None:
    assert read_settings({}).totp == "optional"
    assert read_settings({"PRO_APP_TOTP": "required"}).totp == "required"
    assert read_settings(GOOD_PRODUCTION).totp == "required"
    assert read_settings({**GOOD_PRODUCTION, "PRO_APP_TOTP": "optional"}).totp == "optional"
    assert "PRO_APP_TOTP" in faults(PRO_APP_TOTP="sometimes")


def handed_over(folder: Path, mode: int = 0o400, **secrets: str) -> dict[str, str]:
    """Secrets as files, the way systemd and containers hand them over."""
    for name, value in secrets.items():
        (folder / f"PRO_APP_{name}").write_text(f"{value}\n")
        (folder / f"PRO_APP_{name}").chmod(mode)
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD_PRODUCTION.items() if key != name}


def test_a_secret_may_be_a_file_that_systemd_hands_over(tmp_path: Path) -> None:
    secret = GOOD_PRODUCTION["PRO_APP_SECRET_KEY"]
    place = handed_over(tmp_path, SECRET_KEY=secret, REGISTRY_CENTRAL_TOKEN="t0ken")
    settings = read_settings(without("PRO_APP_SECRET_KEY") | place)
    assert settings.secret_key == secret
    assert settings.gateway_variables["PRO_APP_REGISTRY_CENTRAL_TOKEN"] == "t0ken"


def test_whoever_else_hands_secrets_over_names_the_folder(tmp_path: Path) -> None:
    (place,) = handed_over(tmp_path, DATABASE_URL="postgresql://db/pro").values()
    environ = {"PRO_APP_SECRETS_DIR": place, "CREDENTIALS_DIRECTORY": "nowhere"}
    assert read_settings(environ).database_url == "postgresql://db/pro"


def test_a_secret_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    place = handed_over(tmp_path, SECRET_KEY="m8Q2" * 12)
    told = faults(**(GOOD_PRODUCTION | place))
    assert "PRO_APP_SECRET_KEY is set twice" in told
    assert "m8Q2" not in told


def test_in_production_a_secrets_file_is_not_for_everybody(tmp_path: Path) -> None:
    secret = GOOD_PRODUCTION["PRO_APP_SECRET_KEY"]
    place = handed_over(tmp_path, 0o444, SECRET_KEY=secret)
    assert "chmod o=" in faults(**(without("PRO_APP_SECRET_KEY") | place))


def test_a_secrets_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    place = handed_over(tmp_path, SECRET_KEY="x")
    (tmp_path / "PRO_APP_SECRET_KEY").chmod(0o600)
    (tmp_path / "PRO_APP_SECRET_KEY").write_bytes(b"\xff\xfe")
    assert "PRO_APP_SECRET_KEY: its file" in faults(**(without("PRO_APP_SECRET_KEY") | place))


def test_several_database_machines_are_written_as_libpq_writes_them() -> None:
    url = "postgresql://pro:p%2Cw@db1:5432,db2:5433/pro?target_session_attrs=read-write"
    told = read_settings({"PRO_APP_DATABASE_URL": url}).database_url
    assert told == "postgresql://pro:p%2Cw@/pro?host=db1:5432&host=db2:5433&target_session_attrs=read-write"
    assert read_settings({"PRO_APP_DATABASE_URL": told}).database_url == told
