"""The part of a study file that says how people are reached: hours, steps, messages, notices."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import time
from string import Formatter

from pro_app.schedule.outreach import (
    CONTACT_KEPT_DAYS,
    Audience,
    ContactHours,
    EmailText,
    MessageTemplate,
    Moment,
    OnHoliday,
    PrivacyNotice,
    ProviderTemplate,
    SmsText,
    Step,
)
from pro_app.schedule.section import NAME, Section, unique

CHANNELS = ("sms", "email")
CALL = "call"
# What a message may say of a person: nothing. Providers forbid links inside variables, so a text message
# carries the constant address and the code; a personal link goes by e-mail.
SMS_WORDS = {"code", "closes", "address", "site", "phone"}
EMAIL_WORDS = SMS_WORDS | {"link"}
VARIABLE_WORDS = ("code", "closes", "site", "phone")
# On the providers' lists of forbidden words: a message with it is not delivered.
FORBIDDEN = ("问卷调查",)
_MOMENT = re.compile(r"(opens|due|closes)(?:([+-])([0-9]{1,3})d)?")


def read_hours(section: Section) -> ContactHours:
    start, end = section.clock("start"), section.clock("end")
    section.close()
    if start is None or end is None:
        # The whole day: the steps' times are not to blame for a slip here.
        return ContactHours(time.min, time.max)
    if start >= end:
        section.fault("end", f"end = {end:%H:%M} must be later than start = {start:%H:%M}")
    return ContactHours(start, end)


def read_steps(
    top: Section,
    languages: tuple[str, ...],
    messages: Mapping[str, MessageTemplate],
    hours: Iterable[ContactHours],
) -> tuple[Step, ...]:
    """The `[[reminder]]` tables; each step must leave inside every site's contact hours."""
    steps, seen, all_hours = [], set[str](), tuple(hours)
    for section in top.tables("reminder", needed=False):
        audience = Audience(section.one_of("audience", [audience.value for audience in Audience]))
        called = audience == Audience.CALL_LIST
        step = Step(
            id=section.name("id"),
            label=section.translated("label", languages),
            moment=_moment(section),
            audience=audience,
            channels=(CALL,) if called else section.words_of("channels", CHANNELS),
            every_channel=False if called else section.flag("every_channel", False),
            on_holiday=OnHoliday(
                section.one_of("on_holiday", [policy.value for policy in OnHoliday], "later")
            ),
            message="" if called else section.text("message"),
        )
        unique(section, "id", step.id, seen)
        if not called:
            _check_reach(section, step, messages, languages, all_hours)
        section.close()
        steps.append(step)
    return tuple(steps)


def _moment(section: Section) -> Moment:
    text = section.text("at")
    match = _MOMENT.fullmatch(text)
    if text and not match:
        section.fault("at", f'at = {text!r} must be opens, due or closes with days, such as "opens+2d"')
    clock = section.clock("time") or time(12)
    if not match:
        return Moment("opens", 0, clock)
    return Moment(match[1], int(match[3] or 0) * (-1 if match[2] == "-" else 1), clock)


def _check_reach(
    section: Section,
    step: Step,
    messages: Mapping[str, MessageTemplate],
    languages: tuple[str, ...],
    hours: tuple[ContactHours, ...],
) -> None:
    for span in sorted({(span.start, span.end) for span in hours}):
        if not ContactHours(*span).allow(step.moment.at):
            section.fault(
                "time",
                f"time = {step.moment.at:%H:%M} is outside contact hours {span[0]:%H:%M}-{span[1]:%H:%M}",
            )
    if not step.message:
        return
    if step.message not in messages:
        section.fault("message", f"message = {step.message!r} is not among [messages]: {', '.join(messages)}")
        return
    template = messages[step.message]
    for channel in step.channels:
        texts: Mapping[str, object] = template.sms if channel == "sms" else template.email
        for language in languages:
            if language not in texts:
                section.fault("message", f"[messages.{step.message}] has no {channel} text in {language}")


def read_messages(section: Section, languages: tuple[str, ...]) -> dict[str, MessageTemplate]:
    """`[messages.NAME.email.LANGUAGE]` and `[messages.NAME.sms.LANGUAGE]`."""
    messages = {}
    for name, entry in section.entries():
        if not NAME.fullmatch(name):
            section.fault(name, f"message name {name!r} must be 1-20 of a-z, 0-9, - and _")
        email, sms = entry.table("email", needed=False), entry.table("sms", needed=False)
        messages[name] = MessageTemplate(
            id=name,
            email={
                language: EmailText(
                    _worded(text, "subject", EMAIL_WORDS), _worded(text, "body", EMAIL_WORDS, {"link"})
                )
                for language, text in _by_language(email, languages)
            },
            sms={language: _sms(text) for language, text in _by_language(sms, languages)},
        )
        entry.close()
    return messages


def _by_language(section: Section, languages: tuple[str, ...]) -> list[tuple[str, Section]]:
    found = [(language, section.table(language)) for language in languages if section.has(language)]
    if languages:
        section.close()
    return found


def _sms(section: Section) -> SmsText:
    text = _worded(section, "text", SMS_WORDS, {"code", "address"})
    needed = _words_in(text) & set(VARIABLE_WORDS)
    providers = {}
    for name, entry in section.table("providers", needed=False).entries():
        template = ProviderTemplate(
            template_id=entry.text("template"),
            signature=entry.text("signature"),
            variables=entry.words_of("variables", VARIABLE_WORDS),
        )
        for word in sorted(needed - set(template.variables)):
            entry.fault("variables", f"the text has {{{word}}} but variables do not")
        for word in sorted(set(template.variables) - needed if text else ()):
            entry.fault("variables", f"variables have {word!r} but the text has no {{{word}}}")
        entry.close()
        providers[name] = template
    section.close()
    return SmsText(text, providers)


def _words_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _worded(section: Section, key: str, allowed: set[str], needed: Collection[str] = ()) -> str:
    """A message text whose {placeholders} are known and which no provider stops for a forbidden word."""
    text = section.text(key)
    try:
        found = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text)]
    except ValueError as fault:
        section.fault(key, f"{key} has a brace that does not close: {fault}")
        return ""
    for name, spec, conversion in found:
        if name is not None and (name not in allowed or spec or conversion):
            listed = ", ".join(f"{{{word}}}" for word in sorted(allowed))
            section.fault(key, f"{key} has {{{name}}}; a message may hold {listed}")
    for word in sorted(set(needed) - {name for name, _, _ in found} if text.strip() else ()):
        section.fault(key, f"{key} lacks {{{word}}}: without it nobody can open the form")
    for word in filter(text.__contains__, FORBIDDEN):
        section.fault(key, f"{key} has {word}, which SMS providers refuse; write 随访提醒")
    return text


def read_privacy(section: Section, languages: tuple[str, ...]) -> PrivacyNotice:
    """Who keeps what, where, how long, whom to ask, and the separate yes for health data."""
    notice = PrivacyNotice(
        version=section.text("version"),
        keeper=section.translated("keeper", languages),
        data=section.translated("data", languages),
        place=section.translated("place", languages),
        duration=section.translated("duration", languages),
        questions=section.translated("questions", languages),
        health_data=section.translated("health_data", languages),
        contact_kept_days=section.whole("contact_kept_days", 0, 3650, default=CONTACT_KEPT_DAYS),
    )
    section.close()
    return notice
