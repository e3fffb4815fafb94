"""Mail that comes back: what we say in the envelope, what real mail servers return, and where we read it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

from pro_app.errors import SettingsError
from pro_app.gateways.bounces import (
    LOOK_EVERY,
    ImapBounces,
    MaildirBounces,
    bounce_address,
    reply_address,
    returned_mail,
)
from pro_app.gateways.smtp import SmtpMessenger
from pro_app.letters.reports import Report
from pro_app.letters.returned import read
from pro_app.ports import Message
from tests.contract.mail.imap import Box
from tests.contract.mail.imap import mailbox as imap_mailbox
from tests.contract.mail.relay import Relay, WithDsn
from tests.contract.mail.server import certificate, serving

pytestmark = pytest.mark.peer
NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
REFERENCE = "6f1f6d1e-4f5a-4c3b-9a63-0a6f3f0f5d11"
WANG = "wang@example.org"
SENDER = "上海长征医院随访 <follow-up@hospital.example>"
BACK_TO = "bounces@hospital.example"


def letter() -> Message:
    return Message(REFERENCE, "email", WANG, "zh-Hans", "您好", subject="随访提醒", html="<p>您好</p>")


def round_trip(
    folder: Path, says: tuple[str, str, str], *, kind: type[SMTP] = SMTP, back_to: str = BACK_TO
) -> tuple[Relay, list[bytes]]:
    """Our mail to a relay; the relay returns it to a mail server, which keeps it where we read it."""
    with serving(Mailbox(folder / "returned")) as port:
        relay = Relay(port, says)
        with serving(relay, kind) as out:
            url = f"smtp://127.0.0.1:{out}"
            said = SmtpMessenger(url, SENDER, bounce_address=back_to, timeout=5).send(letter(), NOW)
    assert said.status == "accepted", said.detail
    box = MaildirBounces(folder / "returned")
    found = list(box.unread())
    box.done([one.key for one in found])
    assert list(box.unread()) == []
    assert len(list((folder / "returned" / "cur").iterdir())) == len(found), "nothing is deleted"
    return relay, [one.content for one in found]


@pytest.mark.parametrize(
    ("says", "status"),
    [
        (("failed", "5.1.1", "550 5.1.1 nobody of that name"), "address_refused"),
        (("failed", "5.2.2", "552 5.2.2 the mailbox is full"), "refused"),
        (("delayed", "4.4.1", "the server is not there"), "later"),
    ],
)
def test_what_a_mail_server_returns_leads_to_our_message_and_says_what_became_of_it(
    tmp_path: Path, says: tuple[str, str, str], status: str
) -> None:
    relay, (content,) = round_trip(tmp_path, says)

    report = read(content)

    assert isinstance(report, Report)
    assert (report.reference, report.outcome.status) == (REFERENCE, status)
    assert WANG in report.addresses
    assert relay.envelopes[0].mail_from == f"bounces+{REFERENCE}@hospital.example"


def test_a_server_that_knows_dsn_is_told_our_reference_and_sends_no_body_back(tmp_path: Path) -> None:
    relay, (content,) = round_trip(tmp_path, ("failed", "5.1.1", "550 no"), kind=WithDsn, back_to="")

    assert relay.asked == [{"RET": "HDRS", "ENVID": REFERENCE.upper(), "NOTIFY": "FAILURE,DELAY"}]
    assert relay.envelopes[0].mail_from == "follow-up@hospital.example"
    report = read(content.replace(f"<{REFERENCE}@".encode(), b"<lost@"))
    assert isinstance(report, Report) and report.reference == REFERENCE


def test_without_either_the_quoted_message_id_leads_back(tmp_path: Path) -> None:
    _, (content,) = round_trip(tmp_path, ("failed", "5.1.1", "550 no"), back_to="")

    report = read(content)
    assert isinstance(report, Report) and report.reference == REFERENCE


def test_an_imap_mailbox_is_read_and_marked_but_never_emptied(tmp_path: Path) -> None:
    server_tls, client_tls = certificate(tmp_path)
    box = Box({7: b"Subject: one\r\n\r\n", 9: b"Subject: two\r\n\r\n", 11: b"seen"}, seen={11})
    with imap_mailbox(box, server_tls) as port:
        url = f"imaps://bounces:p%40ss%20word@127.0.0.1:{port}/Returned%20mail"
        mailbox = ImapBounces(url, tls=client_tls, timeout=5)
        found = list(mailbox.unread())
        assert [(one.key, one.content) for one in found] == [("7", box.mails[7]), ("9", box.mails[9])]
        assert box.seen == {11}, "reading marks nothing"
        mailbox.done(["7", "9"])
        assert list(mailbox.unread()) == []

    assert box.seen == {7, 9, 11}
    assert not any("EXPUNGE" in words or "Deleted" in words for words in box.words)


def test_a_mailbox_that_can_t_be_opened_says_so_without_the_password(tmp_path: Path) -> None:
    server_tls, client_tls = certificate(tmp_path)
    with imap_mailbox(Box(), server_tls) as port:
        wrong = ImapBounces(f"imaps://bounces:topsecret@127.0.0.1:{port}/x", tls=client_tls, timeout=5)
        with pytest.raises(OSError, match="can't be opened") as fault:
            list(wrong.unread())
        stranger = ImapBounces(f"imaps://bounces:topsecret@127.0.0.1:{port}/x", timeout=5)
        with pytest.raises(OSError, match="certificate"):
            list(stranger.unread())
    assert "topsecret" not in str(fault.value)
    with pytest.raises(OSError, match="refused"):
        list(ImapBounces("imaps://a:b@127.0.0.1:1/x", timeout=5).unread())
    with pytest.raises(OSError, match="no Maildir"):
        list(MaildirBounces(tmp_path).unread())


def test_the_mailbox_is_looked_at_now_and_then() -> None:
    mailbox = MaildirBounces(Path("x"))

    assert [mailbox.wanted(NOW), mailbox.wanted(NOW), mailbox.wanted(NOW + LOOK_EVERY)] == [True, False, True]
    # A clock that was put back must not silence it.
    assert mailbox.wanted(NOW - timedelta(days=1))


@pytest.mark.parametrize(
    "url", ["imap://a:b@mail.example/x", "imaps:///x", "maildir://", "mail.example", "imaps://h:port/x"]
)
def test_a_setting_that_is_no_mailbox_is_refused_at_start(url: str) -> None:
    with pytest.raises(SettingsError, match="PRO_APP_BOUNCES_URL must look like"):
        returned_mail({"PRO_APP_BOUNCES_URL": url})


def test_the_settings_name_a_mailbox_and_where_mail_comes_back_to() -> None:
    assert returned_mail({}) is None
    assert isinstance(returned_mail({"PRO_APP_BOUNCES_URL": "imaps://a:b@mail.example/INBOX"}), ImapBounces)
    assert isinstance(returned_mail({"PRO_APP_BOUNCES_URL": "maildir:///var/mail/returned"}), MaildirBounces)
    assert bounce_address({}) == ""
    assert bounce_address({"PRO_APP_BOUNCE_ADDRESS": BACK_TO}) == BACK_TO
    with pytest.raises(SettingsError, match="PRO_APP_BOUNCE_ADDRESS must be a plain address"):
        bounce_address({"PRO_APP_BOUNCE_ADDRESS": "Bounces <x@y.example>"})
    assert reply_address({"PRO_APP_MAIL_REPLY_TO": "nurse@hospital.example"}) == "nurse@hospital.example"
    with pytest.raises(SettingsError, match="PRO_APP_MAIL_REPLY_TO must be a plain address"):
        reply_address({"PRO_APP_MAIL_REPLY_TO": "nurse"})
