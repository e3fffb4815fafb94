"""Labels: what an export may say in words, and that every code has some."""

from dataclasses import replace
from datetime import UTC, datetime

from pro_app.actions import choose, correct
from pro_app.exports import labels
from pro_app.exports.columns import TAGS, wide_table
from pro_app.exports.edition import Edition, Words
from pro_app.exports.forms import REASONS, FormState
from pro_app.instruments.answers import MISSING
from pro_app.instruments.catalogue import Catalogue
from pro_app.schedule.elements import Study
from pro_app.schedule.status import Status
from pro_app.scoring.result import REASONS as NO_SCORE
from pro_app.sentences.about_exports import SENTENCES
from pro_app.web.corrections import REASON_WORDS


def edition(study: Study, catalogue: Catalogue) -> Edition:
    sites = tuple(site.code for site in study.sites)
    moment = datetime(2026, 12, 1, 4, tzinfo=UTC)
    return Edition(study, catalogue, Words("en", {}, {}), moment, sites, (), False, "test")


def test_every_code_has_its_label() -> None:
    assert set(labels.STATES) == {state.value for state in FormState}
    assert set(labels.REASONS) == set(REASONS)
    assert set(labels.STATUSES) == {status.value for status in Status}
    assert set(labels.NO_ANSWER) == set(MISSING)
    assert set(labels.NO_SCORE) == set(NO_SCORE)
    known = {reason for group in correct.REASONS.values() for reason in group} | set(choose.REASONS)
    assert known == set(labels.CORRECTIONS)
    assert set(REASON_WORDS) == set(labels.CORRECTIONS)
    assert set(TAGS) == set(MISSING) | set(NO_SCORE)


def test_names_fit_every_format(study: Study, catalogue: Catalogue) -> None:
    for instrument in edition(study, catalogue).instruments:
        columns = wide_table(edition(study, catalogue), instrument).columns
        for values in ([one.name for one in columns], [one.short for one in columns]):
            assert len({value.lower() for value in values}) == len(values)
        for one in columns:
            assert one.name.replace("_", "").isalnum() and one.name[0].isalpha() and len(one.name) <= 32
            assert one.short.isalnum() and one.short.isascii() and len(one.short) <= 8, one.short


def test_the_owners_sentences_are_not_copied_into_data_files(study: Study, catalogue: Catalogue) -> None:
    pack = catalogue.pack("qlq-c30", "en")
    owners = replace(pack, demonstration=False, hash="e" * 64)
    installed = Catalogue(catalogue.instruments, (*catalogue.packs, owners), {("qlq-c30", "en"): owners.hash})
    instrument = catalogue.instrument("qlq-c30")
    for one, carried in ((catalogue, True), (installed, False)):
        text = repr(wide_table(edition(study, one), instrument).columns)
        assert (pack.items["q5"].question in text) is carried
        assert (pack.items["q5"].labels[4] in text) is carried
        assert "item 5" in text


def test_every_fault_of_this_room_has_its_sentence() -> None:
    from pro_app.actions.correct import CorrectionRefused
    from pro_app.exports.aside import FolderUsed, NoSpace
    from pro_app.exports.chunks import ChunkBroken
    from pro_app.exports.formats import NoFhir, UnknownFormat
    from pro_app.exports.paper import NotPrinted
    from pro_app.exports.xlsx import TooManyRows
    from pro_app.records.corrections import ResponseChanged
    from pro_app.records.export_jobs import ExportBusy, ExportInterrupted, ExportStopped
    from pro_app.web.export_words import UnknownLanguage

    mine = (
        ChunkBroken,
        CorrectionRefused,
        ExportBusy,
        ExportInterrupted,
        ExportStopped,
        FolderUsed,
        NoFhir,
        NoSpace,
        NotPrinted,
        ResponseChanged,
        TooManyRows,
        UnknownFormat,
        UnknownLanguage,
    )
    assert {one.code for one in mine} == set(SENTENCES)
