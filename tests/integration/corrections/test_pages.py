"""The pages of corrections, exports and the report, told by people."""

import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.exports import paper
from pro_app.records import audit, responses
from pro_app.records.participants import Participant
from pro_app.web.guard import guard_of
from pro_app.wiring import Service
from tests.integration.clinic.test_pages import signed_in
from tests.integration.corrections.exported import job_of
from tests.integration.exports.ward import SECRET, Ward

COORDINATORS = {"hua", "chen"}
EVERYBODY = ("li", "hua", "sun", "chen", "mo", "mu", "zhao", "ad")
READERS = set(EVERYBODY) - {"ad"}
READING = {f"exporting.{one}" for one in ("report_page_view", "completion_file", "scores_file", "report_pdf")}


def address(uuid: str, word: str = "", number: str = "CZ-001") -> str:
    return f"/staff/participants/{number}/responses/{uuid}{word}"


def fields(page: str) -> dict[str, object]:
    """What a browser would send of the form on a page: selects, ticked boxes, hidden fields."""
    found: dict[str, object] = {}
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', body)
        first = re.search(r'<option value="([^"]*)"', body)
        found[name] = chosen[1] if chosen else first[1] if first else ""
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="hidden"' in tag or "checked" in tag):
            found[name[1]] = value[1] if value else ""
    return found


def test_the_coordinator_corrects_an_answer_in_two_steps(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    hua = signed_in(pages, "hua")
    shown = hua.get(address(response)).text
    assert "Correct answers" in shown
    assert SECRET not in shown
    form = fields(hua.get(address(response, "/correct")).text)
    assert form["bpi3"] == "7"
    form |= {"bpi3": "9", "reason": "typing_error", "step": "preview"}
    preview = hua.post(address(response, "/correct"), data=form)
    assert preview.status_code == 200
    assert "What this would change" in preview.text
    assert "Worst pain" in preview.text
    with ward.store.reading() as tx:
        assert len(responses.of_participant(tx, wang.id)) == 1
    saved = hua.post(address(response, "/correct"), data={**fields(preview.text), "step": "save"})
    assert saved.status_code == 303
    with ward.store.reading() as tx:
        found = responses.of_participant(tx, wang.id)
        assert [one.standing for one in found] == ["replaced", "current"]
        assert responses.answers_of(tx, found[1].uuid)["bpi3"] == {"value": 9}
        assert responses.answers_of(tx, found[1].uuid)["bpi7"] == {"value": SECRET}
    page = hua.get(address(found[1].uuid)).text
    assert "replaced by a correction" in page
    assert "typing or transcription error" in page


def test_a_body_diagram_is_corrected_too(pages: Flask, team: None, ward: Ward, wang: Participant) -> None:
    value = {"regions": ["front-chest-left"], "worst": "front-chest-left"}
    uuid = ward.answered(wang, "2w", "bpi-sf", ward.now, bpi2=value)
    hua = signed_in(pages, "hua")
    form = fields(hua.get(address(uuid, "/correct")).text)
    form |= {"bpi2": ["front-chest-left", "back-sacrum"], "bpi2_worst": "back-sacrum"}
    form |= {"reason": "source_check", "step": "save"}
    assert hua.post(address(uuid, "/correct"), data=form).status_code == 303
    with ward.store.reading() as tx:
        new = responses.of_participant(tx, wang.id)[-1]
        assert responses.answers_of(tx, new.uuid)["bpi2"] == {
            "value": {"regions": ["front-chest-left", "back-sacrum"], "worst": "back-sacrum"}
        }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Nothing is different yet"),
        ({"bpi3": "9", "reason": ""}, "Choose a reason"),
        ({"bpi3": "11", "reason": "typing_error"}, "One of the answers is none"),
        ({"bpi3": "nine", "reason": "typing_error"}, "One of the answers is none"),
        ({"bpi2": "front-wing", "reason": "typing_error"}, "One of the answers is none"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_saved(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str, changes: dict[str, str], said: str
) -> None:
    hua = signed_in(pages, "hua")
    form = {**fields(hua.get(address(response, "/correct")).text), "reason": "typing_error", **changes}
    answer = hua.post(address(response, "/correct"), data={**form, "step": "save"})
    assert answer.status_code == 422
    assert said in answer.text
    with ward.store.reading() as tx:
        assert [one.standing for one in responses.of_participant(tx, wang.id)] == ["current"]


def test_two_coordinators_at_once_the_second_is_told(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    hua, chen = signed_in(pages, "hua"), signed_in(pages, "chen")
    form = {**fields(hua.get(address(response, "/correct")).text), "bpi3": "9", "reason": "typing_error"}
    assert hua.post(address(response, "/correct"), data={**form, "step": "save"}).status_code == 303
    late = chen.post(address(response, "/correct"), data={**form, "bpi3": "8", "step": "save"})
    assert late.status_code == 409
    assert "Somebody else changed this response" in late.text
    assert (
        chen.post(address(response, "/withdraw"), data={"revision": "1", "reason": "duplicate"}).status_code
        == 409
    )


def test_a_response_is_moved_and_withdrawn_by_hand(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    other = ward.enrol("CZ-002", "CZ", date(2026, 11, 16), "separation")
    hua = signed_in(pages, "hua")
    form = {**fields(hua.get(address(response, "/move")).text), "to": "CZ-002", "reason": "wrong_participant"}
    preview = hua.post(address(response, "/move"), data={**form, "step": "preview"})
    assert "CZ-002 gets it" in preview.text
    assert hua.post(address(response, "/move"), data={**form, "step": "save"}).status_code == 303
    with ward.store.reading() as tx:
        (there,) = responses.of_participant(tx, other.id)
    withdrawn = hua.post(
        address(there.uuid, "/withdraw", "CZ-002"),
        data={"revision": "1", "reason": "consent", "step": "save"},
    )
    assert withdrawn.status_code == 303
    with ward.store.reading() as tx:
        assert [one.standing for one in responses.of_participant(tx, other.id)] == ["withdrawn"]
        assert not audit.verify(tx)


def test_a_second_response_is_compared_with_the_first_and_made_to_count(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    second = ward.answered(wang, "2w", "bpi-sf", ward.now, bpi3=2, bpi7=SECRET)
    hua = signed_in(pages, "hua")
    assert "Compare, and make it count" in hua.get(address(second)).text
    page = hua.get(address(second, "/choose")).text
    assert "1 answer is different" in page
    assert SECRET not in page
    form = {**fields(page), "reason": "first_by_mistake"}
    assert "Choose a reason" in hua.post(address(second, "/choose"), data={**form, "reason": ""}).text
    late = hua.post(address(second, "/choose"), data={**form, "instead_of": second})
    assert late.status_code == 409
    assert hua.post(address(second, "/choose"), data=form).status_code == 303
    with ward.store.reading() as tx:
        assert [one.standing for one in responses.of_participant(tx, wang.id)] == ["replaced", "current"]
    again = hua.post(address(second, "/choose"), data=form)
    assert again.status_code == 422
    assert "counts already" in again.text
    assert hua.get(address(second, "/choose")).status_code == 303


def test_a_site_coordinator_can_move_nothing_to_another_site(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    ward.enrol("P3-001", "P3", date(2026, 11, 17), "en-bloc")
    form = {"revision": "1", "to": "P3-001", "timepoint": "2w", "reason": "wrong_participant", "step": "save"}
    refused = signed_in(pages, "hua").post(address(response, "/move"), data=form)
    assert refused.status_code == 422
    assert "no participant with this study number" in refused.text
    assert signed_in(pages, "chen").post(address(response, "/move"), data=form).status_code == 303


def our_rules(pages: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, method and path of every page here."""
    found = []
    for rule in pages.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in ("corrections", "exporting"):
            assert guard_of(pages.view_functions[rule.endpoint])
            found += [
                (rule.endpoint, method, str(rule))
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            ]
    return found


def test_every_page_lets_in_whom_it_should_and_nobody_else(
    pages: Flask,
    house: Service,
    team: None,
    ward: Ward,
    wang: Participant,
    response: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paper, "browser", lambda: None)
    elsewhere = ward.enrol("P3-001", "P3", date(2026, 11, 17), "en-bloc")
    theirs = ward.answered(elsewhere, "2w", "bpi-sf", ward.now)
    rules = our_rules(pages)
    ready = {login: job_of(ward.store, login, ward.now) for login in COORDINATORS}
    assert len(rules) == 19
    for login in EVERYBODY:
        client = signed_in(pages, login)
        for endpoint, method, path in rules:
            reads = endpoint in READING
            may = login in (READERS if reads else COORDINATORS)
            for number, uuid in (("CZ-001", response), ("P3-001", theirs)):
                full = path.replace("<study_number>", number).replace("<uuid>", uuid)
                full = full.replace("<job>", ready.get(login, "none"))
                got = client.open(full, method=method).status_code
                own = login == "chen" or number == "CZ-001" or "<study_number>" not in path
                expected = {403} if not may else {200, 303, 422, 409} if own else {404}
                assert got in expected, (login, endpoint, method, number, got)


def test_only_the_study_coordinator_sees_arms_side_by_side(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    for login in ("li", "hua", "sun", "mo"):
        client = signed_in(pages, login)
        page = client.get("/staff/report").text
        assert "En bloc resection</td>" not in page
        assert "Arms are not told apart here" in page
        assert "en-bloc" not in client.get("/staff/report/scores.csv").text
    chen = signed_in(pages, "chen")
    assert "En bloc resection</td>" in chen.get("/staff/report").text
    assert "en-bloc" in chen.get("/staff/report/scores.csv").text


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_report_shows_what_came_in_both_languages(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str, language: str
) -> None:
    ward.answered(wang, "baseline", "qlq-c30", ward.now - timedelta(days=16), q29=4, q30=4)
    client = signed_in(pages, "hua", language)
    page = client.get("/staff/report").text
    assert "BPI-SF" in page
    assert "50.0" in page  # QL2 of 4 and 4
    assert client.get("/staff/exports").status_code == 200
    for word in ("", "/correct", "/move", "/withdraw"):
        assert client.get(address(response, word)).status_code == 200


@pytest.mark.browser
def test_the_report_is_printed_by_chromium(
    pages: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    import pypdf

    if paper.browser() is None:
        pytest.skip("no Chromium on the PATH")
    answer = signed_in(pages, "hua").get("/staff/report.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages)
    assert "NCT06120426" in text
    assert "BPI-SF" in text


def test_without_a_chromium_the_report_is_a_page_to_print(
    pages: Flask, team: None, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "browser", lambda: None)
    answer: FlaskClient = signed_in(pages, "hua").get("/staff/report.pdf")  # type: ignore[assignment]
    assert answer.mimetype == "text/html"  # type: ignore[attr-defined]
    assert ".html" in answer.headers["Content-Disposition"]  # type: ignore[attr-defined]
