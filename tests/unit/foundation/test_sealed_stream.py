"""A sealed file opens whole, for the holder of the secret key, or not at all."""

import io

import pytest

from pro_app.errors import ProAppError
from pro_app.sealed_stream import (
    MAGIC,
    PIECE,
    BadKey,
    Damaged,
    NotABackup,
    OtherKey,
    Sealer,
    fingerprint,
    new_pair,
    pieces,
    public_half,
)

SECRET, PUBLIC = new_pair()
HEAD = len(MAGIC) + 40


def sealed(data: bytes) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, PUBLIC)
    for start in range(0, len(data), 10_000):
        sealer.write(data[start : start + 10_000])
    sealer.finish()
    return file.getvalue()


def opened(data: bytes, secret: str = SECRET) -> bytes:
    return b"".join(pieces(io.BytesIO(data), secret))


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_was_sealed_opens_again(length: int) -> None:
    data = bytes(range(256)) * (length // 256 + 1)
    assert opened(sealed(data[:length])) == data[:length]


def test_two_files_of_the_same_content_have_nothing_in_common() -> None:
    one, other = sealed(b"x" * 500), sealed(b"x" * 500)
    assert one[HEAD:] != other[HEAD:]


@pytest.mark.parametrize("place", [len(MAGIC), len(MAGIC) + 31, HEAD, HEAD + PIECE, -1])
def test_one_flipped_bit_anywhere_is_noticed(place: int) -> None:
    data = bytearray(sealed(b"y" * (PIECE + 500)))
    data[place] ^= 1
    with pytest.raises(Damaged):
        opened(bytes(data))


@pytest.mark.parametrize("kept", [HEAD - 5, HEAD, HEAD + 5, HEAD + PIECE + 16, -1])
def test_a_cut_off_end_is_noticed(kept: int) -> None:
    with pytest.raises(Damaged):
        opened(sealed(b"z" * (2 * PIECE))[:kept])


def test_pieces_in_another_order_are_noticed() -> None:
    data = sealed(b"a" * PIECE + b"b" * PIECE + b"c")
    one, two = data[HEAD : HEAD + PIECE + 16], data[HEAD + PIECE + 16 : HEAD + 2 * (PIECE + 16)]
    with pytest.raises(Damaged):
        opened(data[:HEAD] + two + one + data[HEAD + 2 * (PIECE + 16) :])


def test_something_added_at_the_end_is_noticed() -> None:
    with pytest.raises(Damaged):
        opened(sealed(b"a") + b"b")


def test_another_hospitals_key_opens_nothing_and_is_named() -> None:
    other, public = new_pair()
    with pytest.raises(OtherKey) as fault:
        opened(sealed(b"a"), other)
    assert fault.value.params == {"wanted": fingerprint(PUBLIC), "given": fingerprint(public)}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 something else", b"pro-app backup 2\n" + bytes(60)])
def test_another_kind_of_file_is_no_backup(data: bytes) -> None:
    with pytest.raises(NotABackup):
        opened(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "backup-secret-",
        "backup-secret-AAAA",
        "no key",
        # Made anew in every process: the names must not be, or parallel runs would differ.
        pytest.param(PUBLIC, id="the public half"),
        pytest.param(SECRET + "x", id="one letter more"),
    ],
)
def test_a_text_that_is_no_secret_key_is_a_sentence(text: str) -> None:
    with pytest.raises(BadKey, match="backup-secret-"):
        public_half(text)


def test_a_public_key_can_be_had_from_its_secret_half() -> None:
    assert public_half(f"{SECRET}\n") == PUBLIC


def test_every_fault_has_a_sentence() -> None:
    for fault in (NotABackup(), OtherKey(wanted="a", given="b"), Damaged(), BadKey(kind="x")):
        assert isinstance(fault, ProAppError)
        assert str(fault) != fault.code
