"""The wording packs a site installed: kept in the instance's data, hashed and locked."""

from collections.abc import Mapping
from pathlib import Path

from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack


def load_installed(
    packs_dir: Path, instruments: Mapping[str, Instrument]
) -> tuple[list[WordingPack], dict[tuple[str, str], str]]:
    """The installed packs, and which one is active for each instrument and language."""
    return [], {}
