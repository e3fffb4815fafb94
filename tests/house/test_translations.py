"""Both languages are equal: everything we say is said in Chinese too, with the same gaps to fill."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.house.source import ROOT

CHINESE = ROOT / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
GAP = re.compile(r"%\((\w+)\)[sd]|%[sd]")


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every msgid in the code and the templates as they are now."""
    pot: Path = tmp_path_factory.mktemp("i18n") / "messages.pot"
    command = ["-q", "extract", "-F", "translations/babel.cfg", "-k", "N_", "-o", str(pot), "."]
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", *command], cwd=ROOT, check=True)
    with pot.open("rb") as file:
        return read_po(file)


def test_everything_is_said_in_chinese(chinese: Catalog, wanted: Catalog) -> None:
    untranslated = []
    for message in wanted:
        if not message.id:
            continue
        found = chinese.get(message.id, message.context)
        texts = (
            found.string if found and isinstance(found.string, tuple) else (found.string if found else "",)
        )
        if not all(texts) or (found and found.fuzzy):
            untranslated.append(message.id)
    assert not untranslated


def test_a_translation_has_the_same_gaps_as_its_sentence(chinese: Catalog) -> None:
    for message in chinese:
        if not message.id:
            continue
        forms = (message.id,) if isinstance(message.id, str) else message.id
        allowed = [set(GAP.findall(form)) for form in forms]
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts:
            assert set(GAP.findall(text)) in allowed, message.id


def test_chinese_is_written_with_chinese_marks(chinese: Catalog) -> None:
    for message in chinese:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts:
            assert not re.search(r"[一-鿿][,;:?!]", text), text
