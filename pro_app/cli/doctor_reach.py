"""The part of `doctor` that calls other machines: mail server, registries, and our own address from outside.

Only a connection is made, and where the address says so TLS is agreed; nothing is sent that anybody stores.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pro_app.cli.findings import Check, Finding
from pro_app.clock import utc_now
from pro_app.wiring import Service

WAIT_S = 4.0
DAYS_TO_RENEW = 14
_PORTS = {"http": 80, "https": 443, "smtp": 25, "smtp+starttls": 587, "smtps": 465}


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or _PORTS[parts.scheme]), WAIT_S)


def _reached(check: str, address: str, advice: str) -> Finding:
    """Whether something listens at `address`; its name and port are shown, never what else it holds."""
    parts = urlsplit(address)
    where = f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
    try:
        with _connected(address):
            return Finding(True, check, f"{where} answers")
    except OSError as fault:
        why = fault.strerror or type(fault).__name__
        return Finding(False, check, f"{where} can't be reached ({why}): {advice}")


def _mail(service: Service) -> Iterator[Finding]:
    if service.settings.smtp_url:
        advice = "ask for the port to be opened, or correct PRO_APP_SMTP_URL"
        yield _reached("mail server", service.settings.smtp_url, advice)


def _registries(service: Service) -> Iterator[Finding]:
    for name, value in sorted(service.settings.gateway_variables.items()):
        if name.startswith("PRO_APP_REGISTRY_") and name.endswith("URL") and urlsplit(value).scheme in _PORTS:
            yield _reached(f"registry {name[17:].lower()}", value, f"ask its manager, or correct {name}")
    if service.settings.demo and not any("URL" in name for name in service.settings.gateway_variables):
        yield Finding(True, "registry", "the demonstration's own")


def _https(service: Service) -> Iterator[Finding]:
    """The certificate at our own address, as a phone would see it."""
    address = service.settings.base_url
    if not service.settings.https:
        return
    name = urlsplit(address).hostname or ""
    try:
        with _connected(address) as plain:
            context = ssl.create_default_context()
            with context.wrap_socket(plain, server_hostname=name) as secure:
                ends = ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"]))
    except ssl.SSLError as fault:
        reason = getattr(fault, "verify_message", "") or fault.reason or "no TLS"
        yield Finding(False, "https", f"{name}: phones would refuse it ({reason}): renew the certificate")
        return
    except OSError as fault:
        why = fault.strerror or type(fault).__name__
        yield Finding(
            False, "https", f"{name} can't be reached from here ({why}): look at nginx and the firewall"
        )
        return
    left = (datetime.fromtimestamp(ends, UTC) - utc_now()).days
    good = left >= DAYS_TO_RENEW
    advice = "" if good else ": renew it now"
    yield Finding(good, "https", f"the certificate of {name} is good for {left} days{advice}")


CHECKS: tuple[Check, ...] = (_mail, _registries, _https)
