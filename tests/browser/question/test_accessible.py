"""Every screen, in both languages and every way of looking at it, has nothing that axe objects to."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pro_app.records import responses
from pro_app.records.participants import Participant
from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import NEXT, Phone, press_until

WAYS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 320, "height": 640}},
    "dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "contrast": "more"},
    "tablet": {"viewport": {"width": 820, "height": 1180}},
    "high contrast": {"viewport": {"width": 360, "height": 740}, "forced_colors": "active"},
}

# What a finger meets in the middle of a thing, where it is without scrolling.
AT_THE_FINGER = """where => {
  const thing = document.querySelector(where), box = thing.getBoundingClientRect();
  return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === thing;
}"""


def no_objection(page: Page, where: str) -> None:
    """Axe finds nothing, serious or not, and nothing runs over the edge."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{where} is {over} px too wide"


@pytest.mark.parametrize(
    ("way", "language"),
    [("phone", "zh-Hans"), ("dark", "en"), ("tablet", "en"), ("high contrast", "zh-Hans")],
)
def test_every_kind_of_screen_is_accessible_and_fits(
    browser: Browser, hospital: Hospital, faults: list[str], way: str, language: str
) -> None:
    person = hospital.enrol(f"AX-{way[:4]}-{language}", language)
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True, **WAYS[way])
    phone = Phone(hospital, context, faults)
    page = phone.page
    if way == "phone":
        no_objection_before_the_questions(phone, person)
    else:
        phone.start(person)
    phone.open(person, "bpi-sf").settled()
    no_objection(page, "yes or no")
    phone.answer("bpi1", 1)
    phone.sees("bpi2")
    expect(page.locator('[data-region="back-lumbar-spine"]')).to_be_visible()  # the figure comes by itself
    no_objection(page, "the figure")
    assert page.evaluate(AT_THE_FINGER, '[data-region="back-lumbar-spine"]'), "the back lies behind the steps"
    page.locator('[data-region="back-lumbar-spine"]').click()
    page.locator('[data-do="list"]').click()
    expect(page.locator("#bpi2-list")).to_be_visible()
    no_objection(page, "the list of places")
    phone.next()
    phone.sees("bpi3")
    phone.choose(8)
    expect(page.locator("#urgent")).not_to_be_empty()
    no_objection(page, "the 0-10 scale with the urgent sentence")
    moving = page.locator("#bpi3-set .key input").first.evaluate(
        "input => getComputedStyle(input).transitionDuration"
    )
    assert moving in ("0s", "1e-05s"), "the person wished for no movement"
    phone.next()
    phone.sees("bpi4")
    page.locator("#skip").click()
    expect(page.locator("#gentle")).to_be_visible()
    no_objection(page, "the gentle question")
    page.locator("#leave-it").click()
    phone.answer("bpi5", 3)
    phone.answer("bpi6", 3)
    phone.sees("bpi7")
    no_objection(page, "free text")
    phone.next()
    phone.answer("bpi8", 50)
    for letter in "abcdefg":
        phone.answer(f"bpi9{letter}", 2)
    page.locator("#given summary").click()
    no_objection(page, "the overview")
    phone.send()
    phone.at_end("received")
    no_objection(page, "the end")
    phone.open(person, "qlq-c30").settled()
    no_objection(page, "four answers")
    page.goto(f"{hospital.url}/app")
    expect(page.locator(".part")).to_have_count(2)
    no_objection(page, "the list of visits")
    if way == "dark":
        no_objection_on_the_way_without_scripts(phone)


def no_objection_before_the_questions(phone: Phone, person: Participant) -> None:
    """The pages that the server makes, from the door to the list of what is to be filled in."""
    page, base = phone.page, phone.hospital.url
    page.goto(f"{base}/")
    no_objection(page, "the door")
    page.locator("#code").fill("AAAAAA")
    page.locator("button.go").click()
    expect(page.locator("#code-fault")).to_be_visible()
    no_objection(page, "the door, with a wrong code")
    page.goto(phone.hospital.link(person, "12m"))
    expect(page.locator(".done-sign")).to_be_visible()
    no_objection(page, "the notice of a visit that is not open yet")
    page.goto(phone.hospital.link(person))
    no_objection(page, "the landing page")
    page.locator("button.go").click()
    page.wait_for_url("**/visit")
    no_objection(page, "the visit's page")
    page.goto(f"{base}/visit/privacy")
    no_objection(page, "the privacy notice")


def no_objection_on_the_way_without_scripts(phone: Phone) -> None:
    """The long form as it is without scripts, from its questions to the receipt."""
    page = phone.page
    page.goto(f"{phone.hospital.url}/visit/form/qlq-c30")
    no_objection(page, "the plain form")
    page.locator('.finish [value="review"]').click()
    expect(page.locator(".plain-review")).to_be_visible()
    no_objection(page, "the plain overview")
    page.locator('.plain-review [value="alone"]').check()
    page.locator(".plain-review button.go").click()
    expect(page.locator(".stub")).to_be_visible()
    no_objection(page, "the receipt")
    page.goto(f"{phone.hospital.url}/visit")
    no_objection(page, "the end of the visit")


@pytest.mark.parametrize("size", ["2", "3"])
def test_larger_text_and_two_hundred_percent_zoom_still_fit(
    browser: Browser, hospital: Hospital, faults: list[str], size: str
) -> None:
    mary = hospital.enrol(f"AX-size-{size}", "en")
    # 320 px is what a 640 px window is at 200 %.
    context = browser.new_context(viewport={"width": 320, "height": 512}, bypass_csp=True)
    context.add_cookies([{"name": "text_size", "value": size, "url": hospital.url}])
    phone = Phone(hospital, context, faults).start(mary).open(mary, "bpi-sf").settled()
    expect(phone.page.locator("html")).to_have_attribute("data-text", size)
    phone.answer("bpi1", 1)
    phone.sees("bpi2")
    no_objection(phone.page, "the figure")
    phone.page.locator('[data-region="back-sacrum"]').click()
    phone.next()
    phone.sees("bpi3")
    no_objection(phone.page, "the 0-10 scale")
    smallest = phone.page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('#next, #back, fieldset:not([hidden]) .key')]
             .map(one => one.getBoundingClientRect().height))"""
    )
    assert smallest >= 56


def test_the_figure_is_worked_by_keyboard_and_told_to_a_screen_reader(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("AX-figure", "en")
    phone = Phone(hospital, browser.new_context(), faults).start(mary).open(mary, "bpi-sf").settled()
    phone.answer("bpi1", 1)
    head = phone.page.get_by_role("checkbox", name="Back of the head")
    neck = phone.page.get_by_role("checkbox", name="Back of the neck")
    expect(neck).to_be_visible()
    for _ in range(12):
        phone.page.keyboard.press("Tab")
        if phone.page.evaluate("document.activeElement.dataset.region || ''").startswith("back"):
            break
    phone.page.keyboard.press("Space")
    phone.page.keyboard.press("ArrowRight")
    phone.page.keyboard.press("Enter")
    expect(head.or_(neck).first).to_have_attribute("aria-checked", "true")
    expect(phone.page.locator('[aria-checked="true"]')).to_have_count(2)
    phone.page.get_by_role("radio", name="Back of the head").check()
    expect(phone.page.locator(".cross")).to_have_count(1)
    phone.page.get_by_role("button", name="Undo").click()
    expect(phone.page.locator(".cross")).to_have_count(0)
    phone.page.get_by_role("button", name="Undo").click()
    expect(phone.page.locator('[aria-checked="true"]')).to_have_count(1)
    phone.page.get_by_role("button", name="Choose from a list").click()
    phone.page.locator("#bpi2-list").get_by_role("checkbox", name="Throat").check()
    phone.saved("Saved at the hospital")
    shaded = hospital.draft(mary, "bpi-sf")["bpi2"]["value"]["regions"]
    assert "front-neck" in shaded and len(shaded) == 2
    phone.page.get_by_role("button", name="Show the figure").click()
    drawn = phone.page.locator("#bpi2-figure svg:visible").last
    before = drawn.bounding_box()
    phone.page.get_by_role("button", name="Larger").click()
    after = drawn.bounding_box()
    assert before and after and after["width"] > 1.3 * before["width"]
    no_objection(phone.page, "the larger figure")


def test_the_pain_questionnaire_is_answered_with_the_keyboard_alone(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("AX-keys", "en")
    phone = Phone(hospital, browser.new_context(), faults).start(mary).open(mary, "bpi-sf").settled()
    keyboard = phone.page.keyboard
    phone.question.locator(".ask").focus()
    for item in hospital.service.catalogue.instrument("bpi-sf").items:
        phone.sees(item.id)
        expect(phone.page.locator(f"#{item.id}-set .ask")).to_be_focused()
        keyboard.press("Tab")
        if item.kind == "text":
            keyboard.type("heat")
        elif item.kind == "body":
            expect(phone.page.locator("#bpi2-figure svg").first).to_be_attached()
            press_until(phone.page, "document.activeElement.dataset.region?.startsWith('back-')", "Space")
        else:
            keyboard.press("Space")
            keyboard.press("ArrowRight")
        press_until(phone.page, NEXT, "Enter")
    expect(phone.page.locator("#review-title")).to_be_focused()
    press_until(phone.page, "document.activeElement.value === 'alone'", "Space")
    press_until(phone.page, NEXT, "Enter")
    phone.at_end("received")
    (stored,) = hospital.received(mary)
    with hospital.service.store.reading() as tx:
        said = responses.answers_of(tx, stored.uuid)
    assert stored.helper == "alone" and said["bpi7"] == {"value": "heat"}
    assert len(said["bpi2"]["value"]["regions"]) == 1
    assert all(said[f"bpi{number}"]["value"] == 1 for number in (3, 4, 5, 6))


VOICES = """Object.defineProperty(window, "speechSynthesis", { value: {
  said: [], cancelled: 0,
  getVoices: () => [{ lang: "de-DE" }, { lang: "en-GB", localService: true }, { lang: "cmn-Hans-CN" }],
  speak(words) { this.said.push(words) },
  cancel() { this.cancelled += 1 },
  addEventListener() {},
} });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } };"""


def test_a_question_is_read_aloud_in_a_voice_of_its_language_where_there_is_one(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    """The voices are invented: headless browsers have none, and then there is no button."""
    wang = hospital.enrol("CZ-voice", "zh-Hans")
    context = browser.new_context(**WAYS["phone"])
    phone = Phone(hospital, context, faults).start(wang).open(wang, "qlq-c30").settled()
    read = phone.page.locator("#read")
    expect(read).to_be_hidden()
    context.add_init_script(VOICES)
    phone.page.reload()
    for language, voice in (("zh-Hans", "cmn-Hans-CN"), ("en", "en-GB")):
        phone.ready().settled()
        expect(read).to_be_visible()
        read.click()
        expect(read).to_have_attribute("aria-pressed", "true")
        last = "(({ text, voice }) => [text, voice.lang])(speechSynthesis.said.at(-1))"
        text, spoken = phone.page.evaluate(last)
        item = hospital.service.catalogue.pack("qlq-c30", language).items["q1"]
        assert spoken == voice and item.question in text
        assert all(label in text for label in item.labels.values())
        phone.choose(2)
        phone.next()
        expect(read).to_have_attribute("aria-pressed", "false")
        assert phone.page.evaluate("speechSynthesis.cancelled") >= 2
        phone.back()
        phone.sees("q1")
        phone.page.locator('[data-language="en"], [data-language="zh-Hans"]').click()
