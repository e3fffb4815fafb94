"""The systemd units: systemd's own check has nothing to say, they may do little, their settings are good."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pro_app.config import ROOT, read_settings
from pro_app.keys import create_key_file
from pro_app.wiring import build

SHIPPED = ROOT / "deploy" / "systemd"
INSTALLED = "/opt/pro-follow-up/.venv/bin/pro-app"
SERVICES = ("pro-app.service", "pro-app-web@8001.service", "pro-app-clock.service", "pro-app-backup.service")
# Tenths of systemd's own measure: 0 is a service that may do nothing, 96 one that nobody has restricted.
MOST_EXPOSED = 15


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A copy of which systemd finds the program: what is looked at is the units, not this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze; as root: apt-get install systemd")
    shutil.copytree(SHIPPED, tmp_path / "units", symlinks=True)
    for unit in (tmp_path / "units").glob("*.service"):
        if unit.is_file():
            unit.write_text(unit.read_text().replace(INSTALLED, "/bin/true"))
    return tmp_path / "units"


def analyze(units: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """systemd-analyze over these units and the system's own."""
    environ = {"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin", "SYSTEMD_PAGER": "cat"}
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, cwd=units, env=environ, capture_output=True, text=True, check=False)


def test_systemd_has_nothing_to_say_about_them(units: Path) -> None:
    files = [f"./{name}" for name in (*SERVICES, "pro-app-backup.timer")]
    told = analyze(units, "verify", "--man=no", *files)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_it_would_say_so_of_a_slip(units: Path) -> None:
    common = units / "pro-app-.service.d" / "10-common.conf"
    common.write_text(common.read_text().replace("ProtectHome=", "ProtectHouse="))
    assert "ProtectHouse" in analyze(units, "verify", "--man=no", "./pro-app.service").stderr


@pytest.mark.parametrize("service", SERVICES)
def test_each_may_do_little(units: Path, service: str) -> None:
    told = analyze(units, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", f"./{service}")
    assert told.returncode == 0, told.stdout


def test_with_the_sample_and_a_secret_in_a_file_the_program_would_start(tmp_path: Path) -> None:
    """systemd names what it loads from the folder `PRO_APP_` and the file's name."""
    common = (SHIPPED / "pro-app-.service.d" / "10-common.conf").read_text()
    assert "LoadCredential=PRO_APP:/etc/pro-follow-up/secrets" in common
    secrets = {
        "SECRET_KEY": "k3J9" * 12,
        "SMTP_URL": "smtp+starttls://pro:pw@mail.example.org:587",
        "REGISTRY_CENTRAL_TOKEN": "t0ken",
    }
    for name, value in secrets.items():
        (tmp_path / f"PRO_APP_{name}").write_text(value)
        (tmp_path / f"PRO_APP_{name}").chmod(0o440)
    told = dict(re.findall(r"^(PRO_APP_\w+)=(.*)$", (SHIPPED / "settings").read_text(), re.M))
    told |= dict(re.findall(r"^Environment=(PRO_APP_\w+)=(.*)$", common, re.M))
    settings = read_settings(told | {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert settings.mode == "production"
    assert settings.secret_key == secrets["SECRET_KEY"]
    assert settings.trusted_proxies == 1
    database = f"sqlite:///{tmp_path}/test.sqlite"
    here = replace(settings, data_dir=tmp_path, key_file=tmp_path / "keys.json", database_url=database)
    create_key_file(here.key_file)
    assert [one.name for one in build(here).registries] == ["central"]
    assert str(settings.data_dir) == re.search(r"^WorkingDirectory=(.*)$", common, re.M)[1]  # type: ignore[index]


def test_a_word_in_a_shell_has_the_settings_of_the_services() -> None:
    shell = (SHIPPED / "pro-app").read_text()
    common = (SHIPPED / "pro-app-.service.d" / "10-common.conf").read_text()
    for name in ("User", "UMask", "StateDirectory", "WorkingDirectory", "EnvironmentFile", "LoadCredential"):
        line = re.search(rf"^{name}=.*$", common, re.M)
        assert line and f"--property={line[0]}" in shell
    subprocess.run(["sh", "-n", SHIPPED / "pro-app"], check=True)
