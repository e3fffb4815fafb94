"""Numbers and texts as the file formats want them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app.exports.cells import number, safe
from pro_app.exports.sas import ibm


def as_float(raw: bytes) -> float:
    """IBM's form read by its definition: sign, power of 16 with bias 64, 56 bits of fraction."""
    bits = struct.unpack(">Q", raw)[0]
    sign, power, fraction = bits >> 63, bits >> 56 & 0x7F, bits & (1 << 56) - 1
    return float((-1) ** sign * fraction / 2.0**56 * 16.0 ** (power - 64))


@pytest.mark.parametrize(
    ("value", "expected"),
    # From SAS's own description of the format: 1 and -1; the others by hand.
    [(1.0, "4110000000000000"), (-1.0, "C110000000000000"), (0.0, "0" * 16), (100.0, "4264000000000000")],
)
def test_known_numbers_are_spelled_as_sas_spells_them(value: float, expected: str) -> None:
    assert ibm(value).hex().upper() == expected


@given(st.floats(min_value=1e-70, max_value=1e70) | st.floats(min_value=-1e70, max_value=-1e-70))
def test_every_number_comes_back_to_the_last_bit(value: float) -> None:
    assert as_float(ibm(value)) == value


@given(st.text())
def test_no_text_can_begin_a_formula(text: str) -> None:
    kept = safe(text)
    assert not kept.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert kept == text or kept == f"'{text}"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_score_keeps_all_its_digits(value: float) -> None:
    assert float(number(value)) == value
    assert not number(value).endswith(".0")
