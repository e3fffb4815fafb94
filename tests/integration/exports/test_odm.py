"""The ODM file against CDISC's own schema of ODM-XML 1.3.2, and against the wide CSV."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from tests.contract.registry import peers
from tests.integration.exports.conftest import Shared
from tests.integration.exports.reading_back import form

pytestmark = pytest.mark.peer
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
# Attributes that name something, and the element that must define it.
REFERENCES = {
    "StudyEventOID": "StudyEventDef",
    "FormOID": "FormDef",
    "ItemGroupOID": "ItemGroupDef",
    "ItemOID": "ItemDef",
    "CodeListOID": "CodeList",
    "LocationOID": "Location",
    "StudyOID": "Study",
    "MetaDataVersionOID": "MetaDataVersion",
}


@pytest.fixture
def folder(shared: Shared) -> Path:
    """One kind of database is enough here: `test_every_format` reads the same files from both."""
    return shared.folder


@cache
def official() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(peers.odm_schema())


def loose_ends(root: ElementTree.Element) -> Iterator[str]:
    """References that lead nowhere, and items that their group does not list: no schema looks at those."""
    defined = {(one.tag.removeprefix(ODM), one.get("OID")) for one in root.iter() if one.get("OID")}
    listed = {
        group.get("OID"): {item.get("ItemOID") for item in group.findall(f"{ODM}ItemRef")}
        for group in root.iter(f"{ODM}ItemGroupDef")
    }
    for one in root.iter():
        for name, kind in REFERENCES.items():
            if one.get(name) and (kind, one.get(name)) not in defined:
                yield f"{one.tag} {name}={one.get(name)}"
    for group in root.iter(f"{ODM}ItemGroupData"):
        for item in group:
            if item.get("ItemOID") not in listed[group.get("ItemGroupOID")]:
                yield f"{group.get('ItemGroupOID')} does not list {item.get('ItemOID')}"


def test_the_odm_file_is_valid_by_cdiscs_own_schema_and_every_reference_leads_somewhere(folder: Path) -> None:
    assert [fault.reason for fault in official().iter_errors(folder / "odm.xml")] == []
    assert list(loose_ends(ElementTree.parse(folder / "odm.xml").getroot())) == []


def test_a_broken_odm_file_would_be_noticed(folder: Path) -> None:
    whole = (folder / "odm.xml").read_text("utf-8")
    for what, instead in (
        ("<SiteRef ", "<SiteReference "),
        ('IsNull="Yes"', 'IsNull="No"'),
        ('DataType="datetime"', 'DataType="instant"'),
        ('Repeating="No"', 'Repeated="No"'),
    ):
        assert what in whole
        assert not official().is_valid(whole.replace(what, instead, 1)), what
    for what, instead in (
        ('<ItemData ItemOID="I.state"', '<ItemData ItemOID="I.nowhere"'),
        ('StudyEventOID="V.2w"', 'StudyEventOID="V.9w"'),
    ):
        assert what in whole
        assert list(loose_ends(ElementTree.fromstring(whole.replace(what, instead, 1).encode()))), what


def test_the_odm_file_says_what_the_wide_file_says(folder: Path) -> None:
    root = ElementTree.parse(folder / "odm.xml").getroot()
    wide = form(folder, "qlq-c30", "CZ-001", "baseline")
    path = (
        f"{ODM}ClinicalData/{ODM}SubjectData[@SubjectKey='CZ-001']/{ODM}StudyEventData"
        f"[@StudyEventOID='V.baseline']/{ODM}FormData[@FormOID='F.qlq-c30']//{ODM}ItemData"
    )
    data = {one.get("ItemOID"): one for one in root.findall(path)}
    for number in range(1, 31):
        one = data[f"I.qlq-c30.q{number}"]
        assert one.get("Value", "") == wide[f"q{number}"]
        if not wide[f"q{number}"]:
            assert one.get("IsNull") == "Yes"
            assert data[f"I.qlq-c30.q{number}.WHY"].get("Value") == wide[f"q{number}_missing"]
    assert data["I.qlq-c30.PF2"].get("Value") == wide["PF2"]
    assert data["I.qlq-c30.QL2.WHY"].get("Value") == wide["QL2_reason"] == "none_answered"
    assert len(root.findall(f"{ODM}ClinicalData/{ODM}SubjectData")) == 2
