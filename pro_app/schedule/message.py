"""Filling the study's message texts. What goes in names nobody: a code, a day, an address, a telephone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date, format_skeleton

from pro_app.ports import SmsTemplate
from pro_app.schedule.elements import Site, Study, UnknownMessage
from pro_app.schedule.outreach import MessageTemplate

# Variables of an SMS template hold at most six characters with some providers: no year, short month.
_SHORT = {"zh": "M月d日", "en": "d MMM"}
_LONG = {"en": "d MMMM y"}
# The letters of the GSM alphabet that fit seven bits; anything else makes a text message of 70 characters.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüàÆæßÉ"
)


@dataclass(frozen=True, slots=True)
class Fill:
    """What a message may say. `address` is the constant short one, `link` the personal one (e-mail)."""

    code: str
    closes: date
    address: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to go. `templates`: SMS provider → its approved template with our variables."""

    subject: str
    text: str
    templates: Mapping[str, SmsTemplate]


def short_day(day: date, language: str) -> str:
    """A day without its year: 12月7日, 7 Dec."""
    locale = Locale.parse(language, sep="-")
    if pattern := _SHORT.get(locale.language):
        return format_date(day, pattern, locale)
    return format_skeleton("MMMd", day, locale=locale)


def long_day(day: date, language: str) -> str:
    """A day in full: 2026年12月7日, 7 December 2026."""
    locale = Locale.parse(language, sep="-")
    return format_date(day, _LONG.get(locale.language, "long"), locale)


def compose(study: Study, site: Site, message: str, channel: str, language: str, fill: Fill) -> Composed:
    """The text of `message` ("invitation", …) on `channel` ("sms" or "email") in `language`.

    Raises `UnknownMessage` when the study has no such text; `load_study` has checked those its steps use.
    """
    template = study.messages.get(message)
    if template is None:
        raise UnknownMessage(name=message, known=", ".join(study.messages))
    words = {
        "code": fill.code,
        "closes": (short_day if channel == "sms" else long_day)(fill.closes, language),
        # Every character of a text message counts, and phones know an address without its https:// too.
        "address": fill.address.removeprefix("https://") if channel == "sms" else fill.address,
        "link": fill.link,
        "site": site.contact_name.get(language, site.code),
        "phone": site.contact_phone,
    }
    return _email(template, language, words) if channel == "email" else _sms(template, site, language, words)


def _email(template: MessageTemplate, language: str, words: Mapping[str, str]) -> Composed:
    text = template.email.get(language)
    if text is None:
        raise UnknownMessage(name=f"{template.id}.email.{language}", known=", ".join(template.email))
    return Composed(text.subject.format_map(words), text.body.format_map(words), {})


def _sms(template: MessageTemplate, site: Site, language: str, words: Mapping[str, str]) -> Composed:
    text = template.sms.get(language)
    if text is None:
        raise UnknownMessage(name=f"{template.id}.sms.{language}", known=", ".join(template.sms))
    templates = {
        name: SmsTemplate(
            template_id=provider.template_id,
            signature=site.sms_signature or provider.signature,
            variables=tuple((variable, words[variable]) for variable in provider.variables),
        )
        for name, provider in text.providers.items()
    }
    return Composed("", text.text.format_map(words), templates)


def sms_parts(text: str, signature: str = "") -> int:
    """How many text messages are billed; Chinese fits 70 characters in one, then 67 in each part."""
    whole = f"【{signature}】{text}" if signature else text
    one, part = (160, 153) if set(whole) <= _GSM else (70, 67)
    return 1 if len(whole) <= one else -(-len(whole) // part)
