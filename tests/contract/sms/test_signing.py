"""Our signatures equal those of the vendors' own SDKs.

`signed_by_vendors.json` holds requests that the SDKs sent to a local server; we sign the same ones.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from pro_app.gateways.signing import acs3, canonical_query, tc3

RECORDED = json.loads((Path(__file__).parent / "signed_by_vendors.json").read_text(encoding="utf-8"))[
    "requests"
]


def of(vendor: str) -> list[dict[str, Any]]:
    return [request for request in RECORDED if request["sdk"].startswith(vendor)]


@pytest.mark.parametrize("request_", of("alibaba"), ids=lambda one: one["headers"]["x-acs-action"])
def test_alibaba_s_sdk_signs_as_we_do(request_: dict[str, Any]) -> None:
    expected = request_["headers"]["authorization"]
    signed = expected.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    target = urlsplit(request_["target"])
    query = dict(parse_qsl(target.query, keep_blank_values=True))

    ours = acs3(
        request_["method"],
        target.path,
        query,
        {name: request_["headers"][name] for name in signed},
        request_["body"].encode(),
        "AKID",
        "SECRET",
    )

    assert ours == expected
    assert canonical_query(query) == target.query


@pytest.mark.parametrize("request_", of("tencent"), ids=lambda one: one["headers"]["x-tc-action"])
def test_tencent_s_sdk_signs_as_we_do(request_: dict[str, Any]) -> None:
    headers = request_["headers"]
    at = datetime.fromtimestamp(int(headers["x-tc-timestamp"]), UTC)

    ours = tc3(
        "sms", headers["host"], headers["content-type"], request_["body"].encode(), at, "AKID", "SECRET"
    )

    assert ours == headers["authorization"]


def test_a_space_and_a_plus_keep_apart_in_a_query() -> None:
    assert canonical_query({"b": "1 2+3*~/", "a": "随"}) == "a=%E9%9A%8F&b=1%202%2B3%2A~%2F"
