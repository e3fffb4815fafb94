"""Every fault of scoring and instruments has a sentence."""

import importlib
import pkgutil
import re

import pytest

import pro_app.instruments
import pro_app.scoring
from pro_app import messages
from pro_app.errors import ProAppError
from pro_app.sentences.about_instruments import SENTENCES

ALL = {**messages.SENTENCES, **SENTENCES}


def _leaves() -> list[type[ProAppError]]:
    for room in (pro_app.scoring, pro_app.instruments):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    found, queue = [], [ProAppError]
    while queue:
        leaf = queue.pop()
        queue.extend(leaf.__subclasses__())
        if leaf.__module__.startswith(("pro_app.scoring", "pro_app.instruments")):
            found.append(leaf)
    return found


@pytest.mark.parametrize("leaf", _leaves(), ids=lambda leaf: leaf.__name__)
def test_every_fault_has_a_sentence(leaf: type[ProAppError]) -> None:
    assert leaf.code in ALL


def test_every_reason_why_an_answer_is_refused_has_a_sentence_with_its_item() -> None:
    source = (pkgutil.get_data("pro_app.instruments", "answers.py") or b"").decode()
    raised = set(re.findall(r'"(answer_\w+)"', source))
    assert len(raised) == 10
    for code in raised:
        assert "q9" in ALL[code] % {"item": "q9", "value": "17"}
