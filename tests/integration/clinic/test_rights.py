"""Who may see what: doors, identity, the arm, and that forms need their token.

Every cell of route x method x person x site is in `tests/integration/staff/test_rights_matrix.py`.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from pro_app.records import audit
from pro_app.web.guard import guard_of
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, mary, wang
from tests.integration.clinic.test_pages import signed_in


def staff_rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule with a staff guard, once for each method."""
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint])
        if guard and guard.kind == "staff":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


@pytest.fixture
def wangs(house: Service, now: datetime) -> None:
    enrolled(house.store, house.study, house.links, wang(), now)
    enrolled(house.store, house.study, house.links, mary(), now)


def call(client: FlaskClient, rule: Rule, method: str, number: str) -> int:
    plain = {"study_number": number, "login": "nobody", "uuid": "none", "timepoint": "2w"}
    values: dict[str, object] = {}
    for name in rule.arguments:
        choices = re.search(rf"<any\(([^)]*)\):{name}>", rule.rule)
        number_wanted = f"<int:{name}>" in rule.rule
        values[name] = choices[1].split(",")[0] if choices else 1 if number_wanted else plain.get(name, "x")
    path = rule.build(values, append_unknown=False)
    assert path is not None
    return client.open(path[1], method=method).status_code


def test_nobody_comes_in_without_signing_in(clinic: Flask, team: None, wangs: None) -> None:
    client = clinic.test_client()
    for rule, method in staff_rules(clinic):
        assert call(client, rule, method, "CZ-003") == 303, rule


def test_another_sites_participant_and_no_participant_get_the_same_answer(
    clinic: Flask, team: None, wangs: None
) -> None:
    client = signed_in(clinic, "li")
    pages = [client.get(f"/staff/participants/{number}").text for number in ("P3-001", "XX-999")]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("login", ["chen", "mo", "mu", "ad"])
def test_who_may_not_see_identity_leaves_no_look_on_record(
    clinic: Flask, house: Service, team: None, wangs: None, login: str
) -> None:
    client = signed_in(clinic, login)
    for number in ("CZ-003", "P3-001"):
        assert client.post(f"/staff/participants/{number}/identity").status_code in (403, 404)
    with house.store.reading() as tx:
        assert "identity_read" not in {event.action for event in audit.history(tx, "CZ-003")}


@pytest.mark.parametrize(
    ("login", "seen"), [("li", False), ("mo", False), ("hua", True), ("sun", True), ("chen", True)]
)
def test_the_arm_is_shown_only_to_roles_that_may_see_it(
    clinic: Flask, team: None, wangs: None, login: str, seen: bool
) -> None:
    client = signed_in(clinic, login)
    for path in ("/staff/participants", "/staff/participants/CZ-003"):
        assert ("En bloc" in client.get(path).text) is seen


def test_a_nurse_cannot_set_an_arm_by_sending_the_field(clinic: Flask, house: Service, team: None) -> None:
    sent = {"study_number": "CZ-1", "site": "CZ", "language": "en", "arm": "en-bloc", "step": "save"}
    assert signed_in(clinic, "li").post("/staff/enrol", data=sent).status_code == 303
    assert "no arm recorded" in signed_in(clinic, "hua").get("/staff/participants/CZ-1").text


def test_disabling_an_account_acts_on_its_next_click(clinic: Flask, team: None) -> None:
    li, admin = signed_in(clinic, "li"), signed_in(clinic, "ad")
    assert li.get("/staff").status_code == 200
    assert admin.post("/staff/accounts/li/disable").status_code == 303
    assert li.get("/staff").status_code == 303
    assert admin.post("/staff/accounts/ad/disable").status_code == 403


def test_forms_without_their_token_are_refused(clinic: Flask, team: None, wangs: None) -> None:
    client = signed_in(clinic, "li")
    clinic.config["WTF_CSRF_ENABLED"] = True
    for rule, method in staff_rules(clinic):
        if method == "POST":
            assert call(client, rule, method, "CZ-003") == 400, rule
