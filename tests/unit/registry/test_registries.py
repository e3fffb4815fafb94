"""A study's registries come from the study file and the environment; every fault is named at once."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pro_app.errors import SettingsError
from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.file_drop import FileDrop
from pro_app.gateways.redcap import RedcapRegistry
from pro_app.gateways.registries import build, setup_files
from tests.unit.registry.cast import catalogue

DEMONSTRATION = "http://127.0.0.1:8000/demo/registry/fhir"


@dataclass(frozen=True)
class Named:
    id: str
    adapter: str


def built(*destinations: Named, url: str | None = None, **variables: str):  # type: ignore[no-untyped-def]
    environ = {f"PRO_APP_REGISTRY_{name}": value for name, value in variables.items()}
    return build(destinations, environ, catalogue().instruments, url)


def faults(*destinations: Named, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as fault:
        built(*destinations, **variables)
    return str(fault.value.params["faults"]).splitlines()


def test_one_registry_needs_only_the_short_names() -> None:
    (registry,) = built(Named("central", "fhir"), URL="https://registry.example/fhir", TOKEN="t")
    assert isinstance(registry, FhirRegistry)
    assert registry.name == "central"


def test_a_study_may_deliver_to_three_kinds_at_once(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    registries = built(
        Named("central", "fhir"),
        Named("lead-site", "redcap"),
        Named("copy", "file"),
        CENTRAL_URL="https://registry.example/fhir",
        LEAD_SITE_URL="https://redcap.example/api/",
        LEAD_SITE_TOKEN="T" * 32,
        LEAD_SITE_EVENTS="2w=week_2_arm_1, 1m=month_1_arm_1",
        COPY_FOLDER=str(tmp_path / "drop"),
        COPY_SIGNING_KEY_FILE=str(key),
    )
    assert [type(one) for one in registries] == [FhirRegistry, RedcapRegistry, FileDrop]
    assert [one.name for one in registries] == ["central", "lead-site", "copy"]


def test_a_demonstration_without_an_address_delivers_to_itself() -> None:
    (registry,) = built(Named("central", "fhir"), url=DEMONSTRATION)
    assert isinstance(registry, FhirRegistry)


def test_all_faults_of_all_registries_are_listed_together() -> None:
    said = faults(
        Named("a", "fhir"),
        Named("b", "redcap"),
        Named("c", "pigeon"),
        Named("d", "file"),
        B_URL="https://x.example",
    )
    assert said == [
        "PRO_APP_REGISTRY_A_URL is missing; registry a needs it.",
        "PRO_APP_REGISTRY_B_TOKEN is missing; registry b needs it.",
        "Registry c: pigeon is none of fhir, redcap, file.",
        "PRO_APP_REGISTRY_D_SIGNING_KEY_FILE is missing; registry d needs it.",
    ]


@pytest.mark.parametrize(
    ("adapter", "variables", "expected"),
    [
        ("fhir", {"URL": "http://registry.example/fhir"}, "must begin with https://"),
        ("fhir", {"URL": "https://r.example", "ADDRESSING": "guess"}, "put-id or conditional"),
        ("fhir", {"URL": "https://r.example", "CA_FILE": "no/such.pem"}, "no/such.pem can't be read"),
        ("fhir", {"URL": "https://r.example", "TOKEN_URL": "https://l.example"}, "CLIENT_ID is missing"),
        ("redcap", {"URL": "https://r.example", "TOKEN": "t", "EVENTS": "2w"}, "must look like"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence(
    adapter: str, variables: dict[str, str], expected: str
) -> None:
    (said,) = faults(Named("central", adapter), **variables)
    assert expected in said


def test_what_a_registrys_manager_imports_is_ready_as_files() -> None:
    asked = [("baseline", ("qlq-c30", "bpi-sf")), ("2w", ("bpi-sf",))]
    files = setup_files(catalogue().instruments.values(), asked)
    assert files["redcap_data_dictionary.csv"].startswith("Variable / Field Name,Form Name")
    assert files["redcap_events.csv"].splitlines() == ["event_name,arm_num", "baseline,1", "2w,1"]
    assert files["redcap_event_forms.csv"].splitlines() == [
        "arm_num,unique_event_name,form",
        "1,baseline_arm_1,qlq_c30",
        "1,baseline_arm_1,bpi_sf",
        "1,2w_arm_1,bpi_sf",
    ]
    assert json.loads(files["fhir_terminology.json"])["resourceType"] == "Bundle"
