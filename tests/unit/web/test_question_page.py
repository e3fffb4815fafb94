"""The questionnaire page is the same for everybody, kept for ever, and found again after a release."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pro_app.errors import NotFound
from pro_app.web import question_page
from tests.browser.question.hospital import Hospital, app_of, service_in


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    service = service_in(tmp_path_factory.mktemp("hospital"))
    yield Hospital(service, app_of(service))
    service.store.close()


@pytest.fixture
def client(hospital: Hospital) -> FlaskClient:
    return hospital.app.test_client()


def url(hospital: Hospital, instrument: str, language: str) -> str:
    with hospital.app.app_context():
        return question_page.page_url(hospital.service, instrument, language)


def settings(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="page">(.*?)</script>', html, re.S)
    assert found
    told = json.loads(found[1])
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("instrument", ["qlq-c30", "bpi-sf"])
@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_all_questions_are_in_the_page_in_its_language_and_nothing_is_chosen(
    hospital: Hospital, client: FlaskClient, instrument: str, language: str
) -> None:
    page = client.get(url(hospital, instrument, language), headers={"Accept-Language": "fr"})
    assert page.status_code == 200
    pack = hospital.service.catalogue.pack(instrument, language)
    for item in hospital.service.catalogue.instrument(instrument).items:
        assert f'id="{item.id}-set"' in page.text
        assert pack.items[item.id].question in page.text
    assert f'<html lang="{language}"' in page.text
    assert " checked" not in page.text
    assert page.text.count('<fieldset class="question') == len(pack.items)


def test_two_people_with_cookies_and_languages_of_their_own_get_the_same_bytes(
    hospital: Hospital, client: FlaskClient
) -> None:
    address = url(hospital, "bpi-sf", "zh-Hans")
    first = client.get(address)
    client.set_cookie("visit", hospital.service.links.token("a" * 10, "2w", 0))
    client.set_cookie("language", "en")
    client.set_cookie("text_size", "3")
    second = client.get(address, headers={"Accept-Language": "en"})
    assert first.data == second.data
    assert "Set-Cookie" not in second.headers
    assert "csrf" not in first.text


def test_it_may_be_kept_for_ever_and_is_not_sent_again(hospital: Hospital, client: FlaskClient) -> None:
    page = client.get(url(hospital, "qlq-c30", "en"), headers={"Accept-Encoding": "gzip, br"})
    assert page.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert page.headers["Content-Encoding"] == "br"
    assert page.headers["Vary"] == "Accept-Encoding"
    again = client.get(
        url(hospital, "qlq-c30", "en"),
        headers={"If-None-Match": page.headers["ETag"], "Accept-Encoding": "br"},
    )
    assert again.status_code == 304 and not again.data


def test_compressed_it_is_small_enough_for_the_first_round_trips(
    hospital: Hospital, client: FlaskClient
) -> None:
    for instrument in ("bpi-sf", "qlq-c30"):
        for language in ("zh-Hans", "en"):
            gzip = client.get(url(hospital, instrument, language), headers={"Accept-Encoding": "gzip"})
            assert gzip.headers["Content-Encoding"] == "gzip"
            assert len(gzip.data) < 12_500  # one reply, with its style in it, before the first paint


def test_an_old_address_and_one_without_hash_lead_to_the_page_of_today(
    hospital: Hospital, client: FlaskClient
) -> None:
    now = url(hospital, "bpi-sf", "en")
    for old in ("/q/bpi-sf/en/0123456789abcdef", "/q/bpi-sf/en", "/q/bpi-sf/en-GB"):
        reached = client.get(old, follow_redirects=True)
        assert reached.status_code == 200
        assert reached.request.path == now
    # Without a fragment of its own the redirect lets the browser keep the visit after the #.
    assert "#" not in client.get("/q/bpi-sf/en/0123456789abcdef").headers["Location"]
    assert client.get("/q/bpi-sf/en/0123456789abcdef").headers["Cache-Control"] != (
        "public, max-age=31536000, immutable"
    )


@pytest.mark.parametrize(
    "path", ["/q/nothing/en", "/q/bpi-sf/tlh", "/q/nothing/en/0123", "/q/bpi-sf/tlh/0123"]
)
def test_a_questionnaire_or_language_that_is_not_there_is_a_page_not_found(
    client: FlaskClient, path: str
) -> None:
    assert client.get(path, follow_redirects=True).status_code == 404


def test_asking_for_the_address_of_an_unknown_page_is_a_fault_with_a_code(hospital: Hospital) -> None:
    with pytest.raises(NotFound):
        url(hospital, "bpi-sf", "tlh")


def test_the_scripts_learn_from_the_study_at_which_answer_nobody_watches_must_be_said(
    hospital: Hospital, client: FlaskClient
) -> None:
    assert settings(client.get(url(hospital, "bpi-sf", "en")).text)["urgent"] == {"bpi3": 7}
    assert settings(client.get(url(hospital, "qlq-c30", "en")).text)["urgent"] == {}


def test_every_language_of_an_instrument_lies_under_the_same_hash(hospital: Hospital) -> None:
    hashes = {
        url(hospital, i, lang).rsplit("/", 1)[1] for i in ("bpi-sf", "qlq-c30") for lang in ("zh-Hans", "en")
    }
    assert len(hashes) == 1


def test_without_scripts_the_page_leads_to_the_plain_form(hospital: Hospital, client: FlaskClient) -> None:
    page = client.get(url(hospital, "bpi-sf", "en")).text
    noscript = re.search(r"<noscript>(.*?)</noscript>", page, re.S)
    assert noscript and 'href="/visit/form/bpi-sf"' in noscript[1]


def test_the_page_obeys_the_content_security_policy(hospital: Hospital, client: FlaskClient) -> None:
    for instrument in ("bpi-sf", "qlq-c30"):
        answer = client.get(url(hospital, instrument, "en"))
        policy, page = answer.headers["Content-Security-Policy"], answer.text
        (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in policy and "unsafe" not in policy
        assert not re.search(r"\sstyle=|\son[a-z]+=", page.replace(style, ""))
        assert 'rel="stylesheet"' not in page
        scripts = re.findall(r"<script([^>]*)>", page)
        assert all('type="application/json"' in script or "src=" in script for script in scripts)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_questionnaires_of_every_module_named_by_the_worker_exist(hospital: Hospital) -> None:
    static = Path(question_page.__file__).parent / "static"
    tablets = [script for script in static.glob("*.js") if script.name.startswith(("tablet", "round"))]
    assert len(tablets) >= 3
    imported = {
        name
        for script in static.glob("*.js")
        if script not in tablets
        for name in re.findall(r"""(?:from|import\()\s*["'`]\./([\w.-]+\.js)""", script.read_text())
    }
    late = set(re.findall(r'late\("(\w+)"\)', (static / "question.js").read_text()))
    worker = hospital.app.test_client().get("/sw.js").text
    # A tablet's own are kept where a tablet's cookie asks for them: the last check.
    for name in (imported | {f"{part}.js" for part in late}) - {script.name for script in tablets}:
        assert (static / name).is_file(), name
        assert f"/{name}" in worker, name
    on_tablet = hospital.app.test_client()
    on_tablet.set_cookie("tablet", "any")
    worker = on_tablet.get("/sw.js").text
    for name in ("tablet.js", "tablet_store.js", "round.js"):
        assert f"/{name}" in worker, name


def test_scripts_import_only_names_that_the_other_script_exports() -> None:
    """A name that isn't there stops a module silently; browsers tell nobody but the console."""
    static = Path(question_page.__file__).parent / "static"
    for script in static.glob("*.js"):
        for names, other in re.findall(r'import \{([^}]*)\} from "\./([\w.]+)"', script.read_text()):
            exported = set(
                re.findall(r"export (?:async )?(?:function|const|class) (\w+)", (static / other).read_text())
            )
            asked = {name.split(" as ")[0].strip() for name in names.split(",")}
            assert asked <= exported, f"{script.name} asks {other} for {asked - exported}"


def test_the_style_in_the_page_is_a_part_of_the_patients_sheet_and_all_later_questions_are_folded(
    hospital: Hospital, client: FlaskClient
) -> None:
    whole = hospital.app.extensions["pro_app_assets"].files["patient.css"].body.decode()
    for rule in ("fieldset.question[hidden]", ".steps .pair", "svg.body .shaded", "prefers-reduced-motion"):
        assert rule in whole and rule in question_page.own_style(), rule
    page = client.get(url(hospital, "bpi-sf", "en")).text
    open_, *folded = re.split(r"<template data-set=", page)
    assert open_.count('<fieldset class="question') == 1
    assert all(part.count('<fieldset class="question') == 1 for part in folded)
    assert len(folded) == len(hospital.service.catalogue.instrument("bpi-sf").items) - 1
