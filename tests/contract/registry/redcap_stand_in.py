"""A stand-in for a longitudinal REDCap project that keeps the rules of REDCap's API.

Rules: every call needs the token; a field or event that the project doesn't have refuses the whole
import; a value that doesn't fit its validation does too; `normal` ignores blanks, `overwrite` lets them
erase; an export has one row per record and event. Errors are HTTP 400 with `{"error": …}`, a wrong token
is 403.
"""

import csv
import io
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

TOKEN = "0123456789ABCDEF0123456789ABCDEF"
EVENTS = ("baseline_arm_1", "2w_arm_1", "1m_arm_1", "3m_arm_1", "6m_arm_1", "12m_arm_1")
VALID = {
    "": r"[\s\S]*",
    "integer": r"-?\d+",
    "number": r"-?\d*\.?\d+([eE]-?\d+)?",
    "datetime_seconds_ymd": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
}


class RedcapFault(ValueError):
    """What REDCap would answer with 400."""


class StandIn(ThreadingHTTPServer):
    """One project. `rows` maps (record, event) to values by field."""

    daemon_threads = True

    def __init__(self, dictionary: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fields = self._read(dictionary)
        self.rows: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/"

    def _read(self, dictionary: str) -> dict[str, dict[str, str]]:
        lines = list(csv.DictReader(io.StringIO(dictionary)))
        assert next(iter(lines[0])) == "Variable / Field Name"
        assert len(lines[0]) == 18
        names = [line["Variable / Field Name"] for line in lines]
        assert len(set(names)) == len(names), "a field is there twice"
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) for name in names)
        fields = {
            line["Variable / Field Name"]: {
                "field_name": line["Variable / Field Name"],
                "form_name": line["Form Name"],
                "field_type": line["Field Type"],
                "field_label": line["Field Label"],
                "text_validation_type_or_show_slider_number": line[
                    "Text Validation Type OR Show Slider Number"
                ],
            }
            for line in lines
        }
        assert {field["text_validation_type_or_show_slider_number"] for field in fields.values()} <= set(
            VALID
        )
        return fields

    def answer(self, call: dict[str, str]) -> object:
        content, data = call.get("content"), call.get("data")
        if content == "metadata":
            return list(self.fields.values())
        if content == "formEventMapping":
            forms = dict.fromkeys(field["form_name"] for field in self.fields.values())
            return [
                {"arm_num": 1, "unique_event_name": event, "form": form} for event in EVENTS for form in forms
            ]
        if content == "record" and data is not None:
            return self._import(json.loads(data), call.get("overwriteBehavior", "normal"))
        if content == "record":
            return self._export(call)
        raise RedcapFault(f"The value of the parameter 'content' is not valid: {content}")

    def _import(self, rows: list[dict[str, str]], behavior: str) -> object:
        complete = {f"{field['form_name']}_complete" for field in self.fields.values()}
        unknown = [
            name
            for row in rows
            for name in row
            if name not in self.fields and name not in complete and name != "redcap_event_name"
        ]
        if unknown:
            raise RedcapFault(
                "The following fields were not found in the project as real data fields: "
                + ", ".join(unknown)
            )
        for row in rows:
            self._check(row)
        for row in rows:
            kept = self.rows[row["record_id"], row["redcap_event_name"]]
            for name, value in row.items():
                if value != "" or behavior == "overwrite":
                    kept[name] = value
        return {"count": len({row["record_id"] for row in rows})}

    def _check(self, row: dict[str, str]) -> None:
        if not row.get("record_id"):
            raise RedcapFault("The record_id field is missing")
        if row.get("redcap_event_name") not in EVENTS:
            event = row.get("redcap_event_name")
            raise RedcapFault(
                f"The following values of the parameter 'redcap_event_name' are not valid: {event}"
            )
        for name, value in row.items():
            kind = self.fields.get(name, {}).get("text_validation_type_or_show_slider_number", "")
            if value != "" and not re.fullmatch(VALID[kind], value):
                raise RedcapFault(
                    f'"{row["record_id"]}","{name}","{value}","The value could not be validated"'
                )

    def _export(self, call: dict[str, str]) -> object:
        asked = [value for name, value in call.items() if name.startswith("fields")]
        exported = []
        for (record, event), values in sorted(self.rows.items()):
            row = {"record_id": record, "redcap_event_name": event}
            names = asked or [*self.fields]
            row |= {name: values.get(name, "") for name in names if name not in row}
            exported.append(row)
        return exported


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        call = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        server: StandIn = self.server  # type: ignore[assignment]
        status, content = 200, None
        if call.get("token") != TOKEN:
            status, content = 403, {"error": "You do not have permissions to use the API"}
        else:
            try:
                content = server.answer(call)
            except RedcapFault as fault:
                status, content = 400, {"error": str(fault)}
        answer = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def redcap(dictionary: str) -> Iterator[StandIn]:
    """A running project with this data dictionary and no records."""
    server = StandIn(dictionary)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
