"""An urgent notice at a real SMTP server: what the security unit reads, once, whatever the server says."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from pro_app.actions.urgent_notice import Desk, watch
from pro_app.gateways.smtp import SmtpMessenger
from pro_app.letters.carriers import Carriers
from pro_app.records import audit
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.store import Store
from tests.contract.mail.server import HANG_UP, Post, serving

pytestmark = [pytest.mark.peer, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
TO = "security@hospital.example"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def desk(post: Post) -> Iterator[Desk]:
    with serving(post) as port:
        mail = SmtpMessenger(f"smtp://127.0.0.1:{port}", "随访 <follow-up@hospital.example>", timeout=5)
        yield Desk("NCT06120426", Carriers((mail,)), "https://pro.hospital.example", TO)


def strange_key(store: Store, now: datetime) -> None:
    with store.writing() as tx:
        visitor = Actor("visitor", "visitor", "203.0.113.7")
        audit.append(tx, STUDY_CHAIN, visitor, "tablet_key_unknown", "NCT06120426", {}, now)


def test_it_arrives_once_in_both_languages(store: Store, now: datetime, desk: Desk, post: Post) -> None:
    strange_key(store, now)
    for minutes in range(5):
        watch(store, desk, now + timedelta(minutes=minutes))
    (got,) = post.letters
    assert post.receivers == [TO]
    assert got["Subject"] == "紧急安全通知 · Urgent security notice: PRO follow-up"
    assert got["Auto-Submitted"] == "auto-generated"
    text = got.get_content()
    assert "有人使用了系统不认识的平板密钥" in text
    assert "A tablet key was used that the program does not know." in text
    assert "https://pro.hospital.example/staff/trail?what=tablet_key_unknown" in text
    assert "203.0.113.7" not in text


def test_a_server_that_asks_to_wait_gets_it_some_minutes_later(
    store: Store, now: datetime, desk: Desk, post: Post
) -> None:
    post.rcpt = "451 come again"
    strange_key(store, now)
    assert watch(store, desk, now).letters == ("later",)
    post.rcpt = "250 fine"
    assert watch(store, desk, now + timedelta(minutes=1)).letters == ("taken",)
    assert watch(store, desk, now + timedelta(minutes=6)).letters == ("accepted",)
    assert len(post.letters) == 1


def test_a_server_that_hangs_up_after_it_has_the_letter_gets_no_second_one(
    store: Store, now: datetime, desk: Desk, post: Post
) -> None:
    post.data = HANG_UP
    strange_key(store, now)
    assert watch(store, desk, now).letters == ("unknown",)
    post.data = "250 taken"
    assert watch(store, desk, now + timedelta(minutes=10)).letters == ()
    assert len(post.letters) == 1
