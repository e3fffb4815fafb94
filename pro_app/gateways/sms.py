"""The SMS providers that are set up, in the order in which they are tried.

`PRO_APP_SMS_PROVIDERS` names them (`aliyun,tencent,twilio`). Each has its own words:
- aliyun: PRO_APP_SMS_ALIYUN_KEY_ID, _SECRET, optionally _CALLBACK_TOKEN
- tencent: PRO_APP_SMS_TENCENT_KEY_ID, _SECRET, _APP_ID, optionally _REGION, _CALLBACK_TOKEN
- twilio: PRO_APP_SMS_TWILIO_ACCOUNT, _TOKEN, _SENDER
"""

import re
from collections.abc import Mapping
from importlib import import_module

from pro_app.errors import SettingsError
from pro_app.ports import Messenger

_PREFIX = "PRO_APP_SMS_"
SHORTEST_TOKEN = 24
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{SHORTEST_TOKEN},200}}")
# Provider -> the words it needs, the words it may have, and what is built from them (decision 0095).
_PROVIDERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "aliyun": (("key_id", "secret"), ("callback_token",), "sms_alibaba:AlibabaSms"),
    "tencent": (("key_id", "secret", "app_id"), ("region", "callback_token"), "sms_tencent:TencentSms"),
    "twilio": (("account", "token", "sender"), (), "sms_twilio:TwilioSms"),
}


def sms_messengers(variables: Mapping[str, str], base_url: str = "") -> tuple[Messenger, ...]:
    """One messenger for each provider that is named; raises `SettingsError` with all faults at once.

    base_url: our own public address, at which providers report.
    """
    names = [name.strip() for name in variables.get(f"{_PREFIX}PROVIDERS", "").split(",") if name.strip()]
    built: list[Messenger] = []
    faults: list[str] = []
    for name in names:
        if name not in _PROVIDERS:
            faults.append(f"{_PREFIX}PROVIDERS names {name!r}; known are {', '.join(_PROVIDERS)}.")
            continue
        needed, optional, adapter = _PROVIDERS[name]
        given = {
            word: value
            for word in (*needed, *optional)
            if (value := variables.get(f"{_PREFIX}{name.upper()}_{word.upper()}", "").strip())
        }
        missing = [word for word in needed if word not in given]
        faults += [f"{_PREFIX}{name.upper()}_{word.upper()} is missing." for word in missing]
        short = given.get("callback_token")
        if short is not None and not _TOKEN.fullmatch(short):
            word = f"{_PREFIX}{name.upper()}_CALLBACK_TOKEN"
            faults.append(f"{word} must be {SHORTEST_TOKEN} or more of A-Z, a-z, 0-9, - and _.")
        if name == "twilio" and base_url.startswith("https://"):
            given["callbacks"] = f"{base_url}/callbacks/twilio"
        if not missing:
            module, _, kind = adapter.partition(":")
            built.append(getattr(import_module(f"pro_app.gateways.{module}"), kind)(**given))
    if faults:
        raise SettingsError(faults="\n".join(faults))
    return tuple(built)
