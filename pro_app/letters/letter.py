"""Writing one message: from a decided delivery to the words, the address and the provider's template.

What goes in names nobody: a day, a code, an address, a telephone. The personal link goes by e-mail only;
text messages carry the constant address and the 6-character code, as the providers demand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pro_app.errors import ProAppError
from pro_app.letters import reach
from pro_app.letters.html import as_html
from pro_app.links import Links
from pro_app.ports import Channel, Message, Messenger, SmsTemplate
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Identity, Participant
from pro_app.schedule.elements import Site, Study
from pro_app.schedule.message import Fill, compose

# Providers that are ours and need no approval: they show what the first approved template would say.
OWN_PROVIDERS = frozenset({"inbox"})


class NothingToSend(ProAppError):
    """The step is none that is sent as a message, or there is no address for it."""

    code = "delivery_unsendable"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is ready but for the choice of provider. `templates`: SMS provider → its template."""

    reference: str
    channel: Channel
    to: str
    language: str
    subject: str
    text: str
    html: str
    templates: Mapping[str, SmsTemplate]

    def for_provider(self, messenger: Messenger) -> Message:
        """What `messenger` gets; an SMS provider without an approved template gets none, and refuses."""
        template = self.templates.get(messenger.name)
        if template is None and messenger.name in OWN_PROVIDERS:
            template = next(iter(self.templates.values()), None)
        return Message(
            reference=self.reference,
            channel=self.channel,
            to=self.to,
            language=self.language,
            text=self.text,
            subject=self.subject,
            html=self.html,
            template=template,
        )


def write(
    study: Study,
    site: Site,
    links: Links,
    base_url: str,
    person: Participant,
    identity: Identity,
    delivery: Delivery,
    closes: date,
) -> Letter:
    """The message of `delivery` in the person's language as it is now.

    `closes` is the visit's last day. Raises `NothingToSend`, or `UnknownName` when the study file no longer
    has the step or its text.
    """
    message = study.step(delivery.step).message
    to = reach.address(identity, delivery.audience, delivery.channel)
    if not message or not to:
        raise NothingToSend(step=delivery.step, channel=delivery.channel)
    channel: Channel = "email" if delivery.channel == "email" else "sms"
    language = person.language if person.language in study.languages else study.languages[0]
    token = links.token(person.handle, delivery.timepoint, person.link_epoch)
    code = links.code(person.handle, person.code_epoch)
    link = f"{base_url}/v/{token}" if channel == "email" else ""
    composed = compose(study, site, message, channel, language, Fill(code, closes, base_url, link))
    html = ""
    if channel == "email":
        sender = f"{site.name.get(language, site.code)} · {site.contact_phone}"
        html = as_html(composed.subject, composed.text, link, code, language, sender)
    return Letter(
        delivery.reference, channel, to, language, composed.subject, composed.text, html, composed.templates
    )
