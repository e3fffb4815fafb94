"""Small questionnaires folders to break on purpose, and what ships."""

from functools import cache
from pathlib import Path

from pro_app.config import ROOT
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.definition_file import load_definition
from pro_app.instruments.template import FilledIn

DEFINITION = """\
id = "tiny"
version = "1"
name = "Tiny"

[sources]
us = "Us 2026."

[recall.week]
hours = 168

[answers.two]
kind = "choice"
codes = [1, 2]

[answers.yes]
kind = "yes_no"
codes = [1, 0]

[answers.words]
kind = "text"
max_length = 20

[[items]]
id = "t1"
answers = "yes"

[[items]]
id = "t2"
answers = "two"
recall = "week"
shown_if = { item = "t1", values = [1] }

[[items]]
id = "t3"
answers = "two"

[[items]]
id = "t4"
answers = "words"
optional = true

[[screens]]
items = ["t2", "t3"]

[scoring]
algorithm = "tiny/1"
citation = "us"

[[scoring.scales]]
name = "T"
method = "sum"
items = ["t2", "t3"]
minimum = 1
prorate = true
better = "low"
source = "us"
"""

WORDING = """\
instrument = "tiny"
version = "1"
language = "en"
owner_version = "demonstration"
title = "Tiny"
intro = "Hello."

[recall]
week = "In the last week"

[answers.two]
1 = "One"
2 = "Two"

[answers.yes]
1 = "Yes"
0 = "No"

[items]
t1.question = "Do you have a cat?"
t2.question = "How many cats?"
t2.hint = "Count the kittens."
t3.question = "How many dogs?"
t3.2 = "A pair"
t4.question = "What are their names?"
"""


def folder(root: Path, definition: str = DEFINITION, wording: str = WORDING) -> Path:
    """A questionnaires folder with the tiny instrument; gives the folder."""
    home = root / "questionnaires" / "tiny"
    home.mkdir(parents=True)
    (home / "definition.toml").write_text(definition, encoding="utf-8")
    (home / "wording.en.toml").write_text(wording, encoding="utf-8")
    return home.parent


def tiny(root: Path) -> Instrument:
    """The tiny instrument."""
    return load_definition(folder(root) / "tiny" / "definition.toml")


@cache
def shipped() -> Catalogue:
    """What ships, without any installed pack."""
    return load_catalogue(ROOT / "questionnaires")


def filled_in(instrument: str, language: str, **changes: str | None) -> FilledIn:
    """A template filled with the demonstration wording; changes name keys with `__` for dots, None drops."""
    pack = shipped().pack(instrument, language)
    given = {key.replace("__", "."): text for key, text in changes.items()}
    texts = {key: text for key, text in {**pack.texts, **given}.items() if text is not None}
    rows = {key: row for row, key in enumerate(texts, 5)}
    return FilledIn(instrument, pack.version, language, texts, rows, ())
