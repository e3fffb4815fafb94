"""The SMS providers that are set up, in the order in which they are tried.

`PRO_APP_SMS_PROVIDERS` names them (`aliyun,tencent,twilio`). Each has its own words:
- aliyun: PRO_APP_SMS_ALIYUN_KEY_ID, _SECRET
- tencent: PRO_APP_SMS_TENCENT_KEY_ID, _SECRET, _APP_ID, optionally _REGION
- twilio: PRO_APP_SMS_TWILIO_ACCOUNT, _TOKEN, _SENDER
"""

from collections.abc import Callable, Mapping

from pro_app.errors import SettingsError
from pro_app.gateways.sms_alibaba import AlibabaSms
from pro_app.gateways.sms_tencent import TencentSms
from pro_app.gateways.sms_twilio import TwilioSms
from pro_app.ports import Messenger

_PREFIX = "PRO_APP_SMS_"
# Provider -> the words it needs, the words it may have, and how it is built from them.
_PROVIDERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[..., Messenger]]] = {
    "aliyun": (("key_id", "secret"), (), AlibabaSms),
    "tencent": (("key_id", "secret", "app_id"), ("region",), TencentSms),
    "twilio": (("account", "token", "sender"), (), TwilioSms),
}


def sms_messengers(variables: Mapping[str, str]) -> tuple[Messenger, ...]:
    """One messenger for each provider that is named; raises `SettingsError` with all faults at once."""
    names = [name.strip() for name in variables.get(f"{_PREFIX}PROVIDERS", "").split(",") if name.strip()]
    built: list[Messenger] = []
    faults: list[str] = []
    for name in names:
        if name not in _PROVIDERS:
            faults.append(f"{_PREFIX}PROVIDERS names {name!r}; known are {', '.join(_PROVIDERS)}.")
            continue
        needed, optional, build = _PROVIDERS[name]
        given = {
            word: value
            for word in (*needed, *optional)
            if (value := variables.get(f"{_PREFIX}{name.upper()}_{word.upper()}", "").strip())
        }
        missing = [word for word in needed if word not in given]
        faults += [f"{_PREFIX}{name.upper()}_{word.upper()} is missing." for word in missing]
        if not missing:
            built.append(build(**given))
    if faults:
        raise SettingsError(faults="\n".join(faults))
    return tuple(built)
