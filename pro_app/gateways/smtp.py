"""E-mail by SMTP, one connection for each message, with the line drawn where a message may be taken.

Until the last byte of the message is handed over, any failure means "not taken". From there until the
server's answer nobody knows: a connection lost in between is "unknown", and the message is not sent again.
"""

import re
import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from pro_app.ports import Channel, Message, Outcome

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
TIMEOUT_S = 20.0
_GOES_ON, _DONE = 354, 250
_ENHANCED = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_LONGEST_WORDS = 300


class SmtpMessenger:
    """`url` is `smtp://`, `smtp+starttls://` or `smtps://`, with user, password and port if needed.

    `sender` is an address, or `Name <address>`. With `smtp+starttls` nothing is said in the open: a server
    that doesn't offer STARTTLS gets no message. Returned mail comes to `bounce_address` with our reference in
    it (`name+reference@host`), without one to the sender; people's answers go to `reply_to`. `tls` replaces
    the system's trust (for tests).
    """

    name = "smtp"

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        bounce_address: str = "",
        reply_to: str = "",
        timeout: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.channel: Channel = "email"
        self._url = url
        self._sender = sender
        self._bounce_address = bounce_address
        self._reply_to = reply_to
        self._timeout = timeout
        self._tls = tls

    def send(self, message: Message, now: datetime) -> Outcome:
        """Hand one message to the server and say what it said."""
        try:
            letter = build(message, self._sender, now, self._reply_to)
        except (ValueError, UnicodeError) as fault:
            return Outcome("refused", self.name, detail=f"can't be written as an e-mail: {fault}")
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as fault:
            return self._later(f"sign-in refused: {_words(fault.smtp_code, fault.smtp_error)}")
        except (OSError, smtplib.SMTPException) as fault:
            return self._later(f"no connection: {fault}")
        try:
            return self._envelope(server, letter, message)
        finally:
            server.close()

    def look_up(self, reference: str) -> Outcome | None:
        """SMTP has no way to ask."""
        return None

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self._url)
        host, port = parts.hostname or "localhost", parts.port or PORTS[parts.scheme]
        tls = self._tls or ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=tls)
        else:
            server = smtplib.SMTP(host, port, timeout=self._timeout)
        try:
            _greet(server, parts, tls)
        except BaseException:
            server.close()
            raise
        return server

    def _envelope(self, server: smtplib.SMTP, letter: EmailMessage, message: Message) -> Outcome:
        """Sender, receiver, message; each answer with its meaning."""
        to = message.to
        international = not to.isascii()
        if international and not server.has_extn("smtputf8"):
            return Outcome("refused", self.name, detail="the server takes no international address")
        of_mail, of_receiver = _notification(server, message.reference)
        if international:
            of_mail.append("SMTPUTF8")
        try:
            code, words = server.mail(self._comes_back_to(message.reference), of_mail)
            if code != _DONE:
                # Our own sender or server is at fault, never the person: it must not count against them.
                return self._later(f"sender refused: {_words(code, words)}")
            code, words = server.rcpt(to, of_receiver)
            if code not in (250, 251):
                return self._receiver_refused(code, words)
            code, words = server.docmd("DATA")
            if code != _GOES_ON:
                return self._refused(code, words)
            policy = SMTPUTF8 if international else SMTP
            server.send(_stuffed(letter.as_bytes(policy=policy)))
        except (OSError, smtplib.SMTPException) as fault:
            return self._later(f"connection lost before the message was handed over: {fault}")
        try:
            code, words = server.getreply()
        except (OSError, smtplib.SMTPException) as fault:
            return Outcome("unknown", self.name, detail=f"no answer after the message: {fault}")
        if code != _DONE:
            return self._refused(code, words)
        _say_goodbye(server)
        return Outcome("accepted", self.name, remote_id=str(letter["Message-ID"]), detail=_words(code, words))

    def _comes_back_to(self, reference: str) -> str:
        """The envelope's sender: where mail is returned to."""
        name, at, host = self._bounce_address.rpartition("@")
        return f"{name}+{reference}{at}{host}" if at else parseaddr(self._sender)[1]

    def _receiver_refused(self, code: int, words: bytes) -> Outcome:
        """Only "no such mailbox" counts against the address.

        A full mailbox (x.2.2) or a policy against our server (x.7.x) says nothing about the person's address.
        """
        if 500 <= code < 600:
            found = _ENHANCED.search(words.decode(errors="replace"))
            if found and (found[2] == "7" or (found[2], found[3]) == ("2", "2")):
                return self._refused(code, words)
            return Outcome("address_refused", self.name, detail=_words(code, words))
        return self._refused(code, words)

    def _refused(self, code: int, words: bytes) -> Outcome:
        if 500 <= code < 600:
            return Outcome("refused", self.name, detail=_words(code, words))
        return self._later(_words(code, words))

    def _later(self, words: str) -> Outcome:
        return Outcome("later", self.name, detail=words[:_LONGEST_WORDS])


def build(message: Message, sender: str, now: datetime, reply_to: str = "") -> EmailMessage:
    """The e-mail as text and HTML; Message-ID from our reference, so that bounces lead back to it.

    Raises `ValueError` for a receiver or subject that can't be written in a header.
    """
    name, address = parseaddr(sender)
    letter = EmailMessage()
    letter["From"] = Address(name, addr_spec=address) if name else address
    if parseaddr(message.to) != ("", message.to) or "@" not in message.to:
        raise ValueError("the receiver is not one plain address")
    letter["To"] = message.to
    if reply_to:
        letter["Reply-To"] = reply_to
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{message.reference}@{address.rpartition('@')[2] or 'localhost'}>"
    # Out-of-office programs must not answer, and must not be answered.
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter.set_content(message.text, charset="utf-8", cte="base64")
    if message.html:
        letter.add_alternative(message.html, subtype="html", charset="utf-8", cte="base64")
    letter["Content-Language"] = message.language  # last: giving it content takes such headers away
    return letter


def _greet(server: smtplib.SMTP, parts: SplitResult, tls: ssl.SSLContext) -> None:
    server.ehlo_or_helo_if_needed()
    if parts.scheme == "smtp+starttls":
        server.starttls(context=tls)  # raises when the server doesn't offer it
        server.ehlo_or_helo_if_needed()
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))


def _notification(server: smtplib.SMTP, reference: str) -> tuple[list[str], list[str]]:
    """What to ask of a server that can tell (RFC 3461), for the mail and for its receiver.

    Our reference as the envelope's id, word of a failure or delay, and only the headers back: the body holds
    the personal link.
    """
    if not server.has_extn("dsn"):
        return [], []
    return ["RET=HDRS", f"ENVID={reference}"], ["NOTIFY=FAILURE,DELAY"]


def _stuffed(content: bytes) -> bytes:
    """The message as it goes over the wire: leading dots doubled, and the line that ends it (RFC 5321)."""
    body = re.sub(rb"(?m)^\.", b"..", content)
    return (body if body.endswith(b"\r\n") else body + b"\r\n") + b".\r\n"


def _words(code: int, words: bytes | str) -> str:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(said.split())}"[:_LONGEST_WORDS]


def _say_goodbye(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        return  # it has the message; how it says goodbye changes nothing
