"""What providers report, in the shapes they document, and how each proves that it is who it says.

`twilio_callbacks.json` holds calls signed by Twilio's own SDK (RequestValidator).
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_httpserver import HTTPServer

from pro_app.errors import SettingsError
from pro_app.gateways.signing import twilio
from pro_app.gateways.sms import sms_messengers
from pro_app.gateways.sms_alibaba import AlibabaSms
from pro_app.gateways.sms_tencent import TencentSms
from pro_app.gateways.sms_twilio import TwilioSms
from pro_app.letters.reports import Call, CallsBack, NotGenuine, Report, UnreadableCall
from pro_app.ports import Message

RECORDED = json.loads((Path(__file__).parent / "twilio_callbacks.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
TOKEN = "a-secret-of-24-letters-or-more"
REFERENCE = "6f1f6d1e-4f5a-4c3b-9a63-0a6f3f0f5d11"
ALIBABA = AlibabaSms("AKID", "SECRET", callback_token=TOKEN)
TENCENT = TencentSms("AKID", "SECRET", "1400000000", callback_token=TOKEN)
TWILIO = TwilioSms("AC1", RECORDED["token"], "+15005550006")


def said(provider: CallsBack, rows: object, secret: str = TOKEN) -> tuple[Report, ...]:
    body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    return provider.reports(
        Call(f"https://follow.example.cn/callbacks/{provider.name}/{secret}", secret, {}, body)
    )


def signed(fields: dict[str, Any], signature: str, url: str = RECORDED["url"]) -> Call:
    body = urlencode(fields, doseq=True).encode()
    return Call(url, REFERENCE, {"X-Twilio-Signature": signature}, body)


@pytest.mark.parametrize(
    ("success", "code", "status"),
    [
        (True, "DELIVERED", "delivered"),
        (False, "MOBILE_NOT_ON_SERVICE", "refused"),
        (False, "MOBILE_IN_BLACK", "refused"),
    ],
)
def test_alibaba_s_receipt_says_what_became_of_our_message(success: bool, code: str, status: str) -> None:
    row = {
        "phone_number": "13800000001",
        "success": success,
        "err_code": code,
        "err_msg": "…",
        "biz_id": "b^0",
    }

    (report,) = said(ALIBABA, [{**row, "out_id": REFERENCE}])

    assert (report.outcome.status, report.reference, report.remote_id) == (status, REFERENCE, "b^0")
    assert report.outcome.detail.startswith(code)
    assert report.addresses == ("13800000001",)


@pytest.mark.parametrize(
    ("status", "error", "meaning"),
    [
        ("SUCCESS", "DELIVRD", "delivered"),
        ("FAIL", "UNDELIV", "refused"),
        ("FAIL", "MK:0001", "address_refused"),
    ],
)
def test_tencent_s_receipt_is_found_by_their_own_id(status: str, error: str, meaning: str) -> None:
    row = {
        "mobile": "13800000001",
        "nationcode": "86",
        "report_status": status,
        "errmsg": error,
        "sid": "4:9",
    }

    (report,) = said(TENCENT, [row])

    assert (report.outcome.status, report.reference, report.remote_id) == (meaning, "", "4:9")


def test_one_call_may_bring_many_receipts() -> None:
    rows = [{"success": True, "out_id": f"r-{number}"} for number in range(3)]

    assert [report.reference for report in said(ALIBABA, rows)] == ["r-0", "r-1", "r-2"]


@pytest.mark.parametrize("provider", [ALIBABA, TENCENT], ids=lambda one: one.name)
@pytest.mark.parametrize("secret", ["", "wrong", TOKEN + "x", "随访"])
def test_without_the_secret_nothing_is_believed(provider: CallsBack, secret: str) -> None:
    with pytest.raises(NotGenuine):
        said(provider, [], secret)


def test_where_no_secret_is_set_up_not_even_an_empty_one_opens() -> None:
    with pytest.raises(NotGenuine):
        said(AlibabaSms("AKID", "SECRET"), [], "")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"nonsense", b'["x"]', b"[[]]", b"\xff", b"[" * 5000, [{}] * 1001]
)
def test_what_can_t_be_read_is_refused_as_a_whole(body: object) -> None:
    with pytest.raises(UnreadableCall):
        said(ALIBABA, body)


@pytest.mark.parametrize("call", RECORDED["calls"], ids=lambda call: str(call["fields"]["MessageStatus"]))
def test_twilio_s_sdk_signs_as_we_do(call: dict[str, Any]) -> None:
    pairs = [
        (name, one)
        for name, value in call["fields"].items()
        for one in (value if isinstance(value, list) else [value])
    ]

    assert twilio(RECORDED["url"], pairs, RECORDED["token"]) == call["signature"]


@pytest.mark.parametrize(
    ("number", "status"), [(0, "delivered"), (1, "address_refused"), (2, "accepted"), (3, "delivered")]
)
def test_twilio_s_report_has_its_meaning_and_our_reference(number: int, status: str) -> None:
    call = RECORDED["calls"][number]

    (report,) = TWILIO.reports(signed(call["fields"], call["signature"]))

    assert (report.outcome.status, report.reference, report.remote_id) == (status, REFERENCE, "SM1")


@pytest.mark.parametrize(
    ("error", "status"),
    [("30003", "refused"), ("30004", "refused"), ("30006", "address_refused"), ("", "refused")],
)
def test_a_telephone_that_is_off_is_no_wrong_number(error: str, status: str) -> None:
    fields = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": error}
    signature = twilio(RECORDED["url"], fields.items(), RECORDED["token"])

    (report,) = TWILIO.reports(signed(fields, signature))

    assert report.outcome.status == status


def test_twilio_s_signature_covers_every_field_and_the_address() -> None:
    call = RECORDED["calls"][1]
    others = [
        signed({**call["fields"], "MessageStatus": "delivered"}, call["signature"]),
        signed(call["fields"], call["signature"], RECORDED["url"].replace(REFERENCE, REFERENCE[::-1])),
        signed(call["fields"], ""),
        signed(call["fields"], "随访"),
    ]
    for other in others:
        with pytest.raises(NotGenuine):
            TWILIO.reports(other)


@pytest.mark.parametrize("fields", [{}, {"MessageSid": "SM1"}, {"MessageStatus": "sent"}])
def test_a_signed_call_without_what_is_needed_is_unreadable(fields: dict[str, str]) -> None:
    with pytest.raises(UnreadableCall):
        TWILIO.reports(signed(fields, twilio(RECORDED["url"], fields.items(), RECORDED["token"])))
    with pytest.raises(UnreadableCall):
        TWILIO.reports(Call(RECORDED["url"], REFERENCE, {}, "随访".encode()))


def test_twilio_is_told_where_to_report_and_is_asked_by_its_own_id(httpserver: HTTPServer) -> None:
    address = "/2010-04-01/Accounts/AC1/Messages"
    httpserver.expect_request(f"{address}.json").respond_with_json({"sid": "SM1"}, 201)
    httpserver.expect_request(f"{address}/SM1.json").respond_with_json(
        {"status": "failed", "error_code": 30005}
    )
    httpserver.expect_request(f"{address}/SM2.json").respond_with_json({}, 404)
    ours = TwilioSms(
        "AC1", "T", "MG1", httpserver.url_for("").rstrip("/"), callbacks="https://f.example/callbacks/twilio"
    )

    ours.send(Message(REFERENCE, "sms", "+447700900123", "en", "Follow-up notice"), NOW)

    form = httpserver.log[0][0].form
    assert form["StatusCallback"] == f"https://f.example/callbacks/twilio/{REFERENCE}"
    found = ours.find_by_its_id("SM1", NOW)
    assert found is not None and found.status == "address_refused"
    assert ours.find_by_its_id("SM2", NOW) is None


def test_the_secrets_come_from_the_settings_and_short_ones_are_refused() -> None:
    given = {
        "PRO_APP_SMS_PROVIDERS": "aliyun,twilio",
        "PRO_APP_SMS_ALIYUN_KEY_ID": "k",
        "PRO_APP_SMS_ALIYUN_SECRET": "s",
        "PRO_APP_SMS_ALIYUN_CALLBACK_TOKEN": TOKEN,
        "PRO_APP_SMS_TWILIO_ACCOUNT": "AC1",
        "PRO_APP_SMS_TWILIO_TOKEN": "t",
        "PRO_APP_SMS_TWILIO_SENDER": "MG1",
    }
    alibaba, abroad = sms_messengers(given, "https://follow.example.cn")

    assert isinstance(alibaba, AlibabaSms) and alibaba.callback_token == TOKEN
    assert isinstance(abroad, TwilioSms) and abroad.callbacks == "https://follow.example.cn/callbacks/twilio"
    assert TOKEN not in repr(alibaba)
    # Nobody outside can reach a demonstration on this machine.
    assert sms_messengers(given, "http://127.0.0.1:8000")[1].callbacks == ""  # type: ignore[attr-defined]
    with pytest.raises(SettingsError, match="ALIYUN_CALLBACK_TOKEN must be 24 or more"):
        sms_messengers({**given, "PRO_APP_SMS_ALIYUN_CALLBACK_TOKEN": "short"})
