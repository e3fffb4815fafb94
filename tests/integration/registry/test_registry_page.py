"""What the staff see of the registry, and what they do about it: Chen for the study, Hua for her site."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions.reconcile import daily
from pro_app.records import audit
from pro_app.web import current
from pro_app.web.guard import guard_of
from tests.integration.clinic.conftest import clinic, house, quick_hashes, team
from tests.integration.clinic.test_pages import signed_in
from tests.integration.registry.registries import Away, Picky, Shelf
from tests.integration.registry.ward import REGISTRY, Ward
from tests.unit.registry.cast import STUDY, citations

__all__ = ["clinic", "house", "quick_hashes", "team"]
EVERYBODY = ("li", "hua", "sun", "chen", "mo", "mu", "zhao", "ad")


@pytest.fixture
def page(clinic: Flask, team: None, ward: Ward) -> Iterator[Flask]:
    """The program with two answer sheets of Wang at CZ and one of Mary at P3 waiting."""
    wang, mary = ward.enrol("CZ-001", "CZ"), ward.enrol("P3-001", "P3")
    ward.answer(wang, "1m", "bpi-sf")
    ward.answer(wang, "1m", "qlq-c30")
    ward.answer(mary, "1m", "bpi-sf")
    yield clinic


def text_of(client: FlaskClient) -> str:
    """The words on the page, without its tags."""
    answer = client.get("/staff/registry")
    assert answer.status_code == 200
    main = answer.text[answer.text.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def compared(ward: Ward, registry: Shelf, after: timedelta = timedelta(0)) -> None:
    daily(ward.store, (registry,), ward.now + after, study=STUDY, citations=citations())


def events(ward: Ward) -> list[tuple[str, str]]:
    with ward.store.reading() as tx:
        assert not audit.verify(tx)
        return [(one.action, one.actor.name) for one in audit.history(tx, f"registry/{REGISTRY}")]


def test_the_page_says_what_waits_then_that_all_is_in_step_and_since_when(page: Flask, ward: Ward) -> None:
    chen = signed_in(page, "chen")
    waiting = text_of(chen)
    assert "→ On its way since 1 December 2026, 12:00" in waiting
    assert "3 wait here" in waiting
    assert 'max="3" value="0"' in chen.get("/staff/registry").text
    shelf = Shelf()
    ward.sync(shelf)
    assert "everything is confirmed; the books have not been compared yet" in text_of(chen)
    compared(ward, shelf)
    assert "✓ In step since 1 December 2026, 12:00: every comparison found the same" in text_of(chen)


def test_a_refusal_stands_there_in_the_registrys_own_words_and_is_sent_again(page: Flask, ward: Ward) -> None:
    registry = Picky("CZ-001")
    ward.sync(registry)
    chen = signed_in(page, "chen")
    shown = text_of(chen)
    assert "✕ Something was refused" in shown
    assert shown.count("status 422: site not activated") == 2
    rows = re.findall(r'name="row" value="(\d+)"', chen.get("/staff/registry").text)
    assert len(rows) == 2
    answer = chen.post(f"/staff/registry/{REGISTRY}/resend", data={"row": rows}, follow_redirects=True)
    assert "2 records will be sent again." in answer.text
    registry.disliked.clear()
    ward.sync(registry)
    assert set(ward.states()) == {"delivered"}
    assert events(ward) == [("registry_resent", "chen")]


def test_what_a_registry_says_is_neither_markup_nor_a_sentence_with_gaps(page: Flask, ward: Ward) -> None:
    ward.sync(Picky("CZ-001", words='<form action="/c"><b>100% of it %(wrong)s %d</b>'))
    for path in ("/staff/registry", "/staff/registry/now"):
        shown = signed_in(page, "chen").get(path)
        assert shown.status_code == 200 and "<b>100%" not in shown.text
        assert "&lt;b&gt;100% of it %(wrong)s %d&lt;/b&gt;" in shown.text


def test_a_site_sees_and_touches_its_own_only(page: Flask, ward: Ward) -> None:
    ward.sync(Picky("CZ-001", "P3-001"))
    hua = signed_in(page, "hua")
    shown = text_of(hua)
    assert "CZ-001" in shown
    assert "P3-001" not in shown
    assert "2 refused by the registry" in shown
    assert "Peking" not in shown
    theirs = ward.row(2).id
    hua.post(f"/staff/registry/{REGISTRY}/resend", data={"row": [theirs], "record": ["P3-001/1m/bpi-sf"]})
    hua.post(f"/staff/registry/{REGISTRY}/hold", data={"row": [theirs]})
    assert ward.states() == ["parked"] * 3
    assert events(ward) == []
    hua.post(f"/staff/registry/{REGISTRY}/resend", data={"record": ["CZ-001/1m/bpi-sf", "x", "a/b/c/d"]})
    assert ward.states() == ["waiting", "parked", "parked"]


def test_every_difference_of_the_last_comparison_is_listed_and_what_is_lost_goes_again(
    page: Flask, ward: Ward
) -> None:
    shelf = Shelf()
    ward.sync(shelf)
    lost = [record for record, parcel in shelf.shelf.items() if parcel.study_number == "CZ-001"]
    for record in lost:
        del shelf.shelf[record]
    compared(ward, shelf)
    compared(ward, shelf, timedelta(days=2))
    chen = signed_in(page, "chen")
    shown = text_of(chen)
    assert "≠ Not in step since 1 December 2026, 12:00: the two sides differ" in shown
    assert shown.count("missing there") == 2
    assert "2 differ on the two sides compared 3 December 2026, 12:00" in shown
    elsewhere = text_of(signed_in(page, "zhao"))  # nothing of P3 differs
    assert "✓ In step" in elsewhere
    assert "the comparison of 3 December 2026, 12:00 found no difference here" in elsewhere
    records = re.findall(r'name="record" value="([^"]+)"', chen.get("/staff/registry").text)
    chen.post(f"/staff/registry/{REGISTRY}/resend", data={"record": records})
    ward.sync(shelf, after=timedelta(days=2))
    current.datetime.moment = ward.now + timedelta(days=2, seconds=20)  # type: ignore[attr-defined]
    chen = signed_in(page, "chen")
    chen.post(f"/staff/registry/{REGISTRY}/compare")
    compared(ward, shelf, timedelta(days=2, seconds=30))
    assert "✓ In step" in text_of(chen)
    assert events(ward)[:2] == [("registry_compared", "clock"), ("registry_comparison_asked", "chen")]


def test_away_is_told_with_its_words_and_a_pause_with_who_made_it(page: Flask, ward: Ward) -> None:
    ward.sync(Away())
    chen = signed_in(page, "chen")
    assert "→ On its way" in text_of(chen)  # two failures are not yet a habit
    for minutes in (10, 20):
        ward.sync(Away(), after=timedelta(minutes=minutes))
    shown = text_of(chen)
    assert "◌ The registry is away" in shown
    assert "times in a row" in shown
    assert "it was said: status 503: closed" in shown
    chen.post(f"/staff/registry/{REGISTRY}/pause")
    chen.post(f"/staff/registry/{REGISTRY}/pause")
    assert "‖ Paused by a person since 1 December 2026, 12:00, by chen" in text_of(chen)
    assert ward.sync(Shelf(), after=timedelta(hours=3))[0].resting == "paused"
    chen.post(f"/staff/registry/{REGISTRY}/resume")
    ward.sync(Shelf(), after=timedelta(hours=3))
    assert set(ward.states()) == {"delivered"}
    assert events(ward) == [("registry_resumed", "chen"), ("registry_paused", "chen")]


def test_a_row_is_held_back_by_hand_until_it_is_sent_again(page: Flask, ward: Ward) -> None:
    hua = signed_in(page, "hua")
    first = ward.row().id
    assert (
        "1 record is held back."
        in hua.post(f"/staff/registry/{REGISTRY}/hold", data={"row": [first]}, follow_redirects=True).text
    )
    ward.sync(Shelf())
    assert ward.states() == ["paused", "delivered", "delivered"]
    assert "1 held back by a person" in text_of(hua)
    nothing = hua.post(f"/staff/registry/{REGISTRY}/hold", data={"row": ["x"]}, follow_redirects=True)
    assert "Nothing is held back" in nothing.text


def test_who_may_see_who_may_send_again_and_who_may_pause(page: Flask, ward: Ward, now: datetime) -> None:
    rules = [rule for rule in page.url_map.iter_rules() if rule.endpoint.startswith("registry.")]
    assert len(rules) == 7
    for login in EVERYBODY:
        client = signed_in(page, login)
        for rule in rules:
            guard = guard_of(page.view_functions[rule.endpoint])
            assert guard
            word = rule.endpoint.split(".")[1]
            may = {
                "listing": login != "ad",
                "standing": login != "ad",
                "pause": login == "chen",
                "resume": login == "chen",
            }.get(word, login in ("chen", "hua"))
            method = "GET" if word in ("listing", "standing") else "POST"
            known = client.open(str(rule).replace("<name>", REGISTRY), method=method).status_code
            assert known in ({200, 303} if may else {403}), (login, word)
            if "<name>" in str(rule) and may:
                assert client.open(str(rule).replace("<name>", "nowhere"), method=method).status_code == 404


def test_the_page_stands_in_chinese_too(page: Flask, ward: Ward) -> None:
    ward.sync(Picky("CZ-001"))
    chinese = signed_in(page, "chen", "zh-Hans").get("/staff/registry")
    assert chinese.status_code == 200
    assert 'lang="zh-Hans"' in chinese.text
