"""Who may be invited with which words."""

from dataclasses import dataclass

import pytest

from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.inviting import unworded, without_demonstration
from tests.unit.instruments.owners_words import licensed


@dataclass(frozen=True)
class Visit:
    id: str
    instruments: tuple[str, ...]


BOTH, ONE = Visit("2w", ("bpi-sf", "qlq-c30")), Visit("1m", ("bpi-sf",))


@pytest.mark.parametrize(
    ("installed", "closed"),
    [
        ([], {"2w", "1m"}),
        ([("bpi-sf", "zh-Hans")], {"2w"}),
        ([("bpi-sf", "zh-Hans"), ("qlq-c30", "en")], {"2w"}),
        ([("bpi-sf", "zh-Hans"), ("qlq-c30", "zh-Hans")], set()),
    ],
)
def test_a_visit_needs_one_language_in_which_all_its_questionnaires_are_licensed(
    catalogue: Catalogue, installed: list[tuple[str, str]], closed: set[str]
) -> None:
    assert unworded(licensed(catalogue, *installed), [BOTH, ONE]) == closed


def test_where_something_is_licensed_only_that_is_offered(catalogue: Catalogue) -> None:
    offered = without_demonstration(licensed(catalogue, ("bpi-sf", "zh-Hans")))
    assert offered.languages("bpi-sf") == ("zh-Hans",)
    assert not offered.pack("bpi-sf", "zh-Hans").demonstration
    assert offered.languages("qlq-c30") == catalogue.languages("qlq-c30")


def test_a_response_keeps_its_words_though_they_are_offered_no_more(catalogue: Catalogue) -> None:
    before = catalogue.pack("bpi-sf", "en")
    offered = without_demonstration(licensed(catalogue, ("bpi-sf", "zh-Hans")))
    assert offered.pack_by_hash(before.hash) == before
