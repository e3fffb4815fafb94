"""The SMS adapters against a local server: what they ask, and what each answer means."""

import base64
import json
import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pro_app.gateways import sms_call
from pro_app.gateways.signing import acs3, tc3
from pro_app.gateways.sms_alibaba import ON_RECORD_AFTER, AlibabaSms
from pro_app.gateways.sms_tencent import TencentSms
from pro_app.gateways.sms_twilio import TwilioSms
from pro_app.ports import Message, Messenger, SmsTemplate

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
TEMPLATE = SmsTemplate("SMS_1", "长征医院随访", (("closes", "12月7日"), ("code", "ACDEFG")))


def message(to: str = "+8613800000001", template: SmsTemplate | None = TEMPLATE) -> Message:
    return Message("ref-1", "sms", to, "zh-Hans", "随访提醒 ACDEFG", template=template)


def alibaba(server: HTTPServer) -> AlibabaSms:
    return AlibabaSms("AKID", "SECRET", server.url_for("").rstrip("/"))


def tencent(server: HTTPServer) -> TencentSms:
    return TencentSms("AKID", "SECRET", "1400", url=server.url_for("").rstrip("/"))


def twilio(server: HTTPServer) -> TwilioSms:
    return TwilioSms("AC1", "token", "+15550001111", server.url_for("").rstrip("/"))


def test_alibaba_gets_template_variables_and_our_reference_rightly_signed(httpserver: HTTPServer) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(json.dumps({"Code": "OK", "Message": "OK", "BizId": "b-7"}))

    httpserver.expect_request("/", method="POST").respond_with_handler(answer)

    said = alibaba(httpserver).send(message(), NOW)

    (request,) = seen
    assert (said.status, said.remote_id) == ("accepted", "b-7")
    assert request.args["PhoneNumbers"] == "13800000001"
    assert request.args["OutId"] == "ref-1"
    assert request.args["SignName"] == "长征医院随访"
    assert json.loads(request.args["TemplateParam"]) == {"closes": "12月7日", "code": "ACDEFG"}
    names = request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"} <= set(names)
    again = acs3(
        "POST", "/", request.args, {name: request.headers[name] for name in names}, b"", "AKID", "SECRET"
    )
    assert request.headers["Authorization"] == again


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", "address_refused"),
        ("isv.BUSINESS_LIMIT_CONTROL", "later"),
        ("isv.AMOUNT_NOT_ENOUGH", "later"),
        ("SignatureDoesNotMatch", "later"),
        ("Throttling.User", "later"),
        ("isp.SYSTEM_ERROR", "unknown"),
        ("isv.SMS_TEMPLATE_ILLEGAL", "refused"),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "refused"),
        ("", "unknown"),
    ],
)
def test_each_of_alibaba_s_answers_has_its_meaning(httpserver: HTTPServer, code: str, status: str) -> None:
    httpserver.expect_request("/").respond_with_json(
        {"Code": code, "Message": "…"}, status=400 if code else 200
    )

    assert alibaba(httpserver).send(message(), NOW).status == status


@pytest.mark.parametrize(("their", "ours"), [(1, "accepted"), (2, "refused"), (3, "delivered")])
def test_alibaba_finds_a_message_by_number_day_and_reference(
    httpserver: HTTPServer, their: int, ours: str
) -> None:
    rows = [{"OutId": "another", "SendStatus": 2}, {"OutId": "ref-1", "SendStatus": their, "ErrCode": "X"}]
    # A message of 20:30 UTC belongs to the next day in Beijing.
    late = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)
    asked = {"PhoneNumber": "13800000001", "SendDate": "20261202", "PageSize": "50", "CurrentPage": "1"}
    httpserver.expect_request("/", query_string=asked).respond_with_json(
        {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}
    )

    found = alibaba(httpserver).find("ref-1", "+8613800000001", late, late)

    assert found is not None and found.status == ours


def test_what_alibaba_has_not_on_record_proves_something_only_after_a_while(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({"Code": "OK", "SmsSendDetailDTOs": {}})
    provider = alibaba(httpserver)

    soon = provider.find("ref-1", "+8613800000001", NOW, NOW + timedelta(minutes=1))
    after = provider.find("ref-1", "+8613800000001", NOW, NOW + ON_RECORD_AFTER)

    assert soon is None
    assert after is not None and after.status == "later"


def test_tencent_gets_the_variables_in_order_and_our_reference_rightly_signed(httpserver: HTTPServer) -> None:
    seen: list[tuple[Request, bytes]] = []

    def answer(request: Request) -> Response:
        seen.append((request, request.get_data()))
        status = {"Code": "Ok", "SerialNo": "s-9", "PhoneNumber": "+8613800000001"}
        return Response(json.dumps({"Response": {"SendStatusSet": [status], "RequestId": "r"}}))

    httpserver.expect_request("/", method="POST").respond_with_handler(answer)

    said = tencent(httpserver).send(message(), NOW)

    ((request, body),) = seen
    asked = json.loads(body)
    assert (said.status, said.remote_id) == ("accepted", "s-9")
    assert asked["TemplateParamSet"] == ["12月7日", "ACDEFG"]
    assert asked["SessionContext"] == "ref-1"
    assert asked["PhoneNumberSet"] == ["+8613800000001"]
    assert request.headers["X-TC-Action"] == "SendSms"
    again = tc3("sms", request.host, request.headers["Content-Type"], body, NOW, "AKID", "SECRET")
    assert request.headers["Authorization"] == again


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidParameterValue.IncorrectPhoneNumber", "address_refused"),
        ("LimitExceeded.PhoneNumberDailyLimit", "later"),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "later"),
        ("FailedOperation.PhoneNumberInBlacklist", "refused"),
        ("FailedOperation.TemplateIncorrectOrUnapproved", "refused"),
        ("InternalError.Timeout", "unknown"),
    ],
)
def test_each_of_tencent_s_answers_has_its_meaning(httpserver: HTTPServer, code: str, status: str) -> None:
    httpserver.expect_request("/").respond_with_json({"Response": {"SendStatusSet": [{"Code": code}]}})

    assert tencent(httpserver).send(message(), NOW).status == status


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AuthFailure.SignatureFailure", "later"),
        ("RequestLimitExceeded", "later"),
        ("InternalError", "unknown"),
    ],
)
def test_tencent_s_refusal_of_the_whole_request_has_its_meaning(
    httpserver: HTTPServer, code: str, status: str
) -> None:
    httpserver.expect_request("/").respond_with_json({"Response": {"Error": {"Code": code, "Message": "…"}}})

    assert tencent(httpserver).send(message(), NOW).status == status


@pytest.mark.parametrize(("their", "ours"), [("SUCCESS", "delivered"), ("FAIL", "refused")])
def test_tencent_s_report_is_found_by_our_reference(httpserver: HTTPServer, their: str, ours: str) -> None:
    rows = [
        {"SessionContext": "x", "ReportStatus": "FAIL"},
        {"SessionContext": "ref-1", "ReportStatus": their},
    ]
    httpserver.expect_request("/").respond_with_json({"Response": {"PullSmsSendStatusSet": rows}})

    found = tencent(httpserver).find("ref-1", "+8613800000001", NOW, NOW)
    lost = tencent(httpserver).find("ref-2", "+8613800000001", NOW, NOW)

    assert found is not None and found.status == ours
    assert lost is None


def test_twilio_gets_the_text_for_a_number_abroad(httpserver: HTTPServer) -> None:
    seen: list[tuple[str, bytes]] = []

    def answer(request: Request) -> Response:
        seen.append((request.headers["Authorization"], request.get_data()))
        return Response(json.dumps({"sid": "SM1", "status": "queued"}), status=201)

    httpserver.expect_request("/2010-04-01/Accounts/AC1/Messages.json").respond_with_handler(answer)

    said = twilio(httpserver).send(message("+447700900000", None), NOW)

    ((authorization, body),) = seen
    assert (said.status, said.remote_id) == ("accepted", "SM1")
    assert authorization == f"Basic {base64.b64encode(b'AC1:token').decode()}"
    assert parse_qs(body.decode()) == {
        "To": ["+447700900000"],
        "Body": ["随访提醒 ACDEFG"],
        "From": ["+15550001111"],
    }


@pytest.mark.parametrize(
    ("http", "code", "status"),
    [
        (400, 21211, "address_refused"),
        (400, 21610, "refused"),
        (401, 20003, "later"),
        (429, 20429, "later"),
        (500, 20500, "unknown"),
    ],
)
def test_each_of_twilio_s_answers_has_its_meaning(
    httpserver: HTTPServer, http: int, code: int, status: str
) -> None:
    httpserver.expect_request("/2010-04-01/Accounts/AC1/Messages.json").respond_with_json(
        {"code": code, "message": "…"}, status=http
    )

    assert twilio(httpserver).send(message("+447700900000"), NOW).status == status


def test_numbers_go_where_they_may(httpserver: HTTPServer) -> None:
    for provider in (alibaba(httpserver), tencent(httpserver)):
        assert provider.send(message("+447700900000"), NOW).status == "refused"
        assert provider.send(message(template=None), NOW).status == "refused"
    assert twilio(httpserver).send(message(), NOW).status == "refused"
    assert httpserver.log == []


def test_nobody_there_is_later_and_silence_after_the_request_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pro_app.gateways.sms_alibaba.TIMEOUT_S", 0.3)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert AlibabaSms("AKID", "SECRET", url).send(message(), NOW).status == "later"
        bound.listen()
        assert AlibabaSms("AKID", "SECRET", url).send(message(), NOW).status == "unknown"


@pytest.mark.parametrize(
    ("http", "status"), [(429, "later"), (503, "later"), (502, "unknown"), (403, "later")]
)
def test_an_answer_of_something_in_between_has_its_meaning(
    httpserver: HTTPServer, http: int, status: str
) -> None:
    httpserver.expect_request("/").respond_with_data("<html>gateway</html>", status=http)

    assert tencent(httpserver).send(message(), NOW).status == status
    assert sms_call.TIMEOUT_S > 1


def test_no_secret_is_in_any_representation(httpserver: HTTPServer) -> None:
    providers: list[Messenger] = [alibaba(httpserver), tencent(httpserver), twilio(httpserver)]
    for provider in providers:
        assert "SECRET" not in repr(provider) and "token" not in repr(provider)
