"""A hospital for browser tests: the real pages, device interface and database behind a door that can lie.

`Hospital.lie` is a WSGI application that is asked before the real one; it returns None to let a request
through. So a test can be the hotel's sign-in page, the cut cable or the lost acknowledgement.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.serving import make_server

from pro_app.actions import consent
from pro_app.config import Settings, read_settings
from pro_app.instruments.catalogue import load_catalogue
from pro_app.keys import create_key_file, load_key_ring
from pro_app.links import Links
from pro_app.records import drafts, migrating, responses
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Store
from pro_app.schedule.study import load_study
from pro_app.web import (
    cookies,
    device,
    entry,
    files,
    guard,
    headers,
    locale,
    own_copy,
    patient,
    problems,
    question_page,
    same_bytes,
    shell,
    watching,
)
from pro_app.web.assets import Assets
from pro_app.web.current import EXTENSION
from pro_app.web.current import patient as patient_actor
from pro_app.wiring import Service
from tests import people

Lie = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes] | None]


def settings_in(folder: Path) -> Settings:
    return read_settings({"PRO_APP_DATA_DIR": str(folder), "PRO_APP_SECRET_KEY": "s" * 40})


def service_in(folder: Path) -> Service:
    """The real study and catalogue over an empty SQLite database."""
    settings = settings_in(folder)
    create_key_file(folder / "keys.json")
    keys = load_key_ring(folder / "keys.json", settings.secret_key)
    catalogue = load_catalogue(settings.questionnaires_dir)
    store = Store(settings.database_url, keys)
    migrating.up(store)
    return Service(
        settings=settings,
        keys=keys,
        store=store,
        catalogue=catalogue,
        study=load_study(settings.study_file, tuple(catalogue.instruments)),
        links=Links(keys),
        messengers=(),
        registries=(),
    )


def app_of(service: Service) -> Flask:
    """The patient's half of the application."""
    app = Flask("pro_app.web", static_folder=None)
    app.extensions[EXTENSION] = service
    app.config.update(SECRET_KEY="for tests", MAX_CONTENT_LENGTH=256 * 1024)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    watching.install(app)
    cookies.configure(app, service.settings)
    locale.install(app, str(service.settings.translations_dir))
    headers.install(app)
    problems.install(app)
    CSRFProtect(app).exempt(device.blueprint)
    for module in (entry, patient, own_copy, device, files, question_page, shell):
        app.register_blueprint(module.blueprint)
    app.extensions["pro_app_assets"] = assets = Assets()
    app.jinja_env.globals.update(asset=assets.url, demo_mode=service.settings.demo)
    guard.install(app)
    same_bytes.install(app)
    return app


@dataclass
class Hospital:
    """Where the patients of a test belong. `seen` is every request that got through to the program."""

    service: Service
    app: Flask
    url: str = ""
    lie: Lie | None = None
    seen: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        lie = self.lie
        told = lie(environ, start_response) if lie else None
        if told is not None:
            return told
        self.seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return self.app(environ, start_response)

    def enrol(self, study_number: str, language: str, **fields: Any) -> Participant:
        """A participant two weeks after surgery, who has agreed to the privacy notice."""
        now = datetime.now(UTC)
        with self.service.store.writing() as tx:
            person = people.enrolled(
                tx,
                self.service.study,
                self.service.links,
                now,
                study_number=study_number,
                operated=date.today() - timedelta(days=14),
                language=language,
                **fields,
            )
            with self.app.test_request_context():
                consent.decide(tx, self.service.study, person, True, patient_actor(person), now)
        return person

    def token(self, person: Participant, timepoint: str = "2w") -> str:
        return self.service.links.token(person.handle, timepoint, person.link_epoch)

    def link(self, person: Participant, timepoint: str = "2w") -> str:
        return f"{self.url}/v/{self.token(person, timepoint)}"

    def page(self, person: Participant, instrument: str, language: str | None = None) -> str:
        """Where the visit page's button leads."""
        with self.app.app_context():
            address = question_page.page_url(self.service, instrument, language or person.language)
        return f"{self.url}{address}#{person.handle}.2w"

    def begun(
        self, person: Participant, answers: dict[str, Any], position: str, instrument: str = "qlq-c30"
    ) -> None:
        """The person answered these questions earlier, elsewhere."""
        pack = self.service.catalogue.pack(instrument, person.language)
        with self.service.store.writing() as tx:
            drafts.put(
                tx,
                person.id,
                "2w",
                instrument,
                response=str(uuid4()),
                language=person.language,
                pack=pack.hash,
                position=position,
                answers=answers,
                now=datetime.now(UTC),
            )

    def draft(self, person: Participant, instrument: str) -> dict[str, Any]:
        with self.service.store.reading() as tx:
            kept = drafts.of_visit(tx, person.id, "2w").get(instrument)
            return dict(kept.answers) if kept else {}

    def received(self, person: Participant) -> list[Stored]:
        with self.service.store.reading() as tx:
            return list(responses.of_participant(tx, person.id))


@contextmanager
def open_hospital(folder: Path) -> Iterator[Hospital]:
    """A running hospital on a free port."""
    service = service_in(folder)
    hospital = Hospital(service, app_of(service))
    server = make_server("127.0.0.1", 0, hospital, threaded=True)
    hospital.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hospital
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        service.store.close()
