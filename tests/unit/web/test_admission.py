"""Who is turned away when more is asked than can be answered."""

from pro_app.web.admission import CALM_S, STANDING_S, TOO_LONG_S, Judge

LONG = TOO_LONG_S + 0.1
SHORT = (CALM_S + TOO_LONG_S) / 2


def test_nobody_is_turned_away_while_all_are_served_at_once() -> None:
    judge = Judge()
    assert not any(judge.refuses(0.0, second / 10) for second in range(1000))


def test_a_short_jam_is_waited_out() -> None:
    judge = Judge()
    assert not judge.refuses(LONG, 0.0)
    assert not judge.refuses(LONG, STANDING_S - 0.1)
    assert not judge.refuses(0.0, STANDING_S)
    assert not judge.refuses(LONG, STANDING_S + 0.1)


def test_when_the_queue_stands_whoever_waited_too_long_is_turned_away_until_it_is_gone() -> None:
    judge = Judge()
    judge.refuses(LONG, 0.0)
    assert judge.refuses(LONG, STANDING_S)
    assert not judge.refuses(SHORT, STANDING_S + 0.1)  # soon enough: served
    assert judge.refuses(LONG, STANDING_S + 0.2)  # it has not gone yet
    assert not judge.refuses(0.0, STANDING_S + 0.3)
    assert not judge.refuses(LONG, STANDING_S + 0.4)
