"""Opened once, a visit can be answered without signal, in a browser that was killed, and nothing is lost."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect

from pro_app.records import responses
from tests.browser.chromium import ARGUMENTS, on_path
from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import C30, Phone

SECRET = "Xanthorrhizol-7731"


class Pocket:
    """A telephone whose browser can be killed and opened again with what it kept."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._start = lambda: playwright.chromium.launch_persistent_context(
            folder, executable_path=on_path(), args=ARGUMENTS, has_touch=True
        )
        self.folder = folder
        self.context: BrowserContext = self._start()

    def kill(self) -> None:
        """As when the telephone takes the memory away: no goodbye, nothing flushed."""
        mine = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"--user-data-dir={self.folder}".encode() in (process / "cmdline").read_bytes().split(
                    b"\0"
                ):
                    mine.append(int(process.name))
            except OSError:
                continue
        assert mine
        for pid in mine:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in mine[:1]) and time.monotonic() < deadline:
            time.sleep(0.05)
        (self.folder / "SingletonLock").unlink(missing_ok=True)

    def open(self) -> BrowserContext:
        self.context = self._start()
        return self.context


@pytest.fixture
def pocket(playwright: Playwright, tmp_path: Path) -> Iterator[Pocket]:
    pocket = Pocket(playwright, tmp_path / "telephone")
    yield pocket
    pocket.context.close()


def out_of_reach(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """No hospital at the other end: the connection ends without a word."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def test_a_whole_visit_without_signal_and_with_the_browser_killed_in_the_middle(
    pocket: Pocket, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-train", "zh-Hans")
    phone = Phone(hospital, pocket.context, faults).start(wang).open(wang, "qlq-c30")
    phone.kept_for_offline()
    hospital.lie = out_of_reach
    for number in range(1, 9):
        phone.answer(f"q{number}", C30[f"q{number}"]["value"])
    phone.sees("q9")
    phone.noted()
    pocket.kill()

    phone = Phone(hospital, pocket.open(), faults)
    phone.page.goto(f"{hospital.url}/app")
    expect(phone.page.locator(".part.begun")).to_contain_text("8")
    phone.page.locator(".part.begun a").click()
    phone.ready().sees("q9")
    for number in range(9, 31):
        phone.answer(f"q{number}", C30[f"q{number}"]["value"])
    phone.send()
    phone.at_end("waiting")
    assert hospital.received(wang) == []
    pocket.kill()

    hospital.lie = None
    phone = Phone(hospital, pocket.open(), faults)
    phone.page.goto(f"{hospital.url}/app")
    expect(phone.page.locator(".part.sent")).to_have_count(1)
    (stored,) = hospital.received(wang)
    assert stored.standing == "current"
    with hospital.service.store.reading() as tx:
        assert responses.answers_of(tx, stored.uuid) == C30


def test_after_a_kill_at_any_kind_of_screen_nothing_that_the_page_called_saved_is_missing(
    pocket: Pocket, hospital: Hospital, faults: list[str]
) -> None:
    """Yes or no, the figure, the scale, free text, percent, the overview, the end: killed after each."""
    mary = hospital.enrol("CZ-kill", "en")
    rest = ("bpi4", "bpi5", "bpi6", *(f"bpi9{letter}" for letter in "abcdefg"))
    given: dict[str, Any] = {item: {"value": 4} for item in rest}
    hospital.begun(mary, given, "bpi1", "bpi-sf")
    phone = Phone(hospital, pocket.context, faults).start(mary).open(mary, "bpi-sf")
    phone.kept_for_offline()
    hospital.lie = out_of_reach

    def killed(item: str) -> Phone:
        """What was answered is said to be saved; then the browser dies, and opens where it was."""
        expect(phone.page.locator("#saved")).to_have_attribute("data-state", re.compile("device|waiting"))
        phone.next()
        phone.sees(item)
        phone.noted()
        pocket.kill()
        again = Phone(hospital, pocket.open(), faults)
        again.page.goto(hospital.page(mary, "bpi-sf"))
        again.ready().sees(item)
        return again

    phone.choose(1)
    phone = killed("bpi2")
    phone.page.locator('[data-region="back-sacrum"]').click()
    phone = killed("bpi3")
    phone.choose(8)
    phone = killed("bpi4")
    for item in ("bpi4", "bpi5", "bpi6"):
        phone.sees(item)
        phone.next()
    phone.page.locator("#bpi7").fill("heat")
    phone = killed("bpi8")
    phone.choose(70)
    phone = killed("bpi9a")
    for letter in "abcdefg":
        phone.sees(f"bpi9{letter}")
        phone.next()
    expect(phone.page.locator("#review-title")).to_be_visible()
    phone.noted()
    pocket.kill()
    phone = Phone(hospital, pocket.open(), faults)
    phone.page.goto(hospital.page(mary, "bpi-sf"))
    phone.ready().sees("bpi9g")
    phone.next()
    phone.send()
    phone.at_end("waiting")
    pocket.kill()
    phone = Phone(hospital, pocket.open(), faults)
    phone.page.goto(hospital.page(mary, "bpi-sf"))
    phone.at_end("waiting")
    hospital.lie = None
    phone.back_in_reach()
    phone.at_end("received")
    (stored,) = hospital.received(mary)
    given |= {"bpi1": {"value": True}, "bpi2": {"value": {"regions": ["back-sacrum"], "worst": None}}}
    given |= {"bpi3": {"value": 8}, "bpi7": {"value": "heat"}, "bpi8": {"value": 70}}
    with hospital.service.store.reading() as tx:
        assert responses.answers_of(tx, stored.uuid) == given


def test_every_screen_that_is_acknowledged_is_at_the_hospital_when_the_browser_dies(
    pocket: Pocket, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-acknowledged", "en")
    phone = Phone(hospital, pocket.context, faults).start(mary).open(mary, "qlq-c30")
    for number in range(1, 4):
        phone.sees(f"q{number}")
        phone.choose(C30[f"q{number}"]["value"])
        phone.saved("Saved at the hospital")
        assert hospital.draft(mary, "qlq-c30")[f"q{number}"] == C30[f"q{number}"]
        phone.next()
    pocket.kill()
    assert len(hospital.draft(mary, "qlq-c30")) == 3
    pocket.open()


def test_answers_that_wait_are_not_readable_in_the_telephones_storage(
    pocket: Pocket, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-thief", "en")
    phone = Phone(hospital, pocket.context, faults).start(mary).open(mary, "bpi-sf")
    phone.kept_for_offline()
    hospital.lie = out_of_reach
    phone.answer("bpi1", 1)
    phone.page.locator('[data-region="back-sacrum"]').click()
    phone.next()
    for item in ("bpi3", "bpi4", "bpi5", "bpi6"):
        phone.answer(item, 5)
    phone.answer("bpi7", SECRET)
    phone.sees("bpi8")
    token = hospital.token(mary)
    # What would be found if it were kept plainly: the same words in the same kind of place.
    phone.page.evaluate(
        """words => new Promise(done => {
          const opening = indexedDB.open("control", 1);
          opening.onupgradeneeded = () => opening.result.createObjectStore("plain").put(words, "key");
          opening.onsuccess = () => { opening.result.close(); done() };
        })""",
        "control-" + "plain-words-4410",
    )
    pocket.context.close()
    found = everything_under(pocket.folder)
    assert b"plain-words-4410" in found or "plain-words-4410".encode("utf-16-le") in found
    for secret in (SECRET, token.rsplit(".", 1)[1], "back-sacrum"):
        for encoding in ("utf-8", "utf-16-le"):
            places = [m for m in find(pocket.folder, secret.encode(encoding)) if not allowed(m, secret)]
            assert not places, f"{secret} in {places}"
    hospital.lie = None
    pocket.open()


def everything_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def find(folder: Path, needle: bytes) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and needle in path.read_bytes()
    ]


def allowed(place: str, secret: str) -> bool:
    """The name of a region is in the page that everybody gets; the link is in history and its cookie."""
    if secret == "back-sacrum":
        return "Cache" in place or "Code Cache" in place
    return secret != SECRET and "IndexedDB" not in place


def test_after_a_lost_cookie_the_icon_still_opens_the_right_visit(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    mary = hospital.enrol("CZ-cookie", "en")
    context = browser.new_context()
    phone = Phone(hospital, context, faults).start(mary).open(mary, "qlq-c30")
    phone.kept_for_offline()
    phone.answer("q1", 2)
    phone.saved("Saved at the hospital")
    manifest = phone.page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then(answer => answer.json())"
    )
    assert manifest["start_url"] == f"/app#{hospital.token(mary)}"
    context.clear_cookies()
    phone.page.goto(hospital.url + manifest["start_url"])
    phone.page.locator(".part.begun a").click()
    phone.ready().answer("q2", 3)
    phone.saved("Saved at the hospital")
    assert hospital.draft(mary, "qlq-c30") == {"q1": {"value": 2}, "q2": {"value": 3}}
    # And on a home screen that shares nothing with the browser (as on iOS), the address alone is enough.
    fresh = Phone(hospital, browser.new_context(), faults)
    fresh.page.goto(hospital.url + manifest["start_url"])
    fresh.page.wait_for_url(f"**/v/{hospital.token(mary)}")


def test_offline_any_page_that_cannot_be_had_becomes_the_list_of_visits(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-list", "zh-Hans")
    context = browser.new_context()
    phone = Phone(hospital, context, faults).start(wang).open(wang, "qlq-c30")
    phone.kept_for_offline()
    context.set_offline(True)
    phone.page.goto(f"{hospital.url}/visit")
    expect(phone.page.locator(".part.fresh")).to_have_count(2)
    expect(phone.page.locator("#offline")).to_be_visible()
    # A page of an earlier release that was never here: today's questions in its place.
    phone.page.goto(f"{hospital.url}/q/bpi-sf/en/0123456789abcdef#{wang.handle}.2w")
    phone.ready().sees("bpi1")


def test_personal_pages_are_never_kept_by_the_worker(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    wang = hospital.enrol("CZ-cache", "zh-Hans")
    phone = Phone(hospital, browser.new_context(), faults).start(wang).open(wang, "qlq-c30")
    phone.kept_for_offline()
    phone.page.goto(f"{hospital.url}/visit")
    phone.page.goto(hospital.link(wang))
    kept: list[str] = phone.page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys())
              found.push(new URL(request.url).pathname);
          return found;
        }"""
    )
    assert any(path.startswith("/q/") for path in kept)
    assert not [path for path in kept if path.split("/")[1] in ("visit", "v", "device", "c", "staff", "")]


@pytest.mark.parametrize("blocked", ["worker", "secure context"])
def test_without_a_worker_or_on_plain_http_everything_but_offline_works(
    playwright: Playwright,
    hospital: Hospital,
    faults: list[str],
    blocked: str,
) -> None:
    mary = hospital.enrol(f"CZ-{blocked[:6]}", "en")
    before = {f"q{number}": C30[f"q{number}"] for number in range(1, 26)}
    hospital.begun(mary, before, "q26")
    rules = ["--host-resolver-rules=MAP clinic.test 127.0.0.1"] if blocked == "secure context" else []
    started = playwright.chromium.launch(executable_path=on_path(), args=[*ARGUMENTS, *rules])
    options: dict[str, Any] = {"service_workers": "block"} if blocked == "worker" else {}
    phone = Phone(hospital, started.new_context(**options), faults)
    usual = hospital.url
    if rules:
        hospital.url = usual.replace("127.0.0.1", "clinic.test")
    try:
        phone.start(mary).open(mary, "qlq-c30").settled()
        if rules:
            assert phone.page.evaluate("isSecureContext") is False
            hospital.lie = out_of_reach
            phone.choose(1)
            phone.saved("Not saved on this device")
            phone.page.locator('[data-language="zh-Hans"]').click()
            expect(phone.page.locator("#note")).to_contain_text("change the language a little later")
            hospital.lie = None
            phone.back_in_reach()
            phone.saved("Saved at the hospital")
        for number in range(26, 31):
            phone.answer(f"q{number}", C30[f"q{number}"]["value"])
        phone.send()
        phone.at_end("received")
        assert len(hospital.received(mary)) == 1
    finally:
        hospital.url = usual
        started.close()
