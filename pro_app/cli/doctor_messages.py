"""What the doctor looks at before messages leave: providers, templates, and how word of them comes back."""

from collections.abc import Iterator

from pro_app.cli.findings import Check, Finding
from pro_app.datafile import read_toml
from pro_app.letters import templates
from pro_app.letters.letter import OWN_PROVIDERS
from pro_app.letters.reports import CallsBack
from pro_app.letters.templates import Lack
from pro_app.wiring import Service

_CHANNELS = {"email": "e-mail", "sms": "text messages"}
_SAYS = {
    "provider": "there is no template of {provider}; add [{table}] as approved there",
    "template": "the template is a placeholder; write the id that {provider} approved",
    "signature": "no signature; write the one that {provider} approved, or sms_signature for every site",
    "variables": "no variables; write them in the order that {provider} approved",
}


def _providers(service: Service) -> Iterator[Finding]:
    """Each channel that a step uses has somebody to carry it."""
    used = {channel for step in service.study.reminders for channel in step.channels if channel in _CHANNELS}
    for channel in sorted(used):
        names = [one.name for one in service.messengers if one.channel == channel]
        missing = f"no provider is set up, so no step goes by {_CHANNELS[channel]}: see docs/reminders.md"
        says = f"through {', then '.join(names)}" if names else missing
        # A study may do without text messages; without e-mail production doesn't even start.
        yield Finding(True, f"messages {channel}", says)


def _templates(service: Service) -> Iterator[Finding]:
    """Every step, language and provider has a template with id, signature and variables in their order."""
    providers = [one.name for one in service.messengers if one.channel == "sms"]
    wanted = templates.wanted(service.study, providers)
    if not wanted:
        return
    file = read_toml(service.settings.study_file)
    lacking = [lack for one in wanted for lack in templates.lacks(service.study, one)]
    for lack in lacking:
        line = f"{file.path.name}:{file.line_of(*lack.place)}"
        yield Finding(False, f"template {lack.wanted.message}", f"{line}: {_told(lack)}")
    if not lacking:
        names = ", ".join(dict.fromkeys(one.provider for one in wanted))
        yield Finding(True, "templates", f"{len(wanted)} with id, signature and variables ({names})")


def _told(lack: Lack) -> str:
    one = lack.wanted
    says = _SAYS[lack.what].format(provider=one.provider, table=".".join(str(part) for part in one.place))
    return f"{one.language}, {one.provider}, for {', '.join(one.steps)}: {says}"


def _word_of_them(service: Service) -> Iterator[Finding]:
    """How delivery reports and returned mail reach us."""
    for one in service.messengers:
        if one.name in OWN_PROVIDERS:
            continue
        if isinstance(one, CallsBack):
            yield Finding(True, f"reports {one.name}", _reports(one, service.settings.base_url))
        elif one.channel == "email":
            told = "returned mail is read" if service.returned_mail else "nobody reads returned mail"
            advice = (
                "" if service.returned_mail else ": set PRO_APP_BOUNCES_URL, or pipe it to `pro-app bounce`"
            )
            yield Finding(True, "returned mail", told + advice)


def _reports(one: CallsBack, base_url: str) -> str:
    """The secret end of the address is never shown."""
    if one.expects_reports:
        return f"at {base_url}/callbacks/{one.name}/…, and asked for a few times"
    return "only asked for a few times: no secret (or public https address) is set up for reports"


def _security(service: Service) -> Iterator[Finding]:
    """Somebody is written to when an account, a tablet or the trail is misused."""
    to, demo = service.settings.security_mail, service.settings.demo
    missing = "nobody is written to: set PRO_APP_SECURITY_MAIL to the address of who looks after misuse"
    yield Finding(bool(to) or demo, "urgent notices", f"to {to}" if to else missing)


CHECKS: tuple[Check, ...] = (_providers, _templates, _word_of_them, _security)
