"""The questionnaire without scripts: complete, forgiving, sent once."""

from datetime import timedelta

import pytest
import time_machine

from pro_app.records import drafts, responses
from tests.integration.patient.conftest import Phone

FORM, REVIEW, SENT = "/visit/form/bpi-sf", "/visit/review/bpi-sf", "/visit/sent/bpi-sf"
NUMBERS = ("bpi3", "bpi4", "bpi5", "bpi6", "bpi8", *(f"bpi9{letter}" for letter in "abcdefg"))


def filled(**changes: str | list[str]) -> dict[str, str | list[str]]:
    """The pain questionnaire, every question answered."""
    answers: dict[str, str | list[str]] = dict.fromkeys(NUMBERS, "0")
    return {**answers, "bpi1": "1", "bpi2": ["back-lumbar-spine"], "bpi7": "", **changes}


def draft_of(phone: Phone) -> drafts.Draft | None:
    with phone.house.store.reading() as tx:
        return drafts.of_visit(tx, phone.wang.id, "2w").get("bpi-sf")


def answers_of(phone: Phone, number: int = 0) -> dict[str, responses.Answer]:
    with phone.house.store.reading() as tx:
        return responses.answers_of(tx, phone.stored()[number].uuid)


def left_on_page(phone: Phone) -> str:
    return phone.page.text.split('name="left" value="')[1].split('"')[0]


def test_the_form_asks_everything_and_chooses_nothing(phone: Phone) -> None:
    page = phone.inside().get(FORM).text
    assert page.count("<fieldset") == 15
    assert "checked" not in page


def test_answers_reach_the_server_complete_with_who_helped(phone: Phone) -> None:
    phone.inside().get(FORM)
    assert phone.send(FORM, action="review", **filled(bpi7="阿司匹林")).headers["Location"] == REVIEW
    assert "阿司匹林" in phone.get(REVIEW).text
    assert phone.send(REVIEW, left="", helper="read").headers["Location"] == SENT
    (stored,) = phone.stored()
    assert (stored.helper, stored.mode, stored.standing) == ("read", "own_phone", "current")
    assert answers_of(phone)["bpi7"] == {"value": "阿司匹林"}
    assert answers_of(phone)["bpi2"] == {"value": {"regions": ["back-lumbar-spine"], "worst": None}}
    assert draft_of(phone) is None


def test_saving_keeps_what_was_entered_and_the_form_shows_it_again(phone: Phone) -> None:
    phone.inside().get(FORM)
    assert phone.send(FORM, action="save", bpi3="7", bpi7="热敷").headers["Location"] == "/visit"
    page = phone.get(FORM).text
    assert "热敷" in page and page.count("checked") == 1


@pytest.mark.parametrize(("action", "cookie"), [("lang:en", "language"), ("size:3", "text_size")])
def test_language_and_size_switch_keep_what_was_entered(phone: Phone, action: str, cookie: str) -> None:
    phone.inside().get(FORM)
    assert phone.send(FORM, action=action, bpi3="7").headers["Location"] == FORM
    assert phone.client.get_cookie(cookie) is not None
    draft = draft_of(phone)
    assert draft and draft.answers == {"bpi3": {"value": 7}}


def test_left_questions_are_confirmed_once_and_recorded_as_skipped(phone: Phone) -> None:
    phone.inside().get(FORM)
    fields = filled()
    del fields["bpi4"], fields["bpi8"]
    phone.send(FORM, action="review", **fields)
    page = phone.get(f"{REVIEW}?lang=en").text
    assert "You left 2 questions." in page and "Send without these 2 answers" in page
    assert left_on_page(phone) == "bpi4 bpi8"
    phone.send(REVIEW, left="bpi4 bpi8")
    assert answers_of(phone)["bpi4"] == answers_of(phone)["bpi8"] == {"missing": "skipped"}


def test_nothing_is_sent_that_the_review_did_not_show(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled())
    phone.get(REVIEW)
    assert phone.send(REVIEW, left="bpi3").status_code == 409
    assert phone.stored() == ()


def test_rather_not_answering_takes_an_answer_back(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="save", bpi3="7")
    phone.get(FORM)
    phone.send(FORM, action="review", **filled(bpi3=""))
    phone.get(REVIEW)
    assert left_on_page(phone) == ""
    phone.send(REVIEW, left="")
    assert answers_of(phone)["bpi3"] == {"missing": "skipped"}


def test_nothing_hurts_is_an_answer(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled(bpi2=[], bpi2_none="y"))
    phone.get(REVIEW)
    phone.send(REVIEW, left="")
    assert answers_of(phone)["bpi2"] == {"value": {"regions": [], "worst": None}}


def test_a_fault_stays_on_the_page_with_its_words_and_all_else_is_kept(phone: Phone) -> None:
    phone.inside().get(FORM)
    long = "药" * 1001
    page = phone.send(FORM, action="review", **filled(bpi7=long, bpi3="12"))
    assert page.status_code == 422
    assert long in page.text and page.text.count('class="fault" role="alert"') == 3
    draft = draft_of(phone)
    assert draft and set(filled()) - {"bpi7", "bpi3"} == set(draft.answers)


def test_a_form_open_for_too_long_comes_back_with_everything_in_it(
    phone: Phone, at_noon: time_machine.Traveller
) -> None:
    phone.inside().get(FORM)
    at_noon.shift(timedelta(hours=13))
    page = phone.send(FORM, action="review", **filled(bpi7="热敷"))
    assert page.status_code == 400 and "热敷" in page.text and page.text.count("checked") == 14
    assert phone.send(FORM, action="review", **filled(bpi7="热敷")).status_code == 303


def test_sending_twice_gives_the_same_receipt(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled())
    review = phone.get(REVIEW)
    receipts = []
    for _ in range(2):
        phone.page = review
        assert phone.send(REVIEW, left="").headers["Location"] == SENT
        receipts.append(phone.get(SENT).text.split('class="stub"')[1].split("</p>")[0])
    assert receipts[0] == receipts[1] and len(phone.stored()) == 1
    assert phone.get(FORM).headers["Location"] == phone.get(REVIEW).headers["Location"] == SENT


def test_a_receipt_never_shows_what_was_answered(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled(bpi7="阿司匹林"))
    phone.get(REVIEW)
    phone.send(REVIEW, left="")
    assert "阿司匹林" not in phone.get(SENT).text + phone.get("/visit").text


def test_what_a_second_device_sends_is_kept_beside_and_it_is_told_so(phone: Phone) -> None:
    form = phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled())
    phone.get(REVIEW)
    phone.send(REVIEW, left="")
    phone.page = form
    assert phone.send(FORM, action="save", **filled(bpi3="5")).headers["Location"] == f"{SENT}?note=beside"
    assert [one.standing for one in phone.stored()] == ["current", "beside"]
    assert answers_of(phone, 1)["bpi3"] == {"value": 5}
    assert 'class="note"' in phone.get(f"{SENT}?note=beside").text


def test_what_comes_after_the_visit_closed_is_still_kept(
    phone: Phone, at_noon: time_machine.Traveller
) -> None:
    phone.inside().get(FORM)
    at_noon.shift(timedelta(days=6))
    assert phone.send(FORM, action="save", **filled(bpi7="热敷")).status_code == 400
    assert "热敷" in phone.page.text
    assert phone.send(FORM, action="save", **filled(bpi7="热敷")).headers["Location"] == SENT
    (stored,) = phone.stored()
    assert stored.reason == "after_window" and answers_of(phone)["bpi7"] == {"value": "热敷"}


def test_severe_pain_brings_the_telephone_number_at_once_and_larger(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled(bpi3="7"))
    assert "urgent-now" in phone.get(REVIEW).text
    phone.send(REVIEW, left="")
    assert "urgent-now" in phone.get(SENT).text
    phone.get("/visit")
    assert phone.send("/visit/leave").status_code == 303
    phone.inside()
    assert "urgent-now" not in phone.get(SENT).text


def test_milder_pain_does_not(phone: Phone) -> None:
    phone.inside().get(FORM)
    phone.send(FORM, action="review", **filled(bpi3="6"))
    assert "urgent-now" not in phone.get(REVIEW).text


def test_after_the_last_questionnaire_the_next_date_is_named(phone: Phone) -> None:
    phone.inside()
    for name, fields in (("bpi-sf", filled()), ("qlq-c30", {f"q{n}": "1" for n in range(1, 31)})):
        phone.get(f"/visit/form/{name}")
        phone.send(f"/visit/form/{name}", action="review", **fields)
        phone.get(f"/visit/review/{name}")
        phone.send(f"/visit/review/{name}", left="")
    assert "10 December 2026" in phone.get("/visit/sent/qlq-c30?lang=en").text
    assert "Thank you" in phone.get("/visit").text
