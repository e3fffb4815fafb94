"""Who may do what: every route of the program x method x person x site, none of them wrong.

The cells come from the application's own map of addresses, so a new route is in them by itself. What is
expected follows from its guard; that the guards themselves are right is the second half: the issue's rules,
written here once more as laws.
"""

import html
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.routing import Rule

from pro_app.cli.routes import routes
from pro_app.exports import paper
from pro_app.messages import template_of
from pro_app.web.factory import create_app
from pro_app.web.guard import guard_of
from pro_app.wiring import Service
from tests.integration.staff.matrix import OF_A_SITE, ROLE, SEES, Cell, Ward, seeded

SITE_STAFF = {"nurse", "site_coordinator", "investigator"}
# What looks at, changes or is about accounts, and the audit trail: the only rooms of an administrator.
OF_ACCOUNTS = ("accounts.", "clinic.accounts.", "trail.")
# What a monitor may send: it changes the own account or takes out what may be read, nothing of a participant.
A_MONITOR_MAY_SEND = ("accounts.", "trail.table")
# Routes that open identity or call somebody: the privacy notice promises that only the own hospital does.
IDENTITY = ("identity", "reveal", "phone")


@pytest.fixture
def ward(
    clinic: Flask, house: Service, team: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ward]:
    monkeypatch.setattr(
        paper, "pdf_of", lambda *_page, **_more: b"%PDF-"
    )  # a browser for each would take minutes
    yield seeded(clinic, house, now)


def expected(ward: Ward, cell: Cell) -> set[str]:
    """What the answer may be, in words."""
    guard = ward.guard(cell.rule)
    if cell.method not in ward.methods_at(cell.rule.rule):
        # "Not found" where another route, with the same beginning, takes the method.
        return {"no such method", "not found", "to the door"}
    if guard.kind == "staff":
        if cell.who not in ROLE:
            return {"to the door"}
        if ROLE[cell.who] not in guard.roles:
            return {"not allowed"}
        if guard.site_scoped and cell.site is not None and cell.site not in SEES[cell.who]:
            return {"not found"} if cell.method != "OPTIONS" else {"welcome"}
        return {"welcome"} if cell.site != "none" else {"welcome", "not found"}
    if guard.kind in ("visit", "device"):
        if cell.method == "OPTIONS" and cell.who == "patient":
            return {"welcome"}
        # A cookie alone writes nothing: the page's own calls carry their token in a header.
        by_cookie = guard.kind == "visit" or cell.method == "GET"
        return {"welcome", "not found"} if cell.who == "patient" and by_cookie else {"who are you"}
    if guard.kind == "tablet":
        return {"to the door", "who are you", "not found"}
    return {"welcome", "not found", "who are you"}


def came(status: int, location: str, page: str) -> str:
    """What an answer says. A 403 with words of its own is a step to be taken first, not a closed door."""
    if status >= 500:
        return f"fault {status}"
    if status == 303 and location.startswith("/staff/sign-in"):
        return "to the door"
    if status == 403 and template_of("not_allowed") not in html.unescape(page):
        return "welcome"
    return {401: "who are you", 403: "not allowed", 404: "not found", 405: "no such method"}.get(
        status, "welcome"
    )


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_every_cell_of_route_method_person_and_site(ward: Ward) -> None:
    wrong, kinds, weak = [], Counter[str](), set()
    missing: dict[tuple[str, str, str], set[str]] = {}
    for cell in ward.cells():
        status, location, page = ward.call(cell)
        got = came(status, location, page)
        if cell.rule.endpoint == "accounts.leave" and cell.who in ROLE and cell.method == "POST":
            got = "welcome" if status == 303 else got
        allowed = expected(ward, cell)
        if got == "not found" and allowed == {"welcome"}:
            weak.add(cell.rule.endpoint)  # its own thing was not there to be shown
        elif got not in allowed:
            wrong.append((cell.rule.rule, cell.method, cell.who, cell.site, got, allowed))
        if allowed == {"not found"} and page:
            missing.setdefault((cell.rule.endpoint, cell.method, cell.who), set()).add(page)
        kinds[got] += 1
    assert not wrong, "\n".join(map(str, wrong[:60]))
    assert sum(kinds.values()) >= 2000
    assert min(kinds[one] for one in ("welcome", "not found", "not allowed", "to the door")) > 100
    told_apart = [cell for cell, pages in missing.items() if len(pages) > 1]
    assert not told_apart, "another site's record and none look alike"
    assert not weak, "each route has something to show to somebody"
    print(f"\n{sum(kinds.values())} cells, none wrong: {dict(kinds)}")


def staff_rules(app: Flask) -> Iterator[tuple[Rule, frozenset[str], tuple[str, ...], bool]]:
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint])
        if guard and guard.kind == "staff":
            methods = frozenset(rule.methods or ()) - {"HEAD", "OPTIONS"}
            yield rule, methods, guard.roles, guard.site_scoped


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_guards_keep_the_issues_laws(clinic: Flask) -> None:
    broken = []
    for rule, methods, roles, scoped in staff_rules(clinic):
        name, writes = rule.endpoint, methods - {"GET"}
        laws = {
            "an administrator sees no patient data": "administrator" not in roles
            or name.startswith(OF_ACCOUNTS),
            "a monitor only reads": "monitor" not in roles
            or not writes
            or name.startswith(A_MONITOR_MAY_SEND),
            "identity is for the own hospital": not any(word in rule.rule for word in IDENTITY)
            or set(roles) <= SITE_STAFF,
            "what names a thing of one site is kept to it": scoped or not OF_A_SITE & rule.arguments,
            "accounts are changed by who may": not name.startswith("clinic.accounts.")
            or set(roles) <= {"administrator", "study_coordinator"},
            "answers are changed by coordinators": not name.startswith("corrections.")
            or set(roles) <= {"site_coordinator", "study_coordinator"},
            "staff pages lie under /staff": rule.rule.startswith("/staff"),
        }
        broken += [(rule.rule, law) for law, kept in laws.items() if not kept]
    assert not broken


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_open_routes_say_why_and_none_of_them_is_a_staff_page(clinic: Flask) -> None:
    doors = {"accounts.form", "accounts.enter", "accounts.second_step", "accounts.speak"}
    doors |= {f"accounts.links.{name}" for name in ("show", "choose", "forgotten", "ask")}
    for rule in clinic.url_map.iter_rules():
        guard = guard_of(clinic.view_functions[rule.endpoint])
        assert guard is not None
        if guard.kind == "public":
            assert len(guard.why) > 10, rule.rule
            assert not rule.rule.startswith("/staff") or rule.endpoint in doors, rule.rule


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_demonstrations_routes_do_not_exist_in_production(clinic: Flask, house: Service) -> None:
    app = create_app(replace(house, settings=replace(house.settings, mode="production")))
    client = app.test_client()
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if getattr(guard_of(app.view_functions[rule.endpoint]), "kind", "") == "demo"
    ]
    assert rules
    for rule in rules:
        values = dict.fromkeys(rule.arguments, "x")
        path = rule.build(values, append_unknown=False)
        assert path is not None
        for method in (rule.methods or set()) - {"OPTIONS"}:
            assert client.open(path[1], method=method).status_code in (400, 404), rule.rule


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_printed_list_of_routes_is_the_map_itself(
    clinic: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PRO_APP_DATA_DIR", str(tmp_path_factory.mktemp("routes")))
    printed = json.loads(CliRunner().invoke(routes, ["--json"]).output)
    assert set(printed[0]) == {"route", "methods", "guard", "roles", "site_scoped"}
    told = {(row["route"], *row["methods"]): (row["guard"], tuple(row["roles"])) for row in printed}
    for rule in clinic.url_map.iter_rules():
        guard = guard_of(clinic.view_functions[rule.endpoint])
        assert guard is not None
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        assert told[(rule.rule, *methods)] == (guard.kind, guard.roles), rule.rule
    assert len(printed) == len(list(clinic.url_map.iter_rules()))
