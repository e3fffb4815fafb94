"""Links and codes are derived: nobody can make one without the key, and a new one kills the old one."""

import re

import pytest

from pro_app.keys import KeyRing
from pro_app.links import CODE_ALPHABET, Links, new_handle, read_token, tidy_code


@pytest.fixture
def links(keys: KeyRing) -> Links:
    return Links(keys)


def test_a_link_is_genuine_for_its_visit_and_epoch_only(links: Links) -> None:
    handle = new_handle()
    ticket = read_token(links.token(handle, "3m", 0))
    assert ticket is not None
    assert links.genuine(ticket, 0)
    assert not links.genuine(ticket, 1)
    moved = read_token(links.token(handle, "3m", 0).replace(".3m.", ".6m."))
    assert moved is not None
    assert not links.genuine(moved, 0)


def test_a_link_of_another_installation_is_not_genuine(links: Links) -> None:
    other = Links(KeyRing("another secret", (("k1", b"\x01" * 32),)))
    ticket = read_token(other.token("abcdefghjk", "2w", 0))
    assert ticket is not None
    assert not links.genuine(ticket, 0)


@pytest.mark.parametrize(
    "text", ["", "x", "abc.3m.def", "a.b.c.d", "../../etc", "王.3m.x", "abcdefghjk.3m.short"]
)
def test_what_can_not_be_a_link_is_none(text: str) -> None:
    assert read_token(text) is None


def test_a_full_stop_after_a_link_does_no_harm(links: Links) -> None:
    token = links.token(new_handle(), "2w", 0)
    assert read_token(f" {token}。") == read_token(token)


def test_a_code_has_six_letters_that_nobody_mixes_up(links: Links) -> None:
    code = links.code(new_handle(), 0)
    assert re.fullmatch(f"[{CODE_ALPHABET}]{{6}}", code)
    assert not set("0O1IL2Z5S8BUV") & set(CODE_ALPHABET)


def test_a_reissued_code_is_another_one(links: Links) -> None:
    handle = new_handle()
    assert links.code(handle, 0) != links.code(handle, 1)


def test_a_code_is_read_however_it_is_typed(links: Links) -> None:
    code = links.code(new_handle(), 0)
    assert tidy_code(f" {code[:3].lower()}-{code[3:]} ") == code
    assert tidy_code(code[:5]) is None
    assert tidy_code("0OOOOO") is None
