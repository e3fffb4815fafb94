"""schemathesis reads docs/openapi.yaml and says to the device interface what the document allows, and more.

For every request: no 5xx, a status and a shape that the document promises. Beside it bodies that no generator
thinks of.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import time_machine
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pro_app.actions import consent
from pro_app.config import ROOT, read_settings
from pro_app.links import Links
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, the_catalogue, the_study, wang

TIMEPOINT = "baseline"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = ("GET /device/visit/{ref}", "POST /device/draft", "POST /device/response")


@pytest.fixture
def at_noon(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Service:
    return Service(
        settings=read_settings({"PRO_APP_DATA_DIR": str(tmp_path)}),
        keys=store.keys,
        store=store,
        catalogue=the_catalogue(),
        study=the_study(),
        links=Links(store.keys),
        messengers=(),
        registries=(),
    )


@pytest.fixture
def app(house: Service) -> Flask:
    return create_app(house)


@pytest.fixture
def token(house: Service, now: datetime, at_noon: None) -> str:
    """Mrs Wang has agreed; her first visit is open."""
    person = enrolled(house.store, house.study, house.links, wang(), now)
    with house.store.writing() as tx:
        consent.decide(tx, house.study, person, True, Actor("patient", person.study_number), now)
        person = participants.by_id(tx, person.id)
    return house.links.token(person.handle, TIMEPOINT, person.link_epoch)


def document(app: Flask) -> Any:
    schema = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.yaml")
    schema.app = app
    return schema


def told(house: Service, token: str, case: Any, turn: int) -> None:
    """Of five calls one is left as it was invented, one is for Mrs Wang's own visit, one for a questionnaire
    of hers too, one answers its questions with what was invented, and one is a whole answer sheet but for
    one field: else little would get any further."""
    ref, deep = token.rpartition(".")[0], turn % 5
    if deep and "ref" in (case.path_parameters or {}):
        case.path_parameters["ref"] = ref
    if not deep or not isinstance(case.body, dict):
        return
    invented = dict(case.body)
    case.body["ref"] = ref
    instrument = house.catalogue.instrument(("bpi-sf", "qlq-c30")[turn // 5 % 2])
    which = {"instrument": instrument.id, "version": instrument.version, "language": "en"}
    which["pack"] = house.catalogue.pack(instrument.id, "en").hash
    if deep > 1:
        case.body |= which
    if deep == 3 and isinstance(invented.get("answers"), dict):
        items = [item.id for item in instrument.items][turn % 7 :]
        case.body["answers"] = dict(zip(items, invented["answers"].values(), strict=False))
    if deep == 4:
        answers = {
            item.id: {"value": item.codes[turn % len(item.codes)]} for item in instrument.items if item.codes
        }
        sheet = {"response": f"00000000-0000-4000-8000-{turn:012d}", "answers": answers}
        name = sorted(invented)[turn // 5 % len(invented)] if invented else "ref"
        case.body |= sheet | {name: invented.get(name, ref)}


def fuzz(house: Service, app: Flask, token: str, label: str, examples: int) -> dict[int, int]:
    """How often which status came; every answer has passed the checks."""
    seen: dict[int, int] = {}
    schema = document(app)
    path, method = label.split(" ")[1], label.split(" ")[0]
    operation = schema[path][method]
    turn = iter(range(10**9))

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        told(house, token, case, next(turn))
        answer = case.call(headers={"Authorization": f"Visit {token}"})
        case.validate_response(answer, checks=CHECKS)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1

    run()
    return seen


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_whatever_a_device_says_gets_an_answer_that_the_document_promises(
    house: Service, app: Flask, token: str, label: str
) -> None:
    seen = fuzz(house, app, token, label, 25)
    assert sum(seen.values()) >= 2 and max(seen) < 500


@pytest.mark.slow
@pytest.mark.parametrize("label", OPERATIONS)
def test_thousands_of_invented_calls_get_answers_that_the_document_promises(
    house: Service, app: Flask, token: str, label: str
) -> None:
    seen = fuzz(house, app, token, label, 1000)
    print(f"{label}: {sum(seen.values()):,} calls, {dict(sorted(seen.items()))}")
    assert max(seen) < 500


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_without_a_token_nothing_is_answered(app: Flask, token: str) -> None:
    client = app.test_client()
    ref = token.rpartition(".")[0]
    for path in ("/device/draft", "/device/response"):
        assert client.post(path, json={"ref": ref}).status_code == 401
        client.set_cookie("visit", token)
        assert client.post(path, json={"ref": ref}).status_code == 401, "a cookie alone does not write"
        client.delete_cookie("visit")
    assert client.get(f"/device/visit/{ref}").status_code == 401


ODD = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'"\\ud800"',
    b"[" * 100_000,
    b"{" * 100_000,
    b"1" * 10_000,
    b"NaN",
    b"-Infinity",
    b"null",
    b"[]",
    b'{"ref":null}',
    b'{"a":1,"a":2}',
    b'\xef\xbb\xbf{"ref":"a"}',
    b'{"ref":"a"}garbage',
    '{"ref":"\ud800"}'.encode("utf-8", "surrogatepass"),
    '{"ref": "a"}'.encode("utf-16"),
    b'{"ref":"a\\u0000b"}',
)


@pytest.mark.parametrize("database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_bodies_that_no_generator_thinks_of_are_refused_in_one_sentence(
    house: Service, app: Flask, token: str
) -> None:
    client, header = app.test_client(), {"Authorization": f"Visit {token}"}
    ref = token.rpartition(".")[0]
    good = {
        "ref": ref,
        "instrument": "bpi-sf",
        "version": house.catalogue.instrument("bpi-sf").version,
        "response": "00000000-0000-4000-8000-000000000001",
        "language": "zh-Hans",
        "pack": house.catalogue.pack("bpi-sf", "zh-Hans").hash,
        "answers": {},
    }
    odd = list(ODD)
    for name in good:
        for value in (
            "a\x00b",
            "\ud800",
            10**400,
            -1,
            1.5,
            [],
            {},
            True,
            None,
            "x" * 100_000,
            "\u202e",
            "9" * 50,
        ):
            odd.append(json.dumps({**good, name: value}).encode())
    item = house.catalogue.instrument("bpi-sf").items[0].id
    for value in (
        "a\x00b",
        "\ud800",
        10**400,
        -(10**30),
        1e308,
        [[[[[[]]]]]],
        {"value": {"value": 1}},
        "x" * 5000,
    ):
        odd.append(json.dumps({**good, "answers": {item: {"value": value}}}).encode())
        odd.append(json.dumps({**good, "answers": {str(value)[:90]: {"value": 1}}}).encode())
    for path in ("/device/draft", "/device/response", "/device/envelope"):
        for body in odd:
            answer = client.post(path, data=body, content_type="application/json", headers=header)
            assert answer.status_code < 500, (path, body[:120], answer.text)
            if answer.status_code != 200:
                assert set(answer.json or {}) == {"error", "message"}, (path, body[:120])
