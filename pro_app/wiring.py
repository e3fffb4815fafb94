"""The one place that builds everything: keys, database, catalogue, study and whom we talk to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pro_app.config import Settings
from pro_app.gateways import registries
from pro_app.gateways.fhir_bundle import resources
from pro_app.gateways.inbox import Inbox
from pro_app.gateways.sms import sms_messengers
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.instruments.inviting import unworded, without_demonstration
from pro_app.keys import KeyRing, create_key_file, load_key_ring
from pro_app.letters.reports import ReturnedMail
from pro_app.links import Links
from pro_app.ports import Messenger, Registry
from pro_app.records.store import Store
from pro_app.schedule.alarming import scored
from pro_app.schedule.elements import Study
from pro_app.schedule.study import load_study

if TYPE_CHECKING:
    from pro_app.exports.fhir import Resources


@dataclass(frozen=True, slots=True)
class Service:
    """Everything the faces need, built once at start and shared by all threads.

    `messengers` may hold several for one channel, in the order in which they are tried.
    """

    settings: Settings
    keys: KeyRing
    store: Store
    catalogue: Catalogue
    study: Study
    links: Links
    messengers: tuple[Messenger, ...]
    registries: tuple[Registry, ...]
    returned_mail: ReturnedMail | None = None
    fhir_resources: "Resources" = field(default=resources, repr=False)

    @property
    def unworded(self) -> frozenset[str]:
        """Timepoints that nobody may be invited to, since the owner's wording is not installed."""
        return frozenset() if self.settings.demo else unworded(self.catalogue, self.study.timepoints)

    @property
    def inbox_dir(self) -> Path:
        """Where the demonstration's messages lie, one file each."""
        return self.settings.data_dir / "inbox"


def build(settings: Settings) -> Service:
    """Read and check all there is to read; raises `SettingsError` or `DataFileError` with every fault."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.demo and not settings.key_file.exists():
        create_key_file(settings.key_file)
    keys = load_key_ring(settings.key_file, settings.secret_key)
    catalogue = load_catalogue(settings.questionnaires_dir, settings.data_dir / "wording")
    if not settings.demo:
        catalogue = without_demonstration(catalogue)
    study = load_study(settings.study_file, tuple(catalogue.instruments), scored(catalogue.instruments))
    return Service(
        settings=settings,
        keys=keys,
        store=Store(settings.database_url, keys, pool_size=settings.threads + 2),
        catalogue=catalogue,
        study=study,
        links=Links(keys),
        messengers=_messengers(settings),
        returned_mail=_returned_mail(settings),
        registries=registries.build(
            study.registries,
            settings.gateway_variables,
            catalogue.instruments,
            f"http://127.0.0.1:{settings.port}/demo/registry/fhir" if settings.demo else None,
        ),
    )


def _returned_mail(settings: Settings) -> ReturnedMail | None:
    """Where returned mail is read, if anywhere."""
    if not settings.gateway_variables.get("PRO_APP_BOUNCES_URL", "").strip():
        return None
    from pro_app.gateways import bounces  # late: decision 0095

    return bounces.returned_mail(settings.gateway_variables)


def _messengers(settings: Settings) -> tuple[Messenger, ...]:
    """Whatever is set up; a demonstration puts the rest into its inbox, production leaves it out.

    A channel without a messenger fails with its reason and the next channel takes over: a message must
    never count as sent because it lies in a file.
    """
    found: tuple[Messenger, ...] = sms_messengers(settings.gateway_variables, settings.base_url)
    if settings.smtp_url:
        from pro_app.gateways import bounces  # late: decision 0095
        from pro_app.gateways.smtp import SmtpMessenger

        mail = SmtpMessenger(
            settings.smtp_url,
            settings.mail_from,
            bounce_address=bounces.bounce_address(settings.gateway_variables),
            reply_to=bounces.reply_address(settings.gateway_variables),
        )
        found = (mail, *found)
    if settings.demo:
        channels = {messenger.channel for messenger in found}
        found += tuple(one for one in inbox_messengers(settings) if one.channel not in channels)
    return found


def registry_setup_files(service: Service) -> dict[str, str]:
    """What a registry's manager imports before the first delivery: file name to content."""
    asked = [(one.id, one.instruments) for one in service.study.timepoints]
    return registries.setup_files(service.catalogue.instruments.values(), asked)


def inbox_messengers(settings: Settings) -> tuple[Messenger, ...]:
    """Both channels into the demonstration's inbox: files, one for each message."""
    folder = settings.data_dir / "inbox"
    return (Inbox(folder, "email"), Inbox(folder, "sms"))
