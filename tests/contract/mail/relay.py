"""A mail server that takes mail and returns what it can't deliver, as RFC 3461 and RFC 3464 say."""

import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class WithDsn(SMTP):
    """Knows the extension DSN, which aiosmtpd leaves out: keeps its parameters in `asked`."""

    asked: dict[str, str]

    def _getparams(self, params: Any) -> dict[str, Any] | None:
        found: dict[str, Any] | None = super()._getparams(params)
        if not hasattr(self, "asked"):
            self.asked = {}
        for name in ("RET", "ENVID", "NOTIFY"):
            if found and name in found:
                self.asked[name] = found.pop(name)
        return found


@dataclass
class Relay:
    """Takes everything and returns it at once to where its envelope says, through the server at `port`.

    `says`: action, status and words of the notification; None delivers.
    """

    port: int
    says: tuple[str, str, str] | None
    envelopes: list[Envelope] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]] if isinstance(server, WithDsn) else responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.asked.append(getattr(server, "asked", {}))
        if self.says:
            self._return(envelope, self.asked[-1])
        return "250 taken"

    def _return(self, envelope: Envelope, asked: dict[str, str]) -> None:
        with smtplib.SMTP("127.0.0.1", self.port) as server:
            mail = notification(envelope, asked, *(self.says or ("", "", "")))
            server.sendmail("", [str(envelope.mail_from)], mail.as_bytes())


def notification(
    envelope: Envelope, asked: dict[str, str], action: str, status: str, words: str
) -> MIMEMultipart:
    """The status notification for an envelope's only receiver, with the mail's headers."""
    about, receiver = Message(), Message()
    about["Reporting-MTA"] = "dns; relay.example"
    if "ENVID" in asked:
        about["Original-Envelope-Id"] = asked["ENVID"]
    receiver["Final-Recipient"] = f"rfc822; {envelope.rcpt_tos[0]}"
    receiver["Action"], receiver["Status"] = action, status
    receiver["Diagnostic-Code"] = f"smtp; {words}"
    blocks = Message()
    blocks["Content-Type"] = "message/delivery-status"
    blocks.set_payload([about, receiver])
    mail = MIMEMultipart("report", **{"report-type": "delivery-status"})
    mail["From"], mail["To"], mail["Subject"] = (
        "MAILER-DAEMON@relay.example",
        str(envelope.mail_from),
        "Returned",
    )
    mail.attach(MIMEText("It could not be delivered."))
    mail.attach(blocks)
    headers = BytesParser().parsebytes(envelope.content or b"", headersonly=True)
    quoted = EmailMessage()
    for name in ("To", "Message-ID"):
        quoted[name] = str(headers[name])
    mail.attach(MIMEMessage(quoted))
    return mail
