"""A ward for browser tests: the whole program on a free port, nurse Li with a PIN, patients to be asked.

Chromium runs with its back-forward cache on, as at the bedside; Playwright's own start switches it off.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from werkzeug.serving import make_server

from pro_app import passwords
from pro_app.actions import accounts, consent, pin
from pro_app.config import read_settings
from pro_app.instruments.catalogue import load_catalogue
from pro_app.keys import create_key_file, load_key_ring
from pro_app.links import Links
from pro_app.records import drafts, migrating, responses
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Store
from pro_app.schedule.study import load_study
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests import people
from tests.browser.chromium import ARGUMENTS, on_path

PASSWORD = "seven lanterns on the river"
PIN = "7391"
# Typed into the free text of a form, and looked for afterwards wherever a browser keeps things.
SECRET = "the garden gate squeaks"

GIVE_BACK = re.compile("Give the tablet back|交还平板")

Lie = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes] | None]


@dataclass
class Ward:
    """`lie` is asked before the program and may answer in its place; it stands for a broken network."""

    service: Service
    app: Flask
    url: str = ""
    lie: Lie | None = None
    wards: dict[str, Participant] = field(default_factory=dict)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        told = self.lie(environ, start_response) if self.lie else None
        return self.app(environ, start_response) if told is None else told

    def admit(self, number: str, language: str) -> Participant:
        """A patient two weeks after surgery, born in 1956, who has agreed to the privacy notice."""
        now = datetime.now(UTC)
        with self.service.store.writing() as tx:
            person = people.enrolled(
                tx,
                self.service.study,
                self.service.links,
                now,
                study_number=number,
                operated=date.today() - timedelta(days=14),
                language=language,
            )
            consent.decide(tx, self.service.study, person, True, Actor("patient", number), now)
        self.wards[number] = person
        return person

    def begun(self, person: Participant, instrument: str = "bpi-sf") -> None:
        """The patient answered some questions before, one of them in words of her own."""
        pack = self.service.catalogue.pack(instrument, person.language)
        answers = {"bpi3": {"value": 8}, "bpi7": {"value": SECRET}}
        with self.service.store.writing() as tx:
            drafts.put(
                tx,
                person.id,
                "2w",
                instrument,
                response=f"6f1c2a52-7a64-4a57-8a4e-{person.id:012d}",
                language=person.language,
                pack=pack.hash,
                position=None,
                answers=answers,
                now=datetime.now(UTC),
            )

    def nearly_done(self, person: Participant, instrument: str) -> None:
        """Everything is answered, and the patient stopped at the last question."""
        definition = self.service.catalogue.instrument(instrument)
        pack = self.service.catalogue.pack(instrument, person.language)
        with self.service.store.writing() as tx:
            drafts.put(
                tx,
                person.id,
                "2w",
                instrument,
                response=str(uuid4()),
                language=person.language,
                pack=pack.hash,
                position=definition.items[-1].id,
                answers=people.all_answers(definition, bpi7=SECRET),
                now=datetime.now(UTC),
            )

    def received(self, person: Participant) -> list[Stored]:
        with self.service.store.reading() as tx:
            return list(responses.of_participant(tx, person.id))

    def draft(self, person: Participant, instrument: str) -> dict[str, Any]:
        with self.service.store.reading() as tx:
            kept = drafts.of_visit(tx, person.id, "2w").get(instrument)
            return dict(kept.answers) if kept else {}


@contextmanager
def open_ward(folder: Path) -> Iterator[Ward]:
    settings = read_settings({"PRO_APP_DATA_DIR": str(folder)})
    create_key_file(folder / "keys.json")
    keys = load_key_ring(folder / "keys.json", settings.secret_key)
    catalogue = load_catalogue(settings.questionnaires_dir)
    store = Store(settings.database_url, keys)
    migrating.up(store)
    study = load_study(settings.study_file, tuple(catalogue.instruments))
    service = Service(
        settings=settings,
        keys=keys,
        store=store,
        catalogue=catalogue,
        study=study,
        links=Links(keys),
        messengers=(),
        registries=(),
    )
    slow, passwords._hasher = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    ward = Ward(service, create_app(service))
    with store.writing() as tx:
        li = accounts.create_staff(
            tx, "li", "Li Na", "nurse", study.sites[0].code, "en", PASSWORD, datetime.now(UTC)
        )
        pin.set_pin(tx, li, PIN, people.LI, datetime.now(UTC))
    server = make_server("127.0.0.1", 0, ward, threaded=True)
    ward.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ward
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()
        passwords._hasher = slow


def as_at_the_bedside(playwright: Playwright) -> Browser:
    """Chromium with its back-forward cache."""
    return playwright.chromium.launch(
        executable_path=on_path(),
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )


class Tablet:
    """The tablet in nurse Li's hands, and then in a patient's."""

    def __init__(self, ward: Ward, context: BrowserContext, page: Page | None = None) -> None:
        self.ward = ward
        self.context = context
        self.page: Page = page or context.new_page()
        self.faults: list[str] = []
        self.page.on(
            "pageerror", lambda fault: self.faults.append(f"{fault.name}: {fault.message} {fault.stack}")
        )
        self.page.set_default_timeout(15_000)

    def sign_in(self) -> "Tablet":
        self.page.goto(f"{self.ward.url}/staff/sign-in?next=/staff/tablet/next")
        self.page.locator("#login").fill("li")
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("button.main").click()
        self.page.wait_for_url("**/staff/tablet/next")
        return self

    def hand_to(self, person: Participant) -> None:
        self.page.goto(f"{self.ward.url}/staff/tablet/{person.study_number}/2w")
        self.page.locator("#answer").fill("1956")
        self.page.locator("button.main").click()
        self.page.wait_for_url("**/visit")

    def locked(self) -> None:
        """The page for the PIN, and everything tidied away."""
        self.page.wait_for_url("**/staff/tablet")
        self.tidied()

    def tidied(self, page: Page | None = None) -> None:
        expect((page or self.page).locator('html[data-tidy="done"]')).to_have_count(1)

    def unlock(self, number: str = PIN) -> None:
        self.page.locator("#pin").fill(number)
        self.page.locator("button.main").click()

    def back_to_staff(self) -> None:
        self.unlock()
        self.page.wait_for_url("**/staff/tablet/next")
        self.tidied()

    def give_back(self) -> None:
        """The patient's own button, on the page that is shown."""
        self.page.get_by_role("button", name=GIVE_BACK).first.click()

    def open_questions(self) -> None:
        """The first questionnaire, ready to be answered."""
        self.page.locator("main a.button.go").first.click()
        self.page.wait_for_url("**/q/**")
        expect(self.page.locator("body.waiting")).to_have_count(0)


DUMP = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise(done => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store);
      const read = request => new Promise(done => (request.onsuccess = () => done(request.result)));
      const bare = (_, value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
        ? String.fromCharCode(...new Uint8Array(value.buffer || value)) : value;
      const all = [await read(rows.getAllKeys()), await read(rows.getAll())];
      found.push(name, store, JSON.stringify(all, bare));
    }
    database.close();
  }
  for (const store of [localStorage, sessionStorage])
    for (const name of Object.keys(store)) found.push(name, store.getItem(name));
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) {
      const kept = await (await caches.open(name)).match(request);
      found.push(request.url, await kept.text());
    }
  found.push(document.cookie, JSON.stringify(history.state), document.title);
  return found.join("\\n");
}"""

ENVELOPES = """async () => {
  const database = await new Promise(done => {
    const asked = indexedDB.open("pro-tablet");
    asked.onsuccess = () => done(asked.result);
  });
  const rows = database.transaction("kept").objectStore("kept").getAllKeys();
  await new Promise(done => (rows.onsuccess = done));
  database.close();
  return rows.result.filter(name => name.startsWith("envelope/")).length;
}"""

SHOWN = """() => [
  location.href,
  document.title,
  document.documentElement.outerHTML,
  ...Array.from(document.querySelectorAll("input, textarea, select"), field =>
    field.checked ? "CHECKED " + field.name : field.value),
].join("\\n")"""


def needles(ward: Ward, person: Participant) -> tuple[str, ...]:
    """What of a patient must not be found: number, name, the visit's name in addresses, what was typed."""
    token = ward.service.links.token(person.handle, "2w", person.link_epoch)
    return (person.study_number, person.handle, token, SECRET, "王秀英", "Mary Ellis", "CHECKED bpi")


def left_of(ward: Ward, person: Participant, page: Page, script: str = SHOWN) -> list[str]:
    """What of the patient is on this page, or (`DUMP`) in what the browser keeps."""
    found = cast(str, page.evaluate(script))
    return [needle for needle in needles(ward, person) if needle in found]
