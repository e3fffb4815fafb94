"""The machine with the database is gone while patients send; its standby takes over."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pro_app.records import audit
from tests.deploy.conftest import Installation

PATIENTS = 28


@dataclass
class Ward:
    """Telephones that send until they hold a receipt, as the questionnaire page does."""

    installation: Installation
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, one: tuple[str, bytes]) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = self.installation.send(one)
            with self.lock:
                if answer.status in (200, 201):
                    self.acknowledged.append(str(answer.json["response"]))
                    return
                self.refused += 1
            assert (answer.status, "retry-after" in answer.headers) == (503, True), answer
            time.sleep(0.1)
        raise TimeoutError("no receipt within a minute")


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(installation: Installation) -> None:
    cluster, ward = installation.cluster, Ward(installation)
    patients = [installation.waiting.pop() for _ in range(PATIENTS)]

    def alive() -> list[int]:
        everybody = (*installation.web.values(), *installation.clocks)
        return [process.pid for process in everybody if process.poll() is None]

    # Also the one that a test before this has started anew: a program that begins without a database ends.
    installation.wait_until(installation.all_ready)
    processes = alive()
    with ThreadPoolExecutor(4) as telephones:
        sent = [telephones.submit(ward.send, one) for one in patients]
        installation.wait_until(lambda: len(ward.acknowledged) >= 8)
        cluster.primary.die()
        kept_before = list(ward.acknowledged)
        installation.wait_until(lambda: ward.refused > 0)
        cluster.promote()
        for one in sent:
            one.result()
    ids = [json.loads(body)["response"] for _, body in patients]
    assert 8 <= len(kept_before) < PATIENTS
    assert sorted(ward.acknowledged) == sorted(ids)
    assert sorted(installation.stored(ids)) == sorted(ids)
    _agrees(installation)
    # Nobody was started anew: the same processes have found the other machine.
    assert alive() == processes


def _agrees(installation: Installation) -> None:
    """Every response has its scores, its row for the registry and its place on an unbroken audit trail."""
    one = installation.cluster.standby.ask
    responses = one("SELECT count(*) FROM response")
    assert one("SELECT count(DISTINCT response_id) FROM score") == responses
    assert one("SELECT count(DISTINCT response_id) FROM outbox") == responses
    twice = "SELECT 1 FROM outbox GROUP BY registry, response_id, kind HAVING count(*) > 1"
    assert one(f"SELECT count(*) FROM ({twice}) AS found") == 0
    with installation.service.store.reading() as tx:
        assert audit.verify(tx) == ()
