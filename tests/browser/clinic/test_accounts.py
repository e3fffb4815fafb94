"""A walk through the pages of accounts in a real browser: a code is set up, asked for, taken away."""

import re
import time

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.clinic.test_staff_pages import is_accessible, sideways, staff_page
from tests.browser.conftest import Demonstration

pytestmark = pytest.mark.browser


def is_good(page: Page) -> None:
    """Accessible, and no wider than a telephone."""
    is_accessible(page)
    page.set_viewport_size({"width": 360, "height": 740})
    assert sideways(page) <= 0, page.url
    page.set_viewport_size({"width": 1280, "height": 860})


def test_sun_sets_up_a_code_signs_in_with_it_and_takes_it_away(
    browser: Browser, demonstration: Demonstration
) -> None:
    password = demonstration.passwords["nurse.sun"]
    with staff_page(browser, demonstration, "nurse.sun", "en", anew=True) as (page, complaints):
        page.locator(".me a.mine").click()
        is_good(page)
        page.get_by_role("link", name="Set up the code").click()
        is_good(page)
        secret = page.locator(".key code").inner_text().replace(" ", "")
        page.get_by_label("Six digits").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Confirm").click()
        expect(page.locator(".recovery code")).to_have_count(10)
        is_good(page)
        recovery = page.locator(".recovery code").first.inner_text()
        page.get_by_role("button", name="Sign out").click()
        page.locator("#login").fill("nurse.sun")
        page.locator("#password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Code from your app")).to_be_focused()
        is_good(page)
        page.get_by_label("Code from your app").fill(pyotp.TOTP(secret).at(int(time.time()) - 3600))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("is wrong")
        page.get_by_label("Code from your app").fill(recovery.lower())
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("9 are left")).to_be_visible()
        page.goto("/staff/account/code")
        is_good(page)
        page.get_by_label("Your password").fill(password)
        page.get_by_role("button", name="Ask for no code any more").click()
        expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()
        assert [one for one in complaints if "401" not in one] == []


def test_the_trail_and_the_accounts_are_accessible(browser: Browser, demonstration: Demonstration) -> None:
    pages = {
        "monitor.fang": ("/staff/trail", "/staff/forgotten", "/staff/link/over"),
        "admin.he": ("/staff/accounts", "/staff/accounts/nurse.li"),
    }
    for login, paths in pages.items():
        with staff_page(browser, demonstration, login, "zh-Hans") as (page, complaints):
            for path in paths:
                page.goto(path)
                expect(page.locator("h1")).to_have_count(1)
                is_good(page)
            page.goto("/staff/trail?what=signed_in")
            expect(page.locator("table.trail tbody tr").first).to_be_visible()
            assert [one for one in complaints if not re.search("404", one)] == []
