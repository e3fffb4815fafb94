"""A clinic's tablet offers no copy of answers, and gives none: it goes from hand to hand."""

from datetime import datetime

from flask import Flask

from pro_app.actions import answer
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.wiring import Service
from tests.integration.clinic.tablets import BORN, give_pin, one_database, ward_of
from tests.people import sheet


@one_database
def test_on_a_tablet_that_was_handed_over_there_is_neither_link_nor_copy(
    house: Service, clinic: Flask, team: None, now: datetime
) -> None:
    give_pin(house, "li", now)
    ward = ward_of(house, clinic, now)
    assert ward.give(label="Ward 3").location == "/visit"
    ward.agree()
    with house.store.writing() as tx:
        person = participants.by_id(tx, ward.wang.id)
        for name in ("bpi-sf", "qlq-c30"):
            one = sheet(house.catalogue, name, now, **({"bpi7": "热敷"} if name == "bpi-sf" else {}))
            actor = Actor("patient", person.study_number)
            answer.submit(tx, house.study, house.catalogue, person, "baseline", one, actor, now)
    address = f"/v/{ward.token}/copy"
    finished = ward.tablet.get("/visit").text
    assert "您的各次访视" in finished
    assert "/copy" not in finished
    assert ward.tablet.get(address).status_code == 404
    assert ward.tablet.post(address, data={"answer": BORN}).status_code == 404
    assert "own_copy_fetched" not in ward.trail("CZ-003")
    own = clinic.test_client()
    assert "热敷" in own.post(address, data={"answer": BORN}).text
