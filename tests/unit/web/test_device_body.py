"""What a device sends is read field by field; whatever it is, it is either sound or refused by name."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pro_app.web.device_body import EARLIEST, LATEST, Fields, Malformed, Unreadable, read_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Unreadable, Malformed):
        assert isinstance(read_json(body), Fields)


@given(JSON)
def test_any_value_of_any_field_is_read_or_refused_by_its_name(value: object) -> None:
    fields = Fields({"x": value, "answers": value})
    for read in (fields.text, fields.text_or_none, fields.uuid, fields.instant):
        try:
            read("x")
        except Malformed as fault:
            assert fault.params == {"field": "x"}
    try:
        assert isinstance(fields.answers(), dict)
    except Malformed as fault:
        assert fault.params == {"field": "answers"}


@given(st.datetimes(timezones=st.timezones()))
def test_any_instant_is_kept_or_brought_to_the_nearest_end(moment: datetime) -> None:
    kept = Fields({"at": moment.isoformat()}).instant("at")
    assert EARLIEST <= kept <= LATEST
    if 1970 < moment.year < 2100:
        assert kept == datetime.fromisoformat(moment.isoformat())


def test_what_javascript_writes_is_an_instant() -> None:
    assert Fields({"at": "2026-12-01T04:00:00.250Z"}).instant("at") == datetime(
        2026, 12, 1, 4, 0, 0, 250_000, UTC
    )


def test_one_of_gives_the_choice_or_refuses() -> None:
    fields = Fields({"helper": "read", "none": None, "other": "dog"})
    assert fields.one_of("helper", ("alone", "read")) == "read"
    assert fields.one_of_or_none("none", ("alone",)) is None
    with pytest.raises(Malformed):
        fields.one_of("other", ("alone",))


def test_only_the_canonical_spelling_is_a_uuid() -> None:
    good = "0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11"
    assert Fields({"id": good}).uuid("id") == good
    for other in (good.upper(), good.replace("-", ""), f"{{{good}}}", f"urn:uuid:{good}"):
        with pytest.raises(Malformed):
            Fields({"id": other}).uuid("id")


def test_a_body_diagram_is_not_too_deep_and_one_floor_more_is() -> None:
    body = {"bpi2": {"value": {"regions": ["back-head"], "worst": "back-head"}}}
    assert Fields({"answers": body}).answers() == body
    with pytest.raises(Malformed):
        Fields({"answers": {"bpi2": {"value": {"regions": [[[]]]}}}}).answers()
