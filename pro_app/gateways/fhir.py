"""A FHIR R4 server as the central registry: parcels leave as transaction Bundles, records can be read back.

What an answer means:
1. A complete `transaction-response` is a receipt; a good status without one is not: it may be a proxy's
   page, or a server that stores nothing.
2. What this parcel can't change (no connection, a bad certificate, a redirect, 401, 403, 404, 405, 408,
   409, 425, 429, 5xx): the registry is away, nothing is parked, the same bundle goes again later.
3. Any other refusal is about this parcel: it is parked with the registry's own words.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self
from urllib.parse import urlencode

from pro_app.gateways import fhir_answer, fhir_digest, fhir_fingerprint
from pro_app.gateways import fhir_names as names
from pro_app.gateways.fhir_bundle import Addressing, bundle, entry, place, resources
from pro_app.gateways.wire import AWAY, Tls, Wire
from pro_app.instruments.definition import Instrument
from pro_app.ports import Parcel, RegistryReceipt, RegistryRefused
from pro_app.records.ledger import Entry

if TYPE_CHECKING:
    import httpx

JSON = "application/fhir+json"
# How many are asked for at once. A page lies in memory as it came and as what becomes of it, and a response
# is four times as long as a score.
PAGE = {"QuestionnaireResponse": 20}
PAGE_OF_OTHERS = 100


class Access(Protocol):
    """Whatever proves to the registry who we are."""

    def header(self, *, renew: bool = False) -> str:
        """The Authorization header's value; `renew` after the registry refused the last one."""
        ...


class BearerToken:
    """A token that was handed out once."""

    def __init__(self, token: str) -> None:
        self._token = token

    def header(self, *, renew: bool = False) -> str:
        return f"Bearer {self._token}"


class FhirRegistry:
    """One FHIR server. Shared by threads; `close` it when done."""

    def __init__(
        self,
        url: str,
        token: str | None,
        instruments: Mapping[str, Instrument],
        *,
        name: str = "central",
        addressing: Addressing = "put-id",
        access: Access | None = None,
        tls: Tls | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        """`url` is the server's base; only a loopback one may be plain http."""
        self.name = name
        self._wire = Wire(name, url, tls, transport)
        self._base = url.rstrip("/")
        self._instruments = instruments
        self._addressing: Addressing = addressing
        self._access = access or (BearerToken(token) if token else None)

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        """Send one parcel; see the module's text for what raises what."""
        instrument = self._instruments[parcel.instrument]
        content = bundle(parcel, instrument, self._addressing)
        written = self._put(content)
        response = next(one for one in written if one.type == "QuestionnaireResponse")
        return RegistryReceipt(response.id, response.version, self.entry(parcel).content_hash)

    def deliver_digest(self, day: date, body: str, hash: str) -> str:
        """Keep the audit trail's digest of `day`; one that is there already is never replaced.

        Raises `RegistryAway`, or `RegistryRefused` when another digest of that day is there.
        """
        resource = fhir_digest.document(day, body, hash)
        for held in self._documents(resource):
            if fhir_digest.digest_in(held) != hash:
                raise RegistryRefused(registry=self.name, words=f"it holds another digest of {day}")
            return str(held["id"])
        put = {"resourceType": "Bundle", "type": "transaction", "entry": [entry(resource, self._addressing)]}
        return self._put(put)[0].id

    def _documents(self, resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """What the server holds under the address of `resource`."""
        if self._addressing == "conditional":
            one = resource["identifier"][0]
            query = {"identifier": f"{one['system']}|{one['value']}"}
            yield from self._search(fhir_digest.KIND, query)
            return
        status, body = self._call("GET", f"{self._base}/{fhir_digest.KIND}/{resource['id']}")
        if status == 200:
            yield fhir_answer.parse(body)
        elif status not in (404, 410):
            self._refuse(status, body)

    def _put(self, content: Mapping[str, Any]) -> list[fhir_answer.Written]:
        """Send a transaction; what was written, entry by entry. The module's text says what raises what."""
        sent = [_key(one) for one in content["entry"]]
        status, body = self._call("POST", self._base, content)
        if status not in (200, 201):
            self._refuse(status, body)
        try:
            return fhir_answer.receipt(body, sent, self._addressing == "put-id")
        except fhir_answer.NoReceipt as fault:
            self._wire.away(f"status {status} without a receipt: {fault}")
        except fhir_answer.EntryRefused as fault:
            if fault.status >= 500 or fault.status in AWAY or fault.status == 0:
                self._wire.away(str(fault))
            raise RegistryRefused(registry=self.name, words=str(fault)) from fault

    def entry(self, parcel: Parcel) -> Entry:
        """What this registry must hold of a delivered parcel."""
        listed = resources(parcel, self._instruments[parcel.instrument])
        response = next(one for one in listed if one["resourceType"] == "QuestionnaireResponse")
        scores = [fhir_fingerprint.score(one) for one in listed if one["resourceType"] == "Observation"]
        return Entry(
            place(parcel).record,
            parcel.study_number,
            parcel.site,
            parcel.timepoint,
            parcel.instrument,
            fhir_fingerprint.fingerprint(response, scores),
        )

    def held(self, study: str) -> Iterator[Entry]:
        """Everything the server holds under `study`'s tag, read page by page."""
        tagged = {"_tag": f"{names.STUDY_TAG}|{study}"}
        numbers = {
            f"Patient/{one['id']}": _study_number(one, study) for one in self._search("Patient", tagged)
        }
        scores: dict[str, list[fhir_fingerprint.Score]] = {}
        for one in self._search("Observation", tagged):
            for reference in one.get("derivedFrom") or [{}]:
                of_response = scores.setdefault(str(reference.get("reference", "")), [])
                of_response.append(fhir_fingerprint.score(one))
        for one in self._search("QuestionnaireResponse", tagged):
            record = str((one.get("identifier") or {}).get("value") or one["id"])
            yield Entry(
                record,
                numbers.get(str((one.get("subject") or {}).get("reference")), ""),
                fhir_fingerprint.tag(one, names.SITE_TAG),
                fhir_fingerprint.tag(one, names.TIMEPOINT_TAG),
                fhir_fingerprint.tag(one, names.INSTRUMENT_TAG),
                fhir_fingerprint.fingerprint(one, scores.get(f"QuestionnaireResponse/{one['id']}", [])),
            )

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _search(self, kind: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        url = f"{self._base}/{kind}?{urlencode({**query, '_count': str(PAGE.get(kind, PAGE_OF_OTHERS))})}"
        seen: set[str] = set()
        while url:
            seen.add(url)
            status, body = self._call("GET", url)
            page = fhir_answer.parse(body)
            if status != 200 or page.get("resourceType") != "Bundle":
                self._wire.away(f"status {status} to a search for {kind}: {fhir_answer.words(body)}")
            for one in page.get("entry") or []:
                resource = one.get("resource") or {}
                if resource.get("resourceType") == kind and resource.get("id"):
                    yield resource
            url = self._next(page, seen)

    def _next(self, page: Mapping[str, Any], seen: set[str]) -> str:
        """The next page's address; never another server's, which would get our token."""
        import httpx  # late: decision 0095

        for link in page.get("link") or []:
            if link.get("relation") == "next":
                url = str(httpx.URL(self._base + "/").join(str(link.get("url", ""))))
                if not url.startswith(f"{self._base}/") and not url.startswith(f"{self._base}?"):
                    self._wire.away(f"its next page is on another server: {url}")
                if url in seen:
                    self._wire.away("its pages go round in a circle")
                return url
        return ""

    def _call(self, method: str, url: str, content: object = None) -> tuple[int, bytes]:
        """One request; asked again once with a renewed proof when the old one was refused."""
        status, body = self._once(method, url, content, renew=False)
        if status == 401 and self._access is not None:
            status, body = self._once(method, url, content, renew=True)
        return status, body

    def _once(self, method: str, url: str, content: object, *, renew: bool) -> tuple[int, bytes]:
        headers = {"Accept": JSON, "Prefer": "return=minimal"}
        if content is not None:
            headers["Content-Type"] = JSON
        if self._access is not None:
            headers["Authorization"] = self._access.header(renew=renew)
        return self._wire.call(method, url, headers, None if content is None else _encode(content))

    def _refuse(self, status: int, body: bytes) -> NoReturn:
        words = f"status {status}: {fhir_answer.words(body)}"
        if 400 <= status < 500 and status not in AWAY:
            raise RegistryRefused(registry=self.name, words=words)
        self._wire.away(words)


def _encode(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _key(sent: Mapping[str, Any]) -> tuple[str, str]:
    return str(sent["resource"]["resourceType"]), str(sent["fullUrl"]).removeprefix("urn:uuid:")


def _study_number(patient: Mapping[str, Any], study: str) -> str:
    for identifier in patient.get("identifier") or []:
        if identifier.get("system") == names.study_numbers(study):
            return str(identifier.get("value", ""))
    return ""
