"""The registry is away for a week; once back, everything goes out once while patients go on answering."""

import itertools
import threading
import time
from datetime import timedelta

import pytest

from pro_app.gateways.fhir import FhirRegistry
from tests.integration.registry.loopback import loopback
from tests.integration.registry.ward import REGISTRY, Ward, answer, enrol
from tests.unit.registry.cast import catalogue

VISITS = ("baseline", "2w", "1m", "3m", "6m", "12m")


def fill(ward: Ward, waiting: int) -> None:
    """`waiting` responses, both instruments at every visit of as many participants as it takes."""
    forms = list(itertools.product(VISITS, ("bpi-sf", "qlq-c30")))
    for first in range(0, waiting, 240):
        with ward.store.writing() as tx:
            for number in range(first, min(first + 240, waiting)):
                if number % len(forms) == 0:
                    person = enrol(tx, f"CZ-{number:06}", "CZ", ward.now)
                visit, instrument_id = forms[number % len(forms)]
                answer(tx, person, visit, instrument_id, "submitted", "current", (REGISTRY,), ward.now)


class Patient(threading.Thread):
    """Goes on answering, one answer sheet after the other, and notes how long each took to be safe."""

    def __init__(self, ward: Ward) -> None:
        super().__init__(daemon=True)
        self.ward, self.took, self.done = ward, list[float](), threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            started = time.perf_counter()
            with self.ward.store.writing() as tx:
                person = enrol(tx, f"BY-{len(self.took):06}", "BY", self.ward.now)
                answer(tx, person, "1m", "qlq-c30", "submitted", "current", (REGISTRY,), self.ward.now)
            self.took.append(time.perf_counter() - started)


@pytest.mark.parametrize("waiting", [240, pytest.param(10_000, marks=pytest.mark.slow)])
def test_after_a_week_away_everything_arrives_once_while_patients_answer(ward: Ward, waiting: int) -> None:
    fill(ward, waiting)
    with loopback() as server, FhirRegistry(server.url, None, catalogue().instruments) as registry:
        server.up = False
        for day in range(7):
            ward.sync(registry, after=timedelta(days=day))
        server.up = True
        patient = Patient(ward)
        patient.start()
        started = time.perf_counter()
        (result,) = ward.sync(registry, after=timedelta(days=8), limit=waiting * 2)
        drained = time.perf_counter() - started
        patient.done.set()
        patient.join()
        ward.sync(registry, after=timedelta(days=9))
        assert result.delivered >= waiting
        assert server.responses() == [1] * (waiting + len(patient.took))
        assert set(ward.states()) == {"delivered"}
    slowest = max(patient.took, default=0)
    print(f"\n{waiting} drained in {drained:.1f} s; {len(patient.took)} answered, slowest {slowest:.3f} s")
