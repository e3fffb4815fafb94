"""What a questionnaire page costs a telephone: bytes, requests, paint and tap, in Chromium.

Network and processor are slowed as Lighthouse does for a mid-range telephone on slow 4G. Byte counts are
what the network layer received, headers included. Nothing is asserted here: `measure` returns figures.

    python -m benchmarks.question_page http://127.0.0.1:8000/v/<token>
"""

import json
import shutil
import sys
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

ROUND_TRIP_MS = 150
BYTES_PER_SECOND = 1_600_000 / 8
SLOWER_PROCESSOR = 4
READY = "body:not(.waiting)"
# After the last thing that a page loads by itself (not the worker's own).
SETTLED = 'link[rel="manifest"]'


@dataclass
class Wire:
    """What one page received: one entry a request, and when its reply began."""

    began: dict[str, float] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    paint: float | None = None

    def watch(self, session: CDPSession) -> None:
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.responseReceived", self._headers)
        session.on("Network.loadingFinished", self._finished)
        session.on("Page.lifecycleEvent", self._lifecycle)

    def _asked(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.urls[event["requestId"]] = event["request"]["url"]

    def _headers(self, event: dict[str, Any]) -> None:
        self.began[event["requestId"]] = float(event["timestamp"])

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.urls:
            self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def _lifecycle(self, event: dict[str, Any]) -> None:
        if event["name"] == "firstPaint" and self.paint is None:
            self.paint = float(event["timestamp"])

    @property
    def before_paint(self) -> int:
        """All bytes of every reply that had begun at the first paint: rather too much than too little."""
        paint = self.paint or float("inf")
        return sum(size for name, size in self.sizes.items() if self.began[name] <= paint)

    def of(self, urls: set[str]) -> int:
        return sum(size for name, size in self.sizes.items() if self.urls[name].split("#")[0] in urls)

    def total(self, ending: str = "") -> int:
        return sum(
            size for name, size in self.sizes.items() if self.urls[name].split("#")[0].endswith(ending)
        )


def chromium() -> str | None:
    """Where the browser is; None lets Playwright use its own."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def measure(link: str) -> dict[str, Any]:
    """Figures of the first questionnaire behind a personal link, which must still be open.

    Bytes are bytes, times milliseconds. `first_*` counts what is asked for before the first question can be
    answered, the visit's own JSON included; `all_*` also what is
    fetched after it (skipping, overview, tools, install).
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            return measure_in(browser, link)
        finally:
            browser.close()


def measure_in(browser: Browser, link: str) -> dict[str, Any]:
    """The same in a browser that is running already."""
    page_url, cookies = enter(browser, link)
    figures = cold(browser, page_url, cookies)
    figures |= _worker(browser, page_url, cookies)
    return {"url": page_url, "cookies": cookies, **figures}


def enter(browser: Browser, link: str) -> tuple[str, list[Any]]:
    """Press Start as a patient does; the first questionnaire's address and the browser's cookies."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.goto(link)
    page.locator("button.go").click()
    if page.url.endswith("/privacy"):
        page.locator('input[name="health_data"]').check()
        page.locator('button[value="yes"]').click()
    page_url = str(page.locator("a[data-page]").first.evaluate("link => link.href"))
    cookies = context.cookies()
    context.close()
    return page_url, cookies


def _fresh(browser: Browser, cookies: list[Any], **options: Any) -> tuple[BrowserContext, Page, CDPSession]:
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, **options)
    context.add_cookies(cookies)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Page.enable")
    session.send("Page.setLifecycleEventsEnabled", {"enabled": True})
    return context, page, session


def cold(browser: Browser, page_url: str, cookies: list[Any], tap: bool = True) -> dict[str, Any]:
    """What a first visit costs: nothing is in the browser's cache, and there is no worker.

    `tap`: also time the way from tap to next question, which answers the first one.
    """
    context, page, session = _fresh(browser, cookies, service_workers="block")
    conditions = {
        "offline": False,
        "latency": ROUND_TRIP_MS,
        "downloadThroughput": BYTES_PER_SECOND,
        "uploadThroughput": BYTES_PER_SECOND / 2,
    }
    session.send("Network.emulateNetworkConditions", conditions)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    wire = Wire()
    wire.watch(session)
    with page.expect_response("**/device/visit/*"):
        page.goto(page_url)
    expect(page.locator(READY)).to_have_count(1)
    expect(page.locator(SETTLED)).to_have_count(1, timeout=15_000)
    page.wait_for_load_state("networkidle")
    early = {page_url.split("#")[0], *page.evaluate(_BEFORE_THE_QUESTION)}
    figures = {
        "first_requests": len(early),
        "first_bytes": wire.of(early),
        "bytes_before_first_paint": wire.before_paint,
        "requests": {wire.urls[name].rsplit("/", 1)[1][:24]: size for name, size in wire.sizes.items()},
        "all_requests": len(wire.urls),
        "all_bytes": wire.total(),
        "javascript_bytes": wire.total(".js"),
        "first_paint_ms": page.evaluate("performance.getEntriesByName('first-paint')[0]?.startTime"),
        "largest_paint_ms": page.evaluate(_LARGEST),
    }
    if tap:
        figures["tap_to_next_question_ms"] = _tap(page)
    context.close()
    return figures


_LARGEST = """() => new Promise(done => new PerformanceObserver(list =>
  done(list.getEntries().at(-1).startTime)
).observe({ type: 'largest-contentful-paint', buffered: true }))"""
_BEFORE_THE_QUESTION = """() => {
  const shown = performance.getEntriesByName('question')[0].startTime;
  return performance.getEntriesByType('resource').filter(one => one.startTime <= shown).map(one => one.name);
}"""
_TAP = """() => new Promise(done => {
  const next = document.getElementById('next');
  const began = performance.now();
  next.click();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - began);
    channel.port2.postMessage(0);
  });
})"""


def _tap(page: Page) -> float:
    """Milliseconds from pressing Next to the frame that shows the next question (median of five)."""
    first = page.locator("fieldset.question").first
    first.locator("input").first.click()
    times = []
    for _ in range(5):
        times.append(float(page.evaluate(_TAP)))
        expect(first).to_be_hidden()
        page.locator("#back").click()
        expect(first).to_be_visible()
    return sorted(times)[2]


def _worker(browser: Browser, page_url: str, cookies: list[Any]) -> dict[str, Any]:
    """`worker_bytes`: what the worker fetches in the background, once a release, so that all pages work
    offline. `second_visit_ms`: how soon the first question is there again without any network."""
    context, page, session = _fresh(browser, cookies)
    page.goto(page_url)
    expect(page.locator(SETTLED)).to_have_count(1, timeout=15_000)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    size = page.evaluate(
        """async () => {
          let total = 0;
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) {
              const entry = await fetch(request.url, { cache: 'reload' }).then(r => r.url);
              total += performance.getEntriesByName(entry).at(-1)?.encodedBodySize || 0;
            }
          return total;
        }"""
    )
    context.set_offline(True)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    page.reload()
    expect(page.locator(READY)).to_have_count(1)
    shown = page.evaluate("performance.getEntriesByName('question')[0].startTime")
    context.close()
    return {"worker_bytes": int(size), "second_visit_ms": float(shown)}


if __name__ == "__main__":
    json.dump(measure(sys.argv[1]), sys.stdout, indent=2)
