"""One of several clocks, as a process of its own that a test may kill at any moment.

It doesn't ask for the lead: all of them work at once, which is worse than anything that happens in life.
Arguments: database address, key file, the provider's port, when the test began (a Unix time).
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from pro_app.keys import load_key_ring
from pro_app.records import delivery_claims
from pro_app.records.store import Store
from tests.integration.reminders.hard_provider import HardProvider
from tests.integration.reminders.scene import NOON, Scene


def main(url: str, key_file: str, port: str, began: str) -> None:
    # Two minutes are right for a hospital and long for a test.
    delivery_claims.CLAIM_FOR = timedelta(seconds=3)
    delivery_claims.ASK_FIRST_AFTER = timedelta(seconds=1)
    scene = Scene(Store(url, load_key_ring(Path(key_file), None)), HardProvider(int(port)))
    while True:
        scene.tick(NOON + timedelta(seconds=time.time() - float(began)))
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
