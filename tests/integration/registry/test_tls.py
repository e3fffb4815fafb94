"""Certificates: a stranger's is refused before anything is sent; the hospital's own authority is known."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pro_app.errors import SettingsError
from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.wire import Tls
from pro_app.ports import RegistryAway
from tests.integration.registry.loopback import Loopback, loopback
from tests.unit.registry.cast import catalogue, parcel


@dataclass(frozen=True)
class Authority:
    """A certificate authority in a folder, and the certificates it gave out."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> str:
        return str(self.folder / "ca.pem")

    def issue(self, name: str) -> tuple[str, str]:
        """Certificate file and key file for `name`, valid for localhost."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, key.public_key(), self.certificate.subject, self.key, authority=False)
        pair = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        pair[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pair[1].write_bytes(_pem(key))
        return str(pair[0]), str(pair[1])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(
    name: str,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name | None,
    key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("Hospital CA", key.public_key(), None, key, authority=True)
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(tmp_path, key, certificate)


@contextmanager
def secured(authority: Authority, *, asks_for_ours: bool = False) -> Iterator[tuple[Loopback, str]]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("server"))
    if asks_for_ours:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)
    with loopback(context) as server:
        yield server, f"https://localhost:{server.server_address[1]}/fhir"


def deliver(url: str, tls: Tls | None) -> str:
    with FhirRegistry(url, "a token", catalogue().instruments, tls=tls) as registry:
        return registry.deliver(parcel()).remote_id


def test_a_certificate_of_an_unknown_authority_is_refused_before_anything_is_sent(
    authority: Authority,
) -> None:
    with secured(authority) as (server, url):
        with pytest.raises(RegistryAway, match="certificate verify failed"):
            deliver(url, None)
        assert not server.writes


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with secured(authority) as (server, url):
        with pytest.raises(RegistryAway, match="certificate"):
            deliver(url.replace("localhost", "127.0.0.1"), Tls(ca_file=authority.file))
        assert not server.writes


def test_the_hospitals_own_authority_can_be_trusted(authority: Authority) -> None:
    with secured(authority) as (server, url):
        assert deliver(url, Tls(ca_file=authority.file))
        assert server.writes


def test_a_registry_that_asks_for_our_certificate_gets_it(authority: Authority) -> None:
    with secured(authority, asks_for_ours=True) as (server, url):
        with pytest.raises(RegistryAway):
            deliver(url, Tls(ca_file=authority.file))
        assert not server.writes
        assert deliver(url, Tls(ca_file=authority.file, certificate=authority.issue("hospital")))


def test_a_certificate_that_does_not_fit_its_key_is_a_fault_at_start(authority: Authority) -> None:
    certificate, _ = authority.issue("one")
    _, key = authority.issue("other")
    with pytest.raises(SettingsError, match="certificates can't be used"):
        FhirRegistry("https://r.example", None, {}, tls=Tls(certificate=(certificate, key)))
