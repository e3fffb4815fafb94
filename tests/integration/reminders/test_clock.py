"""The clock: it leads or waits, and a part that fails stops nothing else."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from mailbox import Maildir
from pathlib import Path

import pytest

from pro_app import clock
from pro_app.actions import remind, send, sync
from pro_app.cli.tick import shown
from pro_app.clock import Clock, remind_and_send, tick_once
from pro_app.config import read_settings
from pro_app.gateways.bounces import MaildirBounces
from pro_app.gateways.inbox import Inbox
from pro_app.letters import folder
from pro_app.records import leases
from pro_app.records.store import Store
from pro_app.wiring import Service, build
from tests.integration.reminders.scene import LI, NOON, Scene


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Service:
    """A whole demonstration on the test's database, without a registry."""
    settings = read_settings({"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_CLOCK_INTERVAL_S": "1"})
    built = build(settings)
    built.store.close()
    return replace(built, store=store, registries=())


def wait_for(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def leader(service: Service) -> str | None:
    with service.store.reading() as tx:
        found = leases.of(tx, "clock")
    return found.holder if found else None


def enrol_wang(service: Service) -> None:
    Scene(service.store).wang()


def test_one_tick_goes_from_the_anchor_day_to_the_inbox(service: Service) -> None:
    enrol_wang(service)

    tick = tick_once(service, NOON)

    assert (tick.reminded.to_send, tick.sent.sent, tick.failed) == (1, 1, ())
    (filed,), _ = folder.newest(service.inbox_dir, 0, 9)
    assert filed.message.to == "+8613800030000"
    assert filed.sent_at - NOON < timedelta(minutes=1)
    assert tick_once(service, NOON).sent == send.Result()


@pytest.mark.parametrize(("module", "part"), [(remind, "survey"), (send, "send"), (sync, "sync")])
def test_a_part_that_fails_is_one_line_in_the_log_and_stops_nothing_else(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    module: object,
    part: str,
) -> None:
    ran = []
    for other, name in ((remind, "survey"), (send, "send"), (sync, "sync")):
        original = getattr(other, name)

        def work(*given: object, _name: str = name, _original: object = original, **named: object) -> object:
            ran.append(_name)
            if _name == part:
                raise RuntimeError("the disk of Wang is full")
            return _original(*given, **named)  # type: ignore[operator]

        monkeypatch.setattr(other, name, work)

    with caplog.at_level(logging.INFO, logger="pro_app.clock"):
        tick = tick_once(service, NOON)

    assert list(dict.fromkeys(ran)) == ["survey", "send", "sync"]
    assert tick.failed == ("remind" if part == "survey" else part,)
    (line,) = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert "Wang" not in line.getMessage()
    assert line.exc_info is None


def test_only_one_of_two_clocks_works(service: Service) -> None:
    one, two = Clock(service), Clock(service)

    assert one.tick().led
    assert not two.tick().led
    assert one.tick().led


def test_a_clock_that_stops_lets_the_next_lead_at_once(service: Service) -> None:
    one, two = Clock(service), Clock(service)
    one.start()
    wait_for(lambda: leader(service) == one.holder)
    assert not two.tick().led

    one.stop()

    assert two.tick().led


def test_a_running_clock_sends_what_is_due(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: NOON)
    enrol_wang(service)
    running = Clock(service)
    running._scheduler.reschedule_job("tick", trigger="interval", seconds=1)
    running.start()
    try:
        wait_for(lambda: folder.newest(service.inbox_dir, 0, 9)[1] == 1)
    finally:
        running.stop()


def test_a_clock_without_a_database_waits_and_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*_: object) -> bool:
        raise OSError("the database went away")

    monkeypatch.setattr("pro_app.actions.lead.lead", gone)

    tick = Clock(service).tick()

    assert (tick.led, tick.failed) == (False, ("lead",))
    assert "no lead" in caplog.text


def test_the_past_is_replayed_with_the_messages_own_times(service: Service) -> None:
    enrol_wang(service)

    for days in range(7):
        remind_and_send(service, NOON + timedelta(days=days))

    found, _ = folder.newest(service.inbox_dir, 0, 9)
    assert [(filed.sent_at - NOON).days for filed in reversed(found)] == [0, 1, 4, 6]
    assert LI.name == "li" and isinstance(service.messengers[0], Inbox)


def test_a_tick_reads_returned_mail_now_and_then_and_says_so(service: Service, tmp_path: Path) -> None:
    """The mail server puts it into a directory; what is no report is counted and kept."""
    returned = Maildir(tmp_path / "returned")
    returned.add(b"Auto-Submitted: auto-replied\nSubject: Away\n\nBack on Monday.\n")
    listening = replace(service, returned_mail=MaildirBounces(tmp_path / "returned"))

    done = tick_once(listening, NOON)

    assert done.returned.ignored == 1
    assert "heard, returned mail     0 arrived, 0 failed, 0 addresses refused, 0 unknown, 1 ignored" in shown(
        done
    )
    returned.add(b"Subject: once more\n\n")
    assert tick_once(listening, NOON + timedelta(seconds=30)).returned.ignored == 0
    assert tick_once(listening, NOON + timedelta(minutes=3)).returned.ignored == 1


def test_a_mailbox_that_is_away_stops_no_other_part(service: Service, tmp_path: Path) -> None:
    enrol_wang(service)
    tick = tick_once(replace(service, returned_mail=MaildirBounces(tmp_path / "nowhere")), NOON)

    assert (tick.failed, tick.sent.sent) == (("returned",), 1)
