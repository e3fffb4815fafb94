"""CDISC ODM-XML 1.3.2 as a snapshot: what is asked, then what was answered, subject by subject.

A form that is missing is there as a form with its state and reason and without items. Answers that were not
given are `IsNull`; why stands beside them in an item of its own (`….WHY`).
"""

from collections.abc import Iterator
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from pro_app.exports import labels
from pro_app.exports.aside import Aside
from pro_app.exports.cells import moment, number
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form
from pro_app.instruments.definition import Instrument, Item
from pro_app.records.export_rows import Sheet

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
# Items that every form has: what they are called in `labels.COLUMNS`, and their type.
_ABOUT = (
    ("state", "text"),
    ("reason", "text"),
    ("response", "text"),
    ("revision", "integer"),
    ("received_at", "datetime"),
    ("finished_at", "datetime"),
    ("corrected_at", "datetime"),
    ("correction", "text"),
    ("completed_on", "date"),
    ("entered_by", "text"),
    ("entered_again_by", "text"),
    ("entry_differences", "integer"),
    ("settled_by", "text"),
    ("mode", "text"),
    ("helper", "text"),
    ("language", "text"),
    ("pack", "text"),
    ("algorithm", "text"),
)
_LENGTHS = {"text": ' Length="200"', "integer": ' Length="8"', "float": ' Length="24" SignificantDigits="17"'}


class Odm:
    """`odm.xml`."""

    def __init__(self, aside: Aside, edition: Edition) -> None:
        self._edition, self._aside = edition, aside
        self._file: TextIO = aside.text("odm.xml")
        self._subject = 0
        self._visit = ""
        self._file.writelines(_front(edition))
        aside.rows["odm.xml"] = 0

    def take(self, form: Form) -> None:
        if form.person.id != self._subject:
            self._end_subject()
            self._subject = form.person.id
            site = quoteattr(f"L.{form.person.site}")
            key = quoteattr(form.person.study_number)
            self._file.write(f"<SubjectData SubjectKey={key}><SiteRef LocationOID={site}/>\n")
        if form.timepoint != self._visit:
            self._end_visit()
            self._visit = form.timepoint
            self._file.write(f"<StudyEventData StudyEventOID={quoteattr(f'V.{form.timepoint}')}>")
        self._file.write("".join(self._form(form)))
        self._aside.rows["odm.xml"] += 1

    def close(self) -> None:
        self._end_subject()
        self._file.write("</ClinicalData></ODM>\n")

    def _end_visit(self) -> None:
        if self._visit:
            self._file.write("</StudyEventData>\n")
            self._visit = ""

    def _end_subject(self) -> None:
        self._end_visit()
        if self._subject:
            self._file.write("</SubjectData>\n")

    def _form(self, form: Form) -> Iterator[str]:
        name = form.instrument
        yield f"<FormData FormOID={quoteattr(f'F.{name}')}>"
        yield f"<ItemGroupData ItemGroupOID={quoteattr(f'G.{name}')}>"
        for about, value in _about(form):
            yield _item(f"I.{about}", value)
        if form.sheet:
            instrument = self._edition.catalogue.instrument(name)
            for item in instrument.items:
                yield from _answer(instrument, item, form.sheet)
            for scale, score in form.sheet.scores.items():
                result = None if score.value is None else number(score.value)
                yield _item(f"I.{name}.{scale}", result)
                if score.reason:
                    yield _item(f"I.{name}.{scale}.WHY", score.reason)
        yield "</ItemGroupData></FormData>"


def _about(form: Form) -> Iterator[tuple[str, str]]:
    """The items of `_ABOUT` that this form has."""
    yield "state", form.state.value
    if form.reason:
        yield "reason", form.reason
    if sheet := form.sheet:
        yield "response", sheet.uuid
        yield "revision", str(sheet.revision)
        yield "received_at", moment(sheet.received_at)
        yield "finished_at", moment(sheet.finished_at)
        if form.change:
            yield "corrected_at", moment(form.change.at)
            yield "correction", form.change.reason
        if sheet.completed_on:
            yield "completed_on", sheet.completed_on.isoformat()
        if sheet.entered_by:
            yield "entered_by", sheet.entered_by
        if second := form.second_entry:
            yield "entered_again_by", second.by
            yield "entry_differences", str(second.differences)
            if second.settled_by:
                yield "settled_by", second.settled_by
        yield "mode", sheet.mode
        if sheet.helper:
            yield "helper", sheet.helper
        yield "language", sheet.language
        yield "pack", sheet.pack
        yield "algorithm", sheet.algorithm


def _item(oid: str, value: str | None) -> str:
    if value is None:
        return f'<ItemData ItemOID={quoteattr(oid)} IsNull="Yes"/>'
    return f"<ItemData ItemOID={quoteattr(oid)} Value={quoteattr(value)}/>"


def _answer(instrument: Instrument, item: Item, sheet: Sheet) -> Iterator[str]:
    oid = f"I.{instrument.id}.{item.id}"
    answer = sheet.answers.get(item.id, {"missing": "not_reached"})
    if "missing" in answer or answer.get("sealed"):
        yield _item(oid, None)
        yield _item(f"{oid}.WHY", str(answer.get("missing", "sealed")))
        return
    value = answer["value"]
    if isinstance(value, dict):
        yield _item(oid, " ".join(value["regions"]) or "none")
        if value["worst"]:
            yield _item(f"{oid}.WORST", value["worst"])
    else:
        yield _item(oid, str(int(value)))


def _front(edition: Edition) -> Iterator[str]:
    study = edition.study
    when = f"{edition.stamp:%Y-%m-%dT%H:%M:%S}Z"
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield (
        f'<ODM xmlns="{NAMESPACE}" ODMVersion="1.3.2" FileType="Snapshot" '
        f'FileOID={quoteattr(f"{study.id}.{when}")} CreationDateTime="{when}" '
        f'SourceSystem="PRO follow-up" SourceSystemVersion={quoteattr(edition.release)}>\n'
    )
    title = escape(edition.text(study.title))
    yield f"<Study OID={quoteattr(f'S.{study.id}')}>"
    yield f"<GlobalVariables><StudyName>{escape(study.id)}</StudyName>"
    yield f"<StudyDescription>{title}</StudyDescription><ProtocolName>{escape(study.id)}</ProtocolName>"
    yield '</GlobalVariables>\n<MetaDataVersion OID="M.1" Name="1"><Protocol>'
    for place, visit in enumerate(edition.visits, 1):
        yield f'<StudyEventRef StudyEventOID={quoteattr(f"V.{visit}")} OrderNumber="{place}" Mandatory="No"/>'
    yield "</Protocol>\n"
    yield from _visits(edition)
    for instrument in edition.instruments:
        yield from _form_def(instrument)
    for instrument in edition.instruments:
        yield from _group_def(edition, instrument)
    for name, kind in _ABOUT:
        yield _item_def(edition, f"I.{name}", name, labels.COLUMNS[name], kind)
    for instrument in edition.instruments:
        for oid, name, label, kind, codes in _items(edition, instrument):
            yield _item_def(edition, oid, name, label, kind, f"C.{instrument.id}.{name}" if codes else "")
    for instrument in edition.instruments:
        for _, name, _, _, codes in _items(edition, instrument):
            if codes:
                yield _code_list(edition, f"C.{instrument.id}.{name}", name, codes)
    yield "</MetaDataVersion></Study>\n<AdminData>"
    for site in study.sites:
        yield f"<Location OID={quoteattr(f'L.{site.code}')} Name={quoteattr(edition.text(site.name))} "
        yield f'LocationType="Site"><MetaDataVersionRef StudyOID={quoteattr(f"S.{study.id}")} '
        yield f'MetaDataVersionOID="M.1" EffectiveDate="{edition.stamp:%Y-%m-%d}"/></Location>'
    yield f'</AdminData>\n<ClinicalData StudyOID={quoteattr(f"S.{study.id}")} MetaDataVersionOID="M.1">\n'


def _visits(edition: Edition) -> Iterator[str]:
    asked = {one.id: one.instruments for one in edition.study.timepoints}
    for visit, label in edition.visits.items():
        names = dict.fromkeys([*asked.get(visit, ()), *sorted(n for v, n in edition.kept if v == visit)])
        yield f"<StudyEventDef OID={quoteattr(f'V.{visit}')} Name={quoteattr(label)} "
        yield 'Repeating="No" Type="Scheduled">'
        for name in names:
            yield f'<FormRef FormOID={quoteattr(f"F.{name}")} Mandatory="No"/>'
        yield "</StudyEventDef>\n"


def _form_def(instrument: Instrument) -> Iterator[str]:
    name, own = quoteattr(f"{instrument.name} {instrument.version}"), instrument.id
    yield f'<FormDef OID={quoteattr(f"F.{own}")} Name={name} Repeating="No">'
    yield f'<ItemGroupRef ItemGroupOID={quoteattr(f"G.{own}")} Mandatory="No"/></FormDef>\n'


def _group_def(edition: Edition, instrument: Instrument) -> Iterator[str]:
    name, own = quoteattr(f"{instrument.name} {instrument.version}"), instrument.id
    yield f'<ItemGroupDef OID={quoteattr(f"G.{own}")} Name={name} Repeating="No">'
    for about, _ in _ABOUT:
        yield f'<ItemRef ItemOID={quoteattr(f"I.{about}")} Mandatory="No"/>'
    for oid, *_ in _items(edition, instrument):
        yield f'<ItemRef ItemOID={quoteattr(oid)} Mandatory="No"/>'
    yield "</ItemGroupDef>\n"


def _items(edition: Edition, instrument: Instrument) -> Iterator[tuple[str, str, str, str, dict[str, str]]]:
    """OID, name, label, data type and codes of everything an instrument's form may hold."""
    say = edition.words.say
    for item in instrument.items:
        oid = f"I.{instrument.id}.{item.id}"
        parts = {"instrument": instrument.name, "number": item.number}
        kind = "text" if item.kind in ("text", "body") else "integer"
        wording = edition.wording(instrument, item)
        codes = {str(code): (wording.labels.get(code) if wording else "") or str(code) for code in item.codes}
        yield oid, item.id, say(labels.ITEM) % parts, kind, codes
        yield f"{oid}.WHY", f"{item.id}.WHY", say(labels.ITEM_MISSING) % parts, "text", {}
        if item.kind == "body":
            yield f"{oid}.WORST", f"{item.id}.WORST", say(labels.WORST) % parts, "text", {}
    for scale in instrument.scoring.names:
        oid = f"I.{instrument.id}.{scale}"
        words = {"instrument": instrument.name, "scale": scale, "words": edition.words.scale(scale)}
        yield oid, scale, say(labels.SCALE) % words, "float", {}
        yield f"{oid}.WHY", f"{scale}.WHY", say(labels.SCALE_REASON) % words, "text", {}


def _item_def(edition: Edition, oid: str, name: str, label: str, kind: str, codes: str = "") -> str:
    text = f"<Description>{_said(edition, edition.words.say(label))}</Description>"
    link = f"<CodeListRef CodeListOID={quoteattr(codes)}/>" if codes else ""
    head = f"<ItemDef OID={quoteattr(oid)} Name={quoteattr(name)} DataType={quoteattr(kind)}"
    return f"{head}{_LENGTHS.get(kind, '')}>{text}{link}</ItemDef>\n"


def _code_list(edition: Edition, oid: str, name: str, codes: dict[str, str]) -> str:
    items = "".join(
        f"<CodeListItem CodedValue={quoteattr(code)}><Decode>{_said(edition, text)}</Decode></CodeListItem>"
        for code, text in codes.items()
    )
    return f'<CodeList OID={quoteattr(oid)} Name={quoteattr(name)} DataType="integer">{items}</CodeList>\n'


def _said(edition: Edition, text: str) -> str:
    return f"<TranslatedText xml:lang={quoteattr(edition.language)}>{escape(text)}</TranslatedText>"
