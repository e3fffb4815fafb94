"""How a score comes about, as the statistician reads it on a page and in JSON."""

from datetime import datetime

import pytest
from flask import Flask

from pro_app.records.schema import score
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, mary
from tests.integration.clinic.sheets import MARKED, given
from tests.integration.clinic.test_pages import signed_in


@pytest.fixture
def answered(house: Service, team: None, now: datetime) -> str:
    """Her physical functioning: 3 2 - 2 1; emotional functioning: three of four left out."""
    return given(house, now, q1=3, q2=2, q3=None, q4=2, q5=1, q21=None, q22=None, q23=None, q24=4)


def address(uuid: str, number: str = "CZ-001") -> str:
    return f"/staff/participants/{number}/scores/{uuid}"


def test_the_page_goes_from_the_answers_to_the_score_step_by_step(clinic: Flask, answered: str) -> None:
    client = signed_in(clinic, "li")
    assert address(answered) in client.get("/staff/participants/CZ-001").text
    page = client.get(address(answered)).text
    for step in ("skipped", "4 of 5, 3 needed", "8 ÷ 4 = 2", "(1 − (2 − 1) ÷ 3) × 100", "200/3 = "):
        assert step in page
    assert "66.66666666666667" in page
    assert "too few items answered" in page
    assert "qlq-c30-3.0/1" in page
    assert "Fayers" in page
    assert '<a href="/staff/participants" aria-current="true">' in page, "the menu says where one is"
    assert page.count("aria-current") == 2, "that, and the language"


def test_values_carry_the_labels_of_the_words_they_were_answered_in(
    clinic: Flask, house: Service, answered: str
) -> None:
    labels = house.catalogue.pack("qlq-c30", "zh-Hans").items["q1"].labels
    assert f'<td lang="zh-Hans">{labels[3]}</td>' in signed_in(clinic, "li").get(address(answered)).text


def test_the_json_says_what_the_page_says(clinic: Flask, house: Service, answered: str) -> None:
    client = signed_in(clinic, "mo")
    found = client.get(f"{address(answered)}.json")
    assert found.is_json
    assert found.json == client.get(f"{address(answered)}?format=json").json
    data = found.json
    assert data is not None
    pf2 = next(one for one in data["passport"]["scales"] if one["scale"] == "PF2")
    assert (pf2["sum"], pf2["mean"], pf2["exact"], pf2["value"]) == ("8", "2", "200/3", 200 / 3)
    assert data["passport"]["pack"] == house.catalogue.pack("qlq-c30", "zh-Hans").hash
    assert (
        data["receipt"]
        == f"{data['passport']['answers_hash'][:4]}-{data['passport']['answers_hash'][4:8]}".upper()
    )
    assert data["answers"]["q3"] == {"code": None, "missing": "skipped", "label": "skipped"}
    assert (data["stored"], data["different"]) == (True, [])


def test_a_stored_score_that_was_changed_is_named(clinic: Flask, house: Service, answered: str) -> None:
    assert "every stored score is the same" in signed_in(clinic, "li").get(address(answered)).text
    with house.store.writing() as tx:
        tx.conn.execute(score.update().where(score.c.scale == "PF2").values(value=99.0))
    page = signed_in(clinic, "li").get(address(answered)).text
    assert "What is stored is not what these answers give" in page
    assert "stored 99.0" in page


def test_both_languages_have_the_page(clinic: Flask, answered: str) -> None:
    page = signed_in(clinic, "li", "zh-Hans").get(address(answered))
    assert page.status_code == 200
    assert 'lang="zh-Hans"' in page.text


@pytest.mark.parametrize("ending", ["", ".json", "?format=json"])
@pytest.mark.parametrize(
    ("login", "status"),
    [("li", 200), ("chen", 200), ("mo", 200), ("mu", 404), ("zhao", 404), ("ad", 403)],
)
def test_another_site_finds_nothing_and_an_administrator_may_not(
    clinic: Flask, answered: str, login: str, status: int, ending: str
) -> None:
    assert signed_in(clinic, login).get(address(answered) + ending).status_code == status


def test_a_response_belongs_to_its_participant(
    clinic: Flask, house: Service, answered: str, now: datetime
) -> None:
    enrolled(house.store, house.study, house.links, mary(), now)
    client = signed_in(clinic, "chen")
    assert client.get(address(answered, "P3-001")).status_code == 404
    assert client.get(address("no-such-response")).status_code == 404
    assert client.get(f"{address(answered)}?format=xml").status_code == 404


def test_neither_names_nor_own_words_are_shown(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    text = next(item.id for item in house.catalogue.instrument("bpi-sf").items if item.kind == "text")
    uuid = given(house, now, "bpi-sf", **{text: MARKED})
    for ending in ("", ".json"):
        page = signed_in(clinic, "mo").get(address(uuid) + ending)
        assert page.status_code == 200
        assert "王" not in page.text
        assert MARKED not in page.get_data(as_text=True)
