"""The compose file and the Containerfile, as far as they can be looked at without a container engine."""

import re
import subprocess
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import pytest
import yaml

from pro_app.config import ROOT
from tests.deploy.programs import NGINX, certificate

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not str(service["user"]).startswith(("0", "root"))
    assert "mem_limit" in service
    assert "healthcheck" in service or name == "migrate"


def test_images_have_a_version_and_no_host() -> None:
    images = {service["image"] for service in SERVICES.values()}
    bases = set(re.findall(r"^FROM (\S+)", (DEPLOY / "Containerfile").read_text(), re.M))
    for image in images | bases:
        assert re.fullmatch(r"[a-z-]+:[\w.-]+", image), image
        assert not image.endswith(":latest")


def test_only_nginx_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["front"]
    inside = {name for name, network in COMPOSE["networks"].items() if (network or {}).get("internal")}
    assert set(SERVICES["database"]["networks"]) <= inside
    assert set(SERVICES["web1"]["networks"]) <= inside
    # Whoever believes any proxy must share a network with nginx alone, and with the database.
    assert SERVICES["web1"]["environment"]["PRO_APP_PROXY_ADDRESS"] == "*"
    front = {name for name, service in SERVICES.items() if "front" in service["networks"]}
    assert front == {"front", "web1", "web2"}


def test_every_file_it_names_is_here_but_the_secret_ones() -> None:
    named = [path for path, *_ in (v.split(":") for v in SERVICES["front"]["volumes"])]
    named += [file for service in SERVICES.values() for file in service.get("env_file", ())]
    assert [path for path in named if not (DEPLOY / path).exists()] == []
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.M)
    assert [path for line in copied for path in line.split() if not (ROOT / path).exists()] == []
    assert all(secret["file"].startswith("./compose/secrets/") for secret in COMPOSE["secrets"].values())
    ignored = subprocess.run(["git", "check-ignore", "-q", "deploy/compose/secrets/x"], cwd=ROOT, check=False)
    assert ignored.returncode == 0


def test_every_setting_is_one_that_the_program_knows() -> None:
    """But for those of registries, whose names a study chooses."""
    known = set(re.findall(r"PRO_APP_\w+", (ROOT / "docs" / "operations.md").read_text()))
    files = (*DEPLOY.glob("compose*"), *DEPLOY.rglob("settings"), *(DEPLOY / "systemd").rglob("*"))
    texts = [path.read_text() for path in (*files, DEPLOY / "Containerfile") if path.is_file()]
    used = {name for text in texts for name in re.findall(r"PRO_APP_[A-Z_]*[A-Z]", text)}
    assert {name for name in used - known if not name.startswith("PRO_APP_REGISTRY_")} == set()


def test_nginx_takes_the_site_of_the_compose_file(tmp_path: Path) -> None:
    if not Path(NGINX).exists():
        pytest.skip("there is no nginx; as root: apt-get install nginx-light")
    copy(DEPLOY / "nginx" / "pro-app.conf", tmp_path)
    copytree(DEPLOY / "nginx" / "pro-app", tmp_path / "pro-app")
    copytree(DEPLOY / "compose" / "site", tmp_path / "pro-app" / "site", dirs_exist_ok=True)
    certificate(tmp_path)
    here = {"/run/secrets/certificate_key": "key.pem", "/run/secrets/certificate": "cert.pem"}
    here |= {"web1": "127.0.0.1", "web2": "127.0.0.1", "/tmp/": f"{tmp_path}/"}
    copy(DEPLOY / "compose" / "nginx.conf", tmp_path)
    for path in (tmp_path / "nginx.conf", *(tmp_path / "pro-app" / "site").iterdir()):
        text = path.read_text()
        for name, own in here.items():
            text = text.replace(name, own)
        path.write_text(text)
    subprocess.run([NGINX, "-t", "-q", "-c", str(tmp_path / "nginx.conf"), "-e", "/dev/stderr"], check=True)
