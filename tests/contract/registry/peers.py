"""Other people's programs and schemas, installed once into `.peers/` (git-ignored), started on the loopback.

Nothing of them is in the repository or needed at run time. Without Node the tests that want it are
skipped with that reason; with CI=true in the environment a missing peer is a failure.
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from pro_app.config import ROOT

HERE = Path(__file__).parent
PEERS = ROOT / ".peers"
INSTALL_WITHIN = 600
START_WITHIN = 60


def missing(what: str) -> NoReturn:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; on CI no peer may be missing")
    pytest.skip(what)


def _installed(name: str, sources: list[Path], install: Callable[[Path], None]) -> Path:
    """A folder with a peer in it, made again only when what describes it has changed."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = PEERS / f"{name}-{digest}"
    done = folder / "installed"
    PEERS.mkdir(exist_ok=True)
    # Tests run in several processes: the second waits for the first and finds the peer there.
    with (PEERS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                install(folder)
            except (OSError, subprocess.SubprocessError) as fault:
                said = getattr(fault, "stderr", None) or str(fault)
                missing(f"{name} can't be installed: {str(said).strip()[-300:]}")
            done.write_text("ok\n")
    return folder


def _run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_WITHIN)


def node_folder() -> Path:
    """Medplum and the `fhir` validator with the scripts that drive them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing("Node.js with npm is not installed")
    sources = sorted((HERE / "node").glob("*.*"))

    def install(folder: Path) -> None:
        for source in sources:
            shutil.copy(source, folder)
        _run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)

    return _installed("node", sources, install)


def sekmet_folder() -> Path:
    """sekmet-fhir in a virtual environment of its own: its dependencies are not ours."""

    def install(folder: Path) -> None:
        _run(sys.executable, "-m", "venv", "venv", folder=folder)
        _run("venv/bin/python", "-m", "pip", "install", "-q", "-r", str(HERE / "sekmet.txt"), folder=folder)

    return _installed("sekmet", [HERE / "sekmet.txt"], install)


def odm_schema() -> Path:
    """CDISC's own schema of ODM-XML 1.3.2, as odmlib carries it; nothing of that library is run."""
    listed = HERE / "odm_schema.txt"

    def install(folder: Path) -> None:
        quiet = ("-q", "--disable-pip-version-check", "--no-deps", "--require-hashes")
        _run(sys.executable, "-m", "pip", "install", *quiet, "-t", "odm", "-r", str(listed), folder=folder)

    return (
        _installed("odm", [listed], install) / "odm" / "odmlib" / "schemas" / "odm" / "1.3.2" / "ODM1-3-2.xsd"
    )


@contextmanager
def medplum() -> Iterator[str]:
    """The base URL of a fresh, empty Medplum."""
    with _running(["node", "medplum_server.mjs"], node_folder(), subprocess.PIPE) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            pytest.fail("Medplum's router did not start")
        url = f"http://127.0.0.1:{port}/fhir"
        _wait_for(f"{url}/metadata", process)
        yield url


@contextmanager
def sekmet(folder: Path, **more: object) -> Iterator[str]:
    """The base URL of a fresh, empty SEKMET that keeps its data in `folder`; `more` are its settings."""
    program = sekmet_folder() / "venv" / "bin" / "sekmet"
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    settings = {
        "base_url": url,
        "host": "127.0.0.1",
        "port": port,
        "data_dir": str(folder),
        "own_private_key_path": str(folder / "own.pem"),
        "simulator": {"enabled": False},
        "log_inbound": False,
        **more,
    }
    # JSON is YAML.
    (folder / "settings.yaml").write_text(json.dumps(settings))
    command = [str(program), "serve", "--config", "settings.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, folder, subprocess.DEVNULL) as process:
        _wait_for(f"{url}/metadata", process)
        yield url


def fhir_js_faults(resources: list[dict[str, Any]]) -> list[Any]:
    """What the `fhir` package's validator has against each of `resources`."""
    lines = "".join(json.dumps(resource) + "\n" for resource in resources)
    done = subprocess.run(
        ["node", "fhir_js_check.mjs"],
        cwd=node_folder(),
        input=lines,
        check=True,
        capture_output=True,
        text=True,
        timeout=START_WITHIN,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def free_port() -> int:
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], folder: Path, out: int) -> Iterator[subprocess.Popen[str]]:
    with (folder / "errors.log").open("w") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=errors, text=True)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=20)
            if process.stdout:
                process.stdout.close()


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=5, trust_env=False).status_code < 500:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"{process.args!r} did not begin to answer")
