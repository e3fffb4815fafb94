"""A form to print as a PDF, where there is a Chromium, where there is none, and where it does not print."""

import pytest
from flask.testing import FlaskClient

from pro_app.exports import paper
from pro_app.records.participants import Participant


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_without_a_chromium_the_form_comes_as_a_page(
    li: FlaskClient, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "browser", lambda: None)
    answer = li.get("/staff/participants/CZ-001/paper-form/2w.pdf")
    assert answer.content_type.startswith("text/html")
    assert "@page" in answer.text
    monkeypatch.setattr(paper, "browser", lambda: "chromium")
    monkeypatch.setattr(paper, "pdf_of", lambda _chromium, page, **_more: page.encode()[:15])
    answer = li.get("/staff/participants/CZ-001/paper-form/2w.pdf?words=en")
    assert answer.content_type == "application/pdf"
    assert answer.data == b"<!doctype html>"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_chromium_that_does_not_print_is_waited_for_once(
    li: FlaskClient, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def hangs(_chromium: str, _page: str, **_more: object) -> bytes:
        asked.append(1)
        raise paper.NotPrinted(words="no answer within 30 s")

    monkeypatch.setattr(paper, "browser", lambda: "chromium")
    monkeypatch.setattr(paper, "pdf_of", hangs)
    for _ in range(2):
        answer = li.get("/staff/participants/CZ-001/paper-form/2w.pdf")
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/html")
    assert asked == [1]
