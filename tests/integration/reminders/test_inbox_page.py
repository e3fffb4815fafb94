"""The demonstration's inbox as a visitor sees it, and that it exists in a demonstration only."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pro_app.clock import tick_once
from pro_app.config import read_settings
from pro_app.records.store import Store
from pro_app.web import demo_inbox
from pro_app.web.factory import create_app
from pro_app.wiring import Service, build
from tests.integration.reminders.scene import NOON, Scene


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Service:
    built = build(read_settings({"PRO_APP_DATA_DIR": str(tmp_path)}))
    built.store.close()
    return replace(built, store=store, registries=())


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return create_app(service).test_client()


def test_an_empty_inbox_says_so(client: FlaskClient) -> None:
    answer = client.get("/demo/inbox?lang=en")

    assert answer.status_code == 200
    assert "There is no message yet" in answer.text


def test_wang_s_text_message_and_mary_s_e_mail_can_be_read_and_their_links_pressed(
    client: FlaskClient, service: Service
) -> None:
    scene = Scene(service.store)
    scene.wang()
    mary = scene.mary()
    tick_once(service, NOON)
    base = service.settings.base_url
    link = f"{base}/v/{service.links.token(mary.handle, 'baseline', mary.link_epoch)}"

    listed = client.get("/demo/inbox?lang=en").text

    assert "Text message to +8613800030000" in listed
    assert "【长征医院随访】" in listed
    assert f'<a href="{link}">' in listed
    assert f'<a href="{base}">' in listed


def test_a_message_has_its_own_page_and_its_letter(client: FlaskClient, service: Service) -> None:
    scene = Scene(service.store)
    mary = scene.mary()
    tick_once(service, NOON)
    (row,) = [row for row in scene.rows(mary) if row.state == "delivered"]

    page = client.get(f"/demo/inbox/{row.reference}?lang=en")
    letter = client.get(f"/demo/inbox/{row.reference}/letter")

    assert "mary@example.org" in page.text
    assert "Open my follow-up" in letter.text
    policy = letter.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/demo/inbox/none", "/demo/inbox/none/letter", "/demo/inbox/..%2Fkeys"])
def test_an_unknown_message_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_text_message_has_no_letter(client: FlaskClient, service: Service) -> None:
    scene = Scene(service.store)
    wang = scene.wang()
    tick_once(service, NOON)
    (row,) = scene.rows(wang)

    assert client.get(f"/demo/inbox/{row.reference}/letter").status_code == 404


def test_in_production_there_is_no_inbox(service: Service) -> None:
    real = replace(service, settings=replace(service.settings, mode="production"))

    assert create_app(real).test_client().get("/demo/inbox").status_code == 404


def test_addresses_end_where_the_sentence_goes_on(client: FlaskClient, service: Service) -> None:
    base = service.settings.base_url
    short = base.removeprefix("http://")
    with client.application.test_request_context():
        text = demo_inbox.linked(f"<b>打开 {short} 输入代码；或 {base}/v/a.b。Go to {base}.")

    assert str(text) == (
        f'&lt;b&gt;打开 <a href="{base}">{short}</a> 输入代码；或 '
        f'<a href="{base}/v/a.b">{base}/v/a.b</a>。Go to <a href="{base}">{base}</a>.'
    )
