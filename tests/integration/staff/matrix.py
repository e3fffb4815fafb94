"""Every cell of route x method x person x site, made from the application's own map of addresses."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from pro_app.actions import answer, second_entry, sign_in
from pro_app.records import participants, phone_calls, responses, staff, staff_factors, staff_sessions
from pro_app.records.audit import Actor
from pro_app.web.guard import Guard, guard_of
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, hired, mary, wang
from tests.integration.corrections.exported import job_of
from tests.people import all_answers, sheet

# Login -> the sites it may see; `team` says who is who. The last two have no account.
SEES: dict[str, frozenset[str]] = {
    "li": frozenset({"CZ"}),
    "hua": frozenset({"CZ"}),
    "sun": frozenset({"CZ"}),
    "chen": frozenset({"CZ", "P3"}),
    "mo": frozenset({"CZ", "P3"}),
    "mu": frozenset({"P3"}),
    "zhao": frozenset({"P3"}),
    "ad": frozenset(),
    "visitor": frozenset(),
    "patient": frozenset(),
}
ROLE = {
    "li": "nurse",
    "zhao": "nurse",
    "hua": "site_coordinator",
    "sun": "investigator",
    "chen": "study_coordinator",
    "mo": "monitor",
    "mu": "monitor",
    "ad": "administrator",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SITES = ("CZ", "P3", "none")
# Addresses that name something of one site; the other arguments say which part of it is meant.
OF_A_SITE = {"study_number", "response_id", "tablet_id", "call_id"}


@dataclass(frozen=True)
class Cell:
    """One question: may `who` do `method` about a thing of `site`? None: the route names no site's thing."""

    rule: Rule
    method: str
    who: str
    site: str | None


@dataclass
class Ward:
    """The seeded hospital: what stands in an address for each site, and each person's session key."""

    app: Flask
    house: Service
    now: datetime
    values: dict[str, dict[str, object]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    # (site, login) -> a call which that person has just entered, and may take back.
    calls: dict[tuple[str, str], int] = field(default_factory=dict)
    # login -> an export which that person has just taken.
    jobs: dict[str, str] = field(default_factory=dict)
    token: str = ""
    methods: dict[str, set[str]] = field(default_factory=dict)

    def guard(self, rule: Rule) -> Guard:
        found = guard_of(self.app.view_functions[rule.endpoint])
        assert found is not None
        return found

    def cells(self) -> Iterator[Cell]:
        for number, rule in enumerate(self.rules()):
            known = set(rule.methods or ())
            # What a route doesn't know it refuses before it looks who asks: one person a method is enough.
            others = set(METHODS) - self.methods_at(rule.rule)
            for method in METHODS:
                alone = len(self.methods_at(rule.rule)) == len(known)
                if method in others or (method == "OPTIONS" and alone):
                    yield Cell(rule, method, list(SEES)[number % len(SEES)], self._sites(rule)[0])
                elif method in known - {"OPTIONS"}:
                    for who in SEES:
                        for site in self._sites(rule) if self._is_asked(rule, who) else self._sites(rule)[:2]:
                            yield Cell(rule, method, who, site)

    def rules(self) -> list[Rule]:
        return sorted(self.app.url_map.iter_rules(), key=lambda one: (one.rule, sorted(one.methods or ())))

    def methods_at(self, address: str) -> set[str]:
        """Every method that some route takes at this address: one view may show it, another change it."""
        if not self.methods:
            for rule in self.app.url_map.iter_rules():
                self.methods.setdefault(rule.rule, set()).update(rule.methods or ())
        return self.methods[address]

    @staticmethod
    def _sites(rule: Rule) -> tuple[str | None, ...]:
        return SITES if OF_A_SITE & rule.arguments else (None,)

    def _is_asked(self, rule: Rule, who: str) -> bool:
        """Whether this person's role is let in; the others are turned away before any site is looked at."""
        return who in self.keys and ROLE[who] in self.guard(rule).roles

    def call(self, cell: Cell) -> tuple[int, str, str]:
        """Status, where it leads, and the page, in a browser of its own."""
        site = cell.site or "CZ"
        given = {**ELSE, **self.values[site]}
        if (site, cell.who) in self.calls:
            given["call_id"] = self.calls[site, cell.who]
        given["job"] = self.jobs.get(cell.who, "nothing")
        chosen: dict[str, object] = {}
        for name in cell.rule.arguments:
            choices = re.search(rf"<any\(([^)]*)\):{name}>", cell.rule.rule)
            chosen[name] = choices[1].split(",")[0].strip() if choices else given.get(name, "nothing")
        path = cell.rule.build(chosen, append_unknown=False)
        assert path is not None, cell
        client = self.browser(cell.who)
        answer = client.open(path[1], method=cell.method)
        if cell.who in self.keys and cell.method == "POST" and answer.status_code not in (403, 404):
            self._again(cell.who)  # it may have ended the session: out means out
        return (
            answer.status_code,
            answer.location or "",
            answer.text if answer.status_code in (403, 404) else "",
        )

    def browser(self, who: str) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie("language", "en")
        if who in self.keys:
            client.set_cookie("staff", self.keys[who])
        elif who == "patient":
            client.set_cookie("visit", self.token)
        return client

    def _again(self, login: str) -> None:
        key = f"key of {login} {uuid.uuid4()}"
        with self.house.store.writing() as tx:
            account = staff.by_login(tx, login)
            staff_sessions.start(tx, sign_in.hash_key(key), account.id, self.now)
        self.keys[login] = key


ELSE: Mapping[str, object] = {
    "instrument": "qlq-c30",
    "instrument_id": "qlq-c30",
    "language": "en",
    "name": "central",
    "word": "link",
}


def seeded(app: Flask, house: Service, now: datetime) -> Ward:
    """Wang at CZ and Mary at P3, each with a response to an open visit; an account of each site to change."""
    ward = Ward(app, house, now)
    ward.jobs = {login: job_of(house.store, login, now) for login in ROLE}
    people = {
        "CZ": (wang(surgery_planned_on=date(2026, 11, 17)), "2w"),
        "P3": (mary(surgery_planned_on=date(2026, 11, 17)), "2w"),
    }
    for site, (command, timepoint) in people.items():
        person = enrolled(house.store, house.study, house.links, command, now)
        ids = _answered(house, person.study_number, timepoint, now)
        _entered_twice(house, person.study_number, timepoint, now)
        for login in SEES:
            if site in SEES[login]:
                ward.calls[site, login] = _called(house, person.study_number, timepoint, login, now)
        hired(house.store, f"new.{site.lower()}", "nurse", site, now)
        ward.values[site] = {
            "call_id": max(one for (at, _), one in ward.calls.items() if at == site),
            "study_number": person.study_number,
            "timepoint": timepoint,
            "login": f"new.{site.lower()}",
            "token": house.links.token(person.handle, timepoint, person.link_epoch),
            "ref": f"{person.handle}.{timepoint}",
            **ids,
        }
    ward.values["none"] = {
        **ward.values["CZ"],
        "study_number": "XX-999",
        "uuid": str(uuid.uuid4()),
        "login": "nobody",
        **dict.fromkeys(("response_id", "tablet_id", "call_id"), 999999),
    }
    ward.token = str(ward.values["CZ"]["token"])
    for login in SEES:
        if login not in ("visitor", "patient"):
            with house.store.writing() as tx:
                staff_factors.set_secret(tx, staff.by_login(tx, login), "JBSWY3DPEHPK3PXP", None)
            ward._again(login)
    return ward


def _entered_twice(house: Service, study_number: str, timepoint: str, now: datetime) -> None:
    """A form on paper, typed in by two people, who differ in one item."""
    instrument = house.catalogue.instrument("qlq-c30")
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, study_number, None)
        filled = sheet(house.catalogue, "qlq-c30", now)
        sent = replace(filled, mode="paper", completed_on=now.date(), entered_by="first.one")
        who = Actor("staff", "first.one")
        answer.submit(tx, house.study, house.catalogue, person, timepoint, sent, who, now)
        stored = responses.by_uuid(tx, sent.response)
        assert stored
        typed = all_answers(instrument, q1=4)
        second_entry.enter(tx, instrument, person, stored, typed, Actor("staff", "second.one"), now)


def _called(house: Service, study_number: str, timepoint: str, login: str, now: datetime) -> int:
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, study_number, None)
        phone_calls.add(tx, person.id, timepoint, "not_reached", login, now)
        return int(tx.conn.execute(text("SELECT max(id) FROM phone_call")).scalar_one())


def _answered(house: Service, study_number: str, timepoint: str, now: datetime) -> dict[str, object]:
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, study_number, None)
        participants.set_surgery(tx, person, "done", date(2026, 11, 17), date(2026, 11, 17))
        person = participants.by_id(tx, person.id)
        instrument = house.catalogue.instrument("bpi-sf")
        worst = {item.id: {"value": 9} for item in instrument.items if item.kind == "nrs"}
        sent = sheet(house.catalogue, "bpi-sf", now, answers={**all_answers(instrument), **worst})
        who = Actor("patient", study_number)
        answer.submit(tx, house.study, house.catalogue, person, timepoint, sent, who, now)
        query = text("SELECT max(id) FROM response WHERE participant_id = :id")
        found = tx.conn.execute(query, {"id": person.id}).scalar_one()
        tx.conn.execute(
            text(
                "INSERT INTO tablet (key_hash, label, site, staff_id, state, created_at, seen_at)"
                " VALUES (:key, 'one', :site, 1, 'with_staff', :now, :now)"
            ),
            {"key": study_number, "site": person.site, "now": now.replace(tzinfo=None)},
        )
        tablet = tx.conn.execute(text("SELECT max(id) FROM tablet")).scalar_one()
    return {"response_id": found, "uuid": sent.response, "tablet_id": tablet}
