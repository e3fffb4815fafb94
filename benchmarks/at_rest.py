"""What `pro-app serve` with its clock rests at, when its first tick has delivered and compared everything.

With the packages of `requirements/run.lock` alone, though the environment that measures has those of the
tests too, and with the registry in another process, as a hospital has them. A demonstration, in which the
process that is looked at is the registry as well, stands beside it.

Each is given twice: proportionally, and whole. Proportionally counts in part what the measuring program maps
of the same libraries, so it is less the more that program has done: the books are looked at when all has been
measured. Whole is what a machine gives that runs nothing else of the kind.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

from benchmarks.processes import Watched
from benchmarks.rows import Row
from benchmarks.start import demonstration, free_port, wait_for
from pro_app.config import read_settings
from pro_app.records import comparisons, outbox_tally
from pro_app.wiring import build

# The clock begins after the first page.
SECONDS_TO_CLOCK = 3.0
TARGET_MIB = 79
RUN_LOCK = Path(__file__).resolve().parent.parent / "requirements" / "run.lock"
# Python takes a module that is None for one that is not installed.
AS_INSTALLED = (
    "import runpy, sys; sys.modules.update(dict.fromkeys({missing!r})); "
    "sys.argv = ['pro-app', *{words!r}]; runpy.run_module('pro_app', run_name='__main__')"
)


def measure(folder: Path) -> list[Row]:
    hospital = _rest(folder / "hospital", elsewhere=True)
    alone = _rest(folder / "demonstration", elsewhere=False)
    for one in (hospital, alone):
        _want_all_through(one.environ)
    name = "pro-app serve with its clock, at rest after its first tick"
    own = f"{name}, a demonstration that is its own registry"
    return [
        Row(name, hospital.mib, "MiB", target=TARGET_MIB),
        Row(f"{name}, libraries whole", hospital.whole_mib, "MiB", target=TARGET_MIB),
        Row(own, alone.mib, "MiB", target=TARGET_MIB),
        Row(f"{own}, libraries whole", alone.whole_mib, "MiB", target=TARGET_MIB),
    ]


@dataclass(frozen=True, slots=True)
class Rest:
    """What a process rested at, proportionally and whole, and the environment it ran in."""

    mib: float
    whole_mib: float
    environ: dict[str, str]


def _rest(folder: Path, *, elsewhere: bool) -> Rest:
    """elsewhere: the registry is another process, which has gone when the memory is looked at: libraries that
    both use would count half."""
    with demonstration(folder) as (_, environ):
        pass
    with ExitStack() as registry, ExitStack() as ours:
        if elsewhere:
            environ["PRO_APP_REGISTRY_CENTRAL_URL"] = registry.enter_context(_registry(folder / "registry"))
        watched = ours.enter_context(_served(environ, "serve"))
        time.sleep(SECONDS_TO_CLOCK)
        watched.wait_for_rest()
        registry.close()
        return Rest(watched.memory_mib(), watched.whole_mib(), environ)


@contextmanager
def _registry(folder: Path) -> Iterator[str]:
    """The address of an empty registry: a demonstration's, without participants of its own."""
    environ = {**os.environ, "PRO_APP_DATA_DIR": str(folder), "PRO_APP_MODE": "demo"}
    migrate = [sys.executable, "-m", "pro_app", "migrate", "up"]
    subprocess.run(migrate, env=environ, stdout=subprocess.DEVNULL, check=True)
    with _served(environ, "serve", "--no-clock"):
        yield f"http://127.0.0.1:{environ['PRO_APP_PORT']}/demo/registry/fhir"


@contextmanager
def _served(environ: dict[str, str], *words: str) -> Iterator[Watched]:
    """`pro-app` with these words, after its first page, on a port that is written into environ."""
    environ["PRO_APP_PORT"] = str(free_port())
    program = AS_INSTALLED.format(missing=_only_for_tests(), words=words)
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{environ['PRO_APP_PORT']}/")
        yield Watched(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _only_for_tests() -> list[str]:
    """Modules that stand in this environment and in no installation."""
    installed = set(re.findall(r"^([\w.-]+)(?=\[|==)", RUN_LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    known = {_plain(name) for name in installed} | {"pip", "setuptools"}
    return sorted(
        module
        for module, distributions in packages_distributions().items()
        if module != "pro_app" and known.isdisjoint(map(_plain, distributions))
    )


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _want_all_through(environ: dict[str, str]) -> None:
    """Raises RuntimeError unless every registry has all and said so: the figure would be of less work."""
    house = build(read_settings({name: value for name, value in environ.items() if name not in os.environ}))
    try:
        with house.store.reading() as tx:
            for registry in house.registries:
                stands = comparisons.standing(tx, registry.name)
                if not outbox_tally.tally(tx, registry.name).in_step or not stands.in_step_since:
                    raise RuntimeError(f"{registry.name} is not in step")
    finally:
        house.store.close()
