"""A REDCap project as the central registry, through its API: one row per study number, visit and form.

`overwriteBehavior=overwrite`, so that a value which a correction took away does not stay behind; only
fields of the form that is sent are named, so nothing else in the project is touched. REDCap says what is
wrong in an HTTP 400 with JSON; its words are kept as they are. Our token stands in the body of each
request, never in an address.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pro_app.errors import ProAppError
from pro_app.gateways.redcap_fields import EVENT, RECORD, content_hash, event, fields, form, row
from pro_app.gateways.wire import AWAY, Tls, Wire
from pro_app.instruments.definition import Instrument
from pro_app.ports import Parcel, RegistryAway, RegistryReceipt, RegistryRefused
from pro_app.records.ledger import Entry

if TYPE_CHECKING:
    import httpx

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class RedcapRegistry:
    """One REDCap project. `events` maps timepoints to REDCap's unique event names, where ours don't fit."""

    def __init__(
        self,
        url: str,
        token: str,
        instruments: Mapping[str, Instrument],
        *,
        name: str = "central",
        events: Mapping[str, str] | None = None,
        tls: Tls | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        self.name = name
        self._wire = Wire(name, url, tls, transport)
        self._url = url
        self._token = token
        self._instruments = instruments
        self._events = dict(events or {})

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        """Import one row; a receipt is REDCap's own count of one record."""
        instrument = self._instruments[parcel.instrument]
        values = row(parcel, instrument, self._event(parcel.timepoint))
        answer = self._call(
            {
                "content": "record",
                "action": "import",
                "type": "flat",
                "overwriteBehavior": "overwrite",
                "forceAutoNumber": "false",
                "dateFormat": "YMD",
                "returnContent": "count",
                "data": json.dumps([values], ensure_ascii=False),
            }
        )
        if not isinstance(answer, dict) or str(answer.get("count")) != "1":
            self._wire.away(f"a count of 1 was expected, this came: {str(answer)[:200]}")
        return RegistryReceipt(self._remote_id(parcel), "", content_hash(values, instrument))

    def entry(self, parcel: Parcel) -> Entry:
        """What the project must hold of a delivered parcel."""
        instrument = self._instruments[parcel.instrument]
        values = row(parcel, instrument, self._event(parcel.timepoint))
        return Entry(
            self._remote_id(parcel),
            parcel.study_number,
            parcel.site,
            parcel.timepoint,
            parcel.instrument,
            content_hash(values, instrument),
        )

    def held(self, study: str) -> Iterator[Entry]:
        """Every form that was ever filled by us; a project belongs to one study, so `study` is not asked."""
        for instrument in self._instruments.values():
            name = form(instrument.id)
            rows = self._call(
                {
                    "content": "record",
                    "action": "export",
                    "type": "flat",
                    "rawOrLabel": "raw",
                    **{f"fields[{n}]": one for n, one in enumerate([RECORD, *fields(instrument)])},
                }
            )
            if not isinstance(rows, list):
                self._wire.away(f"a list of records was expected, this came: {str(rows)[:200]}")
            for one in rows:
                if one.get(f"{name}_response"):
                    yield self._held(one, instrument, name)

    def close(self) -> None:
        self._wire.close()

    def _held(self, values: Mapping[str, str], instrument: Instrument, name: str) -> Entry:
        study_number, event_name = str(values.get(RECORD, "")), str(values.get(EVENT, ""))
        return Entry(
            f"{study_number}/{event_name}/{name}",
            study_number,
            str(values.get(f"{name}_site", "")),
            str(values.get(f"{name}_timepoint", "")),
            instrument.id,
            content_hash(values, instrument),
        )

    def _remote_id(self, parcel: Parcel) -> str:
        return f"{parcel.study_number}/{self._event(parcel.timepoint)}/{form(parcel.instrument)}"

    def _event(self, timepoint: str) -> str:
        return self._events.get(timepoint) or event(timepoint)

    def _call(self, form_fields: Mapping[str, str]) -> Any:
        """One API call. Raises `RegistryAway` or, with REDCap's own words, `RegistryRefused`."""
        content = {"token": self._token, "format": "json", "returnFormat": "json", **form_fields}
        status, body = self._wire.call("POST", self._url, _HEADERS, urlencode(content).encode())
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if status == 200 and answer is not None:
            return answer
        raise self._fault(status, body, answer)

    def _fault(self, status: int, body: bytes, answer: object) -> ProAppError:
        said = answer.get("error") if isinstance(answer, dict) else body[:300].decode("utf-8", "replace")
        words = f"status {status}: {said or 'no JSON came back'}"
        refused = 400 <= status < 500 and status not in AWAY
        return (RegistryRefused if refused else RegistryAway)(registry=self.name, words=words)
