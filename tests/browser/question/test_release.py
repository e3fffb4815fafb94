"""A new version comes only when the person agrees; what it costs stays small; both hashes are one hash."""

import hashlib

from playwright.sync_api import Browser, expect

from benchmarks import question_page as bench
from pro_app.web import question_page, shell
from pro_app.web.assets import Assets
from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import Phone


def test_a_new_release_waits_until_the_person_says_yes(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("RE-new", "en")
    phone = Phone(hospital, browser.new_context(), faults).start(mary).open(mary, "qlq-c30").settled()
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.page.reload()
    phone.ready().settled()
    phone.answer("q1", 3)
    phone.sees("q2")
    before = phone.page.url
    assets = hospital.app.extensions["pro_app_assets"]
    release = assets.release
    assets.release = "feedc0ffee00"
    question_page.forget(hospital.app)
    try:
        phone.page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update())")
        offer = phone.page.locator(".update")
        expect(offer).to_be_visible()
        assert phone.page.url == before
        phone.sees("q2")
        offer.locator("button").click()
        expect(phone.page).not_to_have_url(before)
        phone.ready().sees("q2")
        assert "feedc0ffee00" in str(phone.page.locator("script[type=module]").get_attribute("src"))
        phone.back()
        expect(phone.question.locator("input:checked")).to_have_attribute("value", "3")
    finally:
        assets.release = release
        question_page.forget(hospital.app)


def test_the_first_question_comes_in_six_requests_and_thirty_kilobytes(
    browser: Browser, hospital: Hospital
) -> None:
    wang = hospital.enrol("RE-zh", "zh-Hans")
    figures = bench.cold(browser, *bench.enter(browser, hospital.link(wang)), tap=False)
    assert figures["first_requests"] <= 6
    assert figures["first_bytes"] <= 30 * 1024
    assert figures["bytes_before_first_paint"] <= 14 * 1024
    with hospital.app.app_context():
        packed = question_page.pages().packed
    # Every other page is at most a little larger than the one that was measured.
    assert max(len(page.brotli) for page in packed.values()) <= len(packed["bpi-sf", "zh-Hans"].brotli) + 1024


def test_all_scripts_of_a_telephone_together_are_small() -> None:
    """Those of staff pages lie in a folder of their own; those of a tablet are fetched on a tablet only."""
    scripts = {
        name: file
        for name, file in Assets().files.items()
        if name.endswith(".js") and not name.startswith(("staff/", "tablet", "round"))
    }
    assert {"start.js", "question.js", "store.js", "outbox.js", "worker.js", *shell.SCRIPTS} <= set(scripts)
    assert sum(len(file.brotli) for file in scripts.values()) <= 20 * 1024


def test_the_hash_for_browsers_without_their_own_is_the_true_one(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    page = browser.new_page()
    page.goto(f"{hospital.url}/")
    with hospital.app.test_request_context():
        address = hospital.app.extensions["pro_app_assets"].url("sha256.js")
    lengths = [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 1000, 4097]
    found = page.evaluate(
        """async ([address, lengths]) => {
          const { sha256 } = await import(address);
          return lengths.map(length => sha256(Uint8Array.from({ length }, 
            (_, at) => (at * 7 + length) % 256)));
        }""",
        [address, lengths],
    )
    for length, digest in zip(lengths, found, strict=True):
        data = bytes((at * 7 + length) % 256 for at in range(length))
        assert digest == hashlib.sha256(data).hexdigest()
