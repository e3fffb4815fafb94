"""Text messages through Alibaba Cloud SMS (Dysmsapi 2017-05-25). Our reference travels as OutId."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from pro_app.gateways.signing import acs3, canonical_query
from pro_app.gateways.sms_call import TIMEOUT_S, call, home_number, reported_rows
from pro_app.gateways.sms_codes import Codes, words
from pro_app.letters.reports import Call, Report
from pro_app.ports import Channel, Message, Outcome

VERSION = "2017-05-25"
HOME = ZoneInfo("Asia/Shanghai")
# A record is in the query some time after the message was taken; not to be there earlier proves nothing.
ON_RECORD_AFTER = timedelta(minutes=10)

_CODES = Codes(
    taken="OK",
    number=("isv.MOBILE_NUMBER_ILLEGAL",),
    later=(
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.DAY_LIMIT_CONTROL",
        "isv.MONTH_LIMIT_CONTROL",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.ACCOUNT_",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isp.RAM_PERMISSION_DENY",
        "SignatureDoesNotMatch",
        "SignatureNonceUsed",
        "InvalidAccessKeyId",
        "InvalidTimeStamp",
        "Forbidden",
        "Throttling",
    ),
    unknown=("isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "InternalError", "ServiceUnavailable"),
)
_SENT = {"1": "accepted", "2": "refused", "3": "delivered"}
# Their receipts have one word for "no such number" and "switched off" (MOBILE_NOT_ON_SERVICE): a telephone
# that was off for a day must not be written off, so no receipt of theirs counts against the number.


@dataclass
class AlibabaSms:
    """`key_id` and `secret` are an access key that may send text messages and nothing else.

    `callback_token`: the secret end of the address at which they report, for they sign nothing.
    """

    key_id: str
    secret: str = field(repr=False)
    url: str = "https://dysmsapi.aliyuncs.com"
    name: str = "aliyun"
    channel: Channel = "sms"
    callback_token: str = field(default="", repr=False)
    thanks: Mapping[str, object] = field(default_factory=lambda: {"code": 0, "msg": "OK"})

    def __post_init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT_S)

    def send(self, message: Message, now: datetime) -> Outcome:
        number = home_number(message.to)
        if message.template is None:
            return Outcome("refused", self.name, detail="the study file has no template of this provider")
        if number is None:
            return Outcome("refused", self.name, detail="not a number of the mainland")
        query = {
            "PhoneNumbers": number,
            "SignName": message.template.signature,
            "TemplateCode": message.template.template_id,
            "TemplateParam": json.dumps(dict(message.template.variables), ensure_ascii=False),
            "OutId": message.reference,
        }
        said = self._ask("SendSms", query, now)
        if isinstance(said, Outcome):
            return said
        return Outcome(_CODES.meaning(said), self.name, str(said.get("BizId", "")), words(said))

    def look_up(self, reference: str) -> Outcome | None:
        """They look messages up by number and day: see `find`."""
        return None

    def find(self, reference: str, to: str, sent_at: datetime, now: datetime) -> Outcome | None:
        """What became of the message of that reference, sent to that number on that day."""
        query = {
            "PhoneNumber": home_number(to) or to,
            "SendDate": sent_at.astimezone(HOME).strftime("%Y%m%d"),
            "PageSize": "50",
            "CurrentPage": "1",
        }
        said = self._ask("QuerySendDetails", query, now)
        if isinstance(said, Outcome) or said.get("Code") != "OK":
            return None
        for row in said.get("SmsSendDetailDTOs", {}).get("SmsSendDetailDTO", []):
            if row.get("OutId") == reference:
                status = _SENT.get(str(row.get("SendStatus")), "unknown")
                return Outcome(status, self.name, detail=str(row.get("ErrCode", "")))  # type: ignore[arg-type]
        if now - sent_at < ON_RECORD_AFTER:
            return None
        return Outcome("later", self.name, detail="not on record there")

    @property
    def expects_reports(self) -> bool:
        return bool(self.callback_token)

    def reports(self, call: Call) -> tuple[Report, ...]:
        """SmsReport by HTTP: a list of receipts, each with our OutId."""
        found = []
        for row in reported_rows(self.name, call, self.callback_token):
            status: Literal["delivered", "refused"] = "delivered" if row.get("success") is True else "refused"
            told = f"{row.get('err_code', '')} {row.get('err_msg', '')}".strip()[:300]
            remote_id, reference = str(row.get("biz_id") or ""), str(row.get("out_id") or "")
            named = (str(row["phone_number"]),) if row.get("phone_number") else ()
            found.append(Report(Outcome(status, self.name, remote_id, told), reference, remote_id, named))
        return tuple(found)

    def _ask(self, action: str, query: Mapping[str, str], now: datetime) -> dict[str, Any] | Outcome:
        headers = {
            "host": urlsplit(self.url).netloc,
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": sha256(b"").hexdigest(),
        }
        headers["Authorization"] = acs3("POST", "/", query, headers, b"", self.key_id, self.secret)
        address = f"{self.url}/?{canonical_query(query)}"
        said = call(self.name, self._client, self._client.build_request("POST", address, headers=headers))
        if isinstance(said, Outcome):
            return said
        return said[1] if isinstance(said[1], dict) else Outcome("unknown", self.name, detail="not an object")
