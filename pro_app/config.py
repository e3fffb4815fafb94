"""The settings: `PRO_APP_*` environment variables, read once, every fault listed at start.

Secrets may come as files instead, one for each variable, named like it: systemd (`LoadCredential=`) says in
`CREDENTIALS_DIRECTORY` where they lie, whoever else hands them over says it in `PRO_APP_SECRETS_DIR`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pro_app.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
WEAK_SECRETS = {"", "change-me", "changeme", "secret", "dev", "test", "password", "please-change-me"}
SAMPLE_WORDS = ("change-me", "changeme", "change_me", "example", "sample", "your-secret", "replace-this")
SHORTEST_SECRET = 32
FEWEST_LETTERS = 3
OPEN_TO_EVERYBODY = 0o007
MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")

Mode = Literal["demo", "production"]
Log = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program was told from outside.

    `secret_key` is None in a demonstration that has not made its own yet; see `keys.KeyRing`.
    `gateway_variables` are those of registries and message providers, read by `wiring`.
    """

    mode: Mode
    host: str
    port: int
    base_url: str
    data_dir: Path
    database_url: str
    secret_key: str | None
    key_file: Path
    questionnaires_dir: Path
    study_file: Path
    translations_dir: Path
    threads: int
    smtp_url: str | None
    mail_from: str
    gateway_variables: Mapping[str, str] = field(repr=False)
    trusted_proxies: int
    clock_interval_s: int
    log: Log
    metrics_token: str | None = field(repr=False)
    # With whose public key backups are closed; its secret half lies where the backups don't.
    backup_key: str | None
    # Whether staff must have a second factor; `required` leads whoever has none to setting it up.
    totp: Literal["required", "optional"] = "optional"
    # Who is written to at once when somebody misuses an account, a tablet or the trail.
    security_mail: str | None = None
    # The one address that the proxies speak from; "*" believes whoever connects.
    proxy_address: str = "127.0.0.1"

    @property
    def demo(self) -> bool:
        return self.mode == "demo"

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")


class _Reader:
    """Takes values out of the environment and remembers what was wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(f"PRO_APP_{name}", "").strip() or default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if raw.isascii() and raw.isdigit() and low <= int(raw) <= high:
            return int(raw)
        self.faults.append(f"PRO_APP_{name} is {raw!r}; it must be a whole number from {low} to {high}.")
        return default

    def one_of(self, name: str, default: str, *others: str) -> str:
        raw = self.text(name, default)
        if raw not in (default, *others):
            self.faults.append(f"PRO_APP_{name} is {raw!r}; it must be {' or '.join((default, *others))}.")
            return default
        return raw

    def peer(self, name: str, default: str) -> str:
        raw = self.text(name, default)
        try:
            return raw if raw == "*" else str(ip_address(raw))
        except ValueError:
            self.faults.append(f"PRO_APP_{name} is {raw!r}; it must be an IP address, or * for any.")
            return default

    def mailbox(self, name: str) -> str | None:
        raw = self.text(name)
        if raw and not MAILBOX.fullmatch(raw):
            self.faults.append(f"PRO_APP_{name} is {raw!r}; it must be one e-mail address.")
        return raw or None

    def path(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().resolve()

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        raw = _hosts_apart(self.text(name, default))
        try:
            parts = urlsplit(raw)
            # A PostgreSQL on this machine has a socket instead of a host: postgresql:///name?host=/folder.
            placed = parts.hostname or parts.scheme.startswith("sqlite") or _by_socket(parts)
            good = parts.scheme in schemes and bool(placed)
            _ = parts.port
        except ValueError:
            good = False
        if raw and not good:
            shape = " or ".join(f"{scheme}://…" for scheme in schemes)
            self.faults.append(f"PRO_APP_{name} is {raw!r}; it must look like {shape}.")
        return raw


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Parse `environ`; raises `SettingsError` with one line per fault, all of them at once."""
    read = _Reader(environ)
    read.environ = environ = {**environ, **_from_files(environ, read.faults)}
    mode = read.text("MODE", "demo")
    if mode not in ("demo", "production"):
        read.faults.append(f"PRO_APP_MODE is {mode!r}; it must be demo or production.")
    port = read.whole("PORT", 8000, 1, 65535)
    data_dir = read.path("DATA_DIR", ROOT / "instance")
    questionnaires = read.path("QUESTIONNAIRES_DIR", ROOT / "questionnaires")
    settings = Settings(
        mode="production" if mode == "production" else "demo",
        host=read.text("HOST", "127.0.0.1"),
        port=port,
        base_url=read.url("BASE_URL", f"http://127.0.0.1:{port}", ("http", "https")).rstrip("/"),
        data_dir=data_dir,
        database_url=read.url(
            "DATABASE_URL", f"sqlite:///{data_dir / 'pro_app.sqlite'}", ("sqlite", "postgresql")
        ),
        secret_key=read.text("SECRET_KEY") or None,
        key_file=read.path("KEY_FILE", data_dir / "keys.json"),
        questionnaires_dir=questionnaires,
        study_file=read.path("STUDY_FILE", questionnaires / "studies" / "nct06120426.toml"),
        translations_dir=read.path("TRANSLATIONS_DIR", ROOT / "translations"),
        threads=read.whole("THREADS", 8, 1, 64),
        smtp_url=read.url("SMTP_URL", "", ("smtp", "smtps", "smtp+starttls")) or None,
        mail_from=read.text("MAIL_FROM", "follow-up@localhost"),
        gateway_variables={
            name: value
            for name, value in environ.items()
            if name.startswith(
                ("PRO_APP_REGISTRY_", "PRO_APP_SMS_", "PRO_APP_BOUNCE", "PRO_APP_MAIL_REPLY_TO")
            )
        },
        trusted_proxies=read.whole("TRUSTED_PROXIES", 0, 0, 5),
        clock_interval_s=read.whole("CLOCK_INTERVAL_S", 5 if mode == "demo" else 30, 1, 3600),
        log="json" if read.one_of("LOG", "text", "json") == "json" else "text",
        metrics_token=read.text("METRICS_TOKEN") or None,
        backup_key=read.text("BACKUP_KEY") or None,
        totp="required" if _totp(read, mode) == "required" else "optional",
        proxy_address=read.peer("PROXY_ADDRESS", "127.0.0.1"),
        security_mail=read.mailbox("SECURITY_MAIL"),
    )
    if settings.mode == "production":
        read.faults.extend(_production_faults(settings, environ))
    if read.faults:
        raise SettingsError(faults="\n".join(read.faults))
    return settings


def _from_files(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    """Settings that were handed over as files; one that is there twice, or open to everybody, is a fault."""
    place = environ.get("PRO_APP_SECRETS_DIR") or environ.get("CREDENTIALS_DIRECTORY")
    found: dict[str, str] = {}
    if not place:
        return found
    for path in sorted(Path(place).glob("PRO_APP_*")):
        name = path.name
        try:
            value, mode = path.read_text(encoding="utf-8").strip(), path.stat().st_mode
        except (OSError, UnicodeDecodeError):
            faults.append(f"{name}: its file in {place} can't be read; correct its owner and its rights.")
            continue
        if mode & OPEN_TO_EVERYBODY and environ.get("PRO_APP_MODE") == "production":
            faults.append(f"{name}: everybody can read its file in {place}; run: chmod o= {path}")
        if environ.get(name, value) != value:
            faults.append(f"{name} is set twice, as a variable and as a file in {place}; keep one.")
        found[name] = value
    return found


def _hosts_apart(url: str) -> str:
    """Several machines as libpq writes them (`//who@a:1,b:2/name`), turned into `?host=a:1&host=b:2`."""
    scheme, _, rest = url.partition("://")
    netloc, slash, after = rest.partition("/")
    who, at, hosts = netloc.rpartition("@")
    if scheme != "postgresql" or "," not in hosts or not slash:
        return url
    path, _, query = after.partition("?")
    told = [f"host={host}" for host in hosts.split(",")] + ([query] if query else [])
    return f"{scheme}://{who}{at}/{path}?{'&'.join(told)}"


def _by_socket(parts: SplitResult) -> bool:
    """Whether a PostgreSQL address without a host names a database: on the default socket or `?host=/…`."""
    return parts.scheme == "postgresql" and len(parts.path) > 1


def _weak(secret: str) -> bool:
    """Too short, one that a sample file or a tired person would write, or hardly any different letters."""
    plain = secret.lower()
    sample = plain in WEAK_SECRETS or any(word in plain for word in SAMPLE_WORDS)
    return sample or len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_LETTERS


def _totp(read: _Reader, mode: str) -> str:
    """In production everybody needs a second factor, unless the hospital says otherwise."""
    return read.one_of("TOTP", *(("optional", "required") if mode == "demo" else ("required", "optional")))


def _production_faults(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """What is allowed in a demonstration and never with patients' data."""
    faults = []
    secret = settings.secret_key or ""
    if _weak(secret):
        faults.append(
            f"PRO_APP_SECRET_KEY is missing or weak; set at least {SHORTEST_SECRET} random characters "
            "(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')."
        )
    if not settings.https:
        faults.append("PRO_APP_BASE_URL must begin with https:// so that phones accept the page offline.")
    if not settings.smtp_url:
        faults.append("PRO_APP_SMTP_URL is missing; without it no reminder can leave by e-mail.")
    token = settings.metrics_token
    if token is not None and _weak(token):
        faults.append(f"PRO_APP_METRICS_TOKEN is weak; set at least {SHORTEST_SECRET} random characters.")
    if environ.get("FLASK_DEBUG", "0") not in ("", "0"):
        faults.append("FLASK_DEBUG is on; a debugger must never run with patients' data.")
    return faults
