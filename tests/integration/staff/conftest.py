"""The same house, team and clock as the clinic's tests."""

from tests.integration.clinic.conftest import clinic, house, quick_hashes, team

__all__ = ["clinic", "house", "quick_hashes", "team"]
