"""Whatever a network may answer in the hospital's place, the phone lets go of nothing before the receipt."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from wsgiref.types import StartResponse, WSGIEnvironment

from playwright.sync_api import Browser, expect

from tests.browser.question.hospital import Hospital, Lie
from tests.browser.question.phone import C30, Phone

Answer = Callable[[StartResponse], Iterable[bytes]]


def plain(status: str, body: bytes, mime: str = "text/html", **headers: str) -> Answer:
    def answer(start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, [("Content-Type", mime), ("Content-Length", str(len(body))), *headers.items()])
        return [body]

    return answer


def cut(start_response: StartResponse) -> Iterable[bytes]:
    """The connection breaks in the middle of a reply that began well."""
    start_response("201 CREATED", [("Content-Type", "application/json"), ("Content-Length", "500")])

    def half() -> Iterator[bytes]:
        yield b'{"receipt": "ABCD-EF01", "resp'
        raise ConnectionAbortedError

    return half()


FALSE = json.dumps(
    {"receipt": "ABCD-EF01", "response": "x", "hash": "0" * 64, "standing": "current"}
).encode()
LIES: dict[str, Answer] = {
    "a hotel's sign-in page says 200": plain("200 OK", b"<h1>Welcome! Sign in to use the network</h1>"),
    "some JSON that is no receipt": plain("200 OK", b'{"ok": true}', "application/json"),
    "a receipt for something else": plain("201 CREATED", FALSE, "application/json"),
    "a redirect to somewhere": plain("302 FOUND", b"", Location="/healthz"),
    "a reply that is cut off": cut,
    "a proxy forbids it": plain("403 FORBIDDEN", b"<h1>Blocked</h1>"),
    "too large for a proxy": plain("413 REQUEST ENTITY TOO LARGE", b"<h1>413</h1>"),
    "the server breaks": plain("500 INTERNAL SERVER ERROR", b"<h1>500</h1>"),
}


def lying(told: list[str], answer: Answer) -> Lie:
    def lie(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "POST" or not environ["PATH_INFO"].startswith("/device/"):
            return None
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        told.append(environ["PATH_INFO"])
        return answer(start_response)

    return lie


def almost_done(hospital: Hospital, browser: Browser, faults: list[str], number: str) -> Phone:
    """Mary stands before the last question."""
    mary = hospital.enrol(number, "en")
    hospital.begun(mary, {item: answer for item, answer in C30.items() if item != "q30"}, "q30")
    phone = Phone(hospital, browser.new_context(), faults).start(mary).open(mary, "qlq-c30").settled()
    phone.sees("q30")
    phone.person = mary
    return phone


def soon(happened: Callable[[], bool]) -> None:
    for _ in range(200):
        if happened():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never happened")


def sealed(phone: Phone, kind: str) -> int:
    """How many records of this kind the telephone still keeps."""
    found: int = phone.page.evaluate(
        """kind => new Promise(done => {
          const opening = indexedDB.open("pro-follow-up");
          opening.onsuccess = () => {
            const keys = opening.result.transaction("sealed").objectStore("sealed").getAllKeys();
            keys.onsuccess = () => {
              opening.result.close();
              done(keys.result.filter(key => key.startsWith(kind)).length);
            };
          };
        })""",
        kind,
    )
    return found


def test_the_phone_keeps_everything_until_the_true_receipt(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    """One telephone hears every false reply, to its draft and, opened anew each time, to its response."""
    phone = almost_done(hospital, browser, faults, "CZ-lies")
    hospital.lie = lying([], cut)
    phone.choose(C30["q30"]["value"])
    for lie, answer in LIES.items():
        told: list[str] = []
        hospital.lie = lying(told, answer)
        phone.back_in_reach()
        soon(partial(told.__contains__, "/device/draft"))
        expect(phone.page.locator("#saved")).to_contain_text("1 answer waits to be sent")
        assert "q30" not in hospital.draft(phone.person, "qlq-c30"), lie
    phone.next()
    phone.send()
    phone.at_end("waiting")
    for lie, answer in LIES.items():
        told = []
        hospital.lie = lying(told, answer)
        phone.page.reload()
        phone.ready().at_end("waiting")
        soon(partial(told.__contains__, "/device/response"))
        assert (sealed(phone, "parcel/"), sealed(phone, "receipt/")) == (1, 0), lie
        assert hospital.received(phone.person) == []
    phone.page.reload()
    phone.ready().at_end("waiting")
    hospital.lie = None
    phone.back_in_reach()
    phone.at_end("received")
    assert len(hospital.received(phone.person)) == 1


def test_silence_is_a_failed_try_and_not_the_end(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    phone = almost_done(hospital, browser, faults, "CZ-silence")
    phone.page.clock.install()
    told: list[str] = []
    over = threading.Event()

    def never(start_response: StartResponse) -> Iterable[bytes]:
        over.wait(30)
        return plain("500 INTERNAL SERVER ERROR", b"")(start_response)

    phone.choose(C30["q30"]["value"])
    phone.next()
    hospital.lie = lying(told, never)
    phone.send()
    soon(lambda: "/device/response" in told)
    phone.page.clock.fast_forward(20_000)
    expect(phone.page.locator("#refusal")).to_contain_text("Nothing is lost")
    hospital.lie = None
    over.set()
    phone.back_in_reach()
    phone.at_end("received")
    assert len(hospital.received(phone.person)) == 1


def test_a_lost_acknowledgement_makes_no_second_record(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    phone = almost_done(hospital, browser, faults, "CZ-lost")
    phone.choose(C30["q30"]["value"])
    phone.next()

    def swallow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes] | None:
        if environ["PATH_INFO"] != "/device/response":
            return None
        hospital.lie = None
        list(hospital.app(environ, lambda status, headers, *_: lambda data: None))
        return cut(start_response)

    hospital.lie = swallow
    phone.send()
    phone.at_end("received")
    (stored,) = hospital.received(phone.person)
    assert stored.standing == "current"


def test_a_refusal_of_the_hospital_is_told_in_its_own_words_and_nothing_is_dropped(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    phone = almost_done(hospital, browser, faults, "CZ-refused")
    phone.choose(C30["q30"]["value"])
    phone.next()
    sentence = json.dumps({"error": "busy", "message": "Too many at once."}).encode()
    told: list[str] = []
    hospital.lie = lying(told, plain("503 SERVICE UNAVAILABLE", sentence, "application/json"))
    phone.send()
    expect(phone.page.locator("#refusal")).to_contain_text("Too many at once.")
    tries = len(told)
    phone.page.locator("#send-again").click()
    soon(lambda: len(told) > tries)
    hospital.lie = None
    phone.back_in_reach()
    phone.at_end("received")
    assert len(hospital.received(phone.person)) == 1
