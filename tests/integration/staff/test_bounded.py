"""The pages of accounts and trail ask the database a fixed number of questions, however much there is."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import event

from pro_app.records import audit
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, hired
from tests.integration.staff.test_account_pages import signed_in

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def test_more_rows_and_more_accounts_ask_no_more_questions(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    asked: list[str] = []
    event.listen(house.store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    pages = {"chen": ("/staff/trail", "/staff/account"), "ad": ("/staff/accounts", "/staff/accounts/li")}
    clients = {login: signed_in(clinic, login) for login in pages}

    def questions() -> dict[str, int]:
        counted = {}
        for login, paths in pages.items():
            for path in paths:
                asked.clear()
                assert clients[login].get(path).status_code == 200
                counted[path] = len(asked)
        return counted

    questions()  # what every page looks up now and then is known from here on
    before = questions()
    with house.store.writing() as tx:
        for number in range(200):
            audit.append(tx, "CZ", LI, "identity_read", f"CZ-{number}", {}, now)
    for number in range(5):
        hired(house.store, f"another.{number}", "nurse", "CZ", now)
    assert questions() == before
    assert max(before.values()) <= 8
