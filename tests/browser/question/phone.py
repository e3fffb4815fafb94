"""What a patient does with a telephone, in a patient's words."""

from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from pro_app.records.participants import Participant
from tests.browser.question.conftest import listen
from tests.browser.question.hospital import Hospital


class Phone:
    """One browser page that Wang or Mary looks at."""

    def __init__(self, hospital: Hospital, context: BrowserContext, faults: list[str]) -> None:
        self.hospital = hospital
        self.context = context
        self.page: Page = listen(context.new_page(), faults)
        self.person: Participant | None = None

    def start(self, person: Participant) -> "Phone":
        """Open the personal link and press Start."""
        self.page.goto(self.hospital.link(person))
        self.page.locator("button.go").click()
        self.page.wait_for_url("**/visit")
        return self

    def open(self, person: Participant, instrument: str, language: str | None = None) -> "Phone":
        """Open a questionnaire as the visit page's button does, and wait until it is ready."""
        self.page.goto(self.hospital.page(person, instrument, language))
        return self.ready()

    def ready(self) -> "Phone":
        expect(self.page.locator("body.waiting")).to_have_count(0)
        return self

    def settled(self) -> "Phone":
        """Everything that comes after the first question has come."""
        expect(self.page.locator('link[rel="manifest"]')).to_have_count(1)
        return self

    def kept_for_offline(self) -> "Phone":
        """The worker has put everything away and is in charge of this page."""
        self.settled()
        self.page.evaluate(
            """async () => {
              await navigator.serviceWorker.ready;
              if (!navigator.serviceWorker.controller)
                await new Promise(done => navigator.serviceWorker.addEventListener("controllerchange", done));
            }"""
        )
        return self

    @property
    def question(self) -> Locator:
        return self.page.locator("fieldset.question:not([hidden])")

    @property
    def item(self) -> str:
        return str(self.question.first.get_attribute("data-item"))

    def sees(self, item: str) -> None:
        expect(self.page.locator(f"#{item}-set")).to_be_visible()

    def choose(self, value: Any) -> None:
        """Tap an answer of the question that is shown."""
        self.question.locator(f'input[value="{value}"]').first.click()

    def next(self) -> None:
        self.page.locator("#next").click()

    def back(self) -> None:
        self.page.locator("#back").click()

    def answer(self, item: str, value: Any) -> None:
        self.sees(item)
        if isinstance(value, str) and not value.isdigit():
            self.question.locator("textarea").fill(value)
        else:
            self.choose(value)
        self.next()

    def leave_out(self, item: str) -> None:
        self.sees(item)
        self.page.locator("#skip").click()
        self.page.locator("#leave-it").click()

    def send(self) -> None:
        expect(self.page.locator("#review")).to_be_visible()
        self.next()

    def back_in_reach(self) -> None:
        """The browser notices that there may be a connection again."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def saved(self, words: str) -> None:
        expect(self.page.locator("#saved")).to_contain_text(words)

    def noted(self) -> None:
        """The place is on the disk too: it comes a moment after the screen, what was answered before it."""
        self.page.evaluate(
            """async () => {
              const opening = indexedDB.open("pro-follow-up");
              await new Promise((done, failed) => (opening.onsuccess = done, opening.onerror = failed));
              for (let round = 0; round < 3; round++) {  // sealed first, and then in the order they began
                await crypto.subtle.digest("SHA-256", new Uint8Array(1000));
                const mine = opening.result.transaction(["sealed", "dirty"], "readwrite");
                mine.objectStore("dirty").get("nothing");
                await new Promise((done, failed) => (mine.oncomplete = done, mine.onabort = failed));
              }
              opening.result.close();
            }"""
        )

    def at_end(self, state: str) -> None:
        expect(self.page.locator(f'#end [data-state="{state}"]')).to_be_visible()


def press_until(page: Page, there: str, key: str) -> None:
    """Tab until the script `there` says so, then press the key."""
    for _ in range(16):
        if page.evaluate(there):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way with the tab key to where {there}")


NEXT = "document.activeElement.id === 'next'"
C30 = {f"q{number}": {"value": number % 4 + 1 if number < 29 else number % 7 + 1} for number in range(1, 31)}
