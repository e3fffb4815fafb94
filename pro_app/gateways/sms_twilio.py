"""Text messages through Twilio, for numbers outside the mainland, where no template has to be approved."""

from dataclasses import dataclass, field
from datetime import datetime

import httpx

from pro_app.gateways.sms_call import TIMEOUT_S, call, home_number
from pro_app.ports import Channel, Message, Outcome

# Their numbers for "there is no such telephone"; 21610 (has opted out) is no fault of the number.
_NUMBER = {21211, 21214, 21217, 21614}
_LATER = {20003, 20429, 21606, 30001, 30002}


@dataclass
class TwilioSms:
    """`account` and `token` of the account; `sender` a number of theirs (+…) or a messaging service (MG…)."""

    account: str
    token: str = field(repr=False)
    sender: str
    url: str = "https://api.twilio.com"
    name: str = "twilio"
    channel: Channel = "sms"

    def __post_init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT_S, auth=(self.account, self.token))

    def send(self, message: Message, now: datetime) -> Outcome:
        if home_number(message.to) is not None:
            return Outcome("refused", self.name, detail="numbers of the mainland need an approved template")
        form = {"To": message.to, "Body": message.text}
        form["MessagingServiceSid" if self.sender.startswith("MG") else "From"] = self.sender
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
        """Their messages don't carry our reference, so nothing is certain."""
        return None
