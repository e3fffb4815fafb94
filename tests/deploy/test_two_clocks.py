"""Of two clocks one leads. After the tests before it, so that the killed one's lease runs out meanwhile."""

from tests.deploy.conftest import Installation


def test_another_clock_leads_after_the_leader_was_killed(installation: Installation) -> None:
    """It was killed when the installation was made: its lease has to run out first, which takes seconds."""
    alive = [clock.pid for clock in installation.clocks if clock.poll() is None]
    assert installation.killed_clock not in alive
    assert len(alive) == 1
    installation.wait_until(lambda: installation.leader() == alive[0])
    report = installation.front.ask("GET", "/readyz").json
    assert (report["status"], report["clock"]) == ("ready", "ok")
