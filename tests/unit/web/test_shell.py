"""The worker, the manifest and the list of visits: the parts that make pages an app."""

import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from pro_app.web import question_page
from tests.browser.question.hospital import Hospital, app_of, service_in

TOKEN = "abcdefghjk.2w.AAAAAAAAAAAAAAAA"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    service = service_in(tmp_path_factory.mktemp("hospital"))
    yield Hospital(service, app_of(service))
    service.store.close()


@pytest.fixture
def client(hospital: Hospital) -> FlaskClient:
    return hospital.app.test_client()


def asked(hospital: Hospital) -> set[str]:
    """The addresses of the questionnaires that the study asks."""
    names = {name for point in hospital.service.study.timepoints for name in point.instruments}
    with hospital.app.app_context():
        return {
            question_page.page_url(hospital.service, name, language)
            for name in names
            for language in hospital.service.study.languages
        }


def kept(client: FlaskClient) -> list[str]:
    found = re.search(r"const FILES = (\[.*?\]);", client.get("/sw.js").text)
    assert found
    files = json.loads(found[1])
    assert isinstance(files, list)
    return files


def test_the_worker_keeps_every_page_in_every_language_and_all_of_it_is_there(
    hospital: Hospital, client: FlaskClient
) -> None:
    files = kept(client)
    assert asked(hospital) <= set(files) and len(asked(hospital)) == 4
    for file in files:
        assert client.get(file).status_code == 200, file


def test_the_worker_keeps_nothing_personal(client: FlaskClient) -> None:
    client.set_cookie("visit", TOKEN)
    for file in kept(client):
        assert not re.match(r"/(visit|v|device|staff)(/|$)", file)
        page = client.get(file)
        assert TOKEN not in page.get_data(as_text=False).decode("utf-8", "ignore")
        assert "Cookie" not in page.headers.get("Vary", "")


def test_the_worker_is_asked_about_at_every_visit_and_not_sent_twice(client: FlaskClient) -> None:
    worker = client.get("/sw.js")
    assert worker.mimetype == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache"
    assert client.get("/sw.js", headers={"If-None-Match": worker.headers["ETag"]}).status_code == 304


def test_the_icon_opens_the_visitors_own_visit_and_the_token_never_reaches_a_log(client: FlaskClient) -> None:
    client.set_cookie("visit", TOKEN)
    answer = client.get("/app.webmanifest?lang=zh-Hans")
    manifest = json.loads(answer.text)
    assert manifest["start_url"] == f"/app#{TOKEN}"
    assert answer.headers["Cache-Control"] == "no-store"
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}


@pytest.mark.parametrize("cookie", [None, "nonsense", '"><script>'])
def test_without_a_visit_the_icon_opens_the_list_of_this_device(
    client: FlaskClient, cookie: str | None
) -> None:
    if cookie:
        client.set_cookie("visit", cookie)
    assert json.loads(client.get("/app.webmanifest").text)["start_url"] == "/app"


def test_the_list_of_visits_is_the_same_for_everyone_in_both_languages(client: FlaskClient) -> None:
    first = client.get("/app", headers={"Accept-Language": "en"})
    client.set_cookie("visit", TOKEN)
    second = client.get("/app", headers={"Accept-Language": "zh"})
    assert first.data == second.data
    words = json.loads(re.search(r'id="page">(.*?)</script>', first.text, re.S)[1])["words"]  # type: ignore[index]
    assert set(words) == {"zh-Hans", "en"}
