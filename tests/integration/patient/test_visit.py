"""Inside the visit: the notice first, then what is to do; leaving for the next person."""

import re
from dataclasses import replace

from pro_app.records import participants
from tests.integration.patient.conftest import Phone


def test_without_a_visit_the_pages_lead_to_the_code(phone: Phone) -> None:
    for address in ("/visit", "/visit/privacy", "/visit/form/bpi-sf", "/visit/sent/bpi-sf"):
        page = phone.get(address)
        assert page.status_code == 401 and 'name="code"' in page.text


def test_the_notice_comes_from_the_study_file(phone: Phone) -> None:
    phone.begin()
    page = phone.get("/visit/privacy").text
    notice = phone.house.study.privacy
    for text in (notice.keeper, notice.data, notice.place, notice.duration, notice.questions):
        assert text["zh-Hans"] in page
    assert "checked" not in page


def test_a_yes_needs_the_separate_yes_to_health_data(phone: Phone) -> None:
    phone.begin()
    phone.get("/visit/privacy")
    refused = phone.send("/visit/privacy", answer="yes")
    assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert phone.send("/visit/privacy", answer="yes", health_data="yes").headers["Location"] == "/visit"
    with phone.house.store.reading() as tx:
        wang = participants.by_id(tx, phone.wang.id)
    assert (wang.privacy_answer, wang.privacy_version) == (True, phone.house.study.privacy.version)
    assert phone.trail()[0] == "privacy_agreed"


def test_a_yes_is_asked_for_once(phone: Phone) -> None:
    phone.begin()
    phone.get("/visit/privacy")
    for _ in range(2):
        phone.get("/visit/privacy")
        phone.send("/visit/privacy", answer="yes", health_data="yes")
    assert phone.trail().count("privacy_agreed") == 1
    assert phone.get("/visit").status_code == 200


def test_a_no_leads_to_a_kind_page_and_is_told_to_the_site(phone: Phone) -> None:
    phone.begin()
    phone.get("/visit/privacy")
    phone.send("/visit/privacy", answer="no")
    assert phone.trail()[0] == "privacy_declined"
    assert phone.get("/visit").headers["Location"] == "/visit/privacy"
    assert 'value="again"' in phone.get("/visit/privacy").text
    assert phone.get("/visit/form/bpi-sf").headers["Location"] == "/visit/privacy"
    phone.get("/visit/privacy")
    again = phone.send("/visit/privacy", answer="again")
    assert 'name="health_data"' in again.text


def test_a_newer_notice_is_asked_for_again(phone: Phone) -> None:
    phone.inside()
    study = phone.house.study
    newer = replace(study, privacy=replace(study.privacy, version="2"))
    phone.client.application.extensions["pro_app"] = replace(phone.house, study=newer)
    assert phone.get("/visit").headers["Location"] == "/visit/privacy"


def test_home_says_what_is_to_do_by_when_and_whom_to_call(phone: Phone) -> None:
    page = phone.inside().get("/visit?lang=en").text
    assert "2 questionnaires" in page and "4 December" in page
    assert 'href="/visit/form/bpi-sf"' in page and f"#{phone.ref}" in page
    assert "021-0000 0000" in page and phone.house.study.emergency.text["en"] in page
    assert page.count("<li class=") == 6 and 'aria-current="step"' in page
    assert "王" not in page


def test_home_counts_what_was_answered(phone: Phone) -> None:
    phone.inside().get("/visit/form/qlq-c30")
    phone.send("/visit/form/qlq-c30", q1="2", q2="1", action="save")
    assert "2 of 30 answered" in phone.get("/visit?lang=en").text


def test_leaving_forgets_the_visit_in_this_browser(phone: Phone) -> None:
    phone.inside()
    assert phone.send("/visit/leave").headers["Location"] == "/"
    assert phone.get("/visit").status_code == 401
    assert "/visit" not in phone.get("/").text.replace("/visit.js", "")


def test_a_new_visit_makes_forms_of_the_one_before_worthless(phone: Phone) -> None:
    phone.inside()
    old = phone.get("/visit")
    phone.client.delete_cookie("visit")
    phone.begin()
    phone.page = old
    assert phone.send("/visit/privacy", answer="no").status_code == 400


def test_an_unknown_questionnaire_is_not_found(phone: Phone) -> None:
    phone.inside()
    for page in ("form", "review", "sent"):
        assert phone.get(f"/visit/{page}/phq-9").status_code == 404


def test_no_blank_stands_after_a_chinese_full_stop_and_one_stands_after_an_english(phone: Phone) -> None:
    """Chinese punctuation brings its own room: sentences put together by a template must not add to it."""
    stray = re.compile(r"[。！？；：，、](?:</(?:b|i|a)>)? (?:<(?:b|i|a)\b[^>]*>)?[^\s<].{0,20}")
    seen = [phone.get("/").text, phone.get(f"/v/{phone.token()}").text]
    phone.begin()
    seen.append(phone.get("/visit/privacy").text)
    phone.agree()
    seen += [phone.get(address).text for address in ("/visit", "/visit/form/bpi-sf", "/visit/review/bpi-sf")]
    left = phone.page.text.split('name="left" value="')[1].split('"')[0]
    phone.send("/visit/review/bpi-sf", left=left, helper="alone")
    seen += [phone.get(address).text for address in ("/visit/sent/bpi-sf", "/visit")]
    for page in seen:
        assert 'lang="zh-Hans"' in page and "。" in page
        assert not stray.findall(page)
    assert ". You can stop at any time" in phone.get("/visit?lang=en").text
