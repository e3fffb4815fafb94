"""Nothing tells a stranger what exists: same status, same words, same length, and the same work done.

Time itself is not asserted, for it depends on the machine. What takes the time is counted instead: how often
a password is compared, and how many statements the database is asked.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from pro_app import passwords
from pro_app.records.schema import throttle
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD
from tests.integration.hardening.conftest import Hospital, secret_in

# What differs in any two answers and says nothing: seals, secrets of forms, times in a header.
CHANCE = re.compile(r'value="[\w.:=+/-]{40,}"')


def words(answer: TestResponse, *typed: str) -> tuple[int, str, int]:
    """Status, text and length of an answer, but for chance and for what was typed."""
    text = CHANCE.sub("value", answer.text)
    for one in typed:
        text = re.sub(rf"\b{re.escape(one)}\b", "typed", text)
    return answer.status_code, text, len(text)


@contextmanager
def counted(house: Service) -> Iterator[list[str]]:
    """The kinds of statements that the database is asked meanwhile, in their order."""
    asked: list[str] = []

    def note(_c: object, _u: object, statement: str, *_more: object) -> None:
        # Whether the clock runs is looked up every few seconds, for whoever happens to come.
        if "beat_at" not in statement and statement != "BEGIN":
            asked.append(" ".join(statement.split()[:3]))

    event.listen(house.store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(house.store.engine, "before_cursor_execute", note)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which hashes passwords were compared with."""
    found: list[str] = []
    fits = passwords.fits

    def noting(digest: str, password: str) -> bool:
        found.append(digest)
        return fits(digest, password)

    monkeypatch.setattr(passwords, "fits", noting)
    return found


def test_an_unknown_login_and_a_wrong_password_are_one_answer_and_one_work(
    hospital: Hospital, compared: list[str]
) -> None:
    answers, works = [], []
    for login, password in (
        ("chen", "not the password"),
        ("nobody", "not the password"),
        ("nobody", PASSWORD),
    ):
        client = hospital.client()
        sent = {"login": login, "password": password, "csrf_token": secret_in(client, "/staff/sign-in")}
        with counted(hospital.house) as asked:
            answers.append(words(client.post("/staff/sign-in", data=sent), login))
        works.append(asked)
    assert answers[0] == answers[1] == answers[2]
    assert works[0] == works[1] == works[2]
    assert len(compared) == 3 and all(digest.startswith("$argon2id$") for digest in compared)


def test_the_second_step_says_nothing_about_the_first(hospital: Hospital) -> None:
    """Whether the password was right is sealed in the ticket: both get the same page and the same refusal."""
    answers = []
    for login in ("chen", "nobody"):
        client = hospital.client()
        sent = {"login": login, "password": "wrong", "csrf_token": secret_in(client, "/staff/sign-in")}
        first = client.post("/staff/sign-in", data=sent)
        ticket = re.search(r'name="ticket"[^>]* value="([^"]+)"', first.text)
        assert ticket
        sent = {"ticket": ticket[1], "code": "123456", "csrf_token": secret_in(client, "/staff/sign-in")}
        answers.append(words(client.post("/staff/sign-in/code", data=sent), login))
    assert answers[0] == answers[1]


def test_asking_for_a_new_password_says_the_same_of_everybody(hospital: Hospital) -> None:
    answers = []
    for login in ("chen", "nobody"):
        client = hospital.client()
        sent = {"login": login, "csrf_token": secret_in(client, "/staff/forgotten")}
        answers.append(words(client.post("/staff/forgotten", data=sent), login))
    assert answers[0] == answers[1]


def test_a_link_that_is_replaced_forged_or_of_nobody_is_one_answer(hospital: Hospital) -> None:
    handle, timepoint, mac = hospital.token.split(".")
    tokens = [
        f"{handle}.{timepoint}.{mac[::-1]}",
        f"{handle}.12m.{mac}",
        f"{handle}.nothing.{mac}",
        f"abcdefghjk.{timepoint}.{mac}",
        hospital.house.links.token(handle, timepoint, hospital.wang.link_epoch + 1),
        "nonsense",
    ]
    client = hospital.client()
    for method in ("get", "post"):
        answers = []
        for token in tokens:
            sent = {"csrf_token": secret_in(client, "/c")} if method == "post" else None
            answers.append(words(getattr(client, method)(f"/v/{token}", data=sent), token))
        assert len(set(answers)) == 1 and answers[0][0] == 404


def test_a_forged_link_costs_what_a_link_of_nobody_costs(hospital: Hospital) -> None:
    handle, timepoint, mac = hospital.token.split(".")
    works = []
    for token in (f"{handle}.{timepoint}.{mac[::-1]}", f"abcdefghjk.{timepoint}.{mac}"):
        with counted(hospital.house) as asked:
            hospital.client().get(f"/v/{token}")
        works.append(asked)
    assert works[0] == works[1]


@pytest.mark.parametrize("path", ["/device/draft", "/device/response"])
def test_a_pages_call_with_a_forged_token_learns_nothing_either(hospital: Hospital, path: str) -> None:
    handle, timepoint, mac = hospital.token.split(".")
    answers = []
    for token in (f"{handle}.{timepoint}.{mac[::-1]}", f"abcdefghjk.{timepoint}.{mac}"):
        header = {"Authorization": f"Visit {token}"}
        sent = {"ref": token.rsplit(".", 1)[0], "answers": {}}
        answers.append(words(hospital.client().post(path, json=sent, headers=header), token))
    assert answers[0] == answers[1]


def test_a_code_of_nobody_and_what_can_be_no_code_are_one_answer(hospital: Hospital) -> None:
    client, answers = hospital.client(), []
    for code in ("AAAAAA", "O0O0O0", "short", "a much too long code"):
        sent = {"code": code, "csrf_token": secret_in(client, "/c")}
        answers.append(words(client.post("/c", data=sent), code))
    assert len(set(answers)) == 1 and answers[0][0] == 404


def test_another_sites_participant_and_no_participant_are_one_answer_on_every_route(
    hospital: Hospital,
) -> None:
    """And one work: Mary of the other site costs the database what nobody costs it."""
    li, looked = hospital.staff("li"), 0
    hospital.app.config["WTF_CSRF_ENABLED"] = False
    for rule, guard in hospital.routes():
        if "study_number" not in rule.arguments or "nurse" not in guard.roles:
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        answers, works = [], []
        for number in ("P3-001", "XX-999"):
            # A refusal is on the trail once for a page and ten minutes, whosever record it was.
            with hospital.house.store.writing() as tx:
                tx.conn.execute(throttle.delete())
            with counted(hospital.house) as asked:
                answers.append(
                    words(li.open(hospital.path(rule, study_number=number), method=method), number)
                )
            works.append(asked)
        looked += 1
        assert answers[0] == answers[1], rule
        assert answers[0][0] == 404, rule
        assert works[0] == works[1], rule
    assert looked > 10


def test_a_staff_link_that_is_over_and_one_that_never_was_are_one_answer(hospital: Hospital) -> None:
    client = hospital.client()
    answers = [
        words(client.get(f"/staff/link/{token}"), token) for token in ("a" * 43, "nonsense", "x" * 300)
    ]
    assert len(set(answers)) == 1 and answers[0][0] == 404
