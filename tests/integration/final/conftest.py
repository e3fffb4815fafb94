"""The whole program over an empty database: Sun signs at CZ, Chen locks, Hua corrects."""

from tests.integration.clinic.conftest import clinic, house, quick_hashes, team
from tests.integration.corrections.conftest import response, wang, ward

__all__ = ["clinic", "house", "quick_hashes", "response", "team", "wang", "ward"]
