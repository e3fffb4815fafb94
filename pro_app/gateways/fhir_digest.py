"""The audit trail's daily digest as a FHIR R4 DocumentReference: one for each day, never another content.

The document is the digest as it was made, in base64. FHIR's own `hash` of an attachment is SHA-1; the SHA-256
that the trail is compared by stands in an extension.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from pro_app.gateways import fhir_names as names

Resource = dict[str, Any]
KIND = "DocumentReference"


def document(day: date, body: str, digest: str) -> Resource:
    """`body`: the digest, a JSON object that names its study; `digest`: its SHA-256 in hexadecimal."""
    study = str(json.loads(body)["study"])
    content = body.encode()
    return {
        "resourceType": KIND,
        "id": names.stable_id(study, "audit digest", day.isoformat()),
        "meta": {"tag": [{"system": names.STUDY_TAG, "code": study}]},
        "extension": [{"url": names.SHA256, "valueString": digest}],
        "identifier": [{"system": names.AUDIT_DIGEST, "value": f"{study}/{day.isoformat()}"}],
        "status": "current",
        "type": {"coding": [{"system": names.DOCUMENTS, "code": "audit-digest"}]},
        "description": f"{study}: heads of the audit trail, {day.isoformat()}",
        "content": [
            {
                "attachment": {
                    "contentType": "application/json",
                    "data": base64.b64encode(content).decode(),
                    # SHA-1 is what FHIR R4 asks for here; nothing relies on it.
                    "hash": base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode(),
                    "size": len(content),
                    "title": f"audit-digest-{day.isoformat()}.json",
                }
            }
        ],
    }


def digest_in(resource: Mapping[str, Any]) -> str:
    """The SHA-256 of the digest that a document of ours really holds, "" when it holds none."""
    for one in resource.get("content") or []:
        data = (one.get("attachment") or {}).get("data")
        if data:
            return hashlib.sha256(base64.b64decode(data)).hexdigest()
    return ""
