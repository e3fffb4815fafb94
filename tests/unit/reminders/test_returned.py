"""Returned mail in the shapes that mail servers give it; the words are ours."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.letters.reports import Report
from pro_app.letters.returned import LARGEST, read

REFERENCE = "6f1f6d1e-4f5a-4c3b-9a63-0a6f3f0f5d11"
Wanted = str | tuple[str, str]


def notification(
    *,
    to: str = f"bounces+{REFERENCE}@hospital.example",
    message: str = "Reporting-MTA: dns; mail.example.org",
    recipient: str = "Final-Recipient: rfc822; wang@example.org\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <wang@example.org>: nobody of that name",
    returned: str = "",
    kind: str = "multipart/report; report-type=delivery-status",
) -> bytes:
    """RFC 3464: words for people, the status in blocks, the mail itself or its headers."""
    quoted = f"\n--b\nContent-Type: text/rfc822-headers\n\n{returned}\n" if returned else ""
    text = f"""From: MAILER-DAEMON@mail.example.org
To: {to}
Subject: Undelivered
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: {kind}; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

对不起，未能送达。
--b
Content-Type: message/delivery-status

{message}

{recipient}
{quoted}
--b--
"""
    return text.replace("\n", "\r\n").encode()


def outcome(content: bytes) -> Wanted:
    found = read(content)
    return (found.outcome.status, found.reference) if isinstance(found, Report) else found


def recipient(action: str, status: str, words: str = "") -> str:
    more = f"\nDiagnostic-Code: smtp; {words}" if words else ""
    return f"Final-Recipient: rfc822; wang@example.org\nAction: {action}\nStatus: {status}{more}"


@pytest.mark.parametrize(
    ("action", "status", "words", "meaning"),
    [
        ("failed", "5.1.1", "", "address_refused"),
        ("failed", "5.1.10", "", "address_refused"),
        ("failed", "5.1.2 (no such host)", "", "address_refused"),
        ("failed", "5.2.1", "", "address_refused"),
        ("Failed (for good)", "5.0.0", "", "address_refused"),
        # Some servers say only "for good" in the status, and what it was in their own words.
        ("failed", "5.0.0", "552 5.2.2 the mailbox is full", "refused"),
        ("failed", "5.0.0", "550 5.1.1 nobody of that name", "address_refused"),
        ("failed", "5.2.2", "", "refused"),
        ("failed", "5.7.1", "", "refused"),
        ("failed", "5.1.8", "", "refused"),
        ("failed", "4.4.7", "", "refused"),
        ("failed", "", "", "refused"),
        ("delayed", "4.4.1", "", "later"),
        ("delivered", "2.0.0", "", "delivered"),
    ],
)
def test_an_action_and_its_status_have_a_meaning(action: str, status: str, words: str, meaning: str) -> None:
    assert outcome(notification(recipient=recipient(action, status, words))) == (meaning, REFERENCE)


@pytest.mark.parametrize("action", ["relayed", "expanded", "dreamt"])
def test_a_mail_that_was_handed_on_is_no_news(action: str) -> None:
    assert outcome(notification(recipient=recipient(action, "2.0.0"))) == "nothing_new"


@pytest.mark.parametrize(
    "content",
    [
        notification(),
        notification(to=f'"=?utf-8?q?x?=" <Bounces+{REFERENCE.upper()}@hospital.example>'),
        notification(to="x@y.example", message=f"Reporting-MTA: dns; m\nOriginal-Envelope-Id: {REFERENCE}"),
        notification(
            to="x@y.example", returned=f"To: wang@example.org\nMessage-ID: <{REFERENCE}@hospital.example>"
        ),
    ],
    ids=["the address it came to", "in capitals", "the envelope's id", "the quoted headers"],
)
def test_each_of_three_ways_leads_to_our_message(content: bytes) -> None:
    assert outcome(content) == ("address_refused", REFERENCE)


def test_a_whole_quoted_mail_leads_to_our_message_too() -> None:
    quoted = f"Message-ID: <{REFERENCE}@hospital.example>\r\nTo: wang@example.org\r\n\r\nText"
    whole = notification(to="x@y.example", returned="HERE")
    whole = whole.replace(b"text/rfc822-headers", b"message/rfc822").replace(b"HERE", quoted.encode())

    found = read(whole)

    assert isinstance(found, Report)
    assert found.reference == REFERENCE
    assert found.addresses == ("wang@example.org",)


def test_the_address_we_wrote_to_is_named_first() -> None:
    found = read(
        notification(
            recipient="Original-Recipient: rfc822;Wang@example.org\n"
            "Final-Recipient: rfc822; w@elsewhere.example\nAction: failed\nStatus: 5.1.1",
            returned="To: =?utf-8?b?546L?= <wang@example.org>",
        )
    )

    assert isinstance(found, Report)
    assert found.addresses == ("wang@example.org", "Wang@example.org", "w@elsewhere.example")
    assert "wang" not in repr(found)


AWAY = f"""From: wang@example.org
To: bounces+{REFERENCE}@hospital.example
Subject: 自动回复: 外出
Auto-Submitted: auto-replied
In-Reply-To: <{REFERENCE}@hospital.example>
Content-Type: text/plain; charset=utf-8

外出，下周回复。
"""


@pytest.mark.parametrize(
    ("content", "meaning"),
    [
        (AWAY.encode(), "automatic"),
        (AWAY.replace("Auto-Submitted: auto-replied", "X-Autoreply: yes").encode(), "automatic"),
        (AWAY.replace("Auto-Submitted: auto-replied", "Auto-Submitted: no").encode(), "no_notification"),
        (notification(kind="multipart/mixed"), "automatic"),
        (notification(to="x@y.example"), "no_reference"),
        (notification(to="bounces+6f1f6d1e-4f5a@hospital.example"), "no_reference"),
        (b"", "no_notification"),
        (b"\x00\xff" * 99, "no_notification"),
        (b"Content-Type: multipart/report; boundary=b\r\n\r\n--b", "no_notification"),
        (notification().split(b"--b\r\nContent-Type: message")[0], "automatic"),
        (notification(recipient=""), "nothing_new"),
    ],
)
def test_whatever_else_comes_is_told_apart_and_never_stops_us(content: bytes, meaning: str) -> None:
    assert outcome(content) == meaning


def nested(depth: int) -> bytes:
    head = "".join(f"Content-Type: multipart/report; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return head.encode()


@pytest.mark.parametrize("make", [lambda: nested(3000), lambda: notification() + b"x" * 2 * LARGEST])
def test_a_mail_that_was_made_to_hurt_is_only_a_mail(make: Callable[[], bytes]) -> None:
    assert outcome(make()) in ("no_notification", "automatic", "no_reference", ("address_refused", REFERENCE))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 60), st.binary(max_size=30)), max_size=8))
def test_however_a_notification_is_broken_it_is_read_as_something(cuts: list[tuple[int, int, bytes]]) -> None:
    broken = bytearray(notification())
    for start, length, instead in cuts:
        broken[start : start + length] = instead

    found = read(bytes(broken))

    assert isinstance(found, Report) or found in (
        "automatic",
        "no_notification",
        "no_reference",
        "nothing_new",
    )
