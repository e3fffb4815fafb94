"""What Li reads about messages: each decision of her own hospital as a sentence."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import learn
from pro_app.letters.reports import Report
from pro_app.ports import Outcome
from pro_app.records import delivery_lists
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from tests.integration.clinic.conftest import clinic, house, quick_hashes, team  # noqa: F401  fixtures
from tests.integration.clinic.test_pages import signed_in
from tests.integration.reminders.scene import DAY, HOUR, NOON, Scene


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "sqlite")


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


@pytest.fixture
def wang(scene: Scene) -> Participant:
    """His text message was refused, the e-mail went out; the next step waits for the morning."""
    wang = scene.wang()
    scene.tick()
    (row,) = scene.rows(wang)
    with scene.store.writing() as tx:
        refused = Outcome("refused", "inbox", detail="MOBILE_IN_BLACK 13800030000")
        learn.take_in(tx, Report(refused, row.reference), NOON + HOUR)
    scene.tick(NOON + 2 * HOUR)
    scene.remind(NOON + 11 * HOUR + 2 * DAY)
    return wang


@pytest.fixture
def li(clinic: Flask, team: None) -> FlaskClient:  # noqa: F811
    return signed_in(clinic, "li")


def read(client: FlaskClient, query: str = "") -> str:
    answer = client.get(f"/staff/messages{query}")
    assert answer.status_code == 200
    return answer.text


def test_li_reads_what_was_sent_and_why_something_was_not(li: FlaskClient, wang: Participant) -> None:
    page = read(li)

    assert "refused this message" in page
    assert "MOBILE_IN_BLACK" in page and "13800030000" not in page
    assert "✓</span> sent" in page
    assert "Waiting: it is outside the hours for messages." in page
    assert "At the earliest 4 December 2026" in page
    assert page.count("CZ-003") >= 3


# Each way to narrow the list down, what is then seen and what is not.
NARROWED = (
    ("?show=sent", "✓</span> sent", "refused this message"),
    ("?show=trouble", "refused this message", "Waiting"),
    ("?show=not_sent", "Waiting", "✓</span> sent"),
    ("?show=waiting", "No message fits.", "CZ-003"),
    ("?search=cz-003", "CZ-003", "No message fits."),
    ("?search=CZ-9", "No message fits.", "CZ-003"),
    ("?show=nonsense&before=x", "CZ-003", "No message fits."),
    ("?search=%25", "No message fits.", "CZ-003"),
)


def test_the_list_can_be_narrowed_down(li: FlaskClient, wang: Participant) -> None:
    for query, seen, unseen in NARROWED:
        page = read(li, query)
        assert seen in page and unseen not in page, query


def test_a_site_reads_its_own_and_who_has_no_patients_reads_none(
    clinic: Flask,  # noqa: F811
    li: FlaskClient,
    wang: Participant,
    scene: Scene,
) -> None:
    scene.mary()
    scene.tick()

    assert "P3-001" not in read(li)
    assert "P3-001" in read(signed_in(clinic, "zhao")) and "CZ-003" not in read(signed_in(clinic, "zhao"))
    everywhere = read(signed_in(clinic, "chen"))
    assert "P3-001" in everywhere and "Peking University Third Hospital" in everywhere
    assert signed_in(clinic, "ad").get("/staff/messages").status_code == 403


def test_in_chinese_and_with_nothing_yet(clinic: Flask, team: None) -> None:  # noqa: F811
    client = signed_in(clinic, "li", "zh-Hans")

    assert "消息" in read(client)


@pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_long_list_is_read_page_by_page_without_a_gap(scene: Scene) -> None:
    for number in range(1, 6):
        scene.enrol(number)
    scene.remind()
    seen: list[str] = []
    before: int | None = None
    with scene.store.reading() as tx:
        while rows := delivery_lists.listing(tx, ("CZ", "P3"), before=before, limit=2, search="cz-"):
            seen += [row.study_number for row in rows]
            before = rows[-1].delivery.id
        assert delivery_lists.listing(tx, (), limit=2) == ()
        assert delivery_lists.listing(tx, ("CZ",), states=("sent",)) == ()

    assert seen == ["CZ-005", "CZ-004", "CZ-003", "CZ-002", "CZ-001"]
