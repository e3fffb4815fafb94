"""What docs/openapi.yaml promises is what the device interface does."""

from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from pro_app.config import ROOT
from tests.integration.patient.conftest import Phone
from tests.integration.patient.test_device import draft, post, visit, whole


@cache
def promised() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    return document


def check(shape: str, value: object) -> None:
    """Raise unless `value` has the shape that the document gives that name."""
    schema = {"$ref": f"#/components/schemas/{shape}", "components": promised()["components"]}
    jsonschema_rs.validator_for(schema).validate(value)


def test_every_route_of_the_device_is_in_the_document_and_no_other(phone: Phone) -> None:
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in phone.client.application.url_map.iter_rules()
        if rule.endpoint.startswith("device.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, methods in promised()["paths"].items() for method in methods}


def test_what_is_sent_and_answered_has_the_promised_shapes(ready: Phone) -> None:
    check("Draft", draft(ready))
    check("Kept", post(ready, "draft", draft(ready)).json)
    check("Visit", visit(ready).json)
    check("Response", whole(ready))
    check("Receipt", post(ready, "response", whole(ready)).json)
    check("Visit", visit(ready).json)


def test_a_refusal_has_the_promised_shape_and_a_promised_status(ready: Phone) -> None:
    promises = promised()["paths"]["/device/response"]["post"]["responses"]
    for body in (b"{", whole(ready, mode="paper"), whole(ready, version="0"), whole(ready, ref="a.b")):
        refused = post(ready, "response", body)
        check("Refusal", refused.json)
        assert str(refused.status_code) in promises
