"""Where mail goes back to, and where what is returned is read: an IMAP mailbox, or a Maildir on this machine.

`PRO_APP_BOUNCES_URL` is `imaps://user:password@host/mailbox`, `imap+starttls://…` or `maildir:///directory`.
Nothing is ever deleted: what has been looked at is marked as seen, so that a person can look at it, too.
"""

import imaplib
import mailbox
import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from pro_app.errors import SettingsError
from pro_app.letters.reports import Returned, ReturnedMail
from pro_app.letters.returned import LARGEST

SETTING = "PRO_APP_BOUNCES_URL"
ADDRESS_SETTING = "PRO_APP_BOUNCE_ADDRESS"
REPLY_SETTING = "PRO_APP_MAIL_REPLY_TO"
# With our reference (37 letters) the part before the @ must stay within 64.
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,27}@[A-Za-z0-9.-]{1,200}")
PORTS = {"imaps": 993, "imap+starttls": 143}
TIMEOUT_S = 20.0
# Returned mail is no hurry; a sign-in every few seconds would annoy a mail server.
LOOK_EVERY = timedelta(minutes=2)
MOST_AT_ONCE = 200


def returned_mail(variables: Mapping[str, str]) -> ReturnedMail | None:
    """The mailbox that the settings name, if any; raises `SettingsError`."""
    url = variables.get(SETTING, "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    try:
        good = bool(parts.path.strip("/")) if parts.scheme == "maildir" else bool(parts.hostname)
        _ = parts.port
    except ValueError:
        good = False
    if not good or parts.scheme not in (*PORTS, "maildir"):
        shapes = "imaps://user:password@host/INBOX, imap+starttls://… or maildir:///directory"
        raise SettingsError(faults=f"{SETTING} must look like {shapes}.")
    if parts.scheme == "maildir":
        return MaildirBounces(Path(unquote(parts.path)))
    return ImapBounces(url)


def bounce_address(variables: Mapping[str, str]) -> str:
    """Where mail is returned to, our reference added after a plus; empty for the sender's own address.

    Raises `SettingsError`.
    """
    return _plain(variables, ADDRESS_SETTING, "bounces@hospital.example")


def reply_address(variables: Mapping[str, str]) -> str:
    """Who reads what people answer; empty for the sender's own address. Raises `SettingsError`."""
    return _plain(variables, REPLY_SETTING, "nurse@hospital.example")


def _plain(variables: Mapping[str, str], setting: str, example: str) -> str:
    address = variables.get(setting, "").strip()
    if address and not _PLAIN.fullmatch(address):
        raise SettingsError(faults=f"{setting} must be a plain address such as {example}.")
    return address


class _Unhurried:
    """Looks again only after a while."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None

    def wanted(self, now: datetime) -> bool:
        """True at most every `LOOK_EVERY`."""
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        return True


class MaildirBounces(_Unhurried):
    """A Maildir into which the mail server on this machine delivers."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def unread(self) -> Iterator[Returned]:
        """What lies in `new`, the oldest first."""
        if not (self._path / "new").is_dir():
            raise OSError(f"{self._path} is no Maildir: it has no folder named new")
        names = sorted(path.name for path in (self._path / "new").iterdir() if path.is_file())
        for name in names[:MOST_AT_ONCE]:
            with (self._path / "new" / name).open("rb") as file:
                yield Returned(name, file.read(LARGEST))

    def done(self, keys: list[str]) -> None:
        """Into `cur`, with the flag of what has been seen."""
        folder = mailbox.Maildir(self._path, create=False)
        for key in keys:
            unique = key.partition(folder.colon)[0]
            (self._path / "new" / key).rename(self._path / "cur" / f"{unique}{folder.colon}2,S")


class ImapBounces(_Unhurried):
    """A mailbox on a mail server. `tls` replaces the system's trust (for tests)."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_S, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._url = url
        self._timeout = timeout
        self._tls = tls

    def unread(self) -> Iterator[Returned]:
        """The unseen ones, the oldest first, at most `LARGEST` bytes of each; reading leaves them unseen."""
        with _Session(self._url, self._timeout, self._tls) as server:
            found = _said(server.uid("SEARCH", "UNSEEN"))
            uids = found[0].split()[:MOST_AT_ONCE] if found and found[0] else []
            for uid in uids:
                part = _said(server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{LARGEST}>)"))
                content = next((one[1] for one in part if isinstance(one, tuple)), b"")
                yield Returned(uid.decode(), content)

    def done(self, keys: list[str]) -> None:
        with _Session(self._url, self._timeout, self._tls) as server:
            _said(server.uid("STORE", ",".join(keys), "+FLAGS.SILENT", "(\\Seen)"))


class _Session:
    """A connection that is signed in and has the mailbox open. All its faults are `OSError`."""

    def __init__(self, url: str, timeout: float, tls: ssl.SSLContext | None) -> None:
        self._parts = urlsplit(url)
        self._timeout = timeout
        self._tls = tls or ssl.create_default_context()

    def __enter__(self) -> "_Session":
        self._server = _connected(self._parts, self._timeout, self._tls)
        try:
            self._server.login(unquote(self._parts.username or ""), unquote(self._parts.password or ""))
            _said(self._server.select(_quoted(unquote(self._parts.path.strip("/")) or "INBOX")))
        except imaplib.IMAP4.error as fault:
            self._server.shutdown()
            # Its words may repeat the password.
            raise OSError("the mailbox for returned mail can't be opened: sign-in or name refused") from fault
        except OSError:
            self._server.shutdown()
            raise
        return self

    def uid(self, command: str, *arguments: str) -> tuple[str, list[Any]]:
        try:
            return self._server.uid(command, *arguments)
        except imaplib.IMAP4.error as fault:
            raise OSError(f"the mailbox for returned mail: {command} failed") from fault

    def __exit__(self, *_fault: object) -> None:
        try:
            self._server.logout()
        except (OSError, imaplib.IMAP4.error):
            return  # whatever was to be done is done


def _connected(parts: SplitResult, timeout: float, tls: ssl.SSLContext) -> imaplib.IMAP4:
    host, port = parts.hostname or "localhost", parts.port or PORTS[parts.scheme]
    try:
        if parts.scheme == "imaps":
            return imaplib.IMAP4_SSL(host, port, ssl_context=tls, timeout=timeout)
        server = imaplib.IMAP4(host, port, timeout=timeout)
        server.starttls(tls)
        return server
    except imaplib.IMAP4.error as fault:
        raise OSError(f"the mailbox for returned mail: {host} offers no encryption or refuses us") from fault


def _said(answer: tuple[str, list[Any]]) -> list[Any]:
    """The content of an answer that means yes; raises `OSError` for a no."""
    status, content = answer
    if status != "OK":
        raise OSError("the mailbox for returned mail refuses")
    return content


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
