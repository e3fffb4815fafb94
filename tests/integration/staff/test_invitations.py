"""Invitations and new passwords by mail: a link that works once, and a queue that never writes twice."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pro_app import passwords
from pro_app.actions import accounts, invite, write_to_staff
from pro_app.actions.invite import Invitation
from pro_app.actions.write_to_staff import Desk, Result
from pro_app.letters.carriers import Carriers
from pro_app.ports import Message, Outcome
from pro_app.records import audit, staff, staff_letters
from pro_app.records.audit import Actor
from pro_app.records.staff import LoginTaken, Staff
from pro_app.records.staff_rules import AccountRefused
from pro_app.records.store import Store
from tests.integration.clinic.people import PASSWORD, hired

AD = Actor("staff", "ad", "10.0.0.2")
LI = Invitation("Nurse.Li", "Li", "nurse", "CZ", "zh-Hans", "li@hospital.example.cn")


class Mail:
    """A mail server that says what it is told to say, and keeps what it got."""

    name, channel = "mail", "email"

    def __init__(self, *says: str) -> None:
        self.says = list(says) or ["accepted"]
        self.got: list[Message] = []

    def send(self, message: Message, now: datetime) -> Outcome:
        self.got.append(message)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if said == "stumbles":
            raise RuntimeError("half way")
        return Outcome(said, self.name)  # type: ignore[arg-type]

    def look_up(self, reference: str) -> Outcome | None:
        return None


def sends(store: Store, mail: Mail, now: datetime) -> Result:
    desk = Desk("NCT06120426", Carriers([mail]), "https://follow.example.cn")  # type: ignore[list-item]
    return write_to_staff.write_to_staff(store, desk, now, chance=lambda: 0.5)


def invited(store: Store, now: datetime, wish: Invitation = LI, by: Staff | None = None) -> Staff:
    with store.writing() as tx:
        return invite.invite(tx, wish, by, AD, now)


def token_in(mail: Mail) -> str:
    (line,) = (line for line in mail.got[-1].text.splitlines() if line.startswith("https://"))
    return line.rpartition("/")[2]


def chosen(store: Store, token: str, now: datetime, password: str = PASSWORD) -> Staff | None:
    with store.writing() as tx:
        return invite.redeem(tx, token, passwords.hashed(password), "10.0.0.1", now)


def test_an_invited_nurse_gets_a_link_chooses_a_password_and_the_link_is_over(
    store: Store, now: datetime
) -> None:
    assert invited(store, now).waits
    mail = Mail()
    assert sends(store, mail, now) == Result(sent=1)
    assert (mail.got[0].to, mail.got[0].language) == ("li@hospital.example.cn", "zh-Hans")
    assert "72 小时" in mail.got[0].text
    token = token_in(mail)
    with store.reading() as tx:
        account = invite.opening(tx, token, now)
        assert account is not None
        assert account.login == "nurse.li"
        rows = str(
            [tx.conn.exec_driver_sql(f"SELECT * FROM {name}").all() for name in ("audit", "staff_ticket")]
        )
    assert token not in rows
    assert chosen(store, token, now) is not None
    assert chosen(store, token, now, "another password altogether") is None
    with store.reading() as tx:
        digest = staff.password_hash_of(tx, "nurse.li") or ""
        actions = [event.action for event in audit.history(tx, "nurse.li")]
    assert passwords.fits(digest, PASSWORD)
    assert actions == ["staff_password_chosen", "staff_invited"]


def test_a_link_works_for_72_hours(store: Store, now: datetime) -> None:
    invited(store, now)
    mail = Mail()
    sends(store, mail, now)
    with store.reading() as tx:
        assert invite.opening(tx, token_in(mail), now + timedelta(hours=71, minutes=59))
        assert invite.opening(tx, token_in(mail), now + timedelta(hours=72)) is None
    assert chosen(store, token_in(mail), now + timedelta(hours=72)) is None


def test_a_newer_link_replaces_the_older_one_and_no_letter_goes_out_for_it(
    store: Store, now: datetime
) -> None:
    account = invited(store, now)
    with store.writing() as tx:
        assert invite.send_link(tx, account, AD, now) == "invitation"
    mail = Mail()
    assert sends(store, mail, now) == Result(sent=1, failed=1)
    assert len(mail.got) == 1
    assert chosen(store, token_in(mail), now) is not None


def test_an_account_that_was_switched_off_opens_no_link_and_gets_no_letter(
    store: Store, now: datetime
) -> None:
    first, second = invited(store, now), invited(store, now, replace(LI, login="two"))
    mail = Mail()
    with store.writing() as tx:
        accounts.set_active(tx, second, False, AD, now)
    assert sends(store, mail, now) == Result(sent=1, failed=1)
    with store.writing() as tx:
        accounts.set_active(tx, first, False, AD, now)
    assert chosen(store, token_in(mail), now) is None


def test_nobody_signs_in_before_a_password_was_chosen(store: Store, now: datetime) -> None:
    invited(store, now)
    with store.reading() as tx:
        digest = staff.password_hash_of(tx, "nurse.li")
    assert digest == passwords.NONE_YET
    assert not any(passwords.fits(digest, tried) for tried in ("", "!", PASSWORD))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"login": "x"}, "login_shape"),
        ({"role": "surgeon"}, "role_unknown"),
        ({"site": None}, "site_needed"),
        ({"email": "li at hospital"}, "email_shape"),
        ({"role": "administrator"}, "site_not_for_role"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(
    store: Store, now: datetime, changes: dict[str, str | None], fault: str
) -> None:
    with pytest.raises(AccountRefused) as refused:
        invited(store, now, replace(LI, **changes))  # type: ignore[arg-type]
    assert refused.value.fault == fault
    with store.reading() as tx:
        assert staff.count(tx) == 0
        assert staff_letters.tally(tx) == {}


def test_a_study_coordinator_brings_in_nobody_with_more_rights(store: Store, now: datetime) -> None:
    chen = hired(store, "chen", "study_coordinator", None, now)
    for role in ("administrator", "study_coordinator"):
        wish = replace(LI, role=role, site=None)
        with pytest.raises(AccountRefused) as refused:
            invited(store, now, wish, by=chen)
        assert refused.value.fault == "role_not_yours"
    assert invited(store, now, by=chen).role == "nurse"


def test_a_login_is_invited_once(store: Store, now: datetime) -> None:
    invited(store, now)
    with pytest.raises(LoginTaken):
        invited(store, now)


def test_a_forgotten_password_is_asked_for_by_login_or_address_and_unknown_names_change_nothing(
    store: Store, now: datetime
) -> None:
    with store.writing() as tx:
        accounts.create_staff(
            tx, "li", "Li", "nurse", "CZ", "en", PASSWORD, now, email="li@hospital.example.cn"
        )
    mail = Mail()
    for asked, letters in (("LI", 1), ("Li@Hospital.example.cn", 1), ("nobody", 0), ("", 0), ("x" * 9000, 0)):
        with store.writing() as tx:
            invite.forgotten(tx, asked, "203.0.113.9", now)
        assert sends(store, mail, now).sent == letters, asked
    account = chosen(store, token_in(mail), now, "nine wooden bridges")
    assert account is not None
    with store.reading() as tx:
        assert passwords.fits(staff.password_hash_of(tx, "li") or "", "nine wooden bridges")


def test_asking_again_and_again_fills_nobodys_mailbox(store: Store, now: datetime) -> None:
    with store.writing() as tx:
        accounts.create_staff(tx, "li", "Li", "nurse", "CZ", "en", PASSWORD, now, email="li@x.example.cn")
        for number in range(20):
            invite.forgotten(tx, "li", f"203.0.113.{number}", now)
        assert sum(staff_letters.tally(tx).values()) == 3


def test_a_letter_waits_longer_each_time_and_leaves_once_the_server_is_back(
    store: Store, now: datetime
) -> None:
    invited(store, now)
    mail = Mail("later", "later", "accepted")
    moment = now
    assert sends(store, mail, moment) == Result(later=1)
    assert sends(store, mail, moment + timedelta(seconds=30)) == Result()
    moment += timedelta(seconds=61)
    assert sends(store, mail, moment) == Result(later=1)
    assert sends(store, mail, moment + timedelta(seconds=100)) == Result()
    assert sends(store, mail, moment + timedelta(seconds=125)) == Result(sent=1)
    assert sends(store, mail, moment + timedelta(days=1)) == Result()


def test_what_may_have_been_sent_is_not_sent_again(store: Store, now: datetime) -> None:
    invited(store, now)
    mail = Mail("stumbles")
    assert sends(store, mail, now) == Result(unknown=1)
    assert sends(store, mail, now + timedelta(days=1)) == Result()
    assert len(mail.got) == 1


def test_an_account_without_an_address_fails_with_its_reason(store: Store, now: datetime) -> None:
    account = hired(store, "li", "nurse", "CZ", now)
    with store.writing() as tx:
        staff_letters.post(tx, account.id, "alert", "7", "", now)
    assert sends(store, Mail(), now) == Result(failed=1)


@pytest.mark.parametrize("kind", ["alert", "escalation"])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_letter_about_an_alert_leads_to_the_list_and_says_nothing_else(
    store: Store, now: datetime, kind: str, language: str
) -> None:
    with store.writing() as tx:
        account = accounts.create_staff(
            tx, "li", "Li", "nurse", "CZ", language, PASSWORD, now, email="li@hospital.example.cn"
        )
        staff_letters.post(tx, account.id, kind, "7", "", now)  # type: ignore[arg-type]
    mail = Mail()
    assert sends(store, mail, now) == Result(sent=1)
    assert "https://follow.example.cn/staff/alerts" in mail.got[0].text
    assert ("sign in" in mail.got[0].text) == (language == "en")
