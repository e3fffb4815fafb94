"""Text messages through Twilio, for numbers outside the mainland, where no template has to be approved.

Our reference is the last part of the address at which they report (their StatusCallback).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl

import httpx

from pro_app.gateways.signing import is_twilio
from pro_app.gateways.sms_call import TIMEOUT_S, call, home_number
from pro_app.letters.reports import Call, NotGenuine, Report, UnreadableCall
from pro_app.ports import Channel, Message, Outcome

# Their numbers for "there is no such telephone"; 21610 (has opted out) is no fault of the number.
_NUMBER = {21211, 21214, 21217, 21614}
_LATER = {20003, 20429, 21606, 30001, 30002}
# The same after they had taken it: no such telephone, or none that can get text messages. A telephone that is
# switched off (30003) or blocks (30004) is no fault of the number.
_NUMBER_AFTERWARDS = {"30005", "30006", "21211", "21614"}
_SENT = {
    "queued": "accepted",
    "accepted": "accepted",
    "scheduled": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "refused",
    "failed": "refused",
    "canceled": "refused",
}
_Said = Literal["accepted", "delivered", "refused", "address_refused", "unknown"]


@dataclass
class TwilioSms:
    """`account` and `token` of the account; `sender` a number of theirs (+…) or a messaging service (MG…).

    `callbacks`: our public address for reports, without the reference; empty when they can't reach us.
    """

    account: str
    token: str = field(repr=False)
    sender: str
    url: str = "https://api.twilio.com"
    name: str = "twilio"
    channel: Channel = "sms"
    callbacks: str = ""
    thanks: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT_S, auth=(self.account, self.token))

    def send(self, message: Message, now: datetime) -> Outcome:
        if home_number(message.to) is not None:
            return Outcome("refused", self.name, detail="numbers of the mainland need an approved template")
        form = {"To": message.to, "Body": message.text}
        form["MessagingServiceSid" if self.sender.startswith("MG") else "From"] = self.sender
        if self.callbacks:
            form["StatusCallback"] = f"{self.callbacks}/{message.reference}"
        address = f"{self.url}/2010-04-01/Accounts/{self.account}/Messages.json"
        said = call(self.name, self._client, self._client.build_request("POST", address, data=form))
        if isinstance(said, Outcome):
            return said
        status, answer = said
        if not isinstance(answer, dict) or status >= 500:
            return Outcome("unknown", self.name, detail=f"HTTP {status}")
        if status in (200, 201):
            return Outcome("accepted", self.name, str(answer.get("sid", "")), str(answer.get("status", "")))
        words = f"{answer.get('code', status)} {answer.get('message', '')}"[:300]
        if answer.get("code") in _NUMBER:
            return Outcome("address_refused", self.name, detail=words)
        if status in (401, 403) or answer.get("code") in _LATER:
            return Outcome("later", self.name, detail=words)
        return Outcome("refused", self.name, detail=words)

    def look_up(self, reference: str) -> Outcome | None:
        """Our reference is not where they could search for it; a report may still come."""
        return None

    def find_by_its_id(self, remote_id: str, now: datetime) -> Outcome | None:
        """What became of the message of that SID."""
        address = f"{self.url}/2010-04-01/Accounts/{self.account}/Messages/{remote_id}.json"
        said = call(self.name, self._client, self._client.build_request("GET", address))
        if isinstance(said, Outcome) or said[0] != 200 or not isinstance(said[1], dict):
            return None
        return self._outcome(str(said[1].get("status")), str(said[1].get("error_code") or ""), remote_id)

    @property
    def expects_reports(self) -> bool:
        return bool(self.callbacks)

    def reports(self, call: Call) -> tuple[Report, ...]:
        """A form with the message's SID and status, signed with the account's token."""
        try:
            pairs = parse_qsl(call.body.decode("ascii"), keep_blank_values=True, max_num_fields=100)
        except ValueError as fault:
            raise UnreadableCall(provider=self.name) from fault
        if not is_twilio(call.url, pairs, call.headers.get("X-Twilio-Signature", ""), self.token):
            raise NotGenuine(provider=self.name)
        fields = dict(pairs)
        remote_id, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
        if not remote_id or not status:
            raise UnreadableCall(provider=self.name)
        said = self._outcome(status, fields.get("ErrorCode", ""), remote_id)
        named = (fields["To"],) if fields.get("To") else ()
        return (Report(said, call.secret, remote_id, named),)

    def _outcome(self, status: str, error: str, remote_id: str) -> Outcome:
        meaning: _Said = _SENT.get(status, "unknown")  # type: ignore[assignment]
        if meaning == "refused" and error in _NUMBER_AFTERWARDS:
            meaning = "address_refused"
        return Outcome(meaning, self.name, remote_id, f"{status} {error}".strip()[:300])
