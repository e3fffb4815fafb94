"""An export in a browser: its page shows how far it is, with and without a script, then has the file."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from pro_app.exports.jobs import Job, jobs_of, new_name
from tests.browser.conftest import Demonstration

LOGIN = "coordinator.chen"


def signed_in(page: Page, demonstration: Demonstration) -> None:
    page.goto(f"{demonstration.base}/staff/sign-in?next=/staff/exports")
    page.locator('input[name="login"]').fill(LOGIN)
    page.locator('input[name="password"]').fill(demonstration.passwords[LOGIN])
    page.locator('form[method="post"] button').first.click()
    page.wait_for_url("**/staff/exports")
    page.goto(f"{demonstration.base}/staff/exports?lang=en")


def test_an_export_is_made_and_downloaded_and_the_bar_of_a_large_one_moves(
    demonstration: Demonstration, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(locale="en")
    page = context.new_page()
    signed_in(page, demonstration)
    with page.expect_response(lambda answer: answer.request.method == "POST") as asked:
        page.get_by_role("button", name="Make the export").click()
    made = asked.value.headers["location"].removesuffix("/file")  # at once, or on a busy machine later
    page.goto(f"{demonstration.base}{made}?lang=en")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "export.zip")
    assert (tmp_path / "export.zip").read_bytes().startswith(b"PK")

    jobs = jobs_of(demonstration.data_dir)
    now = datetime.now(UTC)
    job = Job(new_name(), LOGIN, now, "large.zip", ("sav",), ("CZ",), False, people=200, done=100, percent=45)
    locks = jobs.begin(job)
    state = context.storage_state()
    with_none = browser.new_context(locale="en", java_script_enabled=False, storage_state=state)
    without_script = with_none.new_page()
    for one in (page, without_script):
        one.goto(f"{demonstration.base}/staff/exports/{job.id}?lang=en")
        expect(one.get_by_text("100 of 200 participants read.")).to_be_visible()
    jobs.put(replace(job, done=150, percent=67))
    expect(page.locator("#percent")).to_have_text("67 %")
    assert page.locator("#bar").evaluate("bar => bar.value") == 67
    jobs.file(job.id).write_bytes(b"PK")
    jobs.put(replace(job, state="done", percent=100, ended=now, size=2))
    for lock in locks:
        lock.free()
    for one in (page, without_script):
        expect(one.get_by_role("link", name="Download")).to_be_visible()
    context.close()
    with_none.close()
