"""Names in our FHIR resources: code systems, extensions, and ids that are the same every time.

QLQ-C30 uses the codes of the German MII PRO module (CC0). What that module lacks (BPI, the summary
score, codes for numbered answers) has systems of our own; `fhir_terms` maps them where a map exists.
"""

import hashlib
import uuid

OURS = "urn:pro-follow-up"
STUDY_TAG = f"{OURS}:study"
SITE_TAG = f"{OURS}:site"
TIMEPOINT_TAG = f"{OURS}:timepoint"
INSTRUMENT_TAG = f"{OURS}:instrument"
RECORD_ID = f"{OURS}:record"
RESPONSE_ID = f"{OURS}:response"
SCALE_ID = f"{OURS}:scale-of-record"
ALGORITHM = f"{OURS}:algorithm"
REASON = f"{OURS}:reason"
MODE = f"{OURS}:mode"

PACK = f"{OURS}:extension:wording-pack"
HELPER = f"{OURS}:extension:helper"
RECEIVED = f"{OURS}:extension:received"
REVISION = f"{OURS}:extension:revision"
CONTENT = f"{OURS}:extension:content-hash"
MISSING = f"{OURS}:extension:missing"
SHA256 = f"{OURS}:extension:sha-256"
AUDIT_DIGEST = f"{OURS}:audit-digest"
DOCUMENTS = f"{OURS}:document"

COMPLETION_MODE = "http://hl7.org/fhir/StructureDefinition/questionnaireresponse-completionMode"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
TRIALS = "https://clinicaltrials.gov"

# Never change this: it is the root of every id the registries already hold.
_ROOT = uuid.uuid5(uuid.NAMESPACE_URL, OURS)


def stable_id(*parts: str) -> str:
    """A UUID (version 5, RFC 9562) that the same parts always give, here and on a restored server.

    Spelled out from the hash: the library's objects cost more than the hash, and an export asks for millions.
    """
    hashed = hashlib.sha1(_ROOT.bytes + "\n".join(parts).encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(hashed[16], 16) & 3]
    return f"{hashed[:8]}-{hashed[8:12]}-5{hashed[13:16]}-{variant}{hashed[17:20]}-{hashed[20:32]}"


def study_numbers(study: str) -> str:
    """The identifier system of a study's numbers."""
    return f"{OURS}:study-number:{study.lower()}"


def scales(instrument: str) -> str:
    """Our own code system for an instrument's scores."""
    return f"{OURS}:scale:{instrument}"


def answers(instrument: str) -> str:
    """Our own code system for an instrument's numbered answers and body regions."""
    return f"{OURS}:answer:{instrument}"


def questionnaire(instrument: str) -> str:
    """The canonical of an instrument for which nobody else has published one."""
    return f"{OURS}:questionnaire:{instrument}"
