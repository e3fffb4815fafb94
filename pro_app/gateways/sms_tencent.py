"""Text messages through Tencent Cloud SMS (2021-01-11). Our reference travels as SessionContext."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from pro_app.gateways.signing import tc3
from pro_app.gateways.sms_call import TIMEOUT_S, call, home_number, reported_rows
from pro_app.gateways.sms_codes import Codes, words
from pro_app.letters.reports import Call, Report
from pro_app.ports import Channel, Message, Outcome

VERSION = "2021-01-11"
CONTENT_TYPE = "application/json; charset=utf-8"
REPORTED_WITHIN = timedelta(days=3)

_CODES = Codes(
    taken="Ok",
    number=("InvalidParameterValue.IncorrectPhoneNumber",),
    later=(
        "LimitExceeded",
        "RequestLimitExceeded",
        "AuthFailure",
        "UnauthorizedOperation",
        "FailedOperation.InsufficientBalanceInSmsPackage",
        "FailedOperation.FailResolvePacket",
        "ResourceInsufficient",
        "ResourceUnavailable",
    ),
    unknown=("InternalError",),
)
# China Mobile's receipt for a number nobody has. Other receipts mix that with "switched off".
_NO_SUCH_NUMBER = ("MK:0001",)


@dataclass
class TencentSms:
    """`app_id` is the SMS application's SdkAppId; `region` where it runs.

    `callback_token`: the secret end of the address at which they report, for they sign nothing.
    """

    key_id: str
    secret: str = field(repr=False)
    app_id: str
    region: str = "ap-guangzhou"
    url: str = "https://sms.tencentcloudapi.com"
    name: str = "tencent"
    channel: Channel = "sms"
    callback_token: str = field(default="", repr=False)
    thanks: Mapping[str, object] = field(default_factory=lambda: {"result": 0, "errmsg": "OK"})

    def __post_init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT_S)

    def send(self, message: Message, now: datetime) -> Outcome:
        if message.template is None:
            return Outcome("refused", self.name, detail="the study file has no template of this provider")
        if home_number(message.to) is None:
            return Outcome("refused", self.name, detail="not a number of the mainland")
        asked = {
            "PhoneNumberSet": [message.to],
            "SmsSdkAppId": self.app_id,
            "SignName": message.template.signature,
            "TemplateId": message.template.template_id,
            "TemplateParamSet": [value for _, value in message.template.variables],
            "SessionContext": message.reference,
        }
        said = self._ask("SendSms", asked, now)
        if isinstance(said, Outcome):
            return said
        status = (said.get("SendStatusSet") or [said.get("Error") or {}])[0]
        return Outcome(_CODES.meaning(status), self.name, str(status.get("SerialNo", "")), words(status))

    def look_up(self, reference: str) -> Outcome | None:
        """They look messages up by number and time: see `find`."""
        return None

    def find(self, reference: str, to: str, sent_at: datetime, now: datetime) -> Outcome | None:
        """The delivery report of the message of that reference. Without a report nothing is certain."""
        asked = {
            "SmsSdkAppId": self.app_id,
            "PhoneNumber": to,
            "BeginTime": int(sent_at.timestamp()) - 60,
            "EndTime": int(min(now, sent_at + REPORTED_WITHIN).timestamp()),
            "Offset": 0,
            "Limit": 100,
        }
        said = self._ask("PullSmsSendStatusByPhoneNumber", asked, now)
        if isinstance(said, Outcome):
            return None
        for row in said.get("PullSmsSendStatusSet") or []:
            if row.get("SessionContext") == reference:
                return self._receipt(row.get("ReportStatus"), "", row.get("Description"), "")
        return None

    @property
    def expects_reports(self) -> bool:
        return bool(self.callback_token)

    def reports(self, call: Call) -> tuple[Report, ...]:
        """Their status notification: a list of receipts, each with the SerialNo of our request as `sid`."""
        found = []
        for row in reported_rows(self.name, call, self.callback_token):
            sid = str(row.get("sid") or "")
            said = self._receipt(row.get("report_status"), row.get("errmsg"), row.get("description"), sid)
            named = (str(row["mobile"]),) if row.get("mobile") else ()
            found.append(Report(said, remote_id=sid, addresses=named))
        return tuple(found)

    def _receipt(self, status: object, error: object, words: object, sid: str) -> Outcome:
        told = f"{error or ''} {words or ''}".strip()[:300]
        if status == "SUCCESS":
            return Outcome("delivered", self.name, sid, told)
        return Outcome("address_refused" if error in _NO_SUCH_NUMBER else "refused", self.name, sid, told)

    def _ask(self, action: str, asked: Mapping[str, object], now: datetime) -> dict[str, Any] | Outcome:
        body = json.dumps(asked, ensure_ascii=False).encode()
        host = urlsplit(self.url).netloc
        headers = {
            "Host": host,
            "Content-Type": CONTENT_TYPE,
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Region": self.region,
            "X-TC-Timestamp": str(int(now.timestamp())),
            "Authorization": tc3("sms", host, CONTENT_TYPE, body, now, self.key_id, self.secret),
        }
        request = self._client.build_request("POST", f"{self.url}/", headers=headers, content=body)
        said = call(self.name, self._client, request)
        if isinstance(said, Outcome):
            return said
        answer = said[1].get("Response") if isinstance(said[1], dict) else None
        return answer if isinstance(answer, dict) else Outcome("unknown", self.name, detail="no Response")
