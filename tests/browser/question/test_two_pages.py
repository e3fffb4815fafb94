"""Two tabs, two telephones: the first one wins, the second is kept, and nobody is left in doubt."""

from playwright.sync_api import Browser, expect

from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import C30, Phone


def test_two_tabs_share_their_answers_and_are_locked_together(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-tabs", "en")
    hospital.begun(mary, {item: answer for item, answer in C30.items() if item not in ("q29", "q30")}, "q29")
    context = browser.new_context()
    one = Phone(hospital, context, faults).start(mary).open(mary, "qlq-c30").settled()
    two = Phone(hospital, context, faults).open(mary, "qlq-c30").settled()
    one.choose(5)
    two.sees("q29")
    expect(two.question.locator("input:checked")).to_have_attribute("value", "5")
    two.next()
    two.choose(7)
    two.next()
    two.send()
    two.at_end("received")
    one.at_end("received")
    assert len(hospital.received(mary)) == 1


def test_a_second_telephone_that_was_without_signal_is_thanked_and_kept_beside(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-phones", "zh-Hans")
    hospital.begun(wang, {item: answer for item, answer in C30.items() if item != "q30"}, "q30")
    mine = Phone(hospital, browser.new_context(), faults).start(wang).open(wang, "qlq-c30").settled()
    hers = Phone(hospital, browser.new_context(), faults).start(wang).open(wang, "qlq-c30", "en").settled()
    hers.kept_for_offline().context.set_offline(True)
    hers.choose(1)
    hers.next()
    hers.send()
    hers.at_end("waiting")
    mine.choose(6)
    mine.next()
    mine.send()
    mine.at_end("received")
    hers.context.set_offline(False)
    hers.at_end("beside")
    assert sorted(stored.standing for stored in hospital.received(wang)) == ["beside", "current"]


def test_who_finds_the_questionnaire_sent_by_somebody_else_is_told_so(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-late", "zh-Hans")
    hospital.begun(wang, {item: answer for item, answer in C30.items() if item != "q30"}, "q30")
    mine = Phone(hospital, browser.new_context(), faults).start(wang).open(wang, "qlq-c30").settled()
    hers = Phone(hospital, browser.new_context(), faults).start(wang).open(wang, "qlq-c30", "en").settled()
    mine.choose(6)
    mine.next()
    mine.send()
    mine.at_end("received")
    hers.choose(2)
    hers.at_end("sent")
    assert [stored.standing for stored in hospital.received(wang)] == ["current"]
