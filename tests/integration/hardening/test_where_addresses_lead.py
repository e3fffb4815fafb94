"""No address of ours comes from a request, no redirect leads away, nothing personal stands in an address."""

import re
from urllib.parse import quote

from werkzeug.test import TestResponse

from tests.integration.clinic.people import PASSWORD
from tests.integration.hardening.conftest import BASE, Hospital, secret_in

EVIL = "evil.example"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/staff\\..//evil.example",
    "/staff/..//evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/staff\r\nLocation: //evil.example",
    " //evil.example",
    "/staff@evil.example",
    "http://pro.hospital.example.evil.example/staff",
    "\t//evil.example",
    "/%09//evil.example",
    "/staff/sign-out",
)


def target(answer: TestResponse) -> str:
    return str(answer.headers.get("Location", ""))


def stays(address: str) -> bool:
    """A path of our own as a browser reads it: it drops tabs and takes a backslash for a slash."""
    read = re.sub(r"[\t\r\n]", "", address).replace("\\", "/").strip()
    return read.startswith("/") and not read.startswith("//")


def test_no_wish_for_a_next_page_leads_away(hospital: Hospital) -> None:
    for wish in ELSEWHERE:
        client = hospital.client()
        page = client.get("/staff/sign-in", query_string={"next": wish})
        hidden = re.search(r'name="next"[^>]* value="([^"]*)"', page.text)
        assert hidden and stays(hidden[1]) and not hidden[1].startswith("/staff/sign-"), wish
        secret = secret_in(client, "/staff/sign-in")
        spoken = client.post("/staff/language", data={"language": "en", "next": wish, "csrf_token": secret})
        assert spoken.status_code == 303 and stays(target(spoken)), wish
        sent = {"login": "li", "password": PASSWORD, "next": wish, "csrf_token": secret}
        came_in = client.post("/staff/sign-in", data=sent)
        assert came_in.status_code == 303 and stays(target(came_in)), wish


def test_a_page_of_another_site_does_not_say_where_a_lost_form_leads(hospital: Hospital) -> None:
    """Whoever is signed out is led back to the page the form was on, if that is one of ours."""
    hospital.app.config["WTF_CSRF_ENABLED"] = False
    for wish in (*ELSEWHERE, "http://[", "/staff/participants"):
        referer = {"Referer": f"https://evil.example{quote(wish)}"}
        answer = hospital.client().post("/staff/enrol", data={}, headers=referer)
        assert answer.status_code in (303, 401) and stays(target(answer) or "/"), wish


def test_a_host_header_of_somebody_else_comes_back_nowhere(hospital: Hospital) -> None:
    """A poisoned cache, or a link in a letter, would need it."""
    lies = {"Host": EVIL, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}", "X-Original-URL": "/staff"}
    for rule, guard in hospital.routes():
        if "GET" not in (rule.methods or ()) or rule.rule.endswith(".pdf"):
            continue
        if rule.endpoint == "demo_registry.search":
            continue  # plays somebody else's server, in a demonstration only
        answer = hospital.admitted(guard).get(hospital.path(rule), headers=lies)
        assert EVIL not in answer.text, rule
        assert EVIL not in str(answer.headers), rule
    for path in ("/v//x", "/staff/", "/staff//participants", "//evil.example/staff"):
        answer = hospital.client().get(path, headers=lies)
        assert answer.status_code == 404 or stays(target(answer)), path


def test_a_link_that_is_shown_or_mailed_begins_with_our_own_address(hospital: Hospital) -> None:
    page = hospital.staff("li").get("/staff/participants/CZ-003/link", headers={"X-Forwarded-Host": EVIL})
    assert f"{BASE}/v/" in page.text


def test_an_answer_never_has_a_header_that_somebody_sent(hospital: Hospital) -> None:
    li = hospital.staff("li")
    for split in ("%0d%0aX-Evil:%201", "%0aSet-Cookie:%20a=b", "%e5%98%8a%e5%98%8dX-Evil:1"):
        for path in (f"/q/{split}/en", f"/v/{split}", f"/staff?next={split}", f"/staff/participants/{split}"):
            headers = str(li.get(path).headers)
            assert "X-Evil" not in headers.replace("%0d%0aX-Evil", "") or "\nX-Evil" not in headers
            assert "a=b" not in headers


def test_addresses_that_leave_the_house_name_nobody(hospital: Hospital) -> None:
    """A patient's address holds a random handle; `same-origin` keeps even that from other sites."""
    patient = hospital.patient()
    page = patient.get("/visit")
    assert page.headers["Referrer-Policy"] == "same-origin"
    addresses = re.findall(r'(?:href|action|src)="([^"]+)"', page.text)
    assert addresses and not any("CZ-003" in one or "1961" in one or "138" in one for one in addresses)
    assert all(stays(one) or one.startswith(("tel:", "#", "?", "data:,")) for one in addresses), addresses


def test_error_pages_repeat_nothing_that_was_typed(hospital: Hospital) -> None:
    client = hospital.client()
    mark = "13800000001<i>王建国"
    for path in (f"/{mark}", f"/v/{mark}", f"/q/{mark}/en", f"/staff/link/{mark}", f"/static/x/{mark}"):
        answer = client.get(path)
        assert answer.status_code in (302, 404) and "王建国" not in answer.text.replace("%E7", ""), path
        assert "<i>" not in answer.text
    sent = {"code": mark, "csrf_token": secret_in(client, "/c")}
    assert "<i>" not in client.post("/c", data=sent).text


def test_a_framed_page_is_refused_by_every_browser_and_a_letter_is_framed_by_ourselves_only(
    hospital: Hospital,
) -> None:
    page = hospital.staff("li").get("/staff")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors *" not in page.headers["Content-Security-Policy"]
