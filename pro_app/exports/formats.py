"""The names of the formats there are. What writes them is loaded with the first export (decision 0095)."""

from pro_app.errors import ProAppError

FORMATS = ("csv-wide", "csv-long", "xlsx", "sav", "dta", "xpt", "qs", "odm", "ndjson")


class UnknownFormat(ProAppError):
    """There is no such format; `known` lists those there are."""

    code = "export_format_unknown"


class NoFhir(ProAppError):
    """FHIR was asked for, and nobody gave an adapter."""

    code = "export_no_fhir"
