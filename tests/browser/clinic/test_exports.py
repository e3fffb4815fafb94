"""An export in a browser: its page shows how far it is, with and without a script, then has the file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pro_app.keys import load_key_ring
from pro_app.records import export_jobs
from pro_app.records.store import Store
from tests.browser.conftest import Demonstration
from tests.integration.corrections.exported import begun, finished

LOGIN = "coordinator.chen"


@pytest.fixture
def other_machine(demonstration: Demonstration) -> Iterator[Store]:
    """Somebody else at the demonstration's database."""
    keys = load_key_ring(demonstration.data_dir / "keys.json", None)
    store = Store(f"sqlite:///{demonstration.data_dir / 'pro_app.sqlite'}", keys)
    yield store
    store.close()


def signed_in(page: Page, demonstration: Demonstration) -> None:
    page.goto(f"{demonstration.base}/staff/sign-in?next=/staff/exports")
    page.locator('input[name="login"]').fill(LOGIN)
    page.locator('input[name="password"]').fill(demonstration.passwords[LOGIN])
    page.locator('form[method="post"] button').first.click()
    page.wait_for_url("**/staff/exports")
    page.goto(f"{demonstration.base}/staff/exports?lang=en")


def test_an_export_is_made_and_downloaded_and_the_bar_of_a_large_one_moves(
    demonstration: Demonstration, browser: Browser, other_machine: Store, tmp_path: Path
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

    # A machine that is heard of for ten minutes, however slow this one is.
    now = datetime.now(UTC)
    heard = now + timedelta(minutes=10)
    job, key = begun(other_machine, LOGIN, now, people=200)
    job = say(other_machine, replace(job, done=100, percent=45), heard)
    state = context.storage_state()
    with_none = browser.new_context(locale="en", java_script_enabled=False, storage_state=state)
    without_script = with_none.new_page()
    for one in (page, without_script):
        one.goto(f"{demonstration.base}/staff/exports/{job.id}?lang=en")
        expect(one.get_by_text("100 of 200 participants read.")).to_be_visible()
    job = say(other_machine, replace(job, done=150, percent=67), heard)
    expect(page.locator("#percent")).to_have_text("67 %")
    assert page.locator("#bar").evaluate("bar => bar.value") == 67
    finished(other_machine, job, key, now, b"PK")
    for one in (page, without_script):
        expect(one.get_by_role("link", name="Download")).to_be_visible()

    job, _key = begun(other_machine, LOGIN, now)
    say(other_machine, job, heard)
    page.goto(f"{demonstration.base}/staff/exports/{job.id}?lang=en")
    page.get_by_role("button", name="Stop this export").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(f"{demonstration.base}/staff/exports/{job.id}?lang=en")
    expect(page.get_by_role("alert")).to_have_text("You stopped this export. Nothing was left behind.")
    context.close()
    with_none.close()


def say(store: Store, job: export_jobs.Job, heard: datetime) -> export_jobs.Job:
    with store.writing(short=True) as tx:
        assert export_jobs.beat(tx, job, heard)
    return job
