"""A browser inside another program, as WeChat's: no service worker, and what it keeps may be cleared."""

from collections.abc import Callable

from playwright.sync_api import Browser, Response, expect

from pro_app.records import responses
from tests.browser.question.hospital import Hospital
from tests.browser.question.phone import C30, Phone

# How WeChat's own browser on Android calls itself.
WECHAT = (
    "Mozilla/5.0 (Linux; Android 10; MI 8) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/107.0.5304.141 Mobile Safari/537.36 XWEB/5169 MicroMessenger/8.0.33 WeChat/arm64 Weixin"
    " NetType/4G Language/zh_CN"
)


def _of_an_answer_to(item: str) -> Callable[[Response], bool]:
    """The hospital's reply to a draft with an answer to `item`."""
    answer = f'"{item}":{{'
    return lambda reply: reply.url.endswith("/device/draft") and answer in (reply.request.post_data or "")


def test_storage_that_is_cleared_in_between_takes_nothing_that_had_been_saved(
    browser: Browser, hospital: Hospital, faults: list[str]
) -> None:
    """As in WeChat: pages open inside the conversation, have no service worker, and their storage may go."""
    wang = hospital.enrol("CZ-wechat", "zh-Hans")
    hospital.begun(wang, {f"q{number}": C30[f"q{number}"] for number in range(1, 27)}, "q27")
    context = browser.new_context(user_agent=WECHAT, viewport={"width": 360, "height": 640}, has_touch=True)
    context.add_init_script("delete Navigator.prototype.serviceWorker")
    phone = Phone(hospital, context, faults).start(wang).open(wang, "qlq-c30").settled()
    assert phone.page.evaluate("'serviceWorker' in navigator") is False
    phone.answer("q27", C30["q27"]["value"])
    phone.sees("q28")
    with phone.page.expect_response(
        _of_an_answer_to("q28")
    ):  # what it says may still be about the one before
        phone.choose(C30["q28"]["value"])
    expect(phone.page.locator("#saved")).to_have_attribute("data-state", "hospital")

    phone.page.goto("about:blank")
    context.clear_cookies()
    storage = {"origin": hospital.url, "storageTypes": "all"}
    context.new_cdp_session(phone.page).send("Storage.clearDataForOrigin", storage)

    phone.start(wang).open(wang, "qlq-c30")  # the message is still in the conversation
    phone.sees("q28")
    for number in range(28, 31):
        phone.answer(f"q{number}", C30[f"q{number}"]["value"])
    phone.send()
    phone.at_end("received")
    (sent,) = hospital.received(wang)
    with hospital.service.store.reading() as tx:
        assert responses.answers_of(tx, sent.uuid) == C30
    context.close()
