"""What most words begin with: the settings of this shell and the service built from them."""

import os

from pro_app.config import read_settings
from pro_app.errors import ProAppError
from pro_app.records import migrating
from pro_app.wiring import Service, build


class NotMigrated(ProAppError):
    """The database is of another release; say how to bring it up."""

    code = "not_migrated"


def open_service() -> Service:
    """Build the service from the environment; raises `SettingsError` or `DataFileError`."""
    return build(read_settings(os.environ))


def open_migrated() -> Service:
    """The same, and its database must be of this release; raises `NotMigrated`."""
    service = open_service()
    if migrating.current(service.store) != migrating.newest():
        raise NotMigrated()
    return service
