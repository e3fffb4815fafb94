"""Which provider is tried first, and that nobody has to repair anything after an outage."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pro_app.letters.carriers import FIRST_REST, LONGEST_REST, Carriers
from pro_app.ports import Channel, Message, Outcome

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(eq=False)
class Silent:
    name: str
    channel: Channel = "sms"

    def send(self, message: Message, now: datetime) -> Outcome:
        raise AssertionError

    def look_up(self, reference: str) -> Outcome | None:
        raise AssertionError


def test_the_first_named_provider_goes_first() -> None:
    first, second, mail = Silent("aliyun"), Silent("tencent"), Silent("smtp", "email")

    assert Carriers([first, second, mail]).order("sms", NOW) == (first, second)


def test_a_provider_that_failed_goes_behind_and_comes_back_by_itself() -> None:
    first, second = Silent("aliyun"), Silent("tencent")
    carriers = Carriers([first, second])

    carriers.failed(first, NOW)
    assert carriers.order("sms", NOW) == (second, first)
    assert carriers.order("sms", NOW + MINUTE) == (first, second)


def test_the_more_it_failed_the_longer_it_stays_behind() -> None:
    first, second = Silent("aliyun"), Silent("tencent")
    carriers = Carriers([first, second])
    for _ in range(2):
        carriers.failed(first, NOW)

    assert carriers.order("sms", NOW + MINUTE) == (second, first)
    assert carriers.order("sms", NOW + 2 * MINUTE) == (first, second)


def test_after_several_failures_in_a_row_it_rests_longer_each_time() -> None:
    only = Silent("aliyun")
    carriers = Carriers([only])
    for _ in range(3):
        carriers.failed(only, NOW)

    assert carriers.order("sms", NOW) == ()
    assert carriers.rested_at("sms", NOW) == NOW + FIRST_REST
    assert carriers.order("sms", NOW + FIRST_REST) == (only,)
    carriers.failed(only, NOW)
    assert carriers.rested_at("sms", NOW) == NOW + 2 * FIRST_REST
    for _ in range(40):
        carriers.failed(only, NOW)
    assert carriers.rested_at("sms", NOW) == NOW + LONGEST_REST


def test_one_answer_ends_the_rest() -> None:
    only = Silent("aliyun")
    carriers = Carriers([only])
    for _ in range(3):
        carriers.failed(only, NOW)
    carriers.well(only)
    carriers.failed(only, NOW)

    assert carriers.order("sms", NOW) == (only,)


def test_a_messenger_is_found_again_by_name_and_channel() -> None:
    text, mail = Silent("inbox"), Silent("inbox", "email")
    carriers = Carriers([text, mail])

    assert carriers.named("inbox", "email") is mail
    assert carriers.named("gone", "sms") is None
    assert carriers.serves("sms")
    assert not carriers.serves("call")
    assert carriers.order("call", NOW) == ()
