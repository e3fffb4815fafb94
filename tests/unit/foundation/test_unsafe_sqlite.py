"""A library that can corrupt the database is refused before a byte is written."""

from pathlib import Path

import pysqlite3.dbapi2
import pytest

from pro_app.errors import SettingsError
from pro_app.keys import KeyRing
from pro_app.records.store import Store

KEYS = KeyRing("of no account", (("k1", bytes(32)),))


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 50, 6), (3, 51, 2)])
def test_an_unsafe_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(pysqlite3.dbapi2, "sqlite_version_info", version)
    with pytest.raises(SettingsError, match="can corrupt the database"):
        Store(f"sqlite:///{tmp_path / 'x.sqlite'}", KEYS)
    assert not (tmp_path / "x.sqlite").exists()


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 4)])
def test_a_mended_library_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(pysqlite3.dbapi2, "sqlite_version_info", version)
    Store(f"sqlite:///{tmp_path / 'x.sqlite'}", KEYS).close()


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.sqlite'}", KEYS)
    with store.writing() as tx:
        tx.conn.exec_driver_sql("CREATE TABLE x (y)")
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    store.close()
