"""What stands beside the questions: whom to call when the pain is severe, and where the answers are."""

from playwright.sync_api import Browser, expect

from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import Phone
from tests.browser.question.test_answering import PHONE


def test_at_seven_the_sentence_that_nobody_watches_stands_there_at_once(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-worst", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "bpi-sf").settled()
    phone.answer("bpi1", 1)
    phone.page.locator('[data-region="back-sacrum"]').click()
    phone.next()
    phone.sees("bpi3")
    urgent = phone.page.locator("#urgent")
    phone.choose(6)
    expect(urgent).to_be_empty()
    phone.choose(7)
    expect(urgent).to_contain_text(hospital.service.study.emergency.text["en"])
    site = hospital.service.study.sites[0]
    expect(urgent.locator("a").first).to_have_text(site.contact_phone)
    phone.choose(2)
    expect(urgent).to_be_empty()
    phone.choose(9)
    phone.next()
    phone.sees("bpi4")
    expect(urgent).to_be_empty()
    for item in ("bpi4", "bpi5", "bpi6"):
        phone.answer(item, 1)
    phone.answer("bpi7", "-")
    phone.answer("bpi8", 10)
    for letter in "abcdefg":
        phone.answer(f"bpi9{letter}", 1)
    # It stands there as large as before when all is looked over, and when it is sent.
    expect(urgent).to_contain_text(hospital.service.study.emergency.text["en"])
    phone.send()
    phone.at_end("received")
    expect(urgent).to_contain_text(hospital.service.study.emergency.text["en"])


def test_that_an_answer_is_on_the_phone_is_said_only_when_the_hospital_is_slow(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    """Two words one after the other would only flicker; the first one is for when the second doesn't come."""
    mary = hospital.enrol("CZ-saved", "en")
    phone = Phone(hospital, browser.new_context(**PHONE), faults).start(mary).open(mary, "qlq-c30")
    saved = phone.page.locator("#saved")
    phone.page.evaluate(
        """() => {
            const line = document.getElementById("saved");
            const look = () => window.seen.push([line.dataset.state, getComputedStyle(line).visibility]);
            window.seen = [];
            new MutationObserver(look).observe(line, { attributes: true, attributeFilter: ["data-state"] });
        }"""
    )
    phone.page.route("**/device/draft", lambda route: None)  # no answer comes
    phone.choose(2)
    expect(saved).to_have_attribute("data-state", "device")
    expect(saved).to_be_visible()
    assert phone.page.evaluate("window.seen")[-1] == ["device", "hidden"]
