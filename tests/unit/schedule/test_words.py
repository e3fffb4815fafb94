"""Every reason and fault of this room has its sentence, in English here and in Chinese in translations/."""

import re

import pytest

from pro_app.schedule import elements
from pro_app.schedule.elements import UnknownName
from pro_app.schedule.reasons import Reason
from pro_app.sentences.about_schedule import SENTENCES


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_read_by_a_nurse(reason: Reason) -> None:
    sentence = SENTENCES[reason]
    assert sentence.startswith("Waiting: " if reason.waits else "Not sent: ")
    assert "%" not in sentence


@pytest.mark.parametrize("leaf", UnknownName.__subclasses__(), ids=lambda leaf: leaf.__name__)
def test_every_unknown_name_says_what_there_is(leaf: type[elements.UnknownName]) -> None:
    assert set(re.findall(r"%\((\w+)\)s", SENTENCES[leaf.code])) == {"name", "known"}
