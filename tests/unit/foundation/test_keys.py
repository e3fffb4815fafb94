"""Sealed fields open only where they were sealed, and only with the right key."""

import json
from pathlib import Path

import pytest

from pro_app.errors import SettingsError
from pro_app.keys import KeyRing, SealBroken, create_key_file, load_key_ring

WANG = "participant/wang/identity"


def test_what_was_sealed_opens_again(keys: KeyRing) -> None:
    sealed = keys.seal("王秀英 138 0000 0000", WANG)
    assert "王" not in sealed
    assert keys.unseal(sealed, WANG) == "王秀英 138 0000 0000"


def test_the_same_text_is_sealed_differently_each_time(keys: KeyRing) -> None:
    assert keys.seal("Mary", WANG) != keys.seal("Mary", WANG)


def test_a_field_moved_to_another_row_does_not_open(keys: KeyRing) -> None:
    with pytest.raises(SealBroken):
        keys.unseal(keys.seal("Mary", WANG), "participant/mary/identity")


@pytest.mark.parametrize("damage", ["", "k1.", "k9.AAAA", "k1.AAAA", "no dot", "k1.%%%"])
def test_a_damaged_field_does_not_open(keys: KeyRing, damage: str) -> None:
    with pytest.raises(SealBroken):
        keys.unseal(damage, WANG)


def test_one_flipped_bit_is_noticed(keys: KeyRing) -> None:
    sealed = keys.seal("Mary", WANG)
    other = "A" if sealed[-6] != "A" else "B"
    with pytest.raises(SealBroken):
        keys.unseal(sealed[:-6] + other + sealed[-5:], WANG)


def test_an_old_key_still_opens_after_a_new_one_was_put_first(keys: KeyRing) -> None:
    sealed = keys.seal("Mary", WANG)
    rotated = KeyRing(keys.secret, (("k2", b"\x07" * 32), *keys.data_keys))
    assert rotated.unseal(sealed, WANG) == "Mary"
    assert rotated.seal("Mary", WANG).startswith("k2.")


def test_keys_for_two_purposes_differ(keys: KeyRing) -> None:
    assert keys.derive("visit link") != keys.derive("access code")
    assert keys.blind("x", "phone") != keys.blind("x", "access code")


def test_a_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_key_ring(path, None)


def test_an_existing_key_file_is_never_touched(tmp_path: Path) -> None:
    create_key_file(tmp_path / "keys.json")
    with pytest.raises(FileExistsError):
        create_key_file(tmp_path / "keys.json")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"secret": "x", "data": []}', '{"secret": 1, "data": [{}]}']
)
def test_a_broken_key_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="not a key file"):
        load_key_ring(path, None)


def test_a_missing_key_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="pro-app keys new"):
        load_key_ring(tmp_path / "none.json", None)


def test_the_secret_of_the_environment_goes_first(tmp_path: Path) -> None:
    create_key_file(tmp_path / "keys.json")
    stored = json.loads((tmp_path / "keys.json").read_text())["secret"]
    assert load_key_ring(tmp_path / "keys.json", None).secret == stored
    assert load_key_ring(tmp_path / "keys.json", "from outside").secret == "from outside"
