"""Web processes, clocks and nginx as they are installed, each a process of its own on a free port."""

import datetime
import http.client
import ipaddress
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.start import free_port
from pro_app.config import ROOT

SHIPPED = ROOT / "deploy" / "nginx"
NAME = "localhost"
# A plain user's PATH has no folder for servers.
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


# A lease of 15 s is right for a hospital and long for a test: with a tick a second, 7 s are enough.
CLOCK = """
from datetime import timedelta
from pro_app import clock
from pro_app.cli.main import main
clock.SHORTEST_LEASE = timedelta(seconds=1)
main(["clock"])
"""


def launch(arguments: list[str], environ: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """This Python with these arguments and settings, and with no other settings."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PRO_APP_")}
    with log.open("ab") as file:
        command = [sys.executable, *arguments]
        return subprocess.Popen(command, env={**plain, **environ}, stdout=file, stderr=file)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Without a warning, as the kernel does it when memory is short."""
    process.send_signal(signal.SIGKILL)
    process.wait(10)


@dataclass(frozen=True)
class Answer:
    """Header names in lower case; a header that came twice has two values."""

    status: int
    headers: Mapping[str, list[str]]
    body: bytes

    def one(self, name: str) -> str:
        """A header's value; it must have come exactly once."""
        (value,) = self.headers[name]
        return value

    @property
    def json(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)
        return found


class Front:
    """nginx with the files of deploy/nginx as they are, and a site of its own."""

    def __init__(self, folder: Path, web: list[int]) -> None:
        self.folder = folder
        self.tls, self.plain = free_port(), free_port()
        self.access_log, self.error_log = folder / "access.log", folder / "error.log"
        shutil.copy(SHIPPED / "pro-app.conf", folder)
        shutil.copytree(SHIPPED / "pro-app", folder / "pro-app")
        self.trust = certificate(folder)
        site = folder / "pro-app" / "site"
        for name, text in self._site(web).items():
            (site / name).write_text(text)
        (folder / "nginx.conf").write_text(self._main())
        self.process: subprocess.Popen[bytes] | None = None

    def _site(self, web: list[int]) -> dict[str, str]:
        servers = (f"server 127.0.0.1:{port} max_fails=2 fail_timeout=5s;\n" for port in web)
        return {
            "listen.conf": f"listen 127.0.0.1:{self.tls} ssl http2;\n",
            "address.conf": f"server_name {NAME};\nssl_certificate cert.pem;\nssl_certificate_key key.pem;\n",
            "plain.conf": f"listen 127.0.0.1:{self.plain};\nserver_name {NAME};\n"
            f"location / {{\n return 308 https://{NAME}:{self.tls}$request_uri;\n}}\n",
            "upstreams.conf": "".join(servers),
            "logs.conf": f"access_log {self.access_log} pro_app;\nerror_log {self.error_log} crit;\n",
            "store.conf": f"proxy_cache_path {self.folder}/kept keys_zone=pro_app_kept:1m;\n",
        }

    def _main(self) -> str:
        """What Debian's own nginx.conf says, in short; the folders where nginx may write are the test's."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        user = "user root;" if os.geteuid() == 0 else ""
        return (
            f"{user}daemon off;\nworker_processes 2;\npid {self.folder}/pid;\n"
            f"error_log {self.error_log} crit;\n"
            f"events {{ worker_connections 1024; }}\nhttp {{\n{folders}include pro-app.conf;\n}}\n"
        )

    def start(self) -> None:
        command = [NGINX, "-c", str(self.folder / "nginx.conf"), "-e", str(self.error_log)]
        subprocess.run([*command, "-t", "-q"], check=True)
        self.process = subprocess.Popen(command)
        self.wait_for(lambda: socket.create_connection((NAME, self.tls), 5).close())

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.trust))

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request through TLS over a connection of its own."""
        talk = http.client.HTTPSConnection(NAME, self.tls, timeout=60, context=self.context)
        try:
            talk.request(method, path, body or None, dict(headers or {}))
            return read(talk.getresponse())
        finally:
            talk.close()

    def told(self, answer: "Answer") -> dict[str, object]:
        """The line of the access log about this answer; it is written a moment after the answer has left."""
        found: list[dict[str, object]] = []

        def look() -> None:
            lines = map(json.loads, self.access_log.read_text().splitlines())
            found.extend(line for line in lines if line["request"] == answer.one("x-request-id"))
            if not found:
                raise OSError("not written yet")

        self.wait_for(look)
        return found[0]

    def wait_for(self, works: Callable[[], None], seconds: float = 60) -> None:
        """Until it raises no OSError any more."""
        end = time.monotonic() + seconds
        while True:
            try:
                return works()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)


def read(response: http.client.HTTPResponse) -> Answer:
    headers: dict[str, list[str]] = {}
    for name, value in response.getheaders():
        headers.setdefault(name.lower(), []).append(value)
    return Answer(response.status, headers, response.read())


def certificate(folder: Path) -> Path:
    """One for this machine alone, good for an hour; returns the file that trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "cert.pem"
