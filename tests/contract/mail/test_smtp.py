"""Our e-mails at a real SMTP server: what it gets, and what each of its answers means."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from pro_app.gateways.smtp import SmtpMessenger
from pro_app.ports import Message
from tests.contract.mail.server import HANG_UP, Post, certificate, let_in, serving

pytestmark = pytest.mark.peer
NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
SENDER = "上海长征医院随访 <follow-up@hospital.example>"
TEXT = "您好：\n\n.一行以句点开头\n请打开 https://follow.example.cn/v/x 。\n"
HTML = "<p>您好</p>\n<p>.</p>\n" + "<p>随访</p>" * 400


def letter(to: str = "wang@example.org") -> Message:
    return Message(
        "ref-1", "email", to, "zh-Hans", TEXT, subject="随访提醒：请在2026年12月7日前完成", html=HTML
    )


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def port(post: Post) -> Iterator[int]:
    with serving(post) as port:
        yield port


def messenger(port: int) -> SmtpMessenger:
    return SmtpMessenger(f"smtp://127.0.0.1:{port}", SENDER, timeout=5)


def test_a_chinese_e_mail_arrives_whole_as_text_and_as_html(post: Post, port: int) -> None:
    said = messenger(port).send(letter(), NOW)

    (got,) = post.letters
    assert said.status == "accepted"
    assert said.remote_id == "<ref-1@hospital.example>"
    assert got["Subject"] == "随访提醒：请在2026年12月7日前完成"
    assert got["From"].addresses[0].display_name == "上海长征医院随访"
    assert got.get_content_type() == "multipart/alternative"
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None and plain.get_content().replace("\r\n", "\n") == TEXT
    assert html is not None and html.get_content().replace("\r\n", "\n").strip() == HTML.strip()
    assert post.receivers == ["wang@example.org"]


def test_it_passes_for_what_it_is(post: Post, port: int) -> None:
    messenger(port).send(letter(), NOW)

    (got,) = post.letters
    assert got["Message-ID"] == "<ref-1@hospital.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Content-Language"] == "zh-Hans"
    assert parsedate_to_datetime(got["Date"]) == NOW
    assert got["X-Auto-Response-Suppress"] == "All"
    # A notice to one person about their own treatment is no list to be unsubscribed from by a scanner.
    assert "List-Unsubscribe" not in got and "Precedence" not in got
    assert [address.addr_spec for address in got["To"].addresses] == ["wang@example.org"]
    assert got["From"].addresses[0].domain == "hospital.example"
    # Mail programs show the last part they understand: the text comes first.
    parts = [part.get_content_type() for part in got.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    assert got.defects == []


def test_answers_go_to_who_reads_them_where_that_is_set_up(post: Post, port: int) -> None:
    nurse = SmtpMessenger(f"smtp://127.0.0.1:{port}", SENDER, reply_to="nurse@hospital.example", timeout=5)
    nurse.send(letter(), NOW)
    messenger(port).send(letter(), NOW)

    assert [got["Reply-To"] for got in post.letters] == ["nurse@hospital.example", None]


@pytest.mark.parametrize(
    ("point", "answer", "status"),
    [
        ("rcpt", "550 5.1.1 no such user here", "address_refused"),
        ("rcpt", "553 mailbox name not allowed", "address_refused"),
        ("rcpt", "550 5.7.1 your server is on our list", "refused"),
        ("rcpt", "552 5.2.2 mailbox full", "refused"),
        ("rcpt", "450 4.2.0 greylisted, come back later", "later"),
        ("data", "554 5.6.0 we do not like it", "refused"),
        ("data", "451 4.3.0 try again", "later"),
        ("mail", "550 5.7.1 sender not allowed", "later"),
        ("mail", "421 too busy", "later"),
    ],
)
def test_each_refusal_means_something_else(
    post: Post, port: int, point: str, answer: str, status: str
) -> None:
    setattr(post, point, answer)

    said = messenger(port).send(letter(), NOW)

    assert said.status == status
    assert answer[4:12] in said.detail
    assert post.letters == []


def test_a_connection_lost_after_the_message_is_unknown(post: Post, port: int) -> None:
    post.data = HANG_UP

    assert messenger(port).send(letter(), NOW).status == "unknown"
    assert len(post.letters) == 1


def test_a_connection_lost_before_the_message_was_handed_over_is_later(post: Post, port: int) -> None:
    post.rcpt = HANG_UP

    assert messenger(port).send(letter(), NOW).status == "later"
    assert post.letters == []


def test_nobody_at_the_port_means_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        said = messenger(taken.getsockname()[1]).send(letter(), NOW)

    assert said.status == "later"


def test_a_server_that_never_says_hello_means_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        slow = SmtpMessenger(f"smtp://127.0.0.1:{mute.getsockname()[1]}", SENDER, timeout=0.3)
        assert slow.send(letter(), NOW).status == "later"


def test_a_server_that_falls_silent_after_the_message_is_unknown() -> None:
    """It takes everything and never answers: perhaps it has the message."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hello\r\n")
            for line in lines:
                word = line[:4].upper()
                if word == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                elif word in (b"EHLO", b"MAIL", b"RCPT"):
                    connection.sendall(b"250 fine\r\n")

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        said = SmtpMessenger(url, SENDER, timeout=0.5).send(letter(), NOW)
    finally:
        thread.join(5)
        listener.close()

    assert said.status == "unknown"


def test_with_starttls_the_message_and_the_password_travel_encrypted(post: Post, tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    secure = {"tls_context": server, "require_starttls": True, "authenticator": let_in, "auth_required": True}
    with serving(post, **secure) as port:
        url = f"smtp+starttls://clinic:p%40ss%3Aword@127.0.0.1:{port}"
        said = SmtpMessenger(url, SENDER, timeout=5, tls=client).send(letter(), NOW)

    assert (said.status, post.tls) == ("accepted", [True])


def test_a_wrong_password_is_our_fault_and_tried_later(post: Post, tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    secure = {"tls_context": server, "require_starttls": True, "authenticator": let_in, "auth_required": True}
    with serving(post, **secure) as port:
        url = f"smtp+starttls://clinic:wrong@127.0.0.1:{port}"
        said = SmtpMessenger(url, SENDER, timeout=5, tls=client).send(letter(), NOW)

    assert said.status == "later"
    assert "wrong" not in said.detail
    assert post.letters == []


def test_a_server_without_starttls_gets_no_message_in_the_open(post: Post, port: int) -> None:
    said = SmtpMessenger(f"smtp+starttls://127.0.0.1:{port}", SENDER, timeout=5).send(letter(), NOW)

    assert said.status == "later"
    assert post.letters == []


def test_a_server_with_a_false_certificate_gets_no_message(post: Post, tmp_path: Path) -> None:
    server, _ = certificate(tmp_path)
    with serving(post, tls_context=server) as port:
        url = f"smtp+starttls://127.0.0.1:{port}"
        said = SmtpMessenger(url, SENDER, timeout=5).send(letter(), NOW)

    assert said.status == "later"
    assert post.letters == []


@pytest.mark.parametrize("to", ["wang@example.org\r\nBcc: all@example.org", "not an address"])
def test_an_address_that_can_t_stand_in_a_header_is_refused(post: Post, port: int, to: str) -> None:
    said = messenger(port).send(letter(to), NOW)

    assert said.status == "refused"
    assert post.letters == []


def test_the_password_is_in_no_representation() -> None:
    assert "secret" not in repr(SmtpMessenger("smtp://clinic:secret@127.0.0.1", SENDER))
