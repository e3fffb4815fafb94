"""Whether every text message that the study may send has a template at every provider that is set up.

A visit's message invites to all of its instruments at once, so there is one template for each message,
language and provider. Reading the study file has checked what it says; here is checked what it doesn't say,
and what it says only to be filled in later.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pro_app.datafile import Place
from pro_app.letters.letter import OWN_PROVIDERS
from pro_app.schedule.elements import Study
from pro_app.schedule.outreach import ProviderTemplate, Step

# These send the text itself; the others only what was approved.
WITHOUT_TEMPLATES = OWN_PROVIDERS | {"twilio"}
# SMS_00000002: a number nobody has given out.
_PLACEHOLDER = re.compile(r"(?:SMS_)?0+\d?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One template that the study needs: for a message, in a language, at a provider; `steps` that use it."""

    message: str
    language: str
    provider: str
    steps: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Where the study file says it."""
        return ("messages", self.message, "sms", self.language, "providers", self.provider)


@dataclass(frozen=True, slots=True)
class Lack:
    """What a template lacks: `provider` (there is none), `template`, `signature` or `variables`."""

    wanted: Wanted
    what: str

    @property
    def place(self) -> Place:
        return self.wanted.place if self.what == "provider" else (*self.wanted.place, self.what)


def wanted(study: Study, providers: Iterable[str]) -> tuple[Wanted, ...]:
    """Every template that the study's steps need at those of `providers` that send only what was approved."""
    users: dict[str, list[str]] = {}
    for step in study.reminders:
        if _is_text(step):
            users.setdefault(step.message, []).append(step.id)
    return tuple(
        Wanted(message, language, provider, tuple(steps))
        for message, steps in users.items()
        for language in study.languages
        for provider in dict.fromkeys(providers)
        if provider not in WITHOUT_TEMPLATES
    )


def lacks(study: Study, one: Wanted) -> Iterator[Lack]:
    """What `one` lacks; nothing when it can be sent."""
    text = study.messages[one.message].sms[one.language]
    template = text.providers.get(one.provider)
    if template is None:
        yield Lack(one, "provider")
        return
    if not template.template_id.strip() or _PLACEHOLDER.fullmatch(template.template_id.strip()):
        yield Lack(one, "template")
    if not _signed(study, template):
        yield Lack(one, "signature")
    if not template.variables:
        yield Lack(one, "variables")


def _is_text(step: Step) -> bool:
    return bool(step.message) and "sms" in step.channels


def _signed(study: Study, template: ProviderTemplate) -> bool:
    """Every site signs, with its own name or with the template's."""
    return all((site.sms_signature or template.signature).strip() for site in study.sites)
