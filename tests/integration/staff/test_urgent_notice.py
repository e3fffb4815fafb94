"""Misuse is told at once: by mail to the security address, on the page of administrators, on the trail."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import note_refusal, pin, urgent_notice
from pro_app.actions.urgent_notice import Desk, watch
from pro_app.clock import tick_once
from pro_app.config import read_settings
from pro_app.errors import SettingsError
from pro_app.letters import to_security
from pro_app.letters.carriers import Carriers
from pro_app.ports import Channel, Message, Outcome
from pro_app.records import audit, security_signals, staff
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.store import Store
from pro_app.web import account_words
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD

VISITOR = Actor("visitor", "visitor", "203.0.113.7")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Mail:
    """Takes letters, or says what it was told to say."""

    name, channel = "mail", "email"

    def __init__(self, says: str = "accepted") -> None:
        self.says = says
        self.letters: list[Message] = []
        self.channel: Channel = "email"

    def send(self, message: Message, now: datetime) -> Outcome:
        self.letters.append(message)
        return Outcome(self.says, self.name)  # type: ignore[arg-type]

    def look_up(self, reference: str) -> Outcome | None:
        return None


def desk(*mails: Mail, to: str | None = "security@hospital.example") -> Desk:
    return Desk("NCT06120426", Carriers(mails), "https://pro.hospital.example", to)


def rows(store: Store, action: str, subject: str, count: int, at: datetime) -> None:
    with store.writing() as tx:
        for _ in range(count):
            audit.append(tx, STUDY_CHAIN, VISITOR, action, subject, {"wrong": "password"}, at)


def noticed(store: Store, now: datetime) -> tuple[security_signals.Noticed, ...]:
    with store.reading() as tx:
        return security_signals.notices(tx, now - timedelta(days=7))


def test_ten_wrong_passwords_of_one_account_are_one_letter_an_hour(store: Store, now: datetime) -> None:
    mail = Mail()
    rows(store, "sign_in_failed", "li", 9, now - 30 * MINUTE)
    assert watch(store, desk(mail), now).raised == ()
    rows(store, "sign_in_failed", "li", 1, now)
    assert watch(store, desk(mail), now) == urgent_notice.Done(("sign_ins",), ("accepted",))
    rows(store, "sign_in_failed", "li", 20, now + MINUTE)
    for minutes in range(2, 60, 7):
        assert watch(store, desk(mail), now + minutes * MINUTE) == urgent_notice.Done()
    assert watch(store, desk(mail), now + HOUR).raised == ("sign_ins",)
    assert [letter.to for letter in mail.letters] == ["security@hospital.example"] * 2
    assert [one.count for one in noticed(store, now)] == [20, 10]
    assert watch(store, desk(mail), now + 3 * HOUR) == urgent_notice.Done()


def test_the_letter_has_both_languages_and_names_nobody(store: Store, now: datetime) -> None:
    mail = Mail()
    rows(store, "sign_in_failed", "nurse.li", 11, now)
    watch(store, desk(mail), now)
    (letter,) = mail.letters
    assert "登录或验证失败 11 次" in letter.text
    assert "11 sign-ins or codes of one account were wrong" in letter.text
    assert "https://pro.hospital.example/staff/trail?what=sign_in_failed\n" in letter.text
    assert "nurse.li" not in letter.text + letter.subject
    assert "203.0.113" not in letter.text


@pytest.mark.parametrize(
    ("action", "count", "signal"),
    [
        ("staff_pin_wrong", 5, "pins"),
        ("own_password_wrong", 10, "sign_ins"),
        ("access_refused_often", 1, "refusals"),
        ("tablet_key_unknown", 1, "tablet"),
        ("trail_broken", 1, "trail"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_each_kind_has_its_measure(store: Store, now: datetime, action: str, count: int, signal: str) -> None:
    if count > 1:
        rows(store, action, "li", count - 1, now)
        rows(store, action, "hua", count - 1, now)
        assert watch(store, desk(), now).raised == ()
    with store.writing() as tx:
        audit.append(tx, STUDY_CHAIN, VISITOR, action, "li", {"count": 1}, now)
    assert watch(store, desk(), now).raised == (signal,)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_many_logins_that_do_not_exist_are_another_kind_and_need_more(store: Store, now: datetime) -> None:
    rows(store, "sign_in_failed", "unknown login", 49, now)
    assert watch(store, desk(), now).raised == ()
    rows(store, "sign_in_failed", "unknown login", 1, now)
    assert watch(store, desk(), now).raised == ("strangers",)


def test_a_mail_server_that_is_away_gets_the_same_letter_later(store: Store, now: datetime) -> None:
    away, well = Mail("later"), Mail()
    rows(store, "tablet_key_unknown", "NCT06120426", 1, now)
    assert watch(store, desk(away), now, chance=lambda: 0.5).letters == ("later",)
    assert watch(store, desk(well), now + MINUTE).letters == ("taken",)
    assert watch(store, desk(well), now + 5 * MINUTE).letters == ("accepted",)
    assert watch(store, desk(well), now + 10 * MINUTE).letters == ()
    assert [one.reference for one in well.letters] == [one.reference for one in away.letters]
    assert [one.state for one in noticed(store, now)] == ["accepted"]


def test_a_letter_that_may_have_gone_is_not_sent_again_and_an_old_one_is_given_up(
    store: Store, now: datetime
) -> None:
    unsure, away = Mail("unknown"), Mail("later")
    rows(store, "tablet_key_unknown", "NCT06120426", 1, now)
    assert watch(store, desk(unsure), now).letters == ("unknown",)
    assert watch(store, desk(unsure), now + HOUR).letters == ()
    rows(store, "staff_pin_wrong", "li", 5, now)
    assert watch(store, desk(away), now).letters == ("later",)
    assert watch(store, desk(away), now + timedelta(days=1, minutes=1)).letters == ("given_up",)
    assert len(unsure.letters) == len(away.letters) == 1


def test_a_process_that_died_while_sending_leaves_the_letter_to_another(store: Store, now: datetime) -> None:
    class Dies(Mail):
        def send(self, message: Message, now: datetime) -> Outcome:
            super().send(message, now)
            raise SystemExit

    dying, well = Dies(), Mail()
    rows(store, "tablet_key_unknown", "NCT06120426", 1, now)
    with pytest.raises(SystemExit):
        watch(store, desk(dying), now)
    assert watch(store, desk(well), now + MINUTE).letters == ("taken",)
    assert watch(store, desk(well), now + 3 * MINUTE).letters == ("accepted",)
    assert well.letters[0].reference == dying.letters[0].reference


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_without_an_address_it_stands_on_the_page_and_without_mail_it_says_so(
    store: Store, now: datetime
) -> None:
    rows(store, "tablet_key_unknown", "NCT06120426", 1, now)
    assert watch(store, desk(Mail(), to=None), now) == urgent_notice.Done(("tablet",), ())
    rows(store, "staff_pin_wrong", "li", 5, now)
    assert watch(store, desk(), now) == urgent_notice.Done(("pins",), ("refused",))
    assert [(one.signal, one.by, one.state) for one in noticed(store, now)] == [
        ("pins", "mail", "refused"),
        ("tablet", "page", None),
    ]


def test_the_daily_walk_finds_what_was_changed_and_tells_it_once(store: Store, now: datetime) -> None:
    mail = Mail()
    rows(store, "signed_in", "li", 3, now)
    assert watch(store, desk(mail), now).raised == ()
    with store.writing() as tx:
        tx.conn.exec_driver_sql("UPDATE audit SET subject = 'hua' WHERE number = 2")
    assert watch(store, desk(mail), now + HOUR).raised == (), "it is walked once a day"
    assert watch(store, desk(mail), now + timedelta(days=1)).raised == ("trail",)
    assert watch(store, desk(mail), now + timedelta(days=2)).raised == ()
    assert "稽查轨迹有 1 处" in mail.letters[0].text
    with store.writing() as tx:
        tx.conn.exec_driver_sql("UPDATE audit SET subject = 'hua' WHERE number = 1")
    assert watch(store, desk(mail), now + timedelta(days=3)).raised == ("trail",)
    assert "2 places of the audit trail" in mail.letters[1].text


def signed_in(clinic: Flask, login: str) -> FlaskClient:
    client = clinic.test_client()
    assert client.post("/staff/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def test_from_a_strange_tablet_key_to_the_first_page_of_administrators(
    clinic: Flask, house: Service, team: None, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    mail = Mail()
    house = replace(
        house,
        messengers=(mail,),
        settings=replace(house.settings, security_mail="security@hospital.example"),
    )
    stranger = clinic.test_client()
    stranger.set_cookie("tablet", "the-key-of-nobody")
    for _ in range(30):
        stranger.get("/staff/participants")
    with house.store.reading() as tx:
        found = audit.history(tx, house.study.id)
        assert [one.action for one in found] == [note_refusal.UNKNOWN_KEY]
    with caplog.at_level(logging.WARNING):
        assert "urgent notices" in tick_once(house, now).worked
    assert "clock: urgent notices: tablet; letters: accepted" in caplog.text
    assert len(mail.letters) == 1
    page = signed_in(clinic, "ad").get("/staff/accounts").text
    assert "Urgent security notices" in page
    assert "an unknown tablet key" in page
    trail = signed_in(clinic, "ad").get("/staff/trail?what=security_notice").text
    assert "an unknown tablet key" in trail
    assert "Urgent security notices" not in signed_in(clinic, "chen").get("/staff/accounts").text


def test_a_pin_that_is_locked_is_told(house: Service, team: None, now: datetime) -> None:
    with house.store.writing() as tx:
        li = staff.by_login(tx, "li")
        for _ in range(pin.WRONG_PINS.size):
            attempt = pin.prepare(tx, li.id, "tablet 1", now)
            pin.conclude(tx, attempt, False, Actor("staff", "li"), now)
        assert pin.prepare(tx, li.id, "tablet 1", now).wait_seconds
    assert watch(house.store, desk(), now).raised == ("pins",)


def test_every_kind_has_words_for_the_letter_and_for_the_page() -> None:
    kinds = {rule.signal for rule in urgent_notice.RULES}
    assert kinds == set(to_security.SIGNALS) == set(account_words.SIGNALS)
    for kind in kinds:
        assert "{" not in to_security.write(kind, 3, "S", "https://h").text


def test_the_address_is_one_or_the_start_says_why(tmp_path: object) -> None:
    base = {"PRO_APP_DATA_DIR": str(tmp_path)}
    good = {**base, "PRO_APP_SECURITY_MAIL": " security@hospital.example "}
    assert read_settings(good).security_mail == "security@hospital.example"
    assert read_settings(base).security_mail is None
    for bad in ("security", "a@b, c@d", "<a@b>"):
        with pytest.raises(SettingsError, match="PRO_APP_SECURITY_MAIL"):
            read_settings({**base, "PRO_APP_SECURITY_MAIL": bad})
