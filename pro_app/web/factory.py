"""Building the Flask application from a service: faces, guards, headers, languages."""

import gc
import os

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from pro_app import logs
from pro_app.config import read_settings
from pro_app.web import (
    accounts,
    admission,
    callbacks,
    clinic,
    contact_deletion,
    contact_details,
    cookies,
    corrections,
    demo_inbox,
    demo_registry,
    device,
    entry,
    exporting,
    files,
    given_answers,
    guard,
    headers,
    health,
    interview,
    locale,
    locking,
    metrics,
    own_copy,
    paper_entry,
    paper_form,
    patient,
    plain_text,
    problems,
    question_page,
    refusals,
    registry,
    same_bytes,
    second_look,
    shell,
    signing,
    tablet,
    tablet_gate,
    tablet_side,
    trail,
    ward_round,
    watching,
)
from pro_app.web.application import Application
from pro_app.web.assets import of_this_release
from pro_app.web.current import EXTENSION
from pro_app.wiring import Service, build

MODULES = (
    callbacks,
    entry,
    patient,
    own_copy,
    question_page,
    device,
    shell,
    files,
    accounts,
    clinic,
    exporting,
    trail,
    corrections,
    signing,
    locking,
    registry,
    interview,
    paper_entry,
    paper_form,
    second_look,
    given_answers,
    contact_details,
    contact_deletion,
    tablet,
    tablet_side,
    ward_round,
    demo_inbox,
    demo_registry,
    health,
    metrics,
)
LARGEST_BODY = 256 * 1024


def create_app(service: Service) -> Flask:
    """The WSGI application. Raises `SettingsError` when a route has no guard."""
    app = Application(__name__, static_folder=None)
    app.extensions[EXTENSION] = service
    app.config.update(
        SECRET_KEY=service.keys.derive("form cookie"),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    watching.install(app)
    admission.install(app)  # whoever is turned away for want of time costs nothing more
    plain_text.install(app)
    cookies.configure(app, service.settings)
    locale.install(app, str(service.settings.translations_dir))
    problems.install(app)
    csrf = CSRFProtect(app)
    csrf.exempt(device.blueprint)  # authenticated by a header that no other site's page can send
    csrf.exempt(callbacks.blueprint)  # proves itself by a signature or a secret, has no cookie
    csrf.exempt(demo_registry.blueprint)  # spoken to by our own gateway, in a demonstration only
    csrf.exempt(tablet_side.blueprint)  # closes a visit, or proves itself by what is sealed in it
    tablet_gate.install(app)  # before every other look at the door
    accounts.install(app)
    for module in MODULES:
        app.register_blueprint(module.blueprint)
    app.extensions["pro_app_assets"] = assets = of_this_release()
    app.jinja_env.globals.update(asset=assets.url, demo_mode=service.settings.demo)
    guard.install(app)
    refusals.install(app)
    same_bytes.install(app)
    headers.install(app)
    return app


def wsgi_app() -> Flask:
    """For WSGI servers other than our own: `wsgi:app`.

    Such a server forks its workers from here. What they will all need is made before: the pages, and their
    compressed forms, which cost half a second and would else be made by each worker for its first patient.
    `wsgi.py` then sets it aside from the collector of garbage, so that they go on sharing one copy of it.
    """
    settings = read_settings(os.environ)
    logs.install(settings.log)
    app = create_app(build(settings))
    with app.app_context():
        found = question_page.pages()
    for file in (*found.packed.values(), *of_this_release().files.values()):
        file.made_ready()
    gc.collect()
    return app
