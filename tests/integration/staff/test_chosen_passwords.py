"""A password that is guessed first is refused wherever a person chooses one."""

import pytest
from click.testing import CliRunner
from flask import Flask

from pro_app.cli.staff import staff as staff_words
from pro_app.records import staff, staff_letters
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD

REFUSED = (
    ("1qaz2wsx3edc", "common or has too few words"),
    ("abcabcabcabc", "repeats itself or follows the keys"),
    ("Changzheng-2026", "made of your name, your login, your hospital"),
)


def test_at_her_own_page_li_is_told_why_and_keeps_her_password(clinic: Flask, team: None) -> None:
    li = clinic.test_client()
    li.post("/staff/sign-in", data={"login": "li", "password": PASSWORD})
    for password, words in REFUSED:
        answer = li.post(
            "/staff/account/password", data={"old": PASSWORD, "new": password, "again": password}
        )
        assert answer.status_code == 422
        assert words in answer.text
        assert password not in answer.text
    again = clinic.test_client()
    assert again.post("/staff/sign-in", data={"login": "li", "password": PASSWORD}).status_code == 303


def test_behind_a_link_from_a_letter_too_and_the_link_still_works(
    clinic: Flask, team: None, house: Service
) -> None:
    admin = clinic.test_client()
    admin.post("/staff/sign-in", data={"login": "ad", "password": PASSWORD})
    new = {"login": "mei", "name": "Mei Lan", "role": "nurse", "site": "CZ", "language": "en"}
    assert admin.post("/staff/accounts", data={**new, "email": "mei@example.org"}).status_code == 303
    with house.store.reading() as tx:
        letter = staff_letters.of(tx, staff.by_login(tx, "mei").id)[0]
    visitor, address = clinic.test_client(), f"/staff/link/{letter.body}"
    answer = visitor.post(address, data={"new": "Mei.Lan.1990", "again": "Mei.Lan.1990"})
    assert answer.status_code == 422
    assert "made of your name" in answer.text
    assert visitor.post(address, data={"new": PASSWORD, "again": PASSWORD}).status_code == 303


def test_the_operators_shell_refuses_it_and_what_it_makes_up_needs_no_look(
    house: Service, team: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pro_app.cli.staff.open_migrated", lambda: house)
    person = ["gao", "--role", "nurse", "--site", "CZ", "--name", "Gao", "--language", "en"]
    told = CliRunner().invoke(staff_words, ["add", *person, "--ask"], input="changzheng2026\n")
    assert told.exit_code == 1
    assert "made of login, name, hospital" in told.output
    told = CliRunner().invoke(staff_words, ["password", "li", "--ask"], input="qwertyuiop123\n")
    assert told.exit_code == 1
    assert "common or too short of words" in told.output
    monkeypatch.setattr("pro_app.cli.staff.check_chosen", None)
    assert "shown this once" in CliRunner().invoke(staff_words, ["add", *person]).output
