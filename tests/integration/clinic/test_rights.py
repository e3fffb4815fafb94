"""Who may see what: every staff route, every role, own site, another site, no participant at all.

The expected answer is worked out from the issue's rules written here a second time, not from the guards.
"""

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

# Login -> the sites it may see; `team` says who is who.
SEES = {
    "li": {"CZ"},
    "hua": {"CZ"},
    "sun": {"CZ"},
    "chen": {"CZ", "P3"},
    "mo": {"CZ", "P3"},
    "mu": {"P3"},
    "zhao": {"P3"},
    "ad": set(),
}
SITE_STAFF = {"li", "hua", "sun", "zhao"}
READS = SITE_STAFF | {"chen", "mo", "mu"}
CHANGES = SITE_STAFF | {"chen"}
# Endpoint -> the logins whose role may come in at all.
MAY = {
    "clinic.today": READS,
    "clinic.people": READS,
    "clinic.completion.matrix": READS,
    "clinic.participant.show": READS,
    "clinic.participant.sheet": READS,
    "clinic.participant.reveal": SITE_STAFF,
    "clinic.participant.passport.show": READS,
    "clinic.participant.passport.data": READS,
    "clinic.card.show": CHANGES,
    "clinic.card.card": CHANGES,
    "clinic.card.renew": CHANGES,
    "clinic.changes.surgery": CHANGES,
    "clinic.changes.move_surgery": CHANGES,
    "clinic.changes.status": CHANGES,
    "clinic.changes.change": CHANGES,
    "clinic.enrolment.form": CHANGES,
    "clinic.enrolment.save": CHANGES,
    "clinic.enrolment.rehearsal": CHANGES,
    "clinic.accounts.everybody": {"ad"},
    "clinic.accounts.switch": {"ad"},
    "accounts.leave": READS | {"ad"},
}
NUMBERS = {"CZ": "CZ-003", "P3": "P3-001", None: "XX-999"}
REFUSED_FORM = 422  # an empty form is looked at, and sent back with what is wrong


def staff_rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule of our rooms with a staff guard, once for each method."""
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint])
        if guard and guard.kind == "staff" and rule.endpoint.split(".")[0] in ("clinic", "accounts"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def expected(endpoint: str, login: str, site: str | None) -> set[int]:
    if login not in MAY[endpoint]:
        return {403}
    personal = endpoint.split(".")[1] in ("participant", "card", "changes")
    if personal and site not in SEES[login]:
        return {404}
    if endpoint in ("clinic.changes.move_surgery", "clinic.changes.change", "clinic.enrolment.save"):
        return {REFUSED_FORM}
    if endpoint.startswith("clinic.participant.passport."):
        return {404}  # there is no such response; who may see one is in `test_passport`
    if endpoint in ("clinic.card.renew", "accounts.leave"):
        return {303}
    if endpoint == "clinic.accounts.switch":
        return {404}  # nobody is called like that
    return {200}


@pytest.fixture
def wangs(house: Service, now: datetime) -> None:
    enrolled(house.store, house.study, house.links, wang(), now)
    enrolled(house.store, house.study, house.links, mary(), now)


def call(client: FlaskClient, rule: Rule, method: str, number: str) -> int:
    values = {"study_number": number, "login": "nobody", "word": "disable", "uuid": "none"}
    path = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
    assert path is not None
    return client.open(path[1], method=method).status_code


def test_every_staff_route_is_in_the_table_of_rights(clinic: Flask) -> None:
    ours = {rule.endpoint for rule, _ in staff_rules(clinic)}
    assert ours == set(MAY)


def test_every_cell_of_route_method_role_and_site(clinic: Flask, team: None, wangs: None) -> None:
    wrong = []
    cells = 0
    for login in SEES:
        client = signed_in(clinic, login)
        for rule, method in staff_rules(clinic):
            for site, number in NUMBERS.items():
                got = call(client, rule, method, number)
                cells += 1
                if got not in expected(rule.endpoint, login, site):
                    wrong.append((rule.endpoint, method, login, site, got))
                if rule.endpoint == "accounts.leave":
                    client = signed_in(clinic, login)
    assert not wrong
    assert cells == len(SEES) * len(NUMBERS) * len(list(staff_rules(clinic)))


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
