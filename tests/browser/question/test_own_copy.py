"""A copy of what was sent, on a telephone with the worker at work: read, printed, and nothing of it stays."""

from datetime import UTC, datetime

from playwright.sync_api import Browser, expect

from pro_app.actions import answer
from pro_app.records import audit, participants
from pro_app.records.audit import Actor
from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import Phone
from tests.browser.question.test_accessible import no_objection
from tests.people import sheet

WORDS = "warm stones on the back"
# Everything that the browser keeps for us, as one text: the worker's rooms, the page's own store.
KEPT = """async () => {
  const found = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
  for (const name of await caches.keys())
    for (const kept of await (await caches.open(name)).matchAll()) found.push(await kept.text());
  for (const { name } of await indexedDB.databases()) {
    const asked = indexedDB.open(name);
    const base = await new Promise(done => asked.onsuccess = () => done(asked.result));
    for (const room of base.objectStoreNames) {
      const all = base.transaction(room).objectStore(room).getAll();
      found.push(JSON.stringify(await new Promise(done => all.onsuccess = () => done(all.result))));
    }
  }
  return found.join("\\n");
}"""


def test_mary_reads_her_answers_and_the_telephone_keeps_nothing_of_them(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    person, service, now = hospital.enrol("CO-001", "en"), hospital.service, datetime.now(UTC)
    context = browser.new_context(
        reduced_motion="reduce", bypass_csp=True, viewport={"width": 320, "height": 640}
    )
    phone = Phone(hospital, context, faults)
    page = phone.page
    phone.start(person)
    phone.open(person, "bpi-sf").settled()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    with service.store.writing() as tx:
        fresh = participants.by_id(tx, person.id)
        for name, chosen in (("bpi-sf", {"bpi7": WORDS}), ("qlq-c30", {})):
            one = sheet(service.catalogue, name, now, language="en", **chosen)
            mary = Actor("patient", fresh.study_number)
            answer.submit(tx, service.study, service.catalogue, fresh, "2w", one, mary, now)
    page.goto(f"{hospital.url}/visit")
    page.get_by_role("link", name="Keep a copy of my answers").click()
    no_objection(page, "the question before the copy")
    page.get_by_label("In which year were you born?").fill("1956")
    page.get_by_role("button", name="Show my answers").click()
    expect(page.get_by_text(WORDS)).to_be_visible()
    no_objection(page, "the copy")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator("footer.foot")).to_be_hidden()
    kept = page.evaluate(KEPT)
    assert "questionnaires on this device" in kept, "the worker's rooms were looked into"
    assert WORDS not in kept
    with page.expect_download() as saved:
        page.emulate_media(media="screen")
        page.goto(f"{hospital.link(person)}/copy")
        page.get_by_label("In which year were you born?").fill("1956")
        page.get_by_role("button", name="Save as a file").click()
    assert WORDS in saved.value.path().read_text(encoding="utf-8-sig")
    with service.store.reading() as tx:
        told = [one.detail["how"] for one in audit.history(tx, "CO-001") if one.action == "own_copy_fetched"]
    assert told == ["as_file", "as_page"]
    context.close()
