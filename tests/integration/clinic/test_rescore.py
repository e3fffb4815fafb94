"""`pro-app rescore`: is what is stored what comes out, and what happens when the rules are new."""

from dataclasses import replace
from datetime import datetime

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from pro_app.actions import overview
from pro_app.cli import rescore as word
from pro_app.ports import Parcel
from pro_app.records import audit, parcels, participants, responses
from pro_app.records.outbox import Claim
from pro_app.records.schema import response, score
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.people import the_study
from tests.integration.clinic.sheets import MARKED, given, with_new_rules
from tests.integration.clinic.test_pages import signed_in


class Shell:
    """The command line of a hospital; the database stays open for the test to look at."""

    def __init__(self, house: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = house
        monkeypatch.setattr(word, "open_migrated", lambda: self.house)
        monkeypatch.setattr(Store, "close", lambda _store: None)

    def say(self, *arguments: str) -> Result:
        return CliRunner().invoke(word.rescore, list(arguments), catch_exceptions=False)

    def rows(self) -> int:
        with self.house.store.reading() as tx:
            return int(tx.conn.execute(select(func.count()).select_from(score)).scalar_one())

    def new_rules(self) -> None:
        self.house = replace(self.house, catalogue=with_new_rules(self.house.catalogue))


@pytest.fixture
def shell(house: Service, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Both instruments are in, one of them with words of her own."""
    text = next(item.id for item in house.catalogue.instrument("bpi-sf").items if item.kind == "text")
    given(house, now, "qlq-c30", q1=3, q2=2, q3=None, q4=2, q5=1)
    given(house, now, "bpi-sf", **{text: MARKED})
    return Shell(house, monkeypatch)


def test_scores_that_are_what_their_answers_give_pass_with_sealed_text_too(shell: Shell) -> None:
    checked = shell.say("--check")
    assert checked.exit_code == 0
    assert "2 responses looked at, all scores are what their answers give." in checked.output


def test_each_score_that_differs_is_named_with_both_values(shell: Shell) -> None:
    with shell.house.store.writing() as tx:
        tx.conn.execute(score.update().where(score.c.scale == "PF2").values(value=99.0))
        tx.conn.execute(
            score.update().where(score.c.scale == "WORST").values(value=None, reason="none_answered")
        )
    checked = shell.say("--check")
    assert checked.exit_code == 1
    assert "CZ-001 2w qlq-c30 PF2: stored 99.0, computed 66.66666666666667" in checked.output
    assert "CZ-001 2w bpi-sf WORST: stored none_answered, computed 0.0" in checked.output
    assert "2 of them differ" in checked.output


def test_a_score_that_was_removed_is_named(shell: Shell) -> None:
    with shell.house.store.writing() as tx:
        tx.conn.execute(score.delete().where(score.c.scale == "EF"))
    checked = shell.say("--check")
    assert checked.exit_code == 1
    assert "CZ-001 2w qlq-c30 EF: stored not_stored, computed 100.0" in checked.output


def test_changed_answers_show_whether_they_can_be_scored_or_not(shell: Shell) -> None:
    with shell.house.store.writing() as tx:
        for row in tx.conn.execute(select(response.c.id, response.c.instrument, response.c.answers)).all():
            old, new = ('"q5":{"value":1}', '"q5":{"value":4}')
            if row.instrument == "bpi-sf":
                old, new = ('"bpi3":{"value":0}', '"bpi3":{"value":17}')
            assert old in row.answers
            changed = row.answers.replace(old, new)
            tx.conn.execute(response.update().where(response.c.id == row.id).values(answers=changed))
    checked = shell.say("--check")
    assert checked.exit_code == 1
    assert "CZ-001 2w qlq-c30 PF2: stored 66.66666666666667, computed" in checked.output
    assert "CZ-001 2w bpi-sf: can't be scored: 17 is not an answer to item bpi3" in checked.output


def test_scores_of_other_answers_are_named(shell: Shell) -> None:
    with shell.house.store.writing() as tx:
        tx.conn.execute(score.update().where(score.c.scale == "PF2").values(answers_hash="0" * 64))
    checked = shell.say("--check")
    assert checked.exit_code == 1
    assert "CZ-001 2w qlq-c30: The scores say that they come from other answers" in checked.output


def test_nothing_happens_when_nothing_is_new(shell: Shell) -> None:
    before = shell.rows()
    added = shell.say()
    assert added.exit_code == 0
    assert "Nothing is new" in added.output
    assert shell.rows() == before
    with shell.house.store.reading() as tx:
        assert "scored_anew" not in {event.action for event in audit.history(tx, "CZ-001")}


def test_new_rules_add_rows_beside_the_old_ones_once_with_a_trace(shell: Shell) -> None:
    before = shell.rows()
    shell.new_rules()
    checked = shell.say("--check")
    assert checked.exit_code == 0
    assert "1 responses were scored by an older algorithm" in checked.output
    assert shell.rows() == before

    assert "1 responses have new scores." in shell.say().output
    assert shell.rows() == before + 16
    assert "Nothing is new" in shell.say().output
    with shell.house.store.reading() as tx:
        old = tx.conn.execute(
            select(score.c.value).where(score.c.scale == "PF2").order_by(score.c.id)
        ).scalars()
        assert list(old) == [200 / 3, 100 / 3]
        (event,) = [one for one in audit.history(tx, "CZ-001") if one.action == "scored_anew"]
        assert (event.detail["was"], event.detail["is"]) == ("qlq-c30-3.0/1", "qlq-c30-3.0/2")
        assert event.actor.kind == "cli"
        assert not audit.verify(tx)
    assert shell.say("--check").exit_code == 0


def test_two_algorithm_versions_side_by_side_are_shown_once_and_by_the_newer(
    shell: Shell, now: datetime
) -> None:
    shell.new_rules()
    shell.say()
    house = shell.house
    with house.store.reading() as tx:
        wang = participants.by_study_number(tx, "CZ-001", None)
        found = [one for one in responses.scores_of(tx, wang.id) if one.instrument == "qlq-c30"]
        assert {one.algorithm for one in found} == {"qlq-c30-3.0/2"}
        assert len(found) == 16
        shown = overview.portrait(tx, the_study(), house.catalogue, wang, now)
        (c30,) = [one for one in shown.scores if one.instrument.id == "qlq-c30"]
        (pf2,) = [one for one in c30.trends if one.scale.name == "PF2"]
        assert [value for value in pf2.values if value is not None] == [100 / 3]
        kept = [one for one in responses.of_participant(tx, wang.id) if one.instrument == "qlq-c30"]
        claim = Claim(1, kept[0].id, wang.id, "submitted", 0, "test")
        parcel = parcels.build(tx, [claim], "NCT", {})[1]
        assert isinstance(parcel, Parcel)
        assert (parcel.algorithm, len(parcel.scores)) == ("qlq-c30-3.0/2", 16)


def test_the_passport_shows_the_scores_of_earlier_rules_too(shell: Shell, team: None, clinic: Flask) -> None:
    shell.new_rules()
    app = create_app(shell.house)
    app.config["WTF_CSRF_ENABLED"] = False
    with shell.house.store.reading() as tx:
        wang = participants.by_study_number(tx, "CZ-001", None)
        (uuid,) = [one.uuid for one in responses.of_participant(tx, wang.id) if one.instrument == "qlq-c30"]
    client = signed_in(app, "li")
    assert "are not stored yet" in client.get(f"/staff/participants/CZ-001/scores/{uuid}").text
    shell.say()
    page = client.get(f"/staff/participants/CZ-001/scores/{uuid}").text
    assert "every stored score is the same" in page
    assert "qlq-c30-3.0/1" in page
    assert "qlq-c30-3.0/2" in page
    earlier = client.get(f"/staff/participants/CZ-001/scores/{uuid}.json").json
    assert earlier is not None
    assert earlier["earlier"]["qlq-c30-3.0/1"]["PF2"]["value"] == 200 / 3


def test_another_version_of_the_instrument_is_not_scored_by_this_ones_rules(shell: Shell) -> None:
    with shell.house.store.writing() as tx:
        tx.conn.execute(response.update().where(response.c.instrument == "qlq-c30").values(version="2.0"))
    for arguments in (("--check",), ()):
        said = shell.say(*arguments)
        assert said.exit_code == 1
        assert "given to version 2.0" in said.output
