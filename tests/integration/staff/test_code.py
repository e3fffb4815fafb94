"""The code at sign-in: RFC 6238, no code twice, recovery codes once, and no word about what was wrong."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app import one_time_codes
from pro_app.actions import second_factor, sign_in
from pro_app.actions.sign_in import HalfWay, SignedIn
from pro_app.records import audit, staff
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.store import Store
from pro_app.web import current
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD, hired

HOSPITAL = "10.0.0.1"
SHE = Actor("staff", "li", HOSPITAL)


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, eight_digits: str) -> None:
    # RFC 6238, appendix B, SHA-1, secret "12345678901234567890"; six digits are the last six of eight.
    secret, moment = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", datetime.fromtimestamp(seconds, UTC)
    assert one_time_codes.step_of(secret, eight_digits[2:], moment) == seconds // 30


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "x" * 5000])
def test_what_is_no_code_fits_nothing(typed: str, now: datetime) -> None:
    assert one_time_codes.step_of("GEZDGNBVGY3TQOJQ", typed, now) is None


def with_code(store: Store, now: datetime) -> tuple[Staff, str, tuple[str, ...]]:
    """Li with a second factor, its secret and her recovery codes."""
    account = hired(store, "li", "nurse", "CZ", now)
    offer = second_factor.offer(store.keys, account, now)
    with store.writing() as tx:
        code = pyotp.TOTP(offer.secret).at(now)
        codes = second_factor.set_up(tx, account, offer.sealed, code, SHE, now)
        return staff.by_login(tx, "li"), offer.secret, codes


def first_step(store: Store, now: datetime, password: str = PASSWORD, login: str = "li") -> HalfWay:
    with store.reading() as tx:
        attempt = sign_in.prepare(tx, login, HOSPITAL, None, now)
    fits = sign_in.password_fits(attempt, password)
    with store.writing() as tx:
        done = sign_in.conclude(tx, attempt, fits, HOSPITAL, now)
    assert isinstance(done, HalfWay)
    return done


def second(store: Store, half: HalfWay, code: str, now: datetime) -> SignedIn | int | None:
    with store.writing() as tx:
        return sign_in.finish(tx, half.ticket, code, HOSPITAL, None, now)


def test_password_and_code_let_her_in_and_the_same_code_does_not_work_twice(
    store: Store, now: datetime
) -> None:
    _, secret, _ = with_code(store, now)
    later = now + timedelta(minutes=2)
    code = pyotp.TOTP(secret).at(later)
    first, again = first_step(store, later), first_step(store, later)
    assert isinstance(second(store, first, code, later), SignedIn)
    assert second(store, again, code, later) is None
    assert second(store, first, code, later) is None


def test_the_code_that_confirmed_the_set_up_signs_nobody_in(store: Store, now: datetime) -> None:
    _, secret, _ = with_code(store, now)
    assert second(store, first_step(store, now), pyotp.TOTP(secret).at(now), now) is None


def test_an_older_code_than_the_last_one_is_over(store: Store, now: datetime) -> None:
    _, secret, _ = with_code(store, now)
    later = now + timedelta(minutes=2)
    assert isinstance(second(store, first_step(store, later), pyotp.TOTP(secret).at(later), later), SignedIn)
    before = pyotp.TOTP(secret).at(later - timedelta(seconds=30))
    assert second(store, first_step(store, later), before, later) is None


def test_a_recovery_code_works_once_however_it_is_spelled(store: Store, now: datetime) -> None:
    _, _, codes = with_code(store, now)
    assert len(set(codes)) == 10
    done = second(store, first_step(store, now), codes[3].lower().replace("-", " "), now)
    assert isinstance(done, SignedIn)
    assert done.codes_left == 9
    assert second(store, first_step(store, now), codes[3], now) is None
    with store.reading() as tx:
        rows = str(tx.conn.exec_driver_sql("SELECT * FROM staff_recovery_code").all())
        assert "recovery_code_used" in [event.action for event in audit.history(tx, "li")]
    assert not any(one_time_codes.tidy_recovery_code(code) in rows for code in codes)  # type: ignore[operator]


def test_wrong_password_wrong_code_and_unknown_login_are_the_same_to_a_stranger(
    store: Store, now: datetime
) -> None:
    _, secret, _ = with_code(store, now)
    later = now + timedelta(minutes=2)
    right, wrong = pyotp.TOTP(secret).at(later), "000000"
    for login, password, code in (
        ("li", PASSWORD, wrong),
        ("li", "not the password", right),
        ("li", "not the password", wrong),
    ):
        assert second(store, first_step(store, later, password, login), code, later) is None
        later += timedelta(minutes=5)
        right = pyotp.TOTP(secret).at(later)
    assert second(store, first_step(store, later, PASSWORD, "nobody"), right, later) is None


def test_a_ticket_says_nothing_lasts_five_minutes_and_dies_with_the_password(
    store: Store, now: datetime
) -> None:
    account, secret, _ = with_code(store, now)
    good, bad = first_step(store, now), first_step(store, now, "not the password")
    assert len(good.ticket) == len(bad.ticket)
    later = now + timedelta(minutes=5)
    assert second(store, good, pyotp.TOTP(secret).at(later), later) is None
    soon = now + timedelta(minutes=1)
    with store.writing() as tx:
        staff.set_password(tx, account, "another")
    assert second(store, good, pyotp.TOTP(secret).at(soon), soon) is None
    assert second(store, HalfWay("k1.nonsense"), "123456", now) is None


def test_guessing_codes_is_slowed_down_and_then_every_code_is_wrong(store: Store, now: datetime) -> None:
    _, secret, _ = with_code(store, now)
    half, answers = first_step(store, now), []
    for _ in range(8):
        answers.append(second(store, half, "000000", now))
    assert any(isinstance(one, int) for one in answers), "after some the visitor has to wait"
    moment = now + timedelta(hours=1)
    for _ in range(sign_in.CODES.size + 5):
        moment += timedelta(minutes=2)
        second(store, first_step(store, moment), "000000", moment)
    assert second(store, first_step(store, moment), pyotp.TOTP(secret).at(moment), moment) is None
    rest = moment + timedelta(hours=1)
    assert isinstance(second(store, first_step(store, rest), pyotp.TOTP(secret).at(rest), rest), SignedIn)


def signing_in(clinic: Flask, login: str = "li", password: str = PASSWORD) -> tuple[FlaskClient, str]:
    client = clinic.test_client()
    client.set_cookie("language", "en")
    answer = client.post("/staff/sign-in", data={"login": login, "password": password})
    return client, answer.text


def set_up_on_the_page(client: FlaskClient, now: datetime) -> tuple[str, list[str]]:
    page = client.get("/staff/account/code").text
    assert "<svg" in page
    secret = re.search(r'class="key"><code>([A-Z2-7 ]+)<', page)[1]  # type: ignore[index]
    assert all(len(group) == 4 for group in secret.split())
    offer = re.search(r'name="offer" value="([^"]+)"', page)[1]  # type: ignore[index]
    wrong = client.post("/staff/account/code", data={"offer": offer, "code": "000000"})
    assert wrong.status_code == 422
    assert secret in wrong.text, "a mistyped code asks for no new scan"
    key = secret.replace(" ", "")
    done = client.post("/staff/account/code", data={"offer": offer, "code": pyotp.TOTP(key).at(now)})
    return key, re.findall(r"<li><code>([^<]+)</code>", done.text)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_li_sets_up_her_code_and_signs_in_with_it(
    clinic: Flask, team: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = signing_in(clinic)
    secret, codes = set_up_on_the_page(client, now)
    assert len(codes) == 10
    assert client.get("/staff/account/code").text.count("<svg") == 0
    later = now + timedelta(minutes=1)
    monkeypatch.setattr(current, "datetime", type("Later", (), {"now": staticmethod(lambda _zone: later)}))
    client, page = signing_in(clinic)
    assert "Code from your app" in page
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]  # type: ignore[index]
    assert client.get("/staff").status_code == 303, "half way is not in"
    wrong = client.post("/staff/sign-in/code", data={"ticket": ticket, "code": "000000"})
    assert wrong.status_code == 401
    done = client.post("/staff/sign-in/code", data={"ticket": ticket, "code": pyotp.TOTP(secret).at(later)})
    assert done.location == "/staff"
    assert client.get("/staff").status_code == 200


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_where_a_code_is_required_nothing_else_opens_before_it_is_set_up(
    house: Service, team: None, now: datetime, clinic: Flask
) -> None:
    strict = replace(house, settings=replace(house.settings, totp="required"))
    app = create_app(strict)
    app.config["WTF_CSRF_ENABLED"] = False
    client, _ = signing_in(app)
    for path in ("/staff", "/staff/participants", "/staff/account"):
        assert client.get(path).location == "/staff/account/code"
    assert client.post("/staff/enrol", data={}).location == "/staff/account/code"
    set_up_on_the_page(client, now)
    assert client.get("/staff").status_code == 200
    assert client.post("/staff/account/code/remove", data={"password": PASSWORD}).status_code == 404


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_another_telephone_new_recovery_codes_and_none_any_more_ask_for_the_password(
    clinic: Flask, team: None, now: datetime
) -> None:
    client, _ = signing_in(clinic)
    _, codes = set_up_on_the_page(client, now)
    for word in ("again", "recovery", "remove"):
        assert client.post(f"/staff/account/code/{word}", data={"password": "wrong"}).status_code == 422
    renewed = client.post("/staff/account/code/recovery", data={"password": PASSWORD}).text
    assert not set(codes) & set(re.findall(r"<li><code>([^<]+)</code>", renewed))
    assert "<svg" in client.post("/staff/account/code/again", data={"password": PASSWORD}).text
    assert client.post("/staff/account/code/remove", data={"password": PASSWORD}).status_code == 303
    assert client.get("/staff").status_code == 303


def test_a_secret_offered_before_does_not_replace_the_one_that_was_set_up_meanwhile(
    store: Store, now: datetime
) -> None:
    account = hired(store, "li", "nurse", "CZ", now)
    stale = second_factor.offer(store.keys, account, now)
    offer = second_factor.offer(store.keys, account, now)
    with store.writing() as tx:
        second_factor.set_up(tx, account, offer.sealed, pyotp.TOTP(offer.secret).at(now), SHE, now)
        li = staff.by_login(tx, "li")
        with pytest.raises(second_factor.OfferOver):
            second_factor.set_up(tx, li, stale.sealed, pyotp.TOTP(stale.secret).at(now), SHE, now)
        with pytest.raises(second_factor.OfferOver):
            late = now + second_factor.OFFER_LASTS
            second_factor.set_up(tx, account, offer.sealed, pyotp.TOTP(offer.secret).at(late), SHE, late)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_an_administrator_takes_a_lost_code_away_and_it_is_on_record(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    client, _ = signing_in(clinic)
    set_up_on_the_page(client, now)
    admin, _ = signing_in(clinic, "ad")
    assert admin.post("/staff/accounts/li/reset").status_code == 303
    assert client.get("/staff").status_code == 303, "her sessions are ended"
    again, _ = signing_in(clinic)
    assert again.get("/staff").status_code == 200
    with house.store.reading() as tx:
        event = next(one for one in audit.history(tx, "li") if one.action == "second_factor_reset")
    assert event.actor.name == "ad"
